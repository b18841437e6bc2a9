/* Losses of products of probabilities and of funnels: by hand, at extremes, with unknown labels. Slopes are in
 * ../double. */
#include <math.h>

#include "models/engine/graph.h"
#include "models/engine/loss.h"
#include "models/reading.h"
#include "support/inputs.h"
#include "support/test_main.h"

static struct fw_dataset *dataset;
static struct fw_graph *graph;

static void set_up(void)
{
    struct planted_options options = {.n_rows = 4, .n_fields = 1, .n_ids = {3}, .strength = 1, .seed = 1};
    dataset = inputs_create(&options, 0);
    graph = inputs_graph(dataset, 4, 1, NULL);
}

static void tear_down(void)
{
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}

static const struct fw_loss *funnel(enum fw_funnel_method method)
{
    struct fw_funnel_options o = {.method = method, .share = 0.25, .factor = 3, .floor = 0.4, .weights = {1, 1}};
    return fw_loss_funnel(graph, &o);
}

/* One row; the place in the pass names its draws. */
static double judge(const struct fw_loss *loss, float a, float b, float y, float z, float residual[2], uint64_t place)
{
    float outputs[2] = {a, b};
    float labels[2] = {y, z};
    struct fw_loss_figures sums = {0};
    struct fw_loss_rows rows = {
        .outputs = outputs, .labels = labels, .residual = residual, .n = 1, .seed = 3, .step = 5, .first = place};
    residual[0] = residual[1] = 77;
    loss->judge(loss, &sums, &rows);
    ck_assert_double_eq(sums.weight, 1);
    return sums.loss;
}

#define LOG_2 0.69314718055994531
#define LOG_3 1.09861228866810969

/* Logits 0 and log 3 are probabilities 1/2 and 3/4; their product is 3/8. */
static void ck_row(enum fw_funnel_method method, float y, float z, double loss, double by_a, double by_b)
{
    float residual[2];
    double got = judge(funnel(method), 0, (float)LOG_3, y, z, residual, 0);
    ck_assert_double_eq_tol(got, loss, 1e-6);
    ck_assert_double_eq_tol((double)residual[0], by_a, 1e-6);
    ck_assert_double_eq_tol((double)residual[1], by_b, 1e-6);
}

START_TEST(test_loss_funnel_by_hand)
{
    const double both = log(8.0 / 3), neither = log(8.0 / 5), b_hit = log(4.0 / 3), b_miss = log(4.0);
    ck_row(FW_FUNNEL_ESMM, 1, 1, LOG_2 + both, -0.5 - 0.5, -0.25);
    ck_row(FW_FUNNEL_ESMM, 1, 0, LOG_2 + neither, -0.5 + 0.3, 0.15); /* 3/8 (1/2) / (5/8), 3/8 (1/4) / (5/8) */
    ck_row(FW_FUNNEL_ESMM, 0, 0, LOG_2 + neither, 0.5 + 0.3, 0.15);
    ck_row(FW_FUNNEL_BASE, 1, 1, LOG_2 + b_hit, -0.5, -0.25);
    ck_row(FW_FUNNEL_BASE, 1, 0, LOG_2 + b_miss, -0.5, 0.75);
    ck_row(FW_FUNNEL_BASE, 0, 0, LOG_2, 0.5, 0);
    ck_row(FW_FUNNEL_OVERSAMPLING, 1, 1, LOG_2 + 3 * b_hit, -0.5, -0.75);
    ck_row(FW_FUNNEL_OVERSAMPLING, 1, 0, LOG_2 + b_miss, -0.5, 0.75);
    ck_row(FW_FUNNEL_UNBIAS, 1, 0, LOG_2 + 2 * b_miss, -0.5, 1.5); /* 1 / p(click) = 2 */
    ck_row(FW_FUNNEL_UNBIAS, 0, 0, LOG_2, 0.5, 0);
    ck_row(FW_FUNNEL_DIVISION, 1, 1, LOG_2 + b_hit, -0.5, -0.25);
    ck_row(FW_FUNNEL_DIVISION, 0, 0, LOG_2 + b_miss, 0.5, 0.75);
    ck_row(FW_FUNNEL_AMAN, 1, 1, LOG_2 + b_hit, -0.5, -0.25);
}
END_TEST

START_TEST(test_loss_funnel_unbias_has_a_floor)
{
    float residual[2];
    judge(funnel(FW_FUNNEL_UNBIAS), -9, 0, 1, 1, residual, 0);
    ck_assert_float_eq_tol(residual[1], -0.5f / 0.4f, 1e-6f);
}
END_TEST

/* A quarter of the unclicked rows, the same ones in the same step. */
START_TEST(test_loss_funnel_aman_draws_negatives)
{
    int drawn = 0;
    for (uint64_t place = 0; place < 4000; place++) {
        float residual[2];
        float again[2];
        judge(funnel(FW_FUNNEL_AMAN), 0, (float)LOG_3, 0, 0, residual, place);
        judge(funnel(FW_FUNNEL_AMAN), 0, (float)LOG_3, 0, 0, again, place);
        ck_assert(residual[1] == again[1] && (residual[1] == 0 || fabsf(residual[1] - 0.75f) < 1e-6f));
        drawn += residual[1] != 0;
    }
    ck_assert_int_ge(drawn, 900);
    ck_assert_int_le(drawn, 1100);
}
END_TEST

/* A conversion without a click is none; what is not known says nothing. */
START_TEST(test_loss_funnel_of_labels_that_are_odd_or_missing)
{
    for (int m = FW_FUNNEL_ESMM; m <= FW_FUNNEL_DIVISION; m++) {
        const struct fw_loss *loss = funnel((enum fw_funnel_method)m);
        float as_none[2];
        float odd[2];
        double expected = judge(loss, 0.3f, -0.7f, 0, 0, as_none, 0);
        for (int k = 0; k < 2; k++) {
            ck_assert_double_eq(judge(loss, 0.3f, -0.7f, 0, k == 0 ? 1 : NAN, odd, 0), expected);
            ck_assert_mem_eq(odd, as_none, sizeof odd);
        }
        ck_assert_double_eq(judge(loss, 0.3f, -0.7f, NAN, 1, odd, 0), 0);
        ck_assert(odd[0] == 0 && odd[1] == 0);
        judge(loss, 0.3f, -0.7f, 1, NAN, odd, 0);
        ck_assert(odd[0] < 0 && odd[1] == 0);
        ck_assert(isnan(judge(loss, INFINITY, 0, 1, 1, odd, 0)));
        ck_assert(odd[0] == 0 && odd[1] == 0);
    }
    float residual[2];
    ck_assert_double_eq(judge(&fw_loss_product, 1, 1, NAN, 0, residual, 0), 0);
    ck_assert(residual[0] == 0 && residual[1] == 0);
}
END_TEST

START_TEST(test_loss_funnel_is_finite_at_extremes)
{
    static const float logits[] = {-100, -88, -60, -20, 0, 20, 60, 88, 100};
    for (int m = FW_FUNNEL_ESMM - 1; m <= FW_FUNNEL_DIVISION; m++) {
        const struct fw_loss *loss = m < FW_FUNNEL_ESMM ? &fw_loss_product : funnel((enum fw_funnel_method)m);
        for (int i = 0; i < 9 * 9 * 4; i++) {
            float residual[2];
            float y = (float)(i & 1);
            float z = (float)(i >> 1 & 1);
            double l = judge(loss, logits[i / 4 % 9], logits[i / 36], y, z, residual, 0);
            ck_assert_msg(isfinite(l) && l >= 0 && l < 1000, "method %d, row %d: %g", m, i, l);
            ck_assert(isfinite(residual[0]) && isfinite(residual[1]));
            ck_assert(fabsf(residual[0]) <= 2 && fabsf(residual[1]) <= 3);
        }
    }
}
END_TEST

/* Rare events keep their digits: p = 1e-4 1e-5. */
START_TEST(test_loss_product_of_small_probabilities)
{
    float residual[2];
    float a = (float)log(1e-4 / (1 - 1e-4));
    float b = (float)log(1e-5 / (1 - 1e-5));
    ck_assert_double_eq_tol(judge(&fw_loss_product, a, b, 0, 0, residual, 0), 1e-9, 1e-14);
    ck_assert_double_eq_tol((double)residual[0], 1e-9 * (1 - 1e-4), 1e-14);
    ck_assert_double_eq_tol(judge(&fw_loss_product, a, b, 1, 0, residual, 0), -log(1e-9), 1e-4);
    ck_assert_double_eq_tol((double)residual[1], -1, 1e-4);
}
END_TEST

/* What judges the product of a funnel is the event as a whole. */
START_TEST(test_reading_of_a_part_has_the_label_of_both)
{
    struct fw_reading both = {.kind = FW_READ_PRODUCT, .output = 0, .other = 1, .task = 1, .given = 0};
    struct fw_reading given = {.kind = FW_READ_PROBABILITY, .output = 1, .task = 1, .given = 0};
    const float labels[5][2] = {{0, 0}, {0, NAN}, {0, 1}, {1, 0}, {1, 1}};
    const float unknown[2] = {NAN, 1};
    for (int i = 0; i < 5; i++) {
        ck_assert_float_eq(fw_reading_label(&both, labels[i]), i == 4 ? 1 : 0);
        ck_assert_int_eq(isnan(fw_reading_label(&given, labels[i])), i < 3);
    }
    ck_assert(isnan(fw_reading_label(&both, unknown)) && isnan(fw_reading_label(&given, unknown)));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("loss_funnel");
    TCase *tests = tcase_create("loss_funnel");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, test_loss_funnel_by_hand);
    tcase_add_test(tests, test_loss_funnel_unbias_has_a_floor);
    tcase_add_test(tests, test_loss_funnel_aman_draws_negatives);
    tcase_add_test(tests, test_loss_funnel_of_labels_that_are_odd_or_missing);
    tcase_add_test(tests, test_loss_funnel_is_finite_at_extremes);
    tcase_add_test(tests, test_loss_product_of_small_probabilities);
    tcase_add_test(tests, test_reading_of_a_part_has_the_label_of_both);
    suite_add_tcase(suite, tests);
    return suite;
}
