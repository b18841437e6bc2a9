/* Every allocation of the program, of SQLite and of cJSON refused in turn, once or from then on: the program ends with
 * exit code 6 and says so, or does without; no result is left half-written, the store is sound and holds what it held.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "support/scratch.h"
#include "support/test_main.h"
#include "support/torture.h"

static const char command[] = "cross t.csv --label y --plan p.json --store s.db --threads 1";
enum { modes = 2, one_again_in = 8 };

struct sweep {
    long n_points, n_allocations;
    char plan[PATH_MAX];
    char *trials;
};

static const char *wrong_after(const struct sweep *s, const char *folder, const struct torture_run *run)
{
    char store[PATH_MAX];
    char plan[PATH_MAX];
    snprintf(store, sizeof store, "%s/s.db", folder);
    snprintf(plan, sizeof plan, "%s/p.json", folder);
    if (run->code != 0 && run->code != 6)
        return "it ended in another way than exit code 0 or 6";
    if (run->code == 6 && strstr(run->told, "memory") == NULL)
        return "it does not say that memory is short";
    if (torture_unsound(store) != NULL)
        return torture_unsound(store);
    char *there = torture_read(plan, NULL);
    const char *wrong = there == NULL && run->code == 0 ? "no plan, and no word of it" : NULL;
    if (there != NULL && torture_differs(plan, s->plan) != NULL)
        wrong = "another plan";
    free(there);
    char *trials = torture_trials(store);
    if (strncmp(trials, s->trials, strlen(trials)) != 0)
        wrong = "the store holds other trials";
    if (run->code == 0 && strcmp(trials, s->trials) != 0)
        wrong = "it ended well, but trials are missing";
    free(trials);
    return wrong == NULL && torture_count_files(folder, ".tmp-") > 0 ? "a temporary file is left" : wrong;
}

static void one_case(long number, const char *folder, char *why, void *user)
{
    const struct sweep *s = user;
    struct torture_fault fault = {.refuse = torture_pick(number / modes, s->n_points, s->n_allocations),
                                  .refuse_on = number % modes == 1};
    struct torture_run run;
    struct torture_run again;
    torture_small_table(folder);
    torture_run(&run, folder, command, &fault);
    const char *wrong = wrong_after(s, folder, &run);
    if (wrong == NULL && number % one_again_in == 0) {
        torture_run(&again, folder, command, NULL);
        wrong = again.code == 0 ? wrong_after(s, folder, &again) : "the same command again fails";
    }
    if (wrong != NULL)
        snprintf(why, 4096, "allocation %ld%s: %s (code %d)\n%.3000s", fault.refuse,
                 fault.refuse_on ? " and all that follow" : "", wrong, run.code, run.told);
}

START_TEST(test_torture_memory_refused_at_each_allocation)
{
    struct sweep s = {0};
    static const struct torture_fault count = {.refuse = -1};
    struct torture_run run;
    double started = fw_clock_seconds();
    torture_small_table(scratch_path(NULL));
    torture_run(&run, scratch_path(NULL), command, &count);
    ck_assert_msg(run.code == 0, "%s", run.told);
    snprintf(s.plan, sizeof s.plan, "%s", scratch_path("p.json"));
    s.trials = torture_trials(scratch_path("s.db"));
    s.n_allocations = run.allocations;
    ck_assert_int_gt(s.n_allocations, 1000);
    s.n_points = torture_cases(s.n_allocations, 60);
    long failures = torture_all(s.n_points * modes, one_case, &s);
    torture_row("cross: each allocation is refused, once or from then on", s.n_points * modes, s.n_allocations * modes,
                failures, started);
    free(s.trials);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("torture_memory");
    TCase *cases = tcase_create("torture_memory");
    tcase_set_timeout(cases, 1800);
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    if (torture_has_shim())
        tcase_add_test(cases, test_torture_memory_refused_at_each_allocation);
    suite_add_tcase(suite, cases);
    return suite;
}
