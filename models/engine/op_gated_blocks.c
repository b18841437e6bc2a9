/* SNR-Trans: y_i = act(sum_j z_ij W_ij x_j + b_i). While gates move, all blocks are computed as one product with the
 * kernel whose blocks are multiplied with their gates; what closed gates save comes with the network that serves
 * (op_blocks.c). */
#include <assert.h>
#include <string.h>

#include "models/engine/act.h"
#include "models/engine/gates.h"
#include "models/engine/gemm.h"

struct gated_blocks {
    struct fw_op op;
    struct fw_blocks blocks;
    enum fw_activation activation;
    int64_t x_width, y_width;
    struct fw_gates gates;
    struct fw_weights *kernel; /* (x_width, y_width) */
    struct fw_weights *bias;   /* (1, y_width); NULL: none */
};

/* The kernel with its gates. */
static void gate_kernel(const struct gated_blocks *b, const struct fw_pass *pass, fw_real *restrict gated)
{
    int64_t out = b->blocks.out;
    for (int32_t j = 0; j < b->blocks.from; j++) {
        for (int32_t i = 0; i < b->blocks.to; i++) {
            fw_real z = fw_gate_value(&b->gates, pass, (int64_t)i * b->blocks.from + j, NULL);
            for (int64_t r = (int64_t)j * b->blocks.in; r < (int64_t)(j + 1) * b->blocks.in; r++) {
                const fw_real *restrict from = b->kernel->data + r * b->y_width + i * out;
                fw_real *restrict to = gated + r * b->y_width + i * out;
                for (int64_t k = 0; k < out; k++)
                    to[k] = z * from[k];
            }
        }
    }
}

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct gated_blocks *b = (const struct gated_blocks *)op;
    const fw_real *x = fw_pass_value(pass, op->inputs[0], first);
    fw_real *y = fw_pass_value(pass, op->output, first);
    gate_kernel(b, pass, scratch);
    for (int64_t i = 0; b->bias != NULL && i < n; i++)
        memcpy(y + i * b->y_width, b->bias->data, (size_t)b->y_width * sizeof *y);
    fw_gemm(FW_GEMM_NN, n, b->y_width, b->x_width, x, b->x_width, scratch, b->y_width, b->bias != NULL, y, b->y_width);
    fw_act_forward(b->activation, y, n * b->y_width);
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct gated_blocks *b = (const struct gated_blocks *)op;
    fw_real *dy = fw_pass_grad(pass, op->output, first);
    fw_real *dx = fw_pass_grad(pass, op->inputs[0], first);
    fw_act_backward(b->activation, fw_pass_value(pass, op->output, first), dy, n * b->y_width);
    if (dx == NULL)
        return;
    gate_kernel(b, pass, scratch);
    fw_gemm(FW_GEMM_NT, n, b->x_width, b->y_width, dy, b->y_width, scratch, b->y_width, op->adds[0], dx, b->x_width);
}

/* From the gradient of the gated kernel in the rows of block j to those of kernel and gates. */
static void split_gradient(const struct gated_blocks *b, const struct fw_pass *pass, int32_t j)
{
    int64_t out = b->blocks.out;
    for (int32_t i = 0; i < b->blocks.to; i++) {
        int64_t index = (int64_t)i * b->blocks.from + j;
        fw_real z = fw_gate_value(&b->gates, pass, index, NULL);
        double dz = 0;
        for (int64_t r = (int64_t)j * b->blocks.in; r < (int64_t)(j + 1) * b->blocks.in; r++) {
            const fw_real *restrict w = b->kernel->data + r * b->y_width + i * out;
            fw_real *restrict g = b->kernel->grad + r * b->y_width + i * out;
            fw_real sum = 0;
            for (int64_t k = 0; k < out; k++) {
                sum += w[k] * g[k];
                g[k] *= z;
            }
            dz += (double)sum;
        }
        fw_gate_gradient(&b->gates, pass, index, dz);
    }
}

static void gradient(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch)
{
    (void)scratch;
    const struct gated_blocks *b = (const struct gated_blocks *)op;
    const fw_real *dy = fw_pass_grad(pass, op->output, 0);
    int64_t n = pass->rows->n;
    if (unit < b->blocks.from) {
        int64_t row = (int64_t)unit * b->blocks.in;
        const fw_real *x = fw_pass_value(pass, op->inputs[0], 0) + row;
        fw_gemm(FW_GEMM_TN, b->blocks.in, b->y_width, n, x, b->x_width, dy, b->y_width, false,
                b->kernel->grad + row * b->y_width, b->y_width);
        split_gradient(b, pass, unit);
        return;
    }
    fw_real *sum = b->bias->grad;
    memset(sum, 0, (size_t)b->y_width * sizeof *sum);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < b->y_width; k++)
            sum[k] += dy[i * b->y_width + k];
    }
}

static double penalty(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n)
{
    (void)n;
    return fw_gates_penalty(&((const struct gated_blocks *)op)->gates, pass, first);
}

static const struct fw_op_vtable vtable = {
    .name = "gated_blocks", .forward = forward, .backward = backward, .gradient = gradient, .penalty = penalty};

fw_node fw_op_gated_blocks(struct fw_graph *graph, fw_node x, const struct fw_block_options *options,
                           const struct fw_gate_options *gates, const char *name)
{
    struct gated_blocks *b = fw_graph_keep(graph, 1, sizeof *b);
    if (graph->failed)
        return 0;
    *b = (struct gated_blocks){.op = {.vtable = &vtable, .n_inputs = 1, .inputs = {x}},
                               .blocks = options->blocks,
                               .activation = options->activation,
                               .x_width = (int64_t)options->blocks.from * options->blocks.in,
                               .y_width = (int64_t)options->blocks.to * options->blocks.out};
    b->blocks.connected = NULL;
    assert(b->x_width == fw_graph_width(graph, x));
    fw_gates_add(&b->gates, graph, b->blocks.to, b->blocks.from, gates, name);
    struct fw_weights w = {.name = fw_graph_name(graph, name, "kernel"),
                           .field = -1,
                           .kind = FW_WEIGHTS_DENSE,
                           .rows = b->x_width,
                           .width = b->y_width,
                           .init = options->activation == FW_ACT_RELU ? FW_INIT_HE : FW_INIT_XAVIER,
                           .runs = options->alike ? options->blocks.to : 0,
                           .penalised = true};
    b->kernel = fw_graph_add_weights(graph, &w);
    if (!options->no_bias) {
        w = (struct fw_weights){.name = fw_graph_name(graph, name, "bias"),
                                .field = -1,
                                .kind = FW_WEIGHTS_DENSE,
                                .rows = 1,
                                .width = b->y_width,
                                .init = FW_INIT_CONSTANT};
        b->bias = fw_graph_add_weights(graph, &w);
    }
    b->op.n_units = b->blocks.from + (options->no_bias ? 0 : 1);
    b->op.unit_cost = b->y_width * b->blocks.in;
    b->op.scratch = (size_t)(b->x_width * b->y_width) * sizeof(fw_real);
    return fw_graph_add_op(graph, &b->op, (int32_t)b->y_width, true);
}
