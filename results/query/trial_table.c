#include "results/query/trial_table.h"

#include <string.h>

#include "results/query/ask.h"
#include "results/query/sql_text.h"
#include "results/store/sql.h"

/* A statement under construction. */
struct builder {
    struct fw_store *store;
    const struct fw_trial_table *table;
    const struct fw_trial_columns *known;
    struct fw_trial_columns read; /* what `known` points to when the table brings none */
    bool read_all;
    struct fw_buffer inner; /* "t.number AS "number", ..." */
    struct fw_buffer sql;
    struct fw_rows named; /* the names that are in `inner` already */
};

/* Words of expressions that are no columns. */
static bool is_keyword(const struct fw_sql_token *token)
{
    static const char *const words[] = {"and",
                                        "as",
                                        "asc",
                                        "between",
                                        "case",
                                        "cast",
                                        "collate",
                                        "desc",
                                        "else",
                                        "end",
                                        "escape",
                                        "exists",
                                        "false",
                                        "first",
                                        "from",
                                        "glob",
                                        "in",
                                        "is",
                                        "isnull",
                                        "last",
                                        "like",
                                        "match",
                                        "not",
                                        "notnull",
                                        "null",
                                        "nulls",
                                        "or",
                                        "regexp",
                                        "then",
                                        "true",
                                        "when",
                                        "nocase",
                                        "binary",
                                        "rtrim",
                                        "integer",
                                        "real",
                                        "text",
                                        "numeric",
                                        "blob",
                                        "distinct",
                                        "current_date",
                                        "current_time",
                                        "current_timestamp"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (fw_sql_token_is_word(token, words[i]))
            return true;
    }
    return false;
}

/* Finds a column; the metrics and members of all trials are read when it is not among what is known. */
static enum fw_status find(const struct fw_trial_column **out, struct builder *b, const char *name,
                           struct fw_error *err)
{
    *out = b->known != NULL ? fw_trial_columns_find(b->known, name) : NULL;
    while (*out == NULL && b->table->known == NULL && !b->read_all) {
        b->read_all = b->known != NULL;
        fw_trial_columns_clear(&b->read);
        b->known = NULL;
        FW_TRY(fw_trial_columns_read(&b->read, b->store, b->table->study, b->read_all, err));
        b->known = &b->read;
        *out = fw_trial_columns_find(b->known, name);
    }
    return FW_OK;
}

/* Makes sure that the inner table has the column under this name. */
static enum fw_status name_column(struct builder *b, const char *name, struct fw_error *err)
{
    for (int64_t r = 0; r < b->named.n; r++) {
        if (strcmp(fw_rows_cell(&b->named, r, 0)->text, name) == 0)
            return FW_OK;
    }
    const struct fw_trial_column *column;
    FW_TRY(find(&column, b, name, err));
    if (column == NULL)
        return fw_trial_columns_unknown(b->known, name, err);
    struct fw_value cell = fw_value_text(name);
    struct fw_row_sink keep = fw_rows_sink(&b->named);
    fw_buffer_add_text(&b->inner, b->inner.length > 0 ? ", " : "");
    fw_trial_column_sql(&b->inner, column);
    fw_buffer_add_text(&b->inner, " AS ");
    fw_sql_add_name(&b->inner, name);
    return keep.row(keep.self, &cell, err);
}

/* Names what an expression names. Its brackets must match, so that it cannot end the part of the statement in which it
 * stands; what else is wrong with it is for SQLite to tell. */
static enum fw_status name_columns(struct builder *b, const char *text, const char *what, struct fw_error *err)
{
    struct fw_sql_token token;
    struct fw_sql_token next;
    const char *at = text;
    int64_t depth = 0;
    bool is_query = false; /* it has tables of its own */
    while (fw_sql_token_next(&token, &at)) {
        bool is_sign = token.kind == FW_SQL_SIGN;
        depth += (is_sign && *token.start == '(') - (is_sign && *token.start == ')');
        if (depth < 0 || (is_sign && *token.start == ';') || token.kind == FW_SQL_BROKEN)
            return fw_error_set(err, FW_E_INPUT, "%s cannot be read from '%.40s' on", what, token.start);
        is_query = is_query || fw_sql_token_is_word(&token, "select");
        if ((token.kind != FW_SQL_WORD && token.kind != FW_SQL_NAME) || is_keyword(&token))
            continue;
        const char *behind = at;
        bool more = fw_sql_token_next(&next, &behind) && next.kind == FW_SQL_SIGN;
        if (more && (*next.start == '(' || *next.start == '.'))
            continue;
        struct fw_buffer name;
        fw_buffer_init(&name, b->store->mem);
        fw_sql_token_add_name(&name, &token);
        enum fw_status status = fw_buffer_check(&name, err);
        if (status == FW_OK)
            status = name_column(b, name.data, err);
        fw_buffer_clear(&name);
        if (status != FW_OK && !(status == FW_E_INPUT && is_query))
            return status;
    }
    return depth == 0 ? FW_OK : fw_error_set(err, FW_E_INPUT, "%s lacks %lld ')'", what, (long long)depth);
}

static const char *const usual[] = {"number", "state", "objective", "gain", "seconds", "candidate"};

static bool is_said(const char *text)
{
    return text != NULL && text[strspn(text, " \t\r\n")] != '\0';
}

/* "(SELECT t.number AS "number", ... FROM trials t WHERE t.study_id = ?1)" with what has been named so far. Of trials
 * that are known by their ids, the plus keeps SQLite from going through all of the study in the order of its index. */
static void add_inner(struct builder *b, bool by_id)
{
    fw_buffer_add_text(&b->sql, "(SELECT ");
    fw_buffer_add(&b->sql, b->inner.data, (size_t)b->inner.length);
    fw_buffer_add_text(&b->sql, b->table->study <= 0 ? " FROM trials t)"
                                : by_id              ? " FROM trials t WHERE +t.study_id = ?1)"
                                                     : " FROM trials t WHERE t.study_id = ?1)");
}

/* Equals come in the order in which they were stored, so that pages have no trial twice. */
static void add_order(struct builder *b, bool ordered)
{
    fw_buffer_add_text(&b->sql, " ORDER BY ");
    fw_buffer_add_text(&b->sql, ordered ? b->table->order : "\"study_id\", \"number\"");
    fw_buffer_add_text(&b->sql, ordered ? "\n, \"trial_id\"" : "");
}

/* " FROM (...) WHERE (...)"; a comment at the end of the condition is ended by the newline. */
static void add_chosen(struct builder *b)
{
    fw_buffer_add_text(&b->sql, " FROM ");
    add_inner(b, false);
    if (is_said(b->table->where)) {
        fw_buffer_add_text(&b->sql, " WHERE (");
        fw_buffer_add_text(&b->sql, b->table->where);
        fw_buffer_add_text(&b->sql, "\n)");
    }
}

/* The statement. A page is found first by what its condition and order name, often in an index alone, and only its rows
 * are read in full: "SELECT columns FROM (...) WHERE trial_id IN (SELECT trial_id FROM (...) WHERE ... LIMIT ...)". */
static enum fw_status build(struct builder *b, bool count, struct fw_error *err)
{
    const struct fw_trial_table *table = b->table;
    int n_columns = table->n_columns > 0 ? table->n_columns : (int)(sizeof usual / sizeof usual[0]);
    const char *const *columns = table->n_columns > 0 ? table->columns : usual;
    bool ordered = is_said(table->order);
    bool page = !count && (table->limit > 0 || table->offset > 0);
    struct fw_buffer *sql = &b->sql;
    struct fw_row_sink keep = fw_rows_sink(&b->named);
    struct fw_buffer found;                /* the part that finds the page */
    if (count && !is_said(table->where)) { /* counted already */
        fw_buffer_addf(sql, "SELECT coalesce(sum(trials), 0) FROM contents%s",
                       table->study > 0 ? " WHERE study_id = ?1" : "");
        return fw_buffer_check(sql, err);
    }
    FW_TRY(keep.begin(keep.self, (const char *const[]){"name"}, 1, err));
    FW_TRY(name_column(b, "number", err));
    FW_TRY(name_column(b, "study_id", err));
    FW_TRY(name_column(b, "trial_id", err));
    if (is_said(table->where))
        FW_TRY(name_columns(b, table->where, "the condition", err));
    if (ordered && !count)
        FW_TRY(name_columns(b, table->order, "the order", err));
    if (count) {
        fw_buffer_add_text(sql, "SELECT count(*)");
        add_chosen(b);
        return fw_buffer_check(&b->inner, err) == FW_OK ? fw_buffer_check(sql, err) : FW_E_NOMEM;
    }
    if (page) {
        fw_buffer_add_text(sql, " WHERE \"trial_id\" IN (SELECT \"trial_id\"");
        add_chosen(b);
        add_order(b, ordered);
        fw_buffer_addf(sql, "\n LIMIT %lld OFFSET %lld)", table->limit > 0 ? (long long)table->limit : -1LL,
                       (long long)table->offset);
    }
    found = *sql;
    fw_buffer_init(sql, b->store->mem);
    enum fw_status status = FW_OK;
    fw_buffer_add_text(sql, "SELECT ");
    for (int c = 0; c < n_columns; c++) {
        FW_TRY_GOTO(name_column(b, columns[c], err), done);
        fw_buffer_add_text(sql, c > 0 ? ", " : "");
        fw_sql_add_name(sql, columns[c]);
    }
    if (page) {
        fw_buffer_add_text(sql, " FROM ");
        add_inner(b, true);
        fw_buffer_add_text(sql, found.data != NULL ? found.data : "");
    } else {
        add_chosen(b);
    }
    add_order(b, ordered);
    sql->failed = sql->failed || found.failed || b->inner.failed;
    status = fw_buffer_check(sql, err);
done:
    fw_buffer_clear(&found);
    return status;
}

static enum fw_status run(struct fw_store *store, const struct fw_trial_table *table, bool count,
                          struct fw_row_sink sink, struct fw_error *err)
{
    struct builder b = {.store = store, .table = table, .known = table->known};
    struct fw_value study = fw_value_int(table->study);
    fw_text_pool_init(&b.read.texts, store->mem);
    fw_buffer_init(&b.inner, store->mem);
    fw_buffer_init(&b.sql, store->mem);
    fw_rows_init(&b.named, store->mem);
    enum fw_status status = build(&b, count, err);
    if (status == FW_OK) {
        struct fw_ask ask = {.sql = b.sql.data,
                             .values = &study,
                             .n_values = table->study > 0 ? 1 : 0,
                             .seconds = table->seconds,
                             .large = table->large,
                             .wide = true};
        status = fw_ask_run(store, &ask, sink, err);
    }
    fw_rows_clear(&b.named);
    fw_buffer_clear(&b.sql);
    fw_buffer_clear(&b.inner);
    fw_trial_columns_clear(&b.read);
    return status;
}

enum fw_status fw_trial_table_run(struct fw_store *store, const struct fw_trial_table *table, struct fw_row_sink sink,
                                  struct fw_error *err)
{
    return run(store, table, false, sink, err);
}

enum fw_status fw_trial_table_count(int64_t *out, struct fw_store *store, const struct fw_trial_table *table,
                                    struct fw_error *err)
{
    struct fw_rows rows;
    fw_rows_init(&rows, store->mem);
    enum fw_status status = run(store, table, true, fw_rows_sink(&rows), err);
    if (status == FW_OK)
        *out = fw_rows_cell(&rows, 0, 0)->integer;
    fw_rows_clear(&rows);
    return status;
}
