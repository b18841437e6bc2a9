#include "results/store/store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "results/store/digest.h"
#include "results/store/migrations.h"
#include "results/store/sql.h"
#include "results/store/store_guest.h"

void fw_store_options_init(struct fw_store_options *options)
{
    *options = (struct fw_store_options){.wait_seconds = 60};
}

/* Tells faults that SQLite would report badly or not at all (it would wait for ever on a pipe). The file itself is not
 * opened: closing it would drop the locks of other handles of this process on it. */
static enum fw_status check_path(const char *path, bool read_only, struct fw_error *err)
{
    enum fw_status wrong = read_only ? FW_E_INPUT : FW_E_IO;
    if (path[0] == '\0')
        return fw_error_set(err, FW_E_ARG, "the name of the store is empty");
    struct stat info;
    if (stat(path, &info) != 0) {
        if (errno != ENOENT)
            return fw_error_set(err, wrong, "cannot open store '%s': %s", path, strerror(errno));
        if (read_only)
            return fw_error_set(err, FW_E_INPUT,
                                "there is no store '%s'; the first search writes one ('fieldwise cross DATA --label "
                                "Y'), and --store names another file",
                                path);
        return FW_OK;
    }
    if (S_ISDIR(info.st_mode))
        return fw_error_set(err, wrong, "cannot open store '%s': it is a directory; name a file", path);
    if (!S_ISREG(info.st_mode))
        return fw_error_set(err, wrong, "cannot open store '%s': it is not a regular file", path);
    return FW_OK;
}

static enum fw_status configure(struct fw_store *store, bool read_only, struct fw_error *err)
{
    FW_TRY(fw_sql_defend(store, read_only, err));
    return fw_digest_install(store, err);
}

/* The single integer that a query gives. */
static enum fw_status read_int(int64_t *out, struct fw_store *store, const char *sql, struct fw_error *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    enum fw_status status = FW_OK;
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        status = fw_sql_error(store, code, err);
    sqlite3_finalize(statement);
    return status;
}

enum fw_status fw_store_version(int64_t *version, struct fw_store *store, struct fw_error *err)
{
    int64_t application = 0;
    int64_t n_objects = 0;
    FW_TRY(read_int(&application, store, "PRAGMA application_id", err));
    FW_TRY(read_int(version, store, "PRAGMA user_version", err));
    FW_TRY(read_int(&n_objects, store, "SELECT count(*) FROM sqlite_schema", err));
    if (application == 0 && *version == 0 && n_objects == 0)
        return FW_OK;
    if (application != FW_STORE_APPLICATION_ID || *version < 1)
        return fw_error_set(err, FW_E_CORRUPT,
                            "'%s' is an SQLite file of another program, no trial store; name another file with --store",
                            store->path);
    if (*version > FW_STORE_VERSION)
        return fw_error_set(err, FW_E_CORRUPT,
                            "store '%s' was written by a newer fieldwise: its tables have version %lld, this program "
                            "knows them up to %d; use the newer program, or name another file with --store",
                            store->path, (long long)*version, FW_STORE_VERSION);
    return FW_OK;
}

/* Brings the tables from `version` to this version; another process may do it at the same moment. */
static enum fw_status migrate(struct fw_store *store, struct fw_error *err)
{
    int64_t version = 0;
    FW_TRY(fw_sql_begin(store, err));
    enum fw_status status = fw_store_version(&version, store, err);
    if (status == FW_OK && version < FW_STORE_VERSION)
        status = fw_migrations_apply(store, version, FW_STORE_VERSION, err);
    return fw_sql_end(store, status, err);
}

/* A reader of an older file leaves it as it is: it reads a copy in memory that is brought up to date. */
static enum fw_status read_updated_copy(struct fw_store *store, struct fw_error *err)
{
    sqlite3 *copy = NULL;
    int code =
        sqlite3_open_v2(":memory:", &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    enum fw_status status = code == SQLITE_OK ? fw_store_copy_pages(copy, store, err)
                                              : fw_error_nomem(err, store->mem, "a copy of a store", 1, 4096);
    if (status != FW_OK) {
        sqlite3_close(copy);
        return status;
    }
    sqlite3_close(store->db);
    store->db = copy;
    store->image = NULL;
    FW_TRY(configure(store, false, err));
    FW_TRY(migrate(store, err));
    return fw_sql_exec(store, "PRAGMA query_only = ON", err);
}

/* Sees to it that the file has the tables of this version. */
static enum fw_status make_ready(struct fw_store *store, bool read_only, struct fw_error *err)
{
    int64_t version = 0;
    FW_TRY(fw_sql_exec(store, "BEGIN", err));
    FW_TRY(fw_sql_end(store, fw_store_version(&version, store, err), err));
    if (read_only && version == 0)
        return fw_error_set(err, FW_E_INPUT, "store '%s' is empty: no search has written to it yet", store->path);
    if (version == FW_STORE_VERSION)
        return FW_OK;
    return read_only ? read_updated_copy(store, err) : migrate(store, err);
}

/* After the first read, when SQLite knows which mode the file is in: a file that somebody switched to a write-ahead
 * log is switched back. */
static enum fw_status set_journal(struct fw_store *store, struct fw_error *err)
{
    static const char sql[] = "PRAGMA journal_mode = TRUNCATE";
    struct fw_sql q;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    bool row;
    FW_TRY(fw_sql_next(&row, &q, err));
    bool done = row && fw_sql_text(&q, 0) != NULL && strcmp(fw_sql_text(&q, 0), "truncate") == 0;
    FW_TRY(fw_sql_finish(&q, err));
    if (!done)
        return fw_error_set(err, FW_E_IO,
                            "store '%s' cannot be switched to a rollback journal; end the programs that have it open",
                            store->path);
    return FW_OK;
}

enum fw_status fw_store_open_unchecked(struct fw_store **out, const char *path, const struct fw_store_options *options,
                                       struct fw_error *err)
{
    FW_TRY(check_path(path, options->read_only, err));
    struct fw_store *store;
    FW_ALLOC(store, options->mem, 1, "a store", err);
    store->mem = options->mem;
    store->wait_seconds = options->wait_seconds;
    fw_buffer_init(&store->found, store->mem);
    fw_buffer_init(&store->encoded, store->mem);
    enum fw_status status = FW_OK;
    store->path = fw_strndup(store->mem, path, strlen(path));
    if (store->path == NULL)
        FW_TRY_GOTO(fw_error_nomem(err, store->mem, "a path", (int64_t)strlen(path), 1), done);
    /* a reader opens for writing too: it may have to take back what a killed process left half-done */
    int flags = SQLITE_OPEN_READWRITE | (options->read_only ? 0 : SQLITE_OPEN_CREATE);
    FW_TRY_GOTO(fw_sql_open(store, flags, err), done);
    FW_TRY_GOTO(configure(store, options->read_only, err), done);
    *out = store;
    store = NULL;
done:
    fw_store_close(store);
    return status;
}

enum fw_status fw_store_open(struct fw_store **out, const char *path, const struct fw_store_options *options,
                             struct fw_error *err)
{
    struct fw_store *store;
    FW_TRY(fw_store_open_unchecked(&store, path, options, err));
    enum fw_status status;
    FW_TRY_GOTO(make_ready(store, options->read_only, err), done);
    if (!options->read_only)
        FW_TRY_GOTO(set_journal(store, err), done);
    *out = store;
    store = NULL;
done:
    fw_store_close(store);
    return status;
}

enum fw_status fw_store_open_image(struct fw_store **out, const void *image, int64_t n, const char *path,
                                   struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_store *store;
    FW_ALLOC(store, mem, 1, "a store", err);
    store->mem = mem;
    store->image = image;
    store->image_bytes = n;
    fw_buffer_init(&store->found, store->mem);
    fw_buffer_init(&store->encoded, store->mem);
    enum fw_status status = FW_OK;
    store->path = fw_strndup(store->mem, path, strlen(path));
    if (store->path == NULL)
        FW_TRY_GOTO(fw_error_nomem(err, store->mem, "a path", (int64_t)strlen(path), 1), done);
    FW_TRY_GOTO(fw_sql_open_image(store, err), done);
    FW_TRY_GOTO(configure(store, true, err), done);
    FW_TRY_GOTO(make_ready(store, true, err), done);
    *out = store;
    store = NULL;
done:
    fw_store_close(store);
    return status;
}

void fw_store_close(struct fw_store *store)
{
    if (store == NULL)
        return;
    for (int i = 0; i < store->n_statements; i++)
        sqlite3_finalize(store->statements[i].handle);
    sqlite3_close_v2(store->db);
    struct fw_allocator *mem = store->mem;
    fw_buffer_clear(&store->encoded);
    fw_buffer_clear(&store->found);
    fw_free(mem, store->path);
    fw_free(mem, store);
}

const char *fw_store_path(const struct fw_store *store)
{
    return store->path;
}
