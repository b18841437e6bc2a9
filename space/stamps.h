/* Times of rows, to sort them by: numbers, or texts of one length that sort as they stand (2024-05-01,
 * 2024-05-01T12:00:00). */
#ifndef FW_SPACE_STAMPS_H
#define FW_SPACE_STAMPS_H

#include "space/table.h"

struct fw_stamp {
    double number;       /* when times are numbers */
    struct fw_text text; /* when they are texts; data NULL: they are numbers. Borrowed from the table */
    int64_t row;
};

/* The times of all rows, stamps (n_rows), in the order of rows. FW_E_INPUT naming line, column and value when they are
 * neither all numbers nor all texts of one length. */
FW_NODISCARD
enum fw_status fw_stamps_read(struct fw_stamp *stamps, const struct fw_table *table, int64_t column,
                              struct fw_error *err);

/* For qsort: earlier before later, equal times by row. */
int fw_stamps_compare(const void *a, const void *b);

#endif
