/* Axes of plots: from values to places and to the ticks that are written beside them.
 *
 *     struct fw_svg_axis axis = {.label = "bytes", .log = true, .unit = FW_SVG_BYTES};
 *     fw_svg_axis_fit(&axis, bytes, n);
 *     fw_svg_axis_ticks(&ticks, &axis, 8);
 *     ...fw_svg_axis_share(&axis, bytes[0])...
 *
 * Plain values, nothing to free. */
#ifndef FW_RESULTS_SVG_AXIS_H
#define FW_RESULTS_SVG_AXIS_H

#include <stdbool.h>
#include <stdint.h>

enum fw_svg_unit {
    FW_SVG_NUMBER,
    FW_SVG_COUNT,  /* ticks are at whole numbers */
    FW_SVG_BYTES,  /* whole bytes; ticks are at powers of two: 512 B, 1 KiB */
    FW_SVG_PERCENT /* values are in percent: 5 is written 5 % */
};

struct fw_svg_axis {
    const char *label; /* with its unit where ticks do not name it; borrowed. NULL: the axis is not drawn */
    double low, high;  /* finite, low < high; above 0 when log */
    bool log;
    enum fw_svg_unit unit;
};

#define FW_SVG_TICKS_MOST 16

struct fw_svg_ticks {
    int n;
    double at[FW_SVG_TICKS_MOST]; /* rising, from low to high */
    char text[FW_SVG_TICKS_MOST][32];
};

/* Sets low and high around n values with a little room; a log axis spans a factor of 8 at least. NaN is left out, and
 * on a log axis what is not above 0. Equal values, or a single one, stand in the middle; none at all: 1 to 10. */
void fw_svg_axis_fit(struct fw_svg_axis *axis, const double *values, int64_t n);

/* Where a value is between low (0) and high (1). */
double fw_svg_axis_share(const struct fw_svg_axis *axis, double value);

/* At most `wanted` round values (2 to FW_SVG_TICKS_MOST) within the axis; fewer, down to none, where it holds few. */
void fw_svg_axis_ticks(struct fw_svg_ticks *ticks, const struct fw_svg_axis *axis, int wanted);

#endif
