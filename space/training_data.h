/* From a table to what a search or a trainer works on: split, encoder, data set, in one call. */
#ifndef FW_SPACE_TRAINING_DATA_H
#define FW_SPACE_TRAINING_DATA_H

#include "space/dataset.h"
#include "space/encoder.h"
#include "space/schema.h"
#include "space/split.h"
#include "space/table.h"

struct fw_training_data {
    struct fw_encoder *encoder; /* owned */
    struct fw_dataset *dataset; /* owned */
    int64_t n_left_out;         /* rows of the tables that cannot be learned from (fw_schema_leave_out) */
};

/* More rows than this: a hold-out split is as telling as cross-fitting and costs a fraction. */
#define FW_ROWS_FOR_HOLDOUT INT64_C(500000)

/* The split that is used when none is asked for: five folds, or a hold-out of a fifth for large tables. */
void fw_training_split(struct fw_split_options *split, int64_t n_rows);

/* Splits the rows, learns the encoder on the training rows and encodes everything. valid: a table of its own to judge
 * on (hold-out; `split` is then not looked at), or NULL. valid_columns: (schema columns) where each is in `valid`.
 * columns: the same for `table` when the schema comes from elsewhere (a plan); NULL: the schema's own table.
 * want_values: numeric columns also as scaled numbers, for models that read them. */
FW_NODISCARD
enum fw_status fw_training_data_build(struct fw_training_data *out, const struct fw_table *table,
                                      const int64_t *columns, const struct fw_table *valid,
                                      const int64_t *valid_columns, const struct fw_schema *schema,
                                      const struct fw_split_options *split, const struct fw_encoder_options *options,
                                      bool want_values, int threads, struct fw_allocator *mem, struct fw_error *err);
void fw_training_data_clear(struct fw_training_data *data);

#endif
