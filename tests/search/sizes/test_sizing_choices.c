#include "search/sizes/sizing_choices.h"

#include <string.h>

#include "support/sizing_spaces.h"
#include "support/test_main.h"

/* Ten ranked ids cut after the second, and a number; eight columns cut after the second. */
static struct fw_embedding_space *tiny_space(bool multi, bool projected)
{
    static const struct fw_sized_input inputs[] = {{.name = "a", .n_ids = 10, .ranked = true},
                                                   {.name = "v", .n_ids = 1}};
    struct fw_embedding_space *space = NULL;
    struct fw_embedding_space_options options = {
        .dim = 8,
        .grid = {.n_rows = 2, .n_columns = 2, .rows = {.2, .8}, .columns = {.25, .75}},
        .multi = multi,
        .projected = projected};
    ck_ok(fw_embedding_space_create(&space, inputs, 2, &options, NULL, err));
    return space;
}

/* Blocks of a: 0 and 1 of the first two ids, 2 and 3 of the others; 4 and 5 are those of v. */
struct expected {
    bool multi, projected;
    int32_t n_decisions;
    int32_t first[5];
    int64_t cost[10];
    int64_t feature_start[11];
    int32_t feature[16];
};

static const struct expected all_expected[] = {
    {.n_decisions = 2,
     .first = {0, 5, 8},
     .cost = {0, 16, 64, 80, 320, 0, 8, 32},
     .feature_start = {0, 0, 1, 3, 5, 9, 9, 10, 12},
     .feature = {0, 0, 1, 0, 2, 0, 2, 1, 3, 4, 4, 5}},
    {.projected = true,
     .n_decisions = 2,
     .first = {0, 5, 8},
     .cost = {0, 16 + 64, 64 + 256, 80 + 64, 320 + 256, 0, 8 + 64, 32 + 256},
     .feature_start = {0, 0, 1, 3, 5, 9, 9, 10, 12},
     .feature = {0, 0, 1, 0, 2, 0, 2, 1, 3, 4, 4, 5}},
    {.multi = true,
     .n_decisions = 4,
     .first = {0, 3, 6, 8, 10},
     .cost = {0, 16, 80, 0, 48, 240, 0, 8, 0, 24},
     .feature_start = {0, 0, 1, 3, 3, 4, 6, 6, 7, 7, 8},
     .feature = {0, 0, 2, 1, 1, 3, 4, 5}},
    {.multi = true,
     .projected = true,
     .n_decisions = 4,
     .first = {0, 3, 6, 8, 10},
     .cost = {0, 16 + 64, 80 + 64, 0, 48 + 192, 240 + 192, 0, 8 + 64, 0, 24 + 192},
     .feature_start = {0, 0, 1, 3, 3, 4, 6, 6, 7, 7, 8},
     .feature = {0, 0, 2, 1, 1, 3, 4, 5}},
};

START_TEST(test_sizing_choices_of_a_tiny_space)
{
    const struct expected *e = &all_expected[_i];
    struct fw_embedding_space *space = tiny_space(e->multi, e->projected);
    struct fw_sizing_choices choices;
    ck_ok(fw_sizing_choices_create(&choices, space, NULL, err));
    const struct fw_choice_table *table = &choices.table;
    int32_t n = e->first[e->n_decisions];
    ck_assert_int_eq(table->n_decisions, e->n_decisions);
    ck_assert_int_eq(table->n_features, 6);
    ck_assert_mem_eq(table->first, e->first, (size_t)(e->n_decisions + 1) * sizeof *e->first);
    ck_assert_mem_eq(table->cost, e->cost, (size_t)n * sizeof *e->cost);
    ck_assert_mem_eq(table->feature_start, e->feature_start, (size_t)(n + 1) * sizeof *e->feature_start);
    ck_assert_mem_eq(table->feature, e->feature, (size_t)e->feature_start[n] * sizeof *e->feature);
    for (int32_t f = 0; f < 6; f++)
        ck_assert_int_eq(choices.block[f], fw_embedding_space_block(f / 4, f % 4 / 2, f % 2));
    fw_sizing_choices_clear(&choices);
    fw_sizing_choices_clear(&choices); /* a zeroed one is fine */
    fw_embedding_space_destroy(space);
}
END_TEST

/* How often each block is a feature of the choices of a configuration. */
static void count_features(int32_t *counts, const struct fw_sizing_choices *choices, const int32_t *chosen)
{
    const struct fw_choice_table *table = &choices->table;
    for (int32_t d = 0; d < table->n_decisions; d++) {
        int32_t c = table->first[d] + chosen[d];
        for (int64_t k = table->feature_start[c]; k < table->feature_start[c + 1]; k++)
            counts[choices->block[table->feature[k]]]++;
    }
}

START_TEST(test_sizing_choices_have_the_bytes_and_the_blocks_of_their_levels)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 4, fw_stream((uint64_t)_i, 0, FW_STREAM_TEST));
    for (int trial = 0; trial < 100; trial++) {
        fw_level levels[sizing_spaces_most_inputs * FW_STRIPS_MOST] = {0};
        int32_t chosen[sizing_spaces_most_inputs * FW_STRIPS_MOST];
        int32_t counts[sizing_spaces_most_inputs * FW_ROW_STRIPS_MOST * FW_STRIPS_MOST] = {0};
        struct fw_embedding_space *space = sizing_spaces_random(&rng, _i % 2 == 1, _i / 2 == 1);
        struct fw_sizing_choices choices;
        ck_ok(fw_sizing_choices_create(&choices, space, NULL, err));
        ck_ok(fw_choice_table_check(&choices.table, err));
        for (int32_t d = 0; d < space->n_decisions; d++) {
            int32_t n = fw_embedding_space_choices(space, d);
            ck_assert_int_eq(choices.table.first[d + 1] - choices.table.first[d], n);
            for (int32_t k = 0; k < n; k++)
                ck_assert_int_eq(choices.table.cost[choices.table.first[d] + k],
                                 fw_embedding_space_choice_bytes(space, d, k));
            chosen[d] = (int32_t)fw_rng_below(&rng, (uint64_t)n);
        }
        fw_embedding_space_apply(space, levels, chosen);
        ck_assert_int_eq(fw_choice_table_cost(&choices.table, chosen), fw_embedding_space_bytes(space, levels));
        count_features(counts, &choices, chosen);
        int32_t n_blocks = 0;
        for (int32_t i = 0; i < space->n_inputs; i++) {
            for (int32_t s = 0; s < FW_ROW_STRIPS_MOST; s++) {
                for (int32_t t = 0; t < FW_STRIPS_MOST; t++)
                    ck_assert_int_eq(counts[fw_embedding_space_block(i, s, t)], levels[i * FW_STRIPS_MOST + t] > s);
            }
            n_blocks += space->inputs[i].n_rows * space->n_columns;
        }
        ck_assert_int_eq(choices.table.n_features, n_blocks);
        fw_sizing_choices_clear(&choices);
        fw_embedding_space_destroy(space);
    }
}
END_TEST

START_TEST(test_sizing_choices_refused_memory_is_an_error_without_leak)
{
    struct fw_embedding_space *space = tiny_space(true, false);
    enum fw_status status = FW_E_NOMEM;
    int64_t fail_at = 0;
    while (status != FW_OK) {
        struct fw_allocator mem;
        struct fw_sizing_choices choices = {0};
        fw_allocator_init(&mem, 0);
        mem.fail_at = ++fail_at;
        status = fw_sizing_choices_create(&choices, space, &mem, NULL);
        ck_assert(status == FW_OK || status == FW_E_NOMEM);
        if (status == FW_OK)
            fw_sizing_choices_clear(&choices);
        ck_assert_uint_eq(mem.used, 0);
    }
    ck_assert_int_gt(fail_at, 5);
    fw_embedding_space_destroy(space);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sizing_choices");
    TCase *tests = tcase_create("sizing_choices");
    tcase_add_loop_test(tests, test_sizing_choices_of_a_tiny_space, 0, 4);
    tcase_add_loop_test(tests, test_sizing_choices_have_the_bytes_and_the_blocks_of_their_levels, 0, 4);
    tcase_add_test(tests, test_sizing_choices_refused_memory_is_an_error_without_leak);
    suite_add_tcase(suite, tests);
    return suite;
}
