/* The dashboard in a real browser, by tests/browser/dashboard.py. Without chromium, chromedriver or python3 nothing is
 * tested, and the test says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/polyglots.h"
#include "support/program.h"
#include "support/report_samples.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

/* A store in which every text is hostile, as many studies as it takes to show them all. */
static void make_hostile(const char *path)
{
    struct polyglot_turn turn = {0};
    struct report_texts texts = {polyglots_next, &turn};
    struct fw_store *store = sample_store(path);
    for (int round = 0; turn.at < n_polyglots; round++)
        (void)report_sample(store, round % report_sample_kinds, &texts);
    fw_store_close(store);
}

static void make_plain(const char *path)
{
    struct fw_store *store = sample_store(path);
    (void)report_sample_settings(store, NULL, 300);
    fw_store_close(store);
}

START_TEST(test_dashboard_does_what_people_do)
{
    if (!program_has_browser())
        return;
    char plain[2048];
    char hostile[2048];
    snprintf(plain, sizeof plain, "%s", scratch_path("plain.db"));
    snprintf(hostile, sizeof hostile, "%s", scratch_path("hostile.db"));
    make_plain(plain);
    make_hostile(hostile);
    struct program_run run = program_run("python3", FIELDWISE_TESTS_DIR "/browser/dashboard.py '%s' '%s' '%s'",
                                         FIELDWISE_PROGRAM, plain, hostile);
    ck_assert_msg(run.code == 0, "%s%s", run.out, run.told);
    ck_assert_ptr_nonnull(strstr(run.out, "ok test_hostile"));
    ck_assert_ptr_nonnull(strstr(run.out, "ok test_following"));
    program_run_clear(&run);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("dashboard");
    TCase *tcase = tcase_create("dashboard");
    tcase_add_checked_fixture(tcase, scratch_make, scratch_remove);
    tcase_set_timeout(tcase, 500);
    tcase_add_test(tcase, test_dashboard_does_what_people_do);
    suite_add_tcase(suite, tcase);
    return suite;
}
