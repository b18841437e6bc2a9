/* `fieldwise trials report`: where the page goes and what is refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/hash.h"
#include "support/markup.h"
#include "support/program.h"
#include "support/report_samples.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

static void set_up(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    struct fw_store *store = sample_store("fieldwise.db");
    ck_assert_int_eq(report_sample_crosses(store, NULL), 1);
    ck_assert_int_eq(report_sample_routing(store, NULL), 2);
    fw_store_close(store);
}

static void tear_down(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

static void expect(int code, const char *words, const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials %s", arguments);
    ck_assert_msg(run.code == code, "'%s' ended with %d, not %d: %s", arguments, run.code, code, run.told);
    ck_assert_msg(strstr(run.told, words) != NULL, "'%s' does not say '%s' but: %s", arguments, words, run.told);
    program_run_clear(&run);
}

static char *read_page(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    ck_ok(fw_file_read(&text, &size, path, 1 << 24, NULL, err));
    markup_check(text);
    return text;
}

START_TEST(test_cmd_trials_report_file_and_standard_output_get_the_same_page)
{
    expect(0, "", "report autocross-1 -o page.html");
    expect(0, "", "report 1 -o again.html");
    struct program_run run = program_run(FIELDWISE_PROGRAM, "trials report autocross-1 -o -");
    char *page = read_page("page.html");
    char *again = read_page("again.html");
    ck_assert_str_eq(page, run.out);
    ck_assert_str_eq(page, again);
    ck_assert_ptr_nonnull(strstr(page, "<title>Study autocross-1</title>"));
    fw_free(NULL, page);
    fw_free(NULL, again);
    program_run_clear(&run);
}
END_TEST

START_TEST(test_cmd_trials_report_top_limits_the_table)
{
    expect(0, "", "report autocross-1 -o page.html --top 2");
    char *page = read_page("page.html");
    ck_assert_ptr_nonnull(strstr(page, "The best 2 of 4 complete trials"));
    fw_free(NULL, page);
}
END_TEST

START_TEST(test_cmd_trials_report_says_what_is_wrong)
{
    expect(2, "say which study", "report -o page.html");
    expect(2, "-o FILE", "report autocross-1");
    expect(2, "a report is a page", "report autocross-1 -o page.html --json");
    expect(2, "--top", "report autocross-1 -o page.html --top 0");
    expect(3, "there is no study 'other'", "report other -o page.html");
    expect(6, "nowhere", "report autocross-1 -o nowhere/page.html");
    expect(6, "", "report autocross-1 -o /dev/full");
    ck_assert_int_ne(access("page.html", F_OK), 0);
}
END_TEST

START_TEST(test_cmd_trials_report_failure_leaves_the_old_page)
{
    expect(0, "", "report autocross-1 -o page.html");
    char *before = read_page("page.html");
    expect(3, "there is no study", "report other -o page.html");
    char *after = read_page("page.html");
    ck_assert_str_eq(before, after);
    fw_free(NULL, before);
    fw_free(NULL, after);
}
END_TEST

/* A store may name any file: what is no regular file of the recorded size is not opened, and what has another checksum
 * is not believed. */
START_TEST(test_cmd_trials_report_trusts_no_file_that_a_store_names)
{
    static const char *const paths[] = {"pipe", "/dev/zero", "other", ".", "missing"};
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    FILE *file = fopen("other", "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs("{\"not\":\"a plan\"}", file), 0);
    ck_assert_int_eq(fclose(file), 0);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct fw_store *store = sample_store("fieldwise.db");
        struct fw_trial_log log = fw_store_trial_log(store);
        struct fw_artifact plan = {"plan", paths[i], 16, i == 2 ? fw_hash_bytes("{\"not\":\"a plan\"}", 16, 0) : 5};
        ck_ok(log.vtable->add_artifact(log.self, 2, &plan, err));
        fw_store_close(store);
        expect(0, "", "report 2 -o page.html");
        char *page = read_page("page.html");
        ck_assert_ptr_nonnull(strstr(page, "plan is not where it was written"));
        fw_free(NULL, page);
    }
}
END_TEST

START_TEST(test_cmd_trials_report_finds_the_plan_beside_the_store)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "synth tasks --rows 400 --groups 2,1 --out t.csv");
    ck_assert_int_eq(run.code, 0);
    program_run_clear(&run);
    run = program_run(FIELDWISE_PROGRAM, "route t.csv --labels y1,y2,y3 --levels 1 --subnetworks 3 --units 2 "
                                         "--lambda 0.01 --folded-only --set epochs=1 --plan routed.json --quiet");
    ck_assert_msg(run.code == 0, "%s", run.told);
    program_run_clear(&run);
    ck_assert_int_eq(mkdir("elsewhere", 0700), 0);
    ck_assert_int_eq(chdir("elsewhere"), 0);
    expect(0, "", "report route-3 --store ../fieldwise.db -o page.html");
    char *page = read_page("page.html");
    ck_assert_ptr_nonnull(strstr(page, "tower of task y1"));
    ck_assert_ptr_null(strstr(page, "plan is not where it was written"));
    fw_free(NULL, page);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_trials_report");
    TCase *cases = tcase_create("cmd_trials_report");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_cmd_trials_report_file_and_standard_output_get_the_same_page);
    tcase_add_test(cases, test_cmd_trials_report_top_limits_the_table);
    tcase_add_test(cases, test_cmd_trials_report_says_what_is_wrong);
    tcase_add_test(cases, test_cmd_trials_report_failure_leaves_the_old_page);
    tcase_add_test(cases, test_cmd_trials_report_trusts_no_file_that_a_store_names);
    tcase_add_test(cases, test_cmd_trials_report_finds_the_plan_beside_the_store);
    suite_add_tcase(suite, cases);
    return suite;
}
