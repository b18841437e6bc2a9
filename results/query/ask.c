#include "results/query/ask.h"

#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "results/query/ask_guard.h"
#include "results/store/sql.h"
#include "results/store/store_guest.h"

/* An answer longer than this is not kept while the file is locked: rows times columns. */
#define KEPT_CELLS 20000

/* One asking of a question: of the file or of its copy. */
struct asking {
    const struct fw_ask *ask;
    struct fw_row_sink sink;
    struct fw_ask_guard guard;
    struct fw_store guest;
    sqlite3_stmt *statement;
    struct fw_value *cells; /* (n_columns) of the present row */
    struct fw_buffer hex;   /* the blobs of the present row */
    int n_columns;
    int64_t n; /* rows so far */
};

static enum fw_status bind(struct asking *a, struct fw_error *err)
{
    int n = sqlite3_bind_parameter_count(a->statement);
    if (a->ask->n_values > n)
        return fw_error_set(err, FW_E_INPUT, "%d values were given for a question with %d parameters", a->ask->n_values,
                            n);
    for (int i = 0; i < a->ask->n_values; i++) {
        const struct fw_value *value = &a->ask->values[i];
        int code = SQLITE_OK;
        switch (value->type) {
        case FW_VALUE_NULL:
            code = sqlite3_bind_null(a->statement, i + 1);
            break;
        case FW_VALUE_INT:
            code = sqlite3_bind_int64(a->statement, i + 1, value->integer);
            break;
        case FW_VALUE_REAL:
            code = sqlite3_bind_double(a->statement, i + 1, value->real);
            break;
        case FW_VALUE_TEXT:
            code = sqlite3_bind_text64(a->statement, i + 1, value->text, (sqlite3_uint64)value->length, SQLITE_STATIC,
                                       SQLITE_UTF8);
            break;
        }
        if (code != SQLITE_OK)
            return fw_ask_guard_fault(&a->guard, a->ask->sql, code, err);
    }
    return FW_OK;
}

/* Hands the names of the columns on. */
static enum fw_status begin(struct asking *a, struct fw_error *err)
{
    struct fw_allocator *mem = a->guest.mem;
    const char **names;
    a->n_columns = sqlite3_column_count(a->statement);
    FW_ALLOC(a->cells, mem, a->n_columns, "a row", err);
    FW_ALLOC(names, mem, a->n_columns, "the names of columns", err);
    enum fw_status status = FW_OK;
    for (int c = 0; c < a->n_columns && status == FW_OK; c++) {
        names[c] = sqlite3_column_name(a->statement, c);
        if (names[c] == NULL)
            status = fw_error_nomem(err, mem, "the names of columns", 1, 64);
    }
    if (status == FW_OK)
        status = a->sink.begin(a->sink.self, names, a->n_columns, err);
    fw_free(mem, names);
    return status;
}

/* Appends the bytes of a blob as hexadecimal digits; the cell holds their place until the row is whole. */
static struct fw_value add_blob(struct asking *a, int column)
{
    static const char digits[] = "0123456789abcdef";
    struct fw_value cell = {.type = FW_VALUE_TEXT, .integer = a->hex.length + 1};
    const unsigned char *bytes = sqlite3_column_blob(a->statement, column);
    int n = sqlite3_column_bytes(a->statement, column);
    for (int i = 0; i < n && bytes != NULL; i++)
        fw_buffer_add(&a->hex, (const char[]){digits[bytes[i] >> 4], digits[bytes[i] & 15]}, 2);
    fw_buffer_add(&a->hex, "", 1);
    cell.length = a->hex.length - cell.integer;
    return cell;
}

/* Reads the present row into a->cells. */
static enum fw_status read_row(struct asking *a, struct fw_error *err)
{
    bool refused = false;
    a->hex.length = 0;
    for (int c = 0; c < a->n_columns; c++) {
        struct fw_value *cell = &a->cells[c];
        switch (sqlite3_column_type(a->statement, c)) {
        case SQLITE_INTEGER:
            *cell = fw_value_int(sqlite3_column_int64(a->statement, c));
            break;
        case SQLITE_FLOAT:
            *cell = fw_value_real(sqlite3_column_double(a->statement, c));
            break;
        case SQLITE_TEXT:
            *cell = (struct fw_value){.type = FW_VALUE_TEXT};
            cell->text = (const char *)sqlite3_column_text(a->statement, c);
            cell->length = sqlite3_column_bytes(a->statement, c);
            refused = refused || cell->text == NULL;
            break;
        case SQLITE_BLOB:
            *cell = add_blob(a, c);
            break;
        default:
            *cell = fw_value_null();
        }
    }
    if (refused || a->hex.failed)
        return fw_error_nomem(err, a->guest.mem, "a row", 1, FW_ASK_LONGEST_TEXT);
    for (int c = 0; c < a->n_columns; c++) {
        struct fw_value *cell = &a->cells[c];
        if (cell->type == FW_VALUE_TEXT && cell->integer > 0) {
            cell->text = a->hex.data + cell->integer - 1;
            cell->integer = 0;
        }
    }
    return FW_OK;
}

/* Hands a row on. The time that the sink takes, which may be a person reading, is not the question's. */
static enum fw_status hand_on(struct asking *a, struct fw_error *err)
{
    if (a->ask->max_rows > 0 && a->n == a->ask->max_rows)
        return fw_error_set(err, FW_E_BUDGET, "the answer has more than %lld rows; narrow the question, or allow more",
                            (long long)a->ask->max_rows);
    a->n++;
    FW_TRY(read_row(a, err));
    double before = fw_clock_seconds();
    enum fw_status status = a->sink.row(a->sink.self, a->cells, err);
    if (a->guard.deadline > 0)
        a->guard.deadline += fw_clock_seconds() - before;
    return status;
}

/* Runs the question on a connection that is open and guarded. */
static enum fw_status run(struct asking *a, struct fw_error *err)
{
    const char *sql = a->ask->sql;
    FW_TRY(fw_ask_guard_text(&a->guard, sql, err));
    int code = sqlite3_prepare_v2(a->guest.db, sql, -1, &a->statement, NULL);
    if (code != SQLITE_OK)
        return fw_ask_guard_fault(&a->guard, sql, code, err);
    if (a->statement == NULL || sqlite3_stmt_readonly(a->statement) == 0)
        return fw_error_set(err, FW_E_INPUT, "a question may only read, and this statement would change the store");
    FW_TRY(bind(a, err));
    code = sqlite3_step(a->statement); /* before `begin`: most faults show in the first step */
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return fw_ask_guard_fault(&a->guard, sql, code, err);
    FW_TRY(begin(a, err));
    while (code == SQLITE_ROW) {
        FW_TRY(hand_on(a, err));
        code = sqlite3_step(a->statement);
    }
    if (code != SQLITE_DONE)
        return fw_ask_guard_fault(&a->guard, sql, code, err);
    return a->sink.end(a->sink.self, err);
}

static void close_asking(struct asking *a)
{
    sqlite3_finalize(a->statement);
    fw_store_close_guest(&a->guest);
    fw_ask_guard_clear(&a->guard);
    fw_buffer_clear(&a->hex);
    fw_free(a->guest.mem, a->cells);
}

static void init_asking(struct asking *a, const struct fw_store *store, const struct fw_ask *ask,
                        struct fw_row_sink sink)
{
    *a = (struct asking){.ask = ask, .sink = sink, .guest = {.mem = store->mem, .path = store->path}};
    a->guard.is_wide = ask->wide;
    a->guest.wait_seconds = ask->seconds > 0 ? fmin(ask->seconds, store->wait_seconds) : store->wait_seconds;
    fw_buffer_init(&a->hex, store->mem);
    fw_rows_init(&a->guard.schema, store->mem);
}

/* Keeps the answer in memory while the file is locked, as long as it is short. */
struct keeper {
    struct fw_row_sink rows;
    int64_t left; /* cells that may still be kept */
    int n_columns;
    bool full;
};

static enum fw_status keep_begin(void *self, const char *const *names, int n_columns, struct fw_error *err)
{
    struct keeper *keeper = self;
    keeper->n_columns = n_columns;
    return keeper->rows.begin(keeper->rows.self, names, n_columns, err);
}

static enum fw_status keep_row(void *self, const struct fw_value *cells, struct fw_error *err)
{
    struct keeper *keeper = self;
    for (int c = 0; c < keeper->n_columns; c++)
        keeper->left -= 1 + (cells[c].type == FW_VALUE_TEXT ? cells[c].length / 256 : 0);
    keeper->full = keeper->left < 0;
    if (keeper->full)
        return fw_error_set(err, FW_E_BUDGET, "the answer is too long to be kept");
    return keeper->rows.row(keeper->rows.self, cells, err);
}

static enum fw_status keep_end(void *self, struct fw_error *err)
{
    (void)self;
    (void)err;
    return FW_OK;
}

/* Asks of the file itself. *again: it took too long, and is to be asked of a copy. */
static enum fw_status ask_file(bool *again, struct fw_store *store, const struct fw_ask *ask, double deadline,
                               struct fw_row_sink sink, struct fw_error *err)
{
    struct fw_rows rows;
    fw_rows_init(&rows, store->mem);
    struct keeper keeper = {.rows = fw_rows_sink(&rows), .left = KEPT_CELLS};
    struct asking a;
    init_asking(&a, store, ask, (struct fw_row_sink){&keeper, keep_begin, keep_row, keep_end});
    *again = false;
    enum fw_status status;
    FW_TRY_GOTO(fw_store_open_reader(&a.guest, store, err), done);
    FW_TRY_GOTO(fw_ask_guard_install(&a.guard, &a.guest, err), done);
    double hold = fw_clock_seconds() + FW_ASK_HOLD_SECONDS;
    bool is_last = deadline > 0 && deadline < hold;
    a.guard.deadline = is_last ? deadline : hold;
    status = run(&a, err);
    *again = status == FW_E_BUDGET && !a.guard.fat && (keeper.full || (a.guard.late && !is_last));
done:
    close_asking(&a);
    if (status == FW_OK)
        status = fw_rows_replay(&rows, sink, err);
    fw_rows_clear(&rows);
    return status;
}

/* Nothing is locked meanwhile, however long it takes. */
static enum fw_status ask_copy(struct fw_store *store, const struct fw_ask *ask, double deadline,
                               struct fw_row_sink sink, struct fw_error *err)
{
    struct asking a;
    init_asking(&a, store, ask, sink);
    enum fw_status status;
    FW_TRY_GOTO(fw_store_open_snapshot(&a.guest, store, err), done);
    FW_TRY_GOTO(fw_ask_guard_install(&a.guard, &a.guest, err), done);
    a.guard.deadline = deadline;
    status = run(&a, err);
done:
    close_asking(&a);
    return status;
}

enum fw_status fw_ask_run(struct fw_store *store, const struct fw_ask *ask, struct fw_row_sink sink,
                          struct fw_error *err)
{
    double deadline = ask->seconds > 0 ? fw_clock_seconds() + ask->seconds : 0;
    bool again = ask->large || fw_store_is_copy(store);
    enum fw_status status = FW_OK;
    if (!again)
        status = ask_file(&again, store, ask, deadline, sink, err);
    return again ? ask_copy(store, ask, deadline, sink, err) : status;
}
