#include "results/insight/figure_names.h"

#include <stdio.h>

#include "evaluators/task_score.h"
#include "support/test_main.h"

/* The evaluators' own figures point the way they say. */
START_TEST(test_figure_names_agree_with_the_evaluators)
{
    for (enum fw_figure f = FW_FIGURE_AUC; f <= FW_FIGURE_RELATIVE_MSE; f++) {
        char text[64];
        bool maximise = !fw_figure_maximise(f);
        ck_assert(fw_figure_direction(&maximise, fw_figure_name(f)));
        ck_assert_int_eq(maximise, fw_figure_maximise(f));
        maximise = !fw_figure_maximise(f);
        snprintf(text, sizeof text, "best_%s some task", fw_figure_name(f));
        ck_assert(fw_figure_direction(&maximise, text));
        ck_assert_int_eq(maximise, fw_figure_maximise(f));
    }
    bool maximise = true;
    ck_assert(!fw_figure_direction(&maximise, "whatever"));
    ck_assert(!fw_figure_direction(&maximise, ""));
    ck_assert(fw_figure_direction(&maximise, "score_us") && !maximise);
    ck_assert(fw_figure_direction(&maximise, "served bytes") && !maximise);
    ck_assert(fw_figure_direction(&maximise, "recall@10") && maximise);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("figure_names");
    TCase *cases = tcase_create("figure_names");
    tcase_add_test(cases, test_figure_names_agree_with_the_evaluators);
    suite_add_tcase(suite, cases);
    return suite;
}
