#include "support/scored.h"

#include <math.h>

static double weight_of(const struct scored *set, int64_t i)
{
    return set->weighted ? (double)set->weights[i] : 1.0;
}

void scored_fill(struct scored *set, struct fw_rng *rng, int64_t n)
{
    set->n = n;
    set->weighted = fw_rng_below(rng, 2) == 1;
    bool ties = fw_rng_below(rng, 2) == 1;
    for (int64_t i = 0; i < n; i++) {
        set->labels[i] = i < 2 ? (float)i : fw_rng_uniform(rng) < 0.4 ? 1.0F : 0.0F;
        double common = fw_rng_normal(rng) + 0.8 * (double)set->labels[i];
        double scores[2] = {common + 0.3 * fw_rng_normal(rng), common + 0.6 * fw_rng_normal(rng)};
        set->scores[i] = (float)(ties ? round(2 * scores[0]) / 2 : scores[0]);
        set->rival[i] = (float)(ties ? round(2 * scores[1]) / 2 : scores[1]);
        /* rows 0 and 1 keep both classes present; a few others count for nothing */
        set->weights[i] = i > 1 && fw_rng_below(rng, 8) == 0 ? 0.0F : (float)(0.1 + 3 * fw_rng_uniform(rng));
    }
}

struct fw_scored_view scored_view(const struct scored *set, const float *scores)
{
    return (struct fw_scored_view){.scores = scores,
                                   .labels = set->labels,
                                   .weights = set->weighted ? set->weights : NULL,
                                   .n = set->n};
}

double scored_placements(struct scored *set, const float *scores)
{
    double pairs = 0;
    double won = 0;
    for (int64_t i = 0; i < set->n; i++) {
        double all = 0;
        double better = 0;
        for (int64_t j = 0; j < set->n; j++) {
            if (set->labels[i] == set->labels[j])
                continue;
            float positive = set->labels[i] == 1 ? scores[i] : scores[j];
            float negative = set->labels[i] == 1 ? scores[j] : scores[i];
            double part = positive > negative ? 1 : positive == negative ? 0.5 : 0;
            all += weight_of(set, j);
            better += weight_of(set, j) * part;
        }
        set->placements[i] = better / all;
        if (set->labels[i] == 1) {
            pairs += weight_of(set, i) * all;
            won += weight_of(set, i) * better;
        }
    }
    return won / pairs;
}

double scored_mean_variance(const struct scored *set, const double *x, int class)
{
    double weight = 0;
    double share_squared = 0;
    double mean = 0;
    for (int64_t i = 0; i < set->n; i++) {
        if (class < 0 || set->labels[i] == (float)class) {
            weight += weight_of(set, i);
            mean += weight_of(set, i) * x[i];
        }
    }
    mean /= weight;
    double variance = 0;
    for (int64_t i = 0; i < set->n; i++) {
        double share = weight_of(set, i) / weight;
        if (class < 0 || set->labels[i] == (float)class) {
            share_squared += share * share;
            variance += share * share * (x[i] - mean) * (x[i] - mean);
        }
    }
    return share_squared < 1 ? variance / (1 - share_squared) : NAN;
}
