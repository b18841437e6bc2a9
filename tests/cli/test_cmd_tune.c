/* `fieldwise tune` as a user runs it: from table to model, wrong input, limits, kill and resume. */
#include <cjson/cJSON.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/rng.h"
#include "support/program.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

#define SEARCH "tune t.csv --label y --set optimiser=ftrl --set epochs=9 --threads 1 --quiet "

static void in_scratch(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    program_expect(0, NULL, "synth crosses --rows 1500 --planted 1 --max-order 2 --strength 2 --seed 3 --out t.csv");
}

static void out_of_scratch(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

/* The JSON that a command prints; the caller deletes it. */
static cJSON *json_of(const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "%s", arguments);
    ck_assert_msg(run.code == 0, "'%s' ended with %d: %s", arguments, run.code, run.told);
    cJSON *json = cJSON_Parse(run.out);
    ck_assert_ptr_nonnull(json);
    program_run_clear(&run);
    return json;
}

static double number(const cJSON *json, const char *object, const char *name)
{
    const cJSON *member = cJSON_GetObjectItem(object != NULL ? cJSON_GetObjectItem(json, object) : json, name);
    ck_assert_msg(cJSON_IsNumber(member), "'%s' is no number", name);
    return member->valuedouble;
}

START_TEST(test_cmd_tune_from_table_to_model)
{
    program_expect(0, "next: fieldwise train t.csv --label y --model lr --set optimiser=ftrl",
                   SEARCH "--method random --trials 10");
    program_expect(0, "10 trials (0 failed, 10 known already)", SEARCH "--method random --trials 10");
    program_expect(0, "next: fieldwise evaluate m.fw", SEARCH "--trials 6 --out m.fw");
    program_expect(0, "auc", "evaluate m.fw t.csv");
    program_expect(0, "tune-2", "trials list");
    program_expect(0, "promote", "trials show tune-2");
    program_expect(0, NULL, "cross t.csv --label y --max-crosses 1 --no-store --plan p.json");
    program_expect(0, "--plan p.json", "tune t.csv --plan p.json --set epochs=3 --metric logloss --no-store --quiet");
    program_expect(0, "best so far", "tune t.csv --label y --trials 3 --no-store");
    program_expect(0, "0 or 0.01 .. 10, log", "models show lr");
}
END_TEST

/* What is printed is what `train` gets with the settings that are printed. */
START_TEST(test_cmd_tune_found_settings_are_those_of_train)
{
    cJSON *json = json_of(SEARCH "--trials 20 --no-store --json");
    const cJSON *settings = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "best"), "settings");
    char arguments[1024] = "train t.csv --label y --no-store --out b.fw";
    char expected[64];
    const cJSON *item;
    cJSON_ArrayForEach(item, settings)
    {
        char *value = cJSON_IsString(item) ? strdup(item->valuestring) : cJSON_PrintUnformatted(item);
        size_t used = strlen(arguments);
        snprintf(arguments + used, sizeof arguments - used, " --set %s=%s", item->string, value);
        free(value);
    }
    snprintf(expected, sizeof expected, "validation auc %.5f", number(json, "best", "objective"));
    program_expect(0, expected, arguments);
    ck_assert(number(json, "best", "objective") >= number(json, "defaults", "objective"));
    ck_assert_double_eq(number(json, NULL, "configurations"), 20);
    cJSON_Delete(json);
}
END_TEST

START_TEST(test_cmd_tune_answers_wrong_input)
{
    program_expect(2, "--label", "tune t.csv");
    program_expect(2, "no method 'grid'", SEARCH "--method grid");
    program_expect(2, "auc or logloss", SEARCH "--metric accuracy");
    program_expect(2, "whole number", SEARCH "--trials 0");
    program_expect(2, "did you mean --search", SEARCH "--serach rate=1..2");
    program_expect(2, "did you mean 'rate'", SEARCH "--search raet=1..2");
    program_expect(2, "fixed and searched", SEARCH "--search optimiser='ftrl|sgd'");
    program_expect(2, "rationed", SEARCH "--search epochs=1..5");
    program_expect(2, "key=value", SEARCH "--set rate");
    program_expect(2, "optimiser!=newton", "tune t.csv --label y --search rate=0.1..1");
    program_expect(2, "takes no l1", "tune t.csv --label y --set l1=1");
    program_expect(2, "no model", "tune t.csv --label y --model none");
    program_expect(3, "No such file", "tune nothere.csv --label y");
    program_expect(6, "nofolder", SEARCH "--out nofolder/m.fw");
    program_expect(5, "time limit", SEARCH "--time-limit 1ms");
}
END_TEST

/* Settings under which the loss runs away fail their own trial and no other. */
START_TEST(test_cmd_tune_failed_trials_are_kept_with_their_reason)
{
    program_expect(
        0, "failed",
        "tune t.csv --label y --set optimiser=sgd,rate=10,epochs=3,batch=64 --search l2=1e5..1e8 --method random "
        "--trials 5 "
        "--quiet");
    ck_assert_int_ge(sample_sql("fieldwise.db", "SELECT count(*) FROM trials WHERE state = 'failed'"), 3);
    ck_assert_int_ge(sample_sql("fieldwise.db", "SELECT count(*) FROM trials WHERE reason LIKE '%not finite%'"), 3);
    ck_assert_int_ge(sample_sql("fieldwise.db", "SELECT count(*) FROM trials WHERE state = 'complete'"), 1);
}
END_TEST

static void run_and_kill(useconds_t microseconds)
{
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL)
            _exit(126);
        execl(FIELDWISE_PROGRAM, "fieldwise", "tune", "t.csv", "--label", "y", "--set", "optimiser=ftrl", "--set",
              "epochs=9", "--quiet", "--threads", "1", "--store", "killed.db", (char *)NULL);
        _exit(127);
    }
    usleep(microseconds);
    kill(child, SIGKILL);
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
}

START_TEST(test_cmd_tune_killed_at_any_moment_ends_as_if_it_had_not_been)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    cJSON *whole = json_of(SEARCH "--json --store whole.db");
    int64_t trials = sample_sql("whole.db", "SELECT count(*) FROM trials");
    for (int k = 0; k < 8; k++)
        run_and_kill((useconds_t)(10000 + fw_rng_below(&rng, 60000)));
    ck_assert_int_lt(sample_sql("killed.db", "SELECT count(*) FROM trials"), trials + 1);
    cJSON *killed = json_of(SEARCH "--json --store killed.db");
    static const char *const same[] = {"best", "defaults", "leaders"};
    for (int i = 0; i < 3; i++) {
        cJSON *a = cJSON_GetObjectItem(whole, same[i]);
        cJSON *b = cJSON_GetObjectItem(killed, same[i]);
        int n = cJSON_IsArray(a) ? cJSON_GetArraySize(a) : 0;
        cJSON_DeleteItemFromObject(a, "seconds");
        cJSON_DeleteItemFromObject(b, "seconds");
        for (int e = 0; e < n; e++) {
            cJSON_DeleteItemFromObject(cJSON_GetArrayItem(a, e), "seconds");
            cJSON_DeleteItemFromObject(cJSON_GetArrayItem(b, e), "seconds");
        }
        ck_assert_msg(cJSON_Compare(a, b, true), "'%s' differs", same[i]);
    }
    ck_assert_int_eq(sample_sql("killed.db", "SELECT count(*) FROM trials"), trials);
    ck_assert_int_eq(sample_sql("killed.db", "SELECT count(*) FROM studies"), 1);
    cJSON_Delete(whole);
    cJSON_Delete(killed);
}
END_TEST

/* Several processes on one study share the record and agree. */
START_TEST(test_cmd_tune_processes_share_a_study)
{
    pid_t children[3];
    fflush(NULL);
    for (int i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            if (freopen("/dev/null", "w", stdout) == NULL)
                _exit(126);
            execl(FIELDWISE_PROGRAM, "fieldwise", "tune", "t.csv", "--label", "y", "--set", "optimiser=ftrl", "--set",
                  "epochs=9", "--quiet", "--trials", "6", "--threads", "1", "--out",
                  i == 0   ? "a.fw"
                  : i == 1 ? "b.fw"
                           : "c.fw",
                  (char *)NULL);
            _exit(127);
        }
    }
    for (int i = 0; i < 3; i++) {
        int status = 0;
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) FROM studies"), 1);
    ck_assert_int_eq(sample_sql("fieldwise.db", "SELECT count(*) - count(DISTINCT hash) FROM trials"), 0);
    struct program_run run = program_run("cmp", "a.fw b.fw && cmp a.fw c.fw");
    ck_assert_int_eq(run.code, 0);
    program_run_clear(&run);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_tune");
    TCase *cases = tcase_create("cmd_tune");
    tcase_add_checked_fixture(cases, in_scratch, out_of_scratch);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_cmd_tune_from_table_to_model);
    tcase_add_test(cases, test_cmd_tune_found_settings_are_those_of_train);
    tcase_add_test(cases, test_cmd_tune_answers_wrong_input);
    tcase_add_test(cases, test_cmd_tune_failed_trials_are_kept_with_their_reason);
    tcase_add_test(cases, test_cmd_tune_killed_at_any_moment_ends_as_if_it_had_not_been);
    tcase_add_test(cases, test_cmd_tune_processes_share_a_study);
    suite_add_tcase(suite, cases);
    return suite;
}
