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

START_TEST(test_utf8_knows_what_must_not_be_shown)
{
    static const uint32_t unsafe[] = {0, '\n', 0x1b, 0x7f, 0x9b, 0x061c, 0x200f, 0x2028, 0x202e, 0x2069, 0xffff};
    static const uint32_t safe[] = {' ', '<', '~', 0xa0, 0xe9, 0x05d0, 0x200d, 0xfffd, 0x1f600};
    for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++)
        ck_assert_msg(fw_utf8_is_unsafe(unsafe[i]), "U+%04X", unsafe[i]);
    for (size_t i = 0; i < sizeof safe / sizeof safe[0]; i++)
        ck_assert_msg(!fw_utf8_is_unsafe(safe[i]), "U+%04X", safe[i]);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("utf8");
    TCase *cases = tcase_create("utf8");
    tcase_add_test(cases, test_utf8_knows_valid_characters);
    tcase_add_test(cases, test_utf8_knows_what_must_not_be_shown);
    suite_add_tcase(suite, cases);
    return suite;
}
