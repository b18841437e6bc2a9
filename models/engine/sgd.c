/* Plain stochastic gradient descent on the mean loss of the batch: w <- w - rate (scale g + (l2 + decay) w).
 *
 * The penalty acts on touched rows only, once a step. */
#include "models/engine/optimiser.h"

static void reset(const struct fw_optimiser *self, const fw_real *weight, fw_real *state, int64_t n)
{
    (void)self;
    (void)weight;
    (void)state;
    (void)n;
}

static void step(const struct fw_optimiser *self, fw_real *restrict weight, fw_real *restrict state, int64_t width,
                 const uint32_t *restrict rows, int64_t n_rows, const fw_real *restrict gradient, fw_real scale)
{
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t first = fw_optimiser_row(self, weight, state, width, rows, n_rows, i) * width;
        for (int64_t k = 0; k < width; k++) {
            fw_real *w = weight + first + k;
            *w -= self->rate * (scale * gradient[i * width + k] + (self->l2 + self->decay) * *w);
        }
    }
}

const struct fw_optimiser_vtable fw_optimiser_sgd = {
    .api = FW_OPTIMISER_API,
    .name = "sgd",
    .summary = "stochastic gradient descent with one rate",
    .reset = reset,
    .step = step,
};
