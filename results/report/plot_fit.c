#include "results/report/plot_fit.h"

#include <math.h>
#include <stdlib.h>

/* With fewer values none can be called an exception. */
#define VALUES_LEAST 10

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

int64_t fw_plot_fit(struct fw_svg_axis *axis, const double *values, int64_t n, bool maximise, double *scratch)
{
    int64_t m = 0;
    int64_t outside = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isfinite(values[i]))
            scratch[m++] = maximise ? values[i] : -values[i]; /* the most is best */
    }
    if (m > 0)
        qsort(scratch, (size_t)m, sizeof *scratch, compare);
    double best = m > 0 ? scratch[m - 1] : 0;
    double edge = m > 0 ? best - 3 * (best - scratch[m / 10]) : 0;
    while (m >= VALUES_LEAST && scratch[outside] < edge)
        outside++;
    double ends[2] = {m > 0 ? scratch[outside] : (double)NAN, m > 0 ? best : (double)NAN};
    for (int i = 0; i < 2; i++)
        ends[i] = maximise ? ends[i] : -ends[i];
    fw_svg_axis_fit(axis, ends, 2);
    return outside;
}
