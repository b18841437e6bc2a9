/* Reports of studies in which every text is hostile, in a real browser: no script runs and no request leaves. Without
 * chromium, chromedriver or python3 nothing is tested, and the test says so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/drawing/html.h"
#include "support/polyglots.h"
#include "support/program.h"
#include "support/report_samples.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

/* A page of a study of hostile texts, as a file. */
static void write_page(const char *path, const char *store_path, int round, const struct report_texts *texts)
{
    struct fw_buffer page;
    struct fw_store *store = sample_store(store_path);
    report_sample_page(&page, store, report_sample(store, round % report_sample_kinds, texts));
    ck_ok(fw_html_save(&page, path, err));
    fw_buffer_clear(&page);
    fw_store_close(store);
}

START_TEST(test_report_browser_runs_nothing_and_asks_for_nothing)
{
    struct polyglot_turn turn = {0};
    struct report_texts texts = {polyglots_next, &turn};
    struct fw_buffer files;
    if (!program_has_browser())
        return;
    fw_buffer_init(&files, NULL);
    for (int round = 0; turn.at < n_polyglots; round++) {
        char store[32];
        char page[32];
        snprintf(store, sizeof store, "store%d.db", round);
        snprintf(page, sizeof page, "page%d.html", round);
        write_page(scratch_path(page), scratch_path(store), round, &texts);
        fw_buffer_addf(&files, " '%s'", scratch_path(page));
    }
    struct program_run run = program_run("python3", FIELDWISE_TESTS_DIR "/browser/pages.py %s", files.data);
    ck_assert_msg(run.code == 0, "%s%s", run.out, run.told);
    ck_assert_ptr_nonnull(strstr(run.out, "page0.html: sound"));
    program_run_clear(&run);
    fw_buffer_clear(&files);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("report_browser");
    TCase *tcase = tcase_create("report_browser");
    tcase_add_checked_fixture(tcase, scratch_make, scratch_remove);
    tcase_set_timeout(tcase, 500);
    tcase_add_test(tcase, test_report_browser_runs_nothing_and_asks_for_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
