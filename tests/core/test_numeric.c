#include "core/numeric.h"

#include <math.h>

#include "core/rng.h"
#include "support/test_main.h"

START_TEST(test_numeric_exp_and_log_agree_with_the_library)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 3, fw_stream(0, 0, FW_STREAM_TEST));
    for (int i = 0; i < 200000; i++) {
        double x = i % 2 == 0 ? 1400 * fw_rng_uniform(&rng) - 700 : 4 * fw_rng_uniform(&rng) - 2;
        double e = exp(x);
        ck_assert_msg(fabs(fw_exact_exp(x) - e) <= 1e-15 * e, "exp(%.17g)", x);
        double positive = i % 2 == 0 ? e : fabs(x) + 1e-9;
        double l = log(positive);
        ck_assert_msg(fabs(fw_exact_log(positive) - l) <= 1e-15 * fabs(l) + 1e-16, "log(%.17g)", positive);
    }
}
END_TEST

START_TEST(test_numeric_sine_cosine_and_tanh_agree_with_the_library)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 4, fw_stream(0, 0, FW_STREAM_TEST));
    double worst = 0;
    for (int i = 0; i < 200000; i++) {
        double x = (i % 2 == 0 ? 2e6 : 10) * (fw_rng_uniform(&rng) - 0.5);
        worst = fmax(worst, fabs(fw_exact_sin(x) - sin(x)));
        worst = fmax(worst, fabs(fw_exact_cos(x) - cos(x)));
        worst = fmax(worst, fabs(fw_exact_tanh(x) - tanh(x)));
    }
    ck_assert_double_le(worst, 1e-15);
    ck_assert_double_eq(fw_exact_sin(0), 0);
    ck_assert_double_eq(fw_exact_cos(0), 1);
    ck_assert_double_eq(fw_exact_tanh(-INFINITY), -1);
    ck_assert(isnan(fw_exact_sin(INFINITY)) && isnan(fw_exact_cos(NAN)) && isnan(fw_exact_tanh(NAN)));
}
END_TEST

START_TEST(test_numeric_ends_of_the_range)
{
    ck_assert_double_eq(fw_exact_exp(0), 1);
    ck_assert_double_eq(fw_exact_exp(-INFINITY), 0);
    ck_assert_double_eq(fw_exact_exp(-800), 0);
    ck_assert(fw_exact_exp(710) == INFINITY && fw_exact_exp(INFINITY) == INFINITY);
    ck_assert(isnan(fw_exact_exp(NAN)) && isnan(fw_exact_log(NAN)) && isnan(fw_exact_log(-1)));
    ck_assert_double_eq_tol(fw_exact_exp(-740) / exp(-740), 1, 0.01); /* denormal: few bits are left */
    ck_assert(fw_exact_log(0) == -INFINITY && fw_exact_log(INFINITY) == INFINITY);
    ck_assert_double_eq(fw_exact_log(1), 0);
    ck_assert_double_eq_tol(fw_exact_log(5e-324), log(5e-324), 1e-12);
}
END_TEST

START_TEST(test_numeric_normal_quantile_is_known)
{
    /* the published check values of AS 241, and a far one */
    ck_assert_double_eq_tol(fw_normal_quantile(0.25), -0.6744897501960817, 1e-15);
    ck_assert_double_eq_tol(fw_normal_quantile(0.001), -3.090232306167814, 1e-14);
    ck_assert_double_eq_tol(fw_normal_quantile(1e-20), -9.262340089798408, 1e-13);
    ck_assert_double_eq_tol(fw_normal_quantile(0.975), 1.959963984540054, 1e-14);
    ck_assert_double_eq(fw_normal_quantile(0.5), 0);
    ck_assert(fw_normal_quantile(0) == -INFINITY && fw_normal_quantile(1) == INFINITY);
    ck_assert(isnan(fw_normal_quantile(-0.1)) && isnan(fw_normal_quantile(1.1)) && isnan(fw_normal_quantile(NAN)));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("numeric");
    TCase *cases = tcase_create("numeric");
    tcase_add_test(cases, test_numeric_exp_and_log_agree_with_the_library);
    tcase_add_test(cases, test_numeric_sine_cosine_and_tanh_agree_with_the_library);
    tcase_add_test(cases, test_numeric_ends_of_the_range);
    tcase_add_test(cases, test_numeric_normal_quantile_is_known);
    suite_add_tcase(suite, cases);
    return suite;
}
