#include "results/drawing/routing_cells.h"

#include <stdlib.h>
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

static void draw(const char *const *names)
{
    fw_buffer_add_text(&out, "<div>");
    fw_routing_cells_gates(&out, &routing, names);
    ck_ok(fw_routing_cells_sharing(&out, &routing, names, err));
    fw_buffer_add_text(&out, "</div>");
    ck_ok(fw_buffer_check(&out, err));
    markup_check(out.data);
}

START_TEST(test_routing_cells_are_shaded_by_gate_and_share)
{
    routing_make_small(&routing);
    draw(small_names);
    ck_assert_int_eq(markup_count(out.data, "class=\"shade\""), 3 + 2);
    ck_assert_int_eq(markup_count(out.data, "class=\"gone\""), 3 + 3); /* outlines of rows */
    expect("fill-opacity=\"0.85\"><title>buy: sub-network 3 of level 2, gate 0.83</title>");
    expect("fill-opacity=\"1.00\"><title>click: sub-network 1 of level 2, gate 1</title>");
    expect("<title>click and buy share 12 %</title>");
    expect("<title>buy and click share 12 %</title>");
    expect(">71 %</text>");
    expect(">no open path</text>");
    expect(">3 rate</text>");
}
END_TEST

START_TEST(test_routing_cells_leave_out_what_leads_nowhere)
{
    routing_make(&routing, (const int32_t[]){1, 2}, 2, 2, 1.0F);
    *routing_gate(&routing, 0, 1, 0) = 0; /* nothing feeds the second, though tasks would read it */
    draw(small_names);
    ck_assert_int_eq(markup_count(out.data, "sub-network 2 of level 2"), 0);
    ck_assert_int_eq(markup_count(out.data, "sub-network 1 of level 2, gate 1"), 2);
    expect("<title>click and buy share 100 %</title>");
}
END_TEST

START_TEST(test_routing_cells_largest_stays_within_its_width)
{
    const char *names[FW_TASKS_MOST];
    for (int i = 0; i < FW_TASKS_MOST; i++)
        names[i] = i % 2 == 0 ? "task" : ROUTINGS_HOSTILE;
    routing_make(&routing, (const int32_t[]){64, 64, 64, 64, 64, 64}, 6, FW_TASKS_MOST, 0.5F);
    draw(names);
    ck_assert_int_eq(markup_count(out.data, "class=\"shade\""), 64 * 64 + 64 * 63);
    ck_assert_int_lt(out.length, 5 << 19);
    int outside = 0;
    for (const char *at = out.data; *at != '\0'; at++) {
        if (*at != ' ' || strncmp(at, " x=\"", 4) != 0)
            continue;
        double x = strtod(at + 4, NULL);
        outside += !(x >= 0 && x <= 960);
    }
    ck_assert_int_eq(outside, 0);
}
END_TEST

START_TEST(test_routing_cells_single_task_and_level)
{
    routing_make(&routing, (const int32_t[]){1}, 1, 1, 0.5F);
    draw(small_names);
    ck_assert_int_eq(markup_count(out.data, "class=\"shade\""), 1);
    expect(">0.5</text>");
}
END_TEST

START_TEST(test_routing_cells_names_are_escaped)
{
    static const char *const names[] = {ROUTINGS_HOSTILE, "</svg>", "\xff\n"};
    routing_make_small(&routing);
    draw(names);
    ck_assert_ptr_null(strstr(out.data, "<script"));
    ck_assert_int_eq(markup_count(out.data, "</svg>"), 2);
    expect("&lt;script&gt;");
    expect("3 \\xff\\x0a</text>");
}
END_TEST

START_TEST(test_routing_cells_refused_memory_is_told)
{
    routing_make_small(&routing);
    for (int64_t i = 1; i <= 2; i++) {
        struct fw_allocator mem;
        struct fw_error refused = {0};
        struct fw_buffer picture;
        fw_allocator_init(&mem, 0);
        mem.fail_at = i;
        fw_buffer_init(&picture, &mem);
        ck_assert_int_eq(fw_routing_cells_sharing(&picture, &routing, small_names, &refused), FW_E_NOMEM);
        fw_buffer_clear(&picture);
        ck_assert_uint_eq(mem.used, 0);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("routing_cells");
    TCase *cases = tcase_create("routing_cells");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_routing_cells_are_shaded_by_gate_and_share);
    tcase_add_test(cases, test_routing_cells_leave_out_what_leads_nowhere);
    tcase_add_test(cases, test_routing_cells_largest_stays_within_its_width);
    tcase_add_test(cases, test_routing_cells_single_task_and_level);
    tcase_add_test(cases, test_routing_cells_names_are_escaped);
    tcase_add_test(cases, test_routing_cells_refused_memory_is_told);
    suite_add_tcase(suite, cases);
    return suite;
}
