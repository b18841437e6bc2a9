/* Platt's calibration: probabilities are sigmoid(scale * logit + shift), fitted on rows that the model has not seen.
 *
 * A model that is calibrated already is left alone: the two figures move from (1, 0) only when the held-out rows say so
 * beyond chance (likelihood ratio above the 95 % point of chi-squared with two degrees of freedom). Scaling changes no
 * ranking. Plain values, pure functions. */
#ifndef FW_MODELS_CALIBRATION_H
#define FW_MODELS_CALIBRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

struct fw_calibration {
    double scale;   /* above 0; 1: as it was */
    double shift;   /* 0: as it was */
    double before;  /* mean logloss of the rows it was fitted on, without calibration */
    double after;   /* and with it; never above `before` */
    bool identical; /* scale 1 and shift 0: nothing to mend */
};

/* Scale 1, shift 0. */
void fw_calibration_init(struct fw_calibration *calibration);

/* Fits by Newton's method on (n) logits, labels 0 or 1 and weights (NULL: all 1); a weak prior at (1, 0), worth one
 * row, keeps separable rows finite. FW_E_ARG: no rows of weight, or one class only; FW_E_NUMERIC: a logit is not
 * finite. */
FW_NODISCARD
enum fw_status fw_calibration_fit(struct fw_calibration *out, const float *logits, const float *labels,
                                  const float *weights, int64_t n, struct fw_error *err);

/* logit <- scale * logit + shift for n rows. */
void fw_calibration_apply(const struct fw_calibration *calibration, float *logits, int64_t n);

#endif
