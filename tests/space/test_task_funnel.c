#include <math.h>
#include <stdio.h>

#include "support/task_tables.h"
#include "support/test_main.h"

static struct fw_task_synth_options funnel_options(int64_t rows, uint64_t seed)
{
    struct fw_task_synth_options options;
    fw_task_synth_options_init(&options, FW_TASK_SYNTH_FUNNEL);
    options.rows = rows;
    options.seed = seed;
    return options;
}

/* Sums over the rows of a table with its truth, of all and of those with a high true_ctr. */
struct sums {
    double clicks, buys, ctr, cvr, cvr_clicked, ctcvr;
};

static struct sums sums_of(const struct grid *grid, double least_ctr)
{
    int64_t ctr = grid_find(grid, "true_ctr");
    int64_t cvr = grid_find(grid, "true_cvr");
    struct sums s = {0};
    for (int64_t r = 0; r < grid->rows; r++) {
        double click = grid_at(grid, r, 0);
        double buy = grid_at(grid, r, 1);
        if (buy > click)
            ck_abort_msg("row %lld was bought without a click", (long long)r);
        if (grid_at(grid, r, ctr) < least_ctr)
            continue;
        s.clicks += click;
        s.buys += buy;
        s.ctr += grid_at(grid, r, ctr);
        s.cvr += grid_at(grid, r, cvr);
        s.cvr_clicked += click * grid_at(grid, r, cvr);
        s.ctcvr += grid_at(grid, r, ctr) * grid_at(grid, r, cvr);
    }
    return s;
}

START_TEST(test_task_funnel_labels_follow_the_true_probabilities)
{
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct fw_task_synth_options options = funnel_options(60000, seed);
        ck_ok(fw_task_synth_set(&options, "truth-columns", NULL, err));
        struct task_table table = task_table_of(&options);
        double rows = (double)options.rows;
        struct sums all = sums_of(&table.grid, 0);
        struct sums high = sums_of(&table.grid, 0.2);
        ck_assert_double_eq_tol(all.clicks / rows, 0.05, 0.004);
        ck_assert_double_eq_tol(all.buys / all.clicks, 0.1, 0.025);
        ck_assert_double_eq_tol(all.clicks, all.ctr, 4 * sqrt(all.ctr));
        ck_assert_double_eq_tol(high.clicks, high.ctr, 4 * sqrt(high.ctr));
        ck_assert_double_eq_tol(high.buys, high.ctcvr, 4 * sqrt(high.ctcvr));
        ck_assert_double_eq_tol(all.cvr / rows, task_truth(&table, "mean_cvr"), 0.002);
        ck_assert_double_eq_tol(all.cvr_clicked / all.clicks, task_truth(&table, "mean_cvr_clicked"), 0.015);
        task_table_clear(&table);
    }
}
END_TEST

START_TEST(test_task_funnel_clicked_rows_are_unlike_all_as_far_as_asked_for)
{
    double divergence[3];
    static const double bias[] = {0, 1, 2};
    for (int i = 0; i < 3; i++) {
        struct fw_task_synth_options options = funnel_options(2000, 7);
        options.funnel.bias = bias[i];
        struct task_table table = task_table_of(&options);
        divergence[i] = task_truth(&table, "clicked_divergence");
        double everywhere = task_truth(&table, "mean_cvr");
        double clicked = task_truth(&table, "mean_cvr_clicked");
        ck_assert_double_eq_tol(clicked, 0.1, 1e-6);
        ck_assert(i == 0 ? fabs(clicked - everywhere) < 1e-6 : everywhere < 0.8 * clicked);
        task_table_clear(&table);
    }
    ck_assert_double_eq_tol(divergence[0], 0, 1e-6);
    ck_assert_double_gt(divergence[1], 0.2);
    ck_assert_double_gt(divergence[2], 2 * divergence[1]);
}
END_TEST

START_TEST(test_task_funnel_effects_are_shared_as_asked_for)
{
    static const double relatedness[] = {-0.5, 0.6, 1};
    for (int i = 0; i < 3; i++) {
        struct fw_task_synth_options options = funnel_options(100, 3);
        options.funnel.relatedness = relatedness[i];
        struct task_table table = task_table_of(&options);
        ck_assert_double_eq_tol(task_truth(&table, "logit_correlation"), relatedness[i], 0.05);
        ck_assert_int_eq(table.grid.columns, 9);
        task_table_clear(&table);
    }
}
END_TEST

START_TEST(test_task_funnel_same_bytes_for_any_number_of_threads)
{
    struct fw_task_synth_options options = funnel_options(9000, 5);
    options.funnel.truth_columns = true;
    assert_same_for_any_threads(&options, 4500);
}
END_TEST

START_TEST(test_task_funnel_refuses_bad_options)
{
    enum fw_task_synth_kind kind = FW_TASK_SYNTH_FUNNEL;
    assert_task_option_refused(kind, "users", "2", "takes 3 to");
    assert_task_option_refused(kind, "click-rate", "0", "click-rate is 0");
    assert_task_option_refused(kind, "bias", "-1", "takes 0 to 100");
    assert_task_option_refused(kind, "truth-columns", "yes", "no value");
    assert_task_option_refused(kind, "positions", "10", "no option 'positions'");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("task_funnel");
    TCase *cases = tcase_create("task_funnel");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_task_funnel_labels_follow_the_true_probabilities);
    tcase_add_test(cases, test_task_funnel_clicked_rows_are_unlike_all_as_far_as_asked_for);
    tcase_add_test(cases, test_task_funnel_effects_are_shared_as_asked_for);
    tcase_add_test(cases, test_task_funnel_same_bytes_for_any_number_of_threads);
    tcase_add_test(cases, test_task_funnel_refuses_bad_options);
    suite_add_tcase(suite, cases);
    return suite;
}
