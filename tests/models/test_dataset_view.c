#include "models/dataset_view.h"

#include "support/test_main.h"

START_TEST(test_dataset_view_values_are_those_of_the_rows)
{
    float first[] = {0, 1, 2, 3, 4, 5};
    float second[] = {10, 11, 12, 13, 14, 15};
    struct fw_value_column columns[] = {{.values = first}, {.values = second}};
    const struct fw_dataset dataset = {.n_rows = 6, .n_values = 2, .values = columns};
    const int64_t index[] = {5, 0, 4, 2};
    struct fw_dataset_view run = {.dataset = &dataset, .row = 1, .n = 4};
    struct fw_dataset_view list = {.dataset = &dataset, .index = index, .row = 1, .n = 3};
    float scratch[4];
    ck_assert_ptr_eq(fw_view_values(&run, 0, 0, 4, scratch), first + 1); /* no copy */
    ck_assert_ptr_eq(fw_view_values(&run, 1, 2, 2, scratch), second + 3);
    const float *values = fw_view_values(&list, 1, 1, 2, scratch);
    ck_assert_ptr_eq(values, scratch);
    ck_assert_float_eq(values[0], 14);
    ck_assert_float_eq(values[1], 12);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("dataset view");
    TCase *cases = tcase_create("dataset view");
    tcase_add_test(cases, test_dataset_view_values_are_those_of_the_rows);
    suite_add_tcase(suite, cases);
    return suite;
}
