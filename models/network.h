/* Networks: models that are a compute graph (engine/graph.h). A network is one file that puts its operations into a
 * builder; everything else (settings that all share, optimisers, steps, prediction, state) is here, once.
 *
 *     static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
 *     {
 *         fw_node x = fw_network_embedding(b, "embedding");
 *         fw_node parts[] = {fw_network_linear(b), fw_op_fm(b->graph, x, b->n_inputs), fw_network_mlp(b, x, "deep")};
 *         return fw_network_finish(b, parts, 3, err);
 *     }
 *     const struct fw_model_vtable fw_model_deepfm = {
 *         FW_NETWORK_SLOTS, .name = "deepfm", .summary = "...", .params = params, .build = build};
 *
 * The linear part. By default it is fitted before training by Newton steps with learned shrinkage, as model lr is, and
 * stays as it is: the network begins as logistic regression (its last layers start at 0) and learns what that misses.
 * `linear=learned` trains it along as the papers do, `linear=none` leaves it out. */
#ifndef FW_MODELS_NETWORK_H
#define FW_MODELS_NETWORK_H

#include "models/engine/ops.h"
#include "models/model.h"
#include "models/training/trainer.h"

/* Numbers that one node of a row may have: 16 million, more is a mistake (and stays far from the limits of 32 bits). */
#define FW_NETWORK_WIDTH_MOST (INT64_C(1) << 24)

struct fw_network_builder {
    struct fw_graph *graph;
    const struct fw_params *params;
    const struct fw_model_config *config;
    struct fw_op_inputs inputs;             /* what gets embeddings */
    struct fw_op_inputs wide;               /* what the linear part reads */
    int32_t n_inputs;                       /* fields and values with embeddings */
    int32_t n_raw;                          /* value columns that enter as they are: the first ones */
    struct fw_weights *scaling;             /* of fw_network_finish_tasks; NULL: no label is a number */
    int32_t first_linear;                   /* the linear part's bias among the graph's weights; its tables follow */
    fw_node embedding;                      /* of fw_network_embedding; FW_NO_NODE: the model has none of one width */
    const struct fw_embedding_size **sizes; /* (n_inputs) of the inputs; NULL: all of full size */
    bool residual;                          /* the linear part is fitted beforehand: outputs start at 0 */
};

/* A row of settings as a number, an index of a choice, a whole number. */
static inline double fw_network_get(const struct fw_network_builder *b, const char *name)
{
    return fw_params_get(b->params, name);
}
static inline int32_t fw_network_int(const struct fw_network_builder *b, const char *name)
{
    return (int32_t)fw_params_get(b->params, name);
}

/* The linear part's logit; FW_NO_NODE with linear=none. */
fw_node fw_network_linear(struct fw_network_builder *b);

/* Embeddings of all inputs, "dim" wide: (B, n_inputs dim). A plan's sizes apply. */
fw_node fw_network_embedding(struct fw_network_builder *b, const char *name);

/* What a model of several tasks reads: the embeddings, and with numeric=raw the numbers as they are beside them. */
fw_node fw_network_input(struct fw_network_builder *b, const char *name);

/* "layers" hidden layers of "units" with batch normalisation and dropout as set; the last hidden layer's output. */
fw_node fw_network_hidden(struct fw_network_builder *b, fw_node x, const char *name);

/* One number a row from x: a dense layer of width 1. */
fw_node fw_network_output(struct fw_network_builder *b, fw_node x, const char *name);

/* For models of pairs of inputs: FW_E_ARG naming the model when there are fewer than two, or when `numbers` for each
 * ordered pair are more than a row of activations may have. */
FW_NODISCARD
enum fw_status fw_network_check_pairs(const struct fw_network_builder *b, const char *model, int64_t numbers,
                                      struct fw_error *err);

/* Ends a build: the logit is the sum of the parts, FW_NO_NODE among them left out. */
FW_NODISCARD
enum fw_status fw_network_finish(struct fw_network_builder *b, const fw_node *parts, int32_t n, struct fw_error *err);

/* Ends a build of several tasks: outputs (B, tasks) are logits, or standardised numbers, which are served in the
 * label's own units. */
FW_NODISCARD
enum fw_status fw_network_finish_tasks(struct fw_network_builder *b, fw_node outputs, struct fw_error *err);

/* The graph of a network, for checks of its gradients and for searches that switch its embeddings. */
struct fw_graph *fw_network_graph(void *self);

/* Numbers of the linear part that was fitted beforehand (0: there is none), a copy of them, for
 * fw_model_config.linear, and the same back. */
int64_t fw_network_linear_numbers(const void *self);
void fw_network_get_linear(fw_real *out, const void *self);
void fw_network_set_linear(void *self, const fw_real *from);

/* The node of fw_network_embedding; FW_NO_NODE: none. */
fw_node fw_network_embedding_node(const void *self);

/* What gets an embedding with these settings, were no sizes given: places in the configuration's fields (the data set's
 * when it names none) into fields and of value columns into values, both large enough for all. */
void fw_network_inputs(struct fw_op_inputs *out, int32_t *fields, int32_t *values,
                       const struct fw_model_config *config);

extern const char *const fw_network_optimisers[];
extern const char *const fw_network_wide_optimisers[];
extern const char *const fw_network_numeric[];
extern const char *const fw_network_numeric_raw[]; /* and "raw", of models of several tasks */
extern const char *const fw_network_crosses[];
extern const char *const fw_network_linears[];
extern const char *const fw_network_switch[]; /* "off", "on" */
enum fw_network_numeric { FW_NUMERIC_BINS, FW_NUMERIC_VALUES, FW_NUMERIC_BOTH, FW_NUMERIC_RAW };
enum fw_network_crosses { FW_CROSSES_WIDE, FW_CROSSES_DEEP, FW_CROSSES_BOTH };
enum fw_network_linear { FW_LINEAR_NEWTON, FW_LINEAR_LEARNED, FW_LINEAR_NONE };

/* Rows of settings of the optimiser that moves everything but a linear part. */
#define FW_NETWORK_OPTIMISER_PARAMS(rate_value, l2_value)                                                              \
    {.name = "optimiser", .choices = fw_network_optimisers, .doc = "of everything but the linear part"},               \
        {.name = "rate",                                                                                               \
         .min = 1e-7,                                                                                                  \
         .max = 100,                                                                                                   \
         .fallback = (rate_value),                                                                                     \
         .low = 1e-4,                                                                                                  \
         .high = 1e-2,                                                                                                 \
         .log_scale = true,                                                                                            \
         .doc = "learning rate"},                                                                                      \
        {.name = "l2",                                                                                                 \
         .min = 0,                                                                                                     \
         .max = 1e3,                                                                                                   \
         .fallback = (l2_value),                                                                                       \
         .low = 1e-7,                                                                                                  \
         .high = 1e-2,                                                                                                 \
         .log_scale = true,                                                                                            \
         .doc = "strength of the squared penalty on embeddings (touched rows) and kernels"},                           \
        {.name = "decay",                                                                                              \
         .min = 0,                                                                                                     \
         .max = 1e3,                                                                                                   \
         .fallback = 0,                                                                                                \
         .doc = "weight decay apart from the gradient, times the rate"},                                               \
    {                                                                                                                  \
        .name = "clip", .min = 0, .max = 1e9, .fallback = 0,                                                           \
        .doc = "largest norm of a step's mean gradient; 0: no limit"                                                   \
    }

/* The row of settings of what numeric columns become, for models without the rows below; a plan's crosses get
 * embeddings there. names: fw_network_numeric or fw_network_numeric_raw. */
#define FW_NETWORK_NUMERIC_PARAM(names)                                                                                \
    {                                                                                                                  \
        .name = "numeric", .choices = (names), .fallback = FW_NUMERIC_BOTH, .low = FW_NUMERIC_BINS,                    \
        .high = FW_NUMERIC_BOTH,                                                                                       \
        .doc = "numeric columns get an embedding by bin, as scaled number times a vector, or both"                     \
    }

/* Rows of settings that all networks have. */
#define FW_NETWORK_PARAMS(rate_value, l2_value)                                                                        \
    {.name = "linear",                                                                                                 \
     .choices = fw_network_linears,                                                                                    \
     .fallback = FW_LINEAR_NEWTON,                                                                                     \
     .doc = "linear part: fitted before by Newton steps and kept, learned along, or none"},                            \
        {.name = "numeric",                                                                                            \
         .choices = fw_network_numeric,                                                                                \
         .fallback = FW_NUMERIC_BOTH,                                                                                  \
         .low = FW_NUMERIC_BINS,                                                                                       \
         .high = FW_NUMERIC_BOTH,                                                                                      \
         .doc = "numeric columns get an embedding by bin, as scaled number times a vector, or both"},                  \
        {.name = "crosses",                                                                                            \
         .choices = fw_network_crosses,                                                                                \
         .fallback = FW_CROSSES_WIDE,                                                                                  \
         .doc = "a plan's crosses enter the linear part, get embeddings, or both"},                                    \
        FW_NETWORK_OPTIMISER_PARAMS(rate_value, l2_value),                                                             \
        {.name = "wide_optimiser",                                                                                     \
         .when = "linear=learned",                                                                                     \
         .choices = fw_network_wide_optimisers,                                                                        \
         .doc = "of a linear part that is learned along"},                                                             \
        {.name = "wide_rate",                                                                                          \
         .when = "linear=learned",                                                                                     \
         .min = 1e-7,                                                                                                  \
         .max = 100,                                                                                                   \
         .fallback = 0.05,                                                                                             \
         .log_scale = true,                                                                                            \
         .doc = "its learning rate; of ftrl the alpha"},                                                               \
        {.name = "wide_l1",                                                                                            \
         .when = "linear=learned",                                                                                     \
         .min = 0,                                                                                                     \
         .max = 1e6,                                                                                                   \
         .fallback = 0,                                                                                                \
         .doc = "its l1; ftrl only"},                                                                                  \
    {                                                                                                                  \
        .name = "wide_l2", .when = "linear=learned", .min = 0, .max = 1e6, .fallback = 1, .doc = "its l2"              \
    }

#define FW_EMBEDDING_PARAMS(dim_value, scale_value)                                                                    \
    {.name = "dim",                                                                                                    \
     .min = 1,                                                                                                         \
     .max = 1024,                                                                                                      \
     .fallback = (dim_value),                                                                                          \
     .low = 4,                                                                                                         \
     .high = 32,                                                                                                       \
     .log_scale = true,                                                                                                \
     .integer = true,                                                                                                  \
     .doc = "numbers an embedding"},                                                                                   \
    {                                                                                                                  \
        .name = "init", .min = 0, .max = 10, .fallback = (scale_value),                                                \
        .doc = "standard deviation of an embedding's first values"                                                     \
    }

#define FW_HIDDEN_PARAMS(layers_value, units_value, dropout_value)                                                     \
    {.name = "layers",                                                                                                 \
     .min = 0,                                                                                                         \
     .max = 16,                                                                                                        \
     .fallback = (layers_value),                                                                                       \
     .low = 1,                                                                                                         \
     .high = 4,                                                                                                        \
     .integer = true,                                                                                                  \
     .doc = "hidden layers"},                                                                                          \
        {.name = "units",                                                                                              \
         .min = 1,                                                                                                     \
         .max = 8192,                                                                                                  \
         .fallback = (units_value),                                                                                    \
         .low = 32,                                                                                                    \
         .high = 512,                                                                                                  \
         .log_scale = true,                                                                                            \
         .integer = true,                                                                                              \
         .doc = "units of a hidden layer"},                                                                            \
        {.name = "dropout",                                                                                            \
         .min = 0,                                                                                                     \
         .max = 0.95,                                                                                                  \
         .fallback = (dropout_value),                                                                                  \
         .low = 0,                                                                                                     \
         .high = 0.6,                                                                                                  \
         .doc = "share of a hidden layer's outputs that a step drops"},                                                \
    {                                                                                                                  \
        .name = "batch_norm", .choices = fw_network_switch, .doc = "batch normalisation before the activations"        \
    }

/* The slots of a network's table that are the same for all. */
#define FW_NETWORK_SLOTS                                                                                               \
    .api = FW_MODEL_API, .footprint = fw_network_footprint, .create = fw_network_create,                               \
    .destroy = fw_network_destroy, .reset = fw_network_reset, .start = fw_network_start,                               \
    .start_is_judged = fw_network_start_is_judged, .set_rate = fw_network_set_rate, .fit_batch = fw_network_fit_batch, \
    .predict = fw_network_predict, .parameter = fw_network_parameter, .state = fw_network_state,                       \
    .adopt = fw_network_adopt

/* The same of networks with more than one output. */
#define FW_NETWORK_TASK_SLOTS FW_NETWORK_SLOTS, .outputs = fw_network_outputs

FW_NODISCARD
enum fw_status fw_network_footprint(struct fw_model_footprint *out, const struct fw_model_config *config,
                                    struct fw_error *err);
FW_NODISCARD
enum fw_status fw_network_create(void **out, const struct fw_model_config *config, struct fw_allocator *mem,
                                 struct fw_error *err);
void fw_network_destroy(void *self);
void fw_network_reset(void *self);
FW_NODISCARD
enum fw_status fw_network_start(void *self, const struct fw_row_set *rows, const struct fw_budget *budget,
                                struct fw_error *err);
bool fw_network_start_is_judged(const void *self);
void fw_network_set_rate(void *self, double factor);
FW_NODISCARD
enum fw_status fw_network_fit_batch(void *self, struct fw_fit_stats *stats, const struct fw_dataset_view *batch,
                                    struct fw_error *err);
void fw_network_predict(const void *self, fw_real *logits, const struct fw_dataset_view *rows, void *scratch);
bool fw_network_parameter(const void *self, int64_t index, struct fw_parameter *out);
bool fw_network_state(const void *self, int64_t index, struct fw_model_state *out);
void fw_network_adopt(void *self);
int32_t fw_network_outputs(const void *self);

#endif
