/* Operations forwards: by hand on tiny numbers, against plain loops. Gradients are in ../double. */
#include "models/engine/ops.h"

#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "support/inputs.h"
#include "support/test_main.h"

/* A graph over one field of three ids, of which rows show 0, 1, 2, 0, 1, ... */
static struct fw_dataset *counting_dataset(int64_t n_rows, int32_t n_fields, int32_t n_values)
{
    struct planted_options options = {.n_rows = n_rows, .n_fields = n_fields, .n_ids = {3}, .strength = 1, .seed = 1};
    struct fw_dataset *dataset = inputs_create(&options, n_values);
    for (int32_t f = 0; f < n_fields; f++) {
        for (int64_t row = 0; row < n_rows; row++) {
            uint32_t id = (uint32_t)((row + f) % 3);
            fw_field_write(&dataset->fields[f], row, 1, &id);
        }
    }
    return dataset;
}

static fw_node embed(struct fw_graph *graph, const struct fw_dataset *dataset, int32_t width, const char *name)
{
    struct fw_op_inputs inputs = inputs_all(dataset);
    inputs.n_values = 0;
    return fw_op_embedding(graph, &inputs, width, 0.5, name);
}

/* One number a row from whatever stands before, to end a graph with. */
static fw_node end(struct fw_graph *graph, fw_node x)
{
    struct fw_dense_options options = {.activation = FW_ACT_NONE};
    return fw_op_dense(graph, x, 1, &options, "end");
}

static struct fw_weights *find(struct fw_graph *graph, const char *name)
{
    for (int32_t i = 0; i < graph->n_weights; i++) {
        if (strcmp(graph->weights[i]->name, name) == 0)
            return graph->weights[i];
    }
    ck_abort_msg("there are no weights '%s'", name);
    return NULL;
}

static void set(struct fw_graph *graph, const char *name, const fw_real *values, int64_t n)
{
    struct fw_weights *w = find(graph, name);
    ck_assert_int_eq(w->rows * w->width, n);
    memcpy(w->data, values, (size_t)n * sizeof *values);
}

static void learn(struct fw_graph *graph, const struct fw_dataset *dataset)
{
    struct fw_graph_sums sums;
    struct fw_dataset_view rows = inputs_rows(dataset, 0, dataset->n_rows);
    fw_graph_learn(graph, &sums, &rows);
}

/* What a node held for a row of the last batch. */
static const fw_real *value(const struct fw_graph *graph, fw_node node, int64_t row)
{
    return fw_pass_value(&graph->pass, node, row);
}

static void ck_numbers(const fw_real *got, const double *expected, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        ck_assert_msg(fabs((double)got[i] - expected[i]) <= 2e-5 * (1 + fabs(expected[i])), "number %d: %g is not %g",
                      (int)i, (double)got[i], expected[i]);
}

static const fw_real table[] = {1, 2, 3, -1, 0, 0.5f, 0, 0.6931472f, 1.0986123f};

/* x = (1, 2, 3), w = (.5, -1, 2): x'w = 4.5; x0 4.5 + b + x. */
START_TEST(test_ops_cross_by_hand)
{
    static const fw_real w[] = {0.5f, -1, 2};
    static const fw_real b[] = {0.1f, 0.2f, 0.3f};
    struct fw_dataset *dataset = counting_dataset(2, 1, 0);
    struct fw_graph *graph = inputs_graph(dataset, 2, 1, NULL);
    fw_node x = embed(graph, dataset, 3, "embedding");
    fw_node y = fw_op_cross(graph, x, x, "cross");
    fw_node z = fw_op_multiply_add(graph, x, y, x);
    inputs_finish(graph, end(graph, z), 0);
    set(graph, "embedding", table, 9);
    set(graph, "cross.kernel", w, 3);
    set(graph, "cross.bias", b, 3);
    learn(graph, dataset);
    ck_numbers(value(graph, y, 0), (double[]){5.6, 11.2, 16.8}, 3);
    ck_numbers(value(graph, y, 1), (double[]){-1.4, 0.2, 1.05}, 3); /* x'w = .5 */
    ck_numbers(value(graph, z, 0), (double[]){6.6, 24.4, 53.4}, 3);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_ops_softmax_and_mix_by_hand)
{
    static const fw_real large[] = {1000, 1000, 0, -1000, -1000, -1000, 0, 0.6931472f, 1.0986123f};
    struct fw_dataset *dataset = counting_dataset(3, 1, 0);
    struct fw_graph *graph = inputs_graph(dataset, 3, 1, NULL);
    fw_node x = embed(graph, dataset, 3, "embedding");
    fw_node y = fw_op_softmax_runs(graph, x, (int32_t[]){3}, 1);
    fw_node experts[] = {y, x, y};
    fw_node z = fw_op_mix(graph, y, experts, 3);
    inputs_finish(graph, end(graph, z), 0);
    set(graph, "embedding", large, 9);
    learn(graph, dataset);
    ck_numbers(value(graph, y, 0), (double[]){0.5, 0.5, 0}, 3);
    ck_numbers(value(graph, y, 1), (double[]){1. / 3, 1. / 3, 1. / 3}, 3);
    ck_numbers(value(graph, y, 2), (double[]){1. / 6, 2. / 6, 3. / 6}, 3);
    /* (1/6 + 3/6) softmax + 2/6 x */
    ck_numbers(value(graph, z, 2), (double[]){1. / 9, 2. / 9 + 0.2310491, 3. / 9 + 0.3662041}, 3);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Runs of one and of two columns: each sums to 1 alone. */
START_TEST(test_ops_softmax_is_within_runs)
{
    static const fw_real large[] = {1000, 1000, 0, -1000, -1000, -1000, 0, 0.6931472f, 1.0986123f};
    struct fw_dataset *dataset = counting_dataset(3, 1, 0);
    struct fw_graph *graph = inputs_graph(dataset, 3, 1, NULL);
    fw_node x = embed(graph, dataset, 3, "embedding");
    fw_node y = fw_op_softmax_runs(graph, x, (int32_t[]){1, 2}, 2);
    inputs_finish(graph, end(graph, y), 0);
    set(graph, "embedding", large, 9);
    learn(graph, dataset);
    ck_numbers(value(graph, y, 0), (double[]){1, 1, 0}, 3);
    ck_numbers(value(graph, y, 1), (double[]){1, 0.5, 0.5}, 3);
    ck_numbers(value(graph, y, 2), (double[]){1, 2. / 5, 3. / 5}, 3);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Blocks (1, 2), (3, -1) of x; the first sum reads both, the second the last alone. Gates are the first three columns.
 */
START_TEST(test_ops_mixture_and_combine_by_hand)
{
    static const fw_real rows[] = {1, 2, 3, -1, 0, 0, 0, 0, 0.5f, 0, 2, 2};
    static const bool connected[] = {true, true, false, true};
    struct fw_dataset *dataset = counting_dataset(3, 1, 0);
    struct fw_graph *graph = inputs_graph(dataset, 3, 1, NULL);
    struct fw_blocks blocks = {.from = 2, .in = 2, .to = 2, .out = 2, .connected = connected};
    fw_node x = embed(graph, dataset, 4, "embedding");
    fw_node gate = embed(graph, dataset, 3, "gate");
    fw_node y = fw_op_mixture(graph, gate, x, &blocks);
    fw_node z = fw_op_combine(graph, x, &blocks, (float[]){0.5f, 2, 7, -1}, "stitch");
    fw_node both[] = {y, z};
    inputs_finish(graph, end(graph, fw_op_concat(graph, both, 2)), 0);
    set(graph, "embedding", rows, 12);
    set(graph, "gate", (const fw_real[]){0.25f, 0.75f, 1, 1, 1, 1, 2, 0, -1}, 9);
    ck_numbers(find(graph, "stitch")->data, (double[]){0.5, 2, 0, -1}, 4);
    learn(graph, dataset);
    ck_numbers(value(graph, y, 0), (double[]){2.5, -0.25, 3, -1}, 4);
    ck_numbers(value(graph, y, 2), (double[]){1, 0, -2, -2}, 4);
    ck_numbers(value(graph, z, 0), (double[]){6.5, -1, -3, 1}, 4);
    ck_numbers(value(graph, z, 2), (double[]){4.25, 4, -2, -2}, 4);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Column 0 over two rows: 1 and -1, mean 0, variance 1; column 1: 2 and 0, mean 1, variance 1. */
START_TEST(test_ops_batch_norm_by_hand)
{
    static const fw_real scale[] = {2, 1, 1};
    static const fw_real shift[] = {0.5f, 0, 0};
    struct fw_dataset *dataset = counting_dataset(2, 1, 0);
    struct fw_graph *graph = inputs_graph(dataset, 2, 1, NULL);
    fw_node x = embed(graph, dataset, 3, "embedding");
    fw_node y = fw_op_batch_norm(graph, x, "norm");
    inputs_finish(graph, end(graph, y), 0);
    set(graph, "embedding", table, 9);
    set(graph, "norm.scale", scale, 3);
    set(graph, "norm.shift", shift, 3);
    learn(graph, dataset);
    ck_numbers(value(graph, y, 0), (double[]){2.49999, 0.999995, 0.9999968}, 3);
    ck_numbers(value(graph, y, 1), (double[]){-1.49999, -0.999995, -0.9999968}, 3);
    fw_graph_step(graph, 0.5, 0);
    /* a tenth of the batch's, the variance unbiased: 2, 2, 3.125 */
    ck_numbers(find(graph, "norm.mean")->data, (double[]){0, 0.1, 0.175}, 3);
    ck_numbers(find(graph, "norm.variance")->data, (double[]){1.1, 1.1, 1.2125}, 3);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_ops_embedding_and_linear_by_hand)
{
    static const fw_real weight[] = {0.25f, 0.5f, -1};
    static const fw_real bias = 3;
    static const fw_real slope = 2;
    static const fw_real vector[] = {4, 0, -2};
    struct fw_dataset *dataset = counting_dataset(3, 1, 1);
    struct fw_graph *graph = inputs_graph(dataset, 3, 1, NULL);
    struct fw_op_inputs inputs = inputs_all(dataset);
    fw_node x = fw_op_embedding(graph, &inputs, 3, 0.5, "embedding");
    fw_node l = fw_op_linear(graph, &inputs, false, "linear");
    fw_node pooled = fw_op_pool(graph, x, 3);
    fw_node both[] = {pooled, l};
    inputs_finish(graph, end(graph, fw_op_concat(graph, both, 2)), 0);
    set(graph, "embedding", table, 9);
    set(graph, "embedding.values", vector, 3);
    set(graph, "linear", weight, 3);
    set(graph, "linear.bias", &bias, 1);
    set(graph, "linear.values", &slope, 1);
    learn(graph, dataset);
    for (int64_t row = 0; row < 3; row++) {
        double v = (double)dataset->values[0].values[row];
        const fw_real *t = table + 3 * row;
        ck_numbers(value(graph, x, row), (double[]){(double)t[0], (double)t[1], (double)t[2], 4 * v, 0, -2 * v}, 6);
        ck_numbers(value(graph, l, row), (double[]){3 + (double)weight[row] + 2 * v}, 1);
        ck_numbers(value(graph, pooled, row), (double[]){(double)(t[0] + t[1] + t[2]), 2 * v}, 2);
    }
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_ops_dense_and_activations_by_hand)
{
    static const double expected[][2] = {{-1.5, 3}, {0, 3}, {-0.9051483, 0.9950548}, {0.1824255, 0.9525741}};
    static const fw_real kernel[] = {1, 0, -1, 2, 0.5f, -1};
    static const fw_real bias[] = {-2, 2};
    for (int a = FW_ACT_NONE; a <= FW_ACT_SIGMOID; a++) {
        struct fw_dense_options options = {.activation = (enum fw_activation)a};
        struct fw_dense_options none = {.activation = FW_ACT_NONE};
        struct fw_dataset *dataset = counting_dataset(1, 1, 0);
        struct fw_graph *graph = inputs_graph(dataset, 1, 1, NULL);
        fw_node x = embed(graph, dataset, 3, "embedding");
        fw_node y = fw_op_dense(graph, x, 2, &options, "dense");
        fw_node z = fw_op_activation(graph, fw_op_dense(graph, x, 2, &none, "apart"), (enum fw_activation)a);
        fw_node both[] = {y, z};
        inputs_finish(graph, end(graph, fw_op_add(graph, both, 2)), 0);
        set(graph, "embedding", table, 9); /* (1, 2, 3): 1 - 2 + 1.5 - 2, 4 - 3 + 2 */
        set(graph, "dense.kernel", kernel, 6);
        set(graph, "dense.bias", bias, 2);
        set(graph, "apart.kernel", kernel, 6);
        set(graph, "apart.bias", bias, 2);
        learn(graph, dataset);
        ck_numbers(value(graph, y, 0), expected[a], 2);
        ck_numbers(value(graph, z, 0), expected[a], 2);
        fw_graph_destroy(graph);
        fw_dataset_destroy(dataset);
    }
}
END_TEST

/* The layer as the paper writes it. */
static void cin_ref(const fw_real *x, const fw_real *x0, const fw_real *kernel, const fw_real *bias, int64_t H,
                    int64_t M, int64_t D, int64_t maps, double *out)
{
    for (int64_t h = 0; h < maps; h++) {
        for (int64_t d = 0; d < D; d++) {
            double sum = (double)bias[h];
            for (int64_t i = 0; i < H; i++) {
                for (int64_t j = 0; j < M; j++)
                    sum += (double)kernel[(h * H + i) * M + j] * (double)x[i * D + d] * (double)x0[j * D + d];
            }
            out[h * D + d] = sum;
        }
    }
}

START_TEST(test_ops_cin_is_the_plain_triple_loop)
{
    static const int32_t shapes[][3] = {{1, 1, 1}, {3, 5, 4}, {7, 25, 3}, {8, 23, 17}}; /* D, fields and values, maps */
    int32_t D = shapes[_i][0];
    int32_t M = shapes[_i][1];
    int32_t maps = shapes[_i][2];
    struct planted_options options = {.n_rows = 37, .n_fields = 1, .n_ids = {9}, .strength = 1, .seed = 4};
    struct fw_dataset *dataset = inputs_create(&options, 0);
    struct fw_graph *graph = inputs_graph(dataset, 37, 1, NULL);
    fw_node x0 = embed(graph, dataset, M * D, "embedding");
    fw_node x = fw_op_cin(graph, x0, x0, D, maps, "first");
    fw_node y = fw_op_cin(graph, x, x0, D, maps + 1, "second");
    inputs_finish(graph, end(graph, y), 0.3);
    learn(graph, dataset);
    for (int64_t row = 0; row < 37; row++) {
        double expected[18 * 8];
        cin_ref(value(graph, x0, row), value(graph, x0, row), find(graph, "first.kernel")->data,
                find(graph, "first.bias")->data, M, M, D, maps, expected);
        ck_numbers(value(graph, x, row), expected, maps * D);
        cin_ref(value(graph, x, row), value(graph, x0, row), find(graph, "second.kernel")->data,
                find(graph, "second.bias")->data, maps, M, D, maps + 1, expected);
        ck_numbers(value(graph, y, row), expected, (maps + 1) * D);
    }
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_ops_dropout_drops_its_share_and_keeps_the_mean)
{
    enum { n = 300, width = 7 };
    struct fw_dataset *dataset = counting_dataset(n, 1, 0);
    struct fw_graph *graph = inputs_graph(dataset, n, 1, NULL);
    fw_node x = embed(graph, dataset, width, "embedding");
    fw_node y = fw_op_dropout(graph, x, 0.3);
    fw_node other = fw_op_dropout(graph, x, 0.3);
    fw_node both[] = {y, other};
    inputs_finish(graph, end(graph, fw_op_add(graph, both, 2)), 0.5);
    ck_assert_int_eq(fw_op_dropout(graph, x, 0), x);
    int64_t dropped = 0;
    int64_t same = 0;
    for (int step = 0; step < 5; step++) {
        learn(graph, dataset);
        for (int64_t row = 0; row < n; row++) {
            for (int64_t k = 0; k < width; k++) {
                fw_real kept = value(graph, y, row)[k];
                fw_real full = value(graph, x, row)[k] / 0.7f;
                dropped += kept == 0;
                same += (kept == 0) == (value(graph, other, row)[k] == 0);
                ck_assert(kept == 0 || fabsf(kept - full) <= 1e-4f * fabsf(full));
            }
        }
    }
    /* 10,500 draws: four standard deviations are 0.018; two layers draw apart: they agree on 0.3^2 + 0.7^2 */
    ck_assert_double_eq_tol((double)dropped / (5.0 * n * width), 0.3, 0.018);
    ck_assert_double_eq_tol((double)same / (5.0 * n * width), 0.58, 0.02);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_ops_weighted_sum_starts_as_the_sum)
{
    struct fw_dataset *dataset = counting_dataset(3, 2, 0);
    struct fw_graph *graph = inputs_graph(dataset, 3, 1, NULL);
    fw_node a = embed(graph, dataset, 3, "a");
    fw_node b = embed(graph, dataset, 3, "b");
    fw_node all[] = {a, b, a};
    fw_node sum = fw_op_add(graph, all, 3);
    fw_node weighted = fw_op_weighted_sum(graph, all, 3, "shares");
    fw_node both[] = {sum, weighted};
    inputs_finish(graph, end(graph, fw_op_add(graph, both, 2)), 0);
    learn(graph, dataset);
    for (int64_t row = 0; row < 3; row++) {
        ck_assert_mem_eq(value(graph, sum, row), value(graph, weighted, row), 6 * sizeof(fw_real));
        for (int64_t k = 0; k < 6; k++) {
            double expected = 2 * (double)value(graph, a, row)[k] + (double)value(graph, b, row)[k];
            ck_numbers(value(graph, sum, row) + k, &expected, 1);
        }
    }
    static const fw_real shares[] = {0.5f, -2, 1};
    set(graph, "shares", shares, 3);
    learn(graph, dataset);
    double expected = 1.5 * (double)value(graph, a, 1)[2] - 2 * (double)value(graph, b, 1)[2];
    ck_numbers(value(graph, weighted, 1) + 2, &expected, 1);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ops");
    TCase *tests = tcase_create("ops");
    tcase_add_test(tests, test_ops_cross_by_hand);
    tcase_add_test(tests, test_ops_softmax_and_mix_by_hand);
    tcase_add_test(tests, test_ops_softmax_is_within_runs);
    tcase_add_test(tests, test_ops_mixture_and_combine_by_hand);
    tcase_add_test(tests, test_ops_batch_norm_by_hand);
    tcase_add_test(tests, test_ops_embedding_and_linear_by_hand);
    tcase_add_test(tests, test_ops_dense_and_activations_by_hand);
    tcase_add_loop_test(tests, test_ops_cin_is_the_plain_triple_loop, 0, 4);
    tcase_add_test(tests, test_ops_dropout_drops_its_share_and_keeps_the_mean);
    tcase_add_test(tests, test_ops_weighted_sum_starts_as_the_sum);
    suite_add_tcase(suite, tests);
    return suite;
}
