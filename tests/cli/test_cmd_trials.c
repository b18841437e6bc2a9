#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/program.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

/* Runs `fieldwise trials ...`, checks the exit code and that each of some texts, ended by NULL, was said on the right
 * stream: on standard output when it went well, else on standard error with standard output empty. */
static void check(int code, const char *const *texts, const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials %s", arguments);
    ck_assert_msg(run.code == code, "'%s' ended with %d: %s", arguments, run.code, run.told);
    for (; *texts != NULL; texts++)
        ck_assert_msg(strstr(code == 0 ? run.out : run.told, *texts) != NULL, "'%s' does not say '%s':\n%s%s",
                      arguments, *texts, run.out, run.told);
    ck_assert_str_eq(code == 0 ? run.told : run.out, "");
    program_run_clear(&run);
}

#define CHECK(code, arguments, ...) check((code), (const char *const[]){__VA_ARGS__, NULL}, (arguments))

static cJSON *json_of(const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials %s --json", arguments);
    ck_assert_msg(run.code == 0, "%s", run.told);
    cJSON *json = cJSON_Parse(run.out);
    ck_assert_msg(json != NULL, "no JSON: %s", run.out);
    program_run_clear(&run);
    return json;
}

static const cJSON *member(const cJSON *object, const char *name)
{
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(object, name);
    ck_assert_msg(found != NULL, "no member '%s'", name);
    return found;
}

static void set_up(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
}

static void tear_down(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

/* A store of two studies: one of crosses that is complete, one that is named by an awkward user. */
static void fill_store(void)
{
    struct fw_store *store = sample_store("fieldwise.db");
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_study_info info = sample_study(1);
    info.driver = "autocross";
    int64_t study;
    bool resumed;
    enum fw_study_status how;
    ck_ok(log.vtable->open_study(log.self, &study, &resumed, &how, &info, err));
    struct fw_metric metrics[] = {{"logloss", 0, 0.25}, {"odd", 3, NAN}, {"far", 0, -INFINITY}};
    struct fw_trial_record trials[] = {sample_trial(1, "{\"cross\":[],\"with\":[]}", 0.5),
                                       sample_trial(2, "{\"cross\":[\"age@10\",\"occupation\"],\"with\":[]}", 0.75),
                                       sample_trial(3,
                                                    "{\"cross\":[\"日本\",\"b\"],\"with\":[\"age@10 x occupation\"]}",
                                                    0.875),
                                       sample_trial(4, "{\"cross\":[\"a\",\"c\"]}", NAN)};
    trials[0].gain = NAN;
    trials[2].parent = 2;
    trials[2].metrics = metrics;
    trials[2].n_metrics = 3;
    trials[3].state = FW_TRIAL_FAILED;
    trials[3].reason = "a loss is not finite";
    ck_ok(log.vtable->add_trials(log.self, study, trials, 4, err));
    struct fw_decision accept = {
        1, "accept", 2, "{\"why\":\"beyond noise\",\"cross\":[\"age@10\",\"occupation\"],\"gain\":0.25,\"z\":3.5}",
        false};
    struct fw_decision stop = {2, "stop", 0, "{\"why\":\"the time is over\"}", true};
    ck_ok(log.vtable->add_decision(log.self, study, &stop, err));
    ck_ok(log.vtable->add_decision(log.self, study, &accept, err));
    struct fw_artifact plan = {"plan", "plan.json", 2048, UINT64_C(0xabcdef)};
    ck_ok(log.vtable->add_artifact(log.self, study, &plan, err));
    ck_ok(log.vtable->close_study(log.self, study, FW_STUDY_COMPLETE, NULL, err));

    info = sample_study(2);
    info.name = "evil\033[2J/1\xff";
    info.maximise = false;
    info.seed = UINT64_MAX;
    ck_ok(log.vtable->open_study(log.self, &study, &resumed, &how, &info, err));
    struct fw_trial_record low = sample_trial(1, "not \"JSON", 0.125);
    struct fw_trial_record high = sample_trial(2, "{\"lr\":0.1,\"model\":\"fm\"}", 0.5);
    ck_ok(sample_add(store, study, &low, err));
    ck_ok(sample_add(store, study, &high, err));
    fw_store_close(store);
}

START_TEST(test_cmd_trials_lists_studies)
{
    fill_store();
    CHECK(0, "list", "autocross-1", "train.csv", "complete", "0.87500", "evil\\x1b[2J/1\\xff", "running", "0.12500");
    cJSON *json = json_of("list");
    const cJSON *studies = member(json, "studies");
    ck_assert_int_eq(cJSON_GetArraySize(studies), 2);
    const cJSON *first = cJSON_GetArrayItem(studies, 0);
    ck_assert_str_eq(member(first, "name")->valuestring, "autocross-1");
    ck_assert_int_eq(member(first, "trials")->valueint, 4);
    ck_assert_int_eq(member(first, "best_trial")->valueint, 3);
    ck_assert(member(first, "best_objective")->valuedouble == 0.875);
    ck_assert(cJSON_IsObject(member(first, "options")));
    const cJSON *second = cJSON_GetArrayItem(studies, 1);
    ck_assert_str_eq(member(second, "name")->valuestring, "evil\033[2J/1\xef\xbf\xbd");
    ck_assert(member(second, "best_objective")->valuedouble == 0.125);
    ck_assert(cJSON_IsNull(member(second, "ended")));
    cJSON_Delete(json);
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials list --json");
    ck_assert_ptr_nonnull(strstr(run.out, "18446744073709551615")); /* all digits of the seed */
    program_run_clear(&run);
}
END_TEST

START_TEST(test_cmd_trials_columns_are_in_line)
{
    fill_store();
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials show autocross-1");
    ck_assert_int_eq(run.code, 0);
    /* the candidate with two wide characters is three columns narrower than bytes, one more than characters */
    const char *best = strstr(run.out, "Best trials\n");
    ck_assert_ptr_nonnull(best);
    ck_assert_ptr_nonnull(strstr(best, "日本 x b, with age@10 x occupation\n"));
    ck_assert_ptr_nonnull(strstr(best, "(no cross)\n"));
    ck_assert_ptr_null(strstr(run.out, " \n")); /* nothing is padded at the end of a line */
    program_run_clear(&run);
}
END_TEST

START_TEST(test_cmd_trials_shows_a_study)
{
    fill_store();
    CHECK(0, "show autocross-1", "autocross, maximises auc", "4: 3 complete, 0 pruned, 1 failed", "Decisions",
          "age@10 x occupation", "+0.25000", "beyond noise, z=3.5", "the time is over (hung on the clock)",
          "Best trials", "+0.25000 [+0.12500, +0.37500]", "plan.json", "2.0 KiB", "0000000000abcdef", "folds=5");
    CHECK(0, "show 1", "autocross-1");
    CHECK(0, "show \"$(printf 'evil\\033[2J/1\\377')\"", "random, minimises auc", "not \"JSON", "  fm");
    cJSON *json = json_of("show autocross-1");
    const cJSON *decisions = member(json, "decisions");
    ck_assert_int_eq(cJSON_GetArraySize(decisions), 2);
    const cJSON *accept = cJSON_GetArrayItem(decisions, 0);
    ck_assert_str_eq(member(accept, "kind")->valuestring, "accept");
    ck_assert(member(member(accept, "detail"), "z")->valuedouble == 3.5);
    ck_assert(cJSON_IsTrue(member(cJSON_GetArrayItem(decisions, 1), "clock")));
    ck_assert_int_eq(cJSON_GetArraySize(member(json, "best")), 3);
    ck_assert_str_eq(member(cJSON_GetArrayItem(member(json, "artifacts"), 0), "checksum")->valuestring,
                     "0000000000abcdef");
    cJSON_Delete(json);
}
END_TEST

START_TEST(test_cmd_trials_shows_a_trial)
{
    fill_store();
    CHECK(0, "show autocross-1/3", "3 of study autocross-1", "日本 x b, with age@10 x occupation", "0.87500", "4.0 KiB",
          "logloss", "0.25", "nan", "-inf");
    CHECK(0, "show 1/4", "failed: a loss is not finite");
    CHECK(0, "show \"$(printf 'evil\\033[2J/1\\377/2')\"", "lr=0.1, model=fm");
    cJSON *json = json_of("show autocross-1/3");
    ck_assert_int_eq(member(json, "number")->valueint, 3);
    ck_assert_int_eq(member(json, "parent")->valueint, 2);
    ck_assert_str_eq(member(json, "hash")->valuestring, "0000000000000003");
    ck_assert(cJSON_IsArray(member(member(json, "candidate"), "cross")));
    const cJSON *metrics = member(json, "metrics");
    ck_assert_int_eq(cJSON_GetArraySize(metrics), 3);
    ck_assert_str_eq(member(cJSON_GetArrayItem(metrics, 0), "value")->valuestring, "-inf"); /* by name */
    ck_assert(member(cJSON_GetArrayItem(metrics, 1), "value")->valuedouble == 0.25);
    ck_assert(cJSON_IsNull(member(cJSON_GetArrayItem(metrics, 2), "value")));
    cJSON_Delete(json);
}
END_TEST

START_TEST(test_cmd_trials_tells_the_best)
{
    fill_store();
    cJSON *json = json_of("best");
    const cJSON *best = member(json, "best");
    ck_assert_int_eq(cJSON_GetArraySize(best), 2);
    ck_assert(member(cJSON_GetArrayItem(best, 0), "objective")->valuedouble == 0.875);
    ck_assert(member(cJSON_GetArrayItem(best, 1), "objective")->valuedouble == 0.125);
    ck_assert_str_eq(member(cJSON_GetArrayItem(best, 1), "candidate")->valuestring, "not \"JSON");
    cJSON_Delete(json);
    json = json_of("best --top 2 autocross-1");
    best = member(json, "best");
    ck_assert_int_eq(cJSON_GetArraySize(best), 2);
    ck_assert_int_eq(member(cJSON_GetArrayItem(best, 1), "number")->valueint, 2);
    cJSON_Delete(json);
    CHECK(0, "best 1", "autocross-1", "0.87500", "0.75000", "0.50000");
}
END_TEST

START_TEST(test_cmd_trials_says_what_is_wrong)
{
    CHECK(3, "list", "there is no store 'fieldwise.db'", "fieldwise cross");
    CHECK(3, "list --store .", "is a directory");
    ck_assert_int_ne(access("fieldwise.db", F_OK), 0); /* looking makes no store */
    fill_store();
    CHECK(3, "show other", "there is no study 'other'", "autocross-1");
    CHECK(3, "show autocross-1/9", "no trial 9");
    CHECK(3, "show autocross-1/x", "no trial number");
    CHECK(3, "best other", "there is no study 'other'");
    CHECK(2, "", "list, show, best");
    CHECK(2, "lst", "there is no 'lst'");
    CHECK(2, "show", "name a study");
    CHECK(3, "list all", "there is no study 'all'");
    CHECK(2, "list --top 3", "--top");
    CHECK(2, "best --top 0", "whole number");
    CHECK(2, "best --tpo 1", "--top");
    CHECK(2, "show a b", "one argument too many");
    CHECK(4, "list --store \"$(printf 'a,b\\n' > x.csv; echo x.csv)\"", "no trial store");
    CHECK(0, "--help", "show autocross-1/42");
}
END_TEST

START_TEST(test_cmd_trials_knows_a_killed_run)
{
    pid_t child = fork();
    if (child == 0) {
        struct fw_store *store = NULL;
        struct fw_study_info info = sample_study(1);
        int64_t study;
        bool resumed;
        enum fw_study_status how;
        if (sample_open(&store, "fieldwise.db", 60, NULL) == FW_OK) {
            struct fw_trial_log log = fw_store_trial_log(store);
            _exit((int)log.vtable->open_study(log.self, &study, &resumed, &how, &info, NULL));
        }
        _exit(99);
    }
    int how;
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    CHECK(0, "list", "killed");
    CHECK(0, "show random-1", "killed");
}
END_TEST

START_TEST(test_cmd_trials_reports_a_full_disk)
{
    fill_store();
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials list > /dev/full");
    ck_assert_int_eq(run.code, 6);
    program_run_clear(&run);
}
END_TEST

START_TEST(test_cmd_trials_lists_trials_of_a_study)
{
    fill_store();
    CHECK(0, "list autocross-1", "number  state     objective", "age@10 x occupation", "0.875");
    CHECK(0, "list autocross-1 --where 'logloss < .5' --columns number,logloss,cross --format csv",
          "number,logloss,cross\n3,0.25,\"[\"\"日本\"\",\"\"b\"\"]\"\n");
    CHECK(0, "list autocross-1 -w \"state = 'complete'\" -o 'objective desc' -n 1 -c number --json",
          "[\n{\"number\": 3}\n]\n");
    CHECK(0, "list autocross-1 --offset 3 --columns number,reason --format jsonl",
          "{\"number\": 4, \"reason\": \"a loss is not finite\"}\n");
    CHECK(0, "list autocross-1 --columns help", "objective  of every trial", "logloss    metric, at its last step",
          "cross      of the candidate");
    CHECK(3, "list autocross-1 --where 'loglos < 1'", "did you mean 'logloss'?");
    CHECK(3, "list autocross-1 --where 'logloss <'", "syntax error");
    CHECK(2, "list autocross-1 --columns a,,b", "empty name");
    CHECK(2, "list --limit 3", "--limit is for the trials of one study");
    CHECK(0, "list --format csv",
          "id,name,driver,data,status,trials,metric,best,started,ended,seconds\n1,autocross-1,");
    CHECK(0, "list --format markdown", "| id | name | driver |");
}
END_TEST

START_TEST(test_cmd_trials_answers_sql)
{
    fill_store();
    CHECK(0, "sql 'SELECT count(*) AS n FROM trials'", "n\n");
    CHECK(0, "sql 'SELECT ?1 AS a, ?2 AS b, ?3 AS c' -p 7 -p 0.5 -p '7 b' --json",
          "[\n{\"a\": 7, \"b\": 0.5, \"c\": \"7 b\"}\n]\n");
    CHECK(3, "sql - < /dev/null", "there is no question");
    CHECK(3, "sql 'SELECT nam FROM studies'", "no such column: nam, at character 8", "did you mean 'name'?");
    CHECK(3, "sql 'DROP TABLE trials'", "begins with SELECT");
    CHECK(5, "sql 'SELECT * FROM trials' --max-rows 2", "more than 2 rows");
    CHECK(5,
          "sql --time-limit 50ms 'WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT sum(n) "
          "FROM c'",
          "did not end in time");
    CHECK(2, "sql", "say what to ask");
    CHECK(2, "sql 'SELECT 1' 2", "one argument too many");
    struct program_run run =
        program_run("sh", "-c 'echo \"SELECT 6 * 7 AS x\" | \"%s\" trials sql -'", FIELDWISE_PROGRAM);
    ck_assert_str_eq(run.out, " x\n42\n");
    program_run_clear(&run);
}
END_TEST

START_TEST(test_cmd_trials_exports)
{
    fill_store();
    CHECK(0, "export autocross-1 --format csv", "study,number,parent,state", "autocross-1,3,2,complete,auc,0.875,0.25");
    CHECK(0, "export --all --format jsonl", "{\"study\": \"autocross-1\", \"number\": 1, ");
    CHECK(0, "export autocross-1 --format csv --metrics",
          "study,trial,metric,step,value\nautocross-1,3,far,0,-inf\nautocross-1,3,logloss,0,0.25\nautocross-1,3,odd,3,"
          "\n");
    CHECK(0, "export autocross-1 --format markdown -o rows.md", "");
    ck_assert_int_eq(access("rows.md", F_OK), 0);
    CHECK(0, "export autocross-1 --format optuna -o optuna.db", "");
    ck_assert_int_eq(sample_sql("optuna.db", "SELECT count(*) FROM trials"), 4);
    CHECK(2, "export autocross-1", "say in which form");
    CHECK(2, "export --format csv", "name a study, or say --all");
    CHECK(2, "export autocross-1 --all --format csv", "exclude each other");
    CHECK(2, "export autocross-1 --format table", "'list STUDY' prints a table");
    CHECK(2, "export autocross-1 --format xml", "not 'xml'");
    CHECK(2, "export autocross-1 --format optuna", "say where with -o FILE");
    CHECK(2, "export autocross-1 --format json --spreadsheet", "--spreadsheet is for --format csv");
    CHECK(3, "export nothing --format csv -o new.csv", "there is no study 'nothing'");
    ck_assert_int_ne(access("new.csv", F_OK), 0);
    CHECK(6, "export autocross-1 --format csv -o nowhere/x.csv", "nowhere/x.csv");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_trials");
    TCase *cases = tcase_create("cmd_trials");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_cmd_trials_lists_studies);
    tcase_add_test(cases, test_cmd_trials_columns_are_in_line);
    tcase_add_test(cases, test_cmd_trials_shows_a_study);
    tcase_add_test(cases, test_cmd_trials_shows_a_trial);
    tcase_add_test(cases, test_cmd_trials_tells_the_best);
    tcase_add_test(cases, test_cmd_trials_says_what_is_wrong);
    tcase_add_test(cases, test_cmd_trials_knows_a_killed_run);
    tcase_add_test(cases, test_cmd_trials_reports_a_full_disk);
    tcase_add_test(cases, test_cmd_trials_lists_trials_of_a_study);
    tcase_add_test(cases, test_cmd_trials_answers_sql);
    tcase_add_test(cases, test_cmd_trials_exports);
    suite_add_tcase(suite, cases);
    return suite;
}
