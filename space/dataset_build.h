/* From tables to a data set: every row of one or two tables through an encoder, in random order within its fold. */
#ifndef FW_SPACE_DATASET_BUILD_H
#define FW_SPACE_DATASET_BUILD_H

#include "space/dataset.h"
#include "space/encoder.h"
#include "space/schema.h"
#include "space/table.h"

/* A table to take rows from. A hold-out file is a second source. */
struct fw_dataset_source {
    const struct fw_table *table;
    const int64_t *column_of; /* (schema columns) index in this table, -1: absent; NULL: the schema's own table */
    const int32_t *folds;     /* (n_rows); a negative fold leaves the row out; NULL: all rows are of `fold` */
    int32_t fold;
};

/* Encodes the rows of all sources, with labels and weights. Rows of a fold are shuffled by `seed`; source_row counts
 * through the sources one after the other. Labels are (n_rows, tasks of the schema); one that is unknown, or of a
 * column that a source lacks, is NaN. want_labels false: for scoring; labels are all 0, and rows keep the order of the
 * table. A position that a source lacks is missing on its rows. */
FW_NODISCARD
enum fw_status fw_dataset_build(struct fw_dataset **out, const struct fw_encoder *encoder,
                                const struct fw_schema *schema, const struct fw_dataset_source *sources,
                                int32_t n_sources, int32_t n_folds, int32_t n_judged, uint64_t seed, bool want_labels,
                                int threads, struct fw_allocator *mem, struct fw_error *err);

/* Appends the scaled numbers of all numeric columns (4 bytes a row and column) to a data set without any that was built
 * from these sources by this encoder, on the data set's allocator. After a failure the data set may only be destroyed.
 */
FW_NODISCARD
enum fw_status fw_dataset_build_values(struct fw_dataset *dataset, const struct fw_encoder *encoder,
                                       const struct fw_dataset_source *sources, int32_t n_sources, int threads,
                                       struct fw_error *err);

#endif
