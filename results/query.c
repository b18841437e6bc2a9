#include "results/query.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/nearest.h"
#include "core/text.h"
#include "results/sql.h"

/* A new row at the end of any of the lists; they all have rows, n, capacity and texts. */
#define ADD_ROW(list, err)                                                                                             \
    do {                                                                                                               \
        FW_TRY(fw_reserve((list)->texts.mem, &(list)->rows, &(list)->capacity, (list)->n + 1, sizeof *(list)->rows,    \
                          (err)));                                                                                     \
        memset(&(list)->rows[(list)->n++], 0, sizeof *(list)->rows);                                                   \
    } while (0)

#define INIT_LIST(list, memory)                                                                                        \
    do {                                                                                                               \
        memset((list), 0, sizeof *(list));                                                                             \
        fw_text_pool_init(&(list)->texts, (memory));                                                                   \
    } while (0)

#define CLEAR_LIST(list)                                                                                               \
    do {                                                                                                               \
        fw_free((list)->texts.mem, (list)->rows);                                                                      \
        fw_text_pool_clear(&(list)->texts);                                                                            \
        memset((list), 0, sizeof *(list));                                                                             \
    } while (0)

/* Reads texts of the present row into a pool; one check at the end of the row. */
struct reader {
    const struct fw_sql *q;
    struct fw_text_pool *texts;
    bool refused; /* memory */
    bool missing; /* a text that must be there */
};

static const char *read_text(struct reader *reader, int column)
{
    return fw_text_pool_add(reader->texts, fw_sql_text(reader->q, column), &reader->refused);
}

static const char *read_required(struct reader *reader, int column)
{
    const char *text = read_text(reader, column);
    reader->missing = reader->missing || text == NULL;
    return text;
}

static enum fw_status reader_check(const struct reader *reader, const char *table, struct fw_error *err)
{
    if (reader->refused)
        return fw_error_nomem(err, reader->texts->mem, "the answer of a query", 1, 64 * 1024);
    if (reader->missing)
        return fw_sql_corrupt(reader->q->store, err, "a row of table '%s' lacks a text or has an unknown state", table);
    return FW_OK;
}

/* Runs a query and hands its rows to read_row one by one. After a failure the statement is ready for its next use. */
static enum fw_status for_each_row(struct fw_sql *q,
                                   enum fw_status (*read_row)(void *, struct fw_sql *, struct fw_error *), void *list,
                                   struct fw_error *err)
{
    bool row;
    FW_TRY(fw_sql_next(&row, q, err));
    while (row) {
        enum fw_status status = read_row(list, q, err);
        if (status != FW_OK) {
            enum fw_status ignored = fw_sql_finish(q, NULL);
            (void)ignored;
            return status;
        }
        FW_TRY(fw_sql_next(&row, q, err));
    }
    return FW_OK;
}

static enum fw_status read_study(void *out, struct fw_sql *q, struct fw_error *err)
{
    struct fw_study_list *list = out;
    ADD_ROW(list, err);
    struct fw_study_row *row = &list->rows[list->n - 1];
    struct reader reader = {.q = q, .texts = &list->texts};
    row->id = fw_sql_int(q, 0);
    row->name = read_required(&reader, 1);
    row->driver = read_required(&reader, 2);
    row->key = fw_sql_hash(q, 3);
    row->objective = read_required(&reader, 4);
    row->maximise = fw_sql_int(q, 5) != 0;
    row->data = read_required(&reader, 6);
    row->data_fingerprint = fw_sql_hash(q, 7);
    row->rows = fw_sql_int(q, 8);
    row->options = read_required(&reader, 9);
    row->seed = (uint64_t)fw_sql_int(q, 10);
    row->command = read_text(&reader, 11);
    reader.missing = reader.missing || !fw_study_status_from_name(&row->status, fw_sql_text(q, 12));
    row->reason = read_text(&reader, 13);
    row->program_version = read_required(&reader, 14);
    row->host = read_required(&reader, 15);
    row->pid = fw_sql_int(q, 16);
    row->processors = fw_sql_int(q, 17);
    row->started_us = fw_sql_int(q, 18);
    row->opened_us = fw_sql_int(q, 19);
    row->ended_us = fw_sql_int(q, 20);
    row->seconds = fw_sql_real(q, 21);
    row->n_trials = fw_sql_int(q, 22);
    row->last_trial_us = fw_sql_int(q, 23);
    row->n_pruned = fw_sql_int(q, 25);
    row->n_failed = fw_sql_int(q, 26);
    /* most are complete, and are not counted one by one */
    row->n_complete = row->n_trials - fw_sql_int(q, 24) - row->n_pruned - row->n_failed;
    row->best_objective = NAN;
    return reader_check(&reader, "studies", err);
}

/* What read_study reads: the columns of a study, then its counts. */
#define STUDY_FACTS                                                                                                    \
    "SELECT s.id, s.name, s.driver, s.key, s.objective, s.maximise, s.data, s.data_fingerprint, s.rows, s.options, "   \
    "s.seed, s.command, s.status, s.reason, s.program_version, s.host, s.pid, s.processors, s.started_us, "            \
    "s.opened_us, s.ended_us, s.seconds, "

/* Answered by an index alone. */
#define COUNT_STATE(state) "(SELECT count(*) FROM trials WHERE study_id = s.id AND state = '" state "')"

#define STUDY_COLUMNS                                                                                                  \
    STUDY_FACTS                                                                                                        \
    "coalesce((SELECT trials FROM contents WHERE study_id = s.id), 0), "                                               \
    "(SELECT max(finished_us) FROM trials WHERE study_id = s.id), " COUNT_STATE("running") ", " COUNT_STATE(           \
        "pruned") ", " COUNT_STATE("failed") " FROM studies s "

#define STUDY_UNCOUNTED STUDY_FACTS "0, 0, 0, 0, 0 FROM studies s "

/* Fills in the best trial of each study. */
static enum fw_status add_best(struct fw_study_list *list, struct fw_store *store, struct fw_error *err)
{
    for (int64_t i = 0; i < list->n; i++) {
        struct fw_trial_list best;
        FW_TRY(fw_query_best(&best, store, list->rows[i].id, list->rows[i].maximise, 1, err));
        if (best.n > 0) {
            list->rows[i].best_trial = best.rows[0].record.number;
            list->rows[i].best_objective = best.rows[0].record.objective;
        }
        fw_trial_list_clear(&best);
    }
    return FW_OK;
}

enum fw_status fw_query_studies(struct fw_study_list *out, struct fw_store *store, struct fw_error *err)
{
    static const char sql[] = STUDY_COLUMNS "ORDER BY s.id";
    struct fw_study_list list;
    INIT_LIST(&list, store->mem);
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    FW_TRY_GOTO(for_each_row(&q, read_study, &list, err), done);
    FW_TRY_GOTO(add_best(&list, store, err), done);
    *out = list;
done:
    if (status != FW_OK)
        fw_study_list_clear(&list);
    return status;
}

/* The name nearest to the one that was not found, so far. */
struct nearest {
    char name[128]; /* "": none is near */
    int distance;
};

static void try_name(struct nearest *nearest, const char *wanted, const char *known)
{
    int distance = fw_edit_distance(wanted, known);
    if (fw_nearest_name(wanted, &known, 1) != 0 || (nearest->name[0] != '\0' && distance >= nearest->distance))
        return;
    snprintf(nearest->name, sizeof nearest->name, "%s", known);
    nearest->distance = distance;
}

/* "there is no study 'x' in 'fieldwise.db'; did you mean 'y'? It has a, b, c" */
static enum fw_status unknown_study(struct fw_store *store, const char *name, struct fw_error *err)
{
    static const char sql[] = "SELECT name FROM studies ORDER BY id DESC";
    struct fw_buffer names;
    fw_buffer_init(&names, store->mem);
    struct fw_sql q;
    struct nearest nearest = {0};
    bool row;
    int64_t n = 0;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    FW_TRY_GOTO(fw_sql_next(&row, &q, err), done);
    while (row) {
        const char *text = fw_sql_text(&q, 0);
        if (text != NULL)
            try_name(&nearest, name, text);
        if (n++ < 12)
            fw_buffer_addf(&names, "%s%s", n > 1 ? ", " : "", text != NULL ? text : "?");
        FW_TRY_GOTO(fw_sql_next(&row, &q, err), done);
    }
    if (n > 12)
        fw_buffer_addf(&names, " and %lld older ones", (long long)(n - 12));
    FW_TRY_GOTO(fw_buffer_check(&names, err), done);
    status =
        n == 0 ? fw_error_set(err, FW_E_INPUT, "there is no study '%s' in '%s'; it has no studies at all", name,
                              store->path)
        : nearest.name[0] != '\0'
            ? fw_error_set(err, FW_E_INPUT, "there is no study '%s' in '%s'; did you mean '%s'? It has %s", name,
                           store->path, nearest.name, names.data)
            : fw_error_set(err, FW_E_INPUT, "there is no study '%s' in '%s'; it has %s", name, store->path, names.data);
done:
    fw_buffer_clear(&names);
    return status;
}

enum fw_status fw_query_study(struct fw_study_list *out, struct fw_store *store, const char *name, struct fw_error *err)
{
    static const char sql[] = STUDY_COLUMNS "WHERE s.name = ?1 OR (s.id = ?2 AND NOT EXISTS (SELECT 1 FROM studies "
                                            "WHERE name = ?1))";
    struct fw_study_list list;
    INIT_LIST(&list, store->mem);
    int64_t id = 0;
    if (!fw_text_to_int(fw_text_of(name), &id))
        id = 0; /* which no study has */
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_text(&q, name);
    fw_sql_bind_int(&q, id);
    FW_TRY_GOTO(for_each_row(&q, read_study, &list, err), done);
    if (list.n == 0)
        FW_TRY_GOTO(unknown_study(store, name, err), done);
    FW_TRY_GOTO(add_best(&list, store, err), done);
    *out = list;
done:
    if (status != FW_OK)
        fw_study_list_clear(&list);
    return status;
}

enum fw_status fw_query_study_facts(struct fw_study_list *out, struct fw_store *store, const char *name,
                                    struct fw_error *err)
{
    static const char all[] = STUDY_UNCOUNTED "ORDER BY s.id";
    static const char one[] =
        STUDY_UNCOUNTED "WHERE s.name = ?1 OR (s.id = ?2 AND NOT EXISTS (SELECT 1 FROM studies WHERE name = ?1))";
    struct fw_study_list list;
    INIT_LIST(&list, store->mem);
    int64_t id = 0;
    if (name == NULL || !fw_text_to_int(fw_text_of(name), &id))
        id = 0; /* which no study has */
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, name != NULL ? one : all, err), done);
    if (name != NULL) {
        fw_sql_bind_text(&q, name);
        fw_sql_bind_int(&q, id);
    }
    FW_TRY_GOTO(for_each_row(&q, read_study, &list, err), done);
    if (name != NULL && list.n == 0)
        FW_TRY_GOTO(unknown_study(store, name, err), done);
    *out = list;
done:
    if (status != FW_OK)
        fw_study_list_clear(&list);
    return status;
}

enum fw_status fw_query_study_of_id(struct fw_study_list *out, struct fw_store *store, int64_t id, struct fw_error *err)
{
    static const char sql[] = STUDY_COLUMNS "WHERE s.id = ?";
    struct fw_study_list list;
    INIT_LIST(&list, store->mem);
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_int(&q, id);
    FW_TRY_GOTO(for_each_row(&q, read_study, &list, err), done);
    if (list.n == 0)
        FW_TRY_GOTO(fw_error_set(err, FW_E_INPUT, "there is no study of number %lld in '%s'", (long long)id,
                                 store->path),
                    done);
    FW_TRY_GOTO(add_best(&list, store, err), done);
    *out = list;
done:
    if (status != FW_OK)
        fw_study_list_clear(&list);
    return status;
}

static enum fw_status read_trial(void *out, struct fw_sql *q, struct fw_error *err)
{
    struct fw_trial_list *list = out;
    ADD_ROW(list, err);
    struct fw_trial_row *row = &list->rows[list->n - 1];
    struct fw_trial_record *record = &row->record;
    struct reader reader = {.q = q, .texts = &list->texts};
    row->id = fw_sql_int(q, 0);
    row->study = fw_sql_int(q, 1);
    record->number = fw_sql_int(q, 2);
    record->parent = fw_sql_int(q, 3);
    record->candidate = read_required(&reader, 4);
    record->hash = fw_sql_hash(q, 5);
    reader.missing = reader.missing || !fw_trial_state_from_name(&record->state, fw_sql_text(q, 6));
    record->reason = read_text(&reader, 7);
    record->step = (int32_t)fw_sql_int(q, 8);
    record->rung = (int32_t)fw_sql_int(q, 9);
    record->rows = fw_sql_int(q, 10);
    record->objective = fw_sql_real(q, 11);
    record->gain = fw_sql_real(q, 12);
    record->gain_low = fw_sql_real(q, 13);
    record->gain_high = fw_sql_real(q, 14);
    record->bytes = fw_sql_int(q, 15);
    record->seconds = fw_sql_real(q, 16);
    row->finished_us = fw_sql_int(q, 17);
    return reader_check(&reader, "trials", err);
}

#define TRIAL_COLUMNS                                                                                                  \
    "SELECT id, study_id, number, parent, candidate, hash, state, reason, step, rung, rows, objective, gain, "         \
    "gain_low, gain_high, bytes, seconds, finished_us FROM trials WHERE study_id = ?1 "

/* Any query of trials: binds the study and one more number. */
static enum fw_status query_trials(struct fw_trial_list *out, struct fw_store *store, const char *sql, int64_t study,
                                   int64_t number, struct fw_error *err)
{
    struct fw_trial_list list;
    INIT_LIST(&list, store->mem);
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_int(&q, study);
    fw_sql_bind_int(&q, number);
    FW_TRY_GOTO(for_each_row(&q, read_trial, &list, err), done);
    *out = list;
done:
    if (status != FW_OK)
        fw_trial_list_clear(&list);
    return status;
}

enum fw_status fw_query_trials(struct fw_trial_list *out, struct fw_store *store, int64_t study, int64_t limit,
                               struct fw_error *err)
{
    static const char sql[] = TRIAL_COLUMNS "ORDER BY number LIMIT ?2";
    return query_trials(out, store, sql, study, limit > 0 ? limit : -1, err);
}

enum fw_status fw_query_best(struct fw_trial_list *out, struct fw_store *store, int64_t study, bool maximise,
                             int64_t limit, struct fw_error *err)
{
    /* two texts, because an index serves ORDER BY a column but not ORDER BY an expression */
    static const char highest[] =
        TRIAL_COLUMNS "AND state = 'complete' AND objective IS NOT NULL ORDER BY objective DESC, number LIMIT ?2";
    static const char lowest[] =
        TRIAL_COLUMNS "AND state = 'complete' AND objective IS NOT NULL ORDER BY objective, number LIMIT ?2";
    return query_trials(out, store, maximise ? highest : lowest, study, limit > 0 ? limit : -1, err);
}

enum fw_status fw_query_trial(struct fw_trial_list *out, struct fw_store *store, int64_t study, int64_t number,
                              struct fw_error *err)
{
    static const char sql[] = TRIAL_COLUMNS "AND number = ?2";
    struct fw_trial_list list;
    FW_TRY(query_trials(&list, store, sql, study, number, err));
    if (list.n == 0) {
        fw_trial_list_clear(&list);
        return fw_error_set(err, FW_E_INPUT, "study %lld in '%s' has no trial %lld", (long long)study, store->path,
                            (long long)number);
    }
    *out = list;
    return FW_OK;
}

enum fw_status fw_query_trials_numbered(struct fw_trial_list *out, struct fw_store *store, int64_t study,
                                        const int64_t *numbers, int64_t n, struct fw_error *err)
{
    static const char sql[] = TRIAL_COLUMNS "AND number = ?2";
    struct fw_trial_list list;
    INIT_LIST(&list, store->mem);
    enum fw_status status = FW_OK;
    for (int64_t i = 0; i < n; i++) {
        struct fw_sql q;
        FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
        fw_sql_bind_int(&q, study);
        fw_sql_bind_int(&q, numbers[i]);
        FW_TRY_GOTO(for_each_row(&q, read_trial, &list, err), done);
    }
    *out = list;
done:
    if (status != FW_OK)
        fw_trial_list_clear(&list);
    return status;
}

enum fw_status fw_query_ancestors(struct fw_trial_list *out, struct fw_store *store, int64_t study, int64_t number,
                                  struct fw_error *err)
{
    /* UNION drops what is there already, so that even a circle of parents ends */
    static const char sql[] =
        TRIAL_COLUMNS "AND number IN (WITH RECURSIVE up (number) AS (SELECT parent FROM trials WHERE study_id = ?1 AND "
                      "number = ?2 UNION SELECT t.parent FROM up JOIN trials t ON t.study_id = ?1 AND t.number = "
                      "up.number) SELECT number FROM up WHERE number IS NOT NULL) ORDER BY number DESC";
    return query_trials(out, store, sql, study, number, err);
}

enum fw_status fw_query_rungs(struct fw_trial_list *out, struct fw_store *store, int64_t study, int64_t number,
                              struct fw_error *err)
{
    static const char sql[] = TRIAL_COLUMNS
        "AND id IN (SELECT m.trial_id FROM trials t JOIN metrics m ON m.trial_id = t.id AND m.name = 'configuration' "
        "AND m.step = 0 WHERE t.study_id = ?1 AND m.value = (SELECT own.value FROM trials o JOIN metrics own ON "
        "own.trial_id = o.id AND own.name = 'configuration' AND own.step = 0 WHERE o.study_id = ?1 AND o.number = ?2)) "
        "ORDER BY rung, number";
    return query_trials(out, store, sql, study, number, err);
}

enum fw_status fw_query_judged(struct fw_trial_list *out, struct fw_store *store, int64_t study, struct fw_error *err)
{
    static const char sql[] = TRIAL_COLUMNS "AND objective IS NOT NULL AND ?2 ORDER BY number";
    return query_trials(out, store, sql, study, 1, err);
}

static enum fw_status read_metric(void *out, struct fw_sql *q, struct fw_error *err)
{
    struct fw_metric_list *list = out;
    ADD_ROW(list, err);
    struct reader reader = {.q = q, .texts = &list->texts};
    list->rows[list->n - 1] =
        (struct fw_metric){.name = read_required(&reader, 0), .step = fw_sql_int(q, 1), .value = fw_sql_real(q, 2)};
    return reader_check(&reader, "metrics", err);
}

enum fw_status fw_query_metrics(struct fw_metric_list *out, struct fw_store *store, int64_t trial, struct fw_error *err)
{
    static const char sql[] = "SELECT name, step, value FROM metrics WHERE trial_id = ? ORDER BY name, step";
    struct fw_metric_list list;
    INIT_LIST(&list, store->mem);
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_int(&q, trial);
    FW_TRY_GOTO(for_each_row(&q, read_metric, &list, err), done);
    *out = list;
done:
    if (status != FW_OK)
        fw_metric_list_clear(&list);
    return status;
}

static enum fw_status read_decision(void *out, struct fw_sql *q, struct fw_error *err)
{
    struct fw_decision_list *list = out;
    ADD_ROW(list, err);
    struct reader reader = {.q = q, .texts = &list->texts};
    struct fw_decision_row *row = &list->rows[list->n - 1];
    row->decision = (struct fw_decision){.step = (int32_t)fw_sql_int(q, 0),
                                         .kind = read_required(&reader, 1),
                                         .trial = fw_sql_int(q, 2),
                                         .detail = read_required(&reader, 3),
                                         .clock = fw_sql_int(q, 4) != 0};
    row->made_us = fw_sql_int(q, 5);
    row->candidate = read_text(&reader, 6);
    row->objective = fw_sql_real(q, 7);
    return reader_check(&reader, "decisions", err);
}

enum fw_status fw_query_decisions(struct fw_decision_list *out, struct fw_store *store, int64_t study,
                                  struct fw_error *err)
{
    static const char sql[] =
        "SELECT d.step, d.kind, d.trial, d.detail, d.clock, d.made_us, t.candidate, t.objective FROM decisions d LEFT "
        "JOIN trials t ON t.study_id = d.study_id AND t.number = d.trial WHERE d.study_id = ? ORDER BY d.step, d.id";
    struct fw_decision_list list;
    INIT_LIST(&list, store->mem);
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_int(&q, study);
    FW_TRY_GOTO(for_each_row(&q, read_decision, &list, err), done);
    *out = list;
done:
    if (status != FW_OK)
        fw_decision_list_clear(&list);
    return status;
}

static enum fw_status read_artifact(void *out, struct fw_sql *q, struct fw_error *err)
{
    struct fw_artifact_list *list = out;
    ADD_ROW(list, err);
    struct reader reader = {.q = q, .texts = &list->texts};
    struct fw_artifact_row *row = &list->rows[list->n - 1];
    row->artifact = (struct fw_artifact){.kind = read_required(&reader, 0),
                                         .path = read_required(&reader, 1),
                                         .bytes = fw_sql_int(q, 2),
                                         .checksum = fw_sql_hash(q, 3)};
    row->written_us = fw_sql_int(q, 4);
    return reader_check(&reader, "artifacts", err);
}

enum fw_status fw_query_artifacts(struct fw_artifact_list *out, struct fw_store *store, int64_t study,
                                  struct fw_error *err)
{
    static const char sql[] =
        "SELECT kind, path, bytes, checksum, written_us FROM artifacts WHERE study_id = ? ORDER BY id";
    struct fw_artifact_list list;
    INIT_LIST(&list, store->mem);
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_int(&q, study);
    FW_TRY_GOTO(for_each_row(&q, read_artifact, &list, err), done);
    *out = list;
done:
    if (status != FW_OK)
        fw_artifact_list_clear(&list);
    return status;
}

void fw_study_list_clear(struct fw_study_list *list)
{
    CLEAR_LIST(list);
}

void fw_trial_list_clear(struct fw_trial_list *list)
{
    CLEAR_LIST(list);
}

void fw_metric_list_clear(struct fw_metric_list *list)
{
    CLEAR_LIST(list);
}

void fw_decision_list_clear(struct fw_decision_list *list)
{
    CLEAR_LIST(list);
}

void fw_artifact_list_clear(struct fw_artifact_list *list)
{
    CLEAR_LIST(list);
}
