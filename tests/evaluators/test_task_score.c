#include "evaluators/task_score.h"

#include <math.h>
#include <string.h>

#include "support/test_main.h"

static const struct fw_reading readings[] = {
    {.name = "income", .kind = FW_READ_PROBABILITY, .output = 0, .task = 0, .given = -1, .judged = true},
    {.name = "age", .kind = FW_READ_NUMBER, .output = 1, .task = 1, .given = -1, .judged = true},
    {.name = "side", .kind = FW_READ_PROBABILITY, .output = 2, .task = 2, .given = -1},
};
enum { n_readings = sizeof readings / sizeof readings[0] };

static const struct fw_task_metrics metrics[] = {
    {.rows = 9, .weight = 9, .classes = {.auc = 0.8, .logloss = 0.4, .accuracy = 0.7}},
    {.rows = 9, .weight = 9, .number = {.mse = 4, .rmse = 2, .mae = 1.5, .relative_mse = 0.25, .r2 = 0.75}},
    {.rows = 9, .weight = 9, .classes = {.auc = NAN, .logloss = 0.1, .accuracy = 1}},
};

static double score_of(const char *text, bool *maximise)
{
    struct fw_score_spec spec;
    struct fw_score_terms terms;
    double score = NAN;
    ck_ok(fw_score_spec_parse(&spec, text, err));
    ck_assert_str_eq(spec.text, text);
    ck_ok(fw_score_resolve(&terms, &spec, readings, n_readings, err));
    ck_ok(fw_score_of(&score, &terms, metrics, readings, err));
    ck_assert(terms.maximise == spec.maximise);
    *maximise = terms.maximise;
    return score;
}

START_TEST(test_task_score_of_all_judged_readings_is_their_mean)
{
    bool maximise;
    ck_assert_double_eq_tol(score_of("auc", &maximise), (0.8 + 0.75) / 2, 1e-12);
    ck_assert(maximise);
    ck_assert_double_eq_tol(score_of("accuracy", &maximise), (0.7 + 0.75) / 2, 1e-12);
    ck_assert(maximise);
    double score = score_of("logloss", &maximise);
    ck_assert_double_eq_tol(score, -(0.4 + 0.25) / 2, 1e-12);
    ck_assert(!maximise);
    ck_assert_double_eq_tol(fw_score_natural(maximise, score), 0.325, 1e-12);
}
END_TEST

START_TEST(test_task_score_of_one_reading_is_its_figure_to_the_bit)
{
    struct fw_score_spec spec;
    struct fw_score_terms terms;
    double score = NAN;
    const struct fw_task_metrics one = {.rows = 3, .weight = 3, .classes = {.auc = 0.1 + 0.2}};
    ck_ok(fw_score_spec_parse(&spec, "auc", err));
    ck_ok(fw_score_resolve(&terms, &spec, readings, 1, err));
    ck_ok(fw_score_of(&score, &terms, &one, readings, err));
    ck_assert(score == 0.1 + 0.2);
}
END_TEST

START_TEST(test_task_score_of_a_list_is_a_weighted_mean)
{
    bool maximise;
    ck_assert_double_eq_tol(score_of("income:auc,age:r2*0.5", &maximise), (0.8 + 0.375) / 1.5, 1e-12);
    ck_assert(maximise);
    ck_assert_double_eq_tol(score_of("income:auc*3 , age:rmse", &maximise), (2.4 - 2) / 4, 1e-12);
    ck_assert(maximise);
    ck_assert_double_eq_tol(score_of("side:logloss,age:mae*2", &maximise), -(0.1 + 3) / 3, 1e-12);
    ck_assert(!maximise);
    ck_assert_double_eq_tol(score_of("income:auc,income:logloss", &maximise), 0.2, 1e-12);
}
END_TEST

START_TEST(test_task_score_names_may_hold_colons)
{
    struct fw_score_spec spec;
    ck_ok(fw_score_spec_parse(&spec, "a:b:auc*2", err));
    ck_assert_int_eq(spec.n_terms, 1);
    ck_assert_str_eq(spec.terms[0].reading, "a:b");
    ck_assert_double_eq(spec.terms[0].weight, 2);
}
END_TEST

START_TEST(test_task_score_refuses_texts_that_are_none)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"f1", "no metric 'f1'; it is auc, logloss or accuracy"},
        {"", "no metric ''"},
        {"income:f1", "no metric 'f1'"},
        {"income,age:r2", "'income' is no part of a metric"},
        {":auc", "':auc' is no part"},
        {"income:auc,", "'' is no part"},
        {" :auc", "':auc' is no part"},
        {"income:auc*0", "weight in 'income:auc*0'"},
        {"income:auc*-1", "weight in 'income:auc*-1'"},
        {"income:auc*x", "weight in 'income:auc*x'"},
        {"income:auc*inf", "weight in"},
        {"income:auc,income:auc*2", "'income:auc' is named twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fw_error err = {0};
        struct fw_score_spec spec;
        ck_assert_msg(fw_score_spec_parse(&spec, cases[i].text, &err) == FW_E_ARG, "'%s' is taken", cases[i].text);
        ck_assert_msg(strstr(err.message, cases[i].says) != NULL, "'%s': %s", cases[i].text, err.message);
    }
}
END_TEST

START_TEST(test_task_score_refuses_what_a_model_does_not_predict)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"wage:auc", "'wage', which the model does not predict; it predicts income, age, side"},
        {"age:auc", "auc is no metric of 'age', which is a number"},
        {"income:r2", "r2 is no metric of 'income', which is a probability"},
        {"mse", "mse is a metric of numbers, 'income' is a probability"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fw_error refusal = {0};
        struct fw_score_spec spec;
        struct fw_score_terms terms;
        ck_ok(fw_score_spec_parse(&spec, cases[i].text, err));
        ck_assert_int_eq(fw_score_resolve(&terms, &spec, readings, n_readings, &refusal), FW_E_ARG);
        ck_assert_msg(strstr(refusal.message, cases[i].says) != NULL, "'%s': %s", cases[i].text, refusal.message);
    }
}
END_TEST

START_TEST(test_task_score_fails_only_for_figures_that_are_part_of_it)
{
    struct fw_error refusal = {0};
    struct fw_score_spec spec;
    struct fw_score_terms terms;
    double score = 7;
    bool maximise;
    score_of("auc", &maximise); /* `side` has none, and is not judged */
    ck_ok(fw_score_spec_parse(&spec, "income:auc,side:auc", err));
    ck_ok(fw_score_resolve(&terms, &spec, readings, n_readings, err));
    ck_assert_int_eq(fw_score_of(&score, &terms, metrics, readings, &refusal), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(refusal.message, "label 'side' have the same one"));
    ck_assert_ptr_nonnull(strstr(refusal.message, "side:logloss"));
    const struct fw_task_metrics none[] = {metrics[0], metrics[1], {.classes = {.auc = NAN}}};
    ck_assert_int_eq(fw_score_of(&score, &terms, none, readings, &refusal), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(refusal.message, "no validation row has a label 'side'"));
    ck_assert_double_eq(score, 7);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("task_score");
    TCase *tc = tcase_create("task_score");
    tcase_add_test(tc, test_task_score_of_all_judged_readings_is_their_mean);
    tcase_add_test(tc, test_task_score_of_one_reading_is_its_figure_to_the_bit);
    tcase_add_test(tc, test_task_score_of_a_list_is_a_weighted_mean);
    tcase_add_test(tc, test_task_score_names_may_hold_colons);
    tcase_add_test(tc, test_task_score_refuses_texts_that_are_none);
    tcase_add_test(tc, test_task_score_refuses_what_a_model_does_not_predict);
    tcase_add_test(tc, test_task_score_fails_only_for_figures_that_are_part_of_it);
    suite_add_tcase(suite, tc);
    return suite;
}
