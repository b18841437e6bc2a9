/* What generated tables are measured by: a bias that gives a wanted rate, and what the true probabilities reach. Both
 * on a sample of rows that no table has, so that they do not depend on the number of rows asked for. */
#ifndef FW_SPACE_SYNTH_MEASURE_H
#define FW_SPACE_SYNTH_MEASURE_H

#include <stdint.h>

/* Rows of the sample, and the first of them. */
enum { FW_SYNTH_SAMPLE_ROWS = 1 << 16 };
#define FW_SYNTH_SAMPLE_FIRST (INT64_C(1) << 50)

/* 1 / (1 + e^-logit). */
double fw_synth_sigmoid(double logit);

/* The bias with which the mean of sigmoid(bias + logits) (n), weighted by weights (n; NULL: all 1), is `rate`. */
double fw_synth_find_bias(const double *logits, const double *weights, int64_t n, double rate);

/* The mean and the standard deviation of values (n). */
void fw_synth_moments(double *mean_out, double *deviation_out, const double *values, int64_t n);

/* The correlation of a (n) with b (n); 0 when one of them is constant. */
double fw_synth_correlation(const double *a, const double *b, int64_t n);

/* One row of a sample: the score it is ranked by, its true probability of a positive, how much it counts. */
struct fw_synth_case {
    double score, p, weight;
};

struct fw_synth_best {
    double auc, logloss;
};

/* What the scores' order and the true probabilities reach in expectation over the labels; sorts the cases (n). */
struct fw_synth_best fw_synth_measure_best(struct fw_synth_case *cases, int64_t n);

#endif
