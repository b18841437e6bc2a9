/* Every operation's gradients in double precision, at odd widths, fields and batches; alone on its input, and beside
 * another operation that was added before or after it, so that it both begins and adds to the gradient of its input. */
#include <stdio.h>

#include "core/rng.h"
#include "models/engine/ops.h"
#include "support/double/gradients.h"
#include "support/inputs.h"
#include "support/test_main.h"

/* What an operation is built on. */
struct ground {
    struct fw_graph *graph;
    fw_node x;        /* (B, n_inputs width) embeddings */
    int32_t n_inputs; /* fields and values */
    int32_t width;
    const struct fw_dataset *dataset;
};

static fw_node dense(const struct ground *g, fw_node x, int32_t width, enum fw_activation activation, const char *name)
{
    struct fw_dense_options options = {.activation = activation};
    return fw_op_dense(g->graph, x, width, &options, name);
}

static fw_node plain(const struct ground *g)
{
    return g->x;
}

static fw_node embedding_parameters(const struct ground *g)
{
    struct fw_op_inputs inputs = inputs_all(g->dataset);
    fw_node both[] = {g->x, fw_op_embedding_parameters(g->graph, &inputs, g->width, 0.3, 0.5, "parameters")};
    return fw_op_add(g->graph, both, 2);
}

static fw_node linear(const struct ground *g)
{
    struct fw_op_inputs inputs = inputs_all(g->dataset);
    fw_node both[] = {g->x, fw_op_linear(g->graph, &inputs, false, "linear")};
    return fw_op_concat(g->graph, both, 2);
}

static fw_node fixed_linear(const struct ground *g)
{
    struct fw_op_inputs inputs = inputs_all(g->dataset);
    fw_node fixed = fw_op_linear(g->graph, &inputs, true, "fixed");
    fw_node all[] = {fixed, g->x, dense(g, fixed, 3, FW_ACT_TANH, "on_fixed")};
    fw_node sum[] = {fixed, dense(g, g->x, 1, FW_ACT_NONE, "one")};
    fw_node joined[] = {fw_op_concat(g->graph, all, 3), fw_op_add(g->graph, sum, 2),
                        fw_op_weighted_sum(g->graph, sum, 2, "shares")};
    return fw_op_concat(g->graph, joined, 3);
}

static fw_node dense_none(const struct ground *g)
{
    return dense(g, g->x, g->width, FW_ACT_NONE, "dense");
}

static fw_node dense_relu(const struct ground *g)
{
    return dense(g, g->x, g->width + 2, FW_ACT_RELU, "dense");
}

static fw_node dense_tanh(const struct ground *g)
{
    return dense(g, g->x, g->width, FW_ACT_TANH, "dense");
}

static fw_node dense_sigmoid_without_bias(const struct ground *g)
{
    struct fw_dense_options options = {.activation = FW_ACT_SIGMOID, .no_bias = true};
    return fw_op_dense(g->graph, g->x, g->width, &options, "dense");
}

/* More rows of a kernel than one piece has. */
static fw_node dense_wide(const struct ground *g)
{
    return dense(g, dense(g, g->x, 163, FW_ACT_TANH, "wide"), 3, FW_ACT_NONE, "narrow");
}

static fw_node activations(const struct ground *g)
{
    fw_node all[] = {fw_op_activation(g->graph, g->x, FW_ACT_NONE), fw_op_activation(g->graph, g->x, FW_ACT_RELU),
                     fw_op_activation(g->graph, g->x, FW_ACT_TANH), fw_op_activation(g->graph, g->x, FW_ACT_SIGMOID)};
    return fw_op_concat(g->graph, all, 4);
}

static fw_node dropout(const struct ground *g)
{
    return fw_op_dropout(g->graph, g->x, 0.3);
}

static fw_node batch_norm(const struct ground *g)
{
    return fw_op_batch_norm(g->graph, g->x, "norm");
}

/* Barriers one after another, side by side, and what stands between. */
static fw_node batch_norms(const struct ground *g)
{
    fw_node a = fw_op_batch_norm(g->graph, dense(g, g->x, g->width, FW_ACT_NONE, "a"), "norm_a");
    fw_node b = fw_op_batch_norm(g->graph, fw_op_dropout(g->graph, g->x, 0.2), "norm_b");
    fw_node c = fw_op_batch_norm(g->graph, fw_op_activation(g->graph, a, FW_ACT_TANH), "norm_c");
    fw_node all[] = {a, b, fw_op_batch_norm(g->graph, c, "norm_d")};
    return fw_op_concat(g->graph, all, 3);
}

static fw_node concat(const struct ground *g)
{
    fw_node all[] = {g->x, dense(g, g->x, 3, FW_ACT_TANH, "side"), g->x};
    return fw_op_concat(g->graph, all, 3);
}

static fw_node add(const struct ground *g)
{
    fw_node all[] = {g->x, dense(g, g->x, fw_graph_width(g->graph, g->x), FW_ACT_TANH, "side"), g->x};
    return fw_op_add(g->graph, all, 3);
}

static fw_node weighted_sum(const struct ground *g)
{
    fw_node all[] = {g->x, dense(g, g->x, fw_graph_width(g->graph, g->x), FW_ACT_TANH, "side"), g->x};
    return fw_op_weighted_sum(g->graph, all, 3, "shares");
}

static fw_node pool(const struct ground *g)
{
    return fw_op_pool(g->graph, g->x, g->width);
}

static fw_node fm(const struct ground *g)
{
    return fw_op_fm(g->graph, g->x, g->n_inputs);
}

static fw_node inner(const struct ground *g)
{
    return g->n_inputs > 1 ? fw_op_inner_products(g->graph, g->x, g->n_inputs) : g->x;
}

static fw_node outer(const struct ground *g)
{
    return fw_op_outer_product(g->graph, g->x, g->n_inputs);
}

static fw_node ffm(const struct ground *g)
{
    int32_t width = g->n_inputs * (g->n_inputs - 1) * g->width;
    return g->n_inputs > 1 ? fw_op_ffm(g->graph, dense(g, g->x, width, FW_ACT_NONE, "spread"), g->n_inputs) : g->x;
}

static fw_node cross_first(const struct ground *g)
{
    return fw_op_cross(g->graph, g->x, g->x, "cross");
}

static fw_node cross_layers(const struct ground *g)
{
    fw_node x = fw_op_cross(g->graph, g->x, g->x, "cross1");
    x = fw_op_cross(g->graph, g->x, x, "cross2");
    return fw_op_cross(g->graph, g->x, x, "cross3");
}

static fw_node multiply_add(const struct ground *g)
{
    fw_node x = g->x;
    for (int l = 0; l < 2; l++)
        x = fw_op_multiply_add(g->graph, g->x, dense(g, x, fw_graph_width(g->graph, x), FW_ACT_NONE, "u"), x);
    return fw_op_multiply_add(g->graph, x, x, x);
}

static fw_node softmax(const struct ground *g)
{
    return fw_op_softmax_runs(g->graph, g->x, (int32_t[]){fw_graph_width(g->graph, g->x)}, 1);
}

static fw_node mix(const struct ground *g)
{
    fw_node experts[] = {dense(g, g->x, g->width, FW_ACT_TANH, "expert1"),
                         dense(g, g->x, g->width, FW_ACT_SIGMOID, "expert2"), FW_NO_NODE};
    experts[2] = experts[0];
    fw_node gate = fw_op_softmax_runs(g->graph, dense(g, g->x, 3, FW_ACT_NONE, "gate"), (int32_t[]){3}, 1);
    fw_node all[] = {fw_op_mix(g->graph, gate, experts, 3), gate, experts[1]};
    return fw_op_concat(g->graph, all, 3);
}

static const bool some[] = {true, false, true, true, true, true, false, true, false, false, false, false};

/* Blocks as wide as an embedding, and wider than what is summed in registers. */
static fw_node mixture_of(const struct ground *g, int32_t width, const bool *connected, const char *name)
{
    struct fw_blocks blocks = {.from = 3, .in = width, .to = 4, .out = width, .connected = connected};
    fw_node x = dense(g, g->x, 3 * width, FW_ACT_TANH, fw_graph_name(g->graph, name, "experts"));
    fw_node gate = dense(g, g->x, connected != NULL ? 6 : 12, FW_ACT_NONE, fw_graph_name(g->graph, name, "gate"));
    gate = connected != NULL ? fw_op_softmax_runs(g->graph, gate, (int32_t[]){2, 3, 1}, 3)
                             : fw_op_softmax_runs(g->graph, gate, (int32_t[]){3, 3, 3, 3}, 4);
    fw_node all[] = {fw_op_mixture(g->graph, gate, x, &blocks), gate, x};
    return fw_op_concat(g->graph, all, 3);
}

static fw_node mixtures(const struct ground *g)
{
    fw_node all[] = {mixture_of(g, g->width, NULL, "all"), mixture_of(g, 18, some, "some")};
    return fw_op_concat(g->graph, all, 2);
}

/* The input itself as gate and as blocks, and blocks without a gradient. */
static fw_node mixture_of_input(const struct ground *g)
{
    struct fw_op_inputs inputs = inputs_all(g->dataset);
    fw_node fixed = fw_op_linear(g->graph, &inputs, true, "fixed");
    struct fw_blocks own = {.from = g->n_inputs * g->width, .in = 1, .to = 1, .out = 1};
    struct fw_blocks one = {.from = 1, .in = 1, .to = g->n_inputs * g->width, .out = 1};
    fw_node all[] = {g->x, fw_op_mixture(g->graph, g->x, g->x, &own), fw_op_mixture(g->graph, g->x, fixed, &one)};
    return fw_op_concat(g->graph, all, 3);
}

static const float factors[] = {0.9f, 0.1f, -0.4f, 0.2f, 0.7f, 1, 1, 0.3f, 0.5f, -0.6f, 0.8f, 1.5f};

static fw_node combine(const struct ground *g)
{
    struct fw_op_inputs inputs = inputs_all(g->dataset);
    fw_node fixed = fw_op_linear(g->graph, &inputs, true, "fixed");
    struct fw_blocks own = {.from = g->n_inputs, .in = g->width, .to = 1, .out = g->width};
    struct fw_blocks wide = {.from = 3, .in = 18, .to = 4, .out = 18};
    struct fw_blocks narrow = {.from = 3, .in = g->width, .to = 4, .out = g->width, .connected = some};
    struct fw_blocks one = {.from = 1, .in = 1, .to = 2, .out = 1};
    fw_node x = dense(g, g->x, 54, FW_ACT_TANH, "wide");
    fw_node y = dense(g, g->x, 3 * g->width, FW_ACT_TANH, "narrow");
    fw_node all[] = {fw_op_combine(g->graph, g->x, &own, factors, "own"), x,
                     fw_op_combine(g->graph, x, &wide, factors, "all"),
                     fw_op_combine(g->graph, y, &narrow, factors, "some"),
                     fw_op_combine(g->graph, fixed, &one, factors, "of_fixed")};
    return fw_op_concat(g->graph, all, 5);
}

static fw_node cin_first(const struct ground *g)
{
    return fw_op_cin(g->graph, g->x, g->x, g->width, 4, "cin");
}

static fw_node cin_layers(const struct ground *g)
{
    fw_node x = fw_op_cin(g->graph, g->x, g->x, g->width, 3, "cin1");
    fw_node y = fw_op_cin(g->graph, x, g->x, g->width, 5, "cin2");
    fw_node pooled[] = {fw_op_pool(g->graph, x, g->width), fw_op_pool(g->graph, y, g->width)};
    return fw_op_concat(g->graph, pooled, 2);
}

/* More products than a tile has: several groups of x_i, the last one smaller. */
static fw_node cin_groups(const struct ground *g)
{
    fw_node x = dense(g, g->x, 22, FW_ACT_NONE, "x");
    fw_node x0 = dense(g, g->x, 41, FW_ACT_NONE, "x0");
    return fw_op_cin(g->graph, x, x0, 1, 2, "cin");
}

static fw_node sample_with(const struct ground *g, double prior)
{
    struct fw_op_inputs inputs = inputs_all(g->dataset);
    struct fw_sample_options options = {.prior = prior, .prior_sigma = 0.7};
    fw_node rho = fw_op_embedding_parameters(g->graph, &inputs, g->width, -1, 0.3, "rho");
    fw_node mean = fw_op_embedding_parameters(g->graph, &inputs, g->width, 0.2, 0.5, "mean");
    fw_node all[] = {fw_op_sample(g->graph, mean, rho, &inputs, &options),
                     fw_op_sample(g->graph, g->x, rho, &inputs, &options), mean};
    return fw_op_concat(g->graph, all, 3);
}

static fw_node sample(const struct ground *g)
{
    return sample_with(g, 0);
}

static fw_node sample_with_prior(const struct ground *g)
{
    return sample_with(g, 0.2);
}

/* Groups of neighbours that read the same, one that reads nothing, gaps between what is read. */
static fw_node some_blocks(const struct ground *g)
{
    static const bool connected[5 * 4] = {1, 0, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1};
    struct fw_block_options options = {.blocks = {.from = 4, .in = 3, .to = 5, .out = 2, .connected = connected},
                                       .activation = FW_ACT_TANH};
    return fw_op_blocks(g->graph, dense(g, g->x, 12, FW_ACT_TANH, "to_blocks"), &options, "blocks");
}

static fw_node all_blocks(const struct ground *g)
{
    struct fw_block_options options = {.blocks = {.from = g->n_inputs, .in = g->width, .to = 3, .out = 4},
                                       .activation = FW_ACT_SIGMOID,
                                       .no_bias = true};
    return fw_op_blocks(g->graph, g->x, &options, "blocks");
}

/* Close blocks: first side by side in one kernel, then each with its own. */
static fw_node close_blocks(const struct ground *g)
{
    static const bool diagonal[3 * 3] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    struct fw_block_options options = {.blocks = {.from = 1, .in = g->n_inputs * g->width, .to = 3, .out = 4},
                                       .activation = FW_ACT_TANH,
                                       .closeness = 0.3};
    fw_node h = fw_op_blocks(g->graph, g->x, &options, "first");
    options.blocks = (struct fw_blocks){.from = 3, .in = 4, .to = 3, .out = 2, .connected = diagonal};
    return fw_op_blocks(g->graph, h, &options, "second");
}

static const struct fw_gate_options gates = {
    .temperature = 2.0 / 3, .low = -0.1, .high = 1.1, .penalty = 0.05, .first = 0.2, .spread = 0.01};

static fw_node gated_blocks(const struct ground *g)
{
    struct fw_block_options options = {.blocks = {.from = g->n_inputs, .in = g->width, .to = 3, .out = 2},
                                       .activation = FW_ACT_TANH};
    fw_node h = fw_op_gated_blocks(g->graph, g->x, &options, &gates, "first");
    options = (struct fw_block_options){.blocks = {.from = 3, .in = 2, .to = 2, .out = 3}, .no_bias = true};
    return fw_op_gated_blocks(g->graph, h, &options, &gates, "second");
}

static fw_node one_free(const struct ground *g)
{
    struct fw_gate_options free = gates;
    struct fw_block_options options = {.blocks = {.from = g->n_inputs, .in = g->width, .to = 3, .out = 2},
                                       .activation = FW_ACT_TANH};
    free.one_free = true;
    free.rise = 3;
    options.alike = true;
    return fw_op_gated_blocks(g->graph, g->x, &options, &free, "free");
}

static fw_node gated_sum(const struct ground *g)
{
    struct fw_blocks blocks = {.from = g->n_inputs, .in = g->width, .to = 3, .out = g->width};
    return fw_op_gated_sum(g->graph, g->x, &blocks, &gates, "sum");
}

static const struct {
    const char *name;
    fw_node (*build)(const struct ground *g);
} ops[] = {
    {"embedding", plain},
    {"embedding parameters", embedding_parameters},
    {"linear", linear},
    {"fixed linear", fixed_linear},
    {"dense", dense_none},
    {"dense relu", dense_relu},
    {"dense tanh", dense_tanh},
    {"dense sigmoid", dense_sigmoid_without_bias},
    {"dense in pieces", dense_wide},
    {"activation", activations},
    {"dropout", dropout},
    {"batch norm", batch_norm},
    {"batch norms", batch_norms},
    {"concat", concat},
    {"add", add},
    {"weighted sum", weighted_sum},
    {"pool", pool},
    {"fm", fm},
    {"inner products", inner},
    {"outer product", outer},
    {"ffm", ffm},
    {"cross", cross_first},
    {"cross layers", cross_layers},
    {"multiply add", multiply_add},
    {"softmax", softmax},
    {"mix", mix},
    {"mixtures", mixtures},
    {"mixture of the input", mixture_of_input},
    {"combine", combine},
    {"cin", cin_first},
    {"cin layers", cin_layers},
    {"cin in groups", cin_groups},
    {"sample", sample},
    {"sample with prior", sample_with_prior},
    {"some blocks", some_blocks},
    {"all blocks", all_blocks},
    {"close blocks", close_blocks},
    {"gated blocks", gated_blocks},
    {"gated blocks, one free", one_free},
    {"gated sum", gated_sum},
};

enum { n_ops = sizeof ops / sizeof ops[0] };

static const struct {
    int32_t width, n_fields, n_values;
    int64_t rows, batch;
    bool weighted;
} shapes[] = {
    {1, 1, 0, 1, 1, false},   {3, 2, 1, 31, 40, true},   {7, 5, 0, 33, 33, false},
    {17, 1, 1, 33, 64, true}, {3, 5, 2, 299, 300, true}, {1, 2, 0, 299, 300, false},
};

enum { n_shapes = sizeof shapes / sizeof shapes[0] };

/* The other reader of the input: none, one that was added before, one that was added after. */
enum company { ALONE, BEFORE, AFTER };

static struct fw_dataset *make_dataset(int shape)
{
    /* low ids are frequent: unknown (0) and missing (1) ones are many, and some ids are never seen */
    struct planted_options options = {.n_rows = shapes[shape].rows + 3,
                                      .n_fields = shapes[shape].n_fields,
                                      .n_ids = {9, 40, 300, 3, 700},
                                      .strength = 1,
                                      .weighted = shapes[shape].weighted,
                                      .power = 2,
                                      .seed = 11};
    return inputs_create(&options, shapes[shape].n_values);
}

static void check_op(int op, int shape, enum company company, const struct fw_dataset *dataset,
                     struct gradients_tally *tally)
{
    char what[128];
    struct fw_op_inputs inputs = inputs_all(dataset);
    struct ground g = {.graph = inputs_graph(dataset, shapes[shape].batch, 1, NULL),
                       .n_inputs = inputs.n_fields + inputs.n_values,
                       .width = shapes[shape].width,
                       .dataset = dataset};
    g.x = fw_op_embedding(g.graph, &inputs, g.width, 0.5, "embedding");
    fw_node parts[2];
    int32_t n = 0;
    if (company == BEFORE)
        parts[n++] = dense(&g, g.x, 1, FW_ACT_TANH, "other");
    fw_node y = ops[op].build(&g);
    parts[n++] = dense(&g, y, 1, FW_ACT_NONE, "out");
    if (company == AFTER)
        parts[n++] = dense(&g, g.x, 1, FW_ACT_TANH, "other");
    inputs_finish(g.graph, fw_op_add(g.graph, parts, n), 0.2);
    struct fw_dataset_view rows = inputs_rows(dataset, 3, shapes[shape].rows);
    snprintf(what, sizeof what, "%s, shape %d, company %d", ops[op].name, shape, (int)company);
    struct gradients_tally one = gradients_check(g.graph, &rows, 4, what);
    tally->checked += one.checked;
    tally->kinks += one.kinks;
    fw_graph_destroy(g.graph);
}

START_TEST(test_op_gradients_match_finite_differences)
{
    struct gradients_tally tally = {0};
    for (int shape = 0; shape < n_shapes; shape++) {
        struct fw_dataset *dataset = make_dataset(shape);
        bool small = shapes[shape].rows < 32;
        for (int company = ALONE; company <= AFTER; company++) {
            if (small || company == shape % 3) /* all three where they cost little */
                check_op(_i, shape, (enum company)company, dataset, &tally);
        }
        fw_dataset_destroy(dataset);
    }
    ck_assert_msg(tally.kinks * 50 <= tally.checked, "%s: %d of %d are kinks", ops[_i].name, (int)tally.kinks,
                  (int)tally.checked);
}
END_TEST

/* Rows in any order, as a shuffled epoch gives them. */
START_TEST(test_op_gradients_match_for_rows_of_a_list)
{
    struct fw_dataset *dataset = make_dataset(4);
    struct fw_op_inputs inputs = inputs_all(dataset);
    struct ground g = {.graph = inputs_graph(dataset, 90, 1, NULL), .n_inputs = 7, .width = 3, .dataset = dataset};
    g.x = fw_op_embedding(g.graph, &inputs, g.width, 0.5, "embedding");
    inputs_finish(g.graph, dense(&g, linear(&g), 1, FW_ACT_NONE, "out"), 0.2);
    int64_t index[70];
    for (int64_t i = 0; i < 70; i++)
        index[i] = i * 37 % 299;
    struct fw_dataset_view rows = {.dataset = dataset, .index = index, .row = 2, .n = 68};
    gradients_check(g.graph, &rows, 20, "rows of a list");
    fw_graph_destroy(g.graph);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_op_fixed_weights_do_not_move)
{
    struct fw_dataset *dataset = make_dataset(1);
    struct fw_op_inputs inputs = inputs_all(dataset);
    struct ground g = {.graph = inputs_graph(dataset, 40, 1, NULL), .n_inputs = 3, .width = 3, .dataset = dataset};
    g.x = fw_op_embedding(g.graph, &inputs, g.width, 0.5, "embedding");
    inputs_finish(g.graph, dense(&g, fixed_linear(&g), 1, FW_ACT_NONE, "out"), 0.2);
    struct fw_dataset_view rows = inputs_rows(dataset, 0, 31);
    struct fw_graph_sums sums;
    double before = 0;
    double after = 0;
    for (int32_t i = 0; i < g.graph->n_weights; i++) {
        const struct fw_weights *w = g.graph->weights[i];
        for (int64_t k = 0; w->kind == FW_WEIGHTS_FIXED && k < w->rows * w->width; k++)
            before += w->data[k] * (double)(k + 1);
    }
    fw_graph_learn(g.graph, &sums, &rows);
    fw_graph_step(g.graph, 1 / sums.weight, 1);
    for (int32_t i = 0; i < g.graph->n_weights; i++) {
        const struct fw_weights *w = g.graph->weights[i];
        for (int64_t k = 0; w->kind == FW_WEIGHTS_FIXED && k < w->rows * w->width; k++)
            after += w->data[k] * (double)(k + 1);
    }
    ck_assert(before != 0 && before == after);
    fw_graph_destroy(g.graph);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("op_gradients");
    TCase *tests = tcase_create("ops");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, test_op_gradients_match_finite_differences, 0, n_ops);
    tcase_add_test(tests, test_op_gradients_match_for_rows_of_a_list);
    tcase_add_test(tests, test_op_fixed_weights_do_not_move);
    suite_add_tcase(suite, tests);
    return suite;
}
