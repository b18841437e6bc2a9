/* Tables and schemas from texts in memory, for tests. */
#ifndef FW_TESTS_SUPPORT_TABLES_H
#define FW_TESTS_SUPPORT_TABLES_H

#include "space/schema.h"
#include "space/table.h"

/* The text as a table called "data.csv"; the test fails with the reader's words when it is refused. */
struct fw_table *table_of(const char *text);

/* The same with options. */
struct fw_table *table_with(const char *text, const struct fw_table_options *options);

/* Its schema; the test fails with the words of the error when it is refused. */
struct fw_schema *schema_of(const struct fw_table *table, const struct fw_schema_options *options);

/* The error of a schema that must be refused, with this status. The message is valid until the next call. */
const char *schema_refusal(const struct fw_table *table, const struct fw_schema_options *options,
                           enum fw_status status);

/* Fails unless `text` holds `part`. */
void ck_holds(const char *text, const char *part);

#endif
