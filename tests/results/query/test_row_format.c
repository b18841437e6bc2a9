#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "results/query/row_format.h"
#include "support/test_main.h"

static enum fw_status append(void *self, const char *bytes, int64_t n, struct fw_error *err)
{
    struct fw_buffer *out = self;
    fw_buffer_add(out, bytes, (size_t)n);
    return fw_buffer_check(out, err);
}

#define N_COLUMNS 4

static const char *const names[N_COLUMNS] = {"name", "n", "value", "name"};

/* Texts of all kinds, numbers that need 17 digits, nothing. */
static struct fw_value cell(int row, int column)
{
    static const char *const texts[] = {"plain", "a,b \"c\"\nd", "", "=1+1 | <b>", "\033[2J\xff"};
    static const double numbers[] = {0.1, INFINITY, 1e300, 0.30000000000000004, -0.0};
    switch (column) {
    case 0:
        return fw_value_text(texts[row]);
    case 1:
        return row == 2 ? fw_value_null() : fw_value_int(row == 3 ? INT64_MIN : row);
    case 2:
        return fw_value_real(numbers[row]);
    default:
        return row == 1 ? fw_value_real(NAN) : fw_value_text("x");
    }
}

/* What a writer makes of the first n_rows rows. */
static enum fw_status write_rows(struct fw_buffer *out, const struct fw_row_writer_options *options, int n_rows,
                                 struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_row_writer *writer;
    fw_buffer_init(out, NULL);
    FW_TRY(fw_row_writer_create(&writer, options, (struct fw_text_sink){out, append}, mem, err));
    struct fw_row_sink sink = fw_row_writer_sink(writer);
    enum fw_status status = sink.begin(sink.self, names, N_COLUMNS, err);
    for (int r = 0; r < n_rows && status == FW_OK; r++) {
        struct fw_value cells[N_COLUMNS];
        for (int c = 0; c < N_COLUMNS; c++)
            cells[c] = cell(r, c);
        status = sink.row(sink.self, cells, err);
    }
    if (status == FW_OK)
        status = sink.end(sink.self, err);
    fw_row_writer_destroy(writer);
    return status;
}

static void check(const char *expected, struct fw_row_writer_options options, int n_rows)
{
    struct fw_buffer out;
    ck_ok(write_rows(&out, &options, n_rows, NULL, err));
    ck_assert_str_eq(out.data, expected);
    fw_buffer_clear(&out);
}

START_TEST(test_row_format_table)
{
    check("name          n   value  name\n"
          "plain         0     0.1  x\n"
          "a,b \"c\"\\x0ad  1     inf  -\n"
          "              -  1e+300  x\n",
          (struct fw_row_writer_options){.format = FW_ROWS_TABLE}, 3);
    check("name         n   value  name\n"
          "plain        0     0.1  x\n"
          "a,b \"c\"\\...  1     inf  -\n"
          "             -  1e+300  x\n",
          (struct fw_row_writer_options){.format = FW_ROWS_TABLE, .width = 28}, 3);
}
END_TEST

START_TEST(test_row_format_csv)
{
    check("name,n,value,name\n"
          "plain,0,0.1,x\n"
          "\"a,b \"\"c\"\"\nd\",1,inf,\n"
          "\"\",,1e+300,x\n"
          "=1+1 | <b>,-9223372036854775808,0.30000000000000004,x\n"
          "\033[2J\xff,4,-0,x\n",
          (struct fw_row_writer_options){.format = FW_ROWS_CSV}, 5);
    check("name,n,value,name\n", (struct fw_row_writer_options){.format = FW_ROWS_CSV}, 0);
}
END_TEST

START_TEST(test_row_format_spreadsheets_get_no_formula)
{
    struct fw_buffer out;
    fw_buffer_init(&out, NULL);
    static const char *const texts[] = {"=1+1", "+1", "-1", "@a", "a=1", ""};
    for (int i = 0; i < 6; i++) {
        fw_row_format_csv_text(&out, fw_text_of(texts[i]), true);
        fw_buffer_add_text(&out, "|");
    }
    ck_assert_str_eq(out.data, "'=1+1|'+1|'-1|'@a|a=1|\"\"|");
    fw_buffer_clear(&out);
}
END_TEST

/* Every text comes back as it was, and every number with the same bits. */
START_TEST(test_row_format_json_reads_back)
{
    struct fw_buffer out;
    ck_ok(write_rows(&out, &(struct fw_row_writer_options){.format = FW_ROWS_JSON}, 5, NULL, err));
    cJSON *json = cJSON_Parse(out.data);
    ck_assert_int_eq(cJSON_GetArraySize(json), 5);
    for (int r = 0; r < 5; r++) {
        const cJSON *row = cJSON_GetArrayItem(json, r);
        ck_assert_int_eq(cJSON_GetArraySize(row), N_COLUMNS);
        const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(row, "name"));
        ck_assert_str_eq(text, r == 4 ? "\033[2J\xef\xbf\xbd" : cell(r, 0).text);
        const cJSON *value = cJSON_GetObjectItem(row, "value");
        if (r == 1)
            ck_assert_str_eq(cJSON_GetStringValue(value), "inf");
        else
            ck_assert(cJSON_GetNumberValue(value) == cell(r, 2).real);
        ck_assert_int_eq(cJSON_IsNull(cJSON_GetObjectItem(row, "n")), r == 2);
        ck_assert_int_eq(cJSON_IsNull(cJSON_GetObjectItem(row, "name_2")), r == 1);
    }
    cJSON_Delete(json);
    fw_buffer_clear(&out);
    check("[]\n", (struct fw_row_writer_options){.format = FW_ROWS_JSON}, 0);
}
END_TEST

START_TEST(test_row_format_json_lines)
{
    check("{\"name\": \"plain\", \"n\": 0, \"value\": 0.1, \"name_2\": \"x\"}\n"
          "{\"name\": \"a,b \\\"c\\\"\\u000ad\", \"n\": 1, \"value\": \"inf\", \"name_2\": null}\n",
          (struct fw_row_writer_options){.format = FW_ROWS_JSONL}, 2);
    struct fw_buffer out;
    ck_ok(write_rows(&out, &(struct fw_row_writer_options){.format = FW_ROWS_JSONL}, 0, NULL, err));
    ck_assert_int_eq(out.length, 0);
    fw_buffer_clear(&out);
}
END_TEST

START_TEST(test_row_format_markdown)
{
    check("| name | n | value | name |\n"
          "| --- | ---: | ---: | --- |\n"
          "| plain | 0 | 0.1 | x |\n"
          "| a,b \"c\"\\\\x0ad | 1 | inf | - |\n"
          "|  | - | 1e+300 | x |\n"
          "| =1+1 \\| &lt;b&gt; | -9223372036854775808 | 0.30000000000000004 | x |\n"
          "| \\\\x1b\\[2J\\\\xff | 4 | -0 | x |\n",
          (struct fw_row_writer_options){.format = FW_ROWS_MARKDOWN}, 5);
    check("| name | n | value | name |\n| --- | --- | --- | --- |\n",
          (struct fw_row_writer_options){.format = FW_ROWS_MARKDOWN}, 0);
}
END_TEST

START_TEST(test_row_format_names)
{
    static const char *const known[] = {"table", "csv", "json", "jsonl", "markdown"};
    enum fw_row_format format;
    for (int i = 0; i < 5; i++) {
        ck_assert(fw_row_format_from_name(&format, known[i]));
        ck_assert_int_eq(format, i);
    }
    ck_assert(fw_row_format_from_name(&format, "md") && format == FW_ROWS_MARKDOWN);
    ck_assert(!fw_row_format_from_name(&format, "xml") && !fw_row_format_from_name(&format, ""));
}
END_TEST

START_TEST(test_row_format_rows_are_kept_and_replayed)
{
    struct fw_rows rows;
    fw_rows_init(&rows, NULL);
    struct fw_row_sink sink = fw_rows_sink(&rows);
    ck_ok(sink.begin(sink.self, names, N_COLUMNS, err));
    char text[] = "lent\0more";
    struct fw_value cells[N_COLUMNS] = {fw_value_int(7), fw_value_text(text), fw_value_null(), fw_value_real(0.5)};
    cells[1].length = 9; /* a NUL within */
    ck_ok(sink.row(sink.self, cells, err));
    memset(text, 'x', 4); /* lent for the call only */
    ck_ok(sink.end(sink.self, err));
    ck_assert_int_eq(fw_rows_column(&rows, "value"), 2);
    ck_assert_int_eq(fw_rows_column(&rows, "none"), -1);
    ck_assert_int_eq(memcmp(fw_rows_cell(&rows, 0, 1)->text, "lent\0more", 10), 0);
    struct fw_rows again;
    fw_rows_init(&again, NULL);
    ck_ok(fw_rows_replay(&rows, fw_rows_sink(&again), err));
    ck_assert_int_eq(again.n, 1);
    ck_assert(fw_value_number(fw_rows_cell(&again, 0, 0)) == 7 && fw_value_number(fw_rows_cell(&again, 0, 3)) == 0.5);
    ck_assert(isnan(fw_value_number(fw_rows_cell(&again, 0, 1))));
    fw_rows_clear(&again);
    fw_rows_clear(&rows);
}
END_TEST

START_TEST(test_row_format_refused_memory_is_reported)
{
    for (int format = FW_ROWS_TABLE; format <= FW_ROWS_MARKDOWN; format++) {
        bool passed = false;
        for (int64_t at = 1; !passed; at++) {
            struct fw_allocator mem;
            struct fw_buffer out;
            struct fw_error err;
            fw_allocator_init(&mem, 0);
            mem.fail_at = at;
            struct fw_row_writer_options options = {.format = (enum fw_row_format)format};
            enum fw_status status = write_rows(&out, &options, 5, &mem, &err);
            passed = status == FW_OK;
            ck_assert(passed || status == FW_E_NOMEM);
            ck_assert_uint_eq(mem.used, 0);
            ck_assert_int_lt(at, 500);
            fw_buffer_clear(&out);
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("row_format");
    TCase *cases = tcase_create("row_format");
    tcase_add_test(cases, test_row_format_table);
    tcase_add_test(cases, test_row_format_csv);
    tcase_add_test(cases, test_row_format_spreadsheets_get_no_formula);
    tcase_add_test(cases, test_row_format_json_reads_back);
    tcase_add_test(cases, test_row_format_json_lines);
    tcase_add_test(cases, test_row_format_markdown);
    tcase_add_test(cases, test_row_format_names);
    tcase_add_test(cases, test_row_format_rows_are_kept_and_replayed);
    tcase_add_test(cases, test_row_format_refused_memory_is_reported);
    suite_add_tcase(suite, cases);
    return suite;
}
