/* Choosing among the granularities of numeric columns (AutoCross, section 4): all are scored as single features, and
 * the better half of each column's is kept. */
#ifndef FW_SEARCH_GRANULARITY_H
#define FW_SEARCH_GRANULARITY_H

#include "space/training_data.h"

/* Keeps, of each numeric column's fields, the better half (rounded up) by out-of-fold gain; ties keep the coarser one.
 */
FW_NODISCARD
enum fw_status fw_granularity_select(struct fw_training_data *data, int threads, struct fw_allocator *mem,
                                     struct fw_error *err);

#endif
