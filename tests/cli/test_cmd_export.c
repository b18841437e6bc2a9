/* export as a user runs it: formats, places, wrong command lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/program.h"
#include "support/scratch.h"
#include "support/test_main.h"

static void in_scratch(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    struct program_run run =
        program_run(FIELDWISE_PROGRAM,
                    "synth crosses --rows 1000 --seed 3 -q --out t.csv && '%s' train t.csv --label y -q --no-store "
                    "--out m.fw",
                    FIELDWISE_PROGRAM);
    ck_assert_msg(run.code == 0, "%s", run.told);
    program_run_clear(&run);
}

static void out_of_scratch(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

static void expect(int code, const char *out, const char *told, const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "export %s", arguments);
    ck_assert_msg(run.code == code, "'%s' ended with %d: %s", arguments, run.code, run.told);
    ck_assert_msg(strstr(run.out, out) != NULL, "'%s' does not print '%s'", arguments, out);
    ck_assert_msg(strstr(run.told, told) != NULL, "'%s' does not say '%s' but: %s", arguments, told, run.told);
    program_run_clear(&run);
}

START_TEST(test_cmd_export_writes_both_formats_anywhere)
{
    expect(0, "\"format\": \"fieldwise export\"", "", "m.fw");
    expect(0, "same", "", "m.fw --out m.json && '" FIELDWISE_PROGRAM "' export m.fw | cmp - m.json && echo same");
    expect(0, "same", "",
           "m.fw --out m.npz && '" FIELDWISE_PROGRAM
           "' export m.fw --format npz | cmp - m.npz && head -c 4 m.npz | grep -q PK && echo same");
    expect(0, "{", "", "m.fw | head -c 1"); /* nothing is said when nobody reads on */
    expect(6, "", "standard output", "m.fw > /dev/full");
    expect(6, "", "nofolder", "m.fw --out nofolder/m.json");
    ck_assert_int_ne(access("nofolder", F_OK), 0);
}
END_TEST

START_TEST(test_cmd_export_answers_wrong_input)
{
    expect(2, "", "name a model", "");
    expect(2, "", "json or npz", "m.fw --format xml");
    expect(2, "", "one model", "m.fw m.fw");
    expect(3, "", "No such file", "nothere.fw --out x.json");
    expect(4, "", "not a fieldwise model", "t.csv --out x.json");
    ck_assert_int_ne(access("x.json", F_OK), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_export");
    TCase *cases = tcase_create("cmd_export");
    tcase_add_checked_fixture(cases, in_scratch, out_of_scratch);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_cmd_export_writes_both_formats_anywhere);
    tcase_add_test(cases, test_cmd_export_answers_wrong_input);
    suite_add_tcase(suite, cases);
    return suite;
}
