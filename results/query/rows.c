#include "results/query/rows.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct fw_value fw_value_null(void)
{
    return (struct fw_value){.type = FW_VALUE_NULL};
}

struct fw_value fw_value_int(int64_t value)
{
    return (struct fw_value){.type = FW_VALUE_INT, .integer = value};
}

struct fw_value fw_value_real(double value)
{
    if (isnan(value))
        return fw_value_null();
    return (struct fw_value){.type = FW_VALUE_REAL, .real = value};
}

struct fw_value fw_value_text(const char *value)
{
    if (value == NULL)
        return fw_value_null();
    return (struct fw_value){.type = FW_VALUE_TEXT, .text = value, .length = (int64_t)strlen(value)};
}

double fw_value_number(const struct fw_value *value)
{
    if (value->type == FW_VALUE_INT)
        return (double)value->integer;
    return value->type == FW_VALUE_REAL ? value->real : NAN;
}

void fw_rows_init(struct fw_rows *rows, struct fw_allocator *mem)
{
    *rows = (struct fw_rows){.mem = mem};
    fw_text_pool_init(&rows->texts, mem);
}

void fw_rows_clear(struct fw_rows *rows)
{
    fw_free(rows->mem, rows->names);
    fw_free(rows->mem, rows->cells);
    fw_text_pool_clear(&rows->texts);
    fw_rows_init(rows, rows->mem);
}

static enum fw_status begin(void *self, const char *const *names, int n_columns, struct fw_error *err)
{
    struct fw_rows *rows = self;
    bool refused = false;
    assert(rows->names == NULL);
    FW_ALLOC(rows->names, rows->mem, n_columns, "the names of columns", err);
    rows->n_columns = n_columns;
    for (int c = 0; c < n_columns; c++)
        rows->names[c] = fw_text_pool_add(&rows->texts, names[c], &refused);
    return refused ? fw_error_nomem(err, rows->mem, "the names of columns", n_columns, 16) : FW_OK;
}

static enum fw_status add_row(void *self, const struct fw_value *cells, struct fw_error *err)
{
    struct fw_rows *rows = self;
    bool refused = false;
    int64_t at = rows->n * rows->n_columns;
    FW_TRY(fw_reserve(rows->mem, &rows->cells, &rows->capacity, at + rows->n_columns, sizeof *rows->cells, err));
    for (int c = 0; c < rows->n_columns; c++) {
        struct fw_value *cell = &rows->cells[at + c];
        *cell = cells[c];
        if (cell->type == FW_VALUE_TEXT)
            cell->text = fw_text_pool_add_bytes(&rows->texts, cell->text, (size_t)cell->length, &refused);
    }
    if (refused)
        return fw_error_nomem(err, rows->mem, "rows", rows->n, sizeof *rows->cells);
    rows->n++;
    return FW_OK;
}

static enum fw_status end(void *self, struct fw_error *err)
{
    (void)self;
    (void)err;
    return FW_OK;
}

struct fw_row_sink fw_rows_sink(struct fw_rows *rows)
{
    return (struct fw_row_sink){.self = rows, .begin = begin, .row = add_row, .end = end};
}

const struct fw_value *fw_rows_cell(const struct fw_rows *rows, int64_t row, int column)
{
    assert(row >= 0 && row < rows->n && column >= 0 && column < rows->n_columns);
    return &rows->cells[row * rows->n_columns + column];
}

int fw_rows_column(const struct fw_rows *rows, const char *name)
{
    for (int c = 0; c < rows->n_columns; c++) {
        if (strcmp(rows->names[c], name) == 0)
            return c;
    }
    return -1;
}

enum fw_status fw_rows_replay(const struct fw_rows *rows, struct fw_row_sink to, struct fw_error *err)
{
    FW_TRY(to.begin(to.self, rows->names, rows->n_columns, err));
    for (int64_t r = 0; r < rows->n; r++)
        FW_TRY(to.row(to.self, fw_rows_cell(rows, r, 0), err));
    return to.end(to.self, err);
}
