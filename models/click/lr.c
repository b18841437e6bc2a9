/* Logistic regression over fields: logit = bias + the weight of each field's id.
 *
 * Two ways to fit. By default passes of shrunken Newton steps over all rows (linear/backfit.h), without a learning
 * rate. Or batches through an optimiser: forward over chunks of rows, then field by field the residuals are summed by
 * id and each touched weight moves once. Rows are cut into fixed chunks and a field belongs to one thread, so that
 * results do not depend on the number of threads.
 *
 * Weights lie in one array: the bias, then field by field, each on a cache line of its own. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/par.h"
#include "models/engine/group.h"
#include "models/engine/optimiser.h"
#include "models/linear/logistic_loss.h"
#include "models/linear/solve.h"
#include "models/registry.h"
#include "models/training/trainer.h"

/* Rows of a batch that go forward together: small enough to share a batch out among threads. */
#define CHUNK INT64_C(256)

/* Floats of a cache line. */
#define LINE INT64_C(16)

enum { bias_at = 0 };

/* What a thread needs to move the weights of a field. */
struct field_scratch {
    uint32_t *ids;    /* (batch) */
    uint32_t *unique; /* (batch) */
    uint32_t *slot;   /* (batch) */
    float *gradient;  /* (batch) by slot */
    uint32_t *table;  /* (table_size) */
};

struct lr {
    struct fw_optimiser optimiser; /* vtable NULL: Newton steps */
    bool scoring_only;
    float rate; /* of the settings; the optimiser's is scaled */
    struct fw_backfit_options newton;
    int threads;
    int64_t batch; /* rows, at most */
    int64_t table_size;
    int32_t n_fields;
    int32_t *fields; /* (n_fields) places in the data set */
    int64_t *n_ids;  /* (n_fields) */
    int64_t *start;  /* (n_fields) of a field's weights */
    int64_t n_weights;
    float *weight;                 /* (n_weights) */
    float *state;                  /* (n_weights, state_per_weight) */
    float *residual;               /* (batch) */
    struct fw_loss_sums *sums;     /* (chunks of a batch) */
    struct field_scratch *scratch; /* (threads) */
    struct fw_arena arena;
    struct fw_allocator *mem;
};

static const char *const optimiser_choices[] = {"newton", "ftrl", "adagrad", "sgd", NULL};

static const struct fw_param_spec params[] = {
    {.name = "optimiser",
     .choices = optimiser_choices,
     .fallback = 0,
     .doc = "newton: passes over all rows with shrinkage learned from the data; the others go in batches, of which "
            "only adagrad and sgd follow a schedule"},
    FW_OPTIMISER_PARAMS,
    {.name = "batch",
     .min = 1,
     .max = 1 << 20,
     .fallback = 1024,
     .low = 128,
     .high = 4096,
     .log_scale = true,
     .integer = true,
     .doc = "rows a step; not of newton",
     .when = "optimiser!=newton"},
    {.name = "epochs",
     .min = 1,
     .max = 10000,
     .fallback = 40,
     .integer = true,
     .doc = "passes over the rows, at most; of newton: its sweeps"},
    {.name = "patience",
     .min = 0,
     .max = 10000,
     .fallback = 2,
     .integer = true,
     .doc = "passes without a better validation score before training ends; 0: never; not of newton"},
    FW_TRAINER_STEP_PARAMS,
    {.name = NULL},
};

static enum fw_status read_settings(struct lr *lr, const struct fw_model_config *config, struct fw_error *err)
{
    const struct fw_params *settings = config->params;
    const char *optimiser = fw_params_choice(settings, "optimiser");
    *lr = (struct lr){.scoring_only = config->scoring_only,
                      .threads = config->threads,
                      .batch = (int64_t)fw_params_get(settings, "batch"),
                      .n_fields = config->n_fields};
    lr->table_size = fw_group_table_size(lr->batch);
    lr->rate = (float)fw_params_get(settings, "rate");
    if (strcmp(optimiser, "newton") != 0)
        return fw_optimiser_init(&lr->optimiser, optimiser, settings, err);
    if (fw_params_get(settings, "l1") > 0)
        return fw_error_set(err, FW_E_ARG, "optimiser newton takes no l1 (%g was given); use optimiser=ftrl or l1=0",
                            fw_params_get(settings, "l1"));
    fw_backfit_options_init(&lr->newton);
    lr->newton.max_sweeps = (int32_t)fw_params_get(settings, "epochs");
    lr->newton.l2 = fw_params_get(settings, "l2");
    lr->newton.threads = config->threads;
    return FW_OK;
}

/* All arrays, in both passes of the arena; sizes of the fields come from the config. */
static void lay_out(struct lr *lr, const struct fw_model_config *config)
{
    struct fw_arena *arena = &lr->arena;
    lr->fields = fw_arena_take(arena, lr->n_fields, sizeof *lr->fields);
    lr->n_ids = fw_arena_take(arena, lr->n_fields, sizeof *lr->n_ids);
    lr->start = fw_arena_take(arena, lr->n_fields, sizeof *lr->start);
    lr->n_weights = LINE;
    for (int32_t f = 0; f < lr->n_fields; f++) {
        int64_t n_ids = config->dataset->fields[config->fields[f]].n_ids;
        if (lr->fields != NULL) {
            lr->fields[f] = config->fields[f];
            lr->n_ids[f] = n_ids;
            lr->start[f] = lr->n_weights;
        }
        lr->n_weights += (n_ids + LINE - 1) / LINE * LINE;
    }
    lr->weight = fw_arena_take(arena, lr->n_weights, sizeof *lr->weight);
    if (lr->optimiser.vtable == NULL || lr->scoring_only)
        return;
    lr->state = fw_arena_take(arena, lr->n_weights, (size_t)lr->optimiser.vtable->state_per_weight * sizeof *lr->state);
    lr->residual = fw_arena_take(arena, lr->batch, sizeof *lr->residual);
    lr->sums = fw_arena_take(arena, (lr->batch + CHUNK - 1) / CHUNK, sizeof *lr->sums);
    lr->scratch = fw_arena_take(arena, lr->threads, sizeof *lr->scratch);
    for (int t = 0; t < lr->threads; t++) {
        struct field_scratch scratch = {
            .ids = fw_arena_take(arena, lr->batch, sizeof *scratch.ids),
            .unique = fw_arena_take(arena, lr->batch, sizeof *scratch.unique),
            .slot = fw_arena_take(arena, lr->batch, sizeof *scratch.slot),
            .gradient = fw_arena_take(arena, lr->batch, sizeof *scratch.gradient),
            .table = fw_arena_take(arena, lr->table_size, sizeof *scratch.table),
        };
        if (lr->scratch != NULL)
            lr->scratch[t] = scratch;
    }
}

static enum fw_status footprint(struct fw_model_footprint *out, const struct fw_model_config *config,
                                struct fw_error *err)
{
    struct lr lr;
    FW_TRY(read_settings(&lr, config, err));
    lay_out(&lr, config);
    int64_t parameters = 1;
    for (int32_t f = 0; f < config->n_fields; f++)
        parameters += config->dataset->fields[config->fields[f]].n_ids;
    size_t weights = (size_t)lr.n_weights * sizeof(float);
    bool stateful = lr.optimiser.vtable != NULL && !lr.scoring_only;
    size_t state = stateful ? weights * (size_t)lr.optimiser.vtable->state_per_weight : 0;
    *out = (struct fw_model_footprint){
        .parameters = (size_t)parameters * sizeof(float),
        .state = state,
        .activations = lr.arena.used - weights - state,
        .total = lr.arena.used + FW_ARENA_ALIGNMENT + sizeof lr,
        .predict = FW_DATASET_BLOCK * sizeof(uint32_t),
    };
    return FW_OK;
}

static void destroy(void *self)
{
    struct lr *lr = self;
    if (lr == NULL)
        return;
    struct fw_allocator *mem = lr->mem;
    fw_arena_close(&lr->arena);
    fw_free(mem, lr);
}

static enum fw_status create(void **out, const struct fw_model_config *config, struct fw_allocator *mem,
                             struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct lr made;
    struct lr *lr;
    FW_TRY(read_settings(&made, config, err));
    FW_ALLOC(lr, mem, 1, "logistic regression", err);
    *lr = made;
    lr->mem = mem;
    lay_out(lr, config);
    FW_TRY_GOTO(fw_arena_open(&lr->arena, mem, "logistic regression", err), done);
    lay_out(lr, config);
    *out = lr;
    lr = NULL;
done:
    destroy(lr);
    return status;
}

static void adopt(void *self)
{
    struct lr *lr = self;
    if (lr->optimiser.vtable != NULL && !lr->scoring_only)
        lr->optimiser.vtable->reset(&lr->optimiser, lr->weight, lr->state, lr->n_weights);
}

static void reset(void *self)
{
    struct lr *lr = self;
    assert(!lr->scoring_only);
    memset(lr->weight, 0, (size_t)lr->n_weights * sizeof *lr->weight);
    lr->optimiser.rate = lr->rate;
    adopt(lr);
}

static void set_rate(void *self, double factor)
{
    struct lr *lr = self;
    if (lr->optimiser.vtable != NULL && !lr->optimiser.vtable->fixed_rate)
        lr->optimiser.rate = lr->rate * (float)factor;
}

/* Newton steps start from nothing, so that there is nothing to go on from. */
static bool state(const void *self, int64_t index, struct fw_model_state *out)
{
    const struct lr *lr = self;
    if (index > 0 || lr->scoring_only || lr->optimiser.vtable == NULL || lr->optimiser.vtable->state_per_weight == 0)
        return false;
    size_t floats = (size_t)lr->n_weights * (size_t)lr->optimiser.vtable->state_per_weight;
    *out = (struct fw_model_state){.name = "optimiser", .data = lr->state, .bytes = floats * sizeof *lr->state};
    return true;
}

static void forward(const struct lr *lr, float *logit, const struct fw_dataset_view *view, int64_t first, int64_t n,
                    uint32_t *scratch)
{
    for (int64_t i = 0; i < n; i++)
        logit[i] = lr->weight[bias_at];
    for (int32_t f = 0; f < lr->n_fields; f++) {
        const uint32_t *ids = fw_view_ids(view, lr->fields[f], first, n, scratch);
        const float *weight = lr->weight + lr->start[f];
        for (int64_t i = 0; i < n; i++)
            logit[i] += weight[ids[i]];
    }
}

static void predict(const void *self, float *logits, const struct fw_dataset_view *rows, void *scratch)
{
    forward(self, logits, rows, 0, rows->n, scratch);
}

/* Logits, loss and residuals of one chunk of a batch. */
static void forward_chunk(struct lr *lr, const struct fw_dataset_view *batch, int64_t chunk)
{
    uint32_t ids[CHUNK];
    float logit[CHUNK];
    float labels[CHUNK];
    float weights[CHUNK];
    int64_t first = chunk * CHUNK;
    int64_t n = batch->n - first < CHUNK ? batch->n - first : CHUNK;
    forward(lr, logit, batch, first, n, ids);
    lr->sums[chunk] = fw_logistic_loss(logit, fw_view_labels(batch, first, n, labels),
                                       fw_view_weights(batch, first, n, weights), n, lr->residual + first);
}

/* Sums the residuals by id and moves each touched weight once. */
static void move_field(struct lr *lr, const struct fw_dataset_view *batch, int32_t f, float scale,
                       const struct field_scratch *scratch)
{
    const uint32_t *ids = fw_view_ids(batch, lr->fields[f], 0, batch->n, scratch->ids);
    float *gradient = scratch->gradient;
    int64_t n_unique =
        fw_group_ids(scratch->unique, scratch->slot, scratch->table, lr->table_size, ids, batch->n, lr->n_ids[f]);
    memset(gradient, 0, (size_t)n_unique * sizeof *gradient);
    for (int64_t i = 0; i < batch->n; i++)
        gradient[scratch->slot[i]] += lr->residual[i];
    int64_t start = lr->start[f];
    lr->optimiser.vtable->step(&lr->optimiser, lr->weight + start,
                               lr->state + start * lr->optimiser.vtable->state_per_weight, 1, scratch->unique, n_unique,
                               gradient, scale);
}

static enum fw_status fit_batch(void *self, struct fw_fit_stats *stats, const struct fw_dataset_view *batch,
                                struct fw_error *err)
{
    (void)err;
    struct lr *lr = self;
    assert(lr->optimiser.vtable != NULL && batch->n <= lr->batch && !lr->scoring_only);
    int64_t n_chunks = (batch->n + CHUNK - 1) / CHUNK;
    struct fw_loss_sums total = {0};
    int threads = fw_par_threads(lr->threads);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (int64_t c = 0; c < n_chunks; c++)
        forward_chunk(lr, batch, c);
    for (int64_t c = 0; c < n_chunks; c++) {
        total.loss += lr->sums[c].loss;
        total.weight += lr->sums[c].weight;
        total.residual += lr->sums[c].residual;
    }
    *stats = (struct fw_fit_stats){.loss = total.loss, .weight = total.weight};
    if (!isfinite(total.loss) || total.weight <= 0)
        return FW_OK;
    float scale = (float)(1 / total.weight);
    float residual = (float)total.residual;
    lr->optimiser.vtable->step(&lr->optimiser, lr->weight + bias_at, lr->state, 1, NULL, 1, &residual, scale);
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1)
    for (int32_t f = 0; f < lr->n_fields; f++)
        move_field(lr, batch, f, scale, &lr->scratch[fw_par_thread_index()]);
    return FW_OK;
}

static void take_over(struct lr *lr, const struct fw_backfit *solved)
{
    lr->weight[bias_at] = (float)solved->bias;
    for (int32_t f = 0; f < lr->n_fields; f++) {
        for (int64_t id = 0; id < lr->n_ids[f]; id++)
            lr->weight[lr->start[f] + id] = (float)solved->weights[f][id];
    }
}

/* Loss of the training rows at the logits that the solver ends with; by blocks, in their order. */
static struct fw_fit_stats measure(const struct fw_row_set *rows, const float *logits)
{
    struct fw_fit_stats stats = {.converged = true};
    float residual[FW_DATASET_BLOCK];
    for (int32_t p = 0; p < rows->n_parts; p++) {
        const struct fw_dataset_view *part = &rows->parts[p];
        for (int64_t first = 0; first < part->n; first += FW_DATASET_BLOCK) {
            int64_t n = part->n - first < FW_DATASET_BLOCK ? part->n - first : FW_DATASET_BLOCK;
            struct fw_loss_sums sums =
                fw_logistic_loss(logits + part->row + first, fw_view_labels(part, first, n, NULL),
                                 fw_view_weights(part, first, n, NULL), n, residual);
            stats.loss += sums.loss;
            stats.weight += sums.weight;
        }
    }
    return stats;
}

/* The solver sweeps until nothing moves, so that one pass of the trainer is the whole fit. */
static enum fw_status fit_epoch(void *self, struct fw_fit_stats *stats, const struct fw_row_set *rows,
                                const struct fw_budget *budget, struct fw_error *err)
{
    struct lr *lr = self;
    struct fw_backfit *solver = NULL;
    struct fw_backfit_options options = lr->newton;
    options.budget = budget;
    assert(!lr->scoring_only);
    FW_TRY(fw_linear_solve(&solver, rows, lr->fields, lr->n_fields, &options, lr->mem, err));
    take_over(lr, solver);
    *stats = measure(rows, solver->logit);
    fw_backfit_destroy(solver);
    return FW_OK;
}

static bool wants_epochs(const void *self)
{
    const struct lr *lr = self;
    return lr->optimiser.vtable == NULL;
}

static bool parameter(const void *self, int64_t index, struct fw_parameter *out)
{
    const struct lr *lr = self;
    if (index > lr->n_fields)
        return false;
    *out = (struct fw_parameter){.name = "bias", .field = -1, .rows = 1, .width = 1, .data = lr->weight + bias_at};
    if (index > 0) {
        int32_t f = (int32_t)index - 1;
        *out = (struct fw_parameter){
            .name = "weight", .field = f, .rows = lr->n_ids[f], .width = 1, .data = lr->weight + lr->start[f]};
    }
    return true;
}

const struct fw_model_vtable fw_model_lr = {
    .api = FW_MODEL_API,
    .name = "lr",
    .summary = "logistic regression over fields: a weight for each id",
    .params = params,
    .footprint = footprint,
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .set_rate = set_rate,
    .fit_batch = fit_batch,
    .fit_epoch = fit_epoch,
    .wants_epochs = wants_epochs,
    .predict = predict,
    .parameter = parameter,
    .state = state,
    .adopt = adopt,
};
