#include <math.h>

#include "core/rng.h"
#include "results/report/plot_fit.h"
#include "results/report/thinning.h"
#include "support/test_main.h"

enum { many = 5000 };

static double x[many], y[many];
static int64_t kept[many];

static void fill(void)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 3, 1);
    for (int i = 0; i < many; i++) {
        x[i] = i;
        y[i] = fw_rng_uniform(&rng);
    }
}

START_TEST(test_thinning_keeps_extremes_in_rising_order)
{
    enum { columns = 50 };
    int64_t lowest = 0;
    int64_t highest = 0;
    bool low = false;
    bool high = false;
    fill();
    int64_t n = fw_thin_columns(kept, x, y, many, 0, many - 1, columns);
    ck_assert_int_le(n, 4 * columns);
    for (int64_t i = 1; i < many; i++) {
        lowest = y[i] < y[lowest] ? i : lowest;
        highest = y[i] > y[highest] ? i : highest;
    }
    for (int64_t i = 0; i < n; i++) {
        ck_assert(i == 0 || kept[i] > kept[i - 1]);
        low = low || kept[i] == lowest;
        high = high || kept[i] == highest;
    }
    ck_assert(low && high);
    ck_assert_int_eq(kept[0], 0);
    ck_assert_int_eq(kept[n - 1], many - 1);
}
END_TEST

START_TEST(test_thinning_few_points_are_all_kept)
{
    const double at[] = {1, 2, 3, 4};
    const double level[] = {5, (double)NAN, (double)INFINITY, 6};
    ck_assert_int_eq(fw_thin_columns(kept, at, level, 4, 1, 4, 100), 2);
    ck_assert_int_eq(kept[0], 0);
    ck_assert_int_eq(kept[1], 3);
    ck_assert_int_eq(fw_thin_columns(kept, at, level, 1, 1, 1, 100), 1); /* an axis of no length */
    ck_assert_int_eq(fw_thin_columns(kept, at, level, 0, 1, 4, 100), 0);
}
END_TEST

START_TEST(test_thinning_best_so_far_is_exact)
{
    const double level[] = {(double)NAN, 3, 2, 3, 4, 4, 9, 1};
    const double at[] = {0, 1, 2, 3, 4, 5, 6, 7};
    ck_assert_int_eq(fw_thin_best(kept, level, 8, true), 3);
    ck_assert_int_eq(kept[0], 1);
    ck_assert_int_eq(kept[1], 4);
    ck_assert_int_eq(kept[2], 6);
    ck_assert_int_eq(fw_thin_steps(kept, 3, at, 0, 7, 2), 2); /* 4 and 6 share the second of two columns */
    ck_assert_int_eq(kept[0], 1);
    ck_assert_int_eq(kept[1], 6);
    ck_assert_int_eq(fw_thin_best(kept, level, 8, false), 3);
    ck_assert_int_eq(kept[2], 7);
}
END_TEST

START_TEST(test_thinning_chooses_evenly_and_so_many)
{
    for (int64_t n = 1; n < 300; n += 7) {
        for (int64_t most = 1; most < 40; most++) {
            int64_t chosen = 0;
            for (int64_t i = 0; i < n; i++)
                chosen += fw_thin_chosen(i, n, most);
            ck_assert_int_eq(chosen, n < most ? n : most);
            ck_assert(fw_thin_chosen(0, n, most));
        }
    }
}
END_TEST

START_TEST(test_thinning_axis_leaves_the_far_worst_outside_and_never_the_best)
{
    struct fw_svg_axis axis = {.label = "auc"};
    double values[20];
    double scratch[20];
    for (int i = 0; i < 20; i++)
        values[i] = 0.9 + 0.001 * i;
    ck_assert_int_eq(fw_plot_fit(&axis, values, 20, true, scratch), 0);
    values[0] = -50;
    ck_assert_int_eq(fw_plot_fit(&axis, values, 20, true, scratch), 1);
    ck_assert_double_gt(axis.low, 0.8);
    values[0] = 50; /* the best by far */
    ck_assert_int_eq(fw_plot_fit(&axis, values, 20, true, scratch), 0);
    ck_assert_double_ge(axis.high, 50);
    ck_assert_int_eq(fw_plot_fit(&axis, values, 20, false, scratch), 1); /* the worst by far */
    ck_assert_double_lt(axis.high, 1);
    ck_assert_int_eq(fw_plot_fit(&axis, values, 0, false, scratch), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("thinning");
    TCase *tcase = tcase_create("thinning");
    tcase_add_test(tcase, test_thinning_keeps_extremes_in_rising_order);
    tcase_add_test(tcase, test_thinning_few_points_are_all_kept);
    tcase_add_test(tcase, test_thinning_best_so_far_is_exact);
    tcase_add_test(tcase, test_thinning_chooses_evenly_and_so_many);
    tcase_add_test(tcase, test_thinning_axis_leaves_the_far_worst_outside_and_never_the_best);
    suite_add_tcase(suite, tcase);
    return suite;
}
