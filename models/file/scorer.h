/* Scores from a bundle (model_file.h): a whole table, or one raw row without allocating.
 *
 * A model gives numbers a row, its outputs; readings (reading.h) make probabilities and quantities of them, of which
 * the served ones are what a user sees. */
#ifndef FW_MODELS_SCORER_H
#define FW_MODELS_SCORER_H

#include "models/file/model_file.h"
#include "space/dataset_build.h"

/* What the model gives for all rows of a table, in its order, into outputs (n_rows, n_outputs of the model); a single
 * logit is calibrated. column_of: (schema columns) from fw_schema_match. */
FW_NODISCARD
enum fw_status fw_score_table(float *outputs, const struct fw_bundle *bundle, const struct fw_table *table,
                              const int64_t *column_of, int threads, struct fw_allocator *mem, struct fw_error *err);

/* Scores single rows. One scorer belongs to one thread; many may share a bundle, which must outlive them. */
struct fw_row_scorer;

FW_NODISCARD
enum fw_status fw_row_scorer_create(struct fw_row_scorer **out, const struct fw_bundle *bundle,
                                    struct fw_allocator *mem, struct fw_error *err);
void fw_row_scorer_destroy(struct fw_row_scorer *scorer); /* NULL is a no-op */

/* The first served reading: of one label the probability of the positive class. cells: (columns of the plan's schema,
 * in its order); an empty text and the plan's missing markers are missing, as in tables; cells of labels and of ignored
 * columns are not looked at, that of the position may be empty. Never allocates. */
double fw_row_score(struct fw_row_scorer *scorer, const struct fw_text *cells);

/* All served readings of a row into scores (fw_served_readings), in their order. Otherwise as fw_row_score. */
void fw_row_scores(double *scores, struct fw_row_scorer *scorer, const struct fw_text *cells);

/* The readings that are columns of predictions, in their order: fills served (FW_READINGS_MOST, may be NULL) with
 * pointers that live as long as the model, and returns how many there are. */
int32_t fw_served_readings(const struct fw_reading **served, const struct fw_model *model);

#endif
