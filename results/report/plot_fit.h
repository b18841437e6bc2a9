/* Axes for figures of trials, of which a few may be so bad that they would press all others into one line. */
#ifndef FW_RESULTS_PLOT_FIT_H
#define FW_RESULTS_PLOT_FIT_H

#include "results/drawing/svg_axis.h"

/* Fits an axis around n values. Where the worst lie far beyond the bulk (more than twice the distance from the best to
 * the worst tenth), the axis ends there; the best are never cut off. scratch: (n). Returns how many values lie outside.
 * Infinities and NaN are no values. */
int64_t fw_plot_fit(struct fw_svg_axis *axis, const double *values, int64_t n, bool maximise, double *scratch);

#endif
