#include "space/scaling.h"

#include <math.h>

/* A column is scaled as it is unless its skewness is at least this large, and the logarithm's is below this share of
 * it: small differences between small skewnesses are noise, and the plain number is what people expect. */
#define SKEWNESS_KEPT 0.5
#define SKEWNESS_GAIN 0.5

struct moments {
    double mean;
    double scale;    /* 1 / standard deviation; 0: constant, or beyond the range of doubles */
    double skewness; /* absolute */
};

static double transform(bool logarithmic, double value)
{
    return logarithmic ? copysign(log1p(fabs(value)), value) : value;
}

static struct moments measure(bool logarithmic, const double *values, int64_t n)
{
    double sum = 0;
    double least = INFINITY;
    double most = -INFINITY;
    for (int64_t i = 0; i < n; i++) {
        double t = transform(logarithmic, values[i]);
        sum += t;
        least = t < least ? t : least;
        most = t > most ? t : most;
    }
    /* rounding gives equal values a deviation from their mean, so that constants are told by their range */
    if (n == 0 || least == most)
        return (struct moments){0};
    struct moments m = {.mean = sum / (double)n};
    double squares = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = transform(logarithmic, values[i]) - m.mean;
        squares += d * d;
    }
    m.scale = 1 / sqrt(squares / (double)n);
    if (!isfinite(m.mean) || !isfinite(m.scale) || m.scale == 0)
        return (struct moments){0};
    double cubes = 0;
    for (int64_t i = 0; i < n; i++) {
        double z = (transform(logarithmic, values[i]) - m.mean) * m.scale;
        cubes += z * z * z;
    }
    m.skewness = fabs(cubes / (double)n);
    return m;
}

void fw_scaling_learn(struct fw_scaling *out, const double *values, int64_t n)
{
    struct moments best = measure(false, values, n);
    bool logarithmic = false;
    /* values whose squares leave the range of doubles have no plain scale, but a logarithm */
    if (best.scale == 0 || best.skewness >= SKEWNESS_KEPT) {
        struct moments other = measure(true, values, n);
        logarithmic = other.scale > 0 && (best.scale == 0 || other.skewness < SKEWNESS_GAIN * best.skewness);
        best = logarithmic ? other : best;
    }
    *out = (struct fw_scaling){.logarithmic = logarithmic, .mean = best.mean, .scale = best.scale};
}

float fw_scaling_apply(const struct fw_scaling *scaling, double value)
{
    if (isnan(value) || scaling->scale == 0)
        return 0;
    double z = (transform(scaling->logarithmic, value) - scaling->mean) * scaling->scale;
    return (float)(z < -FW_SCALING_CLIP ? -FW_SCALING_CLIP : z > FW_SCALING_CLIP ? FW_SCALING_CLIP : z);
}

void fw_scaling_write(const struct fw_scaling *scaling, struct fw_buffer *buffer)
{
    fw_bytes_put_u32(buffer, scaling->logarithmic);
    fw_bytes_put_f64(buffer, scaling->mean);
    fw_bytes_put_f64(buffer, scaling->scale);
}

enum fw_status fw_scaling_read(struct fw_scaling *out, struct fw_bytes_reader *reader, struct fw_error *err)
{
    uint32_t logarithmic = 0;
    struct fw_scaling scaling = {0};
    FW_TRY(fw_bytes_get_u32(&logarithmic, reader, err));
    FW_TRY(fw_bytes_get_f64(&scaling.mean, reader, err));
    FW_TRY(fw_bytes_get_f64(&scaling.scale, reader, err));
    if (logarithmic > 1 || !isfinite(scaling.mean) || !isfinite(scaling.scale) || scaling.scale < 0)
        return fw_bytes_corrupt(reader, err);
    scaling.logarithmic = logarithmic == 1;
    *out = scaling;
    return FW_OK;
}
