#include "search/settings/tune_training.h"

#include <math.h>

#include "evaluators/metrics.h"
#include "evaluators/significance.h"

/* Of the intervals of gains. */
#define LEVEL 0.95

struct fw_tune_training {
    struct fw_tune_training_config config;
    struct fw_row_set train, valid;
    struct fw_scored_view judged; /* validation rows at `logits` */
    struct fw_metrics_workspace *workspace;
    struct fw_baseline *baseline;
    bool has_baseline;
    float *logits;             /* (validation rows) of the training under way */
    struct fw_metric *metrics; /* of the last training; handed out */
    int64_t metric_capacity;
    struct fw_allocator *mem;
};

void fw_tune_training_destroy(struct fw_tune_training *training)
{
    if (training == NULL)
        return;
    fw_free(training->mem, training->metrics);
    fw_free(training->mem, training->logits);
    fw_baseline_destroy(training->baseline);
    fw_metrics_workspace_destroy(training->workspace);
    fw_free(training->mem, training);
}

enum fw_status fw_tune_training_create(struct fw_tune_training **out, const struct fw_tune_training_config *config,
                                       struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_tune_training *t;
    const struct fw_dataset *d = config->dataset;
    int64_t n = d->fold_start[1]; /* the first fold lies first */
    if (n == 0)
        return fw_error_set(err, FW_E_ARG, "there are no validation rows to judge settings by");
    FW_ALLOC(t, mem, 1, "the trainings of a search", err);
    *t = (struct fw_tune_training){.config = *config,
                                   .train = fw_row_set_but_fold(d, 0),
                                   .valid = fw_row_set_fold(d, 0),
                                   .mem = mem};
    FW_ALLOC_GOTO(t->logits, mem, n, "the scores of validation rows", err, done);
    FW_TRY_GOTO(fw_metrics_workspace_create(&t->workspace, n, mem, err), done);
    FW_TRY_GOTO(fw_baseline_create(&t->baseline, n, mem, err), done);
    t->judged = (struct fw_scored_view){t->logits, d->labels, d->weights, n};
    *out = t;
    t = NULL;
done:
    fw_tune_training_destroy(t);
    return status;
}

static enum fw_status score_auc(void *self, double *score, const float *logits, const float *labels,
                                const float *weights, int64_t n, struct fw_error *err)
{
    struct fw_scored_view view = {.scores = logits, .labels = labels, .weights = weights, .n = n};
    return fw_metrics_auc(score, NULL, view, self, err);
}

/* Higher is better, so the sign is turned. */
static enum fw_status score_logloss(void *self, double *score, const float *logits, const float *labels,
                                    const float *weights, int64_t n, struct fw_error *err)
{
    struct fw_metrics metrics;
    struct fw_scored_view view = {.scores = logits, .labels = labels, .weights = weights, .n = n};
    FW_TRY(fw_metrics_compute(&metrics, view, self, err));
    *score = -metrics.logloss;
    return FW_OK;
}

/* A model of its own for these settings. */
static enum fw_status create_model(struct fw_model **out, const struct fw_tune_training *t,
                                   const struct fw_params *params, struct fw_error *err)
{
    struct fw_model_config config = {.dataset = t->config.dataset,
                                     .params = params,
                                     .sizes = t->config.sizes,
                                     .seed = t->config.seed,
                                     .threads = t->config.threads};
    FW_TRY(fw_model_create(out, t->config.model, &config, t->mem, err));
    if ((*out)->n_outputs == 1)
        return FW_OK;
    enum fw_status status = fw_error_set(err, FW_E_ARG, "model '%s' gives %lld scores a row, only one can be judged",
                                         t->config.model->name, (long long)(*out)->n_outputs);
    fw_model_destroy(*out);
    *out = NULL;
    return status;
}

static enum fw_status run(struct fw_training *out, struct fw_tune_training *t, struct fw_model *model, bool refit,
                          const struct fw_budget *budget, struct fw_error *err)
{
    bool is_auc = t->config.objective == FW_OBJECTIVE_AUC;
    struct fw_trainer_options options;
    fw_trainer_options_init(&options, &model->params);
    options.refit = refit;
    options.seed = t->config.seed;
    options.metric = (struct fw_trainer_metric){.name = fw_objective_name(t->config.objective),
                                                .self = t->workspace,
                                                .score = is_auc ? score_auc : score_logloss};
    options.progress = t->config.progress;
    options.user = t->config.user;
    return fw_trainer_run(out, model, &t->train, &t->valid, &options, budget, t->mem, err);
}

/* Scores the validation rows with the model as it stands. */
static enum fw_status score_rows(struct fw_tune_training *t, const struct fw_model *model, struct fw_error *err)
{
    struct fw_dataset_view valid = {.dataset = t->config.dataset, .n = t->judged.n};
    int64_t bytes = (int64_t)fw_model_predict_bytes(model);
    void *scratch = fw_alloc_array(t->mem, bytes, 1);
    if (scratch == NULL)
        return fw_error_nomem(err, t->mem, "scoring", bytes, 1);
    fw_model_predict(model, t->logits, &valid, scratch);
    fw_free(t->mem, scratch);
    return FW_OK;
}

static enum fw_status list_metrics(struct fw_tune_outcome *out, struct fw_tune_training *t,
                                   const struct fw_training *training, const struct fw_metrics *figures,
                                   struct fw_error *err)
{
    const char *name = fw_objective_name(t->config.objective);
    bool is_auc = t->config.objective == FW_OBJECTIVE_AUC;
    int64_t n = 0;
    FW_TRY(fw_reserve(t->mem, &t->metrics, &t->metric_capacity, 2 * training->n_epochs + 6, sizeof *t->metrics, err));
    for (int64_t e = 0; e < training->n_epochs; e++) {
        const struct fw_training_epoch *epoch = &training->curve[e];
        t->metrics[n++] = (struct fw_metric){.name = "train_loss", .step = e + 1, .value = epoch->train_loss};
        t->metrics[n++] =
            (struct fw_metric){.name = name, .step = e + 1, .value = is_auc ? epoch->score : -epoch->score};
    }
    t->metrics[n++] = (struct fw_metric){.name = "auc", .value = figures->auc};
    t->metrics[n++] = (struct fw_metric){.name = "auc_se", .value = figures->auc_se};
    t->metrics[n++] = (struct fw_metric){.name = "logloss", .value = figures->logloss};
    t->metrics[n++] = (struct fw_metric){.name = "logloss_se", .value = figures->logloss_se};
    t->metrics[n++] = (struct fw_metric){.name = "score_us", .value = training->score_us};
    t->metrics[n++] = (struct fw_metric){.name = "best_epoch", .value = (double)training->best_epoch};
    out->metrics = t->metrics;
    out->n_metrics = n;
    return FW_OK;
}

/* The gain over the baseline, or the baseline itself. */
static enum fw_status compare(struct fw_tune_outcome *out, struct fw_tune_training *t, bool baseline,
                              struct fw_error *err)
{
    out->gain = out->gain_low = out->gain_high = (double)NAN;
    if (baseline) {
        FW_TRY(fw_baseline_set(t->baseline, t->judged, t->workspace, err));
        t->has_baseline = true;
    } else if (t->has_baseline) {
        struct fw_comparison comparison;
        FW_TRY(fw_baseline_compare(&comparison, t->baseline, t->logits, t->workspace, err));
        const struct fw_gain *gain = t->config.objective == FW_OBJECTIVE_AUC ? &comparison.auc : &comparison.logloss;
        out->gain = gain->value;
        fw_gain_interval(&out->gain_low, &out->gain_high, gain, LEVEL);
    }
    return FW_OK;
}

/* A training that the clock or a wish to stop cut short is worth nothing: run again it would be another. */
static enum fw_status check_whole(const struct fw_training *training, struct fw_error *err)
{
    if (training->end == FW_TRAINING_TIME)
        return fw_error_set(err, FW_E_BUDGET, "the time limit ended within a training");
    if (training->end == FW_TRAINING_STOPPED)
        return fw_error_set(err, FW_E_STOPPED, "interrupted within a training");
    return FW_OK;
}

static enum fw_status judge(void *self, struct fw_tune_outcome *out, const struct fw_params *params, bool baseline,
                            const struct fw_budget *budget, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_tune_training *t = self;
    struct fw_model *model = NULL;
    struct fw_training training = {0};
    struct fw_metrics figures;
    FW_TRY_GOTO(create_model(&model, t, params, err), done);
    FW_TRY_GOTO(run(&training, t, model, false, budget, err), done);
    FW_TRY_GOTO(check_whole(&training, err), done);
    FW_TRY_GOTO(score_rows(t, model, err), done);
    FW_TRY_GOTO(fw_metrics_compute(&figures, t->judged, t->workspace, err), done);
    *out = (struct fw_tune_outcome){
        .objective = t->config.objective == FW_OBJECTIVE_AUC ? figures.auc : figures.logloss,
        .rows = training.rows,
        .bytes = (int64_t)model->footprint.parameters,
        .seconds = training.seconds,
    };
    FW_TRY_GOTO(compare(out, t, baseline, err), done);
    FW_TRY_GOTO(list_metrics(out, t, &training, &figures, err), done);
done:
    fw_training_clear(&training, t->mem);
    fw_model_destroy(model);
    return status;
}

struct fw_tune_objective fw_tune_training_objective(struct fw_tune_training *training)
{
    return (struct fw_tune_objective){.self = training, .judge = judge};
}

enum fw_status fw_tune_training_refit(struct fw_model **out, struct fw_training *curve,
                                      struct fw_tune_training *training, const struct fw_params *params,
                                      const struct fw_budget *budget, struct fw_error *err)
{
    struct fw_model *model = NULL;
    struct fw_training result = {0};
    FW_TRY(create_model(&model, training, params, err));
    enum fw_status status = run(&result, training, model, true, budget, err);
    if (status != FW_OK) {
        fw_model_destroy(model);
        return status;
    }
    *out = model;
    if (curve != NULL)
        *curve = result;
    else
        fw_training_clear(&result, training->mem);
    return FW_OK;
}
