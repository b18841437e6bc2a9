#include "models/engine/group.h"

#include <string.h>

#include "core/rng.h"
#include "support/test_main.h"

enum { most = 1500, ids_at_most = 5000, guard = 4 };

START_TEST(test_group_agrees_with_its_plain_twin)
{
    static uint32_t ids[most];
    static uint32_t unique[most + guard];
    static uint32_t slot[most + guard];
    static uint32_t unique_ref[most + guard];
    static uint32_t slot_ref[most + guard];
    static uint32_t map[ids_at_most];
    static uint32_t table[8192 + guard];
    struct fw_rng rng;
    fw_rng_seed(&rng, 3, fw_stream((uint64_t)_i, 0, FW_STREAM_TEST));
    int64_t n = (int64_t)fw_rng_below(&rng, most + 1);
    uint64_t n_ids = 1 + fw_rng_below(&rng, _i % 2 == 0 ? 20 : ids_at_most);
    for (int64_t i = 0; i < n; i++)
        ids[i] = (uint32_t)fw_rng_below(&rng, n_ids);
    int64_t size = fw_group_table_size(n);
    ck_assert_int_ge(size, 4 * n);
    memset(unique, 0xA5, sizeof unique);
    memset(unique_ref, 0xA5, sizeof unique_ref);
    memset(slot, 0xA5, sizeof slot);
    memset(slot_ref, 0xA5, sizeof slot_ref);
    memset(table, 0xA5, sizeof table);
    int64_t n_unique = fw_group_ids(unique, slot, table, size, ids, n, (int64_t)n_ids);
    ck_assert_int_eq(n_unique, fw_group_ids_ref(unique_ref, slot_ref, map, ids, n));
    ck_assert_int_eq(memcmp(unique, unique_ref, sizeof unique), 0); /* sentinels behind the results included */
    ck_assert_int_eq(memcmp(slot, slot_ref, sizeof slot), 0);
    ck_assert_int_eq(memcmp(&table[size], "\xA5\xA5\xA5\xA5", 4), 0);
    for (int64_t i = 0; i < n; i++)
        ck_assert_uint_eq(unique[slot[i]], ids[i]);
    for (int64_t i = 0; i < ids_at_most; i++)
        ck_assert_uint_eq(map[i], 0);
}
END_TEST

START_TEST(test_group_takes_the_largest_ids)
{
    uint32_t ids[] = {UINT32_MAX, 0, UINT32_MAX - 1, UINT32_MAX, 0};
    uint32_t unique[5];
    uint32_t slot[5];
    uint32_t table[64];
    ck_assert_int_eq(fw_group_ids(unique, slot, table, 64, ids, 5, INT64_C(1) << 32), 3);
    ck_assert_uint_eq(unique[0], UINT32_MAX);
    ck_assert_uint_eq(unique[1], 0);
    ck_assert_uint_eq(unique[2], UINT32_MAX - 1);
    ck_assert_uint_eq(slot[3], 0);
    ck_assert_uint_eq(slot[4], 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("group");
    TCase *cases = tcase_create("group");
    tcase_add_loop_test(cases, test_group_agrees_with_its_plain_twin, 0, 60);
    tcase_add_test(cases, test_group_takes_the_largest_ids);
    suite_add_tcase(suite, cases);
    return suite;
}
