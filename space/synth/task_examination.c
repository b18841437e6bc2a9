/* Kind "examination": a click is Bernoulli(seen(position)) x Bernoulli(relevance). Rows come in lists, one a user in
 * one context, of different items, best position first. A list is ranked by c z + sqrt(1 - c^2) e, where z is the
 * relevance's logit, standardised, and e standard normal: the same items appear at all positions, and with c > 0
 * relevant ones rather at the top, where clicks are seen. */
#include <math.h>
#include <stdlib.h>

#include "core/numeric.h"
#include "core/rng.h"
#include "space/synth/synth_draw.h"
#include "space/synth/synth_write.h"
#include "space/synth/task_impressions.h"

enum { TRIES = 64 }; /* of drawing an item that the list does not have, before the next free one is taken */

struct model {
    struct fw_examination_synth options;
    struct fw_impressions *shown;
    double seen[FW_TASK_SYNTH_MAX_LIST]; /* by position */
    double deviation;                    /* of the impressions' logits */
    double scale, shift;                 /* the relevance's logit = scale x that of the impression + shift */
    uint64_t noise, seen_stream, relevance_stream;
    struct fw_synth_best relevance, click;
    double mean_relevance[FW_TASK_SYNTH_MAX_LIST], click_rate[FW_TASK_SYNTH_MAX_LIST]; /* by position */
    struct fw_allocator *mem;
};

#define AT(member) offsetof(struct fw_task_synth_options, member)

static const struct fw_task_synth_setting settings[] = {
    {"rows", FW_TASK_SYNTH_WHOLE, AT(rows), 200000, 1, 0x1p48, NULL},
    {"positions", FW_TASK_SYNTH_WHOLE, AT(examination.positions), 10, 2, FW_TASK_SYNTH_MAX_LIST, NULL},
    {"decay", FW_TASK_SYNTH_NUMBER, AT(examination.decay), 1, 0, 10, NULL},
    {"curve", FW_TASK_SYNTH_LIST, AT(examination.curve), 0, 1e-6, 1, NULL},
    {"confounding", FW_TASK_SYNTH_NUMBER, AT(examination.confounding), 0.7, 0, 1, NULL},
    {"relevance", FW_TASK_SYNTH_NUMBER, AT(examination.relevance), 0.2, 1e-6, 1 - 1e-6, NULL},
    {"strength", FW_TASK_SYNTH_NUMBER, AT(examination.strength), 1.5, 0, 100, NULL},
    FW_IMPRESSIONS_SETTINGS(examination.shown),
    {"truth-columns", FW_TASK_SYNTH_FLAG, AT(examination.truth_columns), 0, 0, 0, NULL},
    {NULL, FW_TASK_SYNTH_WHOLE, 0, 0, 0, 0, NULL},
};

static enum fw_status check(const struct fw_task_synth_options *options, struct fw_error *err)
{
    const struct fw_examination_synth *o = &options->examination;
    if (o->curve.n != 0 && o->decay != 1)
        return fw_error_set(err, FW_E_ARG, "decay is %.15g and a curve is given; give one of them", o->decay);
    if (o->curve.n != 0 && o->curve.n != o->positions)
        return fw_error_set(err, FW_E_ARG, "curve has %d values and positions is %lld; give a value for each position",
                            o->curve.n, (long long)o->positions);
    if (o->shown.items < o->positions)
        return fw_error_set(err, FW_E_ARG, "items is %lld and positions is %lld; a list takes as many different items",
                            (long long)o->shown.items, (long long)o->positions);
    return FW_OK;
}

/* A list: the values of its rows in the order of positions, and their logits. */
struct list {
    int64_t *values; /* (n_columns): what all rows have, and the item of the row in hand */
    int64_t items[FW_TASK_SYNTH_MAX_LIST];
    double logits[FW_TASK_SYNTH_MAX_LIST]; /* the impressions' */
};

struct candidate {
    int64_t item;
    double logit, score;
};

static int by_falling_score(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->item > y->item) - (x->item < y->item);
}

static bool is_listed(const struct candidate *candidates, int64_t n, int64_t item)
{
    for (int64_t i = 0; i < n; i++) {
        if (candidates[i].item == item)
            return true;
    }
    return false;
}

static int64_t draw_item(const struct model *model, const struct candidate *before, int64_t n, int64_t index)
{
    int64_t item = 0;
    for (int64_t k = 0; k < TRIES; k++) {
        item = fw_impressions_draw(model->shown, FW_IMPRESSION_ITEM, index * TRIES + k);
        if (!is_listed(before, n, item))
            return item;
    }
    while (is_listed(before, n, item))
        item = (item + 1) % model->options.shown.items;
    return item;
}

static void draw_list(struct list *list, const struct model *model, int64_t number)
{
    struct candidate candidates[FW_TASK_SYNTH_MAX_LIST];
    int64_t n = model->options.positions;
    double c = model->options.confounding;
    for (int64_t k = 0; k < model->shown->n_columns; k++) {
        if (k != FW_IMPRESSION_ITEM)
            list->values[k] = fw_impressions_draw(model->shown, k, number);
    }
    for (int64_t i = 0; i < n; i++) {
        struct candidate *own = &candidates[i];
        double noise = fw_synth_normal_at(model->shown->seed, model->noise, (uint64_t)(number * n + i));
        own->item = list->values[FW_IMPRESSION_ITEM] = draw_item(model, candidates, i, number * n + i);
        own->logit = fw_impressions_logit(model->shown, 0, list->values, NULL);
        own->score = c * own->logit / model->deviation + sqrt(1 - c * c) * noise;
    }
    qsort(candidates, (size_t)n, sizeof *candidates, by_falling_score);
    for (int64_t i = 0; i < n; i++) {
        list->items[i] = candidates[i].item;
        list->logits[i] = candidates[i].logit;
    }
}

static enum fw_status list_create(struct list *list, const struct model *model, struct fw_error *err)
{
    FW_ALLOC(list->values, model->mem, model->shown->n_columns, "a generated list", err);
    return FW_OK;
}

static enum fw_status sample_logits(double *logits, const struct model *model, int64_t lists, struct fw_error *err)
{
    struct list list;
    int64_t n = model->options.positions;
    FW_TRY(list_create(&list, model, err));
    for (int64_t l = 0; l < lists; l++) {
        draw_list(&list, model, FW_SYNTH_SAMPLE_FIRST / n + l);
        for (int64_t i = 0; i < n; i++)
            logits[l * n + i] = list.logits[i];
    }
    fw_free(model->mem, list.values);
    return FW_OK;
}

/* From the relevances (n) of whole lists: what is reached, with the position known for clicks. */
static void measure(struct model *model, const double *relevances, int64_t n, struct fw_synth_case *cases)
{
    int64_t positions = model->options.positions;
    for (int64_t i = 0; i < n; i++) {
        model->mean_relevance[i % positions] += relevances[i] * (double)positions / (double)n;
        cases[i] = (struct fw_synth_case){.score = relevances[i], .p = relevances[i], .weight = 1};
    }
    model->relevance = fw_synth_measure_best(cases, n);
    for (int64_t i = 0; i < n; i++) {
        double p = relevances[i] * model->seen[i % positions];
        cases[i] = (struct fw_synth_case){.score = p, .p = p, .weight = 1};
    }
    model->click = fw_synth_measure_best(cases, n);
    for (int64_t k = 0; k < positions; k++)
        model->click_rate[k] = model->seen[k] * model->mean_relevance[k];
}

static enum fw_status settle(struct model *model, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    int64_t lists = FW_SYNTH_SAMPLE_ROWS / model->options.positions;
    int64_t n = lists * model->options.positions;
    double mean;
    double *logits = NULL;
    struct fw_synth_case *cases = NULL;
    FW_ALLOC_GOTO(logits, model->mem, n, "a sample of logits", err, done);
    FW_ALLOC_GOTO(cases, model->mem, n, "a sample of probabilities", err, done);
    /* the deviation of all logits does not depend on their order, but the order on it: lists are drawn twice */
    model->deviation = 1;
    FW_TRY_GOTO(sample_logits(logits, model, lists, err), done);
    fw_synth_moments(&mean, &model->deviation, logits, n);
    FW_TRY_GOTO(sample_logits(logits, model, lists, err), done);
    model->scale = model->options.strength / model->deviation;
    for (int64_t i = 0; i < n; i++)
        logits[i] *= model->scale;
    model->shift = fw_synth_find_bias(logits, NULL, n, model->options.relevance);
    for (int64_t i = 0; i < n; i++)
        logits[i] = fw_synth_sigmoid(logits[i] + model->shift);
    measure(model, logits, n, cases);
done:
    fw_free(model->mem, cases);
    fw_free(model->mem, logits);
    return status;
}

static void destroy(void *self)
{
    struct model *model = self;
    if (model == NULL)
        return;
    fw_impressions_destroy(model->shown);
    fw_free(model->mem, model);
}

static enum fw_status create(void **out, const struct fw_task_synth_options *options, struct fw_allocator *mem,
                             struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_examination_synth *o = &options->examination;
    struct model *model;
    FW_ALLOC(model, mem, 1, "a generated table's model", err);
    model->mem = mem;
    model->options = *o;
    for (int64_t k = 0; k < o->positions; k++)
        model->seen[k] = o->curve.n > 0 ? o->curve.values[k] : fw_exact_exp(-o->decay * fw_exact_log((double)k + 1));
    model->noise = fw_stream(0, FW_SYNTH_FOR_ERROR, FW_STREAM_SYNTH);
    model->seen_stream = fw_stream(0, FW_SYNTH_FOR_SHOWN, FW_STREAM_SYNTH);
    model->relevance_stream = fw_stream(0, FW_SYNTH_FOR_LABEL, FW_STREAM_SYNTH);
    FW_TRY_GOTO(fw_impressions_create(&model->shown, &o->shown, 0, 1, 0, options->seed, mem, err), done);
    FW_TRY_GOTO(settle(model, err), done);
    *out = model;
    model = NULL;
done:
    destroy(model);
    return status;
}

static void put_header(struct fw_buffer *out, const void *self)
{
    const struct model *model = self;
    fw_buffer_add_text(out, "click,position");
    fw_impressions_put_names(out, model->shown);
    fw_buffer_add_text(out, model->options.truth_columns ? ",true_relevance" : "");
}

static void put_row(struct fw_buffer *out, const struct model *model, struct list *list, int64_t row)
{
    int64_t k = row % model->options.positions;
    double relevance = fw_synth_sigmoid(model->scale * list->logits[k] + model->shift);
    bool seen = fw_rng_uniform_at(model->shown->seed, model->seen_stream, (uint64_t)row) < model->seen[k];
    bool relevant = fw_rng_uniform_at(model->shown->seed, model->relevance_stream, (uint64_t)row) < relevance;
    list->values[FW_IMPRESSION_ITEM] = list->items[k];
    fw_buffer_addf(out, "%d,%lld", seen && relevant, (long long)k + 1);
    fw_impressions_put_cells(out, model->shown, list->values, NULL);
    if (model->options.truth_columns) {
        fw_buffer_add(out, ",", 1);
        fw_synth_put_number(out, relevance, 8);
    }
    fw_buffer_add(out, "\n", 1);
}

static enum fw_status put_rows(struct fw_buffer *out, const void *self, int64_t row, int64_t n, struct fw_error *err)
{
    const struct model *model = self;
    int64_t positions = model->options.positions;
    struct list list;
    FW_TRY(list_create(&list, model, err));
    for (int64_t r = row; r < row + n; r++) {
        if (r == row || r % positions == 0)
            draw_list(&list, model, r / positions);
        put_row(out, model, &list, r);
    }
    fw_free(model->mem, list.values);
    return FW_OK;
}

static bool add_truth(cJSON *root, const void *self)
{
    const struct model *model = self;
    int64_t n = model->options.positions;
    cJSON *best = cJSON_AddObjectToObject(root, "best");
    return best != NULL && fw_task_synth_add_best(best, "relevance", &model->relevance) &&
           fw_task_synth_add_best(best, "click", &model->click) &&
           fw_task_synth_add_numbers(root, "seen", model->seen, n) &&
           fw_task_synth_add_numbers(root, "mean_relevance", model->mean_relevance, n) &&
           fw_task_synth_add_numbers(root, "click_rate", model->click_rate, n);
}

const struct fw_task_synth_vtable fw_task_synth_examination = {.name = "examination",
                                                               .settings = settings,
                                                               .check = check,
                                                               .create = create,
                                                               .destroy = destroy,
                                                               .put_header = put_header,
                                                               .put_rows = put_rows,
                                                               .add_truth = add_truth};
