/* Is one set of scores better than another on the same rows, or is it luck?
 *
 * The rows are shared, so the two figures are correlated and the difference is far better known than either: the
 * standard error of the AUC difference is DeLong's for correlated curves, the one of the logloss difference comes from
 * the rows' own differences. All differences are gains: above 0 means that the candidate is better.
 *
 * The baseline's half of the work is kept, so that k candidates against one baseline cost one sort each:
 *
 *     struct fw_baseline *baseline;
 *     FW_TRY(fw_baseline_create(&baseline, n, mem, err));
 *     FW_TRY_GOTO(fw_baseline_set(baseline, parent_view, workspace, err), done);
 *     FW_TRY_GOTO(fw_baseline_compare(&comparison, baseline, candidate_scores, workspace, err), done);
 *     bool accept = comparison.auc.z > fw_significance_threshold(0.05, n_candidates);
 *
 * Nothing but `create` allocates. A baseline that is set may be compared with from many threads, each with its own
 * workspace. */
#ifndef FW_EVALUATORS_SIGNIFICANCE_H
#define FW_EVALUATORS_SIGNIFICANCE_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/numeric.h"
#include "core/status.h"
#include "evaluators/metrics.h"

/* A difference, above 0 when the candidate is better. */
struct fw_gain {
    double value;
    double se; /* standard error of `value`; NaN when it cannot be known (one class, a single row) */
    double z;  /* value / se; 0 when both are 0 up to rounding; infinite when only se is; NaN with se */
};

struct fw_comparison {
    double auc_candidate; /* NaN when one class is absent, and then so is `auc` */
    double logloss_candidate;
    struct fw_gain auc;     /* candidate - baseline */
    struct fw_gain logloss; /* baseline - candidate */
};

struct fw_baseline;

/* Memory (16 bytes a row) for baselines of up to max_rows rows. FW_E_ARG above FW_METRICS_MAX_ROWS, FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_baseline_create(struct fw_baseline **out, int64_t max_rows, struct fw_allocator *mem,
                                  struct fw_error *err);
void fw_baseline_destroy(struct fw_baseline *baseline); /* NULL is a no-op */

/* Takes in the rows and the scores that candidates are measured against. Labels and weights of `view` are borrowed
 * until the next set or destroy, its scores for the call only. Failures as in fw_metrics_compute; the baseline must
 * then be set again before it is used. */
FW_NODISCARD
enum fw_status fw_baseline_set(struct fw_baseline *baseline, struct fw_scored_view view,
                               struct fw_metrics_workspace *workspace, struct fw_error *err);

/* The baseline's own figures. */
double fw_baseline_auc(const struct fw_baseline *baseline);
double fw_baseline_logloss(const struct fw_baseline *baseline);

/* Compares scores (n: the rows given to set) with the baseline. FW_E_NUMERIC when a score is not finite. */
FW_NODISCARD
enum fw_status fw_baseline_compare(struct fw_comparison *out, const struct fw_baseline *baseline, const float *scores,
                                   struct fw_metrics_workspace *workspace, struct fw_error *err);

/* Two-sided interval of a gain at a level in (0, 1), such as 0.95: value -+ quantile * se. */
void fw_gain_interval(double *low_out, double *high_out, const struct fw_gain *gain, double level);

/* Standard normal tail P(Z > z), accurate far out; its inverse is fw_normal_quantile (core/numeric.h). */
double fw_normal_tail(double z);

/* The z that one of n_tests one-sided tests must pass for an overall error of at most alpha (Bonferroni): tests below
 * 1 count as 1. */
double fw_significance_threshold(double alpha, int64_t n_tests);

#endif
