/* Gradients are checked in tests/models/double/test_tower_gradients.c. */
#include "models/retrieval/two_tower.h"

#include <math.h>
#include <string.h>

#include "support/test_main.h"
#include "support/towers.h"
#include "support/walks.h"

static const int32_t widths[] = {2, 4, 2};
enum { DIM = 8, STRIPS = 3 };

static struct fw_interactions *small_walks(void)
{
    struct walks walks = {.n_users = 60, .n_items = 40, .length = 12, .follow = 0.8, .seed = 1};
    return walks_create(&walks);
}

static size_t weights_bytes(const struct fw_two_tower *m)
{
    return (size_t)(m->n_weights + m->n_state) * sizeof *m->weights;
}

START_TEST(test_two_tower_learns_the_same_bits_on_any_number_of_threads)
{
    struct fw_interactions *data = small_walks();
    static const int threads[] = {1, 2, 3, 8};
    struct fw_two_tower *models[4];
    uint32_t depths[TOWERS_DEPTHS];
    for (int i = 0; i < 4; i++) {
        struct fw_tower_options options = towers_options();
        options.threads = threads[i];
        models[i] = towers_create(data, DIM, widths, STRIPS, _i == 1, &options);
        fw_two_tower_depths(models[i], depths);
        towers_train(models[i], data, depths, 0, 25);
        ck_assert_mem_eq(models[i]->weights, models[0]->weights, weights_bytes(models[0]));
    }
    for (int i = 0; i < 4; i++)
        fw_two_tower_destroy(models[i]);
    fw_interactions_destroy(data);
}
END_TEST

/* Whether [first, first + n) of the weights, or their state, differs. */
static bool moved(const struct fw_two_tower *m, const fw_real *before, int64_t first, int64_t n)
{
    int64_t k = m->n_state / m->n_weights;
    return memcmp(m->weights + first, before + first, (size_t)n * sizeof *before) != 0 ||
           memcmp(m->state + k * first, before + m->n_weights + k * first, (size_t)(k * n) * sizeof *before) != 0;
}

START_TEST(test_two_tower_moves_nothing_that_is_switched_off)
{
    struct fw_interactions *data = small_walks();
    struct fw_tower_options options = towers_options();
    options.optimiser = _i / 2 == 1 ? "adagrad" : "adam";
    struct fw_two_tower *m = towers_create(data, DIM, widths, STRIPS, _i % 2 == 1, &options);
    fw_real *before = fw_alloc_array(NULL, m->n_weights + m->n_state, sizeof *before);
    ck_assert_ptr_nonnull(before);
    uint32_t depths[TOWERS_DEPTHS];
    fw_two_tower_depths(m, depths);
    towers_train(m, data, depths, 0, 10);
    memcpy(before, m->weights, weights_bytes(m));
    for (int i = 0; i < FW_TOWER_INPUTS; i++) {
        depths[i * FW_STRIPS_MOST] = i == FW_TOWER_HISTORY ? 0 : 9;
        depths[i * FW_STRIPS_MOST + 1] = i == FW_TOWER_HISTORY ? 0 : 21;
        depths[i * FW_STRIPS_MOST + 2] = 0;
    }
    towers_train(m, data, depths, 10, 20);
    for (int i = 0; i < FW_TOWER_INPUTS; i++) {
        const struct fw_strips *s = &m->inputs[i];
        for (int t = 0; t < STRIPS; t++) {
            int64_t on = (int64_t)depths[i * FW_STRIPS_MOST + t] * s->width[t];
            int64_t part = s->projection + (int64_t)s->first[t] * DIM;
            ck_assert(moved(m, before, s->table[t], on) == (on > 0));
            ck_assert(!moved(m, before, s->table[t] + on, s->ids[t] * s->width[t] - on));
            if (s->projected)
                ck_assert(moved(m, before, part, (int64_t)s->width[t] * DIM) == (on > 0));
        }
    }
    ck_assert(moved(m, before, m->base, DIM));
    ck_assert(!moved(m, before, m->positions, options.batches.history));
    fw_free(NULL, before);
    fw_two_tower_destroy(m);
    fw_interactions_destroy(data);
}
END_TEST

/* The weights of the small model from the head of the whole one. */
static void copy_heads(struct fw_two_tower *to, const struct fw_two_tower *from, const uint32_t *depths)
{
    memcpy(to->weights + to->base, from->weights + from->base, DIM * sizeof(fw_real));
    memcpy(to->weights + to->positions, from->weights + from->positions,
           (size_t)to->options.batches.history * sizeof(fw_real));
    for (int i = 0; i < FW_TOWER_INPUTS; i++) {
        const struct fw_strips *a = &to->inputs[i];
        const struct fw_strips *b = &from->inputs[i];
        for (int t = 0, s = 0; t < b->n; t++) {
            if (depths[i * FW_STRIPS_MOST + t] == 0)
                continue;
            ck_assert_int_eq(a->ids[s], depths[i * FW_STRIPS_MOST + t]);
            memcpy(to->weights + a->table[s], from->weights + b->table[t],
                   (size_t)(a->ids[s] * a->width[s]) * sizeof(fw_real));
            if (b->projected)
                memcpy(to->weights + a->projection + (int64_t)a->first[s] * DIM,
                       from->weights + b->projection + (int64_t)b->first[t] * DIM,
                       (size_t)(b->width[t] * DIM) * sizeof(fw_real));
            s++;
        }
    }
}

START_TEST(test_two_tower_of_the_sizes_in_force_is_the_whole_one_switched)
{
    struct fw_interactions *data = small_walks();
    struct fw_tower_options options = towers_options();
    struct fw_two_tower *whole = towers_create(data, DIM, widths, STRIPS, _i == 1, &options);
    struct fw_two_tower *part = NULL;
    struct fw_batcher *batcher = NULL;
    /* falling depths; with projections also a first strip that is off */
    uint32_t depths[TOWERS_DEPTHS] = {[0] = 30, [1] = 12, [8] = 33, [9] = 9, [10] = 4, [16] = 25, [17] = 25, [18] = 1};
    depths[0] = _i == 1 ? 0 : 30;
    towers_scatter(whole, 0.4, 3);
    struct fw_embedding_sizes *sizes = towers_sizes(data, DIM, widths, STRIPS, _i == 1, depths);
    ck_ok(fw_two_tower_create(&part, sizes, data->n_users, data->n_items, &options, NULL, err));
    fw_two_tower_start(part);
    copy_heads(part, whole, depths);
    uint32_t own[TOWERS_DEPTHS];
    fw_two_tower_depths(part, own);
    ck_ok(fw_batcher_create(&batcher, data, &options.batches, NULL, err));
    for (int64_t step = 0; step < 5; step++) {
        double a;
        double b;
        fw_batcher_train(batcher, step);
        ck_ok(fw_two_tower_learn(whole, &a, &batcher->batch, depths, err));
        ck_ok(fw_two_tower_learn(part, &b, &batcher->batch, own, err));
        ck_assert_double_eq_tol(a, b, 1e-5);
    }
    fw_batcher_destroy(batcher);
    fw_embedding_sizes_destroy(sizes);
    fw_two_tower_destroy(part);
    fw_two_tower_destroy(whole);
    fw_interactions_destroy(data);
}
END_TEST

/* The query times an item's raw row is the score by the formula: one input after the other, in double. */
START_TEST(test_two_tower_queries_score_by_the_formula)
{
    struct fw_interactions *data = small_walks();
    struct fw_tower_options options = towers_options();
    static const int32_t one[] = {DIM};
    struct fw_two_tower *m = towers_create(data, DIM, one, 1, false, &options);
    uint32_t depths[TOWERS_DEPTHS];
    static const uint32_t history[] = {7, 3, 7, 39};
    fw_real query[DIM];
    fw_real *scratch = fw_alloc_array(NULL, fw_two_tower_scratch(m), sizeof *scratch);
    towers_scatter(m, 0.5, 9);
    fw_two_tower_depths(m, depths);
    depths[FW_TOWER_HISTORY * FW_STRIPS_MOST] = 20; /* item 39 reads row 0 */
    fw_two_tower_query(m, query, depths, 5, history, 4, scratch);
    const fw_real *b = m->weights + m->positions;
    double sum = 0;
    for (int p = 0; p < 4; p++)
        sum += exp((double)b[p]);
    for (int k = 0; k < DIM; k++) {
        double u =
            (double)m->weights[m->base + k] + (double)m->weights[m->inputs[FW_TOWER_USER].table[0] + 5 * DIM + k];
        for (int p = 0; p < 4; p++) {
            int64_t row = history[p] < 20 ? history[p] : 0;
            u += exp((double)b[p]) / sum * (double)m->weights[m->inputs[FW_TOWER_HISTORY].table[0] + row * DIM + k];
        }
        ck_assert_double_eq_tol((double)query[k], u, 1e-5);
    }
    fw_two_tower_query(m, query, depths, 5, NULL, 0, scratch);
    for (int k = 0; k < DIM; k++)
        ck_assert(query[k] == m->weights[m->base + k] + m->weights[m->inputs[FW_TOWER_USER].table[0] + 5 * DIM + k]);
    fw_free(NULL, scratch);
    fw_two_tower_destroy(m);
    fw_interactions_destroy(data);
}
END_TEST

START_TEST(test_two_tower_with_everything_off_knows_nothing_and_a_wild_rate_is_an_error)
{
    struct fw_interactions *data = small_walks();
    struct fw_tower_options options = towers_options();
    struct fw_two_tower *m = towers_create(data, DIM, widths, STRIPS, true, &options);
    struct fw_batcher *batcher = NULL;
    struct fw_error error = {0};
    uint32_t depths[TOWERS_DEPTHS] = {0};
    double loss;
    ck_ok(fw_batcher_create(&batcher, data, &options.batches, NULL, err));
    fw_batcher_train(batcher, 0);
    ck_ok(fw_two_tower_learn(m, &loss, &batcher->batch, depths, err));
    fw_two_tower_depths(m, depths);
    m->weights[m->base] = INFINITY;
    ck_assert_int_eq(fw_two_tower_learn(m, &loss, &batcher->batch, depths, &error), FW_E_NUMERIC);
    ck_assert_ptr_nonnull(strstr(error.message, "smaller learning rate than 0.01"));
    fw_batcher_destroy(batcher);
    fw_two_tower_destroy(m);
    fw_interactions_destroy(data);
}
END_TEST

static void ck_refused(const struct fw_embedding_sizes *sizes, const struct fw_tower_options *options,
                       const char *words)
{
    struct fw_two_tower *m = NULL;
    struct fw_error error = {0};
    ck_assert_int_eq(fw_two_tower_create(&m, sizes, 10, 10, options, NULL, &error), FW_E_ARG);
    ck_assert_msg(strstr(error.message, words) != NULL, "'%s' is not in: %s", words, error.message);
}

START_TEST(test_two_tower_says_what_is_wrong_with_its_options)
{
    struct fw_interactions *data = small_walks();
    struct fw_embedding_sizes *sizes = towers_sizes(data, DIM, widths, STRIPS, false, NULL);
    struct fw_tower_options options = towers_options();
    options.batches.history = 0;
    ck_refused(sizes, &options, "history is 0; 1 to 4096");
    options = towers_options();
    options.rate = NAN;
    ck_refused(sizes, &options, "learning rate is nan");
    options = towers_options();
    options.optimiser = "magic";
    ck_refused(sizes, &options, "no optimiser 'magic'");
    options = towers_options();
    sizes->items[0].strips[0].width = 9;
    ck_refused(sizes, &options, "'user'");
    fw_embedding_sizes_destroy(sizes);
    fw_interactions_destroy(data);
}
END_TEST

START_TEST(test_two_tower_refused_memory_is_an_error_and_no_leak)
{
    struct fw_interactions *data = small_walks();
    struct fw_embedding_sizes *sizes = towers_sizes(data, DIM, widths, STRIPS, true, NULL);
    struct fw_tower_options options = towers_options();
    for (int64_t k = 1;; k++) {
        struct fw_allocator mem;
        struct fw_error error = {0};
        struct fw_two_tower *m = NULL;
        fw_allocator_init(&mem, 0);
        atomic_store(&mem.fail_at, k);
        enum fw_status status = fw_two_tower_create(&m, sizes, data->n_users, data->n_items, &options, &mem, &error);
        fw_two_tower_destroy(m);
        ck_assert_uint_eq(atomic_load(&mem.used), 0);
        if (status == FW_OK)
            break;
        ck_assert_int_eq(status, FW_E_NOMEM);
    }
    fw_embedding_sizes_destroy(sizes);
    fw_interactions_destroy(data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("two_tower");
    TCase *tests = tcase_create("two_tower");
    tcase_add_loop_test(tests, test_two_tower_learns_the_same_bits_on_any_number_of_threads, 0, 2);
    tcase_add_loop_test(tests, test_two_tower_moves_nothing_that_is_switched_off, 0, 4);
    tcase_add_loop_test(tests, test_two_tower_of_the_sizes_in_force_is_the_whole_one_switched, 0, 2);
    tcase_add_test(tests, test_two_tower_queries_score_by_the_formula);
    tcase_add_test(tests, test_two_tower_with_everything_off_knows_nothing_and_a_wild_rate_is_an_error);
    tcase_add_test(tests, test_two_tower_says_what_is_wrong_with_its_options);
    tcase_add_test(tests, test_two_tower_refused_memory_is_an_error_and_no_leak);
    suite_add_tcase(suite, tests);
    return suite;
}
