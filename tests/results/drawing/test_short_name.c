#include "results/drawing/short_name.h"

#include <string.h>

#include "support/test_main.h"

static void expect(const char *name, int most, const char *short_one, int columns)
{
    char out[FW_SHORT_NAME_SIZE];
    ck_assert_int_eq(fw_short_name(out, name, most), columns);
    ck_assert_str_eq(out, short_one);
}

START_TEST(test_short_name_is_cut_only_where_it_must_be)
{
    expect("", 4, "", 0);
    expect("eight888", 8, "eight888", 8);
    expect("nine99999", 8, "nine9...", 8);
    expect("größe in cm", 8, "größe...", 8);
}
END_TEST

START_TEST(test_short_name_leaves_characters_whole)
{
    expect("年齢年齢", 8, "年齢年齢", 8);
    expect("年齢年齢x", 8, "年齢...", 7); /* a third would take column 6 of 5 */
    expect("a\x1b[31m", 6, "a...", 4);    /* an escape is one character */
    expect("\xff\xe2\x80\xae", 20, "\\xff\\u{202e}", 12);
}
END_TEST

START_TEST(test_short_name_of_endless_marks_fits_its_bytes)
{
    char name[2001];
    char out[FW_SHORT_NAME_SIZE];
    for (int i = 0; i < 1000; i++)
        memcpy(name + (ptrdiff_t)2 * i, "\xcc\x81", 2); /* a combining accent */
    name[2000] = '\0';
    ck_assert_int_eq(fw_short_name(out, name, 10), 3);
    ck_assert_uint_lt(strlen(out), FW_SHORT_NAME_SIZE);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("short_name");
    TCase *cases = tcase_create("short_name");
    tcase_add_test(cases, test_short_name_is_cut_only_where_it_must_be);
    tcase_add_test(cases, test_short_name_leaves_characters_whole);
    tcase_add_test(cases, test_short_name_of_endless_marks_fits_its_bytes);
    suite_add_tcase(suite, cases);
    return suite;
}
