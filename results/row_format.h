/* Rows (rows.h) as text: an aligned table for people, CSV (RFC 4180), JSON (an array of objects), JSON lines, Markdown.
 *
 * Numbers are written so that reading them gives the same bits; the table rounds to what fits. NULL is "-" in a table,
 * an empty field in CSV, null in JSON; infinities are "inf" and "-inf" (texts in JSON). Text of any origin is safe in
 * its place: control characters are escaped for a terminal, markup for Markdown. */
#ifndef FW_RESULTS_ROW_FORMAT_H
#define FW_RESULTS_ROW_FORMAT_H

#include <stdbool.h>

#include "results/rows.h"

enum fw_row_format { FW_ROWS_TABLE, FW_ROWS_CSV, FW_ROWS_JSON, FW_ROWS_JSONL, FW_ROWS_MARKDOWN };

/* "table csv json jsonl markdown" (and "md"); false: no such name. */
bool fw_row_format_from_name(enum fw_row_format *out, const char *name);

/* Where the text goes: standard output, a file, an HTTP answer. */
struct fw_text_sink {
    void *self;
    enum fw_status (*write)(void *self, const char *bytes, int64_t n, struct fw_error *err);
};

struct fw_row_writer_options {
    enum fw_row_format format;
    int width; /* of a table, columns of the screen; 0: as wide as the rows need. Wide cells are cut with "..." */
    bool spreadsheet; /* CSV: an apostrophe before texts that a spreadsheet would take for a formula */
};

/* Opaque; the table keeps all rows until `end`, the others none. */
struct fw_row_writer;
FW_NODISCARD
enum fw_status fw_row_writer_create(struct fw_row_writer **out, const struct fw_row_writer_options *options,
                                    struct fw_text_sink to, struct fw_allocator *mem, struct fw_error *err);
void fw_row_writer_destroy(struct fw_row_writer *writer); /* NULL is a no-op */
struct fw_row_sink fw_row_writer_sink(struct fw_row_writer *writer);

#endif
