#include "space/embedding_sizes.h"

#include <string.h>

#include "support/schemas.h"
#include "support/test_main.h"

/* dim 8: "job" in two strips, "job x age" projected, "age" a number, "pet" dropped. The caller destroys it. */
static struct fw_embedding_sizes *sample_sizes(void)
{
    const char *const names[] = {"job", "job x age", "age", "pet"};
    struct fw_embedding_sizes *sizes = NULL;
    ck_ok(fw_embedding_sizes_create(&sizes, 8, 4, NULL, err));
    for (int32_t i = 0; i < 4; i++)
        ck_ok(fw_embedding_sizes_name(sizes, i, names[i], err));
    sizes->items[0].n_strips = 2;
    sizes->items[0].strips[0] = (struct fw_strip){.ids = 10, .width = 2};
    sizes->items[0].strips[1] = (struct fw_strip){.ids = 3, .width = 6};
    sizes->items[1].n_strips = 2;
    sizes->items[1].strips[0] = (struct fw_strip){.ids = 5, .width = 1};
    sizes->items[1].strips[1] = (struct fw_strip){.ids = 5, .width = 2};
    sizes->items[1].projected = true;
    sizes->items[2].n_strips = 1;
    sizes->items[2].strips[0] = (struct fw_strip){.ids = 1, .width = 8};
    return sizes;
}

START_TEST(test_embedding_sizes_count_tables_and_projections)
{
    struct fw_embedding_sizes *sizes = sample_sizes();
    const struct fw_embedding_size *items = sizes->items;
    ck_ok(fw_embedding_sizes_check(sizes, err));
    ck_assert_int_eq(fw_embedding_size_bytes(&items[0], 8), 4 * (10 * 2 + 3 * 6));
    ck_assert_int_eq(fw_embedding_size_bytes(&items[1], 8), 4 * (5 * 3 + 3 * 8));
    ck_assert_int_eq(fw_embedding_size_bytes(&items[2], 8), 4 * 8);
    ck_assert_int_eq(fw_embedding_size_bytes(&items[3], 8), 0);
    ck_assert_int_eq(fw_embedding_sizes_bytes(sizes), 4 * (38 + 39 + 8));
    ck_assert_int_eq(fw_embedding_size_width(&items[0]), 8);
    ck_assert_int_eq(fw_embedding_size_width(&items[1]), 3);
    ck_assert_int_eq(fw_embedding_size_width(&items[3]), 0);
    ck_assert_int_eq(fw_embedding_size_ids(&items[0]), 10);
    ck_assert_int_eq(fw_embedding_size_ids(&items[3]), 0);
    fw_embedding_sizes_destroy(sizes);
}
END_TEST

START_TEST(test_embedding_sizes_are_found_by_name_and_copied_deep)
{
    struct fw_embedding_sizes *sizes = sample_sizes();
    struct fw_embedding_sizes *copy = NULL;
    int64_t bytes = fw_embedding_sizes_bytes(sizes);
    ck_assert_ptr_eq(fw_embedding_sizes_find(sizes, "job x age"), &sizes->items[1]);
    ck_assert_ptr_null(fw_embedding_sizes_find(sizes, "jo"));
    ck_ok(fw_embedding_sizes_name(sizes, 3, "dog", err)); /* a second name takes the place of the first */
    ck_assert_ptr_null(fw_embedding_sizes_find(sizes, "pet"));
    ck_ok(fw_embedding_sizes_copy(&copy, sizes, NULL, err));
    fw_embedding_sizes_destroy(sizes);
    ck_assert_int_eq(copy->dim, 8);
    ck_assert_int_eq(copy->n, 4);
    ck_assert_int_eq(fw_embedding_sizes_bytes(copy), bytes);
    ck_assert_ptr_eq(fw_embedding_sizes_find(copy, "dog"), &copy->items[3]);
    ck_assert(copy->items[1].projected);
    fw_embedding_sizes_destroy(copy);
    fw_embedding_sizes_destroy(NULL);
}
END_TEST

static void wrong(const struct fw_embedding_sizes *sizes, const char *part)
{
    struct fw_error error = {0};
    ck_assert_int_eq(fw_embedding_sizes_check(sizes, &error), FW_E_ARG);
    ck_holds(error.message, part);
}

START_TEST(test_embedding_sizes_of_impossible_strips_are_refused_by_name)
{
    struct fw_embedding_sizes *sizes = sample_sizes();
    struct fw_embedding_size *job = &sizes->items[0];
    const struct fw_embedding_size good = *job;
    const int32_t dims[] = {0, -1, FW_EMBEDDING_DIM_MOST + 1};
    for (size_t k = 0; k < sizeof dims / sizeof dims[0]; k++) {
        sizes->dim = dims[k];
        wrong(sizes, "common width");
    }
    sizes->dim = 8;
    job->n_strips = FW_STRIPS_MOST + 1;
    wrong(sizes, "'job' has 9 strips");
    job->n_strips = -1;
    wrong(sizes, "'job' has -1 strips");
    *job = good;
    job->strips[1].ids = 11;
    wrong(sizes, "falling depth");
    job->strips[1].ids = 0;
    wrong(sizes, "0 ids");
    job->strips[0].ids = FW_EMBEDDING_IDS_MOST + 1;
    wrong(sizes, "4294967296 ids");
    *job = good;
    job->strips[1].width = 7;
    wrong(sizes, "7 wide");
    job->strips[1].width = INT32_MAX;
    wrong(sizes, "'job'");
    job->strips[1].width = 0;
    wrong(sizes, "0 wide");
    *job = good;
    ck_ok(fw_embedding_sizes_check(sizes, err));
    fw_embedding_sizes_destroy(sizes);
}
END_TEST

START_TEST(test_embedding_sizes_need_names_of_their_own)
{
    struct fw_embedding_sizes *sizes = sample_sizes();
    struct fw_embedding_sizes *unnamed = NULL;
    ck_ok(fw_embedding_sizes_name(sizes, 3, "job", err));
    wrong(sizes, "'job' is given twice");
    ck_ok(fw_embedding_sizes_create(&unnamed, 8, 2, NULL, err));
    ck_assert_ptr_null(fw_embedding_sizes_find(unnamed, "job"));
    wrong(unnamed, "no name");
    fw_embedding_sizes_destroy(unnamed);
    fw_embedding_sizes_destroy(sizes);
}
END_TEST

START_TEST(test_embedding_sizes_may_be_few_and_small_or_as_large_as_can_be)
{
    struct fw_embedding_sizes *sizes = NULL;
    ck_ok(fw_embedding_sizes_create(&sizes, 1, 0, NULL, err));
    ck_ok(fw_embedding_sizes_check(sizes, err));
    ck_assert_int_eq(fw_embedding_sizes_bytes(sizes), 0);
    fw_embedding_sizes_destroy(sizes);
    ck_ok(fw_embedding_sizes_create(&sizes, FW_EMBEDDING_DIM_MOST, 1, NULL, err));
    ck_ok(fw_embedding_sizes_name(sizes, 0, "", err));
    sizes->items[0].n_strips = 1;
    sizes->items[0].strips[0] = (struct fw_strip){.ids = FW_EMBEDDING_IDS_MOST, .width = FW_EMBEDDING_DIM_MOST};
    ck_ok(fw_embedding_sizes_check(sizes, err));
    ck_assert_int_eq(fw_embedding_sizes_bytes(sizes), FW_EMBEDDING_IDS_MOST * 4096);
    fw_embedding_sizes_destroy(sizes);
}
END_TEST

START_TEST(test_embedding_sizes_refused_allocations_are_reported_and_leak_nothing)
{
    struct fw_embedding_sizes *sizes = sample_sizes();
    enum fw_status status = FW_E_NOMEM;
    int64_t n = 0;
    while (status == FW_E_NOMEM) {
        struct fw_allocator mem;
        struct fw_embedding_sizes *copy = NULL;
        struct fw_error err;
        fw_allocator_init(&mem, 0);
        mem.fail_at = ++n;
        status = fw_embedding_sizes_copy(&copy, sizes, &mem, &err);
        if (status == FW_OK)
            status = fw_embedding_sizes_check(copy, &err);
        fw_embedding_sizes_destroy(copy);
        ck_assert_uint_eq(mem.used, 0);
    }
    ck_assert_int_eq(status, FW_OK);
    ck_assert_int_eq(n, 8); /* the list, its items, four names, the check, none */
    fw_embedding_sizes_destroy(sizes);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("embedding_sizes");
    TCase *cases = tcase_create("embedding_sizes");
    tcase_add_test(cases, test_embedding_sizes_count_tables_and_projections);
    tcase_add_test(cases, test_embedding_sizes_are_found_by_name_and_copied_deep);
    tcase_add_test(cases, test_embedding_sizes_of_impossible_strips_are_refused_by_name);
    tcase_add_test(cases, test_embedding_sizes_need_names_of_their_own);
    tcase_add_test(cases, test_embedding_sizes_may_be_few_and_small_or_as_large_as_can_be);
    tcase_add_test(cases, test_embedding_sizes_refused_allocations_are_reported_and_leak_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}
