#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/hash.h"
#include "results/store/migrations.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/store_v1.h"
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
                                "('studies', 'trials', 'metrics', 'decisions', 'artifacts', 'tags', 'contents')"),
                     7);
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

/* All that version 1 held, as one number: every value of every table, in a fixed order. */
static int64_t content_of(const char *name)
{
    char *text =
        sample_text(name, "SELECT group_concat(quote(id) || name || quote(key) || driver || objective || maximise || "
                          "data || data_fingerprint || rows || options || seed || quote(command) || status || "
                          "quote(reason) || program_version || host || pid || processors || started_us || opened_us "
                          "|| quote(ended_us) || seconds) FROM (SELECT * FROM studies ORDER BY id) UNION ALL "
                          "SELECT group_concat(id || '/' || study_id || number || quote(parent) || candidate || hash "
                          "|| state || quote(reason) || step || rung || rows || quote(objective) || quote(gain) || "
                          "quote(gain_low) || quote(gain_high) || quote(bytes) || seconds || finished_us) FROM "
                          "(SELECT * FROM trials ORDER BY id) UNION ALL SELECT group_concat(trial_id || name || step "
                          "|| quote(value)) FROM (SELECT * FROM metrics ORDER BY 1, 2, 3) UNION ALL SELECT "
                          "group_concat(id || '/' || study_id || step || kind || quote(trial) || detail || clock || "
                          "made_us) FROM (SELECT * FROM decisions ORDER BY id) UNION ALL SELECT group_concat(id || "
                          "'/' || study_id || kind || path || bytes || checksum || written_us) FROM artifacts");
    ck_assert_uint_gt(strlen(text), 500);
    int64_t hash = (int64_t)fw_hash_text(text, 0);
    free(text);
    return hash;
}

START_TEST(test_migrations_first_version_is_brought_up_to_date)
{
    store_v1_make(path);
    int64_t before = content_of(path);
    fw_store_close(sample_store(path));
    ck_assert_int_eq(sample_sql(path, "PRAGMA user_version"), FW_STORE_VERSION);
    ck_assert_int_eq(content_of(path), before);
    ck_assert(sample_is_sound(path));
    ck_assert_int_eq(sample_sql(path, "SELECT sum(length(digest)) FROM (SELECT digest FROM studies UNION ALL SELECT "
                                      "digest FROM trials UNION ALL SELECT digest FROM decisions UNION ALL SELECT "
                                      "digest FROM artifacts)"),
                     16 * (2 + 4 + 2 + 1));
    ck_assert_int_eq(sample_sql(path, "SELECT trials FROM contents WHERE study_id = 1"), 3);
    /* the tables are those of a store that was never older */
    char fresh[2048];
    snprintf(fresh, sizeof fresh, "%s", scratch_path("fresh.db"));
    fw_store_close(sample_store(fresh));
    static const char schema[] = "SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_schema ORDER BY name)";
    char *migrated = sample_text(path, schema);
    char *made = sample_text(fresh, schema);
    ck_assert_str_eq(migrated, made);
    free(migrated);
    free(made);
    struct fw_store *store = sample_store(path); /* and it is in use again */
    struct fw_trial_record record = sample_trial(99, "{}", 0.5);
    ck_ok(sample_add(store, 1, &record, err));
    ck_assert_int_eq(record.number, 4);
    struct fw_trial_log log = fw_store_trial_log(store);
    bool found = false;
    ck_ok(log.vtable->find_trial(log.self, &found, &record, 1, 2, err));
    ck_assert(found && record.number == 2 && record.gain_low == -INFINITY);
    fw_store_close(store);
}
END_TEST

START_TEST(test_migrations_reader_of_an_older_file_leaves_it_alone)
{
    store_v1_make(path);
    uint64_t before = hash_of_file(path);
    struct fw_store_options options;
    fw_store_options_init(&options);
    options.read_only = true;
    struct fw_store *store = NULL;
    ck_ok(fw_store_open(&store, path, &options, err));
    struct fw_study_list studies;
    ck_ok(fw_query_studies(&studies, store, err));
    ck_assert_int_eq(studies.n, 2);
    ck_assert_str_eq(studies.rows[0].name, "autocross-1");
    ck_assert_int_eq(studies.rows[0].n_trials, 3);
    fw_study_list_clear(&studies);
    struct fw_trial_record record = sample_trial(99, "{}", 0.5);
    struct fw_error fault = {0};
    ck_assert_int_ne(sample_add(store, 1, &record, &fault), FW_OK);
    fw_store_close(store);
    ck_assert_uint_eq(hash_of_file(path), before);
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
    tcase_add_test(cases, test_migrations_first_version_is_brought_up_to_date);
    tcase_add_test(cases, test_migrations_reader_of_an_older_file_leaves_it_alone);
    tcase_add_test(cases, test_migrations_file_of_another_program_is_refused_untouched);
    tcase_add_test(cases, test_migrations_views_answer_the_common_questions);
    suite_add_tcase(suite, cases);
    return suite;
}
