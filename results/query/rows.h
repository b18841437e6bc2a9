/* The answer to a question about the store, as rows of typed values: what a query streams out, to be printed, drawn or
 * sent, whoever asked.
 *
 * The one idea: a query hands each row to a sink and forgets it, so that an export of a million rows needs the memory
 * of one. Whoever wants all rows at once takes fw_rows, the sink that keeps them:
 *
 *     struct fw_rows rows;
 *     fw_rows_init(&rows, mem);
 *     FW_TRY_GOTO(fw_ask_run(store, &ask, fw_rows_sink(&rows), err), done);
 *     for (int64_t r = 0; r < rows.n; r++)
 *         use(fw_rows_cell(&rows, r, 0)->text);
 *     fw_rows_clear(&rows);
 *
 * row_format.h has the sinks that write tables, CSV, JSON, JSON lines and Markdown. */
#ifndef FW_RESULTS_ROWS_H
#define FW_RESULTS_ROWS_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"
#include "results/store/text_pool.h"

enum fw_value_type { FW_VALUE_NULL, FW_VALUE_INT, FW_VALUE_REAL, FW_VALUE_TEXT };

struct fw_value {
    enum fw_value_type type;
    int64_t integer;
    double real;      /* infinities as they are; NaN is FW_VALUE_NULL */
    const char *text; /* of any origin, ended by NUL; borrowed from whoever hands the value out */
    int64_t length;   /* of text, bytes; it may hold NULs */
};

struct fw_value fw_value_null(void);
struct fw_value fw_value_int(int64_t value);
struct fw_value fw_value_real(double value);      /* NaN becomes null */
struct fw_value fw_value_text(const char *value); /* borrowed; NULL becomes null */

/* As a number, whether it is stored as a whole one or not; NaN for null and texts. */
double fw_value_number(const struct fw_value *value);

/* Where rows go. Calls come in this order: begin once, row any number of times, end once unless something failed. A
 * status other than FW_OK stops the query, which returns it. All slots are REQUIRED. */
struct fw_row_sink {
    void *self;
    /* names: (n_columns) of the columns, borrowed for the call. */
    enum fw_status (*begin)(void *self, const char *const *names, int n_columns, struct fw_error *err);
    /* cells: (n_columns), borrowed for the call. */
    enum fw_status (*row)(void *self, const struct fw_value *cells, struct fw_error *err);
    enum fw_status (*end)(void *self, struct fw_error *err);
};

/* All rows in memory. */
struct fw_rows {
    const char **names; /* (n_columns) */
    int n_columns;
    struct fw_value *cells; /* (n, n_columns) */
    int64_t n;
    int64_t capacity; /* of cells */
    struct fw_text_pool texts;
    struct fw_allocator *mem;
};

void fw_rows_init(struct fw_rows *rows, struct fw_allocator *mem);
void fw_rows_clear(struct fw_rows *rows); /* frees; the rows may be filled anew */

/* The sink that fills them; it borrows `rows`, which must be empty. Fails with FW_E_NOMEM. */
struct fw_row_sink fw_rows_sink(struct fw_rows *rows);

/* Borrowed until the clear. The indices must be within the rows. */
const struct fw_value *fw_rows_cell(const struct fw_rows *rows, int64_t row, int column);
int fw_rows_column(const struct fw_rows *rows, const char *name); /* -1: there is none; the first of equals */

/* Hands kept rows on to another sink: begin, each row, end. Fails as the sink does. */
FW_NODISCARD
enum fw_status fw_rows_replay(const struct fw_rows *rows, struct fw_row_sink to, struct fw_error *err);

#endif
