#include "results/drawing/routing_text.h"

#include <stdio.h>
#include <string.h>

#include "core/utf8.h"
#include "support/routings.h"
#include "support/test_main.h"

static struct fw_buffer out;
static struct fw_routing routing;

static void set_up(void)
{
    fw_buffer_init(&out, NULL);
}

static void tear_down(void)
{
    fw_buffer_clear(&out);
    fw_routing_clear(&routing, NULL);
}

static const char *drawn(const char *const *names)
{
    fw_buffer_clear(&out);
    ck_ok(fw_routing_text_add(&out, &routing, names, err));
    return out.data;
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (const char *at = strstr(text, what); at != NULL; at = strstr(at + 1, what))
        n++;
    return n;
}

/* Lines end without spaces and are at most 80 columns wide. */
static void check_lines(const char *text)
{
    int columns = 0;
    char before = '\n';
    while (*text != '\0') {
        char shown[FW_UTF8_SHOWN_SIZE];
        int wide = 0;
        int taken = *text == '\n' ? 1 : fw_utf8_shown(shown, &wide, text, strlen(text));
        ck_assert_msg(*text == '\n' || wide <= 2, "unsafe at: %s", text);
        ck_assert_msg(*text != '\n' || before != ' ', "a space before: %s", text);
        columns = *text == '\n' ? 0 : columns + wide;
        ck_assert_msg(columns <= 80, "beyond column 80: %s", text);
        before = *text;
        text += taken;
    }
    ck_assert_int_eq(before, '\n');
}

START_TEST(test_routing_text_small_routing_is_as_expected)
{
    static const char *const names[] = {"click", "buy", "rate"};
    routing_make_small(&routing);
    ck_assert_str_eq(drawn(names), "5 of 7 sub-networks and 7 of 21 connections are left\n"
                                   "gates: . closed, 1 to 9 tenths open, # open\n"
                                   "\n"
                                   "level 1 (across, 3 of 4 left) to level 2 (down, 2 of 3 left)\n"
                                   "       1 2 4\n"
                                   "   1   # . 5\n"
                                   "   3   . 9 1\n"
                                   "\n"
                                   "level 2 (across, 2 of 3 left) to the tasks\n"
                                   "            1 3\n"
                                   "   1 click  # 3\n"
                                   "   2 buy    . 8\n"
                                   "   3 rate   no open path from the inputs\n"
                                   "\n"
                                   "sub-networks that a task uses\n"
                                   "   1 click  ##############......  71 %\n"
                                   "   2 buy    #########...........  43 %\n"
                                   "   3 rate   ....................   0 %\n"
                                   "\n"
                                   "what two tasks share, in percent\n"
                                   "              1   2   3\n"
                                   "   1 click    -  12   0\n"
                                   "   2 buy     12   -   0\n"
                                   "   3 rate     0   0   -\n");
}
END_TEST

START_TEST(test_routing_text_single_level_and_task_have_no_more_to_say)
{
    static const char *const names[] = {"label"};
    routing_make(&routing, (const int32_t[]){12}, 1, 1, 1.0F);
    ck_assert_str_eq(drawn(names), "12 of 12 sub-networks and 12 of 12 connections are left\n"
                                   "gates: . closed, 1 to 9 tenths open, # open\n"
                                   "\n"
                                   "level 1 (across, 12 of 12 left) to the tasks\n"
                                   "                              1 1 1\n"
                                   "            1 2 3 4 5 6 7 8 9 0 1 2\n"
                                   "   1 label  # # # # # # # # # # # #\n"
                                   "\n"
                                   "sub-networks that a task uses\n"
                                   "   1 label  #################### 100 %\n");
}
END_TEST

START_TEST(test_routing_text_says_when_nothing_is_left)
{
    static const char *const names[] = {"a", "b"};
    routing_make(&routing, (const int32_t[]){2, 2}, 2, 2, 0);
    const char *text = drawn(names);
    check_lines(text);
    ck_assert_ptr_nonnull(strstr(text, "0 of 4 sub-networks and 0 of 8 connections are left\n"));
    ck_assert_ptr_nonnull(strstr(text, "level 2 (across, 0 of 2 left) to the tasks\n"
                                       "   1 a  no open path from the inputs\n"
                                       "   2 b  no open path from the inputs\n"));
    ck_assert_ptr_null(strstr(text, "level 1"));
}
END_TEST

START_TEST(test_routing_text_usual_shapes_show_every_task)
{
    const char *names[16];
    char texts[16][80];
    for (int i = 0; i < 16; i++) {
        snprintf(texts[i], sizeof texts[i], "conversion within %d days of the first visit to the shop", i);
        names[i] = texts[i];
    }
    for (int32_t n = 2; n <= 16; n++) {
        routing_make(&routing, (const int32_t[]){8, 8}, 2, n, 0.4F);
        const char *text = drawn(names);
        check_lines(text);
        ck_assert_int_eq(count(text, "..."), 3 * n);
        ck_assert_int_eq(count(text, "conversion within 1 d"), n <= 12 ? 3 : 2);
        ck_assert_int_eq(count(text, "more"), 0);
        fw_routing_clear(&routing, NULL);
    }
}
END_TEST

START_TEST(test_routing_text_largest_is_cut_and_says_so)
{
    const char *names[FW_TASKS_MOST];
    for (int i = 0; i < FW_TASKS_MOST; i++)
        names[i] = i % 2 == 0 ? "年齢年齢年齢年齢年齢年齢年齢" : ROUTINGS_HOSTILE;
    routing_make(&routing, (const int32_t[]){64, 64, 64, 64, 64, 64}, 6, FW_TASKS_MOST, 0.96F);
    const char *text = drawn(names);
    check_lines(text);
    ck_assert_int_eq(count(text, "and 40 more\n"), 8);
    ck_assert_int_le(count(text, "\n"), 8 * (FW_ROUTING_TEXT_ROWS + 5));
    ck_assert_ptr_nonnull(strstr(text, "in tenths"));
}
END_TEST

START_TEST(test_routing_text_cuts_by_two_rows_at_least)
{
    const char *names[26];
    for (int i = 0; i < 26; i++)
        names[i] = "t";
    routing_make(&routing, (const int32_t[]){3}, 1, 25, 1.0F);
    ck_assert_int_eq(count(drawn(names), "more"), 0);
    fw_routing_clear(&routing, NULL);
    routing_make(&routing, (const int32_t[]){3}, 1, 26, 1.0F);
    ck_assert_int_eq(count(drawn(names), "     and 2 more\n"), 3);
    check_lines(out.data);
}
END_TEST

START_TEST(test_routing_text_hostile_names_are_shown_as_they_are)
{
    static const char *const names[] = {"a\x1b[31m\nb", "\xff\xe2\x80\xae"};
    routing_make(&routing, (const int32_t[]){2}, 1, 2, 1.0F);
    const char *text = drawn(names);
    check_lines(text);
    ck_assert_int_eq(count(text, "a\\x1b[31m\\x0ab "), 3);
    ck_assert_int_eq(count(text, "\\xff\\u{202e} "), 3);
}
END_TEST

START_TEST(test_routing_text_refused_memory_is_told)
{
    static const char *const names[] = {"click", "buy", "rate"};
    struct fw_allocator mem;
    routing_make_small(&routing);
    for (int64_t i = 1;; i++) {
        struct fw_error refused = {0};
        struct fw_buffer text;
        fw_allocator_init(&mem, 0);
        mem.fail_at = i;
        fw_buffer_init(&text, &mem);
        enum fw_status status = fw_routing_text_add(&text, &routing, names, &refused);
        bool whole = status == FW_OK && !text.failed;
        ck_assert(whole || text.failed || status == FW_E_NOMEM);
        fw_buffer_clear(&text);
        ck_assert_uint_eq(mem.used, 0);
        if (whole) {
            ck_assert_int_gt(i, 3);
            return;
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("routing_text");
    TCase *cases = tcase_create("routing_text");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_routing_text_small_routing_is_as_expected);
    tcase_add_test(cases, test_routing_text_single_level_and_task_have_no_more_to_say);
    tcase_add_test(cases, test_routing_text_says_when_nothing_is_left);
    tcase_add_test(cases, test_routing_text_usual_shapes_show_every_task);
    tcase_add_test(cases, test_routing_text_largest_is_cut_and_says_so);
    tcase_add_test(cases, test_routing_text_cuts_by_two_rows_at_least);
    tcase_add_test(cases, test_routing_text_hostile_names_are_shown_as_they_are);
    tcase_add_test(cases, test_routing_text_refused_memory_is_told);
    suite_add_tcase(suite, cases);
    return suite;
}
