#include "results/drawing/html.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/rng.h"
#include "support/markup.h"
#include "support/scratch.h"
#include "support/test_main.h"

static struct fw_buffer out;

static void set_up(void)
{
    scratch_make();
    fw_buffer_init(&out, NULL);
}

static void tear_down(void)
{
    fw_buffer_clear(&out);
    scratch_remove();
}

static const char *escaped(const char *text)
{
    fw_buffer_clear(&out);
    fw_buffer_init(&out, NULL);
    fw_html_text(&out, text);
    return out.data != NULL ? out.data : "";
}

START_TEST(test_html_text_escapes_what_is_hostile)
{
    ck_assert_str_eq(escaped(""), "");
    ck_assert_str_eq(escaped("age@20 x job"), "age@20 x job");
    ck_assert_str_eq(escaped("<script>alert(1)</script>"), "&lt;script&gt;alert(1)&lt;/script&gt;");
    ck_assert_str_eq(escaped("\" onload='x' & &amp;"), "&quot; onload=&#39;x&#39; &amp; &amp;amp;");
    ck_assert_str_eq(escaped("a\tb\nc\x1b[31m\x7f"), "a\\x09b\\x0ac\\x1b[31m\\x7f");
    ck_assert_str_eq(escaped("\xff<\xc3"), "\\xff&lt;\\xc3");
    ck_assert_str_eq(escaped("\xc0\xbcscript"), "\\xc0\\xbcscript"); /* an overlong "<" */
    ck_assert_str_eq(escaped("gpj.\xe2\x80\xae.exe"), "gpj.\\u{202e}.exe");
    ck_assert_str_eq(escaped("\xc2\x9b"), "\\u{009b}");
    ck_assert_str_eq(escaped("\xef\xbf\xbf"), "\\u{ffff}");
    ck_assert_str_eq(escaped("größe 年齢 🎈"), "größe 年齢 🎈");
}
END_TEST

/* Any bytes at all, in every place that takes a text. */
START_TEST(test_html_pages_of_any_text_are_well_formed)
{
    struct fw_rng rng;
    static const char bytes[] = "<>&\"'/=!-?ab \n\xff\xe2\x80\xae\xc3\xa9\x01]";
    fw_rng_seed(&rng, 5, fw_stream(0, 0, FW_STREAM_TEST));
    for (int run = 0; run < 300; run++) {
        char text[24];
        int n = (int)fw_rng_below(&rng, sizeof text);
        for (int i = 0; i < n; i++)
            text[i] = bytes[fw_rng_below(&rng, sizeof bytes - 1)];
        text[n] = '\0';
        const char *const headers[] = {text, ">n"};
        struct fw_html_table table;
        fw_buffer_clear(&out);
        fw_buffer_init(&out, NULL);
        fw_html_begin(&out, text);
        fw_html_heading(&out, text);
        fw_html_paragraph(&out, "note", text);
        fw_html_table_begin(&table, &out, headers, 2, text);
        fw_html_table_mark(&table);
        fw_html_cell(&table, text);
        fw_html_cell_begin(&table);
        fw_html_name(&out, text);
        fw_html_cell_end(&table);
        fw_html_table_end(&table);
        fw_html_end(&out);
        markup_check(out.data);
    }
}
END_TEST

START_TEST(test_html_page_needs_nothing_else_and_forbids_scripts)
{
    fw_html_begin(&out, "t");
    fw_html_end(&out);
    ck_assert_ptr_nonnull(strstr(out.data, "Content-Security-Policy\" content=\"default-src 'none'; style-src "
                                           "'unsafe-inline'; base-uri 'none'; form-action 'none'\""));
    ck_assert_ptr_nonnull(strstr(out.data, "prefers-color-scheme:dark"));
    ck_assert_ptr_null(strstr(out.data, "<script"));
    ck_assert_ptr_null(strstr(out.data, "url("));
    ck_assert_ptr_null(strstr(out.data, "src="));
}
END_TEST

START_TEST(test_html_table_has_rows_marks_and_alignment)
{
    struct fw_html_table table;
    fw_html_table_begin(&table, &out, (const char *const[]){"a", ">b"}, 2, NULL);
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            fw_html_table_mark(&table);
        fw_html_cell(&table, "x");
        fw_html_cell(&table, "1");
    }
    fw_html_table_end(&table);
    markup_check(out.data);
    ck_assert_int_eq(markup_count(out.data, "<tr>"), 3);
    ck_assert_int_eq(markup_count(out.data, "<tr class=\"marked\"><td>x</td><td class=\"n\">1</td></tr>"), 1);
    ck_assert_int_eq(markup_count(out.data, "<th scope=\"col\" class=\"n\">b</th>"), 1);
}
END_TEST

START_TEST(test_html_save_writes_whole_files)
{
    struct fw_error refused = {0};
    char *text = NULL;
    size_t size = 0;
    fw_html_begin(&out, "saved");
    fw_html_end(&out);
    ck_ok(fw_html_save(&out, scratch_path("p.html"), err));
    ck_ok(fw_file_read(&text, &size, scratch_path("p.html"), 1 << 20, NULL, err));
    ck_assert_int_eq((int64_t)size, out.length);
    ck_assert_str_eq(text, out.data);
    fw_free(NULL, text);
    ck_assert_int_eq(fw_html_save(&out, scratch_path("none/p.html"), &refused), FW_E_IO);
    out.failed = true;
    ck_assert_int_eq(fw_html_save(&out, scratch_path("q.html"), &refused), FW_E_NOMEM);
    ck_assert_int_ne(access(scratch_path("q.html"), F_OK), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("html");
    TCase *cases = tcase_create("html");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_html_text_escapes_what_is_hostile);
    tcase_add_test(cases, test_html_pages_of_any_text_are_well_formed);
    tcase_add_test(cases, test_html_page_needs_nothing_else_and_forbids_scripts);
    tcase_add_test(cases, test_html_table_has_rows_marks_and_alignment);
    tcase_add_test(cases, test_html_save_writes_whole_files);
    suite_add_tcase(suite, cases);
    return suite;
}
