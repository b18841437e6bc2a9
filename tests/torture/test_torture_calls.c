/* Every call that touches a file, in turn: it fails, or does half, or the process is killed before, after or in the
 * middle of it. Whatever happens, the files are as before or as after, the store is sound, what was in it stays, the
 * message names the file, and the same command again ends as the run that nothing happened to. */
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/clock.h"
#include "support/scratch.h"
#include "support/test_main.h"
#include "support/torture.h"

/* A command, and what it leaves. `given` is made before it by `prepare`. `read`: the store as it has to be in the end;
 * a training run again is another study, so that only its own trials compare. */
struct job {
    const char *name, *prepare, *given, *command, *result;
    char *(*read)(const char *path);
};

static const struct job jobs[] = {
    {"cross", NULL, NULL, "cross t.csv --label y --plan p.json --store s.db --threads 1", "p.json", torture_store},
    {"train", "cross t.csv --label y --plan p.json --no-store --threads 1", "p.json",
     "train t.csv --plan p.json --model fm --set epochs=4 --out m.fw --store s.db --threads 1", "m.fw",
     torture_last_trials},
};
enum { n_jobs = sizeof jobs / sizeof jobs[0], most_calls = 100000 };

static const char *const faults[] = {"eio", "enospc", "edquot", "eintr", "short"};
static const char *const kills[] = {"kill", "after", "half"};

/* What a run without faults leaves, and which calls are tried how. */
struct sweep {
    const struct job *job;
    const char *const *hows;
    long n_hows, n_points, n_calls;
    char given[PATH_MAX], result[PATH_MAX];
    char *trials, *store;
    atomic_int *n_trials; /* (calls) found after a kill before this call; -1: not tried */
};

static void in_folder(char out[PATH_MAX], const char *folder, const char *name)
{
    snprintf(out, PATH_MAX, "%s/%s", folder, name);
}

/* What is wrong with the files that a hit run has left; NULL: nothing. */
static const char *wrong_after(const struct sweep *s, const char *folder, const struct torture_run *run)
{
    char store[PATH_MAX];
    char result[PATH_MAX];
    in_folder(store, folder, "s.db");
    in_folder(result, folder, s->job->result);
    const char *wrong = torture_unsound(store);
    if (wrong != NULL)
        return wrong;
    char *trials = torture_trials(store);
    if (strncmp(trials, s->trials, strlen(trials)) != 0)
        wrong = "the store holds other trials";
    free(trials);
    size_t size;
    char *there = torture_read(result, &size);
    if (there != NULL && torture_differs(result, s->result) != NULL)
        wrong = "half a result is left";
    if (there == NULL && run->code == 0)
        wrong = "no result, and no word of it";
    free(there);
    if (wrong == NULL && run->code < 128 && strncmp(run->hit, "unlink", 6) != 0 &&
        torture_count_files(folder, ".tmp-") > 0)
        wrong = "a temporary file is left";
    return wrong;
}

/* The file that a message has to name. */
static void file_to_name(char out[64], const char *hit)
{
    const char *name = strchr(hit, ' ');
    name = name != NULL ? name + 1 : "";
    int length = (int)strcspn(name, "-");
    char *temporary = strstr(name, ".tmp-");
    if (temporary != NULL)
        length = (int)(temporary - name);
    snprintf(out, 64, "%.*s", strcmp(name, ".") == 0 ? 0 : length, name);
}

/* What is wrong with how a failed run ended. */
static const char *wrong_words(const struct torture_run *run)
{
    char name[64];
    if (run->code == 0)
        return NULL;
    if (run->code != 6 && run->code != 3)
        return "it ended in another way than exit code 6 or 3";
    file_to_name(name, run->hit);
    return strstr(run->told, name) != NULL ? NULL : "the message does not name the file";
}

static const char *wrong_in_the_end(const struct sweep *s, const char *folder, int code)
{
    char store[PATH_MAX];
    char result[PATH_MAX];
    in_folder(store, folder, "s.db");
    in_folder(result, folder, s->job->result);
    if (code != 0)
        return "the same command again fails";
    if (torture_unsound(store) != NULL)
        return "the store is unsound in the end";
    if (torture_differs(result, s->result) != NULL)
        return "the result is another in the end";
    if (torture_count_files(folder, ".tmp-") > 0)
        return "a temporary file is left in the end";
    char *now = s->job->read(store);
    bool same = strcmp(now, s->store) == 0;
    free(now);
    return same ? NULL : "the store is another in the end";
}

static void set_out(const struct sweep *s, const char *folder)
{
    char given[PATH_MAX];
    torture_small_table(folder);
    if (s->job->given == NULL)
        return;
    in_folder(given, folder, s->job->given);
    torture_copy(s->given, given);
}

static void one_case(long number, const char *folder, char *why, void *user)
{
    struct sweep *s = user;
    struct torture_fault fault = {.how = s->hows[number % s->n_hows],
                                  .at = torture_pick(number / s->n_hows, s->n_points, s->n_calls)};
    struct torture_run run;
    struct torture_run again;
    char store[PATH_MAX];
    set_out(s, folder);
    torture_run(&run, folder, s->job->command, &fault);
    const char *wrong = wrong_after(s, folder, &run);
    if (wrong == NULL && run.code < 128)
        wrong = wrong_words(&run);
    if (strcmp(fault.how, "kill") == 0) {
        in_folder(store, folder, "s.db");
        char *trials = torture_trials(store);
        int n = 0;
        for (const char *c = trials; *c != '\0'; c++)
            n += *c == '\n';
        free(trials);
        atomic_store(&s->n_trials[fault.at], n);
        if (wrong == NULL && run.code != 137)
            wrong = "it was not killed";
    }
    if (wrong == NULL) {
        torture_run(&again, folder, s->job->command, NULL);
        wrong = wrong_in_the_end(s, folder, again.code);
    }
    if (wrong != NULL)
        snprintf(why, 4096, "%s: call %ld (%s) %s: %s (code %d)\n%.3000s", s->job->name, fault.at, run.hit, fault.how,
                 wrong, run.code, run.told);
}

/* What was seen after a kill is there after any later one. */
static long lost_trials(const struct sweep *s)
{
    int most = 0;
    long lost = 0;
    for (long k = 1; k <= s->n_calls; k++) {
        int n = atomic_load(&s->n_trials[k]);
        lost += n >= 0 && n < most;
        most = n > most ? n : most;
    }
    return lost;
}

static void run_reference(struct sweep *s, const char *folder)
{
    static const struct torture_fault count = {.at = -1};
    struct torture_run run;
    char store[PATH_MAX];
    torture_small_table(folder);
    if (s->job->prepare != NULL) {
        torture_run(&run, folder, s->job->prepare, NULL);
        ck_assert_msg(run.code == 0, "%s", run.told);
        in_folder(s->given, folder, s->job->given);
    }
    torture_run(&run, folder, s->job->command, &count);
    ck_assert_msg(run.code == 0, "%s", run.told);
    s->n_calls = run.calls;
    in_folder(store, folder, "s.db");
    in_folder(s->result, folder, s->job->result);
    s->trials = torture_trials(store);
    s->store = s->job->read(store);
    ck_assert_int_gt((int)strlen(s->trials), 0);
    ck_assert_int_gt(s->n_calls, 50);
    ck_assert_int_lt(s->n_calls, most_calls);
}

static void sweep(const struct job *job, const char *const *hows, long n_hows, const char *what, long sample)
{
    struct sweep s = {.job = job, .hows = hows, .n_hows = n_hows};
    double started = fw_clock_seconds();
    run_reference(&s, scratch_path(NULL));
    size_t bytes = sizeof(atomic_int) * most_calls;
    s.n_trials = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(s.n_trials, MAP_FAILED);
    for (long k = 0; k < most_calls; k++)
        atomic_init(&s.n_trials[k], -1);
    s.n_points = torture_cases(s.n_calls, sample);
    long failures = torture_all(s.n_points * n_hows, one_case, &s) + lost_trials(&s);
    char row[128];
    snprintf(row, sizeof row, "%s: %s", job->name, what);
    torture_row(row, s.n_points * n_hows, s.n_calls * n_hows, failures, started);
    munmap(s.n_trials, bytes);
    free(s.trials);
    free(s.store);
}

START_TEST(test_torture_calls_each_fails_once)
{
    sweep(&jobs[_i], faults, sizeof faults / sizeof faults[0], "each call fails or is cut short", 14);
}
END_TEST

START_TEST(test_torture_calls_killed_at_each)
{
    sweep(&jobs[_i], kills, sizeof kills / sizeof kills[0], "killed at each call", 14);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("torture_calls");
    TCase *cases = tcase_create("torture_calls");
    tcase_set_timeout(cases, 1800);
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    if (torture_has_shim()) {
        tcase_add_loop_test(cases, test_torture_calls_each_fails_once, 0, n_jobs);
        tcase_add_loop_test(cases, test_torture_calls_killed_at_each, 0, n_jobs);
    }
    suite_add_tcase(suite, cases);
    return suite;
}
