#include <math.h>
#include <string.h>

#include "evaluators/evaluator.h"
#include "models/linear/sigmoid.h"
#include "support/crossed.h"
#include "support/test_main.h"

enum { most_ids = 16 };

/* What evaluators stand on: the base model of a data set, and what was taken for it. */
struct stand {
    struct fw_dataset *dataset;
    const struct fw_field *fields[crossed_fields];
    struct fw_crossfit *model;
    struct fw_baseline *baseline;
    struct fw_metrics_workspace *workspace;
    float gradient[crossed_rows], curvature[crossed_rows];
    struct fw_ground ground;
};

static struct stand *stand_create(uint64_t seed, double strength, int32_t folds, int32_t judged)
{
    static struct stand s;
    struct fw_backfit_options fit;
    fw_backfit_options_init(&fit);
    memset(&s, 0, sizeof s);
    struct fw_dataset *d = s.dataset = crossed_dataset(seed, strength, folds);
    d->n_judged = judged;
    for (int32_t f = 0; f < crossed_fields; f++)
        s.fields[f] = &d->fields[f];
    ck_ok(fw_crossfit_create(&s.model, d, NULL, err));
    ck_ok(fw_crossfit_fit(s.model, s.fields, crossed_fields, &fit, err));
    ck_ok(fw_metrics_workspace_create(&s.workspace, d->n_rows, NULL, err));
    ck_ok(fw_baseline_create(&s.baseline, d->n_rows, NULL, err));
    struct fw_scored_view view = {.scores = s.model->logit, .labels = d->labels, .n = d->fold_start[judged]};
    ck_ok(fw_baseline_set(s.baseline, view, s.workspace, err));
    fw_gradients(s.model->logit, d->labels, NULL, d->n_rows, s.gradient, s.curvature);
    s.ground = (struct fw_ground){.dataset = d,
                                  .fields = s.fields,
                                  .n_fields = crossed_fields,
                                  .model = s.model,
                                  .baseline = s.baseline,
                                  .gradient = s.gradient,
                                  .curvature = s.curvature,
                                  .objective = FW_OBJECTIVE_LOGLOSS};
    fw_evaluator_options_init(&s.ground.options);
    return &s;
}

static void stand_clear(struct stand *s)
{
    fw_baseline_destroy(s->baseline);
    fw_metrics_workspace_destroy(s->workspace);
    fw_crossfit_destroy(s->model);
    fw_dataset_destroy(s->dataset);
}

static struct fw_candidate pair(int32_t a, int32_t b)
{
    return (struct fw_candidate){.cross = {2, {a, b}}, .left = a, .right = b};
}

static struct fw_candidate_score score_of(const struct fw_evaluator_vtable *evaluator, const struct fw_ground *ground,
                                          struct fw_candidate candidate, struct fw_rung rung)
{
    struct fw_candidate_score score;
    void *state = NULL;
    if (evaluator->state_bytes != NULL) {
        state = fw_alloc_array(NULL, (int64_t)evaluator->state_bytes(ground, &candidate), 1);
        ck_assert_ptr_nonnull(state);
    }
    ck_ok(evaluator->evaluate(&score, ground, &candidate, rung, state, err));
    fw_free(NULL, state);
    return score;
}

START_TEST(test_evaluators_all_put_the_planted_pair_first)
{
    static const struct fw_rung all = {0, 0, 1, 1};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct stand *s = stand_create(seed, 1, 4, 4);
        for (int32_t e = 0; fw_evaluator_list()[e] != NULL; e++) {
            const struct fw_evaluator_vtable *evaluator = fw_evaluator_list()[e];
            double planted = score_of(evaluator, &s->ground, pair(0, 1), all).rank;
            ck_assert(isfinite(planted));
            for (int32_t a = 0; a < crossed_fields; a++) {
                for (int32_t b = a + 1; b < crossed_fields; b++) {
                    double rank = score_of(evaluator, &s->ground, pair(a, b), all).rank;
                    ck_assert_msg((a == 0 && b == 1) || rank < planted, "%s ranks f%d x f%d at %g, the planted at %g",
                                  evaluator->name, a, b, rank, planted);
                }
            }
        }
        stand_clear(s);
    }
}
END_TEST

/* The gain that newton.c's head defines, cell by cell with no sharing of work: rows of other folds give the weight of a
 * combination, rows of the judged fold its gain and variance. */
static void newton_by_hand(double *gain_out, double *z_out, const struct stand *s, int32_t a, int32_t b,
                           struct fw_rung rung)
{
    const struct fw_dataset *d = s->dataset;
    double best = -INFINITY;
    double best_variance = 0;
    int64_t rows = 0;
    for (double strength = 1; strength <= 256; strength *= 4) {
        double gain = 0;
        double variance = 0;
        for (int32_t judged = 0; judged < d->n_judged; judged++) {
            static double sums[2][most_ids][most_ids][2]; /* own fold or others, combination, gradient or curvature */
            memset(sums, 0, sizeof sums);
            rows = 0;
            for (int32_t k = 0; k < d->n_folds; k++) {
                int64_t size = d->fold_start[k + 1] - d->fold_start[k];
                int64_t seen = size * (rung.before + rung.now) / rung.n_blocks;
                rows += seen;
                for (int64_t i = d->fold_start[k]; i < d->fold_start[k] + seen; i++) {
                    double *cell = sums[k != judged][fw_field_id(&d->fields[a], i)][fw_field_id(&d->fields[b], i)];
                    cell[0] += (double)s->gradient[i];
                    cell[1] += (double)s->curvature[i];
                }
            }
            for (int32_t i = 0; i < most_ids; i++) {
                for (int32_t j = 0; j < most_ids; j++) {
                    double w = sums[1][i][j][0] / (sums[1][i][j][1] + strength);
                    gain += w * sums[0][i][j][0] - 0.5 * w * w * sums[0][i][j][1];
                    variance += w * w * sums[0][i][j][1];
                }
            }
        }
        if (gain > best) {
            best = gain;
            best_variance = variance;
        }
    }
    *gain_out = best / (double)rows;
    *z_out = best / sqrt(best_variance);
}

START_TEST(test_evaluators_newton_is_its_formula)
{
    static const struct fw_rung rungs[] = {{0, 0, 1, 1}, {0, 0, 1, 7}, {1, 1, 2, 7}};
    for (int32_t judged = 1; judged <= 3; judged += 2) {
        struct stand *s = stand_create(5, 0.4, 3, judged);
        for (int r = 0; r < 3; r++) {
            for (int32_t b = 1; b < crossed_fields; b++) {
                double gain;
                double z;
                struct fw_candidate_score score = score_of(&fw_evaluator_newton, &s->ground, pair(0, b), rungs[r]);
                newton_by_hand(&gain, &z, s, 0, b, rungs[r]);
                ck_assert_double_eq_tol(score.value, gain, 1e-12);
                ck_assert_double_eq_tol(score.z, z, 1e-9);
            }
        }
        stand_clear(s);
    }
}
END_TEST

START_TEST(test_evaluators_lr_is_the_refit_itself)
{
    static const struct fw_rung all = {0, 0, 1, 1};
    struct stand *s = stand_create(2, 1, 4, 4);
    struct fw_candidate_score exact = score_of(&fw_evaluator_lr, &s->ground, pair(0, 1), all);
    struct fw_candidate_score fast = score_of(&fw_evaluator_newton, &s->ground, pair(0, 1), all);
    ck_assert_double_gt(exact.value, 0.05);
    ck_assert_double_gt(exact.z, 5);
    /* one Newton step reaches most of what the refit does, and not more than a little beyond it */
    ck_assert_double_gt(fast.value, 0.7 * exact.value);
    ck_assert_double_lt(fast.value, 1.3 * exact.value);
    stand_clear(s);
}
END_TEST

START_TEST(test_evaluators_rungs_cover_every_row_once)
{
    struct fw_dataset *d = crossed_dataset(1, 0, 3);
    static const int64_t blocks[] = {1, 3, 7, 1023, 5000};
    for (int n = 0; n < 5; n++) {
        for (int32_t k = 0; k < 3; k++) {
            int64_t at = d->fold_start[k];
            for (int64_t block = 0; block < blocks[n]; block++) {
                int64_t start;
                int64_t end;
                fw_rung_rows(&start, &end, d, k, block, block + 1, blocks[n]);
                ck_assert_int_eq(start, at);
                ck_assert_int_ge(end, start);
                at = end;
            }
            ck_assert_int_eq(at, d->fold_start[k + 1]);
        }
    }
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_evaluators_are_found_by_name)
{
    const struct fw_evaluator_vtable *found;
    struct fw_error error = {0};
    for (int32_t e = 0; fw_evaluator_list()[e] != NULL; e++) {
        ck_ok(fw_evaluator_find(&found, fw_evaluator_list()[e]->name, err));
        ck_assert_ptr_eq(found, fw_evaluator_list()[e]);
    }
    ck_assert_int_eq(fw_evaluator_find(&found, "newtn", &error), FW_E_ARG);
    for (int32_t e = 0; fw_evaluator_list()[e] != NULL; e++)
        ck_assert_ptr_nonnull(strstr(error.message, fw_evaluator_list()[e]->name));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("evaluators");
    TCase *cases = tcase_create("evaluators");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_evaluators_all_put_the_planted_pair_first);
    tcase_add_test(cases, test_evaluators_newton_is_its_formula);
    tcase_add_test(cases, test_evaluators_lr_is_the_refit_itself);
    tcase_add_test(cases, test_evaluators_rungs_cover_every_row_once);
    tcase_add_test(cases, test_evaluators_are_found_by_name);
    suite_add_tcase(suite, cases);
    return suite;
}
