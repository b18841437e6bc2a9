#include "results/drawing/svg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/markup.h"
#include "support/test_main.h"

#define HOSTILE "<script>alert(1)</script>\"'&\x1b\xff\xe2\x80\xae"

static struct fw_buffer out;

static void set_up(void)
{
    fw_buffer_init(&out, NULL);
}

static void tear_down(void)
{
    fw_buffer_clear(&out);
}

static void expect(const char *words)
{
    ck_assert_msg(strstr(out.data, words) != NULL, "no '%s' in: %s", words, out.data);
}

/* Edges of the area of values are whole pixels, so that places are known without the code under test. */
static struct fw_svg_plot begin(void)
{
    struct fw_svg_plot plot = {.out = &out,
                               .width = 512,
                               .height = 260,
                               .x = {.label = "bytes", .low = 1024, .high = 16384, .log = true, .unit = FW_SVG_BYTES},
                               .y = {.label = "auc", .low = 0.5, .high = 0.7}};
    fw_svg_plot_begin(&plot, "a plot");
    ck_assert_double_eq(plot.left, 82);
    ck_assert_double_eq(plot.right, 482);
    ck_assert_double_eq(plot.up, 14);
    ck_assert_double_eq(plot.down, 214);
    return plot;
}

START_TEST(test_svg_points_are_where_their_values_say)
{
    struct fw_svg_plot plot = begin();
    fw_svg_plot_mark(&plot, 4096, 0.6, 0, "mine"); /* half of four octaves, half of the height */
    fw_svg_plot_mark(&plot, 1024, 0.5, 1, NULL);
    fw_svg_plot_mark(&plot, 16384, 0.7, 2, NULL);
    fw_svg_plot_ring(&plot, 2048, 0.55, "taken");
    fw_svg_plot_rule_x(&plot, 8192, "full");
    fw_svg_plot_rule_y(&plot, 0.65, "base");
    fw_svg_plot_end(&plot);
    markup_check(out.data);
    expect("class=\"mark s0\" transform=\"translate(282.00 114.00)\"");
    expect("<title>mine</title>");
    expect("class=\"mark s1\" transform=\"translate(82.00 214.00)\"");
    expect("class=\"mark s2\" transform=\"translate(482.00 14.00)\"");
    expect("<circle cx=\"182.00\" cy=\"164.00\"");
    expect("x1=\"382.00\" y1=\"14.00\" x2=\"382.00\" y2=\"214.00\" class=\"rule\"");
    expect("x1=\"82.00\" y1=\"64.00\" x2=\"482.00\" y2=\"64.00\" class=\"rule\"");
    expect(">4 KiB</text>");
    expect(">0.6</text>");
    expect(">bytes</text>");
    expect(">auc</text>");
}
END_TEST

START_TEST(test_svg_lines_go_through_their_points)
{
    static const double x[] = {1024, 4096, 8192};
    static const double y[] = {0.5, 0.6, 0.65};
    struct fw_svg_plot plot = begin();
    fw_svg_plot_steps(&plot, x, y, 3);
    fw_svg_plot_curve(&plot, x, y, 3, 4);
    fw_svg_plot_end(&plot);
    markup_check(out.data);
    expect("class=\"steps\" d=\"M82.00,214.00H282.00V114.00H382.00V64.00H482.00\"");
    expect("class=\"curve s4\" d=\"M82.00,214.00L282.00,114.00L382.00,64.00\"");
}
END_TEST

START_TEST(test_svg_leaves_out_what_has_no_place)
{
    static const double wrong[] = {(double)NAN, (double)INFINITY, 0, -1, 1e9};
    struct fw_svg_plot plot = begin();
    for (int i = 0; i < 5; i++) {
        fw_svg_plot_mark(&plot, wrong[i], 0.6, 0, NULL);
        fw_svg_plot_mark(&plot, 4096, wrong[i], 0, NULL);
        fw_svg_plot_ring(&plot, wrong[i], 0.6, "no");
        fw_svg_plot_rule_x(&plot, wrong[i], "no");
        fw_svg_plot_rule_y(&plot, wrong[i], "no");
    }
    fw_svg_plot_steps(&plot, wrong, wrong, 5);
    fw_svg_plot_curve(&plot, wrong, wrong, 5, 0);
    fw_svg_plot_end(&plot);
    markup_check(out.data);
    ck_assert_int_eq(markup_count(out.data, "class=\"mark"), 0);
    ck_assert_int_eq(markup_count(out.data, "class=\"rule"), 0);
    ck_assert_int_eq(markup_count(out.data, "<circle"), 0);
    ck_assert_int_eq(markup_count(out.data, "nan"), 0);
    ck_assert_int_eq(markup_count(out.data, "inf"), 0);
}
END_TEST

START_TEST(test_svg_scale_above_is_drawn)
{
    struct fw_svg_plot plot = {.out = &out,
                               .width = 512,
                               .height = 260,
                               .x = {.label = "bytes", .low = 100, .high = 10000, .log = true, .unit = FW_SVG_BYTES},
                               .y = {.label = "auc", .low = 0, .high = 1},
                               .top = {.label = "share", .low = 1, .high = 100, .log = true, .unit = FW_SVG_PERCENT}};
    fw_svg_plot_begin(&plot, "a plot");
    fw_svg_plot_end(&plot);
    markup_check(out.data);
    expect("<text x=\"282.00\" y=\"37.00\" class=\"tick mid\">10 %</text>");
    expect(">share</text>");
}
END_TEST

START_TEST(test_svg_texts_are_escaped)
{
    struct fw_svg_plot plot = {
        .out = &out, .width = 400, .height = 300, .x = {HOSTILE, 0, 1, false, 0}, .y = {HOSTILE, 0, 1, false, 0}};
    const char *const names[] = {HOSTILE, "plain"};
    fw_buffer_add_text(&out, "<div>");
    fw_svg_plot_begin(&plot, HOSTILE);
    fw_svg_plot_mark(&plot, 0.5, 0.5, 0, HOSTILE);
    fw_svg_plot_ring(&plot, 0.5, 0.5, HOSTILE);
    fw_svg_plot_rule_x(&plot, 0.5, HOSTILE);
    fw_svg_plot_end(&plot);
    fw_svg_legend(&out, names, 2, FW_SVG_LEGEND_MARKS);
    fw_svg_legend(&out, names, 2, FW_SVG_LEGEND_CURVES);
    fw_svg_bar(&out, 100, 8, 1, 0.5, HOSTILE);
    fw_svg_blocks(&out, 100, 8, &(struct fw_svg_block){0, 0, 1, 1, true}, 1, HOSTILE);
    fw_buffer_add_text(&out, "</div>");
    markup_check(out.data);
    ck_assert_ptr_null(strstr(out.data, "<script"));
    ck_assert_int_ge(markup_count(out.data, "&lt;script&gt;"), 9);
}
END_TEST

START_TEST(test_svg_series_differ_in_colour_or_shape)
{
    char marks[FW_SVG_SERIES * FW_SVG_SERIES][200];
    struct fw_svg_plot plot = begin();
    for (int i = 0; i < FW_SVG_SERIES * FW_SVG_SERIES; i++) {
        int64_t start = out.length;
        fw_svg_plot_mark(&plot, 4096, 0.6, i, NULL);
        snprintf(marks[i], sizeof marks[i], "%s", out.data + start);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(marks[i], marks[k]);
    }
}
END_TEST

START_TEST(test_svg_bars_and_blocks_are_to_scale)
{
    static const struct fw_svg_block blocks[] = {{0, 0, 0.25, 0.5, true},
                                                 {0.25, 0, 0.75, 0.5, false},
                                                 {0, 0.5, 1, 0.5, false}};
    fw_buffer_add_text(&out, "<div>");
    fw_svg_bar(&out, 120, 8, 0.5, 0.25, "a bar");
    fw_svg_bar(&out, 120, 8, 1, (double)NAN, "none");
    fw_svg_blocks(&out, 200, 40, blocks, 3, "blocks");
    fw_buffer_add_text(&out, "</div>");
    markup_check(out.data);
    expect("class=\"kept\" x=\"0.00\" y=\"0.00\" width=\"30.00\" height=\"8.00\"");
    expect("class=\"frame\" x=\"0.00\" y=\"0.00\" width=\"60.00\" height=\"8.00\"");
    expect("class=\"kept\" x=\"0.00\" y=\"0.00\" width=\"0.00\"");
    expect("<path class=\"kept\" d=\"M0.00,0.00h50.00v20.00h-50.00z\"/>");
    expect("<path class=\"gone\" d=\"M50.00,0.00h150.00v20.00h-150.00zM0.00,20.00h200.00v20.00h-200.00z\"/>");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("svg");
    TCase *cases = tcase_create("svg");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_svg_points_are_where_their_values_say);
    tcase_add_test(cases, test_svg_lines_go_through_their_points);
    tcase_add_test(cases, test_svg_leaves_out_what_has_no_place);
    tcase_add_test(cases, test_svg_scale_above_is_drawn);
    tcase_add_test(cases, test_svg_texts_are_escaped);
    tcase_add_test(cases, test_svg_series_differ_in_colour_or_shape);
    tcase_add_test(cases, test_svg_bars_and_blocks_are_to_scale);
    suite_add_tcase(suite, cases);
    return suite;
}
