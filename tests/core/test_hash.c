#include <string.h>

#include "core/hash.h"
#include "support/test_main.h"

/* The published XXH3-64 of the empty input; values are part of file formats. */
START_TEST(test_hash_is_xxh3)
{
    ck_assert_uint_eq(fw_hash_bytes(NULL, 0, 0), UINT64_C(0x2d06800538d394c2));
    ck_assert_uint_eq(fw_hash_text("", 0), UINT64_C(0x2d06800538d394c2));
    ck_assert_uint_ne(fw_hash_text("", 1), fw_hash_text("", 0));
    ck_assert_uint_eq(fw_hash_text("fieldwise", 5), fw_hash_bytes("fieldwise", 9, 5));
}
END_TEST

START_TEST(test_hash_stream_equals_the_whole)
{
    char text[5000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 31);
    uint64_t whole = fw_hash_bytes(text, sizeof text, 0);
    for (size_t piece = 1; piece < 700; piece += 97) {
        struct fw_hash_stream *stream = fw_hash_stream_create();
        for (size_t at = 0; at < sizeof text; at += piece)
            fw_hash_stream_add(stream, text + at, at + piece < sizeof text ? piece : sizeof text - at);
        fw_hash_stream_add(stream, NULL, 0);
        ck_assert_uint_eq(fw_hash_stream_value(stream), whole);
        fw_hash_stream_destroy(stream);
    }
    fw_hash_stream_destroy(NULL);
}
END_TEST

/* Being a bijection is what lets slots and hashed ids spread without loss: undo each step of the mixer. */
START_TEST(test_hash_u64_is_a_bijection)
{
    uint64_t inverse = UINT64_C(0xd6e8feb86659fd93); /* of the multiplier modulo 2^64, by Newton's iteration */
    for (int i = 0; i < 6; i++)
        inverse *= 2 - UINT64_C(0xd6e8feb86659fd93) * inverse;
    for (uint64_t key = 0; key < 100000; key += 7) {
        uint64_t x = fw_hash_u64(key * UINT64_C(0x123456789abcdef1));
        x = (x ^ (x >> 32)) * inverse;
        x = (x ^ (x >> 32)) * inverse;
        x ^= x >> 32;
        ck_assert_uint_eq(x, key * UINT64_C(0x123456789abcdef1));
    }
}
END_TEST

START_TEST(test_hash_u64_spreads_low_bits)
{
    enum { slots = 1024 };
    int count[slots] = {0};
    for (uint64_t key = 0; key < 64 * slots; key++)
        count[fw_hash_u64(key << 20) % slots]++;
    for (int i = 0; i < slots; i++) {
        ck_assert_int_gt(count[i], 20);
        ck_assert_int_lt(count[i], 120);
    }
}
END_TEST

START_TEST(test_hash_combine_minds_the_order)
{
    ck_assert_uint_ne(fw_hash_combine(fw_hash_combine(0, 1), 2), fw_hash_combine(fw_hash_combine(0, 2), 1));
    ck_assert_uint_ne(fw_hash_combine(0, 0), 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("hash");
    TCase *cases = tcase_create("hash");
    tcase_add_test(cases, test_hash_is_xxh3);
    tcase_add_test(cases, test_hash_stream_equals_the_whole);
    tcase_add_test(cases, test_hash_u64_is_a_bijection);
    tcase_add_test(cases, test_hash_u64_spreads_low_bits);
    tcase_add_test(cases, test_hash_combine_minds_the_order);
    suite_add_tcase(suite, cases);
    return suite;
}
