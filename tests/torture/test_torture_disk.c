/* The disk is full, at every size at which it can be: of a small file system of its own where root may mount one, and
 * under a limit on the size of files elsewhere. The message names the file, what was stored stays, no half result is
 * left, and the same command ends as if nothing had been once there is room. A file system that may only be read is
 * told as such. */
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "support/scratch.h"
#include "support/test_main.h"
#include "support/torture.h"

static const char command[] = "cross t.csv --label y --plan p.json --store s.db --threads 1";

enum { page = 4096, sampled_sizes = 6, least_pages = 2 };

struct sweep {
    long n_sizes, most_pages;
    char plan[PATH_MAX];
    char *store, *trials;
};

static void run_reference(struct sweep *s)
{
    struct torture_run run;
    struct stat info;
    torture_small_table(scratch_path(NULL));
    torture_run(&run, scratch_path(NULL), command, NULL);
    ck_assert_msg(run.code == 0, "%s", run.told);
    snprintf(s->plan, sizeof s->plan, "%s", scratch_path("p.json"));
    s->store = torture_store(scratch_path("s.db"));
    s->trials = torture_trials(scratch_path("s.db"));
    ck_assert_int_eq(stat(scratch_path("s.db"), &info), 0);
    s->most_pages = info.st_size / page + 12; /* with the journal, the table and the plan */
    s->n_sizes = torture_cases(s->most_pages - least_pages, sampled_sizes);
}

static const char *wrong_when_full(const struct sweep *s, const char *folder, const struct torture_run *run)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.3000s/s.db", folder);
    if (run->code != 6 && run->code != 0)
        return "it ended in another way than exit code 6";
    if (run->code == 6 && strstr(run->told, "s.db") == NULL && strstr(run->told, "p.json") == NULL)
        return "the message does not name the file";
    if (torture_unsound(path) != NULL)
        return torture_unsound(path);
    char *trials = torture_trials(path);
    bool same = strncmp(trials, s->trials, strlen(trials)) == 0;
    free(trials);
    snprintf(path, sizeof path, "%.3000s/p.json", folder);
    bool whole = access(path, F_OK) != 0 || torture_differs(path, s->plan) == NULL;
    return !same                                      ? "other trials"
           : !whole                                   ? "half a plan"
           : torture_count_files(folder, ".tmp-") > 0 ? "a temporary file"
                                                      : NULL;
}

static const char *wrong_with_room(const struct sweep *s, const char *folder)
{
    struct torture_run run;
    char path[PATH_MAX];
    torture_run(&run, folder, command, NULL);
    if (run.code != 0)
        return "the same command fails when there is room";
    snprintf(path, sizeof path, "%.3000s/p.json", folder);
    if (torture_differs(path, s->plan) != NULL)
        return "another plan in the end";
    snprintf(path, sizeof path, "%.3000s/s.db", folder);
    char *store = torture_store(path);
    bool same = strcmp(store, s->store) == 0;
    free(store);
    return same ? NULL : "another store in the end";
}

static void tell(char *why, long pages, const char *wrong, const struct torture_run *run)
{
    if (wrong != NULL)
        snprintf(why, 4096, "%ld pages: %s (code %d)\n%.3000s", pages, wrong, run->code, run->told);
}

static void on_small_disk(long number, const char *folder, char *why, void *user)
{
    struct sweep *s = user;
    struct torture_run run;
    char size[64];
    char inner[PATH_MAX];
    long pages = least_pages + torture_pick(number, s->n_sizes, s->most_pages - least_pages);
    snprintf(size, sizeof size, "size=%ld", pages * page);
    if (mount("fieldwise", folder, "tmpfs", 0, size) != 0)
        snprintf(why, 4096, "cannot mount");
    /* what the shim and the harness write beside a folder lies outside */
    snprintf(inner, sizeof inner, "%.3000s/in", folder);
    mkdir(inner, 0700);
    torture_small_table(inner);
    torture_run(&run, inner, command, NULL);
    const char *wrong = wrong_when_full(s, inner, &run);
    if (wrong == NULL && mount("fieldwise", folder, "tmpfs", MS_REMOUNT, "size=8m") != 0)
        wrong = "cannot make room";
    if (wrong == NULL)
        wrong = wrong_with_room(s, inner);
    tell(why, pages, wrong, &run);
    umount2(folder, MNT_DETACH);
}

/* The harness writes <folder>.told, so that the folder in question has one around it. */
static bool may_mount(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return false;
    bool may = mount("fieldwise", scratch_path(NULL), "tmpfs", 0, "size=64k") == 0;
    return may && umount(scratch_path(NULL)) == 0;
}

START_TEST(test_torture_disk_is_full)
{
    struct sweep s = {0};
    double started = fw_clock_seconds();
    if (!may_mount()) {
        fprintf(stderr, "skipped: a small file system cannot be mounted here\n");
        return;
    }
    run_reference(&s);
    long failures = torture_all(s.n_sizes, on_small_disk, &s);
    torture_row("cross: the disk is full, by pages of 4 KiB", s.n_sizes, s.most_pages - least_pages, failures, started);
    free(s.store);
    free(s.trials);
}
END_TEST

static void under_a_limit(long number, const char *folder, char *why, void *user)
{
    struct sweep *s = user;
    struct torture_run run;
    long pages = torture_pick(number, s->n_sizes, s->most_pages - least_pages);
    struct torture_fault fault = {.file_limit = pages * page};
    torture_small_table(folder);
    torture_run(&run, folder, command, &fault);
    const char *wrong = wrong_when_full(s, folder, &run);
    if (wrong == NULL)
        wrong = wrong_with_room(s, folder);
    tell(why, pages, wrong, &run);
}

START_TEST(test_torture_disk_allows_no_larger_files)
{
    struct sweep s = {0};
    double started = fw_clock_seconds();
    run_reference(&s);
    long failures = torture_all(s.n_sizes, under_a_limit, &s);
    torture_row("cross: files may not grow, by pages of 4 KiB", s.n_sizes, s.most_pages - least_pages, failures,
                started);
    free(s.store);
    free(s.trials);
}
END_TEST

START_TEST(test_torture_disk_may_only_be_read)
{
    struct torture_run run;
    char folder[PATH_MAX];
    double started = fw_clock_seconds();
    if (!may_mount()) {
        fprintf(stderr, "skipped: a small file system cannot be mounted here\n");
        return;
    }
    snprintf(folder, sizeof folder, "%s", scratch_path("ro"));
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(mount("fieldwise", folder, "tmpfs", 0, "size=1m"), 0);
    torture_small_table(folder);
    torture_run(&run, folder, command, NULL);
    ck_assert_msg(run.code == 0, "%s", run.told);
    ck_assert_int_eq(mount("fieldwise", folder, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), 0);
    static const struct {
        const char *arguments, *says;
        int code;
    } cases[] = {
        {"cross t.csv --label y --plan p.json --store s.db", "p.json", 6},
        {"cross t.csv --label y --plan ../p.json --store s.db", "s.db", 6},
        {"cross t.csv --label y --plan ../p.json --store new.db", "new.db", 6},
        {"train t.csv --label y --out m.fw", "m.fw", 6},
        {"trials list --store s.db", "", 0},
    };
    long failures = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        torture_run(&run, folder, cases[i].arguments, NULL);
        if (run.code == cases[i].code && strstr(run.told, cases[i].says) != NULL)
            continue;
        failures++;
        fprintf(stderr, "'%s' ended with %d: %s\n", cases[i].arguments, run.code, run.told);
    }
    umount2(folder, MNT_DETACH);
    torture_row("commands on a file system that may only be read", sizeof cases / sizeof cases[0],
                sizeof cases / sizeof cases[0], failures, started);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("torture_disk");
    TCase *cases = tcase_create("torture_disk");
    tcase_set_timeout(cases, 900);
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_add_test(cases, test_torture_disk_is_full);
    tcase_add_test(cases, test_torture_disk_allows_no_larger_files);
    tcase_add_test(cases, test_torture_disk_may_only_be_read);
    suite_add_tcase(suite, cases);
    return suite;
}
