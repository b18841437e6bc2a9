/* The trial log as searches see it: studies, trials and decisions, written as the search goes, never SQL.
 *
 * A study is one search over one data set with one set of options; its `key` (a hash of driver, version, canonical
 * options, data fingerprint, split and seed) makes the same command find the same study again. A candidate is canonical
 * JSON; its hash is unique in the study, so nothing is evaluated twice. The log is memory that survives the process:
 * a search that runs again asks `find_trial` first and evaluates only what is not there.
 *
 * Every call is one transaction: it has happened wholly and durably when it returns FW_OK. The table of functions lets
 * a search run without any store too (fw_trial_log_none).
 *
 * One handle belongs to one thread at a time; many processes may share a store file. */
#ifndef FW_RESULTS_TRIAL_LOG_H
#define FW_RESULTS_TRIAL_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

enum fw_trial_state { FW_TRIAL_RUNNING, FW_TRIAL_COMPLETE, FW_TRIAL_PRUNED, FW_TRIAL_FAILED };
enum fw_study_status { FW_STUDY_RUNNING, FW_STUDY_COMPLETE, FW_STUDY_INTERRUPTED, FW_STUDY_FAILED };

struct fw_study_info {
    const char *name;      /* for people; NULL: "<driver>-<id>" */
    const char *driver;    /* "autocross", "random", "train" */
    uint64_t key;          /* see above; 0: always a new study */
    const char *objective; /* "auc": what a trial's objective is */
    bool maximise;
    const char *data; /* path of the data, as given */
    uint64_t data_fingerprint;
    int64_t rows;
    const char *options; /* canonical JSON object */
    uint64_t seed;
    const char *command; /* the command line, for people; may be NULL */
};

struct fw_metric {
    const char *name; /* "logloss" */
    int64_t step;     /* rung or epoch; 0 for a figure of the whole trial */
    double value;     /* NaN and infinities are kept as such */
};

struct fw_trial_record {
    int64_t number;        /* within the study, from 1, gap-free; filled by the log */
    int64_t parent;        /* number of the trial that this one grew from; 0: none */
    const char *candidate; /* canonical JSON */
    uint64_t hash;         /* of `candidate` and of whatever else its value depends on; unique in the study */
    enum fw_trial_state state;
    const char *reason;         /* of failure or pruning; NULL: none */
    int32_t step;               /* of the search, from 0 */
    int32_t rung;               /* highest rung reached */
    int64_t rows;               /* rows seen */
    double objective;           /* NaN: none */
    double gain;                /* against the parent; NaN: none */
    double gain_low, gain_high; /* interval of the gain; NaN: none */
    int64_t bytes;              /* memory of the candidate; 0: not measured */
    double seconds;
    const struct fw_metric *metrics; /* borrowed for the call; may be NULL */
    int64_t n_metrics;
};

struct fw_decision {
    int32_t step;
    const char *kind;   /* "start", "accept", "stop" */
    int64_t trial;      /* its number; 0: none */
    const char *detail; /* canonical JSON: what was chosen and why */
    bool clock;         /* it hung on the clock and not on the data alone */
};

struct fw_artifact {
    const char *kind; /* "plan", "model" */
    const char *path;
    int64_t bytes;
    uint64_t checksum; /* XXH3 of the file */
};

struct fw_trial_log_vtable {
    /* REQUIRED. Finds the study with this key or starts one. *resumed_out: it was there; *status_out: how it stood. */
    enum fw_status (*open_study)(void *self, int64_t *study_out, bool *resumed_out, enum fw_study_status *status_out,
                                 const struct fw_study_info *info, struct fw_error *err);
    /* REQUIRED. The stored trial with this hash in the study into *record (its texts are borrowed until the next call;
     * metrics are not filled), *found_out tells whether there was one. RUNNING trials are not found. */
    enum fw_status (*find_trial)(void *self, bool *found_out, struct fw_trial_record *record, int64_t study,
                                 uint64_t hash, struct fw_error *err);
    /* REQUIRED. Stores n trials in one transaction, in order; numbers are filled in. A trial whose hash is there
     * already keeps its number and its first result, unless that was `failed`, which the new one replaces. */
    enum fw_status (*add_trials)(void *self, int64_t study, struct fw_trial_record *records, int64_t n,
                                 struct fw_error *err);
    /* REQUIRED. Stores a decision, or replaces the one of the same step and kind. */
    enum fw_status (*add_decision)(void *self, int64_t study, const struct fw_decision *decision, struct fw_error *err);
    /* REQUIRED. Stores an artifact of the study; the same kind and path replaces. */
    enum fw_status (*add_artifact)(void *self, int64_t study, const struct fw_artifact *artifact, struct fw_error *err);
    /* REQUIRED. Sets the study's status; end time is now unless the status is RUNNING. */
    enum fw_status (*close_study)(void *self, int64_t study, enum fw_study_status status, const char *reason,
                                  struct fw_error *err);
};

struct fw_trial_log {
    const struct fw_trial_log_vtable *vtable;
    void *self;
};

/* A log that forgets: every study is new (number 0), nothing is found, trials get the number 0 ("none"). For
 * `--no-store` and for tests. */
extern const struct fw_trial_log fw_trial_log_none;

const char *fw_trial_state_name(enum fw_trial_state state);    /* "complete", ... */
const char *fw_study_status_name(enum fw_study_status status); /* "complete", ... */

/* The reverse; false, *out unchanged, when it is no such name. NULL is no name. */
bool fw_trial_state_from_name(enum fw_trial_state *out, const char *name);
bool fw_study_status_from_name(enum fw_study_status *out, const char *name);

#endif
