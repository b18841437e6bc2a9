/* `fieldwise trials best, compare, importance, lineage` and the page of a trial, as a user runs them. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/program.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

/* Runs `fieldwise trials ...` and checks the exit code and that each of some texts, ended by NULL, was said. */
static void check(int code, const char *const *texts, const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials %s", arguments);
    ck_assert_msg(run.code == code, "'%s' ended with %d: %s", arguments, run.code, run.told);
    for (; *texts != NULL; texts++)
        ck_assert_msg(strstr(code == 0 ? run.out : run.told, *texts) != NULL, "'%s' does not say '%s':\n%s%s",
                      arguments, *texts, run.out, run.told);
    program_run_clear(&run);
}

#define CHECK(code, arguments, ...) check((code), (const char *const[]){__VA_ARGS__, NULL}, (arguments))

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

/* A study of settings: higher rates are better, the others do not matter; two rungs of one configuration. */
static void fill_store(void)
{
    struct fw_store *store = sample_store("fieldwise.db");
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_study_info info = sample_study(1);
    static char candidates[40][96];
    static struct fw_trial_record records[40];
    static struct fw_metric metrics[40][5];
    int64_t study;
    bool resumed;
    enum fw_study_status how;
    info.driver = "tune";
    info.options = "{\"settings\":{\"rate\":0,\"dim\":0}}";
    ck_ok(log.vtable->open_study(log.self, &study, &resumed, &how, &info, err));
    for (int i = 0; i < 40; i++) {
        snprintf(candidates[i], sizeof candidates[i], "{\"rate\":%d,\"dim\":%d,\"depth\":2}", i, i * 7 % 5);
        metrics[i][0] = (struct fw_metric){"auc_se", 0, 0.0625};
        metrics[i][1] = (struct fw_metric){"configuration", 0, i < 2 ? 99 : i};
        metrics[i][2] = (struct fw_metric){"logloss", 0, i == 5 ? 0.125 : 0.5};
        metrics[i][3] = (struct fw_metric){"train_loss", 1, 0.75};
        metrics[i][4] = (struct fw_metric){"train_loss", 2, 0.25};
        records[i] = sample_trial((uint64_t)i + 1, candidates[i], i / 64.0);
        records[i].parent = i > 0 ? 1 : 0;
        records[i].rung = i == 1;
        records[i].bytes = 1000 * (i + 1);
        records[i].metrics = metrics[i];
        records[i].n_metrics = 5;
    }
    ck_ok(log.vtable->add_trials(log.self, study, records, 40, err));
    fw_store_close(store);
}

START_TEST(test_trials_best_by_any_figure)
{
    fill_store();
    CHECK(0, "best tune-1 --top 2", "best by auc (higher is better)", "0.60938", "0.59375", "rate=39");
    CHECK(0, "best tune-1 --metric logloss --top 1", "best by logloss (lower is better)", "0.12500", "rate=5");
    CHECK(0, "best tune-1 --metric bytes --top 1", "lower is better", "1000 B");
    CHECK(0, "best tune-1 --metric train_loss --maximise --top 1", "higher is better", "0.25000");
    CHECK(0, "best tune-1 --over objective,bytes", "Pareto front of high auc, low bytes: 40 of 40 trials");
    CHECK(0, "best tune-1 --over logloss,bytes", "low logloss, low bytes: 2 of 40 trials", "rate=5");
    CHECK(0, "best tune-1 --top 1 --format csv", "study,trial,metric,objective", "tune-1,40,auc,0.609375");
    CHECK(0, "best tune-1 --top 1 --format jsonl", "\"trial\": 40");
    CHECK(0, "best tune-1 --top 1 --json", "\"figures\"", "\"logloss\":\t0.5");
    CHECK(3, "best tune-1 --metric nothing", "has 'nothing'", "logloss");
    CHECK(2, "best tune-1 --minimise --maximise", "exclude");
    CHECK(2, "best tune-1 --over bytes", "2 to");
    CHECK(2, "best tune-1 --pareto --metric auc", "--over");
    CHECK(3, "best tune-2", "did you mean 'tune-1'?");
}
END_TEST

START_TEST(test_trials_pareto_says_what_is_missing)
{
    fill_store();
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials best tune-1 --pareto");
    ck_assert_int_eq(run.code, 0);
    ck_assert_ptr_nonnull(strstr(run.out, "high auc, low bytes: 40 of 40"));
    ck_assert_ptr_nonnull(strstr(run.told, "no score_us"));
    program_run_clear(&run);
}
END_TEST

START_TEST(test_trials_compare_tells_differences_and_noise)
{
    fill_store();
    CHECK(0, "compare tune-1/1 tune-1/29", "Options: 0 differ, 2 equal", "Candidates: 2 differ, 1 equal", "rate",
          "0.12  beyond  gain intervals");
    CHECK(0, "compare tune-1/1 tune-1/29 --all", "depth");
    CHECK(0, "compare tune-1/1 tune-1/29 --format csv", "section,name,a,b,equal", "candidate,rate,0,28,0");
    CHECK(0, "compare 1 tune-1", "its choice");
    CHECK(2, "compare tune-1", "name two");
    CHECK(2, "compare a b c", "one argument too many");
    CHECK(2, "compare tune-1 tune-1/1", "two studies, or two trials");
    CHECK(3, "compare tune-1/1 tune-1/77", "no trial 77");
}
END_TEST

START_TEST(test_trials_importance_finds_the_setting)
{
    fill_store();
    CHECK(0, "importance tune-1", "rate", "within chance", "1 further settings are the same");
    CHECK(0, "importance tune-1 --format csv", "name,share,chance,beyond_chance", "rate,0.9");
    CHECK(2, "importance", "name a study");
    CHECK(3, "importance other", "there is no study 'other'");
}
END_TEST

START_TEST(test_trials_show_a_trial_with_its_kin)
{
    fill_store();
    CHECK(0, "show tune-1/2", "Grew from", "Rungs of this configuration", "standard error", "0.062", "train_loss",
          "Command");
    CHECK(0, "show tune-1/2 --json", "\"ancestors\"", "\"rungs\"", "\"command\"");
}
END_TEST

/* From data to a model, and back from the model. */
START_TEST(test_trials_lineage_leads_back_from_a_model)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "synth crosses --rows 3000 --out t.csv");
    ck_assert_int_eq(run.code, 0);
    program_run_clear(&run);
    run = program_run(FIELDWISE_PROGRAM, "cross t.csv --label y --plan plan.json -q");
    ck_assert_msg(run.code == 0, "%s", run.told);
    program_run_clear(&run);
    run = program_run(FIELDWISE_PROGRAM, "train t.csv --plan plan.json --model lr --set epochs=2 --out m.fw -q");
    ck_assert_msg(run.code == 0, "%s", run.told);
    program_run_clear(&run);
    CHECK(0, "lineage m.fw", "as written", "autocross-1/", "train-2/1", "fieldwise cross t.csv",
          "fieldwise train t.csv --plan plan.json");
    CHECK(0, "lineage plan.json --format csv", "part,what,study,trial", "file,plan.json,autocross-1");
    CHECK(0, "show train-2/1", "best_auc", "score_us", "m.fw", "as written");
    CHECK(0, "compare train-2/1 train-2/1", "standard errors");
    ck_assert_int_eq(rename("m.fw", "moved.fw"), 0);
    ck_assert_int_eq(rename("fieldwise.db", "kept.db"), 0);
    CHECK(0, "lineage moved.fw --store kept.db", "as written", "train-2/1");
    CHECK(3, "lineage m.fw --store kept.db", "m.fw");
    CHECK(4, "lineage t.csv --store kept.db", "the plan 't.csv'");
    CHECK(2, "lineage --store kept.db", "lineage FILE");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("trials_queries");
    TCase *cases = tcase_create("trials_queries");
    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_trials_best_by_any_figure);
    tcase_add_test(cases, test_trials_pareto_says_what_is_missing);
    tcase_add_test(cases, test_trials_compare_tells_differences_and_noise);
    tcase_add_test(cases, test_trials_importance_finds_the_setting);
    tcase_add_test(cases, test_trials_show_a_trial_with_its_kin);
    tcase_add_test(cases, test_trials_lineage_leads_back_from_a_model);
    suite_add_tcase(suite, cases);
    return suite;
}
