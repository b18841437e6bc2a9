/* Kernels over pairs of fields. x: (n, F D) rows of F vectors of D; dy: the gradient of the output; dx begins, or is
 * added to with `add`. scratch: 2 D numbers. Pure. The `_ref` twins are double loops over pairs. */
#ifndef FW_MODELS_ENGINE_PAIRS_H
#define FW_MODELS_ENGINE_PAIRS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/engine/real.h"

/* out (n) = sum_{i<j} <v_i, v_j> = 1/2 sum_d ((sum_i v_id)^2 - sum_i v_id^2): F D instead of F^2 D / 2 products. */
void fw_pairs_fm(const fw_real *x, fw_real *out, int64_t n, int64_t F, int64_t D, fw_real *scratch);
void fw_pairs_fm_back(const fw_real *x, const fw_real *dy, fw_real *dx, int64_t n, int64_t F, int64_t D, bool add,
                      fw_real *scratch);
void fw_pairs_fm_ref(const fw_real *x, fw_real *out, int64_t n, int64_t F, int64_t D);

/* out (n, F (F - 1) / 2): <v_i, v_j> for i < j, in the order (0,1), (0,2), ..., (1,2), ... */
void fw_pairs_inner(const fw_real *x, fw_real *out, int64_t n, int64_t F, int64_t D, fw_real *scratch);
void fw_pairs_inner_back(const fw_real *x, const fw_real *dy, fw_real *dx, int64_t n, int64_t F, int64_t D, bool add,
                         fw_real *scratch);

/* out (n, D D) = s s', s = sum_i v_i. */
void fw_pairs_outer(const fw_real *x, fw_real *out, int64_t n, int64_t F, int64_t D, fw_real *scratch);
void fw_pairs_outer_back(const fw_real *x, const fw_real *dy, fw_real *dx, int64_t n, int64_t F, int64_t D, bool add,
                         fw_real *scratch);

/* x (n, F (F - 1) D): field i's vectors for the other fields, in their order. out (n) = sum_{i<j} <v_{i,j}, v_{j,i}>.
 */
void fw_pairs_ffm(const fw_real *x, fw_real *out, int64_t n, int64_t F, int64_t D, fw_real *scratch);
void fw_pairs_ffm_back(const fw_real *x, const fw_real *dy, fw_real *dx, int64_t n, int64_t F, int64_t D, bool add,
                       fw_real *scratch);

#endif
