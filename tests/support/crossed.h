/* A data set made by hand: six categorical fields, of which the first two act together. */
#ifndef FW_TESTS_SUPPORT_CROSSED_H
#define FW_TESTS_SUPPORT_CROSSED_H

#include "space/dataset.h"
#include "space/encoder.h"

enum { crossed_fields = 6, crossed_rows = 4000 };

/* Rows in `folds` folds, all judged; strength 0 plants nothing. The caller destroys it. */
struct fw_dataset *crossed_dataset(uint64_t seed, double strength, int32_t folds);

/* An encoder that says no more than that every field is a column of its own. The caller frees it with
 * crossed_encoder_free. */
struct fw_encoder *crossed_encoder(const struct fw_dataset *dataset);
void crossed_encoder_free(struct fw_encoder *encoder);

#endif
