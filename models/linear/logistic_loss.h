/* The logistic loss of rows and its derivative by the logit, as one kernel for models that learn in batches. */
#ifndef FW_MODELS_LINEAR_LOGISTIC_LOSS_H
#define FW_MODELS_LINEAR_LOGISTIC_LOSS_H

#include <math.h>
#include <stdint.h>

#include "models/linear/sigmoid.h"

/* Sums over rows, in their order. */
struct fw_loss_sums {
    double loss;     /* w log(1 + exp(-(2y - 1) x)) */
    double weight;   /* w */
    double residual; /* w (p - y) */
};

/* residual: (n) gets w (p - y), the derivative of each row's loss. weights may be NULL (all 1). A logit that is not
 * finite makes the loss NaN. */
static inline struct fw_loss_sums fw_logistic_loss(const float *restrict logit, const float *restrict labels,
                                                   const float *restrict weights, int64_t n, float *restrict residual)
{
    struct fw_loss_sums sums = {0};
    for (int64_t i = 0; i < n; i++) {
        float x = logit[i];
        if (!isfinite(x)) {
            sums.loss = (double)NAN;
            residual[i] = 0;
            continue;
        }
        float w = weights != NULL ? weights[i] : 1.0f;
        float e = fw_exp(-fabsf(x));
        float p = x >= 0 ? 1.0f / (1.0f + e) : e / (1.0f + e);
        residual[i] = w * (p - labels[i]);
        sums.loss += (double)(w * ((x > 0 ? x : 0) - x * labels[i] + log1pf(e)));
        sums.weight += (double)w;
        sums.residual += (double)residual[i];
    }
    return sums;
}

#endif
