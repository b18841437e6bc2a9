/* The inner product of short vectors, for loops over rows. */
#ifndef FW_MODELS_ENGINE_VECTOR_H
#define FW_MODELS_ENGINE_VECTOR_H

#include <stdint.h>

#include "models/engine/real.h"

/* sum_k a[k] b[k], in an order that hangs on n alone. */
static inline fw_real fw_dot(const fw_real *a, const fw_real *b, int64_t n)
{
    fw_real sum = 0;
#ifdef _OPENMP /* headers also compile without */
#    pragma omp simd reduction(+ : sum)
#endif
    for (int64_t k = 0; k < n; k++)
        sum += a[k] * b[k];
    return sum;
}

#endif
