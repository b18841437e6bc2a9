#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/text.h"
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
}

/* Reads and infers; `schema` is the result. */
static void infer(const char *text)
{
    tear_down();
    table = table_of(text, NULL);
    schema = schema_of(table, &options);
}

static const char *refusal(const char *text, enum fw_status status)
{
    tear_down();
    schema = NULL;
    table = table_of(text, NULL);
    return schema_refusal(table, &options, status);
}

/* A table of n rows made by a printf line with the row number. */
static char *many_rows(const char *header, int n, void (*line)(struct fw_buffer *text, int row))
{
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, header);
    for (int row = 0; row < n; row++)
        line(&text, row);
    ck_assert(!text.failed);
    return text.data;
}

static void infer_many(const char *header, int n, void (*line)(struct fw_buffer *text, int row))
{
    char *text = many_rows(header, n, line);
    infer(text);
    fw_free(NULL, text);
}

START_TEST(test_schema_infers_plain_types)
{
    infer("a,b,c,d\n1,x,1.5,10\n2,y,-2e3,20\n3,x,.5,10\n3,z,+4,20\n");
    ck_assert_int_eq(schema->n_columns, 4);
    ck_assert_int_eq(schema->columns[0].type, FW_TYPE_NUMERIC);
    ck_assert(schema->columns[0].integral);
    ck_assert_double_eq(schema->columns[0].min, 1);
    ck_assert_double_eq(schema->columns[0].max, 3);
    ck_assert_int_eq(schema->columns[0].n_distinct, 3);
    ck_assert(schema->columns[0].distinct_exact);
    ck_assert_int_eq(schema->columns[1].type, FW_TYPE_CATEGORICAL);
    ck_assert_int_eq(schema->columns[2].type, FW_TYPE_NUMERIC);
    ck_assert(!schema->columns[2].integral);
    ck_assert_double_eq(schema->columns[2].min, -2000);
    ck_assert_double_eq(schema->columns[2].max, 4);
    ck_assert_int_eq(schema->columns[3].type, FW_TYPE_NUMERIC);
    for (int c = 0; c < 4; c++)
        ck_assert_int_eq(schema->columns[c].role, FW_ROLE_FEATURE);
    ck_assert_int_eq(schema->n_tasks, 0);
    ck_assert_int_eq(schema->weight, -1);
    ck_assert_ptr_null(schema->tasks);
}
END_TEST

START_TEST(test_schema_counts_missing)
{
    infer("a,b\n1,x\n,?\nNA,y\n4,x\n");
    ck_assert_int_eq(schema->columns[0].type, FW_TYPE_NUMERIC);
    ck_assert_int_eq(schema->columns[0].n_missing, 2);
    ck_assert_int_eq(schema->columns[0].n_distinct, 2);
    ck_assert_int_eq(schema->columns[1].n_missing, 1);
}
END_TEST

START_TEST(test_schema_padded_digits_are_identifiers)
{
    infer("zip,n\n02134,1\n10001,2\n94043,3\n94043,4\n");
    ck_assert_int_eq(schema->columns[0].type, FW_TYPE_CATEGORICAL);
    ck_holds(schema->columns[0].why, "02134");
    /* padded digits make a column categorical, so that a few other texts in it are no mistakes */
    infer("zip,n\n02134,1\n10001,2\n94043,3\nT8H1N,4\n");
    ck_assert_int_eq(schema->columns[0].type, FW_TYPE_CATEGORICAL);
    /* one zero, and a zero before the point, are plain numbers */
    infer("a,n\n0,1\n0.5,2\n-0,3\n0e3,4\n");
    ck_assert_int_eq(schema->columns[0].type, FW_TYPE_NUMERIC);
}
END_TEST

START_TEST(test_schema_refuses_a_mistake_among_numbers)
{
    const char *message = refusal("n,age\n1,31\n2,32\n3,abc\n4,34\n", FW_E_INPUT);
    ck_holds(message, "t.csv:4: column 'age' has 'abc', which is not a number (1 of 4 rows)");
    ck_holds(message, "--categorical age");
    ck_holds(message, "--missing abc");
    ck_holds(message, "--on-bad-row skip");
    ck_holds(refusal("n,age\n1,31\n2,32\n3,1e999\n4,34\n", FW_E_INPUT), "'1e999', which is outside the range");
    ck_holds(refusal("n,age\n1,31\n2,32\n3,0x1F\n4,34\n", FW_E_INPUT), "'0x1F', which is hexadecimal");
    ck_holds(refusal("n,age\n1,31\n2,-inf\n3,33\n4,34\n", FW_E_INPUT),
             "t.csv:3: column 'age' has '-inf', which is not a");
    ck_holds(refusal("n;the age\n1;31\n2;32\n3;not known\n4;34\n", FW_E_INPUT),
             "--categorical 'the age', or read the value as missing with --missing 'not known'");
}
END_TEST

static void nearly_numeric_line(struct fw_buffer *text, int row)
{
    fw_buffer_addf(text, "%d,%s\n", row % 7, row == 500 || row == 700 ? "oops" : row == 600 ? "#REF!" : "12");
}

START_TEST(test_schema_lists_several_mistakes)
{
    char *text = many_rows("a,b\n3,4\n3,5\n", 1000, nearly_numeric_line);
    const char *message = refusal(text, FW_E_INPUT);
    ck_holds(message, "t.csv:504: column 'b' has 'oops', which is not a number, one of 2 such values: 'oops' (2), "
                      "'#REF!' (1)");
    options.skip_bad_rows = true;
    infer(text);
    ck_assert_int_eq(schema->columns[1].type, FW_TYPE_NUMERIC);
    ck_assert_int_eq(schema->columns[1].n_bad, 3);
    ck_assert_int_eq(schema->columns[1].n_missing, 0);
    ck_assert_double_eq(schema->columns[1].max, 12);
    fw_free(NULL, text);
}
END_TEST

START_TEST(test_schema_takes_mixed_columns_as_categories)
{
    /* two rows of five are no slip; nor is a text beside one number only */
    infer("n,a,b\n1,1,7\n2,2,x\n3,3,7\n4,x,x\n5,y,7\n");
    ck_assert_int_eq(schema->columns[1].type, FW_TYPE_CATEGORICAL);
    ck_assert_int_eq(schema->columns[2].type, FW_TYPE_CATEGORICAL);
}
END_TEST

START_TEST(test_schema_flags_decide_types)
{
    static const char *const categorical[] = {"a", "3"};
    static const char *const numeric[] = {"d"};
    static const char *const sequence[] = {"b"};
    static const char *const ignore[] = {"e"};
    options.categorical = (struct fw_name_list){categorical, 2};
    options.numeric = (struct fw_name_list){numeric, 1};
    options.sequence = (struct fw_name_list){sequence, 1};
    options.ignore = (struct fw_name_list){ignore, 1};
    infer("a,b,c,d,e\n1,x;y,5,007,1\n2,x,5,1,x\n3,y,5,2,2\n4,z,5,3,3\n");
    ck_assert_int_eq(schema->columns[0].type, FW_TYPE_CATEGORICAL);
    ck_assert_int_eq(schema->columns[1].type, FW_TYPE_SEQUENCE);
    ck_assert_int_eq(schema->columns[2].type, FW_TYPE_CATEGORICAL); /* constant, but named */
    ck_assert_int_eq(schema->columns[2].role, FW_ROLE_FEATURE);
    ck_assert_int_eq(schema->columns[3].type, FW_TYPE_NUMERIC);
    ck_assert_double_eq(schema->columns[3].max, 7);
    ck_assert_int_eq(schema->columns[4].role, FW_ROLE_IGNORED); /* nor is its odd value an error */
    ck_assert_str_eq(schema->columns[4].why, "named with --ignore");
}
END_TEST

START_TEST(test_schema_numeric_flag_is_checked)
{
    static const char *const numeric[] = {"b"};
    options.numeric = (struct fw_name_list){numeric, 1};
    const char *message = refusal("a,b\n1,x\n2,y\n3,1\n4,x\n", FW_E_INPUT);
    ck_holds(message, "t.csv:2: column 'b' has 'x', which is not a number, one of 2 such values: 'x' (2), 'y' (1)");
    ck_assert_ptr_null(strstr(message, "--categorical"));
    options.skip_bad_rows = true;
    infer("a,b\n1,x\n2,y\n3,1\n4,x\n");
    ck_assert_int_eq(schema->columns[1].n_bad, 3);
}
END_TEST

START_TEST(test_schema_ignores_constant_columns)
{
    infer("a,b,c,d\n1,x,,5\n2,x,,\n3,x,NA,5\n");
    ck_assert_int_eq(schema->columns[1].type, FW_TYPE_CONSTANT);
    ck_assert_int_eq(schema->columns[1].role, FW_ROLE_IGNORED);
    ck_holds(schema->columns[1].why, "one value");
    ck_assert_int_eq(schema->columns[2].type, FW_TYPE_CONSTANT);
    ck_assert_int_eq(schema->columns[2].role, FW_ROLE_IGNORED);
    ck_holds(schema->columns[2].why, "missing");
    /* whether a value is there at all tells two kinds of rows apart */
    ck_assert_int_eq(schema->columns[3].type, FW_TYPE_NUMERIC);
    ck_assert_int_eq(schema->columns[3].role, FW_ROLE_FEATURE);
}
END_TEST

static void id_line(struct fw_buffer *text, int row)
{
    /* row number, name, a stamp that rises but not like a row number, different measures in no order */
    fw_buffer_addf(text, "%d,u%d,%d,%d,%d.5\n", row + 1, row % 196, 1600000000 + 60 * row, (row * 7919) % 2003,
                   (row * 31) % 211);
}

START_TEST(test_schema_ignores_id_like_columns)
{
    infer_many("id,user,stamp,measure,fraction\n", 200, id_line);
    ck_assert_int_eq(schema->columns[0].type, FW_TYPE_ID);
    ck_assert_int_eq(schema->columns[0].role, FW_ROLE_IGNORED);
    ck_holds(schema->columns[0].why, "row number");
    ck_assert_int_eq(schema->columns[1].type, FW_TYPE_ID);
    ck_assert_int_eq(schema->columns[1].role, FW_ROLE_IGNORED);
    ck_holds(schema->columns[1].why, "98 %");
    for (int c = 2; c < 5; c++) {
        ck_assert_int_eq(schema->columns[c].type, FW_TYPE_NUMERIC);
        ck_assert_int_eq(schema->columns[c].role, FW_ROLE_FEATURE);
    }
    infer_many("id,user,stamp,measure,fraction\n", 100, id_line); /* too few rows to tell */
    ck_assert_int_eq(schema->columns[0].type, FW_TYPE_NUMERIC);
    ck_assert_int_eq(schema->columns[1].type, FW_TYPE_CATEGORICAL);
}
END_TEST

START_TEST(test_schema_keeps_id_like_columns_that_are_named)
{
    static const char *const categorical[] = {"user"};
    static const char *const numeric[] = {"id"};
    options.categorical = (struct fw_name_list){categorical, 1};
    options.numeric = (struct fw_name_list){numeric, 1};
    infer_many("id,user,stamp,measure,fraction\n", 200, id_line);
    ck_assert_int_eq(schema->columns[0].type, FW_TYPE_NUMERIC);
    ck_assert_int_eq(schema->columns[0].role, FW_ROLE_FEATURE);
    ck_assert_int_eq(schema->columns[1].type, FW_TYPE_CATEGORICAL);
    ck_assert_int_eq(schema->columns[1].role, FW_ROLE_FEATURE);
}
END_TEST

START_TEST(test_schema_finds_sequences)
{
    infer("a,genres\n1,Action|Comedy\n2,Drama\n3,Comedy|Drama\n4,Action\n");
    ck_assert_int_eq(schema->columns[1].type, FW_TYPE_SEQUENCE);
    options.separator = ';';
    infer("a,genres\n1,Action|Comedy\n2,Drama\n3,Comedy|Drama\n4,Action\n");
    ck_assert_int_eq(schema->columns[1].type, FW_TYPE_CATEGORICAL);
    ck_assert_int_eq(schema->separator, ';');
}
END_TEST

START_TEST(test_schema_sets_roles)
{
    options.labels = NAMES("y");
    options.weight = "w";
    options.group = "g";
    options.time = "4";
    infer("y,w,g,t,x\n1,0.5,a,2020-01-01,3\n0,2,b,2020-01-02,4\n0,0,a,2020-01-03,5\n");
    ck_assert_int_eq(schema->tasks[0].column, 0);
    ck_assert_int_eq(schema->weight, 1);
    ck_assert_int_eq(schema->group, 2);
    ck_assert_int_eq(schema->time, 3);
    ck_assert_int_eq(schema->columns[0].role, FW_ROLE_LABEL);
    ck_assert_int_eq(schema->columns[1].role, FW_ROLE_WEIGHT);
    ck_assert_int_eq(schema->columns[2].role, FW_ROLE_GROUP);
    ck_assert_int_eq(schema->columns[3].role, FW_ROLE_TIME);
    ck_assert_int_eq(schema->columns[4].role, FW_ROLE_FEATURE);
    ck_assert_str_eq(schema->tasks[0].positive, "1");
    ck_assert_str_eq(schema->tasks[0].negative, "0");
    ck_assert_int_eq(schema->tasks[0].n_positive, 1);
    ck_assert_int_eq(schema->tasks[0].n_labelled, 3);
    float weights[3];
    ck_ok(fw_schema_weights(schema, table, 1, weights, err));
    ck_assert_float_eq(weights[0], 0.5F);
    ck_assert_float_eq(weights[2], 0);
    ck_ok(fw_schema_weights(schema, table, -1, weights, err));
    ck_assert_float_eq(weights[2], 1);
}
END_TEST

START_TEST(test_schema_refuses_contradictions)
{
    static const char *const names[] = {"a"};
    options.labels = NAMES("a");
    options.ignore = (struct fw_name_list){names, 1};
    ck_holds(refusal("a,b\n1,2\n0,3\n", FW_E_ARG), "column 'a' is named both with --label and with --ignore");
    fw_schema_options_init(&options);
    options.categorical = options.numeric = (struct fw_name_list){names, 1};
    ck_holds(refusal("a,b\n1,2\n0,3\n", FW_E_ARG), "--categorical and with --numeric");
}
END_TEST

START_TEST(test_schema_suggests_names)
{
    options.labels = NAMES("clik");
    ck_holds(refusal("click,age\n1,2\n0,3\n", FW_E_INPUT), "--label: there is no column 'clik'; did you mean 'click'?");
    options.labels = NAMES("zzz");
    ck_holds(refusal("click,age\n1,2\n0,3\n", FW_E_INPUT), "there is no column 'zzz'; its columns are click, age");
    static const char *const names[] = {"Agee"};
    options.labels = NAMES("click");
    options.ignore = (struct fw_name_list){names, 1};
    ck_holds(refusal("click,age\n1,2\n0,3\n", FW_E_INPUT), "--ignore: there is no column 'Agee'; did you mean 'age'?");
}
END_TEST

/* The label text pairs that need no --positive. */
START_TEST(test_schema_knows_label_pairs)
{
    static const struct {
        const char *text, *positive, *negative;
    } cases[] = {
        {"y,x\n0,1\n1,2\n", "1", "0"},
        {"y,x\n1,1\n0,2\n", "1", "0"},
        {"y,x\n-1,1\n1,2\n", "1", "-1"},
        {"y,x\n-1,1\n+1,2\n", "+1", "-1"},
        {"y,x\n0.0,1\n1.0,2\n", "1.0", "0.0"},
        {"y,x\nno,1\nyes,2\n", "yes", "no"},
        {"y,x\nTrue,1\nFalse,2\n", "True", "False"},
        {"y,x\nT,1\nF,2\n", "T", "F"},
        {"y,x\nN,1\nY,2\n", "Y", "N"},
    };
    options.labels = NAMES("y");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        infer(cases[i].text);
        ck_assert_str_eq(schema->tasks[0].positive, cases[i].positive);
        ck_assert_str_eq(schema->tasks[0].negative, cases[i].negative);
        float labels[2];
        ck_ok(fw_schema_labels(schema, 0, table, 0, labels, err));
        ck_assert_float_eq(labels[0] + labels[1], 1);
    }
}
END_TEST

START_TEST(test_schema_other_labels_need_positive)
{
    options.labels = NAMES("y");
    const char *message = refusal("y,x\ngood,1\nbad,2\ngood,3\n", FW_E_INPUT);
    ck_holds(message, "'good' (2), 'bad' (1)");
    ck_holds(message, "--positive bad");
    options.positives = NAMES("good");
    infer("y,x\ngood,1\nbad,2\ngood,3\n");
    ck_assert_str_eq(schema->tasks[0].positive, "good");
    ck_assert_str_eq(schema->tasks[0].negative, "bad");
    ck_assert_int_eq(schema->tasks[0].n_positive, 2);
    options.positives = NAMES("no");
    infer("y,x\nno,1\nyes,2\n"); /* what is given wins over what is known */
    ck_assert_str_eq(schema->tasks[0].positive, "no");
    options.positives = NAMES("Good");
    ck_holds(refusal("y,x\ngood,1\nbad,2\ngood,3\n", FW_E_INPUT), "no row has the positive label 'Good'");
}
END_TEST

START_TEST(test_schema_one_label_against_the_rest)
{
    options.labels = NAMES("y");
    const char *message = refusal("y,x\na,1\nb,2\nc,3\nb,4\n", FW_E_INPUT);
    ck_holds(message, "the label 'y' has 3 values, not two: 'b' (2), 'a' (1), 'c' (1)");
    ck_holds(message, "--positive");
    options.positives = NAMES("c");
    infer("y,x\na,1\nb,2\nc,3\nb,4\n");
    ck_assert_str_eq(schema->tasks[0].positive, "c");
    ck_assert_str_eq(schema->tasks[0].negative, FW_SCHEMA_OTHER);
    float labels[4];
    ck_ok(fw_schema_labels(schema, 0, table, 0, labels, err));
    ck_assert_float_eq(labels[0], 0);
    ck_assert_float_eq(labels[2], 1);
    struct fw_table *other = table_of("y,x\nnew,1\nc,2\n", NULL);
    ck_ok(fw_schema_labels(schema, 0, other, 0, labels, err));
    ck_assert_float_eq(labels[0], 0);
    ck_assert_float_eq(labels[1], 1);
    fw_table_destroy(other);
}
END_TEST

START_TEST(test_schema_refuses_useless_labels)
{
    options.labels = NAMES("y");
    ck_holds(refusal("y,x\n1,1\n1,2\n", FW_E_INPUT), "one value only, '1' on 2 rows");
    ck_holds(refusal("y,x\n,1\n,2\n", FW_E_INPUT), "no value on any of 2 rows");
    const char *message = refusal("y,x\n1,1\n0,2\n,3\n1,4\nNA,5\n", FW_E_INPUT);
    ck_holds(message, "t.csv:4: the label 'y' is missing");
    ck_holds(message, "2 of 5 rows");
    ck_holds(message, "--on-bad-row skip");
}
END_TEST

START_TEST(test_schema_leaves_out_unusable_rows)
{
    options.labels = NAMES("y");
    options.weight = "w";
    options.skip_bad_rows = true;
    infer("y,w,x\n1,1,1\n0,1,2\n,1,3\n1,-1,4\nNA,x,5\n0,2,6\n");
    ck_assert_int_eq(schema->tasks[0].n_labelled, 4);
    ck_assert_int_eq(schema->tasks[0].n_positive, 2);
    int32_t folds[6] = {0, 1, 2, 3, 4, 5};
    int64_t n;
    ck_ok(fw_schema_leave_out(folds, &n, schema, table, NULL, false, err));
    ck_assert_int_eq(n, 3);
    const int32_t expected[6] = {0, 1, -1, -1, -1, 5};
    ck_assert_mem_eq(folds, expected, sizeof folds);
}
END_TEST

START_TEST(test_schema_refuses_bad_weights)
{
    options.weight = "w";
    ck_holds(refusal("w,x\n1,1\n-2,2\n3,3\n", FW_E_INPUT), "t.csv:3: the weight 'w' is '-2'");
    ck_holds(refusal("w,x\n1,1\n,2\n3,3\n", FW_E_INPUT), "t.csv:3: the weight 'w' is ''");
    ck_holds(refusal("w,x\n1,1\nabc,2\n3,3\n", FW_E_INPUT), "is 'abc'");
    ck_holds(refusal("w,x\n1,1\n1e300,2\n3,3\n", FW_E_INPUT), "is '1e300'");
    ck_holds(refusal("w,x\n0,1\n0,2\n", FW_E_INPUT), "are 0 on all rows");
}
END_TEST

START_TEST(test_schema_full_stop_is_no_part_of_a_label)
{
    options.labels = NAMES("y");
    options.positives = NAMES(">50K");
    infer("x,y\n1,>50K\n2,<=50K\n3,<=50K\n");
    struct fw_table *other = table_of("x,y\n1,<=50K.\n2,>50K.\n", NULL);
    float labels[3];
    ck_ok(fw_schema_labels(schema, 0, other, 1, labels, err));
    ck_assert_float_eq(labels[0], 0);
    ck_assert_float_eq(labels[1], 1);
    fw_table_destroy(other);
    /* the other way round, and both in one table */
    infer("x,y\n1,>50K.\n2,<=50K.\n3,<=50K\n4,>50K\n");
    ck_assert_str_eq(schema->tasks[0].positive, ">50K");
    ck_assert_str_eq(schema->tasks[0].negative, "<=50K");
    ck_assert_int_eq(schema->tasks[0].n_positive, 2);
    other = table_of("x,y\n1,<=50K\n2,>50K..\n", NULL);
    struct fw_error error = {0};
    ck_assert_int_eq(fw_schema_labels(schema, 0, other, 1, labels, &error), FW_E_INPUT);
    ck_holds(error.message, "t.csv:3: the label 'y' is '>50K..', neither '>50K' nor '<=50K'");
    fw_table_destroy(other);
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

START_TEST(test_schema_matches_by_name)
{
    options.labels = NAMES("y");
    static const char *const ignore[] = {"skip"};
    options.ignore = (struct fw_name_list){ignore, 1};
    infer("y,a,skip,b\n1,1,x,u\n0,2,y,v\n1,3,z,u\n");
    check_match("b,y,a,more\nu,1,3,x\n", true, (int64_t[]){1, 2, -1, 0});
    check_match("b,a\nu,3\n", false, (int64_t[]){-1, 1, -1, 0});
    ck_holds(match_refusal("b,a\nu,3\n", true), "the label 'y' is not there");
    ck_holds(match_refusal("y,a\n1,3\n", true),
             "1 of the 2 columns that the model needs are not there: b; it needs a, b");
    ck_holds(match_refusal("1,2,3,4\n1,3,5,6\n", false), "give its names with --names");
    ck_holds(match_refusal("y,a,b\n1,3,u\n0,x,v\n", true), "t.csv:3: column 'a' has 'x', which is not a number");
    schema->skip_bad_rows = true;
    check_match("y,a,b\n1,3,u\n0,x,v\n", true, (int64_t[]){0, 1, -1, 2});
}
END_TEST

START_TEST(test_schema_matches_headerless_tables_by_position)
{
    options.labels = NAMES("2");
    infer("1,0,2.5\n2,1,3.5\n3,0,4.5\n");
    ck_assert_str_eq(schema->columns[1].name, "2");
    check_match("1,0,2.5\n2,1,3.5\n", true, (int64_t[]){0, 1, 2});
    check_match("1,2.5\n2,3.5\n", false, (int64_t[]){0, -1, 1});
    ck_holds(match_refusal("1,2.5\n2,3.5\n", true), "the label '2' is not there");
    ck_holds(match_refusal("1\n2\n", false), "it has 1 columns, but the model knows 3 by their places (or one less");
    ck_holds(match_refusal("1,2,3,4\n5,6,7,8\n", false), "it has 4 columns");
}
END_TEST

static void large_line(struct fw_buffer *text, int row)
{
    fw_buffer_addf(text, "%d,%.6f,%d\n", row % 2, 0.1 + row * 0.000001 * (row % 3 + 1), (row * 7919) % 200003);
}

/* So many distinct numbers that the table stores them as doubles: the schema must read the same from either. */
START_TEST(test_schema_reads_columns_stored_as_numbers)
{
    options.labels = NAMES("y");
    infer_many("y,u,v\n", 200000, large_line);
    ck_assert_int_eq(schema->columns[1].type, FW_TYPE_NUMERIC);
    ck_assert(!schema->columns[1].integral);
    ck_assert_int_eq(schema->columns[2].type, FW_TYPE_NUMERIC);
    ck_assert(schema->columns[2].integral);
    ck_assert_int_eq(schema->columns[2].role, FW_ROLE_FEATURE);
    bool numbers = false;
    for (int c = 1; c < 3; c++) {
        numbers = numbers || table->columns[c].storage == FW_STORED_NUMBERS;
        ck_assert_int_ge(schema->columns[c].n_distinct, 65536);
        ck_assert(schema->columns[c].distinct_exact == (table->columns[c].storage == FW_STORED_CODES));
    }
    ck_assert(numbers);
}
END_TEST

START_TEST(test_schema_is_the_same_for_any_number_of_threads)
{
    char *text = many_rows("id,user,stamp,measure,fraction\n", 300, id_line);
    struct fw_table *one = table_of(text, NULL);
    options.threads = 1;
    struct fw_schema *first = schema_of(one, &options);
    for (int threads = 2; threads <= 8; threads += 3) {
        options.threads = threads;
        struct fw_schema *next = schema_of(one, &options);
        for (int64_t c = 0; c < first->n_columns; c++) {
            ck_assert_int_eq(next->columns[c].type, first->columns[c].type);
            ck_assert_str_eq(next->columns[c].why, first->columns[c].why);
            ck_assert_int_eq(next->columns[c].n_distinct, first->columns[c].n_distinct);
        }
        fw_schema_destroy(next);
    }
    fw_schema_destroy(first);
    fw_table_destroy(one);
    fw_free(NULL, text);
}
END_TEST

START_TEST(test_schema_survives_refused_memory)
{
    static const char text[] = "y,w,a,b\n1,1,3,x\n0,2,4,oops\n1,1,5,x\n0,1,6,007\n";
    options.labels = NAMES("y");
    options.weight = "w";
    options.threads = 1;
    table = table_of(text, NULL);
    for (int64_t n = 1;; n++) {
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        mem.fail_at = n;
        struct fw_error error = {0};
        struct fw_schema *made = NULL;
        enum fw_status status = fw_schema_infer(&made, table, &options, &mem, &error);
        fw_schema_destroy(made);
        ck_assert_uint_eq(mem.used, 0);
        if (status == FW_OK) {
            ck_assert_int_gt(n, 10);
            break;
        }
        ck_assert_int_eq(status, FW_E_NOMEM);
        ck_assert_ptr_null(made);
    }
}
END_TEST

START_TEST(test_schema_options_init_sets_every_byte)
{
    struct fw_schema_options a, b;
    memset(&a, 0xa5, sizeof a);
    memset(&b, 0x5a, sizeof b);
    fw_schema_options_init(&a);
    fw_schema_options_init(&b);
    ck_assert_mem_eq(&a, &b, sizeof a);
    ck_assert_int_eq(a.separator, '|');
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("schema");
    TCase *cases = tcase_create("schema");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_schema_infers_plain_types);
    tcase_add_test(cases, test_schema_counts_missing);
    tcase_add_test(cases, test_schema_padded_digits_are_identifiers);
    tcase_add_test(cases, test_schema_refuses_a_mistake_among_numbers);
    tcase_add_test(cases, test_schema_lists_several_mistakes);
    tcase_add_test(cases, test_schema_takes_mixed_columns_as_categories);
    tcase_add_test(cases, test_schema_flags_decide_types);
    tcase_add_test(cases, test_schema_numeric_flag_is_checked);
    tcase_add_test(cases, test_schema_ignores_constant_columns);
    tcase_add_test(cases, test_schema_ignores_id_like_columns);
    tcase_add_test(cases, test_schema_keeps_id_like_columns_that_are_named);
    tcase_add_test(cases, test_schema_finds_sequences);
    tcase_add_test(cases, test_schema_sets_roles);
    tcase_add_test(cases, test_schema_refuses_contradictions);
    tcase_add_test(cases, test_schema_suggests_names);
    tcase_add_test(cases, test_schema_knows_label_pairs);
    tcase_add_test(cases, test_schema_other_labels_need_positive);
    tcase_add_test(cases, test_schema_one_label_against_the_rest);
    tcase_add_test(cases, test_schema_refuses_useless_labels);
    tcase_add_test(cases, test_schema_leaves_out_unusable_rows);
    tcase_add_test(cases, test_schema_refuses_bad_weights);
    tcase_add_test(cases, test_schema_full_stop_is_no_part_of_a_label);
    tcase_add_test(cases, test_schema_matches_by_name);
    tcase_add_test(cases, test_schema_matches_headerless_tables_by_position);
    tcase_add_test(cases, test_schema_reads_columns_stored_as_numbers);
    tcase_add_test(cases, test_schema_is_the_same_for_any_number_of_threads);
    tcase_add_test(cases, test_schema_survives_refused_memory);
    tcase_add_test(cases, test_schema_options_init_sets_every_byte);
    suite_add_tcase(suite, cases);
    return suite;
}
