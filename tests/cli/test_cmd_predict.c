/* predict as a user runs it: any source and any number of blocks give the same scores; what happens when it ends early.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/program.h"
#include "support/scratch.h"
#include "support/test_main.h"

/* Rows of the long table: several blocks of predict. */
enum { long_rows = 420000 };

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

static void write_rows(FILE *file, int first, int n)
{
    for (int i = first; i < first + n; i++)
        fprintf(file, "%d,colour number %d,%d,%d\n", i * 7 % 13 < 6, i % 5, i % 17, i % 1000);
}

/* A model from a small table, and a long table whose last row is bad when that is wanted. */
static void make_files(bool bad_end)
{
    for (int k = 0; k < 2; k++) {
        FILE *file = fopen(k == 0 ? "train.csv" : "long.csv", "w");
        ck_assert_ptr_nonnull(file);
        fprintf(file, "y,colour,size,noise\n");
        write_rows(file, 0, k == 0 ? 2000 : long_rows);
        if (k == 1 && bad_end)
            fprintf(file, "1,2\n");
        ck_assert_int_eq(fclose(file), 0);
    }
    struct program_run run = program_run(FIELDWISE_PROGRAM, "train train.csv --label y --no-store -q --out m.fw");
    ck_assert_msg(run.code == 0, "%s", run.told);
    program_run_clear(&run);
}

static struct program_run predict(int code, const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "predict -q m.fw %s", arguments);
    ck_assert_msg(run.code == code, "'%s' ended with %d: %s", arguments, run.code, run.told);
    return run;
}

static int count_lines(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

START_TEST(test_cmd_predict_gives_one_answer_for_every_source)
{
    make_files(false);
    struct program_run whole = predict(0, "long.csv");
    ck_assert_int_eq(count_lines(whole.out), 1 + long_rows);
    ck_assert_ptr_eq(strstr(whole.out, "score\n0."), whole.out);
    /* rows repeat, and so do their scores, whatever block they are in */
    struct program_run few = predict(0, "train.csv");
    ck_assert_int_eq(strncmp(few.out, whole.out, strlen(few.out)), 0);
    static const char *const ways[] = {"- < long.csv", "long.csv --threads 1", "long.csv --threads 3",
                                       "long.csv --out s.csv && cat s.csv"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct program_run run = predict(0, ways[i]);
        ck_assert_msg(strcmp(run.out, whole.out) == 0, "'%s' gives other scores", ways[i]);
        program_run_clear(&run);
    }
    program_run_clear(&few);
    program_run_clear(&whole);
}
END_TEST

START_TEST(test_cmd_predict_sets_how_a_trained_model_predicts)
{
    make_files(false);
    struct program_run mean =
        program_run(FIELDWISE_PROGRAM,
                    "train train.csv --label y --no-store -q --model fpenn --set epochs=1 --set linear=learned "
                    "--out m.fw && " FIELDWISE_PROGRAM " predict -q m.fw train.csv > mean.csv; cat mean.csv");
    ck_assert_msg(mean.code == 0, "%s", mean.told);
    struct program_run ucb = predict(0, "train.csv --set sampling=ucb --set bound=3");
    struct program_run same = predict(0, "train.csv --set sampling=ucb,bound=0");
    ck_assert_int_eq(count_lines(ucb.out), 2001);
    ck_assert(strstr(mean.out, ucb.out) == NULL);
    ck_assert_msg(strstr(mean.out, same.out) != NULL, "a bound of 0 is not the mean");
    program_run_clear(&same);
    program_run_clear(&ucb);
    program_run_clear(&mean);
    struct program_run refused = predict(2, "train.csv --set units=3");
    ck_assert_ptr_nonnull(strstr(refused.told, "of fpenn can: sampling, bound, draw"));
    program_run_clear(&refused);
    struct program_run run = program_run(FIELDWISE_PROGRAM, "evaluate -q m.fw train.csv --set sampling=ts,draw=4");
    ck_assert_msg(run.code == 0, "%s", run.told);
    program_run_clear(&run);
}
END_TEST

START_TEST(test_cmd_predict_says_how_far_it_came)
{
    make_files(true);
    struct program_run run = predict(3, "long.csv");
    int written = 0;
    ck_assert_int_eq(sscanf(strstr(run.told, "after "), "after %d,", &written), 1);
    written = count_lines(run.out) - 1;
    ck_assert_int_gt(written, 1000);
    ck_assert_int_lt(written, long_rows);
    char words[64];
    snprintf(words, sizeof words, "after %d,%03d scores written: long.csv:%d: 2 fields", written / 1000, written % 1000,
             long_rows + 2);
    ck_assert_msg(strstr(run.told, words) != NULL, "no '%s' in: %s", words, run.told);
    program_run_clear(&run);
    /* a file appears whole or not at all */
    run = predict(3, "long.csv --out s.csv");
    ck_assert_ptr_null(strstr(run.told, "after"));
    ck_assert_int_ne(access("s.csv", F_OK), 0);
    program_run_clear(&run);
    run = predict(0, "long.csv --on-bad-row skip");
    ck_assert_int_eq(count_lines(run.out), 1 + long_rows);
    program_run_clear(&run);
    run = predict(6, "train.csv --out nofolder/s.csv");
    ck_assert_ptr_nonnull(strstr(run.told, "nofolder"));
    program_run_clear(&run);
}
END_TEST

START_TEST(test_cmd_predict_ends_quietly_when_nobody_reads_on)
{
    make_files(false);
    struct program_run run =
        program_run("sh", "-c \"'%s' predict -q m.fw long.csv || echo failed\" | head -n 2", FIELDWISE_PROGRAM);
    ck_assert_int_eq(count_lines(run.out), 2);
    ck_assert_str_eq(run.told, "");
    program_run_clear(&run);
}
END_TEST

/* A child that waits for rows on a pipe. */
START_TEST(test_cmd_predict_can_be_interrupted_while_it_waits)
{
    make_files(false);
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        close(ends[1]);
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(127);
        execl(FIELDWISE_PROGRAM, "fieldwise", "predict", "-q", "m.fw", "-", "--out", "s.csv", (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    ck_assert_int_eq(write(ends[1], "y,colour,size,noise\n", 20), 20);
    usleep(300000);
    ck_assert_int_eq(kill(child, SIGINT), 0);
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child); /* the pipe is still open */
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 130);
    ck_assert_int_ne(access("s.csv", F_OK), 0);
    close(ends[1]);
}
END_TEST

/* A line of libsvm names no more than its numbers that are not 0, and a block of such lines may lack a column. */
START_TEST(test_cmd_predict_fills_in_what_sparse_rows_leave_out)
{
    FILE *file = fopen("train.svm", "w");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 600; i++)
        fprintf(file, "%d 1:%d 2:%d\n", i * 7 % 13 < 6, i % 9 + 1, i % 17 + 1);
    fclose(file);
    file = fopen("new.svm", "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "0 1:3\n1 1:4\n0 1:5\n");
    fclose(file);
    file = fopen("zeros.svm", "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "0 1:3 2:0\n1 1:4 2:0\n0 1:5 2:0\n");
    fclose(file);
    struct program_run run = program_run(FIELDWISE_PROGRAM, "train train.svm --label label --no-store -q --out m.fw");
    ck_assert_msg(run.code == 0, "%s", run.told);
    program_run_clear(&run);
    run = predict(0, "new.svm");
    struct program_run same = predict(0, "zeros.svm");
    ck_assert_int_eq(count_lines(run.out), 4);
    ck_assert_str_eq(run.out, same.out);
    program_run_clear(&run);
    program_run_clear(&same);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_predict");
    TCase *cases = tcase_create("cmd_predict");
    tcase_add_checked_fixture(cases, in_scratch, out_of_scratch);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_cmd_predict_gives_one_answer_for_every_source);
    tcase_add_test(cases, test_cmd_predict_sets_how_a_trained_model_predicts);
    tcase_add_test(cases, test_cmd_predict_says_how_far_it_came);
    tcase_add_test(cases, test_cmd_predict_ends_quietly_when_nobody_reads_on);
    tcase_add_test(cases, test_cmd_predict_can_be_interrupted_while_it_waits);
    tcase_add_test(cases, test_cmd_predict_fills_in_what_sparse_rows_leave_out);
    suite_add_tcase(suite, cases);
    return suite;
}
