/* The Pareto front: the rows that no other row beats in every figure at once.
 *
 * A row beats another when it is no worse in all figures and better in one. Equal rows do not beat each other, so they
 * are all on the front or none is. */
#ifndef FW_RESULTS_PARETO_H
#define FW_RESULTS_PARETO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"

/* Indices of the rows on the front, best in the first figure first, equals by the further figures and then by index.
 *
 * front_out: (n) room for them; *n_out how many there are.
 * values: (n, n_figures); a row with a NaN is not on the front and beats nothing. n_figures from 1 up.
 * maximise: (n_figures) whether higher is better.
 * Time grows with n log n and with n times the size of the front. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_pareto_front(int64_t *front_out, int64_t *n_out, const double *values, int64_t n, int n_figures,
                               const bool *maximise, struct fw_allocator *mem, struct fw_error *err);

#endif
