#include "evaluators/sizing_ranking.h"

#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "evaluators/metrics.h"
#include "evaluators/sizing_ranking_space.h"
#include "models/engine/graph.h"
#include "models/network.h"
#include "models/training/batches.h"
#include "space/split.h"

/* Random numbers of a pass (dropout) are named by its step. Looks have steps of their own from here on, so that
 * training goes on as if nobody had looked. */
#define LOOK_STEPS (UINT64_C(1) << 48)

struct fw_sizing_ranking {
    struct fw_sizing_ranking_config config;
    struct fw_dataset merged; /* with `test`: the data set with its first two folds as one, so that all but this one
                               * train; borrows everything but the folds' starts */
    int64_t starts[FW_SPLIT_MAX_FOLDS + 1];
    struct fw_embedding_space *space;
    struct fw_embedding_sizes *everything; /* all strips of the space, as deep as they go */
    struct fw_model *shared;               /* holds all blocks */
    fw_real *linear; /* the linear part, fitted once for the shared model and all trainings; NULL: not yet, or none */
    int64_t *cuts;   /* (inputs x FW_ROW_STRIPS_MOST), for the engine's blocks */
    struct fw_row_set train, valid, test; /* test: without parts when none is kept */
    int64_t batch, n_batches, n_judge;
    int64_t *index; /* (training rows) in the order of the pass under way */
    int64_t *order; /* (n_batches) of the pass under way */
    int64_t pass;   /* whose order they hold; -1: none yet */
    int64_t rows;   /* seen by learning and fitting */
    struct fw_allocator *mem;
};

void fw_sizing_ranking_destroy(struct fw_sizing_ranking *r)
{
    if (r == NULL)
        return;
    fw_free(r->mem, r->order);
    fw_free(r->mem, r->index);
    fw_free(r->mem, r->cuts);
    fw_free(r->mem, r->linear);
    fw_model_destroy(r->shared);
    fw_embedding_sizes_destroy(r->everything);
    fw_embedding_space_destroy(r->space);
    fw_free(r->mem, r);
}

/* ---- the space ---- */

/* All strips one by one, though neighbours are equally deep: they are switched one by one. */
static enum fw_status list_everything(struct fw_sizing_ranking *r, struct fw_error *err)
{
    const struct fw_embedding_space *space = r->space;
    FW_TRY(fw_embedding_sizes_create(&r->everything, space->dim, space->n_inputs, r->mem, err));
    FW_ALLOC(r->cuts, r->mem, (int64_t)space->n_inputs * FW_ROW_STRIPS_MOST, "the blocks of embeddings", err);
    for (int32_t i = 0; i < space->n_inputs; i++) {
        const struct fw_space_input *input = &space->inputs[i];
        int32_t last = input->n_rows > 1 ? input->n_rows - 1 : 0;
        struct fw_embedding_size *size = &r->everything->items[i];
        FW_TRY(fw_embedding_sizes_name(r->everything, i, input->name, err));
        size->projected = space->projected;
        size->n_strips = space->n_columns;
        for (int32_t t = 0; t < space->n_columns; t++)
            size->strips[t] = (struct fw_strip){.ids = input->n_ids, .width = space->width[t]};
        for (int32_t s = 0; s < FW_ROW_STRIPS_MOST; s++)
            r->cuts[i * FW_ROW_STRIPS_MOST + s] = input->depth[s < last ? s : last];
    }
    return FW_OK;
}

static enum fw_status create_model(struct fw_model **out, const struct fw_sizing_ranking *r,
                                   const struct fw_embedding_sizes *sizes, struct fw_error *err)
{
    struct fw_model_config config = {.dataset = r->config.dataset,
                                     .params = r->config.params,
                                     .sizes = sizes,
                                     .linear = r->linear,
                                     .seed = r->config.seed,
                                     .threads = r->config.threads};
    return fw_model_create(out, r->config.model, &config, r->mem, err);
}

static enum fw_status check_config(const struct fw_sizing_ranking_config *config, struct fw_error *err)
{
    struct fw_params defaults;
    fw_params_init(&defaults, config->model->params);
    if (config->model->build == NULL || fw_params_find(&defaults, fw_text_of("dim")) == NULL)
        return fw_error_set(err, FW_E_ARG, "model '%s' has no embeddings to size; choose another, such as fm or deepfm",
                            config->model->name);
    if (config->dataset->fold_start[1] == 0)
        return fw_error_set(err, FW_E_ARG, "there are no validation rows to judge sizes by");
    if (config->test && config->dataset->n_folds < 3)
        return fw_error_set(err, FW_E_ARG, "to keep rows for a test takes three folds at least, there are %d",
                            config->dataset->n_folds);
    return FW_OK;
}

/* The second fold joins the first, which is no longer judged as a whole. */
static void keep_test(struct fw_sizing_ranking *r)
{
    const struct fw_dataset *d = r->config.dataset;
    r->merged = *d;
    r->merged.n_folds = d->n_folds - 1;
    r->merged.n_judged = 1;
    r->merged.fold_start = r->starts;
    for (int32_t f = 1; f <= r->merged.n_folds; f++)
        r->starts[f] = d->fold_start[f + 1];
    r->config.dataset = &r->merged;
    r->train = fw_row_set_but_fold(&r->merged, 0);
    struct fw_dataset_view judged = {.dataset = &r->merged, .n = d->fold_start[2]};
    r->valid = (struct fw_row_set){1, {fw_view_slice(&judged, 0, d->fold_start[1])}};
    r->test = (struct fw_row_set){1, {fw_view_slice(&judged, d->fold_start[1], d->fold_start[2] - d->fold_start[1])}};
}

enum fw_status fw_sizing_ranking_create(struct fw_sizing_ranking **out, const struct fw_sizing_ranking_config *config,
                                        struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_sizing_ranking *r;
    FW_TRY(check_config(config, err));
    FW_ALLOC(r, mem, 1, "a model whose embeddings are sized", err);
    *r = (struct fw_sizing_ranking){.config = *config,
                                    .train = fw_row_set_but_fold(config->dataset, 0),
                                    .valid = fw_row_set_fold(config->dataset, 0),
                                    .batch = (int64_t)fw_params_get(config->params, "batch"),
                                    .pass = -1,
                                    .mem = mem};
    if (config->test)
        keep_test(r);
    FW_TRY_GOTO(fw_sizing_ranking_space(&r->space, &r->config, &r->train, mem, err), done);
    FW_TRY_GOTO(list_everything(r, err), done);
    FW_TRY_GOTO(create_model(&r->shared, r, r->everything, err), done);
    FW_ALLOC_GOTO(r->index, mem, fw_row_set_rows(&r->train), "the order of rows", err, done);
    struct fw_row_set listed = fw_batches_listed(&r->train, r->index);
    r->n_batches = fw_batches_count(&listed, r->batch);
    r->n_judge = fw_batches_count(&r->valid, config->judge_rows);
    FW_ALLOC_GOTO(r->order, mem, r->n_batches, "the order of batches", err, done);
    *out = r;
    r = NULL;
done:
    fw_sizing_ranking_destroy(r);
    return status;
}

/* ---- the table ---- */

/* Fits the linear part, with the shared model, unless that was done or there is none. */
static enum fw_status need_linear(struct fw_sizing_ranking *r, const struct fw_budget *budget, struct fw_error *err)
{
    int64_t n = fw_network_linear_numbers(r->shared->self);
    if (n == 0 || r->linear != NULL)
        return FW_OK;
    FW_TRY(fw_network_start(r->shared->self, &r->train, budget, err));
    FW_ALLOC(r->linear, r->mem, n, "the linear part", err);
    fw_network_get_linear(r->linear, r->shared->self);
    return FW_OK;
}

static enum fw_status start(void *self, const struct fw_budget *budget, struct fw_error *err)
{
    struct fw_sizing_ranking *r = self;
    r->pass = -1;
    fw_network_reset(r->shared->self);
    FW_TRY(need_linear(r, budget, err));
    if (r->linear != NULL)
        fw_network_set_linear(r->shared->self, r->linear);
    return FW_OK;
}

static int64_t train_batches(const void *self)
{
    const struct fw_sizing_ranking *r = self;
    return r->n_batches;
}

static int64_t judge_batches(const void *self)
{
    const struct fw_sizing_ranking *r = self;
    return r->n_judge;
}

static enum fw_status learn(void *self, double *loss, const uint32_t *depths, int64_t step, struct fw_error *err)
{
    struct fw_sizing_ranking *r = self;
    struct fw_fit_stats stats;
    if (step / r->n_batches != r->pass) {
        r->pass = step / r->n_batches;
        fw_batches_shuffle_rows(r->index, &r->train, r->config.seed, r->pass, 0);
        fw_batches_shuffle(r->order, r->n_batches, r->config.seed, r->pass, 0);
    }
    struct fw_row_set listed = fw_batches_listed(&r->train, r->index);
    struct fw_dataset_view batch = fw_batches_find(&listed, r->batch, r->order[step % r->n_batches]);
    fw_network_graph(r->shared->self)->depths = depths;
    FW_TRY(fw_network_fit_batch(r->shared->self, &stats, &batch, err));
    r->rows += batch.n;
    *loss = stats.weight > 0 ? stats.loss / stats.weight : 0;
    if (!isfinite(*loss))
        return fw_error_set(err, FW_E_NUMERIC,
                            "the loss is not finite after %lld steps of the shared model; choose a smaller rate",
                            (long long)step);
    return FW_OK;
}

static size_t scratch_bytes(const void *self)
{
    const struct fw_sizing_ranking *r = self;
    return r->shared->footprint.predict;
}

static struct fw_dataset_view judged_rows(const struct fw_sizing_ranking *r, int64_t batch)
{
    return batch < 0 ? r->valid.parts[0] : fw_batches_find(&r->valid, r->config.judge_rows, batch % r->n_judge);
}

/* The quality of logits of these rows. */
static enum fw_status score(const struct fw_sizing_ranking *r, double *quality, double *loss, const float *logits,
                            const struct fw_dataset_view *rows, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_metrics_workspace *workspace = NULL;
    const struct fw_dataset *d = rows->dataset;
    struct fw_metrics figures;
    struct fw_scored_view view = {.scores = logits,
                                  .labels = d->labels + rows->row,
                                  .weights = d->weights != NULL ? d->weights + rows->row : NULL,
                                  .n = rows->n};
    FW_TRY(fw_metrics_workspace_create(&workspace, rows->n, r->mem, err));
    if (r->config.objective == FW_OBJECTIVE_AUC && loss == NULL) {
        status = fw_metrics_auc(quality, NULL, view, workspace, err);
    } else {
        FW_TRY_GOTO(fw_metrics_compute(&figures, view, workspace, err), done);
        *quality = r->config.objective == FW_OBJECTIVE_AUC ? figures.auc : -figures.logloss;
        if (loss != NULL)
            *loss = figures.logloss;
    }
done:
    fw_metrics_workspace_destroy(workspace);
    return status;
}

static enum fw_status judge(const void *self, double *quality, const uint32_t *depths, int64_t batch, void *scratch,
                            struct fw_error *err)
{
    const struct fw_sizing_ranking *r = self;
    struct fw_dataset_view rows = judged_rows(r, batch);
    float *logits;
    FW_ALLOC(logits, r->mem, rows.n, "the scores of validation rows", err);
    fw_graph_predict_switched(fw_network_graph(r->shared->self), logits, &rows, depths, scratch);
    enum fw_status status = score(r, quality, NULL, logits, &rows, err);
    fw_free(r->mem, logits);
    return status;
}

static enum fw_status block_worth(void *self, double *worth, int64_t *rows, const uint32_t *depths, int64_t batch,
                                  struct fw_error *err)
{
    (void)err;
    struct fw_sizing_ranking *r = self;
    struct fw_graph *graph = fw_network_graph(r->shared->self);
    int64_t n_looks = fw_batches_count(&r->valid, r->config.look_rows);
    struct fw_dataset_view all =
        batch < 0 ? r->valid.parts[0] : fw_batches_find(&r->valid, r->config.look_rows, batch % n_looks);
    uint64_t step = graph->step;
    graph->step = LOOK_STEPS + (uint64_t)(batch + 1) * (uint64_t)((all.n + graph->batch - 1) / graph->batch);
    graph->depths = depths;
    for (int64_t first = 0; first < all.n; first += graph->batch) {
        struct fw_graph_sums sums;
        int64_t n = all.n - first < graph->batch ? all.n - first : graph->batch;
        struct fw_dataset_view slice = fw_view_slice(&all, first, n);
        fw_graph_look(graph, &sums, &slice);
        fw_op_sized_worth(worth, graph, fw_network_embedding_node(r->shared->self), r->cuts, FW_ROW_STRIPS_MOST,
                          &slice);
    }
    graph->step = step;
    if (rows != NULL)
        *rows += all.n;
    return FW_OK;
}

static void norms(const void *self, double *squares)
{
    const struct fw_sizing_ranking *r = self;
    fw_op_sized_norms(squares, fw_network_graph(r->shared->self), fw_network_embedding_node(r->shared->self), r->cuts,
                      FW_ROW_STRIPS_MOST);
}

/* Parameters and blocks of state one after the other: copied to `to`, or from `from` into the model; with both NULL
 * they are counted. Returns the bytes. */
static size_t copy_state(const struct fw_model *model, unsigned char *to, const unsigned char *from)
{
    size_t at = 0;
    struct fw_parameter p;
    struct fw_model_state s;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++) {
        size_t bytes = (size_t)(p.rows * p.width) * sizeof *p.data;
        if (to != NULL)
            memcpy(to + at, p.data, bytes);
        if (from != NULL)
            memcpy(p.data, from + at, bytes);
        at += bytes;
    }
    for (int64_t i = 0; model->vtable->state(model->self, i, &s); i++) {
        if (to != NULL && s.bytes > 0)
            memcpy(to + at, s.data, s.bytes);
        if (from != NULL && s.bytes > 0)
            memcpy(s.data, from + at, s.bytes);
        at += s.bytes;
    }
    return at;
}

static size_t snapshot_bytes(const void *self)
{
    const struct fw_sizing_ranking *r = self;
    return copy_state(r->shared, NULL, NULL);
}

static void snapshot(const void *self, void *bytes)
{
    const struct fw_sizing_ranking *r = self;
    copy_state(r->shared, bytes, NULL);
}

static void restore(void *self, const void *bytes)
{
    struct fw_sizing_ranking *r = self;
    copy_state(r->shared, NULL, bytes);
}

static enum fw_status score_metric(void *self, double *out, const float *logits, const float *labels,
                                   const float *weights, int64_t n, struct fw_error *err)
{
    const struct fw_sizing_ranking *r = self;
    (void)labels;
    (void)weights;
    struct fw_dataset_view rows = fw_view_slice(&r->valid.parts[0], 0, n);
    return score(r, out, NULL, logits, &rows, err);
}

static enum fw_status judge_fit(struct fw_sizing_fit *out, const struct fw_sizing_ranking *r,
                                const struct fw_model *model, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    float *logits = NULL;
    void *scratch = NULL;
    struct fw_dataset_view rows = r->valid.parts[0];
    struct fw_dataset_view test = {0};
    if (r->test.n_parts > 0)
        test = r->test.parts[0];
    FW_ALLOC_GOTO(logits, r->mem, rows.n > test.n ? rows.n : test.n, "the scores of validation rows", err, done);
    scratch = fw_alloc_array(r->mem, (int64_t)fw_model_predict_bytes(model), 1);
    if (scratch == NULL) {
        status = fw_error_nomem(err, r->mem, "scoring", (int64_t)fw_model_predict_bytes(model), 1);
        goto done;
    }
    fw_model_predict(model, logits, &rows, scratch);
    FW_TRY_GOTO(score(r, &out->quality, &out->loss, logits, &rows, err), done);
    if (test.n > 0) {
        fw_model_predict(model, logits, &test, scratch);
        status = score(r, &out->test, NULL, logits, &test, err);
    }
done:
    fw_free(r->mem, scratch);
    fw_free(r->mem, logits);
    return status;
}

static enum fw_status fit(void *self, struct fw_sizing_fit *out, const struct fw_embedding_sizes *sizes,
                          const struct fw_budget *budget, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_sizing_ranking *r = self;
    struct fw_model *model = NULL;
    struct fw_training training = {0};
    struct fw_trainer_options options;
    double started = fw_clock_seconds();
    *out = (struct fw_sizing_fit){.quality = (double)NAN, .loss = (double)NAN, .test = (double)NAN};
    FW_TRY_GOTO(need_linear(r, budget, err), done);
    FW_TRY_GOTO(create_model(&model, r, sizes, err), done);
    fw_trainer_options_init(&options, &model->params);
    options.seed = r->config.seed;
    options.metric =
        (struct fw_trainer_metric){.name = fw_objective_name(r->config.objective), .self = r, .score = score_metric};
    options.progress = r->config.progress;
    options.user = r->config.user;
    FW_TRY_GOTO(fw_trainer_run(&training, model, &r->train, &r->valid, &options, budget, r->mem, err), done);
    if (training.end == FW_TRAINING_TIME || training.end == FW_TRAINING_STOPPED) {
        status = fw_error_set(err, training.end == FW_TRAINING_TIME ? FW_E_BUDGET : FW_E_STOPPED,
                              "the training of a configuration was cut short");
        goto done;
    }
    out->bytes = (int64_t)model->footprint.embeddings;
    out->epochs = training.n_epochs;
    r->rows += training.rows;
    FW_TRY_GOTO(judge_fit(out, r, model, err), done);
    out->seconds = fw_clock_seconds() - started;
done:
    fw_training_clear(&training, r->mem);
    fw_model_destroy(model);
    return status;
}

#define SLOTS                                                                                                          \
    .start = start, .train_batches = train_batches, .judge_batches = judge_batches, .learn = learn, .judge = judge,    \
    .scratch = scratch_bytes, .worth = block_worth, .norms = norms, .snapshot_bytes = snapshot_bytes,                  \
    .snapshot = snapshot, .restore = restore, .fit = fit

static const struct fw_sizing_vtable auc_vtable = {SLOTS, .quality = "auc"};
static const struct fw_sizing_vtable logloss_vtable = {SLOTS, .quality = "-logloss"};

struct fw_sizing_model fw_sizing_ranking_model(struct fw_sizing_ranking *ranking)
{
    bool is_auc = ranking->config.objective == FW_OBJECTIVE_AUC;
    return (struct fw_sizing_model){.vtable = is_auc ? &auc_vtable : &logloss_vtable,
                                    .self = ranking,
                                    .space = ranking->space};
}

int64_t fw_sizing_ranking_rows(const struct fw_sizing_ranking *ranking)
{
    return ranking->rows;
}
