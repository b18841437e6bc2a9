#include "models/engine/loss.h"

bool fw_loss_targets(const struct fw_dataset_view *rows, int64_t first, int64_t n, fw_real *labels, fw_real *weights)
{
    float read[FW_LOSS_ROWS * FW_TASKS_MOST];
    const float *from = fw_view_labels(rows, first, n, read);
    for (int64_t i = 0; i < n * fw_dataset_tasks(rows->dataset); i++)
        labels[i] = from[i];
    from = fw_view_weights(rows, first, n, read);
    for (int64_t i = 0; from != NULL && i < n; i++)
        weights[i] = from[i];
    return from != NULL;
}

void fw_loss_logistic(struct fw_loss_figures *sums, const fw_real *restrict logit, const fw_real *restrict labels,
                      const fw_real *restrict weights, int64_t n, fw_real *restrict residual)
{
    for (int64_t i = 0; i < n; i++) {
        fw_real x = logit[i];
        if (!isfinite(x)) {
            sums->loss = (double)NAN;
            residual[i] = 0;
            continue;
        }
        fw_real w = weights != NULL ? weights[i] : 1;
        residual[i] = w * (fw_real_sigmoid(x) - labels[i]);
        sums->loss += (double)(w * (fw_real_softplus(x) - x * labels[i]));
        sums->weight += (double)w;
    }
}

/* With p = s(a) s(b): -log p = softplus(-a) + softplus(-b), the derivative by a is (p - y) (1 - s(a)) / (1 - p) =
 * (1 - s(a)) ((1 - y) p / (1 - p) - y), and 1 - p = 1 - s(a) + s(a) (1 - s(b)): nowhere is a difference of nearly equal
 * numbers taken. Beyond the limit, where 1 - s(a) would come out as 0 and 0 / 0 follow, the loss of a negative does not
 * rise any further. */
fw_real fw_loss_of_product(fw_real a, fw_real b, fw_real y, fw_real weight, fw_real residual[2])
{
    const fw_real limit = 60;
    fw_real miss_a = fw_real_sigmoid(a < limit ? -a : -limit);
    fw_real miss_b = fw_real_sigmoid(b < limit ? -b : -limit);
    fw_real hit_a = fw_real_sigmoid(a);
    fw_real p = hit_a * fw_real_sigmoid(b);
    fw_real miss = miss_a + hit_a * miss_b;
    fw_real odds = (1 - y) * p / miss;
    residual[0] += weight * miss_a * (odds - y);
    residual[1] += weight * miss_b * (odds - y);
    double negative = p < 0.5F ? log1p(-(double)p) : log((double)miss);
    return weight * (y * (fw_real_softplus(-a) + fw_real_softplus(-b)) - (1 - y) * (fw_real)negative);
}

static void judge_one(const struct fw_loss *loss, struct fw_loss_figures *sums, const struct fw_loss_rows *rows)
{
    (void)loss;
    fw_loss_logistic(sums, rows->outputs, rows->labels, rows->weights, rows->n, rows->residual);
}

const struct fw_loss fw_loss_one = {1, 1, judge_one};
