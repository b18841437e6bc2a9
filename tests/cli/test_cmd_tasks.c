/* Several labels as a user meets them: train, evaluate and predict, and what is wrong. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/rng.h"
#include "support/program.h"
#include "support/scratch.h"
#include "support/test_main.h"

enum { n_rows = 1500 };

static double uniform(int row, int of)
{
    return fw_rng_uniform_at(1, (uint64_t)of, (uint64_t)row);
}

/* Two labels of classes, one of them missing here and there, and a number that is missing more often. */
static void write_people(const char *path, bool negative_weight)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("colour,size,income,married,age,w\n", file);
    for (int i = 0; i < n_rows; i++) {
        int colour = (int)(6 * uniform(i, 0));
        double size = 10 * uniform(i, 1);
        double z = 0.6 * (colour - 2.5) + 0.3 * (size - 5);
        fprintf(file, "c%d,%.2f,", colour, size);
        if (uniform(i, 2) > 0.1)
            fprintf(file, "%s", uniform(i, 3) < 0.5 + 0.2 * z ? "high" : "low");
        fprintf(file, ",%d,", uniform(i, 4) < 0.5 - 0.15 * z);
        if (uniform(i, 5) > 0.3)
            fprintf(file, "%.1f", 40 + 5 * z + 6 * uniform(i, 6));
        fprintf(file, ",%d\n", negative_weight && i == 700 ? -1 : 1 + i % 3);
    }
    ck_assert_int_eq(fclose(file), 0);
}

/* A log of impressions; `unclicked` of them are bought without a click. */
static void write_log(const char *path, int unclicked)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("item,slot,click,buy\n", file);
    for (int i = 0; i < n_rows; i++) {
        int item = (int)(8 * uniform(i, 10));
        int slot = 1 + (int)(4 * uniform(i, 11));
        int click = uniform(i, 12) < (0.2 + 0.08 * item) / (slot > 2 ? 2 : 1);
        int buy = click && uniform(i, 13) < 0.2 + 0.05 * item;
        if (i >= 1000 && i < 1000 + unclicked) {
            click = 0;
            buy = 1;
        }
        fprintf(file, "i%d,%d,%d,%d\n", item, slot, click, buy);
    }
    ck_assert_int_eq(fclose(file), 0);
}

static void in_scratch(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    write_people("people.csv", false);
    write_log("log.csv", 0);
}

static void out_of_scratch(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

/* Runs the program; its exit code is `code`, and what it says, or prints, holds the words. */
static struct program_run expect(int code, const char *words, const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "%s", arguments);
    ck_assert_msg(run.code == code, "'%s' ended with %d, not %d: %s", arguments, run.code, code, run.told);
    ck_assert_msg(strstr(run.told, words) != NULL || strstr(run.out, words) != NULL, "'%s' does not say '%s' but: %s%s",
                  arguments, words, run.out, run.told);
    return run;
}

static void check(int code, const char *words, const char *arguments)
{
    struct program_run run = expect(code, words, arguments);
    program_run_clear(&run);
}

#define PEOPLE "train people.csv --labels income,married,age --positive income=high --regression age --weight w "

static int count_lines(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

/* No line is longer than a terminal is wide, but those that name files. */
static void check_width(const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        ck_assert_msg(n <= 80 || strncmp(text, "next:", 5) == 0 || strncmp(text, "trained", 7) == 0, "too long: %.*s",
                      (int)n, text);
        text += n + (text[n] == '\n');
    }
}

START_TEST(test_cmd_tasks_train_evaluate_and_predict)
{
    struct program_run run = expect(0, "validation mean auc 0.", PEOPLE "--model mmoe --set epochs=3 --out m.fw");
    ck_assert_ptr_nonnull(strstr(run.out, "\n  income   "));
    ck_assert_ptr_nonnull(strstr(run.out, "\n  married  300 rows  auc 0."));
    ck_assert_ptr_nonnull(strstr(run.out, "r2 "));
    check_width(run.out);
    program_run_clear(&run);
    run = expect(0, "1,500 rows\n  income   1,", "evaluate -q m.fw people.csv");
    ck_assert_ptr_nonnull(strstr(run.out, "\n  married  1,500 rows  auc 0."));
    ck_assert_ptr_nonnull(strstr(run.out, "rmse "));
    check_width(run.out);
    program_run_clear(&run);
    run = expect(0, "income,married,age\n0.", "predict -q m.fw people.csv");
    ck_assert_int_eq(count_lines(run.out), 1 + n_rows);
    double p[3] = {0};
    ck_assert_int_eq(sscanf(strchr(run.out, '\n') + 1, "%lf,%lf,%lf", &p[0], &p[1], &p[2]), 3);
    ck_assert(p[0] > 0 && p[0] < 1 && p[1] > 0 && p[1] < 1 && p[2] > 10 && p[2] < 80);
    program_run_clear(&run);
    /* labels need not be there */
    run = program_run("cut", "-d, -f1,2 people.csv | '" FIELDWISE_PROGRAM "' predict -q m.fw -");
    ck_assert_msg(run.code == 0, "%s", run.told);
    ck_assert_int_eq(count_lines(run.out), 1 + n_rows);
    program_run_clear(&run);
    check(0, "\"readings\": [{\"output\": 0, \"kind\": \"probability\", \"name\": \"income\"", "export m.fw");
}
END_TEST

START_TEST(test_cmd_tasks_speak_json)
{
    struct program_run run = expect(0, "\"metric\":\t\"income:auc,age:r2*0.5\"",
                                    PEOPLE "--model mmoe,shared_bottom --set epochs=2 --out m.fw --json --no-store "
                                           "--metric income:auc,age:r2*0.5");
    ck_assert_ptr_nonnull(strstr(run.out, "\"tasks\":\t[{"));
    ck_assert_ptr_nonnull(strstr(run.out, "\"name\":\t\"age\""));
    ck_assert_ptr_nonnull(strstr(run.out, "\"relative_mse\":"));
    program_run_clear(&run);
    run = expect(0, "\"kind\":\t\"number\"", "evaluate -q --json m.fw people.csv");
    ck_assert_ptr_nonnull(strstr(run.out, "\"auc_se\":"));
    program_run_clear(&run);
    run = expect(0, "{\"income\":0.", "predict -q --json m.fw people.csv");
    ck_assert_int_eq(count_lines(run.out), n_rows);
    ck_assert_ptr_nonnull(strstr(run.out, ",\"age\":"));
    program_run_clear(&run);
}
END_TEST

START_TEST(test_cmd_tasks_are_recorded_by_name)
{
    check(0, "validation mean auc", PEOPLE "--model shared_bottom --set epochs=2 --out m.fw");
    struct program_run run = expect(0, "auc married", "trials show 1/1");
    static const char *const names[] = {"  auc income ",      "  r2 age ", /* columns, a row a step */
                                        "\nbest_auc income ", "\nbest_logloss married ",
                                        "\nbest_rmse age ",   "\nbest_r2 age ",
                                        "  train_loss\n"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_msg(strstr(run.out, names[i]) != NULL, "no '%s' in %s", names[i], run.out);
    program_run_clear(&run);
}
END_TEST

START_TEST(test_cmd_tasks_do_not_depend_on_threads_or_interruptions)
{
    static const char *const ways[] = {"--threads 1", "--threads 3", "--threads 2 --checkpoint c"};
    char *first = NULL;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char command[512];
        snprintf(command, sizeof command, PEOPLE "--model mmoe --set epochs=3 --no-store --out m%zu.fw %s", i, ways[i]);
        check(0, "mean auc", command);
        snprintf(command, sizeof command, "predict -q m%zu.fw people.csv", i);
        struct program_run run = expect(0, "income", command);
        if (first == NULL)
            first = strdup(run.out);
        ck_assert_msg(strcmp(first, run.out) == 0, "%s gives other scores", ways[i]);
        program_run_clear(&run);
    }
    free(first);
}
END_TEST

START_TEST(test_cmd_tasks_answer_wrong_options_and_data)
{
    write_people("bad.csv", true);
    check(2, "'wage', which the model does not predict; it predicts income, married, age",
          PEOPLE "--model mmoe --metric wage:auc");
    check(2, "there is no metric 'f1'", PEOPLE "--model mmoe --metric income:f1");
    check(2, "auc is no metric of 'age'", PEOPLE "--model mmoe --metric age:auc");
    check(2, "weight in 'age:r2*-1'", PEOPLE "--model mmoe --metric age:r2*-1");
    check(2, "mse is a metric of numbers", PEOPLE "--model mmoe --metric mse");
    check(2, "--calibrate scales the score of a single label", PEOPLE "--model mmoe --calibrate");
    check(2, "model 'lr' is for one label", PEOPLE "--model lr");
    check(2, "model 'mmoe' is for several labels, there is one", "train log.csv --label click --model mmoe");
    check(2, "model 'esmm' is for two labels", PEOPLE "--model esmm");
    check(3, "bad.csv:702",
          "train bad.csv --labels income,married --positive income=high --ignore age --weight w --model mmoe");
    ck_assert_int_ne(access("fieldwise.db", F_OK), 0); /* none of them got as far as a record */
}
END_TEST

/* A label that is the same on all rows of one side of the split. */
static void write_late(const char *path, bool late)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("t,a,x,y\n", file);
    for (int i = 0; i < 300; i++)
        fprintf(file, "%d,%d,%d,%d\n", i, i % 5, i % 7 < 3, late ? i >= 270 : i % 2 == 1 || i >= 200);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(test_cmd_tasks_name_the_label_that_says_nothing)
{
    write_late("late.csv", true);
    write_late("valid.csv", false);
    check(3, "rows with a label 'y' have the same one, 0: there is nothing to learn",
          "train late.csv --labels x,y --time t --model mmoe");
    check(3, "60 validation rows with a label 'y' have the same one, so that there is no auc",
          "train valid.csv --labels x,y --time t --model mmoe");
    check(0, "validation score",
          "train valid.csv --labels x,y --time t --model mmoe --metric x:auc,y:logloss "
          "--no-store --set epochs=1 --out v.fw");
}
END_TEST

START_TEST(test_cmd_tasks_without_labels_cannot_be_judged)
{
    check(0, "validation mean r2",
          "train people.csv --labels age,size --regression age,size --ignore income,married --no-store --model mmoe "
          "--set epochs=1 --out n.fw");
    struct program_run run =
        program_run("awk", "-F, -v OFS=, 'NR > 1 { $2 = $5 = \"\" } { print }' people.csv >none.csv");
    program_run_clear(&run);
    check(3, "none.csv: no row has a label to judge predictions by", "evaluate n.fw none.csv");
    check(0, "age,size\n", "predict -q n.fw none.csv");
}
END_TEST

START_TEST(test_cmd_tasks_of_a_funnel)
{
    struct program_run run =
        expect(0, "buy_given_click", "train log.csv --labels click,buy --model esmm --set epochs=2 --out e.fw");
    check_width(run.out);
    program_run_clear(&run);
    check(0, "click,buy_given_click,click_and_buy\n0.", "predict -q e.fw log.csv");
    check(0, "\n  click_and_buy    1,500 rows  auc 0.", "evaluate -q e.fw log.csv");
    write_log("broken.csv", 3);
    check(3, "broken.csv:1002: 'buy' without 'click' (3 such rows)",
          "train broken.csv --labels click,buy --model esmm --no-store");
    check(3, "broken.csv:1002:", "train log.csv --valid broken.csv --labels click,buy --model esmm --no-store");
    check(3, "name the click first", "train log.csv --labels buy,click --model esmm --no-store");
    check(0, "3 row(s) with 'buy' and without 'click'",
          "train broken.csv --labels click,buy --model esmm --no-store --on-bad-row skip --set epochs=1");
    check(0, "mean auc", "train broken.csv --labels click,buy --model mmoe --no-store --set epochs=1");
}
END_TEST

START_TEST(test_cmd_tasks_positions_are_for_training)
{
    check(2, "name that column (--position COLUMN)", "train log.csv --label click --ignore buy --model pal --no-store");
    check(0, "click_at_position",
          "train log.csv --label click --ignore buy --position slot --model pal --set epochs=2 --out p.fw");
    struct program_run with = expect(0, "score\n0.", "predict -q p.fw log.csv");
    struct program_run without = program_run("cut", "-d, -f1 log.csv | '" FIELDWISE_PROGRAM "' predict -q p.fw -");
    struct program_run unseen =
        program_run("sed", "'s/,[1-4],/,77,/' log.csv | '" FIELDWISE_PROGRAM "' predict -q p.fw -");
    ck_assert_msg(without.code == 0 && unseen.code == 0, "%s%s", without.told, unseen.told);
    ck_assert_str_eq(with.out, without.out);
    ck_assert_str_eq(with.out, unseen.out);
    program_run_clear(&with);
    program_run_clear(&without);
    program_run_clear(&unseen);
    check(0, "  click_at_position", "evaluate -q p.fw log.csv");
    check(2, "--calibrate scales a single score",
          "train log.csv --label click --ignore buy --position slot --model pal --calibrate --no-store");
}
END_TEST

START_TEST(test_cmd_tasks_all_models_are_those_that_suit)
{
    struct program_run run =
        expect(0, "mmoe", "train log.csv --labels click,buy --model all --set epochs=1 --no-store");
    ck_assert_ptr_nonnull(strstr(run.out, "esmm"));
    ck_assert_ptr_null(strstr(run.out, "deepfm"));
    program_run_clear(&run);
    run = expect(0, "deepfm", "train log.csv --label click --ignore buy --model all --set epochs=1 --no-store");
    ck_assert_ptr_null(strstr(run.out, "mmoe"));
    ck_assert_ptr_null(strstr(run.out, "pal"));
    program_run_clear(&run);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_tasks");
    TCase *cases = tcase_create("cmd_tasks");
    tcase_add_checked_fixture(cases, in_scratch, out_of_scratch);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_cmd_tasks_train_evaluate_and_predict);
    tcase_add_test(cases, test_cmd_tasks_speak_json);
    tcase_add_test(cases, test_cmd_tasks_are_recorded_by_name);
    tcase_add_test(cases, test_cmd_tasks_do_not_depend_on_threads_or_interruptions);
    tcase_add_test(cases, test_cmd_tasks_answer_wrong_options_and_data);
    tcase_add_test(cases, test_cmd_tasks_name_the_label_that_says_nothing);
    tcase_add_test(cases, test_cmd_tasks_without_labels_cannot_be_judged);
    tcase_add_test(cases, test_cmd_tasks_of_a_funnel);
    tcase_add_test(cases, test_cmd_tasks_positions_are_for_training);
    tcase_add_test(cases, test_cmd_tasks_all_models_are_those_that_suit);
    suite_add_tcase(suite, cases);
    return suite;
}
