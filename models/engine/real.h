/* The number that the engine computes in: float, or double in the build that checks gradients against finite
 * differences (FW_REAL_DOUBLE, tests only). Everything that touches parameters or activations is written in fw_real. */
#ifndef FW_MODELS_ENGINE_REAL_H
#define FW_MODELS_ENGINE_REAL_H

#include <math.h>

#ifdef FW_REAL_DOUBLE
typedef double fw_real;
#else
typedef float fw_real;
#endif

#include "models/linear/sigmoid.h"

static inline fw_real fw_real_sqrt(fw_real x)
{
#ifdef FW_REAL_DOUBLE
    return sqrt(x);
#else
    return sqrtf(x);
#endif
}

static inline fw_real fw_real_abs(fw_real x)
{
#ifdef FW_REAL_DOUBLE
    return fabs(x);
#else
    return fabsf(x);
#endif
}

static inline fw_real fw_real_copysign(fw_real size, fw_real sign)
{
#ifdef FW_REAL_DOUBLE
    return copysign(size, sign);
#else
    return copysignf(size, sign);
#endif
}

static inline fw_real fw_real_exp(fw_real x)
{
#ifdef FW_REAL_DOUBLE
    return exp(x);
#else
    return fw_exp(x);
#endif
}

static inline fw_real fw_real_sigmoid(fw_real x)
{
    return 1 / (1 + fw_real_exp(-x));
}

static inline fw_real fw_real_tanh(fw_real x)
{
    return 1 - 2 / (1 + fw_real_exp(2 * x));
}

/* log(1 + x) for x in [0, 1], relative error below 2e-7: 2 artanh(x / (2 + x)) as a series, so that loops vectorise. */
static inline fw_real fw_real_log1p(fw_real x)
{
#ifdef FW_REAL_DOUBLE
    return log1p(x);
#else
    float s = x / (2 + x);
    float q = s * s;
    float p = 1.0f / 13;
    p = p * q + 1.0f / 11;
    p = p * q + 1.0f / 9;
    p = p * q + 1.0f / 7;
    p = p * q + 1.0f / 5;
    p = p * q + 1.0f / 3;
    p = p * q + 1;
    return 2 * s * p;
#endif
}

/* log(1 + e^x) without overflow. */
static inline fw_real fw_real_softplus(fw_real x)
{
    return (x > 0 ? x : 0) + fw_real_log1p(fw_real_exp(-fw_real_abs(x)));
}

#endif
