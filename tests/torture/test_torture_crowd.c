/* Many processes on one store that start at the same moment, the file not there yet: into one study, into one each, and
 * many times over. Each of them ends well, and every trial is there once. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"
#include "support/torture.h"

enum { n_processes = 64, n_trials = 20, n_starters = 32, n_starts = 50, sampled_starts = 5 };

static char path[2048];

/* Waits for the barrier, then opens the store and a study and writes. The exit code is the status. */
static int member(int barrier, uint64_t number, uint64_t study_key, int trials)
{
    char byte;
    if (read(barrier, &byte, 1) != 0)
        return 99;
    struct fw_store *store = NULL;
    struct fw_error err = {0};
    struct fw_study_info info = sample_study(study_key);
    struct fw_trial_log log = {0};
    int64_t study = 0;
    bool resumed;
    enum fw_study_status how;
    enum fw_status status = sample_open(&store, path, 60, &err);
    if (status == FW_OK) {
        log = fw_store_trial_log(store);
        status = log.vtable->open_study(log.self, &study, &resumed, &how, &info, &err);
    }
    for (int i = 0; status == FW_OK && i < trials; i++) {
        struct fw_metric metrics[2] = {{"loss", 0, 0.5}, {"loss", 1, 0.25}};
        struct fw_trial_record record = sample_trial(number * 1000 + (uint64_t)i, "{}", 0.5);
        record.metrics = metrics;
        record.n_metrics = 2;
        status = sample_add(store, study, &record, &err);
    }
    if (status != FW_OK)
        fprintf(stderr, "process %llu: %s\n", (unsigned long long)number, err.message);
    fw_store_close(store);
    return (int)status;
}

/* Starts n processes at once; how many of them ended badly. */
static long crowd(int n, int trials, bool one_study)
{
    pid_t children[n_processes];
    int barrier[2];
    long bad = 0;
    ck_assert_int_eq(pipe(barrier), 0);
    fflush(NULL);
    for (int i = 0; i < n; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) {
            close(barrier[1]);
            _exit(member(barrier[0], (uint64_t)i, one_study ? 1 : (uint64_t)i + 1, trials));
        }
    }
    close(barrier[0]);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    close(barrier[1]);
    for (int i = 0; i < n; i++)
        bad += torture_wait(children[i]) != 0;
    return bad;
}

/* How many of n trials and of what belongs to them are missing or too many. */
static long amiss(int64_t n, int64_t studies)
{
    int64_t stored = sample_sql(path, "SELECT count(*) FROM trials");
    int64_t metrics = sample_sql(path, "SELECT count(*) FROM metrics");
    return labs((long)(n - stored)) + labs((long)(2 * n - metrics)) + (torture_unsound(path) != NULL) +
           (sample_sql(path, "SELECT count(*) FROM studies") != studies);
}

START_TEST(test_torture_crowd_writes_into_one_study)
{
    double started = fw_clock_seconds();
    snprintf(path, sizeof path, "%s", scratch_path("one.db"));
    long failures = crowd(n_processes, n_trials, true);
    failures += amiss(n_processes * n_trials, 1);
    torture_row("64 processes start on a fresh store, one study, 20 trials each", n_processes * n_trials,
                n_processes * n_trials, failures, started);
}
END_TEST

START_TEST(test_torture_crowd_writes_into_a_study_each)
{
    double started = fw_clock_seconds();
    snprintf(path, sizeof path, "%s", scratch_path("each.db"));
    long failures = crowd(n_processes, n_trials, false);
    failures += amiss(n_processes * n_trials, n_processes);
    torture_row("64 processes start on a fresh store, a study each, 20 trials each", n_processes * n_trials,
                n_processes * n_trials, failures, started);
}
END_TEST

START_TEST(test_torture_crowd_first_start_is_no_race)
{
    double started = fw_clock_seconds();
    long starts = torture_cases(n_starts, sampled_starts);
    long failures = 0;
    for (long i = 0; i < starts; i++) {
        snprintf(path, sizeof path, "%s/%ld.db", scratch_path(NULL), i);
        failures += crowd(n_starters, 1, true);
        failures += amiss(n_starters, 1);
    }
    torture_row("32 processes make the same store at once", starts, n_starts, failures, started);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("torture_crowd");
    TCase *cases = tcase_create("torture_crowd");
    tcase_set_timeout(cases, 600);
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_add_test(cases, test_torture_crowd_writes_into_one_study);
    tcase_add_test(cases, test_torture_crowd_writes_into_a_study_each);
    tcase_add_test(cases, test_torture_crowd_first_start_is_no_race);
    suite_add_tcase(suite, cases);
    return suite;
}
