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

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "results/store.h"
#include "results/text_pool.h"
#include "results/trial_log.h"

struct fw_study_row {
    int64_t id;
    const char *name, *driver;
    uint64_t key;          /* 0: none */
    const char *objective; /* "auc": what the trials' objective is */
    bool maximise;
    const char *data; /* path as given */
    uint64_t data_fingerprint;
    int64_t rows;
    const char *options; /* JSON */
    uint64_t seed;
    const char *command; /* NULL: not recorded */
    enum fw_study_status status;
    const char *reason;          /* of the status; NULL: none */
    const char *program_version; /* that started the study */
    const char *host;            /* of the latest run, as are pid and processors */
    int64_t pid, processors;
    int64_t started_us, opened_us; /* of the first and the latest run; microseconds since 1970 UTC */
    int64_t ended_us;              /* 0: not ended */
    int64_t last_trial_us;         /* when the latest trial was stored; 0: no trials */
    double seconds;                /* of all runs that have ended */
    int64_t n_trials, n_complete, n_pruned, n_failed;
    int64_t best_trial;    /* number of the best complete trial, the first of equals; 0: none */
    double best_objective; /* NaN: none */
};

struct fw_study_list {
    struct fw_study_row *rows;
    int64_t n, capacity;
    struct fw_text_pool texts;
};

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

struct fw_decision_row {
    struct fw_decision decision;
    int64_t made_us;       /* microseconds since 1970 UTC */
    const char *candidate; /* of its trial; NULL: none */
    double objective;      /* of its trial; NaN: none */
};

struct fw_decision_list {
    struct fw_decision_row *rows;
    int64_t n, capacity;
    struct fw_text_pool texts;
};

struct fw_artifact_row {
    struct fw_artifact artifact;
    int64_t written_us; /* microseconds since 1970 UTC */
};

struct fw_artifact_list {
    struct fw_artifact_row *rows;
    int64_t n, capacity;
    struct fw_text_pool texts;
};

/* All studies, oldest first. */
FW_NODISCARD
enum fw_status fw_query_studies(struct fw_study_list *out, struct fw_store *store, struct fw_error *err);

/* One study (a list of one row) by its name, or by its id in decimal when no study has that name. FW_E_INPUT, listing
 * the known studies, when there is none. */
FW_NODISCARD
enum fw_status fw_query_study(struct fw_study_list *out, struct fw_store *store, const char *name,
                              struct fw_error *err);

/* The same without what must be counted over the trials: their numbers and the best are 0 and NaN. For studies of many
 * trials, of which little is asked. name NULL: all studies, oldest first. */
FW_NODISCARD
enum fw_status fw_query_study_facts(struct fw_study_list *out, struct fw_store *store, const char *name,
                                    struct fw_error *err);

/* One study (a list of one row) by its id. FW_E_INPUT when there is none. */
FW_NODISCARD
enum fw_status fw_query_study_of_id(struct fw_study_list *out, struct fw_store *store, int64_t id,
                                    struct fw_error *err);

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

/* The decisions of a study by step, within a step in the order in which they were made. */
FW_NODISCARD
enum fw_status fw_query_decisions(struct fw_decision_list *out, struct fw_store *store, int64_t study,
                                  struct fw_error *err);

/* The artifacts of a study in the order in which they were first written. */
FW_NODISCARD
enum fw_status fw_query_artifacts(struct fw_artifact_list *out, struct fw_store *store, int64_t study,
                                  struct fw_error *err);

/* Free what a query has filled in. */
void fw_study_list_clear(struct fw_study_list *list);
void fw_trial_list_clear(struct fw_trial_list *list);
void fw_metric_list_clear(struct fw_metric_list *list);
void fw_decision_list_clear(struct fw_decision_list *list);
void fw_artifact_list_clear(struct fw_artifact_list *list);

#endif
