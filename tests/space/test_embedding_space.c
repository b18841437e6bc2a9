#include "space/embedding_space.h"

#include <math.h>
#include <string.h>

#include "support/schemas.h"
#include "support/test_main.h"

#define MOST_INPUTS 4

static struct fw_embedding_space_options options_of(int32_t dim, bool multi, bool projected)
{
    struct fw_embedding_space_options options = {.dim = dim, .multi = multi, .projected = projected};
    fw_embedding_grid_published(&options.grid);
    return options;
}

static struct fw_embedding_space *space_of(const struct fw_sized_input *inputs, int32_t n,
                                           const struct fw_embedding_space_options *options)
{
    struct fw_embedding_space *space = NULL;
    ck_ok(fw_embedding_space_create(&space, inputs, n, options, NULL, err));
    return space;
}

/* A field of 7 categories, a number, a field with one value, bins; 3 x 2 blocks at most, dim 5. */
static struct fw_embedding_space *small_space(bool multi, bool projected)
{
    const struct fw_sized_input inputs[MOST_INPUTS] = {
        {.name = "job", .n_ids = 7, .ranked = true},
        {.name = "age", .n_ids = 1},
        {.name = "one", .n_ids = 1, .ranked = true},
        {.name = "age@4", .n_ids = 4},
    };
    const struct fw_embedding_space_options options = {
        .dim = 5,
        .multi = multi,
        .projected = projected,
        .grid = {.n_rows = 3, .n_columns = 2, .rows = {1, 1, 2}, .columns = {2, 1}},
    };
    return space_of(inputs, MOST_INPUTS, &options);
}

/* The next choices in counting order; false after the last. */
static bool next_choices(const struct fw_embedding_space *space, int32_t *choices)
{
    for (int32_t d = 0; d < space->n_decisions; d++) {
        if (++choices[d] < fw_embedding_space_choices(space, d))
            return true;
        choices[d] = 0;
    }
    return false;
}

/* Bytes by the definition: block after block, and a projection for each column strip in use. */
static int64_t bytes_of_blocks(const struct fw_embedding_space *space, const fw_level *levels)
{
    int64_t numbers = 0;
    for (int32_t i = 0; i < space->n_inputs; i++) {
        for (int32_t t = 0; t < space->n_columns; t++) {
            int32_t level = levels[i * FW_STRIPS_MOST + t];
            for (int32_t s = 0; s < level; s++) {
                const int64_t *depth = space->inputs[i].depth;
                numbers += (depth[s] - (s > 0 ? depth[s - 1] : 0)) * space->width[t];
            }
            if (level > 0 && space->projected)
                numbers += (int64_t)space->width[t] * space->dim;
        }
    }
    return 4 * numbers;
}

START_TEST(test_embedding_space_cuts_the_published_example)
{
    const struct fw_sized_input input = {.name = "id", .n_ids = 10000000, .ranked = true};
    const struct fw_embedding_space_options options = options_of(256, false, false);
    struct fw_embedding_space *space = space_of(&input, 1, &options);
    const int64_t depths[] = {1000000, 3000000, 5000000, 7000000, 10000000};
    ck_assert_int_eq(space->inputs[0].n_rows, 5);
    ck_assert_mem_eq(space->inputs[0].depth, depths, sizeof depths);
    ck_assert_int_eq(space->n_columns, 4);
    for (int32_t t = 0; t < 4; t++)
        ck_assert_int_eq(space->width[t], 64);
    ck_assert_int_eq(space->n_decisions, 1);
    ck_assert_int_eq(fw_embedding_space_choices(space, 0), 21);
    ck_assert_int_eq(fw_embedding_space_full_bytes(space), INT64_C(10240000000));
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_embedding_space_single_size_of_the_published_example)
{
    const struct fw_sized_input input = {.name = "id", .n_ids = 10000000, .ranked = true};
    const struct fw_embedding_space_options options = options_of(256, false, false);
    struct fw_embedding_space *space = space_of(&input, 1, &options);
    struct fw_embedding_sizes *sizes = NULL;
    const int32_t choice = 1 + (4 - 1) * 4 + (3 - 1); /* (s, t) = (4, 3): 7M x 192 */
    const fw_level expected[FW_STRIPS_MOST] = {4, 4, 4};
    fw_level levels[FW_STRIPS_MOST];
    uint32_t depths[FW_STRIPS_MOST];
    fw_embedding_space_apply(space, levels, &choice);
    ck_assert_mem_eq(levels, expected, sizeof levels);
    ck_assert_int_eq(fw_embedding_space_bytes(space, levels), INT64_C(4) * 7000000 * 192);
    fw_embedding_space_depths(space, depths, levels);
    ck_assert_uint_eq(depths[2], 7000000);
    ck_assert_uint_eq(depths[3], 0);
    ck_ok(fw_embedding_space_sizes(&sizes, space, levels, NULL, err));
    ck_assert_int_eq(sizes->dim, 256);
    ck_assert_int_eq(sizes->items[0].n_strips, 1);
    ck_assert_int_eq(sizes->items[0].strips[0].ids, 7000000);
    ck_assert_int_eq(sizes->items[0].strips[0].width, 192);
    fw_embedding_sizes_destroy(sizes);
    fw_embedding_space_destroy(space);
}
END_TEST

/* [(3M, 192), (7M, 64)]: one column strip covers all ids, two the top 3M, the fourth is not used. */
START_TEST(test_embedding_space_multi_size_of_the_published_example)
{
    const struct fw_sized_input input = {.name = "id", .n_ids = 10000000, .ranked = true};
    const struct fw_embedding_space_options options = options_of(256, true, true);
    struct fw_embedding_space *space = space_of(&input, 1, &options);
    struct fw_embedding_sizes *sizes = NULL;
    const int32_t choices[] = {2, 5, 2, 0}; /* the deep strip is not the first: strips are sorted */
    const int64_t numbers = INT64_C(3000000) * 192 + INT64_C(7000000) * 64;
    fw_level levels[FW_STRIPS_MOST];
    ck_assert_int_eq(space->n_decisions, 4);
    ck_assert_int_eq(fw_embedding_space_choices(space, 3), 6);
    fw_embedding_space_apply(space, levels, choices);
    ck_assert_int_eq(fw_embedding_space_bytes(space, levels), 4 * (numbers + 3 * 64 * 256));
    ck_ok(fw_embedding_space_sizes(&sizes, space, levels, NULL, err));
    ck_assert(sizes->items[0].projected);
    ck_assert_int_eq(sizes->items[0].n_strips, 3);
    ck_assert_int_eq(sizes->items[0].strips[0].ids, 10000000);
    ck_assert_int_eq(sizes->items[0].strips[1].ids, 3000000);
    ck_assert_int_eq(sizes->items[0].strips[2].ids, 3000000);
    fw_embedding_sizes_destroy(sizes);
    space->projected = false; /* the same without projections: equal depths are one strip */
    ck_assert_int_eq(fw_embedding_space_bytes(space, levels), 4 * numbers);
    ck_ok(fw_embedding_space_sizes(&sizes, space, levels, NULL, err));
    ck_assert_int_eq(sizes->items[0].n_strips, 2);
    ck_assert_int_eq(sizes->items[0].strips[0].width, 64);
    ck_assert_int_eq(sizes->items[0].strips[1].ids, 3000000);
    ck_assert_int_eq(sizes->items[0].strips[1].width, 128);
    fw_embedding_sizes_destroy(sizes);
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_embedding_space_leaves_out_strips_without_an_id_or_column)
{
    struct fw_embedding_space *space = small_space(false, false);
    const struct fw_space_input *job = &space->inputs[0];
    ck_assert_int_eq(job->n_rows, 3); /* ceil of 1.75 and 3.5 */
    ck_assert_int_eq(job->depth[0], 2);
    ck_assert_int_eq(job->depth[1], 4);
    ck_assert_int_eq(job->depth[2], 7);
    ck_assert_int_eq(space->inputs[1].n_rows, 1); /* a number */
    ck_assert_int_eq(space->inputs[2].n_rows, 1); /* one value: the other strips add no id */
    ck_assert_int_eq(space->inputs[2].depth[0], 1);
    ck_assert_int_eq(space->inputs[3].n_rows, 1); /* bins have no rank */
    ck_assert_int_eq(space->inputs[3].depth[0], 4);
    ck_assert_int_eq(space->n_columns, 2);
    ck_assert_int_eq(space->width[0], 3); /* 3.33 */
    ck_assert_int_eq(space->width[1], 2);
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_embedding_space_of_one_column_has_one_strip)
{
    const struct fw_sized_input inputs[] = {{.name = "job", .n_ids = 3, .ranked = true}, {.name = "age", .n_ids = 1}};
    for (int multi = 0; multi < 2; multi++) {
        const struct fw_embedding_space_options options = options_of(1, multi != 0, true);
        struct fw_embedding_space *space = space_of(inputs, 2, &options);
        fw_level levels[2 * FW_STRIPS_MOST];
        const int32_t choices[] = {1, 1};
        ck_assert_int_eq(space->n_columns, 1);
        ck_assert_int_eq(space->width[0], 1);
        ck_assert_int_eq(space->inputs[0].n_rows, 3); /* 1, 1, 2, 3, 3 */
        ck_assert_int_eq(space->n_decisions, 2);
        fw_embedding_space_apply(space, levels, choices);
        ck_assert_int_eq(fw_embedding_space_bytes(space, levels), 4 * (1 + 1 + 2));
        fw_embedding_space_fill(space, levels);
        ck_assert_int_eq(levels[0], 3);
        ck_assert_int_eq(levels[1], 0);
        ck_assert_int_eq(fw_embedding_space_full_bytes(space), 4 * (3 + 1));
        fw_embedding_space_destroy(space);
    }
}
END_TEST

START_TEST(test_embedding_space_fine_grid_halves_the_columns)
{
    const int32_t widths[] = {1, 1, 2, 4, 8};
    const int64_t depths[] = {10, 40, 100, 300, 600, 1000};
    const struct fw_sized_input input = {.name = "job", .n_ids = 1000, .ranked = true};
    struct fw_embedding_space_options options = options_of(16, true, false);
    fw_embedding_grid_fine(&options.grid);
    struct fw_embedding_space *space = space_of(&input, 1, &options);
    ck_assert_int_eq(space->n_columns, 5);
    ck_assert_mem_eq(space->width, widths, sizeof widths);
    ck_assert_int_eq(space->inputs[0].n_rows, 6);
    ck_assert_mem_eq(space->inputs[0].depth, depths, sizeof depths);
    fw_embedding_space_destroy(space);
}
END_TEST

/* Whatever the shares and sizes: depths and widths rise, and end at all ids and all columns. */
START_TEST(test_embedding_space_covers_every_id_and_column)
{
    const int64_t ids[] = {1, 2, 3, 7, 10, 99, 1000, 65537, FW_EMBEDDING_IDS_MOST};
    const double shares[][FW_ROW_STRIPS_MOST] = {{1, 1, 1, 1, 1, 1, 1, 1},
                                                 {.01, .1, .3, .3, 9, 1e-300, 1e-9, 1e-300},
                                                 {1e300, 1, 1, 1, 1, 1, 1, 1e300}};
    for (size_t k = 0; k < sizeof shares / sizeof shares[0]; k++) {
        for (int32_t dim = 1; dim <= 20; dim++) {
            struct fw_embedding_space_options options = {.dim = dim, .grid = {.n_rows = 8, .n_columns = 8}};
            memcpy(options.grid.rows, shares[k], sizeof options.grid.rows);
            memcpy(options.grid.columns, shares[k], sizeof options.grid.columns);
            const struct fw_sized_input input = {.name = "job",
                                                 .n_ids = ids[(size_t)dim % (sizeof ids / sizeof ids[0])],
                                                 .ranked = true};
            struct fw_embedding_space *space = space_of(&input, 1, &options);
            const struct fw_space_input *cut = &space->inputs[0];
            int32_t width = 0;
            ck_assert_int_ge(cut->depth[0], 1);
            for (int32_t s = 1; s < cut->n_rows; s++)
                ck_assert_int_gt(cut->depth[s], cut->depth[s - 1]);
            ck_assert_int_eq(cut->depth[cut->n_rows - 1], input.n_ids);
            for (int32_t t = 0; t < space->n_columns; t++) {
                ck_assert_int_ge(space->width[t], 1);
                width += space->width[t];
            }
            ck_assert_int_eq(width, dim);
            fw_embedding_space_destroy(space);
        }
    }
}
END_TEST

START_TEST(test_embedding_space_choices_go_round)
{
    for (int multi = 0; multi < 2; multi++) {
        struct fw_embedding_space *space = small_space(multi != 0, false);
        int32_t seen = 0;
        for (int32_t d = 0; d < space->n_decisions; d++) {
            fw_level levels[MOST_INPUTS * FW_STRIPS_MOST];
            fw_level before[MOST_INPUTS * FW_STRIPS_MOST];
            int32_t input = fw_embedding_space_input(space, d);
            fw_embedding_space_fill(space, levels);
            memcpy(before, levels, sizeof levels);
            for (int32_t c = 0; c < fw_embedding_space_choices(space, d); c++) {
                fw_embedding_space_choose(space, levels, d, c);
                ck_assert_int_eq(fw_embedding_space_choice(space, levels, d), c);
                for (int32_t k = 0; k < MOST_INPUTS * FW_STRIPS_MOST; k++) {
                    if (k / FW_STRIPS_MOST != input)
                        ck_assert_int_eq(levels[k], before[k]);
                }
                seen++;
            }
            ck_assert_int_ge(d, space->inputs[input].first_decision);
        }
        /* pairs (s, t) and none; levels of two columns */
        ck_assert_int_eq(seen, multi ? 2 * (4 + 2 + 2 + 2) : 7 + 3 + 3 + 3);
        fw_embedding_space_destroy(space);
    }
}
END_TEST

START_TEST(test_embedding_space_levels_that_no_choice_leads_to_are_told)
{
    struct fw_embedding_space *space = small_space(false, false);
    fw_level levels[MOST_INPUTS * FW_STRIPS_MOST] = {3, 2};
    ck_assert_int_eq(fw_embedding_space_choice(space, levels, 0), -1);
    levels[0] = 0;
    ck_assert_int_eq(fw_embedding_space_choice(space, levels, 0), -1);
    levels[0] = levels[1] = 4;
    ck_assert_int_eq(fw_embedding_space_choice(space, levels, 0), -1);
    levels[0] = levels[1] = 3;
    ck_assert_int_eq(fw_embedding_space_choice(space, levels, 0), 6);
    fw_embedding_space_destroy(space);
    space = small_space(true, false);
    levels[1] = 4;
    ck_assert_int_eq(fw_embedding_space_choice(space, levels, 0), 3);
    ck_assert_int_eq(fw_embedding_space_choice(space, levels, 1), -1);
    fw_embedding_space_destroy(space);
}
END_TEST

static bool is_full(const struct fw_embedding_space *space, const fw_level *levels, int32_t i)
{
    for (int32_t t = 0; t < space->n_columns; t++) {
        if (levels[i * FW_STRIPS_MOST + t] != space->inputs[i].n_rows)
            return false;
    }
    return true;
}

/* The sizes of one sizing against its levels. */
static void check_sizes(const struct fw_embedding_space *space, const fw_level *levels)
{
    struct fw_embedding_sizes *sizes = NULL;
    ck_ok(fw_embedding_space_sizes(&sizes, space, levels, NULL, err));
    ck_ok(fw_embedding_sizes_check(sizes, err));
    for (int32_t i = 0; i < space->n_inputs; i++) {
        const struct fw_embedding_size *size = &sizes->items[i];
        int64_t bytes = fw_embedding_size_bytes(size, sizes->dim);
        int64_t asked = fw_embedding_space_input_bytes(space, i, levels);
        ck_assert_str_eq(size->input, space->inputs[i].name);
        if (is_full(space, levels, i)) {
            ck_assert_int_eq(size->n_strips, 1);
            ck_assert_int_eq(bytes, 4 * space->inputs[i].n_ids * space->dim);
            ck_assert_int_eq(asked - bytes, space->projected ? 4 * space->dim * space->dim : 0);
        } else {
            ck_assert_int_eq(bytes, asked);
        }
        ck_assert_int_eq(size->projected, space->projected && size->n_strips > 0 && !is_full(space, levels, i));
        ck_assert_int_eq(size->n_strips == 0, asked == 0);
    }
    fw_embedding_sizes_destroy(sizes);
}

START_TEST(test_embedding_space_bytes_agree_with_blocks_in_every_sizing)
{
    for (int kind = 0; kind < 4; kind++) {
        struct fw_embedding_space *space = small_space(kind % 2 != 0, kind / 2 != 0);
        int32_t choices[MOST_INPUTS * FW_STRIPS_MOST] = {0};
        int64_t least = INT64_MAX;
        int64_t most = 0;
        do {
            fw_level levels[MOST_INPUTS * FW_STRIPS_MOST];
            int64_t sum = 0;
            bool keeps_all = true;
            memset(levels, 0xA5, sizeof levels); /* all of them are written */
            fw_embedding_space_apply(space, levels, choices);
            int64_t bytes = fw_embedding_space_bytes(space, levels);
            for (int32_t d = 0; d < space->n_decisions; d++)
                sum += fw_embedding_space_choice_bytes(space, d, choices[d]);
            for (int32_t i = 0; i < space->n_inputs; i++)
                keeps_all = keeps_all && fw_embedding_space_input_bytes(space, i, levels) > 0;
            ck_assert_int_eq(bytes, sum);
            ck_assert_int_eq(bytes, bytes_of_blocks(space, levels));
            check_sizes(space, levels);
            if (keeps_all && bytes < least)
                least = bytes;
            if (bytes > most)
                most = bytes;
        } while (next_choices(space, choices));
        ck_assert_int_eq(fw_embedding_space_least_bytes(space), least);
        int64_t projections = space->projected ? INT64_C(4) * space->n_inputs * space->dim * space->dim : 0;
        ck_assert_int_eq(fw_embedding_space_full_bytes(space), most - projections);
        fw_embedding_space_destroy(space);
    }
}
END_TEST

START_TEST(test_embedding_space_measures_what_the_first_ids_cover)
{
    const int64_t counts[] = {50, 20, 10, 10, 5, 5, 0};
    const int64_t none[] = {0};
    const struct fw_sized_input inputs[] = {
        {.name = "job", .n_ids = 7, .ranked = true, .counts = counts},
        {.name = "age@7", .n_ids = 7, .counts = counts},
        {.name = "one", .n_ids = 1, .counts = none},
        {.name = "age", .n_ids = 1},
    };
    const struct fw_embedding_space_options options = {
        .dim = 4, .grid = {.n_rows = 3, .n_columns = 1, .rows = {1, 1, 2}, .columns = {1}}};
    struct fw_embedding_space *space = space_of(inputs, 4, &options);
    ck_assert_double_eq(space->inputs[0].coverage[0], 0.7);
    ck_assert_double_eq(space->inputs[0].coverage[1], 0.9);
    ck_assert_double_eq(space->inputs[0].coverage[2], 1);
    ck_assert_mem_eq(space->inputs[0].counts, counts, sizeof counts);
    ck_assert_double_eq(space->inputs[1].coverage[0], 1);
    ck_assert(isnan(space->inputs[2].coverage[0]));
    ck_assert(isnan(space->inputs[3].coverage[0]));
    ck_assert_ptr_null(space->inputs[3].counts);
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_embedding_space_numbers_blocks_without_gaps_or_repeats)
{
    struct fw_embedding_space *space = small_space(true, false);
    int64_t next = 0;
    for (int32_t i = 0; i < MOST_INPUTS; i++) {
        for (int32_t s = 0; s < FW_ROW_STRIPS_MOST; s++) {
            for (int32_t t = 0; t < FW_STRIPS_MOST; t++)
                ck_assert_int_eq(fw_embedding_space_block(i, s, t), next++);
        }
    }
    ck_assert_int_eq(fw_embedding_space_blocks(space), next);
    fw_embedding_space_destroy(space);
}
END_TEST

static void wrong(const struct fw_sized_input *inputs, int32_t n, const struct fw_embedding_space_options *options,
                  const char *part)
{
    struct fw_embedding_space *space = NULL;
    struct fw_error error = {0};
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    ck_assert_int_eq(fw_embedding_space_create(&space, inputs, n, options, &mem, &error), FW_E_ARG);
    ck_holds(error.message, part);
    ck_assert_ptr_null(space);
    ck_assert_uint_eq(mem.used, 0);
}

START_TEST(test_embedding_space_refuses_what_cannot_be_cut)
{
    const int64_t counts[] = {1, -3};
    struct fw_sized_input inputs[] = {{.name = "job", .n_ids = 2, .ranked = true}};
    const struct fw_embedding_space_options good = options_of(8, false, false);
    struct fw_embedding_space_options options = good;
    wrong(inputs, 0, &good, "0 inputs");
    options.dim = 0;
    wrong(inputs, 1, &options, "common width");
    options.dim = FW_EMBEDDING_DIM_MOST + 1;
    wrong(inputs, 1, &options, "1025");
    options = good;
    options.grid.n_rows = 0;
    wrong(inputs, 1, &options, "0 row strips");
    options.grid.n_rows = FW_ROW_STRIPS_MOST + 1;
    wrong(inputs, 1, &options, "9 row strips");
    options = good;
    options.grid.n_columns = FW_STRIPS_MOST + 1;
    wrong(inputs, 1, &options, "9 column strips");
    const double shares[] = {0, -1, (double)NAN};
    for (size_t k = 0; k < sizeof shares / sizeof shares[0]; k++) {
        options = good;
        options.grid.columns[1] = shares[k];
        wrong(inputs, 1, &options, "column strip 2");
    }
    options = good;
    options.grid.rows[0] = (double)INFINITY;
    wrong(inputs, 1, &options, "not finite");
    inputs[0].n_ids = 0;
    wrong(inputs, 1, &good, "'job' has 0 ids");
    inputs[0].n_ids = FW_EMBEDDING_IDS_MOST + 1;
    wrong(inputs, 1, &good, "4294967296 ids");
    inputs[0].n_ids = 2;
    inputs[0].counts = counts;
    wrong(inputs, 1, &good, "-3");
}
END_TEST

START_TEST(test_embedding_space_refused_allocations_are_reported_and_leak_nothing)
{
    const int64_t counts[] = {3, 2};
    const struct fw_sized_input inputs[] = {{.name = "job", .n_ids = 2, .ranked = true, .counts = counts},
                                            {.name = "age", .n_ids = 1}};
    const struct fw_embedding_space_options options = options_of(8, true, true);
    enum fw_status status = FW_E_NOMEM;
    int64_t n = 0;
    while (status == FW_E_NOMEM) {
        fw_level levels[2 * FW_STRIPS_MOST];
        struct fw_allocator mem;
        struct fw_embedding_space *space = NULL;
        struct fw_embedding_sizes *sizes = NULL;
        struct fw_error err;
        fw_allocator_init(&mem, 0);
        mem.fail_at = ++n;
        status = fw_embedding_space_create(&space, inputs, 2, &options, &mem, &err);
        if (status == FW_OK) {
            fw_embedding_space_fill(space, levels);
            status = fw_embedding_space_sizes(&sizes, space, levels, &mem, &err);
        }
        fw_embedding_sizes_destroy(sizes);
        fw_embedding_space_destroy(space);
        ck_assert_uint_eq(mem.used, 0);
    }
    ck_assert_int_eq(status, FW_OK);
    ck_assert_int_eq(n,
                     10); /* the space: itself, inputs, two names, counts; the sizes: itself, items, two names; none */
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("embedding_space");
    TCase *cases = tcase_create("embedding_space");
    tcase_add_test(cases, test_embedding_space_cuts_the_published_example);
    tcase_add_test(cases, test_embedding_space_single_size_of_the_published_example);
    tcase_add_test(cases, test_embedding_space_multi_size_of_the_published_example);
    tcase_add_test(cases, test_embedding_space_leaves_out_strips_without_an_id_or_column);
    tcase_add_test(cases, test_embedding_space_of_one_column_has_one_strip);
    tcase_add_test(cases, test_embedding_space_fine_grid_halves_the_columns);
    tcase_add_test(cases, test_embedding_space_covers_every_id_and_column);
    tcase_add_test(cases, test_embedding_space_choices_go_round);
    tcase_add_test(cases, test_embedding_space_levels_that_no_choice_leads_to_are_told);
    tcase_add_test(cases, test_embedding_space_bytes_agree_with_blocks_in_every_sizing);
    tcase_add_test(cases, test_embedding_space_measures_what_the_first_ids_cover);
    tcase_add_test(cases, test_embedding_space_numbers_blocks_without_gaps_or_repeats);
    tcase_add_test(cases, test_embedding_space_refuses_what_cannot_be_cut);
    tcase_add_test(cases, test_embedding_space_refused_allocations_are_reported_and_leak_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}
