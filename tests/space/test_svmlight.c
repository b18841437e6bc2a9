#include <math.h>
#include <stdio.h>
#include <string.h>

#include "space/svmlight.h"
#include "space/table_build.h"
#include "support/schemas.h"
#include "support/test_main.h"

static struct fw_table_options options;

static void set_up(void)
{
    fw_table_options_init(&options);
}

/* Fails unless the cell has this text. */
static void check_cell(const struct fw_table *table, const char *column, int64_t row, const char *expected)
{
    char scratch[32];
    int64_t c = fw_table_find_column(table, column);
    ck_assert_msg(c >= 0 && strcmp(table->columns[c].name, column) == 0, "no column '%s'", column);
    struct fw_text text = fw_table_text(table, c, row, scratch);
    ck_assert_msg(fw_text_equal(text, fw_text_of(expected)), "column '%s', row %lld: '%.*s', not '%s'", column,
                  (long long)row, (int)text.length, text.length > 0 ? text.data : "", expected);
}

static const char *refusal(const char *text, enum fw_status status)
{
    static struct fw_error error;
    struct fw_table *table = NULL;
    ck_assert_int_eq(fw_table_parse(&table, "data.svm", text, strlen(text), &options, NULL, &error), status);
    ck_assert_ptr_null(table);
    return error.message;
}

START_TEST(test_svmlight_reads_libsvm)
{
    struct fw_table *table = table_of("+1 3:0.5 10:2\n-1 1:7 # a comment\n\n# nothing\n+1 10:nan 003:1e2", &options);
    ck_assert_int_eq(table->dialect.format, FW_TABLE_LIBSVM);
    ck_assert_int_eq(table->n_rows, 3);
    ck_assert_int_eq(table->n_columns, 4);
    const char *const names[] = {"label", "1", "3", "10"}; /* by number, not by first appearance */
    for (int c = 0; c < 4; c++)
        ck_assert_str_eq(table->columns[c].name, names[c]);
    static const char *const cells[3][4] = {{"+1", "0", "0.5", "2"}, {"-1", "7", "0", "0"}, {"+1", "0", "1e2", ""}};
    for (int row = 0; row < 3; row++)
        for (int c = 0; c < 4; c++)
            check_cell(table, names[c], row, cells[row][c]);
    ck_assert_int_eq(table->columns[3].n_missing, 1);
    ck_assert_int_eq(fw_table_line(table, 0), 1);
    ck_assert_int_eq(fw_table_line(table, 1), 2);
    ck_assert_int_eq(fw_table_line(table, 2), 5);
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_svmlight_reads_queries)
{
    struct fw_table *table = table_of("2 qid:1 1:3\n1 qid:1 1:4\n0 1:5\n", &options);
    ck_assert_str_eq(table->columns[1].name, "qid");
    check_cell(table, "qid", 1, "1");
    check_cell(table, "qid", 2, "");
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_svmlight_reads_libffm)
{
    struct fw_table *table = table_of("1 2:17:1 0:3:1\r\n0 0:4:1.0 2:9:1 2:5:1\r\n1 1:8:1\r\n", &options);
    ck_assert_int_eq(table->dialect.format, FW_TABLE_LIBFFM);
    ck_assert(table->dialect.has_crlf);
    ck_assert_int_eq(table->n_columns, 4);
    ck_assert_str_eq(table->columns[1].name, "f0");
    ck_assert_str_eq(table->columns[3].name, "f2");
    check_cell(table, "f0", 0, "3");
    check_cell(table, "f0", 2, "");
    check_cell(table, "f1", 0, "");
    check_cell(table, "f1", 2, "8");
    check_cell(table, "f2", 0, "17");
    check_cell(table, "f2", 1, "5|9");
    struct fw_schema_options schema_options;
    fw_schema_options_init(&schema_options);
    schema_options.labels = NAMES("label");
    struct fw_schema *schema = schema_of(table, &schema_options);
    ck_assert_int_eq(schema->columns[1].type, FW_TYPE_CATEGORICAL); /* digits, but names */
    ck_assert_int_eq(schema->columns[3].type, FW_TYPE_SEQUENCE);
    fw_schema_destroy(schema);
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_svmlight_tells_formats_apart)
{
    static const struct {
        const char *text;
        enum fw_table_format format;
    } cases[] = {
        {"1 1:2\n0 2:3\n", FW_TABLE_LIBSVM},          {"1 1:2:1\n0 2:3:1\n", FW_TABLE_LIBFFM},
        {"1\t1:0.5\t4:2\n0\n", FW_TABLE_LIBSVM},      {"a,b\n1:2,3\n4:5,6\n", FW_TABLE_CSV},
        {"1 12:30\n2 13:45\n", FW_TABLE_CSV},         {"1 12:30:15\n2 13:45:20\n", FW_TABLE_CSV},
        {"time n\n12:30 1\n13:45 2\n", FW_TABLE_CSV}, {"1 2 3\n4 5 6\n", FW_TABLE_CSV},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fw_table *table = table_of(cases[i].text, &options);
        ck_assert_msg(table->dialect.format == cases[i].format, "%s", cases[i].text);
        fw_table_destroy(table);
    }
    options.format = FW_TABLE_LIBSVM; /* what is asked for is not guessed */
    struct fw_table *table = table_of("yes 12:30\nno 13:45\n", &options);
    ck_assert_int_eq(table->dialect.format, FW_TABLE_LIBSVM);
    check_cell(table, "label", 0, "yes");
    check_cell(table, "12", 0, "30");
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_svmlight_names_bad_rows)
{
    static const struct {
        const char *line, *part;
    } libsvm[] = {
        {"1 3", "'3' is no index:value"},
        {"1 x:2", "'x:2' has an index that is not a whole number"},
        {"1 -1:2", "'-1:2' has an index"},
        {"1 3:x", "'3:x' has a value that is not a number"},
        {"1 3:", "'3:' has a value that is not a number"},
        {"1 3:0x10", "not a number"},
        {"1 3:1e999", "not a number"},
        {"1 5:1 3:2 5:1", "index 5 is given twice"},
        {"3:1 4:2", "'3:1' stands where the label is expected"},
        {"1 1234567890123456789:1", "has an index"},
    };
    options.format = FW_TABLE_LIBSVM;
    for (size_t i = 0; i < sizeof libsvm / sizeof libsvm[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "1 1:2\n%s\n0 2:2\n", libsvm[i].line);
        const char *message = refusal(text, FW_E_INPUT);
        ck_holds(message, "data.svm:2: ");
        ck_holds(message, libsvm[i].part);
        ck_holds(message, "--on-bad-row skip");
    }
    options.format = FW_TABLE_LIBFFM;
    ck_holds(refusal("1 1:2:1\n0 1:3\n", FW_E_INPUT), "data.svm:2: '1:3' is no field:index:value");
    ck_holds(refusal("1 1:2:1\n0 1:3:0.5\n", FW_E_INPUT), "'1:3:0.5' has a value other than 1");
    ck_holds(refusal("1 1:2:1\n0 x:3:1\n", FW_E_INPUT), "'x:3:1' has a field");
    ck_holds(refusal("1 1:2:1\n0 1:3:1 1:3:1\n", FW_E_INPUT), "index 3 of field 1 is given twice");
    ck_holds(refusal("1 1:2:1\n0 1:3:1:4\n", FW_E_INPUT), "not a number");
}
END_TEST

START_TEST(test_svmlight_counts_and_skips_bad_rows)
{
    const char *text = "1 1:2\nx\ty\n0 1:3\n1 1\n0 2:z\n0 7:1\n1 9\n1 8\n1 7\n1 6\n";
    options.format = FW_TABLE_LIBSVM;
    ck_holds(refusal(text, FW_E_INPUT), "7 bad rows in all, the next at lines 4, 5, 7, 8, 9, ...");
    options.skip_bad_rows = true;
    struct fw_table *table = table_of(text, &options);
    ck_assert_int_eq(table->n_rows, 3);
    ck_assert_int_eq(table->n_bad_rows, 7);
    ck_assert_int_eq(table->n_columns, 3); /* bad rows bring no columns */
    ck_assert_int_eq(fw_table_line(table, 1), 3);
    ck_assert_int_eq(fw_table_line(table, 2), 6);
    fw_table_destroy(table);
    ck_holds(refusal("1 1\n2 2\n", FW_E_INPUT), "no rows but bad ones; the first: data.svm:1: '1' is no index:value");
    ck_holds(refusal("# nothing\n\n", FW_E_INPUT), "no rows");
}
END_TEST

START_TEST(test_svmlight_refuses_too_many_columns)
{
    options.max_columns = 3;
    struct fw_table *table = table_of("1 1:2 5:3\n0 5:1\n", &options);
    ck_assert_int_eq(table->n_columns, 3);
    fw_table_destroy(table);
    ck_holds(refusal("1 1:2 5:3\n0 6:1\n", FW_E_INPUT), "more than 3 columns");
    static const char *const names[] = {"a", "b"};
    options.names = names;
    options.n_names = 2;
    ck_holds(refusal("1 1:2 5:3\n", FW_E_ARG), "--names");
}
END_TEST

static char *sample(int n, bool ffm)
{
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    for (int row = 0; row < n; row++) {
        fw_buffer_addf(&text, "%d", row % 3 == 0);
        for (int k = row % 5; k < 30; k += 1 + (row * 7 + k) % 6) {
            if (ffm)
                fw_buffer_addf(&text, " %d:%d:1", k, (row * k) % 17);
            else
                fw_buffer_addf(&text, " %d:%d.%d", k, row % 7, k);
        }
        fw_buffer_add_text(&text, row % 4 == 0 ? "\r\n" : row % 11 == 0 ? "\n\n" : "\n");
    }
    ck_assert(!text.failed);
    return text.data;
}

static void check_equal_tables(const struct fw_table *a, const struct fw_table *b)
{
    ck_assert_int_eq(a->n_rows, b->n_rows);
    ck_assert_int_eq(a->n_columns, b->n_columns);
    for (int64_t c = 0; c < a->n_columns; c++) {
        ck_assert_str_eq(a->columns[c].name, b->columns[c].name);
        ck_assert_mem_eq(a->columns[c].codes, b->columns[c].codes, (size_t)a->n_rows * sizeof(uint32_t));
    }
    for (int64_t row = 0; row < a->n_rows; row++)
        ck_assert_int_eq(fw_table_line(a, row), fw_table_line(b, row));
}

START_TEST(test_svmlight_does_not_depend_on_blocks)
{
    for (int ffm = 0; ffm < 2; ffm++) {
        char *text = sample(200, ffm);
        struct fw_table *whole = table_of(text, &options);
        ck_assert_int_eq(whole->dialect.format, ffm ? FW_TABLE_LIBFFM : FW_TABLE_LIBSVM);
        for (size_t block = 1; block < 2000; block = block * 3 + 1) {
            struct fw_table *table = NULL;
            ck_ok(fw_table_parse_in_blocks(&table, "data.svm", text, strlen(text), block, &options, NULL, err));
            check_equal_tables(whole, table);
            fw_table_destroy(table);
        }
        fw_table_destroy(whole);
        fw_free(NULL, text);
    }
}
END_TEST

START_TEST(test_svmlight_completes_tables)
{
    struct fw_schema_options schema_options;
    fw_schema_options_init(&schema_options);
    schema_options.labels = NAMES("label");
    struct fw_table *train = table_of("1 1:2 5:3\n0 5:1 7:4\n1 1:3 7:2 5:2\n", &options);
    struct fw_schema *schema = schema_of(train, &schema_options);
    struct fw_table *table = table_of("0 5:1\n1 9:1\n", &options);
    int64_t column_of[4];
    struct fw_error error = {0};
    ck_assert_int_eq(fw_schema_match(schema, table, column_of, true, &error), FW_E_INPUT);
    ck_ok(fw_svmlight_complete(table, schema, err));
    ck_ok(fw_schema_match(schema, table, column_of, true, err));
    ck_assert_int_eq(table->n_columns, 5);
    check_cell(table, "1", 1, "0");
    check_cell(table, "7", 0, "0");
    check_cell(table, "5", 0, "1");
    ck_ok(fw_svmlight_complete(table, schema, err)); /* nothing more to do */
    ck_assert_int_eq(table->n_columns, 5);
    fw_table_destroy(table);
    fw_schema_destroy(schema);
    fw_table_destroy(train);
    train = table_of("1 1:2:1 5:3:1\n0 5:1:1 7:4:1\n0 5:2:1 7:3:1\n", &options);
    schema = schema_of(train, &schema_options);
    table = table_of("0 5:1:1\n1 5:3:1\n", &options);
    ck_ok(fw_svmlight_complete(table, schema, err));
    check_cell(table, "f7", 1, "");
    ck_assert_int_eq(table->columns[fw_table_find_column(table, "f7")].n_missing, 2);
    fw_table_destroy(table);
    fw_schema_destroy(schema);
    fw_table_destroy(train);
}
END_TEST

START_TEST(test_svmlight_survives_refused_memory)
{
    char *text = sample(30, true);
    for (int64_t n = 1;; n++) {
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        mem.fail_at = n;
        struct fw_table *table = NULL;
        enum fw_status status =
            fw_table_parse_in_blocks(&table, "data.svm", text, strlen(text), 50, &options, &mem, NULL);
        fw_table_destroy(table);
        ck_assert_uint_eq(mem.used, 0);
        if (status == FW_OK && mem.count < n)
            break;
        ck_assert(status == FW_E_NOMEM || status == FW_OK); /* giving back unused room may be refused */
    }
    fw_free(NULL, text);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("svmlight");
    TCase *cases = tcase_create("svmlight");
    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_svmlight_reads_libsvm);
    tcase_add_test(cases, test_svmlight_reads_queries);
    tcase_add_test(cases, test_svmlight_reads_libffm);
    tcase_add_test(cases, test_svmlight_tells_formats_apart);
    tcase_add_test(cases, test_svmlight_names_bad_rows);
    tcase_add_test(cases, test_svmlight_counts_and_skips_bad_rows);
    tcase_add_test(cases, test_svmlight_refuses_too_many_columns);
    tcase_add_test(cases, test_svmlight_does_not_depend_on_blocks);
    tcase_add_test(cases, test_svmlight_completes_tables);
    tcase_add_test(cases, test_svmlight_survives_refused_memory);
    suite_add_tcase(suite, cases);
    return suite;
}
