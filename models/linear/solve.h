/* Logistic regression by Newton sweeps (backfit.h) on a set of rows: for model lr, and for the linear part that
 * networks start from. */
#ifndef FW_MODELS_LINEAR_SOLVE_H
#define FW_MODELS_LINEAR_SOLVE_H

#include "models/dataset_view.h"
#include "models/linear/backfit.h"

/* Fits the bias and a weight for each id of these fields of the rows' data set until nothing moves. The rows are all of
 * a data set or all but one fold (else FW_E_ARG). options->budget is looked at in between (FW_E_STOPPED). *out is the
 * caller's (fw_backfit_destroy). */
FW_NODISCARD
enum fw_status fw_linear_solve(struct fw_backfit **out, const struct fw_row_set *rows, const int32_t *fields,
                               int32_t n_fields, const struct fw_backfit_options *options, struct fw_allocator *mem,
                               struct fw_error *err);

#endif
