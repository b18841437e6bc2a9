/* The trial store: one SQLite file that many processes and many studies share.
 *
 * The one idea: a change of state is one transaction that is on the disk before the call returns, so a process may be
 * killed at any instruction and the file needs no repair. The file is opened with a rollback journal
 * (journal_mode=TRUNCATE, synchronous=FULL) because the write-ahead log of SQLite before 3.51.3 can lose commits when
 * several processes share a file. A lock held by another process is waited for, with growing pauses, up to a deadline.
 *
 *     struct fw_store *store;
 *     struct fw_store_options options;
 *     fw_store_options_init(&options);
 *     FW_TRY(fw_store_open(&store, "fieldwise.db", &options, err));
 *     struct fw_trial_log log = fw_store_trial_log(store);     // store_log.h: what a search writes to
 *     ...                                                      // query.h: what was written
 *     fw_store_close(store);
 *
 * The tables are described in migrations.h and docs/store.md. Triggers and views in the file are never run by the
 * library, but for views that a question names (ask.h), so that a file from elsewhere can hold nothing but data.
 *
 * A handle belongs to one thread at a time and must not cross a fork. */
#ifndef FW_RESULTS_STORE_H
#define FW_RESULTS_STORE_H

#include <stdbool.h>

#include "core/alloc.h"
#include "core/status.h"

struct fw_store;

struct fw_store_options {
    bool read_only;           /* the file must exist and is not changed; otherwise it is made when it is not there */
    double wait_seconds;      /* longest wait for another process's lock; 0: none. 60 by default */
    struct fw_allocator *mem; /* borrowed until fw_store_close; may be NULL. SQLite's own memory is not counted */
};

/* Fills in the defaults: read and write, 60 seconds, no accounting. */
void fw_store_options_init(struct fw_store_options *options);

/* Opens a store. Any number of processes may make the same file at the same moment: one of them does, the others find
 * it made. A store of an older version is brought up to date in one transaction; with read_only the file stays as it
 * is, and a copy in memory is brought up to date and read.
 * Fails with FW_E_INPUT when read_only and there is no store; FW_E_ARG for an empty path; FW_E_IO when the file cannot
 * be opened or written, or is locked beyond the deadline; FW_E_CORRUPT, the file untouched, when it is damaged, is no
 * trial store, or was written by a newer version. */
FW_NODISCARD
enum fw_status fw_store_open(struct fw_store **out, const char *path, const struct fw_store_options *options,
                             struct fw_error *err);

/* Closes; everything acknowledged is on the disk already. NULL is a no-op. */
void fw_store_close(struct fw_store *store);

/* The path as given to fw_store_open; borrowed until fw_store_close. */
const char *fw_store_path(const struct fw_store *store);

#endif
