#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "space/cross.h"
#include "support/crossed.h"
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
        ck_ok(fw_cross_map_read(&back, d->n_fields, &reader, NULL, err));
        for (int64_t i = 0; i < d->n_rows; i++)
            ck_assert_uint_eq(id_of_row(map, d, i), id_of_row(back, d, i));
        fw_cross_map_destroy(back);
        for (int64_t byte = 0; byte < buffer.length && byte < 400; byte++) {
            struct fw_error error;
            buffer.data[byte] = (char)(buffer.data[byte] ^ (1 << (byte % 8)));
            reader.at = 0;
            if (fw_cross_map_read(&back, d->n_fields, &reader, NULL, &error) == FW_OK)
                fw_cross_map_destroy(back);
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

Suite *test_suite(void)
{
    Suite *suite = suite_create("cross");
    TCase *cases = tcase_create("cross");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_cross_forms_agree_with_brute_force);
    tcase_add_test(cases, test_cross_hashes_beyond_its_limit_and_says_so);
    tcase_add_test(cases, test_cross_map_survives_writing_and_no_damage_crashes);
    tcase_add_test(cases, test_cross_union_is_a_set);
    suite_add_tcase(suite, cases);
    return suite;
}
