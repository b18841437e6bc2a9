/* What a salvage could not bring back, in words. */
#ifndef FW_RESULTS_CARE_SALVAGE_LOSSES_H
#define FW_RESULTS_CARE_SALVAGE_LOSSES_H

#include "results/care/salvage.h"

/* The note of a study whose own row was lost. */
#define FW_SALVAGE_NOTE "salvaged: the row of this study was damaged, and what it says may be wrong"

/* Appends to result->losses what is missing from the new store, and counts lost trials in result->n_lost_trials.
 * new: its tables are filled, and temp.contents has what the old store said of how much belongs to each study. */
FW_NODISCARD
enum fw_status fw_salvage_note_losses(struct fw_salvage *result, struct fw_store *new, struct fw_error *err);

#endif
