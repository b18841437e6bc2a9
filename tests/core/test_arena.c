#include "core/arena.h"

#include <string.h>

#include "support/test_main.h"

static void lay_out(struct fw_arena *arena, char **a, double **b)
{
    *a = fw_arena_take(arena, 3, sizeof **a);
    *b = fw_arena_take(arena, 17, sizeof **b);
}

START_TEST(test_arena_gives_what_it_measured)
{
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    struct fw_arena arena = {0};
    char *a;
    double *b;
    lay_out(&arena, &a, &b);
    ck_assert_ptr_null(a);
    ck_assert_ptr_null(b);
    size_t measured = arena.used;
    ck_ok(fw_arena_open(&arena, &mem, "a test", err));
    lay_out(&arena, &a, &b);
    ck_assert_uint_eq(arena.used, measured);
    ck_assert_uint_eq((uintptr_t)a % FW_ARENA_ALIGNMENT, 0);
    ck_assert_uint_eq((uintptr_t)b % FW_ARENA_ALIGNMENT, 0);
    ck_assert((char *)b >= a + 3);
    for (int i = 0; i < 17; i++)
        ck_assert(b[i] == 0);
    memset(a, 0xA5, 3);
    memset(b, 0xA5, 17 * sizeof *b);
    fw_arena_close(&arena);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

START_TEST(test_arena_refuses_sizes_that_overflow)
{
    struct fw_arena arena = {0};
    struct fw_error err = {0};
    fw_arena_take(&arena, INT64_MAX, 16);
    ck_assert(arena.overflow);
    ck_assert_int_eq(fw_arena_open(&arena, NULL, "a test", &err), FW_E_NOMEM);
    fw_arena_close(&arena);
    struct fw_arena negative = {0};
    fw_arena_take(&negative, -1, 1);
    ck_assert(negative.overflow);
}
END_TEST

START_TEST(test_arena_passes_a_refusal_on)
{
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    mem.fail_at = 1;
    struct fw_arena arena = {0};
    struct fw_error err = {0};
    fw_arena_take(&arena, 10, 1);
    ck_assert_int_eq(fw_arena_open(&arena, &mem, "a test", &err), FW_E_NOMEM);
    ck_assert_ptr_nonnull(strstr(err.message, "a test"));
    fw_arena_close(&arena);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("arena");
    TCase *cases = tcase_create("arena");
    tcase_add_test(cases, test_arena_gives_what_it_measured);
    tcase_add_test(cases, test_arena_refuses_sizes_that_overflow);
    tcase_add_test(cases, test_arena_passes_a_refusal_on);
    suite_add_tcase(suite, cases);
    return suite;
}
