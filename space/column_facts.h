/* What one pass over a column of a table tells: how its values look, how many there are, how often each occurs. The
 * schema decides on types by these; people see them in `inspect`. */
#ifndef FW_SPACE_COLUMN_FACTS_H
#define FW_SPACE_COLUMN_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/text.h"
#include "space/table.h"

/* Distinct values of a column stored as numbers are counted up to here. */
#define FW_FACTS_DISTINCT_MAX INT64_C(65536)

/* A value and the number of rows that have it. */
struct fw_value_count {
    uint32_t code; /* in the column's dictionary */
    int64_t rows;
};

/* How a value looks. */
enum fw_value_look {
    FW_LOOK_NUMBER,
    FW_LOOK_PADDED,       /* digits after a leading zero, as "007": an identifier that happens to be digits */
    FW_LOOK_HEXADECIMAL,  /* "0x1f" */
    FW_LOOK_OUT_OF_RANGE, /* a number too large for a double: "1e999" */
    FW_LOOK_NOT_FINITE,   /* "inf" and the like */
    FW_LOOK_TEXT
};

struct fw_column_facts {
    int64_t n_present; /* rows with a value */
    int64_t n_missing;
    int64_t n_distinct;  /* values that occur */
    bool distinct_exact; /* false: there are at least n_distinct */

    int64_t number_rows; /* rows with a number, padded digits included */
    int64_t padded_rows; /* of these, rows with padded digits */
    int64_t other_rows;  /* rows with anything else */
    int64_t other_values;
    uint32_t first_padded, first_other; /* codes; 0: none */
    double min, max;                    /* over the numbers; NaN without any */
    bool integral;                      /* all numbers are whole; false without any */
    bool running; /* all rows have a number, each larger (or each smaller) than the one before, and
                     spread no wider than row numbers with every second left out */

    int64_t separator_rows; /* rows whose text holds the separator */
};

/* Reads a column. separator: see fw_schema_options. Fails with FW_E_NOMEM only. */
FW_NODISCARD
enum fw_status fw_column_facts_read(struct fw_column_facts *facts, const struct fw_table *table, int64_t column,
                                    char separator, struct fw_allocator *mem, struct fw_error *err);

/* The rows of each code into counts (size of the column's dictionary, set to zero by the caller). The column must be
 * stored as codes. */
void fw_column_count_codes(int64_t *counts, const struct fw_table *table, int64_t column);

/* The most frequent values, the missing one left out, into top (k): by falling frequency, then by first appearance.
 * Returns their number. counts as above. */
int fw_column_top_values(struct fw_value_count *top, int k, const int64_t *counts, int64_t n_codes);

/* How a value looks; *number_out is set for numbers and padded digits. The value is not empty. */
enum fw_value_look fw_value_look(struct fw_text value, double *number_out);

/* Length in bytes at which a value is cut in messages (60 at most, never inside a UTF-8 character), for "%.*s". */
int fw_value_shown(struct fw_text value);

#endif
