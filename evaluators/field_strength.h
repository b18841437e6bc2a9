/* How much a single field says about the label by itself: a cross-fitted field-wise Newton step on the constant model
 * (logistic regression on one feature, without b_sum), as AutoCross uses to choose among granularities (section 4). */
#ifndef FW_EVALUATORS_FIELD_STRENGTH_H
#define FW_EVALUATORS_FIELD_STRENGTH_H

#include <stdint.h>

#include "core/alloc.h"
#include "space/dataset.h"

/* Out-of-fold gain in logloss a row of each of the first n_fields fields, into strengths (n_fields). */
FW_NODISCARD
enum fw_status fw_field_strengths(double *strengths, const struct fw_dataset *dataset, int32_t n_fields, int threads,
                                  struct fw_allocator *mem, struct fw_error *err);

#endif
