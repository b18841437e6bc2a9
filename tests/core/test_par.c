#include <string.h>

#include "core/par.h"
#include "support/test_main.h"

START_TEST(test_par_failure_of_the_lowest_index_counts)
{
    for (int round = 0; round < 50; round++) {
        struct fw_par_failure failure = {0};
        struct fw_error error = {0};
        ck_assert_int_eq(fw_par_failure_status(&failure, &error), FW_OK);
#pragma omp parallel for schedule(dynamic) num_threads(4)
        for (int64_t i = 0; i < 100; i++) {
            struct fw_error own = {0};
            enum fw_status status = FW_OK;
            if (i % 7 == 3)
                status = fw_error_set(&own, i == 3 ? FW_E_INPUT : FW_E_NOMEM, "pass %lld", (long long)i);
            fw_par_failure_note(&failure, i, status, &own);
        }
        ck_assert_int_eq(fw_par_failure_status(&failure, &error), FW_E_INPUT);
        ck_assert_str_eq(error.message, "pass 3");
    }
}
END_TEST

START_TEST(test_par_levels_never_multiply)
{
    ck_assert_int_eq(fw_par_threads(3), 3);
    ck_assert_int_ge(fw_par_threads(0), 1);
    int inner = 0;
#pragma omp parallel num_threads(2)
    {
#pragma omp critical
        inner = fw_par_threads(8) > inner ? fw_par_threads(8) : inner;
    }
    ck_assert_int_eq(inner, 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("par");
    TCase *cases = tcase_create("par");
    tcase_add_test(cases, test_par_failure_of_the_lowest_index_counts);
    tcase_add_test(cases, test_par_levels_never_multiply);
    suite_add_tcase(suite, cases);
    return suite;
}
