/* Networks with sized embeddings: what they train, what they take, and which sizes are refused. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/network.h"
#include "models/registry.h"
#include "support/fitting.h"
#include "support/inputs.h"
#include "support/mixed_sizes.h"
#include "support/schemas.h"
#include "support/test_main.h"

enum { DIM = 5, N_FIELDS = 5, N_VALUES = 2, N_INPUTS = N_FIELDS + N_VALUES, N_ROWS = 600 };

static const char *const networks[] = {"fm",  "fwfm", "dnn",   "wdl",     "deepfm", "deepcrossing",
                                       "pnn", "dcn",  "dcnv2", "xdeepfm", NULL};
enum { n_networks = sizeof networks / sizeof networks[0] - 1 };

static const char settings[] = "dim=5,batch=50,rate=0.01,init=0.1,linear=learned";

/* Fields fa (5 ids), fb (bins, 11), fc (70), fd (40), fe (a cross, 90); values va and vb. */
static struct fw_dataset *make_dataset(void)
{
    struct planted_options options = {
        .n_rows = N_ROWS, .n_fields = N_FIELDS, .n_ids = {5, 11, 70, 40, 90}, .strength = 1, .power = 2, .seed = 3};
    return inputs_create(&options, N_VALUES);
}

static bool is_embedding(const struct fw_parameter *p)
{
    return strncmp(p->name, "embedding", strlen("embedding")) == 0;
}

static int64_t embedding_bytes(const struct fw_model *model)
{
    struct fw_parameter p;
    int64_t bytes = 0;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++)
        bytes += is_embedding(&p) ? p.rows * p.width * (int64_t)sizeof *p.data : 0;
    return bytes;
}

/* Tables and projections of a field; -1: all that belong to values. */
static int tables_of(const struct fw_model *model, int32_t field)
{
    struct fw_parameter p;
    int n = 0;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++)
        n += is_embedding(&p) && p.field == field;
    return n;
}

static int tables_expected(const struct fw_embedding_size *size)
{
    return size->n_strips * (size->projected ? 2 : 1);
}

static void ck_tables(const struct fw_model *model, const struct fw_embedding_sizes *sizes)
{
    int of_values = 0;
    for (int32_t i = 0; i < sizes->n; i++) {
        if (i < N_FIELDS)
            ck_assert_int_eq(tables_of(model, i), tables_expected(&sizes->items[i]));
        else
            of_values += tables_expected(&sizes->items[i]);
    }
    ck_assert_int_eq(tables_of(model, -1), of_values);
}

/* A name stands for one array. */
static void ck_names(const struct fw_model *model)
{
    struct fw_parameter a;
    struct fw_parameter b;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &a); i++) {
        for (int64_t k = 0; k < i && model->vtable->parameter(model->self, k, &b); k++)
            ck_assert_msg(a.field != b.field || strcmp(a.name, b.name) != 0, "two arrays are '%s' of %d", a.name,
                          a.field);
    }
}

START_TEST(test_network_sizes_are_trained_and_counted)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_row_set all = fw_row_set_all(dataset);
    for (int32_t first = 0; first < MIXED_KINDS; first++) {
        struct fw_embedding_sizes *sizes = mixed_sizes(dataset, DIM, first);
        struct fw_model *model = fitting_create_sized(networks[_i], settings, dataset, sizes, 1, NULL);
        ck_assert_int_eq((int64_t)model->footprint.embeddings, fw_embedding_sizes_bytes(sizes));
        ck_assert_int_eq(embedding_bytes(model), fw_embedding_sizes_bytes(sizes));
        ck_tables(model, sizes);
        ck_names(model);
        double before = fitting_epoch(model, &all);
        double after = fitting_epoch(model, &all);
        after = fitting_epoch(model, &all);
        ck_assert_msg(isfinite(after) && after < before, "%s: loss %g, then %g", networks[_i], before, after);
        float *logits = fitting_logits(model, dataset);
        for (int64_t i = 0; i < N_ROWS; i++)
            ck_assert(isfinite(logits[i]));
        fw_free(NULL, logits);
        fw_model_destroy(model);
        fw_embedding_sizes_destroy(sizes);
    }
    fw_dataset_destroy(dataset);
}
END_TEST

/* Full sizes are what a network has without any. */
START_TEST(test_network_sizes_full_ones_count_as_none)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_embedding_sizes *sizes = mixed_sizes(dataset, DIM, 0);
    for (int32_t i = 0; i < N_INPUTS; i++) {
        sizes->items[i].n_strips = 1;
        sizes->items[i].projected = false;
        sizes->items[i].strips[0] = (struct fw_strip){i < N_FIELDS ? dataset->fields[i].n_ids : 1, DIM};
    }
    char both[128];
    snprintf(both, sizeof both, "%s,numeric=both,crosses=both", settings);
    struct fw_model *sized = fitting_create_sized(networks[_i], settings, dataset, sizes, 1, NULL);
    struct fw_model *plain = fitting_create(networks[_i], both, dataset, 1, NULL);
    ck_assert_int_eq(fw_model_parameter_count(sized), fw_model_parameter_count(plain));
    ck_assert_uint_eq(sized->footprint.embeddings, plain->footprint.embeddings);
    fw_model_destroy(plain);
    fw_model_destroy(sized);
    fw_embedding_sizes_destroy(sizes);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_network_sizes_results_do_not_depend_on_threads)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_row_set all = fw_row_set_all(dataset);
    struct fw_embedding_sizes *sizes = mixed_sizes(dataset, DIM, 2);
    float *values[2];
    size_t bytes = 0;
    for (int t = 0; t < 2; t++) {
        struct fw_model *model = fitting_create_sized(networks[_i], settings, dataset, sizes, t == 0 ? 1 : 3, NULL);
        fitting_epoch(model, &all);
        bytes = (size_t)fw_model_parameter_count(model) * sizeof(float);
        values[t] = fitting_parameters(model);
        fw_model_destroy(model);
    }
    ck_assert_int_eq(memcmp(values[0], values[1], bytes), 0);
    fw_free(NULL, values[0]);
    fw_free(NULL, values[1]);
    fw_embedding_sizes_destroy(sizes);
    fw_dataset_destroy(dataset);
}
END_TEST

/* A table learned anew may have fewer ids than the one that was sized. */
START_TEST(test_network_sizes_strips_are_no_deeper_than_the_data)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_row_set all = fw_row_set_all(dataset);
    struct fw_embedding_sizes *sizes = mixed_sizes(dataset, DIM, 0);
    int64_t expected = 0;
    for (int32_t i = 0; i < N_INPUTS; i++) {
        struct fw_embedding_size *size = &sizes->items[i];
        struct fw_embedding_size clamped = *size;
        for (int32_t t = 0; t < size->n_strips; t++) {
            size->strips[t].ids = 1000000 - t;
            clamped.strips[t].ids = i < N_FIELDS ? dataset->fields[i].n_ids : 1;
        }
        expected += fw_embedding_size_bytes(&clamped, DIM);
    }
    struct fw_model *model = fitting_create_sized(networks[_i], settings, dataset, sizes, 1, NULL);
    ck_assert_int_eq((int64_t)model->footprint.embeddings, expected);
    ck_assert_int_eq(embedding_bytes(model), expected);
    ck_assert(isfinite(fitting_epoch(model, &all)));
    fw_model_destroy(model);
    fw_embedding_sizes_destroy(sizes);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Ids behind the deepest strip read the row of id 0. */
START_TEST(test_network_sizes_ids_behind_the_strips_are_as_unknown_ones)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_embedding_sizes *sizes = mixed_sizes(dataset, DIM, 0);
    for (int32_t i = 0; i < N_INPUTS; i++) { /* two fields alone, 8 of their ids */
        sizes->items[i].n_strips = i == 2 || i == 3 ? 1 : 0;
        sizes->items[i].projected = false;
        sizes->items[i].strips[0] = (struct fw_strip){8, DIM};
    }
    struct fw_model *model = fitting_create_sized(networks[_i], settings, dataset, sizes, 1, NULL);
    struct fw_graph *graph = fw_network_graph(model->self);
    inputs_scatter(graph, 0.3, 5);
    for (int32_t i = 0; i < graph->n_weights; i++) { /* the linear part knows ids that have no embedding */
        struct fw_weights *w = graph->weights[i];
        if (strcmp(w->name, "linear") == 0)
            memset(w->data, 0, (size_t)(w->rows * w->width) * sizeof *w->data);
    }
    float *before = fitting_logits(model, dataset);
    uint8_t *ids = dataset->fields[2].ids;
    int64_t moved = 0;
    ck_assert_int_le(dataset->fields[2].n_ids, 256);
    for (int64_t i = 0; i < N_ROWS; i++) {
        moved += ids[i] >= 8;
        ids[i] = ids[i] >= 8 ? 0 : ids[i];
    }
    float *after = fitting_logits(model, dataset);
    ck_assert_int_gt(moved, 50);
    ck_assert_mem_eq(before, after, N_ROWS * sizeof *before);
    fw_free(NULL, before);
    fw_free(NULL, after);
    fw_model_destroy(model);
    fw_embedding_sizes_destroy(sizes);
    fw_dataset_destroy(dataset);
}
END_TEST

/* ---- what is refused ---- */

/* Measuring and making refuse alike. */
static void ck_refused(const char *name, const char *own, const struct fw_dataset *dataset,
                       const struct fw_embedding_sizes *sizes, const char *words)
{
    const struct fw_model_vtable *vtable;
    struct fw_model_footprint footprint;
    struct fw_model *model;
    struct fw_params params;
    struct fw_error measured = {0};
    struct fw_error made = {0};
    ck_ok(fw_model_find(&vtable, name, err));
    fw_params_init(&params, vtable->params);
    ck_ok(fw_params_parse(&params, own, err));
    struct fw_model_config config = {.dataset = dataset, .params = &params, .sizes = sizes, .seed = 1, .threads = 1};
    ck_assert_int_eq(fw_model_measure(&footprint, vtable, &config, NULL, &measured), FW_E_ARG);
    ck_assert_int_eq(fw_model_create(&model, vtable, &config, NULL, &made), FW_E_ARG);
    ck_assert_str_eq(measured.message, made.message);
    ck_holds(made.message, words);
}

START_TEST(test_network_sizes_models_of_several_embeddings_an_input_are_refused)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_embedding_sizes *sizes = mixed_sizes(dataset, DIM, 0);
    ck_refused("ffm", "dim=5", dataset, sizes, "model 'ffm' does not have one embedding an input");
    ck_refused("fpenn", "dim=5", dataset, sizes, "model 'fpenn' does not have one embedding an input");
    fw_embedding_sizes_destroy(sizes);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Every registered network of one label takes sizes or says that it does not. */
START_TEST(test_network_sizes_all_networks_are_tried_here)
{
    for (int i = 0; fw_model_list()[i] != NULL; i++) {
        const struct fw_model_vtable *vtable = fw_model_list()[i];
        bool known = vtable->build == NULL || vtable->labels != FW_LABELS_ONE || vtable->reads_position ||
                     strcmp(vtable->name, "ffm") == 0 || strcmp(vtable->name, "fpenn") == 0;
        for (int k = 0; networks[k] != NULL; k++)
            known = known || strcmp(networks[k], vtable->name) == 0;
        ck_assert_msg(known, "no test has '%s' with sizes", vtable->name);
    }
}
END_TEST

START_TEST(test_network_sizes_that_do_not_fit_are_refused)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_embedding_sizes *sizes = mixed_sizes(dataset, DIM, 0);
    ck_refused(networks[_i], "dim=4", dataset, sizes, "sized for dim=5, not dim=4");
    ck_ok(fw_embedding_sizes_name(sizes, 1, "colour", err));
    ck_refused(networks[_i], "dim=5", dataset, sizes, "sized for 'colour', which the data do not have");
    ck_ok(fw_embedding_sizes_name(sizes, 1, "fb", err));
    for (int32_t i = 0; i < N_INPUTS; i++)
        sizes->items[i].n_strips = 0;
    ck_refused(networks[_i], "dim=5", dataset, sizes, "leave nothing with an embedding");
    fw_embedding_sizes_destroy(sizes);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_network_sizes_refused_memory_is_an_error_without_leak)
{
    struct fw_dataset *dataset = make_dataset();
    struct fw_embedding_sizes *sizes = mixed_sizes(dataset, DIM, 1);
    const struct fw_model_vtable *vtable;
    struct fw_params params;
    enum fw_status status = FW_E_NOMEM;
    ck_ok(fw_model_find(&vtable, networks[_i], err));
    fw_params_init(&params, vtable->params);
    ck_ok(fw_params_parse(&params, settings, err));
    struct fw_model_config config = {.dataset = dataset, .params = &params, .sizes = sizes, .seed = 1, .threads = 1};
    for (int64_t fail_at = 1; status != FW_OK; fail_at++) {
        struct fw_allocator mem;
        struct fw_model *model = NULL;
        struct fw_error refusal = {0};
        fw_allocator_init(&mem, 0);
        mem.fail_at = fail_at;
        status = fw_model_create(&model, vtable, &config, &mem, &refusal);
        ck_assert_msg(status == FW_OK || status == FW_E_NOMEM, "%s", refusal.message);
        ck_assert_int_lt(fail_at, 2000);
        fw_model_destroy(model);
        ck_assert_uint_eq(mem.used, 0);
    }
    fw_embedding_sizes_destroy(sizes);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("network sizes");
    TCase *tests = tcase_create("sizes");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_network_sizes_are_trained_and_counted, 0, n_networks);
    tcase_add_loop_test(tests, test_network_sizes_full_ones_count_as_none, 0, n_networks);
    tcase_add_loop_test(tests, test_network_sizes_results_do_not_depend_on_threads, 0, n_networks);
    tcase_add_loop_test(tests, test_network_sizes_strips_are_no_deeper_than_the_data, 0, n_networks);
    tcase_add_loop_test(tests, test_network_sizes_ids_behind_the_strips_are_as_unknown_ones, 0, n_networks);
    tcase_add_test(tests, test_network_sizes_models_of_several_embeddings_an_input_are_refused);
    tcase_add_test(tests, test_network_sizes_all_networks_are_tried_here);
    tcase_add_loop_test(tests, test_network_sizes_that_do_not_fit_are_refused, 0, n_networks);
    tcase_add_loop_test(tests, test_network_sizes_refused_memory_is_an_error_without_leak, 0, n_networks);
    suite_add_tcase(suite, tests);
    return suite;
}
