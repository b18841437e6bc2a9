#include "models/retrieval/sampled_softmax.h"

#include <math.h>

/* Below every score: what is left out. */
#define LEFT_OUT ((fw_real)-1e30)

/* Takes the corrections off and raises *largest. Returns whether all scores are finite. */
static bool correct(fw_real *restrict scores, const struct fw_candidates *c, uint32_t target, fw_real *largest)
{
    fw_real most = *largest;
    fw_real nothing = 0;
    for (int64_t j = 0; j < c->n_negatives; j++) {
        fw_real x = scores[j] - c->negative_logq[j];
        nothing += x * 0; /* NaN for what is not finite */
        x = c->negatives[j] == target ? LEFT_OUT : x;
        scores[j] = x;
        most = x > most ? x : most;
    }
    *largest = most;
    return nothing == 0;
}

static double judge_row(fw_real *restrict target, fw_real *restrict scores, const struct fw_candidates *c, int64_t row)
{
    fw_real own = *target - c->target_logq[row];
    fw_real largest = own;
    fw_real sum = 0;
    if (!correct(scores, c, c->targets[row], &largest) || !isfinite(own)) {
        for (int64_t j = 0; j < c->n_negatives; j++)
            scores[j] = 0;
        *target = 0;
        return (double)NAN;
    }
    for (int64_t j = 0; j < c->n_negatives; j++)
        scores[j] = scores[j] == LEFT_OUT ? 0 : fw_real_exp(scores[j] - largest);
#pragma omp simd reduction(+ : sum)
    for (int64_t j = 0; j < c->n_negatives; j++)
        sum += scores[j];
    fw_real share = fw_real_exp(own - largest);
    sum += share;
    fw_real scale = 1 / sum;
    for (int64_t j = 0; j < c->n_negatives; j++)
        scores[j] *= scale;
    *target = share * scale - 1;
    return log((double)sum) + (double)(largest - own);
}

double fw_sampled_softmax(fw_real *restrict target, fw_real *restrict negative, const struct fw_candidates *candidates,
                          int64_t first, int64_t n)
{
    double loss = 0;
    for (int64_t i = 0; i < n; i++)
        loss += judge_row(&target[i], negative + i * candidates->n_negatives, candidates, first + i);
    return loss;
}
