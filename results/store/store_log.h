/* The trial log over a store: what searches call (trial_log.h), written to SQLite (store.h).
 *
 * Beyond what trial_log.h says:
 *
 * - A study that is opened again is `running` again, unless it was complete: that one stays complete, so that asking
 *   for the same result once more does not put it in doubt. A search that goes on from there says
 *   close_study(FW_STUDY_RUNNING) first.
 * - A study without a name is called "<driver>-<id>", with "-2", "-3", ... behind it when that is taken. A name that
 *   another study has is FW_E_ARG.
 * - A trial stored as `running` counts like a failed one: the next record of the same hash takes its place.
 * - A study that is not in the store is FW_E_ARG. On any failure the store is as before the call, and the call may be
 *   repeated. */
#ifndef FW_RESULTS_STORE_LOG_H
#define FW_RESULTS_STORE_LOG_H

#include "results/store/store.h"
#include "results/trial_log.h"

/* The log over a store that was opened for writing; borrowed: valid until fw_store_close. */
struct fw_trial_log fw_store_trial_log(struct fw_store *store);

#endif
