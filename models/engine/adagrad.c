/* AdaGrad (Duchi, Hazan, Singer 2011) with FTRL's form of the rate: the sum of squared gradients n is the state.
 *
 *     g <- g + l2 w,   n <- n + g^2,   w <- w - alpha g / (beta + sqrt(n)) - alpha decay w
 *
 * The penalty acts on touched rows only, once a step. */
#include <string.h>

#include "models/engine/optimiser.h"

static void reset(const struct fw_optimiser *self, const fw_real *weight, fw_real *state, int64_t n)
{
    (void)self;
    (void)weight;
    memset(state, 0, (size_t)n * sizeof *state);
}

static void step(const struct fw_optimiser *self, fw_real *restrict weight, fw_real *restrict state, int64_t width,
                 const uint32_t *restrict rows, int64_t n_rows, const fw_real *restrict gradient, fw_real scale)
{
    (void)scale; /* rates follow the gradients, whatever their unit */
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t first = fw_optimiser_row(self, weight, state, width, rows, n_rows, i) * width;
        for (int64_t k = 0; k < width; k++) {
            fw_real *w = weight + first + k;
            fw_real g = gradient[i * width + k] + self->l2 * *w;
            state[first + k] += g * g;
            *w -= self->rate * (g / (self->beta + fw_real_sqrt(state[first + k])) + self->decay * *w);
        }
    }
}

const struct fw_optimiser_vtable fw_optimiser_adagrad = {
    .api = FW_OPTIMISER_API,
    .name = "adagrad",
    .summary = "AdaGrad: a rate a weight that falls with the gradients seen",
    .state_per_weight = 1,
    .reset = reset,
    .step = step,
};
