/* A table for people: columns as wide as they need to be, or cut so that a line fits on the screen. It is printed when
 * all its cells are known.
 *
 *     struct fw_text_table table;
 *     fw_text_table_init(&table, 2, mem);
 *     fw_text_table_add(&table, fw_text_of("name"));    // the first row is the header
 *     fw_text_table_add(&table, fw_text_of("rows"));
 *     ...                                               // row by row
 *     table.columns[1].right = true;
 *     for (int64_t r = 0; r < fw_text_table_rows(&table); r++)
 *         fw_text_table_line(&line, &table, r);
 *     fw_text_table_clear(&table);
 *
 * Cells are copied; control characters are escaped, wide characters count as wide. Memory that is refused is told by
 * fw_text_table_measure. */
#ifndef FW_CORE_TEXT_TABLE_H
#define FW_CORE_TEXT_TABLE_H

#include "core/text.h"

struct fw_text_column {
    int width;  /* of the widest cell, or what is left of it; set by fw_text_table_measure */
    bool right; /* aligned to the right */
    bool whole; /* is never cut: a number without its last digits is another number */
};

struct fw_text_table {
    int n_columns;
    struct fw_text_column *columns; /* (n_columns), the caller's to set but for the width */
    int64_t *ends;                  /* (n_cells) of each cell in `text`, row by row */
    int64_t n_cells, capacity;
    struct fw_buffer text;
};

/* Fails with FW_E_NOMEM; then there is nothing to clear. */
FW_NODISCARD
enum fw_status fw_text_table_init(struct fw_text_table *table, int n_columns, struct fw_allocator *mem,
                                  struct fw_error *err);
void fw_text_table_clear(struct fw_text_table *table);

/* Appends a cell; after the last column a new row begins. */
void fw_text_table_add(struct fw_text_table *table, struct fw_text text);

/* Rows, the last one finished or not. */
int64_t fw_text_table_rows(const struct fw_text_table *table);

/* Sets the widths of the columns. A line is to take at most `screen` columns (0: any): the widest columns that are not
 * `whole` are cut, evenly, but none below a few characters, so a very small screen may still be too small. FW_E_NOMEM
 * when a cell was refused its memory. */
FW_NODISCARD
enum fw_status fw_text_table_measure(struct fw_text_table *table, int screen, struct fw_error *err);

/* Appends a row as a line with its newline. Cut cells end in "..."; nothing is padded at the end of a line. */
void fw_text_table_line(struct fw_buffer *out, const struct fw_text_table *table, int64_t row);

#endif
