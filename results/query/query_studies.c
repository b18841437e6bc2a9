#include "results/query/query_studies.h"

#include <math.h>
#include <stdio.h>

#include "core/nearest.h"
#include "core/text.h"
#include "results/query/query_rows.h"
#include "results/query/query_trials.h"

static enum fw_status read_study(void *out, struct fw_sql *q, struct fw_error *err)
{
    struct fw_study_list *list = out;
    FW_QUERY_ADD_ROW(list, err);
    struct fw_study_row *row = &list->rows[list->n - 1];
    struct fw_query_reader reader = {.q = q, .texts = &list->texts};
    row->id = fw_sql_int(q, 0);
    row->name = fw_query_required(&reader, 1);
    row->driver = fw_query_required(&reader, 2);
    row->key = fw_sql_hash(q, 3);
    row->objective = fw_query_required(&reader, 4);
    row->maximise = fw_sql_int(q, 5) != 0;
    row->data = fw_query_required(&reader, 6);
    row->data_fingerprint = fw_sql_hash(q, 7);
    row->rows = fw_sql_int(q, 8);
    row->options = fw_query_required(&reader, 9);
    row->seed = (uint64_t)fw_sql_int(q, 10);
    row->command = fw_query_text(&reader, 11);
    reader.missing = reader.missing || !fw_study_status_from_name(&row->status, fw_sql_text(q, 12));
    row->reason = fw_query_text(&reader, 13);
    row->program_version = fw_query_required(&reader, 14);
    row->host = fw_query_required(&reader, 15);
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
    row->tags = fw_query_text(&reader, 27);
    row->note = fw_query_text(&reader, 28);
    row->archived_us = fw_sql_int(q, 29);
    return fw_query_check(&reader, "studies", err);
}

/* What read_study reads: the columns of a study, then its counts, then what people have said of it. */
#define STUDY_FACTS                                                                                                    \
    "SELECT s.id, s.name, s.driver, s.key, s.objective, s.maximise, s.data, s.data_fingerprint, s.rows, s.options, "   \
    "s.seed, s.command, s.status, s.reason, s.program_version, s.host, s.pid, s.processors, s.started_us, "            \
    "s.opened_us, s.ended_us, s.seconds, "

#define STUDY_MARKS                                                                                                    \
    "(SELECT group_concat(name, ', ') FROM (SELECT name FROM tags WHERE study_id = s.id ORDER BY name)), s.note, "     \
    "s.archived_us FROM studies s "

/* Answered by an index alone. */
#define COUNT_STATE(state) "(SELECT count(*) FROM trials WHERE study_id = s.id AND state = '" state "')"

#define STUDY_COLUMNS                                                                                                  \
    STUDY_FACTS                                                                                                        \
    "coalesce((SELECT trials FROM contents WHERE study_id = s.id), 0), "                                               \
    "(SELECT max(finished_us) FROM trials WHERE study_id = s.id), " COUNT_STATE("running") ", " COUNT_STATE(           \
        "pruned") ", " COUNT_STATE("failed") ", " STUDY_MARKS

#define STUDY_UNCOUNTED STUDY_FACTS "0, 0, 0, 0, 0, " STUDY_MARKS

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
    FW_QUERY_INIT_LIST(&list, store->mem);
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    FW_TRY_GOTO(fw_query_each_row(&q, read_study, &list, err), done);
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
    FW_QUERY_INIT_LIST(&list, store->mem);
    int64_t id = 0;
    if (!fw_text_to_int(fw_text_of(name), &id))
        id = 0; /* which no study has */
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_text(&q, name);
    fw_sql_bind_int(&q, id);
    FW_TRY_GOTO(fw_query_each_row(&q, read_study, &list, err), done);
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
    FW_QUERY_INIT_LIST(&list, store->mem);
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
    FW_TRY_GOTO(fw_query_each_row(&q, read_study, &list, err), done);
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
    FW_QUERY_INIT_LIST(&list, store->mem);
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_int(&q, id);
    FW_TRY_GOTO(fw_query_each_row(&q, read_study, &list, err), done);
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

void fw_study_list_clear(struct fw_study_list *list)
{
    FW_QUERY_CLEAR_LIST(list);
}
