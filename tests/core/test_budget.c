#include "core/budget.h"
#include "core/clock.h"
#include "support/test_main.h"

START_TEST(test_budget_without_limits_never_ends)
{
    struct fw_budget budget = {.started = fw_clock_seconds()};
    ck_assert(!fw_budget_stopped(&budget));
    ck_assert(!fw_budget_out_of_time(&budget));
    ck_assert_double_gt(fw_budget_seconds_left(&budget), 1e12);
    ck_assert(!fw_budget_stopped(NULL));
    ck_assert(!fw_budget_out_of_time(NULL));
}
END_TEST

START_TEST(test_budget_time_ends)
{
    struct fw_budget budget = {.started = fw_clock_seconds() - 10, .seconds = 9};
    ck_assert(fw_budget_out_of_time(&budget));
    ck_assert_double_eq(fw_budget_seconds_left(&budget), 0);
    budget.seconds = 100;
    ck_assert(!fw_budget_out_of_time(&budget));
    ck_assert_double_le(fw_budget_seconds_left(&budget), 90);
    ck_assert_double_gt(fw_budget_seconds_left(&budget), 80);
}
END_TEST

START_TEST(test_budget_hears_the_stop_flag)
{
    atomic_int stop = 0;
    struct fw_budget budget = {.stop = &stop};
    ck_assert(!fw_budget_stopped(&budget));
    atomic_store(&stop, 1);
    ck_assert(fw_budget_stopped(&budget));
}
END_TEST

START_TEST(test_budget_clocks_go_forward)
{
    double before = fw_clock_seconds();
    int64_t utc = fw_clock_utc_us();
    while (fw_clock_seconds() <= before) {
    }
    ck_assert_double_gt(fw_clock_seconds(), before);
    ck_assert_int_gt(utc, INT64_C(1600000000000000)); /* microseconds: after 2020 */
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("budget");
    TCase *cases = tcase_create("budget");
    tcase_add_test(cases, test_budget_without_limits_never_ends);
    tcase_add_test(cases, test_budget_time_ends);
    tcase_add_test(cases, test_budget_hears_the_stop_flag);
    tcase_add_test(cases, test_budget_clocks_go_forward);
    suite_add_tcase(suite, cases);
    return suite;
}
