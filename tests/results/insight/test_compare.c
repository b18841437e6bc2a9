#include "results/insight/compare.h"

#include <math.h>
#include <string.h>

#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

static struct fw_store *store;

static void set_up(void)
{
    scratch_make();
    store = sample_store(scratch_path("fieldwise.db"));
}

static void tear_down(void)
{
    fw_store_close(store);
    scratch_remove();
}

static int64_t open_study(uint64_t key, const char *options, uint64_t data)
{
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_study_info info = sample_study(key);
    int64_t study;
    bool resumed;
    enum fw_study_status how;
    info.options = options;
    info.data_fingerprint = data;
    ck_ok(log.vtable->open_study(log.self, &study, &resumed, &how, &info, err));
    return study;
}

static void accept(int64_t study, int32_t step, const char *detail)
{
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_decision decision = {step, "accept", 1, detail, false};
    ck_ok(log.vtable->add_decision(log.self, study, &decision, err));
}

static struct fw_comparison_rows compare(const char *a, int64_t trial_a, const char *b, int64_t trial_b)
{
    struct fw_study_list studies[2];
    struct fw_comparison_rows comparison;
    ck_ok(fw_query_study_facts(&studies[0], store, a, err));
    ck_ok(fw_query_study_facts(&studies[1], store, b, err));
    struct fw_compared sides[] = {{studies[0].rows, trial_a}, {studies[1].rows, trial_b}};
    ck_ok(fw_compare_query(&comparison, store, sides[0], sides[1], err));
    fw_study_list_clear(&studies[1]);
    fw_study_list_clear(&studies[0]);
    return comparison;
}

static const struct fw_compare_row *find(const struct fw_comparison_rows *comparison, enum fw_compare_section section,
                                         const char *name)
{
    for (int64_t i = 0; i < comparison->n; i++) {
        if (comparison->rows[i].section == section && strcmp(comparison->rows[i].name, name) == 0)
            return &comparison->rows[i];
    }
    ck_abort_msg("no '%s'", name);
    return NULL;
}

START_TEST(test_compare_options_and_crosses)
{
    int64_t a = open_study(1, "{\"beam\":1,\"folds\":5,\"seed\":\"1\",\"gone\":2}", 7);
    int64_t b = open_study(2, "{\"beam\":2,\"folds\":5,\"seed\":\"2\"}", 7);
    struct fw_trial_record trial = sample_trial(1, "{\"cross\":[]}", 0.5);
    ck_ok(sample_add(store, a, &trial, err));
    ck_ok(sample_add(store, b, &trial, err));
    accept(a, 1, "{\"cross\":[\"x\",\"y\"],\"gain\":0.25,\"gain_low\":0.125,\"gain_high\":0.375}");
    accept(a, 2, "{\"cross\":[\"x\",\"z\"],\"gain\":0.5}");
    accept(b, 1, "{\"cross\":[\"x\",\"y\"],\"gain\":0.5,\"gain_low\":0.25,\"gain_high\":0.75}");
    accept(b, 2, "{\"cross\":[\"u\",\"v\"],\"gain\":1}");
    struct fw_comparison_rows c = compare("1", 0, "2", 0);
    ck_assert(c.same_data);
    ck_assert(!find(&c, FW_COMPARE_OPTION, "beam")->equal && find(&c, FW_COMPARE_OPTION, "folds")->equal);
    ck_assert_ptr_null(find(&c, FW_COMPARE_OPTION, "gone")->b);
    const struct fw_compare_row *both = find(&c, FW_COMPARE_CROSS, "x x y");
    ck_assert(both->equal && both->difference == 0.25);
    ck_assert_double_eq_tol(both->noise, hypot(0.125, 0.25), 1e-12);
    ck_assert(!find(&c, FW_COMPARE_CROSS, "x x z")->equal && !find(&c, FW_COMPARE_CROSS, "u x v")->equal);
    ck_assert_ptr_null(find(&c, FW_COMPARE_CROSS, "x x z")->b);
    ck_assert_ptr_null(find(&c, FW_COMPARE_CROSS, "u x v")->a);
    fw_comparison_rows_clear(&c);
}
END_TEST

/* Without gains the standard errors tell, with gains against one parent those do. */
START_TEST(test_compare_noise_is_what_is_stored)
{
    struct fw_metric metrics[] = {{"auc", 1, 0.5}, {"best_auc_se", 0, 0.03}, {"gate a", 1, 0}, {"gate b", 1, 0.5}};
    struct fw_metric others[] = {{"best_auc_se", 0, 0.04}, {"gate a", 1, 0.25}, {"gate b", 1, 0.75}};
    int64_t a = open_study(1, "{}", 7);
    int64_t b = open_study(2, "{}", 7);
    struct fw_trial_record one = sample_trial(1, "{\"r\":1,\"s\":2}", 0.5);
    struct fw_trial_record two = sample_trial(2, "{\"r\":2,\"s\":2}", 0.75);
    one.metrics = metrics;
    one.n_metrics = 4;
    one.gain = one.gain_low = one.gain_high = (double)NAN;
    ck_ok(sample_add(store, a, &one, err));
    two.metrics = others;
    two.n_metrics = 3;
    two.parent = 1;
    ck_ok(sample_add(store, a, &two, err));
    ck_ok(sample_add(store, b, &two, err));

    struct fw_comparison_rows apart = compare("1", 1, "2", 1);
    const struct fw_compare_row *auc = find(&apart, FW_COMPARE_FIGURE, "auc");
    ck_assert(auc->difference == 0.25);
    ck_assert_double_eq_tol(auc->noise, 1.96 * 0.05, 1e-12);
    ck_assert_str_eq(auc->basis, "standard errors");
    ck_assert(find(&apart, FW_COMPARE_GATE, "gate b")->equal && !find(&apart, FW_COMPARE_GATE, "gate a")->equal);
    ck_assert(!find(&apart, FW_COMPARE_CANDIDATE, "r")->equal && find(&apart, FW_COMPARE_CANDIDATE, "s")->equal);
    fw_comparison_rows_clear(&apart);

    struct fw_comparison_rows paired = compare("1", 1, "1", 2);
    auc = find(&paired, FW_COMPARE_FIGURE, "auc");
    ck_assert_double_eq_tol(auc->noise, (two.gain_high - two.gain_low) / 2, 1e-12);
    ck_assert_str_eq(auc->basis, "gain intervals");
    fw_comparison_rows_clear(&paired);
}
END_TEST

START_TEST(test_compare_without_noise_says_so)
{
    int64_t a = open_study(1, "{}", 7);
    int64_t b = open_study(2, "{}", 8);
    struct fw_trial_record trial = sample_trial(1, "{}", 0.5);
    trial.gain = trial.gain_low = trial.gain_high = (double)NAN;
    ck_ok(sample_add(store, a, &trial, err));
    ck_ok(sample_add(store, b, &trial, err));
    struct fw_comparison_rows c = compare("1", 0, "2", 0);
    ck_assert(!c.same_data);
    for (int64_t i = 0; i < c.n; i++) {
        ck_assert_ptr_null(c.rows[i].basis);
        ck_assert(isnan(c.rows[i].noise));
    }
    fw_comparison_rows_clear(&c);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("compare");
    TCase *cases = tcase_create("compare");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_compare_options_and_crosses);
    tcase_add_test(cases, test_compare_noise_is_what_is_stored);
    tcase_add_test(cases, test_compare_without_noise_says_so);
    suite_add_tcase(suite, cases);
    return suite;
}
