/* Losses of rows and their derivatives by the logit. */
#ifndef FW_MODELS_ENGINE_LOSS_H
#define FW_MODELS_ENGINE_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/dataset_view.h"
#include "models/engine/real.h"

/* Rows that are judged together. */
#define FW_LOSS_ROWS 64

/* Sums over rows, in their order. */
struct fw_loss_figures {
    double loss;
    double weight;
};

/* Labels and weights of at most FW_LOSS_ROWS rows; false: all weights are 1 and none are written. */
bool fw_loss_targets(const struct fw_dataset_view *rows, int64_t first, int64_t n, fw_real *labels, fw_real *weights);

/* Cross-entropy w log(1 + exp(-(2y - 1) x)), added to the sums; residual (n) gets w (p - y). weights: NULL: all 1. A
 * logit that is not finite makes the loss NaN and its residual 0. */
void fw_loss_logistic(struct fw_loss_figures *sums, const fw_real *restrict logit, const fw_real *restrict labels,
                      const fw_real *restrict weights, int64_t n, fw_real *restrict residual);

#endif
