/* How a CSV text is to be read, guessed from its beginning: delimiter, leading lines that are no rows, header, number
 * of columns, names. What the options say is not guessed.
 *
 * Delimiter: the one under which the lines have the same number of fields, at least two, most often; tab, semicolon and
 * comma before the bar, and that before the space. None: one column.
 * Preamble: leading lines of one field where the table has several.
 * Header: a first line without numbers and missing values, over columns of numbers, or whose names do not come again
 * below them. */
#ifndef FW_SPACE_SNIFF_H
#define FW_SPACE_SNIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/text.h"
#include "space/stream.h"
#include "space/table.h"

struct fw_csv_layout {
    char delimiter;
    bool has_header;
    bool has_bom;
    int64_t preamble_lines;
    int64_t n_columns;
    size_t body_start;      /* byte at which the rows begin */
    int64_t body_line;      /* its line */
    struct fw_buffer names; /* n_columns NUL-terminated names one after the other */
};

/* Looks at the stream's first bytes without taking them. Fails with FW_E_ARG (an impossible delimiter or quote, names
 * of another number than the columns) and FW_E_INPUT (a text that is no table, too many columns). Clear the layout in
 * any case. */
FW_NODISCARD
enum fw_status fw_csv_sniff(struct fw_csv_layout *layout, struct fw_stream *stream,
                            const struct fw_table_options *options, struct fw_allocator *mem, struct fw_error *err);

void fw_csv_layout_clear(struct fw_csv_layout *layout);

#endif
