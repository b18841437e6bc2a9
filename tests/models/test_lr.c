#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "models/registry.h"
#include "support/fitting.h"
#include "support/planted.h"
#include "support/test_main.h"

static const char *const optimisers[] = {
    "optimiser=newton",
    "optimiser=ftrl,batch=100",
    "optimiser=adagrad,batch=100",
    "optimiser=sgd,batch=100,rate=0.5",
};

enum { n_optimisers = sizeof optimisers / sizeof optimisers[0] };

static void set_random_parameters(struct fw_model *model, uint64_t seed)
{
    struct fw_rng rng;
    int64_t n = fw_model_parameter_count(model);
    float *values = fitting_parameters(model);
    fw_rng_seed(&rng, seed, fw_stream(0, 0, FW_STREAM_TEST));
    for (int64_t i = 0; i < n; i++)
        values[i] = (float)(0.5 * fw_rng_normal(&rng));
    fw_model_set_parameters(model, values);
    fw_free(NULL, values);
}

/* The loss as the formula says, in double, with one parameter moved; parameters are bias, then fields. */
static double loss_at(const float *values, int64_t moved, double by, const struct fw_dataset *dataset)
{
    double loss = 0;
    double weight = 0;
    for (int64_t row = 0; row < dataset->n_rows; row++) {
        double x = (double)values[0] + (moved == 0 ? by : 0);
        int64_t start = 1;
        for (int32_t f = 0; f < dataset->n_fields; f++) {
            int64_t at = start + fw_field_id(&dataset->fields[f], row);
            x += (double)values[at] + (at == moved ? by : 0);
            start += dataset->fields[f].n_ids;
        }
        double w = dataset->weights != NULL ? (double)dataset->weights[row] : 1;
        loss += w * log1p(exp(dataset->labels[row] > 0 ? -x : x));
        weight += w;
    }
    return loss / weight;
}

START_TEST(test_lr_gradient_matches_finite_differences)
{
    struct planted_options options = {
        .n_rows = 700, .n_fields = 3, .n_ids = {3, 300, 7}, .strength = 1, .weighted = _i == 1, .power = 2, .seed = 4};
    struct fw_dataset *dataset = planted_create(&options, NULL);
    struct fw_model *model = fitting_create("lr", "optimiser=sgd,rate=1,batch=1000", dataset, 2, NULL);
    set_random_parameters(model, 9);
    float *before = fitting_parameters(model);
    struct fw_row_set all = fw_row_set_all(dataset);
    double loss = fitting_epoch(model, &all); /* one batch: the step is the gradient */
    float *after = fitting_parameters(model);
    ck_assert_double_eq_tol(loss, loss_at(before, -1, 0, dataset), 1e-6);
    for (int64_t i = 0; i < fw_model_parameter_count(model); i++) {
        double h = 1e-4;
        double slope = (loss_at(before, i, h, dataset) - loss_at(before, i, -h, dataset)) / (2 * h);
        ck_assert_double_eq_tol((double)before[i] - (double)after[i], slope, 1e-6);
    }
    fw_free(NULL, before);
    fw_free(NULL, after);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_lr_loss_falls_on_a_separable_set)
{
    struct planted_options options = {
        .n_rows = 2000, .n_fields = 4, .n_ids = {6, 6, 6, 6}, .strength = 2, .separable = true, .seed = 8};
    struct fw_dataset *dataset = planted_create(&options, NULL);
    struct fw_model *model = fitting_create("lr", optimisers[_i], dataset, 1, NULL);
    struct fw_row_set all = fw_row_set_all(dataset);
    double last = log(2) + 1e-9;
    for (int epoch = 0; epoch < 10; epoch++) {
        fitting_epoch(model, &all);
        float *logits = fitting_logits(model, dataset);
        double loss = fitting_logloss(logits, dataset);
        ck_assert_msg(loss < last || _i == 0, "epoch %d: %g after %g", epoch, loss, last);
        last = loss;
        fw_free(NULL, logits);
    }
    ck_assert_double_lt(last, 0.3 * log(2));
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_lr_threads_do_not_change_a_byte)
{
    static const int threads[] = {1, 2, 3, 8};
    struct planted_options options = {.n_rows = 6000,
                                      .n_fields = 5,
                                      .n_ids = {5, 100, 1000, 70000, 12},
                                      .strength = 0.7,
                                      .weighted = true,
                                      .power = 3,
                                      .n_folds = 3,
                                      .seed = 6};
    struct fw_dataset *dataset = planted_create(&options, NULL);
    struct fw_row_set rows = fw_row_set_but_fold(dataset, 1);
    float *first = NULL;
    float *first_logits = NULL;
    for (int t = 0; t < 4; t++) {
        char settings[128];
        snprintf(settings, sizeof settings, "%s,batch=1000", optimisers[_i]);
        struct fw_model *model = fitting_create("lr", settings, dataset, threads[t], NULL);
        for (int epoch = 0; epoch < 2; epoch++)
            fitting_epoch(model, &rows);
        float *values = fitting_parameters(model);
        float *logits = fitting_logits(model, dataset);
        if (t == 0) {
            first = values;
            first_logits = logits;
            fw_model_destroy(model);
            continue;
        }
        size_t bytes = (size_t)fw_model_parameter_count(model) * sizeof *values;
        ck_assert_int_eq(memcmp(values, first, bytes), 0);
        ck_assert_int_eq(memcmp(logits, first_logits, (size_t)dataset->n_rows * sizeof *logits), 0);
        fw_free(NULL, values);
        fw_free(NULL, logits);
        fw_model_destroy(model);
    }
    fw_free(NULL, first);
    fw_free(NULL, first_logits);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Planted weights come back, up to what a logistic model cannot know: a constant between fields. */
START_TEST(test_lr_recovers_the_planted_logit)
{
    int optimiser = _i % n_optimisers;
    struct planted_options options = {.n_rows = 20000,
                                      .n_fields = 4,
                                      .n_ids = {4, 8, 16, 30},
                                      .strength = 0.8,
                                      .bias = -0.5,
                                      .seed = 100 + (uint64_t)(_i / n_optimisers)};
    struct fw_dataset *dataset = planted_create(&options, NULL);
    struct fw_model *model = fitting_create("lr", optimisers[optimiser], dataset, 2, NULL);
    struct fw_row_set all = fw_row_set_all(dataset);
    int epochs = optimiser == 0 ? 1 : 8;
    for (int epoch = 0; epoch < epochs; epoch++)
        fitting_epoch(model, &all);
    float *logits = fitting_logits(model, dataset);
    double squares = 0;
    double spread = 0;
    for (int64_t row = 0; row < dataset->n_rows; row++) {
        double truth = planted_logit(&options, dataset, row);
        squares += ((double)logits[row] - truth) * ((double)logits[row] - truth);
        spread += (truth - options.bias) * (truth - options.bias);
    }
    /* 58 weights from 20,000 rows: about 0.12 of noise in a logit whose spread is 1.6 */
    ck_assert_msg(squares < 0.02 * spread, "seed %d: error %g of %g", (int)options.seed, squares, spread);
    fw_free(NULL, logits);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_lr_l1_zeroes_fields_of_noise)
{
    struct planted_options options = {.n_rows = 10000, .n_fields = 2, .n_ids = {4, 4}, .strength = 1.5, .seed = 12};
    struct fw_dataset *dataset = planted_create(&options, NULL);
    struct fw_field noise;
    ck_ok(fw_field_init(&noise, "noise", 500, dataset->n_rows, NULL, err));
    for (int64_t row = 0; row < dataset->n_rows; row++) {
        uint32_t id = (uint32_t)(fw_rng_at(1, 2, (uint64_t)row) % 500);
        fw_field_write(&noise, row, 1, &id);
    }
    ck_ok(fw_dataset_append(dataset, &noise, err));
    struct fw_model *model = fitting_create("lr", "optimiser=ftrl,l1=20", dataset, 1, NULL);
    struct fw_row_set all = fw_row_set_all(dataset);
    for (int epoch = 0; epoch < 3; epoch++)
        fitting_epoch(model, &all);
    int64_t zeros[3] = {0};
    struct fw_parameter parameter;
    for (int64_t i = 1; model->vtable->parameter(model->self, i, &parameter); i++) {
        for (int64_t id = 0; id < parameter.rows; id++)
            zeros[parameter.field] += parameter.data[id] == 0;
    }
    ck_assert_int_le(zeros[0] + zeros[1], 2);
    ck_assert_int_ge(zeros[2], 480);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_lr_refuses_settings_that_do_not_go_together)
{
    static const char *const wrong[] = {"optimiser=newton,l1=1", "optimiser=sgd,l1=0.5", "optimiser=adagrad,l1=3"};
    struct planted_options options = {.n_rows = 10, .n_fields = 1, .n_ids = {3}, .seed = 1};
    struct fw_dataset *dataset = planted_create(&options, NULL);
    struct fw_params params;
    struct fw_error refusal = {0};
    struct fw_model *model;
    fw_params_init(&params, fw_model_lr.params);
    ck_ok(fw_params_parse(&params, wrong[_i], err));
    struct fw_model_config config = {.dataset = dataset, .params = &params};
    ck_assert_int_eq(fw_model_create(&model, &fw_model_lr, &config, NULL, &refusal), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "l1"));
    fw_dataset_destroy(dataset);
}
END_TEST

/* The Newton solver knows folds only. */
START_TEST(test_lr_newton_refuses_scattered_rows)
{
    struct planted_options options = {.n_rows = 100, .n_fields = 1, .n_ids = {3}, .n_folds = 2, .seed = 1};
    struct fw_dataset *dataset = planted_create(&options, NULL);
    struct fw_model *model = fitting_create("lr", "optimiser=newton", dataset, 1, NULL);
    struct fw_row_set rows = fw_row_set_all(dataset);
    struct fw_fit_stats stats;
    struct fw_error refusal = {0};
    rows.parts[0].n = 60;
    ck_assert_int_eq(model->vtable->fit_epoch(model->self, &stats, &rows, NULL, &refusal), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "ftrl"));
    rows = fw_row_set_fold(dataset, 1);
    ck_ok(model->vtable->fit_epoch(model->self, &stats, &rows, NULL, err));
    ck_assert_double_eq(stats.weight, 50);
    ck_assert(stats.converged);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_lr_weights_that_are_not_finite_do_not_move)
{
    struct planted_options options = {.n_rows = 50, .n_fields = 2, .n_ids = {3, 5}, .seed = 1};
    struct fw_dataset *dataset = planted_create(&options, NULL);
    struct fw_model *model = fitting_create("lr", "optimiser=ftrl", dataset, 1, NULL);
    float *values = fitting_parameters(model);
    values[1] = (float)NAN;
    fw_model_set_parameters(model, values);
    struct fw_dataset_view all = {.dataset = dataset, .n = dataset->n_rows};
    struct fw_fit_stats stats;
    ck_ok(model->vtable->fit_batch(model->self, &stats, &all, err));
    ck_assert(isnan(stats.loss));
    float *after = fitting_parameters(model);
    ck_assert_int_eq(memcmp(values + 2, after + 2, (size_t)(fw_model_parameter_count(model) - 2) * sizeof *after), 0);
    ck_assert(after[0] == values[0]);
    fw_free(NULL, values);
    fw_free(NULL, after);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Half the rate is half the rate, whoever says so; FTRL and Newton steps have none to change. */
START_TEST(test_lr_follows_a_changed_rate)
{
    struct planted_options planted = {
        .n_rows = 500, .n_fields = 2, .n_ids = {3, 30}, .strength = 1, .n_folds = 2, .seed = 4};
    struct fw_dataset *dataset = planted_create(&planted, NULL);
    struct fw_row_set all = fw_row_set_all(dataset);
    float *values[2];
    for (int m = 0; m < 2; m++) {
        char settings[64];
        snprintf(settings, sizeof settings, "%s,rate=%s", optimisers[_i], _i < 2 || m == 0 ? "0.5" : "0.25");
        struct fw_model *model = fitting_create("lr", settings, dataset, 1, NULL);
        if (m == 0)
            model->vtable->set_rate(model->self, 0.5);
        fitting_epoch(model, &all);
        values[m] = fitting_parameters(model);
        fw_model_destroy(model);
    }
    ck_assert_int_eq(memcmp(values[0], values[1], 34 * sizeof *values[0]), 0);
    fw_free(NULL, values[0]);
    fw_free(NULL, values[1]);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_lr_reset_undoes_a_changed_rate)
{
    struct planted_options planted = {
        .n_rows = 500, .n_fields = 2, .n_ids = {3, 30}, .strength = 1, .n_folds = 2, .seed = 4};
    struct fw_dataset *dataset = planted_create(&planted, NULL);
    struct fw_row_set all = fw_row_set_all(dataset);
    struct fw_model *model = fitting_create("lr", optimisers[_i], dataset, 1, NULL);
    fitting_epoch(model, &all);
    float *once = fitting_parameters(model);
    model->vtable->set_rate(model->self, 0.01);
    model->vtable->reset(model->self);
    fitting_epoch(model, &all);
    float *again = fitting_parameters(model);
    ck_assert_int_eq(memcmp(once, again, 34 * sizeof *once), 0);
    fw_free(NULL, once);
    fw_free(NULL, again);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("lr");
    TCase *cases = tcase_create("lr");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, test_lr_gradient_matches_finite_differences, 0, 2);
    tcase_add_loop_test(cases, test_lr_loss_falls_on_a_separable_set, 0, n_optimisers);
    tcase_add_loop_test(cases, test_lr_threads_do_not_change_a_byte, 0, n_optimisers);
    tcase_add_loop_test(cases, test_lr_recovers_the_planted_logit, 0, 3 * n_optimisers);
    tcase_add_test(cases, test_lr_l1_zeroes_fields_of_noise);
    tcase_add_loop_test(cases, test_lr_refuses_settings_that_do_not_go_together, 0, 3);
    tcase_add_test(cases, test_lr_newton_refuses_scattered_rows);
    tcase_add_test(cases, test_lr_weights_that_are_not_finite_do_not_move);
    tcase_add_loop_test(cases, test_lr_follows_a_changed_rate, 0, n_optimisers);
    tcase_add_loop_test(cases, test_lr_reset_undoes_a_changed_rate, 0, n_optimisers);
    suite_add_tcase(suite, cases);
    return suite;
}
