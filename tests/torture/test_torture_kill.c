/* Whole runs of the searching and training commands, cut off at random moments by SIGKILL, SIGINT or SIGTERM, several
 * times over; then the same command to its end. What another process has seen in the store before is there afterwards,
 * no trial is twice or half, and the plan, the trials and the model are those of a run that nothing happened to. */
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "core/clock.h"
#include "core/rng.h"
#include "support/scratch.h"
#include "support/test_main.h"
#include "support/torture.h"

enum { cuts_a_case = 4 };

/* A command and the file it leaves; `read`: the store as it has to be in the end (a training run again is another
 * study, so that only its own trials compare). `all`, `sample`: how often it is cut off. */
struct job {
    const char *name, *command, *result;
    char *(*read)(const char *path);
    long all, sample;
};

#define END " --store s.db --threads 1"
static const struct job jobs[] = {
    {"cross", "cross t.csv --label y --plan p.json" END, "p.json", torture_store, 100, 4},
    {"train", "train t.csv --label y --model fm --set epochs=40,patience=40 --out m.fw --checkpoint c" END, "m.fw",
     torture_last_trials, 40, 4},
    {"tune", "tune t.csv --label y --set optimiser=ftrl,epochs=9 --trials 12 --out n.fw" END, "n.fw", torture_store, 40,
     4},
    {"embed", "embed s.csv --label y --model fm --memory 20% --set epochs=12 --plan e.json" END, "e.json",
     torture_store, 40, 4},
    {"route",
     "route k.csv --labels y1,y2,y3 --levels 1 --subnetworks 3 --units 4 --lambda 0.05 --folded-only --set "
     "numeric=raw,epochs=20,patience=20 --plan r.json" END,
     "r.json", torture_store, 40, 4},
};
enum { n_jobs = sizeof jobs / sizeof jobs[0] };

static const char *const tables[] = {"t.csv", "s.csv", "k.csv"};

struct sweep {
    const struct job *job;
    bool ask; /* SIGINT and SIGTERM in turn; otherwise SIGKILL */
    double seconds;
    char result[PATH_MAX], model[PATH_MAX];
    char *store;
    double *slowest; /* seconds from a signal to the end, shared */
};

static void in_folder(char out[PATH_MAX], const char *folder, const char *name)
{
    snprintf(out, PATH_MAX, "%.3000s/%.200s", folder, name);
}

static void set_out(const char *folder)
{
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        char path[PATH_MAX];
        in_folder(path, folder, tables[t]);
        if (strcmp(folder, scratch_path(NULL)) != 0)
            torture_copy(scratch_path(tables[t]), path);
    }
}

static void pause_for(double seconds)
{
    struct timespec time = {.tv_sec = (time_t)seconds};
    time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
    nanosleep(&time, NULL);
}

/* Starts the command, cuts it off after a while and looks whether all that was seen just before is there afterwards. */
static const char *cut_off(struct sweep *s, const char *folder, double after, int signal_number)
{
    char store[PATH_MAX];
    in_folder(store, folder, "s.db");
    pid_t child = torture_start(folder, s->job->command, NULL);
    pause_for(after);
    char *seen = torture_trials(store);
    double started = fw_clock_seconds();
    kill(child, signal_number);
    int code = torture_wait(child);
    double seconds = fw_clock_seconds() - started;
    if (s->ask && seconds > *s->slowest)
        *s->slowest = seconds;
    char *there = torture_trials(store);
    const char *wrong = torture_unsound(store);
    if (wrong == NULL && strncmp(seen, "unreadable", 10) != 0 && strncmp(there, seen, strlen(seen)) != 0)
        wrong = "a trial that was seen is lost or another";
    /* it may have come to its end before, or the signal may have come before the program listened to it */
    if (wrong == NULL && code != 0 && code != (s->ask ? 130 : 137) && code != 128 + signal_number)
        wrong = "it ended with another code";
    free(seen);
    free(there);
    return wrong;
}

static const char *finish(const struct sweep *s, const char *folder)
{
    char path[PATH_MAX];
    struct torture_run run;
    torture_run(&run, folder, s->job->command, NULL);
    if (run.code != 0)
        return "the same command fails in the end";
    in_folder(path, folder, "s.db");
    if (torture_unsound(path) != NULL)
        return torture_unsound(path);
    char *now = s->job->read(path);
    bool same = strcmp(now, s->store) == 0;
    if (!same && getenv("FIELDWISE_TORTURE_SHOW") != NULL)
        fprintf(stderr, "--- is\n%s--- should be\n%s", now, s->store);
    free(now);
    if (!same)
        return "the store is another in the end";
    in_folder(path, folder, s->job->result);
    if (torture_differs(path, s->result) != NULL)
        return "the result is another in the end";
    if (torture_count_files(folder, ".tmp-") > 0)
        return "a temporary file is left";
    if (s->model[0] == '\0')
        return NULL;
    torture_run(&run, folder, "train t.csv --plan p.json --no-store --threads 1 --out x.fw", NULL);
    in_folder(path, folder, "x.fw");
    return run.code == 0 && torture_differs(path, s->model) == NULL ? NULL : "the model is another in the end";
}

static void one_case(long number, const char *folder, char *why, void *user)
{
    struct sweep *s = user;
    struct fw_rng rng;
    fw_rng_seed(&rng, s->ask ? 2 : 1, fw_stream((uint64_t)number, 0, FW_STREAM_TEST));
    const char *wrong = NULL;
    set_out(folder);
    for (int c = 0; wrong == NULL && c < cuts_a_case; c++)
        wrong = cut_off(s, folder, s->seconds * fw_rng_uniform(&rng),
                        !s->ask      ? SIGKILL
                        : c % 2 == 0 ? SIGINT
                                     : SIGTERM);
    if (wrong == NULL)
        wrong = finish(s, folder);
    if (wrong != NULL)
        snprintf(why, 4096, "%s: %s", s->job->name, wrong);
}

/* Two runs without a disturbance: the second, with all files in the cache, tells how long one takes. */
static void run_reference(struct sweep *s, const char *folder)
{
    struct torture_run run;
    char path[PATH_MAX];
    set_out(folder);
    for (int i = 0; i < 2; i++) {
        in_folder(path, folder, "s.db");
        remove(path);
        double started = fw_clock_seconds();
        torture_run(&run, folder, s->job->command, NULL);
        ck_assert_msg(run.code == 0, "%s", run.told);
        s->seconds = fw_clock_seconds() - started;
    }
    s->store = s->job->read(path);
    ck_assert_int_gt((int)strlen(s->store), 0);
    in_folder(s->result, folder, s->job->result);
    if (strcmp(s->job->name, "cross") == 0) {
        torture_run(&run, folder, "train t.csv --plan p.json --no-store --threads 1 --out x.fw", NULL);
        ck_assert_msg(run.code == 0, "%s", run.told);
        in_folder(s->model, folder, "x.fw");
    }
}

static void cut_off_at_random(const struct job *job, bool ask)
{
    struct sweep s = {.job = job, .ask = ask};
    double started = fw_clock_seconds();
    s.slowest = mmap(NULL, sizeof(double), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(s.slowest, MAP_FAILED);
    const char *folder = scratch_path("reference");
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", folder);
    ck_assert_int_eq(mkdir(copy, 0700), 0);
    run_reference(&s, copy);
    long all = ask ? 48 : job->all;
    long cuts = torture_cases(all, job->sample);
    long failures = torture_all(cuts / cuts_a_case, one_case, &s);
    char row[128];
    if (ask)
        snprintf(row, sizeof row, "%s: interrupted at a random moment (slowest end %.2f s)", job->name, *s.slowest);
    else
        snprintf(row, sizeof row, "%s: kill -9 at a random moment", job->name);
    torture_row(row, cuts, all, failures, started);
    munmap(s.slowest, sizeof(double));
    free(s.store);
}

static void make_tables(void)
{
    static const char *const commands[] = {
        "synth crosses --rows 3000 --planted 2 --max-order 2 --strength 2 --seed 4 --out t.csv",
        "synth sizes --rows 1500 --tail 2 --head 1 --useless 1 --numeric 1 --rank 2 --out s.csv",
        "synth tasks --rows 1500 --groups 2,1 --out k.csv"};
    scratch_make();
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        struct torture_run run;
        torture_run(&run, scratch_path(NULL), commands[i], NULL);
        ck_assert_msg(run.code == 0, "%s", run.told);
    }
}

START_TEST(test_torture_kill_at_a_random_moment)
{
    cut_off_at_random(&jobs[_i], false);
}
END_TEST

START_TEST(test_torture_kill_interrupted_at_a_random_moment)
{
    cut_off_at_random(&jobs[_i], true);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("torture_kill");
    TCase *cases = tcase_create("torture_kill");
    tcase_set_timeout(cases, 1800);
    tcase_add_checked_fixture(cases, make_tables, scratch_remove);
    tcase_add_loop_test(cases, test_torture_kill_at_a_random_moment, 0, n_jobs);
    tcase_add_loop_test(cases, test_torture_kill_interrupted_at_a_random_moment, 0, n_jobs);
    suite_add_tcase(suite, cases);
    return suite;
}
