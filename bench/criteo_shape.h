/* Rows shaped like Criteo's click log, for benchmarks: 13 binned numbers and 26 categories of power-law ids, 4.27
 * million ids in all. Labels are drawn, so that nothing but speed and arithmetic can be learned from them. */
#ifndef FW_BENCH_CRITEO_SHAPE_H
#define FW_BENCH_CRITEO_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "space/dataset.h"
#include "space/task.h"

#define FW_CRITEO_FIELDS  39
#define FW_CRITEO_NUMBERS 13

/* Ids of each field. */
extern const int64_t fw_criteo_ids[FW_CRITEO_FIELDS];

struct fw_criteo_options {
    int64_t n_rows;
    int64_t most_ids; /* of a field; 0: as in the log */
    int32_t n_values; /* the first numbers also as value columns, at most FW_CRITEO_NUMBERS */
};

/* The same rows for the same options; the caller's. NULL: memory was refused. */
struct fw_dataset *fw_criteo_rows(const struct fw_criteo_options *options);

/* The same rows with labels of these tasks, drawn each on its own; numbers lie between 0 and 10. This share of them is
 * unknown. All but the labels is borrowed from the data set: free `labels` with fw_free(NULL, ...). False: memory was
 * refused. */
bool fw_criteo_tasks(struct fw_dataset *out, const struct fw_dataset *dataset, const struct fw_task *tasks,
                     int32_t n_tasks, double unknown);

#endif
