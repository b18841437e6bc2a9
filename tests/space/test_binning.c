#include <math.h>
#include <string.h>

#include "space/binning.h"
#include "space/dataset.h"
#include "support/test_main.h"

enum { many = 1000 };

static struct fw_binning learn(enum fw_binning_kind kind, const double *values, int64_t n, const int32_t *bins,
                               int32_t n_granularities)
{
    double copy[many];
    struct fw_binning binning;
    ck_assert_int_le(n, many);
    if (n > 0)
        memcpy(copy, values, (size_t)n * sizeof *copy);
    ck_ok(fw_binning_learn(&binning, kind, copy, n, bins, n_granularities, NULL, err));
    return binning;
}

static uint32_t id_of(const struct fw_binning *binning, int32_t granularity, double value)
{
    return binning->ids[granularity][fw_binning_interval(binning, value)];
}

static void assert_cuts(const struct fw_binning *binning, int32_t granularity, const double *expected, int64_t n)
{
    double cuts[many];
    ck_assert_int_eq(binning->n_ids[granularity], FW_ID_FIRST + n + 1);
    ck_assert_int_eq(fw_binning_cuts(binning, granularity, cuts), n);
    for (int64_t i = 0; i < n; i++)
        ck_assert_double_eq(cuts[i], expected[i]);
}

START_TEST(test_binning_never_cuts_a_tie)
{
    /* the tie of six takes the first bin; the four rows left are halved */
    const double values[] = {3, 1, 1, 5, 1, 2, 1, 4, 1, 1};
    const int32_t bins[] = {3};
    const double cuts[] = {1.5, 3.5};
    struct fw_binning binning = learn(FW_BINNING_FREQUENCY, values, 10, bins, 1);
    assert_cuts(&binning, 0, cuts, 2);
    const uint32_t ids[] = {2, 3, 3, 4, 4};
    for (int v = 1; v <= 5; v++)
        ck_assert_uint_eq(id_of(&binning, 0, v), ids[v - 1]);
    fw_binning_clear(&binning);
}
END_TEST

START_TEST(test_binning_huge_tie_does_not_starve_the_bins_behind_it)
{
    double values[100] = {0};
    const int32_t bins[] = {3};
    const double cuts[] = {0.5, 1.5};
    values[10] = 1;
    values[20] = 2;
    values[30] = 3;
    struct fw_binning binning = learn(FW_BINNING_FREQUENCY, values, 100, bins, 1);
    assert_cuts(&binning, 0, cuts, 2);
    fw_binning_clear(&binning);
}
END_TEST

START_TEST(test_binning_few_values_get_a_bin_each_and_repeats_are_dropped)
{
    const double values[] = {9, 5, 7, 5};
    const int32_t bins[] = {3, 20, 200};
    const double cuts[] = {6, 8};
    struct fw_binning binning = learn(FW_BINNING_FREQUENCY, values, 4, bins, 3);
    ck_assert_int_eq(binning.n_granularities, 1);
    ck_assert_int_eq(binning.bins[0], 3);
    assert_cuts(&binning, 0, cuts, 2);
    ck_assert_uint_eq(id_of(&binning, 0, -INFINITY), 2);
    ck_assert_uint_eq(id_of(&binning, 0, 5), 2);
    ck_assert_uint_eq(id_of(&binning, 0, 7), 3);
    ck_assert_uint_eq(id_of(&binning, 0, 9), 4);
    ck_assert_uint_eq(id_of(&binning, 0, INFINITY), 4);
    fw_binning_clear(&binning);
}
END_TEST

START_TEST(test_binning_one_value_or_none_is_one_bin)
{
    const double values[] = {4, 4, 4};
    const int32_t bins[] = {2, 10};
    for (int kind = FW_BINNING_FREQUENCY; kind <= FW_BINNING_WIDTH; kind++) {
        for (int64_t n = 0; n <= 3; n += 3) {
            struct fw_binning binning = learn((enum fw_binning_kind)kind, values, n, bins, 2);
            ck_assert_int_eq(binning.n_granularities, 1);
            assert_cuts(&binning, 0, NULL, 0);
            ck_assert_uint_eq(id_of(&binning, 0, -1), FW_ID_FIRST);
            ck_assert_uint_eq(id_of(&binning, 0, 1e300), FW_ID_FIRST);
            fw_binning_clear(&binning);
        }
    }
}
END_TEST

START_TEST(test_binning_distinct_values_fill_bins_equally)
{
    double values[many];
    int64_t rows[10] = {0};
    const int32_t bins[] = {10};
    for (int i = 0; i < many; i++)
        values[i] = (i * 387) % many; /* a permutation */
    struct fw_binning binning = learn(FW_BINNING_FREQUENCY, values, many, bins, 1);
    ck_assert_int_eq(binning.n_ids[0], FW_ID_FIRST + 10);
    for (int i = 0; i < many; i++)
        rows[id_of(&binning, 0, values[i]) - FW_ID_FIRST]++;
    for (int b = 0; b < 10; b++)
        ck_assert_int_eq(rows[b], many / 10);
    fw_binning_clear(&binning);
}
END_TEST

START_TEST(test_binning_parts_neighbouring_and_extreme_numbers)
{
    const double values[] = {1, nextafter(1, 2), -0x1p1023, 0x1p1023};
    const int32_t bins[] = {4};
    struct fw_binning binning = learn(FW_BINNING_FREQUENCY, values, 4, bins, 1);
    ck_assert_uint_eq(id_of(&binning, 0, -0x1p1023), 2);
    ck_assert_uint_eq(id_of(&binning, 0, 1), 3);
    ck_assert_uint_eq(id_of(&binning, 0, nextafter(1, 2)), 4);
    ck_assert_uint_eq(id_of(&binning, 0, 0x1p1023), 5);
    fw_binning_clear(&binning);
    const double wide_cuts[] = {-0x1p1022, 0, 0x1p1022};
    binning = learn(FW_BINNING_WIDTH, values, 4, bins, 1);
    assert_cuts(&binning, 0, wide_cuts, 3);
    fw_binning_clear(&binning);
}
END_TEST

START_TEST(test_binning_equal_width_splits_the_range)
{
    const double values[] = {10, 0, 1};
    const int32_t bins[] = {5};
    const double cuts[] = {2, 4, 6, 8};
    struct fw_binning binning = learn(FW_BINNING_WIDTH, values, 3, bins, 1);
    assert_cuts(&binning, 0, cuts, 4);
    ck_assert_uint_eq(id_of(&binning, 0, -1), 2);
    ck_assert_uint_eq(id_of(&binning, 0, 2), 2);
    ck_assert_uint_eq(id_of(&binning, 0, 2.1), 3);
    ck_assert_uint_eq(id_of(&binning, 0, 10), 6);
    ck_assert_uint_eq(id_of(&binning, 0, 99), 6);
    fw_binning_clear(&binning);
}
END_TEST

/* Three granularities whose cut points do not nest: 1..12 in 2, 3 and 4 bins. */
static struct fw_binning learn_three(void)
{
    double values[12];
    const int32_t bins[] = {2, 3, 4};
    for (int i = 0; i < 12; i++)
        values[i] = i + 1;
    return learn(FW_BINNING_FREQUENCY, values, 12, bins, 3);
}

START_TEST(test_binning_granularities_share_one_search)
{
    struct fw_binning binning = learn_three();
    const double halves[] = {6.5};
    const double thirds[] = {4.5, 8.5};
    const double quarters[] = {3.5, 6.5, 9.5};
    ck_assert_int_eq(binning.n_cuts, 5);
    assert_cuts(&binning, 0, halves, 1);
    assert_cuts(&binning, 1, thirds, 2);
    assert_cuts(&binning, 2, quarters, 3);
    for (int v = 1; v <= 12; v++) {
        ck_assert_uint_eq(id_of(&binning, 0, v), FW_ID_FIRST + (uint32_t)(v - 1) / 6);
        ck_assert_uint_eq(id_of(&binning, 1, v), FW_ID_FIRST + (uint32_t)(v - 1) / 4);
        ck_assert_uint_eq(id_of(&binning, 2, v), FW_ID_FIRST + (uint32_t)(v - 1) / 3);
    }
    fw_binning_clear(&binning);
}
END_TEST

START_TEST(test_binning_keep_leaves_the_others_as_they_are)
{
    for (uint32_t keep = 1; keep < 8; keep++) {
        struct fw_binning all = learn_three();
        struct fw_binning some = learn_three();
        int32_t kept = 0;
        fw_binning_keep(&some, keep);
        for (int32_t g = 0; g < 3; g++) {
            if ((keep >> g & 1) == 0)
                continue;
            ck_assert_int_eq(some.bins[kept], all.bins[g]);
            ck_assert_int_eq(some.n_ids[kept], all.n_ids[g]);
            for (double v = 0; v < 14; v += 0.5)
                ck_assert_uint_eq(id_of(&some, kept, v), id_of(&all, g, v));
            kept++;
        }
        ck_assert_int_eq(some.n_granularities, kept);
        fw_binning_clear(&all);
        fw_binning_clear(&some);
    }
}
END_TEST

static enum fw_status read_back(struct fw_binning *out, const char *bytes, size_t size)
{
    struct fw_error err = {0};
    struct fw_bytes_reader reader = {(const unsigned char *)bytes, size, 0, "a binning"};
    enum fw_status status = fw_binning_read(out, &reader, NULL, &err);
    ck_assert(status != FW_OK || reader.at == size);
    return status;
}

START_TEST(test_binning_survives_writing)
{
    for (uint32_t keep = 1; keep < 8; keep++) {
        struct fw_binning binning = learn_three();
        struct fw_binning back;
        struct fw_buffer first;
        struct fw_buffer second;
        fw_binning_keep(&binning, keep);
        fw_buffer_init(&first, NULL);
        fw_buffer_init(&second, NULL);
        fw_binning_write(&binning, &first);
        ck_assert_int_eq(read_back(&back, first.data, (size_t)first.length), FW_OK);
        fw_binning_write(&back, &second);
        ck_assert_int_eq(first.length, second.length);
        ck_assert_mem_eq(first.data, second.data, (size_t)first.length);
        ck_assert_uint_eq(id_of(&back, 0, 7), id_of(&binning, 0, 7));
        fw_buffer_clear(&first);
        fw_buffer_clear(&second);
        fw_binning_clear(&binning);
        fw_binning_clear(&back);
    }
}
END_TEST

/* Overwrites n bytes at a place, expects damage to be seen, and puts the bytes back. */
static void assert_damage_is_seen(struct fw_buffer *buffer, size_t at, const void *bytes, size_t n)
{
    char kept[8];
    struct fw_binning back;
    memcpy(kept, buffer->data + at, n);
    memcpy(buffer->data + at, bytes, n);
    ck_assert_msg(read_back(&back, buffer->data, (size_t)buffer->length) == FW_E_CORRUPT, "byte %zu", at);
    memcpy(buffer->data + at, kept, n);
}

START_TEST(test_binning_sees_damaged_bytes)
{
    struct fw_binning binning = learn_three();
    struct fw_binning back;
    struct fw_buffer buffer;
    fw_buffer_init(&buffer, NULL);
    fw_binning_write(&binning, &buffer);
    for (int64_t size = 0; size < buffer.length; size++)
        ck_assert_int_eq(read_back(&back, buffer.data, (size_t)size), FW_E_CORRUPT);
    const uint32_t counts[] = {0, FW_BINNING_MAX_GRANULARITIES + 1, UINT32_MAX};
    for (int i = 0; i < 3; i++)
        assert_damage_is_seen(&buffer, 0, &counts[i], sizeof counts[i]);
    const uint64_t n_cuts = UINT64_MAX / 8;
    assert_damage_is_seen(&buffer, 4, &n_cuts, sizeof n_cuts);
    const double cuts[] = {NAN, INFINITY, -1, 4.5};
    for (int i = 0; i < 4; i++) /* the second of 3.5, 4.5, 6.5, ...; then the third, repeating it */
        assert_damage_is_seen(&buffer, i < 3 ? 20 : 28, &cuts[i], sizeof cuts[i]);
    size_t granularity = 12 + 5 * sizeof(double);
    const uint32_t bins[] = {0, UINT32_MAX};
    for (int i = 0; i < 2; i++)
        assert_damage_is_seen(&buffer, granularity, &bins[i], sizeof bins[i]);
    const uint64_t n_ids[] = {0, 3, 5, UINT64_MAX};
    for (int i = 0; i < 4; i++)
        assert_damage_is_seen(&buffer, granularity + 4, &n_ids[i], sizeof n_ids[i]);
    const uint32_t ids[] = {0, FW_ID_MISSING, 4, UINT32_MAX};
    for (int i = 0; i < 4; i++)
        assert_damage_is_seen(&buffer, granularity + 12, &ids[i], sizeof ids[i]);
    fw_buffer_clear(&buffer);
    fw_binning_clear(&binning);
}
END_TEST

START_TEST(test_binning_flipped_bits_are_seen_or_leave_a_sound_binning)
{
    struct fw_binning binning = learn_three();
    struct fw_buffer buffer;
    int64_t seen = 0;
    fw_buffer_init(&buffer, NULL);
    fw_binning_write(&binning, &buffer);
    for (int64_t bit = 0; bit < buffer.length * 8; bit++) {
        struct fw_binning back;
        buffer.data[bit / 8] = (char)(buffer.data[bit / 8] ^ (1 << (bit % 8)));
        struct fw_error err = {0};
        struct fw_bytes_reader reader = {(unsigned char *)buffer.data, (size_t)buffer.length, 0, "a binning"};
        enum fw_status status = fw_binning_read(&back, &reader, NULL, &err);
        buffer.data[bit / 8] = (char)(buffer.data[bit / 8] ^ (1 << (bit % 8)));
        if (status != FW_OK) {
            ck_assert_int_eq(status, FW_E_CORRUPT);
            seen++;
            continue;
        }
        for (int32_t g = 0; g < back.n_granularities; g++) {
            for (double v = -1; v < 14; v++)
                ck_assert(id_of(&back, g, v) >= FW_ID_FIRST && id_of(&back, g, v) < back.n_ids[g]);
        }
        fw_binning_clear(&back);
    }
    ck_assert_int_gt(seen, buffer.length * 4);
    fw_buffer_clear(&buffer);
    fw_binning_clear(&binning);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("binning");
    TCase *cases = tcase_create("binning");
    tcase_add_test(cases, test_binning_never_cuts_a_tie);
    tcase_add_test(cases, test_binning_huge_tie_does_not_starve_the_bins_behind_it);
    tcase_add_test(cases, test_binning_few_values_get_a_bin_each_and_repeats_are_dropped);
    tcase_add_test(cases, test_binning_one_value_or_none_is_one_bin);
    tcase_add_test(cases, test_binning_distinct_values_fill_bins_equally);
    tcase_add_test(cases, test_binning_parts_neighbouring_and_extreme_numbers);
    tcase_add_test(cases, test_binning_equal_width_splits_the_range);
    tcase_add_test(cases, test_binning_granularities_share_one_search);
    tcase_add_test(cases, test_binning_keep_leaves_the_others_as_they_are);
    tcase_add_test(cases, test_binning_survives_writing);
    tcase_add_test(cases, test_binning_sees_damaged_bytes);
    tcase_add_test(cases, test_binning_flipped_bits_are_seen_or_leave_a_sound_binning);
    suite_add_tcase(suite, cases);
    return suite;
}
