#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/task_tables.h"
#include "support/test_main.h"

static struct fw_task_synth_options tasks_options(int64_t rows, uint64_t seed)
{
    struct fw_task_synth_options options;
    memset(&options, 0xA5, sizeof options);
    fw_task_synth_options_init(&options, FW_TASK_SYNTH_TASKS);
    options.rows = rows;
    options.seed = seed;
    return options;
}

static double cosine(const struct task_table *table, int a, int b, int features)
{
    double sum = 0;
    for (int f = 0; f < features; f++) {
        char path[2][64];
        snprintf(path[0], sizeof path[0], "tasks.%d.weights.%d", a, f);
        snprintf(path[1], sizeof path[1], "tasks.%d.weights.%d", b, f);
        sum += task_truth(table, path[0]) * task_truth(table, path[1]);
    }
    return sum;
}

START_TEST(test_task_groups_share_what_the_truth_says)
{
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct fw_task_synth_options options = tasks_options(20000, seed);
        ck_ok(fw_task_synth_set(&options, "groups", "3,2,1", err));
        options.tasks.relatedness = 0.8;
        struct task_table table = task_table_of(&options);
        static const int group[] = {1, 1, 1, 2, 2, 3};
        for (int a = 0; a < 6; a++) {
            ck_assert_double_eq_tol(cosine(&table, a, a, 4), 1, 1e-9);
            ck_assert_double_eq_tol(grid_mean(&table.grid, a), 0.3, 0.02);
            for (int b = 0; b < a; b++) {
                char path[64];
                snprintf(path, sizeof path, "tasks.%d.logit_correlations.%d", a, b);
                bool related = group[a] == group[b];
                ck_assert_double_eq_tol(task_truth(&table, path), related ? 0.8 : 0, 0.03);
                double labels = grid_correlation(&table.grid, a, b);
                ck_assert_msg(related ? labels > 0.2 : fabs(labels) < 0.03, "%d, %d: %g", a, b, labels);
                if (related)
                    ck_assert_double_eq_tol(cosine(&table, a, b, 4), 0.8, 1e-9);
            }
        }
        task_table_clear(&table);
    }
}
END_TEST

START_TEST(test_task_groups_strength_zero_leaves_nothing_to_learn)
{
    struct fw_task_synth_options options = tasks_options(20000, 3);
    options.tasks.strength = 0;
    options.tasks.positive_rate = 0.1;
    struct task_table table = task_table_of(&options);
    ck_assert_double_eq_tol(task_truth(&table, "tasks.0.best_auc"), 0.5, 1e-9);
    ck_assert_double_eq_tol(task_truth(&table, "tasks.0.best_logloss"), 0.32508, 1e-4);
    ck_assert_double_eq_tol(grid_mean(&table.grid, 0), 0.1, 0.01);
    ck_assert_double_eq_tol(grid_correlation(&table.grid, 0, 1), 0, 0.03);
    task_table_clear(&table);
}
END_TEST

/* Of one input and one tanh the true order of rows is known, up to its direction. */
START_TEST(test_task_groups_best_auc_is_reached_by_the_true_feature)
{
    struct fw_task_synth_options options = tasks_options(20000, 4);
    ck_ok(fw_task_synth_set(&options, "groups", "1", err));
    options.tasks.numeric = 1;
    options.tasks.features = 1; /* tanh(1.5 x), or of -x */
    struct task_table table = task_table_of(&options);
    int64_t positives = 0;
    double won = 0;
    for (int64_t r = 0; r < 3000; r++)
        positives += grid_at(&table.grid, r, 0) == 1;
    for (int64_t a = 0; a < 3000; a++) {
        for (int64_t b = 0; b < 3000; b++) {
            if (grid_at(&table.grid, a, 0) == 1 && grid_at(&table.grid, b, 0) == 0)
                won += grid_at(&table.grid, a, 1) > grid_at(&table.grid, b, 1);
        }
    }
    double auc = won / (double)(positives * (3000 - positives));
    ck_assert_double_eq_tol(fmax(auc, 1 - auc), task_truth(&table, "tasks.0.best_auc"), 0.02);
    ck_assert_double_gt(task_truth(&table, "tasks.0.best_auc"), 0.8);
    task_table_clear(&table);
}
END_TEST

START_TEST(test_task_groups_labels_and_categories)
{
    struct fw_task_synth_options options = tasks_options(20000, 5);
    ck_ok(fw_task_synth_set(&options, "groups", "2,1", err));
    ck_ok(fw_task_synth_set(&options, "labelled", "1,0.5,0.1", err));
    options.tasks.numeric = 2;
    options.tasks.categorical = 2;
    options.tasks.cardinality = 10;
    struct task_table table = task_table_of(&options);
    static const double shares[] = {1, 0.5, 0.1};
    for (int t = 0; t < 3; t++) {
        char path[64];
        int64_t labelled = 0;
        snprintf(path, sizeof path, "tasks.%d.labelled_rows", t);
        for (int64_t r = 0; r < table.grid.rows; r++)
            labelled += !isnan(grid_at(&table.grid, r, t));
        ck_assert_double_eq((double)labelled, task_truth(&table, path));
        ck_assert_double_eq_tol((double)labelled / 20000, shares[t], 0.01);
        ck_assert_double_eq_tol(grid_mean(&table.grid, t), 0.3, 0.04);
    }
    ck_assert_int_eq(grid_find(&table.grid, "c2"), 6);
    ck_assert_double_lt(grid_mean(&table.grid, 5), 3.5); /* a power law: mostly the first values */
    task_table_clear(&table);
}
END_TEST

START_TEST(test_task_groups_same_bytes_for_any_number_of_threads)
{
    struct fw_task_synth_options options = tasks_options(9000, 1);
    options.tasks.numeric = 4;
    options.tasks.categorical = 1;
    ck_ok(fw_task_synth_set(&options, "groups", "2", err));
    ck_ok(fw_task_synth_set(&options, "labelled", "1,0.3", err));
    assert_same_for_any_threads(&options, 4500);
}
END_TEST

START_TEST(test_task_groups_refuses_bad_options)
{
    enum fw_task_synth_kind kind = FW_TASK_SYNTH_TASKS;
    assert_task_option_refused(kind, "groups", "2,1.5", "whole number");
    assert_task_option_refused(kind, "groups", "5", "at least as many features");
    assert_task_option_refused(kind, "groups", "2,,1", "numbers with commas");
    assert_task_option_refused(kind, "groups", "0", "takes 1 to 64");
    assert_task_option_refused(kind, "labelled", "1,1", "one for each of the 5 tasks");
    assert_task_option_refused(kind, "labelled", "0", "labelled is 0");
    assert_task_option_refused(kind, "numeric", "0", "at least one input");
    assert_task_option_refused(kind, "relatedness", "-0.5", "takes 0 to 1");
    assert_task_option_refused(kind, "decay", "1", "no option 'decay'");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("task_groups");
    TCase *cases = tcase_create("task_groups");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_task_groups_share_what_the_truth_says);
    tcase_add_test(cases, test_task_groups_strength_zero_leaves_nothing_to_learn);
    tcase_add_test(cases, test_task_groups_best_auc_is_reached_by_the_true_feature);
    tcase_add_test(cases, test_task_groups_labels_and_categories);
    tcase_add_test(cases, test_task_groups_same_bytes_for_any_number_of_threads);
    tcase_add_test(cases, test_task_groups_refuses_bad_options);
    suite_add_tcase(suite, cases);
    return suite;
}
