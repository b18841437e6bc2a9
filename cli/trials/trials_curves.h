/* The metrics of a trial as tables: a line for each figure of the whole trial, a column for each curve. */
#ifndef FW_CLI_TRIALS_CURVES_H
#define FW_CLI_TRIALS_CURVES_H

#include "results/query.h"

/* Figures at step 0, each with its standard error (metric NAME_se) where there is one. */
void trials_print_figures(const struct fw_metric_list *metrics);

/* Curves: a row for each step, of many steps some, and the whole course as a line of blocks. Gates are told by number
 * alone. */
void trials_print_curves(const struct fw_metric_list *metrics);

#endif
