/* Models of positions and funnels as a user meets them, on generated tables. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/program.h"
#include "support/scratch.h"
#include "support/test_main.h"

static void run(int code, const char *arguments)
{
    struct program_run r = program_run(FIELDWISE_PROGRAM, "%s", arguments);
    ck_assert_msg(r.code == code, "'%s' ended with %d, not %d: %s", arguments, r.code, code, r.told);
    program_run_clear(&r);
}

static void in_scratch(void)
{
    scratch_make();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    run(0, "synth examination --rows 4000 --positions 4 --seed 2 --users 20 --items 10 --out shown.csv");
}

static void out_of_scratch(void)
{
    ck_assert_int_eq(chdir("/"), 0);
    scratch_remove();
}

static struct program_run expect(int code, const char *words, const char *arguments)
{
    struct program_run r = program_run(FIELDWISE_PROGRAM, "%s", arguments);
    ck_assert_msg(r.code == code, "'%s' ended with %d, not %d: %s", arguments, r.code, code, r.told);
    ck_assert_msg(strstr(r.told, words) != NULL || strstr(r.out, words) != NULL, "'%s' does not say '%s' but: %s%s",
                  arguments, words, r.out, r.told);
    return r;
}

#define TRAIN "train shown.csv --label click --position position --no-store --set epochs=2 "

/* The curve in the order of positions, relative to the most seen one. */
START_TEST(test_cmd_positions_train_tells_the_curve)
{
    struct program_run r = expect(0, "looked at, to the most: 1 1.000, 2 0.", TRAIN "--model pal --out p.fw");
    ck_assert_ptr_nonnull(strstr(r.out, ", 4 0."));
    program_run_clear(&r);
    r = expect(0, "\"position\":\t\"1\"", TRAIN "--model pal --json --out p.fw");
    const char *seen = strstr(r.out, "\"seen\":");
    ck_assert_ptr_nonnull(seen);
    ck_assert_double_eq(atof(seen + strlen("\"seen\":")), 1);
    program_run_clear(&r);
    r = expect(0, "wrote", TRAIN "--model deepfm --out d.fw");
    ck_assert_ptr_null(strstr(r.out, "looked at"));
    program_run_clear(&r);
}
END_TEST

/* The same scores wherever a row was shown, others for another default, and positions that nobody knows refused. */
START_TEST(test_cmd_positions_as_a_feature_have_a_default)
{
    run(0, TRAIN "--model pal --set position=feature --out f.fw");
    struct program_run first = expect(0, "score\n0.", "predict -q f.fw shown.csv");
    struct program_run second = expect(0, "score\n0.", "predict -q f.fw shown.csv --set default_position=2");
    struct program_run without = program_run("cut", "-d, -f1,3- shown.csv | '" FIELDWISE_PROGRAM "' predict -q f.fw -");
    ck_assert_str_eq(first.out, without.out);
    ck_assert_str_ne(first.out, second.out);
    program_run_clear(&first);
    program_run_clear(&second);
    program_run_clear(&without);
    struct program_run r = expect(2, "default_position=9 is no position of 'position'",
                                  "predict -q f.fw shown.csv --set default_position=9");
    ck_assert_ptr_nonnull(strstr(r.told, "one of: 1, 2, 3, 4"));
    program_run_clear(&r);
}
END_TEST

/* Positions are whatever the table has: escaped for a terminal, and no numbers to take a default from. */
START_TEST(test_cmd_positions_may_be_any_text)
{
    struct program_run r =
        program_run("awk", "-F, -v OFS=, 'NR > 1 { $2 = \"\\033[31m\" $2 } { print }' shown.csv >texts.csv");
    program_run_clear(&r);
    r = expect(0, "looked at, to the most: \\x1b[31m1 1.000, \\x1b[31m2 0.",
               "train texts.csv --label click --position position --no-store --set epochs=1 "
               "--model pal --out p.fw");
    ck_assert_ptr_null(strchr(r.out, '\033'));
    program_run_clear(&r);
    r = expect(2, "the positions of 'position' are texts; number them, or choose position=factor",
               "train texts.csv --label click --position position --no-store --model pal --set position=feature");
    program_run_clear(&r);
}
END_TEST

/* An untrained network is no answer, whatever its luck on the rows that judge. */
START_TEST(test_cmd_positions_first_values_do_not_win)
{
    struct program_run r = expect(0, "\"best_epoch\":\t1",
                                  TRAIN "--model pal --json --out p.fw --set position=feature,epochs=1,rate=1e-6");
    program_run_clear(&r);
}
END_TEST

START_TEST(test_cmd_positions_settings_without_effect)
{
    run(0, TRAIN "--model pal --out p.fw");
    struct program_run r =
        expect(2, "'default_position' would be without effect: it is read with position=feature only",
               "predict -q p.fw shown.csv --set default_position=2");
    program_run_clear(&r);
    r = expect(0, "warning: 'default_position' is without effect: it is read with position=feature only",
               TRAIN "--model pal,deepfm --set default_position=2 --out p.fw");
    program_run_clear(&r);
}
END_TEST

START_TEST(test_cmd_positions_methods_of_a_funnel)
{
    run(0, "synth funnel --rows 4000 --click-rate 0.3 --conversion-rate 0.3 --seed 2 --out log.csv");
    static const char *const methods[] = {"esmm", "esmm_ns", "base", "aman", "oversampling", "unbias", "division"};
    for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++) {
        char arguments[256];
        snprintf(arguments, sizeof arguments,
                 "train log.csv --labels click,buy --model esmm --set method=%s --set epochs=1 --no-store --out e.fw",
                 methods[m]);
        run(0, arguments);
        struct program_run r = expect(0, "click,buy_given_click,click_and_buy\n0.", "predict -q e.fw log.csv");
        for (const char *at = strchr(r.out, '\n') + 1; *at != '\0'; at = strchr(at, '\n') + 1) {
            char *rest;
            double click = strtod(at, &rest);
            double given = strtod(rest + 1, &rest);
            double both = strtod(rest + 1, NULL);
            ck_assert(given >= 0 && given <= 1 && both <= click);
        }
        program_run_clear(&r);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("cmd_positions");
    TCase *cases = tcase_create("cmd_positions");
    tcase_add_checked_fixture(cases, in_scratch, out_of_scratch);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_cmd_positions_train_tells_the_curve);
    tcase_add_test(cases, test_cmd_positions_as_a_feature_have_a_default);
    tcase_add_test(cases, test_cmd_positions_may_be_any_text);
    tcase_add_test(cases, test_cmd_positions_first_values_do_not_win);
    tcase_add_test(cases, test_cmd_positions_settings_without_effect);
    tcase_add_test(cases, test_cmd_positions_methods_of_a_funnel);
    suite_add_tcase(suite, cases);
    return suite;
}
