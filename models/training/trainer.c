#include "models/training/trainer.h"

#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "models/training/trainer_run.h"

static const char *const end_names[] = {
    [FW_TRAINING_EPOCHS] = "all epochs",   [FW_TRAINING_PATIENCE] = "early stopping",
    [FW_TRAINING_CONVERGED] = "converged", [FW_TRAINING_TIME] = "time limit",
    [FW_TRAINING_STOPPED] = "interrupted", [FW_TRAINING_FAILED] = "failed",
};
_Static_assert(sizeof end_names / sizeof end_names[0] == FW_TRAINING_FAILED + 1, "a name for each end");

const char *fw_training_end_name(enum fw_training_end end)
{
    return end_names[end];
}

static void take_number(int64_t *out, const struct fw_params *params, const char *name)
{
    if (fw_params_has(params, name))
        *out = (int64_t)fw_params_get(params, name);
}

void fw_trainer_options_init(struct fw_trainer_options *options, const struct fw_params *params)
{
    int64_t shuffle = FW_SHUFFLE_AUTO;
    int64_t schedule = FW_SCHEDULE_CONSTANT;
    *options = (struct fw_trainer_options){.epochs = 20, .batch = 1024, .patience = 2, .checkpoint_seconds = 60};
    if (params == NULL)
        return;
    take_number(&options->epochs, params, "epochs");
    take_number(&options->batch, params, "batch");
    take_number(&options->patience, params, "patience");
    take_number(&options->warmup, params, "warmup");
    take_number(&shuffle, params, "shuffle");
    take_number(&schedule, params, "schedule");
    options->shuffle = (enum fw_trainer_shuffle)shuffle;
    options->schedule = (enum fw_schedule_kind)schedule;
}

void fw_training_clear(struct fw_training *training, struct fw_allocator *mem)
{
    fw_free(mem, training->curve);
    memset(training, 0, sizeof *training);
}

/* Lets a model take from the rows what it starts from; FW_OK and an interrupted phase when the budget ended. */
static enum fw_status call_start(struct fw_trainer_run *run, struct fw_error *err)
{
    struct fw_trainer_phase_run *phase = &run->phase;
    struct fw_error detected = {0};
    phase->interrupted = fw_trainer_must_end(run);
    if (phase->interrupted)
        return FW_OK;
    enum fw_status status = run->model->vtable->start(run->model->self, phase->rows, run->budget, &detected);
    if (status == FW_E_STOPPED) {
        phase->interrupted = true;
        if (!fw_trainer_must_end(run))
            run->result.end = FW_TRAINING_STOPPED;
        return FW_OK;
    }
    return status == FW_OK ? FW_OK : fw_error_set(err, status, "%s", detected.message);
}

static bool start_is_judged(const struct fw_model *model)
{
    return model->vtable->start_is_judged == NULL || model->vtable->start_is_judged(model->self);
}

/* Epoch 0 of a phase: what `start` gives, judged in the fit if it is an answer. */
static enum fw_status begin_phase(struct fw_trainer_run *run, enum fw_trainer_phase kind, int64_t epochs,
                                  struct fw_error *err)
{
    struct fw_trainer_phase_run *phase = &run->phase;
    fw_trainer_phase_begin(run, kind, epochs);
    run->converged = false;
    if (run->model->vtable->start == NULL)
        return FW_OK;
    FW_TRY(call_start(run, err));
    if (phase->interrupted || !start_is_judged(run->model))
        return FW_OK;
    phase->event.epoch = 0;
    if (run->judged && kind == FW_TRAINER_FIT) {
        FW_TRY(fw_trainer_judge(run, &phase->event.score, err));
        FW_TRY(fw_trainer_keep_best(run, 0, phase->event.score, err));
        run->result.start_score = phase->event.score;
    }
    phase->event.epoch_done = true;
    fw_trainer_report(run);
    phase->event.epoch = 1;
    fw_trainer_save(run, false);
    return FW_OK;
}

/* Tells of a finished epoch and stands at the beginning of the next. */
static void finish_epoch(struct fw_trainer_run *run)
{
    struct fw_trainer_phase_run *phase = &run->phase;
    run->converged = phase->total.converged;
    phase->event.epoch_done = true;
    fw_trainer_report(run);
    phase->event.epoch++;
    phase->event.rows = 0;
    phase->event.score = (double)NAN;
    phase->next_batch = 0;
    phase->total = (struct fw_fit_stats){0};
    fw_trainer_save_epoch(run);
}

static enum fw_status judge_epoch(struct fw_trainer_run *run, struct fw_error *err)
{
    struct fw_trainer_phase_run *phase = &run->phase;
    double score = (double)NAN;
    if (run->judged)
        FW_TRY(fw_trainer_judge(run, &score, err));
    FW_TRY(fw_trainer_keep_best(run, phase->event.epoch, score, err));
    phase->event.score = score;
    run->result.curve[run->result.n_epochs++] = (struct fw_training_epoch){
        .train_loss = phase->event.train_loss,
        .score = score,
        .seconds = fw_clock_seconds() - run->started,
    };
    return FW_OK;
}

/* Whether the fit has come to its own end; remembers which. */
static bool fit_is_over(struct fw_trainer_run *run)
{
    struct fw_training *result = &run->result;
    int64_t patience = run->options->patience;
    if (run->converged)
        result->end = FW_TRAINING_CONVERGED;
    else if (run->judged && run->has_best && patience > 0 && result->n_epochs - result->best_epoch >= patience)
        result->end = FW_TRAINING_PATIENCE;
    else if (result->n_epochs >= run->options->epochs)
        result->end = FW_TRAINING_EPOCHS;
    else
        return false;
    return true;
}

static enum fw_status nothing_finished(const struct fw_trainer_run *run, struct fw_error *err)
{
    if (run->result.end == FW_TRAINING_STOPPED)
        return fw_error_set(err, FW_E_STOPPED, "interrupted before the first epoch ended");
    return fw_error_set(err, FW_E_BUDGET,
                        "the time limit of %g s ended before the first epoch did; allow more time or give fewer rows",
                        run->budget->seconds);
}

static enum fw_status fit(struct fw_trainer_run *run, struct fw_error *err)
{
    struct fw_trainer_phase_run *phase = &run->phase;
    if (!run->result.resumed)
        FW_TRY(begin_phase(run, FW_TRAINER_FIT, run->options->epochs, err));
    while (!phase->interrupted && !fit_is_over(run)) {
        FW_TRY(fw_trainer_epoch_run(run, err));
        if (phase->interrupted)
            break;
        FW_TRY(judge_epoch(run, err));
        finish_epoch(run);
    }
    if (!run->has_best)
        return nothing_finished(run, err);
    if (phase->interrupted || run->result.best_epoch < run->result.n_epochs)
        fw_model_set_parameters(run->model, run->best);
    return FW_OK;
}

/* Anew on all rows, for as many epochs as were best. When the budget ends it, the fit's parameters stay. */
static enum fw_status refit(struct fw_trainer_run *run, struct fw_error *err)
{
    struct fw_trainer_phase_run *phase = &run->phase;
    if (phase->event.phase != FW_TRAINER_REFIT) {
        run->model->vtable->reset(run->model->self);
        FW_TRY(begin_phase(run, FW_TRAINER_REFIT, run->result.best_epoch, err));
    }
    while (!phase->interrupted && !run->converged && phase->event.epoch <= phase->event.epochs) {
        FW_TRY(fw_trainer_epoch_run(run, err));
        if (!phase->interrupted)
            finish_epoch(run);
    }
    if (phase->interrupted)
        fw_model_set_parameters(run->model, run->best);
    else
        run->result.refitted = true;
    return FW_OK;
}

static enum fw_status run_phases(struct fw_trainer_run *run, struct fw_error *err)
{
    bool done;
    FW_TRY(fw_trainer_resume(&done, run, err));
    if (done)
        return FW_OK;
    if (run->phase.event.phase == FW_TRAINER_FIT)
        FW_TRY(fit(run, err));
    else
        fit_is_over(run); /* it was, before the interruption: why is told again */
    if (run->refits && !run->phase.interrupted)
        FW_TRY(refit(run, err));
    if (!run->phase.interrupted)
        fw_trainer_save(run, true);
    return FW_OK;
}

/* Numbers that broke: back to the best so far when there is one. */
static enum fw_status recover(struct fw_trainer_run *run, enum fw_status status, const struct fw_error *detected,
                              struct fw_error *err)
{
    if (status == FW_OK)
        return FW_OK;
    if (status != FW_E_NUMERIC || !run->has_best)
        return fw_error_set(err, status, "%s", detected->message);
    fw_model_set_parameters(run->model, run->best);
    run->result.end = FW_TRAINING_FAILED;
    run->result.refitted = false;
    strcpy(run->result.reason, detected->message);
    return FW_OK;
}

enum fw_status fw_trainer_run(struct fw_training *out, struct fw_model *model, const struct fw_row_set *train,
                              const struct fw_row_set *valid, const struct fw_trainer_options *options,
                              const struct fw_budget *budget, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_error detected = {0};
    struct fw_trainer_run run = {.model = model, .options = options, .budget = budget, .mem = mem, .train = *train};
    if (valid != NULL)
        run.valid = *valid;
    FW_TRY_GOTO(fw_trainer_run_set_up(&run, err), done);
    status = run_phases(&run, &detected);
    FW_TRY_GOTO(recover(&run, status, &detected, err), done);
    if (model->vtable->set_rate != NULL && fw_schedule_varies(&run.phase.schedule))
        model->vtable->set_rate(model->self, 1);
    run.result.seconds = fw_clock_seconds() - run.started;
    *out = run.result;
    run.result.curve = NULL;
done:
    fw_trainer_run_tear_down(&run);
    return status;
}
