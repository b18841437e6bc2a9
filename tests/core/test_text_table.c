#include <string.h>

#include "core/shown.h"
#include "core/text_table.h"
#include "support/test_main.h"

/* The lines of a table of two columns, for a screen of this width. */
static const char *lines(struct fw_buffer *out, const char *const *cells, int n, int screen, bool whole)
{
    struct fw_text_table table;
    ck_ok(fw_text_table_init(&table, 2, NULL, err));
    for (int i = 0; i < n; i++)
        fw_text_table_add(&table, fw_text_of(cells[i]));
    table.columns[1].right = true;
    table.columns[1].whole = whole;
    ck_ok(fw_text_table_measure(&table, screen, err));
    fw_buffer_init(out, NULL);
    for (int64_t r = 0; r < fw_text_table_rows(&table); r++)
        fw_text_table_line(out, &table, r);
    fw_text_table_clear(&table);
    return out->data;
}

START_TEST(test_text_table_columns_are_aligned)
{
    static const char *const cells[] = {"name", "rows", "日本", "7", "a", "12345"};
    struct fw_buffer out;
    ck_assert_str_eq(lines(&out, cells, 6, 0, false), "name   rows\n日本      7\na     12345\n");
    fw_buffer_clear(&out);
}
END_TEST

START_TEST(test_text_table_wide_texts_are_cut_and_numbers_are_not)
{
    static const char *const cells[] = {"name", "n", "a text that is rather long", "12345678901234567890"};
    struct fw_buffer out;
    ck_assert_str_eq(lines(&out, cells, 4, 35, true),
                     "name                              n\na text tha...  12345678901234567890\n");
    fw_buffer_clear(&out);
    ck_assert_str_eq(lines(&out, cells, 4, 22, false), "name                 n\na text ...  1234567...\n");
    fw_buffer_clear(&out);
    /* wide characters are not cut in the middle */
    static const char *const wide[] = {"日本日本日本日本", "1"};
    ck_assert_str_eq(lines(&out, wide, 2, 11, true), "日本...   1\n");
    fw_buffer_clear(&out);
}
END_TEST

START_TEST(test_text_table_missing_and_empty_cells)
{
    static const char *const cells[] = {"", "", "a"};
    struct fw_buffer out;
    ck_assert_str_eq(lines(&out, cells, 3, 0, false), "\na\n");
    fw_buffer_clear(&out);
}
END_TEST

START_TEST(test_text_table_escapes_what_a_terminal_must_not_get)
{
    static const char *const cells[] = {"\033[2J", "\xff"};
    struct fw_buffer out;
    ck_assert_str_eq(lines(&out, cells, 2, 0, false), "\\x1b[2J  \\xff\n");
    fw_buffer_clear(&out);
}
END_TEST

START_TEST(test_text_table_refused_memory_is_reported)
{
    bool passed = false;
    for (int64_t at = 1; !passed; at++) {
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        mem.fail_at = at;
        struct fw_text_table table;
        struct fw_error err;
        enum fw_status status = fw_text_table_init(&table, 1, &mem, &err);
        if (status == FW_OK) {
            fw_text_table_add(&table, fw_text_of("name"));
            status = fw_text_table_measure(&table, 80, &err);
            fw_text_table_clear(&table);
        }
        passed = status == FW_OK;
        ck_assert(passed || status == FW_E_NOMEM);
        ck_assert_uint_eq(mem.used, 0);
        ck_assert_int_lt(at, 20);
    }
}
END_TEST

START_TEST(test_text_table_shown_valid_and_width)
{
    struct fw_buffer out;
    fw_buffer_init(&out, NULL);
    fw_shown_add_valid(&out, fw_text_of("a\xff日"));
    ck_assert_str_eq(out.data, "a\xef\xbf\xbd日");
    ck_assert_int_eq(fw_shown_width((struct fw_text){out.data, (size_t)out.length}), 4);
    fw_buffer_clear(&out);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("text_table");
    TCase *cases = tcase_create("text_table");
    tcase_add_test(cases, test_text_table_columns_are_aligned);
    tcase_add_test(cases, test_text_table_wide_texts_are_cut_and_numbers_are_not);
    tcase_add_test(cases, test_text_table_missing_and_empty_cells);
    tcase_add_test(cases, test_text_table_escapes_what_a_terminal_must_not_get);
    tcase_add_test(cases, test_text_table_refused_memory_is_reported);
    tcase_add_test(cases, test_text_table_shown_valid_and_width);
    suite_add_tcase(suite, cases);
    return suite;
}
