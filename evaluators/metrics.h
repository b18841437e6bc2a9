/* How good scores are: AUC, logloss, accuracy, each with its standard error.
 *
 * Inputs are logits, labels 0 or 1 and optional row weights. The AUC is exact: scores are ranked by a radix sort of
 * their bits, ties share their rank, and DeLong's placement values give its standard error in the same pass. Weighted
 * rows count by their weight in every figure; the standard errors take weights as importances of independent rows
 * (scaling all weights changes nothing, a row of weight 0 is as if absent).
 *
 *     struct fw_metrics_workspace *workspace;
 *     FW_TRY(fw_metrics_workspace_create(&workspace, n, mem, err));
 *     struct fw_scored_view view = {.scores = logits, .labels = labels, .weights = NULL, .n = n};
 *     struct fw_metrics metrics;
 *     status = fw_metrics_compute(&metrics, view, workspace, err);
 *     fw_metrics_workspace_destroy(workspace);
 *
 * Nothing but `create` allocates. A workspace serves one thread at a time; make one a thread. Each call runs on the
 * calling thread and adds in the order of the rows, so figures do not depend on the number of threads. */
#ifndef FW_EVALUATORS_METRICS_H
#define FW_EVALUATORS_METRICS_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"

/* Rows with their scores. Borrowed for the call. */
struct fw_scored_view {
    const float *scores;  /* (n) logits, finite */
    const float *labels;  /* (n) 0 or 1 */
    const float *weights; /* (n) finite, not negative; NULL: all 1 */
    int64_t n;            /* at most FW_METRICS_MAX_ROWS */
};

/* A row's index and its label share 32 bits while scores are sorted. */
#define FW_METRICS_MAX_ROWS (INT64_C(1) << 31)

/* A figure with one class present that needs two is NaN, and so is a standard error from a single row. */
struct fw_metrics {
    int64_t rows;
    int64_t positives;      /* rows with label 1 */
    double weight;          /* sum of the row weights */
    double base_rate;       /* weighted share of label 1 */
    double auc, auc_se;     /* in [0, 1]; NaN when one class is absent */
    double logloss;         /* mean, natural logarithm */
    double logloss_se;      /* of that mean */
    double accuracy;        /* a logit above 0 says label 1 */
    double accuracy_se;     /* of that share */
    double baseline;        /* logloss of the base rate as the score of every row: what no features reach */
    double mean_prediction; /* mean probability; far from base_rate: the model is not calibrated */
};

/* Rows, weights and squared weights by label. */
struct fw_label_totals {
    int64_t rows[2];
    double weight[2];
    double weight_squared[2];
};

struct fw_metrics_workspace;

/* Scratch memory (16 bytes a row) for views of up to max_rows rows. FW_E_ARG above FW_METRICS_MAX_ROWS, FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_metrics_workspace_create(struct fw_metrics_workspace **out, int64_t max_rows,
                                           struct fw_allocator *mem, struct fw_error *err);
void fw_metrics_workspace_destroy(struct fw_metrics_workspace *workspace); /* NULL is a no-op */

/* All figures. Fails with FW_E_NUMERIC when a score is not finite, with FW_E_ARG when a label is neither 0 nor 1, a
 * weight is negative or not finite, or no row has a weight above 0; the message names the row (counted from 0). */
FW_NODISCARD
enum fw_status fw_metrics_compute(struct fw_metrics *out, struct fw_scored_view view,
                                  struct fw_metrics_workspace *workspace, struct fw_error *err);

/* The AUC and its standard error (se_out may be NULL) alone; failures as above. NaN when one class is absent. */
FW_NODISCARD
enum fw_status fw_metrics_auc(double *auc_out, double *se_out, struct fw_scored_view view,
                              struct fw_metrics_workspace *workspace, struct fw_error *err);

/* The parts of the AUC, for comparisons of several scores on the same rows (significance.h). */

/* Checks labels and weights and sums them. Failures as in fw_metrics_compute; scores are not looked at. */
FW_NODISCARD
enum fw_status fw_metrics_totals(struct fw_label_totals *out, struct fw_scored_view view, struct fw_error *err);

/* DeLong's placement values in row order: of a positive, the weighted share of negatives that score lower; of a
 * negative, the weighted share of positives that score higher; ties count one half. Their weighted mean over either
 * class is the AUC. *placements_out (n) is borrowed from the workspace until its next use. With one class absent
 * *auc_out is NaN and *placements_out is NULL. FW_E_NUMERIC when a score is not finite. */
FW_NODISCARD
enum fw_status fw_metrics_placements(const double **placements_out, double *auc_out, struct fw_scored_view view,
                                     const struct fw_label_totals *totals, struct fw_metrics_workspace *workspace,
                                     struct fw_error *err);

/* Variance of a weighted mean from the sum of squared weighted deviations: sum(w^2 d^2) / (W^2 - sum(w^2)), which for
 * equal weights is the usual s^2 / n with n - 1 in s^2. NaN when a single row bears all the weight. */
double fw_metrics_mean_variance(double squared_deviations, double weight, double weight_squared);

/* Logloss of each row into losses (n): log(1 + exp(-s)) for label 1, log(1 + exp(s)) for label 0, to within 1e-14
 * relative, 1e-300 absolute; large |s| neither overflow nor cancel. Scores must be finite. */
void fw_metrics_losses(double *restrict losses, const float *restrict scores, const float *restrict labels, int64_t n);

/* The same by the C library's log1p and exp: the reference that tests hold the fast one against. */
void fw_metrics_losses_ref(double *restrict losses, const float *restrict scores, const float *restrict labels,
                           int64_t n);

#endif
