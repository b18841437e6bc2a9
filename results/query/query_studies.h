/* Reading the trial store: its studies. See query.h for what all queries have in common. */
#ifndef FW_RESULTS_QUERY_STUDIES_H
#define FW_RESULTS_QUERY_STUDIES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "results/store/store.h"
#include "results/store/text_pool.h"
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
    const char *tags;      /* "a, b", in their order; NULL: none. None holds a comma */
    const char *note;      /* NULL: none */
    int64_t archived_us;   /* 0: not archived */
};

struct fw_study_list {
    struct fw_study_row *rows;
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

/* Frees what a query has filled in. */
void fw_study_list_clear(struct fw_study_list *list);

#endif
