#include "results/care/salvage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "results/care/page_scan.h"
#include "results/care/salvage_losses.h"
#include "results/care/verify.h"
#include "results/store/digest.h"
#include "results/store/sql.h"
#include "results/trial_log.h"

/* Rows as found wait in temporary tables of the new store. These have the names of the real ones and go before them, so
 * that the SQL of digest.h looks at them. REAL makes an integer a double again, as the real columns do; INTEGER is
 * where rows are looked up, since SQLite uses an index only when both sides compare alike. A number may be there more
 * than once: where it was changed in another row, which of the two is good is for the digests to say. */
static const char make_found[] =
    "CREATE TEMP TABLE studies (id INTEGER, name, key, driver, objective, maximise, "
    "data, data_fingerprint, rows, options, seed, command, status, reason, program_version, host, pid, processors, "
    "started_us, opened_us, ended_us, seconds REAL, note, archived_us, digest);\n"
    "CREATE TEMP TABLE trials (id INTEGER, study_id, number, parent, candidate, hash, "
    "state, reason, step, rung, rows, objective REAL, gain REAL, gain_low REAL, gain_high REAL, bytes, seconds REAL, "
    "finished_us, digest);\n"
    "CREATE TEMP TABLE decisions (id INTEGER, study_id, step, kind, trial, detail, "
    "clock, made_us, digest);\n"
    "CREATE TEMP TABLE artifacts (id INTEGER, study_id, kind, path, bytes, checksum, "
    "written_us, digest);\n"
    "CREATE TEMP TABLE metrics (trial_id INTEGER, name, step, value REAL);\n"
    "CREATE TEMP TABLE tags (study_id INTEGER, name, PRIMARY KEY (study_id, name) ON CONFLICT IGNORE) WITHOUT ROWID;\n"
    "CREATE TEMP TABLE contents (study_id INTEGER PRIMARY KEY ON CONFLICT IGNORE, trials, decisions, artifacts, lost, "
    "digests);\n"
    "CREATE INDEX temp.found_studies ON studies (id); CREATE INDEX temp.found_trials ON trials (id);\n"
    "CREATE INDEX temp.found_decisions ON decisions (id); CREATE INDEX temp.found_artifacts ON artifacts (id);\n"
    "CREATE INDEX temp.found_metrics ON metrics (trial_id, name, step);\n";

static const char drop_found[] =
    "DROP TABLE temp.studies; DROP TABLE temp.trials; DROP TABLE temp.decisions; DROP TABLE temp.artifacts; "
    "DROP TABLE temp.metrics; DROP TABLE temp.tags; DROP TABLE temp.contents;";

/* What is found good goes into the real tables, which may wait for their studies until the end of the transaction. */
static const char keep_good[] =
    "INSERT OR IGNORE INTO main.studies SELECT * FROM temp.studies WHERE digest = " FW_STUDY_DIGEST ";\n"
    "INSERT OR IGNORE INTO main.tags SELECT t.study_id, t.name FROM temp.tags t JOIN main.studies s ON s.id = "
    "t.study_id JOIN temp.studies f ON f.id = s.id AND f.digest = s.digest;\n"
    "INSERT OR IGNORE INTO main.trials SELECT * FROM temp.trials WHERE digest = " FW_TRIAL_DIGEST ";\n"
    "INSERT OR IGNORE INTO main.metrics SELECT m.trial_id, m.name, m.step, m.value FROM temp.metrics m JOIN "
    "main.trials t ON t.id = m.trial_id JOIN temp.trials f ON f.id = t.id AND f.digest = t.digest;\n"
    "INSERT OR IGNORE INTO main.decisions SELECT * FROM temp.decisions WHERE digest = " FW_DECISION_DIGEST ";\n"
    "INSERT OR IGNORE INTO main.artifacts SELECT * FROM temp.artifacts WHERE digest = " FW_ARTIFACT_DIGEST ";\n";

/* A metric whose trial number was changed is missing from its own trial, which is good with it. (SQL may still read it
 * there: it follows the order of the rows and not the number.) Any of the same name, step and value will do. The limits
 * keep a store of which much is broken from taking hours. */
static const char return_strays[] =
    "INSERT INTO temp.metrics SELECT id, stray_name, stray_step, stray_value FROM (SELECT *, " FW_TRIAL_METRICS
    " AS others FROM temp.trials WHERE id NOT IN (SELECT id FROM main.trials) LIMIT 1000) AS trials CROSS JOIN (SELECT "
    "DISTINCT name AS stray_name, step AS stray_step, value AS stray_value FROM temp.metrics AS m WHERE NOT EXISTS "
    "(SELECT 1 FROM main.trials WHERE id = m.trial_id) LIMIT 1000) WHERE digest = fw_digest(" FW_TRIAL_VALUES
    ", fw_digest_fold(others, fw_digest(stray_name, stray_step, stray_value), ''));";

/* The trial that it strayed to is good without it. */
static const char drop_strays[] =
    "DELETE FROM temp.metrics AS m WHERE trial_id NOT IN (SELECT id FROM main.trials) AND EXISTS (SELECT 1 FROM "
    "temp.trials WHERE id = m.trial_id AND digest = fw_digest(" FW_TRIAL_VALUES ", fw_digest_fold(" FW_TRIAL_METRICS
    ", '', fw_digest(m.name, m.step, m.value))));";

/* Studies that good rows belong to. */
#define ORPHANS                                                                                                        \
    "(SELECT study_id FROM main.trials UNION SELECT study_id FROM main.decisions UNION SELECT study_id FROM "          \
    "main.artifacts EXCEPT SELECT id FROM main.studies)"

/* A study with what can be read of its row; fails when that is not even of the right kind. */
static const char keep_damaged[] =
    "INSERT OR IGNORE INTO main.studies SELECT id, name, NULL, driver, objective, maximise, data, data_fingerprint, "
    "rows, options, seed, command, status, reason, program_version, host, pid, processors, started_us, opened_us, "
    "ended_us, seconds, '" FW_SALVAGE_NOTE "', archived_us, '' FROM temp.studies WHERE id IN " ORPHANS ";";

static const char make_up[] =
    "INSERT INTO main.studies (id, name, driver, objective, maximise, data, data_fingerprint, rows, options, seed, "
    "status, reason, program_version, host, pid, processors, started_us, opened_us, seconds, note, digest) SELECT "
    "study_id, 'lost-' || study_id, 'unknown', 'objective', 1, '', '0000000000000000', 0, '{}', 0, 'failed', "
    "'its own row was lost', '" FIELDWISE_VERSION "', '', 0, 0, 0, 0, 0, '" FW_SALVAGE_NOTE "', '' FROM " ORPHANS ";";

struct salvage {
    struct fw_store *new;
    struct fw_salvage result;
    bool reached; /* the rows that come now */
};

/* Behind a row with a number: reached pages give all that they have; others only what they did not. */
#define UNLESS_FOUND(table) " WHERE ? OR NOT EXISTS (SELECT 1 FROM temp." table " WHERE id = ?1)"

/* A second metric like one that is there was of another trial, which is not known; from other pages it is a copy. */
#define SAME_METRIC                                                                                                    \
    "EXISTS (SELECT 1 FROM temp.metrics WHERE trial_id = ?1 AND name = ?2 AND step = ?3 AND value IS ?4)"

/* The tables of records, by the number of their values. One parameter more tells whether the page was reached. */
static const struct kind {
    const char *name;
    int n_values;
    bool is_row;
    const char *insert;
} kinds[] = {
    {"studies", 25, true,
     "INSERT INTO temp.studies SELECT ?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?" UNLESS_FOUND("studies")},
    {"trials", 19, true, "INSERT INTO temp.trials SELECT ?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?" UNLESS_FOUND("trials")},
    {"decisions", 9, true, "INSERT INTO temp.decisions SELECT ?,?,?,?,?,?,?,?,?" UNLESS_FOUND("decisions")},
    {"artifacts", 8, true, "INSERT INTO temp.artifacts SELECT ?,?,?,?,?,?,?,?" UNLESS_FOUND("artifacts")},
    {"contents", 6, true, "INSERT INTO temp.contents VALUES (?,?,?,?,?,?)"},
    {"metrics", 4, false,
     "INSERT INTO temp.metrics SELECT CASE WHEN " SAME_METRIC
     " THEN NULL ELSE ?1 END, ?2, ?3, ?4 WHERE ?5 OR NOT " SAME_METRIC},
    {"tags", 2, false, "INSERT INTO temp.tags VALUES (?,?)"},
};

static bool is_state(const struct fw_page_value *value)
{
    enum fw_trial_state state;
    char name[16] = "";
    if (value->length < sizeof name)
        memcpy(name, value->bytes, value->length);
    return fw_trial_state_from_name(&state, name);
}

/* An index of trials has records that look like metrics, with a state in place of the name; that of studies by name has
 * text first. */
static bool may_be(const struct kind *kind, const struct fw_page_record *record)
{
    if (record->n_values != kind->n_values || record->is_row != kind->is_row)
        return false;
    if (record->table != NULL)
        return strcmp(record->table, kind->name) == 0;
    const struct fw_page_value *v = record->values;
    return kind->is_row || (v[0].type == FW_PAGE_INT && v[1].type == FW_PAGE_TEXT &&
                            (kind->n_values == 2 || (v[2].type == FW_PAGE_INT && !is_state(&v[1]))));
}

/* Binds a record; the first value of a row with a number is that number. */
static int bind(sqlite3_stmt *statement, const struct fw_page_record *record)
{
    int code = SQLITE_OK;
    for (int i = 0; i < record->n_values && code == SQLITE_OK; i++) {
        const struct fw_page_value *v = &record->values[i];
        if (i == 0 && record->is_row)
            code = sqlite3_bind_int64(statement, 1, record->rowid);
        else if (v->type == FW_PAGE_INT)
            code = sqlite3_bind_int64(statement, i + 1, v->integer);
        else if (v->type == FW_PAGE_REAL)
            code = sqlite3_bind_double(statement, i + 1, v->real);
        else if (v->type == FW_PAGE_TEXT)
            code = sqlite3_bind_text64(statement, i + 1, v->bytes, v->length, SQLITE_STATIC, SQLITE_UTF8);
        else if (v->type == FW_PAGE_BLOB)
            code = sqlite3_bind_blob64(statement, i + 1, v->bytes, v->length, SQLITE_STATIC);
    }
    if (code == SQLITE_OK && sqlite3_bind_parameter_count(statement) > record->n_values)
        code = sqlite3_bind_int(statement, record->n_values + 1, record->reached);
    return code;
}

/* Takes what the reached pages had before the first row of the others comes: those may be older states. */
static enum fw_status each_record(void *self, const struct fw_page_record *record, struct fw_error *err)
{
    struct salvage *salvage = self;
    if (salvage->reached && !record->reached)
        FW_TRY(fw_sql_exec(salvage->new, keep_good, err));
    salvage->reached = record->reached;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        if (!may_be(&kinds[k], record))
            continue;
        struct fw_sql q;
        FW_TRY(fw_sql_prepare(&q, salvage->new, kinds[k].insert, err));
        int code = bind(q.handle, record);
        if (code == SQLITE_OK)
            return fw_sql_run(&q, err);
        return fw_sql_error(salvage->new, code, err);
    }
    return FW_OK;
}

/* The bytes of a store's file, read through SQLite's own handle: opening the file a second time would drop its locks.
 */
static enum fw_status read_file(unsigned char **data, size_t *size, struct fw_store *store, struct fw_error *err)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 bytes = 0;
    if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == NULL ||
        file->pMethods == NULL || file->pMethods->xFileSize(file, &bytes) != SQLITE_OK)
        return fw_error_set(err, FW_E_INPUT, "cannot read '%s'", store->path);
    unsigned char *all;
    FW_ALLOC(all, store->mem, bytes + 1, "the pages of a store", err);
    const int block = 1 << 20;
    for (sqlite3_int64 at = 0; at < bytes; at += block) {
        int n = bytes - at < block ? (int)(bytes - at) : block;
        /* a block that the disk does not give is left as zeros, which hold no rows */
        (void)file->pMethods->xRead(file, all + at, n, at);
    }
    *data = all;
    *size = (size_t)bytes;
    return FW_OK;
}

/* Holds a reader's lock meanwhile where the file lets itself be read at all, and so takes back what was cut off. */
static enum fw_status read_damaged(unsigned char **data, size_t *size, const char *from,
                                   const struct fw_store_options *options, struct fw_error *err)
{
    struct fw_store_options reading = *options;
    reading.read_only = true;
    struct fw_store *store;
    enum fw_status status = fw_store_open_unchecked(&store, from, &reading, err);
    if (status == FW_E_CORRUPT) {
        char *text; /* not even its header can be read: nobody else can have it open for writing */
        FW_TRY(fw_file_read(&text, size, from, SIZE_MAX / 2, options->mem, err));
        *data = (unsigned char *)text;
        return FW_OK;
    }
    FW_TRY(status);
    int64_t version;
    bool locked = fw_sql_exec(store, "BEGIN", NULL) == FW_OK;
    status = fw_store_version(&version, store, NULL);
    (void)status;
    status = read_file(data, size, store, err);
    if (locked)
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    fw_store_close(store);
    return status;
}

static enum fw_status count_kept(struct fw_salvage *result, struct fw_store *store, struct fw_error *err)
{
    static const char sql[] = "SELECT (SELECT count(*) FROM studies), (SELECT count(*) FROM trials), (SELECT count(*) "
                              "FROM metrics), (SELECT count(*) FROM decisions), (SELECT count(*) FROM artifacts)";
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    FW_TRY(fw_sql_next(&row, &q, err));
    result->n_studies = fw_sql_int(&q, 0);
    result->n_trials = fw_sql_int(&q, 1);
    result->n_metrics = fw_sql_int(&q, 2);
    result->n_decisions = fw_sql_int(&q, 3);
    result->n_artifacts = fw_sql_int(&q, 4);
    return fw_sql_finish(&q, err);
}

/* All between BEGIN and COMMIT. */
static enum fw_status fill(struct salvage *salvage, const unsigned char *data, size_t size, struct fw_error *err)
{
    static const char lost_numbers[] =
        "UPDATE contents SET lost = coalesce((SELECT max(number) - count(*) FROM trials WHERE study_id = "
        "contents.study_id), 0)";
    struct fw_store *store = salvage->new;
    FW_TRY(fw_sql_exec(store, "PRAGMA defer_foreign_keys = ON", err));
    FW_TRY(fw_sql_exec(store, make_found, err));
    FW_TRY(fw_page_scan(data, size, store->mem, each_record, salvage, err));
    FW_TRY(fw_sql_exec(store, keep_good, err));
    FW_TRY(fw_sql_exec(store, return_strays, err));
    FW_TRY(fw_sql_exec(store, drop_strays, err));
    FW_TRY(fw_sql_exec(store, keep_good, err));
    /* rows of the wrong kind are refused by the real table; then the next statement makes the studies up */
    enum fw_status ignored = fw_sql_exec(store, keep_damaged, NULL);
    if (ignored == FW_E_NOMEM || ignored == FW_E_IO)
        return fw_error_set(err, ignored, "cannot write '%s'", store->path);
    FW_TRY(fw_sql_exec(store, make_up, err));
    FW_TRY(fw_salvage_note_losses(&salvage->result, store, err));
    for (int i = 0; i < store->n_statements; i++)
        sqlite3_finalize(store->statements[i].handle); /* they name tables that go now */
    store->n_statements = 0;
    FW_TRY(fw_sql_exec(store, drop_found, err));
    FW_TRY(fw_digest_everything(store, err));
    FW_TRY(fw_sql_exec(store, lost_numbers, err));
    return count_kept(&salvage->result, store, err);
}

/* Fills the file of a new store, and makes sure that it is good. */
static enum fw_status write_new(struct salvage *salvage, const char *path, const unsigned char *data, size_t size,
                                const struct fw_store_options *options, struct fw_error *err)
{
    FW_TRY(fw_store_open(&salvage->new, path, options, err));
    enum fw_status status = fw_sql_begin(salvage->new, err);
    if (status == FW_OK)
        status = fw_sql_end(salvage->new, fill(salvage, data, size, err), err);
    fw_store_close(salvage->new);
    struct fw_verify check;
    if (status == FW_OK) {
        FW_TRY(fw_verify_file(&check, path, options, err));
        if (check.n_damages > 0)
            status = fw_error_set(err, FW_E_FAILED, "the salvaged store is not sound: %s", check.findings[0].text);
        fw_verify_clear(&check);
    }
    return status;
}

/* The new store gets its name at the end. */
static enum fw_status write_under_name(struct salvage *salvage, const char *to, const unsigned char *data, size_t size,
                                       const struct fw_store_options *options, struct fw_error *err)
{
    struct fw_store_options writing = *options;
    writing.read_only = false;
    char temporary[FW_PATH_SIZE + 32];
    char journal[FW_PATH_SIZE + 64];
    struct stat info;
    if (strlen(to) >= FW_PATH_SIZE)
        return fw_error_set(err, FW_E_ARG, "the path '%.60s...' is too long", to);
    if (lstat(to, &info) == 0)
        return fw_error_set(err, FW_E_IO, "'%s' is there already; name a file that is not", to);
    snprintf(temporary, sizeof temporary, "%s.tmp-XXXXXX", to);
    snprintf(journal, sizeof journal, "%s.tmp-XXXXXX-journal", to);
    int fd = mkstemp(temporary);
    if (fd < 0)
        return fw_error_set(err, FW_E_IO, "cannot write '%s': %s", to, strerror(errno));
    mode_t mask = umask(0);
    umask(mask);
    (void)!fchmod(fd, 0666 & ~mask); /* as readable as any new file */
    close(fd);
    memcpy(journal, temporary, strlen(temporary));
    enum fw_status status = write_new(salvage, temporary, data, size, &writing, err);
    if (status == FW_OK && salvage->result.n_studies == 0)
        status = fw_error_set(err, FW_E_CORRUPT, "no row could be salvaged; '%s' was not written", to);
    if (status == FW_OK)
        status = fw_file_rename_new(temporary, to, err);
    unlink(journal);
    if (status != FW_OK)
        unlink(temporary);
    return status;
}

enum fw_status fw_salvage_file(struct fw_salvage *out, const char *from, const char *to,
                               const struct fw_store_options *options, struct fw_error *err)
{
    struct salvage salvage = {.reached = true};
    unsigned char *data = NULL;
    size_t size;
    fw_buffer_init(&salvage.result.losses, options->mem);
    FW_TRY(read_damaged(&data, &size, from, options, err));
    enum fw_status status = write_under_name(&salvage, to, data, size, options, err);
    fw_free(options->mem, data);
    if (status == FW_OK)
        *out = salvage.result;
    else
        fw_salvage_clear(&salvage.result);
    return status;
}

void fw_salvage_clear(struct fw_salvage *result)
{
    fw_buffer_clear(&result->losses);
}
