/* The logistic function and the two numbers that every field-wise method needs of a row: gradient and curvature of its
 * loss. Own polynomial, so that loops over rows vectorise and results do not hang on the C library's version. */
#ifndef FW_MODELS_LINEAR_SIGMOID_H
#define FW_MODELS_LINEAR_SIGMOID_H

#include <stdint.h>
#include <string.h>

/* e^x for |x| <= 87, relative error below 2e-7: 2^n times a degree-6 polynomial on [-ln2/2, ln2/2]. */
static inline float fw_exp(float x)
{
    x = x > 87.0f ? 87.0f : x < -87.0f ? -87.0f : x;
    float n = x * 1.44269504088896341f;
    n = (n + 12582912.0f) - 12582912.0f; /* round to nearest */
    float r = x - n * 0.693145751953125f;
    r = r - n * 1.42860682030941723212e-6f;
    float p = 1.0f / 720.0f;
    p = p * r + 1.0f / 120.0f;
    p = p * r + 1.0f / 24.0f;
    p = p * r + 1.0f / 6.0f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    uint32_t bits = ((uint32_t)(int32_t)n + 127) << 23; /* of NaN any: p is NaN too */
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

static inline float fw_sigmoid(float x)
{
    return 1.0f / (1.0f + fw_exp(-x));
}

/* For rows of labels y and logits b: g = w (y - p), h = w p (1 - p). weights may be NULL (all 1). */
static inline void fw_gradients(const float *restrict logit, const float *restrict labels,
                                const float *restrict weights, int64_t n, float *restrict g, float *restrict h)
{
    for (int64_t i = 0; i < n; i++) {
        float p = fw_sigmoid(logit[i]);
        g[i] = labels[i] - p;
        h[i] = p * (1.0f - p);
    }
    if (weights != NULL) {
        for (int64_t i = 0; i < n; i++) {
            g[i] *= weights[i];
            h[i] *= weights[i];
        }
    }
}

#endif
