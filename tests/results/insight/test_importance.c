#include "results/insight/importance.h"

#include <math.h>
#include <stdlib.h>

#include "core/rng.h"
#include "support/test_main.h"

enum { most = 2000, n_factors = 5 };

/* Trials whose objective hangs on the number 0 and the name 1; numbers 2 and names 3 are of no matter, 4 is constant.
 */
struct planted {
    double values[n_factors][most];
    struct fw_factor factors[n_factors];
    double objective[most];
    int32_t block[most];
    struct fw_ranked_trials trials;
};

static void plant(struct planted *p, int64_t n, double number, double name, uint64_t seed)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, seed, fw_stream(0, 0, FW_STREAM_TEST));
    for (int64_t i = 0; i < n; i++) {
        p->values[0][i] = fw_rng_uniform(&rng);
        p->values[1][i] = (double)fw_rng_below(&rng, 3);
        p->values[2][i] = fw_rng_uniform(&rng);
        p->values[3][i] = (double)fw_rng_below(&rng, 30);
        p->values[4][i] = 7;
        p->block[i] = (int32_t)fw_rng_below(&rng, 3);
        p->objective[i] = -number * fabs(p->values[0][i] - 0.3) + name * (p->values[1][i] == 1) + fw_rng_normal(&rng);
    }
    for (int f = 0; f < n_factors; f++)
        p->factors[f] = (struct fw_factor){p->values[f], f == 1 || f == 3};
    p->trials = (struct fw_ranked_trials){p->objective, NULL, n, true};
}

START_TEST(test_importance_finds_what_was_planted)
{
    static struct planted p;
    struct fw_effect effects[n_factors];
    double chance;
    plant(&p, most, 8, 1.5, 1);
    ck_ok(fw_importance_measure(effects, &chance, p.factors, n_factors, &p.trials, NULL, err));
    ck_assert(effects[0].beyond && effects[1].beyond && !effects[2].beyond && !effects[3].beyond);
    ck_assert(effects[0].share > effects[1].share && effects[1].share > 5 * fabs(effects[2].share));
    ck_assert_int_eq(effects[4].n_levels, 1);
    ck_assert(!effects[4].beyond);
    ck_assert(effects[0].best_low < 0.35 && effects[0].best_high > 0.25 && effects[0].best_high < 0.5);
    ck_assert(effects[1].best_low == 1 && effects[1].best_high == 1);
    ck_assert(effects[1].best_rank < 0.4);
    ck_assert(chance > 0 && chance < 0.05);
}
END_TEST

/* What is better when it is low is the same thing upside down. */
START_TEST(test_importance_direction_is_a_sign)
{
    static struct planted p;
    struct fw_effect up[n_factors];
    struct fw_effect down[n_factors];
    double chance[2];
    plant(&p, 300, 4, 1, 2);
    ck_ok(fw_importance_measure(up, &chance[0], p.factors, n_factors, &p.trials, NULL, err));
    for (int64_t i = 0; i < 300; i++)
        p.objective[i] = -p.objective[i];
    p.trials.maximise = false;
    ck_ok(fw_importance_measure(down, &chance[1], p.factors, n_factors, &p.trials, NULL, err));
    for (int f = 0; f < n_factors; f++) {
        ck_assert_double_eq_tol(up[f].share, down[f].share, 1e-12);
        ck_assert(up[f].best_low == down[f].best_low || isnan(up[f].best_low));
    }
}
END_TEST

/* Of luck alone something is called beyond chance in one of twenty studies, though each has five members. */
START_TEST(test_importance_of_noise_is_chance)
{
    static struct planted p;
    struct fw_effect effects[n_factors];
    double chance;
    int alarms = 0;
    enum { studies = 200 };
    for (uint64_t s = 0; s < studies; s++) {
        bool any = false;
        plant(&p, 60, 0, 0, 100 + s);
        ck_ok(fw_importance_measure(effects, &chance, p.factors, n_factors, &p.trials, NULL, err));
        for (int f = 0; f < n_factors; f++)
            any = any || effects[f].beyond;
        alarms += any;
    }
    ck_assert_msg(alarms <= 20, "%d of %d studies of noise alone", alarms, studies); /* 10 expected, sd 3.1 */
}
END_TEST

/* A rung that is better throughout lends nothing to a member that rungs differ in. */
START_TEST(test_importance_blocks_are_compared_within)
{
    static struct planted p;
    struct fw_effect apart[n_factors];
    struct fw_effect mixed[n_factors];
    double chance;
    plant(&p, 600, 0, 0, 3);
    for (int64_t i = 0; i < 600; i++) {
        p.objective[i] += 20 * p.block[i];
        p.values[2][i] = p.block[i];
    }
    ck_ok(fw_importance_measure(mixed, &chance, p.factors, n_factors, &p.trials, NULL, err));
    ck_assert(mixed[2].beyond && mixed[2].share > 0.8);
    p.trials.block = p.block;
    ck_ok(fw_importance_measure(apart, &chance, p.factors, n_factors, &p.trials, NULL, err));
    ck_assert(!apart[2].beyond && apart[2].share < 0.01);
}
END_TEST

/* Missing members are a level of their own; a diverged trial counts by its rank alone. */
START_TEST(test_importance_bears_missing_and_infinite_values)
{
    static struct planted p;
    struct fw_effect effects[n_factors];
    double chance;
    plant(&p, 200, 0, 0, 4);
    for (int64_t i = 0; i < 200; i += 2) {
        p.values[2][i] = (double)NAN;
        p.objective[i] += 4;
    }
    p.objective[1] = -INFINITY;
    ck_ok(fw_importance_measure(effects, &chance, p.factors, n_factors, &p.trials, NULL, err));
    ck_assert(effects[2].beyond && isnan(effects[2].best_low));
    ck_assert_int_eq(effects[2].n_best, 100);
}
END_TEST

START_TEST(test_importance_of_few_trials_says_nothing)
{
    static struct planted p;
    struct fw_effect effects[n_factors];
    double chance;
    for (int64_t n = 0; n < 6; n++) {
        plant(&p, n, 8, 8, 5);
        ck_ok(fw_importance_measure(effects, &chance, p.factors, n_factors, &p.trials, NULL, err));
        ck_assert(n >= 4 || isnan(chance));
        for (int f = 0; f < n_factors; f++)
            ck_assert(n >= 4 || !effects[f].beyond);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("importance");
    TCase *cases = tcase_create("importance");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_importance_finds_what_was_planted);
    tcase_add_test(cases, test_importance_direction_is_a_sign);
    tcase_add_test(cases, test_importance_of_noise_is_chance);
    tcase_add_test(cases, test_importance_blocks_are_compared_within);
    tcase_add_test(cases, test_importance_bears_missing_and_infinite_values);
    tcase_add_test(cases, test_importance_of_few_trials_says_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}
