#include "evaluators/metrics.h"

#include <math.h>
#include <string.h>

#include "support/scored.h"
#include "support/test_main.h"

static struct fw_metrics_workspace *workspace;

static void set_up(void)
{
    ck_ok(fw_metrics_workspace_create(&workspace, 4096, NULL, err));
}

static void tear_down(void)
{
    fw_metrics_workspace_destroy(workspace);
}

static void start(struct fw_rng *rng, uint64_t trial)
{
    fw_rng_seed(rng, 11, fw_stream(trial, 0, FW_STREAM_TEST));
}

static double auc_of(struct fw_scored_view view)
{
    double auc = -1;
    ck_ok(fw_metrics_auc(&auc, NULL, view, workspace, err));
    return auc;
}

static void assert_same(double a, double b, double tolerance)
{
    if (isnan(a) || isnan(b))
        ck_assert_msg(isnan(a) && isnan(b), "%g and %g", a, b);
    else
        ck_assert_double_eq_tol(a, b, tolerance);
}

START_TEST(test_metrics_auc_and_error_agree_with_all_pairs)
{
    for (uint64_t trial = 0; trial < 600; trial++) {
        struct fw_rng rng;
        struct scored set;
        start(&rng, trial);
        scored_fill(&set, &rng, 2 + (int64_t)fw_rng_below(&rng, 80));
        double expected = scored_placements(&set, set.scores);
        double variance = scored_mean_variance(&set, set.placements, 0) + scored_mean_variance(&set, set.placements, 1);
        double auc;
        double se;
        ck_ok(fw_metrics_auc(&auc, &se, scored_view(&set, set.scores), workspace, err));
        ck_assert_double_eq_tol(auc, expected, 1e-12);
        /* squared: the root of a rounding near 0 is no longer small */
        assert_same(se * se, variance, 1e-12);
    }
}
END_TEST

START_TEST(test_metrics_auc_by_hand)
{
    /* pairs won: .35 > .1; .8 > .1, .4. Placements: positives 1/2 and 1, negatives 1 and 1/2; each variance 1/8 */
    const float scores[] = {0.1F, 0.4F, 0.35F, 0.8F};
    const float labels[] = {0, 0, 1, 1};
    double auc;
    double se;
    struct fw_scored_view view = {.scores = scores, .labels = labels, .n = 4};
    ck_ok(fw_metrics_auc(&auc, &se, view, workspace, err));
    ck_assert_double_eq(auc, 0.75);
    ck_assert_double_eq_tol(se, sqrt(0.125 / 2 + 0.125 / 2), 1e-15);
}
END_TEST

START_TEST(test_metrics_compute_by_hand)
{
    /* losses: log 2 (a logit of 0 says label 0), log(1 + 1/3) for a probability of 3/4, log(1 + 3), weights 1, 2, 1 */
    const float scores[] = {0, (float)log(3), (float)log(3)};
    const float labels[] = {1, 1, 0};
    const float weights[] = {1, 2, 1};
    struct fw_metrics m;
    ck_ok(fw_metrics_compute(&m, (struct fw_scored_view){scores, labels, weights, 3}, workspace, err));
    double losses[] = {log(2), log(4.0 / 3), log(4)};
    double mean = (losses[0] + 2 * losses[1] + losses[2]) / 4;
    double squares = pow(losses[0] - mean, 2) + 4 * pow(losses[1] - mean, 2) + pow(losses[2] - mean, 2);
    ck_assert_double_eq_tol(m.logloss, mean, 1e-7);
    ck_assert_double_eq_tol(m.logloss_se, sqrt(squares / (16 - 6)), 1e-7);
    ck_assert_double_eq(m.accuracy, 0.5);
    ck_assert_double_eq_tol(m.accuracy_se, sqrt((0.25 + 1 + 0.25) / (16 - 6)), 1e-15);
    ck_assert_double_eq(m.base_rate, 0.75);
    ck_assert_double_eq(m.weight, 4);
    ck_assert_int_eq(m.rows, 3);
    ck_assert_int_eq(m.positives, 2);
    ck_assert_double_eq_tol(m.baseline, -0.75 * log(0.75) - 0.25 * log(0.25), 1e-15);
    ck_assert_double_eq_tol(m.mean_prediction, (0.5 + 3 * 0.75) / 4, 1e-7);
    ck_assert_double_eq_tol(m.auc, (1 * 0 + 2 * 0.5) / 3, 1e-15);
}
END_TEST

START_TEST(test_metrics_compute_agrees_with_definitions)
{
    for (uint64_t trial = 0; trial < 200; trial++) {
        struct fw_rng rng;
        struct scored set;
        struct fw_metrics m;
        double losses[SCORED_MAX];
        double hits[SCORED_MAX];
        start(&rng, 1000 + trial);
        scored_fill(&set, &rng, 3 + (int64_t)fw_rng_below(&rng, 500));
        ck_ok(fw_metrics_compute(&m, scored_view(&set, set.scores), workspace, err));
        double sum[3] = {0};
        for (int64_t i = 0; i < set.n; i++) {
            double p = 1 / (1 + exp(-(double)set.scores[i]));
            double w = set.weighted ? (double)set.weights[i] : 1;
            losses[i] = -log(set.labels[i] == 1 ? p : 1 - p);
            hits[i] = (set.scores[i] > 0) == (set.labels[i] == 1);
            sum[0] += w;
            sum[1] += w * losses[i];
            sum[2] += w * hits[i];
        }
        ck_assert_double_eq_tol(m.logloss, sum[1] / sum[0], 1e-12);
        ck_assert_double_eq_tol(m.accuracy, sum[2] / sum[0], 1e-12);
        assert_same(m.logloss_se * m.logloss_se, scored_mean_variance(&set, losses, -1), 1e-12);
        assert_same(m.accuracy_se * m.accuracy_se, scored_mean_variance(&set, hits, -1), 1e-12);
        ck_assert_double_eq(m.auc, auc_of(scored_view(&set, set.scores)));
    }
}
END_TEST

START_TEST(test_metrics_auc_ignores_monotone_maps_and_order)
{
    for (uint64_t trial = 0; trial < 100; trial++) {
        struct fw_rng rng;
        struct scored set;
        start(&rng, 2000 + trial);
        scored_fill(&set, &rng, 200);
        double auc = auc_of(scored_view(&set, set.scores));
        float mapped[SCORED_MAX];
        for (int64_t i = 0; i < set.n; i++)
            mapped[i] = set.scores[i] * 1024.0F; /* exact, so that ties stay ties and no others arise */
        ck_assert_double_eq(auc_of(scored_view(&set, mapped)), auc);
        for (int64_t i = set.n - 1; i > 0; i--) {
            int64_t j = (int64_t)fw_rng_below(&rng, (uint64_t)i + 1);
            float *columns[] = {set.scores, set.labels, set.weights};
            for (int c = 0; c < 3; c++) {
                float held = columns[c][i];
                columns[c][i] = columns[c][j];
                columns[c][j] = held;
            }
        }
        ck_assert_double_eq_tol(auc_of(scored_view(&set, set.scores)), auc, 1e-13);
    }
}
END_TEST

START_TEST(test_metrics_auc_is_symmetric)
{
    for (uint64_t trial = 0; trial < 100; trial++) {
        struct fw_rng rng;
        struct scored set;
        start(&rng, 3000 + trial);
        scored_fill(&set, &rng, 150);
        double auc;
        double se;
        double flipped;
        double flipped_se;
        ck_ok(fw_metrics_auc(&auc, &se, scored_view(&set, set.scores), workspace, err));
        float negated[SCORED_MAX];
        for (int64_t i = 0; i < set.n; i++) {
            negated[i] = -set.scores[i];
            set.labels[i] = 1 - set.labels[i];
        }
        ck_ok(fw_metrics_auc(&flipped, &flipped_se, scored_view(&set, set.scores), workspace, err));
        ck_assert_double_eq_tol(flipped, 1 - auc, 1e-13);
        ck_assert_double_eq_tol(flipped_se, se, 1e-12);
        ck_assert_double_eq_tol(auc_of(scored_view(&set, negated)), auc, 1e-13);
    }
}
END_TEST

START_TEST(test_metrics_whole_weights_are_repeated_rows)
{
    struct fw_rng rng;
    struct scored set;
    struct scored repeated = {.n = 0};
    start(&rng, 4000);
    scored_fill(&set, &rng, 120);
    set.weighted = true;
    for (int64_t i = 0; i < set.n; i++) {
        set.weights[i] = (float)fw_rng_below(&rng, 4);
        for (int copy = 0; copy < (int)set.weights[i]; copy++) {
            repeated.scores[repeated.n] = set.scores[i];
            repeated.labels[repeated.n++] = set.labels[i];
        }
    }
    struct fw_metrics weighted;
    struct fw_metrics plain;
    ck_ok(fw_metrics_compute(&weighted, scored_view(&set, set.scores), workspace, err));
    ck_ok(fw_metrics_compute(&plain, scored_view(&repeated, repeated.scores), workspace, err));
    ck_assert_double_eq_tol(weighted.auc, plain.auc, 1e-14);
    ck_assert_double_eq_tol(weighted.logloss, plain.logloss, 1e-14);
    ck_assert_double_eq_tol(weighted.accuracy, plain.accuracy, 1e-14);
    ck_assert_double_eq_tol(weighted.mean_prediction, plain.mean_prediction, 1e-14);
    for (int64_t i = 0; i < set.n; i++)
        set.weights[i] *= 8;
    struct fw_metrics scaled;
    ck_ok(fw_metrics_compute(&scaled, scored_view(&set, set.scores), workspace, err));
    ck_assert_double_eq_tol(scaled.auc_se, weighted.auc_se, 1e-14);
    ck_assert_double_eq_tol(scaled.logloss_se, weighted.logloss_se, 1e-14);
}
END_TEST

/* The standard error of the bootstrap within classes, from 3,000 draws, is itself known to 1.3 %, and it is DeLong's
 * up to 1 / (2 rows of a class), here 0.5 %: 6 % is beyond chance. */
START_TEST(test_metrics_auc_error_agrees_with_the_bootstrap)
{
    enum { rows = 200, draws = 3000 };
    struct fw_rng rng;
    float scores[rows];
    float drawn[rows];
    float labels[rows];
    start(&rng, 5000);
    for (int i = 0; i < rows; i++) {
        labels[i] = i < rows / 2 ? 1 : 0;
        scores[i] = (float)(round(4 * (fw_rng_normal(&rng) + (double)labels[i])) / 4);
    }
    double auc;
    double se;
    ck_ok(fw_metrics_auc(&auc, &se, (struct fw_scored_view){scores, labels, NULL, rows}, workspace, err));
    double sum = 0;
    double squares = 0;
    for (int draw = 0; draw < draws; draw++) {
        for (int i = 0; i < rows; i++)
            drawn[i] = scores[(i < rows / 2 ? 0 : rows / 2) + (int)fw_rng_below(&rng, rows / 2)];
        double once = auc_of((struct fw_scored_view){drawn, labels, NULL, rows});
        sum += once;
        squares += once * once;
    }
    double deviation = sqrt(squares / draws - sum / draws * (sum / draws));
    ck_assert_double_eq_tol(se / deviation, 1, 0.06);
}
END_TEST

START_TEST(test_metrics_losses_agree_with_the_library)
{
    enum { n = 4000 };
    static float scores[n];
    static float labels[n];
    static double fast[n + 1];
    static double slow[n];
    struct fw_rng rng;
    start(&rng, 6000);
    for (int i = 0; i < n; i++) {
        double size = exp(log(1e-30) + fw_rng_uniform(&rng) * log(1e68));
        scores[i] = (float)(fw_rng_below(&rng, 2) == 1 ? size : -size);
        scores[i] = i % 2 == 0 ? (float)(40 * fw_rng_uniform(&rng) - 20) : scores[i];
        labels[i] = fw_rng_below(&rng, 2) == 1 ? 1 : 0;
    }
    scores[0] = 0;
    scores[1] = 3.4e38F;
    scores[2] = -3.4e38F;
    fast[n] = 42;
    fw_metrics_losses(fast, scores, labels, n);
    fw_metrics_losses_ref(slow, scores, labels, n);
    for (int i = 0; i < n; i++)
        ck_assert_msg(fabs(fast[i] - slow[i]) <= 1e-14 * slow[i] + 1e-300, "score %.9g, label %g: %.17g and %.17g",
                      (double)scores[i], (double)labels[i], fast[i], slow[i]);
    ck_assert_double_eq(fast[n], 42);
}
END_TEST

START_TEST(test_metrics_zeros_of_either_sign_tie)
{
    const float scores[] = {-0.0F, 0.0F};
    const float labels[] = {0, 1};
    ck_assert_double_eq(auc_of((struct fw_scored_view){scores, labels, NULL, 2}), 0.5);
}
END_TEST

START_TEST(test_metrics_one_class_has_no_auc)
{
    const float scores[] = {-1, 2, 0.5F};
    const float labels[] = {1, 1, 1};
    const float one_class_by_weight[] = {0, 1, 1};
    const float weights[] = {0, 1, 1};
    struct fw_metrics m;
    ck_ok(fw_metrics_compute(&m, (struct fw_scored_view){scores, labels, NULL, 3}, workspace, err));
    ck_assert(isnan(m.auc) && isnan(m.auc_se));
    ck_assert(isfinite(m.logloss) && isfinite(m.logloss_se));
    ck_assert_double_eq(m.base_rate, 1);
    ck_assert_double_eq(m.baseline, 0);
    ck_ok(fw_metrics_compute(&m, (struct fw_scored_view){scores, one_class_by_weight, weights, 3}, workspace, err));
    ck_assert(isnan(m.auc));
    ck_ok(fw_metrics_compute(&m, (struct fw_scored_view){scores, labels, NULL, 1}, workspace, err));
    ck_assert(isnan(m.logloss_se) && isnan(m.accuracy_se));
}
END_TEST

static void assert_refused(struct fw_scored_view view, enum fw_status expected, const char *words)
{
    struct fw_metrics m;
    struct fw_metrics before;
    memset(&m, 0xA5, sizeof m);
    before = m;
    struct fw_error err = {0};
    ck_assert_int_eq(fw_metrics_compute(&m, view, workspace, &err), expected);
    ck_assert_msg(strstr(err.message, words) != NULL, "'%s' lacks '%s'", err.message, words);
    ck_assert_mem_eq(&m, &before, sizeof m);
}

START_TEST(test_metrics_refuse_bad_input)
{
    float scores[] = {1, 2, 3};
    float labels[] = {0, 1, 1};
    float weights[] = {1, 1, 1};
    struct fw_scored_view view = {scores, labels, weights, 3};
    scores[2] = NAN;
    assert_refused(view, FW_E_NUMERIC, "score of row 2 is nan");
    scores[2] = -INFINITY;
    assert_refused(view, FW_E_NUMERIC, "score of row 2 is -inf");
    scores[2] = 3;
    labels[1] = 2;
    assert_refused(view, FW_E_ARG, "label of row 1 is 2");
    labels[1] = NAN;
    assert_refused(view, FW_E_ARG, "label of row 1 is nan");
    labels[1] = 1;
    weights[0] = -1;
    assert_refused(view, FW_E_ARG, "weight of row 0 is -1");
    weights[0] = INFINITY;
    assert_refused(view, FW_E_ARG, "weight of row 0 is inf");
    memset(weights, 0, sizeof weights);
    assert_refused(view, FW_E_ARG, "no row has a weight");
    view.n = 0;
    assert_refused(view, FW_E_ARG, "no row has a weight");
}
END_TEST

START_TEST(test_metrics_allocate_in_create_only_and_survive_refusal)
{
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    struct fw_metrics_workspace *own = NULL;
    struct fw_error err = {0};
    int refused = 0;
    for (;; refused++) {
        mem.count = 0;
        mem.fail_at = refused + 1;
        enum fw_status status = fw_metrics_workspace_create(&own, 100, &mem, &err);
        if (status == FW_OK)
            break;
        ck_assert_int_eq(status, FW_E_NOMEM);
        ck_assert_ptr_null(own);
        ck_assert_uint_eq(mem.used, 0);
    }
    ck_assert_int_ge(refused, 2);
    int64_t count = mem.count;
    struct scored set;
    struct fw_rng rng;
    struct fw_metrics m;
    start(&rng, 7000);
    scored_fill(&set, &rng, 100);
    ck_assert_int_eq(fw_metrics_compute(&m, scored_view(&set, set.scores), own, &err), FW_OK);
    ck_assert_int_eq(mem.count, count);
    fw_metrics_workspace_destroy(own);
    ck_assert_uint_eq(mem.used, 0);
    ck_assert_int_eq(fw_metrics_workspace_create(&own, FW_METRICS_MAX_ROWS + 1, &mem, &err), FW_E_ARG);
}
END_TEST

/* Candidates side by side, each thread with its own workspace, get the bytes that one thread gets. */
START_TEST(test_metrics_do_not_depend_on_threads)
{
    enum { candidates = 24, rows = 500 };
    static struct fw_metrics metrics[4][candidates];
    static const int threads[] = {1, 2, 3, 8};
    struct fw_metrics_workspace *own[8];
    memset(metrics, 0, sizeof metrics);
    for (int t = 0; t < 8; t++)
        ck_ok(fw_metrics_workspace_create(&own[t], rows, NULL, err));
    int failures = 0;
    for (int way = 0; way < 4; way++) {
#pragma omp parallel for schedule(static, 1) num_threads(threads[way]) reduction(+ : failures)
        for (int c = 0; c < candidates; c++) {
            struct scored set;
            struct fw_rng rng;
            start(&rng, 8000 + (uint64_t)c);
            scored_fill(&set, &rng, rows);
            failures += fw_metrics_compute(&metrics[way][c], scored_view(&set, set.scores), own[c % threads[way]],
                                           NULL) != FW_OK;
        }
        ck_assert_mem_eq(metrics[way], metrics[0], sizeof metrics[0]);
    }
    ck_assert_int_eq(failures, 0);
    for (int t = 0; t < 8; t++)
        fw_metrics_workspace_destroy(own[t]);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("metrics");
    TCase *cases = tcase_create("metrics");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_metrics_auc_and_error_agree_with_all_pairs);
    tcase_add_test(cases, test_metrics_auc_by_hand);
    tcase_add_test(cases, test_metrics_compute_by_hand);
    tcase_add_test(cases, test_metrics_compute_agrees_with_definitions);
    tcase_add_test(cases, test_metrics_auc_ignores_monotone_maps_and_order);
    tcase_add_test(cases, test_metrics_auc_is_symmetric);
    tcase_add_test(cases, test_metrics_whole_weights_are_repeated_rows);
    tcase_add_test(cases, test_metrics_auc_error_agrees_with_the_bootstrap);
    tcase_add_test(cases, test_metrics_losses_agree_with_the_library);
    tcase_add_test(cases, test_metrics_zeros_of_either_sign_tie);
    tcase_add_test(cases, test_metrics_one_class_has_no_auc);
    tcase_add_test(cases, test_metrics_refuse_bad_input);
    tcase_add_test(cases, test_metrics_allocate_in_create_only_and_survive_refusal);
    tcase_add_test(cases, test_metrics_do_not_depend_on_threads);
    suite_add_tcase(suite, cases);
    return suite;
}
