#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "results/care/salvage.h"
#include "results/care/verify.h"
#include "support/care.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/store_v1.h"
#include "support/test_main.h"

static char path[2048], rescued[2048];

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s", scratch_path("s.db"));
    snprintf(rescued, sizeof rescued, "%s", scratch_path("rescued.db"));
}

/* Checks that verify finds n damages and says `words`. */
static void check_finds(int64_t n, const char *words)
{
    struct fw_buffer texts;
    fw_buffer_init(&texts, NULL);
    fw_buffer_add_text(&texts, "");
    int64_t found = care_damages(path, &texts);
    ck_assert_msg(found == n, "%d damages instead of %d: %s", (int)found, (int)n, texts.data);
    ck_assert_msg(strstr(texts.data, words) != NULL, "no '%s' in: %s", words, texts.data);
    fw_buffer_clear(&texts);
}

static void change(const char *sql)
{
    char all[512];
    snprintf(all, sizeof all, "%s; SELECT 1", sql);
    ck_assert_int_eq(sample_sql(path, all), 1);
}

START_TEST(test_verify_finds_nothing_in_what_was_written)
{
    care_fill(path, 5);
    check_finds(0, "");
    /* neither after everything that changes a study, nor after a trial was replaced */
    struct fw_store *store = sample_store(path);
    struct fw_trial_log log = fw_store_trial_log(store);
    int64_t study = sample_open_study(store, 2);
    struct fw_trial_record record = sample_trial(77, "{}", NAN);
    record.state = FW_TRIAL_FAILED;
    ck_ok(sample_add(store, study, &record, err));
    struct fw_metric metric = {"auc", 0, INFINITY};
    record = sample_trial(77, "{}", -0.0);
    record.metrics = &metric;
    record.n_metrics = 1;
    ck_ok(sample_add(store, study, &record, err));
    struct fw_decision decision = {3, "accept", 2, "{\"z\":5}", false};
    ck_ok(log.vtable->add_decision(log.self, study, &decision, err));
    ck_ok(log.vtable->close_study(log.self, study, FW_STUDY_FAILED, "why", err));
    fw_store_close(store);
    check_finds(0, "");
}
END_TEST

START_TEST(test_verify_finds_what_sql_changed)
{
    static const struct {
        const char *sql, *words;
        int64_t n;
    } cases[] = {
        {"UPDATE trials SET objective = objective + 1e-12 WHERE study_id = 1 AND number = 4",
         "study 'random-1': trial 4 or one of its metrics", 1},
        {"UPDATE metrics SET value = 1 WHERE trial_id = 2 AND name = 'auc'", "study 'random-1': trial 2", 1},
        {"DELETE FROM metrics WHERE trial_id = 3 AND name = 'loss'", "trial 3", 1},
        {"INSERT INTO metrics VALUES (3, 'x', 0, 1)", "trial 3", 1},
        {"UPDATE studies SET reason = 'x' WHERE id = 2", "study 'random-2' (number 2)", 1},
        {"INSERT INTO tags VALUES (2, 'x')", "study 'random-2' (number 2)", 1},
        {"UPDATE decisions SET clock = 1 - clock WHERE study_id = 3 AND step = 2", "decision 'accept' of step 2", 1},
        {"UPDATE artifacts SET bytes = 7 WHERE study_id = 1", "file 'plan.json'", 1},
        {"DELETE FROM trials WHERE study_id = 1 AND number = 5", "1 of its 5 trials is missing (5)", 1},
        {"DELETE FROM trials WHERE study_id = 1 AND number IN (2, 3)", "2 of its 5 trials are missing (2-3)", 1 + 3},
        {"DELETE FROM decisions WHERE study_id = 2 AND step = 3", "3 decisions are there, 4 should be", 1},
        {"UPDATE trials SET digest = '0123456789abcdef' WHERE id = 1", "trial 1", 1},
        {"UPDATE contents SET digests = '0123456789abcdef' WHERE study_id = 1", "their sum was changed", 1},
        {"UPDATE contents SET lost = 1 WHERE study_id = 1", "not numbered without gaps", 1},
        {"DELETE FROM contents WHERE study_id = 2", "no row in table 'contents'", 1},
        {"DROP INDEX trials_by_time", "index 'trials_by_time' is missing", 1},
        {"DROP VIEW v_best; CREATE VIEW v_best AS SELECT 1", "the definition of view 'v_best'", 1},
        {"CREATE TABLE mine (a)", "remark: table 'mine' is not part of a store", 0},
        {"DELETE FROM studies WHERE id = 3", "belongs to nothing in table 'studies'", 9 + 1 + 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unlink(path);
        care_fill(path, 5);
        change(cases[i].sql);
        if (i == sizeof cases / sizeof cases[0] - 1)
            ck_assert_int_gt(care_damages(path, NULL), 5); /* SQL without foreign keys leaves all children behind */
        else
            check_finds(cases[i].n, cases[i].words);
    }
}
END_TEST

START_TEST(test_verify_of_the_first_version_looks_at_its_structure)
{
    store_v1_make(path);
    check_finds(0, "remark: the tables have version 1, which has no digests");
    fw_store_close(sample_store(path));
    check_finds(0, "");
}
END_TEST

START_TEST(test_verify_changed_trial_is_not_gone_on_from)
{
    care_fill(path, 3);
    change("UPDATE trials SET objective = 9 WHERE study_id = 1 AND number = 2");
    struct fw_store *store = sample_store(path);
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_trial_record record;
    struct fw_error fault = {0};
    bool found;
    ck_ok(log.vtable->find_trial(log.self, &found, &record, 1, 1, err));
    ck_assert(found);
    ck_assert_int_eq(log.vtable->find_trial(log.self, &found, &record, 1, 2, &fault), FW_E_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.message, "trial 2 of study 1 is not as it was stored"));
    fw_store_close(store);
}
END_TEST

START_TEST(test_verify_salvage_sends_strayed_metrics_away)
{
    care_fill(path, 5);
    char *before = sample_text(path, care_trials);
    change("INSERT INTO metrics VALUES (3, 'auc', 9, 1), (4, 'stray', 0, NULL)");
    ck_assert_int_eq(care_damages(path, NULL), 2);
    struct fw_salvage saved;
    struct fw_store_options how = care_options();
    ck_ok(fw_salvage_file(&saved, path, rescued, &how, err));
    ck_assert_int_eq(saved.n_trials, 15);
    ck_assert_int_eq(saved.losses.length, 0);
    fw_salvage_clear(&saved);
    char *after = sample_text(rescued, care_trials);
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
}
END_TEST

/* Changes one byte of the store: `change` is added to the one that is `shift` after the only place where these n bytes
 * are. */
static void change_byte(const char *bytes, size_t n, size_t shift, int change)
{
    char *whole;
    size_t size;
    ck_ok(fw_file_read(&whole, &size, path, 1 << 26, NULL, err));
    char *at = memmem(whole, size, bytes, n);
    ck_assert_ptr_nonnull(at);
    ck_assert_ptr_null(memmem(at + n, size - n - (size_t)(at - whole), bytes, n));
    at[shift] = (char)(at[shift] + change);
    care_write(path, whole, size);
    fw_free(NULL, whole);
}

/* Salvages and checks what comes back: of the trials before, one a line, all but the lost one. */
static void check_comes_back(const char *before, int64_t lost)
{
    struct fw_salvage saved;
    struct fw_store_options how = care_options();
    ck_assert_int_ne(care_damages(path, NULL), 0);
    ck_ok(fw_salvage_file(&saved, path, rescued, &how, err));
    ck_assert_int_eq(saved.n_lost_trials, lost);
    fw_salvage_clear(&saved);
    char *after = sample_text(rescued, care_trials);
    size_t bytes = strlen(after);
    if (lost == 0)
        ck_assert_str_eq(after, before);
    for (char *line = strtok(after, "\n"); line != NULL; line = strtok(NULL, "\n"))
        ck_assert_ptr_nonnull(strstr(before, line));
    ck_assert_uint_gt(bytes, strlen(before) * (size_t)(15 - lost) / 15 - 100);
    free(after);
}

/* Its row number, then how its record begins: length of the header, no number, study 1, a byte for the trial's number.
 */
static const char trial_2[] = {2, 20, 0, 9, 1};

/* The number of trial 2 becomes that of trial 4, in front of that one: trial 4 is as good as before. */
START_TEST(test_verify_salvage_knows_rows_of_the_same_number_apart)
{
    care_fill(path, 5);
    char *before = sample_text(path, care_trials);
    change_byte(trial_2, sizeof trial_2, 0, 2);
    check_comes_back(before, 1);
    free(before);
}
END_TEST

/* SQLite looks only at the bits of a cell's place that fit into a page. */
START_TEST(test_verify_salvage_reads_rows_where_sqlite_finds_them)
{
    care_fill(path, 5);
    char *before = sample_text(path, care_trials);
    char *whole;
    size_t size;
    ck_ok(fw_file_read(&whole, &size, path, 1 << 26, NULL, err));
    const char *at = memmem(whole, size, trial_2, sizeof trial_2);
    ck_assert_ptr_nonnull(at);
    size_t page = (size_t)(at - whole) / 4096 * 4096;
    ck_assert_int_eq(whole[page], 13); /* a leaf of a table */
    whole[page + 8] = (char)(whole[page + 8] + 0x40);
    care_write(path, whole, size);
    fw_free(NULL, whole);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials NOT INDEXED"), 15);
    check_comes_back(before, 0);
    free(before);
}
END_TEST

/* The metric 'complete' of trial 4 goes to where there is no trial, then to trial 9, which has one just like it. */
START_TEST(test_verify_salvage_brings_strayed_metrics_back)
{
    static const int changes[] = {100, 5};
    for (int i = 0; i < 2; i++) {
        unlink(path);
        unlink(rescued);
        care_fill(path, 5);
        char *before = sample_text(path, care_trials);
        change_byte("\x04"
                    "complete",
                    9, 0, changes[i]);
        check_comes_back(before, 0);
        free(before);
    }
}
END_TEST

/* Salvages and checks what it says was lost. */
static void check_losses(const char *from, const char *to, int64_t n, const char *losses)
{
    struct fw_salvage saved;
    struct fw_store_options how = care_options();
    ck_ok(fw_salvage_file(&saved, from, to, &how, err));
    ck_assert_int_eq(saved.n_lost_trials, n);
    ck_assert_str_eq(saved.losses.data != NULL ? saved.losses.data : "", losses);
    fw_salvage_clear(&saved);
}

START_TEST(test_verify_salvage_says_which_trials_were_lost)
{
    care_fill(path, 60);
    change("UPDATE trials SET rows = 1 WHERE study_id = 2 AND (number IN (1, 60) OR number BETWEEN 7 AND 9); UPDATE "
           "trials SET rows = 1 WHERE study_id = 3 AND number % 2 = 0; DELETE FROM decisions WHERE study_id = 1");
    check_losses(path, rescued, 35,
                 "study 'random-1': 4 decisions\n"
                 "study 'random-2': 5 trials (1, 7-9, 60)\n"
                 "study 'random-3': 30 trials (2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, "
                 "40, ...)\n");
    /* once more: what was lost then is not lost again */
    ck_assert_int_eq(sample_sql(rescued, "UPDATE trials SET rows = 1 WHERE study_id = 2 AND number = 12; SELECT 1"), 1);
    check_losses(rescued, scratch_path("again.db"), 1,
                 "study 'random-2': 1 trial (1, 7-9, 12; 4 of these were lost before)\n");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("verify");
    TCase *cases = tcase_create("verify");
    tcase_set_timeout(cases, 300);
    tcase_add_checked_fixture(cases, set_up, scratch_remove);
    tcase_add_test(cases, test_verify_finds_nothing_in_what_was_written);
    tcase_add_test(cases, test_verify_finds_what_sql_changed);
    tcase_add_test(cases, test_verify_of_the_first_version_looks_at_its_structure);
    tcase_add_test(cases, test_verify_changed_trial_is_not_gone_on_from);
    tcase_add_test(cases, test_verify_salvage_sends_strayed_metrics_away);
    tcase_add_test(cases, test_verify_salvage_knows_rows_of_the_same_number_apart);
    tcase_add_test(cases, test_verify_salvage_reads_rows_where_sqlite_finds_them);
    tcase_add_test(cases, test_verify_salvage_brings_strayed_metrics_back);
    tcase_add_test(cases, test_verify_salvage_says_which_trials_were_lost);
    suite_add_tcase(suite, cases);
    return suite;
}
