#include <math.h>

#include "core/rng.h"
#include "support/test_main.h"

/* The published vector of xoshiro256** from the state {1, 2, 3, 4}. */
START_TEST(test_rng_is_xoshiro256_star_star)
{
    static const uint64_t expected[] = {
        UINT64_C(11520),
        UINT64_C(0),
        UINT64_C(1509978240),
        UINT64_C(1215971899390074240),
        UINT64_C(1216172134540287360),
        UINT64_C(607988272756665600),
        UINT64_C(16172922978634559625),
        UINT64_C(8476171486693032832),
        UINT64_C(10595114339597558777),
        UINT64_C(2904607092377533576),
    };
    struct fw_rng rng = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        ck_assert_uint_eq(fw_rng_next(&rng), expected[i]);
}
END_TEST

/* SplitMix64's finaliser maps 0x9e3779b97f4a7c15 to its published first output for seed 0. */
START_TEST(test_rng_mixer_is_splitmix64)
{
    /* with seed - GOLDEN, mix(seed + GOLDEN) is mix(0) = 0, so that index 0 of stream 0 is SplitMix64(0)'s first */
    uint64_t golden = UINT64_C(0x9e3779b97f4a7c15);
    ck_assert_uint_eq(fw_rng_at(0 - golden, 0, 0), UINT64_C(0xe220a8397b1dcdaf));
    ck_assert_uint_eq(fw_rng_at(0 - golden, 0, 1), UINT64_C(0x6e789e6aa1b965f4));
}
END_TEST

START_TEST(test_rng_same_name_same_numbers)
{
    struct fw_rng a, b, c;
    fw_rng_seed(&a, 7, fw_stream(1, 2, FW_STREAM_TEST));
    fw_rng_seed(&b, 7, fw_stream(1, 2, FW_STREAM_TEST));
    fw_rng_seed(&c, 7, fw_stream(2, 1, FW_STREAM_TEST));
    int differ = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t x = fw_rng_next(&a);
        ck_assert_uint_eq(x, fw_rng_next(&b));
        differ += x != fw_rng_next(&c);
    }
    ck_assert_int_eq(differ, 100);
}
END_TEST

START_TEST(test_rng_stream_names_do_not_meet)
{
    uint64_t seen[4 * 4 * 7];
    int n = 0;
    for (uint64_t trial = 0; trial < 4; trial++)
        for (uint64_t fold = 0; fold < 4; fold++)
            for (int purpose = FW_STREAM_SPLIT; purpose <= FW_STREAM_TEST; purpose++)
                seen[n++] = fw_stream(trial, fold, (enum fw_stream_purpose)purpose);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            ck_assert_uint_ne(seen[i], seen[j]);
}
END_TEST

START_TEST(test_rng_below_is_uniform)
{
    enum { buckets = 10, draws = 100000 };
    struct fw_rng rng;
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    int64_t count[buckets] = {0};
    for (int i = 0; i < draws; i++) {
        uint64_t x = fw_rng_below(&rng, buckets);
        ck_assert_uint_lt(x, buckets);
        count[x]++;
    }
    double chi = 0;
    for (int i = 0; i < buckets; i++) {
        double gap = (double)count[i] - (double)draws / buckets;
        chi += gap * gap / ((double)draws / buckets);
    }
    ck_assert_double_lt(chi, 27.9); /* 9 degrees of freedom, p = 0.001; the seed is fixed */
}
END_TEST

/* With a bound of 3/4 of 2^64, taking the remainder would draw the lowest third twice as often as the rest. */
START_TEST(test_rng_below_rejects_the_unfair)
{
    uint64_t bound = UINT64_C(3) << 62;
    struct fw_rng rng;
    fw_rng_seed(&rng, 2, fw_stream(0, 0, FW_STREAM_TEST));
    int low = 0;
    for (int i = 0; i < 30000; i++)
        low += fw_rng_below(&rng, bound) < bound / 3;
    ck_assert_int_gt(low, 9700);
    ck_assert_int_lt(low, 10300);
    ck_assert_uint_eq(fw_rng_below(&rng, 1), 0);
}
END_TEST

START_TEST(test_rng_uniform_has_its_moments)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 3, fw_stream(0, 0, FW_STREAM_TEST));
    double sum = 0, squares = 0, at_sum = 0;
    enum { draws = 200000 };
    for (int i = 0; i < draws; i++) {
        double u = fw_rng_uniform(&rng);
        double v = fw_rng_uniform_at(3, 9, (uint64_t)i);
        ck_assert(u >= 0 && u < 1 && v >= 0 && v < 1);
        sum += u;
        squares += u * u;
        at_sum += v;
    }
    ck_assert_double_eq_tol(sum / draws, 0.5, 0.003);
    ck_assert_double_eq_tol(at_sum / draws, 0.5, 0.003);
    ck_assert_double_eq_tol(squares / draws, 1.0 / 3, 0.003);
}
END_TEST

START_TEST(test_rng_normal_has_its_moments)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 4, fw_stream(0, 0, FW_STREAM_TEST));
    double sum = 0, squares = 0, fourth = 0;
    enum { draws = 200000 };
    for (int i = 0; i < draws; i++) {
        double x = fw_rng_normal(&rng);
        ck_assert(isfinite(x));
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
    }
    ck_assert_double_eq_tol(sum / draws, 0, 0.01);
    ck_assert_double_eq_tol(squares / draws, 1, 0.02);
    ck_assert_double_eq_tol(fourth / draws, 3, 0.1);
}
END_TEST

START_TEST(test_rng_at_is_a_pure_function)
{
    uint64_t forward[64];
    for (uint64_t i = 0; i < 64; i++)
        forward[i] = fw_rng_at(11, 22, i);
    for (uint64_t i = 64; i-- > 0;)
        ck_assert_uint_eq(fw_rng_at(11, 22, i), forward[i]);
    ck_assert_uint_ne(fw_rng_at(12, 22, 0), forward[0]);
    ck_assert_uint_ne(fw_rng_at(11, 23, 0), forward[0]);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("rng");
    TCase *cases = tcase_create("rng");
    tcase_add_test(cases, test_rng_is_xoshiro256_star_star);
    tcase_add_test(cases, test_rng_mixer_is_splitmix64);
    tcase_add_test(cases, test_rng_same_name_same_numbers);
    tcase_add_test(cases, test_rng_stream_names_do_not_meet);
    tcase_add_test(cases, test_rng_below_is_uniform);
    tcase_add_test(cases, test_rng_below_rejects_the_unfair);
    tcase_add_test(cases, test_rng_uniform_has_its_moments);
    tcase_add_test(cases, test_rng_normal_has_its_moments);
    tcase_add_test(cases, test_rng_at_is_a_pure_function);
    suite_add_tcase(suite, cases);
    return suite;
}
