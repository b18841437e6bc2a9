/* Sums of gradient and curvature by id: what every field-wise Newton step is made of. */
#ifndef FW_MODELS_LINEAR_BUCKET_SUMS_H
#define FW_MODELS_LINEAR_BUCKET_SUMS_H

#include <stdint.h>

/* Two doubles side by side, so that one load, one addition and one store serve both sums. */
typedef double fw_sums __attribute__((vector_size(16)));

/* sums[ids[i]] += (g[i], h[i]) for n rows. */
static inline void fw_bucket_sums_add(fw_sums *restrict sums, const uint32_t *restrict ids, const float *restrict g,
                                      const float *restrict h, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        sums[ids[i]] += (fw_sums){(double)g[i], (double)h[i]};
}

#endif
