#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "core/hash.h"
#include "support/program.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* Two studies that are complete, each with a plan of its own and both with the model. */
static void set_up(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    write_file("plan-1.json", "hello");
    write_file("plan-2.json", "hello");
    write_file("model.fw", "hello");
    struct fw_store *store = sample_store("fieldwise.db");
    struct fw_trial_log log = fw_store_trial_log(store);
    for (uint64_t key = 1; key <= 2; key++) {
        int64_t study = sample_open_study(store, key);
        struct fw_trial_record records[] = {sample_trial(1, "{}", 0.5), sample_trial(2, "{}", 0.75),
                                            sample_trial(3, "{}", 0.25)};
        ck_ok(log.vtable->add_trials(log.self, study, records, 3, err));
        struct fw_artifact files[] = {{"plan", key == 1 ? "plan-1.json" : "plan-2.json", 5, fw_hash_text("hello", 0)},
                                      {"model", "model.fw", 5, fw_hash_text("hello", 0)}};
        for (int i = 0; i < 2; i++)
            ck_ok(log.vtable->add_artifact(log.self, study, &files[i], err));
        ck_ok(log.vtable->close_study(log.self, study, FW_STUDY_COMPLETE, NULL, err));
    }
    fw_store_close(store);
}

static void tear_down(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

/* Runs `fieldwise trials ...` without a terminal; checks the exit code and that each of some texts is in what it said.
 */
static void check(int code, const char *const *texts, const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials %s </dev/null", arguments);
    ck_assert_msg(run.code == code, "'%s' ended with %d: %s%s", arguments, run.code, run.out, run.told);
    for (; *texts != NULL; texts++)
        ck_assert_msg(strstr(run.out, *texts) != NULL || strstr(run.told, *texts) != NULL,
                      "'%s' does not say '%s':\n%s%s", arguments, *texts, run.out, run.told);
    program_run_clear(&run);
}

#define CHECK(code, arguments, ...) check((code), (const char *const[]){__VA_ARGS__, NULL}, (arguments))

START_TEST(test_cmd_trials_care_tags_notes_and_names)
{
    CHECK(0, "tag random-1 paper 'very good'", "paper, very good");
    CHECK(0, "tag --remove 1 paper", "very good");
    CHECK(0, "annotate random-1 'see \"the\" next'", "see \"the\" next");
    CHECK(0, "rename random-1 'of the paper'", "of the paper (number 1)");
    CHECK(3, "rename random-2 'of the paper'", "has the name 'of the paper' already");
    CHECK(3, "rename random-2 17", "'17' is a number");
    CHECK(0, "archive 'of the paper'", "archived  20");
    CHECK(0, "list --all", "of the paper", "random-2");
    struct program_run list = program_run(FIELDWISE_PROGRAM, "trials list");
    ck_assert_ptr_nonnull(strstr(list.out, "random-2"));
    ck_assert_ptr_null(strstr(list.out, "of the paper"));
    program_run_clear(&list);
    CHECK(0, "archive 1 --undo", "archived  no");
    CHECK(0, "list", "of the paper", "random-2");
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials annotate 1 '' --json");
    cJSON *json = cJSON_Parse(run.out);
    ck_assert_ptr_nonnull(json);
    ck_assert_str_eq(cJSON_GetObjectItem(json, "name")->valuestring, "of the paper");
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(json, "tags")), 1);
    ck_assert(cJSON_IsNull(cJSON_GetObjectItem(json, "note")));
    cJSON_Delete(json);
    program_run_clear(&run);
    CHECK(3, "tag nobody x", "there is no study 'nobody'");
    CHECK(3, "tag x y --store none.db", "there is no store 'none.db'");
    ck_assert_int_ne(access("none.db", F_OK), 0);
    CHECK(2, "tag random-2", "name a study and its tags");
    CHECK(2, "rename random-2", "new name");
    CHECK(2, "annotate random-2", "say the note");
    CHECK(2, "archive", "name a study");
    CHECK(2, "archive 1 2", "one argument too many");
    CHECK(0, "verify", "all as they were stored");
}
END_TEST

START_TEST(test_cmd_trials_care_delete_shows_before_it_deletes)
{
    CHECK(2, "delete random-1 --files", "random-1", "plan-1.json", "5 B", "is deleted", "another study has it too",
          "say --yes");
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM trials"), 6);
    ck_assert_int_eq(access("plan-1.json", F_OK), 0);
    CHECK(3, "delete random-1 nobody --yes", "there is no study 'nobody'");
    CHECK(0, "delete random-1 1 --files --yes", "random-1");
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM trials"), 3);
    ck_assert_int_ne(access("plan-1.json", F_OK), 0);
    ck_assert_int_eq(access("model.fw", F_OK), 0);
    write_file("plan-2.json", "mine!");
    CHECK(0, "delete random-2 --files --yes --json", "\"deleted\":\ttrue", "changed");
    ck_assert_int_eq(access("plan-2.json", F_OK), 0); /* it was changed: it stays */
    ck_assert_int_ne(access("model.fw", F_OK), 0);    /* the last study that had it is gone */
    CHECK(0, "verify", "0 studies");
}
END_TEST

START_TEST(test_cmd_trials_care_running_study_is_not_deleted)
{
    struct fw_store *store = sample_store("fieldwise.db");
    sample_open_study(store, 9);
    fw_store_close(store); /* this process lives on */
    CHECK(3, "delete random-3 --yes", "is running");
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM studies"), 3);
}
END_TEST

START_TEST(test_cmd_trials_care_gc_clears_away_what_nobody_needs)
{
    CHECK(0, "gc", "nothing to clear away");
    write_file("model.fw.tmp-a1B2c3", "half");
    struct utimbuf old = {time(NULL) - 7200, time(NULL) - 7200};
    ck_assert_int_eq(utime("model.fw.tmp-a1B2c3", &old), 0);
    ck_assert_int_eq(unlink("plan-2.json"), 0);
    CHECK(0, "gc", "left by a killed run", "record of a plan that is gone", "random-2", "--yes deletes");
    ck_assert_int_eq(access("model.fw.tmp-a1B2c3", F_OK), 0);
    CHECK(0, "verify", "all as they were stored", "study 'random-2': its plan 'plan-2.json' is missing");
    CHECK(0, "gc --yes --json", "\"deleted\":\ttrue", "plan-2.json", "model.fw.tmp-a1B2c3");
    ck_assert_int_ne(access("model.fw.tmp-a1B2c3", F_OK), 0);
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM artifacts"), 3);
    CHECK(0, "verify", "all as they were stored");
    CHECK(2, "gc random-1", "takes no argument");
}
END_TEST

START_TEST(test_cmd_trials_care_verify_and_salvage)
{
    ck_assert_int_eq(sample_sql("fieldwise.db", "UPDATE trials SET objective = 0.1 WHERE study_id = 2 AND number = 2; "
                                                "SELECT 1"),
                     1);
    CHECK(4, "verify", "study 'random-2': trial 2 or one of its metrics is not as it was stored", "damaged");
    CHECK(4, "verify --json", "\"sound\":\tfalse", "\"trial\":\t2");
    CHECK(4, "verify --salvage good.db", "5 trials", "study 'random-2': 1 trials");
    CHECK(0, "verify --store good.db", "all as they were stored");
    CHECK(0, "show random-2/3 --store good.db", "0.25000");
    CHECK(6, "verify --salvage good.db", "'good.db' is there already");
    /* a search that goes on keeps counting behind the highest number */
    struct fw_store *store = sample_store("good.db");
    struct fw_trial_record record = sample_trial(2, "{}", 0.5);
    ck_ok(sample_add(store, 2, &record, err));
    ck_assert_int_eq(record.number, 4);
    fw_store_close(store);
    CHECK(0, "verify --store good.db", "all as they were stored");

    FILE *file = fopen("fieldwise.db", "r+");
    ck_assert_ptr_nonnull(file);
    fputs("no header any more", file);
    fclose(file);
    CHECK(4, "verify --salvage better.db", "no trial store", "5 trials");
    CHECK(0, "verify --store better.db", "all as they were stored");
    write_file("text.db", "this is a text and no store at all");
    CHECK(4, "verify --store text.db --salvage none.db", "no row could be salvaged");
    ck_assert_int_ne(access("none.db", F_OK), 0);
    write_file("empty.db", "");
    CHECK(3, "verify --store empty.db", "is empty");
    CHECK(3, "verify --store .", "is a directory");
    CHECK(3, "verify --store gone.db", "there is no store");
    CHECK(2, "verify random-1", "takes no argument");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_trials_care");
    TCase *cases = tcase_create("cmd_trials_care");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_cmd_trials_care_tags_notes_and_names);
    tcase_add_test(cases, test_cmd_trials_care_delete_shows_before_it_deletes);
    tcase_add_test(cases, test_cmd_trials_care_running_study_is_not_deleted);
    tcase_add_test(cases, test_cmd_trials_care_gc_clears_away_what_nobody_needs);
    tcase_add_test(cases, test_cmd_trials_care_verify_and_salvage);
    suite_add_tcase(suite, cases);
    return suite;
}
