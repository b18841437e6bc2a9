/* The thin layer between results/ and SQLite: cached statements, binding in order, one place that turns SQLite's codes
 * into statuses with a message that names the file. Internal to results/; everyone else uses store.h, store_log.h and
 * query.h.
 *
 *     struct fw_sql q;
 *     FW_TRY(fw_sql_prepare(&q, store, "SELECT id FROM trials WHERE study_id = ? AND hash = ?", err));
 *     fw_sql_bind_int(&q, study);
 *     fw_sql_bind_hash(&q, hash);
 *     bool row;
 *     FW_TRY(fw_sql_next(&row, &q, err));
 *     int64_t id = row ? fw_sql_int(&q, 0) : 0;
 *     FW_TRY(fw_sql_finish(&q, err));
 *
 * A failed bind is remembered and reported by the next fw_sql_next, so that binds need no checks of their own. */
#ifndef FW_RESULTS_SQL_H
#define FW_RESULTS_SQL_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"
#include "core/text.h"
#include "results/store/store.h"

/* More than the number of SQL texts in results/. */
#define FW_SQL_MAX 128

/* A prepared statement, known by the address of its SQL text. */
struct fw_sql_statement {
    const char *sql;
    sqlite3_stmt *handle;
};

struct fw_store {
    sqlite3 *db;
    struct fw_allocator *mem;
    char *path;          /* owned */
    double wait_seconds; /* for a lock */
    double wait_started; /* fw_clock_seconds() when the present wait began */
    struct fw_sql_statement statements[FW_SQL_MAX];
    int n_statements;
    struct fw_buffer found;   /* texts lent by find_trial until the next call */
    struct fw_buffer encoded; /* scratch of the digest functions */
    const void *image;        /* of a copy in memory (store_copy.h), borrowed; NULL: the store is the file at path */
    int64_t image_bytes;
};

/* One use of a statement: from fw_sql_prepare to fw_sql_finish, or to the fw_sql_next that finds no row. */
struct fw_sql {
    struct fw_store *store;
    sqlite3_stmt *handle;
    int bound;  /* parameters bound so far */
    int failed; /* SQLite's code of the first bind that failed; 0: none */
};

/* fw_store_open without a look at what is in the file: no version, no tables of this version, no journal mode. */
FW_NODISCARD
enum fw_status fw_store_open_unchecked(struct fw_store **out, const char *path, const struct fw_store_options *options,
                                       struct fw_error *err);

/* The version of the file's tables; 0: it is empty. Refuses what is no store of ours or newer than this program. To be
 * called inside a transaction, or the answers could come from before and after another process's making of the tables.
 */
FW_NODISCARD
enum fw_status fw_store_version(int64_t *version, struct fw_store *store, struct fw_error *err);

/* Opens the bytes of a store's file, in memory and borrowed until fw_store_close, for reading. They must not change
 * meanwhile. path: what messages call it. Fails as fw_store_open does. */
FW_NODISCARD
enum fw_status fw_store_open_image(struct fw_store **out, const void *image, int64_t n, const char *path,
                                   struct fw_allocator *mem, struct fw_error *err);

/* Writes the message that belongs to an SQLite code and returns its status. */
enum fw_status fw_sql_error(const struct fw_store *store, int code, struct fw_error *err);

/* "store 'x.db' is corrupt: ..." and FW_E_CORRUPT, for content that no process of ours has written. */
enum fw_status fw_sql_corrupt(const struct fw_store *store, struct fw_error *err, const char *format, ...)
    FW_PRINTF(3, 4);

/* Opens the file of store->path as store->db; flags are SQLite's for sqlite3_open_v2. */
FW_NODISCARD
enum fw_status fw_sql_open(struct fw_store *store, int flags, struct fw_error *err);

/* Opens store->image as store->db. SQLite never writes to it. */
FW_NODISCARD
enum fw_status fw_sql_open_image(struct fw_store *store, struct fw_error *err);

/* The defences that SQLite's manual advises for files of unknown origin, the promises about durability, and the wait
 * for other processes' locks. Triggers and views are off. */
FW_NODISCARD
enum fw_status fw_sql_defend(struct fw_store *store, bool read_only, struct fw_error *err);

/* Runs SQL that gives no rows; uncached. */
FW_NODISCARD
enum fw_status fw_sql_exec(struct fw_store *store, const char *sql, struct fw_error *err);

/* Starts a transaction that may write (BEGIN IMMEDIATE): waits here, never in the middle. */
FW_NODISCARD
enum fw_status fw_sql_begin(struct fw_store *store, struct fw_error *err);

/* Ends it: commits when status is FW_OK, takes everything back otherwise. Returns the first failure. */
FW_NODISCARD
enum fw_status fw_sql_end(struct fw_store *store, enum fw_status status, struct fw_error *err);

/* Readies a statement; `sql` must be a text of static storage, its address is the key of the cache. */
FW_NODISCARD
enum fw_status fw_sql_prepare(struct fw_sql *q, struct fw_store *store, const char *sql, struct fw_error *err);

/* Bind the next parameter. Texts are borrowed until the statement has finished; NULL and NaN become SQL NULL. */
void fw_sql_bind_int(struct fw_sql *q, int64_t value);
void fw_sql_bind_int_or_null(struct fw_sql *q, int64_t value); /* 0 becomes NULL */
void fw_sql_bind_real(struct fw_sql *q, double value);
void fw_sql_bind_text(struct fw_sql *q, const char *value);
void fw_sql_bind_hash(struct fw_sql *q, uint64_t value); /* as 16 hexadecimal digits */

/* Steps to the next row; *row tells whether there is one. After the last row or a failure the statement is reset. */
FW_NODISCARD
enum fw_status fw_sql_next(bool *row, struct fw_sql *q, struct fw_error *err);

/* Ends the use of a statement before its last row; also tells of memory refused while columns were read. */
FW_NODISCARD
enum fw_status fw_sql_finish(struct fw_sql *q, struct fw_error *err);

/* Runs a statement whose rows, if any, are not wanted. */
FW_NODISCARD
enum fw_status fw_sql_run(struct fw_sql *q, struct fw_error *err);

/* Columns of the present row, from 0. NULL reads as 0, NaN or NULL; texts are borrowed until the next step. */
int64_t fw_sql_int(const struct fw_sql *q, int column);
double fw_sql_real(const struct fw_sql *q, int column);
const char *fw_sql_text(const struct fw_sql *q, int column);
uint64_t fw_sql_hash(const struct fw_sql *q, int column);

#endif
