#include "search/settings/tune_method.h"

#include <string.h>

#include "support/test_main.h"

/* Li et al. 2018, R = 81 and eta = 3: configurations and epochs of each rung. The first bracket and all epochs are
 * those of their table 1; the further brackets have as many configurations as algorithm 1 says, which the table rounds
 * down.
 */
static const struct {
    int32_t s;
    int64_t n[5], epochs[5];
} published[] = {
    {4, {81, 27, 9, 3, 1}, {1, 3, 9, 27, 81}},
    {3, {34, 11, 3, 1}, {3, 9, 27, 81}},
    {2, {15, 5, 1}, {9, 27, 81}},
    {1, {8, 2}, {27, 81}},
    {0, {5}, {81}},
};

START_TEST(test_tune_method_brackets_are_the_published_ones)
{
    ck_assert_int_eq(fw_tune_hyperband_s_max(81), 4);
    for (int b = 0; b < 5; b++) {
        struct fw_tune_bracket bracket;
        memset(&bracket, 0xA5, sizeof bracket);
        fw_tune_method_hyperband.bracket(&bracket, b, 81);
        ck_assert_int_eq(bracket.n, published[b].n[0]);
        ck_assert_int_eq(bracket.n_rungs, published[b].s + 1);
        for (int32_t i = 0; i < bracket.n_rungs; i++) {
            ck_assert_int_eq(fw_tune_rung_size(bracket.n, i), published[b].n[i]);
            ck_assert_int_eq(bracket.epochs[i], published[b].epochs[i]);
        }
    }
    ck_assert_int_eq(fw_tune_method_hyperband.trials(81), 1 + 81 + 34 + 15 + 8 + 5);
}
END_TEST

START_TEST(test_tune_method_brackets_begin_anew_after_a_round)
{
    for (int64_t number = 0; number < 5; number++) {
        struct fw_tune_bracket first;
        struct fw_tune_bracket again;
        fw_tune_method_hyperband.bracket(&first, number, 81);
        fw_tune_method_hyperband.bracket(&again, number + 10, 81);
        ck_assert_mem_eq(&first, &again, sizeof first);
    }
}
END_TEST

START_TEST(test_tune_method_any_number_of_epochs_gives_sound_brackets)
{
    for (int64_t epochs = 1; epochs <= 10000; epochs += epochs < 100 ? 1 : 97) {
        int32_t s_max = fw_tune_hyperband_s_max(epochs);
        for (int32_t s = s_max; s >= 0; s--) {
            struct fw_tune_bracket bracket;
            fw_tune_hyperband_bracket(&bracket, s, epochs);
            ck_assert_int_ge(bracket.n, 1);
            ck_assert_int_ge(bracket.epochs[0], 1);
            ck_assert_int_eq(bracket.epochs[bracket.n_rungs - 1], epochs);
            for (int32_t i = 1; i < bracket.n_rungs; i++)
                ck_assert_int_gt(bracket.epochs[i], bracket.epochs[i - 1]);
            ck_assert_int_ge(fw_tune_rung_size(bracket.n, bracket.n_rungs - 1), 1);
        }
    }
}
END_TEST

START_TEST(test_tune_method_random_trains_each_in_full)
{
    struct fw_tune_bracket bracket;
    fw_tune_method_random.bracket(&bracket, 7, 40);
    ck_assert_int_eq(bracket.n, 1);
    ck_assert_int_eq(bracket.n_rungs, 1);
    ck_assert_int_eq(bracket.epochs[0], 40);
    ck_assert_int_eq(fw_tune_rung_size(0, 3), 0);
}
END_TEST

START_TEST(test_tune_method_every_entry_is_found_by_its_name)
{
    const struct fw_tune_method *found = NULL;
    struct fw_error told = {0};
    for (const struct fw_tune_method *const *m = fw_tune_method_list(); *m != NULL; m++) {
        ck_assert_int_eq((*m)->api, FW_TUNE_METHOD_API);
        ck_ok(fw_tune_method_find(&found, (*m)->name, err));
        ck_assert_ptr_eq(found, *m);
        ck_assert_int_ge((*m)->trials(1), 1);
    }
    ck_assert_int_eq(fw_tune_method_find(&found, "grid", &told), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(told.message, "hyperband"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("tune_method");
    TCase *cases = tcase_create("tune_method");
    tcase_add_test(cases, test_tune_method_brackets_are_the_published_ones);
    tcase_add_test(cases, test_tune_method_brackets_begin_anew_after_a_round);
    tcase_add_test(cases, test_tune_method_any_number_of_epochs_gives_sound_brackets);
    tcase_add_test(cases, test_tune_method_random_trains_each_in_full);
    tcase_add_test(cases, test_tune_method_every_entry_is_found_by_its_name);
    suite_add_tcase(suite, cases);
    return suite;
}
