#include "results/care/verify.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "results/care/trial_gaps.h"
#include "results/store/digest.h"
#include "results/store/migrations.h"
#include "results/store/sql.h"

/* What was read of a study, to be held against its row in `contents`. */
struct tally {
    int64_t id;
    const char *name; /* in the result's texts; NULL: the study has no row */
    int64_t rows[FW_DIGEST_TABLES];
    int64_t highest; /* trial number */
    uint64_t digests;
    bool damaged; /* a row of it was found to be wrong: its sum cannot be right */
};

struct check {
    struct fw_verify *result;
    struct fw_store *store;
    struct tally *tallies; /* ascending by id */
    int64_t n_tallies, capacity;
};

/* Notes a finding; without memory it is at least counted. */
static FW_PRINTF(5, 6) enum fw_status
    find(struct check *check, bool remark, int64_t study, int64_t trial, const char *format, ...)
{
    struct fw_verify *result = check->result;
    result->n_damages += !remark;
    if (result->n >= FW_VERIFY_MAX_FINDINGS)
        return FW_OK;
    struct fw_error text = {0};
    va_list args;
    va_start(args, format);
    fw_error_vset(&text, FW_E_CORRUPT, format, args);
    va_end(args);
    FW_TRY(fw_reserve(check->store->mem, &result->findings, &result->capacity, result->n + 1, sizeof *result->findings,
                      NULL));
    bool refused = false;
    const char *copy = fw_text_pool_add(&result->texts, text.message, &refused);
    if (refused)
        return FW_E_NOMEM;
    result->findings[result->n++] = (struct fw_finding){remark, study, trial, copy};
    return FW_OK;
}

#define DAMAGE(check, study, trial, ...)                                                                               \
    do {                                                                                                               \
        if (find((check), false, (study), (trial), __VA_ARGS__) != FW_OK)                                              \
            return fw_error_nomem(err, (check)->store->mem, "a finding", 1, sizeof(struct fw_finding));                \
    } while (0)

/* A failure to read on is a finding when it is about the file's content; other failures end the check. */
static enum fw_status cannot_read(struct check *check, enum fw_status status, const struct fw_error *why,
                                  const char *what, struct fw_error *err)
{
    if (status != FW_E_CORRUPT)
        return fw_error_set(err, status, "%s", why->message);
    DAMAGE(check, 0, 0, "%s cannot be read to its end: %s", what, sqlite3_errmsg(check->store->db));
    return FW_OK;
}

/* Runs a query and hands each of its rows to `each`. */
static enum fw_status scan(struct check *check, const char *what, const char *sql,
                           enum fw_status (*each)(struct check *, const struct fw_sql *, struct fw_error *),
                           struct fw_error *err)
{
    struct fw_sql q;
    struct fw_error why = {0};
    bool row = false;
    enum fw_status status = fw_sql_prepare(&q, check->store, sql, &why);
    if (status != FW_OK)
        return cannot_read(check, status, &why, what, err);
    for (;;) {
        status = fw_sql_next(&row, &q, &why);
        if (status != FW_OK)
            return cannot_read(check, status, &why, what, err);
        if (!row)
            return FW_OK;
        status = each(check, &q, err);
        if (status != FW_OK) {
            enum fw_status ignored = fw_sql_finish(&q, NULL);
            (void)ignored;
            return status;
        }
    }
}

/* The tally of a study; made when it is not there. NULL: no memory. */
static struct tally *tally_of(struct check *check, int64_t id)
{
    int64_t low = 0;
    int64_t high = check->n_tallies;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (check->tallies[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < check->n_tallies && check->tallies[low].id == id)
        return &check->tallies[low];
    if (fw_reserve(check->store->mem, &check->tallies, &check->capacity, check->n_tallies + 1, sizeof *check->tallies,
                   NULL) != FW_OK)
        return NULL;
    struct tally *here = &check->tallies[low];
    memmove(here + 1, here, (size_t)(check->n_tallies - low) * sizeof *here);
    check->n_tallies++;
    *here = (struct tally){.id = id};
    return here;
}

static const char *name_of(const struct tally *tally)
{
    return tally->name != NULL ? tally->name : "?";
}

#define TALLY(tally, check, id)                                                                                        \
    struct tally *tally = tally_of((check), (id));                                                                     \
    if ((tally) == NULL)                                                                                               \
    return fw_error_nomem(err, (check)->store->mem, "a study", 1, sizeof *(tally))

/* Adds a row of a table of children (study, -, digest, whether it is good) to its study. */
static void count_child(struct tally *tally, const struct fw_sql *q, enum fw_digest_table table)
{
    const char *digest = fw_sql_text(q, 2);
    uint64_t value = 0;
    if (!fw_digest_from_text(&value, digest, digest != NULL ? strlen(digest) : 0))
        tally->damaged = true;
    tally->digests += value;
    tally->rows[table]++;
    tally->damaged = tally->damaged || fw_sql_int(q, 3) == 0;
}

static enum fw_status each_study(struct check *check, const struct fw_sql *q, struct fw_error *err)
{
    TALLY(tally, check, fw_sql_int(q, 0));
    bool refused = false;
    tally->name = fw_text_pool_add(&check->result->texts, fw_sql_text(q, 1), &refused);
    if (refused)
        return fw_error_nomem(err, check->store->mem, "a name", 1, 64);
    check->result->n_studies++;
    if (fw_sql_int(q, 2) == 0)
        DAMAGE(check, tally->id, 0,
               "study '%s' (number %" PRId64 "): its own row or its tags are not as they were stored", name_of(tally),
               tally->id);
    return FW_OK;
}

static enum fw_status each_trial(struct check *check, const struct fw_sql *q, struct fw_error *err)
{
    TALLY(tally, check, fw_sql_int(q, 0));
    int64_t number = fw_sql_int(q, 1);
    count_child(tally, q, FW_DIGEST_TRIALS);
    check->result->n_trials++;
    tally->highest = number > tally->highest ? number : tally->highest;
    if (fw_sql_int(q, 3) == 0)
        DAMAGE(check, tally->id, number, "study '%s': trial %" PRId64 " or one of its metrics is not as it was stored",
               name_of(tally), number);
    return FW_OK;
}

static enum fw_status each_decision(struct check *check, const struct fw_sql *q, struct fw_error *err)
{
    TALLY(tally, check, fw_sql_int(q, 0));
    count_child(tally, q, FW_DIGEST_DECISIONS);
    check->result->n_decisions++;
    const char *kind = fw_sql_text(q, 4);
    if (fw_sql_int(q, 3) == 0)
        DAMAGE(check, tally->id, 0, "study '%s': decision '%s' of step %" PRId64 " is not as it was stored",
               name_of(tally), kind != NULL ? kind : "?", fw_sql_int(q, 1));
    return FW_OK;
}

static enum fw_status each_artifact(struct check *check, const struct fw_sql *q, struct fw_error *err)
{
    TALLY(tally, check, fw_sql_int(q, 0));
    count_child(tally, q, FW_DIGEST_ARTIFACTS);
    check->result->n_artifacts++;
    const char *path = fw_sql_text(q, 4);
    if (fw_sql_int(q, 3) == 0)
        DAMAGE(check, tally->id, 0, "study '%s': the record of its file '%s' is not as it was stored", name_of(tally),
               path != NULL ? path : "?");
    return FW_OK;
}

static enum fw_status each_metric_count(struct check *check, const struct fw_sql *q, struct fw_error *err)
{
    (void)err;
    check->result->n_metrics = fw_sql_int(q, 0);
    return FW_OK;
}

/* Trials of a study that should be there. */
static enum fw_status find_gaps(struct check *check, const struct tally *tally, int64_t wanted, int64_t lost,
                                struct fw_error *err)
{
    int64_t missing = wanted - tally->rows[FW_DIGEST_TRIALS];
    int64_t until = tally->highest;
    if (wanted < FW_TRIAL_GAPS_MOST && lost < FW_TRIAL_GAPS_MOST && wanted + lost > until)
        until = wanted + lost;
    until = until < FW_TRIAL_GAPS_MOST ? until : FW_TRIAL_GAPS_MOST;
    struct fw_buffer numbers;
    struct fw_error why = {0};
    fw_buffer_init(&numbers, check->store->mem);
    fw_buffer_add_text(&numbers, "");
    enum fw_status status = fw_trial_gaps_add(&numbers, check->store, tally->id, until, 8, false, &why);
    if (status == FW_E_NOMEM)
        status = fw_error_set(err, status, "%s", why.message);
    else
        status = find(check, false, tally->id, 0, "study '%s': %" PRId64 " of its %" PRId64 " trials %s missing (%s)",
                      name_of(tally), missing, wanted, missing == 1 ? "is" : "are",
                      status == FW_OK && numbers.length > 0 ? numbers.data : "which ones is not known");
    fw_buffer_clear(&numbers);
    return status;
}

/* id, trials, decisions, artifacts, lost, digests */
static enum fw_status each_contents(struct check *check, const struct fw_sql *q, struct fw_error *err)
{
    static const char *const names[FW_DIGEST_TABLES] = {"trials", "decisions", "files"};
    TALLY(tally, check, fw_sql_int(q, 0));
    int64_t lost = fw_sql_int(q, 4);
    bool same = true;
    for (int t = 0; t < FW_DIGEST_TABLES; t++) {
        int64_t wanted = fw_sql_int(q, 1 + t);
        if (tally->rows[t] == wanted)
            continue;
        same = false;
        if (t == FW_DIGEST_TRIALS && tally->rows[t] < wanted)
            FW_TRY(find_gaps(check, tally, wanted, lost, err));
        else
            DAMAGE(check, tally->id, 0, "study '%s': %" PRId64 " %s are there, %" PRId64 " should be", name_of(tally),
                   tally->rows[t], names[t], wanted);
    }
    if (same && tally->highest != tally->rows[FW_DIGEST_TRIALS] + lost)
        DAMAGE(check, tally->id, 0,
               "study '%s': its trials are not numbered without gaps: %" PRId64 " of them up to %" PRId64,
               name_of(tally), tally->rows[FW_DIGEST_TRIALS], tally->highest);
    const char *text = fw_sql_text(q, 5);
    uint64_t digests = 0;
    bool readable = fw_digest_from_text(&digests, text, text != NULL ? strlen(text) : 0);
    if (same && !tally->damaged && (!readable || digests != tally->digests))
        DAMAGE(
            check, tally->id, 0,
            "study '%s': its trials, decisions and files are not those that were stored last, or their sum was changed",
            name_of(tally));
    return FW_OK;
}

static enum fw_status each_structure(struct check *check, const struct fw_sql *q, struct fw_error *err)
{
    const char *text = fw_sql_text(q, 0);
    if (text == NULL || strcmp(text, "ok") != 0)
        DAMAGE(check, 0, 0, "structure: %s", text != NULL ? text : "?");
    return FW_OK;
}

static enum fw_status each_reference(struct check *check, const struct fw_sql *q, struct fw_error *err)
{
    const char *table = fw_sql_text(q, 0);
    const char *parent = fw_sql_text(q, 2);
    DAMAGE(check, 0, 0, "a row of table '%s' belongs to nothing in table '%s'", table != NULL ? table : "?",
           parent != NULL ? parent : "?");
    return FW_OK;
}

static enum fw_status each_orphan(struct check *check, const struct fw_sql *q, struct fw_error *err)
{
    DAMAGE(check, fw_sql_int(q, 0), 0, "study %" PRId64 " has no row in table 'contents'", fw_sql_int(q, 0));
    return FW_OK;
}

#define OBJECTS                                                                                                        \
    "SELECT type, name, quote(tbl_name) || ' ' || quote(sql) FROM sqlite_schema ORDER BY type, name, quote(tbl_name)"

/* Which object comes first; 0: both have it. Rows that are over come last. */
static int order_of(const struct fw_sql *a, bool a_left, const struct fw_sql *b, bool b_left)
{
    int order = (int)b_left - (int)a_left;
    for (int c = 0; c < 2 && order == 0; c++) {
        const char *text = fw_sql_text(a, c);
        order = strcmp(text != NULL ? text : "", fw_sql_text(b, c));
    }
    return order;
}

static enum fw_status compare_schemas(struct check *check, struct fw_store *fresh, struct fw_error *err)
{
    static const char sql[] = OBJECTS;
    struct fw_sql a, b;
    bool a_left, b_left;
    FW_TRY(fw_sql_prepare(&a, check->store, sql, err));
    FW_TRY(fw_sql_prepare(&b, fresh, sql, err));
    FW_TRY(fw_sql_next(&a_left, &a, err));
    FW_TRY(fw_sql_next(&b_left, &b, err));
    while (a_left || b_left) {
        int order = order_of(&a, a_left, &b, b_left);
        const char *text = a_left ? fw_sql_text(&a, 2) : NULL;
        if (order > 0)
            DAMAGE(check, 0, 0, "%s '%s' is missing", fw_sql_text(&b, 0), fw_sql_text(&b, 1));
        else if (order < 0)
            FW_TRY(find(check, true, 0, 0, "%s '%s' is not part of a store; it was not looked at", fw_sql_text(&a, 0),
                        fw_sql_text(&a, 1)));
        else if (text == NULL || strcmp(text, fw_sql_text(&b, 2)) != 0)
            DAMAGE(check, 0, 0, "the definition of %s '%s' is not that of this version", fw_sql_text(&b, 0),
                   fw_sql_text(&b, 1));
        if (order <= 0)
            FW_TRY(fw_sql_next(&a_left, &a, err));
        if (order >= 0)
            FW_TRY(fw_sql_next(&b_left, &b, err));
    }
    return FW_OK;
}

/* The tables against those of a fresh store of the same version, which is made in memory. */
static enum fw_status check_schema(struct check *check, struct fw_error *err)
{
    struct fw_store fresh = {.mem = check->store->mem, .path = check->store->path};
    struct fw_error why = {0};
    enum fw_status status = FW_OK;
    if (sqlite3_open(":memory:", &fresh.db) != SQLITE_OK)
        status = fw_error_nomem(err, fresh.mem, "a store", 1, 4096);
    if (status == FW_OK)
        status = fw_migrations_apply(&fresh, 0, check->result->version, err);
    if (status == FW_OK) {
        status = compare_schemas(check, &fresh, &why);
        if (status != FW_OK)
            status = cannot_read(check, status, &why, "the list of tables", err);
    }
    for (int i = 0; i < fresh.n_statements; i++)
        sqlite3_finalize(fresh.statements[i].handle);
    sqlite3_close(fresh.db);
    return status;
}

/* The looks at the rows, in this order. `since`: the version that has what it needs. */
static enum fw_status check_rows(struct check *check, struct fw_error *err)
{
    static const struct {
        int64_t since;
        const char *what, *sql;
        enum fw_status (*each)(struct check *, const struct fw_sql *, struct fw_error *);
    } looks[] = {
        {2, "table 'studies'", "SELECT id, name, digest = " FW_STUDY_DIGEST " FROM studies NOT INDEXED", each_study},
        {2, "table 'trials'", "SELECT study_id, number, digest, digest = " FW_TRIAL_DIGEST " FROM trials NOT INDEXED",
         each_trial},
        {2, "table 'decisions'",
         "SELECT study_id, step, digest, digest = " FW_DECISION_DIGEST ", kind FROM decisions NOT INDEXED",
         each_decision},
        {2, "table 'artifacts'",
         "SELECT study_id, 0, digest, digest = " FW_ARTIFACT_DIGEST ", path FROM artifacts NOT INDEXED", each_artifact},
        {1, "table 'metrics'", "SELECT count(value IS NULL) FROM metrics", each_metric_count},
        {2, "table 'contents'",
         "SELECT study_id, trials, decisions, artifacts, lost, digests FROM contents NOT INDEXED", each_contents},
        {2, "table 'contents'",
         "SELECT id FROM studies NOT INDEXED WHERE NOT EXISTS (SELECT 1 FROM contents WHERE study_id = studies.id)",
         each_orphan},
    };
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        if (check->result->version >= looks[i].since)
            FW_TRY(scan(check, looks[i].what, looks[i].sql, looks[i].each, err));
    }
    return FW_OK;
}

static enum fw_status look(struct check *check, struct fw_error *err)
{
    FW_TRY(fw_store_version(&check->result->version, check->store, err));
    if (check->result->version == 0)
        return fw_error_set(err, FW_E_INPUT, "store '%s' is empty: no search has written to it yet",
                            check->store->path);
    if (check->result->version < 2 &&
        find(check, true, 0, 0,
             "the tables have version %" PRId64 ", which has no digests: only the structure was looked at",
             check->result->version) != FW_OK)
        return fw_error_nomem(err, check->store->mem, "a finding", 1, 64);
    FW_TRY(scan(check, "the file", "PRAGMA integrity_check(1000)", each_structure, err));
    FW_TRY(scan(check, "a reference", "PRAGMA foreign_key_check", each_reference, err));
    FW_TRY(check_schema(check, err));
    return check_rows(check, err);
}

enum fw_status fw_verify_file(struct fw_verify *out, const char *path, const struct fw_store_options *options,
                              struct fw_error *err)
{
    struct fw_store_options reading = *options;
    reading.read_only = true;
    struct fw_verify result = {0};
    fw_text_pool_init(&result.texts, options->mem);
    struct check check = {.result = &result};
    FW_TRY(fw_store_open_unchecked(&check.store, path, &reading, err));
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_exec(check.store, "BEGIN", err), done);
    FW_TRY_GOTO(fw_sql_end(check.store, look(&check, err), err), done);
    *out = result;
done:
    if (status != FW_OK) {
        fw_free(options->mem, result.findings);
        fw_text_pool_clear(&result.texts);
    }
    fw_free(options->mem, check.tallies);
    fw_store_close(check.store);
    return status;
}

void fw_verify_clear(struct fw_verify *result)
{
    struct fw_allocator *mem = result->texts.mem;
    fw_free(mem, result->findings);
    fw_text_pool_clear(&result->texts);
    *result = (struct fw_verify){0};
}
