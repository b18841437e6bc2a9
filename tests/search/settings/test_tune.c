/* The search of settings against an objective whose answer is known. */
#include "search/settings/tune.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/store/store.h"
#include "results/store/store_log.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

static const char *const kinds[] = {"plain", "steep", NULL};

static const struct fw_param_spec table[] = {
    {.name = "rate", .min = 1e-6, .max = 10, .fallback = 1, .low = 1e-4, .high = 1, .log_scale = true},
    {.name = "width", .min = 1, .max = 64, .fallback = 8, .low = 1, .high = 40, .integer = true},
    {.name = "kind", .choices = kinds, .fallback = 0, .low = 0, .high = 1},
    {.name = "epochs", .min = 1, .max = 1000, .fallback = 27, .integer = true},
    {.name = NULL},
};

/* An objective that knows its answer: best at rate = 0.01, width = 20, kind steep, and better with more epochs. */
struct fake {
    int64_t calls;
    int64_t baselines;
    bool has_baseline;
    double baseline;
    bool loss;              /* lower is better */
    double failing_rate;    /* above: the training fails; 0: never */
    enum fw_status failure; /* in this way */
    int64_t stop_after;     /* calls; then somebody asks to stop; 0: never */
    atomic_int stop;
    int64_t by_epochs[64]; /* calls for so many epochs */
};

static double quality(const struct fw_params *params)
{
    double rate = log10(fw_params_get(params, "rate")) + 2;
    double width = (fw_params_get(params, "width") - 20) / 20;
    bool steep = strcmp(fw_params_choice(params, "kind"), "steep") == 0;
    return 0.9 - 0.02 * rate * rate - 0.02 * width * width + (steep ? 0.01 : 0) -
           0.1 / (1 + fw_params_get(params, "epochs"));
}

static enum fw_status judge(void *self, struct fw_tune_outcome *out, const struct fw_params *params, bool baseline,
                            const struct fw_budget *budget, struct fw_error *err)
{
    static const struct fw_metric metric = {"logloss", 0, 0.25};
    struct fake *fake = self;
    (void)budget;
    fake->calls++;
    fake->by_epochs[(int)fw_params_get(params, "epochs") % 64]++;
    if (fake->stop_after > 0 && fake->calls > fake->stop_after) {
        atomic_store(&fake->stop, 1);
        return fw_error_set(err, FW_E_STOPPED, "interrupted");
    }
    if (fake->failing_rate > 0 && fw_params_get(params, "rate") > fake->failing_rate)
        return fw_error_set(err, fake->failure, "the training loss is not finite in epoch 1");
    double value = fake->loss ? 1 - quality(params) : quality(params);
    *out = (struct fw_tune_outcome){.objective = value,
                                    .gain = NAN,
                                    .gain_low = NAN,
                                    .gain_high = NAN,
                                    .rows = 10,
                                    .metrics = &metric,
                                    .n_metrics = 1};
    if (baseline) {
        fake->baselines++;
        fake->has_baseline = true;
        fake->baseline = value;
    } else if (fake->has_baseline) {
        out->gain = fake->loss ? fake->baseline - value : value - fake->baseline;
        out->gain_low = out->gain - 0.001;
        out->gain_high = out->gain + 0.001;
    }
    return FW_OK;
}

static enum fw_status try_search(struct fw_tune_result *result, struct fake *fake,
                                 const struct fw_tune_options *options, const struct fw_trial_log *log,
                                 struct fw_error *err)
{
    struct fw_tune_space space;
    struct fw_tune_objective objective = {fake, judge};
    struct fw_study_info info = {.driver = "tune", .key = 7, .objective = "auc", .maximise = true, .options = "{}"};
    struct fw_budget budget = {.stop = &fake->stop};
    fw_tune_space_init(&space, table);
    return fw_tune_run(result, &space, &objective, options, &info, log, NULL, &budget, NULL, err);
}

static struct fw_tune_result search(struct fake *fake, const struct fw_tune_options *options,
                                    const struct fw_trial_log *log)
{
    struct fw_tune_result result;
    ck_ok(try_search(&result, fake, options, log, err));
    return result;
}

static struct fw_tune_options options_of(const char *method, int64_t trials, uint64_t seed)
{
    struct fw_tune_options options;
    memset(&options, 0xA5, sizeof options);
    fw_tune_options_init(&options);
    options.method = method;
    options.trials = trials;
    options.seed = seed;
    return options;
}

START_TEST(test_tune_finds_the_planted_region)
{
    static const char *const methods[] = {"random", "hyperband"};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct fake fake = {0};
        struct fw_tune_options options = options_of(methods[seed % 2], 50, seed);
        struct fw_tune_result result = search(&fake, &options, &fw_trial_log_none);
        const struct fw_tune_trial *best = &result.trials[result.best];
        /* a ninth of the space: fifty draws miss it three times in a thousand */
        ck_assert_msg(quality(&best->params) > 0.895, "seed %d: %g", (int)seed, quality(&best->params));
        ck_assert(fabs(log10(fw_params_get(&best->params, "rate")) + 2) < 0.8);
        ck_assert_str_eq(fw_params_choice(&best->params, "kind"), "steep");
        ck_assert_double_eq(best->objective, quality(&best->params));
        ck_assert(fw_tune_gain_is_sure(&result, best));
        fw_tune_result_clear(&result, NULL);
    }
}
END_TEST

START_TEST(test_tune_the_first_trial_has_the_defaults)
{
    struct fake fake = {0};
    struct fw_tune_options options = options_of("hyperband", 1, 3);
    struct fw_tune_result result = search(&fake, &options, &fw_trial_log_none);
    struct fw_params defaults;
    fw_params_init(&defaults, table);
    ck_assert_int_eq(result.n_trials, 1);
    ck_assert_mem_eq(&result.trials[0].params, &defaults, sizeof defaults);
    ck_assert_int_eq(result.best, 0);
    ck_assert(isnan(result.trials[0].gain));
    ck_assert(!fw_tune_gain_is_sure(&result, &result.trials[0]));
    fw_tune_result_clear(&result, NULL);
}
END_TEST

START_TEST(test_tune_hyperband_rations_epochs)
{
    struct fake fake = {0};
    struct fw_tune_options options = options_of("hyperband", 0, 1);
    struct fw_tune_result result = search(&fake, &options, &fw_trial_log_none);
    /* R = 27: brackets of 27, 12, 6 and 4, and the defaults */
    ck_assert_int_eq(result.configurations, 50);
    ck_assert_int_eq(fake.by_epochs[1], 27);
    ck_assert_int_eq(fake.by_epochs[3], 9 + 12);
    ck_assert_int_eq(fake.by_epochs[9], 3 + 4 + 6);
    ck_assert_int_eq(fake.by_epochs[27], 1 + 1 + 1 + 2 + 4);
    ck_assert_int_eq(result.n_trials, result.planned);
    /* of the first bracket exactly the nine best go on */
    double weakest = 1;
    for (int64_t i = 28; i < 37; i++) {
        ck_assert_int_eq(result.trials[i].rung, 1);
        for (int64_t k = 1; k < 28; k++) {
            if (result.trials[k].configuration == result.trials[i].configuration)
                weakest = fmin(weakest, result.trials[k].objective);
        }
    }
    int better = 0;
    for (int64_t k = 1; k < 28; k++)
        better += result.trials[k].objective >= weakest;
    ck_assert_int_eq(better, 9);
    fw_tune_result_clear(&result, NULL);
}
END_TEST

static void assert_same(const struct fw_tune_result *a, const struct fw_tune_result *b)
{
    ck_assert_int_eq(a->n_trials, b->n_trials);
    ck_assert_int_eq(a->best, b->best);
    ck_assert_int_eq(a->configurations, b->configurations);
    for (int64_t i = 0; i < a->n_trials; i++) {
        const struct fw_tune_trial *x = &a->trials[i];
        const struct fw_tune_trial *y = &b->trials[i];
        ck_assert_mem_eq(x->params.value, y->params.value, sizeof x->params.value);
        ck_assert_int_eq(x->number, y->number);
        ck_assert_int_eq(x->failed, y->failed);
        ck_assert(memcmp(&x->objective, &y->objective, sizeof x->objective) == 0 || x->failed);
        ck_assert(memcmp(&x->gain, &y->gain, sizeof x->gain) == 0 || isnan(x->gain));
    }
}

START_TEST(test_tune_a_stopped_search_ends_as_if_it_had_not_stopped)
{
    struct fake whole_fake = {.failing_rate = 0.5, .failure = FW_E_NUMERIC};
    struct fw_tune_options options = options_of("hyperband", 12, 5);
    struct fw_store *store = sample_store(scratch_path("whole.db"));
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_tune_result whole = search(&whole_fake, &options, &log);
    fw_store_close(store);
    for (int64_t stop = 1; stop < whole.n_trials; stop += 5) {
        char name[32];
        snprintf(name, sizeof name, "%d.db", (int)stop);
        struct fake first = {.failing_rate = 0.5, .failure = FW_E_NUMERIC, .stop_after = stop};
        struct fake second = {.failing_rate = 0.5, .failure = FW_E_NUMERIC};
        store = sample_store(scratch_path(name));
        log = fw_store_trial_log(store);
        struct fw_tune_result cut;
        enum fw_status status = try_search(&cut, &first, &options, &log, NULL);
        ck_assert(status == FW_OK || status == FW_E_STOPPED); /* the latter when only failed trials were there */
        ck_assert_int_eq(cut.end, FW_TUNE_INTERRUPTED);
        fw_tune_result_clear(&cut, NULL);
        struct fw_tune_result again = search(&second, &options, &log);
        assert_same(&whole, &again);
        fw_store_close(store);
        fw_tune_result_clear(&again, NULL);
    }
    fw_tune_result_clear(&whole, NULL);
}
END_TEST

START_TEST(test_tune_trains_nothing_twice)
{
    struct fake fake = {0};
    struct fw_store *store = sample_store(scratch_path("t.db"));
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_tune_options options = options_of("random", 10, 5);
    struct fw_tune_result ten = search(&fake, &options, &log);
    ck_assert_int_eq(fake.calls, 10);
    struct fw_tune_result again = search(&fake, &options, &log);
    ck_assert_int_eq(fake.calls, 10);
    ck_assert_int_eq(again.remembered, 10);
    assert_same(&ten, &again);
    /* more trials go on from there; what they are compared with is trained once more in a new process */
    struct fake other = {0};
    options.trials = 15;
    struct fw_tune_result more = search(&other, &options, &log);
    ck_assert_int_eq(other.calls, 6);
    ck_assert_int_eq(other.baselines, 1);
    for (int64_t i = 1; i < more.n_trials; i++)
        ck_assert(!isnan(more.trials[i].gain));
    fw_store_close(store);
    fw_tune_result_clear(&ten, NULL);
    fw_tune_result_clear(&again, NULL);
    fw_tune_result_clear(&more, NULL);
}
END_TEST

START_TEST(test_tune_failed_trials_are_recorded_and_passed_over)
{
    struct fake fake = {.failing_rate = 0.01, .failure = FW_E_NUMERIC};
    const char *path = scratch_path("f.db");
    struct fw_store *store = sample_store(path);
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_tune_options options = options_of("hyperband", 0, 2);
    struct fw_tune_result result = search(&fake, &options, &log); /* the defaults fail too: rate=1 */
    ck_assert(result.trials[0].failed);
    ck_assert(!result.trials[result.best].failed);
    ck_assert_int_gt(result.failed, 10);
    for (int64_t i = 0; i < result.n_trials; i++) {
        ck_assert(result.trials[i].rung == 0 || !result.trials[i].failed);
        ck_assert(isnan(result.trials[i].gain)); /* there is nothing to compare with */
    }
    fw_store_close(store);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials WHERE state = 'failed'"), result.failed);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials WHERE reason LIKE '%not finite%'"), result.failed);
    ck_assert_int_gt(sample_sql(path, "SELECT count(*) FROM decisions WHERE kind = 'promote'"), 3);
    fw_tune_result_clear(&result, NULL);
}
END_TEST

START_TEST(test_tune_what_ends_the_search)
{
    static const struct {
        enum fw_status failure, status;
    } cases[] = {{FW_E_NUMERIC, FW_E_FAILED},
                 {FW_E_NOMEM, FW_E_FAILED},
                 {FW_E_ARG, FW_E_ARG}, /* the defaults themselves do not go together */
                 {FW_E_IO, FW_E_IO}};
    for (int c = 0; c < 4; c++) {
        struct fake fake = {.failing_rate = 1e-9, .failure = cases[c].failure};
        struct fw_tune_options options = options_of("hyperband", 5, 2);
        struct fw_tune_result result;
        ck_assert_int_eq(try_search(&result, &fake, &options, &fw_trial_log_none, NULL), cases[c].status);
        fw_tune_result_clear(&result, NULL);
    }
    struct fake fake = {.stop = 1};
    struct fw_tune_options options = options_of("random", 5, 2);
    struct fw_tune_result result;
    ck_assert_int_eq(try_search(&result, &fake, &options, &fw_trial_log_none, NULL), FW_E_STOPPED);
    ck_assert_int_eq(fake.calls, 0);
    fw_tune_result_clear(&result, NULL);
    options.method = "grid";
    ck_assert_int_eq(try_search(&result, &fake, &options, &fw_trial_log_none, NULL), FW_E_ARG);
}
END_TEST

START_TEST(test_tune_a_small_space_is_exhausted)
{
    struct fw_tune_space space;
    struct fake fake = {0};
    struct fw_tune_objective objective = {&fake, judge};
    struct fw_tune_options options = options_of("random", 50, 1);
    struct fw_study_info info = {.driver = "tune"};
    struct fw_tune_result result;
    fw_tune_space_init(&space, table);
    ck_ok(fw_tune_space_fix(&space, "rate=0.01", err));
    ck_ok(fw_tune_space_search(&space, "width=4|8|16", err));
    ck_ok(fw_tune_run(&result, &space, &objective, &options, &info, &fw_trial_log_none, NULL, NULL, NULL, err));
    ck_assert_int_eq(result.end, FW_TUNE_EXHAUSTED);
    ck_assert_int_eq(result.n_trials, 6);
    const struct fw_params *best = &result.trials[result.best].params;
    ck_assert_double_eq(fw_params_get(best, "width"), 16);
    ck_assert_str_eq(fw_params_choice(best, "kind"), "steep");
    fw_tune_result_clear(&result, NULL);
}
END_TEST

START_TEST(test_tune_lower_losses_are_better)
{
    struct fake up = {0};
    struct fake down = {.loss = true};
    struct fw_tune_options options = options_of("hyperband", 0, 4);
    struct fw_tune_result a = search(&up, &options, &fw_trial_log_none);
    options.objective = FW_OBJECTIVE_LOGLOSS;
    struct fw_tune_result b = search(&down, &options, &fw_trial_log_none);
    ck_assert_int_eq(a.best, b.best);
    ck_assert_int_eq(a.n_trials, b.n_trials);
    fw_tune_result_clear(&a, NULL);
    fw_tune_result_clear(&b, NULL);
}
END_TEST

START_TEST(test_tune_leaders_are_configurations)
{
    struct fake fake = {0};
    struct fw_tune_options options = options_of("hyperband", 0, 4);
    struct fw_tune_result result = search(&fake, &options, &fw_trial_log_none);
    int64_t top[60];
    int64_t n = fw_tune_result_top(top, 60, &result, FW_OBJECTIVE_AUC);
    ck_assert_int_eq(n, result.configurations);
    ck_assert_int_eq(top[0], result.best);
    for (int64_t i = 1; i < n; i++)
        ck_assert(result.trials[top[i]].objective <= result.trials[top[i - 1]].objective);
    fw_tune_result_clear(&result, NULL);
}
END_TEST

/* Noise alone: a gain that is no more than what the best of so many would have by luck is not sure. */
START_TEST(test_tune_the_best_of_many_needs_a_larger_gain)
{
    struct fw_tune_trial trials[101] = {{.gain = NAN}};
    struct fw_tune_result result = {.trials = trials, .n_trials = 101};
    for (int i = 1; i <= 100; i++)
        trials[i] = (struct fw_tune_trial){.gain = 0.0025, .gain_low = 0.0025 - 0.00196, .gain_high = 0.0025 + 0.00196};
    ck_assert(!fw_tune_gain_is_sure(&result, &trials[1])); /* z = 2.5, but one of a hundred */
    result.n_trials = 2;
    ck_assert(fw_tune_gain_is_sure(&result, &trials[1]));
    result.n_trials = 101;
    trials[1].gain += 0.001; /* z = 3.5 */
    trials[1].gain_low += 0.001;
    trials[1].gain_high += 0.001;
    ck_assert(fw_tune_gain_is_sure(&result, &trials[1]));
    ck_assert(fw_tune_is_better(0.5, NAN, FW_OBJECTIVE_AUC) && !fw_tune_is_better(NAN, 0.5, FW_OBJECTIVE_LOGLOSS));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tune");
    TCase *cases = tcase_create("tune");
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_tune_finds_the_planted_region);
    tcase_add_test(cases, test_tune_the_first_trial_has_the_defaults);
    tcase_add_test(cases, test_tune_hyperband_rations_epochs);
    tcase_add_test(cases, test_tune_a_stopped_search_ends_as_if_it_had_not_stopped);
    tcase_add_test(cases, test_tune_trains_nothing_twice);
    tcase_add_test(cases, test_tune_failed_trials_are_recorded_and_passed_over);
    tcase_add_test(cases, test_tune_what_ends_the_search);
    tcase_add_test(cases, test_tune_a_small_space_is_exhausted);
    tcase_add_test(cases, test_tune_lower_losses_are_better);
    tcase_add_test(cases, test_tune_leaders_are_configurations);
    tcase_add_test(cases, test_tune_the_best_of_many_needs_a_larger_gain);
    suite_add_tcase(suite, cases);
    return suite;
}
