#include "models/params.h"

#include <string.h>

#include "support/test_main.h"

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct fw_param_spec table[] = {
    {.name = "rate", .min = 1e-6, .max = 10, .fallback = 0.1, .log_scale = true, .doc = "step"},
    {.name = "epochs", .min = 1, .max = 1000, .fallback = 20, .integer = true, .doc = "passes"},
    {.name = "colour", .choices = colours, .fallback = 1, .doc = "hue"},
    {.name = NULL},
};

/* The same rows in another order. */
static const struct fw_param_spec turned[] = {
    {.name = "colour", .choices = colours, .fallback = 1, .doc = "hue"},
    {.name = "epochs", .min = 1, .max = 1000, .fallback = 20, .integer = true, .doc = "passes"},
    {.name = "rate", .min = 1e-6, .max = 10, .fallback = 0.1, .log_scale = true, .doc = "step"},
    {.name = NULL},
};

START_TEST(test_params_defaults_overwrite_whatever_was_there)
{
    struct fw_params params;
    memset(&params, 0xA5, sizeof params);
    fw_params_init(&params, table);
    ck_assert_double_eq(fw_params_get(&params, "rate"), 0.1);
    ck_assert_double_eq(fw_params_get(&params, "epochs"), 20);
    ck_assert_str_eq(fw_params_choice(&params, "colour"), "green");
    for (int i = 3; i < FW_PARAMS_MAX; i++)
        ck_assert_double_eq(params.value[i], 0);
}
END_TEST

START_TEST(test_params_lists_of_settings_are_read)
{
    struct fw_params params;
    fw_params_init(&params, table);
    ck_ok(fw_params_parse(&params, "rate=2.5e-3, epochs = 7,colour=blue", err));
    ck_assert_double_eq(fw_params_get(&params, "rate"), 2.5e-3);
    ck_assert_double_eq(fw_params_get(&params, "epochs"), 7);
    ck_assert_str_eq(fw_params_choice(&params, "colour"), "blue");
    ck_assert(fw_params_has(&params, "rate"));
    ck_assert(!fw_params_has(&params, "rat"));
}
END_TEST

static const struct {
    const char *text;
    const char *says[3]; /* what the message must hold */
} refused[] = {
    {"epoch=3", {"did you mean 'epochs'", "rate, epochs, colour"}},
    {"ephocs=3", {"did you mean 'epochs'"}},
    {"velocity=3", {"no setting 'velocity'", "known: rate, epochs, colour"}},
    {"rate=0", {"rate=0", "1e-06 to 10"}},
    {"rate=11", {"out of range"}},
    {"rate=nan", {"not a number", "nan"}},
    {"rate=inf", {"not a number"}},
    {"rate=", {"not a number"}},
    {"rate=1x", {"not a number", "1x"}},
    {"rate=1e999", {"not a number"}},
    {"epochs=2.5", {"not a whole number", "2.5"}},
    {"colour=pink", {"colour=pink", "red, green, blue"}},
    {"colour=1", {"unknown"}},
    {"rate", {"key=value"}},
    {"", {"key=value"}},
    {"rate=1,", {"key=value"}},
};

START_TEST(test_params_bad_settings_are_refused_with_the_remedy)
{
    struct fw_params params;
    struct fw_error err = {0};
    fw_params_init(&params, table);
    ck_assert_int_eq(fw_params_parse(&params, refused[_i].text, &err), FW_E_ARG);
    for (int s = 0; s < 3 && refused[_i].says[s] != NULL; s++)
        ck_assert_msg(strstr(err.message, refused[_i].says[s]) != NULL, "'%s' lacks '%s'", err.message,
                      refused[_i].says[s]);
    ck_assert_ptr_null(strchr(err.message, '\n'));
}
END_TEST

START_TEST(test_params_a_distant_name_is_not_suggested)
{
    struct fw_params params;
    struct fw_error err = {0};
    fw_params_init(&params, table);
    ck_assert_int_eq(fw_params_parse(&params, "velocity=1", &err), FW_E_ARG);
    ck_assert_ptr_null(strstr(err.message, "did you mean"));
}
END_TEST

static const struct fw_param_spec conditional[] = {
    {.name = "colour", .choices = colours, .fallback = 1}, {.name = "glow", .max = 1, .when = "colour=red|blue"},
    {.name = "depth", .max = 1, .when = "colour!=red"},    {.name = "size", .max = 1},
    {.name = "far", .max = 1, .when = "shade=dark"},       {.name = NULL},
};

START_TEST(test_params_conditions_are_followed)
{
    static const bool active[3][5] = {{true, true, false, true, true},
                                      {true, false, true, true, true},
                                      {true, true, true, true, true}};
    struct fw_params params;
    fw_params_init(&params, conditional);
    for (int colour = 0; colour < 3; colour++) {
        params.value[0] = colour;
        for (int row = 0; row < 5; row++)
            ck_assert_msg(fw_params_active(&params, &conditional[row]) == active[colour][row], "%s, %s",
                          colours[colour], conditional[row].name);
    }
    ck_assert_ptr_eq(fw_params_find(&params, fw_text_of("size")), &conditional[3]);
    ck_assert_ptr_null(fw_params_find(&params, fw_text_of("siz")));
}
END_TEST

static char *json_of(const struct fw_params *params)
{
    struct fw_buffer buffer;
    fw_buffer_init(&buffer, NULL);
    fw_params_json(&buffer, params);
    ck_ok(fw_buffer_check(&buffer, err));
    return buffer.data;
}

START_TEST(test_params_json_does_not_depend_on_the_order_of_the_table)
{
    struct fw_params a;
    struct fw_params b;
    fw_params_init(&a, table);
    fw_params_init(&b, turned);
    ck_ok(fw_params_parse(&a, "rate=0.25,colour=red", err));
    ck_ok(fw_params_parse(&b, "rate=2.5e-1,colour=red", err));
    char *of_a = json_of(&a);
    char *of_b = json_of(&b);
    ck_assert_str_eq(of_a, "{\"colour\":\"red\",\"epochs\":20,\"rate\":0.25}");
    ck_assert_str_eq(of_a, of_b);
    fw_free(NULL, of_a);
    fw_free(NULL, of_b);
}
END_TEST

START_TEST(test_params_json_reads_back_to_the_same_bits)
{
    struct fw_params a;
    struct fw_params b;
    fw_params_init(&a, table);
    fw_params_init(&b, table);
    a.value[0] = 1.0 / 3.0;
    a.value[1] = 999;
    a.value[2] = 2;
    char *json = json_of(&a);
    ck_ok(fw_params_from_json(&b, json, err));
    ck_assert_int_eq(memcmp(a.value, b.value, sizeof a.value), 0);
    fw_free(NULL, json);
}
END_TEST

START_TEST(test_params_bad_json_is_refused)
{
    static const struct {
        const char *text;
        enum fw_status status;
    } cases[] = {
        {"", FW_E_CORRUPT},
        {"[1]", FW_E_CORRUPT},
        {"{\"rate\":", FW_E_CORRUPT},
        {"{\"rate\":null}", FW_E_CORRUPT},
        {"{\"rate\":{}}", FW_E_CORRUPT},
        {"{\"rate\":100}", FW_E_ARG},
        {"{\"ratte\":1}", FW_E_ARG},
        {"{\"colour\":1}", FW_E_ARG},
        {"{\"colour\":\"pink\"}", FW_E_ARG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fw_params params;
        struct fw_error err = {0};
        fw_params_init(&params, table);
        ck_assert_msg(fw_params_from_json(&params, cases[i].text, &err) == cases[i].status, "%s", cases[i].text);
        ck_assert_str_ne(err.message, "");
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("params");
    TCase *cases = tcase_create("params");
    tcase_add_test(cases, test_params_conditions_are_followed);
    tcase_add_test(cases, test_params_defaults_overwrite_whatever_was_there);
    tcase_add_test(cases, test_params_lists_of_settings_are_read);
    tcase_add_loop_test(cases, test_params_bad_settings_are_refused_with_the_remedy, 0,
                        (int)(sizeof refused / sizeof refused[0]));
    tcase_add_test(cases, test_params_a_distant_name_is_not_suggested);
    tcase_add_test(cases, test_params_json_does_not_depend_on_the_order_of_the_table);
    tcase_add_test(cases, test_params_json_reads_back_to_the_same_bits);
    tcase_add_test(cases, test_params_bad_json_is_refused);
    suite_add_tcase(suite, cases);
    return suite;
}
