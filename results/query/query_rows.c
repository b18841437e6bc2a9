#include "results/query/query_rows.h"

const char *fw_query_text(struct fw_query_reader *reader, int column)
{
    return fw_text_pool_add(reader->texts, fw_sql_text(reader->q, column), &reader->refused);
}

const char *fw_query_required(struct fw_query_reader *reader, int column)
{
    const char *text = fw_query_text(reader, column);
    reader->missing = reader->missing || text == NULL;
    return text;
}

enum fw_status fw_query_check(const struct fw_query_reader *reader, const char *table, struct fw_error *err)
{
    if (reader->refused)
        return fw_error_nomem(err, reader->texts->mem, "the answer of a query", 1, 64 * 1024);
    if (reader->missing)
        return fw_sql_corrupt(reader->q->store, err, "a row of table '%s' lacks a text or has an unknown state", table);
    return FW_OK;
}

enum fw_status fw_query_each_row(struct fw_sql *q,
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
