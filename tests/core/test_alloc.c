#include <string.h>

#include "core/alloc.h"
#include "support/test_main.h"

START_TEST(test_alloc_zeroes_and_accounts)
{
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    int32_t *numbers = fw_alloc_array(&mem, 1000, sizeof *numbers);
    ck_assert_ptr_nonnull(numbers);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(numbers[i], 0);
    ck_assert_uint_ge(mem.used, 4000);
    ck_assert_uint_eq(mem.peak, mem.used);
    ck_assert_int_eq(mem.count, 1);
    fw_free(&mem, numbers);
    ck_assert_uint_eq(mem.used, 0);
    ck_assert_uint_ge(mem.peak, 4000);
    fw_free(&mem, NULL);
}
END_TEST

START_TEST(test_alloc_zero_product_is_a_valid_block)
{
    void *none = fw_alloc_array(NULL, 0, 8);
    ck_assert_ptr_nonnull(none);
    fw_free(NULL, none);
}
END_TEST

START_TEST(test_alloc_refuses_overflow_and_negative_counts)
{
    ck_assert_ptr_null(fw_alloc_array(NULL, INT64_MAX, 16));
    ck_assert_ptr_null(fw_alloc_array(NULL, INT64_MAX / 8 + 1, 8));
    ck_assert_ptr_null(fw_alloc_array(NULL, -1, 1));
    ck_assert_ptr_null(fw_alloc_array_raw(NULL, INT64_MAX, SIZE_MAX));
    ck_assert_ptr_null(fw_realloc_array(NULL, NULL, -5, 4));
}
END_TEST

START_TEST(test_alloc_keeps_its_limit)
{
    struct fw_allocator mem;
    fw_allocator_init(&mem, 64 * FW_KIB);
    ck_assert_uint_eq(fw_allocator_left(&mem), 64 * FW_KIB);
    ck_assert_ptr_null(fw_alloc_array(&mem, 64 * 1024 + 1, 1));
    char *half = fw_alloc_array(&mem, 32 * 1024, 1);
    ck_assert_ptr_nonnull(half);
    ck_assert_uint_le(fw_allocator_left(&mem), 32 * FW_KIB);
    ck_assert_ptr_null(fw_alloc_array(&mem, 33 * 1024, 1));
    ck_assert_ptr_null(fw_realloc_array(&mem, half, 65 * 1024, 1));
    half[0] = 'x'; /* still valid */
    char *grown = fw_realloc_array(&mem, half, 60 * 1024, 1);
    ck_assert_ptr_nonnull(grown);
    ck_assert_int_eq(grown[0], 'x');
    ck_assert_uint_ge(mem.used, 60 * FW_KIB);
    fw_free(&mem, grown);
    ck_assert_uint_eq(mem.used, 0);
    ck_assert_uint_eq(fw_allocator_left(NULL), SIZE_MAX);
}
END_TEST

START_TEST(test_alloc_refuses_the_nth)
{
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    mem.fail_at = 2;
    void *first = fw_alloc_array(&mem, 1, 1);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(fw_alloc_array(&mem, 1, 1));
    void *third = fw_alloc_array(&mem, 1, 1);
    ck_assert_ptr_nonnull(third);
    mem.fail_at = mem.count + 1;
    mem.fail_for_ever = true;
    ck_assert_ptr_null(fw_alloc_array(&mem, 1, 1));
    ck_assert_ptr_null(fw_realloc_array(&mem, third, 100, 1));
    ck_assert_ptr_null(fw_strndup(&mem, "abc", 3));
    fw_free(&mem, third);
    fw_free(&mem, first);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

START_TEST(test_alloc_reserve_doubles_and_keeps_content)
{
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    int64_t *array = NULL;
    int64_t capacity = 0;
    int64_t reallocations = 0;
    for (int64_t i = 0; i < 100000; i++) {
        int64_t before = capacity;
        ck_ok(fw_reserve(&mem, &array, &capacity, i + 1, sizeof *array, err));
        reallocations += capacity != before;
        array[i] = i * i;
    }
    ck_assert_int_le(reallocations, 20);
    for (int64_t i = 0; i < 100000; i++)
        ck_assert_int_eq(array[i], i * i);
    mem.fail_at = mem.count + 1;
    struct fw_error err = {0};
    int64_t *same = array;
    int64_t capacity_before = capacity;
    ck_assert_int_eq(fw_reserve(&mem, &array, &capacity, capacity + 1, sizeof *array, &err), FW_E_NOMEM);
    ck_assert_ptr_eq(array, same);
    ck_assert_int_eq(capacity, capacity_before);
    ck_assert_int_eq(fw_reserve(&mem, &array, &capacity, INT64_MAX, sizeof *array, &err), FW_E_NOMEM);
    fw_free(&mem, array);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

START_TEST(test_alloc_strndup_ends_with_nul)
{
    char *copy = fw_strndup(NULL, "a\0bc", 3);
    ck_assert_mem_eq(copy, "a\0b\0", 4);
    fw_free(NULL, copy);
    copy = fw_strndup(NULL, NULL, 0);
    ck_assert_str_eq(copy, "");
    fw_free(NULL, copy);
}
END_TEST

START_TEST(test_alloc_message_names_thing_size_and_limit)
{
    struct fw_allocator mem;
    fw_allocator_init(&mem, 8 * FW_MIB);
    struct fw_error err;
    ck_assert_int_eq(fw_error_nomem(&err, &mem, "a column", 4 * 1024 * 1024, 4), FW_E_NOMEM);
    ck_assert_ptr_nonnull(strstr(err.message, "a column needs 16.0 MiB"));
    ck_assert_ptr_nonnull(strstr(err.message, "limit of 8.0 MiB"));
    ck_assert_ptr_nonnull(strstr(err.message, "--memory-limit"));
}
END_TEST

START_TEST(test_alloc_counts_from_many_threads)
{
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
#pragma omp parallel for num_threads(4)
    for (int i = 0; i < 4000; i++)
        fw_free(&mem, fw_alloc_array(&mem, i, 3));
    ck_assert_uint_eq(mem.used, 0);
    ck_assert_int_eq(mem.count, 4000);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("alloc");
    TCase *cases = tcase_create("alloc");
    tcase_add_test(cases, test_alloc_zeroes_and_accounts);
    tcase_add_test(cases, test_alloc_zero_product_is_a_valid_block);
    tcase_add_test(cases, test_alloc_refuses_overflow_and_negative_counts);
    tcase_add_test(cases, test_alloc_keeps_its_limit);
    tcase_add_test(cases, test_alloc_refuses_the_nth);
    tcase_add_test(cases, test_alloc_reserve_doubles_and_keeps_content);
    tcase_add_test(cases, test_alloc_strndup_ends_with_nul);
    tcase_add_test(cases, test_alloc_message_names_thing_size_and_limit);
    tcase_add_test(cases, test_alloc_counts_from_many_threads);
    suite_add_tcase(suite, cases);
    return suite;
}
