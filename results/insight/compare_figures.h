/* The figures and gates of a comparison (compare.h), and the noise of their differences. Internal to results/. */
#ifndef FW_RESULTS_COMPARE_FIGURES_H
#define FW_RESULTS_COMPARE_FIGURES_H

#include "results/insight/compare.h"

/* Appends a row; its texts are copied. */
FW_NODISCARD
enum fw_status fw_compare_add(struct fw_comparison_rows *out, const struct fw_compare_row *row, struct fw_error *err);

/* Appends gates and figures of two trials, NULL: that side has none. */
FW_NODISCARD
enum fw_status fw_compare_figures(struct fw_comparison_rows *out, struct fw_store *store, struct fw_compared a,
                                  struct fw_compared b, const struct fw_trial_row *trial_a,
                                  const struct fw_trial_row *trial_b, struct fw_error *err);

#endif
