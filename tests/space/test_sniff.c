#include "space/sniff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/test_main.h"

static enum fw_status sniff_with(struct fw_csv_layout *layout, const char *text, const struct fw_table_options *options,
                                 struct fw_error *err)
{
    enum fw_status status;
    struct fw_stream *stream = NULL;
    FW_TRY_GOTO(fw_stream_open_memory(&stream, "s.csv", text, strlen(text), NULL, err), done);
    FW_TRY_GOTO(fw_csv_sniff(layout, stream, options, NULL, err), done);
done:
    fw_stream_close(stream);
    return status;
}

static struct fw_csv_layout sniff(const char *text)
{
    struct fw_csv_layout layout;
    struct fw_table_options options;
    fw_table_options_init(&options);
    ck_ok(sniff_with(&layout, text, &options, err));
    return layout;
}

struct expected {
    const char *text;
    char delimiter;
    bool header;
    int64_t columns;
};

static void assert_sniffs(const struct expected *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct fw_csv_layout layout = sniff(cases[i].text);
        ck_assert_msg(layout.delimiter == cases[i].delimiter && layout.n_columns == cases[i].columns &&
                          layout.has_header == cases[i].header,
                      "%s: delimiter '%c', %lld columns, header %d", cases[i].text, layout.delimiter,
                      (long long)layout.n_columns, layout.has_header);
        fw_csv_layout_clear(&layout);
    }
}

START_TEST(test_sniff_finds_the_delimiter)
{
    static const struct expected cases[] = {
        {"1,2\n3,4\n", ',', false, 2},
        {"1;2\n3;4\n", ';', false, 2},
        {"1\t2\n3\t4\n", '\t', false, 2},
        {"1|2\n3|4\n", '|', false, 2},
        {"1 2\n3 4\n", ' ', false, 2},
        {"7\n8\n", ',', false, 1},
        /* a comma followed by a space, as in UCI Adult */
        {"39, State-gov, 77516\n50, Self-emp, 83311\n", ',', false, 3},
        /* commas inside texts of a bar-separated table */
        {"1|Apt Pupil (1998)|x\n2|Usual Suspects, The (1995)|y\n3|Godfather, The|x\n4|Up|x\n", '|', false, 3},
        /* decimal commas under a header */
        {"a;b\n1,5;2,5\n3,5;4,5\n1,0;2,0\n", ';', true, 2},
        /* sequences inside a comma-separated table */
        {"id,items,y\n1,a|b|c,0\n2,b|c|d,1\n3,a|c|d,1\n", ',', true, 3},
        /* delimiters in quotes do not count */
        {"\"x;y;z\",1\n\"u;v;w\",2\n", ',', false, 2},
        /* dates with spaces */
        {"2019-11-24 00:03:13,1\n2019-11-24 00:03:14,2\n", ',', false, 2},
    };
    assert_sniffs(cases, sizeof cases / sizeof cases[0]);
}
END_TEST

START_TEST(test_sniff_finds_the_header)
{
    static const struct expected cases[] = {
        {"age,job\n39,clerk\n40,smith\n", ',', true, 2},
        {"\"age\";\"job\"\n56;\"maid\"\n57;\"maid\"\n", ';', true, 2},
        {",item\n0,a\n1,b\n", ',', true, 2},
        {"39,clerk\n40,smith\n", ',', false, 2},
        {"name,city\nann,rome\nbob,oslo\n", ',', true, 2},
        /* values that come again below are no names */
        {"p,x,s\ne,x,s\np,b,y\n", ',', false, 3},
        {"x,x\ny,z\n", ',', false, 2},
        /* missing values are no names */
        {"?,clerk\n40,smith\n", ',', false, 2},
        {"\\N,clerk\n40,smith\n", ',', false, 2},
        /* a column that is missing at first is still one of numbers */
        {"a,b\n,x\n1,y\n", ',', true, 2},
        /* one column: of names all different, of repeating values, of numbers */
        {"doctor\nartist\nlawyer\n", ',', false, 1},
        {"colour\nred\nred\nblue\nblue\nred\n", ',', true, 1},
        {"count\n1\n2\n", ',', true, 1},
        {"0\t1\t\t68fd1e64\n1\t\t5\t80e26c9b\n", '\t', false, 4},
    };
    assert_sniffs(cases, sizeof cases / sizeof cases[0]);
}
END_TEST

START_TEST(test_sniff_leaves_out_a_preamble)
{
    struct fw_csv_layout layout = sniff("|1x3 Cross validator\n25, Private, 7\n38, Private, 9\n28, Local-gov, 12\n");
    ck_assert_int_eq(layout.delimiter, ',');
    ck_assert_int_eq(layout.preamble_lines, 1);
    ck_assert_int_eq(layout.body_line, 2);
    ck_assert_uint_eq(layout.body_start, 21);
    ck_assert(!layout.has_header);
    fw_csv_layout_clear(&layout);

    layout = sniff("\xef\xbb\xbfreport of June\n\nmade by hand\r\na,b\r\n1,2\r\n3,4\r\n5,6\r\n5,6\r\n5,6\r\n5,6\r\n");
    ck_assert(layout.has_bom && layout.has_header);
    ck_assert_int_eq(layout.preamble_lines, 3);
    ck_assert_int_eq(layout.body_line, 5);
    ck_assert_uint_eq(layout.body_start, 3 + 15 + 1 + 14 + 5);
    ck_assert_str_eq(layout.names.data, "a");
    ck_assert_str_eq(layout.names.data + 2, "b");
    fw_csv_layout_clear(&layout);
}
END_TEST

START_TEST(test_sniff_makes_names)
{
    struct fw_csv_layout layout = sniff("\"a \"\"b\"\"\",,c c \n1,2,3\n");
    ck_assert_mem_eq(layout.names.data, "a \"b\"\0002\0c c\0", 12);
    fw_csv_layout_clear(&layout);
    layout = sniff("1,2,3\n1,2,3\n");
    ck_assert_mem_eq(layout.names.data, "1\0002\0003\0", 6);
    fw_csv_layout_clear(&layout);
}
END_TEST

START_TEST(test_sniff_follows_the_options)
{
    static const char *const names[] = {"u", "v"};
    struct fw_table_options options;
    struct fw_csv_layout layout;
    fw_table_options_init(&options);
    options.header = FW_HEADER_NO;
    ck_ok(sniff_with(&layout, "a,b\n1,2\n", &options, err));
    ck_assert(!layout.has_header && layout.body_line == 1);
    fw_csv_layout_clear(&layout);
    options.header = FW_HEADER_YES;
    options.names = names;
    options.n_names = 2;
    ck_ok(sniff_with(&layout, "7,8\n1,2\n", &options, err));
    ck_assert(layout.has_header && layout.body_line == 2);
    ck_assert_mem_eq(layout.names.data, "u\0v\0", 4);
    fw_csv_layout_clear(&layout);
    options.header = FW_HEADER_AUTO;
    options.delimiter = ';';
    options.names = NULL;
    ck_ok(sniff_with(&layout, "a,b\n1,2\n1,2\n", &options, err));
    ck_assert_int_eq(layout.n_columns, 1);
    fw_csv_layout_clear(&layout);
}
END_TEST

static void assert_refused(const char *text, const struct fw_table_options *options, enum fw_status status,
                           const char *words)
{
    struct fw_csv_layout layout;
    struct fw_error err = {0};
    ck_assert_int_eq(sniff_with(&layout, text, options, &err), status);
    ck_assert_msg(strstr(err.message, words) != NULL, "%s", err.message);
    fw_csv_layout_clear(&layout);
}

START_TEST(test_sniff_refuses_what_cannot_be)
{
    static const char *const names[] = {"u"};
    struct fw_table_options options;
    fw_table_options_init(&options);
    assert_refused("1,2\r3,4\r", &options, FW_E_INPUT, "carriage return");
    options.max_columns = 3;
    assert_refused("1,2,3,4\n1,2,3,4\n", &options, FW_E_INPUT, "4 columns, at most 3");
    fw_table_options_init(&options);
    options.delimiter = '"';
    assert_refused("1,2\n", &options, FW_E_ARG, "both delimiter and quote");
    options.delimiter = '\n';
    assert_refused("1,2\n", &options, FW_E_ARG, "end of line");
    fw_table_options_init(&options);
    options.quote = ' ';
    assert_refused("1,2\n", &options, FW_E_ARG, "blank");
    fw_table_options_init(&options);
    options.names = names;
    options.n_names = 1;
    assert_refused("1,2\n3,4\n", &options, FW_E_ARG, "1 names are given for 2 columns");
    fw_table_options_init(&options);
    options.header = FW_HEADER_YES;
    assert_refused("a,b,c\n1,2\n3,4\n5,6\n7,8\n", &options, FW_E_INPUT, "s.csv:1: the header has 3 names");
    options.skip_bad_rows = true;
    assert_refused("\"a\"x,b\n1,2\n3,4\n5,6\n7,8\n", &options, FW_E_INPUT, "header cannot be read");
}
END_TEST

/* The first line alone is longer than a usual sample. */
START_TEST(test_sniff_takes_a_longer_look_at_wide_tables)
{
    enum { COLUMNS = 50000 };
    char *text = malloc((size_t)COLUMNS * 20 * 3);
    ck_assert_ptr_nonnull(text);
    size_t n = 0;
    for (int c = 0; c < COLUMNS; c++)
        n += (size_t)sprintf(text + n, "column_%d%c", c, c + 1 < COLUMNS ? ',' : '\n');
    size_t header = n;
    for (int row = 0; row < 2; row++) {
        for (int c = 0; c < COLUMNS; c++)
            n += (size_t)sprintf(text + n, "%d%c", c, c + 1 < COLUMNS ? ',' : '\n');
    }
    struct fw_csv_layout layout = sniff(text);
    ck_assert_int_eq(layout.n_columns, COLUMNS);
    ck_assert(layout.has_header);
    ck_assert_uint_eq(layout.body_start, header);
    fw_csv_layout_clear(&layout);
    free(text);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sniff");
    TCase *cases = tcase_create("sniff");
    tcase_add_test(cases, test_sniff_finds_the_delimiter);
    tcase_add_test(cases, test_sniff_finds_the_header);
    tcase_add_test(cases, test_sniff_leaves_out_a_preamble);
    tcase_add_test(cases, test_sniff_makes_names);
    tcase_add_test(cases, test_sniff_follows_the_options);
    tcase_add_test(cases, test_sniff_refuses_what_cannot_be);
    tcase_add_test(cases, test_sniff_takes_a_longer_look_at_wide_tables);
    suite_add_tcase(suite, cases);
    return suite;
}
