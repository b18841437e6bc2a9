/* Several labels: what each is, which rows are known, and what they become in a data set. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "space/dataset_build.h"
#include "space/schema_json.h"
#include "space/training_data.h"
#include "support/schemas.h"
#include "support/test_main.h"

static struct fw_schema_options options;
static struct fw_table *table;
static struct fw_schema *schema;

static void set_up(void)
{
    fw_schema_options_init(&options);
    table = NULL;
    schema = NULL;
}

static void tear_down(void)
{
    fw_schema_destroy(schema);
    fw_table_destroy(table);
    schema = NULL;
    table = NULL;
}

static void infer(const char *text)
{
    tear_down();
    table = table_of(text, NULL);
    schema = schema_of(table, &options);
}

static const char *refusal(const char *text, enum fw_status status)
{
    tear_down();
    table = table_of(text, NULL);
    return schema_refusal(table, &options, status);
}

/* The third row knows nothing, the fourth only that nothing was bought, the last one only what was spent. */
static const char shop[] = "x,click,buy,spent,mood\n"
                           "1,1,yes,10.5,good\n"
                           "2,0,no,0,bad\n"
                           "3,,,,\n"
                           "4,,no,,\n"
                           "5,1,yes,2,good\n"
                           "6,,,-1e3,\n";

static void name_shop(void)
{
    static const char *const labels[] = {"buy", "spent", "mood", "click"};
    static const char *const numbers[] = {"spent"};
    static const char *const positives[] = {"mood=good"};
    static const char *const weights[] = {"click=0.5"};
    options.labels = (struct fw_name_list){labels, 4};
    options.regression = (struct fw_name_list){numbers, 1};
    options.positives = (struct fw_name_list){positives, 1};
    options.task_weights = (struct fw_name_list){weights, 1};
}

static void check_labels(int32_t task, const float *expected)
{
    float labels[8];
    ck_ok(fw_schema_labels(schema, task, table, schema->tasks[task].column, labels, err));
    for (int64_t row = 0; row < table->n_rows; row++) {
        if (isnan(expected[row]))
            ck_assert(isnan(labels[row]));
        else
            ck_assert_float_eq(labels[row], expected[row]);
    }
}

START_TEST(test_tasks_are_in_the_order_of_their_names)
{
    name_shop();
    infer(shop);
    ck_assert_int_eq(schema->n_tasks, 4);
    const char *const names[] = {"buy", "spent", "mood", "click"};
    const int64_t columns[] = {2, 3, 4, 1};
    for (int32_t t = 0; t < 4; t++) {
        ck_assert_str_eq(schema->tasks[t].name, names[t]);
        ck_assert_int_eq(schema->tasks[t].column, columns[t]);
        ck_assert_int_eq(schema->columns[columns[t]].role, FW_ROLE_LABEL);
        ck_assert_int_eq(schema->tasks[t].kind, t == 1 ? FW_TASK_NUMBER : FW_TASK_BINARY);
        ck_assert_double_eq(schema->tasks[t].weight, t == 3 ? 0.5 : 1);
    }
    ck_assert_str_eq(schema->tasks[0].positive, "yes");
    ck_assert_str_eq(schema->tasks[2].negative, "bad");
    ck_assert_ptr_null(schema->tasks[1].positive);
    ck_assert_ptr_null(schema->tasks[1].negative);
    ck_assert_str_eq(fw_task_kind_name(FW_TASK_BINARY), "binary");
    ck_assert_str_eq(fw_task_kind_name(FW_TASK_NUMBER), "number");
}
END_TEST

START_TEST(test_tasks_know_which_rows_are_known)
{
    name_shop();
    infer(shop);
    check_labels(0, (const float[]){1, 0, NAN, 0, 1, NAN});
    check_labels(1, (const float[]){10.5F, 0, NAN, NAN, 2, -1000});
    check_labels(2, (const float[]){1, 0, NAN, NAN, 1, NAN});
    check_labels(3, (const float[]){1, 0, NAN, NAN, 1, NAN});
    ck_assert_int_eq(schema->tasks[0].n_labelled, 4);
    ck_assert_int_eq(schema->tasks[0].n_positive, 2);
    ck_assert_int_eq(schema->tasks[1].n_labelled, 4);
    ck_assert_int_eq(schema->tasks[1].n_positive, 0);
    ck_assert_int_eq(schema->tasks[3].n_labelled, 3);
}
END_TEST

START_TEST(test_tasks_leave_out_rows_that_know_nothing)
{
    name_shop();
    infer(shop);
    int32_t folds[6] = {0, 1, 2, 3, 4, 5};
    int64_t n = 0;
    ck_ok(fw_schema_leave_out(folds, &n, schema, table, NULL, false, err));
    ck_assert_int_eq(n, 1);
    const int32_t expected[6] = {0, 1, -1, 3, 4, 5};
    ck_assert_mem_eq(folds, expected, sizeof folds);
    /* of labels that are not there nothing is known; without any, rows are for scoring */
    const int64_t columns[5] = {0, 1, -1, -1, -1};
    ck_ok(fw_schema_leave_out(folds, &n, schema, table, columns, false, err));
    ck_assert_int_eq(n, 3);
    const int64_t none[5] = {0, -1, -1, -1, -1};
    ck_ok(fw_schema_leave_out(folds, &n, schema, table, none, false, err));
    ck_assert_int_eq(n, 0);
}
END_TEST

START_TEST(test_tasks_take_labels_that_are_none_as_unknown_when_asked)
{
    static const char text[] = "x,a,n\n1,1,1.5\n2,0,oops\n3,maybe,2\n4,1,1e300\n5,0,\n6,?,inf\n";
    options.labels = NAMES("a", "n");
    options.positives = NAMES("a=1");
    options.regression = NAMES("n");
    options.skip_bad_rows = true;
    infer(text);
    ck_assert_str_eq(schema->tasks[0].negative, FW_SCHEMA_OTHER); /* three values, one against the rest */
    check_labels(1, (const float[]){1.5F, NAN, 2, NAN, NAN, NAN});
    options.skip_bad_rows = false;
    const char *message = refusal(text, FW_E_INPUT);
    ck_holds(message, "t.csv:3: the label 'n' is 'oops', which is no finite number");
    ck_holds(message, "have such labels count as unknown with --on-bad-row skip");
    ck_holds(refusal("x,a,n\n1,1,1.5\n2,0,1e300\n3,1,2\n", FW_E_INPUT), "'1e300', which is no finite number");
    options.positives = NAMES("a=yes");
    infer("x,a,n\n1,yes,1.5\n2,no,3\n3,yes,2\n");
    struct fw_table *other = table_of("x,a,n\n1,yes,1.5\n2,perhaps,3\n", NULL);
    struct fw_error error = {0};
    float labels[2];
    ck_assert_int_eq(fw_schema_labels(schema, 0, other, 1, labels, &error), FW_E_INPUT);
    ck_holds(error.message, "t.csv:3: the label 'a' is 'perhaps', neither 'yes' nor 'no'");
    schema->skip_bad_rows = true;
    ck_ok(fw_schema_labels(schema, 0, other, 1, labels, err));
    ck_assert(isnan(labels[1]));
    fw_table_destroy(other);
}
END_TEST

START_TEST(test_tasks_say_how_to_take_numbers)
{
    options.labels = NAMES("a", "my n");
    const char *message = refusal("x,a,my n\n1,1,10\n2,0,11\n3,0,12\n", FW_E_INPUT);
    ck_holds(message, "the label 'my n' has 3 values, not two");
    ck_holds(message, "--positive 'my n=11'");
    ck_holds(message, "--regression 'my n'");
    message = refusal("x,a,my n\n1,1,u\n2,0,v\n3,0,w\n", FW_E_INPUT);
    ck_holds(message, "--positive 'my n=v'");
    ck_assert_ptr_null(strstr(message, "--regression")); /* of no use for texts */
    ck_holds(refusal("x,a,my n\n1,1,good\n2,0,bad\n3,0,bad\n", FW_E_INPUT), "--positive 'my n=good'");
    options.positives = NAMES("my n=11");
    infer("x,a,my n\n1,1,10\n2,0,11\n3,0,12\n");
    ck_assert_str_eq(schema->tasks[1].positive, "11");
    check_labels(1, (const float[]){0, 1, 0});
    options.positives = NAMES("2=1", "my n=9");
    options.labels = NAMES("2", "3"); /* by place, and a positive value by the same or by the name */
    ck_holds(refusal("x,a,my n\n1,1,10\n2,0,11\n3,0,12\n", FW_E_INPUT), "no row has the positive label '9'");
}
END_TEST

/* A bare value may hold an '=', and a name that ends as another begins is told from it. */
START_TEST(test_tasks_tell_values_from_columns)
{
    options.labels = NAMES("y");
    options.positives = NAMES("<=50K");
    infer("x,y\n1,<=50K\n2,>50K\n3,>50K\n");
    ck_assert_str_eq(schema->tasks[0].positive, "<=50K");
    options.positives = NAMES("y=>50K");
    infer("x,y\n1,<=50K\n2,>50K\n3,>50K\n");
    ck_assert_str_eq(schema->tasks[0].positive, ">50K");
    options.labels = NAMES("y", "y=a");
    options.positives = NAMES("y=a=p", "y=b");
    infer("x,y,y=a\n1,b,p\n2,c,q\n3,b,q\n");
    ck_assert_str_eq(schema->tasks[0].positive, "b");
    ck_assert_str_eq(schema->tasks[1].positive, "p");
}
END_TEST

START_TEST(test_tasks_refuse_options_that_contradict)
{
    static const char text[] = "x,a,b,w\n1,1,0,1\n2,0,1,2\n3,1,1,3\n";
    options.labels = NAMES("a", "b", "2");
    ck_holds(refusal(text, FW_E_ARG), "column 'a' is named twice with --labels");
    options.labels = NAMES("a", "b");
    options.weight = "b";
    ck_holds(refusal(text, FW_E_ARG), "column 'b' is named both with --labels and with --weight");
    options.weight = NULL;
    options.position = "a";
    ck_holds(refusal(text, FW_E_ARG), "--labels and with --position");
    options.position = NULL;
    options.numeric = NAMES("a");
    ck_holds(refusal(text, FW_E_ARG), "--labels and with --numeric");
    options.numeric = (struct fw_name_list){0};
    options.positives = NAMES("1");
    ck_holds(refusal(text, FW_E_ARG), "--positive: '1' is of none of the labels; give it as COLUMN=VALUE");
    options.positives = NAMES("a=1", "a=0");
    ck_holds(refusal(text, FW_E_ARG), "'1' and '0' are given for the label 'a'");
    options.positives = NAMES("a=1");
    options.regression = NAMES("a");
    ck_holds(refusal(text, FW_E_ARG), "the label 'a' has a positive value (--positive) and is a number");
    options.regression = NAMES("w");
    ck_holds(refusal(text, FW_E_ARG), "--regression: 'w' is of none of the labels; give it as one of the labels: a, b");
    options.regression = NAMES("ww");
    ck_holds(refusal(text, FW_E_INPUT), "--regression: there is no column 'ww'");
}
END_TEST

START_TEST(test_tasks_refuse_weights_that_are_none)
{
    static const char text[] = "x,a,b\n1,1,0\n2,0,1\n3,1,1\n";
    static const char *const wrong[] = {"a=0", "a=-1", "a=", "a=x", "a=1e999", "a=inf", "a=nan", "a=1e-300"};
    options.labels = NAMES("a", "b");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        options.task_weights = (struct fw_name_list){&wrong[i], 1};
        ck_holds(refusal(text, FW_E_ARG), "--task-weight: the weight of 'a' is");
    }
    options.task_weights = NAMES("x=1");
    ck_holds(refusal(text, FW_E_ARG), "--task-weight: 'x=1' is of none of the labels");
    options.task_weights = NAMES("2");
    ck_holds(refusal(text, FW_E_ARG), "'2' is of none of the labels");
    options.task_weights = NAMES("a=2.5", "b=1e-3");
    infer(text);
    ck_assert_double_eq(schema->tasks[0].weight, 2.5);
    ck_assert_double_eq(schema->tasks[1].weight, 1e-3);
}
END_TEST

START_TEST(test_tasks_refuse_labels_that_teach_nothing)
{
    options.labels = NAMES("a", "b");
    ck_holds(refusal("x,a,b\n1,1,1\n2,0,\n3,1,1\n", FW_E_INPUT), "the label 'b' has one value only, '1' on 2 rows");
    ck_holds(refusal("x,a,b\n1,1,\n2,0,\n3,1,\n", FW_E_INPUT), "the label 'b' has no value on any of 3 rows");
    options.regression = NAMES("b");
    ck_holds(refusal("x,a,b\n1,1,7\n2,0,\n3,1,7.0\n", FW_E_INPUT), "the label 'b' has one value only, '7' on 2 rows");
    options.labels = NAMES("b");
    ck_holds(refusal("x,b\n1,7\n2,\n3,8\n", FW_E_INPUT), "t.csv:3: the label 'b' is missing"); /* the only one */
    options.skip_bad_rows = true;
    infer("x,b\n1,7\n2,\n3,8\n");
    ck_assert_int_eq(schema->tasks[0].n_labelled, 2);
}
END_TEST

START_TEST(test_tasks_are_no_more_than_are_possible)
{
    const char *names[FW_TASKS_MOST + 1];
    for (int i = 0; i <= FW_TASKS_MOST; i++)
        names[i] = "a";
    options.labels = (struct fw_name_list){names, FW_TASKS_MOST + 1};
    ck_holds(refusal("x,a\n1,1\n2,0\n", FW_E_ARG), "--labels names 65 columns; at most 64");
}
END_TEST

START_TEST(test_tasks_single_searches_say_what_to_do_instead)
{
    struct fw_error error = {0};
    infer(shop);
    ck_ok(fw_schema_check_single(schema, "tune", err));
    options.labels = NAMES("x");
    options.regression = NAMES("x");
    infer(shop);
    ck_assert_int_eq(fw_schema_check_single(schema, "tune", &error), FW_E_ARG);
    ck_holds(error.message, "tune works on a label with two classes, and 'x' is a number");
    name_shop();
    infer(shop);
    ck_assert_int_eq(fw_schema_check_single(schema, "embed", &error), FW_E_ARG);
    ck_holds(error.message, "embed works on one label, not on 4 ('buy', 'spent', ...)");
    ck_holds(error.message, "fieldwise route");
}
END_TEST

static void check_match(const char *text, bool need_label, const int64_t *expected)
{
    struct fw_table *other = table_of(text, NULL);
    int64_t column_of[8];
    ck_ok(fw_schema_match(schema, other, column_of, need_label, err));
    for (int64_t c = 0; c < schema->n_columns; c++)
        ck_assert_int_eq(column_of[c], expected[c]);
    fw_table_destroy(other);
}

static const char *match_refusal(const char *text, bool need_label)
{
    static struct fw_error error;
    struct fw_table *other = table_of(text, NULL);
    int64_t column_of[8];
    ck_assert_int_eq(fw_schema_match(schema, other, column_of, need_label, &error), FW_E_INPUT);
    fw_table_destroy(other);
    return error.message;
}

START_TEST(test_tasks_are_matched_by_name)
{
    options.labels = NAMES("a", "b");
    options.position = "slot";
    infer("a,slot,b,x\n1,1,0,5\n0,2,1,6\n1,2,1,7\n");
    check_match("x,b\n5,1\n", false, (const int64_t[]){-1, -1, 1, 0});
    check_match("x,b,a\n5,1,0\n", true, (const int64_t[]){2, -1, 1, 0}); /* a position is not needed to judge */
    ck_holds(match_refusal("x,a\n5,1\n", true), "the label 'b' is not there");
}
END_TEST

START_TEST(test_tasks_are_matched_by_place)
{
    options.labels = NAMES("1", "3");
    options.position = "2";
    infer("1,1,0,5\n0,2,1,6\n1,2,1,7\n");
    check_match("1,1,0,5\n0,2,1,6\n", true, (const int64_t[]){0, 1, 2, 3});
    check_match("1,0,5\n0,1,6\n", true, (const int64_t[]){0, -1, 1, 2});
    check_match("1,5\n2,6\n", false, (const int64_t[]){-1, 0, -1, 1});
    check_match("5\n6\n", false, (const int64_t[]){-1, -1, -1, 0});
    ck_holds(match_refusal("1,5\n2,6\n", true), "the label '1' is not there");
    ck_holds(match_refusal("1,2,3,4,5\n2,3,4,5,6\n", false), "(or 2 less, without the labels)");
    options.labels = NAMES("1");
    infer("1,1,0,5\n0,2,1,6\n1,2,1,7\n");
    check_match("1,0,5\n0,1,6\n", false, (const int64_t[]){-1, 0, 1, 2}); /* the label lacks, or the position */
    check_match("1,0,5\n0,1,6\n", true, (const int64_t[]){0, -1, 1, 2});  /* where the label is needed */
    check_match("0,5\n1,6\n", false, (const int64_t[]){-1, -1, 0, 1});
}
END_TEST

/* Through text, as in a plan. */
static struct fw_schema *reread(const struct fw_schema *from)
{
    cJSON *json = NULL;
    struct fw_schema *back = NULL;
    ck_ok(fw_schema_to_json(&json, from, err));
    char *text = cJSON_Print(json);
    cJSON *parsed = cJSON_Parse(text);
    ck_ok(fw_schema_from_json(&back, parsed, "the plan", NULL, err));
    cJSON_Delete(parsed);
    cJSON_free(text);
    cJSON_Delete(json);
    return back;
}

START_TEST(test_tasks_go_through_json)
{
    name_shop();
    options.position = "x";
    infer(shop);
    struct fw_schema *back = reread(schema);
    ck_assert_int_eq(back->n_tasks, 4);
    ck_assert_int_eq(back->position, 0);
    ck_assert_int_eq(back->columns[0].role, FW_ROLE_POSITION);
    for (int32_t t = 0; t < 4; t++) {
        const struct fw_task *a = &schema->tasks[t];
        const struct fw_task *b = &back->tasks[t];
        ck_assert_str_eq(a->name, b->name);
        ck_assert_int_eq(a->column, b->column);
        ck_assert_int_eq(a->kind, b->kind);
        ck_assert_double_eq(a->weight, b->weight);
        ck_assert_pstr_eq(a->positive, b->positive);
        ck_assert_pstr_eq(a->negative, b->negative);
        ck_assert_int_eq(b->n_labelled, 0);
        ck_assert_int_eq(b->n_positive, 0);
    }
    fw_schema_destroy(back);
}
END_TEST

#define COLUMN(name, role)                                                                                             \
    "{\"name\":\"" name "\",\"type\":\"numeric\",\"role\":\"" role "\",\"why\":\"\",\"distinct\":2,"                   \
    "\"distinct_exact\":true,\"missing\":0,\"bad\":0,\"integral\":false}"
#define TWO(members)      "{\"separator\":\"|\"," members ",\"columns\":[" COLUMN("a", "label") "," COLUMN("b", "label") "]}"
#define TASK(name, rest)  "{\"label\":\"" name "\",\"weight\":1," rest "}"
#define CLASSES(name)     TASK(name, "\"kind\":\"binary\",\"positive\":\"1\",\"negative\":\"0\"")
#define A_AND(other_task) TWO("\"tasks\":[" CLASSES("a") "," other_task "]")

START_TEST(test_tasks_of_damaged_json_are_refused)
{
    static const char *const cases[][2] = {
        {TWO("\"positive\":\"1\",\"negative\":\"0\""), "'tasks'"},
        {TWO("\"tasks\":7"), "'tasks'"},
        {TWO("\"tasks\":[]"), "0 tasks and 2 labels"},
        {TWO("\"tasks\":[" CLASSES("a") "]"), "1 tasks and 2 labels"},
        {TWO("\"positive\":\"1\",\"tasks\":[" CLASSES("a") "," CLASSES("b") "]"), "beside its tasks"},
        {A_AND("7"), "no object"},
        {A_AND("{}"), "'label'"},
        {A_AND(CLASSES("a")), "two tasks are about 'a'"},
        {A_AND(CLASSES("c")), "'c', which is no column with the role label"},
        {A_AND(TASK("b", "\"kind\":\"number\",\"colour\":1")), "unknown member 'colour'"},
        {A_AND(TASK("b", "\"kind\":\"number\",\"weight\":1")), "'weight' twice"},
        {A_AND(TASK("b", "\"kind\":\"letter\"")), "no kind of task 'letter'"},
        {A_AND(TASK("b", "\"kind\":7")), "'kind'"},
        {A_AND(TASK("b", "\"kind\":\"binary\"")), "'positive'"},
        {A_AND(TASK("b", "\"kind\":\"binary\",\"positive\":\"1\"")), "'negative'"},
        {A_AND(TASK("b", "\"kind\":\"binary\",\"positive\":\"1\",\"negative\":\"1\"")), "cannot be told apart"},
        {A_AND(TASK("b", "\"kind\":\"number\",\"positive\":\"1\"")), "is a number and has label values"},
        {A_AND("{\"label\":\"b\",\"kind\":\"number\"}"), "'weight'"},
        {A_AND("{\"label\":\"b\",\"kind\":\"number\",\"weight\":0}"), "has the weight 0"},
        {A_AND("{\"label\":\"b\",\"kind\":\"number\",\"weight\":-1}"), "has the weight -1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fw_schema *back = NULL;
        struct fw_error error = {0};
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        cJSON *json = cJSON_Parse(cases[i][0]);
        ck_assert_ptr_nonnull(json);
        ck_assert_int_eq(fw_schema_from_json(&back, json, "the plan", &mem, &error), FW_E_CORRUPT);
        ck_assert_ptr_null(back);
        ck_assert_uint_eq(mem.used, 0);
        ck_holds(error.message, cases[i][1]);
        cJSON_Delete(json);
    }
}
END_TEST

/* As it was written when there was one label at most. */
START_TEST(test_tasks_read_the_form_of_one_label)
{
    static const char text[] = "{\"separator\":\"|\",\"positive\":\"yes\",\"negative\":\"no\",\"columns\":[" COLUMN(
        "x", "feature") "," COLUMN("y", "label") "]}";
    cJSON *json = cJSON_Parse(text);
    struct fw_schema *back = NULL;
    ck_ok(fw_schema_from_json(&back, json, "the plan", NULL, err));
    ck_assert_int_eq(back->n_tasks, 1);
    ck_assert_str_eq(back->tasks[0].name, "y");
    ck_assert_int_eq(back->tasks[0].column, 1);
    ck_assert_int_eq(back->tasks[0].kind, FW_TASK_BINARY);
    ck_assert_str_eq(back->tasks[0].positive, "yes");
    ck_assert_str_eq(back->tasks[0].negative, "no");
    ck_assert_double_eq(back->tasks[0].weight, 1);
    fw_schema_destroy(back);
    cJSON_Delete(json);
}
END_TEST

START_TEST(test_tasks_survive_refused_memory)
{
    name_shop();
    infer(shop);
    for (int64_t n = 1;; n++) {
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        mem.fail_at = n;
        struct fw_schema *again = NULL;
        struct fw_schema *back = NULL;
        enum fw_status status = fw_schema_infer(&again, table, &options, &mem, NULL);
        cJSON *json = NULL;
        ck_ok(fw_schema_to_json(&json, schema, err));
        if (status == FW_OK)
            status = fw_schema_from_json(&back, json, "the plan", &mem, NULL);
        cJSON_Delete(json);
        fw_schema_destroy(back);
        fw_schema_destroy(again);
        ck_assert_uint_eq(mem.used, 0);
        if (status == FW_OK)
            break;
        ck_assert_int_eq(status, FW_E_NOMEM);
    }
}
END_TEST

/* So many distinct numbers that the table stores the label as doubles. */
START_TEST(test_tasks_read_labels_stored_as_numbers)
{
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "x,a,n\n");
    for (int row = 0; row < 150000; row++) {
        fw_buffer_addf(&text, "%d,%d,", row % 7, row % 2);
        if (row % 10 != 3)
            fw_buffer_addf(&text, "%.7f", 0.5 + row * 0.0000017);
        fw_buffer_add_text(&text, "\n");
    }
    options.labels = NAMES("a", "n");
    const char *message = refusal(text.data, FW_E_INPUT);
    ck_assert_int_eq(table->columns[2].storage, FW_STORED_NUMBERS);
    ck_holds(message, "thousands of different numbers");
    ck_holds(message, "--positive n=NUMBER, or predict the number with --regression n");
    options.regression = NAMES("n");
    infer(text.data);
    ck_assert_int_eq(schema->tasks[1].n_labelled, 135000);
    float *labels = malloc(150000 * sizeof *labels);
    ck_ok(fw_schema_labels(schema, 1, table, 2, labels, err));
    ck_assert_float_eq(labels[0], 0.5F);
    ck_assert(isnan(labels[3]));
    ck_assert_float_eq(labels[100000], 0.67F);
    free(labels);
    fw_free(NULL, text.data);
}
END_TEST

/* Each row's labels go with it, whatever its place. */
static void check_dataset(const struct fw_dataset *d)
{
    float expected[4][6];
    for (int32_t t = 0; t < 4; t++)
        ck_ok(fw_schema_labels(schema, t, table, schema->tasks[t].column, expected[t], err));
    ck_assert_int_eq(d->n_rows, 5);
    ck_assert_int_eq(d->n_tasks, 4);
    ck_assert_int_eq(fw_dataset_tasks(d), 4);
    for (int64_t i = 0; i < d->n_rows; i++) {
        int64_t row = d->source_row[i];
        ck_assert_int_ne(row, 2);
        for (int32_t t = 0; t < 4; t++) {
            float label = d->labels[i * 4 + t];
            ck_assert((isnan(label) && isnan(expected[t][row])) || label == expected[t][row]);
        }
    }
}

START_TEST(test_tasks_are_in_the_data_set)
{
    struct fw_training_data data = {0};
    struct fw_split_options split;
    struct fw_encoder_options encoding;
    name_shop();
    infer(shop);
    fw_split_options_init(&split);
    fw_encoder_options_init(&encoding);
    split.folds = 2;
    ck_ok(fw_training_data_build(&data, table, NULL, NULL, NULL, schema, &split, &encoding, false, 1, NULL, err));
    ck_assert_int_eq(data.n_left_out, 1);
    check_dataset(data.dataset);
    fw_training_data_clear(&data);
    /* the same table as one to be judged on */
    const int64_t columns[5] = {0, 1, 2, 3, 4};
    ck_ok(fw_training_data_build(&data, table, NULL, table, columns, schema, &split, &encoding, false, 1, NULL, err));
    ck_assert_int_eq(data.n_left_out, 2);
    ck_assert_int_eq(data.dataset->n_rows, 10);
    fw_training_data_clear(&data);
}
END_TEST

START_TEST(test_tasks_of_columns_that_lack_are_unknown)
{
    struct fw_training_data data = {0};
    struct fw_split_options split;
    struct fw_encoder_options encoding;
    struct fw_dataset *dataset = NULL;
    name_shop();
    infer(shop);
    fw_split_options_init(&split);
    fw_encoder_options_init(&encoding);
    ck_ok(fw_training_data_build(&data, table, NULL, table, (const int64_t[]){0, 1, 2, 3, 4}, schema, &split, &encoding,
                                 false, 1, NULL, err));
    const int64_t columns[5] = {0, 1, -1, -1, -1};
    struct fw_dataset_source source = {.table = table, .column_of = columns};
    ck_ok(fw_dataset_build(&dataset, data.encoder, schema, &source, 1, 1, 1, 1, true, 1, NULL, err));
    for (int64_t i = 0; i < dataset->n_rows; i++) {
        for (int32_t t = 0; t < 3; t++)
            ck_assert(isnan(dataset->labels[i * 4 + t]));
    }
    fw_dataset_destroy(dataset);
    ck_ok(fw_dataset_build(&dataset, data.encoder, schema, &source, 1, 1, 1, 1, false, 1, NULL, err));
    for (int64_t i = 0; i < 4 * dataset->n_rows; i++)
        ck_assert_float_eq(dataset->labels[i], 0); /* for scoring */
    fw_dataset_destroy(dataset);
    ck_ok(fw_encoder_describe(&dataset, data.encoder, 1, NULL, err));
    ck_assert_int_eq(fw_dataset_tasks(dataset), 1);
    fw_dataset_destroy(dataset);
    fw_training_data_clear(&data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tasks");
    TCase *cases = tcase_create("tasks");
    tcase_set_timeout(cases, 60); /* a large table among them */
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_tasks_are_in_the_order_of_their_names);
    tcase_add_test(cases, test_tasks_know_which_rows_are_known);
    tcase_add_test(cases, test_tasks_leave_out_rows_that_know_nothing);
    tcase_add_test(cases, test_tasks_take_labels_that_are_none_as_unknown_when_asked);
    tcase_add_test(cases, test_tasks_say_how_to_take_numbers);
    tcase_add_test(cases, test_tasks_tell_values_from_columns);
    tcase_add_test(cases, test_tasks_refuse_options_that_contradict);
    tcase_add_test(cases, test_tasks_refuse_weights_that_are_none);
    tcase_add_test(cases, test_tasks_refuse_labels_that_teach_nothing);
    tcase_add_test(cases, test_tasks_are_no_more_than_are_possible);
    tcase_add_test(cases, test_tasks_single_searches_say_what_to_do_instead);
    tcase_add_test(cases, test_tasks_are_matched_by_name);
    tcase_add_test(cases, test_tasks_are_matched_by_place);
    tcase_add_test(cases, test_tasks_go_through_json);
    tcase_add_test(cases, test_tasks_of_damaged_json_are_refused);
    tcase_add_test(cases, test_tasks_read_the_form_of_one_label);
    tcase_add_test(cases, test_tasks_survive_refused_memory);
    tcase_add_test(cases, test_tasks_read_labels_stored_as_numbers);
    tcase_add_test(cases, test_tasks_are_in_the_data_set);
    tcase_add_test(cases, test_tasks_of_columns_that_lack_are_unknown);
    suite_add_tcase(suite, cases);
    return suite;
}
