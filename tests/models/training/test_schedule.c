#include "models/training/schedule.h"

#include <math.h>

#include "support/test_main.h"

START_TEST(test_schedule_rises_over_the_warm_up_and_then_falls_to_nothing)
{
    struct fw_schedule s = {.kind = (enum fw_schedule_kind)_i, .warmup = 10, .total = 110};
    ck_assert(fw_schedule_varies(&s));
    for (int64_t step = 0; step < 10; step++)
        ck_assert_double_eq_tol(fw_schedule_factor(&s, step), (double)(step + 1) / 10, 1e-15);
    double before = 1;
    for (int64_t step = 10; step < 200; step++) {
        double factor = fw_schedule_factor(&s, step);
        ck_assert(factor > 0 && factor <= before);
        before = factor;
    }
    ck_assert_double_eq(fw_schedule_factor(&s, 10), 1);
    double half = fw_schedule_factor(&s, 60);
    ck_assert_double_eq_tol(half, s.kind == FW_SCHEDULE_CONSTANT ? 1 : 0.5, 1e-12);
    double cosine = 0.5 * (1 + cos(acos(-1.0) * 0.3));
    double at_30 = fw_schedule_factor(&s, 40);
    static const double linear[] = {1, 0.7};
    ck_assert_double_eq_tol(at_30, s.kind == FW_SCHEDULE_COSINE ? cosine : linear[_i], 1e-12);
}
END_TEST

START_TEST(test_schedule_without_anything_to_do_is_1)
{
    struct fw_schedule s = {.kind = FW_SCHEDULE_CONSTANT, .total = 5};
    ck_assert(!fw_schedule_varies(&s));
    for (int64_t step = 0; step < 9; step++)
        ck_assert_double_eq(fw_schedule_factor(&s, step), 1);
    /* a warm-up that is longer than the training */
    s = (struct fw_schedule){.kind = FW_SCHEDULE_LINEAR, .warmup = 8, .total = 5};
    ck_assert_double_eq(fw_schedule_factor(&s, 3), 0.5);
    ck_assert_double_eq(fw_schedule_factor(&s, 8), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("schedule");
    TCase *cases = tcase_create("schedule");
    tcase_add_loop_test(cases, test_schedule_rises_over_the_warm_up_and_then_falls_to_nothing, 0, 3);
    tcase_add_test(cases, test_schedule_without_anything_to_do_is_1);
    suite_add_tcase(suite, cases);
    return suite;
}
