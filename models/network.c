#include "models/network.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/linear/solve.h"

const char *const fw_network_optimisers[] = {"adam", "adagrad", "sgd", "ftrl", NULL};
const char *const fw_network_wide_optimisers[] = {"ftrl", "adagrad", "adam", "sgd", NULL};
const char *const fw_network_numeric[] = {"bins", "values", "both", NULL};
const char *const fw_network_numeric_raw[] = {"bins", "values", "both", "raw", NULL};
const char *const fw_network_crosses[] = {"wide", "deep", "both", NULL};
const char *const fw_network_linears[] = {"newton", "learned", "none", NULL};
const char *const fw_network_switch[] = {"off", "on", NULL};

struct network {
    struct fw_graph *graph;
    int32_t linear;       /* enum fw_network_linear */
    int32_t n_wide;       /* fields of the linear part */
    int32_t *wide;        /* (n_wide) in the graph's list */
    int32_t first_linear; /* the linear part's bias among the graph's weights; its tables follow */
    fw_node embedding;
    struct fw_weights *scaling;  /* (tasks, 2) of labels that are numbers; NULL: there are none */
    const struct fw_task *tasks; /* with `scaling` */
    const fw_real *given;        /* the linear part, fitted elsewhere; NULL: `start` fits it */
    double rate;                 /* factor on the learning rates */
    bool adopted;                /* parameters came from outside since the last reset */
    struct fw_allocator *mem;
};

/* ---- building ---- */

/* Where a plan's crosses go: without the setting wherever there is a place for them. */
static bool crosses_go(const struct fw_params *params, enum fw_network_crosses where)
{
    if (!fw_params_has(params, "crosses"))
        return true;
    int32_t crosses = (int32_t)fw_params_get(params, "crosses");
    return crosses == FW_CROSSES_BOTH || crosses == (int32_t)where;
}

void fw_network_inputs(struct fw_op_inputs *out, int32_t *fields, int32_t *values, const struct fw_model_config *config)
{
    int32_t numeric = (int32_t)fw_params_get(config->params, "numeric");
    bool crosses = crosses_go(config->params, FW_CROSSES_DEEP);
    int32_t n = config->fields != NULL ? config->n_fields : config->dataset->n_fields;
    bool values_alone = numeric == FW_NUMERIC_VALUES || numeric == FW_NUMERIC_RAW;
    *out = (struct fw_op_inputs){.fields = fields, .values = values};
    for (int32_t f = 0; f < n; f++) {
        enum fw_field_kind kind = config->dataset->fields[config->fields != NULL ? config->fields[f] : f].kind;
        if (kind == FW_FIELD_POSITION)
            continue;
        if (kind == FW_FIELD_CROSS ? crosses : kind != FW_FIELD_BINS || !values_alone)
            fields[out->n_fields++] = f;
    }
    bool embedded = numeric == FW_NUMERIC_VALUES || numeric == FW_NUMERIC_BOTH;
    for (int32_t v = 0; embedded && v < config->dataset->n_values; v++)
        values[out->n_values++] = v;
}

/* Sizes that name something else are of another table: better to say so than to drop what they meant. */
static enum fw_status check_names(const struct fw_model_config *config, struct fw_error *err)
{
    const struct fw_dataset *dataset = config->dataset;
    for (int32_t i = 0; i < config->sizes->n; i++) {
        const char *name = config->sizes->items[i].input;
        bool found = false;
        for (int32_t f = 0; f < dataset->n_fields && !found; f++)
            found = strcmp(dataset->fields[f].name, name) == 0;
        for (int32_t v = 0; v < dataset->n_values && !found; v++)
            found = strcmp(dataset->values[v].name, name) == 0;
        if (!found)
            return fw_error_set(err, FW_E_ARG, "an embedding is sized for '%s', which the data do not have", name);
    }
    return FW_OK;
}

/* With sizes: what they name and do not drop gets an embedding, whatever the settings say of crosses and numbers. */
static void choose_sized(struct fw_network_builder *b, const struct fw_model_config *config, int32_t *fields,
                         int32_t *values)
{
    const struct fw_dataset *dataset = config->dataset;
    b->sizes = fw_graph_keep(b->graph, config->n_fields + dataset->n_values, sizeof *b->sizes);
    b->inputs = (struct fw_op_inputs){.fields = fields, .values = values};
    if (b->graph->failed)
        return;
    for (int32_t f = 0; f < config->n_fields; f++) {
        const struct fw_field *field = &dataset->fields[config->fields[f]];
        const struct fw_embedding_size *size =
            field->kind != FW_FIELD_POSITION ? fw_embedding_sizes_find(config->sizes, field->name) : NULL;
        if (size == NULL || size->n_strips == 0)
            continue;
        b->sizes[b->inputs.n_fields] = size;
        fields[b->inputs.n_fields++] = f;
    }
    for (int32_t v = 0; v < dataset->n_values; v++) {
        const struct fw_embedding_size *size = fw_embedding_sizes_find(config->sizes, dataset->values[v].name);
        if (size == NULL || size->n_strips == 0)
            continue;
        b->sizes[b->inputs.n_fields + b->inputs.n_values] = size;
        values[b->inputs.n_values++] = v;
    }
}

/* Which fields get an embedding, and which go into the linear part. */
static void choose_fields(struct fw_network_builder *b, const struct fw_model_config *config)
{
    bool crosses = crosses_go(config->params, FW_CROSSES_WIDE);
    int32_t *deep = fw_graph_keep(b->graph, config->n_fields, sizeof *deep);
    int32_t *wide = fw_graph_keep(b->graph, config->n_fields, sizeof *wide);
    int32_t *values = fw_graph_keep(b->graph, config->dataset->n_values, sizeof *values);
    if (b->graph->failed)
        return;
    for (int32_t f = 0; f < config->n_fields; f++) {
        enum fw_field_kind kind = config->dataset->fields[config->fields[f]].kind;
        if (kind != FW_FIELD_POSITION && (kind != FW_FIELD_CROSS || crosses))
            wide[b->wide.n_fields++] = f;
    }
    b->wide.fields = wide;
    if (config->sizes != NULL)
        choose_sized(b, config, deep, values);
    else
        fw_network_inputs(&b->inputs, deep, values, config);
    b->n_inputs = b->inputs.n_fields + b->inputs.n_values;
    b->n_raw = fw_network_int(b, "numeric") == FW_NUMERIC_RAW ? config->dataset->n_values : 0;
}

fw_node fw_network_linear(struct fw_network_builder *b)
{
    if (fw_network_int(b, "linear") == FW_LINEAR_NONE)
        return FW_NO_NODE;
    b->first_linear = b->graph->n_weights;
    return fw_op_linear(b->graph, &b->wide, b->residual, "linear");
}

fw_node fw_network_embedding(struct fw_network_builder *b, const char *name)
{
    int32_t dim = fw_network_int(b, "dim");
    double init = fw_network_get(b, "init");
    b->embedding = b->sizes != NULL ? fw_op_sized_embedding(b->graph, &b->inputs, b->sizes, dim, init, name)
                                    : fw_op_embedding(b->graph, &b->inputs, dim, init, name);
    return b->embedding;
}

fw_node fw_network_input(struct fw_network_builder *b, const char *name)
{
    fw_node parts[2];
    int32_t n = 0;
    if (b->n_inputs > 0)
        parts[n++] = fw_network_embedding(b, name);
    if (b->n_raw > 0)
        parts[n++] = fw_op_values(b->graph, b->n_raw);
    return fw_op_concat(b->graph, parts, n);
}

fw_node fw_network_hidden(struct fw_network_builder *b, fw_node x, const char *name)
{
    int32_t layers = fw_network_int(b, "layers");
    bool normal = fw_network_int(b, "batch_norm") != 0;
    for (int32_t l = 1; l <= layers; l++) {
        char number[16];
        snprintf(number, sizeof number, "%d", l);
        const char *layer = fw_graph_name(b->graph, name, number);
        struct fw_dense_options options = {.activation = normal ? FW_ACT_NONE : FW_ACT_RELU, .no_bias = normal};
        x = fw_op_dense(b->graph, x, fw_network_int(b, "units"), &options, layer);
        if (normal) {
            x = fw_op_batch_norm(b->graph, x, fw_graph_name(b->graph, layer, "norm"));
            x = fw_op_activation(b->graph, x, FW_ACT_RELU);
        }
        x = fw_op_dropout(b->graph, x, fw_network_get(b, "dropout"));
    }
    return x;
}

fw_node fw_network_output(struct fw_network_builder *b, fw_node x, const char *name)
{
    struct fw_dense_options options = {.zero = b->residual};
    return fw_op_dense(b->graph, x, 1, &options, name);
}

static enum fw_status check_width(const char *what, int64_t width, struct fw_error *err)
{
    if (width <= FW_NETWORK_WIDTH_MOST)
        return FW_OK;
    return fw_error_set(err, FW_E_ARG, "%s are %lld numbers a row, at most %lld are possible; choose a smaller dim",
                        what, (long long)width, (long long)FW_NETWORK_WIDTH_MOST);
}

enum fw_status fw_network_check_pairs(const struct fw_network_builder *b, const char *model, int64_t numbers,
                                      struct fw_error *err)
{
    if (b->n_inputs < 2)
        return fw_error_set(err, FW_E_ARG, "%s needs at least two inputs with embeddings, there is %d", model,
                            b->n_inputs);
    return check_width("the pairs of inputs", (int64_t)b->n_inputs * (b->n_inputs - 1) * numbers, err);
}

enum fw_status fw_network_finish(struct fw_network_builder *b, const fw_node *parts, int32_t n, struct fw_error *err)
{
    fw_node kept[FW_OP_INPUTS];
    int32_t n_kept = 0;
    for (int32_t i = 0; i < n; i++) {
        if (parts[i] != FW_NO_NODE)
            kept[n_kept++] = parts[i];
    }
    fw_node logit = fw_op_add(b->graph, kept, n_kept);
    return fw_graph_finish(b->graph, logit, logit, &fw_loss_one, err);
}

/* (tasks, 2): shift and scale of labels that are numbers, set by `start`. */
static struct fw_weights *add_scaling(struct fw_network_builder *b)
{
    struct fw_weights w = {.name = "labels.scaling",
                           .field = -1,
                           .kind = FW_WEIGHTS_FIXED,
                           .rows = b->config->n_tasks,
                           .width = 2,
                           .init = FW_INIT_CONSTANT};
    for (int32_t t = 0; t < b->config->n_tasks; t++) {
        if (b->config->tasks[t].kind == FW_TASK_NUMBER)
            return fw_graph_add_weights(b->graph, &w);
    }
    return NULL;
}

enum fw_status fw_network_finish_tasks(struct fw_network_builder *b, fw_node outputs, struct fw_error *err)
{
    const struct fw_model_config *config = b->config;
    b->scaling = add_scaling(b);
    fw_node served = b->scaling != NULL ? fw_op_rescale(b->graph, outputs, b->scaling) : outputs;
    const struct fw_loss *loss = fw_loss_tasks(b->graph, config->tasks, config->n_tasks, b->scaling);
    return fw_graph_finish(b->graph, outputs, served, loss, err);
}

static enum fw_status set_optimisers(struct fw_graph *graph, const struct fw_params *params, struct fw_error *err)
{
    FW_TRY(fw_optimiser_make(&graph->optimiser[FW_PART_DEEP], fw_params_choice(params, "optimiser"),
                             fw_params_get(params, "rate"), 1e-8, 0, fw_params_get(params, "l2"), err));
    graph->optimiser[FW_PART_DEEP].decay = (fw_real)fw_params_get(params, "decay");
    graph->clip = fw_params_get(params, "clip");
    graph->optimiser[FW_PART_GATES] = graph->optimiser[FW_PART_DEEP];
    if (fw_params_has(params, "gate_rate"))
        FW_TRY(fw_optimiser_make(&graph->optimiser[FW_PART_GATES], "adam", fw_params_get(params, "gate_rate"), 1e-8, 0,
                                 0, err));
    graph->optimiser[FW_PART_WIDE] = graph->optimiser[FW_PART_DEEP];
    if (!fw_params_has(params, "wide_optimiser"))
        return FW_OK;
    return fw_optimiser_make(&graph->optimiser[FW_PART_WIDE], fw_params_choice(params, "wide_optimiser"),
                             fw_params_get(params, "wide_rate"), 1, fw_params_get(params, "wide_l1"),
                             fw_params_get(params, "wide_l2"), err);
}

static enum fw_status check_inputs(const struct fw_network_builder *b, const struct fw_model_config *config,
                                   struct fw_error *err)
{
    const char *numeric = fw_params_choice(config->params, "numeric");
    if (b->graph->failed) /* nothing was chosen yet; the build will say so */
        return FW_OK;
    if (config->sizes != NULL) {
        FW_TRY(check_names(config, err));
        if (config->sizes->dim != fw_network_int(b, "dim"))
            return fw_error_set(err, FW_E_ARG, "the plan's embeddings are sized for dim=%d, not dim=%d",
                                config->sizes->dim, fw_network_int(b, "dim"));
        if (b->n_inputs == 0 && b->n_raw == 0)
            return fw_error_set(err, FW_E_ARG, "the plan's sizes leave nothing with an embedding");
    }
    if (b->n_inputs == 0 && b->n_raw == 0)
        return fw_error_set(err, FW_E_ARG, "nothing gets an embedding with numeric=%s%s%s", numeric,
                            fw_params_has(config->params, "crosses") ? " and crosses=" : "",
                            fw_params_has(config->params, "crosses") ? fw_params_choice(config->params, "crosses")
                                                                     : "");
    return check_width("the embeddings", (int64_t)b->n_inputs * fw_network_int(b, "dim"), err);
}

static enum fw_status build(struct network *out, const struct fw_model_config *config, struct fw_allocator *mem,
                            struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_network_builder b = {.params = config->params, .config = config, .embedding = FW_NO_NODE};
    struct fw_graph_shape shape = {.dataset = config->dataset,
                                   .fields = config->fields,
                                   .n_fields = config->n_fields,
                                   .batch = (int64_t)fw_params_get(config->params, "batch"),
                                   .threads = config->threads,
                                   .seed = config->seed,
                                   .scoring_only = config->scoring_only};
    *out = (struct network){.linear = FW_LINEAR_NONE, .rate = 1, .mem = mem};
    if (fw_params_has(config->params, "linear"))
        out->linear = (int32_t)fw_params_get(config->params, "linear");
    FW_TRY(fw_graph_create(&b.graph, &shape, mem, err));
    b.residual = out->linear == FW_LINEAR_NEWTON;
    choose_fields(&b, config);
    if (b.graph->failed) {
        status = fw_error_nomem(err, mem, "the inputs of a model", config->n_fields, sizeof(int32_t));
        goto done;
    }
    FW_TRY_GOTO(check_inputs(&b, config, err), done);
    FW_TRY_GOTO(set_optimisers(b.graph, config->params, err), done);
    FW_TRY_GOTO(config->vtable->build(&b, err), done);
    if (config->sizes != NULL && b.embedding == FW_NO_NODE && b.n_inputs > 0) {
        status = fw_error_set(err, FW_E_ARG,
                              "model '%s' does not have one embedding an input, so that a plan's sizes do not fit it; "
                              "choose another, such as fm or deepfm",
                              config->vtable->name);
        goto done;
    }
    out->embedding = b.embedding;
    out->given = config->linear;
    out->scaling = b.scaling;
    out->tasks = config->tasks;
    out->graph = b.graph;
    out->wide = (int32_t *)b.wide.fields;
    out->n_wide = b.wide.n_fields;
    out->first_linear = b.first_linear;
    b.graph = NULL;
done:
    fw_graph_destroy(b.graph);
    return status;
}

enum fw_status fw_network_footprint(struct fw_model_footprint *out, const struct fw_model_config *config,
                                    struct fw_error *err)
{
    struct network network;
    FW_TRY(build(&network, config, NULL, err));
    const struct fw_graph_bytes *bytes = &network.graph->bytes;
    *out = (struct fw_model_footprint){.parameters = bytes->weights,
                                       .embeddings = bytes->sized,
                                       .state = bytes->state,
                                       .activations = bytes->activations,
                                       .total = bytes->total + sizeof network,
                                       .predict = bytes->predict};
    fw_graph_destroy(network.graph);
    return FW_OK;
}

enum fw_status fw_network_create(void **out, const struct fw_model_config *config, struct fw_allocator *mem,
                                 struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct network *network;
    FW_ALLOC(network, mem, 1, "a network", err);
    FW_TRY_GOTO(build(network, config, mem, err), done);
    FW_TRY_GOTO(fw_graph_allocate(network->graph, err), done);
    if (!config->scoring_only)
        fw_graph_initialise(network->graph);
    *out = network;
    network = NULL;
done:
    if (network != NULL) {
        fw_graph_destroy(network->graph);
        fw_free(mem, network);
    }
    return status;
}

void fw_network_destroy(void *self)
{
    struct network *network = self;
    if (network == NULL)
        return;
    struct fw_allocator *mem = network->mem;
    fw_graph_destroy(network->graph);
    fw_free(mem, network);
}

int32_t fw_network_outputs(const void *self)
{
    const struct network *network = self;
    return fw_graph_width(network->graph, network->graph->served);
}

struct fw_graph *fw_network_graph(void *self)
{
    struct network *network = self;
    return network->graph;
}

fw_node fw_network_embedding_node(const void *self)
{
    const struct network *network = self;
    return network->embedding;
}

/* ---- running ---- */

void fw_network_reset(void *self)
{
    struct network *network = self;
    network->rate = 1;
    network->adopted = false;
    fw_graph_initialise(network->graph);
}

void fw_network_adopt(void *self)
{
    struct network *network = self;
    network->adopted = true;
    fw_graph_reset_state(network->graph);
}

void fw_network_set_rate(void *self, double factor)
{
    struct network *network = self;
    network->rate = factor;
}

/* The arrays of a linear part that was fitted beforehand: the bias, then the tables of its fields. */
static int32_t linear_arrays(const struct network *network)
{
    return network->linear == FW_LINEAR_NEWTON ? network->n_wide + 1 : 0;
}

int64_t fw_network_linear_numbers(const void *self)
{
    const struct network *network = self;
    int64_t n = 0;
    for (int32_t i = 0; i < linear_arrays(network); i++)
        n += network->graph->weights[network->first_linear + i]->rows;
    return n;
}

void fw_network_get_linear(fw_real *out, const void *self)
{
    const struct network *network = self;
    for (int32_t i = 0; i < linear_arrays(network); i++) {
        const struct fw_weights *w = network->graph->weights[network->first_linear + i];
        memcpy(out, w->data, (size_t)w->rows * sizeof *out);
        out += w->rows;
    }
}

void fw_network_set_linear(void *self, const fw_real *from)
{
    struct network *network = self;
    for (int32_t i = 0; i < linear_arrays(network); i++) {
        const struct fw_weights *w = network->graph->weights[network->first_linear + i];
        memcpy(w->data, from, (size_t)w->rows * sizeof *from);
        from += w->rows;
    }
}

/* Mean and standard deviation of the labels that are numbers, over the rows that have one. */
static void measure_labels(struct network *network, const struct fw_row_set *rows)
{
    for (int32_t t = 0; t < (int32_t)network->scaling->rows; t++) {
        fw_real *shift_scale = network->scaling->data + 2 * t;
        double n = 0;
        double mean = 0;
        double squares = 0;
        for (int32_t p = 0; network->tasks[t].kind == FW_TASK_NUMBER && p < rows->n_parts; p++) {
            for (int64_t i = 0; i < rows->parts[p].n; i++) {
                float label[FW_TASKS_MOST];
                double y = (double)fw_view_labels(&rows->parts[p], i, 1, label)[t];
                if (isnan(y))
                    continue;
                n++;
                double off = y - mean;
                mean += off / n;
                squares += off * (y - mean);
            }
        }
        double deviation = n > 1 ? sqrt(squares / n) : 0;
        shift_scale[0] = (fw_real)mean;
        shift_scale[1] = deviation > 0 ? (fw_real)deviation : 1;
    }
}

enum fw_status fw_network_start(void *self, const struct fw_row_set *rows, const struct fw_budget *budget,
                                struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct network *network = self;
    struct fw_graph *graph = network->graph;
    struct fw_backfit *solved = NULL;
    int32_t *places = NULL;
    assert(!graph->scoring_only);
    if (network->scaling != NULL)
        measure_labels(network, rows);
    if (network->linear != FW_LINEAR_NEWTON)
        return FW_OK;
    if (network->given != NULL) {
        fw_network_set_linear(network, network->given);
        return FW_OK;
    }
    FW_ALLOC(places, network->mem, network->n_wide, "the fields of the linear part", err);
    for (int32_t f = 0; f < network->n_wide; f++)
        places[f] = graph->fields[network->wide[f]];
    struct fw_backfit_options options;
    fw_backfit_options_init(&options);
    options.threads = graph->threads;
    options.budget = budget;
    FW_TRY_GOTO(fw_linear_solve(&solved, rows, places, network->n_wide, &options, network->mem, err), done);
    struct fw_weights **w = graph->weights + network->first_linear;
    w[0]->data[0] = (fw_real)solved->bias;
    for (int32_t f = 0; f < network->n_wide; f++) {
        for (int64_t id = 0; id < w[f + 1]->rows; id++)
            w[f + 1]->data[id] = (fw_real)solved->weights[f][id];
    }
done:
    fw_backfit_destroy(solved);
    fw_free(network->mem, places);
    return status;
}

/* With a linear part fitted beforehand the outputs start at it; parameters from outside have been learned there. */
bool fw_network_start_is_judged(const void *self)
{
    const struct network *network = self;
    return network->linear == FW_LINEAR_NEWTON || network->adopted;
}

enum fw_status fw_network_fit_batch(void *self, struct fw_fit_stats *stats, const struct fw_dataset_view *batch,
                                    struct fw_error *err)
{
    (void)err;
    struct network *network = self;
    struct fw_graph_sums sums;
    fw_graph_learn(network->graph, &sums, batch);
    *stats = (struct fw_fit_stats){.loss = sums.loss, .weight = sums.weight};
    if (isfinite(sums.loss) && sums.weight > 0)
        fw_graph_step(network->graph, 1 / sums.weight, network->rate);
    return FW_OK;
}

void fw_network_predict(const void *self, fw_real *logits, const struct fw_dataset_view *rows, void *scratch)
{
    const struct network *network = self;
    fw_graph_predict(network->graph, logits, rows, scratch);
}

bool fw_network_parameter(const void *self, int64_t index, struct fw_parameter *out)
{
    const struct network *network = self;
    if (index >= network->graph->n_weights)
        return false;
    const struct fw_weights *w = network->graph->weights[index];
    *out =
        (struct fw_parameter){.name = w->name, .field = w->field, .rows = w->rows, .width = w->width, .data = w->data};
    return true;
}

bool fw_network_state(const void *self, int64_t index, struct fw_model_state *out)
{
    const struct network *network = self;
    struct fw_graph *graph = network->graph;
    if (graph->scoring_only)
        return false;
    switch (index) {
    case 0:
        *out = (struct fw_model_state){"step", &graph->step, sizeof graph->step};
        return true;
    case 1:
        *out = (struct fw_model_state){"deep steps", &graph->optimiser[FW_PART_DEEP].steps, sizeof(int64_t)};
        return true;
    case 2:
        *out = (struct fw_model_state){"wide steps", &graph->optimiser[FW_PART_WIDE].steps, sizeof(int64_t)};
        return true;
    case 3:
        *out = (struct fw_model_state){"gate steps", &graph->optimiser[FW_PART_GATES].steps, sizeof(int64_t)};
        return true;
    default:
        break;
    }
    index -= 4;
    if (index >= graph->n_weights)
        return false;
    const struct fw_weights *w = graph->weights[index];
    size_t per = (size_t)graph->optimiser[w->part].vtable->state_per_weight;
    bool none = w->kind == FW_WEIGHTS_FIXED || per == 0;
    *out = (struct fw_model_state){w->name, w->state, none ? 0 : (size_t)(w->rows * w->width) * per * sizeof(fw_real)};
    return true;
}
