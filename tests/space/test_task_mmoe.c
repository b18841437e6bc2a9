#include <math.h>

#include "support/task_tables.h"
#include "support/test_main.h"

START_TEST(test_task_mmoe_label_correlation_follows_the_published_curve)
{
    static const double curve[][2] = {{0.5, 0.074}, {0.9, 0.305}, {1, 0.997}};
    for (int i = 0; i < 3; i++) {
        double on_rows = 0;
        double said = 0;
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct fw_task_synth_options options;
            fw_task_synth_options_init(&options, FW_TASK_SYNTH_MMOE);
            options.mmoe.relatedness = curve[i][0];
            options.mmoe.dimension = 20;
            options.seed = seed;
            struct task_table table = task_table_of(&options);
            on_rows += grid_correlation(&table.grid, 0, 1) / 3;
            said = task_truth(&table, "label_correlation");
            ck_assert_double_eq_tol(task_truth(&table, "weight_cosine"), curve[i][0], 1e-12);
            task_table_clear(&table);
        }
        ck_assert_double_eq_tol(on_rows, curve[i][1], 0.03);
        ck_assert_double_eq_tol(said, curve[i][1], 0.01);
    }
}
END_TEST

START_TEST(test_task_mmoe_variances_are_those_of_the_truth)
{
    struct fw_task_synth_options options;
    fw_task_synth_options_init(&options, FW_TASK_SYNTH_MMOE);
    ck_ok(fw_task_synth_set(&options, "noise-variance", "0.5", err));
    ck_ok(fw_task_synth_set(&options, "dimension", "3", err));
    ck_ok(fw_task_synth_set(&options, "rows", "40000", err));
    struct task_table table = task_table_of(&options);
    ck_assert_int_eq(table.grid.columns, 5);
    for (int64_t t = 0; t < 2; t++) {
        double mean = grid_mean(&table.grid, t);
        double square = 0;
        for (int64_t r = 0; r < table.grid.rows; r++)
            square += (grid_at(&table.grid, r, t) - mean) * (grid_at(&table.grid, r, t) - mean);
        ck_assert_double_eq_tol(square / (double)table.grid.rows, task_truth(&table, "label_variance"), 0.06);
    }
    ck_assert_double_eq(task_truth(&table, "best_mse"), 0.5);
    for (int64_t c = 2; c < 5; c++)
        ck_assert_double_eq_tol(grid_mean(&table.grid, c), 0, 0.03);
    task_table_clear(&table);
}
END_TEST

START_TEST(test_task_mmoe_without_noise_both_tasks_of_one_direction_are_equal)
{
    struct fw_task_synth_options options;
    fw_task_synth_options_init(&options, FW_TASK_SYNTH_MMOE);
    options.rows = 200;
    options.mmoe = (struct fw_mmoe_synth){.dimension = 7, .relatedness = 1, .scale = 1, .noise_variance = 0};
    struct task_table table = task_table_of(&options);
    for (int64_t r = 0; r < table.grid.rows; r++)
        ck_assert_double_eq(grid_at(&table.grid, r, 0), grid_at(&table.grid, r, 1));
    ck_assert_double_eq_tol(task_truth(&table, "label_correlation"), 1, 1e-12);
    task_table_clear(&table);
}
END_TEST

START_TEST(test_task_mmoe_same_bytes_for_any_number_of_threads)
{
    struct fw_task_synth_options options;
    fw_task_synth_options_init(&options, FW_TASK_SYNTH_MMOE);
    options.rows = 9000;
    options.mmoe.dimension = 5;
    assert_same_for_any_threads(&options, 4500);
}
END_TEST

START_TEST(test_task_mmoe_refuses_bad_options)
{
    assert_task_option_refused(FW_TASK_SYNTH_MMOE, "relatedness", "1.5", "takes -1 to 1");
    assert_task_option_refused(FW_TASK_SYNTH_MMOE, "dimension", "1", "dimension is 1");
    assert_task_option_refused(FW_TASK_SYNTH_MMOE, "dimension", "many", "a whole number");
    assert_task_option_refused(FW_TASK_SYNTH_MMOE, "rows", "0", "rows is 0");
    assert_task_option_refused(FW_TASK_SYNTH_MMOE, "seed", "-1", "from 0 up");
    assert_task_option_refused(FW_TASK_SYNTH_MMOE, "groups", "2", "no option 'groups'; it has seed, rows, dimension");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("task_mmoe");
    TCase *cases = tcase_create("task_mmoe");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_task_mmoe_label_correlation_follows_the_published_curve);
    tcase_add_test(cases, test_task_mmoe_variances_are_those_of_the_truth);
    tcase_add_test(cases, test_task_mmoe_without_noise_both_tasks_of_one_direction_are_equal);
    tcase_add_test(cases, test_task_mmoe_same_bytes_for_any_number_of_threads);
    tcase_add_test(cases, test_task_mmoe_refuses_bad_options);
    suite_add_tcase(suite, cases);
    return suite;
}
