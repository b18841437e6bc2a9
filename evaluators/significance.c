#include "evaluators/significance.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct fw_baseline {
    int64_t max_rows;
    struct fw_scored_view view; /* scores are NULL: they are not kept */
    struct fw_label_totals totals;
    double auc; /* NaN: one class is absent and placements are not set */
    double logloss;
    double *placements; /* (max_rows) DeLong's placement value of each row */
    double *losses;     /* (max_rows) */
    struct fw_allocator *mem;
};

enum { LOSS_BLOCK = 512 };

enum fw_status fw_baseline_create(struct fw_baseline **out, int64_t max_rows, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    if (max_rows < 0 || max_rows > FW_METRICS_MAX_ROWS)
        return fw_error_set(err, FW_E_ARG, "a comparison over %lld rows; the most is %lld", (long long)max_rows,
                            (long long)FW_METRICS_MAX_ROWS);
    struct fw_baseline *baseline;
    FW_ALLOC(baseline, mem, 1, "a baseline", err);
    baseline->mem = mem;
    baseline->max_rows = max_rows;
    baseline->placements = fw_alloc_array_raw(mem, max_rows, sizeof *baseline->placements);
    baseline->losses = fw_alloc_array_raw(mem, max_rows, sizeof *baseline->losses);
    if (baseline->placements == NULL || baseline->losses == NULL) {
        fw_baseline_destroy(baseline);
        return fw_error_nomem(err, mem, "placements and losses", max_rows, 2 * sizeof(double));
    }
    *out = baseline;
    return FW_OK;
}

void fw_baseline_destroy(struct fw_baseline *baseline)
{
    if (baseline == NULL)
        return;
    fw_free(baseline->mem, baseline->losses);
    fw_free(baseline->mem, baseline->placements);
    fw_free(baseline->mem, baseline);
}

static double weight_of(const struct fw_scored_view *view, int64_t row)
{
    return view->weights != NULL ? (double)view->weights[row] : 1.0;
}

enum fw_status fw_baseline_set(struct fw_baseline *baseline, struct fw_scored_view view,
                               struct fw_metrics_workspace *workspace, struct fw_error *err)
{
    assert(view.n <= baseline->max_rows);
    const double *placements;
    FW_TRY(fw_metrics_totals(&baseline->totals, view, err));
    FW_TRY(fw_metrics_placements(&placements, &baseline->auc, view, &baseline->totals, workspace, err));
    if (placements != NULL)
        memcpy(baseline->placements, placements, (size_t)view.n * sizeof *placements);
    fw_metrics_losses(baseline->losses, view.scores, view.labels, view.n);
    double sum = 0;
    for (int64_t i = 0; i < view.n; i++)
        sum += weight_of(&view, i) * baseline->losses[i];
    baseline->logloss = sum / (baseline->totals.weight[0] + baseline->totals.weight[1]);
    baseline->view = view;
    baseline->view.scores = NULL;
    return FW_OK;
}

double fw_baseline_auc(const struct fw_baseline *baseline)
{
    return baseline->auc;
}

double fw_baseline_logloss(const struct fw_baseline *baseline)
{
    return baseline->logloss;
}

/* Two perfect rankings differ only by the rounding of sums of weights, and the ratio of two roundings must not pass for
 * a z: no real difference is this small together with its error. */
static const double rounding = 1e-13;

static struct fw_gain gain_of(double value, double variance)
{
    struct fw_gain gain = {.value = value, .se = sqrt(variance), .z = NAN};
    if (gain.se <= rounding && fabs(value) <= rounding)
        gain.z = 0;
    else if (!isnan(gain.se))
        gain.z = gain.se > 0 ? value / gain.se : copysign(INFINITY, value);
    return gain;
}

/* DeLong, DeLong and Clarke-Pearson 1988, eq. 5-7 with the contrast (1, -1): the variance of a difference is the
 * variance of the rows' placement differences, which loses no digits when the two curves nearly agree. */
static struct fw_gain auc_gain(const struct fw_baseline *baseline, const double *placements, double auc)
{
    const struct fw_scored_view *view = &baseline->view;
    const struct fw_label_totals *totals = &baseline->totals;
    double difference = auc - baseline->auc;
    double squares[2] = {0, 0};
    for (int64_t i = 0; i < view->n; i++) {
        double deviation = weight_of(view, i) * (placements[i] - baseline->placements[i] - difference);
        squares[view->labels[i] == 1] += deviation * deviation;
    }
    double variance = 0;
    for (int class = 0; class < 2; class ++)
        variance += fw_metrics_mean_variance(squares[class], totals->weight[class], totals->weight_squared[class]);
    return gain_of(difference, variance);
}

/* Also gives the candidate's own mean loss. */
static struct fw_gain logloss_gain(const struct fw_baseline *baseline, const float *scores, double *logloss_out)
{
    const struct fw_scored_view *view = &baseline->view;
    double losses[LOSS_BLOCK];
    double sum = 0;              /* w d, d: baseline's loss - candidate's */
    double squared_weighted = 0; /* w^2 d */
    double squared = 0;          /* w^2 d^2 */
    double own = 0;
    for (int64_t first = 0; first < view->n; first += LOSS_BLOCK) {
        int64_t n = view->n - first < LOSS_BLOCK ? view->n - first : LOSS_BLOCK;
        fw_metrics_losses(losses, scores + first, view->labels + first, n);
        for (int64_t i = 0; i < n; i++) {
            double weight = weight_of(view, first + i);
            double weighted = weight * (baseline->losses[first + i] - losses[i]);
            sum += weighted;
            squared_weighted += weight * weighted;
            squared += weighted * weighted;
            own += weight * losses[i];
        }
    }
    double weight = baseline->totals.weight[0] + baseline->totals.weight[1];
    double weight_squared = baseline->totals.weight_squared[0] + baseline->totals.weight_squared[1];
    double mean = sum / weight;
    double squares = squared - 2 * mean * squared_weighted + mean * mean * weight_squared;
    *logloss_out = own / weight;
    return gain_of(mean, fw_metrics_mean_variance(squares > 0 ? squares : 0, weight, weight_squared));
}

enum fw_status fw_baseline_compare(struct fw_comparison *out, const struct fw_baseline *baseline, const float *scores,
                                   struct fw_metrics_workspace *workspace, struct fw_error *err)
{
    struct fw_scored_view view = baseline->view;
    view.scores = scores;
    const double *placements;
    struct fw_comparison comparison;
    FW_TRY(fw_metrics_placements(&placements, &comparison.auc_candidate, view, &baseline->totals, workspace, err));
    comparison.auc = placements != NULL ? auc_gain(baseline, placements, comparison.auc_candidate)
                                        : (struct fw_gain){.value = NAN, .se = NAN, .z = NAN};
    comparison.logloss = logloss_gain(baseline, scores, &comparison.logloss_candidate);
    *out = comparison;
    return FW_OK;
}

void fw_gain_interval(double *low_out, double *high_out, const struct fw_gain *gain, double level)
{
    assert(level > 0 && level < 1);
    double half = -fw_normal_quantile(0.5 * (1 - level)) * gain->se;
    *low_out = gain->value - half;
    *high_out = gain->value + half;
}

double fw_normal_tail(double z)
{
    return 0.5 * erfc(z * 0.70710678118654752440);
}

double fw_significance_threshold(double alpha, int64_t n_tests)
{
    return -fw_normal_quantile(alpha / (n_tests > 1 ? (double)n_tests : 1.0));
}
