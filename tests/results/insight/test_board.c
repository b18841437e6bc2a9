#include "results/insight/board.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "results/insight/pareto.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

enum { n_trials = 400 };

/* What was stored, for answers by the definition. */
static double objectives[n_trials], loglosses[n_trials], sizes[n_trials];

/* A study of random trials between two others; every seventh failed, some have no logloss. */
static void fill(struct fw_store *store)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 5, fw_stream(0, 0, FW_STREAM_TEST));
    for (uint64_t s = 1; s <= 3; s++) {
        struct fw_trial_record records[n_trials];
        struct fw_metric metrics[n_trials][4];
        static char candidates[n_trials][32];
        struct fw_trial_log log = fw_store_trial_log(store);
        int64_t study = sample_open_study(store, s);
        for (int i = 0; i < n_trials; i++) {
            snprintf(candidates[i], sizeof candidates[i], "{\"i\":%d}", i);
            objectives[i] = (double)fw_rng_below(&rng, 50) / 64;
            loglosses[i] = i % 5 == 0 ? (double)NAN : (double)fw_rng_below(&rng, 50) / 64;
            sizes[i] = (double)(1 + fw_rng_below(&rng, 50));
            metrics[i][0] = (struct fw_metric){"best_curve", 0, (double)i};
            metrics[i][1] = (struct fw_metric){"curve", 1, -1};
            metrics[i][2] = (struct fw_metric){"curve", 2, -2};
            metrics[i][3] = (struct fw_metric){"logloss", i % 2 == 0 ? 0 : 3, loglosses[i]};
            records[i] = sample_trial((uint64_t)i + 1, candidates[i], objectives[i]);
            records[i].bytes = (int64_t)sizes[i];
            records[i].metrics = metrics[i];
            records[i].n_metrics = isnan(loglosses[i]) ? 3 : 4;
            if (i % 7 == 6) {
                records[i].state = FW_TRIAL_FAILED;
                objectives[i] = (double)NAN; /* takes no part */
            }
        }
        ck_ok(log.vtable->add_trials(log.self, study, records, n_trials, err));
    }
}

static struct fw_store *store;
static int64_t study;

static void set_up(void)
{
    scratch_make();
    store = sample_store(scratch_path("fieldwise.db"));
    fill(store);
    study = 3; /* whose figures are in the arrays */
}

static void tear_down(void)
{
    fw_store_close(store);
    scratch_remove();
}

START_TEST(test_board_ranks_by_a_metric)
{
    const struct fw_board_figure figures[] = {{"logloss", false}, {"objective", true}, {"bytes", false}};
    struct fw_board_options options = {.study = study, .figures = figures, .n_figures = 3, .n_ranking = 1};
    struct fw_board board;
    ck_ok(fw_board_query(&board, store, &options, err));
    int64_t expected = 0;
    for (int i = 0; i < n_trials; i++)
        expected += !isnan(objectives[i]) && !isnan(loglosses[i]);
    ck_assert_int_eq(board.trials.n, expected);
    ck_assert_int_eq(board.n_ranked, expected);
    for (int64_t r = 0; r < board.trials.n; r++) {
        int64_t i = board.trials.rows[r].record.number - 1;
        ck_assert(board.values[3 * r] == loglosses[i]);
        ck_assert(board.values[3 * r + 1] == objectives[i]);
        ck_assert(board.values[3 * r + 2] == sizes[i]);
        if (r > 0)
            ck_assert(board.values[3 * (r - 1)] <= board.values[3 * r]);
    }
    fw_board_clear(&board);
    options.top = 3;
    ck_ok(fw_board_query(&board, store, &options, err));
    ck_assert_int_eq(board.trials.n, 3);
    fw_board_clear(&board);
}
END_TEST

/* By the objective an index answers; the same trials come from the plain way. */
START_TEST(test_board_by_the_objective_is_that_of_the_index)
{
    const struct fw_board_figure figures[] = {{"objective", true}, {"bytes", false}};
    struct fw_board_options options = {.study = study, .figures = figures, .n_figures = 2, .n_ranking = 1, .top = 20};
    struct fw_board board;
    ck_ok(fw_board_query(&board, store, &options, err));
    ck_assert_int_eq(board.trials.n, 20);
    double best = -1;
    for (int i = 0; i < n_trials; i++)
        best = fmax(best, objectives[i]);
    ck_assert(board.values[0] == best);
    for (int64_t r = 1; r < board.trials.n; r++)
        ck_assert(board.values[2 * (r - 1)] >= board.values[2 * r]);
    fw_board_clear(&board);
}
END_TEST

START_TEST(test_board_front_is_that_of_the_definition)
{
    const struct fw_board_figure figures[] = {{"objective", true}, {"bytes", false}, {"logloss", false}};
    const bool maximise[] = {true, false, false};
    struct fw_board_options options = {.study = study, .figures = figures, .n_figures = 3, .n_ranking = 3};
    struct fw_board board;
    double values[n_trials * 3];
    int64_t front[n_trials];
    int64_t n;
    for (int i = 0; i < n_trials; i++) {
        values[3 * i] = objectives[i];
        values[3 * i + 1] = sizes[i];
        values[3 * i + 2] = loglosses[i];
    }
    ck_ok(fw_pareto_front(front, &n, values, n_trials, 3, maximise, NULL, err));
    ck_ok(fw_board_query(&board, store, &options, err));
    ck_assert_int_eq(board.trials.n, n);
    for (int64_t r = 0; r < n; r++)
        ck_assert_int_eq(board.trials.rows[r].record.number, front[r] + 1);
    fw_board_clear(&board);
}
END_TEST

/* best_NAME, or NAME at step 0, or NAME at its last step. */
START_TEST(test_board_takes_the_value_of_the_whole_trial)
{
    const struct fw_board_figure figures[] = {{"curve", true}, {"none", true}};
    struct fw_board_options options = {.study = study, .figures = figures, .n_figures = 2, .n_ranking = 1, .top = 1};
    struct fw_board board;
    ck_ok(fw_board_query(&board, store, &options, err));
    ck_assert_int_eq(board.trials.n, 1);
    ck_assert(board.values[0] == n_trials - 1); /* the last one is complete */
    ck_assert(isnan(board.values[1]));
    fw_board_clear(&board);
    options.figures = figures + 1;
    options.n_figures = 1;
    ck_ok(fw_board_query(&board, store, &options, err));
    ck_assert_int_eq(board.trials.n, 0);
    ck_assert_int_eq(board.n_ranked, 0);
    fw_board_clear(&board);
    struct fw_buffer names;
    fw_buffer_init(&names, NULL);
    ck_ok(fw_board_metric_names(&names, store, study, err));
    ck_assert_str_eq(names.data, "best_curve, curve");
    fw_buffer_clear(&names);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("board");
    TCase *cases = tcase_create("board");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_board_ranks_by_a_metric);
    tcase_add_test(cases, test_board_by_the_objective_is_that_of_the_index);
    tcase_add_test(cases, test_board_front_is_that_of_the_definition);
    tcase_add_test(cases, test_board_takes_the_value_of_the_whole_trial);
    suite_add_tcase(suite, cases);
    return suite;
}
