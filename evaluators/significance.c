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

/* Coefficients of rising powers. */
static double polynomial(const double c[8], double x)
{
    double sum = c[7];
    for (int i = 6; i >= 0; i--)
        sum = sum * x + c[i];
    return sum;
}

/* Wichura 1988, algorithm AS 241, PPND16: three rational approximations, relative error about 1e-16. */
double fw_normal_quantile(double p)
{
    static const double middle[2][8] = {{3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
                                         1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                         3.3430575583588128105e+4, 2.5090809287301226727e+3},
                                        {1.0, 4.2313330701600911252e+1, 6.8718700749205790830e+2,
                                         5.3941960214247511077e+3, 2.1213794301586595867e+4, 3.9307895800092710610e+4,
                                         2.8729085735721942674e+4, 5.2264952788528545610e+3}};
    static const double near[2][8] = {{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
                                       3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
                                       2.27238449892691845833e-2, 7.74545014278341407640e-4},
                                      {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0,
                                       6.89767334985100004550e-1, 1.48103976427480074590e-1, 1.51986665636164571966e-2,
                                       5.47593808499534494600e-4, 1.05075007164441684324e-9}};
    static const double far[2][8] = {{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
                                      2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                      2.71155556874348757815e-5, 2.01033439929228813265e-7},
                                     {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1,
                                      1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5,
                                      1.42151175831644588870e-7, 2.04426310338993978564e-15}};
    if (!(p >= 0 && p <= 1))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        double r = 0.180625 - q * q;
        return q * polynomial(middle[0], r) / polynomial(middle[1], r);
    }
    double r = sqrt(-log(q < 0 ? p : 1 - p));
    double x = r <= 5 ? polynomial(near[0], r - 1.6) / polynomial(near[1], r - 1.6)
                      : polynomial(far[0], r - 5) / polynomial(far[1], r - 5);
    return q < 0 ? -x : x;
}

double fw_normal_tail(double z)
{
    return 0.5 * erfc(z * 0.70710678118654752440);
}

double fw_significance_threshold(double alpha, int64_t n_tests)
{
    return -fw_normal_quantile(alpha / (n_tests > 1 ? (double)n_tests : 1.0));
}
