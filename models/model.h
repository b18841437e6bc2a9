/* What a model is: one const table of functions, and the handle that everybody else holds.
 *
 * A model is created for the fields of a data set, fitted in steps on batches of rows (or in passes over all rows),
 * and gives logits. Its parameters are named arrays, which is all that saving, restoring and comparing need to know.
 *
 *     const struct fw_model_vtable *lr;
 *     FW_TRY(fw_model_find(&lr, "lr", err));                          // registry.h
 *     struct fw_params params;
 *     fw_params_init(&params, lr->params);
 *     struct fw_model_config config = {.dataset = dataset, .params = &params, .seed = 1};
 *     FW_TRY(fw_model_create(&model, lr, &config, mem, err));
 *     FW_TRY(fw_trainer_run(&training, model, ...));                  // trainer.h
 *     fw_model_destroy(model);
 *
 * `create` allocates; fitting in batches and predicting never do. Results do not depend on the number of threads.
 * A handle belongs to one thread at a time, but for predicting from a model that nobody fits. */
#ifndef FW_MODELS_MODEL_H
#define FW_MODELS_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/budget.h"
#include "models/dataset_view.h"
#include "models/engine/real.h"
#include "models/params.h"
#include "models/reading.h"
#include "space/embedding_sizes.h"
#include "space/task.h"
#include "space/topology.h"

#define FW_MODEL_API 4

struct fw_model_vtable;
struct fw_network_builder; /* network.h */

/* What a model is made from. Borrowed for the call, but for the texts of a settings table (static). */
struct fw_model_config {
    const struct fw_model_vtable *vtable; /* of the model; fw_model_create sets it */
    const struct fw_dataset *dataset;     /* names and sizes of the fields are read, rows are not */
    const int32_t *fields;                /* (n_fields) which fields of the data set; NULL: all */
    int32_t n_fields;                     /* with `fields` */
    const struct fw_params *params;       /* of the table's `params` */
    /* Sizes of embeddings by names of fields and value columns, for models with one embedding an input; others without
     * embeddings do not look at them. NULL: all of full size. */
    const struct fw_embedding_sizes *sizes;
    /* The fitted linear part of a network of the same data set and settings, trained on the same rows
     * (fw_network_get_linear): `start` takes it over instead of fitting it again. Lives as long as the model. NULL: it
     * is fitted. */
    const fw_real *linear;
    /* What is to be predicted, label by label of the data set; borrowed for the model's life. NULL: one binary task. */
    const struct fw_task *tasks;
    int32_t n_tasks;                  /* with `tasks` */
    const struct fw_routing *routing; /* of a plan, for the model that follows one; NULL: none */
    uint64_t seed;                    /* of first values; equal seeds give equal models */
    int threads;                      /* 0: all processors */
    /* The model's parameters are set from outside and it only predicts: nothing is laid out for fitting (gradients,
     * optimiser state, activations of a batch). Its parameters are 0 until they are set; it has no blocks of state, and
     * to start, fit or reset it is a mistake (assert). */
    bool scoring_only;
};

/* Bytes that a model takes. */
struct fw_model_footprint {
    size_t parameters;  /* of them: what a model file holds, but for names and shapes */
    size_t embeddings;  /* of the parameters: tables of embeddings and their projections */
    size_t state;       /* of the optimiser; 0 when scoring only */
    size_t activations; /* of a batch, with their gradients and the scratch of fitting; scoring only: none of them */
    size_t total;       /* from create to destroy: all of the above and what is left */
    size_t predict;     /* scratch of one thread that predicts */
};

/* What a step or a pass saw: sums, so that a pass adds up its batches. */
struct fw_fit_stats {
    double loss;    /* weighted sum over rows, before the step in batches, after it in full passes; may be not finite */
    double weight;  /* sum of the row weights */
    bool converged; /* passes only: a further one would change nothing */
};

/* A parameter array: (rows, width) numbers, borrowed from the model, contiguous. */
struct fw_parameter {
    const char *name; /* "bias", "weight"; with `field` unique in a model; static text */
    int32_t field;    /* place in the model's own list of fields; -1: belongs to none */
    int64_t rows;     /* of a table of a field: its n_ids, with sizes as many as they give */
    int64_t width;
    fw_real *data;
};

/* What an exact resume needs besides the parameters: bytes borrowed from the model, as they lie in memory. */
struct fw_model_state {
    const char *name; /* static text */
    void *data;
    size_t bytes;
};

/* The labels that a model is for. */
enum fw_model_labels {
    FW_LABELS_ONE,     /* one binary label */
    FW_LABELS_SEVERAL, /* two or more, binary or numbers */
    FW_LABELS_FUNNEL   /* two binary ones, the second only where the first is positive: click, conversion */
};

struct fw_model_vtable {
    int api;             /* FW_MODEL_API */
    const char *name;    /* "lr": stored in results, never reused */
    const char *summary; /* one line for --help */
    const struct fw_param_spec
        *params; /* ends at a NULL name; rows "epochs", "batch" and "patience" steer the trainer */

    enum fw_model_labels labels;
    bool reads_position; /* wants the position column's field (FW_FIELD_POSITION), which others are not shown */

    /* REQUIRED. The bytes that `create` will take. FW_E_ARG when settings do not go together. */
    enum fw_status (*footprint)(struct fw_model_footprint *out, const struct fw_model_config *config,
                                struct fw_error *err);
    /* REQUIRED. A model at its first values. Fails as `footprint`, or with FW_E_NOMEM. */
    enum fw_status (*create)(void **out, const struct fw_model_config *config, struct fw_allocator *mem,
                             struct fw_error *err);
    /* REQUIRED. Frees everything; self may be NULL. */
    void (*destroy)(void *self);
    /* REQUIRED. Back to the state after `create`, to the bit. */
    void (*reset)(void *self);
    /* OPTIONAL. Takes from the training rows what the model starts from (a linear part fitted by Newton steps, say);
     * called once before the first step that follows `create` or `reset`. budget (may be NULL): as in `fit_epoch`.
     * NULL: the first values are those of `create`. */
    enum fw_status (*start)(void *self, const struct fw_row_set *rows, const struct fw_budget *budget,
                            struct fw_error *err);
    /* OPTIONAL. Whether what `start` gives is judged, as epoch 0: it is an answer, such as a linear part fitted to the
     * rows, and no network of values drawn at random, which would win by luck where few rows judge. NULL: always. */
    bool (*start_is_judged)(const void *self);
    /* OPTIONAL. The factor on the learning rate of the steps that follow, 1 after `create` and `reset`. NULL: there is
     * no rate. */
    void (*set_rate)(void *self, double factor);
    /* REQUIRED. One step on a batch of at most the setting "batch" rows; *stats is overwritten. When the loss is not
     * finite nothing moves and the caller is to stop. */
    enum fw_status (*fit_batch)(void *self, struct fw_fit_stats *stats, const struct fw_dataset_view *batch,
                                struct fw_error *err);
    /* OPTIONAL. One pass over all training rows by a solver that wants them at once; *stats is overwritten. It may
     * allocate. `budget` (may be NULL) is looked at in between: FW_E_STOPPED when it asks to stop, after which the
     * model may only be reset or destroyed. NULL: batches only. */
    enum fw_status (*fit_epoch)(void *self, struct fw_fit_stats *stats, const struct fw_row_set *rows,
                                const struct fw_budget *budget, struct fw_error *err);
    /* OPTIONAL. Whether this model, with its settings, is fitted by `fit_epoch`. NULL: always when there is one. */
    bool (*wants_epochs)(const void *self);
    /* OPTIONAL. Numbers a row that `predict` gives. NULL: 1. */
    int32_t (*outputs)(const void *self);
    /* OPTIONAL. The reading with this index, from 0, of a model of these tasks; false past the last. name, task, given
     * and the rest are overwritten. NULL: one a task, output for output. */
    bool (*reading)(const void *self, int32_t index, const struct fw_task *tasks, int32_t n_tasks,
                    struct fw_reading *out);
    /* REQUIRED. Logits (n, outputs) of at most FW_DATASET_BLOCK rows. scratch: `predict` bytes of the footprint, at
     * least 64-byte aligned, one a thread. Safe from many threads. */
    void (*predict)(const void *self, fw_real *logits, const struct fw_dataset_view *rows, void *scratch);
    /* REQUIRED. The parameter array with this index, from 0; false past the last. Always the same order. */
    bool (*parameter)(const void *self, int64_t index, struct fw_parameter *out);
    /* OPTIONAL. The block of state with this index, from 0; false past the last. With the parameters and these bytes
     * put back a model goes on as if it had never stopped. NULL: the parameters are all there is. */
    bool (*state)(const void *self, int64_t index, struct fw_model_state *out);
    /* REQUIRED. To be called after parameters were written from outside, so that what follows from them (state of the
     * optimiser) does too. */
    void (*adopt)(void *self);
    /* OPTIONAL. For the models of network.h, whose other slots are all the same: puts the model's operations into the
     * builder. NULL: the model is no network. */
    enum fw_status (*build)(struct fw_network_builder *builder, struct fw_error *err);
};

struct fw_model {
    const struct fw_model_vtable *vtable;
    void *self;
    struct fw_params params;
    uint64_t seed;
    int threads;       /* resolved: at least 1 */
    int32_t n_fields;  /* that the model reads */
    int32_t *fields;   /* (n_fields) their places in a data set */
    int64_t *n_ids;    /* (n_fields) */
    int32_t n_values;  /* value columns that the data must have; 0: none are read */
    int64_t n_outputs; /* numbers a row */
    int32_t n_readings;
    struct fw_reading *readings; /* (n_readings) */
    int32_t n_labels;            /* numbers a row that the labels of a data set must have */
    struct fw_model_footprint footprint;
    struct fw_allocator *mem;
};

/* Creates a model; *out is the caller's. FW_E_ARG (settings that do not go together, no field, a field that the data
 * set lacks), FW_E_NOMEM: before anything is taken when its footprint is more than the allocator's limit leaves or the
 * machine has. */
FW_NODISCARD
enum fw_status fw_model_create(struct fw_model **out, const struct fw_model_vtable *vtable,
                               const struct fw_model_config *config, struct fw_allocator *mem, struct fw_error *err);
void fw_model_destroy(struct fw_model *model); /* NULL is a no-op */

/* The bytes that a model would take, without making it: also a check of its settings. FW_E_ARG as fw_model_create. */
FW_NODISCARD
enum fw_status fw_model_measure(struct fw_model_footprint *out, const struct fw_model_vtable *vtable,
                                const struct fw_model_config *config, struct fw_allocator *mem, struct fw_error *err);

/* Checks that a data set has the model's fields with ids in its range, and its value columns: FW_E_ARG names the first
 * that it has not. */
FW_NODISCARD
enum fw_status fw_model_check(const struct fw_model *model, const struct fw_dataset *dataset, struct fw_error *err);

/* Bytes of scratch for fw_model_predict: those of all threads. */
size_t fw_model_predict_bytes(const struct fw_model *model);

/* Logits of all rows of a view, (n, n_outputs), over the model's threads. scratch: fw_model_predict_bytes, of any
 * alignment. The data set is one that fw_model_check accepts. */
void fw_model_predict(const struct fw_model *model, fw_real *logits, const struct fw_dataset_view *view, void *scratch);

/* Count of numbers in all parameter arrays. */
int64_t fw_model_parameter_count(const struct fw_model *model);

/* All parameters into `values` (fw_model_parameter_count), in order; and back, exactly. Two models are equal when
 * their values are. */
void fw_model_get_parameters(const struct fw_model *model, fw_real *values);
void fw_model_set_parameters(struct fw_model *model, const fw_real *values);

#endif
