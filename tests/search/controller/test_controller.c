#include <math.h>
#include <string.h>

#include "search/controller/controller.h"
#include "search/controller/controller_best.h"
#include "support/bandit.h"
#include "support/test_main.h"

enum { n_decisions = 5, n_choices = 4, all_choices = n_decisions * n_choices, round_size = 16 };

static struct bandit_options easy(uint64_t seed)
{
    return (struct bandit_options){
        .n_decisions = n_decisions, .n_choices = n_choices, .nested = true, .worth = 1e-2, .noise = 1e-3, .seed = seed};
}

/* Half of what all choices at their dearest cost. */
static int64_t half_budget(const struct bandit *bandit)
{
    int64_t cost = 0;
    for (int32_t d = 0; d < n_decisions; d++)
        cost += bandit->cost[(d + 1) * n_choices - 1];
    return cost / 2;
}

static struct fw_controller *create(const struct bandit *bandit, enum fw_controller_mode mode, int64_t budget)
{
    struct fw_controller_options options;
    struct fw_controller *controller = NULL;
    fw_controller_options_default(&options);
    options.mode = mode;
    options.budget = budget;
    options.seed = bandit->options.seed;
    options.critic.window = 128;
    if (mode == FW_CONTROLLER_PLAIN)
        options.rate = 0.05;
    ck_ok(fw_controller_create(&controller, &bandit->table, &options, NULL, err));
    return controller;
}

/* Rounds [from, to), judged by so many threads in whatever order they come; every seventh judging of `holes` is NaN. */
static void run(struct fw_controller *controller, const struct bandit *bandit, int64_t from, int64_t to, int threads,
                bool holes)
{
    for (int64_t r = from; r < to; r++) {
        int32_t choices[round_size * n_decisions];
        double quality[round_size];
#pragma omp parallel for schedule(dynamic) num_threads(threads)
        for (int k = round_size - 1; k >= 0; k--) {
            fw_controller_sample(controller, choices + k * n_decisions, r, k);
            quality[k] = holes && (r + k) % 7 == 0 ? NAN : bandit_judge(bandit, choices + k * n_decisions, r, k);
        }
        ck_ok(fw_controller_learn_round(controller, choices, quality, round_size, fmax(pow(0.9, (double)r), 0.1), err));
    }
}

/* What is lost against the best configuration that fits, as a share of it: of the critic's best, or of the policy's. */
static double regret(const struct fw_controller *controller, const struct bandit *bandit, int64_t budget,
                     bool by_policy)
{
    int32_t best[n_decisions], found[n_decisions];
    double worth[all_choices];
    fw_controller_worths(controller, worth);
    for (int c = 0; c < all_choices && by_policy; c++)
        worth[c] = log(fmax(fw_controller_probabilities(controller)[c], 1e-300));
    ck_ok(fw_controller_best(best, &bandit->table, bandit->worth, budget, NULL, err));
    ck_ok(fw_controller_best(found, &bandit->table, worth, budget, NULL, err));
    double most = fw_controller_total(&bandit->table, bandit->worth, best);
    return 1 - fw_controller_total(&bandit->table, bandit->worth, found) / most;
}

static double mean_regret(enum fw_controller_mode mode, int64_t rounds, double share)
{
    double sum = 0;
    enum { seeds = 6 };
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct bandit bandit;
        struct bandit_options options = easy(seed);
        bandit_init(&bandit, &options);
        int64_t budget = (int64_t)((double)half_budget(&bandit) * share);
        struct fw_controller *controller = create(&bandit, mode, budget);
        run(controller, &bandit, 0, rounds, 1, false);
        sum += regret(controller, &bandit, budget, mode == FW_CONTROLLER_PLAIN) / seeds;
        fw_controller_destroy(controller);
    }
    return sum;
}

START_TEST(test_controller_factored_needs_far_fewer_samples_than_plain)
{
    double factored = mean_regret(FW_CONTROLLER_FACTORED, 6, 1), soon = mean_regret(FW_CONTROLLER_PLAIN, 6, 1);
    double late = mean_regret(FW_CONTROLLER_PLAIN, 600, 1);
    ck_assert_msg(factored < 0.02, "factored loses %g", factored);
    ck_assert_msg(soon > 0.1, "plain loses %g as soon", soon);
    ck_assert_msg(late < 0.06, "plain loses %g after many rounds", late);
}
END_TEST

START_TEST(test_controller_without_pressure_takes_the_best_of_all)
{
    double factored = mean_regret(FW_CONTROLLER_FACTORED, 6, 2), plain = mean_regret(FW_CONTROLLER_PLAIN, 300, 2);
    ck_assert_msg(factored < 0.02, "factored loses %g", factored);
    ck_assert_msg(plain < 0.05, "plain loses %g", plain);
}
END_TEST

START_TEST(test_controller_policy_comes_down_to_the_budget)
{
    struct bandit bandit;
    struct bandit_options options = easy(4);
    bandit_init(&bandit, &options);
    int64_t budget = half_budget(&bandit) / 2;
    struct fw_controller *controller = create(&bandit, FW_CONTROLLER_FACTORED, budget);
    ck_assert_double_gt(fw_controller_cost(controller), 1.5 * (double)budget);
    run(controller, &bandit, 0, 60, 1, false);
    ck_assert_double_lt(fw_controller_cost(controller), 1.15 * (double)budget);
    ck_assert_double_gt(fw_controller_cost(controller), 0.5 * (double)budget);
    fw_controller_destroy(controller);
}
END_TEST

START_TEST(test_controller_reward_is_the_papers)
{
    ck_assert_double_eq(fw_controller_reward(0.7, 0.5, 90, 100), 0.7);
    ck_assert_double_eq_tol(fw_controller_reward(0.7, 0.5, 150, 100), 0.45, 1e-15);
    ck_assert(isnan(fw_controller_reward(NAN, 0.5, 90, 100)));
}
END_TEST

static void state_of(struct fw_controller *controller, unsigned char *bytes, size_t n)
{
    ck_assert_uint_eq(fw_controller_state_bytes(controller), n);
    fw_controller_save(controller, bytes);
}

START_TEST(test_controller_state_does_not_depend_on_threads)
{
    struct bandit bandit;
    struct bandit_options options = easy(2);
    bandit_init(&bandit, &options);
    for (int mode = 0; mode < 2; mode++) {
        struct fw_controller *one = create(&bandit, (enum fw_controller_mode)mode, half_budget(&bandit));
        size_t n = fw_controller_state_bytes(one);
        unsigned char *expected = fw_alloc_array(NULL, (int64_t)n, 1), *bytes = fw_alloc_array(NULL, (int64_t)n, 1);
        run(one, &bandit, 0, 4, 1, true);
        state_of(one, expected, n);
        fw_controller_destroy(one);
        static const int counts[] = {2, 3, 8};
        for (int i = 0; i < 3; i++) {
            struct fw_controller *many = create(&bandit, (enum fw_controller_mode)mode, half_budget(&bandit));
            run(many, &bandit, 0, 4, counts[i], true);
            state_of(many, bytes, n);
            ck_assert_mem_eq(bytes, expected, n);
            fw_controller_destroy(many);
        }
        fw_free(NULL, bytes);
        fw_free(NULL, expected);
    }
}
END_TEST

START_TEST(test_controller_resumes_bit_for_bit)
{
    struct bandit bandit;
    struct bandit_options options = easy(3);
    bandit_init(&bandit, &options);
    for (int mode = 0; mode < 2; mode++) {
        struct fw_controller *through = create(&bandit, (enum fw_controller_mode)mode, half_budget(&bandit));
        struct fw_controller *resumed = create(&bandit, (enum fw_controller_mode)mode, half_budget(&bandit));
        size_t n = fw_controller_state_bytes(through);
        unsigned char *bytes = fw_alloc_array(NULL, (int64_t)n, 1), *other = fw_alloc_array(NULL, (int64_t)n, 1);
        run(through, &bandit, 0, 11, 1, false); /* past the window: rounds were forgotten */
        state_of(through, bytes, n);
        ck_ok(fw_controller_restore(resumed, bytes, n, err));
        run(through, &bandit, 11, 14, 1, false);
        run(resumed, &bandit, 11, 14, 1, false);
        state_of(through, bytes, n);
        state_of(resumed, other, n);
        ck_assert_mem_eq(bytes, other, n);
        bytes[n / 2] ^= 1;
        ck_assert_int_eq(fw_controller_restore(resumed, bytes, n, NULL), FW_E_CORRUPT);
        ck_assert_int_eq(fw_controller_restore(resumed, bytes, n - 1, NULL), FW_E_CORRUPT);
        struct fw_controller *stranger = create(&bandit, (enum fw_controller_mode)mode, half_budget(&bandit) + 1);
        ck_assert_int_eq(fw_controller_restore(stranger, other, n, NULL), FW_E_CORRUPT);
        fw_controller_destroy(stranger);
        fw_controller_destroy(through);
        fw_controller_destroy(resumed);
        fw_free(NULL, bytes);
        fw_free(NULL, other);
    }
}
END_TEST

START_TEST(test_controller_resumes_with_a_prior_set_on_the_way)
{
    struct bandit bandit;
    struct bandit_options options = easy(3);
    double scale[all_choices];
    bandit_init(&bandit, &options);
    for (int i = 0; i < all_choices; i++)
        scale[i] = 1e-3 * (1 + i % 3);
    struct fw_controller *through = create(&bandit, FW_CONTROLLER_FACTORED, half_budget(&bandit));
    struct fw_controller *resumed = create(&bandit, FW_CONTROLLER_FACTORED, half_budget(&bandit));
    size_t n = fw_controller_state_bytes(through);
    unsigned char *bytes = fw_alloc_array(NULL, (int64_t)n, 1), *other = fw_alloc_array(NULL, (int64_t)n, 1);
    run(through, &bandit, 0, 3, 1, false);
    fw_controller_set_prior(through, bandit.beta, scale);
    state_of(through, bytes, n);
    ck_ok(fw_controller_restore(resumed, bytes, n, err));
    run(through, &bandit, 3, 6, 1, false);
    run(resumed, &bandit, 3, 6, 1, false);
    state_of(through, bytes, n);
    state_of(resumed, other, n);
    ck_assert_mem_eq(bytes, other, n);
    fw_controller_destroy(through);
    fw_controller_destroy(resumed);
    fw_free(NULL, bytes);
    fw_free(NULL, other);
}
END_TEST

START_TEST(test_controller_passes_over_judgings_without_a_number)
{
    struct bandit bandit;
    struct bandit_options options = easy(5);
    int32_t choices[2 * n_decisions] = {0};
    double none[] = {NAN, INFINITY};
    bandit_init(&bandit, &options);
    struct fw_controller *controller = create(&bandit, FW_CONTROLLER_FACTORED, half_budget(&bandit));
    ck_ok(fw_controller_learn_round(controller, choices, none, 2, 1, err));
    ck_ok(fw_controller_learn_one(controller, choices, NAN, 1, err));
    ck_assert_int_eq(fw_controller_lessons(controller), 0);
    ck_assert(isnan(fw_controller_value(controller)));
    run(controller, &bandit, 0, 8, 1, true);
    ck_assert_double_lt(regret(controller, &bandit, half_budget(&bandit), false), 0.05);
    ck_assert_int_eq(fw_controller_learn_round(controller, choices, none, 2, NAN, NULL), FW_E_ARG);
    fw_controller_destroy(controller);
}
END_TEST

START_TEST(test_controller_learns_from_workers_that_do_not_wait)
{
    struct bandit bandit;
    struct bandit_options options = easy(6);
    bandit_init(&bandit, &options);
    for (int mode = 0; mode < 2; mode++) {
        struct fw_controller *controller = create(&bandit, (enum fw_controller_mode)mode, half_budget(&bandit));
        int samples = mode == FW_CONTROLLER_PLAIN ? 4000 : 160, faults = 0;
        /* the order of arrival differs from run to run: only what holds for any is asked */
#pragma omp parallel for schedule(dynamic) num_threads(3) reduction(+ : faults)
        for (int k = 0; k < samples; k++) {
            int32_t choices[n_decisions];
            fw_controller_sample(controller, choices, 0, k);
            faults +=
                fw_controller_learn_one(controller, choices, bandit_judge(&bandit, choices, 0, k), 0.3, NULL) != FW_OK;
        }
        ck_assert_int_eq(faults, 0);
        ck_assert_int_eq(fw_controller_lessons(controller), mode == FW_CONTROLLER_PLAIN ? samples : samples / 16);
        ck_assert_double_lt(regret(controller, &bandit, half_budget(&bandit), mode == FW_CONTROLLER_PLAIN), 0.3);
        fw_controller_destroy(controller);
    }
}
END_TEST

START_TEST(test_controller_warm_start_meets_the_budget)
{
    struct bandit bandit;
    struct bandit_options bandit_options = easy(7);
    struct fw_controller_options options;
    struct fw_controller *controller;
    double mu, scale[all_choices];
    bandit_init(&bandit, &bandit_options);
    for (int i = 0; i < all_choices; i++)
        scale[i] = 1e-3;
    fw_controller_options_default(&options);
    options.budget = half_budget(&bandit);
    options.critic.prior = bandit.beta;
    options.critic.scale = scale;
    ck_ok(fw_controller_create(&controller, &bandit.table, &options, NULL, err));
    ck_ok(fw_controller_warm(controller, &mu, 0.5, err));
    ck_assert_double_gt(mu, 0);
    ck_assert_double_eq_tol(fw_controller_cost(controller) / (double)options.budget, 1, 1e-6);
    ck_assert_double_eq_tol(fw_controller_lambda(controller) * fw_controller_overspend(controller),
                            mu * (double)options.budget, 1e-9);
    ck_assert_double_lt(regret(controller, &bandit, options.budget, false), 1e-9);
    ck_assert_int_eq(fw_controller_warm(controller, NULL, 0, NULL), FW_E_ARG);
    fw_controller_destroy(controller);
    options.budget *= 4;
    ck_ok(fw_controller_create(&controller, &bandit.table, &options, NULL, err));
    ck_ok(fw_controller_warm(controller, &mu, 0.5, err));
    ck_assert_double_eq(mu, 0);
    fw_controller_destroy(controller);
}
END_TEST

START_TEST(test_controller_of_one_choice_stands_still)
{
    int32_t first[] = {0, 1}, choices[] = {0, 0, 0};
    int64_t cost[] = {8}, start[] = {0, 0};
    double quality[] = {0.5, 0.6, 0.7};
    struct fw_choice_table table = {1, 0, first, cost, start, NULL};
    for (int mode = 0; mode < 2; mode++) {
        struct fw_controller_options options;
        struct fw_controller *controller;
        fw_controller_options_default(&options);
        options.mode = (enum fw_controller_mode)mode;
        options.budget = 8;
        ck_ok(fw_controller_create(&controller, &table, &options, NULL, err));
        ck_ok(fw_controller_warm(controller, NULL, 1, err));
        ck_ok(fw_controller_learn_round(controller, choices, quality, 3, 0, err));
        ck_assert_double_eq(fw_controller_probabilities(controller)[0], 1);
        ck_assert_double_eq_tol(fw_controller_value(controller), 0.6, 1e-12);
        fw_controller_destroy(controller);
        options.budget = 7;
        ck_assert_int_eq(fw_controller_create(&controller, &table, &options, NULL, NULL), FW_E_ARG);
    }
}
END_TEST

START_TEST(test_controller_refused_memory_is_an_error_without_leak)
{
    struct bandit bandit;
    struct bandit_options bandit_options = easy(8);
    struct fw_controller_options options;
    bandit_init(&bandit, &bandit_options);
    fw_controller_options_default(&options);
    options.budget = half_budget(&bandit);
    for (int64_t fail = 1; fail <= 4; fail++) {
        struct fw_allocator mem;
        struct fw_controller *controller = NULL;
        fw_allocator_init(&mem, 0);
        mem.fail_at = fail;
        ck_assert_int_eq(fw_controller_create(&controller, &bandit.table, &options, &mem, NULL), FW_E_NOMEM);
        ck_assert_ptr_null(controller);
        ck_assert_uint_eq(mem.used, 0);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("controller");
    TCase *cases = tcase_create("controller");
    tcase_add_test(cases, test_controller_factored_needs_far_fewer_samples_than_plain);
    tcase_add_test(cases, test_controller_without_pressure_takes_the_best_of_all);
    tcase_add_test(cases, test_controller_policy_comes_down_to_the_budget);
    tcase_add_test(cases, test_controller_reward_is_the_papers);
    tcase_add_test(cases, test_controller_state_does_not_depend_on_threads);
    tcase_add_test(cases, test_controller_resumes_bit_for_bit);
    tcase_add_test(cases, test_controller_resumes_with_a_prior_set_on_the_way);
    tcase_add_test(cases, test_controller_passes_over_judgings_without_a_number);
    tcase_add_test(cases, test_controller_learns_from_workers_that_do_not_wait);
    tcase_add_test(cases, test_controller_warm_start_meets_the_budget);
    tcase_add_test(cases, test_controller_of_one_choice_stands_still);
    tcase_add_test(cases, test_controller_refused_memory_is_an_error_without_leak);
    suite_add_tcase(suite, cases);
    return suite;
}
