#include "results/drawing/routing_chart.h"

#include <string.h>

#include "support/markup.h"
#include "support/routings.h"
#include "support/test_main.h"

static struct fw_buffer out;
static struct fw_routing routing;
static const char *const small_names[] = {"click", "buy", "rate"};

static void set_up(void)
{
    fw_buffer_init(&out, NULL);
}

static void tear_down(void)
{
    fw_buffer_clear(&out);
    fw_routing_clear(&routing, NULL);
}

static void expect(const char *words)
{
    ck_assert_msg(strstr(out.data, words) != NULL, "no '%s' in: %s", words, out.data);
}

/* More than one element may follow a picture: markup is checked within one. */
static void draw(const char *const *names)
{
    fw_buffer_add_text(&out, "<div>");
    fw_routing_chart_add(&out, &routing, names);
    fw_buffer_add_text(&out, "</div>");
    ck_ok(fw_buffer_check(&out, err));
    markup_check(out.data);
}

START_TEST(test_routing_chart_draws_what_is_left)
{
    routing_make_small(&routing);
    draw(small_names);
    ck_assert_int_eq(markup_count(out.data, "class=\"gate\""), 7);
    ck_assert_int_eq(markup_count(out.data, "class=\"node\""), 5 + 2 + 1); /* sub-networks, towers, inputs */
    ck_assert_int_eq(markup_count(out.data, ": not left"), 2);
    ck_assert_int_eq(markup_count(out.data, "<line class=\"frame\""), 3);
    expect("<title>sub-network 3 of level 2 to task buy, gate 0.83</title>");
    expect("<title>sub-network 4 of level 1 to sub-network 1 of level 2, gate 0.5</title>");
    expect("<title>sub-network 3 of level 1, 8 units: not left</title>");
    expect(">level 2</text>");
    expect(">rate (no open path)</text>");
    ck_assert_ptr_null(strstr(out.data, "sub-network 3 of level 1 to")); /* it leads nowhere */
    ck_assert_ptr_null(strstr(out.data, "There are more"));
}
END_TEST

START_TEST(test_routing_chart_lines_are_wider_where_gates_are_open)
{
    routing_make(&routing, (const int32_t[]){2}, 1, 1, 1.0F);
    *routing_gate(&routing, 0, 0, 1) = 0.5F;
    draw(small_names);
    expect(
        "stroke-width=\"3.40\" stroke-opacity=\"0.90\"><title>sub-network 1 of level 1 to task click, gate 1</title>");
    expect("stroke-width=\"2.10\" stroke-opacity=\"0.55\"><title>sub-network 2 of level 1 to task click, gate "
           "0.5</title>");
}
END_TEST

START_TEST(test_routing_chart_without_open_gates_has_no_lines)
{
    routing_make(&routing, (const int32_t[]){2, 3}, 2, 3, 0);
    draw(small_names);
    ck_assert_int_eq(markup_count(out.data, "<line"), 0);
    ck_assert_int_eq(markup_count(out.data, "(no open path)"), 3);
}
END_TEST

START_TEST(test_routing_chart_largest_keeps_the_strongest_lines)
{
    const char *names[FW_TASKS_MOST];
    for (int i = 0; i < FW_TASKS_MOST; i++)
        names[i] = i % 2 == 0 ? "a name that is longer than there is room for beside a tower" : ROUTINGS_HOSTILE;
    routing_make(&routing, (const int32_t[]){64, 64, 64, 64, 64, 64}, 6, FW_TASKS_MOST, 0.5F);
    *routing_gate(&routing, 0, 0, 63) = 0.75F;
    draw(names);
    ck_assert_int_eq(markup_count(out.data, "class=\"gate\""), 6 * FW_ROUTING_CHART_LINES);
    expect("sub-network 64 of level 1 to sub-network 1 of level 2, gate 0.75");
    expect("There are more open connections than lines");
    ck_assert_int_lt(out.length, 1 << 20);
}
END_TEST

START_TEST(test_routing_chart_names_are_escaped)
{
    static const char *const names[] = {ROUTINGS_HOSTILE, ROUTINGS_HOSTILE, "</svg>"};
    routing_make_small(&routing);
    draw(names);
    ck_assert_ptr_null(strstr(out.data, "<script"));
    ck_assert_int_eq(markup_count(out.data, "</svg>"), 1);
    ck_assert_int_ge(markup_count(out.data, "&lt;script&gt;"), 5);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("routing_chart");
    TCase *cases = tcase_create("routing_chart");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_routing_chart_draws_what_is_left);
    tcase_add_test(cases, test_routing_chart_lines_are_wider_where_gates_are_open);
    tcase_add_test(cases, test_routing_chart_without_open_gates_has_no_lines);
    tcase_add_test(cases, test_routing_chart_largest_keeps_the_strongest_lines);
    tcase_add_test(cases, test_routing_chart_names_are_escaped);
    suite_add_tcase(suite, cases);
    return suite;
}
