/* Fully connected layer: y = act(x W + b).
 *
 * Forward and the gradient of x are products over a chunk of rows; the gradient of W sums over the whole batch and is
 * cut into blocks of its rows, so that the summed dimension is never split. */
#include <string.h>

#include "models/engine/act.h"
#include "models/engine/gemm.h"
#include "models/engine/ops.h"

/* Rows of W's gradient a piece: a product of this height runs near full speed, and pieces can be shared out. */
enum { KERNEL_ROWS = 160 };

struct dense {
    struct fw_op op;
    int32_t in, out;
    enum fw_activation activation;
    struct fw_weights *kernel; /* (in, out) */
    struct fw_weights *bias;   /* (1, out); NULL: none */
    int32_t n_blocks;
};

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct dense *d = (const struct dense *)op;
    const fw_real *x = fw_pass_value(pass, op->inputs[0], first);
    fw_real *y = fw_pass_value(pass, op->output, first);
    for (int64_t i = 0; d->bias != NULL && i < n; i++)
        memcpy(y + i * d->out, d->bias->data, (size_t)d->out * sizeof *y);
    fw_gemm(FW_GEMM_NN, n, d->out, d->in, x, d->in, d->kernel->data, d->out, d->bias != NULL, y, d->out);
    fw_act_forward(d->activation, y, n * d->out);
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct dense *d = (const struct dense *)op;
    const fw_real *y = fw_pass_value(pass, op->output, first);
    fw_real *dy = fw_pass_grad(pass, op->output, first);
    fw_real *dx = fw_pass_grad(pass, op->inputs[0], first);
    fw_act_backward(d->activation, y, dy, n * d->out);
    if (dx != NULL)
        fw_gemm(FW_GEMM_NT, n, d->in, d->out, dy, d->out, d->kernel->data, d->out, op->adds[0], dx, d->in);
}

static void gradient(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch)
{
    (void)scratch;
    const struct dense *d = (const struct dense *)op;
    int64_t n = pass->rows->n;
    const fw_real *dy = fw_pass_grad(pass, op->output, 0);
    if (unit < d->n_blocks) {
        int64_t from = (int64_t)unit * KERNEL_ROWS;
        int64_t rows = d->in - from < KERNEL_ROWS ? d->in - from : KERNEL_ROWS;
        const fw_real *x = fw_pass_value(pass, op->inputs[0], 0) + from;
        fw_gemm(FW_GEMM_TN, rows, d->out, n, x, d->in, dy, d->out, false, d->kernel->grad + from * d->out, d->out);
        return;
    }
    fw_real *sum = d->bias->grad;
    memset(sum, 0, (size_t)d->out * sizeof *sum);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < d->out; k++)
            sum[k] += dy[i * d->out + k];
    }
}

static const struct fw_op_vtable vtable = {
    .name = "dense",
    .forward = forward,
    .backward = backward,
    .gradient = gradient,
};

fw_node fw_op_dense(struct fw_graph *graph, fw_node x, int32_t width, const struct fw_dense_options *options,
                    const char *name)
{
    struct dense *d = fw_graph_keep(graph, 1, sizeof *d);
    if (graph->failed)
        return 0;
    int32_t in = fw_graph_width(graph, x);
    int32_t n_blocks = (in + KERNEL_ROWS - 1) / KERNEL_ROWS;
    *d = (struct dense){.op = {.vtable = &vtable,
                               .n_inputs = 1,
                               .inputs = {x},
                               .n_units = n_blocks + (options->no_bias ? 0 : 1),
                               .unit_cost = (int64_t)width * (in < KERNEL_ROWS ? in : KERNEL_ROWS)},
                        .in = in,
                        .out = width,
                        .activation = options->activation,
                        .n_blocks = n_blocks};
    struct fw_weights w = {.name = fw_graph_name(graph, name, "kernel"),
                           .field = -1,
                           .kind = FW_WEIGHTS_DENSE,
                           .rows = in,
                           .width = width,
                           .init = options->zero                        ? FW_INIT_CONSTANT
                                   : options->activation == FW_ACT_RELU ? FW_INIT_HE
                                                                        : FW_INIT_XAVIER,
                           .penalised = true};
    d->kernel = fw_graph_add_weights(graph, &w);
    if (!options->no_bias) {
        w.name = fw_graph_name(graph, name, "bias");
        w.rows = 1;
        w.init = FW_INIT_CONSTANT;
        w.penalised = false;
        d->bias = fw_graph_add_weights(graph, &w);
    }
    return fw_graph_add_op(graph, &d->op, width, true);
}
