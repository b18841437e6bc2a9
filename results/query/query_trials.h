/* Reading the trial store: trials of a study and metrics of a trial. See query.h for what all queries have in common.
 */
#ifndef FW_RESULTS_QUERY_TRIALS_H
#define FW_RESULTS_QUERY_TRIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "results/store/store.h"
#include "results/store/text_pool.h"
#include "results/trial_log.h"

struct fw_trial_row {
    int64_t id, study;             /* keys in the store */
    struct fw_trial_record record; /* without its metrics */
    int64_t finished_us;           /* when it was stored; microseconds since 1970 UTC */
};

struct fw_trial_list {
    struct fw_trial_row *rows;
    int64_t n, capacity;
    struct fw_text_pool texts;
};

struct fw_metric_list {
    struct fw_metric *rows;
    int64_t n, capacity;
    struct fw_text_pool texts;
};

/* The trials of a study by number; at most `limit`, 0: all. */
FW_NODISCARD
enum fw_status fw_query_trials(struct fw_trial_list *out, struct fw_store *store, int64_t study, int64_t limit,
                               struct fw_error *err);

/* The complete trials of a study that have an objective, best first, equals by number; at most `limit`, 0: all. */
FW_NODISCARD
enum fw_status fw_query_best(struct fw_trial_list *out, struct fw_store *store, int64_t study, bool maximise,
                             int64_t limit, struct fw_error *err);

/* One trial (a list of one row) by its number. FW_E_INPUT when there is none. */
FW_NODISCARD
enum fw_status fw_query_trial(struct fw_trial_list *out, struct fw_store *store, int64_t study, int64_t number,
                              struct fw_error *err);

/* Several trials (n of them, in this order) by their numbers; a number that the study has not is left out. */
FW_NODISCARD
enum fw_status fw_query_trials_numbered(struct fw_trial_list *out, struct fw_store *store, int64_t study,
                                        const int64_t *numbers, int64_t n, struct fw_error *err);

/* The trials that a trial grew from, nearest first. */
FW_NODISCARD
enum fw_status fw_query_ancestors(struct fw_trial_list *out, struct fw_store *store, int64_t study, int64_t number,
                                  struct fw_error *err);

/* The trials of one configuration in successive halving, itself among them, by rung; empty when the trial has no metric
 * "configuration". */
FW_NODISCARD
enum fw_status fw_query_rungs(struct fw_trial_list *out, struct fw_store *store, int64_t study, int64_t number,
                              struct fw_error *err);

/* The trials of a study that have an objective, whatever their state, by number. */
FW_NODISCARD
enum fw_status fw_query_judged(struct fw_trial_list *out, struct fw_store *store, int64_t study, struct fw_error *err);

/* The metrics of a trial (fw_trial_row.id) by name and step. */
FW_NODISCARD
enum fw_status fw_query_metrics(struct fw_metric_list *out, struct fw_store *store, int64_t trial,
                                struct fw_error *err);

/* Free what a query has filled in. */
void fw_trial_list_clear(struct fw_trial_list *list);
void fw_metric_list_clear(struct fw_metric_list *list);

#endif
