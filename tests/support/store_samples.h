/* What the tests of the store share: opening with a short patience, and plain studies and trials. */
#ifndef FW_TESTS_SUPPORT_STORE_SAMPLES_H
#define FW_TESTS_SUPPORT_STORE_SAMPLES_H

#include <stdint.h>

#include "results/query/query.h"
#include "results/store/store.h"
#include "results/store/store_log.h"

/* Opens for writing and waits at most wait_seconds for locks. */
enum fw_status sample_open(struct fw_store **out, const char *path, double wait_seconds, struct fw_error *err);

/* Opens a store for writing or fails the test. */
struct fw_store *sample_store(const char *path);

/* A study with this key: driver "random", maximises "auc". */
struct fw_study_info sample_study(uint64_t key);

/* Opens the study with this key and gives its number, or fails the test. */
int64_t sample_open_study(struct fw_store *store, uint64_t key);

/* A complete trial with this hash; all figures are set and differ. `candidate` is borrowed. */
struct fw_trial_record sample_trial(uint64_t hash, const char *candidate, double objective);

/* Stores one trial through the log. */
enum fw_status sample_add(struct fw_store *store, int64_t study, struct fw_trial_record *record, struct fw_error *err);

/* The single integer that SQL on a plain SQLite connection gives; 1 for "ok"; -1 on failure or without a row. */
int64_t sample_sql(const char *path, const char *sql);

/* The first column of all rows that SQL on a plain SQLite connection gives, a line each; a failure ends with a line
 * "! why". To be freed. */
char *sample_text(const char *path, const char *sql);

/* True when a plain SQLite connection finds the file sound ("ok"). */
int sample_is_sound(const char *path);

#endif
