/* How a policy over configurations learned, a curve a budget: the bytes that a configuration drawn from it has on
 * average, and how undecided it is (for pages, html.h). */
#ifndef FW_RESULTS_POLICY_CHART_H
#define FW_RESULTS_POLICY_CHART_H

#include "core/text.h"

/* Curves that the plots show. */
#define FW_POLICY_CURVES 8

struct fw_policy_curve {
    int64_t budget;        /* bytes */
    int64_t n;             /* rounds, at least 1 */
    const double *round;   /* (n) rising */
    const double *percent; /* (n) expected bytes, of the budget */
    const double *entropy; /* (n) nats */
};

/* curves: (n), rising by budget; of more than FW_POLICY_CURVES an even choice is drawn. Nothing for none. */
void fw_policy_chart_add(struct fw_buffer *out, const struct fw_policy_curve *curves, int64_t n);

#endif
