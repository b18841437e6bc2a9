/* Sized embeddings in double precision: gradients of all strips under any depths, and what a block is worth, against
 * differences of the loss. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/engine/ops.h"
#include "support/double/gradients.h"
#include "support/inputs.h"
#include "support/test_main.h"

enum { DIM = 6, N_INPUTS = 5, N_CUTS = 3 };

static struct fw_dataset *make_dataset(void)
{
    struct planted_options options = {
        .n_rows = 160, .n_fields = 3, .n_ids = {7, 40, 300}, .strength = 1, .weighted = true, .power = 2, .seed = 5};
    return inputs_create(&options, 2);
}

/* Sizes of three fields and two values; `projected` of all of them or of none. */
static void make_sizes(struct fw_embedding_size *sizes, bool projected)
{
    static const struct fw_embedding_size all[N_INPUTS] = {
        {.n_strips = 1, .strips = {{7, 6}}},
        {.n_strips = 3, .strips = {{40, 2}, {40, 1}, {9, 2}}},
        {.n_strips = 2, .strips = {{120, 3}, {30, 3}}},
        {.n_strips = 1, .strips = {{1, 4}}},
        {.n_strips = 2, .strips = {{1, 1}, {1, 3}}},
    };
    memcpy(sizes, all, sizeof all);
    for (int i = 0; i < N_INPUTS; i++)
        sizes[i].projected = projected;
}

static struct fw_graph *make_graph(fw_node *x_out, const struct fw_dataset *dataset, bool projected)
{
    struct fw_embedding_size sizes[N_INPUTS];
    const struct fw_embedding_size *list[N_INPUTS];
    struct fw_op_inputs inputs = inputs_all(dataset);
    struct fw_graph *graph = inputs_graph(dataset, 90, 1, NULL);
    struct fw_dense_options tanh = {.activation = FW_ACT_TANH};
    struct fw_dense_options none = {.activation = FW_ACT_NONE};
    make_sizes(sizes, projected);
    for (int i = 0; i < N_INPUTS; i++)
        list[i] = &sizes[i];
    *x_out = fw_op_sized_embedding(graph, &inputs, list, DIM, 0.5, "embedding");
    fw_node parts[] = {fw_op_fm(graph, *x_out, N_INPUTS),
                       fw_op_dense(graph, fw_op_dense(graph, *x_out, 4, &tanh, "h"), 1, &none, "out")};
    inputs_finish(graph, fw_op_add(graph, parts, 2), 0.3);
    return graph;
}

/* Depths in force of the strips above: everything; parts of all; a strip without the one before it; dropped inputs. */
static const uint32_t depths[][N_INPUTS][FW_STRIPS_MOST] = {
    {{7}, {40, 40, 9}, {120, 30}, {1}, {1, 1}},      {{3}, {20, 7, 5}, {120, 1}, {1}, {1, 0}},
    {{7}, {0, 12, 0}, {0, 30}, {0}, {0, 1}},         {{0}, {0, 0, 9}, {60, 60}, {1}, {0, 0}},
    {{1}, {1, 1, 1}, {999999, 999999}, {1}, {5, 5}},
};
enum { N_DEPTHS = sizeof depths / sizeof depths[0] };

START_TEST(test_sized_gradients_match_finite_differences)
{
    struct fw_dataset *dataset = make_dataset();
    for (int projected = 0; projected < 2; projected++) {
        fw_node x;
        char what[64];
        struct fw_graph *graph = make_graph(&x, dataset, projected);
        struct fw_dataset_view rows = inputs_rows(dataset, 11, 83);
        snprintf(what, sizeof what, "depths %d, projected %d", _i - 1, projected);
        graph->depths = _i == 0 ? NULL : &depths[_i - 1][0][0];
        struct gradients_tally tally = gradients_check(graph, &rows, 20, what);
        ck_assert_int_eq(tally.kinks, 0);
        fw_graph_destroy(graph);
    }
    fw_dataset_destroy(dataset);
}
END_TEST

static double loss_of(struct fw_graph *graph, const struct fw_dataset_view *rows)
{
    struct fw_graph_sums sums;
    fw_graph_learn(graph, &sums, rows);
    return sums.loss;
}

/* Cuts of the row strips of each input. */
static const int64_t cuts[N_INPUTS][N_CUTS] = {{2, 5, 7}, {4, 15, 40}, {10, 50, 300}, {1, 1, 1}, {1, 1, 1}};

static struct fw_weights *table_of(const struct fw_graph *graph, int32_t input, int32_t strip)
{
    char name[32] = "embedding";
    if (input >= 3)
        snprintf(name, sizeof name, "embedding.values%d", input - 3);
    if (strip > 0)
        snprintf(name + strlen(name), sizeof name - strlen(name), ".%d", strip + 1);
    for (int32_t i = 0; i < graph->n_weights; i++) {
        struct fw_weights *w = graph->weights[i];
        if (w->field == (input < 3 ? input : -1) && strcmp(w->name, name) == 0)
            return w;
    }
    ck_abort_msg("no table %s of input %d", name, input);
    return NULL;
}

/* The derivative of the loss in the share of a block that is in force, by differences: with the block on, its rows are
 * moved from what stands in for them (0, or row 0) to what they are. */
static double slope(struct fw_graph *graph, const struct fw_dataset_view *rows, int32_t input, int32_t strip,
                    int32_t row_strip, double share, bool stands_in)
{
    struct fw_weights *w = table_of(graph, input, strip);
    int64_t first = row_strip == 0 ? 0 : cuts[input][row_strip - 1];
    int64_t last = cuts[input][row_strip] < w->rows ? cuts[input][row_strip] : w->rows;
    size_t bytes = (size_t)(w->rows * w->width) * sizeof(fw_real);
    fw_real *before = fw_alloc_array(NULL, w->rows * w->width, sizeof *before);
    double losses[2];
    ck_assert_ptr_nonnull(before);
    memcpy(before, w->data, bytes);
    for (int side = 0; side < 2; side++) {
        double at = share + (side == 0 ? -1e-5 : 1e-5);
        for (int64_t k = first * w->width; k < last * w->width; k++) {
            double other = stands_in ? before[k % w->width] : 0;
            w->data[k] = other + at * (before[k] - other);
        }
        losses[side] = loss_of(graph, rows);
    }
    memcpy(w->data, before, bytes);
    fw_free(NULL, before);
    return (losses[1] - losses[0]) / 2e-5;
}

static int64_t block(int32_t input, int32_t row_strip, int32_t strip)
{
    return ((int64_t)input * N_CUTS + row_strip) * FW_STRIPS_MOST + strip;
}

START_TEST(test_sized_worth_is_the_slope_of_the_loss)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_dataset_view rows = inputs_rows(dataset, 0, 90);
    fw_node x;
    struct fw_graph *graph = make_graph(&x, dataset, _i);
    double worth[N_INPUTS * N_CUTS * FW_STRIPS_MOST] = {0};
    uint32_t force[N_INPUTS][FW_STRIPS_MOST] = {{7}, {40, 40, 4}, {10, 10}, {1}, {1, 0}};
    graph->depths = &force[0][0];
    loss_of(graph, &rows);
    fw_op_sized_worth(worth, graph, x, &cuts[0][0], N_CUTS, &rows);
    /* on: the first strip of rows is worth itself */
    ck_assert_double_eq_tol(-slope(graph, &rows, 0, 0, 0, 1, false), worth[block(0, 0, 0)], 1e-6);
    /* on and outermost: what it says beyond row 0, which would stand in */
    ck_assert_double_eq_tol(-slope(graph, &rows, 0, 0, 1, 1, true), worth[block(0, 1, 0)], 1e-6);
    ck_assert_double_eq_tol(-slope(graph, &rows, 1, 1, 2, 1, true), worth[block(1, 2, 1)], 1e-6);
    /* on, but a deeper strip keeps the ids: nothing stands in */
    force[1][2] = 4;
    ck_assert_double_eq_tol(-slope(graph, &rows, 1, 2, 0, 1, false), worth[block(1, 0, 2)], 1e-6);
    ck_assert_double_eq_tol(-slope(graph, &rows, 3, 0, 0, 1, false), worth[block(3, 0, 0)], 1e-6);
    /* off, nothing in its place */
    force[4][1] = 1;
    ck_assert_double_eq_tol(-slope(graph, &rows, 4, 1, 0, 0, false), worth[block(4, 0, 1)], 1e-6);
    force[4][1] = 0;
    force[1][2] = 9;
    ck_assert_double_eq_tol(-slope(graph, &rows, 1, 2, 1, 0, false), worth[block(1, 1, 2)], 1e-6);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Ids behind the deepest strip read row 0 of all its strips; a block that would take them in is worth the difference.
 * One strip is in force at a time, so that the other's rows do not change with it. */
START_TEST(test_sized_worth_of_what_is_off_counts_from_row_0)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_dataset_view rows = inputs_rows(dataset, 0, 90);
    fw_node x;
    struct fw_graph *graph = make_graph(&x, dataset, _i);
    double worth[N_INPUTS * N_CUTS * FW_STRIPS_MOST] = {0};
    uint32_t force[N_INPUTS][FW_STRIPS_MOST] = {{7}, {40, 40, 9}, {10, 0}, {1}, {1, 1}};
    graph->depths = &force[0][0];
    loss_of(graph, &rows);
    fw_op_sized_worth(worth, graph, x, &cuts[0][0], N_CUTS, &rows);
    force[2][0] = 50;
    double expected = -slope(graph, &rows, 2, 0, 1, 0, true);
    ck_assert_double_ne(expected, 0);
    ck_assert_double_eq_tol(expected, worth[block(2, 1, 0)], 1e-6);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sized_gradients");
    TCase *tests = tcase_create("sized");
    tcase_add_loop_test(tests, test_sized_gradients_match_finite_differences, 0, N_DEPTHS + 1);
    tcase_add_loop_test(tests, test_sized_worth_is_the_slope_of_the_loss, 0, 2);
    tcase_add_loop_test(tests, test_sized_worth_of_what_is_off_counts_from_row_0, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
