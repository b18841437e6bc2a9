/* Tables in tests: from text in one call, and compared to the last bit. */
#ifndef FW_TESTS_SUPPORT_TABLES_H
#define FW_TESTS_SUPPORT_TABLES_H

#include "space/table.h"

/* Parses text that must be good; options NULL: the defaults on one thread. The caller destroys the table. */
struct fw_table *table_of(const char *text, const struct fw_table_options *options);

/* The message of a text that must be refused with FW_E_INPUT; valid until the next call. */
const char *table_error_of(const char *text, size_t size, const struct fw_table_options *options);

/* A cell as a NUL-terminated text; valid until the fourth call after. */
const char *cell_of(const struct fw_table *table, int64_t column, int64_t row);

/* Fails the test unless both hold the same: names, storage, codes, dictionaries with their lines, numbers, row lines,
 * counts. */
void assert_tables_equal(const struct fw_table *a, const struct fw_table *b);

#endif
