/* Data sets for tests of networks: fields of all kinds and value columns. */
#ifndef FW_TESTS_SUPPORT_INPUTS_H
#define FW_TESTS_SUPPORT_INPUTS_H

#include "models/engine/ops.h"
#include "support/planted.h"

enum { INPUTS_MAX_VALUES = 4 };

/* planted_create, and then: field 1 is binned, the last of four or more is a cross, and there are value columns with
 * numbers in [-1, 1), about one in eight 0 as a missing one is. */
struct fw_dataset *inputs_create(const struct planted_options *options, int32_t n_values);

/* All fields and values of a data set. */
struct fw_op_inputs inputs_all(const struct fw_dataset *dataset);

/* Rows [first, first + n) as a view. */
struct fw_dataset_view inputs_rows(const struct fw_dataset *dataset, int64_t first, int64_t n);

/* An empty graph over all fields of a data set, with SGD of rate 0.1 as both optimisers. */
struct fw_graph *inputs_graph(const struct fw_dataset *dataset, int64_t batch, int threads, struct fw_allocator *mem);

/* Ends the building with this logit, allocates, and gives every weight a value of its own: the first values plus
 * spread * N(0, 1). */
void inputs_finish(struct fw_graph *graph, fw_node logit, double spread);
void inputs_scatter(struct fw_graph *graph, double spread, uint64_t seed);

#endif
