#include "results/insight/spread.h"

#include <math.h>

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

/* A study of two candidates. */
static void add(uint64_t key, uint64_t seed, const char *options, uint64_t data, double first, double second)
{
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_study_info info = sample_study(key);
    int64_t study;
    bool resumed;
    enum fw_study_status how;
    info.seed = seed;
    info.options = options;
    info.data_fingerprint = data;
    ck_ok(log.vtable->open_study(log.self, &study, &resumed, &how, &info, err));
    struct fw_trial_record trials[] = {sample_trial(1, "{\"a\":1}", first), sample_trial(2, "{\"a\":2}", second)};
    ck_ok(log.vtable->add_trials(log.self, study, trials, 2, err));
}

static struct fw_spread spread_of(const char *name, const char *candidate)
{
    struct fw_study_list study;
    struct fw_spread spread;
    ck_ok(fw_query_study_facts(&study, store, name, err));
    ck_ok(fw_spread_query(&spread, store, &study.rows[0], candidate, err));
    fw_study_list_clear(&study);
    return spread;
}

/* Runs that differ in their seed alone count, one a seed, and no others. */
START_TEST(test_spread_is_over_seeds_alone)
{
    add(1, 1, "{\"x\":1,\"seed\":\"1\"}", 7, 0.5, 0.25);
    add(2, 2, "{\"seed\":\"2\",\"x\":1}", 7, 0.75, 0.25);
    add(3, 3, "{\"x\":1,\"seed\":\"3\"}", 7, 0.25, 1.0);
    add(4, 4, "{\"x\":2,\"seed\":\"4\"}", 7, 9, 9); /* another option */
    add(5, 5, "{\"x\":1,\"seed\":\"5\"}", 8, 9, 9); /* other data */
    add(6, 2, "{\"x\":1,\"seed\":\"2\"}", 7, 9, 9); /* a seed that is there */
    struct fw_spread first = spread_of("1", "{\"a\":1}");
    ck_assert_int_eq(first.n, 3);
    ck_assert_double_eq_tol(first.mean, 0.5, 1e-12);
    ck_assert_double_eq_tol(first.sd, 0.25, 1e-12);
    struct fw_spread second = spread_of("2", "{\"a\":2}");
    ck_assert_int_eq(second.n, 3);
    ck_assert_double_eq_tol(second.mean, 0.5, 1e-12);
    struct fw_spread best = spread_of("1", NULL); /* 0.5, 0.75 and 1 */
    ck_assert_int_eq(best.n, 3);
    ck_assert_double_eq_tol(best.mean, 0.75, 1e-12);
    ck_assert_double_eq_tol(best.sd, 0.25, 1e-12);
}
END_TEST

START_TEST(test_spread_of_one_run_is_none)
{
    add(1, 1, "{}", 7, 0.5, 0.25);
    struct fw_spread spread = spread_of("1", "{\"a\":1}");
    ck_assert_int_eq(spread.n, 1);
    ck_assert(isnan(spread.sd));
    ck_assert_int_eq(spread_of("1", "{\"a\":3}").n, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("spread");
    TCase *cases = tcase_create("spread");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_spread_is_over_seeds_alone);
    tcase_add_test(cases, test_spread_of_one_run_is_none);
    suite_add_tcase(suite, cases);
    return suite;
}
