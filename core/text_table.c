#include "core/text_table.h"

#include "core/shown.h"
#include "core/utf8.h"

/* No column is cut below this: "abc..." still tells something. */
#define LEAST 8

/* Between columns. */
#define GAP 2

enum fw_status fw_text_table_init(struct fw_text_table *table, int n_columns, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    *table = (struct fw_text_table){.n_columns = n_columns};
    fw_buffer_init(&table->text, mem);
    FW_ALLOC(table->columns, mem, n_columns, "the columns of a table", err);
    return FW_OK;
}

void fw_text_table_clear(struct fw_text_table *table)
{
    fw_free(table->text.mem, table->columns);
    fw_free(table->text.mem, table->ends);
    fw_buffer_clear(&table->text);
    *table = (struct fw_text_table){0};
}

void fw_text_table_add(struct fw_text_table *table, struct fw_text text)
{
    if (fw_reserve(table->text.mem, &table->ends, &table->capacity, table->n_cells + 1, sizeof *table->ends, NULL) !=
        FW_OK) {
        table->text.failed = true;
        return;
    }
    fw_shown_add(&table->text, text);
    table->ends[table->n_cells++] = table->text.length;
}

int64_t fw_text_table_rows(const struct fw_text_table *table)
{
    return (table->n_cells + table->n_columns - 1) / table->n_columns;
}

static struct fw_text cell_at(const struct fw_text_table *table, int64_t cell)
{
    if (cell >= table->n_cells)
        return (struct fw_text){0};
    int64_t start = cell > 0 ? table->ends[cell - 1] : 0;
    if (start == table->ends[cell])
        return (struct fw_text){0};
    return (struct fw_text){table->text.data + start, (size_t)(table->ends[cell] - start)};
}

/* What a line takes when no column that may be cut is wider than `most`. */
static int64_t line_width(const struct fw_text_table *table, int most)
{
    int64_t total = (int64_t)GAP * (table->n_columns - 1);
    for (int c = 0; c < table->n_columns; c++) {
        const struct fw_text_column *column = &table->columns[c];
        total += column->whole || column->width < most ? column->width : most;
    }
    return total;
}

enum fw_status fw_text_table_measure(struct fw_text_table *table, int screen, struct fw_error *err)
{
    FW_TRY(fw_buffer_check(&table->text, err));
    int widest = LEAST;
    for (int c = 0; c < table->n_columns; c++)
        table->columns[c].width = 0;
    for (int64_t i = 0; i < table->n_cells; i++) {
        struct fw_text_column *column = &table->columns[i % table->n_columns];
        int width = fw_shown_width(cell_at(table, i));
        column->width = width > column->width ? width : column->width;
        widest = width > widest ? width : widest;
    }
    if (screen <= 0)
        return FW_OK;
    /* the largest `most` that fits, by halving: line_width grows with it */
    int low = LEAST;
    while (low < widest) {
        int middle = low + (widest - low + 1) / 2;
        if (line_width(table, middle) <= screen)
            low = middle;
        else
            widest = middle - 1;
    }
    for (int c = 0; c < table->n_columns; c++) {
        struct fw_text_column *column = &table->columns[c];
        if (!column->whole && column->width > low)
            column->width = low;
    }
    return FW_OK;
}

/* The start of a text that takes at most `width` columns; *taken is what it takes. */
static struct fw_text start_of(struct fw_text text, int width, int *taken)
{
    size_t at = 0;
    *taken = 0;
    while (at < text.length) {
        uint32_t code = 0;
        int n = fw_utf8_next(&code, text.data + at, text.length - at);
        int columns = fw_utf8_columns(code);
        if (*taken + columns > width)
            break;
        *taken += columns;
        at += n > 0 ? (size_t)n : 1;
    }
    return (struct fw_text){text.data, at};
}

static void add_spaces(struct fw_buffer *out, int n)
{
    for (; n > 0; n--)
        fw_buffer_add(out, " ", 1);
}

void fw_text_table_line(struct fw_buffer *out, const struct fw_text_table *table, int64_t row)
{
    int64_t end = out->length; /* of what is no padding: lines end without spaces */
    for (int c = 0; c < table->n_columns; c++) {
        const struct fw_text_column *column = &table->columns[c];
        bool last = c == table->n_columns - 1;
        struct fw_text cell = cell_at(table, row * table->n_columns + c);
        int width = fw_shown_width(cell);
        bool cut = width > column->width;
        if (cut) {
            cell = start_of(cell, column->width - 3, &width);
            width += 3;
        }
        if (column->right)
            add_spaces(out, column->width - width);
        fw_buffer_add(out, cell.data, cell.length);
        fw_buffer_add_text(out, cut ? "..." : "");
        end = width > 0 ? out->length : end;
        if (!column->right && !last)
            add_spaces(out, column->width - width);
        if (!last)
            add_spaces(out, GAP);
    }
    out->length = end;
    fw_buffer_add(out, "\n", 1);
}
