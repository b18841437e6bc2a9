/* What is particular to ESMM: two towers, what each learns from, and how their numbers are read. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/registry.h"
#include "support/fitting.h"
#include "support/funnels.h"
#include "support/inputs.h"
#include "support/test_main.h"

static const char *const methods[] = {"esmm", "esmm_ns", "base", "aman", "oversampling", "unbias", "division"};
enum { n_methods = sizeof methods / sizeof methods[0], n_rows = 1500 };

static struct fw_model *make(const char *method, const struct fw_dataset *dataset, int threads)
{
    char settings[128];
    snprintf(settings, sizeof settings, "method=%s,batch=100,dim=4,units=8,rate=0.01,init=0.2,l2=0", method);
    return funnels_model("esmm", settings, dataset, threads);
}

static void fit(struct fw_model *model, const struct fw_dataset *dataset, int epochs)
{
    struct fw_row_set all = fw_row_set_all(dataset);
    for (int epoch = 0; epoch < epochs; epoch++)
        fitting_epoch(model, &all);
}

static const struct fw_reading *find(const struct fw_model *model, const char *name)
{
    for (int32_t r = 0; r < model->n_readings; r++) {
        if (strcmp(model->readings[r].name, name) == 0)
            return &model->readings[r];
    }
    ck_abort_msg("there is no reading '%s'", name);
    return NULL;
}

START_TEST(test_esmm_readings_have_the_names_of_their_labels)
{
    struct fw_dataset *dataset = funnels_create(100, false, 1);
    struct fw_model *model = make(methods[_i], dataset, 1);
    ck_assert_int_eq(model->n_readings, 3);
    ck_assert_int_eq(model->n_outputs, 2);
    ck_assert_int_eq(model->n_labels, 2);
    const struct fw_reading *click = find(model, "click");
    const struct fw_reading *given = find(model, "buy_given_click");
    const struct fw_reading *both = find(model, "click_and_buy");
    ck_assert(click->served && click->judged && click->task == 0 && click->given == -1);
    ck_assert(given->served && !given->judged && given->task == 1 && given->given == 0);
    ck_assert(both->served && both->judged && both->task == 1 && both->kind == FW_READ_PRODUCT);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Whatever the method, after training: three probabilities, the joint one not above that of the click. */
START_TEST(test_esmm_serves_probabilities_of_a_funnel)
{
    struct fw_dataset *dataset = funnels_create(n_rows, true, 2);
    struct fw_model *model = make(methods[_i], dataset, 1);
    fit(model, dataset, 6);
    float *outputs = fitting_logits(model, dataset);
    for (int64_t i = 0; i < n_rows; i++) {
        double p[3];
        for (int r = 0; r < 3; r++) {
            p[r] = fw_reading_value(&model->readings[r], outputs + 2 * i);
            ck_assert(p[r] >= 0 && p[r] < 1);
        }
        ck_assert_double_le(p[2], p[0]);
        ck_assert_double_eq_tol(p[2], p[0] * p[1], 1e-6);
    }
    fw_free(NULL, outputs);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Where the joint network says more than the one of clicks, the ratio stays below 1. */
START_TEST(test_esmm_division_is_clipped)
{
    struct fw_dataset *dataset = funnels_create(100, false, 3);
    struct fw_model *model = make("division", dataset, 1);
    struct fw_parameter p;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++) {
        if (strcmp(p.name, "conversion.out.bias") == 0)
            p.data[0] = 3;
        if (strcmp(p.name, "click.out.bias") == 0)
            p.data[0] = -3;
    }
    float *outputs = fitting_logits(model, dataset);
    for (int64_t i = 0; i < 100; i++) {
        double p_given = fw_reading_value(&model->readings[1], outputs + 2 * i);
        ck_assert(p_given > 0.99999 && p_given < 1);
    }
    fw_free(NULL, outputs);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Sums of |change| of the parameters whose name begins so, in a step. */
static double moved(const struct fw_model *model, const float *before, const char *name)
{
    struct fw_parameter p;
    double sum = 0;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++) {
        for (int64_t k = 0; k < p.rows * p.width; k++)
            sum += strncmp(p.name, name, strlen(name)) == 0 ? fabs((double)p.data[k] - (double)before[k]) : 0;
        before += p.rows * p.width;
    }
    return sum;
}

/* Rows of which only the joint event is new: the tower of clicks learns of conversions in esmm, not in base. */
START_TEST(test_esmm_conversions_reach_both_towers)
{
    static const bool reaches[n_methods] = {true, true, false, false, false, false, false};
    struct fw_dataset *dataset = funnels_create(n_rows, false, 4);
    struct fw_dataset *other = funnels_create(n_rows, false, 4);
    for (int64_t i = 0; i < n_rows; i++)
        other->labels[2 * i + 1] = other->labels[2 * i] - other->labels[2 * i + 1]; /* of the clicked: the others */
    struct fw_model *a = make(methods[_i], dataset, 1);
    struct fw_model *b = make(methods[_i], other, 1);
    fit(a, dataset, 2);
    fit(b, other, 2);
    float *values = fitting_parameters(a);
    ck_assert_double_gt(moved(b, values, "conversion.1"), 0);
    ck_assert_int_eq(moved(b, values, "click.1") > 0, reaches[_i]);
    float *of_a = fitting_logits(a, dataset);
    float *of_b = fitting_logits(b, dataset);
    bool equal = true;
    for (int64_t i = 0; i < n_rows; i++)
        equal = equal && memcmp(of_a + 2 * i, of_b + 2 * i, sizeof *of_a) == 0;
    ck_assert_int_eq(equal, !reaches[_i]);
    fw_free(NULL, of_a);
    fw_free(NULL, of_b);
    fw_free(NULL, values);
    fw_model_destroy(a);
    fw_model_destroy(b);
    fw_dataset_destroy(dataset);
    fw_dataset_destroy(other);
}
END_TEST

/* esmm alone has one embedding for both. */
START_TEST(test_esmm_embeddings_are_shared_or_not)
{
    struct fw_dataset *dataset = funnels_create(100, false, 5);
    struct fw_model *model = make(methods[_i], dataset, 1);
    float *values = fitting_parameters(model);
    memset(values, 0, (size_t)fw_model_parameter_count(model) * sizeof *values);
    ck_assert_int_eq(moved(model, values, "embedding") > 0, _i == 0);
    ck_assert_int_eq(moved(model, values, "click.embedding") > 0, _i != 0);
    ck_assert_int_eq(moved(model, values, "conversion.embedding") > 0, _i != 0);
    fw_free(NULL, values);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_esmm_threads_do_not_change_a_byte)
{
    static const int threads[] = {1, 2, 3, 8};
    struct fw_dataset *dataset = funnels_create(n_rows, true, 6);
    float *values[4];
    size_t bytes = 0;
    for (int t = 0; t < 4; t++) {
        struct fw_model *model = make(methods[_i], dataset, threads[t]);
        fit(model, dataset, 2);
        bytes = (size_t)fw_model_parameter_count(model) * sizeof(float);
        values[t] = fitting_parameters(model);
        ck_assert_mem_eq(values[t], values[0], bytes);
        fw_model_destroy(model);
    }
    for (int t = 0; t < 4; t++)
        fw_free(NULL, values[t]);
    fw_dataset_destroy(dataset);
}
END_TEST

/* The joint probability is learned, and a model that only scores says the same. */
START_TEST(test_esmm_learns_and_scores)
{
    struct fw_dataset *dataset = funnels_create(4000, false, 7);
    struct fw_model *model = make(methods[_i], dataset, 1);
    struct fw_row_set all = fw_row_set_all(dataset);
    double first = fitting_epoch(model, &all);
    for (int epoch = 0; epoch < 5; epoch++)
        fitting_epoch(model, &all);
    ck_assert_double_lt(fitting_epoch(model, &all), 0.95 * first);
    struct fw_model *scoring = funnels_scoring(model, NULL, dataset);
    float *outputs = fitting_logits(model, dataset);
    float *scores = fitting_logits(scoring, dataset);
    double mean[2] = {0};
    for (int64_t i = 0; i < 4000; i++) {
        mean[0] += fw_reading_value(&model->readings[2], outputs + 2 * i) / 4000;
        mean[1] += (double)dataset->labels[2 * i + 1] / 4000;
    }
    ck_assert_mem_eq(outputs, scores, 8000 * sizeof *scores);
    if (_i == 0 || _i == 1 || _i == 6) /* others learn from other rows than they are read on */
        ck_assert_double_eq_tol(mean[0], mean[1], 0.02);
    fw_free(NULL, outputs);
    fw_free(NULL, scores);
    fw_model_destroy(scoring);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("esmm");
    TCase *tests = tcase_create("esmm");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_esmm_readings_have_the_names_of_their_labels, 0, n_methods);
    tcase_add_loop_test(tests, test_esmm_serves_probabilities_of_a_funnel, 0, n_methods);
    tcase_add_test(tests, test_esmm_division_is_clipped);
    tcase_add_loop_test(tests, test_esmm_conversions_reach_both_towers, 0, n_methods);
    tcase_add_loop_test(tests, test_esmm_embeddings_are_shared_or_not, 0, n_methods);
    tcase_add_loop_test(tests, test_esmm_threads_do_not_change_a_byte, 0, n_methods);
    tcase_add_loop_test(tests, test_esmm_learns_and_scores, 0, n_methods);
    suite_add_tcase(suite, tests);
    return suite;
}
