#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/task_tables.h"
#include "support/test_main.h"

static struct fw_task_synth_options lists_options(int64_t rows, uint64_t seed)
{
    struct fw_task_synth_options options;
    fw_task_synth_options_init(&options, FW_TASK_SYNTH_EXAMINATION);
    options.rows = rows;
    options.seed = seed;
    options.examination.truth_columns = true;
    return options;
}

START_TEST(test_task_examination_clicks_are_seen_by_position)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct fw_task_synth_options options = lists_options(60000, seed);
        struct task_table table = task_table_of(&options);
        double clicks[10] = {0};
        double relevance[10] = {0};
        int64_t truth = grid_find(&table.grid, "true_relevance");
        for (int64_t r = 0; r < table.grid.rows; r++) {
            int k = (int)grid_at(&table.grid, r, 1) - 1;
            clicks[k] += grid_at(&table.grid, r, 0);
            relevance[k] += grid_at(&table.grid, r, truth);
        }
        for (int k = 0; k < 10; k++) {
            char path[64];
            double expected = relevance[k] / (k + 1);
            ck_assert_double_eq_tol(clicks[k], expected, 4 * sqrt(expected));
            snprintf(path, sizeof path, "seen.%d", k);
            ck_assert_double_eq_tol(task_truth(&table, path), 1.0 / (k + 1), 1e-12);
            snprintf(path, sizeof path, "mean_relevance.%d", k);
            ck_assert_double_eq_tol(task_truth(&table, path), relevance[k] / 6000, 0.02);
        }
        ck_assert_double_eq_tol(grid_mean(&table.grid, truth), 0.2, 0.02);
        task_table_clear(&table);
    }
}
END_TEST

START_TEST(test_task_examination_ranks_by_relevance_as_far_as_asked_for)
{
    static const double confounding[] = {0, 0.7, 1};
    double top[3];
    for (int i = 0; i < 3; i++) {
        struct fw_task_synth_options options = lists_options(4000, 2);
        options.examination.confounding = confounding[i];
        struct task_table table = task_table_of(&options);
        top[i] = task_truth(&table, "mean_relevance.0") - task_truth(&table, "mean_relevance.9");
        int64_t truth = grid_find(&table.grid, "true_relevance");
        int64_t risen = 0; /* rows more relevant than the one above them */
        for (int64_t r = 0; r < table.grid.rows; r++)
            risen += r % 10 > 0 && grid_at(&table.grid, r, truth) > grid_at(&table.grid, r - 1, truth);
        ck_assert(confounding[i] == 1 ? risen == 0 : risen > 1000);
        task_table_clear(&table);
    }
    ck_assert_double_eq_tol(top[0], 0, 0.01);
    ck_assert_double_gt(top[1], 0.15);
    ck_assert_double_gt(top[2], top[1]);
}
END_TEST

START_TEST(test_task_examination_lists_hold_different_items_at_all_positions)
{
    struct fw_task_synth_options options = lists_options(5003, 4);
    options.examination.shown.items = 12; /* nearly all of them in each list */
    options.examination.shown.power = 1.5;
    struct task_table table = task_table_of(&options);
    bool at[12][10] = {0};
    int64_t item = grid_find(&table.grid, "item");
    int64_t user = grid_find(&table.grid, "user");
    for (int64_t r = 0; r < table.grid.rows; r++) {
        for (int64_t above = r - r % 10; above < r; above++) {
            if (grid_at(&table.grid, above, item) == grid_at(&table.grid, r, item))
                ck_abort_msg("an item twice in the list of row %lld", (long long)r);
            if (grid_at(&table.grid, above, user) != grid_at(&table.grid, r, user))
                ck_abort_msg("two users in the list of row %lld", (long long)r);
        }
        at[(int)grid_at(&table.grid, r, item)][r % 10] = true;
    }
    int places = 0;
    for (int i = 0; i < 120; i++)
        places += at[i / 10][i % 10];
    ck_assert_int_ge(places, 110);
    task_table_clear(&table);
}
END_TEST

START_TEST(test_task_examination_takes_a_curve)
{
    struct fw_task_synth_options options = lists_options(1000, 1);
    ck_ok(fw_task_synth_set(&options, "curve", "0.9,0.2,0.4", err));
    ck_ok(fw_task_synth_set(&options, "positions", "3", err));
    struct task_table table = task_table_of(&options);
    ck_assert_double_eq(task_truth(&table, "seen.1"), 0.2);
    ck_assert_double_eq(task_truth(&table, "options.curve.2"), 0.4);
    task_table_clear(&table);
}
END_TEST

START_TEST(test_task_examination_same_bytes_for_any_number_of_threads)
{
    struct fw_task_synth_options options = lists_options(9000, 5); /* blocks end within lists */
    assert_same_for_any_threads(&options, 4503);
}
END_TEST

START_TEST(test_task_examination_refuses_bad_options)
{
    enum fw_task_synth_kind kind = FW_TASK_SYNTH_EXAMINATION;
    assert_task_option_refused(kind, "curve", "1,0.5", "a value for each position");
    assert_task_option_refused(kind, "curve", "1,0", "curve is 0");
    assert_task_option_refused(kind, "items", "9", "as many different items");
    assert_task_option_refused(kind, "positions", "1", "takes 2 to 100");
    assert_task_option_refused(kind, "confounding", "1.1", "takes 0 to 1");
    assert_task_option_refused(kind, "numeric", "2", "no option 'numeric'");
    struct fw_task_synth_options options = lists_options(10, 1);
    struct fw_error error = {0};
    char *text = NULL;
    size_t size = 0;
    ck_ok(fw_task_synth_set(&options, "curve", "1,1,1,1,1,1,1,1,1,1", err));
    options.examination.decay = 2;
    ck_assert_int_eq(fw_task_synth_text(&text, &size, NULL, &options, 1, NULL, &error), FW_E_ARG);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("task_examination");
    TCase *cases = tcase_create("task_examination");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_task_examination_clicks_are_seen_by_position);
    tcase_add_test(cases, test_task_examination_ranks_by_relevance_as_far_as_asked_for);
    tcase_add_test(cases, test_task_examination_lists_hold_different_items_at_all_positions);
    tcase_add_test(cases, test_task_examination_takes_a_curve);
    tcase_add_test(cases, test_task_examination_same_bytes_for_any_number_of_threads);
    tcase_add_test(cases, test_task_examination_refuses_bad_options);
    suite_add_tcase(suite, cases);
    return suite;
}
