#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "support/test_main.h"

/* Allocations of cJSON: the one of this number is refused. */
static long asked, refused;

static void *refuse_one(size_t n)
{
    return ++asked == refused ? NULL : malloc(n);
}

static void hook_in(void)
{
    cJSON_Hooks hooks = {refuse_one, free};
    cJSON_InitHooks(&hooks);
    asked = 0;
    refused = 0;
}

static void hook_out(void)
{
    cJSON_InitHooks(NULL);
}

static enum fw_status build(char **out)
{
    cJSON *json = cJSON_CreateObject();
    fw_json_add_text(json, "text", "t");
    fw_json_add_text(json, "none", NULL);
    fw_json_add_number(json, "number", 0.1);
    fw_json_add_bool(json, "bool", true);
    fw_json_add_hex(json, "hex", 255);
    cJSON *list = fw_json_add_array(json, "list");
    fw_json_append(list, cJSON_CreateString("a"));
    cJSON *inner = cJSON_CreateObject();
    fw_json_add_number(inner, "n", 1);
    fw_json_append(list, inner);
    fw_json_add_number(fw_json_add_object(json, "object"), "m", 2);
    fw_json_add(json, "last", cJSON_CreateNull());
    enum fw_status status = fw_json_print(out, json, false, NULL, NULL);
    cJSON_Delete(json);
    return status;
}

static const char whole[] =
    "{\"text\":\"t\",\"number\":0.1,\"bool\":true,\"hex\":\"00000000000000ff\",\"list\":[\"a\",{\"n\":1}],"
    "\"object\":{\"m\":2},\"last\":null}";

START_TEST(test_json_builds_without_checks)
{
    char *text = NULL;
    ck_assert_int_eq(build(&text), FW_OK);
    ck_assert_str_eq(text, whole);
    fw_free(NULL, text);
}
END_TEST

START_TEST(test_json_lacking_any_part_is_not_printed)
{
    char *text = NULL;
    ck_assert_int_eq(build(&text), FW_OK);
    fw_free(NULL, text);
    long n = asked;
    ck_assert_int_gt(n, 20);
    for (long k = 1; k <= n; k++) {
        asked = 0;
        refused = k;
        ck_assert_msg(build(&text) == FW_E_NOMEM, "allocation %ld was refused and nobody saw it", k);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("json");
    TCase *cases = tcase_create("json");
    tcase_add_checked_fixture(cases, hook_in, hook_out);
    tcase_add_test(cases, test_json_builds_without_checks);
    tcase_add_test(cases, test_json_lacking_any_part_is_not_printed);
    suite_add_tcase(suite, cases);
    return suite;
}
