/* The tables of the trial store and the steps that bring an older file up to date. docs/store.md is the manual of the
 * tables for people who read them with SQL; this is what the code relies on.
 *
 * The file is known by PRAGMA application_id = FW_STORE_APPLICATION_ID; PRAGMA user_version is the version of its
 * tables. Version n is reached from version n - 1 by one SQL script, and all scripts of one opening run in one
 * transaction. A script that has been released is never changed; a change of the tables is a new script.
 *
 *     studies    one row a search: what it searched, with which options, on which machine, how it stands
 *     trials     one row a candidate of a study; (study_id, number) and (study_id, hash) are unique
 *     metrics    further figures of a trial by name and step
 *     decisions  what the search chose at each step and why; (study_id, step, kind) is unique
 *     artifacts  files that came of a study; (study_id, kind, path) is unique
 *     tags       names that people gave a study; (study_id, name) is unique
 *     contents   how many trials, decisions and artifacts a study has, and the sum of their digests
 *     v_studies, v_trials, v_best, v_curves   views for people
 *
 * How values are stored: times are INTEGER microseconds since 1970 UTC (columns ending in _us); hashes are 16
 * hexadecimal digits; a seed is INTEGER, and one of 2^63 or more appears as the negative number with the same bits.
 * NaN is NULL: an objective, a gain or its interval that is NULL is "none", a metric whose row is there with a NULL
 * value is NaN. Infinities are kept; minus zero becomes zero. A parent, trial or size of 0 ("none") is NULL. What the
 * digests cover is in digest.h.
 *
 * Versions: 1 the first; 2 digests and `contents`, notes, tags, archived studies, trials by time. */
#ifndef FW_RESULTS_MIGRATIONS_H
#define FW_RESULTS_MIGRATIONS_H

#include <stdint.h>

#include "core/status.h"

struct fw_store;

#define FW_STORE_APPLICATION_ID 0x46575453 /* "FWTS" */
#define FW_STORE_VERSION        2

/* Brings a file of version `from` (0: empty) to version `to`, at most FW_STORE_VERSION, and on the way there gives
 * every row its digest. To be called inside a transaction. */
FW_NODISCARD
enum fw_status fw_migrations_apply(struct fw_store *store, int64_t from, int64_t to, struct fw_error *err);

#endif
