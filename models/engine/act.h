/* Activation functions as kernels, shared by the layers that have one built in. */
#ifndef FW_MODELS_ENGINE_ACT_H
#define FW_MODELS_ENGINE_ACT_H

#include <stdint.h>

#include "models/engine/ops.h"

/* y = act(y) for n numbers. In place, so that loops vectorise without looking for overlap. */
void fw_act_forward(enum fw_activation activation, fw_real *y, int64_t n);

/* dy = dy act'(x), from y = act(x). */
void fw_act_backward(enum fw_activation activation, const fw_real *restrict y, fw_real *restrict dy, int64_t n);

#endif
