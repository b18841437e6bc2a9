#include <string.h>

#include "core/nearest.h"
#include "support/test_main.h"

START_TEST(test_nearest_distance_counts_edits)
{
    ck_assert_int_eq(fw_edit_distance("", ""), 0);
    ck_assert_int_eq(fw_edit_distance("label", "label"), 0);
    ck_assert_int_eq(fw_edit_distance("Label", "lABEL"), 0);
    ck_assert_int_eq(fw_edit_distance("", "abc"), 3);
    ck_assert_int_eq(fw_edit_distance("kitten", "sitting"), 3);
    ck_assert_int_eq(fw_edit_distance("sitting", "kitten"), 3);
    char endless[200];
    memset(endless, 'a', sizeof endless - 1);
    endless[199] = '\0';
    ck_assert_int_eq(fw_edit_distance(endless, endless), 64);
}
END_TEST

START_TEST(test_nearest_finds_likely_slips_only)
{
    static const char *const known[] = {"age", "occupation", "ocupations", "income"};
    ck_assert_int_eq(fw_nearest_name("occupaton", known, 4), 1);
    ck_assert_int_eq(fw_nearest_name("AGE", known, 4), 0);
    ck_assert_int_eq(fw_nearest_name("aeg", known, 4), -1);
    ck_assert_int_eq(fw_nearest_name("agee", known, 4), 0);
    ck_assert_int_eq(fw_nearest_name("zebra", known, 4), -1);
    ck_assert_int_eq(fw_nearest_name("age", known, 0), -1);
}
END_TEST

START_TEST(test_nearest_first_of_equals_wins)
{
    static const char *const known[] = {"c1", "c2", "c3"};
    ck_assert_int_eq(fw_nearest_name("c9", known, 3), 0);
    ck_assert_int_eq(fw_nearest_name("c2", known, 3), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("nearest");
    TCase *cases = tcase_create("nearest");
    tcase_add_test(cases, test_nearest_distance_counts_edits);
    tcase_add_test(cases, test_nearest_finds_likely_slips_only);
    tcase_add_test(cases, test_nearest_first_of_equals_wins);
    suite_add_tcase(suite, cases);
    return suite;
}
