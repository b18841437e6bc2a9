#include "support/schemas.h"

#include <string.h>

#include "support/test_main.h"

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
