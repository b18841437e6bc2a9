/* The study of embedding sizes against a main model whose answers are known, in a store of its own. */
#include "search/sizes/sizing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/store/store.h"
#include "results/store/store_log.h"
#include "support/fake_sizing.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

/* Two budgets, the smaller one so small that all ways of choosing agree. */
static struct fw_sizing_options options_of(void)
{
    struct fw_sizing_options options = {.methods = {"nis", "uniform", "random", "magnitude"},
                                        .n_methods = 4,
                                        .n_budgets = 2,
                                        .full = true,
                                        .alpha = 0.3};
    options.budgets[0] = 16;
    options.budgets[1] = 900;
    fw_nis_options_init(&options.nis);
    options.nis.warm_passes = 2;
    options.nis.passes = 2;
    options.nis.steps = 12;
    options.nis.samples = 4;
    options.nis.seed = 3;
    options.nis.threads = 1;
    return options;
}

/* Rounds of a search with these options. */
enum { n_rounds = 4, n_samples = 4 };

static enum fw_status try_run(struct fw_sizing_result *result, struct fake_sizing *fake,
                              const struct fw_sizing_options *options, const struct fw_trial_log *log,
                              const struct fw_sizing_events *events, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_study_info info = sample_study(77);
    struct fw_sizing_model model = fake_sizing_model(fake);
    return fw_sizing_run(result, &model, options, &info, log, events, &fake->budget, mem, err);
}

/* A run with a fresh main model in the store at this path, or without any. */
static struct fw_sizing_result run(struct fake_sizing *fake, const struct fw_sizing_options *options, const char *path)
{
    struct fw_sizing_result result;
    struct fw_store *store = path != NULL ? sample_store(path) : NULL;
    struct fw_trial_log log = path != NULL ? fw_store_trial_log(store) : fw_trial_log_none;
    ck_ok(try_run(&result, fake, options, &log, NULL, NULL, err));
    if (store != NULL)
        fw_store_close(store);
    return result;
}

static int64_t count_method(const struct fw_sizing_result *result, const char *method, int64_t budget)
{
    int64_t n = 0;
    for (int64_t i = 0; i < result->n_trials; i++)
        n += strcmp(result->trials[i].method, method) == 0 && result->trials[i].budget == budget;
    return n;
}

START_TEST(test_sizing_trains_an_answer_for_each_budget_and_method)
{
    static const char *const all[] = {"nis", "uniform", "vocabulary", "mde", "random", "magnitude", "saliency"};
    struct fake_sizing fake;
    struct fw_sizing_options options = options_of();
    options.n_methods = sizeof all / sizeof all[0];
    memcpy(options.methods, all, sizeof all);
    options.budgets[0] = 1000;
    options.budgets[1] = 2000;
    fake_sizing_init(&fake, _i % 2 == 1, _i / 2 == 1);
    struct fw_sizing_result result = run(&fake, &options, NULL);
    ck_assert_int_eq(count_method(&result, "full", 0), 1);
    for (int32_t b = 0; b < 2; b++) {
        for (int32_t m = 0; m < options.n_methods; m++) {
            int64_t n = count_method(&result, all[m], options.budgets[b]);
            if (strcmp(all[m], "nis") == 0)
                ck_assert(n >= 1 && n <= FW_NIS_ANSWERS);
            else
                ck_assert_int_eq(n, strcmp(all[m], "random") == 0 ? FW_SIZING_RANDOM_DRAWS : 1);
        }
    }
    for (int64_t i = 0; i < result.n_trials; i++) {
        const struct fw_sizing_trial *trial = &result.trials[i];
        ck_assert(trial->trained && !trial->cut && !trial->remembered);
        ck_assert_int_eq(trial->bytes, fw_embedding_sizes_bytes(trial->sizes));
        ck_assert(trial->budget == 0 || trial->bytes <= trial->budget);
        double quality = fake_sizing_quality(&fake, trial->sizes);
        ck_assert(trial->quality == quality && trial->loss == 1 - quality && trial->test == quality - 0.01);
        ck_assert(trial->search_seconds >= 0 && trial->fit_seconds == 0.25);
        ck_assert_int_eq(trial->number, 0); /* nobody counts them */
    }
    ck_assert_int_eq(result.trials[0].bytes, fw_embedding_space_full_bytes(fake.space));
    ck_assert_int_eq(result.samples, 2 * n_rounds * n_samples);
    ck_assert_int_eq(fake.fits, result.n_trials);
    ck_assert_int_eq(fake.starts, 2); /* for the search, for pruning */
    ck_assert(!result.stopped && result.seconds >= 0);
    fw_sizing_result_clear(&result, NULL);
    fake_sizing_clear(&fake);
}
END_TEST

START_TEST(test_sizing_the_search_beats_the_rules)
{
    struct fake_sizing fake;
    struct fw_sizing_options options = options_of();
    fake_sizing_init(&fake, true, false);
    options.budgets[0] = 300;
    struct fw_sizing_result result = run(&fake, &options, NULL);
    for (int b = 0; b < 2; b++) {
        double best = 0;
        double rules = 0;
        for (int64_t i = 1; i < result.n_trials; i++) {
            const struct fw_sizing_trial *trial = &result.trials[i];
            double *side = strcmp(trial->method, "nis") == 0 ? &best : &rules;
            if (trial->budget == options.budgets[b] && strcmp(trial->method, "magnitude") != 0)
                *side = fmax(*side, trial->quality);
        }
        ck_assert_msg(best > rules, "%g, %g", best, rules);
    }
    fw_sizing_result_clear(&result, NULL);
    fake_sizing_clear(&fake);
}
END_TEST

START_TEST(test_sizing_records_what_it_did)
{
    struct fake_sizing fake;
    struct fw_sizing_options options = options_of();
    const char *path = scratch_path("t.db");
    fake_sizing_init(&fake, true, false);
    fake.nan_every = 2;
    struct fw_sizing_result result = run(&fake, &options, path);
    int64_t best = fw_sizing_best(&result, options.budgets[1]);
    int64_t samples = 2 * n_rounds * n_samples;
    ck_assert_int_eq(result.samples, samples);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials WHERE state = 'complete'"), result.n_trials);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials WHERE state = 'pruned'"), samples);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM metrics m JOIN trials t ON t.id = m.trial_id WHERE "
                                      "t.state = 'pruned' AND m.name = 'reward' AND m.step = t.step"),
                     samples);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials t JOIN metrics m ON t.id = m.trial_id WHERE "
                                      "t.state = 'pruned' AND (m.value IS NULL) = (t.objective IS NULL)"),
                     samples);
    ck_assert_int_gt(sample_sql(path, "SELECT count(*) FROM trials WHERE state = 'pruned' AND objective IS NULL"), 0);
    ck_assert_int_eq(sample_sql(path, "SELECT count(DISTINCT json_extract(candidate, '$.round')) FROM trials WHERE "
                                      "state = 'pruned' AND json_extract(candidate, '$.memory') = 900 AND "
                                      "json_type(candidate, '$.sizing.a') = 'text'"),
                     n_rounds);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials t JOIN metrics m ON t.id = m.trial_id WHERE "
                                      "t.state = 'complete' AND m.name = 'test' AND "
                                      "abs(m.value - t.objective + 0.01) < 1e-9"),
                     result.n_trials);
    ck_assert_int_eq(sample_sql(path,
                                "SELECT count(*) FROM decisions WHERE kind LIKE 'policy %' AND json_valid(detail) AND "
                                "json_array_length(detail, '$.policy.a') = 2 AND "
                                "json_array_length(detail, '$.policy.c[0]') = 2"),
                     2 * n_rounds);
    ck_assert_int_eq(sample_sql(path, "SELECT trial FROM decisions WHERE kind = 'stop' AND clock = 0"),
                     result.trials[best].number);
    ck_assert_int_eq(sample_sql(path, "SELECT status = 'complete' FROM studies"), 1);
    for (int64_t i = 0; i < result.n_trials; i++) {
        char sql[200];
        const struct fw_sizing_trial *trial = &result.trials[i];
        snprintf(sql, sizeof sql,
                 "SELECT bytes FROM trials WHERE number = %lld AND json_extract(candidate, '$.method') = '%s' AND "
                 "json_extract(candidate, '$.memory') = %lld",
                 (long long)trial->number, trial->method, (long long)trial->budget);
        ck_assert_int_eq(sample_sql(path, sql), trial->bytes);
    }
    fw_sizing_result_clear(&result, NULL);
    fake_sizing_clear(&fake);
}
END_TEST

static void assert_same_sizes(const struct fw_embedding_sizes *a, const struct fw_embedding_sizes *b)
{
    ck_assert_int_eq(a->dim, b->dim);
    ck_assert_int_eq(a->n, b->n);
    for (int32_t i = 0; i < a->n; i++) {
        ck_assert_str_eq(a->items[i].input, b->items[i].input);
        ck_assert_int_eq(a->items[i].n_strips, b->items[i].n_strips);
        ck_assert(a->items[i].projected == b->items[i].projected || a->items[i].n_strips == 0);
        for (int32_t t = 0; t < a->items[i].n_strips; t++) {
            ck_assert_int_eq(a->items[i].strips[t].ids, b->items[i].strips[t].ids);
            ck_assert_int_eq(a->items[i].strips[t].width, b->items[i].strips[t].width);
        }
    }
}

static void assert_same(const struct fw_sizing_result *a, const struct fw_sizing_result *b)
{
    ck_assert_int_eq(a->n_trials, b->n_trials);
    for (int64_t i = 0; i < a->n_trials; i++) {
        const struct fw_sizing_trial *x = &a->trials[i];
        const struct fw_sizing_trial *y = &b->trials[i];
        ck_assert_str_eq(x->method, y->method);
        ck_assert_int_eq(x->budget, y->budget);
        ck_assert_int_eq(x->number, y->number);
        ck_assert_int_eq(x->bytes, y->bytes);
        ck_assert(x->quality == y->quality && x->trained && y->trained && !x->cut && !y->cut);
        assert_same_sizes(x->sizes, y->sizes);
    }
}

START_TEST(test_sizing_trains_nothing_twice)
{
    struct fake_sizing fake;
    struct fw_sizing_options options = options_of();
    const char *path = scratch_path("t.db");
    fake_sizing_init(&fake, _i % 2 == 1, _i / 2 == 1);
    options.budgets[0] = _i / 2 == 1 ? 80 : 16;
    struct fw_sizing_result first = run(&fake, &options, path);
    ck_assert_int_eq(count_method(&first, "nis", options.budgets[0]), 1); /* both ways of choosing agree */
    int64_t rows = sample_sql(path, "SELECT count(*) FROM trials");
    int64_t fits = fake.fits;
    int64_t learned = fake.learned;
    struct fw_sizing_result again = run(&fake, &options, path);
    ck_assert_int_eq(fake.fits, fits);
    ck_assert_int_eq(fake.learned, learned); /* nor is anything searched again */
    ck_assert_int_eq(fake.starts, 2);
    ck_assert_int_eq(again.samples, 0);
    ck_assert_int_eq(again.study, first.study);
    assert_same(&first, &again);
    for (int64_t i = 0; i < again.n_trials; i++)
        ck_assert(again.trials[i].remembered && !first.trials[i].remembered && isnan(again.trials[i].test));
    ck_assert_int_eq(fw_sizing_best(&again, 900), fw_sizing_best(&first, 900));
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials"), rows);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM studies WHERE status = 'complete'"), 1);
    fw_sizing_result_clear(&again, NULL);
    fw_sizing_result_clear(&first, NULL);
    fake_sizing_clear(&fake);
}
END_TEST

/* Stops at a step or a training, goes on with a fresh main model, and compares with a run that was not stopped. */
static void stop_and_go_on(const struct fw_sizing_result *whole, const struct fw_sizing_options *options,
                           int64_t stop_at_step, int64_t stop_at_fit)
{
    char name[64];
    struct fake_sizing first;
    struct fake_sizing second;
    struct fw_sizing_result cut;
    snprintf(name, sizeof name, "%d-%d.db", (int)stop_at_step, (int)stop_at_fit);
    const char *path = scratch_path(name);
    struct fw_store *store = sample_store(path);
    struct fw_trial_log log = fw_store_trial_log(store);
    fake_sizing_init(&first, true, false);
    fake_sizing_init(&second, true, false);
    first.stop_at_step = stop_at_step;
    first.stop_at_fit = stop_at_fit;
    ck_ok(try_run(&cut, &first, options, &log, NULL, NULL, err));
    fw_store_close(store); /* the second run opens it as a new process would */
    ck_assert(cut.stopped);
    ck_assert_int_ge(cut.n_trials, 1);
    ck_assert_int_eq(sample_sql(path, "SELECT status = 'interrupted' FROM studies"), 1);
    ck_assert_int_eq(sample_sql(path, "SELECT clock FROM decisions WHERE kind = 'stop'"), 1);
    int64_t trained = 0;
    for (int64_t i = 0; i < cut.n_trials; i++) {
        trained += cut.trials[i].trained;
        ck_assert(cut.trials[i].trained || isnan(cut.trials[i].quality));
        ck_assert_ptr_nonnull(cut.trials[i].sizes);
    }
    struct fw_sizing_result again = run(&second, options, path);
    ck_assert(!again.stopped);
    assert_same(whole, &again);
    ck_assert_int_eq(second.fits, whole->n_trials - trained);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials WHERE state = 'pruned'"), whole->samples);
    fw_sizing_result_clear(&again, NULL);
    fw_sizing_result_clear(&cut, NULL);
    fake_sizing_clear(&second);
    fake_sizing_clear(&first);
}

START_TEST(test_sizing_a_stopped_study_ends_as_if_it_had_not_stopped)
{
    struct fake_sizing fake;
    struct fw_sizing_options options = options_of();
    options.n_methods = 2; /* writing to the store is what takes time here */
    options.budgets[0] = 300;
    options.nis.passes = 1;
    fake_sizing_init(&fake, true, false);
    struct fw_sizing_result whole = run(&fake, &options, scratch_path("whole.db"));
    /* after the full size, between the two answers of the search, in the last training of all */
    stop_and_go_on(&whole, &options, 0, 1);
    stop_and_go_on(&whole, &options, 0, 3);
    stop_and_go_on(&whole, &options, 0, whole.n_trials);
    /* while warming up, in the rounds of either budget */
    stop_and_go_on(&whole, &options, 20, 0);
    stop_and_go_on(&whole, &options, 60, 0);
    stop_and_go_on(&whole, &options, fake.learned - 10, 0);
    fw_sizing_result_clear(&whole, NULL);
    fake_sizing_clear(&fake);
}
END_TEST

START_TEST(test_sizing_stopped_before_anything_was_found)
{
    struct fake_sizing fake;
    struct fw_sizing_result result;
    struct fw_sizing_options options = options_of();
    options.full = false;
    fake_sizing_init(&fake, false, false);
    fake.stop_at_step = 5;
    ck_assert_int_eq(try_run(&result, &fake, &options, &fw_trial_log_none, NULL, NULL, NULL), FW_E_STOPPED);
    ck_assert_int_eq(result.n_trials, 0);
    ck_assert_int_eq(fw_sizing_best(&result, 0), -1);
    fw_sizing_result_clear(&result, NULL);
    fake_sizing_clear(&fake);
}
END_TEST

/* ---- what is told on the way ---- */

struct heard {
    int started, warming, rounds, fitting, finished;
};

static void on_started(void *user, int64_t study, bool resumed)
{
    struct heard *heard = user;
    ck_assert(study == 0 && !resumed);
    heard->started++;
}

static void on_warming(void *user, int64_t step, int64_t steps)
{
    struct heard *heard = user;
    ck_assert(step >= 1 && step <= steps);
    heard->warming++;
}

static void on_round(void *user, const struct fw_nis_round *round)
{
    struct heard *heard = user;
    ck_assert_int_eq(round->rounds, n_rounds);
    heard->rounds++;
}

static void on_fitting(void *user, const char *method, int64_t budget, int64_t bytes)
{
    struct heard *heard = user;
    ck_assert(method != NULL && (budget == 0 || bytes <= budget));
    ck_assert_int_eq(heard->fitting++, heard->finished);
}

static void on_finished(void *user, const struct fw_sizing_trial *trial)
{
    struct heard *heard = user;
    ck_assert(trial->trained && trial->sizes != NULL);
    ck_assert_int_eq(++heard->finished, heard->fitting);
}

START_TEST(test_sizing_tells_how_it_goes)
{
    struct heard heard = {0};
    struct fake_sizing fake;
    struct fw_sizing_result result;
    struct fw_sizing_options options = options_of();
    struct fw_sizing_events events = {on_started, on_warming, on_round, on_fitting, on_finished, NULL, &heard};
    fake_sizing_init(&fake, false, false);
    ck_ok(try_run(&result, &fake, &options, &fw_trial_log_none, &events, NULL, err));
    ck_assert_int_eq(heard.started, 1);
    ck_assert_int_eq(heard.warming, 4 * fake.batches); /* two passes for the search, two for pruning */
    ck_assert_int_eq(heard.rounds, 2 * n_rounds);
    ck_assert_int_eq(heard.fitting, result.n_trials);
    ck_assert_int_eq(heard.finished, result.n_trials);
    fw_sizing_result_clear(&result, NULL);
    fake_sizing_clear(&fake);
}
END_TEST

START_TEST(test_sizing_refuses_what_makes_no_sense)
{
    struct fake_sizing fake;
    struct fw_sizing_result result;
    struct fw_error error = {0};
    struct fw_sizing_options options = options_of();
    fake_sizing_init(&fake, false, false);
    options.methods[2] = "unifrom";
    ck_assert_int_eq(try_run(&result, &fake, &options, &fw_trial_log_none, NULL, NULL, &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "unifrom"));
    ck_assert_ptr_nonnull(strstr(error.message, "nis"));
    ck_assert_ptr_nonnull(strstr(error.message, "vocabulary"));
    ck_assert_int_eq(fake.fits, 0);
    fw_sizing_result_clear(&result, NULL);
    ck_ok(fw_sizing_check_method("nis", err));
    ck_ok(fw_sizing_check_method("saliency", err));
    ck_assert_int_eq(fw_sizing_check_method("", NULL), FW_E_ARG);
    options = options_of();
    options.budgets[0] = 15;
    options.n_budgets = options.n_methods = 1; /* else the others have their answers */
    options.full = false;
    ck_assert_int_eq(try_run(&result, &fake, &options, &fw_trial_log_none, NULL, NULL, &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "the least is 16 bytes"));
    fw_sizing_result_clear(&result, NULL);
    options = options_of();
    options.nis.samples = 1;
    options.n_methods = 1;
    options.full = false;
    ck_assert_int_eq(try_run(&result, &fake, &options, &fw_trial_log_none, NULL, NULL, &error), FW_E_ARG);
    fw_sizing_result_clear(&result, NULL);
    fake_sizing_clear(&fake);
}
END_TEST

START_TEST(test_sizing_a_budget_above_the_full_tables_gets_them)
{
    struct fake_sizing fake;
    struct fw_sizing_options options = options_of();
    fake_sizing_init(&fake, _i % 2 == 1, _i / 2 == 1);
    options.n_budgets = 1;
    options.budgets[0] = 2 * fw_embedding_space_full_bytes(fake.space);
    struct fw_sizing_result result = run(&fake, &options, NULL);
    for (int64_t i = 0; i < result.n_trials; i++)
        ck_assert_int_le(result.trials[i].bytes, options.budgets[0]);
    ck_assert(result.trials[fw_sizing_best(&result, 0)].quality == result.trials[0].quality);
    fw_sizing_result_clear(&result, NULL);
    fake_sizing_clear(&fake);
}
END_TEST

START_TEST(test_sizing_refused_memory_is_an_error_without_leak)
{
    struct fw_sizing_options options = options_of();
    enum fw_status status = FW_E_NOMEM;
    int64_t fail_at = 0;
    options.n_budgets = 1;
    options.budgets[0] = 300;
    options.nis.passes = 1;
    while (status != FW_OK) {
        struct fw_allocator mem;
        struct fake_sizing fake;
        struct fw_sizing_result result;
        struct fw_error error = {0};
        fake_sizing_init(&fake, true, false);
        fw_allocator_init(&mem, 0);
        mem.fail_at = ++fail_at;
        status = try_run(&result, &fake, &options, &fw_trial_log_none, NULL, &mem, &error);
        ck_assert(status == FW_OK || (status == FW_E_NOMEM && error.message[0] != '\0'));
        fw_sizing_result_clear(&result, &mem);
        ck_assert_uint_eq(mem.used, 0);
        ck_assert_int_lt(fail_at, 2000);
        fake_sizing_clear(&fake);
    }
    ck_assert_int_gt(fail_at, 60);
}
END_TEST

/* ---- what comes of it ---- */

START_TEST(test_sizing_best_of_results)
{
    struct fw_sizing_trial trials[] = {
        {.method = "full", .bytes = 1000, .quality = 0.8, .trained = true},
        {.method = "a", .budget = 500, .bytes = 500, .quality = 0.7, .trained = true},
        {.method = "b", .budget = 500, .bytes = 400, .quality = 0.7, .trained = true}, /* as good, smaller */
        {.method = "c", .budget = 500, .bytes = 400, .quality = 0.7, .trained = true}, /* the same again */
        {.method = "d", .budget = 500, .bytes = 300, .quality = NAN, .trained = true}, /* it has no quality */
        {.method = "e", .budget = 100, .bytes = 100, .quality = NAN},                  /* cut before */
        {.method = "f", .budget = 100, .bytes = 90, .quality = NAN},
    };
    struct fw_sizing_result result = {.trials = trials, .n_trials = 7};
    ck_assert_int_eq(fw_sizing_best(&result, 0), 0);
    ck_assert_int_eq(fw_sizing_best(&result, 1000), 0);
    ck_assert_int_eq(fw_sizing_best(&result, 999), 2);
    ck_assert_int_eq(fw_sizing_best(&result, 399), 4);
    ck_assert_int_eq(fw_sizing_best(&result, 299), 5);
    ck_assert_int_eq(fw_sizing_best(&result, 99), 6);
    ck_assert_int_eq(fw_sizing_best(&result, 89), -1);
    result.n_trials = 0;
    ck_assert_int_eq(fw_sizing_best(&result, 0), -1);
}
END_TEST

START_TEST(test_sizing_front_of_results)
{
    struct fw_sizing_trial trials[] = {
        {.bytes = 1000, .quality = 0.8, .trained = true},
        {.bytes = 500, .quality = 0.8, .trained = true},  /* as good with less: the one before goes */
        {.bytes = 500, .quality = 0.75, .trained = true}, /* as large and worse */
        {.bytes = 400, .quality = 0.7, .trained = true},
        {.bytes = 400, .quality = 0.7, .trained = true}, /* of equals the first */
        {.bytes = 450, .quality = 0.69, .trained = true},
        {.bytes = 300, .quality = NAN, .trained = true},
        {.bytes = 10, .quality = 0.99}, /* not trained: it counts for nothing */
        {.bytes = 100, .quality = 0.5, .trained = true},
    };
    static const bool expected[] = {false, true, false, true, false, false, false, false, true};
    struct fw_sizing_result result = {.trials = trials, .n_trials = 9};
    for (int64_t i = 0; i < result.n_trials; i++)
        ck_assert_msg(fw_sizing_on_front(&result, i) == expected[i], "trial %d", (int)i);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sizing");
    TCase *tests = tcase_create("sizing");
    tcase_add_checked_fixture(tests, scratch_make, scratch_remove);
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, test_sizing_trains_an_answer_for_each_budget_and_method, 0, 4);
    tcase_add_test(tests, test_sizing_the_search_beats_the_rules);
    tcase_add_test(tests, test_sizing_records_what_it_did);
    tcase_add_loop_test(tests, test_sizing_trains_nothing_twice, 0, 4);
    tcase_add_test(tests, test_sizing_a_stopped_study_ends_as_if_it_had_not_stopped);
    tcase_add_test(tests, test_sizing_stopped_before_anything_was_found);
    tcase_add_test(tests, test_sizing_tells_how_it_goes);
    tcase_add_test(tests, test_sizing_refuses_what_makes_no_sense);
    tcase_add_loop_test(tests, test_sizing_a_budget_above_the_full_tables_gets_them, 0, 4);
    tcase_add_test(tests, test_sizing_refused_memory_is_an_error_without_leak);
    tcase_add_test(tests, test_sizing_best_of_results);
    tcase_add_test(tests, test_sizing_front_of_results);
    suite_add_tcase(suite, tests);
    return suite;
}
