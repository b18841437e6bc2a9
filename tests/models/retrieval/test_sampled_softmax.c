#include "models/retrieval/sampled_softmax.h"

#include <math.h>

#include "support/test_main.h"

enum { K = 5 };

/* Target 3, negatives 1 3 2 1 4: the second is the target itself and does not count. */
static const uint32_t targets[] = {3};
static const uint32_t negatives[K] = {1, 3, 2, 1, 4};
static const float target_logq[] = {-0.7f};
static const float negative_logq[K] = {0.4f, -0.7f, 0.1f, 0.4f, -1.5f};
static const struct fw_candidates candidates = {K, targets, target_logq, negatives, negative_logq};

START_TEST(test_sampled_softmax_follows_its_formula)
{
    float target = 1.25f;
    float scores[K] = {0.5f, 9.0f, -1.0f, 0.5f, 2.0f};
    double weight[K];
    double own = exp((double)target - (double)target_logq[0]);
    double sum = own;
    for (int j = 0; j < K; j++) {
        weight[j] = j == 1 ? 0 : exp((double)scores[j] - (double)negative_logq[j]);
        sum += weight[j];
    }
    double loss = fw_sampled_softmax(&target, scores, &candidates, 0, 1);
    ck_assert_double_eq_tol(loss, -log(own / sum), 1e-6);
    ck_assert_double_eq_tol((double)target, own / sum - 1, 1e-6);
    for (int j = 0; j < K; j++)
        ck_assert_double_eq_tol((double)scores[j], weight[j] / sum, 1e-6);
    ck_assert(scores[1] == 0);
}
END_TEST

START_TEST(test_sampled_softmax_takes_large_scores_and_says_when_one_is_none)
{
    float target = 3e4f;
    float scores[K] = {-3e4f, 0, 2.9e4f, 1, 2};
    ck_assert(fw_sampled_softmax(&target, scores, &candidates, 0, 1) == 0);
    ck_assert(target == 0);
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 6; i++) {
        float some[K] = {1, 2, 3, 4, 5};
        target = i < 3 ? bad[i] : 1;
        some[4] = i < 3 ? 5 : bad[i - 3];
        ck_assert(isnan(fw_sampled_softmax(&target, some, &candidates, 0, 1)));
        ck_assert(target == 0 && some[0] == 0 && some[4] == 0);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sampled_softmax");
    TCase *tests = tcase_create("sampled_softmax");
    tcase_add_test(tests, test_sampled_softmax_follows_its_formula);
    tcase_add_test(tests, test_sampled_softmax_takes_large_scores_and_says_when_one_is_none);
    suite_add_tcase(suite, tests);
    return suite;
}
