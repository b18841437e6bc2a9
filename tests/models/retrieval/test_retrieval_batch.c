#include "models/retrieval/retrieval_batch.h"

#include <math.h>
#include <string.h>

#include "support/test_main.h"
#include "support/walks.h"

/* Training: u a b c a, v b a; then each user's validation and test item. d and e have no ids. */
static const char text[] = "user,item\nu,a\nu,b\nu,c\nu,a\nu,b\nu,d\nv,b\nv,a\nv,c\nv,e\n";

static struct fw_batcher *make(const struct fw_interactions *data, int64_t batch, int64_t history, int64_t negatives)
{
    struct fw_batcher *batcher = NULL;
    struct fw_batch_options options = {.batch = batch, .history = history, .negatives = negatives, .seed = 4};
    ck_ok(fw_batcher_create(&batcher, data, &options, NULL, err));
    return batcher;
}

static char letter(const struct fw_interactions *x, uint32_t item)
{
    return item == 0 ? '-' : fw_dictionary_text(x->items, item).data[0];
}

START_TEST(test_retrieval_batch_has_each_training_row_once_with_what_came_before)
{
    /* "target<history", the latest first, at most 2 */
    static const char *const expected[] = {"a<", "b<a", "c<ba", "a<cb", "b<", "a<b"};
    struct fw_interactions *x = interactions_of(text, 1, 1);
    struct fw_batcher *b = make(x, 4, 2, 3);
    ck_assert_int_eq(fw_batcher_batches(b), 2);
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        bool found[6] = {false};
        for (int64_t step = 2 * epoch; step < 2 * epoch + 2; step++) {
            fw_batcher_train(b, step);
            ck_assert_int_eq(b->batch.n, 3);
            for (int64_t i = 0; i < b->batch.n; i++) {
                char example[8] = {letter(x, b->batch.targets[i]), '<'};
                int64_t n = b->batch.start[i + 1] - b->batch.start[i];
                for (int64_t j = 0; j < n; j++)
                    example[2 + j] = letter(x, b->batch.history[b->batch.start[i] + j]);
                int e = 0;
                while (e < 6 && (found[e] || strcmp(example, expected[e]) != 0))
                    e++;
                ck_assert_msg(e < 6, "%s was not expected", example);
                found[e] = true;
            }
        }
    }
    fw_batcher_destroy(b);
    fw_interactions_destroy(x);
}
END_TEST

START_TEST(test_retrieval_batch_of_held_out_items_leaves_unknown_ones_out)
{
    static const int64_t histories[] = {0, 1};
    struct fw_interactions *x = interactions_of(text, 1, 1);
    struct fw_batcher *b = make(x, 4, 9, 3);
    fw_batcher_held(b, FW_HELD_VALID, histories, 2, 0);
    ck_assert_int_eq(b->batch.n, 2);
    ck_assert_int_eq(letter(x, b->batch.targets[0]), 'b');
    ck_assert_int_eq(b->batch.start[1], 4);
    ck_assert_int_eq(letter(x, b->batch.history[0]), 'a');
    ck_assert_int_eq(letter(x, b->batch.targets[1]), 'c');
    ck_assert_int_eq(b->batch.users[1], 2);
    fw_batcher_held(b, FW_HELD_TEST, histories, 2, 0);
    ck_assert_int_eq(b->batch.n, 0);
    fw_batcher_destroy(b);
    fw_interactions_destroy(x);
}
END_TEST

/* Frequencies 3 (a), 2 (b), 1 (c) of 6. */
START_TEST(test_retrieval_batch_draws_negatives_by_frequency)
{
    enum { K = 6000 };
    struct fw_interactions *x = interactions_of(text, 1, 1);
    struct fw_batcher *b = make(x, 4, 2, K);
    int64_t counts[4] = {0};
    fw_batcher_train(b, 0);
    for (int64_t k = 0; k < K; k++) {
        counts[b->batch.negatives[k]]++;
        ck_assert(b->batch.negative_logq[k] == b->logq[b->batch.negatives[k]]);
    }
    ck_assert_int_eq(counts[0], 0);
    for (int id = 1; id <= 3; id++) {
        double expected = K * (4 - id) / 6.0;
        ck_assert_double_eq_tol((double)counts[id], expected, 4 * sqrt(expected));
        ck_assert_double_eq_tol((double)b->logq[id], log(expected), 1e-6);
    }
    fw_batcher_destroy(b);
    fw_interactions_destroy(x);
}
END_TEST

START_TEST(test_retrieval_batch_hangs_on_its_step_alone)
{
    struct walks walks = {.n_users = 20, .n_items = 15, .length = 8, .follow = 0.5, .seed = 2};
    struct fw_interactions *x = walks_create(&walks);
    struct fw_batcher *a = make(x, 16, 5, 30);
    struct fw_batcher *b = make(x, 16, 5, 30);
    for (int64_t step = 0; step < 20; step++)
        fw_batcher_train(a, step);
    fw_batcher_train(b, 7);
    fw_batcher_train(a, 7);
    ck_assert_int_eq(a->batch.n, b->batch.n);
    size_t n = (size_t)a->batch.n;
    ck_assert_mem_eq(a->batch.targets, b->batch.targets, n * sizeof *a->batch.targets);
    ck_assert_mem_eq(a->batch.users, b->batch.users, n * sizeof *a->batch.users);
    ck_assert_mem_eq(a->batch.negatives, b->batch.negatives, 30 * sizeof *a->batch.negatives);
    fw_batcher_train(a, 8);
    ck_assert(memcmp(a->batch.negatives, b->batch.negatives, 30 * sizeof *a->batch.negatives) != 0);
    fw_batcher_destroy(b);
    fw_batcher_destroy(a);
    fw_interactions_destroy(x);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("retrieval_batch");
    TCase *tests = tcase_create("retrieval_batch");
    tcase_add_test(tests, test_retrieval_batch_has_each_training_row_once_with_what_came_before);
    tcase_add_test(tests, test_retrieval_batch_of_held_out_items_leaves_unknown_ones_out);
    tcase_add_test(tests, test_retrieval_batch_draws_negatives_by_frequency);
    tcase_add_test(tests, test_retrieval_batch_hangs_on_its_step_alone);
    suite_add_tcase(suite, tests);
    return suite;
}
