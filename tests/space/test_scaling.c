#include "space/scaling.h"

#include <math.h>

#include "support/test_main.h"

static struct fw_scaling learn(const double *values, int64_t n)
{
    struct fw_scaling scaling = {true, NAN, NAN};
    fw_scaling_learn(&scaling, values, n);
    return scaling;
}

START_TEST(test_scaling_of_an_even_column_is_plain)
{
    const double values[] = {3, 1, 5, 2, 4};
    struct fw_scaling scaling = learn(values, 5);
    ck_assert(!scaling.logarithmic);
    ck_assert_double_eq(scaling.mean, 3);
    ck_assert_double_eq_tol(scaling.scale, 1 / sqrt(2), 1e-15);
    ck_assert_float_eq(fw_scaling_apply(&scaling, 3), 0);
    ck_assert_float_eq_tol(fw_scaling_apply(&scaling, 5), 1.41421356f, 1e-7f);
    ck_assert_float_eq_tol(fw_scaling_apply(&scaling, 2.5), -0.35355339f, 1e-7f);
}
END_TEST

/* 0, e - 1, .. e^4 - 1, and the same below zero: evenly spaced by their logarithms, lopsided as they are. */
START_TEST(test_scaling_of_a_lopsided_column_is_logarithmic)
{
    double sign = _i == 0 ? 1 : -1;
    double values[5];
    for (int k = 0; k < 5; k++)
        values[k] = sign * expm1(k);
    struct fw_scaling scaling = learn(values, 5);
    ck_assert(scaling.logarithmic);
    ck_assert_double_eq_tol(scaling.mean, sign * 2, 1e-14);
    ck_assert_double_eq_tol(scaling.scale, 1 / sqrt(2), 1e-14);
    ck_assert_float_eq_tol(fw_scaling_apply(&scaling, values[4]), (float)(sign * sqrt(2)), 1e-6f);
    ck_assert_float_eq_tol(fw_scaling_apply(&scaling, -values[1]), (float)(sign * -3 / sqrt(2)), 1e-6f);
}
END_TEST

START_TEST(test_scaling_stays_plain_unless_the_logarithm_gains_clearly)
{
    const double two_values[] = {0, 0, 0, 0, 1}; /* skewness 1.5 with and without logarithm */
    const double late[] = {1.6e9, 1.61e9, 1.62e9, 1.7e9, 1.9e9};
    const double slight[] = {1, 2, 3, 4, 6}; /* skewness 0.4 */
    ck_assert(!learn(two_values, 5).logarithmic);
    ck_assert(!learn(late, 5).logarithmic);
    ck_assert(!learn(slight, 5).logarithmic);
}
END_TEST

START_TEST(test_scaling_clips_and_takes_missing_as_the_mean)
{
    const double values[] = {1, 2, 3, 4, 5};
    struct fw_scaling scaling = learn(values, 5);
    ck_assert_float_eq(fw_scaling_apply(&scaling, 100), 8);
    ck_assert_float_eq(fw_scaling_apply(&scaling, -1e308), -8);
    ck_assert_float_eq(fw_scaling_apply(&scaling, INFINITY), 8);
    ck_assert_float_eq(fw_scaling_apply(&scaling, NAN), 0);
}
END_TEST

START_TEST(test_scaling_of_a_constant_or_empty_column_is_zero)
{
    const double values[] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
    const int64_t sizes[] = {0, 1, 3, 7};
    for (int i = 0; i < 4; i++) {
        struct fw_scaling scaling = learn(values, sizes[i]);
        ck_assert_double_eq(scaling.scale, 0);
        ck_assert_double_eq(scaling.mean, 0);
        ck_assert_float_eq(fw_scaling_apply(&scaling, 0.1), 0);
        ck_assert_float_eq(fw_scaling_apply(&scaling, -1e308), 0);
    }
}
END_TEST

START_TEST(test_scaling_is_finite_at_the_ends_of_doubles)
{
    const double large[] = {-1e308, 1.7e308, 1.7e308, 1e308, 3}; /* the sum and all squares overflow */
    const double small[] = {1e-310, 2e-310, 4e-310};             /* all squares vanish */
    struct fw_scaling scaling = learn(large, 5);
    ck_assert(scaling.logarithmic);
    ck_assert(isfinite(scaling.mean) && isfinite(scaling.scale) && scaling.scale > 0);
    for (int i = 0; i < 5; i++)
        ck_assert(fabsf(fw_scaling_apply(&scaling, large[i])) <= 8);
    scaling = learn(small, 3);
    ck_assert_double_eq(scaling.scale, 0);
}
END_TEST

static enum fw_status read_back(struct fw_scaling *out, const struct fw_buffer *bytes, int64_t size)
{
    struct fw_error err = {0};
    struct fw_bytes_reader reader = {(const unsigned char *)bytes->data, (size_t)size, 0, "a scaling"};
    return fw_scaling_read(out, &reader, &err);
}

START_TEST(test_scaling_survives_writing_and_short_bytes_are_corrupt)
{
    const struct fw_scaling scaling = {true, -1.25, 3.5};
    struct fw_scaling back = {0};
    struct fw_buffer bytes;
    fw_buffer_init(&bytes, NULL);
    fw_scaling_write(&scaling, &bytes);
    for (int64_t size = 0; size < bytes.length; size++)
        ck_assert_int_eq(read_back(&back, &bytes, size), FW_E_CORRUPT);
    ck_assert_int_eq(read_back(&back, &bytes, bytes.length), FW_OK);
    ck_assert(back.logarithmic);
    ck_assert_double_eq(back.mean, scaling.mean);
    ck_assert_double_eq(back.scale, scaling.scale);
    fw_buffer_clear(&bytes);
}
END_TEST

START_TEST(test_scaling_damaged_numbers_are_corrupt)
{
    const struct {
        uint32_t logarithmic;
        double mean, scale;
    } bad[] = {{2, 0, 1}, {0, NAN, 1}, {0, INFINITY, 1}, {1, 0, NAN}, {1, 0, INFINITY}, {0, 0, -1}};
    struct fw_scaling back;
    struct fw_buffer bytes;
    fw_buffer_init(&bytes, NULL);
    fw_bytes_put_u32(&bytes, bad[_i].logarithmic);
    fw_bytes_put_f64(&bytes, bad[_i].mean);
    fw_bytes_put_f64(&bytes, bad[_i].scale);
    ck_assert_int_eq(read_back(&back, &bytes, bytes.length), FW_E_CORRUPT);
    fw_buffer_clear(&bytes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("scaling");
    TCase *cases = tcase_create("scaling");
    tcase_add_test(cases, test_scaling_of_an_even_column_is_plain);
    tcase_add_loop_test(cases, test_scaling_of_a_lopsided_column_is_logarithmic, 0, 2);
    tcase_add_test(cases, test_scaling_stays_plain_unless_the_logarithm_gains_clearly);
    tcase_add_test(cases, test_scaling_clips_and_takes_missing_as_the_mean);
    tcase_add_test(cases, test_scaling_of_a_constant_or_empty_column_is_zero);
    tcase_add_test(cases, test_scaling_is_finite_at_the_ends_of_doubles);
    tcase_add_test(cases, test_scaling_survives_writing_and_short_bytes_are_corrupt);
    tcase_add_loop_test(cases, test_scaling_damaged_numbers_are_corrupt, 0, 6);
    suite_add_tcase(suite, cases);
    return suite;
}
