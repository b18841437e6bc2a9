#include "support/tables.h"

#include <string.h>

#include "support/test_main.h"

struct fw_table *table_with(const char *text, const struct fw_table_options *options)
{
    struct fw_table *table = NULL;
    ck_ok(fw_table_parse(&table, "data.csv", text, strlen(text), options, NULL, err));
    return table;
}

struct fw_table *table_of(const char *text)
{
    struct fw_table_options options;
    fw_table_options_init(&options);
    return table_with(text, &options);
}

struct fw_schema *schema_of(const struct fw_table *table, const struct fw_schema_options *options)
{
    struct fw_schema *schema = NULL;
    ck_ok(fw_schema_infer(&schema, table, options, NULL, err));
    return schema;
}

const char *schema_refusal(const struct fw_table *table, const struct fw_schema_options *options, enum fw_status status)
{
    static struct fw_error error;
    struct fw_schema *schema = NULL;
    ck_assert_int_eq(fw_schema_infer(&schema, table, options, NULL, &error), status);
    ck_assert_ptr_null(schema);
    return error.message;
}

void ck_holds(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "'%s' does not hold '%s'", text, part);
}
