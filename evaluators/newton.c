/* The closed-form field-wise evaluator.
 *
 * With the rest of the model frozen, a candidate has one active weight a row, so its loss splits by bucket: from sums
 * of gradient G and curvature H at the cached logit, the weight of a bucket is w = G / (H + lambda), one Newton step.
 * Each fold is judged by weights from the other folds: to second order its rows gain
 *
 *     sum over buckets of  w G_fold - w^2 H_fold / 2        in logloss,
 *
 * with a variance of about sum w^2 H_fold (E[g^2] = h when the model is right). One pass over the rows gives all of it;
 * there is no learning rate and no epoch.
 *
 * One lambda fails: too little overshoots where buckets are many and positives rare, too much hides what is there. So
 * several strengths are computed from the same sums, and the one that predicts best on the folds it has not seen
 * counts. */
#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "evaluators/evaluator.h"
#include "models/linear/bucket_sums.h"

static const double strengths[] = {1, 4, 16, 64, 256};
enum { n_strengths = sizeof strengths / sizeof strengths[0] };

/* Sums by fold and bucket over the rung's prefix. */
static int64_t add_rows(fw_sums *sums, int64_t n_buckets, const struct fw_ground *ground,
                        const struct fw_candidate *candidate, struct fw_rung rung)
{
    const struct fw_dataset *d = ground->dataset;
    uint32_t buckets[FW_DATASET_BLOCK];
    int64_t rows = 0;
    for (int32_t k = 0; k < d->n_folds; k++) {
        int64_t row;
        int64_t end;
        fw_rung_rows(&row, &end, d, k, 0, rung.before + rung.now, rung.n_blocks);
        rows += end - row;
        for (; row < end; row += FW_DATASET_BLOCK) {
            int64_t n = end - row < FW_DATASET_BLOCK ? end - row : FW_DATASET_BLOCK;
            fw_candidate_read(ground, candidate, n_buckets, row, n, buckets);
            fw_bucket_sums_add(sums + k * n_buckets, buckets, ground->gradient + row, ground->curvature + row, n);
        }
    }
    return rows;
}

/* Drops buckets without rows, in place and in order: what follows costs by the buckets in use. */
static int64_t compact(fw_sums *sums, int64_t n_buckets, int32_t n_folds)
{
    int64_t used = 0;
    for (int64_t b = 0; b < n_buckets; b++) {
        double mass = 0;
        for (int32_t k = 0; k < n_folds; k++)
            mass += sums[k * n_buckets + b][1];
        if (mass > 0) {
            for (int32_t k = 0; k < n_folds; k++)
                sums[k * n_buckets + used] = sums[k * n_buckets + b];
            used++;
        }
    }
    return used;
}

static void judge(double gain[n_strengths], double variance[n_strengths], const fw_sums *sums, int64_t n_buckets,
                  int64_t used, int32_t n_folds, int32_t n_judged)
{
    for (int64_t b = 0; b < used; b++) {
        fw_sums total = {0, 0};
        for (int32_t k = 0; k < n_folds; k++)
            total += sums[k * n_buckets + b];
        for (int32_t k = 0; k < n_judged; k++) {
            fw_sums own = sums[k * n_buckets + b];
            if (own[1] <= 0)
                continue;
            fw_sums others = total - own;
            for (int32_t s = 0; s < n_strengths; s++) {
                double w = others[0] / (others[1] + strengths[s]);
                gain[s] += w * own[0] - 0.5 * w * w * own[1];
                variance[s] += w * w * own[1];
            }
        }
    }
}

static enum fw_status evaluate(struct fw_candidate_score *score, const struct fw_ground *ground,
                               const struct fw_candidate *candidate, struct fw_rung rung, void *state,
                               struct fw_error *err)
{
    (void)state;
    double started = fw_clock_seconds();
    const struct fw_dataset *d = ground->dataset;
    int64_t expected = fw_rung_total_rows(d, rung);
    int64_t n_buckets = fw_candidate_buckets(ground, candidate, expected);
    fw_sums *sums;
    FW_ALLOC(sums, ground->mem, n_buckets * d->n_folds, "the sums of a candidate", err);
    int64_t rows = add_rows(sums, n_buckets, ground, candidate, rung);
    int64_t used = compact(sums, n_buckets, d->n_folds);
    double gain[n_strengths] = {0};
    double variance[n_strengths] = {0};
    judge(gain, variance, sums, n_buckets, used, d->n_folds, d->n_judged);
    fw_free(ground->mem, sums);
    int32_t best = 0;
    for (int32_t s = 1; s < n_strengths; s++) {
        if (gain[s] > gain[best])
            best = s;
    }
    double z = variance[best] > 0 ? gain[best] / sqrt(variance[best]) : 0;
    *score = (struct fw_candidate_score){.rank = rows > 0 ? gain[best] / (double)rows : 0,
                                         .value = rows > 0 ? gain[best] / (double)rows : 0,
                                         .z = z,
                                         .rows = rows,
                                         .buckets = used,
                                         .seconds = fw_clock_seconds() - started};
    return FW_OK;
}

const struct fw_evaluator_vtable fw_evaluator_newton = {
    .api = FW_EVALUATOR_API,
    .name = "newton",
    .summary = "closed-form field-wise Newton step, cross-fitted (default)",
    .evaluate = evaluate,
};
