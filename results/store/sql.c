#include "results/store/sql.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/hash.h"

/* What to tell a user when the disk refused a write: nothing is lost, and how to go on. */
#define INTACT "; what it held before is intact: make room and run the same command again"

/* The errno behind SQLite's code; 0: unknown. SQLite notes it in one of two places, depending on whether a statement or
 * its commit failed. */
static int system_cause(const struct fw_store *store)
{
    int cause = sqlite3_system_errno(store->db);
    if (cause == 0 && sqlite3_file_control(store->db, "main", SQLITE_FCNTL_LAST_ERRNO, &cause) != SQLITE_OK)
        cause = 0;
    return cause;
}

static enum fw_status error_io(const struct fw_store *store, int code, struct fw_error *err)
{
    int cause = system_cause(store);
    if (code == SQLITE_IOERR_WRITE || cause == ENOSPC || cause == EFBIG || cause == EDQUOT)
        return fw_error_set(err, FW_E_IO, "cannot write store '%s': %s" INTACT, store->path,
                            cause != 0 ? strerror(cause) : "the disk is full or fails");
    return fw_error_set(err, FW_E_IO, "cannot use store '%s': %s (%s)", store->path, sqlite3_errstr(code),
                        cause != 0 ? strerror(cause) : "no further cause is known");
}

static enum fw_status error_read_only(const struct fw_store *store, int code, struct fw_error *err)
{
    if (code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY)
        return fw_error_set(err, FW_E_IO,
                            "store '%s' holds a change that was cut off, and this user may not write the file to take "
                            "it back; open it once as a user who may",
                            store->path);
    return fw_error_set(err, FW_E_IO,
                        "cannot write store '%s': the file or its folder is read-only; name another file with --store",
                        store->path);
}

enum fw_status fw_sql_error(const struct fw_store *store, int code, struct fw_error *err)
{
    const char *text = sqlite3_errmsg(store->db);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return fw_error_set(err, FW_E_NOMEM, "out of memory while using store '%s'", store->path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
        return fw_error_set(err, FW_E_IO,
                            "store '%s' is locked: another process holds it and did not let go within %.3g s; end that "
                            "process, or run the same command again later",
                            store->path, store->wait_seconds);
    case SQLITE_FULL:
        return fw_error_set(err, FW_E_IO, "cannot write store '%s': the disk is full" INTACT, store->path);
    case SQLITE_READONLY:
        return error_read_only(store, code, err);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH: {
        int cause = sqlite3_system_errno(store->db);
        return fw_error_set(err, FW_E_IO, "cannot open store '%s' or its journal: %s", store->path,
                            cause != 0 ? strerror(cause) : sqlite3_errstr(code));
    }
    case SQLITE_IOERR:
        return error_io(store, code, err);
    case SQLITE_CORRUPT: /* SQLite's word also for a disk that could not be read, which is no reason to give a file up
                          */
        if (system_cause(store) == EIO)
            return error_io(store, SQLITE_IOERR_READ, err);
        return fw_sql_corrupt(store, err, "%s", text);
    case SQLITE_NOTADB:
        return fw_error_set(err, FW_E_CORRUPT, "'%s' is no trial store (%s); name another file with --store",
                            store->path, text);
    case SQLITE_TOOBIG:
        return fw_error_set(err, FW_E_ARG, "a text is too long for store '%s': SQLite takes at most 1 GB", store->path);
    case SQLITE_CONSTRAINT:
        if (code == SQLITE_CONSTRAINT_FOREIGNKEY)
            return fw_error_set(err, FW_E_ARG, "store '%s' has no such study", store->path);
        return fw_sql_corrupt(store, err, "%s", text);
    default: /* our SQL is fixed, so any other failure means that the file's tables are not what its version says */
        return fw_sql_corrupt(store, err, "%s", text);
    }
}

enum fw_status fw_sql_corrupt(const struct fw_store *store, struct fw_error *err, const char *format, ...)
{
    struct fw_error what;
    va_list args;
    va_start(args, format);
    fw_error_vset(&what, FW_E_CORRUPT, format, args);
    va_end(args);
    return fw_error_set(err, FW_E_CORRUPT,
                        "store '%s' is corrupt: %s; put a copy of it in its place, or name another file with --store",
                        store->path, what.message);
}

/* Called by SQLite while another process holds a lock. The pauses double from 1 to 32 ms, stretched by a factor of the
 * process so that waiting processes do not keep meeting. */
static int wait_for_lock(void *self, int count)
{
    struct fw_store *store = self;
    double now = fw_clock_seconds();
    if (count == 0)
        store->wait_started = now;
    double left = store->wait_seconds - (now - store->wait_started);
    if (left <= 0)
        return 0;
    double stretch = 0.5 + (double)(fw_hash_u64(((uint64_t)getpid() << 32) + (uint64_t)count) >> 11) * 0x1p-53;
    double pause = fmin(left, 0.001 * (double)(1 << (count < 5 ? count : 5)) * stretch);
    struct timespec time = {.tv_sec = (time_t)pause};
    time.tv_nsec = (long)((pause - (double)time.tv_sec) * 1e9);
    nanosleep(&time, NULL);
    return 1;
}

/* SQLite reads ':memory:' and 'file:...' as more than names; "./" in front makes any relative name a plain one. */
enum fw_status fw_sql_open(struct fw_store *store, int flags, struct fw_error *err)
{
    struct fw_buffer name;
    fw_buffer_init(&name, store->mem);
    fw_buffer_add_text(&name, store->path[0] == '/' ? "" : "./");
    fw_buffer_add_text(&name, store->path);
    enum fw_status status = fw_buffer_check(&name, err);
    if (status == FW_OK) {
        int code = sqlite3_open_v2(name.data, &store->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
        if (code != SQLITE_OK)
            status = store->db != NULL ? fw_sql_error(store, code, err)
                                       : fw_error_nomem(err, store->mem, "a store", 1, sizeof *store);
    }
    fw_buffer_clear(&name);
    return status;
}

enum fw_status fw_sql_open_image(struct fw_store *store, struct fw_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(":memory:", &store->db, flags, NULL);
    if (code == SQLITE_OK) {
        union {
            const void *constant;
            unsigned char *bytes;
        } image = {.constant = store->image};
        code = sqlite3_deserialize(store->db, "main", image.bytes, store->image_bytes, store->image_bytes,
                                   SQLITE_DESERIALIZE_READONLY);
    }
    if (code == SQLITE_OK)
        return FW_OK;
    return store->db != NULL ? fw_sql_error(store, code, err)
                             : fw_error_nomem(err, store->mem, "a store", 1, sizeof *store);
}

enum fw_status fw_sql_defend(struct fw_store *store, bool read_only, struct fw_error *err)
{
    static const struct {
        int option, value;
    } settings[] = {{SQLITE_DBCONFIG_DEFENSIVE, 1},   {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                    {SQLITE_DBCONFIG_ENABLE_FKEY, 1}, {SQLITE_DBCONFIG_DQS_DML, 0},
                    {SQLITE_DBCONFIG_DQS_DDL, 0},     {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                    {SQLITE_DBCONFIG_ENABLE_VIEW, 0}};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        int code = sqlite3_db_config(store->db, settings[i].option, settings[i].value, NULL);
        if (code != SQLITE_OK)
            return fw_sql_error(store, code, err);
    }
    sqlite3_busy_handler(store->db, wait_for_lock, store);
    FW_TRY(fw_sql_exec(store, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA synchronous = FULL", err));
    return read_only ? fw_sql_exec(store, "PRAGMA query_only = ON", err) : FW_OK;
}

enum fw_status fw_sql_exec(struct fw_store *store, const char *sql, struct fw_error *err)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? FW_OK : fw_sql_error(store, code, err);
}

enum fw_status fw_sql_begin(struct fw_store *store, struct fw_error *err)
{
    return fw_sql_exec(store, "BEGIN IMMEDIATE", err);
}

enum fw_status fw_sql_end(struct fw_store *store, enum fw_status status, struct fw_error *err)
{
    if (status == FW_OK)
        status = fw_sql_exec(store, "COMMIT", err);
    /* some failures (a full disk) have rolled back already; then there is no transaction left to end. A rollback that
     * fails leaves its journal, and the next reader of the file rolls back. */
    if (status != FW_OK && sqlite3_get_autocommit(store->db) == 0)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

enum fw_status fw_sql_prepare(struct fw_sql *q, struct fw_store *store, const char *sql, struct fw_error *err)
{
    *q = (struct fw_sql){.store = store};
    for (int i = 0; i < store->n_statements; i++) {
        if (store->statements[i].sql == sql) {
            q->handle = store->statements[i].handle;
            return FW_OK;
        }
    }
    if (store->n_statements == FW_SQL_MAX)
        return fw_error_set(err, FW_E_FAILED, "more than %d SQL statements", FW_SQL_MAX);
    int code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q->handle, NULL);
    if (code != SQLITE_OK)
        return fw_sql_error(store, code, err);
    store->statements[store->n_statements++] = (struct fw_sql_statement){sql, q->handle};
    return FW_OK;
}

static void note(struct fw_sql *q, int code)
{
    if (q->failed == SQLITE_OK)
        q->failed = code;
}

void fw_sql_bind_int(struct fw_sql *q, int64_t value)
{
    note(q, sqlite3_bind_int64(q->handle, ++q->bound, value));
}

void fw_sql_bind_int_or_null(struct fw_sql *q, int64_t value)
{
    if (value != 0)
        fw_sql_bind_int(q, value);
    else
        note(q, sqlite3_bind_null(q->handle, ++q->bound));
}

void fw_sql_bind_real(struct fw_sql *q, double value)
{
    note(q, sqlite3_bind_double(q->handle, ++q->bound, value)); /* SQLite turns NaN into NULL */
}

void fw_sql_bind_text(struct fw_sql *q, const char *value)
{
    note(q, sqlite3_bind_text(q->handle, ++q->bound, value, -1, SQLITE_STATIC));
}

void fw_sql_bind_hash(struct fw_sql *q, uint64_t value)
{
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, value);
    note(q, sqlite3_bind_text(q->handle, ++q->bound, digits, 16, SQLITE_TRANSIENT));
}

static void reset(struct fw_sql *q)
{
    sqlite3_reset(q->handle);
    sqlite3_clear_bindings(q->handle);
}

enum fw_status fw_sql_next(bool *row, struct fw_sql *q, struct fw_error *err)
{
    *row = false;
    int code = q->failed != SQLITE_OK ? q->failed : sqlite3_step(q->handle);
    if (code == SQLITE_ROW) {
        *row = true;
        return FW_OK;
    }
    enum fw_status status = code == SQLITE_DONE ? FW_OK : fw_sql_error(q->store, code, err);
    reset(q);
    return status;
}

enum fw_status fw_sql_finish(struct fw_sql *q, struct fw_error *err)
{
    int code = sqlite3_reset(q->handle);
    enum fw_status status = code == SQLITE_OK ? FW_OK : fw_sql_error(q->store, code, err);
    sqlite3_clear_bindings(q->handle);
    return status;
}

enum fw_status fw_sql_run(struct fw_sql *q, struct fw_error *err)
{
    bool row = true;
    while (row)
        FW_TRY(fw_sql_next(&row, q, err));
    return FW_OK;
}

int64_t fw_sql_int(const struct fw_sql *q, int column)
{
    return sqlite3_column_int64(q->handle, column);
}

double fw_sql_real(const struct fw_sql *q, int column)
{
    return sqlite3_column_type(q->handle, column) == SQLITE_NULL ? NAN : sqlite3_column_double(q->handle, column);
}

const char *fw_sql_text(const struct fw_sql *q, int column)
{
    return (const char *)sqlite3_column_text(q->handle, column);
}

uint64_t fw_sql_hash(const struct fw_sql *q, int column)
{
    const char *digits = fw_sql_text(q, column);
    return digits != NULL ? strtoull(digits, NULL, 16) : 0;
}
