#include "space/synth/synth_draw.h"

#include <math.h>

#include "core/numeric.h"
#include "core/rng.h"

double fw_synth_normal_at(uint64_t seed, uint64_t stream, uint64_t index)
{
    return fw_normal_quantile(((double)(fw_rng_at(seed, stream, index) >> 12) + 0.5) * 0x1p-52);
}

void fw_synth_set_power_law(struct fw_synth_column *column, double power)
{
    double log_end = fw_exact_log((double)column->cardinality + 1);
    bool logarithmic = fabs(1 - power) < 1e-6;
    column->exponent = logarithmic ? 0 : 1 / (1 - power);
    column->span = logarithmic ? log_end : fw_exact_exp(log_end * (1 - power)) - 1;
}

int64_t fw_synth_draw_power_law(const struct fw_synth_column *column, double u)
{
    double log_x = column->exponent == 0 ? u * column->span : column->exponent * fw_exact_log(1 + u * column->span);
    int64_t value = (int64_t)fw_exact_exp(log_x) - 1;
    return value < 0 ? 0 : value < column->cardinality ? value : column->cardinality - 1;
}

void fw_synth_value_shares(double *shares, const struct fw_synth_column *column, int64_t n)
{
    /* distribution function at 1, 2, ..: the inverse of the one that draws cells */
    double below = 0;
    for (int64_t k = 0; k < n; k++) {
        double log_end = fw_exact_log((double)k + 2);
        double upto = column->exponent == 0 ? log_end / column->span
                                            : (fw_exact_exp(log_end / column->exponent) - 1) / column->span;
        shares[k] = upto - below;
        below = upto;
    }
}

void fw_synth_standardise(double *values, const double *shares, int64_t n, double deviation)
{
    double total = 0;
    double mean = 0;
    for (int64_t k = 0; k < n; k++) {
        total += shares[k];
        mean += shares[k] * values[k];
    }
    mean /= total;
    double square = 0;
    for (int64_t k = 0; k < n; k++) {
        values[k] -= mean;
        square += shares[k] * values[k] * values[k];
    }
    for (int64_t k = 0; k < n && square > 0; k++)
        values[k] *= deviation / sqrt(square);
}
