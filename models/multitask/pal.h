/* What model pal has learned of positions. */
#ifndef FW_MODELS_MULTITASK_PAL_H
#define FW_MODELS_MULTITASK_PAL_H

#include <stdint.h>

#include "models/model.h"

/* The learned probability that a position is looked at, by id of the position's field: `seen` gets as many numbers as
 * are returned, and may be NULL to ask for their count. They are known up to a common factor, so that only their ratios
 * say something (ids that no row has shown say nothing). 0: the model is not pal with position=factor.
 *
 *     n = fw_pal_curve(NULL, model); ... fw_pal_curve(seen, model); */
int64_t fw_pal_curve(double *seen, const struct fw_model *model);

/* The place of the position's field in a data set; -1: it has none. */
int32_t fw_pal_field(const struct fw_dataset *dataset);

#endif
