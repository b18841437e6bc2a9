/* Gradients of the two-tower model in double precision against finite differences, whole and with parts switched off.
 */
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "models/retrieval/two_tower.h"
#include "support/test_main.h"
#include "support/walks.h"

enum { DIM = 6, DEPTHS = FW_TOWER_INPUTS * FW_STRIPS_MOST };

struct ground {
    struct fw_interactions *data;
    struct fw_two_tower *model;
    struct fw_batcher *batcher;
};

/* Strips of 3, 2 and 1 columns, the last two cut short as in sizes that were searched for. */
static struct fw_embedding_sizes *make_sizes(const struct fw_interactions *data, bool projected)
{
    struct fw_embedding_sizes *sizes = NULL;
    ck_ok(fw_embedding_sizes_create(&sizes, DIM, FW_TOWER_INPUTS, NULL, err));
    for (int i = 0; i < FW_TOWER_INPUTS; i++) {
        int64_t n_ids = i == FW_TOWER_USER ? data->n_users : data->n_items;
        ck_ok(fw_embedding_sizes_name(sizes, i, fw_tower_input_names[i], err));
        sizes->items[i].n_strips = 3;
        sizes->items[i].projected = projected;
        sizes->items[i].strips[0] = (struct fw_strip){n_ids, 3};
        sizes->items[i].strips[1] = (struct fw_strip){n_ids - 2, 2};
        sizes->items[i].strips[2] = (struct fw_strip){4, 1};
    }
    return sizes;
}

static struct ground make_ground(bool projected)
{
    struct ground g = {0};
    struct walks walks = {.n_users = 9, .n_items = 12, .length = 7, .follow = 0.7, .seed = 3};
    struct fw_tower_options options;
    struct fw_rng rng;
    g.data = walks_create(&walks);
    fw_tower_options_init(&options);
    options.batches = (struct fw_batch_options){.batch = 37, .history = 4, .negatives = 70, .seed = 5};
    options.threads = 1;
    struct fw_embedding_sizes *sizes = make_sizes(g.data, projected);
    ck_ok(fw_two_tower_create(&g.model, sizes, g.data->n_users, g.data->n_items, &options, NULL, err));
    ck_ok(fw_batcher_create(&g.batcher, g.data, &options.batches, NULL, err));
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    for (int64_t i = 0; i < g.model->n_weights; i++)
        g.model->weights[i] = 0.5 * fw_rng_normal(&rng);
    fw_batcher_train(g.batcher, 0);
    fw_embedding_sizes_destroy(sizes);
    return g;
}

static void clear_ground(struct ground *g)
{
    fw_batcher_destroy(g->batcher);
    fw_two_tower_destroy(g->model);
    fw_interactions_destroy(g->data);
}

/* The gradient of every weight; 0 where the model has none. */
static void spread_gradient(double *out, const struct fw_two_tower *m, const uint32_t *depths)
{
    memset(out, 0, (size_t)m->n_weights * sizeof *out);
    memcpy(out + m->base, m->base_gradient, (size_t)m->dim * sizeof *out);
    memcpy(out + m->positions, m->position_gradient, (size_t)m->options.batches.history * sizeof *out);
    for (int i = 0; i < FW_TOWER_INPUTS; i++) {
        const struct fw_strips *strips = &m->inputs[i];
        for (int32_t t = 0; t < strips->n; t++) {
            const struct fw_strip_gradient *g = &m->gradients[i][t];
            int64_t width = strips->width[t];
            for (int64_t r = 0; r < g->n_rows; r++)
                memcpy(out + strips->table[t] + (int64_t)g->rows[r] * width, g->table + r * width,
                       (size_t)width * sizeof *out);
            if (strips->projected && depths[i * FW_STRIPS_MOST + t] > 0)
                memcpy(out + strips->projection + (int64_t)strips->first[t] * m->dim, g->projection,
                       (size_t)(width * m->dim) * sizeof *out);
        }
    }
}

static double loss_at(struct ground *g, const uint32_t *depths, int64_t i, double by)
{
    double loss;
    double before = g->model->weights[i];
    g->model->weights[i] += by;
    fw_two_tower_gradient(g->model, &loss, &g->batcher->batch, depths);
    g->model->weights[i] = before;
    return loss;
}

static void check_all(struct ground *g, const uint32_t *depths)
{
    double loss;
    const double h = 1e-4;
    double *gradient = fw_alloc_array(NULL, g->model->n_weights, sizeof *gradient);
    ck_assert_ptr_nonnull(gradient);
    fw_two_tower_gradient(g->model, &loss, &g->batcher->batch, depths);
    ck_assert(isfinite(loss) && loss > 0);
    spread_gradient(gradient, g->model, depths);
    for (int64_t i = 0; i < g->model->n_weights; i++) {
        double slope = (8 * (loss_at(g, depths, i, h) - loss_at(g, depths, i, -h)) -
                        (loss_at(g, depths, i, 2 * h) - loss_at(g, depths, i, -2 * h))) /
                       (12 * h);
        ck_assert_msg(fabs(slope - gradient[i]) <= 1e-7 * (fabs(slope) + 1), "weight %lld: gradient %.12g, not %.12g",
                      (long long)i, gradient[i], slope);
    }
    fw_free(NULL, gradient);
}

START_TEST(test_tower_gradients_match_finite_differences)
{
    struct ground g = make_ground(_i == 1);
    uint32_t depths[DEPTHS];
    fw_two_tower_depths(g.model, depths);
    check_all(&g, depths);
    clear_ground(&g);
}
END_TEST

/* Strips cut shorter, a strip off under one that is on, and each input off in turn. */
START_TEST(test_tower_gradients_of_a_model_with_parts_off_match_finite_differences)
{
    struct ground g = make_ground(_i >= 4);
    uint32_t depths[DEPTHS];
    fw_two_tower_depths(g.model, depths);
    if (_i % 4 < FW_TOWER_INPUTS) {
        memset(depths + _i % 4 * FW_STRIPS_MOST, 0, FW_STRIPS_MOST * sizeof *depths);
    } else {
        for (int i = 0; i < FW_TOWER_INPUTS; i++) {
            depths[i * FW_STRIPS_MOST] = i == FW_TOWER_HISTORY ? 0 : 5;
            depths[i * FW_STRIPS_MOST + 1] = 7;
            depths[i * FW_STRIPS_MOST + 2] = (uint32_t)i;
        }
    }
    check_all(&g, depths);
    clear_ground(&g);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tower_gradients");
    TCase *tests = tcase_create("tower_gradients");
    tcase_add_loop_test(tests, test_tower_gradients_match_finite_differences, 0, 2);
    tcase_add_loop_test(tests, test_tower_gradients_of_a_model_with_parts_off_match_finite_differences, 0, 8);
    suite_add_tcase(suite, tests);
    return suite;
}
