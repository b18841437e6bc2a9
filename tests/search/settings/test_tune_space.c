#include "search/settings/tune_space.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/registry.h"
#include "support/test_main.h"

enum { draws = 4000 };

static const char *const kinds[] = {"plain", "steep", "flat", NULL};

static const struct fw_param_spec table[] = {
    {.name = "kind", .choices = kinds, .fallback = 0, .low = 0, .high = 2, .doc = "of it"},
    {.name = "rate", .min = 1e-6, .max = 10, .fallback = 0.1, .low = 1e-4, .high = 1, .log_scale = true, .doc = "step"},
    {.name = "width", .min = 1, .max = 100, .fallback = 4, .low = 2, .high = 5, .integer = true, .doc = "units"},
    {.name = "size", .min = 1, .max = 1e6, .fallback = 64, .low = 16, .high = 1024, .log_scale = true, .integer = true},
    {.name = "l1", .min = 0, .max = 10, .fallback = 0, .low = 0.01, .high = 1, .log_scale = true, .when = "kind=steep"},
    {.name = "share", .min = 0, .max = 1, .fallback = 0.5, .low = 0, .high = 0.5, .when = "kind!=flat|plain"},
    {.name = "epochs", .min = 1, .max = 100, .fallback = 9, .integer = true},
    {.name = NULL},
};

/* The same rows in another order. */
static const struct fw_param_spec turned[] = {
    {.name = "size", .min = 1, .max = 1e6, .fallback = 64, .low = 16, .high = 1024, .log_scale = true, .integer = true},
    {.name = "rate", .min = 1e-6, .max = 10, .fallback = 0.1, .low = 1e-4, .high = 1, .log_scale = true, .doc = "step"},
    {.name = NULL},
};

static double drawn(const struct fw_tune_space *space, const char *name, int i)
{
    struct fw_params params;
    fw_tune_space_draw(&params, space, 1, (uint64_t)i + 2, 0);
    return fw_params_get(&params, name);
}

START_TEST(test_tune_space_draws_are_in_their_ranges)
{
    struct fw_tune_space space;
    fw_tune_space_init(&space, table);
    ck_assert_int_eq(space.n_axes, 6);
    for (int i = 0; i < draws; i++) {
        struct fw_params params;
        fw_tune_space_draw(&params, &space, 3, (uint64_t)i, 0);
        for (int32_t a = 0; a < space.n_axes; a++) {
            const struct fw_param_spec *spec = &table[space.axes[a].row];
            double value = params.value[space.axes[a].row];
            bool allowed = (value >= spec->low && value <= spec->high) || value == spec->fallback;
            ck_assert_msg(allowed, "%s=%g", spec->name, value);
            if (spec->integer)
                ck_assert_double_eq(value, floor(value));
        }
        ck_assert_double_eq(fw_params_get(&params, "epochs"), 9);
        bool steep = strcmp(fw_params_choice(&params, "kind"), "steep") == 0;
        ck_assert(steep || fw_params_get(&params, "l1") == 0);
        ck_assert(steep || fw_params_get(&params, "share") == 0.5);
    }
}
END_TEST

/* Shares of four equal parts of the axis, each within five standard errors of a quarter. */
static void assert_even(const int counts[4], int n)
{
    double se = sqrt(n * 0.25 * 0.75);
    for (int q = 0; q < 4; q++)
        ck_assert_msg(fabs(counts[q] - n / 4.0) < 5 * se, "part %d has %d of %d", q, counts[q], n);
}

START_TEST(test_tune_space_draws_are_even_in_the_logarithm)
{
    struct fw_tune_space space;
    int rates[4] = {0};
    int widths[4] = {0};
    fw_tune_space_init(&space, table);
    for (int i = 0; i < draws; i++) {
        rates[(int)fmin(3, floor(log10(drawn(&space, "rate", i)) + 4))]++;
        widths[(int)drawn(&space, "width", i) - 2]++; /* whole numbers: the ends have their full share */
    }
    assert_even(rates, draws);
    assert_even(widths, draws);
}
END_TEST

START_TEST(test_tune_space_a_default_outside_its_range_is_drawn_too)
{
    struct fw_tune_space space;
    int zero = 0;
    int quarters[4] = {0};
    fw_tune_space_init(&space, table);
    ck_ok(fw_tune_space_fix(&space, "kind=steep", err));
    for (int i = 0; i < draws; i++) {
        double l1 = drawn(&space, "l1", i);
        if (l1 == 0)
            zero++;
        else
            quarters[(int)fmin(3, floor(2 * log10(l1) + 4))]++;
    }
    ck_assert(fabs(zero - draws / 4.0) < 5 * sqrt(draws * 0.25 * 0.75));
    assert_even(quarters, draws - zero);
    ck_ok(fw_tune_space_search(&space, "l1=0.1..0.2", err)); /* a range that was asked for is the whole of it */
    for (int i = 0; i < draws; i++)
        ck_assert(drawn(&space, "l1", i) >= 0.1);
}
END_TEST

START_TEST(test_tune_space_a_draw_depends_on_seed_configuration_and_name_alone)
{
    struct fw_tune_space a;
    struct fw_tune_space b;
    fw_tune_space_init(&a, table);
    fw_tune_space_init(&b, turned);
    int same = 0;
    for (int i = 0; i < 100; i++) {
        ck_assert_double_eq(drawn(&a, "rate", i), drawn(&b, "rate", i));
        ck_assert_double_eq(drawn(&a, "size", i), drawn(&b, "size", i));
        struct fw_params first;
        struct fw_params second;
        fw_tune_space_draw(&first, &a, 1, 7, (uint64_t)i);
        fw_tune_space_draw(&second, &a, 1, 7, (uint64_t)i + 1);
        same += first.value[1] == second.value[1];
        fw_tune_space_draw(&second, &a, 2, 7, (uint64_t)i);
        same += first.value[1] == second.value[1];
    }
    ck_assert_int_le(same, 2);
}
END_TEST

START_TEST(test_tune_space_values_can_be_typed)
{
    struct fw_tune_space space;
    fw_tune_space_init(&space, table);
    for (int i = 0; i < draws; i++) {
        char text[32];
        double back;
        double rate = drawn(&space, "rate", i);
        snprintf(text, sizeof text, "%.4g", rate);
        ck_assert(fw_text_to_double(fw_text_of(text), &back));
        ck_assert_double_eq(back, rate);
    }
}
END_TEST

START_TEST(test_tune_space_lists_of_values)
{
    struct fw_tune_space space;
    int counts[3] = {0};
    fw_tune_space_init(&space, table);
    ck_ok(fw_tune_space_search(&space, "kind=flat|plain", err));
    ck_ok(fw_tune_space_search(&space, " size = 16 | 32|64", err));
    for (int i = 0; i < draws; i++) {
        double size = drawn(&space, "size", i);
        ck_assert(size == 16 || size == 32 || size == 64);
        counts[size == 16 ? 0 : size == 32 ? 1 : 2]++;
        ck_assert(drawn(&space, "kind", i) != 1);
    }
    for (int k = 0; k < 3; k++)
        ck_assert_int_gt(counts[k], draws / 4);
    char text[256];
    ck_assert_str_eq(fw_tune_axis_text(text, &space, &space.axes[0]), "flat|plain");
    ck_assert_str_eq(fw_tune_axis_text(text, &space, &space.axes[3]), "16|32|64");
    ck_assert_str_eq(fw_tune_axis_text(text, &space, &space.axes[4]), "0 or 0.01 .. 1, log");
}
END_TEST

static const struct {
    const char *search;
    const char *says;
} refused[] = {
    {"rate", "key=low..high"},
    {"ratte=1..2", "did you mean 'rate'"},
    {"rate=2..1", "below"},
    {"rate=1..1", "below"},
    {"rate=0..1", "out of range"},
    {"l1=0..1", "start above 0"},
    {"rate=1..11", "out of range"},
    {"rate=..1", "not a number"},
    {"rate=1..", "not a number"},
    {"rate=0.1", "one value"},
    {"rate=0.1|x", "not a number"},
    {"kind=plain..flat", "chosen by name"},
    {"kind=plain|round", "is one of"},
    {"width=1.5..3", "whole number"},
    {"epochs=1..9", "rationed"},
    {"share=0.1..0.2", "fixed and searched"},
    {"size=1|2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17", "more than 16"},
};

START_TEST(test_tune_space_bad_ranges_are_refused_with_the_remedy)
{
    struct fw_tune_space space;
    struct fw_error told = {0};
    fw_tune_space_init(&space, table);
    ck_ok(fw_tune_space_fix(&space, "share=0.25", err));
    struct fw_tune_space before = space;
    ck_assert_int_eq(fw_tune_space_search(&space, refused[_i].search, &told), FW_E_ARG);
    ck_assert_msg(strstr(told.message, refused[_i].says) != NULL, "'%s' lacks '%s'", told.message, refused[_i].says);
    ck_assert_mem_eq(&space, &before, sizeof space);
}
END_TEST

START_TEST(test_tune_space_what_is_fixed_is_not_searched)
{
    struct fw_tune_space space;
    struct fw_error told = {0};
    fw_tune_space_init(&space, table);
    ck_ok(fw_tune_space_fix(&space, "rate=0.5, width=9,kind=flat", err));
    for (int i = 0; i < 100; i++)
        ck_assert_double_eq(drawn(&space, "rate", i), 0.5);
    ck_ok(fw_tune_space_check(&space, err));
    ck_ok(fw_tune_space_search(&space, "l1=0.1..1", err));
    ck_assert_int_eq(fw_tune_space_check(&space, &told), FW_E_ARG); /* without kind=steep nothing reads it */
    ck_assert_ptr_nonnull(strstr(told.message, "kind=steep"));
    ck_assert_int_eq(fw_tune_space_fix(&space, "l1=0.5", &told), FW_E_ARG);
    fw_tune_space_init(&space, table);
    ck_ok(fw_tune_space_fix(&space, "rate=0.5,width=9,kind=flat,size=16", err));
    ck_assert_int_eq(fw_tune_space_check(&space, &told), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(told.message, "nothing is left to search"));
}
END_TEST

START_TEST(test_tune_space_canonical_text)
{
    struct fw_tune_space space;
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    fw_tune_space_init(&space, turned);
    fw_tune_space_json(&text, &space);
    ck_assert_str_eq(text.data, "{\"rate\":\"0.0001 .. 1, log\",\"size\":\"16 .. 1024, log\"}");
    fw_buffer_clear(&text);
}
END_TEST

/* Every registered model: ranges lie within what is allowed, and draws are accepted as settings. */
START_TEST(test_tune_space_draws_of_every_model_are_its_settings)
{
    for (const struct fw_model_vtable *const *m = fw_model_list(); *m != NULL; m++) {
        struct fw_tune_space space;
        fw_tune_space_init(&space, (*m)->params);
        for (int i = 0; i < 200; i++) {
            struct fw_params params;
            struct fw_params back;
            struct fw_buffer text;
            fw_tune_space_draw(&params, &space, 5, (uint64_t)i, 0);
            fw_buffer_init(&text, NULL);
            fw_params_json(&text, &params);
            fw_params_init(&back, (*m)->params);
            ck_ok(fw_params_from_json(&back, text.data, err));
            ck_assert_mem_eq(&back, &params, sizeof back);
            fw_buffer_clear(&text);
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tune_space");
    TCase *cases = tcase_create("tune_space");
    tcase_add_test(cases, test_tune_space_draws_are_in_their_ranges);
    tcase_add_test(cases, test_tune_space_draws_are_even_in_the_logarithm);
    tcase_add_test(cases, test_tune_space_a_default_outside_its_range_is_drawn_too);
    tcase_add_test(cases, test_tune_space_a_draw_depends_on_seed_configuration_and_name_alone);
    tcase_add_test(cases, test_tune_space_values_can_be_typed);
    tcase_add_test(cases, test_tune_space_lists_of_values);
    tcase_add_loop_test(cases, test_tune_space_bad_ranges_are_refused_with_the_remedy, 0,
                        (int)(sizeof refused / sizeof *refused));
    tcase_add_test(cases, test_tune_space_what_is_fixed_is_not_searched);
    tcase_add_test(cases, test_tune_space_canonical_text);
    tcase_add_test(cases, test_tune_space_draws_of_every_model_are_its_settings);
    suite_add_tcase(suite, cases);
    return suite;
}
