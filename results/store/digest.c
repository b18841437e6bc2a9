#include "results/store/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "results/store/sql.h"

static void add_word(struct fw_buffer *values, char type, uint64_t word)
{
    char bytes[9] = {type};
    for (int i = 0; i < 8; i++)
        bytes[1 + i] = (char)(word >> (8 * i) & 0xff);
    fw_buffer_add(values, bytes, sizeof bytes);
}

void fw_digest_add_null(struct fw_buffer *values)
{
    fw_buffer_add(values, "", 1); /* its NUL */
}

void fw_digest_add_int(struct fw_buffer *values, int64_t value)
{
    add_word(values, 1, (uint64_t)value);
}

void fw_digest_add_real(struct fw_buffer *values, double value)
{
    uint64_t word;
    memcpy(&word, &value, sizeof word);
    add_word(values, 2, word);
}

void fw_digest_add_text(struct fw_buffer *values, const char *text, size_t length)
{
    add_word(values, 3, length);
    fw_buffer_add(values, text, length);
}

void fw_digest_add_blob(struct fw_buffer *values, const char *bytes, size_t length)
{
    add_word(values, 4, length);
    fw_buffer_add(values, bytes, length);
}

uint64_t fw_digest_of(const struct fw_buffer *values)
{
    return fw_hash_bytes(values->data, (size_t)values->length, 0);
}

void fw_digest_to_text(char out[17], uint64_t digest)
{
    snprintf(out, 17, "%016" PRIx64, digest);
}

bool fw_digest_from_text(uint64_t *out, const char *text, size_t length)
{
    if (text == NULL || length != 16)
        return false;
    uint64_t digest = 0;
    for (size_t i = 0; i < length; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
        if (digit == NULL)
            return false;
        digest = digest << 4 | (uint64_t)(digit - digits);
    }
    *out = digest;
    return true;
}

static void add_value(struct fw_buffer *values, sqlite3_value *value)
{
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        fw_digest_add_int(values, sqlite3_value_int64(value));
        break;
    case SQLITE_FLOAT:
        fw_digest_add_real(values, sqlite3_value_double(value));
        break;
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_value_text(value);
        values->failed = values->failed || text == NULL;
        fw_digest_add_text(values, text, text != NULL ? (size_t)sqlite3_value_bytes(value) : 0);
        break;
    }
    case SQLITE_BLOB:
        fw_digest_add_blob(values, sqlite3_value_blob(value), (size_t)sqlite3_value_bytes(value));
        break;
    default:
        fw_digest_add_null(values);
    }
}

/* The digest of the arguments of an SQL function; false: no memory. */
static bool digest_arguments(uint64_t *out, struct fw_store *store, int n, sqlite3_value **arguments)
{
    struct fw_buffer *values = &store->encoded;
    values->length = 0;
    values->failed = false;
    for (int i = 0; i < n; i++)
        add_value(values, arguments[i]);
    *out = fw_digest_of(values);
    return !values->failed;
}

static void give_digest(sqlite3_context *context, uint64_t digest)
{
    char text[17];
    fw_digest_to_text(text, digest);
    sqlite3_result_text(context, text, 16, SQLITE_TRANSIENT);
}

/* fw_digest(...) */
static void call_digest(sqlite3_context *context, int n, sqlite3_value **arguments)
{
    uint64_t digest;
    if (digest_arguments(&digest, sqlite3_user_data(context), n, arguments))
        give_digest(context, digest);
    else
        sqlite3_result_error_nomem(context);
}

/* fw_digest_sum(...): SQLite's own block holds the sum; it is zeroed at first. */
static void step_sum(sqlite3_context *context, int n, sqlite3_value **arguments)
{
    uint64_t *sum = sqlite3_aggregate_context(context, sizeof *sum);
    uint64_t digest;
    if (sum != NULL && digest_arguments(&digest, sqlite3_user_data(context), n, arguments))
        *sum += digest;
    else
        sqlite3_result_error_nomem(context);
}

static void give_sum(sqlite3_context *context)
{
    const uint64_t *sum = sqlite3_aggregate_context(context, 0);
    give_digest(context, sum != NULL ? *sum : 0);
}

/* A digest as an argument; nothing and nonsense are 0. */
static uint64_t digest_argument(sqlite3_value *value)
{
    uint64_t digest = 0;
    const char *text = (const char *)sqlite3_value_text(value);
    if (!fw_digest_from_text(&digest, text, text != NULL ? (size_t)sqlite3_value_bytes(value) : 0))
        digest = 0;
    return digest;
}

/* fw_digest_fold(sum, new, old) */
static void call_fold(sqlite3_context *context, int n, sqlite3_value **arguments)
{
    (void)n;
    give_digest(context, digest_argument(arguments[0]) + digest_argument(arguments[1]) - digest_argument(arguments[2]));
}

/* fw_digest_total(digest): aggregate, the sum of digests that are there already */
static void step_total(sqlite3_context *context, int n, sqlite3_value **arguments)
{
    (void)n;
    uint64_t *sum = sqlite3_aggregate_context(context, sizeof *sum);
    if (sum != NULL)
        *sum += digest_argument(arguments[0]);
    else
        sqlite3_result_error_nomem(context);
}

enum fw_status fw_digest_install(struct fw_store *store, struct fw_error *err)
{
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
    static const struct {
        const char *name;
        int n; /* arguments; -1: any number */
        void (*call)(sqlite3_context *, int, sqlite3_value **);
        void (*step)(sqlite3_context *, int, sqlite3_value **);
        void (*end)(sqlite3_context *);
    } functions[] = {{"fw_digest", -1, call_digest, NULL, NULL},
                     {"fw_digest_sum", -1, NULL, step_sum, give_sum},
                     {"fw_digest_fold", 3, call_fold, NULL, NULL},
                     {"fw_digest_total", 1, NULL, step_total, give_sum}};
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        int code = sqlite3_create_function_v2(store->db, functions[i].name, functions[i].n, flags, store,
                                              functions[i].call, functions[i].step, functions[i].end, NULL);
        if (code != SQLITE_OK)
            return fw_sql_error(store, code, err);
    }
    return FW_OK;
}

/* The statements of a table of children. */
static const struct {
    const char *old;    /* the digest of the row as it was */
    const char *write;  /* writes and gives it */
    const char *settle; /* rows more, sum to add, study */
} child_sql[FW_DIGEST_TABLES] = {
    [FW_DIGEST_TRIALS] = {"SELECT digest FROM trials WHERE id = ?",
                          "UPDATE trials SET digest = " FW_TRIAL_DIGEST " WHERE id = ? RETURNING digest",
                          "UPDATE contents SET trials = trials + ?, digests = fw_digest_fold(digests, ?, '') "
                          "WHERE study_id = ?"},
    [FW_DIGEST_DECISIONS] = {"SELECT digest FROM decisions WHERE id = ?",
                             "UPDATE decisions SET digest = " FW_DECISION_DIGEST " WHERE id = ? RETURNING digest",
                             "UPDATE contents SET decisions = decisions + ?, digests = fw_digest_fold(digests, ?, '') "
                             "WHERE study_id = ?"},
    [FW_DIGEST_ARTIFACTS] = {"SELECT digest FROM artifacts WHERE id = ?",
                             "UPDATE artifacts SET digest = " FW_ARTIFACT_DIGEST " WHERE id = ? RETURNING digest",
                             "UPDATE contents SET artifacts = artifacts + ?, digests = fw_digest_fold(digests, ?, '') "
                             "WHERE study_id = ?"},
};

/* The digest that a statement about one row gives; 0 where there is none. */
static enum fw_status run_for_digest(uint64_t *digest, struct fw_store *store, const char *sql, int64_t id,
                                     struct fw_error *err)
{
    struct fw_sql q;
    bool row;
    *digest = 0;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, id);
    FW_TRY(fw_sql_next(&row, &q, err));
    if (!row)
        return FW_OK;
    const char *text = fw_sql_text(&q, 0);
    if (!fw_digest_from_text(digest, text, text != NULL ? strlen(text) : 0))
        *digest = 0;
    return fw_sql_finish(&q, err);
}

enum fw_status fw_digest_row(struct fw_digest_change *change, struct fw_store *store, enum fw_digest_table table,
                             int64_t id, bool existed, struct fw_error *err)
{
    uint64_t old = 0;
    uint64_t new;
    if (existed)
        FW_TRY(run_for_digest(&old, store, child_sql[table].old, id, err));
    FW_TRY(run_for_digest(&new, store, child_sql[table].write, id, err));
    change->n += !existed;
    change->sum += new - old;
    return FW_OK;
}

enum fw_status fw_digest_settle(const struct fw_digest_change *change, struct fw_store *store,
                                enum fw_digest_table table, int64_t study, struct fw_error *err)
{
    if (change->n == 0 && change->sum == 0)
        return FW_OK;
    struct fw_sql q;
    FW_TRY(fw_sql_prepare(&q, store, child_sql[table].settle, err));
    fw_sql_bind_int(&q, change->n);
    fw_sql_bind_hash(&q, change->sum);
    fw_sql_bind_int(&q, study);
    FW_TRY(fw_sql_run(&q, err));
    if (sqlite3_changes(store->db) == 0)
        return fw_sql_corrupt(store, err, "study %lld has no row in table 'contents'", (long long)study);
    return FW_OK;
}

enum fw_status fw_digest_study(struct fw_store *store, int64_t study, struct fw_error *err)
{
    static const char sql[] = "UPDATE studies SET digest = " FW_STUDY_DIGEST " WHERE id = ?";
    struct fw_sql q;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    return fw_sql_run(&q, err);
}

enum fw_status fw_digest_everything(struct fw_store *store, struct fw_error *err)
{
    /* what a salvage could not save stays known */
    static const char sql[] =
        "UPDATE studies SET digest = " FW_STUDY_DIGEST ";\n"
        "UPDATE trials SET digest = " FW_TRIAL_DIGEST ";\n"
        "UPDATE decisions SET digest = " FW_DECISION_DIGEST ";\n"
        "UPDATE artifacts SET digest = " FW_ARTIFACT_DIGEST ";\n"
        "INSERT INTO contents (study_id, trials, decisions, artifacts, lost, digests) SELECT id, "
        "(SELECT count(*) FROM trials WHERE study_id = studies.id), "
        "(SELECT count(*) FROM decisions WHERE study_id = studies.id), "
        "(SELECT count(*) FROM artifacts WHERE study_id = studies.id), 0, "
        "fw_digest_fold(fw_digest_fold((SELECT fw_digest_total(digest) FROM trials WHERE study_id = studies.id), "
        "(SELECT fw_digest_total(digest) FROM decisions WHERE study_id = studies.id), ''), "
        "(SELECT fw_digest_total(digest) FROM artifacts WHERE study_id = studies.id), '') FROM studies WHERE true "
        "ON CONFLICT DO UPDATE SET trials = excluded.trials, decisions = excluded.decisions, "
        "artifacts = excluded.artifacts, digests = excluded.digests";
    return fw_sql_exec(store, sql, err);
}
