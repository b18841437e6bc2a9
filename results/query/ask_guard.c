#include "results/query/ask_guard.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/nearest.h"
#include "results/query/ask.h"
#include "results/query/ask_functions.h"
#include "results/query/sql_expansion.h"
#include "results/query/sql_text.h"

/* Of fw_ask_guard.schema. */
enum { NAME, TYPE, SQL };

/* Instructions of SQLite's machine between two looks at the clock, each of which may work on long texts. */
#define LOOK_EVERY 40

/* Calls of functions that a statement may hold; those of its views count with each use. */
#define CALLS      200
#define CALLS_WIDE 5000

static int refuse(struct fw_ask_guard *guard, const char *format, const char *name)
{
    if (guard->refused[0] == '\0')
        snprintf(guard->refused, sizeof guard->refused, format, name);
    return SQLITE_DENY;
}

static bool is_known_table(const struct fw_ask_guard *guard, const char *name)
{
    static const char *const others[] = {"sqlite_schema", "sqlite_master", "json_each", "json_tree"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (sqlite3_stricmp(name, others[i]) == 0)
            return true;
    }
    for (int64_t r = 0; r < guard->schema.n; r++) {
        if (sqlite3_stricmp(name, fw_rows_cell(&guard->schema, r, NAME)->text) == 0)
            return true;
    }
    return false;
}

/* Tables that SQLite makes up when they are named. */
static bool is_hidden_table(const char *name)
{
    return sqlite3_strnicmp(name, "pragma_", 7) == 0 || sqlite3_strnicmp(name, "sqlite_", 7) == 0;
}

static int authorise_call(struct fw_ask_guard *guard, const char *name)
{
    if (!fw_ask_function_is_harmless(name))
        return refuse(guard, "the function %.120s() is not for questions", name);
    guard->calls++;
    if (guard->calls > (guard->is_wide ? CALLS_WIDE : CALLS))
        return refuse(guard, "the question calls functions in too many places%s", "");
    return SQLITE_OK;
}

static int authorise(void *self, int action, const char *one, const char *two, const char *schema, const char *inside)
{
    struct fw_ask_guard *guard = self;
    (void)schema;
    (void)inside;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_READ:
        /* no column: a table of which nothing but the number of rows is read, or a common table expression */
        if (is_known_table(guard, one) || (two[0] == '\0' && !is_hidden_table(one)))
            return SQLITE_OK;
        return refuse(guard, "'%.120s' is no table of the store", one);
    case SQLITE_FUNCTION:
        return authorise_call(guard, two);
    case SQLITE_PRAGMA:
        return refuse(guard, "PRAGMA %.120s is not for questions", one);
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
        return refuse(guard, "%s", "a question may not open another file");
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
        return refuse(guard, "%s", "a question may not begin or end a transaction");
    default:
        return refuse(guard, "%s", "a question may only read, and this statement would change the store");
    }
}

/* Called by SQLite every few instructions, and by functions that may take long; true ends the statement. */
static int look(void *self)
{
    struct fw_ask_guard *guard = self;
    guard->late = guard->late || (guard->deadline > 0 && fw_clock_seconds() > guard->deadline);
    guard->fat = guard->fat || sqlite3_memory_used() - guard->memory_before > (int64_t)FW_ASK_MEMORY;
    return guard->late || guard->fat;
}

static void set_limits(sqlite3 *db, bool is_wide)
{
    const struct {
        int limit, value;
    } limits[] = {{SQLITE_LIMIT_LENGTH, FW_ASK_LONGEST_TEXT},
                  {SQLITE_LIMIT_SQL_LENGTH, is_wide ? 256 * 1024 : 64 * 1024},
                  {SQLITE_LIMIT_EXPR_DEPTH, 200},
                  {SQLITE_LIMIT_COMPOUND_SELECT, 50},
                  {SQLITE_LIMIT_VDBE_OP, 250000},
                  {SQLITE_LIMIT_FUNCTION_ARG, 32},
                  {SQLITE_LIMIT_ATTACHED, 0},
                  {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
                  {SQLITE_LIMIT_VARIABLE_NUMBER, 999},
                  {SQLITE_LIMIT_TRIGGER_DEPTH, 0},
                  {SQLITE_LIMIT_WORKER_THREADS, 0}};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        sqlite3_limit(db, limits[i].limit, limits[i].value);
}

/* Reads the names of ordinary tables and of views. Virtual tables of a file from elsewhere are code, and no store has
 * them. */
static enum fw_status read_schema(struct fw_ask_guard *guard, struct fw_error *err)
{
    static const char sql[] = "SELECT name, type, coalesce(sql, '') FROM sqlite_schema WHERE name IS NOT NULL AND "
                              "(type = 'view' OR (type = 'table' AND rootpage > 0))";
    static const char *const names[] = {"name", "type", "sql"};
    struct fw_row_sink keep = fw_rows_sink(&guard->schema);
    struct fw_sql q;
    bool row;
    FW_TRY(keep.begin(keep.self, names, 3, err));
    FW_TRY(fw_sql_prepare(&q, guard->guest, sql, err));
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        struct fw_value cells[3];
        for (int c = 0; c < 3; c++)
            cells[c] = fw_value_text(fw_sql_text(&q, c));
        enum fw_status status = cells[0].text == NULL || cells[1].text == NULL || cells[2].text == NULL
                                    ? fw_error_nomem(err, guard->guest->mem, "the names of tables", 1, 1024)
                                    : keep.row(keep.self, cells, err);
        if (status != FW_OK) {
            enum fw_status ignored = fw_sql_finish(&q, NULL);
            (void)ignored;
            return status;
        }
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    return FW_OK;
}

enum fw_status fw_ask_guard_install(struct fw_ask_guard *guard, struct fw_store *guest, struct fw_error *err)
{
    static const char *const modules[] = {"json_each", "json_tree", NULL};
    guard->guest = guest;
    guard->memory_before = sqlite3_memory_used();
    FW_TRY(fw_sql_exec(guest, "PRAGMA query_only = ON", err));
    FW_TRY(read_schema(guard, err));
    set_limits(guest->db, guard->is_wide);
    int code = sqlite3_drop_modules(guest->db, (const char **)(uintptr_t)modules);
    if (code == SQLITE_OK)
        code = sqlite3_db_config(guest->db, SQLITE_DBCONFIG_ENABLE_VIEW, 1, NULL);
    if (code == SQLITE_OK)
        code = fw_ask_functions_install(guest->db, look, guard);
    /* named once, SQLite knows their columns: it declares them by what the authoriser would take for a change */
    if (code == SQLITE_OK)
        code = sqlite3_exec(guest->db, "SELECT 1 FROM json_each('[]'), json_tree('[]')", NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_set_authorizer(guest->db, authorise, guard);
    if (code != SQLITE_OK)
        return fw_sql_error(guest, code, err);
    sqlite3_progress_handler(guest->db, LOOK_EVERY, look, guard);
    return FW_OK;
}

void fw_ask_guard_clear(struct fw_ask_guard *guard)
{
    fw_rows_clear(&guard->schema);
}

/* Refuses a statement that begins otherwise than a question, or is followed by a second one. */
static enum fw_status check_shape(const char *sql, struct fw_error *err)
{
    static const char *const first_words[] = {"select", "with", "values", "explain"};
    struct fw_sql_token token;
    const char *at = sql;
    bool is_question = false;
    do {
        if (!fw_sql_token_next(&token, &at))
            return fw_error_set(err, FW_E_INPUT, "there is no question: it is one statement that begins with SELECT");
    } while (*token.start == ';' || *token.start == '(');
    for (size_t i = 0; i < sizeof first_words / sizeof first_words[0]; i++)
        is_question = is_question || fw_sql_token_is_word(&token, first_words[i]);
    if (!is_question)
        return fw_error_set(err, FW_E_INPUT,
                            "a question begins with SELECT, WITH, VALUES or EXPLAIN QUERY PLAN, not with '%.*s'",
                            (int)(token.length < 40 ? token.length : 40), token.start);
    bool ended = false;
    while (fw_sql_token_next(&token, &at)) {
        if (ended && *token.start != ';')
            return fw_error_set(err, FW_E_INPUT, "a question is one statement; a second one begins at character %lld",
                                (long long)(token.start - sql + 1));
        ended = ended || (token.kind == FW_SQL_SIGN && *token.start == ';');
    }
    return FW_OK;
}

/* Counts what the statement becomes with all views of the file. */
static enum fw_status count_expansion(int64_t *out, const struct fw_ask_guard *guard, const char *sql,
                                      struct fw_error *err)
{
    struct fw_allocator *mem = guard->guest->mem;
    struct fw_sql_view *views;
    int64_t n = 0;
    FW_ALLOC(views, mem, guard->schema.n, "the views of a store", err);
    for (int64_t r = 0; r < guard->schema.n; r++) {
        if (strcmp(fw_rows_cell(&guard->schema, r, TYPE)->text, "view") == 0)
            views[n++] = (struct fw_sql_view){fw_rows_cell(&guard->schema, r, NAME)->text,
                                              fw_rows_cell(&guard->schema, r, SQL)->text};
    }
    enum fw_status status = fw_sql_expansion(out, sql, views, n, mem, err);
    fw_free(mem, views);
    return status;
}

enum fw_status fw_ask_guard_text(const struct fw_ask_guard *guard, const char *sql, struct fw_error *err)
{
    int64_t n;
    FW_TRY(check_shape(sql, err));
    FW_TRY(count_expansion(&n, guard, sql, err));
    if (n >= FW_SQL_EXPANSION_MAX)
        return fw_error_set(err, FW_E_INPUT,
                            "the question becomes too large: its views and WITH parts stand for %d subqueries or more",
                            FW_SQL_EXPANSION_MAX);
    return FW_OK;
}

/* Appends the names that `sql` gives to a list of borrowed texts in `pool`. */
static void add_names(struct fw_rows *names, struct fw_store *guest, const char *sql)
{
    struct fw_row_sink keep = fw_rows_sink(names);
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(guest->db, sql, -1, &statement, NULL) == SQLITE_OK) {
        while (sqlite3_step(statement) == SQLITE_ROW) {
            struct fw_value name = fw_value_text((const char *)sqlite3_column_text(statement, 0));
            if (name.text != NULL && keep.row(keep.self, &name, NULL) != FW_OK)
                break;
        }
    }
    sqlite3_finalize(statement);
}

/* The known name nearest to `name` among the columns or the tables, into `out`; "": none is near. */
static void find_nearest(char out[128], const struct fw_ask_guard *guard, const char *name, bool column)
{
    static const char columns[] = "SELECT DISTINCT c.name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE "
                                  "s.type = 'table' AND s.rootpage > 0";
    static const char of_views[] = "SELECT DISTINCT c.name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE "
                                   "s.type = 'view'";
    static const char tables[] = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')";
    struct fw_store *guest = guard->guest;
    struct fw_rows names;
    int64_t n = FW_SQL_EXPANSION_MAX;
    fw_rows_init(&names, guest->mem);
    struct fw_row_sink keep = fw_rows_sink(&names);
    if (keep.begin(keep.self, (const char *const[]){"name"}, 1, NULL) == FW_OK) {
        sqlite3_set_authorizer(guest->db, NULL, NULL); /* these questions are ours */
        add_names(&names, guest, column ? columns : tables);
        if (column && count_expansion(&n, guard, "", NULL) == FW_OK && n < FW_SQL_EXPANSION_MAX)
            add_names(&names, guest, of_views);
    }
    const char **list = fw_alloc_array(guest->mem, names.n, sizeof *list);
    for (int64_t r = 0; list != NULL && r < names.n; r++)
        list[r] = fw_rows_cell(&names, r, 0)->text;
    int64_t nearest = list != NULL ? fw_nearest_name(name, list, names.n) : -1;
    snprintf(out, 128, "%s", nearest >= 0 ? list[nearest] : "");
    fw_free(guest->mem, list);
    fw_rows_clear(&names);
}

/* What to add to SQLite's words: "; did you mean 'auc'?" */
static void add_hint(char out[256], const struct fw_ask_guard *guard, const char *words)
{
    static const char no_column[] = "no such column: ";
    static const char no_table[] = "no such table: ";
    char nearest[128];
    out[0] = '\0';
    bool column = strncmp(words, no_column, strlen(no_column)) == 0;
    if (!column && strncmp(words, no_table, strlen(no_table)) != 0)
        return;
    const char *name = words + (column ? strlen(no_column) : strlen(no_table));
    const char *dot = strrchr(name, '.');
    find_nearest(nearest, guard, dot != NULL ? dot + 1 : name, column);
    if (nearest[0] != '\0')
        snprintf(out, 256, "; did you mean '%s'?", nearest);
    else
        snprintf(out, 256, "%s",
                 column ? "; a text stands in single quotes, and docs/store.md lists the columns"
                        : "; the tables are studies, trials, metrics, decisions, artifacts, and the "
                          "views v_studies, v_trials, v_best, v_curves");
}

/* SQLite's words with the place and the nearest name. */
static enum fw_status fault_of_text(const struct fw_ask_guard *guard, const char *sql, struct fw_error *err)
{
    char words[512];
    char hint[256];
    int at = sqlite3_error_offset(guard->guest->db);
    snprintf(words, sizeof words, "%s", sqlite3_errmsg(guard->guest->db));
    add_hint(hint, guard, words);
    if (at < 0 || (size_t)at > strlen(sql))
        return fw_error_set(err, FW_E_INPUT, "SQL: %s%s", words, hint);
    if (guard->is_wide) /* who asks has not written all of it */
        return fw_error_set(err, FW_E_INPUT, "SQL: %s, at '%.24s'%s", words, sql + at, hint);
    return fw_error_set(err, FW_E_INPUT, "SQL: %s, at character %d ('%.24s')%s", words, at + 1, sql + at, hint);
}

enum fw_status fw_ask_guard_fault(const struct fw_ask_guard *guard, const char *sql, int code, struct fw_error *err)
{
    if (guard->refused[0] != '\0')
        return fw_error_set(err, FW_E_INPUT, "%s", guard->refused);
    switch (code & 0xff) {
    case SQLITE_INTERRUPT:
        if (guard->fat)
            return fw_error_set(err, FW_E_BUDGET, "the question needs more than %d MiB of memory; narrow it",
                                (int)(FW_ASK_MEMORY / FW_MIB));
        return fw_error_set(err, FW_E_BUDGET, "the question did not end in time; narrow it, or allow it more time");
    case SQLITE_TOOBIG:
        return fw_error_set(err, FW_E_INPUT,
                            "a text is longer than %d KiB, or the statement longer than %d KiB; that is more than a "
                            "question may have",
                            FW_ASK_LONGEST_TEXT / 1024, guard->is_wide ? 256 : 64);
    case SQLITE_ERROR:
    case SQLITE_AUTH:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
    case SQLITE_CONSTRAINT:
        return fault_of_text(guard, sql, err);
    default:
        return fw_sql_error(guard->guest, code, err);
    }
}
