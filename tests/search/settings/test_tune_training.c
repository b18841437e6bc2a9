#include "search/settings/tune_training.h"

#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "evaluators/metrics.h"
#include "models/registry.h"
#include "support/crossed.h"
#include "support/fitting.h"
#include "support/test_main.h"

static struct fw_tune_training_config config_of(const struct fw_dataset *d, enum fw_objective objective)
{
    return (struct fw_tune_training_config){
        .model = &fw_model_lr, .dataset = d, .objective = objective, .seed = 1, .threads = 1};
}

static struct fw_params settings(const char *text)
{
    struct fw_params params;
    fw_params_init(&params, fw_model_lr.params);
    ck_ok(fw_params_parse(&params, text, err));
    return params;
}

static enum fw_status judge(struct fw_tune_outcome *out, struct fw_tune_training *training, const char *text,
                            bool baseline, const struct fw_budget *budget, struct fw_error *err)
{
    struct fw_params params = settings(text);
    struct fw_tune_objective objective = fw_tune_training_objective(training);
    return objective.judge(objective.self, out, &params, baseline, budget, err);
}

static double metric_of(const struct fw_tune_outcome *outcome, const char *name, int64_t step)
{
    for (int64_t i = 0; i < outcome->n_metrics; i++) {
        if (outcome->metrics[i].step == step && strcmp(outcome->metrics[i].name, name) == 0)
            return outcome->metrics[i].value;
    }
    ck_abort_msg("there is no figure '%s' of step %d", name, (int)step);
    return NAN;
}

START_TEST(test_tune_training_compares_with_the_baseline)
{
    struct fw_dataset *d = crossed_dataset(1, 1.0, 5);
    for (int o = 0; o < 2; o++) {
        struct fw_tune_training_config config = config_of(d, o == 0 ? FW_OBJECTIVE_AUC : FW_OBJECTIVE_LOGLOSS);
        struct fw_tune_training *training;
        struct fw_tune_outcome base;
        struct fw_tune_outcome other;
        ck_ok(fw_tune_training_create(&training, &config, NULL, err));
        ck_ok(judge(&base, training, "optimiser=ftrl,epochs=1,rate=0.01", true, NULL, err));
        double before = base.objective;
        ck_assert(isnan(base.gain));
        ck_ok(judge(&other, training, "optimiser=ftrl,epochs=9", false, NULL, err));
        ck_assert_double_eq_tol(other.gain, o == 0 ? other.objective - before : before - other.objective, 1e-12);
        ck_assert(other.gain_low < other.gain && other.gain < other.gain_high);
        ck_assert_double_eq(metric_of(&other, o == 0 ? "auc" : "logloss", 0), other.objective);
        ck_assert_double_eq(metric_of(&other, o == 0 ? "auc" : "logloss", (int64_t)metric_of(&other, "best_epoch", 0)),
                            other.objective);
        ck_ok(judge(&other, training, "optimiser=ftrl,epochs=1,rate=0.01", false, NULL, err));
        ck_assert_double_eq(other.gain, 0); /* the same settings give the same bits */
        fw_tune_training_destroy(training);
    }
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_tune_training_does_not_depend_on_threads)
{
    static const int threads[] = {1, 2, 3, 8};
    struct fw_dataset *d = crossed_dataset(2, 1.0, 5);
    struct fw_tune_outcome first = {0};
    for (int t = 0; t < 4; t++) {
        struct fw_tune_training_config config = config_of(d, FW_OBJECTIVE_AUC);
        struct fw_tune_training *training;
        struct fw_tune_outcome outcome;
        config.threads = threads[t];
        ck_ok(fw_tune_training_create(&training, &config, NULL, err));
        ck_ok(judge(&outcome, training, "optimiser=newton", true, NULL, err));
        ck_ok(judge(&outcome, training, "optimiser=ftrl,epochs=5", false, NULL, err));
        if (t == 0)
            first = outcome;
        ck_assert_double_eq(outcome.objective, first.objective);
        ck_assert_double_eq(outcome.gain_low, first.gain_low);
        ck_assert_int_eq(outcome.rows, first.rows);
        fw_tune_training_destroy(training);
    }
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_tune_training_a_training_cut_short_is_no_result)
{
    struct fw_dataset *d = crossed_dataset(3, 1.0, 5);
    struct fw_tune_training_config config = config_of(d, FW_OBJECTIVE_AUC);
    struct fw_tune_training *training;
    struct fw_tune_outcome outcome;
    struct fw_budget budget = {.started = fw_clock_seconds(), .seconds = 0.05};
    atomic_int stop = 1;
    struct fw_budget stopped = {.stop = &stop};
    ck_ok(fw_tune_training_create(&training, &config, NULL, err));
    ck_assert_int_eq(judge(&outcome, training, "optimiser=ftrl,epochs=10000,patience=0", true, &budget, NULL),
                     FW_E_BUDGET);
    ck_assert_int_eq(judge(&outcome, training, "optimiser=ftrl", true, &stopped, NULL), FW_E_STOPPED);
    fw_tune_training_destroy(training);
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_tune_training_faults_of_settings_are_the_trials_own)
{
    struct fw_dataset *d = crossed_dataset(3, 1.0, 5);
    struct fw_tune_training_config config = config_of(d, FW_OBJECTIVE_AUC);
    struct fw_tune_training *training;
    struct fw_tune_outcome outcome;
    struct fw_error told = {0};
    ck_ok(fw_tune_training_create(&training, &config, NULL, err));
    ck_assert_int_eq(judge(&outcome, training, "optimiser=newton,l1=1", false, NULL, &told), FW_E_ARG);
    ck_assert_int_eq(judge(&outcome, training, "optimiser=sgd,rate=100,l2=1e6,batch=64", false, NULL, &told),
                     FW_E_NUMERIC);
    ck_ok(judge(&outcome, training, "optimiser=ftrl,epochs=2", false, NULL, err)); /* the next one is not harmed */
    ck_assert(isnan(outcome.gain));                                                /* there was no baseline */
    fw_tune_training_destroy(training);
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_tune_training_refused_memory_is_an_error_and_no_leak)
{
    struct fw_dataset *d = crossed_dataset(3, 1.0, 5);
    struct fw_allocator mem;
    for (int64_t n = 1;; n++) {
        struct fw_tune_training_config config = config_of(d, FW_OBJECTIVE_AUC);
        struct fw_tune_training *training = NULL;
        struct fw_tune_outcome outcome;
        fw_allocator_init(&mem, 0);
        atomic_store(&mem.fail_at, n);
        enum fw_status status = fw_tune_training_create(&training, &config, &mem, NULL);
        if (status == FW_OK)
            status = judge(&outcome, training, "optimiser=ftrl,epochs=1", true, NULL, NULL);
        fw_tune_training_destroy(training);
        ck_assert_uint_eq(atomic_load(&mem.used), 0);
        if (status == FW_OK)
            break;
        ck_assert_int_eq(status, FW_E_NOMEM);
    }
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_tune_training_the_refit_sees_all_rows)
{
    struct fw_dataset *d = crossed_dataset(4, 1.0, 5);
    struct fw_tune_training_config config = config_of(d, FW_OBJECTIVE_AUC);
    struct fw_tune_training *training;
    struct fw_params params = settings("optimiser=ftrl,epochs=6");
    struct fw_model *model = NULL;
    struct fw_training curve;
    struct fw_tune_outcome outcome;
    ck_ok(fw_tune_training_create(&training, &config, NULL, err));
    ck_ok(judge(&outcome, training, "optimiser=ftrl,epochs=6", true, NULL, err));
    ck_ok(fw_tune_training_refit(&model, &curve, training, &params, NULL, err));
    ck_assert(curve.refitted);
    ck_assert_double_eq(curve.best_score, outcome.objective);
    ck_assert_int_eq(fw_model_parameter_count(model) > 0, 1);
    fw_training_clear(&curve, NULL);
    fw_model_destroy(model);
    fw_tune_training_destroy(training);
    fw_dataset_destroy(d);
}
END_TEST

/* Real trainings under a real search. */
START_TEST(test_tune_training_a_search_improves_bad_defaults)
{
    struct fw_dataset *d = crossed_dataset(6, 1.0, 5);
    struct fw_tune_training_config config = config_of(d, FW_OBJECTIVE_LOGLOSS);
    struct fw_tune_training *training;
    struct fw_tune_space space;
    struct fw_tune_result result;
    struct fw_tune_options options;
    struct fw_study_info info = {.driver = "tune"};
    fw_tune_options_init(&options);
    options.objective = FW_OBJECTIVE_LOGLOSS;
    fw_tune_space_init(&space, fw_model_lr.params);
    ck_ok(fw_tune_space_fix(&space, "optimiser=sgd,epochs=9,l2=0,patience=0", err));
    ck_ok(fw_tune_space_search(&space, "rate=0.001..10", err));
    ck_ok(fw_tune_training_create(&training, &config, NULL, err));
    struct fw_tune_objective objective = fw_tune_training_objective(training);
    ck_ok(fw_tune_run(&result, &space, &objective, &options, &info, &fw_trial_log_none, NULL, NULL, NULL, err));
    const struct fw_tune_trial *best = &result.trials[result.best];
    ck_assert(best->objective < result.trials[0].objective);
    ck_assert(best->gain_low > 0);
    fw_tune_result_clear(&result, NULL);
    fw_tune_training_destroy(training);
    fw_dataset_destroy(d);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tune_training");
    TCase *cases = tcase_create("tune_training");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_tune_training_compares_with_the_baseline);
    tcase_add_test(cases, test_tune_training_does_not_depend_on_threads);
    tcase_add_test(cases, test_tune_training_a_training_cut_short_is_no_result);
    tcase_add_test(cases, test_tune_training_faults_of_settings_are_the_trials_own);
    tcase_add_test(cases, test_tune_training_refused_memory_is_an_error_and_no_leak);
    tcase_add_test(cases, test_tune_training_the_refit_sees_all_rows);
    tcase_add_test(cases, test_tune_training_a_search_improves_bad_defaults);
    suite_add_tcase(suite, cases);
    return suite;
}
