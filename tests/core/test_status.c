#include <string.h>

#include "support/test_main.h"

START_TEST(test_status_escapes_control_characters)
{
    struct fw_error err;
    ck_assert_int_eq(fw_error_set(&err, FW_E_INPUT, "column '%s'", "a\033[2Jb\n"), FW_E_INPUT);
    ck_assert_str_eq(err.message, "column 'a\\x1b[2Jb\\x0a'");
}
END_TEST

START_TEST(test_status_cuts_long_text_at_a_character)
{
    struct fw_error err;
    char text[3000];
    for (int i = 0; i + 2 < 2999; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    text[2997] = '\0';
    fw_error_set(&err, FW_E_INPUT, "%s", text);
    ck_assert_uint_eq(strlen(err.message) % 3, 0);
    ck_assert_uint_gt(strlen(err.message), 1000);
}
END_TEST

START_TEST(test_status_each_has_text_and_exit_code)
{
#define CHECK_ROW(name, value, exit_code, text)                                                                        \
    ck_assert_str_eq(fw_status_text(name), text);                                                                      \
    ck_assert_int_eq(fw_status_exit_code(name), exit_code);
    FW_STATUS_LIST(CHECK_ROW)
#undef CHECK_ROW
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("status");
    TCase *cases = tcase_create("status");
    tcase_add_test(cases, test_status_escapes_control_characters);
    tcase_add_test(cases, test_status_cuts_long_text_at_a_character);
    tcase_add_test(cases, test_status_each_has_text_and_exit_code);
    suite_add_tcase(suite, cases);
    return suite;
}
