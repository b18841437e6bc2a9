#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "space/schema_json.h"
#include "support/schemas.h"
#include "support/test_main.h"

static const char text[] = "y,w,g,t,n,c,s,z\n"
                           "1,1,a,1,0.1,u,p|q,5\n"
                           "0,2,b,2,1e-300,v,p,5\n"
                           "0,0,a,3,123456789.25,u,q|r,5\n";

static struct fw_schema *sample_schema(struct fw_table **table)
{
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.labels = NAMES("y");
    options.weight = "w";
    options.group = "g";
    options.time = "t";
    *table = table_of(text, NULL);
    return schema_of(*table, &options);
}

static void check_equal_number(double a, double b)
{
    ck_assert(a == b || (isnan(a) && isnan(b)));
}

START_TEST(test_schema_json_reads_back_what_was_written)
{
    struct fw_table *table;
    struct fw_schema *schema = sample_schema(&table);
    cJSON *json = NULL;
    ck_ok(fw_schema_to_json(&json, schema, err));
    char *printed = cJSON_Print(json); /* through text, as in a plan */
    cJSON *parsed = cJSON_Parse(printed);
    struct fw_schema *back = NULL;
    ck_ok(fw_schema_from_json(&back, parsed, "the plan", NULL, err));
    ck_assert_int_eq(back->n_columns, schema->n_columns);
    ck_assert_int_eq(back->tasks[0].column, 0);
    ck_assert_int_eq(back->weight, 1);
    ck_assert_int_eq(back->group, 2);
    ck_assert_int_eq(back->time, 3);
    ck_assert_str_eq(back->tasks[0].positive, "1");
    ck_assert_str_eq(back->tasks[0].negative, "0");
    ck_assert_int_eq(back->separator, '|');
    for (int64_t c = 0; c < schema->n_columns; c++) {
        const struct fw_schema_column *a = &schema->columns[c], *b = &back->columns[c];
        ck_assert_str_eq(a->name, b->name);
        ck_assert_int_eq(a->type, b->type);
        ck_assert_int_eq(a->role, b->role);
        ck_assert_str_eq(a->why, b->why);
        ck_assert_int_eq(a->n_distinct, b->n_distinct);
        ck_assert_int_eq(a->n_missing, b->n_missing);
        ck_assert_int_eq(a->n_bad, b->n_bad);
        ck_assert(a->distinct_exact == b->distinct_exact);
        ck_assert(a->integral == b->integral);
        check_equal_number(a->min, b->min);
        check_equal_number(a->max, b->max);
    }
    ck_assert_int_eq(back->columns[6].type, FW_TYPE_SEQUENCE);
    ck_assert_int_eq(back->columns[7].role, FW_ROLE_IGNORED);
    fw_schema_destroy(back);
    cJSON_Delete(parsed);
    cJSON_free(printed);
    cJSON_Delete(json);
    fw_schema_destroy(schema);
    fw_table_destroy(table);
}
END_TEST

/* Fails unless the JSON is refused as corrupt, with this part in the message. */
static void check_corrupt(const char *json_text, const char *part)
{
    cJSON *json = cJSON_Parse(json_text);
    ck_assert_ptr_nonnull(json);
    struct fw_schema *schema = NULL;
    struct fw_error error = {0};
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    ck_assert_int_eq(fw_schema_from_json(&schema, json, "the plan", &mem, &error), FW_E_CORRUPT);
    ck_assert_ptr_null(schema);
    ck_assert_uint_eq(mem.used, 0);
    ck_holds(error.message, "the plan");
    ck_holds(error.message, part);
    cJSON_Delete(json);
}

#define COLUMN(name, type, role, rest)                                                                                 \
    "{\"name\":\"" name "\",\"type\":\"" type "\",\"role\":\"" role "\",\"why\":\"\",\"distinct\":2,"                  \
    "\"distinct_exact\":true,\"missing\":0,\"bad\":0,\"integral\":false" rest "}"

START_TEST(test_schema_json_refuses_damage)
{
    check_corrupt("{}", "separator");
    check_corrupt("{\"separator\":\"|\"}", "columns");
    check_corrupt("{\"separator\":\"||\",\"columns\":[]}", "not one character");
    check_corrupt("{\"separator\":\"|\",\"columns\":[]}", "no columns");
    check_corrupt("{\"separator\":\"|\",\"columns\":[1]}", "no object");
    check_corrupt("{\"separator\":\"|\",\"colour\":1,\"columns\":[]}", "unknown member 'colour'");
    check_corrupt("{\"separator\":\"|\",\"columns\":[{\"name\":\"a\"}]}", "'type'");
    check_corrupt("{\"separator\":\"|\",\"columns\":[" COLUMN("a", "huge", "feature", "") "]}",
                  "no column type 'huge'");
    check_corrupt("{\"separator\":\"|\",\"columns\":[" COLUMN("a", "numeric", "boss", "") "]}",
                  "no column role 'boss'");
    check_corrupt("{\"separator\":\"|\",\"columns\":[" COLUMN("a", "numeric", "feature", ",\"min\":1") "]}", "'max'");
    check_corrupt("{\"separator\":\"|\",\"columns\":[" COLUMN("a", "numeric", "feature", ",\"min\":2,\"max\":1") "]}",
                  "from 2 down to 1");
    check_corrupt("{\"separator\":\"|\",\"columns\":[" COLUMN("a", "numeric", "feature", ",\"name\":\"b\"") "]}",
                  "'name' twice");
    check_corrupt("{\"separator\":\"|\",\"columns\":[" COLUMN("a", "numeric", "feature",
                                                              "") "," COLUMN("a", "numeric", "feature", "") "]}",
                  "two columns 'a'");
    check_corrupt("{\"separator\":\"|\",\"columns\":[" COLUMN("a", "numeric", "weight",
                                                              "") "," COLUMN("b", "numeric", "weight", "") "]}",
                  "both 'a' and 'b' have the role weight");
    check_corrupt("{\"separator\":\"|\",\"columns\":[" COLUMN("a", "numeric", "label", "") "]}", "positive");
    check_corrupt("{\"separator\":\"|\",\"positive\":\"1\",\"negative\":\"1\",\"columns\":[" COLUMN("a", "numeric",
                                                                                                    "label", "") "]}",
                  "cannot be told apart");
    check_corrupt("{\"separator\":\"|\",\"positive\":\"1\",\"negative\":\"0\",\"columns\":[" COLUMN("a", "numeric",
                                                                                                    "feature", "") "]}",
                  "no label");
    check_corrupt("{\"separator\":\"|\",\"columns\":[" COLUMN("a", "numeric", "feature", ",\"missing\":-1") "]}",
                  "'missing' twice");
}
END_TEST

/* Members one by one of a wrong type, or gone, in a document that is whole otherwise. */
START_TEST(test_schema_json_checks_every_member)
{
    struct fw_table *table;
    struct fw_schema *schema = sample_schema(&table);
    static const char *const members[] = {"name",    "type", "role",     "why", "distinct", "distinct_exact",
                                          "missing", "bad",  "integral", "min", "max"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        for (int gone = 0; gone < 2; gone++) {
            cJSON *json = NULL;
            ck_ok(fw_schema_to_json(&json, schema, err));
            cJSON *column = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "columns"), 4);
            if (gone)
                cJSON_DeleteItemFromObject(column, members[i]);
            else
                cJSON_ReplaceItemInObject(column, members[i], cJSON_CreateNull());
            char *printed = cJSON_PrintUnformatted(json);
            check_corrupt(printed, members[i]);
            cJSON_free(printed);
            cJSON_Delete(json);
        }
    }
    fw_schema_destroy(schema);
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_schema_json_survives_refused_memory)
{
    struct fw_table *table;
    struct fw_schema *schema = sample_schema(&table);
    cJSON *json = NULL;
    ck_ok(fw_schema_to_json(&json, schema, err));
    for (int64_t n = 1;; n++) {
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        mem.fail_at = n;
        struct fw_schema *back = NULL;
        enum fw_status status = fw_schema_from_json(&back, json, "the plan", &mem, NULL);
        fw_schema_destroy(back);
        ck_assert_uint_eq(mem.used, 0);
        if (status == FW_OK)
            break;
        ck_assert_int_eq(status, FW_E_NOMEM);
    }
    cJSON_Delete(json);
    fw_schema_destroy(schema);
    fw_table_destroy(table);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("schema_json");
    TCase *cases = tcase_create("schema_json");
    tcase_add_test(cases, test_schema_json_reads_back_what_was_written);
    tcase_add_test(cases, test_schema_json_refuses_damage);
    tcase_add_test(cases, test_schema_json_checks_every_member);
    tcase_add_test(cases, test_schema_json_survives_refused_memory);
    suite_add_tcase(suite, cases);
    return suite;
}
