#include "core/machine.h"

#include "core/alloc.h"
#include "support/test_main.h"

START_TEST(test_machine_has_memory)
{
    size_t available = fw_machine_memory_available();
    ck_assert_uint_gt(available, FW_MIB);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("machine");
    TCase *cases = tcase_create("machine");
    tcase_add_test(cases, test_machine_has_memory);
    suite_add_tcase(suite, cases);
    return suite;
}
