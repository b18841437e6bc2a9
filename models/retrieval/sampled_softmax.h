/* Sampled softmax: the loss of the item that came next against items drawn at random (Jean et al. 2015, section 3; the
 * correction in the form of candidate sampling: Bengio and Senecal 2008, Yi et al. 2019, eq. 3).
 *
 * K negatives j, drawn with probability q_j and shared by the batch, stand for all items. From each score the log of
 * the number of times that its item is expected among the draws is taken, log(K q_j), also from the target's own:
 *
 *     loss = -log( e^(s_t - c_t) / (e^(s_t - c_t) + sum_j e^(s_j - c_j)) ),   c_i = log(K q_i)
 *
 * so that popular items, which are drawn more often, are not pushed down for it: the scores learn log p(item | user)
 * up to a constant, as under the full softmax. Negatives that are the target itself are left out. */
#ifndef FW_MODELS_RETRIEVAL_SAMPLED_SOFTMAX_H
#define FW_MODELS_RETRIEVAL_SAMPLED_SOFTMAX_H

#include <stdbool.h>
#include <stdint.h>

#include "models/engine/real.h"

struct fw_candidates {
    int64_t n_negatives;          /* K */
    const uint32_t *targets;      /* (n) item of each row */
    const fw_real *target_logq;   /* (n) log(K q) of it */
    const uint32_t *negatives;    /* (K) */
    const fw_real *negative_logq; /* (K) */
};

/* Rows [first, first + n). target: (n) in: scores of the targets, out: derivatives of the summed loss by them;
 * negative: (n, K) likewise. Returns the summed loss; NaN when a score is not finite. */
double fw_sampled_softmax(fw_real *restrict target, fw_real *restrict negative, const struct fw_candidates *candidates,
                          int64_t first, int64_t n);

#endif
