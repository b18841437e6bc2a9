#include "results/insight/lineage.h"

#include <string.h>

#include "support/schemas.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

static struct fw_store *store;
static struct fw_plan *plan;
static int64_t crosses_study, train_study;

static int64_t open_study(uint64_t key, const char *driver, uint64_t data)
{
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_study_info info = sample_study(key);
    int64_t study;
    bool resumed;
    enum fw_study_status how;
    info.driver = driver;
    info.data_fingerprint = data;
    ck_ok(log.vtable->open_study(log.self, &study, &resumed, &how, &info, err));
    return study;
}

/* A plan with one cross, by trial 2 of the first study on data 7. */
static void make_plan(void)
{
    struct fw_table *table = table_of("y,job,age\n1,cook,10\n0,smith,20.5\n", NULL);
    struct fw_schema_options options;
    char job[] = "job";
    char age[] = "age@4";
    struct fw_plan_cross cross = {.order = 2, .fields = {job, age}, .objective = 0.75, .trial = 2};
    fw_schema_options_init(&options);
    options.labels = NAMES("y");
    ck_ok(fw_plan_create(&plan, schema_of(table, &options), NULL, err));
    ck_ok(fw_plan_add_cross(plan, &cross, err));
    ck_ok(fw_plan_set_text(plan, &plan->origin.store, "old.db", err));
    plan->origin.study = crosses_study;
    plan->origin.data_fingerprint = 7;
    fw_table_destroy(table);
}

static void set_up(void)
{
    scratch_make();
    store = sample_store(scratch_path("fieldwise.db"));
    crosses_study = open_study(1, "autocross", 7);
    struct fw_trial_record base = sample_trial(1, "{\"cross\":[]}", 0.5);
    struct fw_trial_record cross = sample_trial(2, "{\"cross\":[\"job\",\"age@4\"]}", 0.75);
    ck_ok(sample_add(store, crosses_study, &base, err));
    ck_ok(sample_add(store, crosses_study, &cross, err));
    train_study = open_study(2, "train", 7);
    struct fw_trial_record lr = sample_trial(1, "{\"model\":\"lr\",\"rate\":0.5}", 0.9);
    struct fw_trial_record fm = sample_trial(2, "{\"model\":\"fm\",\"rate\":0.5,\"dim\":8}", 0.8);
    ck_ok(sample_add(store, train_study, &lr, err));
    ck_ok(sample_add(store, train_study, &fm, err));
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_artifact model = {"model", "there/m.fw", 100, 42};
    ck_ok(log.vtable->add_artifact(log.self, train_study, &model, err));
    make_plan();
}

static void tear_down(void)
{
    fw_plan_destroy(plan);
    fw_store_close(store);
    scratch_remove();
}

static struct fw_lineage trace(uint64_t checksum)
{
    struct fw_lineage lineage;
    struct fw_lineage_file file = {.path = "elsewhere/m.fw",
                                   .bytes = 100,
                                   .checksum = checksum,
                                   .plan = plan,
                                   .model = "fm",
                                   .settings = "{\"rate\":0.5,\"dim\":8}"};
    ck_ok(fw_lineage_trace(&lineage, store, &file, err));
    return lineage;
}

START_TEST(test_lineage_finds_each_part)
{
    struct fw_lineage lineage = trace(42);
    ck_assert_int_eq(lineage.n_parts, 3);
    ck_assert_str_eq(lineage.parts[0].state, "as written");
    ck_assert_int_eq(lineage.parts[0].study, train_study);
    ck_assert_str_eq(lineage.parts[1].what, "job x age@4");
    ck_assert(lineage.parts[1].study == crosses_study && lineage.parts[1].trial == 2);
    ck_assert_str_eq(lineage.parts[2].part, "settings");
    ck_assert(lineage.parts[2].study == train_study && lineage.parts[2].trial == 2);
    ck_assert_int_eq(lineage.studies.n, 2);
    ck_assert_int_eq(lineage.studies.rows[0].id, crosses_study);
    ck_assert_int_eq(lineage.studies.rows[1].id, train_study);
    fw_lineage_clear(&lineage);
}
END_TEST

START_TEST(test_lineage_sees_a_changed_file)
{
    struct fw_lineage lineage = trace(43);
    ck_assert_int_eq(lineage.parts[0].study, 0);
    ck_assert_ptr_nonnull(strstr(lineage.parts[0].state, "changed since"));
    ck_assert_int_eq(lineage.n_parts, 2); /* whose settings these are is not known any more */
    ck_assert_int_eq(lineage.studies.n, 1);
    fw_lineage_clear(&lineage);
}
END_TEST

/* Study 1 of another store is not study 1 of this one. */
START_TEST(test_lineage_does_not_take_one_study_for_another)
{
    plan->origin.data_fingerprint = 8;
    struct fw_lineage lineage = trace(42);
    ck_assert_int_eq(lineage.parts[1].study, 0);
    ck_assert_ptr_nonnull(strstr(lineage.parts[1].state, "old.db"));
    fw_lineage_clear(&lineage);
    plan->origin.data_fingerprint = 7;
    plan->crosses[0].objective = 0.6; /* that trial has another figure here */
    lineage = trace(42);
    ck_assert_int_eq(lineage.parts[1].study, 0);
    fw_lineage_clear(&lineage);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("lineage");
    TCase *cases = tcase_create("lineage");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_lineage_finds_each_part);
    tcase_add_test(cases, test_lineage_sees_a_changed_file);
    tcase_add_test(cases, test_lineage_does_not_take_one_study_for_another);
    suite_add_tcase(suite, cases);
    return suite;
}
