/* Scores from a bundle (model_file.h): a whole table, or one raw row without allocating. */
#ifndef FW_MODELS_SCORER_H
#define FW_MODELS_SCORER_H

#include "models/file/model_file.h"
#include "space/dataset_build.h"

/* Calibrated logits of all rows of a table, in its order, into logits (n_rows). column_of: (schema columns) from
 * fw_schema_match. */
FW_NODISCARD
enum fw_status fw_score_table(float *logits, const struct fw_bundle *bundle, const struct fw_table *table,
                              const int64_t *column_of, int threads, struct fw_allocator *mem, struct fw_error *err);

/* Scores single rows. One scorer belongs to one thread; many may share a bundle, which must outlive them. */
struct fw_row_scorer;

FW_NODISCARD
enum fw_status fw_row_scorer_create(struct fw_row_scorer **out, const struct fw_bundle *bundle,
                                    struct fw_allocator *mem, struct fw_error *err);
void fw_row_scorer_destroy(struct fw_row_scorer *scorer); /* NULL is a no-op */

/* The probability of the positive class. cells: (columns of the plan's schema, in its order); an empty text and the
 * plan's missing markers are missing, as in tables; cells of labels and of ignored columns are not looked at, one of the
 * position may be empty. Never allocates. */
double fw_row_score(struct fw_row_scorer *scorer, const struct fw_text *cells);

#endif
