#include "results/insight/compare_figures.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/insight/spread.h"

/* What both sides have to tell. */
struct sides {
    struct fw_metric_list metrics[2];
    const struct fw_trial_record *records[2]; /* NULL: none */
    struct fw_spread spread[2];               /* of the objectives */
    const char *objective;                    /* NULL: the studies' differ */
    bool one_study;
};

/* 97.5 % quantile of Student's t: a spread over few seeds is itself uncertain. */
static double t_quantile(int64_t degrees)
{
    static const double table[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                   2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131};
    int64_t known = sizeof table / sizeof table[0];
    return degrees <= known ? table[degrees - 1] : 1.96 + 2.5 / (double)degrees;
}

/* The value of the whole trial: at step 0, or else at the last step. *step_out may be NULL. */
static double whole_value(const struct fw_metric_list *list, const char *name)
{
    double value = (double)NAN;
    for (int64_t i = 0; i < list->n; i++) {
        if (strcmp(list->rows[i].name, name) != 0)
            continue;
        value = list->rows[i].value; /* by step */
        if (list->rows[i].step == 0)
            break;
    }
    return value;
}

/* The standard error of "best_auc income" is the metric "best_auc_se income". */
static double standard_error(const struct fw_metric_list *list, const char *prefix, const char *name)
{
    char text[256];
    size_t head = strcspn(name, " ");
    snprintf(text, sizeof text, "%s%.*s_se%s", prefix, (int)(head < 100 ? head : 100), name, name + head);
    return whole_value(list, text);
}

/* Of the objective by its own name, or by that of the best epoch. */
static double objective_error(const struct fw_metric_list *list, const char *objective)
{
    double error = standard_error(list, "best_", objective);
    return isnan(error) ? standard_error(list, "", objective) : error;
}

/* What the seeds of both sides say of one run's noise, pooled. NaN: neither has several. */
static double seed_noise(const struct sides *sides)
{
    double squares = 0;
    int64_t degrees = 0;
    for (int s = 0; s < 2; s++) {
        if (sides->spread[s].n < 2)
            continue;
        int64_t own = sides->spread[s].n - 1;
        squares += sides->spread[s].sd * sides->spread[s].sd * (double)own;
        degrees += own;
    }
    if (degrees == 0)
        return (double)NAN;
    return t_quantile(degrees) * sqrt(2 * squares / (double)degrees);
}

static double half_width(const struct fw_trial_record *record)
{
    return record != NULL ? (record->gain_high - record->gain_low) / 2 : (double)NAN;
}

/* Gains are measured row by row against the parent, so that they know differences of one study better than anything
 * else: that of a trial from its parent, and that of two trials of one parent. NaN: there are no such gains. */
static double gain_noise(const struct sides *sides)
{
    const struct fw_trial_record *a = sides->records[0];
    const struct fw_trial_record *b = sides->records[1];
    if (!sides->one_study || a == NULL || b == NULL)
        return (double)NAN;
    if (b->parent == a->number)
        return half_width(b);
    if (a->parent == b->number)
        return half_width(a);
    return a->parent == b->parent ? hypot(half_width(a), half_width(b)) : (double)NAN;
}

/* Noise of the difference of two objectives and what it rests on; the basis is `text`, or NULL. */
static const char *objective_noise(double *noise_out, char text[64], const struct sides *sides)
{
    double errors = (double)NAN;
    if (sides->objective != NULL)
        errors = 1.96 * hypot(objective_error(&sides->metrics[0], sides->objective),
                              objective_error(&sides->metrics[1], sides->objective));
    double gains = gain_noise(sides);
    double seeds = seed_noise(sides);
    if (!isnan(gains))
        errors = gains;
    *noise_out = isnan(errors) ? seeds : isnan(seeds) ? errors : hypot(errors, seeds);
    if (isnan(*noise_out))
        return NULL;
    snprintf(text, 64, "%s", !isnan(gains) ? "gain intervals" : isnan(errors) ? "" : "standard errors");
    if (!isnan(seeds))
        snprintf(text + strlen(text), 64 - strlen(text), "%s%lld and %lld seeds", text[0] != '\0' ? ", " : "",
                 (long long)sides->spread[0].n, (long long)sides->spread[1].n);
    return text;
}

/* Whole numbers with all their digits. */
static void print_number(char out[32], double value)
{
    if (value == floor(value) && fabs(value) < 1e15)
        snprintf(out, 32, "%.0f", value);
    else
        snprintf(out, 32, "%.6g", value);
}

static enum fw_status add_figure(struct fw_comparison_rows *out, enum fw_compare_section section, const char *name,
                                 double a, double b, double noise, const char *basis, struct fw_error *err)
{
    char texts[2][32];
    if (isnan(a) && isnan(b))
        return FW_OK;
    print_number(texts[0], a);
    print_number(texts[1], b);
    struct fw_compare_row row = {.section = section,
                                 .name = name,
                                 .a = isnan(a) ? NULL : texts[0],
                                 .b = isnan(b) ? NULL : texts[1],
                                 .value_a = a,
                                 .value_b = b,
                                 .difference = b - a,
                                 .noise = isnan(b - a) ? (double)NAN : noise,
                                 .basis = isnan(b - a) || isnan(noise) ? NULL : basis,
                                 .equal = a == b};
    if (section == FW_COMPARE_GATE)
        row.equal = !isnan(b - a) && (a > 0) == (b > 0);
    return fw_compare_add(out, &row, err);
}

static double or_none(int64_t value)
{
    return value > 0 ? (double)value : (double)NAN;
}

/* The columns of the trials. */
static enum fw_status add_columns(struct fw_comparison_rows *out, const struct sides *sides, struct fw_error *err)
{
    const struct fw_trial_record none = {.objective = (double)NAN,
                                         .gain = (double)NAN,
                                         .gain_low = (double)NAN,
                                         .gain_high = (double)NAN,
                                         .seconds = (double)NAN};
    const struct fw_trial_record *a = sides->records[0] != NULL ? sides->records[0] : &none;
    const struct fw_trial_record *b = sides->records[1] != NULL ? sides->records[1] : &none;
    char text[64];
    double noise;
    const char *basis = objective_noise(&noise, text, sides);
    FW_TRY(add_figure(out, FW_COMPARE_FIGURE, sides->objective != NULL ? sides->objective : "objective", a->objective,
                      b->objective, noise, basis, err));
    FW_TRY(add_figure(out, FW_COMPARE_FIGURE, "gain", a->gain, b->gain, hypot(half_width(a), half_width(b)),
                      "gain intervals", err));
    FW_TRY(add_figure(out, FW_COMPARE_FIGURE, "bytes", or_none(a->bytes), or_none(b->bytes), (double)NAN, NULL, err));
    FW_TRY(add_figure(out, FW_COMPARE_FIGURE, "seconds", a->seconds, b->seconds, (double)NAN, NULL, err));
    return add_figure(out, FW_COMPARE_FIGURE, "rows", or_none(a->rows), or_none(b->rows), (double)NAN, NULL, err);
}

static bool is_gate(const char *name)
{
    return strncmp(name, "gate ", 5) == 0;
}

static bool is_error(const char *name)
{
    size_t head = strcspn(name, " ");
    return head > 3 && strncmp(name + head - 3, "_se", 3) == 0;
}

static bool knows(const struct fw_metric_list *list, const char *name, int64_t before)
{
    for (int64_t i = 0; i < before; i++) {
        if (strcmp(list->rows[i].name, name) == 0)
            return true;
    }
    return false;
}

/* Whether a metric is the objective, which is shown already, or a mere number of something. */
static bool is_known(const struct sides *sides, const char *name)
{
    if (strcmp(name, "configuration") == 0)
        return true;
    if (strncmp(name, "best_", 5) == 0)
        name += 5;
    return sides->objective != NULL && strcmp(name, sides->objective) == 0;
}

/* One section of the metrics: gates, or the others. */
static enum fw_status add_metrics(struct fw_comparison_rows *out, const struct sides *sides,
                                  enum fw_compare_section section, struct fw_error *err)
{
    for (int side = 0; side < 2; side++) {
        const struct fw_metric_list *list = &sides->metrics[side];
        for (int64_t i = 0; i < list->n; i++) {
            const char *name = list->rows[i].name;
            bool twice = (i > 0 && strcmp(list->rows[i - 1].name, name) == 0) ||
                         (side == 1 && knows(&sides->metrics[0], name, sides->metrics[0].n));
            if (twice || is_error(name) || is_known(sides, name) || is_gate(name) != (section == FW_COMPARE_GATE))
                continue;
            double noise = 1.96 * hypot(standard_error(&sides->metrics[0], "", name),
                                        standard_error(&sides->metrics[1], "", name));
            FW_TRY(add_figure(out, section, name, whole_value(&sides->metrics[0], name),
                              whole_value(&sides->metrics[1], name), noise, "standard errors", err));
        }
    }
    return FW_OK;
}

enum fw_status fw_compare_figures(struct fw_comparison_rows *out, struct fw_store *store, struct fw_compared a,
                                  struct fw_compared b, const struct fw_trial_row *trial_a,
                                  const struct fw_trial_row *trial_b, struct fw_error *err)
{
    const struct fw_compared compared[] = {a, b};
    const struct fw_trial_row *trials[] = {trial_a, trial_b};
    struct sides sides = {.objective = strcmp(a.study->objective, b.study->objective) == 0 ? a.study->objective : NULL,
                          .one_study = a.study->id == b.study->id};
    enum fw_status status = FW_OK;
    for (int s = 0; s < 2; s++) {
        if (trials[s] == NULL)
            continue;
        const char *candidate = compared[s].trial > 0 ? trials[s]->record.candidate : NULL;
        sides.records[s] = &trials[s]->record;
        FW_TRY_GOTO(fw_query_metrics(&sides.metrics[s], store, trials[s]->id, err), done);
        FW_TRY_GOTO(fw_spread_query(&sides.spread[s], store, compared[s].study, candidate, err), done);
    }
    FW_TRY_GOTO(add_metrics(out, &sides, FW_COMPARE_GATE, err), done);
    FW_TRY_GOTO(add_columns(out, &sides, err), done);
    status = add_metrics(out, &sides, FW_COMPARE_FIGURE, err);
done:
    fw_metric_list_clear(&sides.metrics[1]);
    fw_metric_list_clear(&sides.metrics[0]);
    return status;
}
