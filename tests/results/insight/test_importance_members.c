#include "results/insight/importance_members.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "results/insight/importance_crosses.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

enum { n_trials = 200 };

static struct fw_store *store;

static void set_up(void)
{
    scratch_make();
    store = sample_store(scratch_path("fieldwise.db"));
}

static void tear_down(void)
{
    fw_store_close(store);
    scratch_remove();
}

/* The optimiser matters, the rate does not, the size is always the same. Trials of rung 1 are better by far. */
START_TEST(test_importance_members_finds_the_setting_that_matters)
{
    static char candidates[n_trials][128];
    static struct fw_trial_record records[n_trials];
    struct fw_trial_log log = fw_store_trial_log(store);
    int64_t study = sample_open_study(store, 1);
    struct fw_rng rng;
    fw_rng_seed(&rng, 3, fw_stream(0, 0, FW_STREAM_TEST));
    for (int i = 0; i < n_trials; i++) {
        int rung = fw_rng_below(&rng, 3) == 0;
        bool adam = fw_rng_below(&rng, 2) == 0;
        snprintf(candidates[i], sizeof candidates[i],
                 "{\"settings\":{\"optimiser\":\"%s\",\"rate\":%.4f,\"epochs\":%d},\"dim\":8}", adam ? "adam" : "sgd",
                 fw_rng_uniform(&rng), rung == 1 ? 9 : 3);
        records[i] = sample_trial((uint64_t)i + 1, candidates[i], 10 * rung + adam + fw_rng_normal(&rng));
        records[i].rung = rung;
    }
    ck_ok(log.vtable->add_trials(log.self, study, records, n_trials, err));
    struct fw_member_effects effects;
    ck_ok(fw_importance_of_members(&effects, store, study, true, err));
    ck_assert_int_eq(effects.n_trials, n_trials);
    ck_assert_int_eq(effects.n_blocks, 2);
    ck_assert_int_eq(effects.n_constant, 1);
    ck_assert_int_eq(effects.n, 3);
    ck_assert_str_eq(effects.rows[0].name, "settings.optimiser");
    ck_assert_str_eq(effects.rows[0].best, "adam");
    ck_assert(effects.rows[0].effect.beyond && !effects.rows[1].effect.beyond && !effects.rows[2].effect.beyond);
    fw_member_effects_clear(&effects);
    ck_ok(fw_importance_of_members(&effects, store, study, false, err));
    ck_assert_str_eq(effects.rows[0].best, "sgd");
    fw_member_effects_clear(&effects);
}
END_TEST

START_TEST(test_importance_members_of_an_empty_study)
{
    struct fw_member_effects effects;
    ck_ok(fw_importance_of_members(&effects, store, sample_open_study(store, 1), true, err));
    ck_assert_int_eq(effects.n, 0);
    ck_assert(isnan(effects.chance));
    fw_member_effects_clear(&effects);
}
END_TEST

static struct fw_trial_record cross(uint64_t hash, const char *candidate, double gain, int32_t step)
{
    struct fw_trial_record record = sample_trial(hash, candidate, 0.5);
    record.gain = gain;
    record.gain_low = gain - 0.125;
    record.gain_high = gain + 0.125;
    record.step = step;
    return record;
}

START_TEST(test_importance_crosses_sums_by_field)
{
    struct fw_trial_log log = fw_store_trial_log(store);
    int64_t study = sample_open_study(store, 1);
    struct fw_trial_record records[] = {cross(1, "{\"cross\":[],\"with\":[]}", 0, 0),
                                        cross(2, "{\"cross\":[\"age@10\",\"job\"]}", 0.25, 1),
                                        cross(3, "{\"cross\":[\"age@10\",\"age@200\",\"sex\"]}", 0.5, 2),
                                        cross(4, "{\"cross\":[\"sex\",\"job\"]}", 0.0625, 1),
                                        cross(5, "{\"cross\":[\"mail@home\",\"job\"]}", -0.25, 1)};
    ck_ok(log.vtable->add_trials(log.self, study, records, 5, err));
    struct fw_decision accepts[] = {{1, "accept", 2, "{}", false}, {2, "accept", 3, "{}", false}};
    for (int i = 0; i < 2; i++)
        ck_ok(log.vtable->add_decision(log.self, study, &accepts[i], err));
    struct fw_cross_effects effects;
    ck_ok(fw_importance_of_crosses(&effects, store, study, err));
    ck_assert_int_eq(effects.n_crosses, 4);
    ck_assert_str_eq(effects.crosses[0].cross, "age@10 x job");
    ck_assert(effects.crosses[0].accepted && effects.crosses[1].accepted && !effects.crosses[2].accepted);
    ck_assert_int_eq(effects.crosses[2].trial, 4);
    ck_assert_int_eq(effects.n_fields, 4);
    const struct fw_field_effect *age = &effects.fields[0];
    ck_assert_str_eq(age->field, "age");
    ck_assert(age->gain == 0.75 && age->gain_low == 0.5 && age->gain_high == 1.0); /* once a cross */
    ck_assert(age->n_tried == 2 && age->n_accepted == 2 && age->n_beyond == 2 && age->best == 0.5);
    ck_assert_str_eq(effects.fields[1].field, "sex");
    ck_assert_str_eq(effects.fields[2].field, "job");
    ck_assert(effects.fields[2].n_tried == 3 && effects.fields[2].n_beyond == 1);
    ck_assert_str_eq(effects.fields[3].field, "mail@home");
    ck_assert(isnan(effects.fields[3].gain));
    fw_cross_effects_clear(&effects);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("importance_members");
    TCase *cases = tcase_create("importance_members");
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_importance_members_finds_the_setting_that_matters);
    tcase_add_test(cases, test_importance_members_of_an_empty_study);
    tcase_add_test(cases, test_importance_crosses_sums_by_field);
    suite_add_tcase(suite, cases);
    return suite;
}
