#include "models/trainer.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "core/clock.h"
#include "models/batches.h"

#define SECONDS_BETWEEN_EVENTS 0.25

static const char *const end_names[] = {
    [FW_TRAINING_EPOCHS] = "all epochs",   [FW_TRAINING_PATIENCE] = "early stopping",
    [FW_TRAINING_CONVERGED] = "converged", [FW_TRAINING_TIME] = "time limit",
    [FW_TRAINING_STOPPED] = "interrupted",
};
_Static_assert(sizeof end_names / sizeof end_names[0] == FW_TRAINING_STOPPED + 1, "a name for each end");

const char *fw_training_end_name(enum fw_training_end end)
{
    return end_names[end];
}

const char *const fw_trainer_shuffles[] = {"auto", "rows", "batches", NULL};
const char *const fw_trainer_schedules[] = {"constant", "linear", "cosine", NULL};

/* One run, from its options to the figures that go out. */
struct run {
    struct fw_model *model;
    const struct fw_trainer_options *options;
    const struct fw_budget *budget;
    const struct fw_row_set *valid;
    struct fw_allocator *mem;
    bool judged;       /* there are rows and a metric to choose an epoch by */
    bool whole_passes; /* the model wants epochs, not batches */
    int64_t *order;    /* (most batches of a phase) */
    float *best;       /* (parameters) of the best epoch; NULL when nothing will be restored */
    float *logits;     /* (rows of valid, outputs) */
    float *labels;     /* (rows of valid) */
    float *weights;    /* (rows of valid), or NULL: all 1 */
    void *scratch;     /* of predicting */
    int64_t curve_capacity;
    double started;
    struct fw_training result;
};

/* A phase: so many epochs over these rows. */
struct phase {
    struct fw_trainer_event event;
    const struct fw_row_set *rows;
    double fit_seconds; /* without validation */
    double last_event;
    int64_t rows_before; /* of finished epochs */
    bool interrupted;
};

void fw_trainer_options_init(struct fw_trainer_options *options, const struct fw_params *params)
{
    *options = (struct fw_trainer_options){.epochs = 20, .batch = 1024, .patience = 2};
    if (params == NULL)
        return;
    if (fw_params_has(params, "epochs"))
        options->epochs = (int64_t)fw_params_get(params, "epochs");
    if (fw_params_has(params, "batch"))
        options->batch = (int64_t)fw_params_get(params, "batch");
    if (fw_params_has(params, "patience"))
        options->patience = (int64_t)fw_params_get(params, "patience");
}

void fw_training_clear(struct fw_training *training, struct fw_allocator *mem)
{
    fw_free(mem, training->curve);
    memset(training, 0, sizeof *training);
}

/* Whether the run is to end now; remembers why. */
static bool must_end(struct run *run)
{
    if (!fw_budget_stopped(run->budget))
        return false;
    run->result.end = fw_budget_out_of_time(run->budget) ? FW_TRAINING_TIME : FW_TRAINING_STOPPED;
    return true;
}

static void report(const struct run *run, struct phase *phase, double fit_seconds)
{
    struct fw_trainer_event *event = &phase->event;
    double now = fw_clock_seconds();
    if (run->options->progress == NULL || (!event->epoch_done && now - phase->last_event < SECONDS_BETWEEN_EVENTS))
        return;
    phase->last_event = now;
    double seen = (double)(phase->rows_before + event->rows);
    double all = (double)event->all_rows * (double)event->epochs;
    event->rows_per_second = fit_seconds > 0 ? seen / fit_seconds : 0;
    event->seconds_left = event->rows_per_second > 0 ? (all - seen) / event->rows_per_second : 0;
    event->best_score = run->result.best_score;
    event->best_epoch = run->result.best_epoch;
    run->options->progress(run->options->user, event);
}

static enum fw_status loss_not_finite(const struct run *run, const struct phase *phase, struct fw_error *err)
{
    const struct fw_params *params = &run->model->params;
    const char *refit = phase->event.phase == FW_TRAINER_REFIT ? " of the refit" : "";
    if (fw_params_has(params, "rate"))
        return fw_error_set(err, FW_E_NUMERIC,
                            "the training loss is not finite in epoch %lld%s; lower the learning rate (rate=%g) or "
                            "raise l2",
                            (long long)phase->event.epoch, refit, fw_params_get(params, "rate"));
    return fw_error_set(err, FW_E_NUMERIC, "the training loss is not finite in epoch %lld%s",
                        (long long)phase->event.epoch, refit);
}

/* Takes a step's figures into those of the epoch. */
static enum fw_status add_stats(struct run *run, struct phase *phase, struct fw_fit_stats *total,
                                const struct fw_fit_stats *stats, int64_t rows, struct fw_error *err)
{
    if (!isfinite(stats->loss))
        return loss_not_finite(run, phase, err);
    total->loss += stats->loss;
    total->weight += stats->weight;
    total->converged = stats->converged;
    run->result.rows += rows;
    phase->event.rows += rows;
    phase->event.train_loss = total->weight > 0 ? total->loss / total->weight : 0;
    return FW_OK;
}

static enum fw_status run_batches(struct run *run, struct phase *phase, struct fw_fit_stats *total,
                                  struct fw_error *err)
{
    const struct fw_trainer_options *options = run->options;
    int64_t n = fw_batches_count(phase->rows, options->batch);
    double before = fw_clock_seconds();
    fw_batches_shuffle(run->order, n, options->seed, phase->event.epoch, (int32_t)phase->event.phase);
    for (int64_t i = 0; i < n; i++) {
        struct fw_fit_stats stats;
        struct fw_dataset_view batch = fw_batches_find(phase->rows, options->batch, run->order[i]);
        phase->interrupted = must_end(run);
        if (phase->interrupted)
            return FW_OK;
        FW_TRY(run->model->vtable->fit_batch(run->model->self, &stats, &batch, err));
        FW_TRY(add_stats(run, phase, total, &stats, batch.n, err));
        report(run, phase, phase->fit_seconds + fw_clock_seconds() - before);
    }
    return FW_OK;
}

static enum fw_status run_pass(struct run *run, struct phase *phase, struct fw_fit_stats *total, struct fw_error *err)
{
    struct fw_fit_stats stats;
    struct fw_error detected = {0}; /* being asked to stop is no error here, so its text must not go out */
    phase->interrupted = must_end(run);
    if (phase->interrupted)
        return FW_OK;
    enum fw_status status =
        run->model->vtable->fit_epoch(run->model->self, &stats, phase->rows, run->budget, &detected);
    if (status == FW_E_STOPPED) {
        phase->interrupted = true;
        if (!must_end(run))
            run->result.end = FW_TRAINING_STOPPED;
        return FW_OK;
    }
    if (status != FW_OK)
        return fw_error_set(err, status, "%s", detected.message);
    return add_stats(run, phase, total, &stats, fw_row_set_rows(phase->rows), err);
}

/* One epoch of a phase, timed. */
static enum fw_status run_epoch(struct run *run, struct phase *phase, struct fw_fit_stats *total, struct fw_error *err)
{
    double before = fw_clock_seconds();
    phase->event.rows = 0;
    phase->event.epoch_done = false;
    *total = (struct fw_fit_stats){0};
    FW_TRY(run->whole_passes ? run_pass(run, phase, total, err) : run_batches(run, phase, total, err));
    phase->fit_seconds += fw_clock_seconds() - before;
    return FW_OK;
}

static void finish_epoch(const struct run *run, struct phase *phase)
{
    phase->event.epoch_done = true;
    report(run, phase, phase->fit_seconds);
    phase->rows_before += phase->event.all_rows;
}

/* Scores the validation rows with the model as it stands. */
static enum fw_status judge(struct run *run, int64_t epoch, double *score_out, struct fw_error *err)
{
    const struct fw_trainer_metric *metric = &run->options->metric;
    int64_t n = fw_row_set_rows(run->valid);
    int64_t at = 0;
    for (int32_t p = 0; p < run->valid->n_parts; p++) {
        fw_model_predict(run->model, run->logits + at * run->model->n_outputs, &run->valid->parts[p], run->scratch);
        at += run->valid->parts[p].n;
    }
    for (int64_t i = 0; i < n * run->model->n_outputs; i++) {
        if (!isfinite(run->logits[i]))
            return fw_error_set(err, FW_E_NUMERIC, "a logit of a validation row is not finite after epoch %lld",
                                (long long)epoch);
    }
    FW_TRY(metric->score(metric->self, score_out, run->logits, run->labels, run->weights, n, err));
    if (!isfinite(*score_out))
        return fw_error_set(err, FW_E_NUMERIC,
                            "the %s of the %lld validation rows is not finite after epoch %lld; do they hold both "
                            "classes?",
                            metric->name, (long long)n, (long long)epoch);
    return FW_OK;
}

/* Enters a finished epoch into the curve and keeps its parameters when they are the best so far. Without a metric the
 * last epoch is the best. */
static enum fw_status enter_epoch(struct run *run, int64_t epoch, const struct fw_fit_stats *total, double score,
                                  struct fw_error *err)
{
    struct fw_training *result = &run->result;
    FW_TRY(fw_reserve(run->mem, &result->curve, &run->curve_capacity, epoch, sizeof *result->curve, err));
    result->curve[epoch - 1] = (struct fw_training_epoch){
        .train_loss = total->weight > 0 ? total->loss / total->weight : 0,
        .score = score,
        .seconds = fw_clock_seconds() - run->started,
    };
    result->n_epochs = epoch;
    /* an equal score later is no better: fewer epochs are to be preferred */
    if (!run->judged || result->best_epoch == 0 || score > result->best_score) {
        result->best_epoch = epoch;
        result->best_score = score;
        if (run->best != NULL)
            fw_model_get_parameters(run->model, run->best);
    }
    return FW_OK;
}

static enum fw_status nothing_finished(const struct run *run, struct fw_error *err)
{
    if (run->result.end == FW_TRAINING_STOPPED)
        return fw_error_set(err, FW_E_STOPPED, "interrupted before the first epoch ended");
    return fw_error_set(err, FW_E_BUDGET,
                        "the time limit of %g s ended before the first epoch did; allow more time or give fewer rows",
                        run->budget->seconds);
}

static enum fw_status fit(struct run *run, const struct fw_row_set *train, struct fw_error *err)
{
    const struct fw_trainer_options *options = run->options;
    struct phase phase = {.rows = train, .last_event = run->started};
    phase.event = (struct fw_trainer_event){.phase = FW_TRAINER_FIT,
                                            .epochs = options->epochs,
                                            .all_rows = fw_row_set_rows(train),
                                            .score = (double)NAN};
    run->result.end = FW_TRAINING_EPOCHS;
    for (int64_t epoch = 1; epoch <= options->epochs; epoch++) {
        struct fw_fit_stats total;
        double score = (double)NAN;
        phase.event.epoch = epoch;
        phase.event.score = score;
        FW_TRY(run_epoch(run, &phase, &total, err));
        if (phase.interrupted)
            break;
        if (run->judged)
            FW_TRY(judge(run, epoch, &score, err));
        FW_TRY(enter_epoch(run, epoch, &total, score, err));
        phase.event.score = score;
        finish_epoch(run, &phase);
        if (total.converged) {
            run->result.end = FW_TRAINING_CONVERGED;
            break;
        }
        if (run->judged && options->patience > 0 && epoch - run->result.best_epoch >= options->patience) {
            run->result.end = FW_TRAINING_PATIENCE;
            break;
        }
    }
    if (run->result.best_epoch == 0)
        return nothing_finished(run, err);
    if (run->best != NULL && (phase.interrupted || run->result.best_epoch < run->result.n_epochs))
        fw_model_set_parameters(run->model, run->best);
    return FW_OK;
}

/* Anew on all rows, for as many epochs as were best. When the budget ends it, the fit's parameters stay. */
static enum fw_status refit(struct run *run, const struct fw_row_set *all, struct fw_error *err)
{
    struct phase phase = {.rows = all, .last_event = fw_clock_seconds()};
    phase.event = (struct fw_trainer_event){.phase = FW_TRAINER_REFIT,
                                            .epochs = run->result.best_epoch,
                                            .all_rows = fw_row_set_rows(all),
                                            .score = (double)NAN};
    run->model->vtable->reset(run->model->self);
    for (int64_t epoch = 1; epoch <= run->result.best_epoch; epoch++) {
        struct fw_fit_stats total;
        phase.event.epoch = epoch;
        FW_TRY(run_epoch(run, &phase, &total, err));
        if (phase.interrupted) {
            fw_model_set_parameters(run->model, run->best);
            return FW_OK;
        }
        finish_epoch(run, &phase);
        if (total.converged)
            break;
    }
    run->result.refitted = true;
    return FW_OK;
}

/* Labels and weights of the validation rows side by side, as the metric wants them. */
static enum fw_status gather_valid(struct run *run, struct fw_error *err)
{
    const struct fw_row_set *valid = run->valid;
    int64_t n = fw_row_set_rows(valid);
    bool weighted = false;
    for (int32_t p = 0; p < valid->n_parts; p++)
        weighted = weighted || valid->parts[p].dataset->weights != NULL;
    FW_ALLOC(run->logits, run->mem, n * run->model->n_outputs, "the logits of the validation rows", err);
    FW_ALLOC(run->labels, run->mem, n, "the labels of the validation rows", err);
    if (weighted)
        FW_ALLOC(run->weights, run->mem, n, "the weights of the validation rows", err);
    int64_t at = 0;
    for (int32_t p = 0; p < valid->n_parts; p++) {
        const struct fw_dataset_view *part = &valid->parts[p];
        float *labels = run->labels + at;
        const float *from = fw_view_labels(part, 0, part->n, labels);
        if (from != labels)
            memcpy(labels, from, (size_t)part->n * sizeof *labels);
        for (int64_t i = 0; weighted && i < part->n; i++) {
            float one;
            const float *weight = fw_view_weights(part, i, 1, &one);
            run->weights[at + i] = weight != NULL ? *weight : 1;
        }
        at += part->n;
    }
    return FW_OK;
}

static enum fw_status allocate(struct run *run, int64_t most_batches, struct fw_error *err)
{
    if (!run->whole_passes)
        FW_ALLOC(run->order, run->mem, most_batches, "the order of batches", err);
    /* an interrupted pass leaves nothing usable behind, an interrupted batch does */
    if (run->judged || run->whole_passes)
        FW_ALLOC(run->best, run->mem, fw_model_parameter_count(run->model), "the best parameters", err);
    if (!run->judged)
        return FW_OK;
    run->scratch = fw_alloc_array(run->mem, (int64_t)fw_model_predict_bytes(run->model), 1);
    if (run->scratch == NULL)
        return fw_error_nomem(err, run->mem, "scratch of predicting", (int64_t)fw_model_predict_bytes(run->model), 1);
    return gather_valid(run, err);
}

static enum fw_status check_sets(const struct fw_model *model, const struct fw_row_set *train,
                                 const struct fw_row_set *valid, const struct fw_trainer_options *options,
                                 struct fw_error *err)
{
    if (train->n_parts == 0)
        return fw_error_set(err, FW_E_ARG, "there are no training rows");
    if (options->epochs < 1 || options->batch < 1 || options->patience < 0)
        return fw_error_set(err, FW_E_ARG, "epochs=%lld and batch=%lld are to be at least 1, patience=%lld at least 0",
                            (long long)options->epochs, (long long)options->batch, (long long)options->patience);
    if (fw_params_has(&model->params, "batch") && (double)options->batch > fw_params_get(&model->params, "batch"))
        return fw_error_set(err, FW_E_ARG,
                            "batches of %lld rows are larger than those that the model was made for (%g)",
                            (long long)options->batch, fw_params_get(&model->params, "batch"));
    for (int32_t p = 0; p < train->n_parts; p++)
        FW_TRY(fw_model_check(model, train->parts[p].dataset, err));
    for (int32_t p = 0; p < valid->n_parts; p++)
        FW_TRY(fw_model_check(model, valid->parts[p].dataset, err));
    return FW_OK;
}

enum fw_status fw_trainer_run(struct fw_training *out, struct fw_model *model, const struct fw_row_set *train,
                              const struct fw_row_set *valid, const struct fw_trainer_options *options,
                              const struct fw_budget *budget, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    static const struct fw_row_set none = {0};
    const struct fw_model_vtable *vtable = model->vtable;
    struct run run = {.model = model, .options = options, .budget = budget, .mem = mem, .started = fw_clock_seconds()};
    run.valid = valid != NULL ? valid : &none;
    run.judged = run.valid->n_parts > 0 && options->metric.score != NULL;
    run.whole_passes = vtable->fit_epoch != NULL && (vtable->wants_epochs == NULL || vtable->wants_epochs(model->self));
    run.result.best_score = (double)NAN;
    FW_TRY(check_sets(model, train, run.valid, options, err));
    struct fw_row_set all = *train;
    if (options->refit && run.judged)
        all = fw_row_set_join(train, run.valid);
    int64_t most_batches = fw_batches_count(train, options->batch);
    if (fw_batches_count(&all, options->batch) > most_batches)
        most_batches = fw_batches_count(&all, options->batch);
    FW_TRY_GOTO(allocate(&run, most_batches, err), done);
    FW_TRY_GOTO(fit(&run, train, err), done);
    bool ended = run.result.end == FW_TRAINING_TIME || run.result.end == FW_TRAINING_STOPPED;
    if (options->refit && run.judged && !ended)
        FW_TRY_GOTO(refit(&run, &all, err), done);
    run.result.seconds = fw_clock_seconds() - run.started;
    *out = run.result;
    run.result.curve = NULL;
done:
    fw_free(mem, run.result.curve);
    fw_free(mem, run.scratch);
    fw_free(mem, run.weights);
    fw_free(mem, run.labels);
    fw_free(mem, run.logits);
    fw_free(mem, run.best);
    fw_free(mem, run.order);
    return status;
}
