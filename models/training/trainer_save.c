/* The trainer's checkpoint: from a run to its file and back. */
#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "models/training/trainer_run.h"

static struct fw_checkpoint describe(struct fw_trainer_run *run)
{
    return (struct fw_checkpoint){.curve = run->result.curve,
                                  .most_epochs = run->options->epochs,
                                  .best = run->best,
                                  .memory = run->options->metric.memory,
                                  .memory_bytes = run->options->metric.memory_bytes};
}

void fw_trainer_save(struct fw_trainer_run *run, bool done)
{
    if (run->checkpoint == NULL)
        return;
    struct fw_error refusal = {0};
    struct fw_checkpoint checkpoint = describe(run);
    double before = fw_clock_seconds();
    const struct fw_trainer_phase_run *phase = &run->phase;
    const struct fw_training *result = &run->result;
    checkpoint.place = (struct fw_checkpoint_place){
        .phase = done ? fw_trainer_phase_done : (int64_t)phase->event.phase,
        .epoch = phase->event.epoch,
        .batch = phase->next_batch,
        .rows_in_epoch = phase->event.rows,
        .loss = phase->total.loss,
        .weight = phase->total.weight,
        .converged = run->converged,
        .has_best = run->has_best,
        .n_epochs = result->n_epochs,
        .best_epoch = result->best_epoch,
        .best_score = result->best_score,
        .start_score = result->start_score,
        .end = result->end,
        .refitted = result->refitted,
        .rows = result->rows,
        .seconds = fw_clock_seconds() - run->started,
        .step_seconds = result->step_seconds,
    };
    enum fw_status status = fw_checkpoint_write(run->checkpoint, &run->key, &checkpoint, run->model, &refusal);
    strcpy(run->result.warning, status != FW_OK ? refusal.message : "");
    run->last_save = fw_clock_seconds();
    run->save_cost = run->last_save - before;
}

/* At most a twentieth of the time goes into writing; what is asked to stop between two batches is written in any case,
 * but not what stops within a whole pass. */
void fw_trainer_save_epoch(struct fw_trainer_run *run)
{
    if (run->whole_passes || fw_clock_seconds() - run->last_save >= 20 * run->save_cost)
        fw_trainer_save(run, false);
}

static void take_over(struct fw_trainer_run *run, const struct fw_checkpoint_place *place)
{
    struct fw_training *result = &run->result;
    bool refit = place->phase == FW_TRAINER_REFIT;
    run->converged = place->converged != 0;
    run->has_best = place->has_best != 0;
    run->started -= place->seconds;
    result->n_epochs = place->n_epochs;
    result->best_epoch = place->best_epoch;
    result->best_score = place->best_score;
    result->start_score = place->start_score;
    result->rows = place->rows;
    result->step_seconds = place->step_seconds;
    result->resumed = true;
    fw_trainer_phase_begin(run, refit ? FW_TRAINER_REFIT : FW_TRAINER_FIT,
                           refit ? place->best_epoch : run->options->epochs);
    run->phase.event.epoch = place->epoch;
    run->phase.event.rows = place->rows_in_epoch;
    run->phase.next_batch = place->batch;
    run->phase.total = (struct fw_fit_stats){.loss = place->loss, .weight = place->weight};
}

enum fw_status fw_trainer_resume(bool *done_out, struct fw_trainer_run *run, struct fw_error *err)
{
    bool found = false;
    struct fw_checkpoint checkpoint = describe(run);
    *done_out = false;
    if (run->checkpoint == NULL)
        return FW_OK;
    run->key.data = fw_checkpoint_data(run->model, &run->train, &run->valid);
    FW_TRY(fw_checkpoint_read(&found, &checkpoint, run->checkpoint, &run->key, run->model, err));
    run->last_save = fw_clock_seconds();
    if (!found)
        return FW_OK;
    take_over(run, &checkpoint.place);
    *done_out = checkpoint.place.phase == fw_trainer_phase_done;
    if (*done_out) {
        run->result.end = (enum fw_training_end)checkpoint.place.end;
        run->result.refitted = checkpoint.place.refitted != 0;
        run->result.curve = checkpoint.curve;
    }
    run->phase.event.resumed = true;
    fw_trainer_report(run);
    run->phase.event.resumed = false;
    return FW_OK;
}
