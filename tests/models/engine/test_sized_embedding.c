/* Sized embeddings: the same as plain ones at full size, and blocks that are off neither show nor move. */
#include <string.h>

#include "models/engine/op_sized.h"
#include "support/inputs.h"
#include "support/test_main.h"

enum { DIM = 5, N_FIELDS = 3, N_INPUTS = 5 };

static struct fw_dataset *make_dataset(void)
{
    struct planted_options options = {
        .n_rows = 200, .n_fields = N_FIELDS, .n_ids = {5, 90, 900}, .strength = 1, .power = 2, .seed = 31};
    return inputs_create(&options, 2);
}

static struct fw_graph *finish(struct fw_graph *graph, fw_node x)
{
    struct fw_dense_options none = {.activation = FW_ACT_NONE};
    fw_node parts[] = {fw_op_fm(graph, x, N_INPUTS), fw_op_dense(graph, x, 1, &none, "out")};
    inputs_finish(graph, fw_op_add(graph, parts, 2), 0.3);
    fw_graph_reset_state(graph);
    return graph;
}

static void use_adam(struct fw_graph *graph)
{
    for (int p = 0; p < FW_PARTS; p++)
        ck_ok(fw_optimiser_make(&graph->optimiser[p], "adam", 0.1, 0.5, 0, 0.01, err));
}

/* All inputs in two strips, 3 and 2 wide, as deep as they go. */
static struct fw_graph *make_sized(const struct fw_dataset *dataset, int threads)
{
    struct fw_embedding_size sizes[N_INPUTS] = {0};
    const struct fw_embedding_size *list[N_INPUTS];
    struct fw_op_inputs inputs = inputs_all(dataset);
    struct fw_graph *graph = inputs_graph(dataset, 64, threads, NULL);
    use_adam(graph);
    for (int j = 0; j < N_INPUTS; j++) {
        int64_t ids = j < N_FIELDS ? dataset->fields[j].n_ids : 1;
        sizes[j] = (struct fw_embedding_size){.n_strips = 2, .strips = {{ids, 3}, {ids, 2}}};
        list[j] = &sizes[j];
    }
    return finish(graph, fw_op_sized_embedding(graph, &inputs, list, DIM, 0.5, "embedding"));
}

static struct fw_graph *make_plain(const struct fw_dataset *dataset)
{
    struct fw_op_inputs inputs = inputs_all(dataset);
    struct fw_graph *graph = inputs_graph(dataset, 64, 1, NULL);
    use_adam(graph);
    return finish(graph, fw_op_embedding(graph, &inputs, DIM, 0.5, "embedding"));
}

/* Weights of the plain graph out of those of the sized one. */
static void copy_weights(struct fw_graph *plain, const struct fw_graph *sized)
{
    for (int32_t j = 0; j < N_FIELDS; j++) {
        for (int64_t id = 0; id < plain->weights[j]->rows; id++) {
            memcpy(plain->weights[j]->data + id * DIM, sized->weights[2 * j]->data + id * 3, 3 * sizeof(fw_real));
            memcpy(plain->weights[j]->data + id * DIM + 3, sized->weights[2 * j + 1]->data + id * 2,
                   2 * sizeof(fw_real));
        }
    }
    for (int32_t v = 0; v < 2; v++) {
        memcpy(plain->weights[N_FIELDS]->data + (int64_t)v * DIM, sized->weights[6 + 2 * v]->data, 3 * sizeof(fw_real));
        memcpy(plain->weights[N_FIELDS]->data + (int64_t)v * DIM + 3, sized->weights[7 + 2 * v]->data,
               2 * sizeof(fw_real));
    }
    for (int32_t i = 1; i <= 2; i++) { /* of the dense layer */
        const struct fw_weights *from = sized->weights[sized->n_weights - i];
        memcpy(plain->weights[plain->n_weights - i]->data, from->data,
               (size_t)(from->rows * from->width) * sizeof(fw_real));
    }
}

static void learn(struct fw_graph *graph, const struct fw_dataset *dataset, int64_t first)
{
    struct fw_graph_sums sums;
    struct fw_dataset_view rows = inputs_rows(dataset, first, 50);
    fw_graph_learn(graph, &sums, &rows);
    fw_graph_step(graph, 1 / sums.weight, 1);
}

static void predict(const struct fw_graph *graph, fw_real *logits, const struct fw_dataset *dataset,
                    const uint32_t *depths)
{
    struct fw_dataset_view rows = inputs_rows(dataset, 0, 200);
    void *scratch = fw_alloc_array(NULL, (int64_t)graph->bytes.predict, 1);
    ck_assert_ptr_nonnull(scratch);
    fw_graph_predict_switched(graph, logits, &rows, depths, scratch);
    fw_free(NULL, scratch);
}

START_TEST(test_sized_at_full_size_is_a_plain_embedding)
{
    fw_real a[200];
    fw_real b[200];
    struct fw_dataset *dataset = make_dataset();
    struct fw_graph *sized = make_sized(dataset, 1);
    struct fw_graph *plain = make_plain(dataset);
    copy_weights(plain, sized);
    for (int64_t step = 0; step < 4; step++) {
        predict(sized, a, dataset, NULL);
        predict(plain, b, dataset, NULL);
        ck_assert_mem_eq(a, b, sizeof a);
        learn(sized, dataset, 30 * step);
        learn(plain, dataset, 30 * step);
    }
    ck_assert_uint_eq(sized->bytes.sized, 4 * DIM * (5 + 90 + 900 + 2));
    ck_assert_uint_eq(plain->bytes.sized, sized->bytes.sized);
    fw_graph_destroy(plain);
    fw_graph_destroy(sized);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Adam goes on moving weights whose gradient is 0 by their momentum; what is off must not even have that. */
START_TEST(test_sized_blocks_that_are_off_do_not_move)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_graph *graph = make_sized(dataset, 1);
    static const uint32_t depths[N_INPUTS][FW_STRIPS_MOST] = {{0, 0}, {30, 10}, {900, 0}, {1, 0}, {0, 0}};
    fw_real *before[10];
    learn(graph, dataset, 0); /* so that there is momentum */
    for (int i = 0; i < 10; i++) {
        const struct fw_weights *w = graph->weights[i];
        before[i] = fw_alloc_array(NULL, w->rows * w->width, sizeof(fw_real));
        ck_assert_ptr_nonnull(before[i]);
        memcpy(before[i], w->data, (size_t)(w->rows * w->width) * sizeof(fw_real));
    }
    graph->depths = &depths[0][0];
    learn(graph, dataset, 0);
    learn(graph, dataset, 50);
    for (int i = 0; i < 10; i++) {
        const struct fw_weights *w = graph->weights[i];
        int64_t on = depths[i / 2][i % 2] < w->rows ? depths[i / 2][i % 2] : w->rows;
        ck_assert_mem_eq(before[i] + on * w->width, w->data + on * w->width,
                         (size_t)((w->rows - on) * w->width) * sizeof(fw_real));
        if (on > 0)
            ck_assert_mem_ne(before[i], w->data, (size_t)(on * w->width) * sizeof(fw_real));
        fw_free(NULL, before[i]);
    }
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

/* A model of these depths alone, with the same weights, says the same as the switched one. */
START_TEST(test_sized_switched_is_the_smaller_model)
{
    fw_real a[200];
    fw_real b[200];
    struct fw_dataset *dataset = make_dataset();
    struct fw_graph *large = make_sized(dataset, 1);
    static const uint32_t depths[N_INPUTS][FW_STRIPS_MOST] = {{5, 2}, {30, 10}, {900, 7}, {1, 1}, {1, 0}};
    struct fw_embedding_size sizes[N_INPUTS] = {0};
    const struct fw_embedding_size *list[N_INPUTS];
    struct fw_op_inputs inputs = inputs_all(dataset);
    struct fw_graph *small = inputs_graph(dataset, 64, 1, NULL);
    for (int j = 0; j < N_INPUTS; j++) {
        sizes[j].n_strips = depths[j][1] > 0 ? 2 : 1;
        sizes[j].strips[0] = (struct fw_strip){depths[j][0], 3};
        sizes[j].strips[1] = (struct fw_strip){depths[j][1], 2};
        list[j] = &sizes[j];
    }
    finish(small, fw_op_sized_embedding(small, &inputs, list, DIM, 0.5, "embedding"));
    for (int32_t i = 0; i < small->n_weights; i++) {
        int32_t from = i < 9 ? i : i + 1; /* the last value's second strip is not there */
        memcpy(small->weights[i]->data, large->weights[from]->data,
               (size_t)(small->weights[i]->rows * small->weights[i]->width) * sizeof(fw_real));
    }
    predict(large, a, dataset, &depths[0][0]);
    predict(small, b, dataset, NULL);
    ck_assert_mem_eq(a, b, sizeof a);
    predict(large, b, dataset, NULL);
    ck_assert_mem_ne(a, b, sizeof a);
    fw_graph_destroy(small);
    fw_graph_destroy(large);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_sized_results_do_not_depend_on_threads)
{
    fw_real a[200];
    fw_real b[200];
    struct fw_dataset *dataset = make_dataset();
    struct fw_graph *one = make_sized(dataset, 1);
    struct fw_graph *three = make_sized(dataset, 3);
    static const uint32_t depths[N_INPUTS][FW_STRIPS_MOST] = {{5, 2}, {30, 10}, {900, 7}, {1, 1}, {1, 0}};
    for (int64_t step = 0; step < 5; step++) {
        one->depths = three->depths = step % 2 == 0 ? &depths[0][0] : NULL;
        learn(one, dataset, 20 * step);
        learn(three, dataset, 20 * step);
    }
    predict(one, a, dataset, NULL);
    predict(three, b, dataset, NULL);
    ck_assert_mem_eq(a, b, sizeof a);
    fw_graph_destroy(three);
    fw_graph_destroy(one);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_sized_norms_are_sums_of_squares_by_block)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_graph *graph = make_sized(dataset, 2);
    static const int64_t cuts[N_INPUTS][2] = {{2, 5}, {9, 90}, {100, 900}, {1, 1}, {1, 1}};
    double squares[N_INPUTS * 2 * FW_STRIPS_MOST];
    double expected = 0;
    fw_op_sized_norms(squares, graph, 0, &cuts[0][0], 2);
    for (int64_t k = 9 * 2; k < 90 * 2; k++)
        expected += (double)graph->weights[3]->data[k] * (double)graph->weights[3]->data[k];
    ck_assert_double_eq_tol(squares[(1 * 2 + 1) * FW_STRIPS_MOST + 1], expected, 1e-9);
    ck_assert_double_gt(squares[(4 * 2 + 0) * FW_STRIPS_MOST + 0], 0);
    ck_assert_double_eq(squares[(4 * 2 + 1) * FW_STRIPS_MOST + 0], 0);
    ck_assert_double_eq(squares[(1 * 2 + 1) * FW_STRIPS_MOST + 2], 0);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sized_embedding");
    TCase *tests = tcase_create("sized");
    tcase_add_test(tests, test_sized_at_full_size_is_a_plain_embedding);
    tcase_add_test(tests, test_sized_blocks_that_are_off_do_not_move);
    tcase_add_test(tests, test_sized_switched_is_the_smaller_model);
    tcase_add_test(tests, test_sized_results_do_not_depend_on_threads);
    tcase_add_test(tests, test_sized_norms_are_sums_of_squares_by_block);
    suite_add_tcase(suite, tests);
    return suite;
}
