#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/store/store.h"
#include "results/store/store_log.h"
#include "search/crosses/study.h"
#include "support/crossed.h"
#include "support/store_samples.h"
#include "support/test_main.h"

static struct fw_study_result run_study(struct fw_dataset *d, const struct fw_study_options *options,
                                        const struct fw_trial_log *log, const struct fw_budget *budget)
{
    struct fw_study_result result;
    struct fw_encoder *encoder = crossed_encoder(d);
    struct fw_study_info info = {.driver = options->driver,
                                 .key = 42,
                                 .objective = "auc",
                                 .maximise = true,
                                 .data = "planted",
                                 .rows = d->n_rows,
                                 .options = "{}"};
    ck_ok(fw_study_run(&result, d, encoder, options, &info, log, NULL, budget, NULL, err));
    crossed_encoder_free(encoder);
    return result;
}

static void assert_found(const struct fw_study_result *result)
{
    ck_assert_int_ge(result->best->n_crosses, 1);
    const struct fw_cross *cross = &result->best->crosses[0].cross;
    ck_assert_int_eq(cross->order, 2);
    ck_assert_int_eq(cross->fields[0], 0);
    ck_assert_int_eq(cross->fields[1], 1);
    ck_assert(result->best->crosses[0].gain_low > 0);
    ck_assert(result->best->objective > result->base_objective);
}

START_TEST(test_study_finds_the_planted_cross)
{
    struct fw_study_options options;
    fw_study_options_init(&options);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct fw_dataset *d = crossed_dataset(seed, 1.0, 5);
        struct fw_study_result result = run_study(d, &options, &fw_trial_log_none, NULL);
        assert_found(&result);
        ck_assert_int_eq(result.best->n_crosses, 1);
        ck_assert_int_eq(result.reason, FW_STOP_NO_GAIN);
        fw_study_result_clear(&result);
        fw_dataset_destroy(d);
    }
}
END_TEST

START_TEST(test_study_accepts_nothing_where_nothing_is)
{
    struct fw_study_options options;
    fw_study_options_init(&options);
    for (uint64_t seed = 11; seed <= 18; seed++) {
        struct fw_dataset *d = crossed_dataset(seed, 0, 5);
        struct fw_study_result result = run_study(d, &options, &fw_trial_log_none, NULL);
        ck_assert_int_eq(result.best->n_crosses, 0);
        fw_study_result_clear(&result);
        fw_dataset_destroy(d);
    }
}
END_TEST

START_TEST(test_study_does_not_depend_on_threads)
{
    static const int threads[] = {1, 2, 3, 8};
    double objective = 0;
    double gain = 0;
    float *logit = fw_alloc_array(NULL, crossed_rows, sizeof *logit);
    ck_assert_ptr_nonnull(logit);
    for (int t = 0; t < 4; t++) {
        struct fw_study_options options;
        fw_study_options_init(&options);
        options.threads = threads[t];
        struct fw_dataset *d = crossed_dataset(3, 0.6, 5);
        struct fw_study_result result = run_study(d, &options, &fw_trial_log_none, NULL);
        ck_assert_int_ge(result.best->n_crosses, 1);
        if (t == 0) {
            objective = result.best->objective;
            gain = result.best->crosses[0].gain;
            memcpy(logit, result.best->model->logit, crossed_rows * sizeof *logit);
        }
        ck_assert_mem_eq(logit, result.best->model->logit, crossed_rows * sizeof *logit);
        ck_assert(memcmp(&objective, &result.best->objective, sizeof objective) == 0);
        ck_assert(memcmp(&gain, &result.best->crosses[0].gain, sizeof gain) == 0);
        fw_study_result_clear(&result);
        fw_dataset_destroy(d);
    }
    fw_free(NULL, logit);
}
END_TEST

START_TEST(test_study_wide_beams_and_limits_of_crosses)
{
    static const char *const drivers[] = {"autocross", "random", "exhaustive"};
    for (int w = 0; w < 3; w++) {
        struct fw_study_options options;
        fw_study_options_init(&options);
        options.driver = drivers[w];
        options.beam_width = 3;
        options.finalists = 15; /* all pairs there are */
        struct fw_dataset *d = crossed_dataset(4, 1.0, 5);
        struct fw_study_result result = run_study(d, &options, &fw_trial_log_none, NULL);
        assert_found(&result);
        ck_assert_int_eq(result.best->n_crosses, 1);
        fw_study_result_clear(&result);
        fw_dataset_destroy(d);
        d = crossed_dataset(4, 1.0, 5);
        options.max_crosses = 0;
        result = run_study(d, &options, &fw_trial_log_none, NULL);
        ck_assert_int_eq(result.best->n_crosses, 0);
        ck_assert_int_eq(result.candidates, 0);
        ck_assert_int_eq(result.reason, FW_STOP_MAX_CROSSES);
        ck_assert_mem_eq(&result.best->objective, &result.base_objective, sizeof(double));
        fw_study_result_clear(&result);
        fw_dataset_destroy(d);
    }
}
END_TEST

START_TEST(test_study_drivers_and_evaluators_find_it_too)
{
    static const char *const ways[][2] = {{"exhaustive", "newton"},
                                          {"autocross", "sgd"},
                                          {"autocross", "cmi"},
                                          {"autocross", "lr"}};
    for (int w = 0; w < 4; w++) {
        struct fw_study_options options;
        fw_study_options_init(&options);
        options.driver = ways[w][0];
        options.evaluator = ways[w][1];
        options.beam_width = w == 0 ? 1 : 2;
        options.published_halving = w == 1;
        options.max_crosses = 1;
        struct fw_dataset *d = crossed_dataset(7, 1.0, 5);
        struct fw_study_result result = run_study(d, &options, &fw_trial_log_none, NULL);
        assert_found(&result);
        ck_assert_int_eq(result.reason, FW_STOP_MAX_CROSSES);
        fw_study_result_clear(&result);
        fw_dataset_destroy(d);
    }
}
END_TEST

START_TEST(test_study_hold_out_works_and_random_draws)
{
    struct fw_study_options options;
    fw_study_options_init(&options);
    struct fw_dataset *d = crossed_dataset(9, 1.2, 2);
    d->n_judged = 1;
    struct fw_study_result result = run_study(d, &options, &fw_trial_log_none, NULL);
    assert_found(&result);
    fw_study_result_clear(&result);
    options.driver = "random";
    options.finalists = 15; /* all pairs there are */
    result = run_study(d, &options, &fw_trial_log_none, NULL);
    ck_assert_int_ge(result.candidates, 1);
    fw_study_result_clear(&result);
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_study_stops_when_asked)
{
    atomic_int stop = 1;
    struct fw_budget budget = {.stop = &stop};
    struct fw_study_options options;
    struct fw_study_result result;
    struct fw_error error = {0};
    fw_study_options_init(&options);
    struct fw_dataset *d = crossed_dataset(1, 1, 5);
    struct fw_encoder *encoder = crossed_encoder(d);
    struct fw_study_info info = {.driver = "autocross", .objective = "auc", .options = "{}"};
    ck_assert_int_eq(fw_study_run(&result, d, encoder, &options, &info, &fw_trial_log_none, NULL, &budget, NULL,
                                  &error),
                     FW_E_STOPPED);
    crossed_encoder_free(encoder);
    fw_dataset_destroy(d);
}
END_TEST

/* Asks to stop as soon as a phase begins that is not the base model. */
static void stop_after_base(void *user, const char *what, int32_t step)
{
    (void)what;
    if (step > 0)
        atomic_store((atomic_int *)user, 1);
}

START_TEST(test_study_interrupted_in_a_step_keeps_the_base_model)
{
    atomic_int stop = 0;
    struct fw_budget budget = {.stop = &stop};
    struct fw_study_events events = {.phase = stop_after_base, .user = &stop};
    struct fw_study_options options;
    struct fw_study_result result;
    fw_study_options_init(&options);
    struct fw_dataset *d = crossed_dataset(1, 1, 5);
    struct fw_encoder *encoder = crossed_encoder(d);
    struct fw_study_info info = {.driver = "autocross", .objective = "auc", .options = "{}"};
    ck_ok(fw_study_run(&result, d, encoder, &options, &info, &fw_trial_log_none, &events, &budget, NULL, err));
    ck_assert_int_eq(result.reason, FW_STOP_INTERRUPTED);
    ck_assert_int_eq(result.best->n_crosses, 0);
    ck_assert(result.base_objective > 0.5);
    fw_study_result_clear(&result);
    crossed_encoder_free(encoder);
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_study_run_again_repeats_itself_from_the_record)
{
    char path[] = "/tmp/fieldwise-study-XXXXXX";
    int fd = mkstemp(path);
    close(fd);
    unlink(path);
    struct fw_store_options store_options;
    struct fw_store *store = NULL;
    struct fw_study_options options;
    double objective[2];
    int64_t trial[2];
    int64_t trials[2];
    fw_store_options_init(&store_options);
    fw_study_options_init(&options);
    for (int run = 0; run < 2; run++) {
        ck_ok(fw_store_open(&store, path, &store_options, err));
        struct fw_trial_log log = fw_store_trial_log(store);
        struct fw_dataset *d = crossed_dataset(5, 1, 5);
        struct fw_study_result result = run_study(d, &options, &log, NULL);
        assert_found(&result);
        objective[run] = result.best->objective;
        trial[run] = result.best->crosses[0].trial;
        ck_assert_int_eq(result.study, 1);
        fw_study_result_clear(&result);
        fw_dataset_destroy(d);
        fw_store_close(store);
        trials[run] = sample_sql(path, "SELECT count(*) FROM trials");
    }
    ck_assert_int_gt(trials[0], 2);
    ck_assert_int_eq(trials[0], trials[1]);
    ck_assert(memcmp(&objective[0], &objective[1], sizeof(double)) == 0);
    ck_assert_int_eq(trial[0], trial[1]);
    unlink(path);
}
END_TEST

START_TEST(test_study_survives_refused_allocations)
{
    struct fw_study_options options;
    fw_study_options_init(&options);
    options.threads = 1;
    options.max_crosses = 1;
    int refused = 0;
    for (int64_t n = 1; n < 4000; n += n < 40 ? 1 : 97) {
        struct fw_allocator mem;
        struct fw_error error = {0};
        struct fw_study_result result;
        fw_allocator_init(&mem, 0);
        mem.fail_at = n;
        struct fw_dataset *d = crossed_dataset(5, 1, 3);
        struct fw_encoder *encoder = crossed_encoder(d);
        struct fw_study_info info = {.driver = "autocross", .objective = "auc", .options = "{}"};
        enum fw_status status =
            fw_study_run(&result, d, encoder, &options, &info, &fw_trial_log_none, NULL, NULL, &mem, &error);
        ck_assert(status == FW_OK || status == FW_E_NOMEM);
        refused += status == FW_E_NOMEM;
        if (status == FW_OK)
            fw_study_result_clear(&result);
        /* fields appended by the search were taken from this allocator */
        for (int32_t f = crossed_fields; f < d->n_fields; f++)
            fw_field_clear(&d->fields[f], &mem);
        d->n_fields = crossed_fields;
        fw_dataset_destroy(d);
        crossed_encoder_free(encoder);
        ck_assert_uint_eq(mem.used, 0);
    }
    ck_assert_int_gt(refused, 40);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("study");
    TCase *cases = tcase_create("study");
    tcase_set_timeout(cases, 240);
    tcase_add_test(cases, test_study_finds_the_planted_cross);
    tcase_add_test(cases, test_study_accepts_nothing_where_nothing_is);
    tcase_add_test(cases, test_study_does_not_depend_on_threads);
    tcase_add_test(cases, test_study_wide_beams_and_limits_of_crosses);
    tcase_add_test(cases, test_study_drivers_and_evaluators_find_it_too);
    tcase_add_test(cases, test_study_hold_out_works_and_random_draws);
    tcase_add_test(cases, test_study_stops_when_asked);
    tcase_add_test(cases, test_study_interrupted_in_a_step_keeps_the_base_model);
    tcase_add_test(cases, test_study_run_again_repeats_itself_from_the_record);
    tcase_add_test(cases, test_study_survives_refused_allocations);
    suite_add_tcase(suite, cases);
    return suite;
}
