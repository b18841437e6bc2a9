#include <math.h>

#include "evaluators/halving.h"
#include "support/test_main.h"

START_TEST(test_halving_published_is_algorithm_2)
{
    static const struct {
        int64_t n;
        int32_t rungs;
        int64_t blocks;
    } cases[] = {{1, 1, 1}, {2, 1, 1}, {5, 3, 7}, {8, 3, 7}, {9, 4, 15}, {741, 10, 1023}};
    for (int c = 0; c < 6; c++) {
        struct fw_halving_schedule s;
        fw_halving_published(&s, cases[c].n);
        ck_assert_int_eq(s.n_rungs, cases[c].rungs);
        ck_assert_int_eq(s.n_blocks, cases[c].blocks); /* 2^ceil(log2 n) - 1, for one candidate 1 */
        int64_t alive = cases[c].n;
        for (int32_t k = 0; k < s.n_rungs; k++) {
            ck_assert_int_eq(s.blocks[k], INT64_C(1) << k);
            alive = alive / 2 > 0 ? alive / 2 : 1;
            ck_assert_int_eq(s.keep[k], alive);
        }
        ck_assert_int_eq(alive, 1);
    }
}
END_TEST

START_TEST(test_halving_published_by_hand)
{
    static const int64_t keep_5[] = {2, 1, 1};
    static const int64_t keep_741[] = {370, 185, 92, 46, 23, 11, 5, 2, 1, 1};
    struct fw_halving_schedule s;
    fw_halving_published(&s, 5);
    ck_assert_mem_eq(s.keep, keep_5, sizeof keep_5);
    fw_halving_published(&s, 741);
    ck_assert_mem_eq(s.keep, keep_741, sizeof keep_741);
}
END_TEST

START_TEST(test_halving_doubling_ends_with_all_rows_and_the_finalists)
{
    for (int64_t n = 1; n < 3000; n = n * 3 + 1) {
        for (int64_t rows = 100; rows < 100000000; rows *= 7) {
            struct fw_halving_schedule s;
            fw_halving_doubling(&s, n, rows, 131072, 24);
            int64_t blocks = 0;
            for (int32_t k = 0; k < s.n_rungs; k++) {
                blocks += s.blocks[k];
                ck_assert_int_ge(s.keep[k], 24);
                ck_assert(k == 0 || s.keep[k] <= s.keep[k - 1]);
            }
            ck_assert_int_eq(blocks, s.n_blocks);
            ck_assert_int_eq(s.keep[s.n_rungs - 1], 24);
            ck_assert(s.n_rungs == 1 || rows >> (s.n_rungs - 1) >= 131072);
        }
    }
}
END_TEST

/* Scores a candidate by its number; the lowest numbers look best until half of the blocks are seen. */
static enum fw_status fake(struct fw_candidate_score *score, const struct fw_ground *ground,
                           const struct fw_candidate *candidate, struct fw_rung rung, void *state, struct fw_error *err)
{
    (void)ground;
    (void)err;
    int64_t *seen = state;
    ck_assert_int_eq(*seen, rung.before); /* state is kept from rung to rung */
    *seen += rung.now;
    *score = (struct fw_candidate_score){.rank = (double)(candidate->left % 7), .rows = rung.now};
    return FW_OK;
}

static size_t fake_state(const struct fw_ground *ground, const struct fw_candidate *candidate)
{
    (void)ground;
    (void)candidate;
    return sizeof(int64_t);
}

START_TEST(test_halving_hands_back_survivors_best_first)
{
    const struct fw_evaluator_vtable evaluator = {.api = FW_EVALUATOR_API,
                                                  .name = "fake",
                                                  .state_bytes = fake_state,
                                                  .evaluate = fake};
    /* two rungs: the best 9 of 20, of them the best 5; ranks are the number modulo 7 */
    const struct fw_halving_schedule s = {.n_rungs = 2, .n_blocks = 4, .blocks = {1, 3}, .keep = {9, 5}};
    static const int64_t expected[] = {6, 13, 5, 12, 19};
    struct fw_candidate candidates[20] = {0};
    struct fw_halving_result results[20];
    int64_t survivors[5];
    int64_t n = 0;
    struct fw_ground ground = {0};
    for (int32_t i = 0; i < 20; i++)
        candidates[i].left = i;
    ck_ok(fw_halving_run(results, survivors, &n, &evaluator, &ground, candidates, 20, &s, 2, NULL, err));
    ck_assert_int_eq(n, 5);
    ck_assert_mem_eq(survivors, expected, sizeof expected);
    for (int32_t i = 0; i < 20; i++) {
        ck_assert_int_eq(results[i].survived, i % 7 >= 5);
        /* the second rung sees ranks 6, 5 and 4 (two, three and three of them) and the lowest number of rank 3 */
        ck_assert_int_eq(results[i].rung, i % 7 >= 4 || i == 3);
        ck_assert_int_eq(results[i].rows, results[i].rung == 1 ? 4 : 1);
    }
}
END_TEST

START_TEST(test_halving_keeps_the_best_in_order_for_any_number_of_threads)
{
    const struct fw_evaluator_vtable evaluator = {.api = FW_EVALUATOR_API,
                                                  .name = "fake",
                                                  .state_bytes = fake_state,
                                                  .evaluate = fake};
    for (int threads = 1; threads <= 8; threads += threads == 1 ? 1 : 3) {
        struct fw_candidate candidates[20] = {0};
        struct fw_halving_result results[20];
        int64_t survivors[20];
        int64_t n = 0;
        struct fw_halving_schedule s;
        struct fw_ground ground = {0};
        for (int32_t i = 0; i < 20; i++)
            candidates[i].left = i;
        fw_halving_published(&s, 20);
        ck_ok(fw_halving_run(results, survivors, &n, &evaluator, &ground, candidates, 20, &s, threads, NULL, err));
        ck_assert_int_eq(n, 1);
        ck_assert_int_eq(survivors[0], 6); /* ranks are 6 for 6 and 13: the lower number wins the tie */
        ck_assert(results[6].survived);
        ck_assert_int_eq(results[6].rows, s.n_blocks);
        ck_assert_int_eq(results[0].rung, 0);
        ck_assert_int_eq(results[0].rows, 1);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("halving");
    TCase *cases = tcase_create("halving");
    tcase_add_test(cases, test_halving_published_is_algorithm_2);
    tcase_add_test(cases, test_halving_published_by_hand);
    tcase_add_test(cases, test_halving_hands_back_survivors_best_first);
    tcase_add_test(cases, test_halving_doubling_ends_with_all_rows_and_the_finalists);
    tcase_add_test(cases, test_halving_keeps_the_best_in_order_for_any_number_of_threads);
    suite_add_tcase(suite, cases);
    return suite;
}
