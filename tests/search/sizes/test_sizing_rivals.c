#include "search/sizes/sizing_rivals.h"

#include <string.h>

#include "support/sizing_spaces.h"
#include "support/test_main.h"

enum { most_blocks = sizing_spaces_most_inputs * FW_ROW_STRIPS_MOST * FW_STRIPS_MOST };

static void draw_facts(struct fw_rival_facts *facts, double *norms, double *saliency, struct fw_rng *rng)
{
    for (int k = 0; k < most_blocks; k++) {
        norms[k] = fw_rng_uniform(rng);
        saliency[k] = fw_rng_normal(rng);
    }
    *facts = (struct fw_rival_facts){.alpha = FW_SIZING_ALPHA, .seed = 5, .norms = norms, .saliency = saliency};
}

START_TEST(test_sizing_rivals_are_found_by_name)
{
    static const char *const names[] = {"uniform", "vocabulary", "mde", "random", "magnitude", "saliency"};
    const struct fw_sizing_rival *rival = fw_sizing_rival_list();
    struct fw_error error = {0};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
        const struct fw_sizing_rival *found = NULL;
        ck_ok(fw_sizing_rival_find(&found, names[k], err));
        ck_assert_ptr_eq(found, &rival[k]);
        ck_assert_str_eq(found->name, names[k]);
        ck_assert_uint_gt(strlen(found->summary), 10);
        ck_assert(found->size != NULL);
    }
    ck_assert_ptr_null(rival[sizeof names / sizeof names[0]].name);
    ck_assert_int_eq(rival[1].needs, FW_RIVAL_NEEDS_COUNTS);
    ck_assert_int_eq(rival[3].needs, FW_RIVAL_NEEDS_SEED);
    ck_assert_int_eq(rival[4].needs, FW_RIVAL_NEEDS_NORMS);
    ck_assert_int_eq(rival[5].needs, FW_RIVAL_NEEDS_SALIENCY);
    ck_assert_int_eq(fw_sizing_rival_find(&rival, "vocabulry", &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "did you mean 'vocabulary'? known: uniform, vocabulary, mde, random"));
    ck_assert_int_eq(fw_sizing_rival_find(&rival, "nis", &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "known: uniform, "));
}
END_TEST

static void check_equal(const struct fw_embedding_sizes *a, const struct fw_embedding_sizes *b)
{
    for (int32_t i = 0; i < a->n; i++) {
        ck_assert_int_eq(a->items[i].n_strips, b->items[i].n_strips);
        ck_assert_int_eq(a->items[i].projected, b->items[i].projected);
        for (int32_t k = 0; k < a->items[i].n_strips; k++) {
            ck_assert_int_eq(a->items[i].strips[k].ids, b->items[i].strips[k].ids);
            ck_assert_int_eq(a->items[i].strips[k].width, b->items[i].strips[k].width);
        }
    }
}

/* Every rule in spaces of all kinds: sizes of all inputs, of at most the budget, of something; the same ones again. */
START_TEST(test_sizing_rivals_hold_the_budget)
{
    const struct fw_sizing_rival *rival = &fw_sizing_rival_list()[_i];
    struct fw_rng rng;
    int sized = 0;
    fw_rng_seed(&rng, 21, fw_stream((uint64_t)_i, 0, FW_STREAM_TEST));
    for (int k = 0; k < 500; k++) {
        double norms[most_blocks];
        double saliency[most_blocks];
        struct fw_rival_facts facts;
        struct fw_embedding_space *space = sizing_spaces_random(&rng, k % 2, k % 4 > 1);
        int64_t budget = sizing_spaces_budget(&rng, space);
        struct fw_embedding_sizes *sizes = NULL;
        struct fw_embedding_sizes *again = NULL;
        draw_facts(&facts, norms, saliency, &rng);
        facts.index = k;
        enum fw_status status = rival->size(&sizes, space, budget, &facts, NULL, NULL);
        if (status == FW_OK) {
            sized++;
            ck_ok(fw_embedding_sizes_check(sizes, err));
            ck_assert_int_eq(sizes->n, space->n_inputs);
            ck_assert_int_eq(sizes->dim, space->dim);
            ck_assert_int_gt(fw_embedding_sizes_bytes(sizes), 0);
            ck_assert_int_le(fw_embedding_sizes_bytes(sizes), budget);
            for (int32_t i = 0; i < space->n_inputs; i++) {
                ck_assert_str_eq(sizes->items[i].input, space->inputs[i].name);
                ck_assert_int_le(fw_embedding_size_ids(&sizes->items[i]), space->inputs[i].n_ids);
                int64_t ids = fw_embedding_size_ids(&sizes->items[i]);
                ck_assert(space->inputs[i].n_rows > 1 || ids == 0 || ids == space->inputs[i].n_ids);
            }
            ck_ok(rival->size(&again, space, budget, &facts, NULL, err));
            check_equal(sizes, again);
        } else {
            ck_assert_int_eq(status, FW_E_ARG);
            ck_assert_int_lt(budget, fw_embedding_space_least_bytes(space) + space->dim * 4 * sizing_spaces_most_ids);
            ck_assert_ptr_null(sizes);
        }
        fw_embedding_sizes_destroy(sizes);
        fw_embedding_sizes_destroy(again);
        fw_embedding_space_destroy(space);
    }
    ck_assert_int_gt(sized, 250);
}
END_TEST

/* Tables of terabytes: sums of bytes beyond 32 bits, and products of ids near 64. */
START_TEST(test_sizing_rivals_count_large_tables)
{
    const struct fw_sizing_rival *rival = &fw_sizing_rival_list()[_i % 6];
    const struct fw_sized_input inputs[] = {{.name = "user", .n_ids = FW_EMBEDDING_IDS_MOST, .ranked = true},
                                            {.name = "item", .n_ids = 10000000, .ranked = true},
                                            {.name = "word", .n_ids = FW_EMBEDDING_IDS_MOST - 1, .ranked = true},
                                            {.name = "bins", .n_ids = 1000}};
    const int64_t budgets[] = {5000000, 10240000000, 1000000000000, 10000000000000, INT64_MAX};
    struct fw_rng rng;
    double norms[most_blocks];
    double saliency[most_blocks];
    struct fw_rival_facts facts;
    struct fw_embedding_space *space = NULL;
    struct fw_embedding_space_options options = {.dim = 256, .multi = _i / 6 % 2, .projected = _i / 12};
    fw_embedding_grid_published(&options.grid);
    ck_ok(fw_embedding_space_create(&space, inputs, 4, &options, NULL, err));
    fw_rng_seed(&rng, 22, fw_stream(0, 0, FW_STREAM_TEST));
    draw_facts(&facts, norms, saliency, &rng);
    for (size_t k = 0; k < sizeof budgets / sizeof budgets[0]; k++) {
        struct fw_embedding_sizes *sizes = NULL;
        ck_ok(rival->size(&sizes, space, budgets[k], &facts, NULL, err));
        ck_ok(fw_embedding_sizes_check(sizes, err));
        ck_assert_int_gt(fw_embedding_sizes_bytes(sizes), 0);
        ck_assert_int_le(fw_embedding_sizes_bytes(sizes), budgets[k]);
        if (budgets[k] == INT64_MAX)
            ck_assert_int_eq(fw_embedding_sizes_bytes(sizes), fw_embedding_space_full_bytes(space));
        fw_embedding_sizes_destroy(sizes);
    }
    fw_embedding_space_destroy(space);
}
END_TEST

START_TEST(test_sizing_rivals_give_memory_back_when_refused)
{
    const struct fw_sizing_rival *rival = &fw_sizing_rival_list()[_i];
    double norms[most_blocks];
    double saliency[most_blocks];
    struct fw_rival_facts facts;
    struct fw_rng rng;
    fw_rng_seed(&rng, 23, fw_stream(0, 0, FW_STREAM_TEST));
    struct fw_embedding_space *space = sizing_spaces_random(&rng, true, true);
    draw_facts(&facts, norms, saliency, &rng);
    for (int part = 1; part <= 64; part *= 64) { /* the least: where mixed dimensions give way to one width */
        int64_t budget = fw_embedding_space_full_bytes(space) / part + space->dim * 8;
        struct fw_allocator mem;
        enum fw_status status = FW_E_NOMEM;
        for (int64_t n = 1; status == FW_E_NOMEM; n++) {
            struct fw_embedding_sizes *sizes = NULL;
            fw_allocator_init(&mem, 0);
            mem.fail_at = n;
            status = rival->size(&sizes, space, budget, &facts, &mem, NULL);
            ck_assert(status == FW_OK || status == FW_E_NOMEM || part > 1);
            ck_assert((status == FW_OK) == (sizes != NULL));
            fw_embedding_sizes_destroy(sizes);
            ck_assert_uint_eq(mem.used, 0);
        }
    }
    fw_embedding_space_destroy(space);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sizing_rivals");
    TCase *cases = tcase_create("sizing_rivals");
    tcase_add_test(cases, test_sizing_rivals_are_found_by_name);
    tcase_add_loop_test(cases, test_sizing_rivals_hold_the_budget, 0, 6);
    tcase_add_loop_test(cases, test_sizing_rivals_count_large_tables, 0, 24);
    tcase_add_loop_test(cases, test_sizing_rivals_give_memory_back_when_refused, 0, 6);
    suite_add_tcase(suite, cases);
    return suite;
}
