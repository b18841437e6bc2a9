#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/rng.h"
#include "space/cross.h"
#include "support/crossed.h"
#include "support/planted.h"
#include "support/test_main.h"

static struct fw_cross_map *learn(const struct fw_dataset *d, const struct fw_cross_options *options)
{
    struct fw_cross cross = {3, {0, 2, 4}};
    struct fw_cross_map *map = NULL;
    ck_ok(fw_cross_map_learn(&map, d, &cross, options, NULL, err));
    return map;
}

/* How many rows share the combination of row i. */
static int64_t brute_count(const struct fw_dataset *d, int64_t i)
{
    int64_t n = 0;
    for (int64_t k = 0; k < d->n_rows; k++)
        n += fw_field_id(&d->fields[0], k) == fw_field_id(&d->fields[0], i) &&
             fw_field_id(&d->fields[2], k) == fw_field_id(&d->fields[2], i) &&
             fw_field_id(&d->fields[4], k) == fw_field_id(&d->fields[4], i);
    return n;
}

static uint32_t id_of_row(const struct fw_cross_map *map, const struct fw_dataset *d, int64_t i)
{
    uint32_t ids[3] = {fw_field_id(&d->fields[0], i), fw_field_id(&d->fields[2], i), fw_field_id(&d->fields[4], i)};
    return fw_cross_map_id(map, ids);
}

START_TEST(test_cross_forms_agree_with_brute_force)
{
    struct fw_dataset *d = crossed_dataset(4, 1, 5);
    for (int form = 0; form < 2; form++) {
        struct fw_cross_options options;
        fw_cross_options_init(&options);
        options.min_count = 12;
        if (form == 1)
            options.dense_limit = 4;
        struct fw_cross_map *map = learn(d, &options);
        struct fw_field field;
        ck_assert_int_eq(fw_cross_map_form(map), form == 0 ? FW_CROSS_DENSE : FW_CROSS_DICTIONARY);
        ck_ok(fw_cross_map_apply(&field, map, d, NULL, err));
        ck_assert_str_eq(field.name, "f0 x f2 x f4");
        int64_t best = 0;
        uint32_t first_id = 0;
        for (int64_t i = 0; i < d->n_rows; i += 7) {
            uint32_t id = id_of_row(map, d, i);
            int64_t count = brute_count(d, i);
            ck_assert_uint_eq(id, fw_field_id(&field, i));
            ck_assert_int_eq(id == FW_ID_UNKNOWN, count < 12);
            if (count > best) {
                best = count;
                first_id = id;
            }
        }
        ck_assert_uint_le(first_id, 8); /* the most frequent combinations have the lowest ids */
        fw_field_clear(&field, NULL);
        fw_cross_map_destroy(map);
    }
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_cross_hashes_beyond_its_limit_and_says_so)
{
    struct fw_dataset *d = crossed_dataset(4, 1, 5);
    struct fw_cross_options options;
    fw_cross_options_init(&options);
    options.dictionary_limit = 50;
    struct fw_cross_map *map = learn(d, &options);
    ck_assert_int_eq(fw_cross_map_form(map), FW_CROSS_HASHED);
    ck_assert(fw_cross_map_collision(map) > 0 && fw_cross_map_collision(map) <= 0.02);
    ck_assert_int_ge(fw_cross_map_size(map), 240 * 50 / 2);
    fw_cross_map_destroy(map);
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_cross_map_survives_writing_and_no_damage_crashes)
{
    struct fw_dataset *d = crossed_dataset(6, 1, 5);
    int64_t n_ids[crossed_fields];
    for (int32_t f = 0; f < d->n_fields; f++)
        n_ids[f] = d->fields[f].n_ids;
    for (int form = 0; form < 3; form++) {
        struct fw_cross_options options;
        struct fw_buffer buffer;
        struct fw_cross_map *back = NULL;
        fw_cross_options_init(&options);
        options.dense_limit = form == 0 ? 65536 : 4;
        options.dictionary_limit = form == 2 ? 50 : 100000;
        struct fw_cross_map *map = learn(d, &options);
        fw_buffer_init(&buffer, NULL);
        fw_cross_map_write(map, &buffer);
        struct fw_bytes_reader reader = {(unsigned char *)buffer.data, (size_t)buffer.length, 0, "a cross"};
        ck_ok(fw_cross_map_read(&back, n_ids, d->n_fields, &reader, NULL, err));
        for (int64_t i = 0; i < d->n_rows; i++)
            ck_assert_uint_eq(id_of_row(map, d, i), id_of_row(back, d, i));
        fw_cross_map_destroy(back);
        for (int64_t byte = 0; byte < buffer.length && byte < 400; byte++) {
            struct fw_error error;
            buffer.data[byte] = (char)(buffer.data[byte] ^ (1 << (byte % 8)));
            reader.at = 0;
            if (fw_cross_map_read(&back, n_ids, d->n_fields, &reader, NULL, &error) == FW_OK) {
                for (int64_t i = 0; i < d->n_rows; i += 100) /* a map that is taken must be safe to use */
                    ck_assert_int_lt(id_of_row(back, d, i), fw_cross_map_size(back));
                fw_cross_map_destroy(back);
            }
            buffer.data[byte] = (char)(buffer.data[byte] ^ (1 << (byte % 8)));
        }
        fw_buffer_clear(&buffer);
        fw_cross_map_destroy(map);
    }
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_cross_union_is_a_set)
{
    struct fw_cross a = {2, {1, 4}};
    struct fw_cross b = {3, {0, 4, 7}};
    struct fw_cross u = fw_cross_union(&a, &b);
    struct fw_cross v = fw_cross_union(&b, &a);
    ck_assert_int_eq(u.order, 4);
    ck_assert(fw_cross_equal(&u, &v));
    ck_assert(!fw_cross_equal(&u, &a));
    ck_assert_int_eq(u.fields[0], 0);
    ck_assert_int_eq(u.fields[3], 7);
}
END_TEST

enum { wide_fields = 8, wide_rows = 1500 };

/* Eight fields; `n_ids` of each sets how many combinations are possible. */
static struct fw_dataset *wide_dataset(int64_t n_ids, uint64_t seed)
{
    struct planted_options options = {
        .n_rows = wide_rows, .n_fields = wide_fields, .n_ids = {n_ids}, .power = 3, .n_folds = 3, .seed = seed};
    return planted_create(&options, NULL);
}

static void members_of_row(uint32_t *ids, const struct fw_cross *cross, const struct fw_dataset *d, int64_t row)
{
    for (int32_t m = 0; m < cross->order; m++)
        ids[m] = fw_field_id(&d->fields[cross->fields[m]], row);
}

/* Training rows with the combination of each row, pair by pair. */
static void count_pairwise(int64_t *counts, const struct fw_cross *cross, const struct fw_dataset *d)
{
    static uint32_t ids[wide_rows][FW_CROSS_MAX_ORDER];
    size_t size = (size_t)cross->order * sizeof ids[0][0];
    for (int64_t i = 0; i < d->n_rows; i++)
        members_of_row(ids[i], cross, d, i);
    for (int64_t i = 0; i < d->n_rows; i++) {
        counts[i] = 0;
        for (int64_t k = fw_dataset_train_start(d); k < d->n_rows; k++)
            counts[i] += memcmp(ids[i], ids[k], size) == 0;
    }
}

/* The key of a combination as the header defines it. */
static uint64_t key_of(const struct fw_cross_map *map, const struct fw_dataset *d, const uint32_t *ids)
{
    const struct fw_cross *cross = fw_cross_map_cross(map);
    uint64_t key = ids[0];
    for (int32_t m = 1; m < cross->order; m++)
        key = fw_cross_map_has_exact_keys(map) ? key * (uint64_t)d->fields[cross->fields[m]].n_ids + ids[m]
                                               : fw_hash_combine(key, ids[m]);
    return fw_cross_map_has_exact_keys(map) ? key : key >> 1;
}

/* The keys that a map gives are those of its ids. */
static void assert_keys(const struct fw_cross_map *map, const struct fw_dataset *d)
{
    static uint64_t keys[wide_rows];
    ck_assert_int_le(fw_cross_map_size(map), wide_rows);
    fw_cross_map_keys(map, keys);
    for (int64_t i = 0; i < d->n_rows; i++) {
        uint32_t ids[FW_CROSS_MAX_ORDER];
        members_of_row(ids, fw_cross_map_cross(map), d, i);
        uint32_t id = fw_cross_map_id(map, ids);
        ck_assert(id == FW_ID_UNKNOWN || keys[id - 1] == key_of(map, d, ids));
    }
}

/* Every row against every other: ids are dense, one for each combination that is frequent enough, in falling
 * frequency; all others are unknown. */
static void assert_exact(const struct fw_cross_map *map, const struct fw_dataset *d, int64_t min_count)
{
    const struct fw_cross *cross = fw_cross_map_cross(map);
    static int64_t counts[wide_rows];
    static uint32_t first_row[wide_rows + 1]; /* of an id, plus one */
    int64_t found = 0;
    count_pairwise(counts, cross, d);
    memset(first_row, 0, sizeof first_row);
    for (int64_t i = 0; i < d->n_rows; i++) {
        uint32_t ids[FW_CROSS_MAX_ORDER];
        uint32_t first[FW_CROSS_MAX_ORDER];
        members_of_row(ids, cross, d, i);
        uint32_t id = fw_cross_map_id(map, ids);
        ck_assert_int_eq(id != FW_ID_UNKNOWN, counts[i] >= min_count);
        ck_assert_int_lt(id, fw_cross_map_size(map));
        if (id == FW_ID_UNKNOWN)
            continue;
        if (first_row[id] == 0) {
            first_row[id] = (uint32_t)i + 1;
            found++;
        }
        members_of_row(first, cross, d, first_row[id] - 1);
        ck_assert_mem_eq(ids, first, (size_t)cross->order * sizeof ids[0]);
    }
    ck_assert_int_eq(found, fw_cross_map_size(map) - 1);
    assert_keys(map, d);
    for (int64_t id = 2; id <= found; id++)
        ck_assert_int_ge(counts[first_row[id - 1] - 1], counts[first_row[id] - 1]);
}

START_TEST(test_cross_ids_are_exact_by_falling_frequency)
{
    const struct fw_cross crosses[] = {{2, {1, 6}}, {3, {0, 2, 7}}, {8, {0, 1, 2, 3, 4, 5, 6, 7}}};
    for (int c = 0; c < 3; c++) {
        for (int form = 0; form < 4; form++) { /* dense or not; all rows train, or those from the second fold on */
            struct fw_dataset *d = wide_dataset(c < 2 ? 9 : 2, (uint64_t)(10 * c + form));
            struct fw_cross_options options;
            struct fw_cross_map *map = NULL;
            fw_cross_options_init(&options);
            options.min_count = 1 + form;
            options.dense_limit = form % 2 == 0 ? 1 << 16 : 4;
            d->n_judged = form < 2 ? d->n_folds : 1;
            ck_ok(fw_cross_map_learn(&map, d, &crosses[c], &options, NULL, err));
            ck_assert_int_eq(fw_cross_map_form(map), form % 2 == 0 ? FW_CROSS_DENSE : FW_CROSS_DICTIONARY);
            ck_assert_double_eq(fw_cross_map_collision(map), 0);
            assert_exact(map, d, options.min_count);
            fw_cross_map_destroy(map);
            fw_dataset_destroy(d);
        }
    }
}
END_TEST

START_TEST(test_cross_beyond_64_bits_of_combinations_is_exact)
{
    const struct fw_cross cross = {8, {0, 1, 2, 3, 4, 5, 6, 7}}; /* 1000^8 is about 2^80 */
    struct fw_dataset *d = wide_dataset(1000, 5);
    for (int64_t i = 0; i < d->n_rows; i += 3) { /* some combinations twice and more */
        for (int32_t f = 0; f < d->n_fields; f++) {
            uint32_t id = fw_field_id(&d->fields[f], i % 7);
            fw_field_write(&d->fields[f], i, 1, &id);
        }
    }
    for (int64_t min_count = 1; min_count <= 2; min_count++) {
        struct fw_cross_options options;
        struct fw_cross_map *map = NULL;
        fw_cross_options_init(&options);
        options.min_count = min_count;
        ck_ok(fw_cross_map_learn(&map, d, &cross, &options, NULL, err));
        ck_assert_int_eq(fw_cross_map_form(map), FW_CROSS_DICTIONARY);
        assert_exact(map, d, min_count);
        fw_cross_map_destroy(map);
    }
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_cross_map_of_other_field_sizes_is_damage)
{
    struct fw_dataset *d = crossed_dataset(6, 1, 5);
    struct fw_cross_options options;
    struct fw_buffer buffer;
    struct fw_cross_map *back = NULL;
    struct fw_error error;
    int64_t n_ids[crossed_fields];
    fw_cross_options_init(&options);
    struct fw_cross_map *map = learn(d, &options);
    fw_buffer_init(&buffer, NULL);
    fw_cross_map_write(map, &buffer);
    for (int32_t wrong = 0; wrong < crossed_fields; wrong += 2) { /* the members are 0, 2 and 4 */
        for (int32_t f = 0; f < d->n_fields; f++)
            n_ids[f] = d->fields[f].n_ids + (f == wrong);
        struct fw_bytes_reader reader = {(unsigned char *)buffer.data, (size_t)buffer.length, 0, "a cross"};
        ck_assert_int_eq(fw_cross_map_read(&back, n_ids, d->n_fields, &reader, NULL, &error), FW_E_CORRUPT);
    }
    fw_buffer_clear(&buffer);
    fw_cross_map_destroy(map);
    fw_dataset_destroy(d);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cross");
    TCase *cases = tcase_create("cross");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_cross_forms_agree_with_brute_force);
    tcase_add_test(cases, test_cross_hashes_beyond_its_limit_and_says_so);
    tcase_add_test(cases, test_cross_map_survives_writing_and_no_damage_crashes);
    tcase_add_test(cases, test_cross_union_is_a_set);
    tcase_add_test(cases, test_cross_ids_are_exact_by_falling_frequency);
    tcase_add_test(cases, test_cross_beyond_64_bits_of_combinations_is_exact);
    tcase_add_test(cases, test_cross_map_of_other_field_sizes_is_damage);
    suite_add_tcase(suite, cases);
    return suite;
}
