#include <math.h>

#include "search/controller/controller_policy.h"
#include "support/bandit.h"
#include "support/test_main.h"

enum { n_choices = 12 };

static void init(struct bandit *bandit, double *theta)
{
    bandit_init(bandit, &(struct bandit_options){.n_decisions = 3, .n_choices = 4, .worth = 1, .seed = 5});
    for (int i = 0; i < n_choices; i++)
        theta[i] = 0.3 * ((i * 7) % 5) - 0.5;
}

static double log_probability(const double *theta, const struct fw_choice_table *table, const int32_t *choices)
{
    double p[n_choices];
    fw_policy_softmax(p, theta, table);
    return fw_policy_log(p, table, choices);
}

static double summed_entropy(const double *theta, const struct fw_choice_table *table)
{
    double p[n_choices];
    fw_policy_softmax(p, theta, table);
    return fw_policy_entropy(p, table) * table->n_decisions;
}

START_TEST(test_controller_policy_log_gradient_matches_finite_differences)
{
    struct bandit bandit;
    double theta[n_choices], p[n_choices], gradient[n_choices] = {0};
    int32_t choices[] = {2, 0, 3};
    init(&bandit, theta);
    fw_policy_softmax(p, theta, &bandit.table);
    fw_policy_add_log_gradient(gradient, 0.7, p, &bandit.table, choices);
    for (int i = 0; i < n_choices; i++) {
        double keep = theta[i], h = 1e-5;
        theta[i] = keep + h;
        double above = log_probability(theta, &bandit.table, choices);
        theta[i] = keep - h;
        double below = log_probability(theta, &bandit.table, choices);
        theta[i] = keep;
        ck_assert_double_eq_tol(gradient[i], 0.7 * (above - below) / (2 * h), 1e-8);
    }
}
END_TEST

START_TEST(test_controller_policy_entropy_gradient_matches_finite_differences)
{
    struct bandit bandit;
    double theta[n_choices], p[n_choices], gradient[n_choices] = {0};
    init(&bandit, theta);
    fw_policy_softmax(p, theta, &bandit.table);
    fw_policy_add_entropy_gradient(gradient, 0.7, p, &bandit.table);
    for (int i = 0; i < n_choices; i++) {
        double keep = theta[i], h = 1e-5;
        theta[i] = keep + h;
        double above = summed_entropy(theta, &bandit.table);
        theta[i] = keep - h;
        double below = summed_entropy(theta, &bandit.table);
        theta[i] = keep;
        ck_assert_double_eq_tol(gradient[i], 0.7 * (above - below) / (2 * h), 1e-8);
    }
}
END_TEST

START_TEST(test_controller_policy_extremes_stay_finite)
{
    struct bandit bandit;
    double theta[n_choices], p[n_choices], gradient[n_choices] = {0};
    int32_t choices[3];
    struct fw_rng rng;
    init(&bandit, theta);
    for (int i = 0; i < n_choices; i++)
        theta[i] = i % 4 == 1 ? 1e6 : -1e6;
    fw_policy_softmax(p, theta, &bandit.table);
    fw_policy_add_entropy_gradient(gradient, 1, p, &bandit.table);
    ck_assert_double_eq(fw_policy_entropy(p, &bandit.table), 0);
    for (int i = 0; i < n_choices; i++)
        ck_assert_double_eq(gradient[i], 0);
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    for (int draw = 0; draw < 50; draw++) {
        fw_policy_draw(choices, p, &bandit.table, &rng);
        for (int d = 0; d < 3; d++)
            ck_assert_int_eq(choices[d], 1);
    }
}
END_TEST

START_TEST(test_controller_policy_draws_follow_probabilities)
{
    struct bandit bandit;
    double theta[n_choices], p[n_choices], share[n_choices] = {0}, cost = 0;
    int32_t choices[3], likeliest[3];
    enum { draws = 20000 };
    struct fw_rng rng;
    init(&bandit, theta);
    fw_policy_softmax(p, theta, &bandit.table);
    fw_rng_seed(&rng, 2, fw_stream(0, 0, FW_STREAM_TEST));
    for (int draw = 0; draw < draws; draw++) {
        fw_policy_draw(choices, p, &bandit.table, &rng);
        cost += (double)fw_choice_table_cost(&bandit.table, choices) / draws;
        for (int d = 0; d < 3; d++)
            share[4 * d + choices[d]] += 1.0 / draws;
    }
    fw_policy_argmax(likeliest, p, &bandit.table);
    for (int i = 0; i < n_choices; i++) {
        ck_assert_double_eq_tol(share[i], p[i], 0.02);
        ck_assert_double_le(p[i], p[i / 4 * 4 + likeliest[i / 4]]);
    }
    ck_assert_double_eq_tol(cost / fw_policy_cost(p, &bandit.table), 1, 0.02);
}
END_TEST

START_TEST(test_controller_policy_tables_are_checked)
{
    int32_t first[] = {0, 2}, feature[] = {0};
    int64_t cost[] = {0, 8}, start[] = {0, 0, 1};
    struct fw_choice_table table = {1, 1, first, cost, start, feature};
    ck_ok(fw_choice_table_check(&table, err));
    ck_assert_int_eq(fw_choice_table_least(&table), 0);
    feature[0] = 1;
    ck_assert_int_eq(fw_choice_table_check(&table, NULL), FW_E_ARG);
    feature[0] = 0;
    cost[0] = -1;
    ck_assert_int_eq(fw_choice_table_check(&table, NULL), FW_E_ARG);
    cost[0] = INT64_MAX;
    ck_assert_int_eq(fw_choice_table_check(&table, NULL), FW_E_ARG);
    cost[0] = 0;
    start[1] = 2;
    ck_assert_int_eq(fw_choice_table_check(&table, NULL), FW_E_ARG);
    start[1] = 0;
    first[1] = 0;
    ck_assert_int_eq(fw_choice_table_check(&table, NULL), FW_E_ARG);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("controller_policy");
    TCase *cases = tcase_create("controller_policy");
    tcase_add_test(cases, test_controller_policy_log_gradient_matches_finite_differences);
    tcase_add_test(cases, test_controller_policy_entropy_gradient_matches_finite_differences);
    tcase_add_test(cases, test_controller_policy_extremes_stay_finite);
    tcase_add_test(cases, test_controller_policy_draws_follow_probabilities);
    tcase_add_test(cases, test_controller_policy_tables_are_checked);
    suite_add_tcase(suite, cases);
    return suite;
}
