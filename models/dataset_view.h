/* Which rows of a data set: a run of them, and a set of runs.
 *
 * A view is what a batch is: rows [row, row + n) of a data set, or of a list of row numbers. A row set is what training
 * and validation run over: the rows of some folds, as few views. Both are small values that borrow everything.
 *
 *     struct fw_row_set train = fw_row_set_but_fold(dataset, 0);
 *     struct fw_row_set valid = fw_row_set_fold(dataset, 0);
 *     struct fw_row_set all = fw_row_set_join(&train, &valid);       // one view again */
#ifndef FW_MODELS_DATASET_VIEW_H
#define FW_MODELS_DATASET_VIEW_H

#include <stdint.h>

#include "space/dataset.h"

struct fw_dataset_view {
    const struct fw_dataset *dataset;
    const int64_t *index; /* row numbers; NULL: the rows as they lie */
    int64_t row;          /* the first row, or the first place in `index` */
    int64_t n;
};

/* Rows [first, first + n) of a view. */
struct fw_dataset_view fw_view_slice(const struct fw_dataset_view *view, int64_t first, int64_t n);

/* Ids of rows [first, first + n) of a view in one field of its data set: a pointer into the field where that is
 * possible, else `scratch` (n values), filled. */
const uint32_t *fw_view_ids(const struct fw_dataset_view *view, int32_t field, int64_t first, int64_t n,
                            uint32_t *scratch);

/* Labels (n, tasks) and weights (n) in the same way; weights are NULL when all are 1. */
const float *fw_view_labels(const struct fw_dataset_view *view, int64_t first, int64_t n, float *scratch);
const float *fw_view_weights(const struct fw_dataset_view *view, int64_t first, int64_t n, float *scratch);

/* Scaled numbers of one value column of the data set (0 to n_values - 1), in the same way. */
const float *fw_view_values(const struct fw_dataset_view *view, int32_t value_column, int64_t first, int64_t n,
                            float *scratch);

#define FW_ROW_SET_PARTS 8

struct fw_row_set {
    int32_t n_parts; /* none of them empty; 0: no rows */
    struct fw_dataset_view parts[FW_ROW_SET_PARTS];
};

struct fw_row_set fw_row_set_all(const struct fw_dataset *dataset);
struct fw_row_set fw_row_set_fold(const struct fw_dataset *dataset, int32_t fold);
struct fw_row_set fw_row_set_but_fold(const struct fw_dataset *dataset, int32_t fold);

/* Both together; runs that touch become one. The sets share no rows and have few enough parts (asserted). */
struct fw_row_set fw_row_set_join(const struct fw_row_set *a, const struct fw_row_set *b);

/* Labels (rows, tasks) and weights (rows; NULL: not wanted) of all parts side by side. */
void fw_row_set_gather(float *labels, float *weights, const struct fw_row_set *set);

/* Rows in all parts. */
int64_t fw_row_set_rows(const struct fw_row_set *set);

#endif
