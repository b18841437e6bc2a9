#include "results/store/store_copy.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "results/store/sql.h"

/* How many times as long as a copy held the lock must pass before the next one. */
#define PAUSE_FACTOR 100.0

/* Seconds that the first copy may wait for a lock. */
#define FIRST_WAIT 30.0

/* Bytes read at a time. */
#define CHUNK (1024 * 1024)

/* Two of them: one is read while the other is written. */
struct slot {
    unsigned char *bytes;
    int64_t capacity, length;
    int users;
    struct fw_study_list studies;
};

struct fw_store_copier {
    struct fw_store_copier_options options;
    char *path;
    pthread_mutex_t mutex;
    pthread_cond_t refreshed;
    bool refreshing;         /* by a thread that holds the fields from here to `mutex holds` without the mutex */
    struct fw_store *source; /* NULL: to be opened */
    dev_t device;
    ino_t inode;
    int64_t version;  /* of the data, as SQLite counts it for `source` */
    bool pending;     /* it has changed since, and the copy is not due */
    double next;      /* fw_clock_seconds() when the file is looked at again */
    double next_copy; /* and when it may be copied again */
    bool busy;        /* the last look failed for another process's lock */
    double lock_seconds;
    int64_t n_copies;
    /* mutex holds */
    struct slot slots[2];
    int current; /* -1: none */
    int64_t as_of_us;
    bool locked;
    struct fw_error fault; /* of the last look; status FW_OK: none */
};

void fw_store_copier_options_init(struct fw_store_copier_options *options)
{
    *options = (struct fw_store_copier_options){
        .bytes_most = 512 * FW_MIB,
        .wait_seconds = 2,
        .pause_least = 0.1,
    };
}

/* ---- the file ---- */

/* One number about the file; notes whether it was the lock that kept it from being read. */
static enum fw_status read_one(int64_t *out, struct fw_store_copier *c, const char *sql, struct fw_error *err)
{
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, c->source, sql, err));
    enum fw_status status = fw_sql_next(&row, &q, err);
    int code = sqlite3_errcode(c->source->db) & 0xff;
    c->busy = status != FW_OK && (code == SQLITE_BUSY || code == SQLITE_LOCKED);
    FW_TRY(status);
    *out = row ? fw_sql_int(&q, 0) : 0;
    return row ? fw_sql_finish(&q, err) : FW_OK;
}

static void close_source(struct fw_store_copier *c)
{
    fw_store_close(c->source);
    c->source = NULL;
}

/* Opens the file, again when another one has come into its place. */
static enum fw_status follow_file(struct fw_store_copier *c, struct fw_error *err)
{
    struct stat info;
    bool there = stat(c->path, &info) == 0;
    if (c->source != NULL && (!there || info.st_dev != c->device || info.st_ino != c->inode))
        close_source(c);
    if (c->source != NULL)
        return FW_OK;
    struct fw_store_options options;
    fw_store_options_init(&options);
    options.read_only = true;
    options.wait_seconds = c->options.wait_seconds;
    options.mem = c->options.mem;
    FW_TRY(fw_store_open_unchecked(&c->source, c->path, &options, err));
    c->device = there ? info.st_dev : 0;
    c->inode = there ? info.st_ino : 0;
    c->version = -1;
    c->next_copy = 0;
    return FW_OK;
}

/* Room for n bytes and what the file may grow by until it is copied. The memory is touched here and not while the lock
 * is held: a first touch may take longer than the reading. */
static enum fw_status make_room(struct slot *slot, int64_t n, const struct fw_store_copier *c, struct fw_error *err)
{
    if ((uint64_t)n > c->options.bytes_most) {
        char size[32];
        char most[32];
        return fw_error_set(err, FW_E_NOMEM,
                            "store '%s' has %s, and a copy in memory may have %s; raise --memory-limit", c->path,
                            fw_text_bytes(size, (double)n), fw_text_bytes(most, (double)c->options.bytes_most));
    }
    if (slot->capacity >= n)
        return FW_OK;
    int64_t capacity = n + n / 4 + CHUNK;
    fw_free(c->options.mem, slot->bytes);
    slot->capacity = 0;
    slot->bytes = fw_alloc_array_raw(c->options.mem, capacity, 1);
    if (slot->bytes == NULL)
        return fw_error_nomem(err, c->options.mem, "a copy of the store", capacity, 1);
    memset(slot->bytes, 0, (size_t)capacity);
    slot->capacity = capacity;
    return FW_OK;
}

/* Reads the file through SQLite's own handle: another one of this process would drop its locks when it is closed. */
static enum fw_status read_file(struct slot *slot, struct fw_store *source, int64_t n, struct fw_error *err)
{
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(source->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    for (int64_t at = 0; at < n && code == SQLITE_OK; at += CHUNK)
        code = file->pMethods->xRead(file, slot->bytes + at, (int)(n - at < CHUNK ? n - at : CHUNK), at);
    return code == SQLITE_OK ? FW_OK : fw_sql_error(source, code, err);
}

/* Within a transaction. *n_out: bytes of the file when they do not fit, else 0. */
static enum fw_status copy_locked(int64_t *n_out, struct slot *slot, struct fw_store_copier *c, struct fw_error *err)
{
    static const char size_sql[] = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    static const char version_sql[] = "SELECT data_version FROM pragma_data_version";
    int64_t n = 0;
    FW_TRY(read_one(&n, c, size_sql, err)); /* takes the lock */
    double start = fw_clock_seconds();
    int64_t version = 0;
    FW_TRY(read_one(&version, c, version_sql, err));
    *n_out = n;
    if (n > slot->capacity)
        return FW_OK;
    FW_TRY(read_file(slot, c->source, n, err));
    double held = fw_clock_seconds() - start;
    slot->length = n;
    *n_out = 0;
    c->version = version;
    c->lock_seconds += held;
    c->n_copies++;
    c->next_copy = start + held + PAUSE_FACTOR * held;
    return FW_OK;
}

/* The bytes of a write-ahead log are not in the file. */
static enum fw_status check_journal(const struct slot *slot, const struct fw_store_copier *c, struct fw_error *err)
{
    if (slot->length >= 100 && (slot->bytes[18] > 1 || slot->bytes[19] > 1))
        return fw_error_set(err, FW_E_IO,
                            "store '%s' has been switched to a write-ahead log; the next search that writes to it "
                            "switches it back",
                            c->path);
    return FW_OK;
}

/* Copies the file into a slot. */
static enum fw_status copy_file(struct slot *slot, struct fw_store_copier *c, struct fw_error *err)
{
    struct stat info;
    int64_t need = stat(c->path, &info) == 0 ? (int64_t)info.st_size : 0;
    while (need > 0) {
        FW_TRY(make_room(slot, need, c, err));
        FW_TRY(fw_sql_exec(c->source, "BEGIN", err));
        FW_TRY(fw_sql_end(c->source, copy_locked(&need, slot, c, err), err));
    }
    return check_journal(slot, c, err);
}

/* What every page wants to know, asked once a copy. */
static enum fw_status read_studies(struct slot *slot, struct fw_store_copier *c, struct fw_error *err)
{
    struct fw_store *store;
    FW_TRY(fw_store_open_image(&store, slot->bytes, slot->length, c->path, c->options.mem, err));
    struct fw_study_list studies = {0};
    enum fw_status status = fw_query_studies(&studies, store, err);
    fw_store_close(store);
    if (status == FW_OK)
        slot->studies = studies;
    return status;
}

/* ---- one look at the file ---- */

/* Fills a free slot when the file has changed and a copy is due; *slot_out is then its place, else -1. Without the
 * mutex. `spare`: a slot that nobody uses, -1: there is none. */
static enum fw_status look(int *slot_out, int spare, struct fw_store_copier *c, struct fw_error *err)
{
    *slot_out = -1;
    FW_TRY(follow_file(c, err));
    int64_t version = 0;
    FW_TRY(read_one(&version, c, "SELECT data_version FROM pragma_data_version", err));
    c->pending = version != c->version;
    if (!c->pending || spare < 0 || fw_clock_seconds() < c->next_copy)
        return FW_OK;
    struct slot *slot = &c->slots[spare];
    fw_study_list_clear(&slot->studies);
    enum fw_status status = copy_file(slot, c, err);
    if (status == FW_OK)
        status = read_studies(slot, c, err);
    if (status != FW_OK) {
        c->version = -1;
        return status;
    }
    *slot_out = spare;
    return FW_OK;
}

/* A look whose outcome all threads see. With the mutex, which is let go meanwhile. */
static void refresh(struct fw_store_copier *c)
{
    int spare = c->current == 0 ? 1 : 0;
    if (c->slots[spare].users > 0)
        spare = -1;
    c->refreshing = true;
    pthread_mutex_unlock(&c->mutex);
    int filled = -1;
    struct fw_error fault = {0};
    c->busy = false;
    enum fw_status status = look(&filled, spare, c, &fault);
    int64_t now = fw_clock_utc_us();
    if (status != FW_OK && !c->busy)
        close_source(c); /* to be opened anew, whatever it was */
    bool pending = status == FW_OK && filled < 0 && c->pending;
    c->next = fw_clock_seconds() + c->options.pause_least;
    pthread_mutex_lock(&c->mutex);
    c->refreshing = false;
    c->locked = status != FW_OK && c->busy && c->current >= 0;
    c->fault = fault;
    c->fault.status = c->locked ? FW_OK : status;
    if (filled >= 0)
        c->current = filled;
    if (status == FW_OK && !pending)
        c->as_of_us = now;
    pthread_cond_broadcast(&c->refreshed);
}

enum fw_status fw_store_copy_take(struct fw_store_copy *copy, struct fw_store_copier *c, struct fw_error *err)
{
    pthread_mutex_lock(&c->mutex);
    while (c->refreshing && c->current < 0)
        pthread_cond_wait(&c->refreshed, &c->mutex);
    if (!c->refreshing && fw_clock_seconds() >= c->next)
        refresh(c);
    if (c->fault.status != FW_OK || c->current < 0) {
        enum fw_status status =
            fw_error_set(err, c->fault.status != FW_OK ? c->fault.status : FW_E_IO, "%s", c->fault.message);
        pthread_mutex_unlock(&c->mutex);
        return status;
    }
    struct slot *slot = &c->slots[c->current];
    *copy = (struct fw_store_copy){
        .studies = &slot->studies,
        .as_of_us = c->as_of_us,
        .locked = c->locked,
        .copier = c,
        .slot = c->current,
    };
    slot->users++;
    pthread_mutex_unlock(&c->mutex);
    enum fw_status status = fw_store_open_image(&copy->store, slot->bytes, slot->length, c->path, c->options.mem, err);
    if (status != FW_OK)
        fw_store_copy_give(copy);
    return status;
}

void fw_store_copy_give(struct fw_store_copy *copy)
{
    struct fw_store_copier *c = copy->copier;
    fw_store_close(copy->store);
    copy->store = NULL;
    pthread_mutex_lock(&c->mutex);
    c->slots[copy->slot].users--;
    pthread_mutex_unlock(&c->mutex);
}

void fw_store_copier_cost(struct fw_store_copier *c, double *seconds, int64_t *n_copies)
{
    pthread_mutex_lock(&c->mutex);
    while (c->refreshing)
        pthread_cond_wait(&c->refreshed, &c->mutex);
    *seconds = c->lock_seconds;
    *n_copies = c->n_copies;
    pthread_mutex_unlock(&c->mutex);
}

enum fw_status fw_store_copier_create(struct fw_store_copier **out, const char *path,
                                      const struct fw_store_copier_options *options, struct fw_error *err)
{
    struct fw_store_copier *c;
    FW_ALLOC(c, options->mem, 1, "a copy of the store", err);
    c->options = *options;
    c->current = -1;
    c->path = fw_strndup(options->mem, path, strlen(path));
    if (c->path == NULL) {
        fw_free(options->mem, c);
        return fw_error_nomem(err, options->mem, "a path", (int64_t)strlen(path), 1);
    }
    pthread_mutex_init(&c->mutex, NULL);
    pthread_cond_init(&c->refreshed, NULL);
    struct fw_store_copy copy;
    c->options.wait_seconds = fmax(FIRST_WAIT, options->wait_seconds); /* there is no other copy to make do with */
    enum fw_status status = fw_store_copy_take(&copy, c, err);
    c->options.wait_seconds = options->wait_seconds;
    if (c->source != NULL)
        c->source->wait_seconds = options->wait_seconds;
    if (status == FW_OK)
        fw_store_copy_give(&copy);
    if (status != FW_OK)
        fw_store_copier_destroy(c);
    else
        *out = c;
    return status;
}

void fw_store_copier_destroy(struct fw_store_copier *c)
{
    if (c == NULL)
        return;
    close_source(c);
    for (int i = 0; i < 2; i++) {
        fw_study_list_clear(&c->slots[i].studies);
        fw_free(c->options.mem, c->slots[i].bytes);
    }
    pthread_cond_destroy(&c->refreshed);
    pthread_mutex_destroy(&c->mutex);
    struct fw_allocator *mem = c->options.mem;
    fw_free(mem, c->path);
    fw_free(mem, c);
}
