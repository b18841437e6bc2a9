#include <stdbool.h>

#include "core/json_text.h"
#include "support/test_main.h"

static void check_text(struct fw_text text, bool raw, const char *expected)
{
    struct fw_buffer out;
    fw_buffer_init(&out, NULL);
    if (raw)
        fw_json_put_raw(&out, text);
    else
        fw_json_put_text(&out, text);
    ck_assert_str_eq(out.data, expected);
    fw_buffer_clear(&out);
}

START_TEST(test_json_text_escapes_what_json_cannot_hold)
{
    check_text(fw_text_of("Zürich 東京 😀 a/b"), false, "\"Zürich 東京 😀 a/b\"");
    check_text(fw_text_of("a\"b\\c\td\n"), false, "\"a\\\"b\\\\c\\u0009d\\u000a\"");
    check_text(fw_text_of("caf\xe9 \xff"), false, "\"caf\\udce9 \\udcff\"");
    check_text(fw_text_of("cut \xe6\x9d"), false, "\"cut \\udce6\\udc9d\"");
    check_text((struct fw_text){"a\0b", 3}, false, "\"a\\u0000b\"");
    check_text((struct fw_text){NULL, 0}, false, "\"\"");
    check_text(fw_text_of("{\"a\":\t\"\xe9\"}\n"), true, "{\"a\":\t\"\\udce9\"}\n");
}
END_TEST

START_TEST(test_json_text_numbers_read_back)
{
    struct fw_buffer out;
    fw_buffer_init(&out, NULL);
    fw_json_put_double(&out, 0.1);
    fw_buffer_add(&out, " ", 1);
    fw_json_put_double(&out, -20);
    fw_buffer_add(&out, " ", 1);
    fw_json_put_float(&out, 0.1F);
    fw_buffer_add(&out, " ", 1);
    fw_json_put_float(&out, 3);
    ck_assert_str_eq(out.data, "0.1 -20 0.1 3");
    fw_buffer_clear(&out);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("json_text");
    TCase *cases = tcase_create("json_text");
    tcase_add_test(cases, test_json_text_escapes_what_json_cannot_hold);
    tcase_add_test(cases, test_json_text_numbers_read_back);
    suite_add_tcase(suite, cases);
    return suite;
}
