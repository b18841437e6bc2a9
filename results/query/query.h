/* Reading the trial store: studies, trials, metrics, decisions and artifacts as plain structs.
 *
 * Each query copies what it finds and lets go of the file before it returns, so that a reader who is slow with the
 * answer (a pager, a browser) never holds up a search that is writing.
 *
 *     struct fw_study_list studies;
 *     FW_TRY(fw_query_studies(&studies, store, err));
 *     for (int64_t i = 0; i < studies.n; i++)
 *         use(studies.rows[i].name);
 *     fw_study_list_clear(&studies);
 *
 * All texts of a list belong to it and live until its clear. On failure there is nothing to clear. Every query fails
 * with FW_E_IO, FW_E_CORRUPT or FW_E_NOMEM as store.h says; further statuses are named below. */
#ifndef FW_RESULTS_QUERY_H
#define FW_RESULTS_QUERY_H

#include "results/query/query_decisions.h"
#include "results/query/query_studies.h"
#include "results/query/query_trials.h"

#endif
