#include "results/query/query_decisions.h"

#include "results/query/query_rows.h"

static enum fw_status read_decision(void *out, struct fw_sql *q, struct fw_error *err)
{
    struct fw_decision_list *list = out;
    FW_QUERY_ADD_ROW(list, err);
    struct fw_query_reader reader = {.q = q, .texts = &list->texts};
    struct fw_decision_row *row = &list->rows[list->n - 1];
    row->decision = (struct fw_decision){.step = (int32_t)fw_sql_int(q, 0),
                                         .kind = fw_query_required(&reader, 1),
                                         .trial = fw_sql_int(q, 2),
                                         .detail = fw_query_required(&reader, 3),
                                         .clock = fw_sql_int(q, 4) != 0};
    row->made_us = fw_sql_int(q, 5);
    row->candidate = fw_query_text(&reader, 6);
    row->objective = fw_sql_real(q, 7);
    return fw_query_check(&reader, "decisions", err);
}

enum fw_status fw_query_decisions(struct fw_decision_list *out, struct fw_store *store, int64_t study,
                                  struct fw_error *err)
{
    static const char sql[] =
        "SELECT d.step, d.kind, d.trial, d.detail, d.clock, d.made_us, t.candidate, t.objective FROM decisions d LEFT "
        "JOIN trials t ON t.study_id = d.study_id AND t.number = d.trial WHERE d.study_id = ? ORDER BY d.step, d.id";
    struct fw_decision_list list;
    FW_QUERY_INIT_LIST(&list, store->mem);
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_int(&q, study);
    FW_TRY_GOTO(fw_query_each_row(&q, read_decision, &list, err), done);
    *out = list;
done:
    if (status != FW_OK)
        fw_decision_list_clear(&list);
    return status;
}

static enum fw_status read_artifact(void *out, struct fw_sql *q, struct fw_error *err)
{
    struct fw_artifact_list *list = out;
    FW_QUERY_ADD_ROW(list, err);
    struct fw_query_reader reader = {.q = q, .texts = &list->texts};
    struct fw_artifact_row *row = &list->rows[list->n - 1];
    row->artifact = (struct fw_artifact){.kind = fw_query_required(&reader, 0),
                                         .path = fw_query_required(&reader, 1),
                                         .bytes = fw_sql_int(q, 2),
                                         .checksum = fw_sql_hash(q, 3)};
    row->written_us = fw_sql_int(q, 4);
    return fw_query_check(&reader, "artifacts", err);
}

enum fw_status fw_query_artifacts(struct fw_artifact_list *out, struct fw_store *store, int64_t study,
                                  struct fw_error *err)
{
    static const char sql[] =
        "SELECT kind, path, bytes, checksum, written_us FROM artifacts WHERE study_id = ? ORDER BY id";
    struct fw_artifact_list list;
    FW_QUERY_INIT_LIST(&list, store->mem);
    struct fw_sql q;
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    fw_sql_bind_int(&q, study);
    FW_TRY_GOTO(fw_query_each_row(&q, read_artifact, &list, err), done);
    *out = list;
done:
    if (status != FW_OK)
        fw_artifact_list_clear(&list);
    return status;
}

void fw_decision_list_clear(struct fw_decision_list *list)
{
    FW_QUERY_CLEAR_LIST(list);
}

void fw_artifact_list_clear(struct fw_artifact_list *list)
{
    FW_QUERY_CLEAR_LIST(list);
}
