#include "results/query/query_trials.h"

#include "results/query/query_rows.h"

static enum fw_status read_trial(void *out, struct fw_sql *q, struct fw_error *err)
{
    struct fw_trial_list *list = out;
    FW_QUERY_ADD_ROW(list, err);
    struct fw_trial_row *row = &list->rows[list->n - 1];
    struct fw_trial_record *record = &row->record;
    struct fw_query_reader reader = {.q = q, .texts = &list->texts};
    row->id = fw_sql_int(q, 0);
    row->study = fw_sql_int(q, 1);
    record->number = fw_sql_int(q, 2);
    record->parent = fw_sql_int(q, 3);
    record->candidate = fw_query_required(&reader, 4);
    record->hash = fw_sql_hash(q, 5);
    reader.missing = reader.missing || !fw_trial_state_from_name(&record->state, fw_sql_text(q, 6));
    record->reason = fw_query_text(&reader, 7);
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
    return fw_query_check(&reader, "trials", err);
}

#define TRIAL_COLUMNS                                                                                                  \
    "SELECT id, study_id, number, parent, candidate, hash, state, reason, step, rung, rows, objective, gain, "         \
    "gain_low, gain_high, bytes, seconds, finished_us FROM trials WHERE study_id = ?1 "

/* Any query of trials: binds the study and one more number. */
static enum fw_status query_trials(struct fw_trial_list *out, struct fw_store *store, const char *sql, int64_t study,
                                   int64_t number, struct fw_error *err)
{
    struct fw_trial_list list;
    FW_QUERY_INIT_LIST(&list, store->mem);
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_int(&q, study);
    fw_sql_bind_int(&q, number);
    FW_TRY_GOTO(fw_query_each_row(&q, read_trial, &list, err), done);
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
    FW_QUERY_INIT_LIST(&list, store->mem);
    enum fw_status status = FW_OK;
    for (int64_t i = 0; i < n; i++) {
        struct fw_sql q;
        FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
        fw_sql_bind_int(&q, study);
        fw_sql_bind_int(&q, numbers[i]);
        FW_TRY_GOTO(fw_query_each_row(&q, read_trial, &list, err), done);
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
    FW_QUERY_ADD_ROW(list, err);
    struct fw_query_reader reader = {.q = q, .texts = &list->texts};
    list->rows[list->n - 1] =
        (struct fw_metric){.name = fw_query_required(&reader, 0), .step = fw_sql_int(q, 1), .value = fw_sql_real(q, 2)};
    return fw_query_check(&reader, "metrics", err);
}

enum fw_status fw_query_metrics(struct fw_metric_list *out, struct fw_store *store, int64_t trial, struct fw_error *err)
{
    static const char sql[] = "SELECT name, step, value FROM metrics WHERE trial_id = ? ORDER BY name, step";
    struct fw_metric_list list;
    FW_QUERY_INIT_LIST(&list, store->mem);
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_int(&q, trial);
    FW_TRY_GOTO(fw_query_each_row(&q, read_metric, &list, err), done);
    *out = list;
done:
    if (status != FW_OK)
        fw_metric_list_clear(&list);
    return status;
}

void fw_trial_list_clear(struct fw_trial_list *list)
{
    FW_QUERY_CLEAR_LIST(list);
}

void fw_metric_list_clear(struct fw_metric_list *list)
{
    FW_QUERY_CLEAR_LIST(list);
}
