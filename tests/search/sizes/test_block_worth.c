#include "search/sizes/block_worth.h"

#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "support/test_main.h"

enum { n_blocks = FW_ROW_STRIPS_MOST * FW_STRIPS_MOST };

/* One input, two row strips by two column strips: blocks (0, 0), (0, 1), (1, 0), (1, 1). */
struct ground {
    struct fw_embedding_space *space;
    struct fw_block_worth *worth;
    double values[n_blocks], deviations[n_blocks];
};

static struct ground make_ground(struct fw_allocator *mem)
{
    struct ground g = {0};
    struct fw_sized_input input = {.name = "a", .n_ids = 10, .ranked = true};
    struct fw_embedding_space_options options = {
        .dim = 4, .grid = {.n_rows = 2, .n_columns = 2, .rows = {.2, .8}, .columns = {.5, .5}}, .multi = true};
    ck_ok(fw_embedding_space_create(&g.space, &input, 1, &options, NULL, err));
    ck_ok(fw_block_worth_create(&g.worth, g.space, mem, err));
    memset(g.values, 0xff, sizeof g.values);
    memset(g.deviations, 0xff, sizeof g.deviations);
    return g;
}

static void clear_ground(struct ground *g)
{
    fw_block_worth_destroy(g->worth);
    fw_embedding_space_destroy(g->space);
}

/* A look at levels (first, second) in which every block has this slope a row. */
static void look(struct ground *g, int first, int second, double slope, int64_t rows, double forget)
{
    fw_level levels[FW_STRIPS_MOST] = {(fw_level)first, (fw_level)second};
    double slopes[n_blocks];
    for (int b = 0; b < n_blocks; b++)
        slopes[b] = slope * (double)rows;
    fw_block_worth_add(g->worth, levels, slopes, rows, forget);
}

static void get(struct ground *g)
{
    fw_block_worth_get(g->worth, g->values, g->deviations);
}

static double value(const struct ground *g, int32_t s, int32_t t)
{
    return g->values[fw_embedding_space_block(0, s, t)];
}

static double deviation(const struct ground *g, int32_t s, int32_t t)
{
    return g->deviations[fw_embedding_space_block(0, s, t)];
}

START_TEST(test_block_worth_is_the_mean_of_both_sides)
{
    struct ground g = make_ground(NULL);
    look(&g, 2, 1, 1, 50, 1); /* on: all but (1, 1) */
    look(&g, 0, 1, 4, 200, 1);
    look(&g, 0, 2, 10, 7, 1);
    get(&g);
    ck_assert_double_eq_tol(value(&g, 0, 0), (1 + (4. + 10) / 2) / 2, 1e-12);
    ck_assert_double_eq_tol(value(&g, 1, 0), (1 + (4. + 10) / 2) / 2, 1e-12);
    ck_assert_double_eq_tol(value(&g, 0, 1), (1. + 4 + 10) / 3, 1e-12); /* never seen off */
    ck_assert_double_eq_tol(value(&g, 1, 1), ((1. + 4) / 2 + 10) / 2, 1e-12);
    clear_ground(&g);
}
END_TEST

START_TEST(test_block_worth_a_side_never_seen_counts_as_the_other)
{
    struct ground g = make_ground(NULL);
    get(&g);
    for (int b = 0; b < n_blocks; b++)
        ck_assert(g.values[b] == 0 && g.deviations[b] == 0);
    look(&g, 1, 0, 3, 10, 0.5);
    look(&g, 1, 0, 9, 0, 0.5); /* no rows: nothing was seen */
    get(&g);
    for (int32_t s = 0; s < 2; s++) {
        for (int32_t t = 0; t < 2; t++)
            ck_assert_double_eq_tol(value(&g, s, t), 3, 1e-12);
    }
    ck_assert(value(&g, 0, 2) == 0 && value(&g, 2, 0) == 0); /* there are no such blocks */
    fw_block_worth_get(g.worth, g.values, NULL);
    ck_assert_double_eq_tol(value(&g, 0, 0), 3, 1e-12);
    clear_ground(&g);
}
END_TEST

START_TEST(test_block_worth_forgets)
{
    struct ground g = make_ground(NULL);
    look(&g, 2, 2, 2, 10, 0.5);
    look(&g, 2, 2, 8, 10, 0.5);
    get(&g);
    ck_assert_double_eq_tol(value(&g, 0, 0), (0.5 * 2 + 8) / 1.5, 1e-12);
    look(&g, 0, 0, 1, 10, 0.5); /* the other side: what is known of this one does not age */
    get(&g);
    ck_assert_double_eq_tol(value(&g, 0, 0), ((0.5 * 2 + 8) / 1.5 + 1) / 2, 1e-12);
    for (int i = 0; i < 2000; i++)
        look(&g, 2 * (i % 2), 2 * (i % 2), 5, 10, 0.9);
    get(&g);
    ck_assert_double_eq_tol(value(&g, 1, 1), 5, 1e-9);
    ck_assert_double_eq_tol(deviation(&g, 1, 1), 0, 1e-6);
    clear_ground(&g);
}
END_TEST

START_TEST(test_block_worth_deviations_are_standard_errors)
{
    struct ground g = make_ground(NULL);
    look(&g, 2, 0, 3, 10, 1);
    get(&g);
    ck_assert_double_eq_tol(deviation(&g, 0, 0), 3, 1e-12); /* one look: as wrong as it is large */
    look(&g, 2, 0, 5, 10, 1);
    look(&g, 2, 0, 7, 10, 1);
    get(&g);
    ck_assert_double_eq_tol(deviation(&g, 0, 0), sqrt(4. / 3), 1e-12); /* s^2 / n */
    look(&g, 0, 0, 1, 10, 1);
    look(&g, 0, 0, 2, 10, 1);
    get(&g);
    ck_assert_double_eq_tol(deviation(&g, 0, 0), sqrt(4. / 3 + 0.25) / 2, 1e-12);
    ck_assert_double_eq_tol(value(&g, 0, 0), (5 + 1.5) / 2, 1e-12);
    clear_ground(&g);
}
END_TEST

/* Over many series with forgetting the mean is as far off as it says. */
START_TEST(test_block_worth_deviations_cover_the_truth)
{
    struct fw_rng rng;
    double off = 0, said = 0;
    int n_series = 400;
    fw_rng_seed(&rng, 6, fw_stream(1, 0, FW_STREAM_TEST));
    for (int series = 0; series < n_series; series++) {
        struct ground g = make_ground(NULL);
        for (int i = 0; i < 200; i++)
            look(&g, 2 * (i % 2), 0, (i % 2 == 0 ? 3 : 1) + fw_rng_normal(&rng), 10, 0.95);
        get(&g);
        off += pow(value(&g, 0, 0) - 2, 2) / n_series;
        said += pow(deviation(&g, 0, 0), 2) / n_series;
        clear_ground(&g);
    }
    ck_assert_msg(fabs(off / said - 1) < 0.25, "off by %g, said %g", sqrt(off), sqrt(said));
}
END_TEST

START_TEST(test_block_worth_is_saved_and_restored)
{
    struct ground g = make_ground(NULL);
    struct ground other = make_ground(NULL);
    look(&g, 2, 1, 3, 10, 0.9);
    look(&g, 1, 0, 5, 20, 0.9);
    unsigned char *bytes = fw_alloc_array(NULL, (int64_t)fw_block_worth_bytes(g.worth), 1);
    ck_assert_ptr_nonnull(bytes);
    fw_block_worth_save(g.worth, bytes);
    look(&other, 0, 0, 100, 1, 0.9); /* gone with the restored state */
    fw_block_worth_restore(other.worth, bytes);
    look(&g, 0, 2, 7, 5, 0.9);
    look(&other, 0, 2, 7, 5, 0.9);
    get(&g);
    get(&other);
    ck_assert_mem_eq(g.values, other.values, sizeof g.values);
    ck_assert_mem_eq(g.deviations, other.deviations, sizeof g.deviations);
    fw_free(NULL, bytes);
    clear_ground(&other);
    clear_ground(&g);
}
END_TEST

START_TEST(test_block_worth_refused_memory_is_an_error_without_leak)
{
    struct ground g = make_ground(NULL);
    for (int64_t fail_at = 1; fail_at <= 2; fail_at++) {
        struct fw_allocator mem;
        struct fw_block_worth *worth = NULL;
        fw_allocator_init(&mem, 0);
        mem.fail_at = fail_at;
        ck_assert_int_eq(fw_block_worth_create(&worth, g.space, &mem, NULL), FW_E_NOMEM);
        ck_assert_ptr_null(worth);
        ck_assert_uint_eq(mem.used, 0);
    }
    fw_block_worth_destroy(NULL);
    clear_ground(&g);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("block_worth");
    TCase *tests = tcase_create("block_worth");
    tcase_add_test(tests, test_block_worth_is_the_mean_of_both_sides);
    tcase_add_test(tests, test_block_worth_a_side_never_seen_counts_as_the_other);
    tcase_add_test(tests, test_block_worth_forgets);
    tcase_add_test(tests, test_block_worth_deviations_are_standard_errors);
    tcase_add_test(tests, test_block_worth_deviations_cover_the_truth);
    tcase_add_test(tests, test_block_worth_is_saved_and_restored);
    tcase_add_test(tests, test_block_worth_refused_memory_is_an_error_without_leak);
    suite_add_tcase(suite, tests);
    return suite;
}
