#include "results/drawing/svg_axis.h"

#include <math.h>
#include <string.h>

#include "support/test_main.h"

static void check_ticks(const struct fw_svg_axis *axis, const char *const *texts, const double *at, int n)
{
    struct fw_svg_ticks ticks;
    fw_svg_axis_ticks(&ticks, axis, 8);
    ck_assert_int_eq(ticks.n, n);
    for (int i = 0; i < n; i++) {
        ck_assert_str_eq(ticks.text[i], texts[i]);
        ck_assert_double_eq_tol(ticks.at[i], at[i], 1e-9 * fabs(at[i]) + 1e-12);
    }
}

START_TEST(test_svg_axis_bytes_from_one_to_a_terabyte)
{
    struct fw_svg_axis axis = {.low = 1, .high = exp2(40), .log = true, .unit = FW_SVG_BYTES};
    check_ticks(&axis, (const char *const[]){"1 B", "1 KiB", "1 MiB", "1 GiB", "1 TiB"},
                (const double[]){1, exp2(10), exp2(20), exp2(30), exp2(40)}, 5);
}
END_TEST

START_TEST(test_svg_axis_ticks_of_narrow_axes)
{
    struct fw_svg_axis bytes = {.low = 3000, .high = 9000, .log = true, .unit = FW_SVG_BYTES};
    check_ticks(&bytes, (const char *const[]){"3 KiB", "4 KiB", "6 KiB", "8 KiB"},
                (const double[]){3072, 4096, 6144, 8192}, 4);
    struct fw_svg_axis share = {.low = 4, .high = 130, .log = true, .unit = FW_SVG_PERCENT};
    check_ticks(&share, (const char *const[]){"5 %", "10 %", "20 %", "50 %", "100 %"},
                (const double[]){5, 10, 20, 50, 100}, 5);
    struct fw_svg_axis quality = {.low = 0.6683, .high = 0.6719};
    check_ticks(&quality, (const char *const[]){"0.6685", "0.6690", "0.6695", "0.6700", "0.6705", "0.6710", "0.6715"},
                (const double[]){0.6685, 0.6690, 0.6695, 0.6700, 0.6705, 0.6710, 0.6715}, 7);
    struct fw_svg_axis around = {.low = -1, .high = 1};
    check_ticks(&around, (const char *const[]){"-1.0", "-0.5", "0.0", "0.5", "1.0"},
                (const double[]){-1, -0.5, 0, 0.5, 1}, 5);
    struct fw_svg_axis rounds = {.low = 0.8, .high = 4.2, .unit = FW_SVG_COUNT};
    check_ticks(&rounds, (const char *const[]){"1", "2", "3", "4"}, (const double[]){1, 2, 3, 4}, 4);
    struct fw_svg_axis few = {.low = 0, .high = 3, .log = false, .unit = FW_SVG_BYTES};
    check_ticks(&few, (const char *const[]){"0 B", "1 B", "2 B", "3 B"}, (const double[]){0, 1, 2, 3}, 4);
}
END_TEST

/* Whatever the range: within it, rising, not too many, and some. */
START_TEST(test_svg_axis_ticks_keep_to_the_axis)
{
    for (int kind = 0; kind < 8; kind++) {
        for (double low = 1; low < exp2(40); low *= 3.7) {
            for (double factor = 8; low * factor <= exp2(41); factor *= 2.3) {
                for (int wanted = 4; wanted <= FW_SVG_TICKS_MOST; wanted += 4) {
                    struct fw_svg_ticks ticks;
                    struct fw_svg_axis axis = {.low = low,
                                               .high = low * factor,
                                               .log = kind % 2 == 0,
                                               .unit = (enum fw_svg_unit)(kind / 2)};
                    fw_svg_axis_ticks(&ticks, &axis, wanted);
                    ck_assert_msg(ticks.n >= 1 && ticks.n <= wanted, "%d ticks of %d from %g to %g, kind %d", ticks.n,
                                  wanted, low, low * factor, kind);
                    for (int i = 0; i < ticks.n; i++) {
                        double share = fw_svg_axis_share(&axis, ticks.at[i]);
                        ck_assert_msg(share >= -1e-8 && share <= 1 + 1e-8, "%g is not from %g to %g, kind %d",
                                      ticks.at[i], axis.low, axis.high, kind);
                        ck_assert(i == 0 || ticks.at[i] > ticks.at[i - 1]);
                        ck_assert(i == 0 || strcmp(ticks.text[i], ticks.text[i - 1]) != 0);
                    }
                }
            }
        }
    }
}
END_TEST

START_TEST(test_svg_axis_fits_around_values)
{
    struct fw_svg_axis axis = {0};
    fw_svg_axis_fit(&axis, (const double[]){0.5, (double)NAN, 0.7, (double)INFINITY}, 4);
    ck_assert(axis.low < 0.5 && axis.low > 0.45 && axis.high > 0.7 && axis.high < 0.75);
    fw_svg_axis_fit(&axis, (const double[]){0.5}, 1);
    ck_assert_double_eq_tol(fw_svg_axis_share(&axis, 0.5), 0.5, 1e-9);
    fw_svg_axis_fit(&axis, (const double[]){0, 0}, 2);
    ck_assert_double_eq_tol(fw_svg_axis_share(&axis, 0), 0.5, 1e-9);
    fw_svg_axis_fit(&axis, NULL, 0);
    ck_assert_double_lt(axis.low, axis.high);
    axis.log = true;
    fw_svg_axis_fit(&axis, (const double[]){0, -1, 4096}, 3);
    ck_assert_double_eq_tol(fw_svg_axis_share(&axis, 4096), 0.5, 1e-9);
    ck_assert_double_eq_tol(axis.high / axis.low, 8, 1e-9);
    fw_svg_axis_fit(&axis, (const double[]){1, 1e12}, 2);
    ck_assert(axis.low > 0.1 && axis.low < 1 && axis.high > 1e12 && axis.high < 1e13);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("svg_axis");
    TCase *cases = tcase_create("svg_axis");
    tcase_add_test(cases, test_svg_axis_bytes_from_one_to_a_terabyte);
    tcase_add_test(cases, test_svg_axis_ticks_of_narrow_axes);
    tcase_add_test(cases, test_svg_axis_ticks_keep_to_the_axis);
    tcase_add_test(cases, test_svg_axis_fits_around_values);
    suite_add_tcase(suite, cases);
    return suite;
}
