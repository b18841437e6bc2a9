/* Parallel coordinates for a page (html.h): an upright axis for each setting, a line across them for each trial, in a
 * colour that tells how good it is. */
#ifndef FW_RESULTS_SVG_PARALLEL_H
#define FW_RESULTS_SVG_PARALLEL_H

#include "core/text.h"
#include "results/drawing/svg_axis.h"

/* Colours from worst to best. */
#define FW_SVG_SHADES 7

#define FW_SVG_PARALLEL_AXES 12

struct fw_svg_parallel_axis {
    const char *label;        /* of any origin; cut where it is long */
    struct fw_svg_axis scale; /* of numbers; its label is not used */
    const char *const *names; /* (n_names) of any origin: values are places among them; NULL: numbers */
    int n_names;
};

struct fw_svg_parallel {
    const struct fw_svg_parallel_axis *axes; /* (n_axes) from 2 to FW_SVG_PARALLEL_AXES */
    int n_axes;
    const double *values; /* (n, n_axes) a line is broken where there is none (NaN) */
    const int *shades;    /* (n) 0 to FW_SVG_SHADES - 1 */
    int64_t n;            /* lines, drawn in this order */
    int64_t strong;       /* the one that stands out; -1: none */
};

void fw_svg_parallel_add(struct fw_buffer *out, const struct fw_svg_parallel *chart, const char *title);

#endif
