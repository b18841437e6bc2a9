#include "results/insight/flat_json.h"

#include <math.h>
#include <string.h>

#include "support/test_main.h"

static void check(const char *json, const char *name, const char *value)
{
    struct fw_flat flat;
    ck_ok(fw_flat_read(&flat, json, NULL, err));
    const struct fw_flat_member *member = fw_flat_find(&flat, name);
    ck_assert_msg(member != NULL, "no '%s' in %s", name, json);
    ck_assert_str_eq(member->value, value);
    fw_flat_clear(&flat);
}

START_TEST(test_flat_json_names_members_by_their_way)
{
    static const char json[] = "{\"b\":0.1,\"a\":{\"x\":true,\"y\":{\"z\":\"t\"}},\"l\":[1,2],\"models\":[{\"model\":"
                               "\"fm\",\"dim\":8},{\"dim\":"
                               "9}],\"e\":{},\"n\":null}";
    struct fw_flat flat;
    check(json, "a.x", "true");
    check(json, "a.y.z", "t");
    check(json, "b", "0.1");
    check(json, "l", "[1,2]");
    check(json, "models.fm.dim", "8");
    check(json, "models.2.dim", "9");
    check(json, "e", "{}");
    check(json, "n", "null");
    ck_ok(fw_flat_read(&flat, json, NULL, err));
    ck_assert_int_eq(flat.n, 8);
    ck_assert(fw_flat_find(&flat, "b")->number == 0.1 && isnan(fw_flat_find(&flat, "n")->number));
    ck_assert_ptr_null(fw_flat_find(&flat, "a"));
    for (int64_t i = 1; i < flat.n; i++)
        ck_assert(strcmp(flat.rows[i - 1].name, flat.rows[i].name) < 0);
    fw_flat_clear(&flat);
}
END_TEST

START_TEST(test_flat_json_of_sizes_is_a_value_an_input)
{
    static const char json[] = "{\"inputs\":[{\"input\":\"user\",\"strips\":[{\"ids\":662,\"width\":12},{\"ids\":1543,"
                               "\"width\":8}]},{\"input\":\"age\",\"strips\":[]}]}";
    check(json, "inputs.user", "662x12+1543x8");
    check(json, "inputs.age", "none");
}
END_TEST

START_TEST(test_flat_json_of_anything_else)
{
    struct fw_flat flat;
    check("not \"JSON", "", "not \"JSON");
    check("[1]", "", "[1]");
    ck_ok(fw_flat_read(&flat, NULL, NULL, err));
    ck_assert_int_eq(flat.n, 0);
    fw_flat_clear(&flat);
    ck_ok(fw_flat_read(&flat, "{}", NULL, err));
    ck_assert_int_eq(flat.n, 0);
    fw_flat_clear(&flat);
}
END_TEST

START_TEST(test_flat_json_gives_refused_memory_back)
{
    struct fw_allocator mem;
    struct fw_flat flat;
    enum fw_status status = FW_E_NOMEM;
    for (int64_t fail = 1; status != FW_OK && fail < 50; fail++) {
        fw_allocator_init(&mem, 0);
        mem.fail_at = fail;
        status = fw_flat_read(&flat, "{\"a\":{\"b\":1},\"strips\":[]}", &mem, NULL);
        if (status == FW_OK)
            fw_flat_clear(&flat);
        ck_assert_uint_eq(mem.used, 0);
    }
    ck_assert_int_eq(status, FW_OK);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("flat_json");
    TCase *cases = tcase_create("flat_json");
    tcase_add_test(cases, test_flat_json_names_members_by_their_way);
    tcase_add_test(cases, test_flat_json_of_sizes_is_a_value_an_input);
    tcase_add_test(cases, test_flat_json_of_anything_else);
    tcase_add_test(cases, test_flat_json_gives_refused_memory_back);
    suite_add_tcase(suite, cases);
    return suite;
}
