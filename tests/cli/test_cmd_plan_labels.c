/* Options beside a plan or a model: other labels where nothing was found by them, and no option without effect; files
 * that are read are not written. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "space/plan.h"
#include "support/program.h"
#include "support/scratch.h"
#include "support/test_main.h"

static void in_scratch(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    program_expect(0, NULL, "synth tasks --groups 2,1 --numeric 3 --categorical 2 --rows 1200 --seed 3 --out t.csv");
}

static void out_of_scratch(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

#define CROSS "cross t.csv --label y1 --ignore y2,y3 --max-crosses 1 --significance 0.9 --no-store --plan c.json "

/* Each step takes the plan of the one before, and what it was given is in the last model. */
START_TEST(test_cmd_plan_labels_from_crosses_to_a_routed_model)
{
    program_expect(0, NULL, CROSS);
    program_expect(0, NULL, "embed t.csv --from c.json --memory 30% --set epochs=1 --no-store --plan s.json");
    program_expect(
        0, NULL,
        "route t.csv --from s.json --labels y1,y2,y3 --subnetworks 2 --units 4 --set epochs=1 --no-store --plan "
        "r.json");
    struct fw_plan *sized;
    struct fw_plan *routed;
    ck_ok(fw_plan_load(&sized, "s.json", NULL, err));
    ck_ok(fw_plan_load(&routed, "r.json", NULL, err));
    ck_assert_int_eq(routed->schema->n_tasks, 3);
    ck_assert_ptr_nonnull(routed->routing);
    ck_assert_ptr_nonnull(routed->sizes);
    ck_assert_int_eq(routed->n_crosses, sized->n_crosses);
    ck_assert_int_eq(routed->encoder.n_frozen, sized->encoder.n_frozen);
    fw_plan_destroy(routed);
    fw_plan_destroy(sized);
    program_expect(0, "model snr", "train t.csv --plan r.json --model snr --set epochs=1 --no-store --out m.fw");
    program_expect(0, "y3", "evaluate m.fw t.csv");
    program_expect(2, "the routing in r.json is of other labels",
                   "train t.csv --plan r.json --labels y1,y2 --model snr --no-store --out m.fw");
}
END_TEST

START_TEST(test_cmd_plan_labels_are_those_that_are_named)
{
    program_expect(0, NULL, CROSS);
    program_expect(0, NULL, "train t.csv --plan c.json --label y2 --no-store --quiet --out m.fw");
    struct program_run cut = program_run("cut", "-d, -f1,3- t.csv >no.csv");
    program_run_clear(&cut);
    program_expect(0, "score", "predict m.fw no.csv");
    program_expect(3, "the label 'y2' is not there", "evaluate m.fw no.csv");
    program_expect(2, "in c.json the column 'x1' is a feature",
                   "train t.csv --plan c.json --labels y1,x1 --regression x1 --model mmoe --no-store");
    program_expect(
        0, "mean auc",
        "train t.csv --plan c.json --labels y1,y2 --task-weight y2=2 --model mmoe --set epochs=1 --no-store");
}
END_TEST

START_TEST(test_cmd_plan_labels_no_option_is_without_effect)
{
    program_expect(0, NULL, CROSS);
    program_expect(0, NULL, "train t.csv --plan c.json --no-store --quiet --out m.fw");
    program_expect(
        0, NULL,
        "train t.csv --plan c.json --ignore y3,2 --label y1 --categorical c1 --numeric x1 --no-store --out m.fw");
    program_expect(0, NULL, "evaluate m.fw t.csv --label y1");
    program_expect(2, "--ignore would be without effect: what columns are for is settled in c.json",
                   "train t.csv --plan c.json --ignore x1 --no-store");
    program_expect(2, "--weight would be without effect",
                   "embed t.csv --from c.json --weight x1 --memory 10% --no-store");
    program_expect(2, "--label would be without effect: what columns are for is settled in m.fw",
                   "evaluate m.fw t.csv --label y2");
    program_expect(2, "--categorical would be without effect", "predict m.fw t.csv --categorical x1");
    program_expect(2, "--label would be without effect", "transform c.json t.csv --label y2");
}
END_TEST

START_TEST(test_cmd_plan_labels_files_that_are_read_stay)
{
    program_expect(0, NULL, CROSS);
    program_expect(0, NULL, "train t.csv --plan c.json --no-store --quiet --out m.fw");
    program_expect(2, "--plan would overwrite 't.csv'", "cross t.csv --label y1 --no-store --plan ./t.csv");
    program_expect(2, "--out would overwrite 't.csv'", "train t.csv --label y1 --no-store --out t.csv");
    program_expect(2, "--out would overwrite 'c.json'", "train t.csv --plan c.json --no-store --out c.json");
    program_expect(2, "--plan would overwrite 't.csv'", "route t.csv --labels y1,y2 --no-store --plan t.csv");
    program_expect(2, "--report would overwrite 't.csv'",
                   "route t.csv --labels y1,y2 --no-store --plan p.json --report t.csv");
    program_expect(2, "--plan would overwrite 't.csv'", "embed t.csv --label y1 --memory 10% --no-store --plan t.csv");
    program_expect(2, "--out would overwrite 't.csv'",
                   "tune t.csv --label y1 --model lr --trials 2 --no-store --out t.csv");
    program_expect(2, "--out would overwrite 'm.fw'", "predict m.fw t.csv --out m.fw");
    program_expect(2, "--out would overwrite 't.csv'", "predict m.fw t.csv --out t.csv");
    program_expect(2, "--out would overwrite 'm.fw'", "export m.fw --out m.fw");
    program_expect(0, "auc", "evaluate m.fw t.csv");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_plan_labels");
    TCase *cases = tcase_create("cmd_plan_labels");
    tcase_add_checked_fixture(cases, in_scratch, out_of_scratch);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_cmd_plan_labels_from_crosses_to_a_routed_model);
    tcase_add_test(cases, test_cmd_plan_labels_are_those_that_are_named);
    tcase_add_test(cases, test_cmd_plan_labels_no_option_is_without_effect);
    tcase_add_test(cases, test_cmd_plan_labels_files_that_are_read_stay);
    suite_add_tcase(suite, cases);
    return suite;
}
