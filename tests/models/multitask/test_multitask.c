/* The fixed models of several tasks: what they reduce to, what tasks share and what they do not, what they count. */
#include "models/multitask/multitask.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/registry.h"
#include "support/fitting.h"
#include "support/inputs.h"
#include "support/mixed_sizes.h"
#include "support/several.h"
#include "support/test_main.h"

static const char *const models[] = {"single_task", "shared_bottom", "l2_constrained", "cross_stitch",
                                     "omoe",        "mmoe",          "ml_mmoe",        "ple"};
enum { n_models = sizeof models / sizeof models[0], N_ROWS = 500 };

static struct fw_dataset *make_inputs(int64_t n_rows)
{
    struct planted_options options = {
        .n_rows = n_rows, .n_fields = 5, .n_ids = {5, 11, 70, 40, 90}, .strength = 1, .power = 2, .seed = 3};
    return inputs_create(&options, 2);
}

static struct fw_dataset *make_dataset(const struct fw_task *tasks, int32_t n_tasks, double unknown)
{
    struct fw_dataset *dataset = make_inputs(N_ROWS);
    several_labels(dataset, tasks, n_tasks, unknown);
    return dataset;
}

static struct fw_model *make_model(const char *name, const char *settings, const struct fw_dataset *dataset,
                                   const struct fw_task *tasks, int threads)
{
    const struct fw_model_vtable *vtable;
    struct fw_model *model;
    struct fw_params params;
    ck_ok(fw_model_find(&vtable, name, err));
    fw_params_init(&params, vtable->params);
    ck_ok(fw_params_parse(&params, settings, err));
    struct fw_model_config config = {.dataset = dataset,
                                     .params = &params,
                                     .tasks = tasks,
                                     .n_tasks = fw_dataset_tasks(dataset),
                                     .seed = 1,
                                     .threads = threads};
    ck_ok(fw_model_create(&model, vtable, &config, NULL, err));
    return model;
}

static struct fw_weights *find(const struct fw_model *model, const char *name)
{
    struct fw_graph *graph = fw_network_graph(model->self);
    for (int32_t i = 0; i < graph->n_weights; i++) {
        if (strcmp(graph->weights[i]->name, name) == 0)
            return graph->weights[i];
    }
    ck_abort_msg("%s has no weights '%s'", model->vtable->name, name);
    return NULL;
}

/* Columns [column, column + to->width) of one array into another. */
static void copy_columns(struct fw_weights *to, const struct fw_weights *from, int64_t column)
{
    ck_assert(to->rows == from->rows && column + to->width <= from->width);
    for (int64_t r = 0; r < to->rows; r++)
        memcpy(to->data + r * to->width, from->data + r * from->width + column, (size_t)to->width * sizeof *to->data);
}

/* Whatever both have by name and shape. */
static void copy_same(struct fw_model *to, const struct fw_model *from)
{
    const struct fw_graph *a = fw_network_graph(from->self);
    const struct fw_graph *b = fw_network_graph(to->self);
    for (int32_t i = 0; i < a->n_weights; i++) {
        for (int32_t k = 0; k < b->n_weights; k++) {
            const struct fw_weights *x = a->weights[i];
            const struct fw_weights *y = b->weights[k];
            if (strcmp(x->name, y->name) == 0 && x->field == y->field && x->rows == y->rows && x->width == y->width)
                memcpy(y->data, x->data, (size_t)(x->rows * x->width) * sizeof *x->data);
        }
    }
}

/* Towers that all read one block into towers that read a block each. */
static void spread_towers(struct fw_model *to, const struct fw_model *from)
{
    for (int t = 0; t < 2; t++) {
        struct fw_weights *tower = find(to, t == 0 ? "tower.kernel" : "tower.2.kernel");
        copy_columns(tower, find(from, "tower.kernel"), t * tower->width);
    }
}

static void ck_same_outputs(const struct fw_model *a, const struct fw_model *b, const struct fw_dataset *dataset)
{
    float *x = fitting_logits(a, dataset);
    float *y = fitting_logits(b, dataset);
    double spread = 0;
    for (int64_t i = 0; i < dataset->n_rows * a->n_outputs; i++) {
        ck_assert_msg(fabsf(x[i] - y[i]) <= 1e-5f * (1 + fabsf(x[i])), "output %d: %g in %s, %g in %s", (int)i,
                      (double)x[i], a->vtable->name, (double)y[i], b->vtable->name);
        spread += fabs((double)x[i] - (double)x[0]);
    }
    ck_assert_double_gt(spread, 1);
    fw_free(NULL, x);
    fw_free(NULL, y);
}

/* One expert has all of every gate. */
START_TEST(test_multitask_mmoe_with_one_expert_is_a_shared_bottom)
{
    struct fw_dataset *dataset = make_dataset(several_binary, 2, 0);
    struct fw_model *mmoe = make_model("mmoe", "experts=1,units=19,init=1", dataset, several_binary, 1);
    struct fw_model *shared = make_model("shared_bottom", "layers=1,units=19,init=1", dataset, several_binary, 1);
    inputs_scatter(fw_network_graph(shared->self), 0.3, 4);
    copy_same(mmoe, shared);
    copy_columns(find(mmoe, "experts.1.kernel"), find(shared, "bottom.1.kernel"), 0);
    copy_columns(find(mmoe, "experts.1.bias"), find(shared, "bottom.1.bias"), 0);
    spread_towers(mmoe, shared);
    ck_same_outputs(mmoe, shared, dataset);
    fw_model_destroy(mmoe);
    fw_model_destroy(shared);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_multitask_mmoe_with_equal_gates_is_omoe)
{
    struct fw_dataset *dataset = make_dataset(several_binary, 2, 0);
    struct fw_model *mmoe = make_model("mmoe", "init=1,layers=2", dataset, several_binary, 1);
    struct fw_model *omoe = make_model("omoe", "init=1,layers=2", dataset, several_binary, 1);
    inputs_scatter(fw_network_graph(omoe->self), 0.3, 4);
    copy_same(mmoe, omoe);
    spread_towers(mmoe, omoe);
    struct fw_weights *both = find(mmoe, "gates.kernel");
    const struct fw_weights *one = find(omoe, "gates.kernel");
    ck_assert(both->rows == one->rows && both->width == 2 * one->width);
    for (int64_t i = 0; i < both->rows * both->width; i++)
        both->data[i] = one->data[i / both->width * one->width + i % both->width % one->width];
    ck_same_outputs(mmoe, omoe, dataset);
    fw_model_destroy(mmoe);
    fw_model_destroy(omoe);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_multitask_ml_mmoe_of_one_level_is_mmoe)
{
    struct fw_dataset *dataset = make_dataset(several_mixed, 3, 0.1);
    struct fw_model *ml = make_model("ml_mmoe", "levels=1,init=1", dataset, several_mixed, 1);
    struct fw_model *mmoe = make_model("mmoe", "layers=1,init=1", dataset, several_mixed, 1);
    struct fw_row_set all = fw_row_set_all(dataset);
    ck_assert_int_eq(fw_model_parameter_count(ml), fw_model_parameter_count(mmoe));
    ck_assert(fitting_epoch(ml, &all) == fitting_epoch(mmoe, &all));
    ck_same_outputs(ml, mmoe, dataset);
    fw_model_destroy(ml);
    fw_model_destroy(mmoe);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Units that begin alike would stay alike. */
START_TEST(test_multitask_experts_begin_differently)
{
    enum { experts = 5, units = 7 };
    static const char *const gated[] = {"omoe", "mmoe", "ml_mmoe"};
    struct fw_dataset *dataset = make_dataset(several_binary, 2, 0);
    for (int m = 0; m < 3; m++) {
        struct fw_model *model = make_model(gated[m], "experts=5,units=7", dataset, several_binary, 1);
        const struct fw_weights *w = find(model, "experts.1.kernel");
        ck_assert_int_eq(w->width, experts * units);
        for (int64_t a = 0; a < w->width; a++) {
            for (int64_t b = 0; b < a; b++)
                ck_assert(w->data[a] != w->data[b] && w->data[w->width + a] != w->data[w->width + b]);
        }
        fw_model_destroy(model);
    }
    fw_dataset_destroy(dataset);
}
END_TEST

/* Also of the gates of all levels, which read different things. */
START_TEST(test_multitask_gates_sum_to_one)
{
    static const struct {
        const char *name, *settings;
        int gates; /* runs of all operations together */
    } cases[] = {{"omoe", "experts=5", 1},
                 {"mmoe", "experts=5", 3},
                 {"ml_mmoe", "levels=3,experts=5", 13},
                 {"ple", "levels=3,task_experts=1,shared_experts=2", 11}};
    struct fw_dataset *dataset = make_dataset(several_mixed, 3, 0);
    struct fw_dataset_view rows = inputs_rows(dataset, 0, 100);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char settings[128];
        snprintf(settings, sizeof settings, "init=2,%s", cases[c].settings);
        struct fw_model *model = make_model(cases[c].name, settings, dataset, several_mixed, 1);
        struct fw_graph *graph = fw_network_graph(model->self);
        struct fw_graph_sums sums;
        double total = 0;
        inputs_scatter(graph, 0.3, 4);
        fw_graph_learn(graph, &sums, &rows);
        for (int32_t o = 0; o < graph->n_ops; o++) {
            const struct fw_op *op = graph->ops[o];
            for (int64_t k = 0; strcmp(op->vtable->name, "softmax_runs") == 0 && k < rows.n; k++) {
                const fw_real *gate = fw_pass_value(&graph->pass, op->output, k);
                for (int32_t i = 0; i < fw_graph_width(graph, op->output); i++) {
                    ck_assert(gate[i] >= 0 && gate[i] <= 1);
                    total += (double)gate[i];
                }
            }
        }
        ck_assert_double_eq_tol(total, cases[c].gates * (double)rows.n, 1e-3);
        fw_model_destroy(model);
    }
    fw_dataset_destroy(dataset);
}
END_TEST

/* ---- what is shared ---- */

START_TEST(test_multitask_single_task_shares_nothing)
{
    float *outputs[2];
    for (int r = 0; r < 2; r++) {
        struct fw_dataset *dataset = make_dataset(several_binary, 2, 0);
        struct fw_row_set all = fw_row_set_all(dataset);
        for (int64_t row = 0; r == 1 && row < N_ROWS; row++)
            dataset->labels[2 * row + 1] = row % 3 == 0 ? NAN : 1 - dataset->labels[2 * row + 1];
        struct fw_model *model =
            make_model("single_task", "batch=50,layers=2,rate=0.01,dropout=0.2", dataset, several_binary, 1);
        for (int epoch = 0; epoch < 3; epoch++)
            fitting_epoch(model, &all);
        outputs[r] = fitting_logits(model, dataset);
        fw_model_destroy(model);
        fw_dataset_destroy(dataset);
    }
    for (int64_t row = 0; row < N_ROWS; row++) {
        ck_assert(outputs[0][2 * row] == outputs[1][2 * row]);
        ck_assert(outputs[0][2 * row + 1] != outputs[1][2 * row + 1]);
    }
    fw_free(NULL, outputs[0]);
    fw_free(NULL, outputs[1]);
}
END_TEST

/* Without closeness, and with stitches that stay the identity, the bottoms have nothing to do with each other: both
 * models are one. */
START_TEST(test_multitask_separate_bottoms_are_the_same_in_two_models)
{
    const char *settings = "layers=2,units=9,init=1,optimiser=sgd,rate=0.05,batch=50";
    struct fw_dataset *dataset = make_dataset(several_binary, 2, 0);
    struct fw_row_set all = fw_row_set_all(dataset);
    char constrained[128];
    snprintf(constrained, sizeof constrained, "%s,closeness=0", settings);
    struct fw_model *l2 = make_model("l2_constrained", constrained, dataset, several_binary, 1);
    struct fw_model *stitch = make_model("cross_stitch", settings, dataset, several_binary, 1);
    copy_same(stitch, l2);
    for (int l = 0; l < 2; l++) {
        struct fw_weights *a = find(stitch, l == 0 ? "stitch.1" : "stitch.2");
        ck_assert_float_eq_tol(a->data[0], 0.9f, 1e-6f);
        ck_assert_float_eq_tol(a->data[1], 0.1f, 1e-6f);
        memcpy(a->data, (float[]){1, 0, 0, 1}, 4 * sizeof(float));
        a->kind = FW_WEIGHTS_FIXED; /* held, to compare some steps */
    }
    ck_same_outputs(l2, stitch, dataset);
    fitting_epoch(l2, &all);
    fitting_epoch(stitch, &all);
    ck_same_outputs(l2, stitch, dataset);
    fw_model_destroy(l2);
    fw_model_destroy(stitch);
    fw_dataset_destroy(dataset);
}
END_TEST

/* The share of the bottoms' squares that lies in their differences: 1 when they are unrelated, 0 when they coincide. */
static double apart(const struct fw_model *model)
{
    const struct fw_weights *w = find(model, "bottom.1.kernel");
    int64_t units = w->width / 2;
    double differences = 0;
    double squares = 0;
    for (int64_t i = 0; i < w->rows * units; i++) {
        double a = (double)w->data[i / units * w->width + i % units];
        double b = (double)w->data[i / units * w->width + units + i % units];
        differences += (a - b) * (a - b);
        squares += a * a + b * b;
    }
    return differences / squares;
}

START_TEST(test_multitask_closeness_brings_bottoms_together)
{
    static const char *const closeness[] = {"0", "0.01", "10"};
    struct fw_dataset *dataset = make_dataset(several_binary, 2, 0);
    struct fw_row_set all = fw_row_set_all(dataset);
    double share[3];
    for (int c = 0; c < 3; c++) {
        char settings[128];
        snprintf(settings, sizeof settings, "batch=50,rate=0.01,units=8,closeness=%s", closeness[c]);
        struct fw_model *model = make_model("l2_constrained", settings, dataset, several_binary, 1);
        for (int epoch = 0; epoch < 20; epoch++)
            fitting_epoch(model, &all);
        share[c] = apart(model);
        fw_model_destroy(model);
    }
    ck_assert_double_gt(share[0], 0.5);
    ck_assert_double_lt(share[1], 0.7 * share[0]);
    ck_assert_double_lt(share[2], 0.02);
    fw_dataset_destroy(dataset);
}
END_TEST

/* ---- labels ---- */

/* A task of which nothing is known gets no gradient, and what it does not share stands still. */
START_TEST(test_multitask_unknown_labels_have_no_gradient)
{
    struct fw_dataset *dataset = make_dataset(several_binary, 2, 0);
    struct fw_dataset_view rows = inputs_rows(dataset, 0, 100);
    for (int64_t row = 0; row < N_ROWS; row++)
        dataset->labels[2 * row + 1] = NAN;
    for (int m = 0; m < n_models; m++) {
        struct fw_model *model = make_model(models[m], "batch=128,init=1", dataset, several_binary, 1);
        struct fw_graph *graph = fw_network_graph(model->self);
        struct fw_graph_sums sums;
        fw_graph_learn(graph, &sums, &rows);
        ck_assert(isfinite(sums.loss) && sums.loss > 0);
        const struct fw_weights *of_first = find(model, "out.kernel");
        const struct fw_weights *of_second = find(model, "out.2.kernel");
        double first = 0;
        for (int64_t i = 0; i < of_second->rows; i++) {
            first += fabs((double)of_first->grad[i]);
            ck_assert(of_second->grad[i] == 0);
        }
        ck_assert_double_gt(first, 0);
        ck_assert(find(model, "out.bias")->grad[0] != 0 && find(model, "out.bias")->grad[1] == 0);
        const struct fw_weights *towers = find(model, "tower.bias");
        for (int64_t i = towers->width / 2; i < towers->width; i++)
            ck_assert(towers->grad[i] == 0);
        fw_model_destroy(model);
    }
    fw_dataset_destroy(dataset);
}
END_TEST

/* Unknown labels and numbers among the tasks, over several threads. */
START_TEST(test_multitask_threads_do_not_change_a_byte)
{
    struct fw_dataset *dataset = make_dataset(several_mixed, 3, 0.3);
    struct fw_row_set all = fw_row_set_all(dataset);
    float *first = NULL;
    for (int threads = 1; threads <= 3; threads++) {
        struct fw_model *model =
            make_model(models[_i], "batch=200,dropout=0.2,rate=0.01,numeric=raw", dataset, several_mixed, threads);
        for (int epoch = 0; epoch < 3; epoch++)
            fitting_epoch(model, &all);
        float *values = fitting_parameters(model);
        if (threads > 1)
            ck_assert_mem_eq(values, first, (size_t)fw_model_parameter_count(model) * sizeof *values);
        if (threads > 1)
            fw_free(NULL, values);
        else
            first = values;
        fw_model_destroy(model);
    }
    fw_free(NULL, first);
    fw_dataset_destroy(dataset);
}
END_TEST

/* ---- sizes ---- */

/* Fields of 5, 70 and 40 ids and the cross of 90 get embeddings of 2 numbers, two numbers enter as they are: 10 in all.
 * Bins are left out with numeric=raw. Layers have 6 units, the towers 3 each. */
START_TEST(test_multitask_parameters_by_hand)
{
    enum { EMBEDDED = 2 * (5 + 70 + 40 + 90), D = 10, OUT = 2 * 4, LAYER = D * 6 + 6, SECOND = 6 * 6 + 6 };
    static const struct {
        const char *name, *settings;
        int64_t count;
    } cases[] = {
        {"single_task", "layers=2,", 2 * (EMBEDDED + LAYER + SECOND) + 2 * 21 + OUT},
        {"shared_bottom", "layers=2,", EMBEDDED + LAYER + SECOND + 2 * 21 + OUT},
        {"l2_constrained", "layers=2,", EMBEDDED + 2 * (LAYER + SECOND) + 2 * 21 + OUT},
        {"cross_stitch", "layers=2,", EMBEDDED + 2 * (LAYER + SECOND + 4) + 2 * 21 + OUT},
        {"omoe", "layers=2,experts=4,", EMBEDDED + 4 * (LAYER + SECOND + D) + 2 * 21 + OUT},
        {"mmoe", "layers=2,experts=4,", EMBEDDED + 4 * (LAYER + SECOND + 2 * D) + 2 * 21 + OUT},
        {"ml_mmoe", "levels=2,experts=4,", EMBEDDED + 4 * (LAYER + SECOND + 2 * D + 4 * D) + 2 * 21 + OUT},
        /* 2 + 2 + 3 experts; gates over 5, 5 and 7 below, over 5 and 5 above */
        {"ple", "task_experts=2,shared_experts=3,levels=2,",
         EMBEDDED + 7 * (LAYER + SECOND) + D * 17 + 6 * 10 + 2 * 21 + OUT},
        {"ple", "task_experts=2,shared_experts=3,levels=3,",
         EMBEDDED + 7 * (LAYER + 2 * SECOND) + D * 17 + 6 * 17 + 6 * 10 + 2 * 21 + OUT},
    };
    struct fw_dataset *dataset = make_dataset(several_binary, 2, 0);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char settings[128];
        snprintf(settings, sizeof settings, "%sdim=2,numeric=raw,units=6,tower=3", cases[c].settings);
        struct fw_model *model = make_model(cases[c].name, settings, dataset, several_binary, 1);
        ck_assert_msg(fw_model_parameter_count(model) == cases[c].count, "%s has %lld numbers, not %lld", cases[c].name,
                      (long long)fw_model_parameter_count(model), (long long)cases[c].count);
        fw_model_destroy(model);
    }
    fw_dataset_destroy(dataset);
}
END_TEST

/* A plan's sizes and crosses. */
START_TEST(test_multitask_embeddings_have_the_sizes_of_a_plan)
{
    struct fw_dataset *dataset = several_dataset(make_inputs(N_ROWS), &fw_model_mmoe);
    struct fw_row_set all = fw_row_set_all(dataset);
    int64_t tables = strcmp(models[_i], "single_task") == 0 ? 2 : 1;
    for (int32_t first = 0; first < MIXED_KINDS; first++) {
        struct fw_embedding_sizes *sizes = mixed_sizes(dataset, 5, first);
        struct fw_model *model = fitting_create_sized(models[_i], "dim=5,batch=50", dataset, sizes, 1, NULL);
        ck_assert_int_eq((int64_t)model->footprint.embeddings, tables * fw_embedding_sizes_bytes(sizes));
        double before = fitting_epoch(model, &all);
        fitting_epoch(model, &all);
        ck_assert_double_lt(fitting_epoch(model, &all), before);
        fw_model_destroy(model);
        fw_embedding_sizes_destroy(sizes);
    }
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_multitask_crosses_get_embeddings_unless_left_out)
{
    struct fw_dataset *dataset = make_dataset(several_binary, 2, 0);
    int64_t cross = dataset->fields[4].n_ids;
    int64_t tables = strcmp(models[_i], "single_task") == 0 ? 2 : 1;
    ck_assert(dataset->fields[4].kind == FW_FIELD_CROSS);
    struct fw_model *deep = make_model(models[_i], "dim=3", dataset, several_binary, 1);
    struct fw_model *none = make_model(models[_i], "dim=3,crosses=wide", dataset, several_binary, 1);
    ck_assert_int_eq((int64_t)(deep->footprint.embeddings - none->footprint.embeddings),
                     tables * cross * 3 * (int64_t)sizeof(float));
    fw_model_destroy(deep);
    fw_model_destroy(none);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_multitask_one_label_and_too_wide_levels_are_refused)
{
    struct fw_dataset *dataset = make_inputs(20);
    struct fw_params params;
    struct fw_model *model;
    struct fw_error refusal = {0};
    fw_params_init(&params, fw_model_ple.params);
    ck_ok(fw_params_parse(&params, "task_experts=64,units=8192", err));
    struct fw_model_config config = {.dataset = dataset, .params = &params};
    ck_assert_int_eq(fw_model_create(&model, &fw_model_ple, &config, NULL, &refusal), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "two or more"));
    static struct fw_task many[FW_TASKS_MOST];
    for (int t = 0; t < FW_TASKS_MOST; t++)
        many[t] = several_binary[t % 2];
    config.tasks = many;
    config.n_tasks = FW_TASKS_MOST;
    ck_assert_int_eq(fw_model_create(&model, &fw_model_ple, &config, NULL, &refusal), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "4100 sub-networks of 8192 units"));
    fw_dataset_destroy(dataset);
}
END_TEST

/* As many tasks as there may be. */
START_TEST(test_multitask_many_tasks)
{
    static struct fw_task many[FW_TASKS_MOST];
    for (int t = 0; t < FW_TASKS_MOST; t++)
        many[t] = several_mixed[t % 3];
    struct fw_dataset *dataset = make_dataset(many, FW_TASKS_MOST, 0.1);
    struct fw_row_set all = fw_row_set_all(dataset);
    struct fw_model *model = make_model(models[_i], "dim=2,units=4,tower=3,batch=50", dataset, many, 1);
    ck_assert_int_eq(model->n_outputs, FW_TASKS_MOST);
    double before = fitting_epoch(model, &all);
    ck_assert_double_lt(fitting_epoch(model, &all), before);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

/* ---- learning ---- */

/* Two related tasks over the same fields: whether a planted logit is positive, and the logit itself times 3 plus 50. */
static struct fw_dataset *related_dataset(int64_t n_rows)
{
    struct planted_options options = {.n_rows = n_rows,
                                      .n_fields = 4,
                                      .n_ids = {6, 9, 30, 12},
                                      .strength = 1,
                                      .power = 1,
                                      .separable = true,
                                      .seed = 13};
    struct fw_dataset *dataset = planted_create(&options, NULL);
    several_labels(dataset, several_mixed, 2, 0);
    for (int64_t row = 0; row < n_rows; row++) {
        dataset->labels[2 * row + 1] = 50 + 3 * (float)planted_logit(&options, dataset, row);
        if (row % 5 == 0)
            dataset->labels[2 * row + row / 5 % 2] = NAN;
    }
    return dataset;
}

/* R2 of the second output on rows that have the label. */
static double r_squared(const float *outputs, const struct fw_dataset *dataset)
{
    double n = 0, sum = 0, squares = 0, errors = 0;
    for (int64_t row = 0; row < dataset->n_rows; row++) {
        double y = (double)dataset->labels[2 * row + 1];
        if (isnan(y))
            continue;
        double off = y - (double)outputs[2 * row + 1];
        n++;
        sum += y;
        squares += y * y;
        errors += off * off;
    }
    return 1 - errors / (squares - sum * sum / n);
}

static double accuracy(const float *outputs, const struct fw_dataset *dataset)
{
    double n = 0, right = 0;
    for (int64_t row = 0; row < dataset->n_rows; row++) {
        float y = dataset->labels[2 * row];
        n += isnan(y) ? 0 : 1;
        right += !isnan(y) && (outputs[2 * row] > 0) == (y > 0);
    }
    return right / n;
}

START_TEST(test_multitask_learns_a_class_and_a_number_together)
{
    struct fw_dataset *dataset = related_dataset(3000);
    struct fw_row_set all = fw_row_set_all(dataset);
    struct fw_model *model = make_model(models[_i], "rate=0.01,batch=100", dataset, several_mixed, 1);
    const struct fw_model_vtable *vtable = model->vtable;
    struct fw_fit_stats stats;
    ck_ok(vtable->start(model->self, &all, NULL, err));
    for (int step = 0; step < 300; step++) {
        struct fw_dataset_view batch = inputs_rows(dataset, step % 30 * 100, 100);
        ck_ok(vtable->fit_batch(model->self, &stats, &batch, err));
    }
    float *outputs = fitting_logits(model, dataset);
    ck_assert_msg(accuracy(outputs, dataset) > 0.95, "%s: accuracy %g", models[_i], accuracy(outputs, dataset));
    ck_assert_msg(r_squared(outputs, dataset) > 0.95, "%s: R2 %g", models[_i], r_squared(outputs, dataset));
    fw_free(NULL, outputs);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("multitask");
    TCase *tests = tcase_create("multitask");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_multitask_mmoe_with_one_expert_is_a_shared_bottom);
    tcase_add_test(tests, test_multitask_mmoe_with_equal_gates_is_omoe);
    tcase_add_test(tests, test_multitask_ml_mmoe_of_one_level_is_mmoe);
    tcase_add_test(tests, test_multitask_experts_begin_differently);
    tcase_add_test(tests, test_multitask_gates_sum_to_one);
    tcase_add_test(tests, test_multitask_single_task_shares_nothing);
    tcase_add_test(tests, test_multitask_separate_bottoms_are_the_same_in_two_models);
    tcase_add_test(tests, test_multitask_closeness_brings_bottoms_together);
    tcase_add_test(tests, test_multitask_unknown_labels_have_no_gradient);
    tcase_add_loop_test(tests, test_multitask_threads_do_not_change_a_byte, 0, n_models);
    tcase_add_test(tests, test_multitask_parameters_by_hand);
    tcase_add_loop_test(tests, test_multitask_embeddings_have_the_sizes_of_a_plan, 0, n_models);
    tcase_add_loop_test(tests, test_multitask_crosses_get_embeddings_unless_left_out, 0, n_models);
    tcase_add_test(tests, test_multitask_one_label_and_too_wide_levels_are_refused);
    tcase_add_loop_test(tests, test_multitask_many_tasks, 0, n_models);
    tcase_add_loop_test(tests, test_multitask_learns_a_class_and_a_number_together, 0, n_models);
    suite_add_tcase(suite, tests);
    return suite;
}
