/* What every registered model keeps, whatever it is. */
#include "models/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/registry.h"
#include "support/fitting.h"
#include "support/planted.h"
#include "support/several.h"
#include "support/test_main.h"

enum { MOST_VARIANTS = 256 };

/* A model with settings, in turn for every model and every optimiser that it offers. */
struct variant {
    const struct fw_model_vtable *vtable;
    char settings[96];
};

static bool has(const struct fw_model_vtable *vtable, const char *setting)
{
    struct fw_params params = {.table = vtable->params};
    return fw_params_has(&params, setting);
}

/* Networks are small ones, so that all of this takes seconds. */
static int list_variants(struct variant out[MOST_VARIANTS])
{
    int n = 0;
    for (int m = 0; fw_model_list()[m] != NULL; m++) {
        const struct fw_model_vtable *vtable = fw_model_list()[m];
        const struct fw_param_spec *spec = vtable->params;
        while (spec->name != NULL && strcmp(spec->name, "optimiser") != 0)
            spec++;
        for (int c = 0; spec->name != NULL && spec->choices[c] != NULL; c++) {
            ck_assert_int_lt(n, MOST_VARIANTS);
            out[n].vtable = vtable;
            snprintf(out[n++].settings, sizeof out->settings, "batch=128,optimiser=%s%s%s%s", spec->choices[c],
                     has(vtable, "dim") ? ",dim=2" : "", has(vtable, "units") ? ",units=8" : "",
                     has(vtable, "layers") ? ",layers=1" : "");
        }
    }
    return n;
}

static struct fw_dataset *make_dataset(struct fw_allocator *mem)
{
    struct planted_options options = {.n_rows = 3000,
                                      .n_fields = 4,
                                      .n_ids = {3, 40, 700, 9},
                                      .strength = 1,
                                      .weighted = true,
                                      .power = 2,
                                      .n_folds = 3,
                                      .seed = 2};
    return planted_create(&options, mem);
}

START_TEST(test_model_every_table_is_complete)
{
    for (int m = 0; fw_model_list()[m] != NULL; m++) {
        const struct fw_model_vtable *v = fw_model_list()[m];
        const struct fw_model_vtable *found;
        struct fw_params params;
        ck_assert_int_eq(v->api, FW_MODEL_API);
        ck_assert(v->footprint != NULL && v->create != NULL && v->destroy != NULL && v->reset != NULL);
        ck_assert(v->fit_batch != NULL && v->predict != NULL && v->parameter != NULL && v->adopt != NULL);
        ck_assert(v->wants_epochs == NULL || v->fit_epoch != NULL);
        ck_assert_str_ne(v->summary, "");
        memset(&params, 0xA5, sizeof params);
        fw_params_init(&params, v->params);
        for (int i = 0; v->params[i].name != NULL; i++) {
            ck_assert_str_ne(v->params[i].doc, "");
            ck_assert_double_eq(params.value[i], v->params[i].fallback);
        }
        ck_ok(fw_model_find(&found, v->name, err));
        ck_assert_ptr_eq(found, v);
        v->destroy(NULL);
    }
    struct fw_error refusal = {0};
    const struct fw_model_vtable *none;
    ck_assert_int_eq(fw_model_find(&none, "lrr", &refusal), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "'lrr'"));
    ck_assert_ptr_nonnull(strstr(refusal.message, fw_model_list()[0]->name));
}
END_TEST

START_TEST(test_model_footprint_is_what_is_taken)
{
    struct variant variants[MOST_VARIANTS];
    int n = list_variants(variants);
    for (int i = 0; i < n; i++) {
        struct fw_dataset *dataset = several_dataset(make_dataset(NULL), variants[i].vtable);
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        struct fw_model *model = fitting_create(variants[i].vtable->name, variants[i].settings, dataset, 3, &mem);
        size_t slack = 4096; /* the handle and the allocator's rounding */
        ck_assert_uint_le(mem.used, model->footprint.total + slack);
        ck_assert_uint_ge(mem.used + slack, model->footprint.total);
        ck_assert_uint_eq(model->footprint.parameters, (size_t)fw_model_parameter_count(model) * sizeof(float));
        fw_model_destroy(model);
        ck_assert_uint_eq(mem.used, 0);
        fw_dataset_destroy(dataset);
    }
}
END_TEST

/* Of settings that would take much memory to fit. */
START_TEST(test_model_that_only_scores_is_its_parameters_and_predicts_the_same)
{
    struct variant variants[MOST_VARIANTS];
    int n = list_variants(variants);
    for (int i = 0; i < n; i++) {
        struct fw_dataset *dataset = several_dataset(make_dataset(NULL), variants[i].vtable);
        struct fw_row_set rows = fw_row_set_but_fold(dataset, 0);
        struct fw_model *model = fitting_create(variants[i].vtable->name, variants[i].settings, dataset, 2, NULL);
        struct fw_model *scoring;
        struct fw_model_state state;
        struct fw_params params = model->params;
        ck_ok(fw_params_parse(&params, "batch=1048576", err));
        struct fw_model_config config = {.dataset = dataset, .params = &params, .threads = 2, .scoring_only = true};
        several_config(&config, variants[i].vtable);
        ck_ok(fw_model_create(&scoring, model->vtable, &config, NULL, err));
        fitting_epoch(model, &rows);
        float *values = fitting_parameters(model);
        fw_model_set_parameters(scoring, values);
        float *a = fitting_logits(model, dataset);
        float *b = fitting_logits(scoring, dataset);
        ck_assert_int_eq(memcmp(a, b, (size_t)(dataset->n_rows * model->n_outputs) * sizeof *a), 0);
        ck_assert_uint_eq(scoring->footprint.parameters, model->footprint.parameters);
        ck_assert_uint_eq(scoring->footprint.predict, model->footprint.predict);
        ck_assert_uint_eq(scoring->footprint.state, 0);
        ck_assert_uint_le(scoring->footprint.total, scoring->footprint.parameters + ((size_t)64 << 10));
        ck_assert(scoring->vtable->state == NULL || !scoring->vtable->state(scoring->self, 0, &state));
        fw_free(NULL, values);
        fw_free(NULL, a);
        fw_free(NULL, b);
        fw_model_destroy(scoring);
        fw_model_destroy(model);
        fw_dataset_destroy(dataset);
    }
}
END_TEST

START_TEST(test_model_saved_parameters_predict_the_same)
{
    struct variant variants[MOST_VARIANTS];
    int n = list_variants(variants);
    for (int i = 0; i < n; i++) {
        struct fw_dataset *dataset = several_dataset(make_dataset(NULL), variants[i].vtable);
        struct fw_row_set rows = fw_row_set_but_fold(dataset, 0);
        const char *name = variants[i].vtable->name;
        struct fw_model *model = fitting_create(name, variants[i].settings, dataset, 2, NULL);
        if (model->vtable->start != NULL)
            ck_ok(model->vtable->start(model->self, &rows, NULL, err));
        fitting_epoch(model, &rows);
        struct fw_model *other = fitting_create(name, variants[i].settings, dataset, 1, NULL);
        float *values = fitting_parameters(model);
        fw_model_set_parameters(other, values);
        float *again = fitting_parameters(other);
        float *a = fitting_logits(model, dataset);
        float *b = fitting_logits(other, dataset);
        ck_assert_int_eq(memcmp(values, again, (size_t)fw_model_parameter_count(model) * sizeof *values), 0);
        ck_assert_int_eq(memcmp(a, b, (size_t)(dataset->n_rows * model->n_outputs) * sizeof *a), 0);
        /* others have no linear part to begin with */
        if (variants[i].vtable->labels == FW_LABELS_ONE && !variants[i].vtable->reads_position)
            ck_assert_double_lt(fitting_logloss(a, dataset), 0.66);
        fw_free(NULL, values);
        fw_free(NULL, again);
        fw_free(NULL, a);
        fw_free(NULL, b);
        fw_model_destroy(model);
        fw_model_destroy(other);
        fw_dataset_destroy(dataset);
    }
}
END_TEST

START_TEST(test_model_reset_begins_anew_to_the_bit)
{
    struct variant variants[MOST_VARIANTS];
    int n = list_variants(variants);
    for (int i = 0; i < n; i++) {
        struct fw_dataset *dataset = several_dataset(make_dataset(NULL), variants[i].vtable);
        struct fw_row_set rows = fw_row_set_all(dataset);
        struct fw_model *model = fitting_create(variants[i].vtable->name, variants[i].settings, dataset, 1, NULL);
        float *start = fitting_parameters(model);
        size_t bytes = (size_t)fw_model_parameter_count(model) * sizeof *start;
        fitting_epoch(model, &rows);
        float *fitted = fitting_parameters(model);
        ck_assert_int_ne(memcmp(start, fitted, bytes), 0);
        model->vtable->reset(model->self);
        float *reset = fitting_parameters(model);
        ck_assert_int_eq(memcmp(start, reset, bytes), 0);
        fitting_epoch(model, &rows);
        float *again = fitting_parameters(model);
        ck_assert_int_eq(memcmp(fitted, again, bytes), 0);
        fw_free(NULL, start);
        fw_free(NULL, fitted);
        fw_free(NULL, reset);
        fw_free(NULL, again);
        fw_model_destroy(model);
        fw_dataset_destroy(dataset);
    }
}
END_TEST

/* Rows given by a list of numbers are the rows themselves; to the last bit where no matrix product looks at neighbours.
 */
START_TEST(test_model_predicts_listed_rows)
{
    enum { n = 777, most = 2 * n };
    static int64_t index[n];
    static float listed[most + 1];
    for (int m = 0; fw_model_list()[m] != NULL; m++) {
        struct fw_dataset *dataset = several_dataset(make_dataset(NULL), fw_model_list()[m]);
        struct fw_row_set rows = fw_row_set_all(dataset);
        for (int64_t i = 0; i < n; i++)
            index[i] = (i * 1009 + 3) % dataset->n_rows;
        struct fw_model *model = fitting_create(fw_model_list()[m]->name, "epochs=2", dataset, 2, NULL);
        fitting_epoch(model, &rows);
        float *logits = fitting_logits(model, dataset);
        unsigned char *scratch = fw_alloc_array(NULL, (int64_t)fw_model_predict_bytes(model) + 1, 1);
        struct fw_dataset_view view = {.dataset = dataset, .index = index, .n = n};
        float tolerance = model->vtable->build == NULL ? 0 : 1e-5f;
        int64_t n_outputs = model->n_outputs;
        ck_assert_int_le(n * n_outputs, most);
        listed[n * n_outputs] = 77;
        fw_model_predict(model, listed, &view, scratch + 1); /* of any alignment */
        for (int64_t i = 0; i < n * n_outputs; i++) {
            float expected = logits[index[i / n_outputs] * n_outputs + i % n_outputs];
            ck_assert(fabsf(listed[i] - expected) <= tolerance * (1 + fabsf(expected)));
        }
        ck_assert(listed[n * n_outputs] == 77);
        fw_free(NULL, scratch);
        fw_free(NULL, logits);
        fw_model_destroy(model);
        fw_dataset_destroy(dataset);
    }
}
END_TEST

/* A model of some fields is the model of a data set that has only these. */
START_TEST(test_model_of_some_fields_ignores_the_others)
{
    struct variant variants[MOST_VARIANTS];
    int n = list_variants(variants);
    for (int i = 0; i < n; i++) {
        struct fw_dataset *dataset = several_dataset(make_dataset(NULL), variants[i].vtable);
        struct fw_dataset narrow = *dataset;
        int32_t chosen[] = {3, 1, dataset->n_fields - 1}; /* the last of them is the position */
        struct fw_field fields[] = {dataset->fields[3], dataset->fields[1], dataset->fields[chosen[2]]};
        narrow.fields = fields;
        narrow.n_fields = variants[i].vtable->reads_position ? 3 : 2;
        struct fw_model *whole = fitting_create(variants[i].vtable->name, variants[i].settings, &narrow, 1, NULL);
        struct fw_model *part;
        struct fw_model_config config = {.dataset = dataset,
                                         .fields = chosen,
                                         .n_fields = narrow.n_fields,
                                         .params = &whole->params,
                                         .seed = whole->seed};
        several_config(&config, variants[i].vtable);
        ck_ok(fw_model_create(&part, whole->vtable, &config, NULL, err));
        struct fw_row_set of_narrow = fw_row_set_all(&narrow);
        struct fw_row_set of_all = fw_row_set_all(dataset);
        fitting_epoch(whole, &of_narrow);
        fitting_epoch(part, &of_all);
        float *a = fitting_logits(whole, &narrow);
        float *b = fitting_logits(part, dataset);
        ck_assert_int_eq(memcmp(a, b, (size_t)(dataset->n_rows * part->n_outputs) * sizeof *a), 0);
        fw_free(NULL, a);
        fw_free(NULL, b);
        fw_model_destroy(whole);
        fw_model_destroy(part);
        fw_dataset_destroy(dataset);
    }
}
END_TEST

START_TEST(test_model_refuses_what_does_not_fit)
{
    struct fw_dataset *dataset = make_dataset(NULL);
    struct fw_params params;
    struct fw_model *model;
    struct fw_error refusal = {0};
    const int32_t wrong[] = {0, 4};
    fw_params_init(&params, fw_model_lr.params);
    struct fw_model_config config = {.dataset = dataset, .fields = wrong, .n_fields = 2, .params = &params};
    ck_assert_int_eq(fw_model_create(&model, &fw_model_lr, &config, NULL, &refusal), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "field number 4"));
    config.n_fields = 0;
    ck_assert_int_eq(fw_model_create(&model, &fw_model_lr, &config, NULL, &refusal), FW_E_ARG);
    config = (struct fw_model_config){.dataset = dataset, .params = &params};
    ck_ok(fw_model_create(&model, &fw_model_lr, &config, NULL, err));
    ck_ok(fw_model_check(model, dataset, err));
    struct fw_dataset other = *dataset;
    other.n_fields = 3;
    ck_assert_int_eq(fw_model_check(model, &other, &refusal), FW_E_ARG);
    other.n_fields = 4;
    dataset->fields[1].n_ids++;
    ck_assert_int_eq(fw_model_check(model, dataset, &refusal), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "'fb'"));
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_model_too_large_is_refused_with_its_figures_before_anything_is_taken)
{
    struct fw_dataset *dataset = make_dataset(NULL);
    struct fw_params params;
    struct fw_model *model;
    struct fw_error refusal = {0};
    struct fw_allocator mem;
    fw_allocator_init(&mem, FW_MIB);
    fw_params_init(&params, fw_model_lr.params);
    ck_ok(fw_params_parse(&params, "optimiser=ftrl,batch=100000", err));
    struct fw_model_config config = {.dataset = dataset, .params = &params};
    ck_assert_int_eq(fw_model_create(&model, &fw_model_lr, &config, &mem, &refusal), FW_E_NOMEM);
    ck_assert_ptr_nonnull(strstr(refusal.message, "activations"));
    ck_assert_ptr_nonnull(strstr(refusal.message, "--memory-limit"));
    ck_assert_uint_lt(mem.peak, 4096);
    ck_assert_uint_eq(mem.used, 0);
    dataset->fields[0].n_ids = INT64_C(1) << 44; /* no machine has this; only sizes are read */
    fw_allocator_init(&mem, 0);
    ck_assert_int_eq(fw_model_create(&model, &fw_model_lr, &config, &mem, &refusal), FW_E_NOMEM);
    ck_assert_ptr_nonnull(strstr(refusal.message, "the machine has"));
    ck_assert_uint_eq(mem.used, 0);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Refuses the first allocation, then the second, ... until creating and fitting go through. */
START_TEST(test_model_refused_memory_is_an_error_without_leak)
{
    struct variant variants[MOST_VARIANTS];
    int n = list_variants(variants);
    for (int i = 0; i < n; i++) {
        struct fw_dataset *dataset = several_dataset(make_dataset(NULL), variants[i].vtable);
        struct fw_row_set rows = fw_row_set_but_fold(dataset, 1);
        struct fw_params params;
        fw_params_init(&params, variants[i].vtable->params);
        ck_ok(fw_params_parse(&params, variants[i].settings, err));
        struct fw_model_config config = {.dataset = dataset, .params = &params, .threads = 2};
        several_config(&config, variants[i].vtable);
        enum fw_status status = FW_E_NOMEM;
        for (int64_t fail_at = 1; status != FW_OK; fail_at++) {
            struct fw_allocator mem;
            struct fw_model *model = NULL;
            struct fw_error refusal = {0};
            struct fw_fit_stats stats;
            fw_allocator_init(&mem, 0);
            mem.fail_at = fail_at;
            status = fw_model_create(&model, variants[i].vtable, &config, &mem, &refusal);
            bool whole =
                status == FW_OK && model->vtable->wants_epochs != NULL && model->vtable->wants_epochs(model->self);
            if (whole)
                status = model->vtable->fit_epoch(model->self, &stats, &rows, NULL, &refusal);
            ck_assert_msg(status == FW_OK || status == FW_E_NOMEM, "%s", refusal.message);
            ck_assert(status == FW_OK || strstr(refusal.message, "memory") != NULL);
            ck_assert_int_lt(fail_at, 1000);
            fw_model_destroy(model);
            ck_assert_uint_eq(mem.used, 0);
        }
        fw_dataset_destroy(dataset);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("model");
    TCase *cases = tcase_create("model");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_model_every_table_is_complete);
    tcase_add_test(cases, test_model_footprint_is_what_is_taken);
    tcase_add_test(cases, test_model_that_only_scores_is_its_parameters_and_predicts_the_same);
    tcase_add_test(cases, test_model_saved_parameters_predict_the_same);
    tcase_add_test(cases, test_model_reset_begins_anew_to_the_bit);
    tcase_add_test(cases, test_model_predicts_listed_rows);
    tcase_add_test(cases, test_model_of_some_fields_ignores_the_others);
    tcase_add_test(cases, test_model_refuses_what_does_not_fit);
    tcase_add_test(cases, test_model_too_large_is_refused_with_its_figures_before_anything_is_taken);
    tcase_add_test(cases, test_model_refused_memory_is_an_error_without_leak);
    suite_add_tcase(suite, cases);
    return suite;
}
