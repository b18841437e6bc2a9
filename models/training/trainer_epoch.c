/* One epoch of a phase: batches in a drawn order, or a whole pass. */
#include <math.h>

#include "core/clock.h"
#include "models/training/batches.h"
#include "models/training/trainer_run.h"

#define SECONDS_BETWEEN_EVENTS 0.25

bool fw_trainer_must_end(struct fw_trainer_run *run)
{
    if (!fw_budget_stopped(run->budget))
        return false;
    run->result.end = fw_budget_out_of_time(run->budget) ? FW_TRAINING_TIME : FW_TRAINING_STOPPED;
    return true;
}

void fw_trainer_report(struct fw_trainer_run *run)
{
    struct fw_trainer_phase_run *phase = &run->phase;
    struct fw_trainer_event *event = &phase->event;
    double now = fw_clock_seconds();
    bool due = event->epoch_done || event->resumed || now - phase->last_event >= SECONDS_BETWEEN_EVENTS;
    if (run->options->progress == NULL || !due)
        return;
    phase->last_event = now;
    double done = (double)event->all_rows * (double)(event->epoch > 0 ? event->epoch - 1 : 0) + (double)event->rows;
    double all = (double)event->all_rows * (double)event->epochs;
    event->rows_per_second = phase->step_seconds > 0 ? (double)phase->rows_seen / phase->step_seconds : 0;
    event->seconds_left = event->rows_per_second > 0 ? (all - done) / event->rows_per_second : 0;
    event->best_score = run->result.best_score;
    event->best_epoch = run->result.best_epoch;
    run->options->progress(run->options->user, event);
}

void fw_trainer_phase_begin(struct fw_trainer_run *run, enum fw_trainer_phase kind, int64_t epochs)
{
    const struct fw_trainer_options *options = run->options;
    const struct fw_row_set *rows = kind == FW_TRAINER_FIT ? &run->train : &run->all;
    struct fw_trainer_phase_run phase = {.rows = rows, .last_event = fw_clock_seconds()};
    phase.batched = run->shuffles_rows ? fw_batches_listed(rows, run->index) : *rows;
    phase.n_batches = fw_batches_count(&phase.batched, options->batch);
    phase.schedule = (struct fw_schedule){.kind = options->schedule,
                                          .warmup = options->warmup,
                                          .total = phase.n_batches * options->epochs};
    phase.event = (struct fw_trainer_event){
        .phase = kind, .epoch = 1, .epochs = epochs, .all_rows = fw_row_set_rows(rows), .score = (double)NAN};
    run->phase = phase;
}

static enum fw_status loss_not_finite(const struct fw_trainer_run *run, struct fw_error *err)
{
    const struct fw_params *params = &run->model->params;
    const struct fw_trainer_event *event = &run->phase.event;
    const char *refit = event->phase == FW_TRAINER_REFIT ? " of the refit" : "";
    if (fw_params_has(params, "rate"))
        return fw_error_set(err, FW_E_NUMERIC,
                            "the training loss is not finite in epoch %lld%s; lower the learning rate (rate=%g) or "
                            "raise l2",
                            (long long)event->epoch, refit, fw_params_get(params, "rate"));
    return fw_error_set(err, FW_E_NUMERIC, "the training loss is not finite in epoch %lld%s", (long long)event->epoch,
                        refit);
}

/* Takes a step's figures into those of the epoch. */
static enum fw_status add_stats(struct fw_trainer_run *run, const struct fw_fit_stats *stats, int64_t rows,
                                double seconds, struct fw_error *err)
{
    struct fw_trainer_phase_run *phase = &run->phase;
    if (!isfinite(stats->loss))
        return loss_not_finite(run, err);
    phase->total.loss += stats->loss;
    phase->total.weight += stats->weight;
    phase->total.converged = stats->converged;
    phase->rows_seen += rows;
    phase->step_seconds += seconds;
    phase->event.rows += rows;
    phase->event.train_loss = phase->total.weight > 0 ? phase->total.loss / phase->total.weight : 0;
    run->result.rows += rows;
    run->result.step_seconds += seconds;
    return FW_OK;
}

static bool save_is_due(const struct fw_trainer_run *run, double now)
{
    return run->checkpoint != NULL && now - run->last_save >= run->options->checkpoint_seconds;
}

static enum fw_status run_batch(struct fw_trainer_run *run, double *before, struct fw_error *err)
{
    struct fw_trainer_phase_run *phase = &run->phase;
    const struct fw_model_vtable *vtable = run->model->vtable;
    struct fw_fit_stats stats;
    struct fw_dataset_view batch = fw_batches_find(&phase->batched, run->options->batch, run->order[phase->next_batch]);
    if (vtable->set_rate != NULL && fw_schedule_varies(&phase->schedule)) {
        int64_t step = (phase->event.epoch - 1) * phase->n_batches + phase->next_batch;
        vtable->set_rate(run->model->self, fw_schedule_factor(&phase->schedule, step));
    }
    FW_TRY(vtable->fit_batch(run->model->self, &stats, &batch, err));
    double now = fw_clock_seconds();
    FW_TRY(add_stats(run, &stats, batch.n, now - *before, err));
    *before = now;
    phase->next_batch++;
    return FW_OK;
}

static enum fw_status run_batches(struct fw_trainer_run *run, struct fw_error *err)
{
    struct fw_trainer_phase_run *phase = &run->phase;
    struct fw_trainer_event *event = &phase->event;
    uint64_t seed = run->options->seed;
    double before = fw_clock_seconds();
    if (run->shuffles_rows)
        fw_batches_shuffle_rows(run->index, phase->rows, seed, event->epoch, (int32_t)event->phase);
    fw_batches_shuffle(run->order, phase->n_batches, seed, event->epoch, (int32_t)event->phase);
    while (phase->next_batch < phase->n_batches) {
        phase->interrupted = fw_trainer_must_end(run);
        if (phase->interrupted) {
            fw_trainer_save(run, false);
            return FW_OK;
        }
        FW_TRY(run_batch(run, &before, err));
        if (phase->next_batch < phase->n_batches && save_is_due(run, before)) {
            fw_trainer_save(run, false);
            before = fw_clock_seconds();
        }
        fw_trainer_report(run);
    }
    return FW_OK;
}

/* An interrupted pass leaves nothing to go on from: its beginning is what the checkpoint has. */
static enum fw_status run_pass(struct fw_trainer_run *run, struct fw_error *err)
{
    struct fw_trainer_phase_run *phase = &run->phase;
    struct fw_fit_stats stats;
    struct fw_error detected = {0}; /* being asked to stop is no error here, so its text must not go out */
    phase->interrupted = fw_trainer_must_end(run);
    if (phase->interrupted)
        return FW_OK;
    double before = fw_clock_seconds();
    enum fw_status status =
        run->model->vtable->fit_epoch(run->model->self, &stats, phase->rows, run->budget, &detected);
    if (status == FW_E_STOPPED) {
        phase->interrupted = true;
        if (!fw_trainer_must_end(run))
            run->result.end = FW_TRAINING_STOPPED;
        return FW_OK;
    }
    if (status != FW_OK)
        return fw_error_set(err, status, "%s", detected.message);
    return add_stats(run, &stats, fw_row_set_rows(phase->rows), fw_clock_seconds() - before, err);
}

enum fw_status fw_trainer_epoch_run(struct fw_trainer_run *run, struct fw_error *err)
{
    run->phase.event.epoch_done = false;
    return run->whole_passes ? run_pass(run, err) : run_batches(run, err);
}
