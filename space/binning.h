/* Discretisation of a numeric column at several granularities (AutoCross, section 4).
 *
 * Each granularity becomes a field: a set of cut points. A binning holds all of a column's granularities over the union
 * of their cut points, so that a value costs one binary search whatever their number; a table then leads from the
 * interval to the id in each field. Ids: 1 missing, 2 + bin by rising value.
 *
 * Equal-frequency bins respect ties: a value is never cut, and a column with fewer distinct values than bins gets a bin
 * for each value. Equal-width bins are the paper's. */
#ifndef FW_SPACE_BINNING_H
#define FW_SPACE_BINNING_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/bytes.h"
#include "core/status.h"

#define FW_BINNING_MAX_GRANULARITIES 8

enum fw_binning_kind { FW_BINNING_FREQUENCY, FW_BINNING_WIDTH };

struct fw_binning {
    int32_t n_granularities;
    int32_t bins[FW_BINNING_MAX_GRANULARITIES];  /* asked for: the field's name is "column@bins" */
    int64_t n_ids[FW_BINNING_MAX_GRANULARITIES]; /* ids of the field, unknown and missing included */
    int64_t n_cuts;
    double *cuts;                                /* (n_cuts) rising; value v is in interval #{cuts < v} */
    uint32_t *ids[FW_BINNING_MAX_GRANULARITIES]; /* (n_cuts + 1) id of each interval in each field */
    struct fw_allocator *mem;
};

/* Learns the cut points from `values` (n, sorted in place, no NaN). A granularity that would repeat the cut points of a
 * coarser one (few distinct values) is dropped. */
FW_NODISCARD
enum fw_status fw_binning_learn(struct fw_binning *out, enum fw_binning_kind kind, double *values, int64_t n,
                                const int32_t *bins, int32_t n_granularities, struct fw_allocator *mem,
                                struct fw_error *err);

/* From given cut points (rising) of each granularity, as a plan stores them. */
FW_NODISCARD
enum fw_status fw_binning_from_cuts(struct fw_binning *out, const int32_t *bins, const double *const *cuts,
                                    const int64_t *n_cuts, int32_t n_granularities, struct fw_allocator *mem,
                                    struct fw_error *err);

/* The cut points of one granularity into `cuts` (room for n_ids[g] - 3); returns their number. */
int64_t fw_binning_cuts(const struct fw_binning *binning, int32_t granularity, double *cuts);

/* The interval of a value: an index into ids[g]. */
int64_t fw_binning_interval(const struct fw_binning *binning, double value);

/* Keeps the granularities whose bit is set in `keep` and drops the others; at least one must stay. */
void fw_binning_keep(struct fw_binning *binning, uint32_t keep);

void fw_binning_clear(struct fw_binning *binning);

void fw_binning_write(const struct fw_binning *binning, struct fw_buffer *buffer);
FW_NODISCARD
enum fw_status fw_binning_read(struct fw_binning *out, struct fw_bytes_reader *reader, struct fw_allocator *mem,
                               struct fw_error *err);

#endif
