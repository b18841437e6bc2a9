/* Other labels for a schema that is kept. */
#include <string.h>

#include "support/schemas.h"
#include "support/test_main.h"

static struct fw_table *table;
static struct fw_schema *schema;

static const char shop[] = "x,click,buy,spent,slot,mood\n"
                           "1,1,yes,10.5,1,good\n"
                           "2,0,no,0,2,bad\n"
                           "3,1,yes,2,1,fair\n"
                           "4,0,no,1,2,good\n";

/* x is a feature, click the label, all else left out. */
static void set_up(void)
{
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.labels = NAMES("click");
    options.ignore = NAMES("buy", "spent", "slot", "mood");
    options.task_weights = NAMES("click=3");
    table = table_of(shop, NULL);
    schema = schema_of(table, &options);
}

static void tear_down(void)
{
    fw_schema_destroy(schema);
    fw_table_destroy(table);
}

static void ck_refused(const struct fw_schema_options *options, enum fw_status status, const char *words)
{
    struct fw_error error = {0};
    ck_assert_int_eq(fw_schema_relabel(schema, table, options, "p.json", &error), status);
    ck_assert_msg(strstr(error.message, words) != NULL, "'%s' does not say '%s'", error.message, words);
    ck_assert_int_eq(schema->n_tasks, 1);
    ck_assert_str_eq(schema->tasks[0].name, "click");
    ck_assert_int_eq(schema->columns[1].role, FW_ROLE_LABEL);
    ck_assert_int_eq(schema->columns[2].role, FW_ROLE_IGNORED);
}

START_TEST(test_schema_relabel_takes_what_was_left_out)
{
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.labels = NAMES("mood", "click", "spent");
    options.regression = NAMES("spent");
    options.positives = NAMES("mood=good");
    options.position = "slot";
    ck_ok(fw_schema_relabel(schema, table, &options, "p.json", err));
    ck_assert_int_eq(schema->n_tasks, 3);
    ck_assert_int_eq(schema->tasks[0].column, 5);
    ck_assert_str_eq(schema->tasks[0].negative, FW_SCHEMA_OTHER);
    ck_assert_int_eq(schema->tasks[1].column, 1);
    ck_assert_double_eq(schema->tasks[1].weight, 3); /* as it was */
    ck_assert_int_eq(schema->tasks[2].kind, FW_TASK_NUMBER);
    ck_assert_int_eq(schema->columns[0].role, FW_ROLE_FEATURE);
    ck_assert_int_eq(schema->columns[3].role, FW_ROLE_LABEL);
    ck_assert_int_eq(schema->columns[4].role, FW_ROLE_POSITION);
    ck_assert_int_eq(schema->position, 4);
}
END_TEST

START_TEST(test_schema_relabel_without_labels_means_its_own)
{
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.task_weights = NAMES("click=0.5");
    ck_ok(fw_schema_relabel(schema, table, &options, "p.json", err));
    ck_assert_double_eq(schema->tasks[0].weight, 0.5);
    ck_assert_str_eq(schema->tasks[0].positive, "1");
    options.positives = NAMES("click=0");
    ck_ok(fw_schema_relabel(schema, table, &options, "p.json", err));
    ck_assert_str_eq(schema->tasks[0].positive, "0");
    ck_assert_int_eq(schema->n_tasks, 1);
}
END_TEST

START_TEST(test_schema_relabel_keeps_what_known_labels_are)
{
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.labels = NAMES("click", "buy");
    char *positive = schema->tasks[0].positive; /* the other way round than anybody would guess */
    schema->tasks[0].positive = schema->tasks[0].negative;
    schema->tasks[0].negative = positive;
    ck_ok(fw_schema_relabel(schema, table, &options, "p.json", err));
    ck_assert_str_eq(schema->tasks[0].positive, "0");
    ck_assert_str_eq(schema->tasks[1].positive, "yes");
}
END_TEST

START_TEST(test_schema_relabel_leaves_what_is_no_label_any_more)
{
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.labels = NAMES("buy");
    ck_ok(fw_schema_relabel(schema, table, &options, "p.json", err));
    ck_assert_int_eq(schema->n_tasks, 1);
    ck_assert_str_eq(schema->tasks[0].positive, "yes");
    ck_assert_int_eq(schema->columns[1].role, FW_ROLE_IGNORED);
    ck_assert_str_eq(schema->columns[1].why, "was a label");
}
END_TEST

START_TEST(test_schema_relabel_refuses_what_the_schema_is_made_of)
{
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.labels = NAMES("buy", "x");
    ck_refused(&options, FW_E_ARG, "--labels: in p.json the column 'x' is a feature; make it anew, with --ignore x");
    options.labels = NAMES("buy", "boy");
    ck_refused(&options, FW_E_INPUT, "there is no column 'boy'");
    options.labels = NAMES("click", "mood");
    ck_refused(&options, FW_E_INPUT, "the label 'mood' has 3 values");
    options.labels = NAMES("buy", "3");
    ck_refused(&options, FW_E_ARG, "column 'buy' is named twice with --labels");
    options.labels = NAMES("buy");
    options.position = "x";
    ck_refused(&options, FW_E_ARG, "--position: in p.json the column 'x' is a feature");
    options.position = "buy";
    ck_refused(&options, FW_E_ARG, "column 'buy' is named both with --label and with --position");
}
END_TEST

START_TEST(test_schema_relabel_refuses_columns_that_the_schema_lacks)
{
    struct fw_schema_options options;
    struct fw_error error = {0};
    struct fw_table *other = table_of("x,click,new\n1,0,1\n2,1,0\n", NULL);
    fw_schema_options_init(&options);
    options.labels = NAMES("new");
    ck_assert_int_eq(fw_schema_relabel(schema, other, &options, "p.json", &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "'new' is not among the columns of p.json"));
    fw_table_destroy(other);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("schema_relabel");
    TCase *cases = tcase_create("schema_relabel");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_schema_relabel_takes_what_was_left_out);
    tcase_add_test(cases, test_schema_relabel_without_labels_means_its_own);
    tcase_add_test(cases, test_schema_relabel_keeps_what_known_labels_are);
    tcase_add_test(cases, test_schema_relabel_leaves_what_is_no_label_any_more);
    tcase_add_test(cases, test_schema_relabel_refuses_what_the_schema_is_made_of);
    tcase_add_test(cases, test_schema_relabel_refuses_columns_that_the_schema_lacks);
    suite_add_tcase(suite, cases);
    return suite;
}
