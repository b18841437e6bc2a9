/* How much a figure moves by luck alone: the spread over runs that differ in nothing but their seed. */
#ifndef FW_RESULTS_SPREAD_H
#define FW_RESULTS_SPREAD_H

#include "results/query/query.h"

struct fw_spread {
    int64_t n;       /* runs, each with a seed of its own; below 2 there is no spread */
    double mean, sd; /* of their objectives, sd with n - 1; NaN without a spread */
};

/* The spread of a study's best objective over all studies of the store that have the same driver, data, objective and
 * options and another seed; with a candidate (its canonical JSON) that of the candidate's objective. FW_E_NOMEM, or as
 * store.h says. */
FW_NODISCARD
enum fw_status fw_spread_query(struct fw_spread *out, struct fw_store *store, const struct fw_study_row *study,
                               const char *candidate, struct fw_error *err);

#endif
