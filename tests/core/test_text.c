#include "core/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "support/test_main.h"

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* The number as strtod reads it (tests run in the C locale). */
static void assert_reads_as_strtod(const char *text)
{
    double value = -77;
    ck_assert_msg(fw_text_to_double(fw_text_of(text), &value), "%s", text);
    ck_assert_msg(same_bits(value, strtod(text, NULL)), "%s: %.17g", text, value);
}

START_TEST(test_text_reads_numbers_like_strtod)
{
    static const char *const texts[] = {"0",
                                        "-0",
                                        "+5",
                                        "1.",
                                        ".5",
                                        "-.5e-3",
                                        "1E5",
                                        "1e+5",
                                        "00012",
                                        "123456789012345678901234567890",
                                        "0.1",
                                        "0.029411764705882353",
                                        "9007199254740993",
                                        "1e22",
                                        "1e23",
                                        "8.5e-23",
                                        "2.2250738585072011e-308",
                                        "4.9406564584124654e-324",
                                        "1e-400",
                                        "1.7976931348623157e308",
                                        "0e999",
                                        "0.000000000000000000000000000000000000000000000000000000000001",
                                        "179769313486231570000000000000000000000"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_reads_as_strtod(texts[i]);
}
END_TEST

START_TEST(test_text_reads_random_numbers_like_strtod)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 3, fw_stream(0, 0, FW_STREAM_TEST));
    char text[400];
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = fw_rng_next(&rng);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        if (i % 3 == 0) /* of a usual size */
            value = (fw_rng_uniform(&rng) - 0.5) * pow(10, (double)fw_rng_below(&rng, 20) - 8);
        snprintf(text, sizeof text, "%.*g", 1 + (int)fw_rng_below(&rng, 20), value);
        if (isfinite(strtod(text, NULL))) /* rounding up may leave the range */
            assert_reads_as_strtod(text);
        if (fabs(value) < 1e25) {
            snprintf(text, sizeof text, "%.*f", (int)fw_rng_below(&rng, 25), value);
            assert_reads_as_strtod(text);
        }
    }
}
END_TEST

START_TEST(test_text_refuses_what_is_no_number)
{
    static const char *const texts[] = {"",    " ",    "+",        "-",     ".",      "e5",
                                        "1e",  "1e+",  "1e-",      "0x10",  "nan",    "NaN",
                                        "inf", "-inf", "infinity", "1e999", "-1e999", "1 ",
                                        " 1",  "1,5",  "1.2.3",    "--1",   "1_000",  "1f",
                                        "1d5", "0b1",  "1e5.",     "١",     "1e1e1",  "1e99999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value;
        ck_assert_msg(!fw_text_to_double(fw_text_of(texts[i]), &value), "'%s'", texts[i]);
    }
}
END_TEST

START_TEST(test_text_reads_only_the_given_bytes)
{
    double value;
    ck_assert(fw_text_to_double((struct fw_text){"12345", 2}, &value));
    ck_assert_double_eq(value, 12);
    ck_assert(fw_text_to_double((struct fw_text){"0.0294117647058823530001", 20}, &value));
    ck_assert_double_eq(value, 0.029411764705882353);
    ck_assert(!fw_text_to_double((struct fw_text){NULL, 0}, &value));
}
END_TEST

START_TEST(test_text_writes_numbers_that_read_back)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 4, fw_stream(0, 0, FW_STREAM_TEST));
    char text[32];
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = fw_rng_next(&rng);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (i % 2 == 0)
            value = (double)(int64_t)fw_rng_below(&rng, 2000000) / 1000 - 1000;
        if (!isfinite(value))
            continue;
        int length = fw_text_from_double(text, value);
        ck_assert_int_eq(length, (int)strlen(text));
        ck_assert_int_lt(length, 32);
        ck_assert(fw_text_to_double((struct fw_text){text, (size_t)length}, &back));
        ck_assert_msg(same_bits(value, back), "%.17g became %s", value, text);
    }
}
END_TEST

START_TEST(test_text_writes_short_numbers_shortly)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},           {1, "1"},       {-2.5, "-2.5"},       {0.1, "0.1"},     {100, "100"},
                 {123456, "123456"}, {0.12, "0.12"}, {12.3456, "12.3456"}, {1e300, "1e+300"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[32];
        fw_text_from_double(text, cases[i].value);
        ck_assert_str_eq(text, cases[i].text);
    }
}
END_TEST

START_TEST(test_text_reads_integers)
{
    int64_t value;
    ck_assert(fw_text_to_int(fw_text_of("-9223372036854775808"), &value) && value == INT64_MIN);
    ck_assert(fw_text_to_int(fw_text_of("9223372036854775807"), &value) && value == INT64_MAX);
    ck_assert(fw_text_to_int(fw_text_of("+7"), &value) && value == 7);
    static const char *const bad[] = {"",    "+",   "-",  "9223372036854775808",  "-9223372036854775809",
                                      "1.0", "1e3", " 1", "123456789012345678901"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!fw_text_to_int(fw_text_of(bad[i]), &value), "%s", bad[i]);
}
END_TEST

START_TEST(test_text_reads_sizes_and_durations)
{
    static const struct {
        const char *text;
        size_t bytes;
    } sizes[] = {{"1024", 1024},     {"64MB", 64 * FW_MIB},  {"1.5GiB", 3 * FW_GIB / 2},
                 {"2g", 2 * FW_GIB}, {"16 kb", 16 * FW_KIB}, {"0", 0},
                 {"7B", 7},          {"1TB", 1024 * FW_GIB}};
    static const struct {
        const char *text;
        double seconds;
    } durations[] = {{"90", 90}, {"90s", 90}, {"15m", 900}, {"2h", 7200}, {"500ms", 0.5}, {"1 min", 60}, {"1d", 86400}};
    static const char *const bad[] = {"", "MB", "-1", "-1MB", "1XB", "1 2", "nan", "1e999", "0x1"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t bytes = 77;
        ck_assert_msg(fw_text_to_bytes(fw_text_of(sizes[i].text), &bytes), "%s", sizes[i].text);
        ck_assert_uint_eq(bytes, sizes[i].bytes);
    }
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        double seconds = -1;
        ck_assert_msg(fw_text_to_seconds(fw_text_of(durations[i].text), &seconds), "%s", durations[i].text);
        ck_assert_double_eq(seconds, durations[i].seconds);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t bytes;
        double seconds;
        ck_assert_msg(!fw_text_to_bytes(fw_text_of(bad[i]), &bytes), "%s", bad[i]);
        ck_assert_msg(!fw_text_to_seconds(fw_text_of(bad[i]), &seconds), "%s", bad[i]);
    }
}
END_TEST

START_TEST(test_text_shows_sizes_counts_and_durations)
{
    char out[32];
    ck_assert_str_eq(fw_text_bytes(out, 812), "812 B");
    ck_assert_str_eq(fw_text_bytes(out, 1536), "1.5 KiB");
    ck_assert_str_eq(fw_text_bytes(out, 812.0 * 1024), "812 KiB");
    ck_assert_str_eq(fw_text_bytes(out, 1.5 * 1024 * 1024 * 1024), "1.5 GiB");
    ck_assert_str_eq(fw_text_count(out, 12345678), "12,345,678");
    ck_assert_str_eq(fw_text_count(out, -1234), "-1,234");
    ck_assert_str_eq(fw_text_count(out, 999), "999");
    ck_assert_str_eq(fw_text_count(out, INT64_MIN), "-9,223,372,036,854,775,808");
    ck_assert_str_eq(fw_text_duration(out, 0.012), "12 ms");
    ck_assert_str_eq(fw_text_duration(out, 1.234), "1.23 s");
    ck_assert_str_eq(fw_text_duration(out, 200), "3 min 20 s");
    ck_assert_str_eq(fw_text_duration(out, 7500), "2 h 05 min");
}
END_TEST

START_TEST(test_text_compares_and_trims)
{
    ck_assert(fw_text_equal(fw_text_of(""), (struct fw_text){NULL, 0}));
    ck_assert(!fw_text_equal(fw_text_of("a"), fw_text_of("A")));
    ck_assert(fw_text_equal_ignoring_case(fw_text_of("aBc"), fw_text_of("AbC")));
    ck_assert(!fw_text_equal_ignoring_case(fw_text_of("ab"), fw_text_of("abc")));
    ck_assert(fw_text_equal(fw_text_trim(fw_text_of(" \t a b\t ")), fw_text_of("a b")));
    ck_assert_uint_eq(fw_text_trim(fw_text_of(" \t ")).length, 0);
}
END_TEST

START_TEST(test_text_buffers_grow_and_remember_refusals)
{
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    struct fw_buffer buffer;
    fw_buffer_init(&buffer, &mem);
    for (int i = 0; i < 1000; i++)
        fw_buffer_addf(&buffer, "%d,", i % 10);
    fw_buffer_addf(&buffer, "%600s", "end");
    fw_buffer_add(&buffer, NULL, 0);
    ck_ok(fw_buffer_check(&buffer, err));
    ck_assert_int_eq(buffer.length, 2600);
    ck_assert_uint_eq(strlen(buffer.data), 2600);
    ck_assert_str_eq(buffer.data + 2597, "end");
    mem.fail_at = mem.count + 1;
    fw_buffer_addf(&buffer, "%4000s", "too long");
    fw_buffer_add_text(&buffer, "dropped");
    struct fw_error refusal;
    ck_assert_int_eq(fw_buffer_check(&buffer, &refusal), FW_E_NOMEM);
    ck_assert_int_eq(buffer.length, 2600);
    fw_buffer_clear(&buffer);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

START_TEST(test_text_buffers_are_cut_back)
{
    struct fw_buffer buffer;
    fw_buffer_init(&buffer, NULL);
    fw_buffer_cut(&buffer, 0); /* nothing was added yet */
    fw_buffer_add_text(&buffer, "kept and dropped");
    fw_buffer_cut(&buffer, 100);
    ck_assert_str_eq(buffer.data, "kept and dropped");
    fw_buffer_cut(&buffer, 4);
    ck_assert_str_eq(buffer.data, "kept");
    fw_buffer_add_text(&buffer, "!");
    ck_assert_str_eq(buffer.data, "kept!");
    ck_assert_int_eq(buffer.length, 5);
    fw_buffer_clear(&buffer);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("text");
    TCase *cases = tcase_create("text");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_text_reads_numbers_like_strtod);
    tcase_add_test(cases, test_text_reads_random_numbers_like_strtod);
    tcase_add_test(cases, test_text_refuses_what_is_no_number);
    tcase_add_test(cases, test_text_reads_only_the_given_bytes);
    tcase_add_test(cases, test_text_writes_numbers_that_read_back);
    tcase_add_test(cases, test_text_writes_short_numbers_shortly);
    tcase_add_test(cases, test_text_reads_integers);
    tcase_add_test(cases, test_text_reads_sizes_and_durations);
    tcase_add_test(cases, test_text_shows_sizes_counts_and_durations);
    tcase_add_test(cases, test_text_compares_and_trims);
    tcase_add_test(cases, test_text_buffers_grow_and_remember_refusals);
    tcase_add_test(cases, test_text_buffers_are_cut_back);
    suite_add_tcase(suite, cases);
    return suite;
}
