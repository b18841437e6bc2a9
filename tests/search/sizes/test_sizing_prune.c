#include "search/sizes/sizing_prune.h"

#include <math.h>
#include <string.h>

#include "support/sizing_spaces.h"
#include "support/test_main.h"

enum {
    most_levels = sizing_spaces_most_inputs * FW_STRIPS_MOST,
    most_blocks = sizing_spaces_most_inputs * FW_ROW_STRIPS_MOST * FW_STRIPS_MOST
};

static struct fw_embedding_space *space_of(const struct fw_sized_input *inputs, int32_t n, int32_t dim, int32_t strips,
                                           bool multi)
{
    struct fw_embedding_space *space = NULL;
    struct fw_embedding_space_options options = {
        .dim = dim,
        .multi = multi,
        .grid = {.n_rows = strips, .n_columns = strips, .rows = {1, 1, 1}, .columns = {1, 1, 1}}};
    ck_ok(fw_embedding_space_create(&space, inputs, n, &options, NULL, err));
    return space;
}

/* One input of 2 x 2 blocks of 4 bytes, worth 8 and 1, 3 and 1. */
START_TEST(test_sizing_prune_takes_the_least_a_byte)
{
    const struct fw_sized_input inputs[] = {{.name = "a", .n_ids = 2, .ranked = true}};
    const struct {
        bool multi;
        int64_t budget;
        fw_level first, second;
    } cases[] = {
        {true, 16, 2, 2},  {true, 15, 2, 1},  {true, 12, 2, 1},  {true, 11, 2, 0},  {true, 8, 2, 0},  {true, 4, 1, 0},
        {false, 16, 2, 2}, {false, 15, 2, 0}, {false, 12, 2, 0}, {false, 11, 2, 0}, {false, 8, 2, 0}, {false, 7, 1, 0},
        {true, 7, 1, 0},   {true, 99, 2, 2},  {false, 99, 2, 2}, {false, 4, 1, 0},
    };
    double scores[FW_ROW_STRIPS_MOST * FW_STRIPS_MOST];
    for (int k = 0; k < FW_ROW_STRIPS_MOST * FW_STRIPS_MOST; k++)
        scores[k] = NAN; /* missing blocks are not read */
    scores[fw_embedding_space_block(0, 0, 0)] = 8;
    scores[fw_embedding_space_block(0, 0, 1)] = 1;
    scores[fw_embedding_space_block(0, 1, 0)] = 3;
    scores[fw_embedding_space_block(0, 1, 1)] = 1;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        fw_level levels[FW_STRIPS_MOST];
        struct fw_embedding_space *space = space_of(inputs, 1, 2, 2, cases[k].multi);
        ck_ok(fw_sizing_prune(levels, space, cases[k].budget, scores, NULL, err));
        ck_assert_int_eq(levels[0], cases[k].first);
        ck_assert_int_eq(levels[1], cases[k].second);
        fw_embedding_space_destroy(space);
    }
}
END_TEST

/* The last thing to go is often larger than need be: what fits comes back. */
START_TEST(test_sizing_prune_puts_back_what_fits)
{
    const struct fw_sized_input inputs[] = {{.name = "a", .n_ids = 10},
                                            {.name = "b", .n_ids = 3},
                                            {.name = "c", .n_ids = 4}};
    const struct {
        int64_t rows;
        fw_level kept[3];
        double scores[3];
    } cases[] = {
        {13, {1, 1, 0}, {5, 6, 1.6}}, {12, {0, 1, 1}, {5, 6, 1.6}}, /* a was lost after c */
        {6, {0, 1, 0}, {5, 6, 1.6}},  {7, {0, 1, 1}, {60, 10, -1}}, /* a would be best and does not fit */
        {6, {0, 1, 0}, {60, 10, -1}}, {3, {0, 1, 0}, {60, 10, -1}},
        {4, {0, 0, 1}, {60, 1, 10}},  {3, {0, 1, 0}, {60, 1, 10}},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        double scores[3 * FW_ROW_STRIPS_MOST * FW_STRIPS_MOST] = {0};
        fw_level levels[3 * FW_STRIPS_MOST];
        struct fw_embedding_space *space = space_of(inputs, 3, 1, 1, true);
        for (int32_t i = 0; i < 3; i++)
            scores[fw_embedding_space_block(i, 0, 0)] = cases[k].scores[i];
        ck_ok(fw_sizing_prune(levels, space, cases[k].rows * 4, scores, NULL, err));
        for (int32_t i = 0; i < 3; i++)
            ck_assert_int_eq(levels[i * FW_STRIPS_MOST], cases[k].kept[i]);
        fw_embedding_space_destroy(space);
    }
}
END_TEST

static void draw_scores(double *scores, struct fw_rng *rng)
{
    for (int k = 0; k < most_blocks; k++)
        scores[k] = fw_rng_uniform(rng) - .1;
}

/* The score of all blocks in force. */
static double score_of(const struct fw_embedding_space *space, const fw_level *levels, const double *scores)
{
    double sum = 0;
    for (int32_t i = 0; i < space->n_inputs; i++) {
        for (int32_t t = 0; t < space->n_columns; t++) {
            for (int32_t s = 0; s < levels[i * FW_STRIPS_MOST + t]; s++)
                sum += scores[fw_embedding_space_block(i, s, t)];
        }
    }
    return sum;
}

/* Whether one sizing is the other with a block more: ME one level of one strip, SE a row strip or a column strip. */
static bool is_one_step_below(const struct fw_embedding_space *space, const int32_t *below, const int32_t *above)
{
    int32_t changed = -1;
    for (int32_t d = 0; d < space->n_decisions; d++) {
        if (below[d] == above[d])
            continue;
        if (changed >= 0)
            return false;
        changed = d;
    }
    if (changed < 0)
        return false;
    if (space->multi)
        return below[changed] + 1 == above[changed];
    int32_t columns = space->n_columns;
    int32_t rows_above = (above[changed] - 1) / columns + 1;
    int32_t columns_above = (above[changed] - 1) % columns + 1;
    if (above[changed] == 0)
        return false;
    if (below[changed] == 0)
        return rows_above == 1 || columns_above == 1;
    int32_t rows_below = (below[changed] - 1) / columns + 1;
    int32_t columns_below = (below[changed] - 1) % columns + 1;
    return rows_below + columns_below + 1 == rows_above + columns_above && rows_below <= rows_above &&
           columns_below <= columns_above;
}

static bool next_choices(const struct fw_embedding_space *space, int32_t *choices)
{
    for (int32_t d = 0; d < space->n_decisions; d++) {
        if (++choices[d] < fw_embedding_space_choices(space, d))
            return true;
        choices[d] = 0;
    }
    return false;
}

/* The best step by looking at every sizing of the space; what is put back from nothing is a first block. */
static bool best_step(int32_t *choices, const struct fw_embedding_space *space, const double *scores, int64_t budget,
                      bool back)
{
    fw_level now[most_levels];
    fw_level levels[most_levels];
    int32_t other[most_levels] = {0};
    int32_t best[most_levels];
    double best_rate = back ? -INFINITY : INFINITY;
    fw_embedding_space_apply(space, now, choices);
    do {
        if (!(back ? is_one_step_below(space, choices, other) : is_one_step_below(space, other, choices)))
            continue;
        fw_embedding_space_apply(space, levels, other);
        int64_t bytes = fw_embedding_space_bytes(space, levels);
        double rate = (score_of(space, levels, scores) - score_of(space, now, scores)) /
                      (double)(bytes - fw_embedding_space_bytes(space, now));
        bool first_block = true;
        for (int32_t d = 0; d < space->n_decisions && back && !space->multi; d++)
            first_block = first_block && (choices[d] > 0 || other[d] <= 1);
        if ((back && (bytes > budget || !first_block)) || !(back ? rate > best_rate : rate < best_rate))
            continue;
        best_rate = rate;
        memcpy(best, other, sizeof best);
    } while (next_choices(space, other));
    if (isinf(best_rate))
        return false;
    memcpy(choices, best, sizeof best);
    return true;
}

/* Tiny spaces of all kinds: step by step the same as by looking at every sizing for the best one a step away. */
START_TEST(test_sizing_prune_is_the_greedy_walk_of_its_definition)
{
    struct fw_rng rng;
    int compared = 0;
    fw_rng_seed(&rng, 12, fw_stream((uint64_t)_i, 0, FW_STREAM_TEST));
    for (int k = 0; compared < 60; k++) {
        double scores[most_blocks];
        fw_level levels[most_levels];
        fw_level expected[most_levels];
        int32_t choices[most_levels];
        double sizings = 1;
        struct fw_embedding_space *space = sizing_spaces_random(&rng, _i % 2, _i > 1);
        int64_t budget = sizing_spaces_budget(&rng, space);
        draw_scores(scores, &rng);
        for (int32_t d = 0; d < space->n_decisions; d++)
            sizings *= fw_embedding_space_choices(space, d);
        if (sizings < 2000 && budget < fw_embedding_space_full_bytes(space) &&
            fw_sizing_prune(levels, space, budget, scores, NULL, NULL) == FW_OK) {
            for (int32_t d = 0; d < space->n_decisions; d++)
                choices[d] = fw_embedding_space_choices(space, d) - 1;
            fw_embedding_space_apply(space, expected, choices);
            while (fw_embedding_space_bytes(space, expected) > budget) {
                ck_assert(best_step(choices, space, scores, budget, false));
                fw_embedding_space_apply(space, expected, choices);
            }
            while (best_step(choices, space, scores, budget, true))
                ;
            fw_embedding_space_apply(space, expected, choices);
            ck_assert_mem_eq(levels, expected, (size_t)fw_embedding_space_levels(space));
            compared++;
        }
        fw_embedding_space_destroy(space);
    }
}
END_TEST

/* Where blocks are of one size and worth less the deeper they are, nothing beats taking the best ones. */
START_TEST(test_sizing_prune_is_best_where_greed_is)
{
    const struct fw_sized_input inputs[] = {{.name = "a", .n_ids = 9, .ranked = true},
                                            {.name = "b", .n_ids = 9, .ranked = true}};
    struct fw_embedding_space *space = space_of(inputs, 2, 3, 3, true); /* 18 blocks of 12 bytes; 4^6 sizings */
    struct fw_rng rng;
    fw_rng_seed(&rng, 13, fw_stream(0, 0, FW_STREAM_TEST));
    for (int64_t blocks = 1; blocks <= 18; blocks++) {
        double scores[most_blocks];
        fw_level levels[most_levels];
        int32_t choices[most_levels] = {0};
        double best = 0;
        draw_scores(scores, &rng);
        for (int64_t k = 0; k < most_blocks; k++)
            scores[k] += .1 + (double)(FW_ROW_STRIPS_MOST - k / FW_STRIPS_MOST % FW_ROW_STRIPS_MOST);
        do {
            fw_embedding_space_apply(space, levels, choices);
            if (fw_embedding_space_bytes(space, levels) <= blocks * 12)
                best = fmax(best, score_of(space, levels, scores));
        } while (next_choices(space, choices));
        ck_ok(fw_sizing_prune(levels, space, blocks * 12 + 11, scores, NULL, err));
        ck_assert_int_eq(fw_embedding_space_bytes(space, levels), blocks * 12);
        ck_assert_double_eq_tol(score_of(space, levels, scores), best, 1e-9);
    }
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_sizing_prune_leaves_sizings_of_the_space)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 14, fw_stream(0, 0, FW_STREAM_TEST));
    for (int k = 0; k < 3000; k++) {
        double scores[most_blocks];
        fw_level levels[most_levels];
        struct fw_embedding_space *space = sizing_spaces_random(&rng, k % 2, k % 4 > 1);
        int64_t budget = sizing_spaces_budget(&rng, space);
        draw_scores(scores, &rng);
        if (fw_sizing_prune(levels, space, budget, scores, NULL, NULL) == FW_OK) {
            bool all = budget >= fw_embedding_space_full_bytes(space);
            ck_assert(all || fw_embedding_space_bytes(space, levels) <= budget);
            ck_assert_int_gt(fw_embedding_space_bytes(space, levels), 0);
            for (int32_t d = 0; d < space->n_decisions; d++) {
                int32_t choice = fw_embedding_space_choice(space, levels, d);
                ck_assert_int_ge(choice, 0);
                ck_assert(!all || choice == fw_embedding_space_choices(space, d) - 1);
            }
        }
        fw_embedding_space_destroy(space);
    }
}
END_TEST

/* Equal scores a byte: the first input and the first columns are what is left. */
START_TEST(test_sizing_prune_breaks_ties_by_order)
{
    const struct fw_sized_input inputs[] = {{.name = "a", .n_ids = 2, .ranked = true},
                                            {.name = "b", .n_ids = 2, .ranked = true}};
    const fw_level kept[][4] = {{1, 0, 0, 0}, {2, 0, 0, 0}, {2, 1, 0, 0}, {2, 2, 0, 0}, {2, 2, 1, 0}, {2, 2, 2, 0}};
    double scores[2 * FW_ROW_STRIPS_MOST * FW_STRIPS_MOST] = {0};
    struct fw_embedding_space *space = space_of(inputs, 2, 2, 2, true);
    for (int64_t k = 0; k < 6; k++) {
        fw_level levels[2 * FW_STRIPS_MOST];
        ck_ok(fw_sizing_prune(levels, space, (k + 1) * 4, scores, NULL, err));
        for (int t = 0; t < 4; t++)
            ck_assert_int_eq(levels[t / 2 * FW_STRIPS_MOST + t % 2], kept[k][t]);
    }
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_sizing_prune_refuses_what_makes_no_sense)
{
    const struct fw_sized_input inputs[] = {{.name = "a", .n_ids = 4, .ranked = true}};
    const double wrong[] = {NAN, INFINITY, -INFINITY};
    double scores[FW_ROW_STRIPS_MOST * FW_STRIPS_MOST] = {0};
    fw_level levels[FW_STRIPS_MOST];
    struct fw_error error = {0};
    struct fw_embedding_space *space = space_of(inputs, 1, 4, 2, true);
    ck_assert_int_eq(fw_sizing_prune(levels, space, 15, scores, NULL, &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "the least is 16 bytes"));
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        scores[fw_embedding_space_block(0, 1, 0)] = wrong[k];
        ck_assert_int_eq(fw_sizing_prune(levels, space, 16, scores, NULL, &error), FW_E_NUMERIC);
        ck_assert_ptr_nonnull(strstr(error.message, "block (2, 1) of the embedding of 'a'"));
    }
    fw_embedding_space_destroy(space);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sizing_prune");
    TCase *cases = tcase_create("sizing_prune");
    tcase_add_test(cases, test_sizing_prune_takes_the_least_a_byte);
    tcase_add_test(cases, test_sizing_prune_puts_back_what_fits);
    tcase_add_loop_test(cases, test_sizing_prune_is_the_greedy_walk_of_its_definition, 0, 4);
    tcase_add_test(cases, test_sizing_prune_is_best_where_greed_is);
    tcase_add_test(cases, test_sizing_prune_leaves_sizings_of_the_space);
    tcase_add_test(cases, test_sizing_prune_breaks_ties_by_order);
    tcase_add_test(cases, test_sizing_prune_refuses_what_makes_no_sense);
    suite_add_tcase(suite, cases);
    return suite;
}
