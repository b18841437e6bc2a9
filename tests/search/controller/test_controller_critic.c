#include <math.h>

#include "core/rng.h"
#include "search/controller/controller_critic.h"
#include "support/bandit.h"
#include "support/test_main.h"

enum { n_decisions = 8, n_choices = 5, round_size = 16 };

static void init(struct bandit *bandit, double noise)
{
    bandit_init(bandit, &(struct bandit_options){.n_decisions = n_decisions,
                                                 .n_choices = n_choices,
                                                 .nested = true,
                                                 .worth = 1e-3,
                                                 .noise = noise,
                                                 .offset = 1e-2,
                                                 .seed = 3});
}

static void learn_uniform_rounds(struct fw_critic *critic, const struct bandit *bandit, int64_t rounds)
{
    for (int64_t r = 0; r < rounds; r++) {
        int32_t choices[round_size * n_decisions];
        double quality[round_size];
        struct fw_rng rng;
        fw_rng_seed(&rng, 7, fw_stream((uint64_t)r, 0, FW_STREAM_TEST));
        for (int i = 0; i < round_size * n_decisions; i++)
            choices[i] = (int32_t)fw_rng_below(&rng, n_choices);
        for (int k = 0; k < round_size; k++)
            quality[k] = bandit_judge(bandit, choices + k * n_decisions, r, k);
        ck_ok(fw_critic_learn_round(critic, choices, quality, round_size, err));
    }
}

/* Greatest error of a choice's worth against choice 0 of its decision: nested choice 0 has no features. */
static double worst_error(const struct fw_critic *critic, const struct bandit *bandit)
{
    double worst = 0;
    for (int32_t c = 0; c < n_decisions * n_choices; c++) {
        double learned = fw_choice_table_worth(&bandit->table, fw_critic_beta(critic), c);
        worst = fmax(worst, fabs(learned - bandit->worth[c]));
    }
    return worst;
}

START_TEST(test_controller_critic_recovers_planted_worths_under_round_offsets)
{
    struct bandit bandit;
    struct fw_critic *critic;
    struct fw_critic_options options = {.window = 256, .forget = 1};
    init(&bandit, 1e-4);
    ck_ok(fw_critic_create(&critic, &bandit.table, &options, NULL, err));
    learn_uniform_rounds(critic, &bandit, 16);
    ck_assert_double_lt(worst_error(critic, &bandit), 1.5e-4);
    ck_assert_double_gt(fw_critic_noise(critic), 0.5e-4);
    ck_assert_double_lt(fw_critic_noise(critic), 2e-4);
    /* twice the window: what is forgotten does no harm */
    learn_uniform_rounds(critic, &bandit, 32);
    ck_assert_double_lt(worst_error(critic, &bandit), 1.5e-4);
    fw_critic_destroy(critic);
}
END_TEST

START_TEST(test_controller_critic_finds_the_units_of_its_prior)
{
    struct bandit bandit;
    struct fw_critic *critic;
    double prior[n_decisions * n_choices], scale[n_decisions * n_choices], without;
    init(&bandit, 1e-3);
    for (int i = 0; i < n_decisions * n_choices; i++) {
        prior[i] = 5 * bandit.beta[i]; /* right but for a factor of a fifth */
        scale[i] = 1e-4;
    }
    struct fw_critic_options options = {.window = 256, .forget = 1, .prior = prior, .scale = scale};
    ck_ok(fw_critic_create(&critic, &bandit.table, &options, NULL, err));
    ck_assert_double_eq(fw_critic_beta(critic)[3], prior[3]);
    learn_uniform_rounds(critic, &bandit, 4);
    ck_assert_double_eq(fw_critic_prior_gain(critic), 1);
    without = worst_error(critic, &bandit);
    fw_critic_destroy(critic);
    options.prior_gain_width = 1;
    ck_ok(fw_critic_create(&critic, &bandit.table, &options, NULL, err));
    learn_uniform_rounds(critic, &bandit, 4);
    ck_assert_double_eq_tol(fw_critic_prior_gain(critic), 0.2, 0.1);
    ck_assert_double_lt(worst_error(critic, &bandit), 0.5 * without);
    fw_critic_destroy(critic);
}
END_TEST

START_TEST(test_controller_critic_scales_with_the_units_of_quality)
{
    struct bandit bandit, large;
    struct fw_critic *critic[2];
    struct fw_critic_options options = {.window = 64, .forget = 0.9};
    init(&bandit, 1e-3);
    init(&large, 1e-3);
    for (int i = 0; i < n_decisions * n_choices; i++)
        large.worth[i] *= 1024;
    large.options.noise *= 1024;
    large.options.offset *= 1024;
    ck_ok(fw_critic_create(&critic[0], &bandit.table, &options, NULL, err));
    ck_ok(fw_critic_create(&critic[1], &large.table, &options, NULL, err));
    learn_uniform_rounds(critic[0], &bandit, 5);
    learn_uniform_rounds(critic[1], &large, 5);
    for (int i = 0; i < n_decisions * n_choices; i++)
        ck_assert_double_eq_tol(fw_critic_beta(critic[1])[i] / 1024, fw_critic_beta(critic[0])[i], 1e-10);
    ck_assert_double_eq_tol(fw_critic_spread(critic[1]) / fw_critic_spread(critic[0]) / 1048576, 1, 1e-6);
    fw_critic_destroy(critic[0]);
    fw_critic_destroy(critic[1]);
}
END_TEST

START_TEST(test_controller_critic_survives_rounds_that_say_nothing)
{
    struct bandit bandit;
    struct fw_critic *critic;
    int32_t choices[2 * n_decisions] = {0};
    double quality[] = {0.5, 0.5};
    struct fw_critic_options options = {.window = 4, .forget = 0.5};
    init(&bandit, 0);
    ck_ok(fw_critic_create(&critic, &bandit.table, &options, NULL, err));
    for (int round = 0; round < 5; round++) {
        ck_ok(fw_critic_learn_round(critic, choices, quality, 2, err));
        ck_ok(fw_critic_learn_round(critic, choices, quality, 1, err));
    }
    for (int i = 0; i < n_decisions * n_choices; i++)
        ck_assert_double_eq(fw_critic_beta(critic)[i], 0);
    ck_assert_int_eq(fw_critic_learn_round(critic, choices, quality, 5, NULL), FW_E_ARG);
    fw_critic_destroy(critic);
    options.window = 1;
    ck_assert_int_eq(fw_critic_create(&critic, &bandit.table, &options, NULL, NULL), FW_E_ARG);
    options.window = 4;
    options.forget = 0;
    ck_assert_int_eq(fw_critic_create(&critic, &bandit.table, &options, NULL, NULL), FW_E_ARG);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("controller_critic");
    TCase *cases = tcase_create("controller_critic");
    tcase_add_test(cases, test_controller_critic_recovers_planted_worths_under_round_offsets);
    tcase_add_test(cases, test_controller_critic_finds_the_units_of_its_prior);
    tcase_add_test(cases, test_controller_critic_scales_with_the_units_of_quality);
    tcase_add_test(cases, test_controller_critic_survives_rounds_that_say_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}
