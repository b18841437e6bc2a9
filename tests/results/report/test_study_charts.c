/* The pictures that pages of studies are made of: trees, parallel coordinates, fronts, maps of sizes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/drawing/front_chart.h"
#include "results/drawing/policy_chart.h"
#include "results/drawing/size_map.h"
#include "results/drawing/svg_parallel.h"
#include "results/drawing/svg_tree.h"
#include "support/markup.h"
#include "support/polyglots.h"
#include "support/test_main.h"

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

/* ---- trees ---- */

START_TEST(test_study_charts_tree_has_branches_figures_and_a_line_at_zero)
{
    const struct fw_svg_tree_node nodes[] = {{-1, "base", "to begin with", (double)NAN, (double)NAN, (double)NAN,
                                              FW_SVG_TREE_TAKEN},
                                             {0, "a x b", "accepted", 0.2, 0.1, 0.3, FW_SVG_TREE_TAKEN},
                                             {1, "c x d", "", -0.1, (double)NAN, (double)NAN, FW_SVG_TREE_PLAIN},
                                             {1, "3 more", "", (double)NAN, (double)NAN, (double)NAN,
                                              FW_SVG_TREE_QUIET}};
    fw_svg_tree_add(&out, nodes, 4, "gain", "a tree");
    markup_check(out.data);
    expect(">+0.20000 [+0.10000, +0.30000]</text>");
    expect(">-0.10000</text>");
    expect(">accepted</text>");
    ck_assert_int_eq(markup_count(out.data, "class=\"branch"), 4); /* three to parents, one interval */
    ck_assert_int_eq(markup_count(out.data, "class=\"rule\""), 1);
    ck_assert_ptr_null(strstr(out.data, "nan"));
}
END_TEST

START_TEST(test_study_charts_tree_of_a_long_path_and_any_names_is_well_formed)
{
    enum { n = 100 };
    struct fw_svg_tree_node nodes[n];
    for (int i = 0; i < n; i++)
        nodes[i] = (struct fw_svg_tree_node){i - 1, polyglots[i], polyglots[n + i], 1e300, -(double)INFINITY, 2, 0};
    fw_svg_tree_add(&out, nodes, n, polyglots[0], polyglots[1]);
    markup_check(out.data);
    ck_assert_ptr_null(strstr(out.data, "inf\""));
}
END_TEST

/* ---- parallel coordinates ---- */

START_TEST(test_study_charts_parallel_lines_break_where_there_is_no_value)
{
    static const char *const names[] = {"adam", "ftrl"};
    const struct fw_svg_parallel_axis axes[] = {{"rate", {.low = 0, .high = 1}, NULL, 0},
                                                {"optimiser", {.low = 0, .high = 1}, names, 2},
                                                {"auc", {.low = 0.5, .high = 0.7}, NULL, 0}};
    const double values[] = {0, 0, 0.5, 1, (double)NAN, 0.7};
    const int shades[] = {0, 6};
    struct fw_svg_parallel chart = {axes, 3, values, shades, 2, 1};
    fw_svg_parallel_add(&out, &chart, "settings");
    markup_check(out.data);
    expect("class=\"thread q0\" d=\"M30.0,352.0L470.0,352.0L910.0,352.0\"");
    expect("class=\"thread q6 strong\" d=\"M30.0,52.0M910.0,52.0\"");
    expect(">adam</text>");
}
END_TEST

/* ---- fronts ---- */

START_TEST(test_study_charts_front_has_a_step_for_each_that_nothing_smaller_beats)
{
    const struct fw_front_point points[] = {{4096, 0.6, 0, "b"},
                                            {1024, 0.5, 0, "a"},
                                            {8192, 0.55, 1, "beaten"},
                                            {16384, 0.7, 1, "c"}};
    struct fw_front_chart chart = {.points = points,
                                   .n = 4,
                                   .x_label = "bytes",
                                   .y_label = "auc",
                                   .title = "front",
                                   .maximise = true,
                                   .taken = 3,
                                   .taken_as = "taken"};
    int64_t drawn = 0;
    ck_ok(fw_front_chart_add(&out, &drawn, &chart, err));
    markup_check(out.data);
    ck_assert_int_eq(drawn, 4);
    ck_assert_int_eq(markup_count(out.data, "class=\"mark"), 4);
    const char *steps = strstr(out.data, "class=\"steps\" d=\"");
    ck_assert_ptr_nonnull(steps);
    int levels = 0;
    for (const char *at = steps; *at != '/'; at++)
        levels += *at == 'V';
    ck_assert_int_eq(levels, 2); /* from a to b, from b to c */
}
END_TEST

START_TEST(test_study_charts_front_of_many_draws_all_that_are_on_it)
{
    enum { n = 3000 };
    struct fw_front_point *points = calloc(n, sizeof *points);
    ck_assert_ptr_nonnull(points);
    for (int i = 0; i < n; i++) /* a loss: ten on the front, the others beaten */
        points[i] = (struct fw_front_point){1000 * (1 + i % 10), 1 - 0.05 * (i % 10) + (i < 10 ? 0 : 0.001 * (i % 97)),
                                            i % 3, "one"};
    struct fw_front_chart chart = {
        .points = points, .n = n, .x_label = "bytes", .y_label = "loss", .title = "front", .taken = -1};
    int64_t drawn = 0;
    ck_ok(fw_front_chart_add(&out, &drawn, &chart, err));
    markup_check(out.data);
    ck_assert_int_lt(drawn, n);
    ck_assert_int_eq(markup_count(out.data, "class=\"mark"), 10);
    free(points);
}
END_TEST

/* ---- sizes ---- */

START_TEST(test_study_charts_sizes_are_ordered_and_the_dropped_are_told)
{
    struct fw_embedding_sizes *sizes;
    static const char *const names[] = {"<small>", "large", "dropped"};
    ck_ok(fw_embedding_sizes_create(&sizes, 8, 3, NULL, err));
    for (int i = 0; i < 3; i++)
        ck_ok(fw_embedding_sizes_name(sizes, i, names[i], err));
    sizes->items[0].n_strips = 1;
    sizes->items[0].strips[0] = (struct fw_strip){10, 8};
    sizes->items[1].n_strips = 2;
    sizes->items[1].strips[0] = (struct fw_strip){100, 4};
    sizes->items[1].strips[1] = (struct fw_strip){50, 4};
    struct fw_size_map_input inputs[3];
    for (int i = 0; i < 3; i++)
        inputs[i] = (struct fw_size_map_input){.size = &sizes->items[i], .n_ids = 200, .coverage = (double)NAN};
    ck_ok(fw_size_map_add(&out, inputs, 3, 8, err));
    markup_check(out.data);
    expect("1 input is dropped");
    expect("100 of 200");
    expect("8 to id 50, 4 beyond");
    ck_assert_ptr_null(strstr(out.data, "rows covered"));
    ck_assert(strstr(out.data, "<bdi>large") < strstr(out.data, "<bdi>&lt;small"));
    fw_embedding_sizes_destroy(sizes);
}
END_TEST

START_TEST(test_study_charts_policies_of_many_budgets_are_chosen_evenly)
{
    struct fw_policy_curve curves[20];
    const double values[] = {1, 2};
    for (int i = 0; i < 20; i++)
        curves[i] = (struct fw_policy_curve){1024 * (i + 1), 2, values, values, values};
    fw_policy_chart_add(&out, curves, 20);
    markup_check(out.data);
    ck_assert_int_eq(markup_count(out.data, "<li>"), 7);
    expect("1.0 KiB");
    fw_buffer_clear(&out);
    fw_buffer_init(&out, NULL);
    fw_policy_chart_add(&out, curves, 0);
    ck_assert_int_eq(out.length, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("study_charts");
    TCase *tcase = tcase_create("study_charts");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_study_charts_tree_has_branches_figures_and_a_line_at_zero);
    tcase_add_test(tcase, test_study_charts_tree_of_a_long_path_and_any_names_is_well_formed);
    tcase_add_test(tcase, test_study_charts_parallel_lines_break_where_there_is_no_value);
    tcase_add_test(tcase, test_study_charts_front_has_a_step_for_each_that_nothing_smaller_beats);
    tcase_add_test(tcase, test_study_charts_front_of_many_draws_all_that_are_on_it);
    tcase_add_test(tcase, test_study_charts_sizes_are_ordered_and_the_dropped_are_told);
    tcase_add_test(tcase, test_study_charts_policies_of_many_budgets_are_chosen_evenly);
    suite_add_tcase(suite, tcase);
    return suite;
}
