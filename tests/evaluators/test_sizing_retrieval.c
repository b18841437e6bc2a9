#include "evaluators/sizing_retrieval.h"

#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "support/test_main.h"
#include "support/towers.h"
#include "support/walks.h"

struct ground {
    struct fw_interactions *data;
    struct fw_embedding_space *space;
    struct fw_sizing_retrieval *retrieval;
    struct fw_sizing_model model;
    fw_level *levels;
    uint32_t depths[TOWERS_DEPTHS];
};

static struct fw_retrieval_options small_options(void)
{
    struct fw_retrieval_options options;
    fw_retrieval_options_init(&options);
    options.tower = towers_options();
    options.competitors = 30;
    options.judge_users = 64;
    options.epochs = 6;
    return options;
}

static struct ground make_ground(bool projected, const struct fw_retrieval_options *options)
{
    struct ground g = {0};
    struct walks walks = {.n_users = 200, .n_items = 60, .length = 12, .follow = 0.8, .seed = 5};
    struct fw_embedding_space_options space = {.dim = 16, .multi = true, .projected = projected};
    struct fw_sized_input inputs[FW_TOWER_INPUTS];
    g.data = walks_create(&walks);
    fw_embedding_grid_published(&space.grid);
    fw_sizing_retrieval_inputs(inputs, g.data);
    ck_ok(fw_embedding_space_create(&g.space, inputs, FW_TOWER_INPUTS, &space, NULL, err));
    ck_ok(fw_sizing_retrieval_create(&g.retrieval, g.data, g.space, options, NULL, err));
    g.model = fw_sizing_retrieval_model(g.retrieval);
    g.levels = fw_alloc_array(NULL, fw_embedding_space_levels(g.space), sizeof *g.levels);
    ck_assert_ptr_nonnull(g.levels);
    fw_embedding_space_fill(g.space, g.levels);
    fw_embedding_space_depths(g.space, g.depths, g.levels);
    return g;
}

static void clear_ground(struct ground *g)
{
    fw_free(NULL, g->levels);
    fw_sizing_retrieval_destroy(g->retrieval);
    fw_embedding_space_destroy(g->space);
    fw_interactions_destroy(g->data);
}

/* Depths of a random sizing: what a controller would ask for at this step. */
static void draw_depths(struct ground *g, int64_t step)
{
    struct fw_rng rng;
    int32_t choices[FW_TOWER_INPUTS * FW_STRIPS_MOST];
    fw_rng_seed(&rng, 1, fw_stream((uint64_t)step, 0, FW_STREAM_TEST));
    for (int32_t d = 0; d < g->space->n_decisions; d++)
        choices[d] = (int32_t)fw_rng_below(&rng, (uint64_t)fw_embedding_space_choices(g->space, d));
    fw_embedding_space_apply(g->space, g->levels, choices);
    fw_embedding_space_depths(g->space, g->depths, g->levels);
}

static void learn(struct ground *g, int64_t first, int64_t n, bool drawn)
{
    for (int64_t step = first; step < first + n; step++) {
        double loss;
        if (drawn)
            draw_depths(g, step);
        ck_ok(g->model.vtable->learn(g->model.self, &loss, g->depths, step, err));
    }
}

static double judge(const struct ground *g, int64_t batch)
{
    double quality = -1;
    char *scratch = fw_alloc_array(NULL, 1, g->model.vtable->scratch(g->model.self));
    ck_assert_ptr_nonnull(scratch);
    ck_ok(g->model.vtable->judge(g->model.self, &quality, g->depths, batch, scratch, err));
    fw_free(NULL, scratch);
    return quality;
}

static void *snapshot_of(const struct ground *g)
{
    void *bytes = fw_alloc_array(NULL, 1, g->model.vtable->snapshot_bytes(g->model.self));
    ck_assert_ptr_nonnull(bytes);
    g->model.vtable->snapshot(g->model.self, bytes);
    return bytes;
}

START_TEST(test_sizing_retrieval_learns_to_beat_popularity_and_batches_add_up)
{
    struct fw_retrieval_options options = small_options();
    struct ground g = make_ground(_i == 1, &options);
    struct fw_recall popular;
    struct fw_recall_task task = fw_retrieval_task(g.data, FW_HELD_VALID, &options);
    ck_assert_str_eq(g.model.vtable->quality, "recall@1");
    ck_ok(fw_recall_popularity(&popular, &task, true, NULL, err));
    ck_ok(g.model.vtable->start(g.model.self, NULL, err));
    learn(&g, 0, 400, false);
    double all = judge(&g, -1);
    ck_assert_msg(all > 2 * popular.at[0], "%g, popularity %g", all, popular.at[0]);
    ck_assert_int_eq(g.model.vtable->judge_batches(g.model.self), 4); /* 200 users by 64: 50 each */
    double sum = 0;
    for (int64_t b = 0; b < 4; b++)
        sum += judge(&g, b) / 4;
    ck_assert_double_eq_tol(sum, all, 1e-9);
    ck_assert(judge(&g, 6) == judge(&g, 2));
    ck_assert_int_eq(g.model.vtable->train_batches(g.model.self), (g.data->n_train + 63) / 64);
    clear_ground(&g);
}
END_TEST

START_TEST(test_sizing_retrieval_is_the_same_on_any_number_of_threads)
{
    void *snapshots[2];
    double quality[2];
    struct fw_sizing_fit fits[2];
    size_t bytes = 0;
    for (int i = 0; i < 2; i++) {
        struct fw_retrieval_options options = small_options();
        struct fw_embedding_sizes *sizes = NULL;
        options.tower.threads = i == 0 ? 1 : 3;
        struct ground g = make_ground(_i == 1, &options);
        learn(&g, 0, 60, true);
        snapshots[i] = snapshot_of(&g);
        quality[i] = judge(&g, -1);
        draw_depths(&g, 3);
        ck_ok(fw_embedding_space_sizes(&sizes, g.space, g.levels, NULL, err));
        ck_ok(g.model.vtable->fit(g.model.self, &fits[i], sizes, NULL, err));
        bytes = g.model.vtable->snapshot_bytes(g.model.self);
        fw_embedding_sizes_destroy(sizes);
        clear_ground(&g);
    }
    ck_assert_mem_eq(snapshots[0], snapshots[1], bytes);
    ck_assert(quality[0] == quality[1]);
    ck_assert(fits[0].quality == fits[1].quality && fits[0].loss == fits[1].loss);
    ck_assert_int_eq(fits[0].epochs, fits[1].epochs);
    fw_free(NULL, snapshots[0]);
    fw_free(NULL, snapshots[1]);
}
END_TEST

START_TEST(test_sizing_retrieval_goes_back_to_a_snapshot)
{
    struct fw_retrieval_options options = small_options();
    struct ground g = make_ground(true, &options);
    size_t bytes = g.model.vtable->snapshot_bytes(g.model.self);
    learn(&g, 0, 20, true);
    void *middle = snapshot_of(&g);
    learn(&g, 20, 20, true);
    void *end = snapshot_of(&g);
    ck_assert(memcmp(middle, end, bytes) != 0);
    g.model.vtable->restore(g.model.self, middle);
    learn(&g, 20, 20, true);
    void *again = snapshot_of(&g);
    ck_assert_mem_eq(again, end, bytes);
    ck_ok(g.model.vtable->start(g.model.self, NULL, err));
    learn(&g, 0, 20, true);
    g.model.vtable->snapshot(g.model.self, again);
    ck_assert_mem_eq(again, middle, bytes);
    fw_free(NULL, again);
    fw_free(NULL, end);
    fw_free(NULL, middle);
    clear_ground(&g);
}
END_TEST

/* What strip t of an id reads under the depths in force, or with its block absent: a row of the table; -1: nothing. */
static int64_t row_read(const struct ground *g, int32_t i, int32_t t, int64_t id, bool absent)
{
    const uint32_t *depths = g->depths + i * FW_STRIPS_MOST;
    int64_t deepest = 0;
    for (int32_t k = 0; k < g->space->n_columns; k++)
        deepest = depths[k] > deepest ? depths[k] : deepest;
    if (id < depths[t] && !absent)
        return id;
    /* without its block the strip ends before the id, and with it, where no other is as deep, the input */
    bool behind = id >= deepest || (absent && depths[t] == deepest);
    return behind && depths[t] > 0 && id >= g->space->inputs[i].depth[0] ? 0 : -1;
}

/* Gives a model with all rows in force the rows that the switched one reads: the same loss, but each row alone. With
 * a block (of input i, row strip s and column strip t) moved by `by` from its absence to its presence. */
static void unfold(struct fw_two_tower *m, const struct ground *g, int32_t i, int32_t s, int32_t t, double by)
{
    const struct fw_two_tower *tower = fw_sizing_retrieval_tower(g->retrieval);
    memcpy(m->weights, tower->weights, (size_t)m->n_weights * sizeof *m->weights);
    for (int32_t u = 0; u < FW_TOWER_INPUTS * g->space->n_columns; u++) {
        int32_t input = u / g->space->n_columns;
        int32_t strip = u % g->space->n_columns;
        const struct fw_strips *strips = &m->inputs[input];
        int64_t width = strips->width[strip];
        const fw_real *from = tower->weights + strips->table[strip];
        for (int64_t id = 0; id < strips->n_ids; id++) {
            const int64_t *depth = g->space->inputs[input].depth;
            bool moved = input == i && strip == t && id < depth[s] && (s == 0 || id >= depth[s - 1]);
            int64_t read = row_read(g, input, strip, id, false);
            int64_t absent = row_read(g, input, strip, id, true);
            for (int64_t k = 0; k < width; k++) {
                double value = read >= 0 ? (double)from[read * width + k] : 0;
                double without = absent >= 0 ? (double)from[absent * width + k] : 0;
                value += moved ? by * ((double)from[id * width + k] - without) : 0;
                m->weights[strips->table[strip] + id * width + k] = (fw_real)value;
            }
        }
    }
}

/* All judging users in one batch, so that the test can build the same one. Blocks in force and others. */
START_TEST(test_sizing_retrieval_worth_is_the_slope_of_the_loss_along_a_block)
{
    struct fw_retrieval_options options = small_options();
    options.judge_users = 1000;
    options.tower.batches.batch = 256;
    struct ground g = make_ground(_i % 2 == 1, &options);
    struct fw_batcher *batcher = NULL;
    double *worth = fw_alloc_array(NULL, fw_embedding_space_blocks(g.space), sizeof *worth);
    int64_t rows = 7;
    uint32_t all[TOWERS_DEPTHS];
    learn(&g, 0, 200, true);
    draw_depths(&g, 4 + _i);
    struct fw_two_tower *m = towers_create(g.data, 16, g.space->width, g.space->n_columns, _i % 2 == 1, &options.tower);
    fw_two_tower_depths(m, all);
    void *before = snapshot_of(&g);
    ck_ok(g.model.vtable->worth(g.model.self, worth, &rows, g.depths, 0, err));
    void *after = snapshot_of(&g);
    ck_assert_mem_eq(after, before, g.model.vtable->snapshot_bytes(g.model.self));
    ck_assert_int_eq(rows, 7 + g.data->n_judges);
    ck_ok(fw_batcher_create(&batcher, g.data, &options.tower.batches, NULL, err));
    fw_batcher_held(batcher, FW_HELD_VALID, g.data->judges, g.data->n_judges, 0);
    int checked[2] = {0};
    for (int32_t b = 0; b < FW_TOWER_INPUTS * FW_ROW_STRIPS_MOST * g.space->n_columns; b++) {
        int32_t t = b % g.space->n_columns;
        int32_t s = b / g.space->n_columns % FW_ROW_STRIPS_MOST;
        int32_t i = b / g.space->n_columns / FW_ROW_STRIPS_MOST;
        double value = worth[fw_embedding_space_block(i, s, t)];
        double loss[2];
        if (s >= g.space->inputs[i].n_rows) {
            ck_assert(value == 0);
            continue;
        }
        for (int side = 0; side < 2; side++) {
            unfold(m, &g, i, s, t, side == 0 ? -0.05 : 0.05);
            fw_two_tower_gradient(m, &loss[side], &batcher->batch, all);
        }
        ck_assert_double_eq_tol(value, (loss[0] - loss[1]) / 0.1, 0.02 * fabs(value) + 0.02);
        checked[g.levels[i * FW_STRIPS_MOST + t] > s] += fabs(value) > 0.1;
    }
    ck_assert_msg(checked[0] > 3 && checked[1] > 3, "%d off, %d on", checked[0], checked[1]);
    fw_batcher_destroy(batcher);
    fw_free(NULL, after);
    fw_free(NULL, before);
    fw_two_tower_destroy(m);
    fw_free(NULL, worth);
    clear_ground(&g);
}
END_TEST

START_TEST(test_sizing_retrieval_norms_are_those_of_the_rows_in_the_common_width)
{
    struct fw_retrieval_options options = small_options();
    struct ground g = make_ground(_i == 1, &options);
    int64_t n = fw_embedding_space_blocks(g.space);
    double *squares = fw_alloc_array(NULL, n, sizeof *squares);
    const struct fw_two_tower *tower = fw_sizing_retrieval_tower(g.retrieval);
    const struct fw_strips *items = &tower->inputs[FW_TOWER_ITEM];
    learn(&g, 0, 10, false);
    memset(squares, 0xff, (size_t)n * sizeof *squares);
    g.model.vtable->norms(g.model.self, squares);
    for (int64_t b = 0; b < n; b++)
        ck_assert(squares[b] >= 0);                                       /* all are written */
    for (int32_t s = 0; s < g.space->inputs[FW_TOWER_ITEM].n_rows; s++) { /* the items' second strip */
        double expected = 0;
        const int64_t *depth = g.space->inputs[FW_TOWER_ITEM].depth;
        for (int64_t id = s > 0 ? depth[s - 1] : 0; id < depth[s]; id++) {
            fw_real raw[16] = {0};
            fw_real mapped[16];
            memcpy(raw + items->first[1], tower->weights + items->table[1] + id * items->width[1],
                   (size_t)items->width[1] * sizeof *raw);
            fw_strips_map(mapped, items, tower->weights, raw, 1, false);
            for (int k = 0; k < 16; k++)
                expected += (double)mapped[k] * (double)mapped[k];
        }
        ck_assert_double_eq_tol(squares[fw_embedding_space_block(FW_TOWER_ITEM, s, 1)], expected, 1e-5 * expected);
    }
    fw_free(NULL, squares);
    clear_ground(&g);
}
END_TEST

START_TEST(test_sizing_retrieval_fits_sizes_from_scratch)
{
    struct fw_retrieval_options options = small_options();
    struct ground g = make_ground(_i == 1, &options);
    struct fw_embedding_sizes *sizes = NULL;
    struct fw_sizing_fit whole;
    struct fw_sizing_fit none;
    struct fw_two_tower *kept = NULL;
    struct fw_recall recall;
    void *before = snapshot_of(&g);
    ck_ok(fw_embedding_space_sizes(&sizes, g.space, g.levels, NULL, err));
    ck_ok(g.model.vtable->fit(g.model.self, &whole, sizes, NULL, err));
    ck_assert_int_eq(whole.bytes, fw_embedding_sizes_bytes(sizes));
    ck_assert(whole.epochs >= 1 && whole.epochs <= 6 && whole.loss > 0 && whole.seconds >= 0);
    void *after = snapshot_of(&g);
    ck_assert_mem_eq(after, before, g.model.vtable->snapshot_bytes(g.model.self));
    /* the model that is kept is the one that was judged */
    ck_ok(fw_retrieval_fit(&kept, &none, g.data, sizes, &options, NULL, NULL, err));
    struct fw_recall_task task = fw_retrieval_task(g.data, FW_HELD_VALID, &options);
    uint32_t depths[TOWERS_DEPTHS];
    void *scratch = fw_alloc_array(NULL, 1, fw_recall_scratch(kept, &task));
    fw_two_tower_depths(kept, depths);
    fw_recall_sampled(&recall, kept, depths, &task, scratch);
    ck_assert(recall.at[0] == whole.quality && recall.loss == whole.loss && none.quality == whole.quality);
    task.held = FW_HELD_TEST;
    fw_recall_sampled(&recall, kept, depths, &task, scratch);
    ck_assert(recall.at[0] == whole.test);
    /* nothing but unknown users: no better than chance, and no crash */
    memset(g.levels, 0, (size_t)fw_embedding_space_levels(g.space));
    fw_embedding_sizes_destroy(sizes);
    ck_ok(fw_embedding_space_sizes(&sizes, g.space, g.levels, NULL, err));
    ck_ok(g.model.vtable->fit(g.model.self, &none, sizes, NULL, err));
    ck_assert(none.quality == 0 && none.bytes == 0);
    ck_assert(whole.quality > 0.3);
    fw_embedding_sizes_destroy(sizes);
    fw_two_tower_destroy(kept);
    fw_free(NULL, scratch);
    fw_free(NULL, after);
    fw_free(NULL, before);
    clear_ground(&g);
}
END_TEST

START_TEST(test_sizing_retrieval_stops_when_asked_and_says_what_is_wrong)
{
    struct fw_retrieval_options options = small_options();
    struct ground g = make_ground(false, &options);
    struct fw_embedding_sizes *sizes = NULL;
    struct fw_sizing_fit fit;
    struct fw_error error = {0};
    atomic_int stop = 1;
    struct fw_budget budget = {.stop = &stop};
    ck_ok(fw_embedding_space_sizes(&sizes, g.space, g.levels, NULL, err));
    ck_assert_int_eq(g.model.vtable->fit(g.model.self, &fit, sizes, &budget, &error), FW_E_STOPPED);
    budget = (struct fw_budget){.started = -1e9, .seconds = 1};
    ck_assert_int_eq(g.model.vtable->fit(g.model.self, &fit, sizes, &budget, &error), FW_E_BUDGET);
    struct fw_sizing_retrieval *other = NULL;
    options.patience = 0;
    ck_assert_int_eq(fw_sizing_retrieval_create(&other, g.data, g.space, &options, NULL, &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "patience is 0"));
    options = small_options();
    g.data->n_items--;
    ck_assert_int_eq(fw_sizing_retrieval_create(&other, g.data, g.space, &options, NULL, &error), FW_E_ARG);
    g.data->n_items++;
    fw_embedding_sizes_destroy(sizes);
    clear_ground(&g);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sizing_retrieval");
    TCase *tests = tcase_create("sizing_retrieval");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_sizing_retrieval_learns_to_beat_popularity_and_batches_add_up, 0, 2);
    tcase_add_loop_test(tests, test_sizing_retrieval_is_the_same_on_any_number_of_threads, 0, 2);
    tcase_add_test(tests, test_sizing_retrieval_goes_back_to_a_snapshot);
    tcase_add_loop_test(tests, test_sizing_retrieval_worth_is_the_slope_of_the_loss_along_a_block, 0, 6);
    tcase_add_loop_test(tests, test_sizing_retrieval_norms_are_those_of_the_rows_in_the_common_width, 0, 2);
    tcase_add_loop_test(tests, test_sizing_retrieval_fits_sizes_from_scratch, 0, 2);
    tcase_add_test(tests, test_sizing_retrieval_stops_when_asked_and_says_what_is_wrong);
    suite_add_tcase(suite, tests);
    return suite;
}
