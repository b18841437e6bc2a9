#include "search/sizes/sizing.h"

#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "search/sizes/sizing_record.h"
#include "search/sizes/sizing_rivals.h"

/* A study under way. */
struct sizing {
    const struct fw_sizing_model *model;
    const struct fw_sizing_options *options;
    const struct fw_sizing_events *events;
    const struct fw_budget *time;
    struct fw_sizing_result *result;
    struct fw_sizing_record record;
    struct fw_nis *nis; /* warmed up; NULL: not needed so far */
    struct fw_nis_events nis_events;
    double *norms, *saliency; /* (blocks) of a model trained with all of them; NULL: not needed so far */
    int64_t answered;         /* the budget that nis searched last; 0: none */
    fw_level *levels;         /* (FW_NIS_ANSWERS) its answers */
    struct fw_nis_answer answers[FW_NIS_ANSWERS];
    int32_t n_answers;
    enum fw_status last_refusal; /* why the last method that did not find sizes did not; FW_OK: all did */
    struct fw_error refusal;
    struct fw_allocator *mem;
};

void fw_sizing_result_clear(struct fw_sizing_result *result, struct fw_allocator *mem)
{
    for (int64_t i = 0; i < result->n_trials; i++)
        fw_embedding_sizes_destroy(result->trials[i].sizes);
    fw_free(mem, result->trials);
    *result = (struct fw_sizing_result){0};
}

enum fw_status fw_sizing_check_method(const char *name, struct fw_error *err)
{
    const struct fw_sizing_rival *rival;
    struct fw_error detail = {0};
    if (strcmp(name, "nis") == 0 || fw_sizing_rival_find(&rival, name, &detail) == FW_OK)
        return FW_OK;
    return fw_error_set(err, FW_E_ARG, "%s; or nis, the search", detail.message);
}

/* Whether a is to be preferred to b. */
static bool is_better(const struct fw_sizing_trial *a, const struct fw_sizing_trial *b)
{
    if (a->trained != b->trained)
        return a->trained;
    if (isnan(a->quality) || isnan(b->quality))
        return !isnan(a->quality);
    return a->quality > b->quality || (a->quality >= b->quality && a->bytes < b->bytes);
}

int64_t fw_sizing_best(const struct fw_sizing_result *result, int64_t budget)
{
    int64_t best = -1;
    for (int64_t i = 0; i < result->n_trials; i++) {
        const struct fw_sizing_trial *trial = &result->trials[i];
        if ((budget > 0 && trial->bytes > budget) || trial->failure[0] != '\0')
            continue;
        if (best < 0 || is_better(trial, &result->trials[best]))
            best = i;
    }
    return best;
}

bool fw_sizing_on_front(const struct fw_sizing_result *result, int64_t place)
{
    const struct fw_sizing_trial *one = &result->trials[place];
    if (!one->trained || isnan(one->quality))
        return false;
    for (int64_t i = 0; i < result->n_trials; i++) {
        const struct fw_sizing_trial *other = &result->trials[i];
        bool no_worse = other->trained && other->quality >= one->quality && other->bytes <= one->bytes;
        bool better = other->quality > one->quality || other->bytes < one->bytes || i < place;
        if (i != place && no_worse && better)
            return false;
    }
    return true;
}

/* ---- what methods need ---- */

static enum fw_status on_round(void *user, const struct fw_nis_round *round, struct fw_error *err)
{
    struct sizing *s = user;
    s->result->samples += round->n_samples;
    if (s->events != NULL && s->events->round_done != NULL)
        s->events->round_done(s->events->user, round);
    return fw_sizing_write_round(round, &s->record, err);
}

static void on_warming(void *user, int64_t step, int64_t steps)
{
    const struct sizing *s = user;
    if (s->events != NULL && s->events->warming != NULL)
        s->events->warming(s->events->user, step, steps);
}

static enum fw_status need_nis(struct sizing *s, struct fw_error *err)
{
    if (s->nis != NULL)
        return FW_OK;
    s->nis_events = (struct fw_nis_events){.round_done = on_round, .warming = on_warming, .user = s};
    FW_TRY(fw_nis_create(&s->nis, s->model, &s->options->nis, &s->nis_events, s->mem, err));
    FW_TRY(fw_nis_warm_up(s->nis, s->time, err));
    return FW_OK;
}

/* Trains the shared model with all blocks until a pass makes it no better, as the warm-up of nis does, and asks what
 * they weigh and what the loss would lose to first order: what pruning goes by. Nis puts its own shared weights back
 * before each search. */
static enum fw_status need_pruning(struct sizing *s, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_sizing_vtable *v = s->model->vtable;
    void *self = s->model->self;
    const struct fw_embedding_space *space = s->model->space;
    int64_t blocks = fw_embedding_space_blocks(space);
    fw_level *levels = NULL;
    uint32_t *depths = NULL;
    int64_t batches = v->train_batches(self);
    double best = (double)NAN;
    int32_t most = s->options->nis.warm_passes;
    unsigned char *scratch = NULL;
    if (s->norms != NULL)
        return FW_OK;
    FW_ALLOC_GOTO(scratch, s->mem, (int64_t)v->scratch(self), "judging", err, done);
    FW_ALLOC_GOTO(levels, s->mem, fw_embedding_space_levels(space), "all blocks", err, done);
    FW_ALLOC_GOTO(depths, s->mem, fw_embedding_space_levels(space), "all blocks", err, done);
    FW_ALLOC_GOTO(s->norms, s->mem, blocks, "the norms of blocks", err, done);
    FW_ALLOC_GOTO(s->saliency, s->mem, blocks, "the saliencies of blocks", err, done);
    fw_embedding_space_fill(space, levels);
    fw_embedding_space_depths(space, depths, levels);
    FW_TRY_GOTO(v->start(self, s->time, err), done);
    for (int64_t step = 0; step < batches * most && !fw_budget_stopped(s->time); step++) {
        double loss;
        double quality;
        FW_TRY_GOTO(v->learn(self, &loss, depths, step, err), done);
        on_warming(s, step + 1, batches * most);
        if ((step + 1) % batches != 0)
            continue;
        FW_TRY_GOTO(v->judge(self, &quality, depths, -1, scratch, err), done);
        bool better = isnan(best) || quality > best;
        if (step >= 2 * batches && !better)
            break;
        best = better ? quality : best;
    }
    v->norms(self, s->norms);
    FW_TRY_GOTO(v->worth(self, s->saliency, NULL, depths, -1, err), done);
    for (int64_t b = 0; b < blocks; b++) /* SSEDS goes by the size of the derivative */
        s->saliency[b] = fabs(s->saliency[b]);
done:
    fw_free(s->mem, scratch);
    fw_free(s->mem, depths);
    fw_free(s->mem, levels);
    return status;
}

/* ---- one answer ---- */

static enum fw_status size_by_nis(struct sizing *s, struct fw_sizing_trial *trial, int32_t draw, struct fw_error *err)
{
    int64_t n_levels = fw_embedding_space_levels(s->model->space);
    if (s->levels == NULL)
        FW_ALLOC(s->levels, s->mem, FW_NIS_ANSWERS * n_levels, "configurations", err);
    if (s->answered != trial->budget) {
        FW_TRY(need_nis(s, err));
        FW_TRY(fw_nis_search(s->nis, s->levels, s->answers, &s->n_answers, trial->budget, s->time, err));
        s->answered = trial->budget;
    }
    trial->answers = s->n_answers;
    if (draw >= s->n_answers)
        return FW_OK; /* all ways of choosing agree */
    trial->cut = s->answers[draw].cut;
    return fw_embedding_space_sizes(&trial->sizes, s->model->space, s->levels + draw * n_levels, s->mem, err);
}

static enum fw_status size_by_rule(struct sizing *s, struct fw_sizing_trial *trial, int32_t draw, struct fw_error *err)
{
    const struct fw_sizing_rival *rival;
    FW_TRY(fw_sizing_rival_find(&rival, trial->method, err));
    if (rival->needs == FW_RIVAL_NEEDS_NORMS || rival->needs == FW_RIVAL_NEEDS_SALIENCY)
        FW_TRY(need_pruning(s, err));
    struct fw_rival_facts facts = {.alpha = s->options->alpha,
                                   .seed = s->options->nis.seed,
                                   .index = draw,
                                   .norms = s->norms,
                                   .saliency = s->saliency};
    return rival->size(&trial->sizes, s->model->space, trial->budget, &facts, s->mem, err);
}

static enum fw_status size_fully(struct sizing *s, struct fw_sizing_trial *trial, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    fw_level *levels = NULL;
    FW_ALLOC(levels, s->mem, fw_embedding_space_levels(s->model->space), "all blocks", err);
    fw_embedding_space_fill(s->model->space, levels);
    status = fw_embedding_space_sizes(&trial->sizes, s->model->space, levels, s->mem, err);
    fw_free(s->mem, levels);
    return status;
}

static enum fw_status find_sizes(struct sizing *s, struct fw_sizing_trial *trial, int32_t draw, struct fw_error *err)
{
    double started = fw_clock_seconds();
    if (strcmp(trial->method, "full") == 0)
        FW_TRY(size_fully(s, trial, err));
    else if (strcmp(trial->method, "nis") == 0)
        FW_TRY(size_by_nis(s, trial, draw, err));
    else
        FW_TRY(size_by_rule(s, trial, draw, err));
    trial->search_seconds = fw_clock_seconds() - started;
    if (trial->sizes != NULL)
        trial->bytes = fw_embedding_sizes_bytes(trial->sizes);
    return FW_OK;
}

/* Trains the trial's sizes from scratch. A training that is cut short is worth nothing: run again it would be another;
 * the sizes are kept. */
static enum fw_status fit(struct sizing *s, struct fw_sizing_trial *trial, int32_t draw, struct fw_error *err)
{
    struct fw_sizing_fit fit = {.quality = (double)NAN, .loss = (double)NAN, .test = (double)NAN};
    struct fw_error detail = {0};
    if (s->events != NULL && s->events->fitting != NULL)
        s->events->fitting(s->events->user, trial->method, trial->budget, trial->bytes);
    enum fw_status status = s->model->vtable->fit(s->model->self, &fit, trial->sizes, s->time, &detail);
    if (status == FW_E_STOPPED || status == FW_E_BUDGET) {
        s->result->stopped = true;
        return FW_OK;
    }
    if (status == FW_E_ARG || status == FW_E_NUMERIC) {
        memcpy(trial->failure, detail.message, sizeof trial->failure);
        return trial->cut ? FW_OK : fw_sizing_write(trial, draw, &fit, &s->record, err);
    }
    if (status != FW_OK)
        return fw_error_set(err, status, "%s", detail.message);
    trial->trained = true;
    trial->quality = fit.quality;
    trial->loss = fit.loss;
    trial->test = fit.test;
    trial->bytes = fit.bytes;
    trial->fit_seconds = fit.seconds;
    return trial->cut ? FW_OK : fw_sizing_write(trial, draw, &fit, &s->record, err);
}

static enum fw_status run_trial(struct sizing *s, const char *method, int64_t budget, int32_t draw,
                                struct fw_error *err)
{
    struct fw_sizing_result *result = s->result;
    FW_TRY(fw_reserve(s->mem, &result->trials, &result->capacity, result->n_trials + 1, sizeof *result->trials, err));
    struct fw_sizing_trial *trial = &result->trials[result->n_trials];
    *trial = (struct fw_sizing_trial){.method = method,
                                      .budget = budget,
                                      .answers = 1,
                                      .quality = (double)NAN,
                                      .loss = (double)NAN,
                                      .test = (double)NAN};
    FW_TRY(fw_sizing_recall(trial, draw, &s->record, err));
    if (!trial->remembered)
        FW_TRY(find_sizes(s, trial, draw, err));
    if (trial->sizes == NULL)
        return FW_OK;
    result->n_trials++; /* its sizes are the result's from here on */
    if (!trial->remembered)
        FW_TRY(fit(s, trial, draw, err));
    result->stopped = result->stopped || fw_budget_stopped(s->time);
    if (s->events != NULL && s->events->finished != NULL)
        s->events->finished(s->events->user, trial);
    return FW_OK;
}

/* All answers of a method under a budget; how many nis gives is told with the first. A method that cannot do with the
 * budget, or whose numbers leave what is finite, does not keep the others from theirs. */
static enum fw_status run_method(struct sizing *s, const char *method, int64_t budget, struct fw_error *err)
{
    struct fw_error detail = {0};
    int32_t draws = strcmp(method, "random") == 0 ? FW_SIZING_RANDOM_DRAWS : 1;
    for (int32_t d = 0; d < draws && !s->result->stopped; d++) {
        int64_t before = s->result->n_trials;
        enum fw_status status = run_trial(s, method, budget, d, &detail);
        if (status == FW_E_ARG || status == FW_E_NUMERIC) {
            s->last_refusal = status;
            s->refusal = detail;
            if (s->events != NULL && s->events->refused != NULL)
                s->events->refused(s->events->user, method, budget, detail.message);
            return FW_OK;
        }
        if (status != FW_OK)
            return fw_error_set(err, status, "%s", detail.message);
        if (s->result->n_trials > before && strcmp(method, "nis") == 0)
            draws = s->result->trials[before].answers;
    }
    return FW_OK;
}

static enum fw_status run_all(struct sizing *s, struct fw_error *err)
{
    const struct fw_sizing_options *o = s->options;
    if (o->full)
        FW_TRY(run_trial(s, "full", 0, 0, err));
    for (int32_t b = 0; b < o->n_budgets; b++) {
        for (int32_t m = 0; m < o->n_methods; m++)
            FW_TRY(run_method(s, o->methods[m], o->budgets[b], err));
    }
    if (s->result->n_trials == 0 && s->last_refusal != FW_OK)
        return fw_error_set(err, s->last_refusal, "%s", s->refusal.message);
    return FW_OK;
}

/* Time or a wish to stop ends the study with what there is. */
static enum fw_status run_until_stopped(struct sizing *s, struct fw_error *err)
{
    struct fw_error detail = {0};
    enum fw_status status = run_all(s, &detail);
    if ((status == FW_E_STOPPED || status == FW_E_BUDGET) && s->result->n_trials > 0) {
        s->result->stopped = true;
        return FW_OK;
    }
    return status == FW_OK ? FW_OK : fw_error_set(err, status, "%s", detail.message);
}

/* A study that found nothing is not left as running; the error that led here is told already. */
static void close_failed(const struct sizing *s, enum fw_status status)
{
    bool cut = status == FW_E_STOPPED || status == FW_E_BUDGET;
    const struct fw_trial_log *log = s->record.log;
    if (log->vtable->close_study(log->self, s->result->study, cut ? FW_STUDY_INTERRUPTED : FW_STUDY_FAILED,
                                 fw_status_text(status), NULL) != FW_OK)
        s->result->study = 0;
}

enum fw_status fw_sizing_run(struct fw_sizing_result *result, const struct fw_sizing_model *model,
                             const struct fw_sizing_options *options, const struct fw_study_info *info,
                             const struct fw_trial_log *log, const struct fw_sizing_events *events,
                             const struct fw_budget *time, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    bool resumed = false;
    enum fw_study_status before = FW_STUDY_RUNNING;
    double started = fw_clock_seconds();
    struct sizing s = {
        .model = model, .options = options, .events = events, .time = time, .result = result, .mem = mem};
    *result = (struct fw_sizing_result){0};
    for (int32_t m = 0; m < options->n_methods; m++)
        FW_TRY(fw_sizing_check_method(options->methods[m], err));
    FW_TRY(log->vtable->open_study(log->self, &result->study, &resumed, &before, info, err));
    s.record = (struct fw_sizing_record){log, result->study, model->space, mem};
    if (events != NULL && events->started != NULL)
        events->started(events->user, result->study, resumed);
    FW_TRY_GOTO(run_until_stopped(&s, err), done);
    result->seconds = fw_clock_seconds() - started;
    int64_t most = options->n_budgets > 0 ? options->budgets[options->n_budgets - 1] : 0;
    status = fw_sizing_write_end(result, fw_sizing_best(result, options->unlimited ? 0 : most), &s.record, err);
done:
    if (status != FW_OK)
        close_failed(&s, status);
    fw_free(mem, s.levels);
    fw_free(mem, s.saliency);
    fw_free(mem, s.norms);
    fw_nis_destroy(s.nis);
    return status;
}
