#include "search/crosses/study.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "search/crosses/expansion.h"
#include "search/crosses/trial_writer.h"

void fw_study_options_init(struct fw_study_options *options)
{
    *options = (struct fw_study_options){
        .driver = "autocross",
        .evaluator = "newton",
        .objective = FW_OBJECTIVE_AUC,
        .beam_width = 1,
        .max_order = 4,
        .max_crosses = 30,
        .significance = 0.07,
        .min_gain = 1e-5,
        .max_candidates = 100000,
        .first_rows = INT64_C(1) << 17,
        .seed = 1,
    };
    fw_evaluator_options_init(&options->evaluate);
    fw_cross_options_init(&options->cross);
}

enum fw_status fw_study_options_print(char **out, const struct fw_study_options *options, struct fw_allocator *mem,
                                      struct fw_error *err)
{
    cJSON *json = cJSON_CreateObject();
    fw_json_add_text(json, "driver", options->driver);
    fw_json_add_text(json, "evaluator", options->evaluator);
    fw_json_add_text(json, "objective", fw_objective_name(options->objective));
    fw_json_add_number(json, "beam_width", options->beam_width);
    fw_json_add_number(json, "max_order", options->max_order);
    fw_json_add_number(json, "finalists", options->finalists);
    fw_json_add_number(json, "significance", options->significance);
    fw_json_add_number(json, "min_gain", options->min_gain);
    fw_json_add_number(json, "max_candidates", (double)options->max_candidates);
    fw_json_add_number(json, "first_rows", (double)options->first_rows);
    fw_json_add_bool(json, "published_halving", options->published_halving);
    fw_json_add_hex(json, "seed", options->seed);
    enum fw_status status = fw_json_print(out, json, false, mem, err);
    cJSON_Delete(json);
    return status;
}

void fw_study_result_clear(struct fw_study_result *result)
{
    fw_feature_set_destroy(result->best);
    memset(result, 0, sizeof *result);
}

/* The sets that the next step grows from, best first. */
struct beam {
    struct fw_feature_set **sets;
    int32_t n;
};

static void clear_beam(struct beam *beam)
{
    for (int32_t i = 0; i < beam->n; i++)
        fw_feature_set_destroy(beam->sets[i]);
    beam->n = 0;
}

static bool is_better(const struct fw_feature_set *a, const struct fw_feature_set *b, enum fw_objective objective)
{
    return objective == FW_OBJECTIVE_AUC ? a->objective > b->objective : a->objective < b->objective;
}

/* Puts a child into the next beam at its place, or destroys it when it is too weak or there already. */
static void admit(struct beam *next, int32_t width, struct fw_feature_set *child, enum fw_objective objective)
{
    for (int32_t i = 0; i < next->n; i++) {
        if (fw_feature_set_same(next->sets[i], child)) {
            fw_feature_set_destroy(child);
            return;
        }
    }
    int32_t at = next->n;
    while (at > 0 && is_better(child, next->sets[at - 1], objective))
        at--;
    if (next->n == width) {
        if (at == width) {
            fw_feature_set_destroy(child);
            return;
        }
        fw_feature_set_destroy(next->sets[--next->n]);
    }
    memmove(next->sets + at + 1, next->sets + at, (size_t)(next->n - at) * sizeof(struct fw_feature_set *));
    next->sets[at] = child;
    next->n++;
}

static enum fw_status create_base(struct fw_feature_set **out, struct fw_expansion *e, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_feature_set *base;
    const struct fw_field **fields = NULL;
    FW_ALLOC(base, e->mem, 1, "a feature set", err);
    base->dataset = e->dataset;
    base->n_base = e->dataset->n_fields;
    struct fw_backfit_options fit = e->options->evaluate.refit;
    fit.threads = e->options->threads;
    fit.budget = e->budget;
    FW_TRY_GOTO(fw_crossfit_create(&base->model, e->dataset, e->mem, err), failed);
    FW_ALLOC_GOTO(fields, e->mem, base->n_base, "the fields of a model", err, failed);
    fw_feature_set_fields(base, fields);
    FW_TRY_GOTO(fw_crossfit_fit(base->model, fields, base->n_base, &fit, err), failed);
    fw_free(e->mem, fields);
    *out = base;
    return FW_OK;
failed:
    fw_free(e->mem, fields);
    fw_crossfit_destroy(base->model);
    fw_free(e->mem, base);
    return status;
}

/* A stop during the base model leaves nothing to show. */
static enum fw_status base_failed(enum fw_status status, const struct fw_budget *budget, struct fw_error *err)
{
    if (status == FW_E_STOPPED && fw_budget_out_of_time(budget))
        return fw_error_set(
            err, FW_E_BUDGET,
            "the time limit ended before the base model was fitted; allow more time or give fewer rows");
    return status;
}

struct study {
    struct fw_expansion expansion;
    const struct fw_study_options *options;
    const struct fw_trial_log *log;
    const struct fw_study_events *events;
    struct fw_study_result *result;
    struct beam beam, next;
};

static void set_reason(struct fw_study_result *result, enum fw_stop_reason reason,
                       const struct fw_study_options *options)
{
    result->reason = reason;
    switch (reason) {
    case FW_STOP_NO_GAIN:
        snprintf(result->reason_text, sizeof result->reason_text,
                 "no further cross gains more than its noise (error level %g a step)", options->significance);
        break;
    case FW_STOP_NO_CANDIDATE:
        snprintf(result->reason_text, sizeof result->reason_text, "no cross of order up to %d is left to try",
                 options->max_order);
        break;
    case FW_STOP_MAX_CROSSES:
        snprintf(result->reason_text, sizeof result->reason_text, "the limit of %d crosses is reached",
                 options->max_crosses);
        break;
    case FW_STOP_TIME:
        snprintf(result->reason_text, sizeof result->reason_text, "the time limit is over");
        break;
    case FW_STOP_INTERRUPTED:
        snprintf(result->reason_text, sizeof result->reason_text, "interrupted");
        break;
    }
}

static enum fw_stop_reason cut_short(const struct fw_budget *budget)
{
    return fw_budget_out_of_time(budget) ? FW_STOP_TIME : FW_STOP_INTERRUPTED;
}

/* Grows every set of the beam by one cross. *grown_out: whether any child was accepted. */
static enum fw_status take_step(struct study *s, int32_t number, bool *grown_out, int64_t *candidates_out,
                                struct fw_error *err)
{
    s->next.n = 0;
    *candidates_out = 0;
    for (int32_t i = 0; i < s->beam.n; i++) {
        struct fw_study_step step = {.number = number};
        struct fw_feature_set **children = NULL;
        int32_t n_children = 0;
        enum fw_status status = fw_expansion_run(&children, &n_children, &step, &s->expansion, s->beam.sets[i], err);
        for (int32_t c = 0; c < n_children; c++)
            admit(&s->next, s->options->beam_width, children[c], s->options->objective);
        fw_free(s->expansion.mem, children);
        if (status != FW_OK) {
            fw_free(s->expansion.mem, step.best_name);
            clear_beam(&s->next);
            return status;
        }
        *candidates_out += step.candidates;
        if (step.candidates > 0 && s->events != NULL && s->events->stepped != NULL)
            s->events->stepped(s->events->user, &step);
        fw_free(s->expansion.mem, step.best_name);
    }
    *grown_out = s->next.n > 0;
    if (s->next.n > 0) {
        clear_beam(&s->beam);
        struct beam old = s->beam;
        s->beam = s->next;
        s->next = old;
    }
    return FW_OK;
}

static enum fw_status search_steps(struct study *s, struct fw_error *err)
{
    struct fw_study_result *result = s->result;
    const struct fw_budget *budget = s->expansion.budget;
    for (int32_t number = 1;; number++) {
        bool grown = false;
        int64_t candidates = 0;
        if (s->beam.sets[0]->n_crosses >= s->options->max_crosses) {
            set_reason(result, FW_STOP_MAX_CROSSES, s->options);
            return FW_OK;
        }
        if (fw_budget_stopped(budget)) {
            set_reason(result, cut_short(budget), s->options);
            return FW_OK;
        }
        enum fw_status status = take_step(s, number, &grown, &candidates, err);
        if (status == FW_E_STOPPED) {
            set_reason(result, cut_short(budget), s->options);
            return FW_OK;
        }
        FW_TRY(status);
        result->steps = number;
        result->candidates += candidates;
        if (!grown) {
            set_reason(result, candidates > 0 ? FW_STOP_NO_GAIN : FW_STOP_NO_CANDIDATE, s->options);
            return FW_OK;
        }
    }
}

static enum fw_status close_study(struct study *s, struct fw_error *err)
{
    struct fw_study_result *result = s->result;
    bool clock = result->reason == FW_STOP_TIME || result->reason == FW_STOP_INTERRUPTED;
    FW_TRY(fw_trial_write_decision(s->log, result->study, result->steps + 1, "stop", result->reason_text, NULL,
                                   s->beam.sets[0], clock, s->expansion.mem, err));
    return s->log->vtable->close_study(s->log->self, result->study, clock ? FW_STUDY_INTERRUPTED : FW_STUDY_COMPLETE,
                                       result->reason_text, err);
}

static enum fw_status run_base(struct study *s, bool resumed, double started, struct fw_error *err)
{
    struct fw_feature_set *base = NULL;
    struct fw_study_result *result = s->result;
    fw_expansion_phase(&s->expansion, "base model", 0);
    enum fw_status status = create_base(&base, &s->expansion, err);
    if (status != FW_OK)
        return base_failed(status, s->expansion.budget, err);
    s->beam.sets[s->beam.n++] = base;
    FW_TRY(fw_expansion_judge(&base->objective, &result->base_logloss, &s->expansion, base, err));
    result->base_objective = base->objective;
    double seconds = fw_clock_seconds() - started;
    FW_TRY(fw_trial_write_base(s->log, result->study, base, result->base_logloss, seconds, s->expansion.mem, err));
    if (s->events != NULL && s->events->started != NULL)
        s->events->started(s->events->user, result->study, resumed, base, result->base_logloss, seconds);
    return FW_OK;
}

enum fw_status fw_study_run(struct fw_study_result *result, struct fw_dataset *dataset,
                            const struct fw_encoder *encoder, const struct fw_study_options *options,
                            const struct fw_study_info *info, const struct fw_trial_log *log,
                            const struct fw_study_events *events, const struct fw_budget *budget,
                            struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    double started = fw_clock_seconds();
    bool resumed = false;
    enum fw_study_status before = FW_STUDY_RUNNING;
    struct study s = {.options = options, .log = log, .events = events, .result = result};
    memset(result, 0, sizeof *result);
    FW_TRY_GOTO(fw_expansion_init(&s.expansion, dataset, encoder, options, log, events, budget, mem, err), done);
    FW_ALLOC_GOTO(s.beam.sets, mem, options->beam_width + 1, "the beam", err, done);
    FW_ALLOC_GOTO(s.next.sets, mem, options->beam_width + 1, "the beam", err, done);
    FW_TRY_GOTO(log->vtable->open_study(log->self, &result->study, &resumed, &before, info, err), done);
    s.expansion.study = result->study;
    FW_TRY_GOTO(run_base(&s, resumed, started, err), done);
    FW_TRY_GOTO(search_steps(&s, err), done);
    FW_TRY_GOTO(close_study(&s, err), done);
    result->seconds = fw_clock_seconds() - started;
    double objective;
    FW_TRY_GOTO(fw_expansion_judge(&objective, &result->best_logloss, &s.expansion, s.beam.sets[0], err), done);
    result->best = s.beam.sets[0];
    memmove(s.beam.sets, s.beam.sets + 1, (size_t)(s.beam.n - 1) * sizeof(struct fw_feature_set *));
    s.beam.n--;
done:
    clear_beam(&s.beam);
    clear_beam(&s.next);
    fw_free(mem, s.beam.sets);
    fw_free(mem, s.next.sets);
    fw_expansion_clear(&s.expansion);
    return status;
}
