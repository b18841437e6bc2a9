/* What is known of a figure by its name alone: whether higher or lower is better. */
#ifndef FW_RESULTS_FIGURE_NAMES_H
#define FW_RESULTS_FIGURE_NAMES_H

#include <stdbool.h>

/* Whether higher is better of the metric `name`. "best_auc", "auc income" and "mean auc" count as "auc". False,
 * *maximise_out unchanged, when nothing is known of such a name. */
bool fw_figure_direction(bool *maximise_out, const char *name);

#endif
