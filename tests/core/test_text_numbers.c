#include "core/text.h"

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

Suite *test_suite(void)
{
    Suite *suite = suite_create("text_numbers");
    TCase *cases = tcase_create("text_numbers");
    tcase_add_loop_test(cases, test_text_numbers_are_written_as_people_do_and_read_back, 0,
                        (int)(sizeof written / sizeof written[0]));
    suite_add_tcase(suite, cases);
    return suite;
}
