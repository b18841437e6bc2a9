#include "core/utf8.h"

#include "support/test_main.h"

START_TEST(test_utf8_knows_valid_characters)
{
    uint32_t code = 0;
    ck_assert_int_eq(fw_utf8_next(&code, "a", 1), 1);
    ck_assert_uint_eq(code, 'a');
    ck_assert_int_eq(fw_utf8_next(&code, "\0", 1), 1);
    ck_assert_int_eq(fw_utf8_next(&code, "é", 2), 2);
    ck_assert_uint_eq(code, 0xe9);
    ck_assert_int_eq(fw_utf8_next(&code, "😀", 4), 4);
    ck_assert_uint_eq(code, 0x1f600);
    ck_assert_int_eq(fw_utf8_next(&code, "😀", 3), 0);                /* cut */
    ck_assert_int_eq(fw_utf8_next(&code, "\xc0\x80", 2), 0);         /* overlong */
    ck_assert_int_eq(fw_utf8_next(&code, "\xed\xa0\x80", 3), 0);     /* a surrogate */
    ck_assert_int_eq(fw_utf8_next(&code, "\xf4\x90\x80\x80", 4), 0); /* beyond the last */
    ck_assert_int_eq(fw_utf8_next(&code, "\x80", 1), 0);
    ck_assert_int_eq(fw_utf8_next(&code, "", 0), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("utf8");
    TCase *cases = tcase_create("utf8");
    tcase_add_test(cases, test_utf8_knows_valid_characters);
    suite_add_tcase(suite, cases);
    return suite;
}
