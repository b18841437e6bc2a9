/* fieldwise train as a user runs it: metrics, checkpoints, several models, and what is wrong. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/registry.h"
#include "support/program.h"
#include "support/scratch.h"
#include "support/test_main.h"

static void in_scratch(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    struct program_run run =
        program_run(FIELDWISE_PROGRAM, "synth crosses --rows 3000 --planted 1 --max-order 2 --seed 3 --out t.csv");
    ck_assert_int_eq(run.code, 0);
    program_run_clear(&run);
}

static void out_of_scratch(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

/* Runs train, checks its exit code, and that standard error or output holds a text. */
static void expect(int code, const char *words, const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "train %s", arguments);
    ck_assert_msg(run.code == code, "'%s' ended with %d, not %d: %s", arguments, run.code, code, run.told);
    ck_assert_msg(strstr(run.told, words) != NULL || strstr(run.out, words) != NULL, "'%s' does not say '%s' but: %s%s",
                  arguments, words, run.out, run.told);
    program_run_clear(&run);
}

static void write_table(const char *path, int positives_from, int positives_to, int mixed_to)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("t,a,y\n", file);
    for (int i = 0; i < 300; i++) {
        bool positive = i < mixed_to ? i % 2 == 1 : i >= positives_from && i < positives_to;
        fprintf(file, "%d,%d,%d\n", i, i % 5, positive);
    }
    fclose(file);
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "there is no '%s'", path);
    char *data = calloc(1, 1 << 20);
    *size = fread(data, 1, 1 << 20, file);
    fclose(file);
    return data;
}

START_TEST(test_cmd_train_chooses_by_the_metric_asked_for)
{
    expect(0, "validation auc 0.", "t.csv --label y --no-store");
    expect(0, "validation logloss 0.", "t.csv --label y --no-store --metric logloss --set optimiser=ftrl");
    expect(0, "validation accuracy 0.", "t.csv --label y --no-store --metric accuracy --set optimiser=sgd");
    expect(2, "it is auc, logloss or accuracy", "t.csv --label y --no-store --metric f1");
}
END_TEST

START_TEST(test_cmd_train_says_what_it_takes_and_what_is_odd)
{
    expect(0, "optimiser state", "t.csv --label y --no-store --set optimiser=ftrl --set epochs=1");
    expect(0, "an epoch is one step", "t.csv --label y --no-store --set optimiser=ftrl --set batch=100000");
    expect(6, "activations",
           "t.csv --label y --no-store --set optimiser=ftrl --set batch=1000000 --memory-limit 20MiB");
}
END_TEST

START_TEST(test_cmd_train_answers_wrong_options_and_data)
{
    write_table("late.csv", 200, 300, 200); /* the latest rows are all positive */
    write_table("early.csv", 0, 0, 0);      /* no positive at all */
    write_table("first.csv", 240, 300, 0);  /* only the latest rows are positive */
    expect(2, "did you mean 'lr'", "t.csv --label y --model lx");
    expect(2, "named twice", "t.csv --label y --model lr,lr");
    expect(2, "did you mean 'rate'", "t.csv --label y --set raet=3");
    expect(2, "it goes from", "t.csv --label y --set rate=300");
    expect(2, "it goes from", "t.csv --label y --set lr.rate=300");
    expect(2, "there is no model 'xx'", "t.csv --label y --set xx.rate=3");
    expect(2, "write key=value", "t.csv --label y --set rate");
    expect(2, "takes no l1", "t.csv --label y --set optimiser=sgd --set l1=1");
    expect(3, "all 60 validation rows have the label 1", "late.csv --label y --time t");
    expect(0, "validation logloss", "late.csv --label y --time t --metric logloss --no-store");
    expect(3, "all 240 training rows have the label 0", "first.csv --label y --time t --metric logloss");
    expect(3, "one value only", "early.csv --label y");
    expect(3, "did you mean 'y'", "t.csv --label yy");
    struct program_run run =
        program_run(FIELDWISE_PROGRAM, "cross t.csv --label y --max-crosses 0 --no-store --plan p.json");
    ck_assert_int_eq(run.code, 0);
    program_run_clear(&run);
    expect(3, "columns that the model needs are not there", "late.csv --plan p.json");
    ck_assert_int_ne(access("fieldwise.db", F_OK), 0); /* none of them got as far as a record */
}
END_TEST

START_TEST(test_cmd_train_numbers_that_break_leave_the_best_epoch)
{
    expect(1, "not finite in epoch 1;",
           "t.csv --label y --set optimiser=sgd --set rate=100 --set l2=1e6 --set batch=16 --out n.fw");
    ck_assert_int_ne(access("n.fw", F_OK), 0);
    expect(
        1, "is in m.fw",
        "t.csv --label y --set optimiser=sgd --set rate=100 --set l2=0.1 --set patience=0 --out m.fw --checkpoint c");
    ck_assert_int_eq(access("m.fw", F_OK), 0);
    ck_assert_int_ne(access("c", F_OK), 0);
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials show 1/1");
    ck_assert_ptr_nonnull(strstr(run.out, "failed: the training loss is not finite"));
    program_run_clear(&run);
    run = program_run(FIELDWISE_PROGRAM, "trials show 2/1");
    ck_assert_ptr_nonnull(strstr(run.out, "failed: the training loss is not finite"));
    ck_assert_ptr_nonnull(strstr(run.out, "train_loss"));
    program_run_clear(&run);
    run = program_run(FIELDWISE_PROGRAM, "evaluate m.fw t.csv");
    ck_assert_int_eq(run.code, 0);
    program_run_clear(&run);
}
END_TEST

static const char long_training[] = "t.csv --label y --no-store --set optimiser=adagrad --set batch=64 --set "
                                    "epochs=400 --set patience=0 --set schedule=cosine --set rate=0.02";

/* Starts the long training and interrupts it after a while; its exit code. */
static int run_and_interrupt(useconds_t microseconds)
{
    char arguments[512];
    snprintf(arguments, sizeof arguments,
             "exec '%s' train %s --quiet --threads 1 --checkpoint c --out broken.fw >/dev/null 2>&1", FIELDWISE_PROGRAM,
             long_training);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", arguments, (char *)NULL);
        _exit(127);
    }
    program_wait_ready(child);
    usleep(microseconds);
    kill(child, SIGINT);
    int status = 0;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(test_cmd_train_interrupted_goes_on_from_its_checkpoint)
{
    char arguments[512];
    snprintf(arguments, sizeof arguments, "%s --threads 1 --out whole.fw", long_training);
    expect(0, "wrote whole.fw", arguments);
    int interrupted = 0;
    for (int i = 0; i < 3; i++) {
        int code = run_and_interrupt(60000 + 70000 * (useconds_t)i);
        ck_assert_msg(code == 130 || code == 0, "ended with %d", code);
        if (code == 0)
            break;
        interrupted++;
    }
    ck_assert_int_gt(interrupted, 0);
    snprintf(arguments, sizeof arguments, "%s --threads 1 --checkpoint c --out broken.fw", long_training);
    bool kept = access("c", F_OK) == 0;
    expect(0, kept ? "goes on from the checkpoint c" : "wrote", arguments);
    ck_assert_int_ne(access("c", F_OK), 0);
    size_t sizes[2];
    char *whole = read_file("whole.fw", &sizes[0]);
    char *broken = read_file("broken.fw", &sizes[1]);
    ck_assert_uint_eq(sizes[0], sizes[1]);
    ck_assert_int_eq(memcmp(whole, broken, sizes[0]), 0);
    free(whole);
    free(broken);
}
END_TEST

START_TEST(test_cmd_train_checkpoint_of_something_else_is_kept_and_refused)
{
    size_t size;
    run_and_interrupt(150000);
    ck_assert_int_eq(access("c", F_OK), 0);
    expect(2, "optimiser=adagrad", "t.csv --label y --no-store --checkpoint c");
    expect(4, "is no checkpoint", "t.csv --label y --no-store --checkpoint t.csv");
    expect(6, "nofolder", "t.csv --label y --no-store --checkpoint nofolder/c");
    free(read_file("c", &size));
    ck_assert_uint_gt(size, 1000);
}
END_TEST

START_TEST(test_cmd_train_all_models_in_turn)
{
    struct program_run small = program_run(FIELDWISE_PROGRAM, "synth crosses --rows 1000 --seed 3 --out t.csv");
    ck_assert_int_eq(small.code, 0);
    program_run_clear(&small);
    expect(0, "wrote m.fw",
           "t.csv --label y --model all --set epochs=1 --set units=8 --set dim=2 --threads 1 --out m.fw");
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials show 1");
    ck_assert_int_eq(run.code, 0);
    char count[32];
    int n = 0;
    for (int m = 0; fw_model_list()[m] != NULL; m++) /* those of one label */
        n += fw_model_list()[m]->labels == FW_LABELS_ONE && !fw_model_list()[m]->reads_position;
    snprintf(count, sizeof count, "trials   %d:", n);
    ck_assert_msg(strstr(run.out, count) != NULL, "no '%s' in %s", count, run.out);
    program_run_clear(&run);
    if (n < 2)
        return;
    char arguments[256];
    const char *other =
        strcmp(fw_model_list()[0]->name, "lr") != 0 ? fw_model_list()[0]->name : fw_model_list()[1]->name;
    snprintf(arguments, sizeof arguments,
             "t.csv --label y --no-store --model lr,%s --threads 1 --set epochs=1 --set lr.rate=0.2", other);
    expect(0, "best: ", arguments);
    expect(0, "rows/s", arguments);
    snprintf(arguments, sizeof arguments, "t.csv --label y --no-store --model lr,%s --set raet=1", other);
    expect(2, "did you mean 'rate'", arguments);
    snprintf(arguments, sizeof arguments, "t.csv --label y --no-store --model lr --set %s.epochs=1", other);
    expect(2, "not to be trained", arguments);
    snprintf(arguments, sizeof arguments,
             "t.csv --label y --model lr,%s --threads 1 --set epochs=1 --set lr.optimiser=sgd --set lr.rate=100 --set "
             "lr.l2=1e6 "
             "--set lr.batch=16 "
             "--store f.db",
             other);
    expect(0, "is not finite", arguments);
}
END_TEST

/* Of several models one that does not suit the data stands last; alone, or when none does, it is refused at once. */
START_TEST(test_cmd_train_a_model_that_does_not_suit_the_data)
{
    FILE *file = fopen("one.csv", "w");
    ck_assert_ptr_nonnull(file);
    fputs("y,a\n", file);
    for (int i = 0; i < 400; i++)
        fprintf(file, "%d,k%d\n", i * 7 % 13 < 6, i % 5);
    fclose(file);
    expect(0, "ffm needs at least two inputs", "one.csv --label y --no-store --model ffm,dnn,lr --set epochs=1");
    expect(2, "ffm needs at least two inputs", "one.csv --label y --no-store --model ffm");
    expect(2, "needs at least two inputs", "one.csv --label y --no-store --model ffm,fwfm");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_train");
    TCase *cases = tcase_create("cmd_train");
    tcase_add_checked_fixture(cases, in_scratch, out_of_scratch);
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, test_cmd_train_chooses_by_the_metric_asked_for);
    tcase_add_test(cases, test_cmd_train_says_what_it_takes_and_what_is_odd);
    tcase_add_test(cases, test_cmd_train_answers_wrong_options_and_data);
    tcase_add_test(cases, test_cmd_train_numbers_that_break_leave_the_best_epoch);
    tcase_add_test(cases, test_cmd_train_interrupted_goes_on_from_its_checkpoint);
    tcase_add_test(cases, test_cmd_train_checkpoint_of_something_else_is_kept_and_refused);
    tcase_add_test(cases, test_cmd_train_all_models_in_turn);
    tcase_add_test(cases, test_cmd_train_a_model_that_does_not_suit_the_data);
    suite_add_tcase(suite, cases);
    return suite;
}
