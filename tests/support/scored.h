/* Small sets of scored rows for tests of metrics, and the definitions of the AUC and of DeLong's placement values
 * written out pair by pair, in O(n^2). */
#ifndef FW_TESTS_SUPPORT_SCORED_H
#define FW_TESTS_SUPPORT_SCORED_H

#include <stdbool.h>

#include "core/rng.h"
#include "evaluators/metrics.h"

enum { SCORED_MAX = 512 };

struct scored {
    float scores[SCORED_MAX];
    float rival[SCORED_MAX]; /* a second set of scores, correlated with the first */
    float labels[SCORED_MAX];
    float weights[SCORED_MAX];
    double placements[SCORED_MAX]; /* filled by scored_placements */
    int64_t n;
    bool weighted;
};

/* A random set of n rows with both classes: scores with or without many ties, weights (some 0) or none. */
void scored_fill(struct scored *set, struct fw_rng *rng, int64_t n);

/* The set as a view of its first scores, or of any others. */
struct fw_scored_view scored_view(const struct scored *set, const float *scores);

/* The AUC by its definition over all pairs; fills set->placements too. */
double scored_placements(struct scored *set, const float *scores);

/* Weighted variance of the mean of x over the rows of one class (-1: over all rows), by its definition. */
double scored_mean_variance(const struct scored *set, const double *x, int class);

#endif
