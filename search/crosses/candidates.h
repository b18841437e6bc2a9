/* The children of a feature set (AutoCross, section 2): every cross of two of its members that it does not hold yet.
 *
 * Members may be crosses themselves, so orders grow: AB and C give ABC, AB and CD give ABCD. A cross is known by the
 * set of its base fields: the pairs that lead to the same one are one candidate. Two fields of one column are never
 * crossed (age@20 with age@200 says nothing new). */
#ifndef FW_SEARCH_CANDIDATES_H
#define FW_SEARCH_CANDIDATES_H

#include <stdint.h>

#include "search/crosses/feature_set.h"

struct fw_candidate_rules {
    int32_t max_order;
    int64_t max_candidates; /* of pairs of base fields: beyond it only the strongest fields are paired; 0: no limit */
    const int64_t *column;  /* (n_base) column of each base field */
    const double *strength; /* (n_base) how much a field says by itself; used with max_candidates; may be NULL */
};

/* All candidates into *out (owned by the caller, fw_free). *n_fields_left_out counts base fields not paired for
 * max_candidates. */
FW_NODISCARD
enum fw_status fw_candidates_list(struct fw_candidate **out, int64_t *n_out, int32_t *n_fields_left_out,
                                  const struct fw_feature_set *set, const struct fw_candidate_rules *rules,
                                  struct fw_allocator *mem, struct fw_error *err);

#endif
