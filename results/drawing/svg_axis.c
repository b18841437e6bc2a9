#include "results/drawing/svg_axis.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "core/text.h"

/* Room left beside the outermost values, as a share of their span. */
#define ROOM 0.06

/* Least span of a log axis, as a factor: it then has ticks. Equal values on a linear one get a share of the value. */
#define LEAST_FACTOR 8.0
#define LONE_SHARE   0.02

/* Ends of an axis are those of the data: a tick there is not lost to rounding. */
#define SLACK 1e-9

static double forth(const struct fw_svg_axis *axis, double value)
{
    return axis->log ? log2(value) : value;
}

static double back(const struct fw_svg_axis *axis, double place)
{
    return axis->log ? exp2(place) : place;
}

void fw_svg_axis_fit(struct fw_svg_axis *axis, const double *values, int64_t n)
{
    double low = (double)INFINITY;
    double high = -(double)INFINITY;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(values[i]) || (axis->log && values[i] <= 0))
            continue;
        low = fmin(low, forth(axis, values[i]));
        high = fmax(high, forth(axis, values[i]));
    }
    if (!(low <= high)) {
        axis->low = 1;
        axis->high = 10;
        return;
    }
    double room = ROOM * (high - low);
    if (axis->log)
        room = fmax(room, (log2(LEAST_FACTOR) - (high - low)) / 2);
    else if (low == high)
        room = low == 0 ? 1 : LONE_SHARE * fabs(low) / 2;
    axis->low = back(axis, low - room);
    axis->high = back(axis, high + room);
}

double fw_svg_axis_share(const struct fw_svg_axis *axis, double value)
{
    double low = forth(axis, axis->low);
    return (forth(axis, value) - low) / (forth(axis, axis->high) - low);
}

static void add(struct fw_svg_ticks *ticks, const struct fw_svg_axis *axis, double value, int decimals)
{
    if (ticks->n == FW_SVG_TICKS_MOST)
        return;
    char *text = ticks->text[ticks->n];
    ticks->at[ticks->n++] = value;
    if (axis->unit == FW_SVG_BYTES && value < 1024)
        snprintf(text, sizeof ticks->text[0], "%.0f B", value);
    else if (axis->unit == FW_SVG_BYTES) {
        static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
        int u = 0;
        for (value /= 1024; value >= 1024 && u < 4; u++)
            value /= 1024;
        snprintf(text, sizeof ticks->text[0], "%.4g %s", value, units[u]);
    } else if (axis->log)
        snprintf(text, sizeof ticks->text[0], axis->unit == FW_SVG_PERCENT ? "%.6g %%" : "%.6g", value);
    else
        snprintf(text, sizeof ticks->text[0], axis->unit == FW_SVG_PERCENT ? "%.*f %%" : "%.*f", decimals, value);
}

/* 1 and, when they are wanted, further steps of each power of a base. */
struct ladder {
    double base;
    int every; /* powers from one tick to the next */
    int n_steps;
    double steps[3];
};

/* Ladders from many ticks to few. */
static const struct ladder twos[] = {{2, 1, 2, {1, 1.5}}, {2, 1, 1, {1}},  {2, 2, 1, {1}}, {2, 5, 1, {1}},
                                     {2, 10, 1, {1}},     {2, 20, 1, {1}}, {2, 50, 1, {1}}};
static const struct ladder tens[] = {{10, 1, 3, {1, 2, 5}}, {10, 1, 2, {1, 3}}, {10, 1, 1, {1}},  {10, 2, 1, {1}},
                                     {10, 5, 1, {1}},       {10, 10, 1, {1}},   {10, 50, 1, {1}}, {10, 200, 1, {1}}};

static void climb(struct fw_svg_ticks *ticks, const struct fw_svg_axis *axis, const struct ladder *ladder)
{
    double width = log(ladder->base) * ladder->every;
    double end = floor(log(axis->high) / width + SLACK);
    ticks->n = 0;
    for (double k = floor(log(axis->low) / width); k <= end && ticks->n < FW_SVG_TICKS_MOST; k++) {
        for (int s = 0; s < ladder->n_steps; s++) {
            double value = ladder->steps[s] * pow(ladder->base, k * ladder->every);
            bool whole = (axis->unit != FW_SVG_BYTES && axis->unit != FW_SVG_COUNT) || value == floor(value);
            if (whole && value >= axis->low * (1 - SLACK) && value <= axis->high * (1 + SLACK))
                add(ticks, axis, value, 0);
        }
    }
}

static void log_ticks(struct fw_svg_ticks *ticks, const struct fw_svg_axis *axis, int wanted)
{
    bool bytes = axis->unit == FW_SVG_BYTES;
    const struct ladder *ladders = bytes ? twos : tens;
    int n = bytes ? (int)(sizeof twos / sizeof twos[0]) : (int)(sizeof tens / sizeof tens[0]);
    for (int i = 0; i < n; i++) {
        climb(ticks, axis, &ladders[i]);
        if (ticks->n <= wanted && ticks->n < FW_SVG_TICKS_MOST)
            return;
    }
    ticks->n = wanted < ticks->n ? wanted : ticks->n;
}

static void linear_ticks(struct fw_svg_ticks *ticks, const struct fw_svg_axis *axis, int wanted)
{
    static const double rounds[] = {1, 2, 5, 10};
    double power = pow(10, floor(log10((axis->high - axis->low) / wanted)));
    double step = 0;
    for (int i = 0; i < 4; i++) {
        step = rounds[i] * power;
        if (floor(axis->high / step + SLACK) - ceil(axis->low / step - SLACK) + 1 <= wanted)
            break;
    }
    if (axis->unit == FW_SVG_BYTES)
        step = exp2(ceil(log2(fmax(1, (axis->high - axis->low) / wanted))));
    if (axis->unit == FW_SVG_COUNT)
        step = fmax(1, step);
    int decimals = (int)fmin(12, fmax(0, -floor(log10(step) + SLACK)));
    double last = floor(axis->high / step + SLACK);
    for (double k = ceil(axis->low / step - SLACK); k <= last && ticks->n < wanted; k++)
        add(ticks, axis, k == 0 ? 0 : k * step, decimals);
}

void fw_svg_axis_ticks(struct fw_svg_ticks *ticks, const struct fw_svg_axis *axis, int wanted)
{
    assert(axis->low < axis->high && wanted >= 2 && wanted <= FW_SVG_TICKS_MOST);
    ticks->n = 0;
    if (axis->log)
        log_ticks(ticks, axis, wanted);
    else
        linear_ticks(ticks, axis, wanted);
}
