#include "search/settings/tune.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "search/settings/tune_record.h"

/* Draws for one configuration before the space counts as exhausted: of a space with one setting left among a hundred,
 * this many find it with 99 in 100. */
#define MAX_ATTEMPTS 500

void fw_tune_options_init(struct fw_tune_options *options)
{
    *options = (struct fw_tune_options){.method = "hyperband", .objective = FW_OBJECTIVE_AUC, .seed = 1};
}

struct tune {
    const struct fw_tune_space *space;
    const struct fw_tune_objective *objective;
    const struct fw_tune_options *options;
    const struct fw_tune_method *method;
    const struct fw_trial_log *log;
    const struct fw_tune_events *events;
    const struct fw_budget *budget;
    struct fw_tune_result *result;
    struct fw_allocator *mem;
    int64_t trial_capacity;
    int64_t wanted; /* configurations */
    uint64_t *seen; /* (configurations so far) their hashes, with all epochs */
    int64_t seen_capacity;
    int32_t epochs_row; /* -1: the model has none */
    int64_t max_epochs;
    int32_t decisions;
    bool compares; /* the objective knows the baseline */
};

/* A configuration of a bracket. */
struct member {
    struct fw_params params;
    int64_t configuration;
    int64_t trial; /* of its last rung: its place in the result */
};

static const struct fw_tune_trial *baseline_of(const struct tune *t)
{
    return t->result->n_trials > 0 && !t->result->trials[0].failed ? &t->result->trials[0] : NULL;
}

/* The time that is left for trials: what comes after the search has its share. */
static struct fw_budget trial_budget(const struct tune *t)
{
    struct fw_budget budget = t->budget != NULL ? *t->budget : (struct fw_budget){0};
    if (budget.seconds > 0 && t->result->best >= 0) {
        budget.seconds -= t->options->reserve * t->result->trials[t->result->best].seconds;
        if (budget.seconds <= 0)
            budget.seconds = 1e-9; /* 0 would mean no limit */
    }
    return budget;
}

static void cut_short(struct tune *t, const struct fw_budget *budget)
{
    struct fw_tune_result *result = t->result;
    result->end = fw_budget_out_of_time(budget) ? FW_TUNE_TIME : FW_TUNE_INTERRUPTED;
    snprintf(result->reason_text, sizeof result->reason_text, "%s",
             result->end == FW_TUNE_TIME ? "the time limit is over" : "interrupted");
}

static bool fails_alone(enum fw_status status)
{
    return status == FW_E_NUMERIC || status == FW_E_NOMEM || status == FW_E_ARG;
}

/* The objective forgets its baseline with the process: a search that goes on after a kill trains it once more, to the
 * same bits, when the first new trial is to be compared. */
static enum fw_status remind(struct tune *t, const struct fw_budget *budget, struct fw_error *err)
{
    struct fw_tune_outcome outcome;
    const struct fw_tune_trial *baseline = baseline_of(t);
    if (t->compares || baseline == NULL)
        return FW_OK;
    FW_TRY(t->objective->judge(t->objective->self, &outcome, &baseline->params, true, budget, err));
    t->compares = true;
    return FW_OK;
}

/* Trains and records. Failures of the trial alone are no failures here. */
static enum fw_status train(struct tune *t, struct fw_tune_trial *trial, char reason[FW_ERROR_MESSAGE_SIZE],
                            const struct fw_budget *budget, struct fw_error *err)
{
    struct fw_error own = {0};
    struct fw_tune_outcome outcome = {0};
    bool is_baseline = trial->configuration == 1;
    double started = fw_clock_seconds();
    enum fw_status status = is_baseline ? FW_OK : remind(t, budget, &own);
    if (status == FW_OK)
        status = t->objective->judge(t->objective->self, &outcome, &trial->params, is_baseline, budget, &own);
    if (status != FW_OK && (!fails_alone(status) || (is_baseline && status == FW_E_ARG)))
        return fw_error_set(err, status, "%s", own.message);
    trial->failed = status != FW_OK;
    trial->seconds = trial->failed ? fw_clock_seconds() - started : outcome.seconds;
    if (!trial->failed) {
        t->compares = t->compares || is_baseline;
        trial->objective = outcome.objective;
        trial->gain = outcome.gain;
        trial->gain_low = outcome.gain_low;
        trial->gain_high = outcome.gain_high;
    }
    snprintf(reason, FW_ERROR_MESSAGE_SIZE, "%s", trial->failed ? own.message : "");
    return fw_tune_write(trial, trial->failed ? NULL : &outcome, trial->failed ? reason : NULL,
                         baseline_of(t) != NULL ? baseline_of(t)->number : 0, t->log, t->result->study, t->mem, err);
}

static bool is_new_best(const struct tune *t, const struct fw_tune_trial *trial)
{
    const struct fw_tune_result *result = t->result;
    if (trial->failed || result->best < 0)
        return !trial->failed;
    const struct fw_tune_trial *best = &result->trials[result->best];
    if (trial->objective == best->objective)
        return trial->epochs < best->epochs;
    return fw_tune_is_better(trial->objective, best->objective, t->options->objective);
}

/* One trial, from the log or trained. *done is false when the search is to end instead. */
static enum fw_status run_trial(struct tune *t, struct member *member, int32_t bracket, int32_t rung, int64_t epochs,
                                bool *done, struct fw_error *err)
{
    struct fw_tune_result *result = t->result;
    char reason[FW_ERROR_MESSAGE_SIZE] = "";
    struct fw_tune_trial trial = {.number = result->n_trials + 1,
                                  .configuration = member->configuration,
                                  .params = member->params,
                                  .epochs = epochs,
                                  .bracket = bracket,
                                  .rung = rung,
                                  .objective = NAN,
                                  .gain = NAN,
                                  .gain_low = NAN,
                                  .gain_high = NAN};
    *done = false;
    if (t->epochs_row >= 0)
        trial.params.value[t->epochs_row] = (double)epochs;
    FW_TRY(fw_reserve(t->mem, &result->trials, &t->trial_capacity, result->n_trials + 1, sizeof trial, err));
    FW_TRY(fw_tune_recall(&trial, t->log, result->study, t->mem, err));
    if (!trial.remembered) {
        struct fw_budget budget = trial_budget(t);
        struct fw_error own = {0}; /* being asked to stop is no error yet, so its text must not go out */
        enum fw_status status = fw_budget_stopped(&budget) ? FW_E_STOPPED : train(t, &trial, reason, &budget, &own);
        if (status == FW_E_STOPPED || status == FW_E_BUDGET) {
            cut_short(t, &budget);
            return FW_OK;
        }
        if (status != FW_OK)
            return fw_error_set(err, status, "%s", own.message);
    }
    bool better = is_new_best(t, &trial);
    member->trial = result->n_trials;
    result->trials[result->n_trials++] = trial;
    result->failed += trial.failed;
    result->remembered += trial.remembered;
    if (better)
        result->best = member->trial;
    if (t->events != NULL && t->events->finished != NULL)
        t->events->finished(t->events->user, result, &result->trials[member->trial], trial.failed ? reason : NULL);
    *done = true;
    return FW_OK;
}

/* Remembers settings; *fresh is false when they had been drawn before. */
static enum fw_status note_settings(struct tune *t, const struct fw_params *params, bool *fresh, struct fw_error *err)
{
    int64_t n = t->result->configurations;
    uint64_t hash;
    FW_TRY(fw_tune_settings(&hash, NULL, params, t->mem, err));
    *fresh = true;
    for (int64_t i = 0; i < n && *fresh; i++)
        *fresh = t->seen[i] != hash;
    if (!*fresh)
        return FW_OK;
    FW_TRY(fw_reserve(t->mem, &t->seen, &t->seen_capacity, n + 1, sizeof *t->seen, err));
    t->seen[n] = hash;
    t->result->configurations++;
    return FW_OK;
}

/* Draws a configuration that is not there yet; *fresh is false when there is none left. */
static enum fw_status draw(struct tune *t, struct member *member, bool *fresh, struct fw_error *err)
{
    member->configuration = t->result->configurations + 1;
    *fresh = false;
    for (uint64_t attempt = 0; attempt < MAX_ATTEMPTS && !*fresh; attempt++) {
        fw_tune_space_draw(&member->params, t->space, t->options->seed, (uint64_t)member->configuration, attempt);
        FW_TRY(note_settings(t, &member->params, fresh, err));
    }
    if (!*fresh) {
        t->result->end = FW_TUNE_EXHAUSTED;
        snprintf(t->result->reason_text, sizeof t->result->reason_text,
                 "all %lld combinations of the searched settings have been tried",
                 (long long)t->result->configurations);
    }
    return FW_OK;
}

struct ranked {
    double objective; /* lower is better; NaN last */
    int64_t place;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    if (isnan(x->objective) != isnan(y->objective))
        return isnan(x->objective) ? 1 : -1;
    if (x->objective != y->objective && !isnan(x->objective))
        return x->objective < y->objective ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static int compare_places(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

static enum fw_status tell_promotion(struct tune *t, const struct member *members, int64_t n, int64_t best,
                                     const struct fw_tune_trial *last, int64_t n_before, int64_t epochs,
                                     struct fw_error *err)
{
    char why[128];
    int64_t *numbers;
    FW_ALLOC(numbers, t->mem, n, "the promoted trials", err);
    for (int64_t i = 0; i < n; i++)
        numbers[i] = t->result->trials[members[i].trial].number;
    snprintf(why, sizeof why, "bracket %d, rung %d: %lld of %lld go on to %lld epochs", last->bracket, last->rung,
             (long long)n, (long long)n_before, (long long)epochs);
    enum fw_status status =
        fw_tune_write_decision(t->log, t->result->study, ++t->decisions, "promote", why, best, numbers, n, false, err);
    fw_free(t->mem, numbers);
    return status;
}

/* Leaves the best `keep` of a rung in `members`, in the order they were drawn; failed ones never go on. */
static enum fw_status promote(struct tune *t, struct member *members, int64_t *n, int64_t keep, int64_t epochs,
                              struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct ranked *ranking;
    const struct fw_tune_trial *last = &t->result->trials[members[*n - 1].trial];
    FW_ALLOC(ranking, t->mem, *n, "the ranking of a rung", err);
    for (int64_t i = 0; i < *n; i++) {
        double objective = t->result->trials[members[i].trial].objective;
        ranking[i] = (struct ranked){t->options->objective == FW_OBJECTIVE_AUC ? -objective : objective, i};
    }
    qsort(ranking, (size_t)*n, sizeof *ranking, compare_ranked);
    int64_t left = 0;
    while (left < keep && left < *n && !isnan(ranking[left].objective))
        left++;
    if (left > 0) {
        int64_t best = t->result->trials[members[ranking[0].place].trial].number;
        qsort(ranking, (size_t)left, sizeof *ranking, compare_places);
        for (int64_t i = 0; i < left; i++)
            members[i] = members[ranking[i].place];
        status = tell_promotion(t, members, left, best, last, *n, epochs, err);
    }
    *n = left;
    fw_free(t->mem, ranking);
    return status;
}

static enum fw_status run_rungs(struct tune *t, struct member *members, int64_t n, const struct fw_tune_bracket *plan,
                                int32_t number, bool *done, struct fw_error *err)
{
    int64_t drawn = n;
    *done = true;
    for (int32_t rung = 0; rung < plan->n_rungs && n > 0; rung++) {
        for (int64_t i = 0; i < n; i++) {
            FW_TRY(run_trial(t, &members[i], number, rung, plan->epochs[rung], done, err));
            if (!*done)
                return FW_OK;
        }
        if (rung + 1 < plan->n_rungs)
            FW_TRY(promote(t, members, &n, fw_tune_rung_size(drawn, rung + 1), plan->epochs[rung + 1], err));
    }
    return FW_OK;
}

/* Draws a bracket and runs its rungs; the last one takes as many configurations as are still wanted. *done is false
 * when the search is to end. */
static enum fw_status run_bracket(struct tune *t, int64_t number, bool *done, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_tune_bracket plan;
    struct member *members = NULL;
    int64_t n = 0;
    bool fresh = true;
    t->method->bracket(&plan, number, t->max_epochs);
    int64_t left = t->wanted - t->result->configurations;
    int64_t most = plan.n < left ? plan.n : left;
    FW_ALLOC(members, t->mem, most, "the configurations of a bracket", err);
    while (n < most && fresh) {
        FW_TRY_GOTO(draw(t, &members[n], &fresh, err), done);
        n += fresh;
    }
    FW_TRY_GOTO(run_rungs(t, members, n, &plan, (int32_t)number + 1, done, err), done);
    *done = *done && fresh;
done:
    fw_free(t->mem, members);
    return status;
}

/* Trainings that all wanted configurations ask for. */
static int64_t count_trainings(const struct tune *t)
{
    int64_t trainings = 1;
    int64_t left = t->wanted - 1;
    for (int64_t number = 0; left > 0; number++) {
        struct fw_tune_bracket plan;
        t->method->bracket(&plan, number, t->max_epochs);
        int64_t n = plan.n < left ? plan.n : left;
        for (int32_t rung = 0; rung < plan.n_rungs; rung++)
            trainings += fw_tune_rung_size(n, rung);
        left -= n;
    }
    return trainings;
}

static enum fw_status search_all(struct tune *t, struct fw_error *err)
{
    struct member defaults = {.params = t->space->base, .configuration = 1};
    bool fresh;
    bool done;
    FW_TRY(note_settings(t, &defaults.params, &fresh, err));
    FW_TRY(run_trial(t, &defaults, 0, 0, t->max_epochs, &done, err));
    for (int64_t number = 0; done && t->result->configurations < t->wanted; number++)
        FW_TRY(run_bracket(t, number, &done, err));
    if (!done)
        return FW_OK;
    t->result->end = FW_TUNE_TRIALS;
    snprintf(t->result->reason_text, sizeof t->result->reason_text, "all %lld configurations have been tried",
             (long long)t->wanted);
    return FW_OK;
}

/* A search without a single finished trial has nothing to show. */
static enum fw_status nothing_found(const struct tune *t, struct fw_error *err)
{
    const struct fw_tune_result *result = t->result;
    if (result->end == FW_TUNE_INTERRUPTED)
        return fw_error_set(err, FW_E_STOPPED, "interrupted before the first trial ended");
    if (result->end == FW_TUNE_TIME)
        return fw_error_set(err, FW_E_BUDGET,
                            "the time limit ended before the first trial did; allow more time or give fewer rows");
    return fw_error_set(err, FW_E_FAILED, "all %lld trials failed; 'fieldwise trials' tells why",
                        (long long)result->n_trials);
}

static enum fw_status close_search(struct tune *t, struct fw_error *err)
{
    const struct fw_tune_result *result = t->result;
    bool clock = result->end == FW_TUNE_TIME || result->end == FW_TUNE_INTERRUPTED;
    int64_t best = result->best >= 0 ? result->trials[result->best].number : 0;
    enum fw_study_status how = clock ? FW_STUDY_INTERRUPTED : best > 0 ? FW_STUDY_COMPLETE : FW_STUDY_FAILED;
    FW_TRY(fw_tune_write_decision(t->log, result->study, t->decisions + 1, "stop", result->reason_text, best, NULL, 0,
                                  clock, err));
    return t->log->vtable->close_study(t->log->self, result->study, how, result->reason_text, err);
}

/* Method, limits and the row of epochs. */
static enum fw_status settle(struct tune *t, struct fw_error *err)
{
    const struct fw_params *base = &t->space->base;
    FW_TRY(fw_tune_method_find(&t->method, t->options->method, err));
    FW_TRY(fw_tune_space_check(t->space, err));
    const struct fw_param_spec *epochs = fw_params_find(base, fw_text_of("epochs"));
    t->epochs_row = epochs != NULL ? (int32_t)(epochs - base->table) : -1;
    t->max_epochs = epochs != NULL ? (int64_t)base->value[t->epochs_row] : 1;
    struct fw_tune_bracket first;
    t->method->bracket(&first, 0, 1000);
    if (epochs == NULL && first.n_rungs > 1)
        return fw_error_set(err, FW_E_ARG, "method '%s' rations epochs, which this model does not have; use random",
                            t->method->name);
    t->wanted = t->options->trials > 0 ? t->options->trials : t->method->trials(t->max_epochs);
    t->result->planned = count_trainings(t);
    return FW_OK;
}

enum fw_status fw_tune_run(struct fw_tune_result *result, const struct fw_tune_space *space,
                           const struct fw_tune_objective *objective, const struct fw_tune_options *options,
                           const struct fw_study_info *info, const struct fw_trial_log *log,
                           const struct fw_tune_events *events, const struct fw_budget *budget,
                           struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    double started = fw_clock_seconds();
    bool resumed = false;
    enum fw_study_status before = FW_STUDY_RUNNING;
    struct tune t = {.space = space,
                     .objective = objective,
                     .options = options,
                     .log = log,
                     .events = events,
                     .budget = budget,
                     .result = result,
                     .mem = mem};
    *result = (struct fw_tune_result){.best = -1};
    FW_TRY(settle(&t, err));
    FW_TRY(log->vtable->open_study(log->self, &result->study, &resumed, &before, info, err));
    if (events != NULL && events->started != NULL)
        events->started(events->user, result, resumed);
    FW_TRY_GOTO(search_all(&t, err), done);
    FW_TRY_GOTO(close_search(&t, err), done);
    result->seconds = fw_clock_seconds() - started;
    if (result->best < 0)
        status = nothing_found(&t, err);
done:
    fw_free(mem, t.seen);
    return status;
}
