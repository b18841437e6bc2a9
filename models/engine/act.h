/* Activation functions as kernels, shared by the layers that have one built in. */
#ifndef FW_MODELS_ENGINE_ACT_H
#define FW_MODELS_ENGINE_ACT_H

#include <stdint.h>

#include "models/engine/ops.h"

/* y = act(x) for n numbers; x and y may be the same. */
void fw_act_forward(enum fw_activation activation, const fw_real *x, fw_real *y, int64_t n);

/* dx = dy act'(x), or += with `add`, from y = act(x); dx and dy may be the same. */
void fw_act_backward(enum fw_activation activation, const fw_real *dy, const fw_real *y, fw_real *dx, int64_t n,
                     bool add);

#endif
