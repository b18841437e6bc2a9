/* A numeric column as one number a row, for models that take numbers beside ids.
 *
 * t is the value itself, or sign(x) log(1 + |x|) for a column so lopsided that the logarithm makes it clearly less so.
 * Scaled is (t - mean) / standard deviation of the training values, clipped to [-FW_SCALING_CLIP, FW_SCALING_CLIP], so
 * that no outlier drowns a layer. Missing is 0, the mean: the column's bins tell a missing value from an average one.
 *
 *     struct fw_scaling scaling;
 *     fw_scaling_learn(&scaling, values, n);
 *     float scaled = fw_scaling_apply(&scaling, 3.5);
 *
 * A small value that owns nothing; safe to use from many threads. */
#ifndef FW_SPACE_SCALING_H
#define FW_SPACE_SCALING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/status.h"

#define FW_SCALING_CLIP 8.0

struct fw_scaling {
    bool logarithmic; /* t(x) is sign(x) log(1 + |x|) */
    double mean;      /* of t(x) on the training values; 0 when scale is 0 */
    double scale;     /* 1 / standard deviation; 0: nothing to tell apart, every value becomes 0 */
};

/* Learns from `values` (n, no NaN), in their order on one thread: equal values give equal bits. */
void fw_scaling_learn(struct fw_scaling *out, const double *values, int64_t n);

/* The scaled value, always finite; NaN (missing) becomes 0. */
float fw_scaling_apply(const struct fw_scaling *scaling, double value);

void fw_scaling_write(const struct fw_scaling *scaling, struct fw_buffer *buffer);
/* FW_E_CORRUPT when the bytes are not those of a scaling with finite numbers. */
FW_NODISCARD
enum fw_status fw_scaling_read(struct fw_scaling *out, struct fw_bytes_reader *reader, struct fw_error *err);

#endif
