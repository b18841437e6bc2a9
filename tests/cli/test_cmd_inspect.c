/* fieldwise inspect on tables with several labels, and what commands of one label say to such. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "space/plan.h"
#include "support/program.h"
#include "support/schemas.h"
#include "support/scratch.h"
#include "support/test_main.h"

static const char shop[] = "click,buy,spent,slot,job\n"
                           "1,yes,10.5,1,cook\n"
                           "0,no,0,2,smith\n"
                           "1,,,3,cook\n"
                           "0,no,2,1,baker\n";

static void in_scratch(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    FILE *file = fopen("shop.csv", "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(shop, 1, sizeof shop - 1, file), sizeof shop - 1);
    fclose(file);
}

static void out_of_scratch(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

/* Runs the program, checks its exit code, and that standard error or output holds a text. */
static void expect(int code, const char *words, const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "%s", arguments);
    ck_assert_msg(run.code == code, "'%s' ended with %d, not %d: %s", arguments, run.code, code, run.told);
    ck_assert_msg(strstr(run.told, words) != NULL || strstr(run.out, words) != NULL, "'%s' does not say '%s' but: %s%s",
                  arguments, words, run.out, run.told);
    program_run_clear(&run);
}

START_TEST(test_cmd_inspect_prints_tasks)
{
    struct program_run run =
        program_run(FIELDWISE_PROGRAM, "inspect shop.csv --labels click,buy,spent --regression spent "
                                       "--task-weight buy=0.5 --position slot");
    ck_assert_int_eq(run.code, 0);
    ck_holds(run.out, "position");
    ck_holds(run.out, "50.00 %");
    ck_holds(run.out, "33.33 %");
    ck_holds(run.out, "'yes' against 'no'");
    ck_holds(run.out, "number");
    ck_holds(run.out, "0.5");
    ck_holds(run.out, "next: fieldwise train shop.csv --labels 'click,buy,spent' --model mmoe");
    program_run_clear(&run);
    expect(0, "next: fieldwise cross shop.csv --label 'click'", "inspect shop.csv --label click");
    expect(0, "next: fieldwise cross shop.csv --label COLUMN", "inspect shop.csv");
}
END_TEST

START_TEST(test_cmd_inspect_prints_tasks_as_json)
{
    struct program_run run =
        program_run(FIELDWISE_PROGRAM, "inspect shop.csv --json --labels click,spent --regression spent");
    ck_assert_int_eq(run.code, 0);
    ck_holds(run.out, "\"kind\":\t\"binary\"");
    ck_holds(run.out, "\"positives\":\t2");
    ck_holds(run.out, "\"kind\":\t\"number\"");
    ck_holds(run.out, "\"labelled\":\t3");
    program_run_clear(&run);
}
END_TEST

START_TEST(test_cmd_inspect_answers_wrong_labels)
{
    expect(2, "name the column to predict once", "inspect shop.csv --label click --label buy");
    expect(2, "name the column to predict once", "inspect shop.csv --label click --labels buy,spent");
    expect(2, "'click' is named twice", "inspect shop.csv --labels click,click");
    expect(2, "the weight of 'buy' is '-1'", "inspect shop.csv --labels click,buy --task-weight buy=-1");
    expect(2, "'1' is of none of the labels", "inspect shop.csv --labels click,buy --positive 1");
    expect(3, "--regression spent", "inspect shop.csv --labels click,spent");
    expect(3, "there is no column 'clik'", "inspect shop.csv --labels clik,buy");
    expect(0, "'2' against '(other)'", "inspect shop.csv --labels click,spent --positive spent=2");
}
END_TEST

START_TEST(test_cmd_inspect_single_searches_refuse_several_labels)
{
    static const char *const starts[] = {"cross", "embed", "tune"};
    static const char *const rest[] = {"", "--memory 1MB", ""};
    for (int i = 0; i < 3; i++) {
        char arguments[256];
        char words[64];
        snprintf(words, sizeof words, "%s works on one label, not on 2", starts[i]);
        snprintf(arguments, sizeof arguments, "%s none.csv --labels click,buy %s", starts[i], rest[i]);
        expect(2, words, arguments); /* before the table is looked for */
        snprintf(words, sizeof words, "%s works on a label with two classes", starts[i]);
        snprintf(arguments, sizeof arguments, "%s none.csv --label spent --regression spent %s", starts[i], rest[i]);
        expect(2, words, arguments);
        expect(2, "fieldwise route", arguments);
    }
}
END_TEST

START_TEST(test_cmd_inspect_single_searches_refuse_plans_of_several_labels)
{
    struct fw_plan *plan = NULL;
    struct fw_table *table = table_of(shop, NULL);
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.labels = NAMES("click", "buy");
    ck_ok(fw_plan_create(&plan, schema_of(table, &options), NULL, err));
    ck_ok(fw_plan_save(plan, "several.json", err));
    fw_plan_destroy(plan);
    fw_table_destroy(table);
    expect(2, "tune works on one label, not on 2 ('click', 'buy', ...)", "tune none.csv --plan several.json");
    expect(2, "embed works on one label, not on 2", "embed none.csv --from several.json --memory 1MB");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_inspect");
    TCase *cases = tcase_create("cmd_inspect");
    tcase_add_checked_fixture(cases, in_scratch, out_of_scratch);
    tcase_add_test(cases, test_cmd_inspect_prints_tasks);
    tcase_add_test(cases, test_cmd_inspect_prints_tasks_as_json);
    tcase_add_test(cases, test_cmd_inspect_answers_wrong_labels);
    tcase_add_test(cases, test_cmd_inspect_single_searches_refuse_several_labels);
    tcase_add_test(cases, test_cmd_inspect_single_searches_refuse_plans_of_several_labels);
    suite_add_tcase(suite, cases);
    return suite;
}
