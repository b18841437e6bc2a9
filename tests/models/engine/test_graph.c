/* The graph as a whole: what a step of the optimisers does to its weights. */
#include "models/engine/graph.h"

#include <math.h>
#include <string.h>

#include "models/engine/ops.h"
#include "support/inputs.h"
#include "support/test_main.h"

/* A graph with weights of all kinds, of which a batch touches some. */
static struct fw_graph *make_graph(const struct fw_dataset *dataset, const char *optimiser, double l2, int threads)
{
    struct fw_dense_options hidden = {.activation = FW_ACT_TANH};
    struct fw_dense_options last = {.activation = FW_ACT_NONE};
    struct fw_graph *graph = inputs_graph(dataset, 64, threads, NULL);
    struct fw_op_inputs inputs = inputs_all(dataset);
    for (int p = 0; p < FW_PARTS; p++)
        ck_ok(fw_optimiser_make(&graph->optimiser[p], optimiser, 0.1, 0.5, 0, l2, err));
    fw_node x = fw_op_embedding(graph, &inputs, 3, 0.5, "embedding");
    fw_node h = fw_op_batch_norm(graph, fw_op_dense(graph, x, 5, &hidden, "hidden"), "norm");
    fw_node parts[] = {fw_op_dense(graph, h, 1, &last, "out"), fw_op_linear(graph, &inputs, false, "linear")};
    inputs_finish(graph, fw_op_add(graph, parts, 2), 0.3);
    fw_graph_reset_state(graph);
    return graph;
}

static struct fw_dataset *make_dataset(void)
{
    struct planted_options options = {
        .n_rows = 200, .n_fields = 3, .n_ids = {5, 90, 900}, .strength = 1, .weighted = true, .power = 2, .seed = 31};
    return inputs_create(&options, 2);
}

static int64_t size_of(const struct fw_weights *w)
{
    return w->rows * w->width;
}

static int64_t touched(const struct fw_graph *graph, const struct fw_weights *w)
{
    return w->kind == FW_WEIGHTS_TABLE ? graph->grouping[w->field].n_unique : w->rows;
}

/* Everything that a step moves, beside copies that the test moves itself. */
struct twin {
    fw_real *data, *state;
};

static struct twin *copy_weights(const struct fw_graph *graph)
{
    struct twin *twins = fw_alloc_array(NULL, graph->n_weights, sizeof *twins);
    ck_assert_ptr_nonnull(twins);
    for (int32_t i = 0; i < graph->n_weights; i++) {
        const struct fw_weights *w = graph->weights[i];
        twins[i].data = fw_alloc_array(NULL, size_of(w), sizeof(fw_real));
        twins[i].state = fw_alloc_array(NULL, 2 * size_of(w), sizeof(fw_real));
        ck_assert(twins[i].data != NULL && twins[i].state != NULL);
        memcpy(twins[i].data, w->data, (size_t)size_of(w) * sizeof(fw_real));
        if (w->state != NULL) {
            size_t per = (size_t)graph->optimiser[w->part].vtable->state_per_weight;
            memcpy(twins[i].state, w->state, (size_t)size_of(w) * per * sizeof(fw_real));
        }
    }
    return twins;
}

static void free_twins(struct twin *twins, int32_t n)
{
    for (int32_t i = 0; i < n; i++) {
        fw_free(NULL, twins[i].data);
        fw_free(NULL, twins[i].state);
    }
    fw_free(NULL, twins);
}

static double learn(struct fw_graph *graph, const struct fw_dataset *dataset, int64_t first, int64_t n)
{
    struct fw_graph_sums sums;
    struct fw_dataset_view rows = inputs_rows(dataset, first, n);
    fw_graph_learn(graph, &sums, &rows);
    return sums.weight;
}

/* The optimiser's own step, row by row, on the copies: rows that the batch does not touch sleep, biases and scales are
 * not penalised. */
static void step_twin(const struct fw_graph *graph, const struct fw_weights *w, struct twin *twin, int64_t steps,
                      double scale, double rate)
{
    struct fw_optimiser optimiser = graph->optimiser[w->part];
    optimiser.steps = steps;
    if (!optimiser.vtable->fixed_rate)
        optimiser.rate *= (fw_real)rate;
    bool bias = strstr(w->name, ".bias") != NULL || strstr(w->name, "norm.") != NULL;
    if (bias)
        optimiser.l2 = optimiser.l1 = optimiser.decay = 0;
    for (int64_t r = 0; w->kind != FW_WEIGHTS_FIXED && r < touched(graph, w); r++) {
        uint32_t row = w->kind == FW_WEIGHTS_TABLE ? graph->grouping[w->field].unique[r] : (uint32_t)r;
        optimiser.vtable->step(&optimiser, twin->data, twin->state, w->width, &row, 1, w->grad + r * w->width,
                               (fw_real)scale);
    }
}

START_TEST(test_graph_step_moves_touched_rows_as_the_optimiser_says)
{
    static const char *const names[] = {"sgd", "adagrad", "adam", "ftrl"};
    struct fw_dataset *dataset = make_dataset();
    struct fw_graph *graph = make_graph(dataset, names[_i], 0.02, 1);
    for (int p = 0; p < FW_PARTS; p++)
        graph->optimiser[p].decay = _i < 3 ? (fw_real)0.05 : 0;
    struct twin *twins = copy_weights(graph);
    int64_t slept = 0;
    for (int64_t step = 1; step <= 4; step++) {
        double weight = learn(graph, dataset, 30 * step, 50);
        for (int32_t i = 0; i < graph->n_weights; i++) {
            const struct fw_weights *w = graph->weights[i];
            step_twin(graph, w, &twins[i], step, 1 / weight, 0.5);
            slept += w->rows - touched(graph, w);
        }
        fw_graph_step(graph, 1 / weight, 0.5);
        for (int32_t i = 0; i < graph->n_weights; i++) {
            const struct fw_weights *w = graph->weights[i];
            for (int64_t k = 0; w->kind != FW_WEIGHTS_FIXED && k < size_of(w); k++)
                ck_assert_msg(fabsf(w->data[k] - twins[i].data[k]) <= 1e-6f * (1 + fabsf(w->data[k])),
                              "%s, step %d, %s[%d]: %g is not %g", names[_i], (int)step, w->name, (int)k,
                              (double)w->data[k], (double)twins[i].data[k]);
        }
    }
    ck_assert_int_ge(slept, 1000);
    free_twins(twins, graph->n_weights);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

/* The penalty is part of the gradient: with no other gradient weights shrink by 1 - rate l2, biases stay. */
START_TEST(test_graph_l2_acts_on_penalised_weights_alone)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_graph *graph = make_graph(dataset, "sgd", 0.5, 1);
    struct twin *before = copy_weights(graph);
    learn(graph, dataset, 0, 64);
    for (int32_t i = 0; i < graph->n_weights; i++) {
        struct fw_weights *w = graph->weights[i];
        if (w->kind != FW_WEIGHTS_FIXED)
            memset(w->grad, 0, (size_t)(touched(graph, w) * w->width) * sizeof *w->grad);
    }
    fw_graph_step(graph, 1, 1);
    for (int32_t i = 0; i < graph->n_weights; i++) {
        const struct fw_weights *w = graph->weights[i];
        int64_t shrunk = 0;
        int64_t kept = 0;
        if (w->kind == FW_WEIGHTS_FIXED)
            continue;
        for (int64_t k = 0; k < size_of(w); k++) {
            kept += w->data[k] == before[i].data[k];
            shrunk += w->data[k] != before[i].data[k] && fabsf(w->data[k] - 0.95f * before[i].data[k]) < 1e-6f;
        }
        ck_assert_int_eq(shrunk, w->penalised ? touched(graph, w) * w->width : 0);
        ck_assert_int_eq(shrunk + kept, size_of(w));
    }
    free_twins(before, graph->n_weights);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

static double distance(const struct fw_graph *graph, const struct twin *from)
{
    double sum = 0;
    for (int32_t i = 0; i < graph->n_weights; i++) {
        const struct fw_weights *w = graph->weights[i];
        for (int64_t k = 0; w->kind != FW_WEIGHTS_FIXED && k < size_of(w); k++)
            sum += pow((double)w->data[k] - (double)from[i].data[k], 2);
    }
    return sqrt(sum);
}

/* SGD moves by rate times the norm of the mean gradient, or by rate times the limit. */
START_TEST(test_graph_clip_limits_the_norm_of_the_mean_gradient)
{
    static const double limits[] = {0, 1e-3, 1e9};
    double moved[3];
    struct fw_dataset *dataset = make_dataset();
    for (int c = 0; c < 3; c++) {
        struct fw_graph *graph = make_graph(dataset, "sgd", 0, 1 + c);
        struct twin *before = copy_weights(graph);
        graph->clip = limits[c];
        double weight = learn(graph, dataset, 0, 64);
        fw_graph_step(graph, 1 / weight, 1);
        moved[c] = distance(graph, before);
        free_twins(before, graph->n_weights);
        fw_graph_destroy(graph);
    }
    ck_assert_double_gt(moved[0], 1e-3);
    ck_assert_double_eq_tol(moved[1], 0.1 * 1e-3, 1e-7);
    ck_assert(moved[2] == moved[0]);
    fw_dataset_destroy(dataset);
}
END_TEST

/* The gradient is that of the summed loss: rows of weight 2 count as two rows, rows of weight 0 not at all. */
START_TEST(test_graph_row_weights_count_rows)
{
    struct fw_dense_options last = {.activation = FW_ACT_NONE};
    struct fw_dataset *dataset = make_dataset();
    struct fw_op_inputs inputs = inputs_all(dataset);
    int64_t twice[40];
    double losses[2];
    fw_real gradients[2];
    for (int64_t i = 0; i < 40; i++) {
        twice[i] = i / 2;
        dataset->weights[i] = i < 20 ? 2 : 0;
    }
    for (int doubled = 0; doubled < 2; doubled++) {
        struct fw_graph *graph = inputs_graph(dataset, 40, 1, NULL);
        fw_node x = fw_op_embedding(graph, &inputs, 3, 0.5, "embedding");
        inputs_finish(graph, fw_op_dense(graph, x, 1, &last, "out"), 0.3);
        struct fw_graph_sums sums;
        struct fw_dataset_view rows = inputs_rows(dataset, 0, 40);
        if (doubled) {
            rows.index = twice;
            for (int64_t i = 0; i < 40; i++)
                dataset->weights[i] = 1;
        }
        fw_graph_learn(graph, &sums, &rows);
        ck_assert_double_eq_tol(sums.weight, 40, 1e-6);
        losses[doubled] = sums.loss;
        gradients[doubled] = graph->weights[graph->n_weights - 2]->grad[4];
        fw_graph_destroy(graph);
    }
    ck_assert_double_eq_tol(losses[0], losses[1], 1e-4);
    ck_assert_double_eq_tol((double)gradients[0], (double)gradients[1], 1e-4);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_graph_loss_is_nan_when_a_logit_is_not_finite)
{
    static const fw_real bad[] = {NAN, INFINITY, -INFINITY, 1e38f};
    struct fw_dataset *dataset = make_dataset();
    struct fw_graph *graph = make_graph(dataset, "adam", 0, 2);
    struct fw_graph_sums sums;
    struct fw_dataset_view rows = inputs_rows(dataset, 0, 64);
    for (int32_t i = 0; i < graph->n_weights; i++) {
        if (strcmp(graph->weights[i]->name, "linear") != 0 || graph->weights[i]->field != 0)
            continue;
        graph->weights[i]->data[fw_field_id(&dataset->fields[0], 60)] = bad[_i];
        fw_graph_learn(graph, &sums, &rows);
        ck_assert(_i == 3 ? sums.loss > 1e37 : isnan(sums.loss));
    }
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

/* w = 1, rate 0.1; g = 1: m = .1, v = .001, both corrected to 1: w = .9
 * g = -.5: m = .04 -> .04/.19 = .2105263; v = .001249 -> .001249/.001999 = .6248124: w = .9 - .1 .2105263/.7904508 */
START_TEST(test_graph_adam_two_steps_by_hand)
{
    static const fw_real gradients[] = {2, -1};
    static const double expected[] = {0.9, 0.8733663};
    struct fw_optimiser adam;
    fw_real w[] = {1, 1, 1};
    fw_real state[] = {7, 7, 7, 7, 7, 7};
    const uint32_t row = 1;
    ck_ok(fw_optimiser_make(&adam, "adam", 0.1, 1e-8, 0, 0, err));
    adam.vtable->reset(&adam, w, state, 3);
    for (int t = 0; t < 2; t++) {
        adam.steps = t + 1;
        adam.vtable->step(&adam, w, state, 1, &row, 1, &gradients[t], 0.5f);
        ck_assert_double_eq_tol((double)w[1], expected[t], 2e-6);
    }
    /* neighbours were not touched, nor was their state */
    ck_assert(w[0] == 1 && w[2] == 1);
    ck_assert(state[0] == 0 && state[1] == 0 && state[4] == 0 && state[5] == 0);
    ck_assert_double_eq_tol((double)state[2], 0.04, 1e-6);
    ck_assert_double_eq_tol((double)state[3], 0.001249, 1e-7);
}
END_TEST

/* Against the formulas in double, with l2 in the gradient and decay apart from it. */
START_TEST(test_graph_adam_follows_the_formulas_with_penalties)
{
    struct fw_optimiser adam;
    fw_real w = 0.7f;
    fw_real state[2];
    double x = (double)w;
    double m = 0;
    double v = 0;
    ck_ok(fw_optimiser_make(&adam, "adam", 0.01, 1e-8, 0, 0.3, err));
    adam.decay = 0.2f;
    adam.vtable->reset(&adam, &w, state, 1);
    for (int t = 1; t <= 200; t++) {
        fw_real gradient = (fw_real)sin(t * 0.7) + 0.2f;
        double g = 0.25 * (double)gradient + 0.3 * x;
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        x -= 0.01 * (m / (1 - pow(0.9, t))) / (sqrt(v / (1 - pow(0.999, t))) + 1e-8) + 0.01 * 0.2 * x;
        adam.steps = t;
        adam.vtable->step(&adam, &w, state, 1, NULL, 1, &gradient, 0.25f);
        ck_assert_double_eq_tol((double)w, x, 1e-5);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("graph");
    TCase *tests = tcase_create("graph");
    tcase_add_loop_test(tests, test_graph_step_moves_touched_rows_as_the_optimiser_says, 0, 4);
    tcase_add_test(tests, test_graph_l2_acts_on_penalised_weights_alone);
    tcase_add_test(tests, test_graph_clip_limits_the_norm_of_the_mean_gradient);
    tcase_add_test(tests, test_graph_row_weights_count_rows);
    tcase_add_loop_test(tests, test_graph_loss_is_nan_when_a_logit_is_not_finite, 0, 4);
    tcase_add_test(tests, test_graph_adam_two_steps_by_hand);
    tcase_add_test(tests, test_graph_adam_follows_the_formulas_with_penalties);
    suite_add_tcase(suite, tests);
    return suite;
}
