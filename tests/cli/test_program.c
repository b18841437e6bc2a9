/* The program as a user runs it: the main job from table to scores, wrong input of every kind, kill and resume. */
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
#include "support/test_main.h"

static void in_scratch(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
}

static void out_of_scratch(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

/* Runs the program, checks its exit code, and that standard error or output holds a text (NULL: anything). */
static void expect(int code, const char *words, const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "%s", arguments);
    ck_assert_msg(run.code == code, "'%s' ended with %d, not %d: %s", arguments, run.code, code, run.told);
    ck_assert_msg(words == NULL || strstr(run.told, words) != NULL || strstr(run.out, words) != NULL,
                  "'%s' does not say '%s' but: %s%s", arguments, words, run.out, run.told);
    program_run_clear(&run);
}

static void write_text(const char *path, const char *text, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, size, file), size);
    fclose(file);
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "there is no '%s'", path);
    char *text = calloc(1, 1 << 22);
    size_t n = fread(text, 1, (1 << 22) - 1, file);
    ck_assert_uint_lt(n, (1 << 22) - 1);
    fclose(file);
    return text;
}

START_TEST(test_program_main_job)
{
    expect(0, NULL, "synth crosses --rows 6000 --planted 2 --max-order 2 --strength 1.5 --seed 3 --out t.csv");
    expect(0, "categorical", "inspect t.csv --label y");
    expect(0, "next: fieldwise train", "cross t.csv --label y --plan p.json");
    expect(0, "refitted on all rows", "train t.csv --plan p.json --out m.fw");
    expect(0, "auc", "evaluate m.fw t.csv");
    expect(0, "score", "predict m.fw t.csv");
    expect(0, " x ", "transform p.json t.csv");
    expect(0, "complete", "trials list");
    expect(0, "accept", "trials show 1");
    expect(0, NULL, "trials best");
    expect(0, "optimiser", "models show lr");
    for (int o = 0; o < 3; o++) {
        static const char *const optimisers[] = {"ftrl", "adagrad", "sgd"};
        char arguments[256];
        snprintf(arguments, sizeof arguments, "train t.csv --plan p.json --set optimiser=%s --set epochs=3 --out o.fw",
                 optimisers[o]);
        expect(0, "model lr", arguments);
        expect(0, "auc", "evaluate o.fw t.csv");
    }
}
END_TEST

START_TEST(test_program_other_splits_binnings_and_searches)
{
    expect(0, NULL,
           "synth crosses --rows 4000 --planted 1 --max-order 2 --strength 2 --noise 2 --missing-rate 0 --out t.csv");
    expect(0, "by time", "cross t.csv --label y --time n1 --split time --no-store --plan p.json");
    expect(3, "too few to fill", "cross t.csv --label y --group c1 --folds 20 --no-store --plan p.json");
    expect(0, "by group", "cross t.csv --label y --group n2 --no-store --plan p.json");
    expect(0, "t.csv", "cross t.csv --label y --valid t.csv --no-store --plan p.json");
    expect(0, "rows train", "cross t.csv --label y --valid-fraction 0.3 --no-store --plan p.json");
    expect(0, "left out", "cross t.csv --label y --max-candidates 20 --no-store --plan p.json");
    expect(0, "14 fields", "train t.csv --label y --binning width --bins 10,100 --no-store --out m.fw");
    expect(0, NULL, "cross t.csv --label y --binning width --no-store --plan p.json");
    expect(0, NULL, "train t.csv --plan p.json --no-store --out m.fw");
    expect(0, NULL,
           "cross t.csv --label y --evaluator sgd --halving published --max-crosses 1 --no-store --plan p.json");
    expect(0, NULL, "cross t.csv --label y --driver random --beam-width 2 --metric logloss --no-store --plan p.json");
}
END_TEST

START_TEST(test_program_answers_wrong_input)
{
    static const char long_quote[] = "a,b,y\n1,\"2,1\n2,3,0\n";
    write_text("empty.csv", "", 0);
    write_text("head.csv", "a,b,y\n", 6);
    write_text("one.csv", "a,b,y\n1,2,1\n2,3,1\n", 18);
    write_text("ragged.csv", "a,b,y\n1,2\n2,3,1\n", 16);
    write_text("open.csv", long_quote, sizeof long_quote - 1);
    write_text("nul.csv", "a,b,y\n1,\0,1\n2,3,0\n", 18);
    write_text("dup.csv", "a,a,y\n1,2,1\n2,3,0\n", 18);
    write_text("big.csv", "a,b,y\n1e999,2,1\n2,3,0\n3,4,1\n4,4,0\n", 34);
    write_text("hex.csv", "a,b,y\n0x1p3,2,1\n2,3,0\n3,4,1\n4,4,0\n", 34);
    write_text("three.csv", "a,y\n1,u\n2,v\n3,w\n", 16);
    expect(3, "is empty", "cross empty.csv --label y");
    expect(3, "without rows", "cross head.csv --label y");
    expect(3, "one value only", "cross one.csv --label y");
    expect(3, "ragged.csv:2", "cross ragged.csv --label y");
    expect(3, "open.csv:2", "cross open.csv --label y");
    expect(3, "NUL", "cross nul.csv --label y");
    expect(3, "both named 'a'", "cross dup.csv --label y");
    expect(3, "big.csv:2", "cross big.csv --label y");
    expect(3, "hex.csv:2", "cross hex.csv --label y");
    expect(3, "--positive", "cross three.csv --label y");
    expect(3, "did you mean", "cross one.csv --label yy");
    expect(3, "directory", "cross . --label y");
    expect(3, "No such file", "cross nothere.csv --label y");
    expect(2, "did you mean --label", "cross one.csv --lable y");
    expect(2, "--label", "cross one.csv");
    expect(2, "no command", "corss one.csv");
    expect(2, "no evaluator", "cross one.csv --label y --evaluator best");
    expect(2, "at least 2", "synth sizes --tail 1 --head 0 --out sizes.csv");
    expect(2, "crosses, criteo or sizes", "synth size --out sizes.csv");
    expect(2, "crosses, criteo or sizes; for several tasks mmoe, tasks, funnel or examination",
           "synth mmo --out m.csv");
    expect(2, "no option 'power'; it has seed, rows", "synth mmoe --power 2 --out m.csv");
    expect(2, "no option --groups", "synth crosses --groups 2 --out m.csv");
    expect(2, "no option --truth-columns", "synth sizes --truth-columns --out m.csv");
    expect(2, "takes -1 to 1", "synth mmoe --relatedness 2 --out m.csv");
    expect(2, "--out and --truth are both 'm.csv'", "synth mmoe --out m.csv --truth m.csv");
    expect(2, "one for each of the 5 tasks", "synth tasks --labelled 1,1 --out m.csv");
    expect(3, "no store", "trials list --store nothere.db");
    ck_assert_int_ne(access("fieldwise.db", F_OK), 0); /* nothing half-done is left behind */
}
END_TEST

START_TEST(test_program_generates_tables_for_several_tasks)
{
    static const struct {
        const char *command, *shape, *inspect, *says;
    } kinds[] = {
        {"synth mmoe --rows 300 --dimension 4 --relatedness 1 --out tasks.csv", "300 rows, 6 columns",
         "inspect tasks.csv", "\"label_correlation\""},
        {"synth tasks --rows 300 --groups 2 --numeric 3 --labelled 1,0.5 --threads 2 --out tasks.csv",
         "300 rows, 5 columns", "inspect tasks.csv --label y1", "\"best_auc\""},
        {"synth funnel --rows 900 --truth-columns --seed 2 --out tasks.csv", "900 rows, 11 columns",
         "inspect tasks.csv --label click", "\"conversion_clicked\""},
        {"synth examination --rows 300 --positions 5 --decay 0.5 --out tasks.csv", "300 rows, 7 columns",
         "inspect tasks.csv --label click", "\"seen\""},
    };
    for (int k = 0; k < 4; k++) {
        expect(0, NULL, kinds[k].command);
        expect(0, kinds[k].shape, kinds[k].inspect);
        char *truth = read_text("tasks.csv.truth.json");
        ck_assert_ptr_nonnull(strstr(truth, kinds[k].says));
        free(truth);
    }
}
END_TEST

START_TEST(test_program_generates_tables_for_searches_of_sizes)
{
    expect(0, NULL, "synth sizes --rows 3000 --tail 2 --head 1 --useless 1 --numeric 1 --rank 2 --out sizes.csv");
    expect(0, "3,000 rows, 6 columns", "inspect sizes.csv --label y");
    char *truth = read_text("sizes.csv.truth.json");
    ck_assert_ptr_nonnull(strstr(truth, "\"needed\""));
    ck_assert_ptr_nonnull(strstr(truth, "\"useless\""));
    free(truth);
}
END_TEST

START_TEST(test_program_keeps_its_limits)
{
    expect(0, NULL, "synth crosses --rows 5000 --out t.csv");
    expect(6, "out of memory", "cross t.csv --label y --memory-limit 1MiB");
    expect(5, "time limit", "cross t.csv --label y --time-limit 1ms --no-store");
    expect(6, "nofolder", "cross t.csv --label y --plan nofolder/p.json --no-store");
    expect(0, NULL, "cross t.csv --label y --no-store --plan p.json --max-crosses 1");
    expect(0, NULL, "train t.csv --plan p.json --no-store --out m.fw");
    expect(6, "standard output", "predict m.fw t.csv >/dev/full");
    char *plan = read_text("p.json");
    char *seed = strstr(plan, "min_count");
    ck_assert_ptr_nonnull(seed);
    seed[0] = 'n';
    write_text("bad.json", plan, strlen(plan));
    expect(4, "changed after it was written", "train t.csv --plan bad.json --no-store");
    write_text("cut.json", plan, strlen(plan) / 2);
    expect(4, "not a JSON document", "train t.csv --plan cut.json --no-store");
    expect(4, "not a fieldwise model", "evaluate p.json t.csv");
    write_text("other.csv", "p,q\n1,2\n3,4\n", 12);
    expect(3, "columns", "predict m.fw other.csv");
    free(plan);
}
END_TEST

/* Runs a search in a child that is killed after a while; true when it got to its end before. */
static bool run_and_kill(useconds_t microseconds)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        execl(FIELDWISE_PROGRAM, "fieldwise", "cross", "t.csv", "--label", "y", "--quiet", "--plan", "killed.json",
              "--store", "killed.db", "--threads", "2", (char *)NULL);
        _exit(127);
    }
    usleep(microseconds);
    kill(child, SIGKILL);
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status);
}

START_TEST(test_program_killed_at_any_moment_ends_as_if_it_had_not_been)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    expect(0, NULL, "synth crosses --rows 3000 --planted 2 --max-order 2 --strength 2 --seed 4 --out t.csv");
    expect(0, NULL, "cross t.csv --label y --plan whole.json --store whole.db");
    for (int k = 0; k < 25; k++)
        run_and_kill((useconds_t)(1000 + fw_rng_below(&rng, 400000)));
    expect(0, NULL, "cross t.csv --label y --plan killed.json --store killed.db");
    /* the documents differ in nothing but where they were recorded */
    char *whole = read_text("whole.json");
    char *killed = read_text("killed.json");
    char *a = strstr(whole, "\"crosses\"");
    char *b = strstr(killed, "\"crosses\"");
    ck_assert(a != NULL && b != NULL);
    *strstr(a, "\"origin\"") = '\0';
    *strstr(b, "\"origin\"") = '\0';
    ck_assert_str_eq(a, b);
    free(whole);
    free(killed);
    expect(0, "1", "trials list --store killed.db --json");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("program");
    TCase *cases = tcase_create("program");
    tcase_add_checked_fixture(cases, in_scratch, out_of_scratch);
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, test_program_main_job);
    tcase_add_test(cases, test_program_other_splits_binnings_and_searches);
    tcase_add_test(cases, test_program_answers_wrong_input);
    tcase_add_test(cases, test_program_generates_tables_for_several_tasks);
    tcase_add_test(cases, test_program_generates_tables_for_searches_of_sizes);
    tcase_add_test(cases, test_program_keeps_its_limits);
    tcase_add_test(cases, test_program_killed_at_any_moment_ends_as_if_it_had_not_been);
    suite_add_tcase(suite, cases);
    return suite;
}
