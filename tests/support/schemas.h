/* Schemas of small tables, for tests. */
#ifndef FW_TESTS_SUPPORT_SCHEMAS_H
#define FW_TESTS_SUPPORT_SCHEMAS_H

#include "space/schema.h"
#include "space/table.h"
#include "support/tables.h"

/* A list of names, valid until the end of the block. */
#define NAMES(...)                                                                                                     \
    ((struct fw_name_list){(const char *const[]){__VA_ARGS__},                                                         \
                           (int64_t)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))})

/* A table's schema; the test fails with the words of the error when it is refused. */
struct fw_schema *schema_of(const struct fw_table *table, const struct fw_schema_options *options);

/* The error of a schema that must be refused, with this status. The message is valid until the next call. */
const char *schema_refusal(const struct fw_table *table, const struct fw_schema_options *options,
                           enum fw_status status);

/* Fails unless `text` holds `part`. */
void ck_holds(const char *text, const char *part);

#endif
