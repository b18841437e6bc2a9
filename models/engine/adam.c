/* Adam (Kingma and Ba 2015) with rows that sleep until they are touched: a step decays the moments of the rows of its
 * batch alone, and the bias correction counts all steps. State m and v a row: (width) of m, then (width) of v.
 *
 *     g <- scale g + l2 w,   m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2
 *     w <- w - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps) - rate decay w
 *
 * decay is the decoupled one of AdamW (Loshchilov and Hutter 2019). */
#include <string.h>

#include "models/engine/optimiser.h"

static const double b1 = 0.9;
static const double b2 = 0.999;
static const double epsilon = 1e-8;

static void reset(const struct fw_optimiser *self, const fw_real *weight, fw_real *state, int64_t n)
{
    (void)self;
    (void)weight;
    memset(state, 0, 2 * (size_t)n * sizeof *state);
}

static void step_row(const struct fw_optimiser *self, fw_real *restrict w, fw_real *restrict m, fw_real *restrict v,
                     const fw_real *restrict gradient, int64_t width, fw_real scale, fw_real rate, fw_real root)
{
    const fw_real keep1 = (fw_real)b1;
    const fw_real keep2 = (fw_real)b2;
    const fw_real take1 = (fw_real)(1 - b1); /* not 1 - keep: the float beside .999 is 5e-5 of the difference off */
    const fw_real take2 = (fw_real)(1 - b2);
    const fw_real small = (fw_real)epsilon;
    const fw_real shrink = self->rate * self->decay;
    for (int64_t k = 0; k < width; k++) {
        fw_real g = scale * gradient[k] + self->l2 * w[k];
        m[k] = keep1 * m[k] + take1 * g;
        v[k] = keep2 * v[k] + take2 * g * g;
        w[k] -= rate * m[k] / (fw_real_sqrt(v[k]) * root + small) + shrink * w[k];
    }
}

static void step(const struct fw_optimiser *self, fw_real *restrict weight, fw_real *restrict state, int64_t width,
                 const uint32_t *restrict rows, int64_t n_rows, const fw_real *restrict gradient, fw_real scale)
{
    double t = self->steps > 0 ? (double)self->steps : 1;
    fw_real rate = (fw_real)((double)self->rate / (1 - pow(b1, t)));
    fw_real root = (fw_real)(1 / sqrt(1 - pow(b2, t)));
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t first = fw_optimiser_row(self, weight, state, width, rows, n_rows, i) * width;
        fw_real *m = state + 2 * first;
        step_row(self, weight + first, m, m + width, gradient + i * width, width, scale, rate, root);
    }
}

const struct fw_optimiser_vtable fw_optimiser_adam = {
    .api = FW_OPTIMISER_API,
    .name = "adam",
    .summary = "Adam: a rate a weight from running moments; rows that no batch touches do not move",
    .state_per_weight = 2,
    .reset = reset,
    .step = step,
};
