/* How a set of rows is cut into batches, and in which order an epoch takes them.
 *
 * A batch is a run of neighbouring rows: rows of a data set lie in random order already, and neighbours are read at the
 * speed of memory. Or the rows are drawn anew for each epoch, through a list of their numbers, which is the better
 * shuffle and the slower reading. Each part of the set is cut into batches of nearly equal size, so that no last one is
 * tiny and its step noisy. */
#ifndef FW_MODELS_BATCHES_H
#define FW_MODELS_BATCHES_H

#include <stdint.h>

#include "models/dataset_view.h"

/* Number of batches of at most `batch` rows that cover the set. */
int64_t fw_batches_count(const struct fw_row_set *rows, int64_t batch);

/* The batch with this number, from 0. */
struct fw_dataset_view fw_batches_find(const struct fw_row_set *rows, int64_t batch, int64_t number);

/* A random order of n batches into order (n). It is named by (seed, epoch, phase) and hangs on nothing drawn before. */
void fw_batches_shuffle(int64_t *order, int64_t n, uint64_t seed, int64_t epoch, int32_t phase);

/* The same rows as parts of a list of row numbers, index (rows of the set), that fw_batches_shuffle_rows fills: parts
 * that follow each other in one data set become one part. */
struct fw_row_set fw_batches_listed(const struct fw_row_set *rows, const int64_t *index);

/* Fills that list: the rows of each part in random order, named as that of batches is. */
void fw_batches_shuffle_rows(int64_t *index, const struct fw_row_set *rows, uint64_t seed, int64_t epoch,
                             int32_t phase);

#endif
