#include "models/engine/act.h"

void fw_act_forward(enum fw_activation activation, fw_real *y, int64_t n)
{
    switch (activation) {
    case FW_ACT_NONE:
        return;
    case FW_ACT_RELU:
        for (int64_t i = 0; i < n; i++)
            y[i] = y[i] < 0 ? 0 : y[i]; /* not a number stays so, and is seen in the loss */
        return;
    case FW_ACT_TANH:
        for (int64_t i = 0; i < n; i++)
            y[i] = fw_real_tanh(y[i]);
        return;
    case FW_ACT_SIGMOID:
        for (int64_t i = 0; i < n; i++)
            y[i] = fw_real_sigmoid(y[i]);
        return;
    }
}

void fw_act_backward(enum fw_activation activation, const fw_real *restrict y, fw_real *restrict dy, int64_t n)
{
    switch (activation) {
    case FW_ACT_NONE:
        return;
    case FW_ACT_RELU:
        for (int64_t i = 0; i < n; i++)
            dy[i] = y[i] > 0 ? dy[i] : 0;
        return;
    case FW_ACT_TANH:
        for (int64_t i = 0; i < n; i++)
            dy[i] *= 1 - y[i] * y[i];
        return;
    case FW_ACT_SIGMOID:
        for (int64_t i = 0; i < n; i++)
            dy[i] *= y[i] * (1 - y[i]);
        return;
    }
}
