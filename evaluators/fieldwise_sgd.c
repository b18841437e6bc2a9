/* Field-wise logistic regression as published (AutoCross, sections 3.1 and 3.2): P(y = 1 | x) = s(w_c' x_c + b_sum)
 * with b_sum cached and w_c trained by mini-batch gradient descent on the blocks that successive halving feeds, warm
 * from rung to rung; a candidate is worth its validation AUC. Fold 0 validates, the other folds train; b_sum is the
 * logit of the model that has not seen fold 0. */
#include <math.h>

#include "core/clock.h"
#include "evaluators/evaluator.h"
#include "models/linear/sigmoid.h"

/* Weights of the candidate's buckets; the number of buckets must be that of the whole search, not of one rung. */
static int64_t buckets_of(const struct fw_ground *ground, const struct fw_candidate *candidate)
{
    return fw_candidate_buckets(ground, candidate, ground->dataset->n_rows);
}

static size_t state_bytes(const struct fw_ground *ground, const struct fw_candidate *candidate)
{
    return (size_t)buckets_of(ground, candidate) * sizeof(float);
}

/* One pass of mini-batch gradient descent over rows [start, end): a batch's gradients are all taken at the weights from
 * before it and added, not averaged: a bucket meets few rows of a batch. */
static void train(float *weights, int64_t n_buckets, const struct fw_ground *ground,
                  const struct fw_candidate *candidate, int64_t start, int64_t end)
{
    const struct fw_dataset *d = ground->dataset;
    const float *b_sum = ground->model->models[0]->logit;
    int64_t batch = ground->options.batch < FW_DATASET_BLOCK ? ground->options.batch : FW_DATASET_BLOCK;
    uint32_t buckets[FW_DATASET_BLOCK];
    float gradient[FW_DATASET_BLOCK];
    for (int64_t row = start; row < end; row += batch) {
        int64_t n = end - row < batch ? end - row : batch;
        fw_candidate_read(ground, candidate, n_buckets, row, n, buckets);
        for (int64_t i = 0; i < n; i++) {
            float p = fw_sigmoid(b_sum[row + i] + weights[buckets[i]]);
            gradient[i] = d->labels[row + i] - p;
            if (d->weights != NULL)
                gradient[i] *= d->weights[row + i];
        }
        float rate = (float)ground->options.learning_rate;
        for (int64_t i = 0; i < n; i++)
            weights[buckets[i]] += rate * gradient[i];
    }
}

static enum fw_status validate(double *auc_out, const float *weights, int64_t n_buckets, const struct fw_ground *ground,
                               const struct fw_candidate *candidate, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_dataset *d = ground->dataset;
    const float *b_sum = ground->model->models[0]->logit;
    int64_t n_valid = d->fold_start[1];
    struct fw_metrics_workspace *workspace = NULL;
    float *logit = NULL;
    uint32_t buckets[FW_DATASET_BLOCK];
    FW_TRY_GOTO(fw_metrics_workspace_create(&workspace, n_valid, ground->mem, err), done);
    FW_ALLOC_GOTO(logit, ground->mem, n_valid, "validation scores", err, done);
    for (int64_t row = 0; row < n_valid; row += FW_DATASET_BLOCK) {
        int64_t n = n_valid - row < FW_DATASET_BLOCK ? n_valid - row : FW_DATASET_BLOCK;
        fw_candidate_read(ground, candidate, n_buckets, row, n, buckets);
        for (int64_t i = 0; i < n; i++)
            logit[row + i] = b_sum[row + i] + weights[buckets[i]];
    }
    struct fw_scored_view view = {.scores = logit, .labels = d->labels, .weights = d->weights, .n = n_valid};
    status = fw_metrics_auc(auc_out, NULL, view, workspace, err);
done:
    fw_free(ground->mem, logit);
    fw_metrics_workspace_destroy(workspace);
    return status;
}

static enum fw_status evaluate(struct fw_candidate_score *score, const struct fw_ground *ground,
                               const struct fw_candidate *candidate, struct fw_rung rung, void *state,
                               struct fw_error *err)
{
    double started = fw_clock_seconds();
    const struct fw_dataset *d = ground->dataset;
    int64_t n_buckets = buckets_of(ground, candidate);
    float *weights = state;
    int64_t rows = 0;
    for (int64_t block = rung.before; block < rung.before + rung.now; block++) {
        for (int32_t k = 1; k < d->n_folds; k++) {
            int64_t start;
            int64_t end;
            fw_rung_rows(&start, &end, d, k, block, block + 1, rung.n_blocks);
            train(weights, n_buckets, ground, candidate, start, end);
            rows += end - start;
        }
    }
    double auc = 0;
    FW_TRY(validate(&auc, weights, n_buckets, ground, candidate, err));
    *score = (struct fw_candidate_score){.rank = auc,
                                         .value = auc,
                                         .z = NAN,
                                         .rows = rows,
                                         .buckets = n_buckets,
                                         .seconds = fw_clock_seconds() - started};
    return FW_OK;
}

const struct fw_evaluator_vtable fw_evaluator_sgd = {
    .api = FW_EVALUATOR_API,
    .name = "sgd",
    .summary = "field-wise LR by mini-batch gradient descent, as published",
    .state_bytes = state_bytes,
    .evaluate = evaluate,
};
