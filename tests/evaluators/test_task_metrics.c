#include "evaluators/task_metrics.h"

#include <math.h>
#include <string.h>

#include "support/test_main.h"

static struct fw_task_metrics_workspace *workspace;

static void set_up(void)
{
    ck_ok(fw_task_metrics_workspace_create(&workspace, 64, NULL, err));
}

static void tear_down(void)
{
    fw_task_metrics_workspace_destroy(workspace);
}

static const struct fw_reading income = {.name = "income", .kind = FW_READ_PROBABILITY, .given = -1};
static const struct fw_reading age = {.name = "age", .kind = FW_READ_NUMBER, .output = 1, .task = 1, .given = -1};

/* Two outputs and two labels a row. */
static struct fw_task_metrics judge(const struct fw_reading *reading, const float *outputs, const float *labels,
                                    const float *weights, int64_t n)
{
    struct fw_task_metrics metrics;
    struct fw_task_rows rows = {outputs, labels, weights, n, 2, 2};
    ck_ok(fw_task_metrics_compute(&metrics, reading, &rows, workspace, err));
    return metrics;
}

START_TEST(test_task_metrics_of_numbers_by_hand)
{
    /* misses 1, -1, 2 with weights 1, 1, 2; the label's mean is (1 + 3 + 2 * 6) / 4 = 4 */
    const float outputs[] = {0, 2, 0, 2, 0, 8};
    const float labels[] = {0, 1, 0, 3, 0, 6};
    const float weights[] = {1, 1, 2};
    struct fw_task_metrics m = judge(&age, outputs, labels, weights, 3);
    ck_assert_int_eq(m.rows, 3);
    ck_assert_double_eq(m.weight, 4);
    ck_assert_double_eq_tol(m.number.mse, 10.0 / 4, 1e-12);
    ck_assert_double_eq_tol(m.number.rmse, sqrt(2.5), 1e-12);
    ck_assert_double_eq_tol(m.number.mae, 6.0 / 4, 1e-12);
    ck_assert_double_eq_tol(m.number.baseline, sqrt(18.0 / 4), 1e-12);
    ck_assert_double_eq_tol(m.number.relative_mse, 10.0 / 18, 1e-12);
    ck_assert_double_eq_tol(m.number.r2, 1 - 10.0 / 18, 1e-12);
    ck_assert_double_eq_tol(m.number.mean_label, 4, 1e-12);
    ck_assert_double_eq_tol(m.number.mean_prediction, 5, 1e-12);
    ck_assert(isnan(m.classes.auc) && isnan(m.classes.logloss) && isnan(m.classes.accuracy));
}
END_TEST

START_TEST(test_task_metrics_of_numbers_far_from_zero_keep_their_variance)
{
    const float outputs[] = {0, 8388608, 0, 8388610};
    const float labels[] = {0, 8388607, 0, 8388609};
    struct fw_task_metrics m = judge(&age, outputs, labels, NULL, 2);
    ck_assert_double_eq_tol(m.number.mse, 1, 1e-12);
    ck_assert_double_eq_tol(m.number.relative_mse, 1, 1e-12);
    ck_assert_double_eq_tol(m.number.r2, 0, 1e-12);
}
END_TEST

START_TEST(test_task_metrics_of_equal_numbers_have_no_r2)
{
    const float outputs[] = {0, 1, 0, 2};
    const float labels[] = {0, 3, 0, 3};
    struct fw_task_metrics m = judge(&age, outputs, labels, NULL, 2);
    ck_assert_double_eq_tol(m.number.mse, 2.5, 1e-12);
    ck_assert(isnan(m.number.r2) && isnan(m.number.relative_mse));
}
END_TEST

START_TEST(test_task_metrics_of_classes_are_those_of_one_label)
{
    float outputs[2 * 40];
    float labels[2 * 40];
    float weights[40];
    float scores[40];
    float of_scores[40];
    float of_weights[40];
    int64_t n = 0;
    for (int i = 0; i < 40; i++) {
        outputs[2 * i] = (float)(i * 7 % 11) - 5;
        outputs[2 * i + 1] = NAN; /* of another task: not looked at */
        labels[2 * i] = i % 5 == 2 ? NAN : (float)(i % 3 == 0);
        labels[2 * i + 1] = 0;
        weights[i] = (float)(i % 4);
        if (i % 5 == 2)
            continue;
        scores[n] = outputs[2 * i];
        of_scores[n] = labels[2 * i];
        of_weights[n++] = weights[i];
    }
    struct fw_metrics_workspace *own;
    struct fw_metrics expected;
    struct fw_scored_view view = {scores, of_scores, of_weights, n};
    ck_ok(fw_metrics_workspace_create(&own, 64, NULL, err));
    ck_ok(fw_metrics_compute(&expected, view, own, err));
    fw_metrics_workspace_destroy(own);
    struct fw_task_metrics m = judge(&income, outputs, labels, weights, 40);
    ck_assert_int_eq(m.rows, 32);
    ck_assert_double_eq(m.classes.auc, expected.auc);
    ck_assert_double_eq(m.classes.auc_se, expected.auc_se);
    ck_assert_double_eq(m.classes.logloss, expected.logloss);
    ck_assert_double_eq(m.classes.accuracy, expected.accuracy);
    ck_assert(isnan(m.number.mse) && isnan(m.number.r2));
}
END_TEST

START_TEST(test_task_metrics_of_a_product_given_another_task)
{
    /* p = 1/2 * 1/4 of row 0; the rows without a click do not count */
    const struct fw_reading both = {
        .name = "buy", .kind = FW_READ_PRODUCT, .output = 0, .other = 1, .task = 1, .given = -1};
    const struct fw_reading given = {
        .name = "buy_given_click", .kind = FW_READ_PROBABILITY, .output = 1, .task = 1, .given = 0};
    const float quarter = -1.0986123F;
    const float outputs[] = {0, quarter, 0, quarter, 0, 0, 0, 0};
    const float labels[] = {1, 0, 1, 1, 0, 0, NAN, 1};
    struct fw_task_metrics m = judge(&both, outputs, labels, NULL, 3);
    ck_assert_int_eq(m.rows, 3);
    ck_assert_double_eq_tol(m.classes.mean_prediction, (0.125 + 0.125 + 0.25) / 3, 1e-6);
    ck_assert_double_eq_tol(m.classes.logloss, -(log(0.875) + log(0.125) + log(0.75)) / 3, 1e-6);
    m = judge(&given, outputs, labels, NULL, 4);
    ck_assert_int_eq(m.rows, 2);
    ck_assert_double_eq_tol(m.classes.mean_prediction, 0.25, 1e-6);
}
END_TEST

START_TEST(test_task_metrics_without_rows_are_unknown)
{
    const float outputs[] = {1, 1, 2, 2};
    const float labels[] = {NAN, NAN, NAN, NAN};
    const float known[] = {1, 1, 0, 2};
    const float zeros[] = {0, 0};
    struct fw_task_metrics m = judge(&income, outputs, labels, NULL, 2);
    ck_assert_int_eq(m.rows, 0);
    ck_assert(isnan(m.classes.auc) && isnan(m.classes.logloss) && isnan(m.classes.accuracy));
    m = judge(&age, outputs, labels, NULL, 2);
    ck_assert(m.rows == 0 && isnan(m.number.mse));
    m = judge(&income, outputs, known, zeros, 2);
    ck_assert(m.rows == 2 && m.weight == 0 && isnan(m.classes.logloss));
    m = judge(&income, outputs, known, NULL, 1);
    ck_assert(isnan(m.classes.auc) && isfinite(m.classes.logloss));
}
END_TEST

START_TEST(test_task_metrics_refuse_what_cannot_be_judged)
{
    struct fw_error err = {0};
    struct fw_task_metrics m = {.rows = -1};
    const float outputs[] = {1, 1, INFINITY, 2};
    const float labels[] = {1, 1, 0, 2};
    const float negative[] = {1, -1};
    struct fw_task_rows rows = {outputs, labels, NULL, 2, 2, 2};
    ck_assert_int_eq(fw_task_metrics_compute(&m, &income, &rows, workspace, &err), FW_E_NUMERIC);
    ck_assert_ptr_nonnull(strstr(err.message, "'income' for row 1"));
    rows.weights = negative;
    ck_assert_int_eq(fw_task_metrics_compute(&m, &age, &rows, workspace, &err), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(err.message, "-1"));
    const struct fw_reading misread = {.name = "age", .kind = FW_READ_PROBABILITY, .output = 1, .task = 1, .given = -1};
    rows.weights = NULL;
    ck_assert_int_eq(fw_task_metrics_compute(&m, &misread, &rows, workspace, &err), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(err.message, "'age': the label of row 1 is 2"));
    ck_assert_int_eq(m.rows, -1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("task_metrics");
    TCase *tc = tcase_create("task_metrics");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, test_task_metrics_of_numbers_by_hand);
    tcase_add_test(tc, test_task_metrics_of_numbers_far_from_zero_keep_their_variance);
    tcase_add_test(tc, test_task_metrics_of_equal_numbers_have_no_r2);
    tcase_add_test(tc, test_task_metrics_of_classes_are_those_of_one_label);
    tcase_add_test(tc, test_task_metrics_of_a_product_given_another_task);
    tcase_add_test(tc, test_task_metrics_without_rows_are_unknown);
    tcase_add_test(tc, test_task_metrics_refuse_what_cannot_be_judged);
    suite_add_tcase(suite, tc);
    return suite;
}
