#include "models/engine/act.h"

void fw_act_forward(enum fw_activation activation, const fw_real *x, fw_real *y, int64_t n)
{
    switch (activation) {
    case FW_ACT_NONE:
        for (int64_t i = 0; x != y && i < n; i++)
            y[i] = x[i];
        return;
    case FW_ACT_RELU:
        for (int64_t i = 0; i < n; i++)
            y[i] = x[i] > 0 ? x[i] : (x[i] == x[i] ? 0 : x[i]); /* not a number stays so, and is seen in the loss */
        return;
    case FW_ACT_TANH:
        for (int64_t i = 0; i < n; i++)
            y[i] = fw_real_tanh(x[i]);
        return;
    case FW_ACT_SIGMOID:
        for (int64_t i = 0; i < n; i++)
            y[i] = fw_real_sigmoid(x[i]);
        return;
    }
}

static fw_real slope(enum fw_activation activation, fw_real y)
{
    switch (activation) {
    case FW_ACT_NONE:
        return 1;
    case FW_ACT_RELU:
        return y > 0 ? 1 : 0;
    case FW_ACT_TANH:
        return 1 - y * y;
    case FW_ACT_SIGMOID:
        return y * (1 - y);
    }
    return 0;
}

static inline void backward_as(enum fw_activation activation, const fw_real *dy, const fw_real *y, fw_real *dx,
                               int64_t n, bool add)
{
    if (add) {
        for (int64_t i = 0; i < n; i++)
            dx[i] += dy[i] * slope(activation, y[i]);
    } else {
        for (int64_t i = 0; i < n; i++)
            dx[i] = dy[i] * slope(activation, y[i]);
    }
}

void fw_act_backward(enum fw_activation activation, const fw_real *dy, const fw_real *y, fw_real *dx, int64_t n,
                     bool add)
{
    /* one loop a function, so that each vectorises */
    switch (activation) {
    case FW_ACT_NONE:
        if (dx != dy || add)
            backward_as(FW_ACT_NONE, dy, y, dx, n, add);
        return;
    case FW_ACT_RELU:
        backward_as(FW_ACT_RELU, dy, y, dx, n, add);
        return;
    case FW_ACT_TANH:
        backward_as(FW_ACT_TANH, dy, y, dx, n, add);
        return;
    case FW_ACT_SIGMOID:
        backward_as(FW_ACT_SIGMOID, dy, y, dx, n, add);
        return;
    }
}
