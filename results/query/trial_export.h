/* All trials of a study, or of all studies, for other programs.
 *
 * Wide: one row a trial, with a column for each metric (the value of its last step) and each member of the candidates,
 * as trial_columns.h names them. Long: one row a metric and step. Both are read from a copy of the file (ask.h), so
 * that a slow writer of the export keeps no search waiting. */
#ifndef FW_RESULTS_TRIAL_EXPORT_H
#define FW_RESULTS_TRIAL_EXPORT_H

#include "results/query/rows.h"
#include "results/store/store.h"

/* study: 0 for all studies. Rows come by study and number. Fail as fw_ask_run does. */
FW_NODISCARD
enum fw_status fw_trial_export_wide(struct fw_store *store, int64_t study, struct fw_row_sink sink,
                                    struct fw_error *err);

/* Columns study, trial, metric, step, value. */
FW_NODISCARD
enum fw_status fw_trial_export_long(struct fw_store *store, int64_t study, struct fw_row_sink sink,
                                    struct fw_error *err);

#endif
