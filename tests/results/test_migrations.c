#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/hash.h"
#include "results/migrations.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

static char path[2048];

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s", scratch_path("s.db"));
}

static uint64_t hash_of_file(const char *name)
{
    char *data;
    size_t size;
    ck_ok(fw_file_read(&data, &size, name, 1 << 24, NULL, err));
    uint64_t hash = fw_hash_bytes(data, size, 0);
    fw_free(NULL, data);
    return hash;
}

START_TEST(test_migrations_make_a_store_of_this_version)
{
    fw_store_close(sample_store(path));
    ck_assert_int_eq(sample_sql(path, "PRAGMA application_id"), FW_STORE_APPLICATION_ID);
    ck_assert_int_eq(sample_sql(path, "PRAGMA user_version"), FW_STORE_VERSION);
    ck_assert_int_eq(sample_sql(path,
                                "SELECT count(*) FROM pragma_table_list WHERE type = 'table' AND strict AND name IN "
                                "('studies', 'trials', 'metrics', 'decisions', 'artifacts')"),
                     5);
    ck_assert(sample_is_sound(path));
    uint64_t before = hash_of_file(path);
    fw_store_close(sample_store(path)); /* opening again changes nothing */
    ck_assert_uint_eq(hash_of_file(path), before);
}
END_TEST

START_TEST(test_migrations_newer_version_is_refused_untouched)
{
    fw_store_close(sample_store(path));
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA user_version = %d; SELECT 1", FW_STORE_VERSION + 1);
    ck_assert_int_eq(sample_sql(path, sql), 1);
    uint64_t before = hash_of_file(path);
    for (int read_only = 0; read_only < 2; read_only++) {
        struct fw_store_options options;
        fw_store_options_init(&options);
        options.read_only = read_only;
        struct fw_store *store = NULL;
        struct fw_error fault = {0};
        ck_assert_int_eq(fw_store_open(&store, path, &options, &fault), FW_E_CORRUPT);
        ck_assert_ptr_nonnull(strstr(fault.message, "newer"));
        ck_assert_uint_eq(hash_of_file(path), before);
    }
}
END_TEST

START_TEST(test_migrations_file_of_another_program_is_refused_untouched)
{
    static const char *const others[] = {"CREATE TABLE studies (id INTEGER); SELECT 1",
                                         "PRAGMA application_id = 7; SELECT 1", "PRAGMA user_version = 1; SELECT 1",
                                         "CREATE TABLE t (a); DROP TABLE t; PRAGMA user_version = 3; SELECT 1"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        snprintf(path, sizeof path, "%s/%zu.db", scratch_path(NULL), i);
        struct fw_outfile out;
        ck_ok(fw_outfile_open(&out, path, err));
        ck_ok(fw_outfile_close(&out, FW_OK, err));
        ck_assert_int_eq(sample_sql(path, others[i]), 1);
        uint64_t before = hash_of_file(path);
        struct fw_store *store = NULL;
        struct fw_error fault = {0};
        ck_assert_int_eq(sample_open(&store, path, 1, &fault), FW_E_CORRUPT);
        ck_assert_ptr_nonnull(strstr(fault.message, "another program"));
        ck_assert_uint_eq(hash_of_file(path), before);
    }
}
END_TEST

START_TEST(test_migrations_views_answer_the_common_questions)
{
    struct fw_store *store = sample_store(path);
    for (uint64_t key = 1; key <= 2; key++) {
        struct fw_trial_log log = fw_store_trial_log(store);
        struct fw_study_info info = sample_study(key);
        info.maximise = key == 1;
        int64_t study;
        bool resumed;
        enum fw_study_status how;
        ck_ok(log.vtable->open_study(log.self, &study, &resumed, &how, &info, err));
        for (uint64_t i = 1; i <= 3; i++) {
            struct fw_metric metric = {"loss", 1, 0.5 * (double)i};
            struct fw_trial_record record = sample_trial(i, "{}", 10.0 * (double)i);
            record.metrics = &metric;
            record.n_metrics = 1;
            ck_ok(sample_add(store, study, &record, err));
        }
    }
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM v_trials WHERE study = 'random-2' AND metric = 'auc'"), 3);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM v_trials WHERE finished LIKE '20__-__-__T__:__:__.___Z'"),
                     6);
    ck_assert_int_eq(sample_sql(path, "SELECT objective FROM v_best WHERE study = 'random-1'"), 30);
    ck_assert_int_eq(sample_sql(path, "SELECT objective FROM v_best WHERE study = 'random-2'"), 10);
    ck_assert_int_eq(sample_sql(path, "SELECT 2 * value FROM v_curves WHERE study_id = 2 AND number = 3"), 3);
    ck_assert_int_eq(sample_sql(path, "SELECT trials FROM v_studies WHERE name = 'random-1'"), 3);
    ck_assert_int_eq(sample_sql(path, "SELECT best FROM v_studies WHERE name = 'random-2'"), 10);
    fw_store_close(store);
    /* whoever deletes a study deletes all of it */
    ck_assert_int_eq(sample_sql(path, "PRAGMA foreign_keys = ON; DELETE FROM studies; SELECT (SELECT count(*) FROM "
                                      "trials) + (SELECT count(*) FROM metrics)"),
                     0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("migrations");
    TCase *cases = tcase_create("migrations");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, set_up, scratch_remove);
    tcase_add_test(cases, test_migrations_make_a_store_of_this_version);
    tcase_add_test(cases, test_migrations_newer_version_is_refused_untouched);
    tcase_add_test(cases, test_migrations_file_of_another_program_is_refused_untouched);
    tcase_add_test(cases, test_migrations_views_answer_the_common_questions);
    suite_add_tcase(suite, cases);
    return suite;
}
