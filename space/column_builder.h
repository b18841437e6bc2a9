/* Columns in the making: cells go in as text, in row order for each column; a table's columns come out.
 *
 * A column starts as codes into a dictionary. When its dictionary has grown so large that plain doubles would be
 * smaller, and every value so far is a number that loses nothing as a double, it turns into numbers; that is checked at
 * fixed rows, so the outcome depends on the cells alone, not on how they were cut into calls.
 *
 *     FW_TRY_GOTO(fw_column_builder_create(&builder, name, options, mem, err), done);
 *     FW_TRY_GOTO(fw_column_builder_add_column(&c, builder, "age", 3, err), done);
 *     FW_TRY_GOTO(fw_column_builder_add(builder, c, row, text, line, err), done);      // one cell, or
 *     FW_TRY_GOTO(fw_column_builder_append(builder, c, cells, n, lines, first, err), done);  // many
 *     FW_TRY_GOTO(fw_column_builder_finish(builder, table, n_rows, err), done);
 * done:
 *     fw_column_builder_destroy(builder);
 *
 * Threads: different columns may be filled from different threads; one column has one writer at a time. */
#ifndef FW_SPACE_COLUMN_BUILDER_H
#define FW_SPACE_COLUMN_BUILDER_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/text.h"
#include "space/table.h"

/* Cells of one append are cheapest in pieces of this many rows that start at a multiple of it. */
#define FW_BUILDER_BLOCK 256

struct fw_column_builder;

/* A builder without columns. `name` stands for the file in messages; name and options are borrowed until destroy. */
FW_NODISCARD
enum fw_status fw_column_builder_create(struct fw_column_builder **out, const char *name,
                                        const struct fw_table_options *options, struct fw_allocator *mem,
                                        struct fw_error *err);
void fw_column_builder_destroy(struct fw_column_builder *builder); /* NULL is a no-op */

/* Adds an empty column; its name (length bytes) is copied. Not while other threads append. FW_E_INPUT beyond
 * options->max_columns. */
FW_NODISCARD
enum fw_status fw_column_builder_add_column(int64_t *column_out, struct fw_column_builder *builder, const char *name,
                                            size_t length, struct fw_error *err);

int64_t fw_column_builder_n_columns(const struct fw_column_builder *builder);

/* Appends n cells as the column's next rows. Cell i stands on line first_line + line_offsets[i]. Texts are borrowed for
 * the call. A text that is a missing marker counts as missing. Fails with FW_E_INPUT (line, column, value, remedy) when
 * a column held as numbers gets a text that is none; *fault_line_out (may be NULL) is then its line. */
FW_NODISCARD
enum fw_status fw_column_builder_append(struct fw_column_builder *builder, int64_t column, const struct fw_text *cells,
                                        int64_t n, const uint32_t *line_offsets, int64_t first_line,
                                        int64_t *fault_line_out, struct fw_error *err);

/* Fills a column with `fill` (empty: missing) up to, not including, `row`. Nothing happens when it is that long. */
FW_NODISCARD
enum fw_status fw_column_builder_pad(struct fw_column_builder *builder, int64_t column, int64_t row,
                                     struct fw_text fill, int64_t line, struct fw_error *err);

/* Sets the cell of a row at or after the column's end; rows skipped are missing. For formats that name only the cells
 * that are there (pad first where their absence means something else). A row before the end is FW_E_ARG. */
FW_NODISCARD
enum fw_status fw_column_builder_add(struct fw_column_builder *builder, int64_t column, int64_t row,
                                     struct fw_text text, int64_t line, struct fw_error *err);

/* Pads every column with missing up to n_rows and moves all columns into the table, which has none. */
FW_NODISCARD
enum fw_status fw_column_builder_finish(struct fw_column_builder *builder, struct fw_table *table, int64_t n_rows,
                                        struct fw_error *err);

#endif
