/* The metrics of a trial as tables: a line for each figure of the whole trial, a column for each curve. */
#ifndef FW_CLI_TRIALS_CURVES_H
#define FW_CLI_TRIALS_CURVES_H

#include "results/query/query.h"

/* Figures at step 0, each with its standard error (metric NAME_se) where there is one. */
void trials_print_figures(const struct fw_metric_list *metrics);

/* Curves: a row for each step, of many steps some, and the whole course as a line of blocks. Of gates only their number
 * is told. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status trials_print_curves(const struct fw_metric_list *metrics, struct fw_error *err);

#endif
