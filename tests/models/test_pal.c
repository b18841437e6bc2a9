/* What is particular to PAL: positions are a factor of their own, or a feature with a default. */
#include <math.h>
#include <string.h>

#include "models/multitask/pal.h"
#include "models/registry.h"
#include "support/fitting.h"
#include "support/funnels.h"
#include "support/inputs.h"
#include "support/test_main.h"

#define SMALL "batch=100,dim=4,units=8,rate=0.01,init=0.1,dropout=0"

enum { n_rows = 1500 };

static void fit(struct fw_model *model, const struct fw_dataset *dataset, int epochs)
{
    struct fw_row_set all = fw_row_set_all(dataset);
    for (int epoch = 0; epoch < epochs; epoch++)
        fitting_epoch(model, &all);
}

/* All rows shown elsewhere: at the next position, or at one that nobody knows. */
static void move(struct fw_dataset *dataset, bool unknown)
{
    struct fw_field *field = &dataset->fields[fw_pal_field(dataset)];
    for (int64_t row = 0; row < dataset->n_rows; row++) {
        uint32_t id = FW_ID_FIRST + (fw_field_id(field, row) - FW_ID_FIRST + 1) % FUNNELS_POSITIONS;
        id = unknown ? FW_ID_UNKNOWN : id;
        fw_field_write(field, row, 1, &id);
    }
}

static double distance(const float *a, const float *b, int64_t n, int64_t step)
{
    double most = 0;
    for (int64_t i = 0; i < n; i += step)
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
    return most;
}

START_TEST(test_pal_serves_what_does_not_hang_on_the_position)
{
    struct fw_dataset *dataset = funnels_shown(n_rows, 1);
    struct fw_model *model = funnels_model("pal", SMALL, dataset, 1);
    fit(model, dataset, 3);
    ck_assert_int_eq(model->n_readings, 2);
    ck_assert_int_eq(model->n_outputs, 2);
    ck_assert_str_eq(model->readings[0].name, "click");
    ck_assert(model->readings[0].served && !model->readings[0].judged);
    ck_assert_str_eq(model->readings[1].name, "click_at_position");
    ck_assert(!model->readings[1].served && model->readings[1].judged);
    float *here = fitting_logits(model, dataset);
    move(dataset, false);
    float *there = fitting_logits(model, dataset);
    move(dataset, true);
    float *nowhere = fitting_logits(model, dataset);
    ck_assert(distance(here, there, 2 * n_rows, 2) == 0);
    ck_assert(distance(here, nowhere, 2 * n_rows, 2) == 0);
    ck_assert(distance(here + 1, there + 1, 2 * n_rows - 1, 2) > 0.01);
    for (int64_t i = 0; i < n_rows; i++)
        ck_assert_double_lt(fw_reading_value(&model->readings[1], here + 2 * i),
                            fw_reading_value(&model->readings[0], here + 2 * i));
    fw_free(NULL, here);
    fw_free(NULL, there);
    fw_free(NULL, nowhere);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_pal_moves_both_factors_in_a_step)
{
    struct fw_dataset *dataset = funnels_shown(n_rows, 2);
    struct fw_model *model = funnels_model("pal", SMALL, dataset, 1);
    struct fw_dataset_view batch = inputs_rows(dataset, 0, 100);
    struct fw_fit_stats stats;
    struct fw_parameter p;
    float *before = fitting_parameters(model);
    const float *at = before;
    ck_ok(model->vtable->fit_batch(model->self, &stats, &batch, err));
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++) {
        int64_t n = p.rows * p.width;
        ck_assert_msg(memcmp(at, p.data, (size_t)n * sizeof *at) != 0, "%s has not moved", p.name);
        at += n;
    }
    fw_free(NULL, before);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_pal_finds_the_curve)
{
    struct fw_dataset *dataset = funnels_shown(20000, 3);
    struct fw_model *model = funnels_model("pal", SMALL, dataset, 2);
    double seen[FW_ID_FIRST + FUNNELS_POSITIONS];
    fit(model, dataset, 8);
    ck_assert_int_eq(fw_pal_curve(NULL, model), FW_ID_FIRST + FUNNELS_POSITIONS);
    ck_assert_int_eq(fw_pal_curve(seen, model), FW_ID_FIRST + FUNNELS_POSITIONS);
    for (int k = 1; k < FUNNELS_POSITIONS; k++) {
        double ratio = seen[FW_ID_FIRST + k] / seen[FW_ID_FIRST];
        ck_assert_msg(fabs(ratio - funnels_seen[k] / funnels_seen[0]) < 0.1, "position %d: %g", k + 1, ratio);
    }
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Judged where a row was shown, served as if shown at the default. */
START_TEST(test_pal_with_the_position_as_a_feature)
{
    struct fw_dataset *dataset = funnels_shown(n_rows, 4);
    struct fw_model *model = funnels_model("pal", SMALL ",position=feature", dataset, 1);
    fit(model, dataset, 4);
    ck_assert_int_eq(model->n_readings, 1);
    ck_assert_int_eq(model->n_outputs, 1);
    ck_assert(model->readings[0].served && model->readings[0].judged);
    ck_assert_int_eq(fw_pal_curve(NULL, model), 0);
    struct fw_model *first = funnels_scoring(model, NULL, dataset);
    struct fw_model *third = funnels_scoring(model, "default_position=3", dataset);
    float *here = fitting_logits(model, dataset);
    float *at_first = fitting_logits(first, dataset);
    float *at_third = fitting_logits(third, dataset);
    double lower = 0;
    for (int64_t i = 0; i < n_rows; i++) {
        uint32_t id = fw_field_id(&dataset->fields[fw_pal_field(dataset)], i);
        ck_assert(id != FW_ID_FIRST || fabsf(here[i] - at_first[i]) < 1e-5f);
        ck_assert(id != FW_ID_FIRST + 2 || fabsf(here[i] - at_third[i]) < 1e-5f);
        lower += (double)(at_first[i] - at_third[i]) / n_rows;
    }
    ck_assert_double_gt(lower, 0.2);
    move(dataset, true);
    float *nowhere = fitting_logits(first, dataset);
    ck_assert_mem_eq(nowhere, at_first, n_rows * sizeof *nowhere);
    fw_free(NULL, here);
    fw_free(NULL, at_first);
    fw_free(NULL, at_third);
    fw_free(NULL, nowhere);
    fw_model_destroy(first);
    fw_model_destroy(third);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

static void ck_refused(const char *name, const char *settings, const struct fw_dataset *dataset, const char *says)
{
    const struct fw_model_vtable *vtable;
    struct fw_model *model;
    struct fw_params params;
    struct fw_error told = {0};
    ck_ok(fw_model_find(&vtable, name, err));
    fw_params_init(&params, vtable->params);
    if (settings != NULL)
        ck_ok(fw_params_parse(&params, settings, err));
    struct fw_model_config config = {.dataset = dataset, .params = &params, .threads = 1};
    ck_assert_int_eq(fw_model_create(&model, vtable, &config, NULL, &told), FW_E_ARG);
    ck_assert_msg(strstr(told.message, says) != NULL, "no '%s' in '%s'", says, told.message);
}

START_TEST(test_pal_says_what_is_missing)
{
    struct fw_dataset *shown = funnels_shown(50, 5);
    struct planted_options options = {.n_rows = 50, .n_fields = 2, .n_ids = {3}, .strength = 1, .seed = 1};
    struct fw_dataset *plain = inputs_create(&options, 0);
    ck_refused("pal", NULL, plain, "--position COLUMN");
    ck_refused("pal", "position=feature,default_position=9", shown, "one of: 1, 2, 3, 4, 5");
    ck_refused("esmm", NULL, shown, "the click and then the conversion");
    fw_dataset_destroy(shown);
    fw_dataset_destroy(plain);
}
END_TEST

/* What is no feature is no input of models that do not ask for it. */
START_TEST(test_pal_others_do_not_see_the_position)
{
    struct fw_dataset *dataset = funnels_shown(n_rows, 6);
    struct fw_model *model = funnels_model("deepfm", SMALL, dataset, 1);
    fit(model, dataset, 1);
    float *here = fitting_logits(model, dataset);
    move(dataset, false);
    float *there = fitting_logits(model, dataset);
    ck_assert_int_eq(model->n_fields, dataset->n_fields - 1);
    ck_assert_mem_eq(here, there, n_rows * sizeof *here);
    fw_free(NULL, here);
    fw_free(NULL, there);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_pal_threads_do_not_change_a_byte)
{
    static const int threads[] = {1, 2, 3, 8};
    struct fw_dataset *dataset = funnels_shown(n_rows, 7);
    float *values[4];
    for (int t = 0; t < 4; t++) {
        struct fw_model *model = funnels_model("pal", _i == 0 ? SMALL : SMALL ",position=feature", dataset, threads[t]);
        fit(model, dataset, 2);
        values[t] = fitting_parameters(model);
        ck_assert_mem_eq(values[t], values[0], (size_t)fw_model_parameter_count(model) * sizeof(float));
        fw_model_destroy(model);
    }
    for (int t = 0; t < 4; t++)
        fw_free(NULL, values[t]);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("pal");
    TCase *tests = tcase_create("pal");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_pal_serves_what_does_not_hang_on_the_position);
    tcase_add_test(tests, test_pal_moves_both_factors_in_a_step);
    tcase_add_test(tests, test_pal_finds_the_curve);
    tcase_add_test(tests, test_pal_with_the_position_as_a_feature);
    tcase_add_test(tests, test_pal_says_what_is_missing);
    tcase_add_test(tests, test_pal_others_do_not_see_the_position);
    tcase_add_loop_test(tests, test_pal_threads_do_not_change_a_byte, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
