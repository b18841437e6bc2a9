#include "evaluators/significance.h"

#include <math.h>
#include <string.h>

#include "support/scored.h"
#include "support/test_main.h"

static struct fw_metrics_workspace *workspace;
static struct fw_baseline *baseline;

static void set_up(void)
{
    ck_ok(fw_metrics_workspace_create(&workspace, 4096, NULL, err));
    ck_ok(fw_baseline_create(&baseline, 4096, NULL, err));
}

static void tear_down(void)
{
    fw_baseline_destroy(baseline);
    fw_metrics_workspace_destroy(workspace);
}

static void start(struct fw_rng *rng, uint64_t trial)
{
    fw_rng_seed(rng, 12, fw_stream(trial, 0, FW_STREAM_TEST));
}

static struct fw_comparison compare(struct fw_scored_view view, const float *candidate)
{
    struct fw_comparison comparison;
    memset(&comparison, 0, sizeof comparison);
    ck_ok(fw_baseline_set(baseline, view, workspace, err));
    ck_ok(fw_baseline_compare(&comparison, baseline, candidate, workspace, err));
    return comparison;
}

static void assert_same(double a, double b, double tolerance)
{
    if (isnan(a) || isnan(b))
        ck_assert_msg(isnan(a) && isnan(b), "%g and %g", a, b);
    else
        ck_assert_double_eq_tol(a, b, tolerance);
}

/* DeLong's covariance written out: variances of both curves less twice their covariance, from placements by pairs. */
START_TEST(test_significance_agrees_with_the_direct_formula)
{
    for (uint64_t trial = 0; trial < 600; trial++) {
        struct fw_rng rng;
        struct scored set;
        struct scored rival;
        double loss[SCORED_MAX];
        start(&rng, trial);
        scored_fill(&set, &rng, 2 + (int64_t)fw_rng_below(&rng, 80));
        rival = set;
        double auc = scored_placements(&set, set.scores);
        double rival_auc = scored_placements(&rival, set.rival);
        double variance = 0;
        for (int class = 0; class < 2; class ++) {
            double sum[SCORED_MAX];
            for (int64_t i = 0; i < set.n; i++)
                sum[i] = set.placements[i] + rival.placements[i];
            double a = scored_mean_variance(&set, set.placements, class);
            double b = scored_mean_variance(&set, rival.placements, class);
            double covariance = 0.5 * (scored_mean_variance(&set, sum, class) - a - b);
            variance += a + b - 2 * covariance;
        }
        double loss_gain = 0;
        double weight = 0;
        for (int64_t i = 0; i < set.n; i++) {
            double sign = set.labels[i] == 1 ? -1 : 1;
            double w = set.weighted ? (double)set.weights[i] : 1;
            loss[i] = log1p(exp(sign * (double)set.scores[i])) - log1p(exp(sign * (double)set.rival[i]));
            loss_gain += w * loss[i];
            weight += w;
        }
        struct fw_comparison c = compare(scored_view(&set, set.scores), set.rival);
        ck_assert_double_eq_tol(fw_baseline_auc(baseline), auc, 1e-12);
        ck_assert_double_eq_tol(c.auc_candidate, rival_auc, 1e-12);
        ck_assert_double_eq_tol(c.auc.value, rival_auc - auc, 1e-12);
        assert_same(c.auc.se * c.auc.se, variance, 1e-12);
        ck_assert_double_eq_tol(c.logloss.value, loss_gain / weight, 1e-12);
        assert_same(c.logloss.se * c.logloss.se, scored_mean_variance(&set, loss, -1), 1e-12);
        ck_assert_double_eq_tol(fw_baseline_logloss(baseline) - c.logloss_candidate, c.logloss.value, 1e-12);
        if (c.auc.se > 1e-6)
            ck_assert_double_eq_tol(c.auc.z, c.auc.value / c.auc.se, 1e-12);
    }
}
END_TEST

START_TEST(test_significance_by_hand)
{
    /* baseline placements: positives 1/2, 1; negatives 1, 1/2. The candidate ranks all right: all 1, AUC 1. */
    const float scores[] = {0.1F, 0.4F, 0.35F, 0.8F};
    const float better[] = {0.1F, 0.2F, 0.35F, 0.8F};
    const float labels[] = {0, 0, 1, 1};
    struct fw_comparison c = compare((struct fw_scored_view){scores, labels, NULL, 4}, better);
    ck_assert_double_eq(c.auc.value, 0.25);
    ck_assert_double_eq_tol(c.auc.se, sqrt(0.125), 1e-15); /* differences 1/2, 0 in each class: 1/8 / 2, twice */
    ck_assert_double_eq_tol(c.auc.z, 0.25 / sqrt(0.125), 1e-15);
    double gain = log1p(exp(0.4F)) - log1p(exp(0.2F)); /* on one row of four */
    ck_assert_double_eq_tol(c.logloss.value, gain / 4, 1e-15);
    ck_assert_double_eq_tol(c.logloss.se, sqrt((pow(0.75 * gain, 2) + 3 * pow(gain / 4, 2)) / 12), 1e-15);
}
END_TEST

START_TEST(test_significance_of_the_same_ranking_is_zero)
{
    struct fw_rng rng;
    struct scored set;
    float scaled[SCORED_MAX];
    start(&rng, 1000);
    for (int trial = 0; trial < 50; trial++) {
        scored_fill(&set, &rng, 300);
        for (int64_t i = 0; i < set.n; i++)
            scaled[i] = 4 * set.scores[i];
        struct fw_comparison c = compare(scored_view(&set, set.scores), scaled);
        ck_assert_double_eq(c.auc.value, 0);
        ck_assert_double_eq(c.auc.se, 0);
        ck_assert_double_eq(c.auc.z, 0);
        ck_assert_double_gt(c.logloss.se, 0);
        c = compare(scored_view(&set, set.scores), set.scores);
        ck_assert_double_eq(c.logloss.value, 0);
        ck_assert_double_eq(c.logloss.z, 0);
    }
}
END_TEST

START_TEST(test_significance_of_two_perfect_rankings_is_zero)
{
    struct fw_rng rng;
    struct scored set;
    start(&rng, 2000);
    for (int trial = 0; trial < 50; trial++) {
        scored_fill(&set, &rng, 300);
        set.weighted = true;
        for (int64_t i = 0; i < set.n; i++) {
            set.scores[i] = set.labels[i] * 2 + (float)fw_rng_uniform(&rng);
            set.rival[i] = set.labels[i] * 2 + (float)fw_rng_uniform(&rng);
        }
        struct fw_comparison c = compare(scored_view(&set, set.scores), set.rival);
        ck_assert_double_eq_tol(c.auc.value, 0, 1e-13);
        ck_assert_double_eq(c.auc.z, 0);
    }
}
END_TEST

START_TEST(test_significance_swapped_is_negated)
{
    struct fw_rng rng;
    struct scored set;
    start(&rng, 3000);
    for (int trial = 0; trial < 100; trial++) {
        scored_fill(&set, &rng, 150);
        struct fw_comparison there = compare(scored_view(&set, set.scores), set.rival);
        struct fw_comparison back = compare(scored_view(&set, set.rival), set.scores);
        ck_assert_double_eq_tol(there.auc.value, -back.auc.value, 1e-14);
        ck_assert_double_eq_tol(there.auc.se, back.auc.se, 1e-12);
        ck_assert_double_eq_tol(there.logloss.z, -back.logloss.z, 1e-9);
    }
}
END_TEST

/* Two scores equally good in truth: z has mean 0 and variance 1. Over 2,000 sets the share beyond 1.96 is .05 with a
 * standard error of .005, and the variance of z 1 with one of .03. */
START_TEST(test_significance_z_is_standard_normal_without_a_difference)
{
    enum { sets = 2000, rows = 400 };
    struct fw_rng rng;
    struct scored set;
    double squares[2] = {0};
    int beyond[2] = {0};
    start(&rng, 4000);
    for (int s = 0; s < sets; s++) {
        set.n = rows;
        set.weighted = false;
        for (int64_t i = 0; i < rows; i++) {
            set.labels[i] = fw_rng_uniform(&rng) < 0.3 ? 1.0F : 0.0F;
            double common = fw_rng_normal(&rng) + (double)set.labels[i];
            set.scores[i] = (float)(common + 0.5 * fw_rng_normal(&rng));
            set.rival[i] = (float)(common + 0.5 * fw_rng_normal(&rng));
        }
        struct fw_comparison c = compare(scored_view(&set, set.scores), set.rival);
        double z[2] = {c.auc.z, c.logloss.z};
        for (int k = 0; k < 2; k++) {
            squares[k] += z[k] * z[k];
            beyond[k] += fabs(z[k]) > 1.96;
        }
    }
    for (int k = 0; k < 2; k++) {
        ck_assert_double_eq_tol(squares[k] / sets, 1, 0.12);
        ck_assert_double_eq_tol((double)beyond[k] / sets, 0.05, 0.02);
    }
}
END_TEST

START_TEST(test_significance_one_class_has_no_auc_gain)
{
    const float scores[] = {1, 2, 3};
    const float labels[] = {0, 0, 0};
    const float other[] = {0, 0, -1};
    struct fw_comparison c = compare((struct fw_scored_view){scores, labels, NULL, 3}, other);
    ck_assert(isnan(c.auc.value) && isnan(c.auc.se) && isnan(c.auc.z) && isnan(c.auc_candidate));
    ck_assert_double_gt(c.logloss.value, 0);
    ck_assert_double_gt(c.logloss.z, 0);
}
END_TEST

START_TEST(test_significance_refuses_bad_scores)
{
    const float scores[] = {1, 2, 3};
    const float labels[] = {0, 1, 0};
    const float bad[] = {0, NAN, 1};
    struct fw_error refusal = {0};
    struct fw_comparison c = {.auc_candidate = 7};
    ck_ok(fw_baseline_set(baseline, (struct fw_scored_view){scores, labels, NULL, 3}, workspace, err));
    ck_assert_int_eq(fw_baseline_compare(&c, baseline, bad, workspace, &refusal), FW_E_NUMERIC);
    ck_assert_ptr_nonnull(strstr(refusal.message, "row 1"));
    ck_assert_double_eq(c.auc_candidate, 7);
    ck_assert_int_eq(fw_baseline_set(baseline, (struct fw_scored_view){bad, labels, NULL, 3}, workspace, NULL),
                     FW_E_NUMERIC);
}
END_TEST

START_TEST(test_significance_create_survives_refusal)
{
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    struct fw_baseline *own = NULL;
    int refused = 0;
    for (;; refused++) {
        mem.count = 0;
        mem.fail_at = refused + 1;
        if (fw_baseline_create(&own, 100, &mem, NULL) == FW_OK)
            break;
        ck_assert_ptr_null(own);
        ck_assert_uint_eq(mem.used, 0);
    }
    ck_assert_int_ge(refused, 2);
    fw_baseline_destroy(own);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

START_TEST(test_significance_tail_inverts_the_quantile)
{
    for (double p = 1e-300; p < 0.5; p *= 1.7) {
        double z = -fw_normal_quantile(p);
        ck_assert_msg(fabs(fw_normal_tail(z) / p - 1) < 1e-11, "p = %g gives %g", p, fw_normal_tail(z));
    }
}
END_TEST

START_TEST(test_significance_interval_and_threshold)
{
    struct fw_gain gain = {.value = 0.01, .se = 0.002, .z = 5};
    double low;
    double high;
    fw_gain_interval(&low, &high, &gain, 0.95);
    ck_assert_double_eq_tol(low, 0.01 - 1.959963984540054 * 0.002, 1e-15);
    ck_assert_double_eq_tol(high, 0.01 + 1.959963984540054 * 0.002, 1e-15);
    ck_assert_double_eq_tol(fw_significance_threshold(0.05, 1), 1.6448536269514722, 1e-14);
    ck_assert_double_eq_tol(fw_significance_threshold(0.05, 0), 1.6448536269514722, 1e-14);
    ck_assert_double_eq_tol(fw_normal_tail(fw_significance_threshold(0.05, 100)), 0.0005, 1e-15);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("significance");
    TCase *cases = tcase_create("significance");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_significance_agrees_with_the_direct_formula);
    tcase_add_test(cases, test_significance_by_hand);
    tcase_add_test(cases, test_significance_of_the_same_ranking_is_zero);
    tcase_add_test(cases, test_significance_of_two_perfect_rankings_is_zero);
    tcase_add_test(cases, test_significance_swapped_is_negated);
    tcase_add_test(cases, test_significance_z_is_standard_normal_without_a_difference);
    tcase_add_test(cases, test_significance_one_class_has_no_auc_gain);
    tcase_add_test(cases, test_significance_refuses_bad_scores);
    tcase_add_test(cases, test_significance_create_survives_refusal);
    tcase_add_test(cases, test_significance_tail_inverts_the_quantile);
    tcase_add_test(cases, test_significance_interval_and_threshold);
    suite_add_tcase(suite, cases);
    return suite;
}
