/* Sub-network routing: what serves equals what was searched, and is as large as the topology says. */
#include "models/multitask/snr.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/engine/gates.h"
#include "models/registry.h"
#include "support/inputs.h"
#include "support/several.h"
#include "support/test_main.h"

enum { N_ROWS = 400, BATCH = 64 };

static const struct fw_gate_options published = {.temperature = 2.0 / 3, .low = -0.1, .high = 1.1};

/* The figures of snr.md, section 3: serving gates are exactly 0 and 1 beyond log alpha = -+log 11. */
START_TEST(test_gates_have_the_published_figures)
{
    ck_assert_double_eq_tol(fw_gate_serving(&published, 0), 0.5, 1e-12);
    ck_assert_double_eq_tol(fw_gate_open(&published, 0), 0.832, 5e-4);
    ck_assert_double_eq(fw_gate_serving(&published, -log(11) - 1e-9), 0);
    ck_assert_double_gt(fw_gate_serving(&published, -log(11) + 1e-6), 0);
    ck_assert_double_eq(fw_gate_serving(&published, log(11) + 1e-9), 1);
    ck_assert_double_lt(fw_gate_serving(&published, log(11) - 1e-6), 1);
}
END_TEST

static struct fw_dataset *make_dataset(const struct fw_task *tasks, int32_t n_tasks)
{
    struct planted_options options = {
        .n_rows = N_ROWS, .n_fields = 3, .n_ids = {5, 40, 9}, .strength = 1, .power = 2, .seed = 3};
    struct fw_dataset *dataset = inputs_create(&options, 2);
    several_labels(dataset, tasks, n_tasks, 0.1);
    return dataset;
}

static struct fw_model *make(const struct fw_model_vtable *vtable, const char *settings,
                             const struct fw_dataset *dataset, const struct fw_task *tasks,
                             const struct fw_routing *routing, int threads)
{
    struct fw_model *model;
    struct fw_params params;
    fw_params_init(&params, vtable->params);
    ck_ok(fw_params_parse(&params, settings, err));
    struct fw_model_config config = {.dataset = dataset,
                                     .params = &params,
                                     .tasks = tasks,
                                     .n_tasks = fw_dataset_tasks(dataset),
                                     .routing = routing,
                                     .seed = 1,
                                     .threads = threads};
    ck_ok(fw_model_create(&model, vtable, &config, NULL, err));
    return model;
}

static void fit(struct fw_model *model, const struct fw_dataset *dataset, int steps)
{
    struct fw_row_set rows = fw_row_set_all(dataset);
    ck_ok(model->vtable->start(model->self, &rows, NULL, err));
    for (int s = 0; s < steps; s++) {
        struct fw_fit_stats stats;
        struct fw_dataset_view batch = {.dataset = dataset, .row = s % (N_ROWS / BATCH) * BATCH, .n = BATCH};
        ck_ok(model->vtable->fit_batch(model->self, &stats, &batch, err));
        ck_assert(isfinite(stats.loss));
    }
}

static float *outputs_of(const struct fw_model *model, const struct fw_dataset *dataset)
{
    struct fw_dataset_view all = {.dataset = dataset, .n = N_ROWS};
    float *outputs = fw_alloc_array(NULL, N_ROWS * model->n_outputs, sizeof *outputs);
    void *scratch = fw_alloc_array(NULL, (int64_t)fw_model_predict_bytes(model), 1);
    ck_assert_ptr_nonnull(outputs);
    ck_assert_ptr_nonnull(scratch);
    fw_model_predict(model, outputs, &all, scratch);
    fw_free(NULL, scratch);
    return outputs;
}

/* Numbers of a model that are no embeddings and no scaling of labels. */
static int64_t dense_numbers(const struct fw_model *model)
{
    struct fw_parameter p;
    int64_t n = 0;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++) {
        if (strncmp(p.name, "embedding", 9) != 0 && strcmp(p.name, "labels.scaling") != 0)
            n += p.rows * p.width;
    }
    return n;
}

/* Gates of all sorts: closed, open, between; a sub-network that nobody reads, one that reads nothing. */
static void mix_gates(struct fw_routing *routing, uint64_t pattern)
{
    int64_t n = fw_topology_connections(&routing->topology);
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits = (pattern >> (2 * (i % 23))) & 3;
        routing->gates[i] = bits == 0 ? 0 : bits == 1 ? 1 : 0.3f + 0.1f * (float)bits;
    }
    for (int32_t j = 0; j < routing->topology.levels[0].n; j++)
        routing->gates[j] = 0; /* sub-network 0 of level 2 reads nothing */
    for (int32_t i = 0; i < fw_topology_readers(&routing->topology, 0); i++)
        routing->gates[i * routing->topology.levels[0].n + 1] = 0; /* nobody reads sub-network 1 of level 1 */
}

static void check_served(const struct fw_model_vtable *vtable, uint64_t pattern)
{
    struct fw_dataset *dataset = make_dataset(several_mixed, 3);
    const char *settings = "levels=3,subnetworks=4,units=6,tower=5,batch=64,dim=3,numeric=both";
    struct fw_model *gated = make(vtable, settings, dataset, several_mixed, NULL, 1);
    struct fw_routing routing;
    fit(gated, dataset, 30);
    ck_ok(fw_snr_routing(&routing, gated, NULL, err));
    mix_gates(&routing, pattern);
    fw_snr_set_gates(gated, &routing);
    fw_routing_clear(&routing, NULL);
    ck_ok(fw_snr_routing(&routing, gated, NULL, err)); /* as they came out, to rounding */
    struct fw_model *served = make(&fw_model_snr, "batch=64,dim=3,numeric=both", dataset, several_mixed, &routing, 1);
    ck_ok(fw_snr_fold(served, gated, &routing, err));
    ck_assert_int_eq(dense_numbers(served), fw_routing_measure(&routing, fw_snr_inputs(gated)).parameters);
    float *expected = outputs_of(gated, dataset);
    float *found = outputs_of(served, dataset);
    for (int i = 0; i < 3 * N_ROWS; i++)
        ck_assert_double_eq_tol((double)found[i], (double)expected[i], 2e-5 * (1 + fabs((double)expected[i])));
    fw_free(NULL, expected);
    fw_free(NULL, found);
    fw_routing_clear(&routing, NULL);
    fw_model_destroy(served);
    fw_model_destroy(gated);
    fw_dataset_destroy(dataset);
}

START_TEST(test_the_served_network_equals_the_searched_one)
{
    static const uint64_t patterns[] = {0x5555555555555555, 0x1b4e93c7d26f0a85, 0x0411040140110401, 0xd41c7e3f2b09685a};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        check_served(&fw_model_snr_trans, patterns[i]);
        check_served(&fw_model_snr_aver, patterns[i]);
    }
}
END_TEST

/* All gates open: as many numbers as the searching model without its gates. */
START_TEST(test_the_full_size_is_that_of_the_searching_model)
{
    struct fw_dataset *dataset = make_dataset(several_binary, 2);
    const struct fw_model_vtable *both[] = {&fw_model_snr_trans, &fw_model_snr_aver};
    for (int k = 0; k < 2; k++) {
        struct fw_model *gated =
            make(both[k], "levels=2,subnetworks=3,units=4,tower=5", dataset, several_binary, NULL, 1);
        struct fw_routing routing;
        ck_ok(fw_snr_routing(&routing, gated, NULL, err));
        int64_t n = fw_topology_connections(&routing.topology);
        ck_assert_int_eq(n, 3 * 3 + 2 * 3);
        for (int64_t i = 0; i < n; i++)
            routing.gates[i] = 1;
        /* the gates of trans are no weights of the served network, the scalars of aver take their place */
        int64_t gates = k == 0 ? n : 0;
        ck_assert_int_eq(fw_routing_measure(&routing, fw_snr_inputs(gated)).parameters, dense_numbers(gated) - gates);
        fw_routing_clear(&routing, NULL);
        fw_model_destroy(gated);
    }
    fw_dataset_destroy(dataset);
}
END_TEST

/* Whether both tasks give the same for every row before the first step. */
static bool gives_the_same(const struct fw_model_vtable *vtable, const char *alike)
{
    char settings[96];
    struct fw_dataset *dataset = make_dataset(several_binary, 2);
    snprintf(settings, sizeof settings, "levels=2,subnetworks=3,units=4,tower=5,batch=64,dim=3,alike=%s", alike);
    struct fw_model *gated = make(vtable, settings, dataset, several_binary, NULL, 1);
    float *outputs = outputs_of(gated, dataset);
    bool same = true;
    bool varies = false;
    for (int i = 0; i < N_ROWS; i++) {
        same = same && fabs((double)(outputs[2 * i] - outputs[2 * i + 1])) < 1e-6;
        varies = varies || fabs((double)(outputs[2 * i] - outputs[0])) > 1e-6;
    }
    ck_assert(varies);
    fw_free(NULL, outputs);
    fw_model_destroy(gated);
    fw_dataset_destroy(dataset);
    return same;
}

START_TEST(test_tasks_begin_alike_unless_told_otherwise)
{
    static const struct fw_model_vtable *const both[] = {&fw_model_snr_trans, &fw_model_snr_aver};
    for (int k = 0; k < 2; k++) {
        ck_assert(gives_the_same(both[k], "yes"));
        ck_assert(!gives_the_same(both[k], "no"));
    }
}
END_TEST

static double open_after(double lambda, const char *more, int threads, float *log_alpha)
{
    struct fw_dataset *dataset = make_dataset(several_binary, 2);
    char settings[128];
    snprintf(settings, sizeof settings, "levels=2,subnetworks=3,units=4,tower=5,batch=64,gate_rate=0.05,lambda=%g,%s",
             lambda, more);
    struct fw_model *gated = make(&fw_model_snr_trans, settings, dataset, several_binary, NULL, threads);
    fit(gated, dataset, 200);
    double open = fw_snr_expected_open(gated);
    fw_snr_log_alpha(log_alpha, gated);
    fw_model_destroy(gated);
    fw_dataset_destroy(dataset);
    return open;
}

static const char plain[] = "one_free=no,lambda_rise=0";

START_TEST(test_a_stronger_penalty_closes_more)
{
    float log_alpha[15];
    double weak = open_after(0, plain, 1, log_alpha);
    double strong = open_after(0.003, plain, 1, log_alpha);
    double strongest = open_after(100, plain, 1, log_alpha);
    ck_assert_double_gt(weak, strong);
    ck_assert_double_gt(strong, strongest);
    for (int i = 0; i < 15; i++) /* far closed, within the limits, never NaN: it could come back */
        ck_assert_double_eq_tol((double)log_alpha[i], -FW_GATE_LIMIT, 0.1);
}
END_TEST

/* However strong the penalty, it does not close the last connection of a task; of sub-networks it does. */
START_TEST(test_the_strongest_connection_of_a_task_may_be_free)
{
    float log_alpha[15];
    open_after(100, "lambda_rise=0", 1, log_alpha);
    for (int i = 0; i < 9; i++)
        ck_assert_double_eq_tol((double)log_alpha[i], -FW_GATE_LIMIT, 0.1);
    for (int t = 0; t < 2; t++) {
        int open = 0;
        for (int j = 0; j < 3; j++)
            open += fw_gate_serving(&published, (double)log_alpha[9 + 3 * t + j]) > 0;
        ck_assert_int_eq(open, 1);
    }
}
END_TEST

START_TEST(test_the_penalty_may_rise)
{
    float log_alpha[15];
    double at_once = open_after(0.1, plain, 1, log_alpha);
    double slowly = open_after(0.1, "one_free=no,lambda_rise=400", 1, log_alpha);
    double later = open_after(0.1, "one_free=no,lambda_rise=1e9", 1, log_alpha);
    double never = open_after(0, plain, 1, log_alpha);
    ck_assert_double_lt(at_once, slowly);
    ck_assert_double_lt(slowly, later);
    ck_assert_double_eq_tol(later, never, 0.5);
}
END_TEST

START_TEST(test_threads_do_not_change_the_gates)
{
    float one[15];
    float four[15];
    open_after(0.01, "lambda_rise=50", 1, one);
    open_after(0.01, "lambda_rise=50", 4, four);
    ck_assert_mem_eq(one, four, sizeof one);
}
END_TEST

/* The model of a plan's routing says what it lacks. */
START_TEST(test_a_routed_network_needs_a_routing_of_its_tasks)
{
    struct fw_dataset *dataset = make_dataset(several_mixed, 3);
    struct fw_model *model;
    struct fw_error error = {0};
    struct fw_params params;
    fw_params_init(&params, fw_model_snr.params);
    struct fw_model_config config = {.dataset = dataset, .params = &params, .tasks = several_mixed, .n_tasks = 3};
    ck_assert_int_eq(fw_model_create(&model, &fw_model_snr, &config, NULL, &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "fieldwise route"));
    config.routing = several_routing(2);
    ck_assert_int_eq(fw_model_create(&model, &fw_model_snr, &config, NULL, &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "2 labels, there are 3"));
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("snr");
    TCase *tests = tcase_create("core");
    tcase_add_test(tests, test_gates_have_the_published_figures);
    tcase_add_test(tests, test_the_served_network_equals_the_searched_one);
    tcase_add_test(tests, test_the_full_size_is_that_of_the_searching_model);
    tcase_add_test(tests, test_a_stronger_penalty_closes_more);
    tcase_add_test(tests, test_the_strongest_connection_of_a_task_may_be_free);
    tcase_add_test(tests, test_tasks_begin_alike_unless_told_otherwise);
    tcase_add_test(tests, test_the_penalty_may_rise);
    tcase_add_test(tests, test_threads_do_not_change_the_gates);
    tcase_add_test(tests, test_a_routed_network_needs_a_routing_of_its_tasks);
    suite_add_tcase(suite, tests);
    return suite;
}
