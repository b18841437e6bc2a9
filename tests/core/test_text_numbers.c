#include "core/text.h"

#include <math.h>
#include <string.h>

#include "support/test_main.h"

static const struct {
    double value;
    const char *text;
} written[] = {
    {0, "0"},     {10, "10"},     {20, "20"},      {-100, "-100"},    {999999999999999, "999999999999999"},
    {0.1, "0.1"}, {0.25, "0.25"}, {1e-6, "1e-06"}, {1e300, "1e+300"}, {-2.5, "-2.5"},
};

START_TEST(test_text_numbers_are_written_as_people_do_and_read_back)
{
    char out[32];
    double back;
    int length = fw_text_from_double(out, written[_i].value);
    ck_assert_str_eq(out, written[_i].text);
    ck_assert_int_eq(length, (int)strlen(out));
    ck_assert(fw_text_to_double(fw_text_of(out), &back));
    ck_assert_int_eq(memcmp(&back, &written[_i].value, sizeof back), 0);
}
END_TEST

static const struct {
    float value;
    const char *text;
} floats[] = {
    {0, "0"},
    {-3, "-3"},
    {0.1F, "0.1"},
    {1.5F, "1.5"},
    {1e-6F, "1e-06"},
    {1e-40F, "1e-40"},
    {16777216, "16777216"},
    {3.4028235e38F, "3.4028235e+38"},
    {0.3333333433F, "0.33333334"},
    {1e-45F, "1e-45"},
};

START_TEST(test_text_numbers_of_floats_are_short)
{
    char out[32];
    ck_assert_int_eq(fw_text_from_float(out, floats[_i].value), (int)strlen(floats[_i].text));
    ck_assert_str_eq(out, floats[_i].text);
}
END_TEST

START_TEST(test_text_numbers_of_any_float_read_back)
{
    for (uint64_t i = 0; i < 200000; i++) {
        char out[32];
        float value;
        double back;
        uint32_t bits = (uint32_t)(i * 0x9e3779b97f4a7c15 >> 32);
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        ck_assert_int_le(fw_text_from_float(out, value), 16);
        ck_assert(fw_text_to_double(fw_text_of(out), &back));
        float rounded = (float)back;
        ck_assert_int_eq(memcmp(&rounded, &value, sizeof value), 0);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("text_numbers");
    TCase *cases = tcase_create("text_numbers");
    tcase_add_loop_test(cases, test_text_numbers_are_written_as_people_do_and_read_back, 0,
                        (int)(sizeof written / sizeof written[0]));
    tcase_add_loop_test(cases, test_text_numbers_of_floats_are_short, 0, (int)(sizeof floats / sizeof floats[0]));
    tcase_add_test(cases, test_text_numbers_of_any_float_read_back);
    suite_add_tcase(suite, cases);
    return suite;
}
