/* Rows shaped like Criteo's click log, for benchmarks: 13 binned numbers and 26 categories of power-law ids, 4.27
 * million ids in all. Labels are drawn, so that nothing but speed and arithmetic can be learned from them. */
#ifndef FW_BENCH_CRITEO_SHAPE_H
#define FW_BENCH_CRITEO_SHAPE_H

#include <stdint.h>

#include "space/dataset.h"

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

#endif
