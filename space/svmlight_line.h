/* One line of libsvm ("1 3:0.5 17:2") or libffm ("1 0:3:1 2:17:1") text, taken apart and checked. */
#ifndef FW_SPACE_SVMLIGHT_LINE_H
#define FW_SPACE_SVMLIGHT_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/text.h"
#include "space/dictionary.h"
#include "space/table.h"

struct fw_svmlight_pair {
    uint64_t column;      /* libsvm: the index; libffm: the field */
    uint64_t index;       /* libffm: the index; libsvm: 0 */
    struct fw_text value; /* libsvm: the value; libffm: the digits of the index. Borrowed from the line */
};

struct fw_svmlight_row {
    struct fw_text label;
    struct fw_text query;           /* the N of "qid:N"; empty without it */
    struct fw_svmlight_pair *pairs; /* (n) rising by column, then index; no two are equal */
    int64_t n;
    int64_t capacity;
    char fault[320]; /* what is wrong with the line, without file and line; empty when nothing is */
};

/* Takes a line apart; its text is borrowed. A bad line is told by row->fault, the status is FW_E_NOMEM or FW_OK.
 * A row starts as zeroes, may be used for many lines, and is cleared in the end. */
FW_NODISCARD
enum fw_status fw_svmlight_row_parse(struct fw_svmlight_row *row, struct fw_text line, enum fw_table_format format,
                                     const struct fw_missing_set *missing, struct fw_allocator *mem,
                                     struct fw_error *err);
void fw_svmlight_row_clear(struct fw_svmlight_row *row, struct fw_allocator *mem);

/* Takes the next line without its end ("\n" or "\r\n") off the text; false when the text is empty. */
bool fw_svmlight_next_line(struct fw_text *line, struct fw_text *text);

/* Whether all lines of a sample are of this format, and some of them name a value. A text whose pairs could all be
 * times of the day ("12:30") is not: it is a table with a space between its columns. */
bool fw_svmlight_recognise(struct fw_text sample, bool whole, enum fw_table_format format);

#endif
