#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "support/test_main.h"

struct heard {
    int lines;
    enum fw_log_level level;
    char last[FW_ERROR_MESSAGE_SIZE];
};

static void hear(void *user, enum fw_log_level level, const char *line)
{
    struct heard *heard = user;
    heard->lines++;
    heard->level = level;
    snprintf(heard->last, sizeof heard->last, "%s", line);
}

START_TEST(test_log_hands_on_one_escaped_line)
{
    struct heard heard = {0};
    struct fw_log log = {.emit = hear, .user = &heard};
    fw_log_write(&log, FW_LOG_STEP, "row %d: '%s'", 7, "a\n\033[31mred");
    ck_assert_int_eq(heard.lines, 1);
    ck_assert_int_eq(heard.level, FW_LOG_STEP);
    ck_assert_str_eq(heard.last, "row 7: 'a\\x0a\\x1b[31mred'");
}
END_TEST

START_TEST(test_log_without_a_listener_is_silent)
{
    struct fw_log log = {0};
    fw_log_write(&log, FW_LOG_WARNING, "%d", 1);
    fw_log_write(NULL, FW_LOG_WARNING, "%d", 1);
}
END_TEST

START_TEST(test_log_cuts_endless_lines)
{
    struct heard heard = {0};
    struct fw_log log = {.emit = hear, .user = &heard};
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    fw_log_write(&log, FW_LOG_RUN, "%s", text);
    ck_assert_uint_lt(strlen(heard.last), FW_ERROR_MESSAGE_SIZE);
    ck_assert_uint_gt(strlen(heard.last), 1000);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("log");
    TCase *cases = tcase_create("log");
    tcase_add_test(cases, test_log_hands_on_one_escaped_line);
    tcase_add_test(cases, test_log_without_a_listener_is_silent);
    tcase_add_test(cases, test_log_cuts_endless_lines);
    suite_add_tcase(suite, cases);
    return suite;
}
