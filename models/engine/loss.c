#include "models/engine/loss.h"

bool fw_loss_targets(const struct fw_dataset_view *rows, int64_t first, int64_t n, fw_real *labels, fw_real *weights)
{
    float read[FW_LOSS_ROWS];
    const float *from = fw_view_labels(rows, first, n, read);
    for (int64_t i = 0; i < n; i++)
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
