#include "models/training/calibration.h"

#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "support/test_main.h"

enum { most = 40000 };

static float logits[most];
static float labels[most];
static float weights[most];

/* Labels drawn at sigmoid(scale * x + shift) of logits x; weights in [0.5, 1.5). */
static void draw(uint64_t seed, int64_t n, double scale, double shift)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, seed, fw_stream(0, 0, FW_STREAM_TEST));
    for (int64_t i = 0; i < n; i++) {
        logits[i] = (float)(1.5 * fw_rng_normal(&rng) - 0.7);
        labels[i] = fw_rng_uniform(&rng) < 1 / (1 + exp(-scale * (double)logits[i] - shift)) ? 1.0f : 0.0f;
        weights[i] = (float)(0.5 + fw_rng_uniform(&rng));
    }
}

static double logloss(const float *of, const float *weight, int64_t from, int64_t to)
{
    double loss = 0;
    double mass = 0;
    for (int64_t i = from; i < to; i++) {
        double x = (double)of[i];
        double w = weight != NULL ? (double)weight[i] : 1;
        loss += w * ((x > 0 ? x : 0) - x * (double)labels[i] + log1p(exp(-fabs(x))));
        mass += w;
    }
    return loss / mass;
}

START_TEST(test_calibration_finds_scale_and_shift)
{
    static const struct {
        double scale, shift;
    } truths[] = {{0.4, 0}, {2.5, 0}, {1, -1.3}, {0.6, 2}, {3, 1}};
    struct fw_calibration calibration;
    const float *w = _i % 2 == 0 ? NULL : weights;
    draw(40 + (uint64_t)_i, most, truths[_i].scale, truths[_i].shift);
    ck_ok(fw_calibration_fit(&calibration, logits, labels, w, most, err));
    ck_assert(!calibration.identical);
    ck_assert_double_eq_tol(calibration.scale, truths[_i].scale, 0.1 * truths[_i].scale);
    ck_assert_double_eq_tol(calibration.shift, truths[_i].shift, 0.1);
    double before = logloss(logits, w, 0, most);
    ck_assert_double_eq_tol(calibration.before, before, 1e-9);
    fw_calibration_apply(&calibration, logits, most);
    ck_assert_double_eq_tol(calibration.after, logloss(logits, w, 0, most), 1e-6);
    ck_assert_double_lt(calibration.after, before);
}
END_TEST

/* At the minimum the mean prediction is the base rate, and the errors do not go with the logit. */
START_TEST(test_calibration_ends_at_the_minimum)
{
    struct fw_calibration calibration;
    draw(7, 5000, 0.3, 1);
    ck_ok(fw_calibration_fit(&calibration, logits, labels, NULL, 5000, err));
    double error = calibration.shift; /* of the prior */
    double moment = calibration.scale - 1;
    for (int64_t i = 0; i < 5000; i++) {
        double x = (double)logits[i];
        double p = 1 / (1 + exp(-calibration.scale * x - calibration.shift));
        error += p - (double)labels[i];
        moment += (p - (double)labels[i]) * x;
    }
    ck_assert_double_lt(fabs(error), 1e-3);
    ck_assert_double_lt(fabs(moment), 1e-3);
}
END_TEST

/* Chance alone moves the figures in about one of twenty sets; what is calibrated never gets worse by more than that. */
START_TEST(test_calibration_leaves_a_calibrated_model_alone)
{
    int moved = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct fw_calibration calibration;
        draw(1000 + seed, 4000, 1, 0);
        ck_ok(fw_calibration_fit(&calibration, logits, labels, NULL, 2000, err)); /* the other half judges */
        double before = logloss(logits, NULL, 2000, 4000);
        ck_assert_double_le(calibration.after, calibration.before);
        if (calibration.identical) {
            ck_assert_double_eq(calibration.scale, 1);
            ck_assert_double_eq(calibration.shift, 0);
        }
        moved += !calibration.identical;
        fw_calibration_apply(&calibration, logits, 4000);
        ck_assert_double_le(logloss(logits, NULL, 2000, 4000), before + 0.005);
    }
    ck_assert_int_le(moved, 9);
}
END_TEST

START_TEST(test_calibration_of_nothing_to_mend_changes_no_bit)
{
    struct fw_calibration calibration;
    static float copy[100];
    draw(5, 100, 1, 0);
    memcpy(copy, logits, sizeof copy);
    memset(&calibration, 0xA5, sizeof calibration);
    fw_calibration_init(&calibration);
    fw_calibration_apply(&calibration, logits, 100);
    ck_assert_int_eq(memcmp(copy, logits, sizeof copy), 0);
}
END_TEST

START_TEST(test_calibration_scaling_the_weights_changes_nothing)
{
    struct fw_calibration a;
    struct fw_calibration b;
    draw(9, 3000, 0.5, 0.3);
    ck_ok(fw_calibration_fit(&a, logits, labels, weights, 3000, err));
    for (int64_t i = 0; i < 3000; i++)
        weights[i] *= 1024;
    ck_ok(fw_calibration_fit(&b, logits, labels, weights, 3000, err));
    ck_assert_double_eq_tol(a.scale, b.scale, 1e-9);
    ck_assert_double_eq_tol(a.shift, b.shift, 1e-9);
}
END_TEST

START_TEST(test_calibration_stays_finite_on_separable_and_extreme_rows)
{
    struct fw_calibration calibration;
    for (int64_t i = 0; i < 1000; i++) {
        logits[i] = (i % 2 == 0 ? 1.0f : -1.0f) * (_i == 0 ? 0.01f : 300.0f);
        labels[i] = i % 2 == 0 ? 1.0f : 0.0f;
    }
    ck_ok(fw_calibration_fit(&calibration, logits, labels, NULL, 1000, err));
    ck_assert(isfinite(calibration.scale) && isfinite(calibration.shift) && calibration.scale > 0);
    ck_assert_double_le(calibration.after, calibration.before);
    if (_i == 0)
        ck_assert_double_gt(calibration.scale, 2);
}
END_TEST

START_TEST(test_calibration_never_turns_the_ranking_round)
{
    struct fw_calibration calibration;
    draw(3, 5000, -1, 0);
    ck_ok(fw_calibration_fit(&calibration, logits, labels, NULL, 5000, err));
    ck_assert(calibration.identical);
}
END_TEST

START_TEST(test_calibration_refuses_what_it_cannot_fit)
{
    struct fw_calibration calibration;
    struct fw_error refusal = {0};
    draw(3, 100, 1, 0);
    ck_assert_int_eq(fw_calibration_fit(&calibration, logits, labels, NULL, 0, &refusal), FW_E_ARG);
    logits[17] = (float)INFINITY;
    ck_assert_int_eq(fw_calibration_fit(&calibration, logits, labels, NULL, 100, &refusal), FW_E_NUMERIC);
    ck_assert_ptr_nonnull(strstr(refusal.message, "row 17"));
    logits[17] = 0;
    for (int64_t i = 0; i < 100; i++)
        labels[i] = 1;
    ck_assert_int_eq(fw_calibration_fit(&calibration, logits, labels, NULL, 100, &refusal), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "both classes"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("calibration");
    TCase *cases = tcase_create("calibration");
    tcase_add_loop_test(cases, test_calibration_finds_scale_and_shift, 0, 5);
    tcase_add_test(cases, test_calibration_ends_at_the_minimum);
    tcase_add_test(cases, test_calibration_leaves_a_calibrated_model_alone);
    tcase_add_test(cases, test_calibration_of_nothing_to_mend_changes_no_bit);
    tcase_add_test(cases, test_calibration_scaling_the_weights_changes_nothing);
    tcase_add_loop_test(cases, test_calibration_stays_finite_on_separable_and_extreme_rows, 0, 2);
    tcase_add_test(cases, test_calibration_never_turns_the_ranking_round);
    tcase_add_test(cases, test_calibration_refuses_what_it_cannot_fit);
    suite_add_tcase(suite, cases);
    return suite;
}
