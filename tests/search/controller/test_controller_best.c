#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "search/controller/controller_best.h"
#include "support/test_main.h"

enum { most_decisions = 6, most_choices = 5, n_tables = 600 };

struct random_table {
    struct fw_choice_table table;
    int32_t first[most_decisions + 1];
    int64_t cost[most_decisions * most_choices];
    int64_t feature_start[most_decisions * most_choices + 1];
    double worth[most_decisions * most_choices];
    int64_t budget;
};

/* Costs and worths without any order, some equal, some worths below 0; a budget between all and nothing. */
static void fill(struct random_table *t, uint64_t seed)
{
    struct fw_rng rng;
    memset(t, 0, sizeof *t);
    fw_rng_seed(&rng, seed, fw_stream(3, 0, FW_STREAM_TEST));
    int32_t n = 1 + (int32_t)fw_rng_below(&rng, most_decisions);
    for (int32_t d = 0; d < n; d++) {
        t->first[d + 1] = t->first[d] + 1 + (int32_t)fw_rng_below(&rng, most_choices);
        for (int32_t c = t->first[d]; c < t->first[d + 1]; c++) {
            t->cost[c] = (int64_t)fw_rng_below(&rng, seed % 2 == 0 ? 12 : 100000);
            t->worth[c] = seed % 3 == 0 ? (double)fw_rng_below(&rng, 5) : fw_rng_normal(&rng);
        }
    }
    t->table = (struct fw_choice_table){n, 0, t->first, t->cost, t->feature_start, NULL};
    int64_t all = 0, least = fw_choice_table_least(&t->table);
    for (int32_t d = 0; d < n; d++) {
        int64_t most = 0;
        for (int32_t c = t->first[d]; c < t->first[d + 1]; c++)
            most = t->cost[c] > most ? t->cost[c] : most;
        all += most;
    }
    t->budget = least + (int64_t)(fw_rng_uniform(&rng) * (double)(all - least));
}

/* The optimum by trying everything. */
static double brute_force(const struct random_table *t)
{
    int32_t choices[most_decisions] = {0}, n = t->table.n_decisions, d = 0;
    double best = -INFINITY;
    while (d < n) {
        if (fw_choice_table_cost(&t->table, choices) <= t->budget)
            best = fmax(best, fw_controller_total(&t->table, t->worth, choices));
        for (d = 0; d < n && ++choices[d] == t->first[d + 1] - t->first[d]; d++)
            choices[d] = 0;
    }
    return best;
}

START_TEST(test_controller_best_is_nearly_always_the_optimum_and_always_fits)
{
    int optimal = 0;
    for (uint64_t seed = 0; seed < n_tables; seed++) {
        struct random_table t;
        int32_t choices[most_decisions];
        fill(&t, seed);
        ck_ok(fw_controller_best(choices, &t.table, t.worth, t.budget, NULL, err));
        ck_assert_int_le(fw_choice_table_cost(&t.table, choices), t.budget);
        double best = brute_force(&t), widest = 0;
        for (int32_t d = 0; d < t.table.n_decisions; d++) {
            double low = INFINITY, high = -INFINITY;
            for (int32_t c = t.first[d]; c < t.first[d + 1]; c++) {
                low = fmin(low, t.worth[c]);
                high = fmax(high, t.worth[c]);
            }
            widest = fmax(widest, high - low);
        }
        double gap = best - fw_controller_total(&t.table, t.worth, choices);
        optimal += gap <= 1e-9;
        /* one step up a hull is the most that can be lost */
        ck_assert_double_ge(gap, -1e-9);
        ck_assert_double_le(gap, widest + 1e-9);
    }
    ck_assert_int_ge(optimal, n_tables * 97 / 100);
}
END_TEST

START_TEST(test_controller_best_repair_fits_and_beats_the_cheapest)
{
    for (uint64_t seed = 0; seed < n_tables; seed++) {
        struct random_table t;
        int32_t choices[most_decisions], before[most_decisions];
        struct fw_rng rng;
        fill(&t, seed);
        fw_rng_seed(&rng, seed, fw_stream(4, 0, FW_STREAM_TEST));
        for (int32_t d = 0; d < t.table.n_decisions; d++)
            choices[d] = (int32_t)fw_rng_below(&rng, (uint64_t)(t.first[d + 1] - t.first[d]));
        memcpy(before, choices, sizeof before);
        bool fits = fw_choice_table_cost(&t.table, choices) <= t.budget;
        ck_ok(fw_controller_repair(choices, &t.table, t.worth, t.budget, NULL, err));
        ck_assert_int_le(fw_choice_table_cost(&t.table, choices), t.budget);
        if (fits)
            ck_assert_mem_eq(choices, before, (size_t)t.table.n_decisions * sizeof *before);
        ck_assert_double_le(fw_controller_total(&t.table, t.worth, choices), brute_force(&t) + 1e-9);
    }
}
END_TEST

START_TEST(test_controller_best_repair_takes_the_least_loss)
{
    /* two bytes too many: decision 1 gives them up for 0.1, decision 0 for 5 */
    int32_t first[] = {0, 2, 4}, choices[] = {1, 1};
    int64_t cost[] = {0, 10, 8, 10}, start[5] = {0};
    double worth[] = {0, 5, 0, 0.1};
    struct fw_choice_table table = {2, 0, first, cost, start, NULL};
    ck_ok(fw_controller_repair(choices, &table, worth, 18, NULL, err));
    ck_assert_int_eq(choices[0], 1);
    ck_assert_int_eq(choices[1], 0);
}
END_TEST

START_TEST(test_controller_best_of_equals_is_the_cheaper)
{
    int32_t first[] = {0, 3}, choices[1];
    int64_t cost[] = {9, 4, 6}, start[4] = {0};
    double worth[] = {1, 1, 1};
    struct fw_choice_table table = {1, 0, first, cost, start, NULL};
    ck_ok(fw_controller_best(choices, &table, worth, 100, NULL, err));
    ck_assert_int_eq(choices[0], 1);
}
END_TEST

START_TEST(test_controller_best_refuses_what_cannot_be)
{
    int32_t first[] = {0, 1}, choices[] = {0};
    int64_t cost[] = {7}, start[2] = {0};
    double worth[] = {1};
    struct fw_choice_table table = {1, 0, first, cost, start, NULL};
    struct fw_error error = {0};
    ck_assert_int_eq(fw_controller_best(choices, &table, worth, 6, NULL, &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "7"));
    ck_assert_int_eq(fw_controller_repair(choices, &table, worth, 6, NULL, NULL), FW_E_ARG);
    ck_ok(fw_controller_best(choices, &table, worth, 7, NULL, err));
    worth[0] = NAN;
    ck_assert_int_eq(fw_controller_best(choices, &table, worth, 7, NULL, NULL), FW_E_ARG);
    worth[0] = 1;
    for (int64_t fail = 1; fail <= 2; fail++) {
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        mem.fail_at = fail;
        ck_assert_int_eq(fw_controller_best(choices, &table, worth, 7, &mem, NULL), FW_E_NOMEM);
        ck_assert_uint_eq(mem.used, 0);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("controller_best");
    TCase *cases = tcase_create("controller_best");
    tcase_add_test(cases, test_controller_best_is_nearly_always_the_optimum_and_always_fits);
    tcase_add_test(cases, test_controller_best_repair_fits_and_beats_the_cheapest);
    tcase_add_test(cases, test_controller_best_repair_takes_the_least_loss);
    tcase_add_test(cases, test_controller_best_of_equals_is_the_cheaper);
    tcase_add_test(cases, test_controller_best_refuses_what_cannot_be);
    suite_add_tcase(suite, cases);
    return suite;
}
