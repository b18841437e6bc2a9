#include "search/sizes/sizing_rules.h"

#include <stdio.h>
#include <string.h>

#include "support/sizing_spaces.h"
#include "support/test_main.h"

enum { most_inputs = 4 };

static struct fw_embedding_space *space_of(const struct fw_sized_input *inputs, int32_t n, int32_t dim, bool projected)
{
    struct fw_embedding_space *space = NULL;
    struct fw_embedding_space_options options = {.dim = dim, .projected = projected};
    fw_embedding_grid_published(&options.grid);
    ck_ok(fw_embedding_space_create(&space, inputs, n, &options, NULL, err));
    return space;
}

/* Checks that sizes are one strip of these ids and widths an input (0 ids: dropped), and frees them. */
static void check_strips(struct fw_embedding_sizes *sizes, int64_t budget, const int64_t *ids, const int32_t *widths)
{
    ck_ok(fw_embedding_sizes_check(sizes, err));
    ck_assert_int_le(fw_embedding_sizes_bytes(sizes), budget);
    for (int32_t i = 0; i < sizes->n; i++) {
        const struct fw_embedding_size *size = &sizes->items[i];
        ck_assert_msg(fw_embedding_size_ids(size) == ids[i], "budget %lld, input %d: %lld ids, not %lld",
                      (long long)budget, i, (long long)fw_embedding_size_ids(size), (long long)ids[i]);
        ck_assert_int_eq(size->n_strips, ids[i] > 0);
        ck_assert_int_eq(fw_embedding_size_width(size), ids[i] > 0 ? widths[i] : 0);
    }
    fw_embedding_sizes_destroy(sizes);
}

START_TEST(test_sizing_rules_uniform_is_the_largest_width_that_fits)
{
    const struct fw_sized_input inputs[] = {{.name = "a", .n_ids = 6, .ranked = true}, {.name = "b", .n_ids = 4}};
    const struct {
        int64_t budget, a, b;
        int32_t width;
    } cases[] = {
        {1000, 6, 4, 4}, {160, 6, 4, 4}, {159, 6, 4, 3}, {40, 6, 4, 1}, /* one width for all */
        {39, 5, 4, 1},   {36, 5, 4, 1},  {20, 1, 4, 1},                 /* fewer ids of the ranked one */
        {19, 4, 0, 1},   {4, 1, 0, 1},                                  /* the bins go */
    };
    struct fw_embedding_space *space = space_of(inputs, 2, 4, false);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fw_embedding_sizes *sizes = NULL;
        ck_ok(fw_sizing_uniform(&sizes, space, cases[k].budget, NULL, err));
        check_strips(sizes, cases[k].budget, (int64_t[]){cases[k].a, cases[k].b},
                     (int32_t[]){cases[k].width, cases[k].width});
    }
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_sizing_rules_uniform_shares_what_is_too_little)
{
    const struct fw_sized_input inputs[most_inputs] = {{.name = "a", .n_ids = 10, .ranked = true},
                                                       {.name = "b", .n_ids = 5},
                                                       {.name = "c", .n_ids = 5, .ranked = true},
                                                       {.name = "d", .n_ids = 5}};
    const int64_t cases[][most_inputs + 1] = {
        {24, 9, 5, 4, 5},                                    /* 90 % of the ids; with all of them 25 */
        {12, 1, 5, 1, 5}, {11, 4, 5, 2, 0}, {7, 1, 5, 1, 0}, /* of equals the last goes first */
        {6, 4, 0, 2, 0},  {2, 1, 0, 1, 0},  {1, 1, 0, 0, 0},
    };
    struct fw_embedding_space *space = space_of(inputs, most_inputs, 3, false);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fw_embedding_sizes *sizes = NULL;
        ck_ok(fw_sizing_uniform(&sizes, space, cases[k][0] * 4 + 3, NULL, err));
        check_strips(sizes, cases[k][0] * 4 + 3, cases[k] + 1, (int32_t[]){1, 1, 1, 1});
    }
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_sizing_rules_vocabulary_keeps_the_most_frequent_ids)
{
    /* ids by falling count: a 0 (for the sake of 1) and 1, b 0, c whole (6 each), a 2, b 1, b 2, d whole (4.5 each), a
     * 3 */
    static const int64_t a[] = {1, 9, 5, 2};
    static const int64_t b[] = {8, 5, 5};
    static const int64_t c[] = {5, 7};
    const struct fw_sized_input inputs[most_inputs] = {{.name = "a", .n_ids = 4, .ranked = true, .counts = a},
                                                       {.name = "b", .n_ids = 3, .ranked = true, .counts = b},
                                                       {.name = "c", .n_ids = 2, .counts = c},
                                                       {.name = "d", .n_ids = 4, .ranked = true}};
    const int64_t cases[][most_inputs + 1] = {
        {1, 1, 0, 0, 0}, {2, 2, 0, 0, 0},  {3, 2, 1, 0, 0},  {4, 3, 1, 0, 0}, /* c does not fit */
        {5, 2, 1, 2, 0}, {6, 3, 1, 2, 0},  {7, 3, 2, 2, 0},  {8, 3, 3, 2, 0},
        {9, 3, 3, 2, 1}, {12, 3, 3, 2, 4}, {13, 4, 3, 2, 4}, {99, 4, 3, 2, 4},
    };
    struct fw_embedding_space *space = space_of(inputs, most_inputs, 2, false);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fw_embedding_sizes *sizes = NULL;
        ck_ok(fw_sizing_vocabulary(&sizes, space, cases[k][0] * 8 + 7, NULL, err));
        check_strips(sizes, cases[k][0] * 8 + 7, cases[k] + 1, (int32_t[]){2, 2, 2, 2});
    }
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_sizing_rules_vocabulary_without_counts_goes_by_ids)
{
    const struct fw_sized_input inputs[] = {{.name = "a", .n_ids = 10, .ranked = true},
                                            {.name = "b", .n_ids = 4, .ranked = true},
                                            {.name = "c", .n_ids = 3}};
    const int64_t cases[][4] = {{2, 0, 2, 0}, {3, 0, 0, 3}, {6, 0, 3, 3}, {9, 2, 4, 3}, {17, 10, 4, 3}};
    struct fw_embedding_space *space = space_of(inputs, 3, 1, false);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fw_embedding_sizes *sizes = NULL;
        ck_ok(fw_sizing_vocabulary(&sizes, space, cases[k][0] * 4, NULL, err));
        check_strips(sizes, cases[k][0] * 4, cases[k] + 1, (int32_t[]){1, 1, 1});
    }
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_sizing_rules_mde_is_wide_where_ids_are_few)
{
    /* alpha 1/2: widths f / 4, f / 2 and f, rounded */
    const struct fw_sized_input inputs[] = {{.name = "a", .n_ids = 16, .ranked = true},
                                            {.name = "b", .n_ids = 4, .ranked = true},
                                            {.name = "c", .n_ids = 1}};
    const struct {
        int64_t numbers;
        int32_t widths[3];
    } cases[] = {
        {21, {1, 1, 1}}, {27, {1, 2, 3}}, {28, {1, 2, 4}}, {29, {1, 2, 5}},  {33, {1, 3, 5}},
        {34, {1, 3, 6}}, {49, {1, 3, 6}}, {50, {2, 3, 6}}, {168, {8, 8, 8}}, {500, {8, 8, 8}},
    };
    const int64_t ids[] = {16, 4, 1};
    struct fw_embedding_space *space = space_of(inputs, 3, 8, false);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fw_embedding_sizes *sizes = NULL;
        ck_ok(fw_sizing_mde(&sizes, space, .5, cases[k].numbers * 4 + 3, NULL, err));
        check_strips(sizes, cases[k].numbers * 4 + 3, ids, cases[k].widths);
    }
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_sizing_rules_mde_projects_where_that_saves)
{
    const struct fw_sized_input inputs[] = {{.name = "a", .n_ids = 100, .ranked = true},
                                            {.name = "b", .n_ids = 2, .ranked = true}};
    const struct {
        int64_t numbers; /* exactly those used */
        int32_t a, b;
    } cases[] = {{104 + 6, 1, 1}, {2 * 104 + 8, 2, 4}, {3 * 104 + 8, 3, 4}, {408, 4, 4}};
    struct fw_embedding_space *space = space_of(inputs, 2, 4, true);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fw_embedding_sizes *sizes = NULL;
        ck_ok(fw_sizing_mde(&sizes, space, 0, cases[k].numbers * 4, NULL, err));
        ck_assert_int_eq(fw_embedding_sizes_bytes(sizes), cases[k].numbers * 4);
        ck_assert_int_eq(sizes->items[0].projected, cases[k].a < 4);
        ck_assert_int_eq(sizes->items[1].projected, cases[k].b < 4);
        check_strips(sizes, cases[k].numbers * 4, (int64_t[]){100, 2}, (int32_t[]){cases[k].a, cases[k].b});
    }
    struct fw_embedding_sizes *sizes = NULL; /* too little for projections, not for one plain width */
    ck_ok(fw_sizing_mde(&sizes, space, 0, 109 * 4, NULL, err));
    ck_assert(!sizes->items[0].projected);
    check_strips(sizes, 109 * 4, (int64_t[]){100, 2}, (int32_t[]){1, 1});
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_sizing_rules_name_the_least_budget)
{
    const struct fw_sized_input ranked[] = {{.name = "a", .n_ids = 10, .ranked = true}, {.name = "b", .n_ids = 3}};
    const struct fw_sized_input bins[] = {{.name = "a", .n_ids = 10}, {.name = "b", .n_ids = 3}};
    const struct {
        const struct fw_sized_input *inputs;
        int64_t narrow, wide;
    } cases[] = {{ranked, 4, 20}, {bins, 12, 60}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct fw_embedding_space *space = space_of(cases[k].inputs, 2, 5, false);
        struct fw_embedding_sizes *sizes = NULL;
        struct fw_error error = {0};
        char least[64];
        ck_assert_int_eq(fw_sizing_uniform(&sizes, space, cases[k].narrow - 1, NULL, &error), FW_E_ARG);
        snprintf(least, sizeof least, "the least is %lld bytes", (long long)cases[k].narrow);
        ck_assert_ptr_nonnull(strstr(error.message, least));
        ck_assert_int_eq(fw_sizing_mde(&sizes, space, .3, cases[k].narrow - 1, NULL, &error), FW_E_ARG);
        ck_assert_ptr_nonnull(strstr(error.message, least));
        ck_assert_int_eq(fw_sizing_vocabulary(&sizes, space, cases[k].wide - 1, NULL, &error), FW_E_ARG);
        snprintf(least, sizeof least, "the least is %lld bytes", (long long)cases[k].wide);
        ck_assert_ptr_nonnull(strstr(error.message, least));
        ck_assert_ptr_null(sizes);
        ck_ok(fw_sizing_vocabulary(&sizes, space, cases[k].wide, NULL, err));
        ck_assert_int_eq(fw_embedding_sizes_bytes(sizes), cases[k].wide);
        fw_embedding_sizes_destroy(sizes);
        fw_embedding_space_destroy(space);
    }
}
END_TEST

START_TEST(test_sizing_rules_mde_refuses_other_exponents)
{
    const struct fw_sized_input inputs[] = {{.name = "a", .n_ids = 10, .ranked = true}};
    const double wrong[] = {-.1, 10.5, 0. / 0.};
    struct fw_embedding_space *space = space_of(inputs, 1, 5, false);
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        struct fw_embedding_sizes *sizes = NULL;
        struct fw_error error = {0};
        ck_assert_int_eq(fw_sizing_mde(&sizes, space, wrong[k], 1000, NULL, &error), FW_E_ARG);
        ck_assert_ptr_nonnull(strstr(error.message, "0 to 10"));
    }
    fw_embedding_space_destroy(space);
}
END_TEST

static enum fw_status apply_rule(struct fw_embedding_sizes **out, const struct fw_embedding_space *space, int rule,
                                 int64_t budget)
{
    switch (rule) {
    case 0:
        return fw_sizing_uniform(out, space, budget, NULL, NULL);
    case 1:
        return fw_sizing_vocabulary(out, space, budget, NULL, NULL);
    default:
        return fw_sizing_mde(out, space, .1 * rule, budget, NULL, NULL);
    }
}

/* All budgets of small spaces: bytes never fall, and everything is kept from the full tables on, not before. */
START_TEST(test_sizing_rules_give_more_for_more)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 3, fw_stream(0, 0, FW_STREAM_TEST));
    for (int k = 0; k < 8; k++) {
        struct fw_embedding_space *space = sizing_spaces_random(&rng, k % 2, k % 4 > 1);
        int64_t full = fw_embedding_space_full_bytes(space);
        for (int rule = 0; rule < 4; rule++) {
            int64_t before = 0;
            for (int64_t budget = 0; budget <= full + 4; budget += 4) {
                struct fw_embedding_sizes *sizes = NULL;
                enum fw_status status = apply_rule(&sizes, space, rule, budget);
                if (status != FW_OK) {
                    ck_assert_int_eq(status, FW_E_ARG);
                    ck_assert_int_eq(before, 0); /* once something fits, something always does */
                    continue;
                }
                int64_t bytes = fw_embedding_sizes_bytes(sizes);
                ck_assert_int_gt(bytes, 0);
                ck_assert_int_le(bytes, budget);
                ck_assert_msg(bytes >= before, "space %d, rule %d, budget %lld: %lld after %lld bytes", k, rule,
                              (long long)budget, (long long)bytes, (long long)before);
                ck_assert_int_eq(bytes == full, budget >= full);
                before = bytes;
                fw_embedding_sizes_destroy(sizes);
            }
        }
        fw_embedding_space_destroy(space);
    }
}
END_TEST

/* One more unit of each rule: a width, an id of the largest input, a row of any ranked input. */
START_TEST(test_sizing_rules_use_all_they_can)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 4, fw_stream(0, 0, FW_STREAM_TEST));
    for (int k = 0; k < 1000; k++) {
        struct fw_embedding_space *space = sizing_spaces_random(&rng, false, false);
        int64_t budget = sizing_spaces_budget(&rng, space);
        int64_t ids = fw_embedding_space_full_bytes(space) / space->dim / 4;
        struct fw_embedding_sizes *uniform = NULL;
        struct fw_embedding_sizes *same = NULL;
        struct fw_embedding_sizes *vocabulary = NULL;
        if (apply_rule(&uniform, space, 0, budget) == FW_OK && budget >= ids * 4) {
            int32_t width = fw_embedding_size_width(&uniform->items[0]);
            ck_assert(width == space->dim || (width + 1) * ids * 4 > budget);
            ck_ok(fw_sizing_mde(&same, space, 0, budget, NULL, err)); /* alpha 0 is uniform */
            for (int32_t i = 0; i < space->n_inputs; i++)
                ck_assert_int_eq(fw_embedding_size_width(&same->items[i]), width);
        } else if (uniform != NULL) {
            int32_t largest = -1;
            int64_t more = 0; /* rows if the largest ranked input had one id more and the others their share of it */
            for (int32_t i = 0; i < space->n_inputs; i++) {
                const struct fw_space_input *input = &space->inputs[i];
                if (input->n_rows > 1 && (largest < 0 || input->n_ids > space->inputs[largest].n_ids))
                    largest = i;
            }
            for (int32_t i = 0; i < space->n_inputs && largest >= 0; i++) {
                int64_t share = (fw_embedding_size_ids(&uniform->items[largest]) + 1) * space->inputs[i].n_ids /
                                space->inputs[largest].n_ids;
                more +=
                    space->inputs[i].n_rows > 1 ? (share > 1 ? share : 1) : fw_embedding_size_ids(&uniform->items[i]);
            }
            ck_assert(largest < 0 || more * 4 > budget ||
                      fw_embedding_size_ids(&uniform->items[largest]) == space->inputs[largest].n_ids);
        }
        if (apply_rule(&vocabulary, space, 1, budget) == FW_OK) {
            int64_t left = budget - fw_embedding_sizes_bytes(vocabulary);
            for (int32_t i = 0; i < space->n_inputs; i++) {
                const struct fw_space_input *input = &space->inputs[i];
                int64_t rest = input->n_ids - fw_embedding_size_ids(&vocabulary->items[i]);
                ck_assert(rest == 0 || left < (input->n_rows > 1 ? 1 : rest) * space->dim * 4);
            }
        }
        fw_embedding_sizes_destroy(uniform);
        fw_embedding_sizes_destroy(same);
        fw_embedding_sizes_destroy(vocabulary);
        fw_embedding_space_destroy(space);
    }
}
END_TEST

/* How frequent id `id` of an input is by the rule: as the most frequent one at or behind it. */
static double frequency_of(const struct fw_embedding_space *space, int32_t i, int64_t id)
{
    double most_rows = 1;
    double rows = 0;
    int64_t behind = 0;
    const struct fw_space_input *input = &space->inputs[i];
    for (int32_t k = 0; k < space->n_inputs; k++) {
        double sum = 0;
        for (int64_t j = 0; j < space->inputs[k].n_ids && space->inputs[k].counts != NULL; j++)
            sum += (double)space->inputs[k].counts[j];
        most_rows = sum > most_rows ? sum : most_rows;
        rows = k == i ? sum : rows;
    }
    if (input->counts == NULL)
        return most_rows / (double)input->n_ids;
    if (input->n_rows == 1)
        return rows / (double)input->n_ids;
    for (int64_t j = id; j < input->n_ids; j++)
        behind = input->counts[j] > behind ? input->counts[j] : behind;
    return (double)behind;
}

/* With one threshold no id that was left out is more frequent than one that was kept, but in inputs passed over. */
START_TEST(test_sizing_rules_vocabulary_has_one_threshold)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 5, fw_stream(0, 0, FW_STREAM_TEST));
    for (int k = 0; k < 1000; k++) {
        struct fw_embedding_space *space = sizing_spaces_random(&rng, false, false);
        struct fw_embedding_sizes *sizes = NULL;
        if (apply_rule(&sizes, space, 1, sizing_spaces_budget(&rng, space)) == FW_OK) {
            double least_kept = 1e300;
            double most_left = 0;
            for (int32_t i = 0; i < space->n_inputs; i++) {
                int64_t ids = fw_embedding_size_ids(&sizes->items[i]);
                if (ids > 0 && frequency_of(space, i, ids - 1) < least_kept)
                    least_kept = frequency_of(space, i, ids - 1);
                if (ids < space->inputs[i].n_ids && space->inputs[i].n_rows > 1 &&
                    frequency_of(space, i, ids) > most_left)
                    most_left = frequency_of(space, i, ids);
            }
            ck_assert_double_le(most_left, least_kept);
        }
        fw_embedding_sizes_destroy(sizes);
        fw_embedding_space_destroy(space);
    }
}
END_TEST

/* Counts in no order at all, as nobody should give them, are still one threshold on what a prefix is worth. */
START_TEST(test_sizing_rules_vocabulary_takes_counts_in_any_order)
{
    static const int64_t counts[] = {3, 1, 7, 2, 4, 4, 0, 5, 1, 0};
    static const int64_t kept[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}; /* by rows: always all that fits */
    const struct fw_sized_input inputs[] = {{.name = "a", .n_ids = 10, .ranked = true, .counts = counts}};
    struct fw_embedding_space *space = space_of(inputs, 1, 2, false);
    for (int64_t rows = 1; rows <= 10; rows++) {
        struct fw_embedding_sizes *sizes = NULL;
        ck_ok(fw_sizing_vocabulary(&sizes, space, rows * 8, NULL, err));
        check_strips(sizes, rows * 8, &kept[rows], (int32_t[]){2});
    }
    fw_embedding_space_destroy(space);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sizing_rules");
    TCase *cases = tcase_create("sizing_rules");
    tcase_add_test(cases, test_sizing_rules_uniform_is_the_largest_width_that_fits);
    tcase_add_test(cases, test_sizing_rules_uniform_shares_what_is_too_little);
    tcase_add_test(cases, test_sizing_rules_vocabulary_keeps_the_most_frequent_ids);
    tcase_add_test(cases, test_sizing_rules_vocabulary_without_counts_goes_by_ids);
    tcase_add_test(cases, test_sizing_rules_vocabulary_takes_counts_in_any_order);
    tcase_add_test(cases, test_sizing_rules_vocabulary_has_one_threshold);
    tcase_add_test(cases, test_sizing_rules_mde_is_wide_where_ids_are_few);
    tcase_add_test(cases, test_sizing_rules_mde_projects_where_that_saves);
    tcase_add_test(cases, test_sizing_rules_mde_refuses_other_exponents);
    tcase_add_test(cases, test_sizing_rules_name_the_least_budget);
    tcase_add_test(cases, test_sizing_rules_give_more_for_more);
    tcase_add_test(cases, test_sizing_rules_use_all_they_can);
    suite_add_tcase(suite, cases);
    return suite;
}
