#include "search/crosses/expansion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/par.h"
#include "evaluators/field_strength.h"
#include "evaluators/halving.h"
#include "models/linear/sigmoid.h"
#include "search/crosses/candidates.h"
#include "search/crosses/trial_writer.h"

/* Refits are warm-started, so a few sweeps tell what a cross is worth; noise shrinks with the rows, and so does what a
 * further sweep or a further finalist can change. */
static int32_t refit_sweeps(int64_t n_rows)
{
    return n_rows > 1000000 ? 6 : 14;
}

static int32_t default_finalists(int64_t n_rows)
{
    return n_rows > 2000000 ? 2 : n_rows > 200000 ? 4 : 8;
}

static int64_t judged_rows(const struct fw_dataset *dataset)
{
    return dataset->fold_start[dataset->n_judged];
}

enum fw_status fw_expansion_init(struct fw_expansion *e, struct fw_dataset *dataset, const struct fw_encoder *encoder,
                                 const struct fw_study_options *options, const struct fw_trial_log *log,
                                 const struct fw_study_events *events, const struct fw_budget *budget,
                                 struct fw_allocator *mem, struct fw_error *err)
{
    memset(e, 0, sizeof *e);
    e->mem = mem;
    e->dataset = dataset;
    e->encoder = encoder;
    e->options = options;
    e->log = log;
    e->events = events;
    e->budget = budget;
    e->n_base = dataset->n_fields;
    e->finalists = options->finalists > 0 ? options->finalists : default_finalists(dataset->n_rows);
    FW_TRY(fw_driver_find(&e->driver, options->driver, err));
    FW_TRY(fw_evaluator_find(&e->evaluator, options->evaluator, err));
    if (options->max_crosses > FW_FEATURE_SET_MAX_CROSSES || options->max_order > FW_CROSS_MAX_ORDER ||
        options->max_order < 2 || options->beam_width < 1)
        return fw_error_set(err, FW_E_ARG,
                            "a search takes at most %d crosses of order 2 to %d and a beam of at least 1",
                            FW_FEATURE_SET_MAX_CROSSES, FW_CROSS_MAX_ORDER);
    FW_ALLOC(e->column, mem, e->n_base, "the columns of fields", err);
    for (int32_t f = 0; f < e->n_base; f++)
        e->column[f] = encoder->fields[f].column;
    FW_ALLOC(e->gradient, mem, dataset->n_rows, "the gradients of rows", err);
    FW_ALLOC(e->curvature, mem, dataset->n_rows, "the curvatures of rows", err);
    FW_TRY(fw_field_init(&e->control, "", 1, dataset->n_rows, mem, err));
    e->control.kind = FW_FIELD_CROSS; /* it stands in for one */
    FW_TRY(fw_metrics_workspace_create(&e->workspace, judged_rows(dataset), mem, err));
    FW_TRY(fw_baseline_create(&e->parent, judged_rows(dataset), mem, err));
    return fw_baseline_create(&e->against, judged_rows(dataset), mem, err);
}

void fw_expansion_clear(struct fw_expansion *e)
{
    fw_free(e->mem, e->column);
    fw_free(e->mem, e->strength);
    fw_free(e->mem, e->gradient);
    fw_free(e->mem, e->curvature);
    fw_field_clear(&e->control, e->mem);
    fw_metrics_workspace_destroy(e->workspace);
    fw_baseline_destroy(e->parent);
    fw_baseline_destroy(e->against);
    memset(e, 0, sizeof *e);
}

void fw_expansion_phase(const struct fw_expansion *e, const char *what, int32_t step)
{
    if (e->events != NULL && e->events->phase != NULL)
        e->events->phase(e->events->user, what, step);
}

static struct fw_scored_view judged_view(const struct fw_expansion *e, const float *logit)
{
    return (struct fw_scored_view){.scores = logit,
                                   .labels = e->dataset->labels,
                                   .weights = e->dataset->weights,
                                   .n = judged_rows(e->dataset)};
}

static double objective_of(const struct fw_expansion *e, double auc, double logloss)
{
    return e->options->objective == FW_OBJECTIVE_AUC ? auc : logloss;
}

enum fw_status fw_expansion_judge(double *objective, double *logloss, struct fw_expansion *e,
                                  const struct fw_feature_set *set, struct fw_error *err)
{
    FW_TRY(fw_baseline_set(e->parent, judged_view(e, set->model->logit), e->workspace, err));
    *logloss = fw_baseline_logloss(e->parent);
    *objective = objective_of(e, fw_baseline_auc(e->parent), *logloss);
    return FW_OK;
}

/* What one expansion works on. */
struct work {
    struct fw_expansion *e;
    const struct fw_feature_set *set;
    int32_t step;
    const struct fw_field **fields; /* of the set */
    int32_t n_fields;
    struct fw_ground ground;
    struct fw_candidate *candidates;
    int64_t n_candidates;
    struct fw_refit *refits;
    int64_t n_refits;
};

static void compute_gradients(struct fw_expansion *e, const float *logit)
{
    int64_t n_rows = e->dataset->n_rows;
    int threads = fw_par_threads(e->options->threads);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t row = 0; row < n_rows; row += FW_PAR_CHUNK) {
        int64_t n = n_rows - row < FW_PAR_CHUNK ? n_rows - row : FW_PAR_CHUNK;
        fw_gradients(logit + row, e->dataset->labels + row,
                     e->dataset->weights != NULL ? e->dataset->weights + row : NULL, n, e->gradient + row,
                     e->curvature + row);
    }
}

static enum fw_status prepare_ground(struct work *w, struct fw_error *err)
{
    struct fw_expansion *e = w->e;
    FW_ALLOC(w->fields, e->mem, e->n_base + w->set->n_crosses, "the fields of a model", err);
    w->n_fields = fw_feature_set_fields(w->set, w->fields);
    FW_TRY(fw_baseline_set(e->parent, judged_view(e, w->set->model->logit), e->workspace, err));
    compute_gradients(e, w->set->model->logit);
    w->ground = (struct fw_ground){.dataset = e->dataset,
                                   .fields = w->fields,
                                   .n_fields = w->n_fields,
                                   .model = w->set->model,
                                   .baseline = e->parent,
                                   .gradient = e->gradient,
                                   .curvature = e->curvature,
                                   .objective = e->options->objective,
                                   .options = e->options->evaluate,
                                   .mem = e->mem};
    w->ground.options.cross = e->options->cross;
    w->ground.options.refit.max_sweeps = refit_sweeps(e->dataset->n_rows);
    return FW_OK;
}

/* Strength of each base field by itself, measured once: a field-wise Newton step on the constant model. */
static enum fw_status measure_strength(struct work *w, struct fw_error *err)
{
    struct fw_expansion *e = w->e;
    if (e->strength != NULL || (int64_t)e->n_base * (e->n_base - 1) / 2 <= e->options->max_candidates)
        return FW_OK;
    FW_ALLOC(e->strength, e->mem, e->n_base, "the strength of fields", err);
    FW_TRY(fw_field_strengths(e->strength, e->dataset, e->n_base, e->options->threads, e->mem, err));
    return FW_OK;
}

static enum fw_status list_candidates(struct work *w, struct fw_study_step *step, struct fw_error *err)
{
    struct fw_expansion *e = w->e;
    FW_TRY(measure_strength(w, err));
    struct fw_candidate_rules rules = {.max_order = e->options->max_order,
                                       .max_candidates = e->options->max_candidates,
                                       .column = e->column,
                                       .strength = e->strength};
    return fw_candidates_list(&w->candidates, &w->n_candidates, &step->fields_left_out, w->set, &rules, e->mem, err);
}

static bool same_score(const struct fw_candidate_score *a, const struct fw_candidate_score *b)
{
    return a->value == b->value && a->buckets == b->buckets;
}

/* The survivors that are refitted: the best ones, but only one of those that split the rows alike (the cross with
 * education and the one with its number say the same). */
static void choose_refits(struct work *w, const struct fw_halving_result *results, const int64_t *survivors,
                          int64_t n_survivors)
{
    for (int64_t i = 0; i < n_survivors && w->n_refits < w->e->finalists; i++) {
        const struct fw_halving_result *result = &results[survivors[i]];
        bool seen = false;
        for (int64_t k = 0; k < i && !seen; k++)
            seen = same_score(&results[survivors[k]].score, &result->score);
        if (seen)
            continue;
        w->refits[w->n_refits++] = (struct fw_refit){.candidate = w->candidates[survivors[i]],
                                                     .rung = result->rung,
                                                     .screen_value = result->score.value,
                                                     .screen_rows = result->rows};
    }
}

static enum fw_status record_screen(const struct work *w, const struct fw_halving_result *results, struct fw_error *err)
{
    bool *refitted;
    FW_ALLOC(refitted, w->e->mem, w->n_candidates, "the records of candidates", err);
    for (int64_t i = 0; i < w->n_candidates; i++) {
        for (int64_t r = 0; r < w->n_refits; r++)
            refitted[i] = refitted[i] || fw_cross_equal(&w->candidates[i].cross, &w->refits[r].candidate.cross);
    }
    enum fw_status status = fw_trial_write_screened(w->e->log, w->e->study, w->step, w->set, w->candidates, results,
                                                    w->n_candidates, refitted, w->e->mem, err);
    fw_free(w->e->mem, refitted);
    return status;
}

static enum fw_status screen(struct work *w, struct fw_study_step *step, struct fw_error *err)
{
    struct fw_expansion *e = w->e;
    enum fw_status status = FW_OK;
    struct fw_halving_result *results = NULL;
    int64_t *survivors = NULL;
    int64_t n_survivors = 0;
    struct fw_halving_schedule schedule;
    if (e->options->published_halving)
        fw_halving_published(&schedule, w->n_candidates);
    else /* three times the finalists: some will turn out to be the same cross under another name */
        fw_halving_doubling(&schedule, w->n_candidates, e->dataset->n_rows, e->options->first_rows, 3 * e->finalists);
    FW_ALLOC_GOTO(results, e->mem, w->n_candidates, "the screen", err, done);
    FW_ALLOC_GOTO(survivors, e->mem, w->n_candidates, "the screen", err, done);
    FW_TRY_GOTO(fw_halving_run(results, survivors, &n_survivors, e->evaluator, &w->ground, w->candidates,
                               w->n_candidates, &schedule, e->options->threads, e->budget, err),
                done);
    FW_ALLOC_GOTO(w->refits, e->mem, e->finalists, "the refits", err, done);
    choose_refits(w, results, survivors, n_survivors);
    step->rungs = schedule.n_rungs;
    for (int64_t i = 0; i < w->n_candidates; i++)
        step->rows += results[i].rows;
    FW_TRY_GOTO(record_screen(w, results, err), done);
done:
    fw_free(e->mem, results);
    fw_free(e->mem, survivors);
    return status;
}

static enum fw_status choose_unscreened(struct work *w, struct fw_error *err)
{
    struct fw_expansion *e = w->e;
    int64_t chosen = e->driver->choose(w->candidates, w->n_candidates, e->finalists, e->options->seed, w->step);
    FW_ALLOC(w->refits, e->mem, chosen, "the refits", err);
    for (w->n_refits = 0; w->n_refits < chosen; w->n_refits++)
        w->refits[w->n_refits] = (struct fw_refit){.candidate = w->candidates[w->n_refits], .screen_value = NAN};
    return FW_OK;
}

/* Refits in hand: the crosses as fields, and their models. */
struct batch {
    struct fw_field *columns;      /* (room) */
    const struct fw_field **extra; /* (room + 1) with the control last */
    struct fw_crossfit **models;   /* (room + 1) */
    int64_t *refit;                /* (room) index into work.refits */
    int32_t n, room;
};

static void empty_batch(struct batch *b, struct fw_allocator *mem)
{
    for (int32_t i = 0; i < b->n; i++) {
        fw_field_clear(&b->columns[i], mem);
        fw_crossfit_destroy(b->models[i]);
        b->models[i] = NULL;
    }
    b->n = 0;
}

static void clear_batch(struct batch *b, struct fw_allocator *mem)
{
    empty_batch(b, mem);
    fw_free(mem, b->columns);
    fw_free(mem, b->extra);
    fw_free(mem, b->models);
    fw_free(mem, b->refit);
}

static enum fw_status create_batch(struct batch *b, int32_t room, struct fw_allocator *mem, struct fw_error *err)
{
    b->room = room;
    FW_ALLOC(b->columns, mem, room, "the refits", err);
    FW_ALLOC(b->extra, mem, room + 1, "the refits", err);
    FW_ALLOC(b->models, mem, room + 1, "the refits", err);
    FW_ALLOC(b->refit, mem, room, "the refits", err);
    return FW_OK;
}

/* Learns the cross of a refit exactly, as a column of ids. */
static enum fw_status make_column(struct fw_field *out, struct fw_refit *refit, const struct fw_expansion *e,
                                  struct fw_error *err)
{
    struct fw_cross_map *map = NULL;
    FW_TRY(fw_cross_map_learn(&map, e->dataset, &refit->candidate.cross, &e->options->cross, e->mem, err));
    enum fw_status status = fw_cross_map_apply(out, map, e->dataset, e->mem, err);
    refit->ids = fw_cross_map_size(map);
    refit->form = fw_cross_map_form(map);
    refit->collision = fw_cross_map_collision(map);
    fw_cross_map_destroy(map);
    if (status == FW_OK)
        refit->bytes = e->dataset->n_rows * out->width + refit->ids * (int64_t)sizeof(double);
    return status;
}

static enum fw_status make_columns(struct batch *b, struct work *w, struct fw_error *err)
{
    struct fw_par_failure failure = {0};
    int threads = fw_par_threads(w->e->options->threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int32_t i = 0; i < b->n; i++) {
        struct fw_error own = {0};
        fw_par_failure_note(&failure, i, make_column(&b->columns[i], &w->refits[b->refit[i]], w->e, &own), &own);
        b->extra[i] = &b->columns[i];
    }
    return fw_par_failure_status(&failure, err);
}

static enum fw_status fit_batch(struct batch *b, struct work *w, bool with_control, struct fw_error *err)
{
    struct fw_expansion *e = w->e;
    FW_TRY(make_columns(b, w, err));
    b->extra[b->n] = &e->control;
    struct fw_backfit_options options = w->ground.options.refit;
    options.threads = e->options->threads;
    options.budget = e->budget;
    FW_TRY(fw_crossfit_extend(b->models, w->set->model, w->fields, w->n_fields, b->extra, b->n + (with_control ? 1 : 0),
                              &options, err));
    if (!with_control)
        return FW_OK;
    enum fw_status status = fw_baseline_set(e->against, judged_view(e, b->models[b->n]->logit), e->workspace, err);
    fw_crossfit_destroy(b->models[b->n]);
    b->models[b->n] = NULL;
    return status;
}

/* Cross-fitting judges each row by weights that the other rows gave, so every pair of rows counts twice: when a cross
 * is noise its gain is a degenerate U-statistic with twice the variance that the rows' own differences show. Measured
 * on tables with nothing planted, the plain standard error accepted ten times as often as its level says. */
static double widening(const struct fw_dataset *dataset)
{
    return dataset->n_judged == dataset->n_folds ? 1.4142135623730951 : 1;
}

/* Judges a batch against the control. z: how many standard errors the gain must exceed. */
static enum fw_status judge_batch(struct batch *b, struct work *w, double z, double seconds, struct fw_error *err)
{
    struct fw_expansion *e = w->e;
    for (int32_t i = 0; i < b->n; i++) {
        struct fw_comparison c;
        struct fw_refit *refit = &w->refits[b->refit[i]];
        FW_TRY(fw_baseline_compare(&c, e->against, b->models[i]->logit, e->workspace, err));
        const struct fw_gain *gain = e->options->objective == FW_OBJECTIVE_AUC ? &c.auc : &c.logloss;
        refit->objective = objective_of(e, c.auc_candidate, c.logloss_candidate);
        refit->gain = gain->value;
        double half = z * widening(e->dataset) * gain->se;
        refit->gain_low = gain->value - half;
        refit->gain_high = gain->value + half;
        refit->logloss = c.logloss_candidate;
        refit->logloss_gain = c.logloss.value;
        refit->seconds = seconds / b->n;
    }
    return FW_OK;
}

/* The children kept so far, largest gain first. */
struct brood {
    struct fw_feature_set **sets;
    double *gains;
    int32_t n, room;
};

/* The column becomes a field of the data set, unless another set of the beam brought it there before. */
static enum fw_status field_of(int32_t *out, struct fw_expansion *e, struct fw_field *column, struct fw_error *err)
{
    for (int32_t f = e->n_base; f < e->dataset->n_fields; f++) {
        if (strcmp(e->dataset->fields[f].name, column->name) == 0) {
            *out = f;
            return FW_OK;
        }
    }
    FW_TRY(fw_dataset_append(e->dataset, column, err));
    *out = e->dataset->n_fields - 1;
    return FW_OK;
}

static enum fw_status make_child(struct fw_feature_set **out, struct work *w, const struct fw_refit *refit,
                                 struct fw_field *column, struct fw_crossfit **model, struct fw_error *err)
{
    struct fw_feature_set *child;
    int32_t field = 0;
    FW_ALLOC(child, w->e->mem, 1, "a feature set", err);
    enum fw_status status = field_of(&field, w->e, column, err);
    if (status != FW_OK) {
        fw_free(w->e->mem, child);
        return status;
    }
    w->n_fields = fw_feature_set_fields(w->set, w->fields); /* appending may have moved them */
    *child = *w->set;
    child->model = *model;
    *model = NULL;
    child->objective = refit->objective;
    child->trial = refit->trial;
    child->crosses[child->n_crosses++] = (struct fw_added_cross){.cross = refit->candidate.cross,
                                                                 .field = field,
                                                                 .gain = refit->gain,
                                                                 .gain_low = refit->gain_low,
                                                                 .gain_high = refit->gain_high,
                                                                 .objective = refit->objective,
                                                                 .trial = refit->trial};
    *out = child;
    return FW_OK;
}

/* Whether a refit deserves to be a child next to those kept so far. */
static bool is_wanted(const struct brood *brood, const struct fw_refit *refit, double min_gain)
{
    return refit->gain_low > 0 && refit->gain >= min_gain &&
           (brood->n < brood->room || refit->gain > brood->gains[brood->n - 1]);
}

static enum fw_status keep_child(struct brood *brood, struct work *w, const struct fw_refit *refit,
                                 struct fw_field *column, struct fw_crossfit **model, struct fw_error *err)
{
    struct fw_feature_set *child = NULL;
    FW_TRY(make_child(&child, w, refit, column, model, err));
    if (brood->n == brood->room)
        fw_feature_set_destroy(brood->sets[--brood->n]);
    int32_t at = brood->n++;
    for (; at > 0 && brood->gains[at - 1] < refit->gain; at--) {
        brood->sets[at] = brood->sets[at - 1];
        brood->gains[at] = brood->gains[at - 1];
    }
    brood->sets[at] = child;
    brood->gains[at] = refit->gain;
    return FW_OK;
}

/* A refit that the log remembers is fitted again only when it is wanted as a child. */
static enum fw_status revive(struct brood *brood, struct work *w, int64_t r, struct fw_error *err)
{
    struct batch b = {0};
    enum fw_status status = FW_OK;
    struct fw_refit kept = w->refits[r];
    FW_TRY_GOTO(create_batch(&b, 1, w->e->mem, err), done);
    b.refit[0] = r;
    b.n = 1;
    FW_TRY_GOTO(fit_batch(&b, w, false, err), done);
    FW_TRY_GOTO(keep_child(brood, w, &kept, &b.columns[0], &b.models[0], err), done);
done:
    clear_batch(&b, w->e->mem);
    return status;
}

/* How many refits are held at a time. */
enum { batch_room = 16 };

/* Fits, judges and records the refits that are new, batch by batch; wanted ones stay as children. */
static enum fw_status refit_new(struct brood *brood, struct work *w, double z, struct fw_error *err)
{
    struct fw_expansion *e = w->e;
    struct batch b = {0};
    enum fw_status status = FW_OK;
    bool with_control = true;
    FW_TRY_GOTO(create_batch(&b, e->finalists < batch_room ? e->finalists : batch_room, e->mem, err), done);
    for (int64_t r = 0; r < w->n_refits;) {
        double started = fw_clock_seconds();
        int64_t first = r;
        for (; r < w->n_refits && b.n < b.room; r++) {
            if (!w->refits[r].remembered)
                b.refit[b.n++] = r;
        }
        if (b.n == 0)
            break;
        FW_TRY_GOTO(fit_batch(&b, w, with_control, err), done);
        with_control = false; /* the control is the same for all batches */
        FW_TRY_GOTO(judge_batch(&b, w, z, fw_clock_seconds() - started, err), done);
        FW_TRY_GOTO(fw_trial_write_refits(e->log, e->study, w->step, w->set, w->refits + first, r - first, e->mem, err),
                    done);
        for (int32_t i = 0; i < b.n; i++) {
            w->refits[b.refit[i]].remembered = true;
            if (is_wanted(brood, &w->refits[b.refit[i]], e->options->min_gain))
                FW_TRY_GOTO(keep_child(brood, w, &w->refits[b.refit[i]], &b.columns[i], &b.models[i], err), done);
        }
        empty_batch(&b, e->mem);
    }
done:
    clear_batch(&b, e->mem);
    return status;
}

static enum fw_status refit(struct brood *brood, struct work *w, struct fw_error *err)
{
    struct fw_expansion *e = w->e;
    double z = fw_significance_threshold(e->options->significance, w->n_refits);
    for (int64_t r = 0; r < w->n_refits; r++)
        FW_TRY(fw_trial_recall(&w->refits[r], e->log, e->study, w->set, e->mem, err));
    for (int64_t r = 0; r < w->n_refits; r++) {
        if (w->refits[r].remembered && is_wanted(brood, &w->refits[r], e->options->min_gain))
            FW_TRY(revive(brood, w, r, err));
    }
    return refit_new(brood, w, z, err);
}

static enum fw_status report(struct fw_study_step *step, struct work *w, const struct brood *brood,
                             struct fw_error *err)
{
    struct fw_expansion *e = w->e;
    const struct fw_refit *best = NULL;
    for (int64_t r = 0; r < w->n_refits; r++) {
        if (best == NULL || w->refits[r].gain > best->gain)
            best = &w->refits[r];
    }
    step->refits = w->n_refits;
    step->accepted = brood->n > 0;
    if (best == NULL)
        return FW_OK;
    if (brood->n > 0) { /* the largest gain may be noisy: what was accepted is what is told */
        const struct fw_feature_set *child = brood->sets[0];
        for (int64_t r = 0; r < w->n_refits; r++) {
            if (fw_cross_equal(&w->refits[r].candidate.cross, &child->crosses[child->n_crosses - 1].cross))
                best = &w->refits[r];
        }
    }
    step->best = (struct fw_added_cross){.cross = best->candidate.cross,
                                         .gain = best->gain,
                                         .gain_low = best->gain_low,
                                         .gain_high = best->gain_high,
                                         .objective = best->objective,
                                         .trial = best->trial};
    step->best_ids = best->ids;
    step->best_form = best->form;
    step->best_collision = best->collision;
    FW_TRY(fw_cross_name(&step->best_name, &best->candidate.cross, e->dataset, e->mem, err));
    if (brood->n == 0)
        return FW_OK;
    return fw_trial_write_decision(e->log, e->study, w->step, "accept", "largest significant gain of the step's refits",
                                   best, w->set, false, e->mem, err);
}

enum fw_status fw_expansion_run(struct fw_feature_set ***children, int32_t *n_children, struct fw_study_step *step,
                                struct fw_expansion *e, const struct fw_feature_set *set, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct work w = {.e = e, .set = set, .step = step->number};
    struct brood brood = {.room = e->options->beam_width};
    double started = fw_clock_seconds();
    FW_ALLOC_GOTO(brood.sets, e->mem, brood.room, "the children of a set", err, done);
    FW_ALLOC_GOTO(brood.gains, e->mem, brood.room, "the children of a set", err, done);
    FW_TRY_GOTO(list_candidates(&w, step, err), done);
    step->candidates = w.n_candidates;
    if (w.n_candidates == 0)
        goto done;
    fw_expansion_phase(e, "screen", step->number);
    FW_TRY_GOTO(prepare_ground(&w, err), done);
    if (e->driver->screens)
        FW_TRY_GOTO(screen(&w, step, err), done);
    else
        FW_TRY_GOTO(choose_unscreened(&w, err), done);
    step->screen_seconds = fw_clock_seconds() - started;
    fw_expansion_phase(e, "refit", step->number);
    started = fw_clock_seconds();
    FW_TRY_GOTO(refit(&brood, &w, err), done);
    step->refit_seconds = fw_clock_seconds() - started;
    FW_TRY_GOTO(report(step, &w, &brood, err), done);
    *children = brood.sets;
    *n_children = brood.n;
    brood.sets = NULL;
    brood.n = 0;
done:
    for (int32_t i = 0; i < brood.n; i++)
        fw_feature_set_destroy(brood.sets[i]);
    fw_free(e->mem, brood.sets);
    fw_free(e->mem, brood.gains);
    fw_free(e->mem, w.fields);
    fw_free(e->mem, w.candidates);
    fw_free(e->mem, w.refits);
    return status;
}
