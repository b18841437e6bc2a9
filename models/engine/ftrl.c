/* FTRL-Proximal (McMahan et al., KDD 2013, algorithm 1): state z and n a weight.
 *
 *     sigma = (sqrt(n + g^2) - sqrt(n)) / alpha
 *     z <- z + g - sigma w,   n <- n + g^2
 *     w = 0 when |z| <= l1, else -(z - sgn(z) l1) / ((beta + sqrt(n)) / alpha + l2)
 *
 * w depends on its own z and n alone, so that computing it at once, here, is the same as computing it when it is next
 * read. The difference of the roots is taken as g^2 / (sqrt(n + g^2) + sqrt(n)): the same number, but it keeps its
 * digits in single precision when g^2 is small beside n. */

#include "models/engine/optimiser.h"

static fw_real weight_of(const struct fw_optimiser *self, fw_real z, fw_real root)
{
    if (fw_real_abs(z) <= self->l1)
        return 0;
    return -(z - fw_real_copysign(self->l1, z)) / ((self->beta + root) / self->rate + self->l2);
}

/* With n = 0 this z gives back the weight, so that training goes on from weights that came from elsewhere. */
static void reset(const struct fw_optimiser *self, const fw_real *weight, fw_real *state, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        fw_real w = weight[i];
        state[2 * i] = w == 0 ? 0 : -w * (self->beta / self->rate + self->l2) - fw_real_copysign(self->l1, w);
        state[2 * i + 1] = 0;
    }
}

static void step(const struct fw_optimiser *self, fw_real *restrict weight, fw_real *restrict state, int64_t width,
                 const uint32_t *restrict rows, int64_t n_rows, const fw_real *restrict gradient, fw_real scale)
{
    (void)scale; /* rates follow the gradients, whatever their unit */
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t first = fw_optimiser_row(self, weight, state, width, rows, n_rows, i) * width;
        for (int64_t k = 0; k < width; k++) {
            fw_real *w = weight + first + k;
            fw_real *zn = state + 2 * (first + k);
            fw_real g = gradient[i * width + k];
            fw_real before = fw_real_sqrt(zn[1]);
            fw_real after = fw_real_sqrt(zn[1] + g * g);
            fw_real sigma = after > 0 ? g * g / ((after + before) * self->rate) : 0;
            zn[0] += g - sigma * *w;
            zn[1] += g * g;
            *w = weight_of(self, zn[0], after);
        }
    }
}

const struct fw_optimiser_vtable fw_optimiser_ftrl = {
    .api = FW_OPTIMISER_API,
    .name = "ftrl",
    .summary = "FTRL-Proximal: a rate a weight, l1 gives exact zeros",
    .takes_l1 = true,
    .fixed_rate = true,
    .state_per_weight = 2,
    .reset = reset,
    .step = step,
};
