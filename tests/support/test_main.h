/* What every test program shares: it defines test_suite(), the main() in this folder runs it. */
#ifndef FW_TESTS_SUPPORT_TEST_MAIN_H
#define FW_TESTS_SUPPORT_TEST_MAIN_H

#include <check.h>

#include "core/status.h"

/* The suite of this program. */
Suite *test_suite(void);

/* Fails the test with the error's own words unless the call succeeds. */
#define ck_ok(call)                                                                                                    \
    do {                                                                                                               \
        struct fw_error ck_ok_error_ = {0};                                                                            \
        struct fw_error *err = &ck_ok_error_;                                                                          \
        enum fw_status ck_ok_status_ = (call);                                                                         \
        ck_assert_msg(ck_ok_status_ == FW_OK, "%s: %s", #call, err->message);                                          \
    } while (0)

#endif
