/* Rows (rows.h) as text: an aligned table for people, CSV, JSON (an array of objects), JSON lines, Markdown.
 *
 *     struct fw_row_writer *writer;
 *     struct fw_row_writer_options options = {.format = FW_ROWS_CSV};
 *     FW_TRY(fw_row_writer_create(&writer, &options, to, mem, err));
 *     status = fw_ask_run(store, &ask, fw_row_writer_sink(writer), err);
 *     fw_row_writer_destroy(writer);
 *
 * Numbers are written so that reading them gives the same bits; the table rounds to six digits. NULL is "-" in a table
 * and in Markdown, an empty field in CSV, null in JSON; infinities are "inf" and "-inf" (texts in JSON). Text of any
 * origin is safe in its place: control characters are escaped for a terminal and for Markdown, markup for Markdown;
 * bytes that are no UTF-8 become U+FFFD in JSON and stay as they are in CSV.
 *
 * CSV is quoted as in RFC 4180, with lines that end in a newline alone; an empty text is "" and so is a NULL in a table
 * of one column, where it would be an empty line. In JSON a second column of the same name is called name_2. */
#ifndef FW_RESULTS_ROW_FORMAT_H
#define FW_RESULTS_ROW_FORMAT_H

#include <stdbool.h>

#include "core/text.h"
#include "results/query/rows.h"

enum fw_row_format { FW_ROWS_TABLE, FW_ROWS_CSV, FW_ROWS_JSON, FW_ROWS_JSONL, FW_ROWS_MARKDOWN };

/* "table csv json jsonl markdown" (and "md"); false, *out unchanged: no such name. */
bool fw_row_format_from_name(enum fw_row_format *out, const char *name);

/* Where the text goes: standard output, a file, an HTTP answer. */
struct fw_text_sink {
    void *self;
    enum fw_status (*write)(void *self, const char *bytes, int64_t n, struct fw_error *err);
};

struct fw_row_writer_options {
    enum fw_row_format format;
    int width; /* of a table, columns of the screen; 0: as wide as the rows need. Wide texts are cut with "..." */
    bool spreadsheet; /* CSV: an apostrophe before texts that a spreadsheet would take for a formula */
};

/* Opaque. The table keeps all rows until `end`, the others hand on some 64 KiB at a time. A writer serves one answer.
 */
struct fw_row_writer;

/* Fails with FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_row_writer_create(struct fw_row_writer **out, const struct fw_row_writer_options *options,
                                    struct fw_text_sink to, struct fw_allocator *mem, struct fw_error *err);
void fw_row_writer_destroy(struct fw_row_writer *writer); /* NULL is a no-op */

/* Borrows the writer. Fails as `to` does, or with FW_E_NOMEM. */
struct fw_row_sink fw_row_writer_sink(struct fw_row_writer *writer);

/* Pieces of text in one of the formats, for others who write it by hand. */
void fw_row_format_csv_text(struct fw_buffer *out, struct fw_text text, bool spreadsheet);
void fw_row_format_json_text(struct fw_buffer *out, struct fw_text text); /* in quotes */
void fw_row_format_markdown_text(struct fw_buffer *out, struct fw_text text);

#endif
