/* Which trials of a study are not there, in words: "3, 7-9". */
#ifndef FW_RESULTS_CARE_TRIAL_GAPS_H
#define FW_RESULTS_CARE_TRIAL_GAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"
#include "results/store/store.h"

#define FW_TRIAL_GAPS_MOST 1000000000000

/* Appends the numbers from 1 to `until` that no trial of the study has, neighbours as one range; at most `most` numbers
 * and ranges, then ", ...". Nothing when all are there.
 * until: at most FW_TRIAL_GAPS_MOST. indexed: the store is sound; else its indices are not believed and all trials are
 * read.
 * Fails with FW_E_NOMEM, or as the store does; some may be appended then. */
FW_NODISCARD
enum fw_status fw_trial_gaps_add(struct fw_buffer *text, struct fw_store *store, int64_t study, int64_t until, int most,
                                 bool indexed, struct fw_error *err);

#endif
