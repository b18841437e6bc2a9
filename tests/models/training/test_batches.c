#include "models/training/batches.h"

#include <string.h>

#include "support/test_main.h"

START_TEST(test_batches_cover_each_row_once_in_even_sizes)
{
    static const int64_t sizes[] = {1, 2, 7, 100, 1000};
    static const int64_t starts[] = {0, 13, 13, 60, 200}; /* one fold is empty */
    struct fw_dataset dataset = {.n_rows = 200, .n_folds = 4, .n_judged = 4, .fold_start = (int64_t[5]){0}};
    memcpy(dataset.fold_start, starts, sizeof starts);
    for (int32_t fold = 0; fold < 4; fold++) {
        struct fw_row_set rows = fw_row_set_but_fold(&dataset, fold);
        int64_t size = sizes[_i];
        int seen[200] = {0};
        struct fw_dataset_view before = {.row = -1};
        for (int64_t i = 0; i < fw_batches_count(&rows, size); i++) {
            struct fw_dataset_view batch = fw_batches_find(&rows, size, i);
            ck_assert_int_ge(batch.n, 1);
            ck_assert_int_le(batch.n, size);
            if (before.row + before.n == batch.row) /* of the same part */
                ck_assert(before.n - batch.n == 0 || before.n - batch.n == 1);
            before = batch;
            for (int64_t row = batch.row; row < batch.row + batch.n; row++)
                seen[row]++;
        }
        for (int64_t row = 0; row < 200; row++)
            ck_assert_int_eq(seen[row], row < starts[fold] || row >= starts[fold + 1]);
    }
}
END_TEST

START_TEST(test_batches_order_is_a_permutation_named_by_seed_epoch_and_phase)
{
    enum { n = 500 };
    int64_t order[n];
    int64_t other[n];
    int seen[n] = {0};
    fw_batches_shuffle(order, n, 5, 3, 0);
    for (int i = 0; i < n; i++)
        seen[order[i]]++;
    for (int i = 0; i < n; i++)
        ck_assert_int_eq(seen[i], 1);
    fw_batches_shuffle(other, n, 5, 3, 0);
    ck_assert_int_eq(memcmp(order, other, sizeof order), 0);
    fw_batches_shuffle(other, n, 6, 3, 0);
    ck_assert_int_ne(memcmp(order, other, sizeof order), 0);
    fw_batches_shuffle(other, n, 5, 4, 0);
    ck_assert_int_ne(memcmp(order, other, sizeof order), 0);
    fw_batches_shuffle(other, n, 5, 3, 1);
    ck_assert_int_ne(memcmp(order, other, sizeof order), 0);
}
END_TEST

START_TEST(test_batches_folds_that_touch_join_to_one_run)
{
    struct fw_dataset dataset = {.n_rows = 90, .n_folds = 3, .fold_start = (int64_t[4]){0, 30, 60, 90}};
    for (int32_t fold = 0; fold < 3; fold++) {
        struct fw_row_set train = fw_row_set_but_fold(&dataset, fold);
        struct fw_row_set valid = fw_row_set_fold(&dataset, fold);
        ck_assert_int_eq(train.n_parts, fold == 1 ? 2 : 1);
        ck_assert_int_eq(fw_row_set_rows(&train), 60);
        struct fw_row_set all = fw_row_set_join(&train, &valid);
        ck_assert_int_eq(all.n_parts, 1);
        ck_assert_int_eq(all.parts[0].row, 0);
        ck_assert_int_eq(all.parts[0].n, 90);
        all = fw_row_set_join(&valid, &train);
        ck_assert_int_eq(all.n_parts, 1);
    }
}
END_TEST

START_TEST(test_batches_listed_rows_are_the_same_rows_in_a_drawn_order)
{
    enum { n = 60 };
    int64_t index[n];
    int64_t other[n];
    int seen[90] = {0};
    struct fw_dataset dataset = {.n_rows = 90, .n_folds = 3, .fold_start = (int64_t[4]){0, 30, 60, 90}};
    struct fw_row_set rows = fw_row_set_but_fold(&dataset, 1);
    struct fw_row_set listed = fw_batches_listed(&rows, index);
    ck_assert_int_eq(listed.n_parts, 1);
    ck_assert_int_eq(listed.parts[0].n, n);
    ck_assert_ptr_eq(listed.parts[0].index, index);
    fw_batches_shuffle_rows(index, &rows, 5, 3, 0);
    int rises = 0;
    for (int i = 0; i < n; i++) {
        seen[index[i]]++;
        rises += i > 0 && index[i] > index[i - 1];
    }
    for (int i = 0; i < 90; i++)
        ck_assert_int_eq(seen[i], i < 30 || i >= 60);
    ck_assert(rises > 15 && rises < 45);
    fw_batches_shuffle_rows(other, &rows, 5, 3, 0);
    ck_assert_int_eq(memcmp(index, other, sizeof index), 0);
    fw_batches_shuffle_rows(other, &rows, 5, 3, 1);
    ck_assert_int_ne(memcmp(index, other, sizeof index), 0);
    /* a list of a list; rows of two data sets do not mix */
    struct fw_dataset second = dataset;
    struct fw_row_set two = listed;
    two.parts[0].n = 20;
    two.parts[two.n_parts++] = (struct fw_dataset_view){.dataset = &second, .row = 50, .n = 40};
    listed = fw_batches_listed(&two, other);
    ck_assert_int_eq(listed.n_parts, 2);
    fw_batches_shuffle_rows(other, &two, 5, 3, 0);
    int64_t sum = 0;
    for (int i = 0; i < 20; i++)
        sum += other[i] - index[i];
    ck_assert_int_eq(sum, 0);
    for (int i = 20; i < n; i++)
        ck_assert(other[i] >= 50 && other[i] < 90);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("batches");
    TCase *cases = tcase_create("batches");
    tcase_add_loop_test(cases, test_batches_cover_each_row_once_in_even_sizes, 0, 5);
    tcase_add_test(cases, test_batches_order_is_a_permutation_named_by_seed_epoch_and_phase);
    tcase_add_test(cases, test_batches_folds_that_touch_join_to_one_run);
    tcase_add_test(cases, test_batches_listed_rows_are_the_same_rows_in_a_drawn_order);
    suite_add_tcase(suite, cases);
    return suite;
}
