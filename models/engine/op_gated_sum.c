/* SNR-Aver: y_i = sum_j z_ij x_j, over blocks of equal width. */
#include <assert.h>
#include <string.h>

#include "models/engine/gates.h"

struct gated_sum {
    struct fw_op op;
    struct fw_blocks blocks;
    struct fw_gates gates;
};

static void draw_gates(const struct gated_sum *s, const struct fw_pass *pass, fw_real *z)
{
    for (int64_t i = 0; i < (int64_t)s->blocks.to * s->blocks.from; i++)
        z[i] = fw_gate_value(&s->gates, pass, i, NULL);
}

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct gated_sum *s = (const struct gated_sum *)op;
    int64_t width = s->blocks.in;
    fw_real *z = scratch;
    draw_gates(s, pass, z);
    for (int64_t row = first; row < first + n; row++) {
        const fw_real *restrict x = fw_pass_value(pass, op->inputs[0], row);
        fw_real *restrict y = fw_pass_value(pass, op->output, row);
        memset(y, 0, (size_t)(s->blocks.to * width) * sizeof *y);
        for (int32_t i = 0; i < s->blocks.to; i++) {
            for (int32_t j = 0; j < s->blocks.from; j++) {
                fw_real gate = z[i * s->blocks.from + j];
                for (int64_t k = 0; gate != 0 && k < width; k++)
                    y[i * width + k] += gate * x[j * width + k];
            }
        }
    }
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct gated_sum *s = (const struct gated_sum *)op;
    int64_t width = s->blocks.in;
    fw_real *z = scratch;
    if (fw_pass_grad(pass, op->inputs[0], first) == NULL)
        return;
    draw_gates(s, pass, z);
    for (int64_t row = first; row < first + n; row++) {
        const fw_real *restrict dy = fw_pass_grad(pass, op->output, row);
        fw_real *restrict dx = fw_pass_grad(pass, op->inputs[0], row);
        if (!op->adds[0])
            memset(dx, 0, (size_t)(s->blocks.from * width) * sizeof *dx);
        for (int32_t i = 0; i < s->blocks.to; i++) {
            for (int32_t j = 0; j < s->blocks.from; j++) {
                fw_real gate = z[i * s->blocks.from + j];
                for (int64_t k = 0; gate != 0 && k < width; k++)
                    dx[j * width + k] += gate * dy[i * width + k];
            }
        }
    }
}

/* Piece j: the gates of all that read block j. */
static void gradient(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch)
{
    (void)scratch;
    const struct gated_sum *s = (const struct gated_sum *)op;
    int64_t width = s->blocks.in;
    for (int32_t i = 0; i < s->blocks.to; i++) {
        double dz = 0;
        for (int64_t row = 0; row < pass->rows->n; row++) {
            const fw_real *restrict x = fw_pass_value(pass, op->inputs[0], row) + unit * width;
            const fw_real *restrict dy = fw_pass_grad(pass, op->output, row) + i * width;
            fw_real sum = 0;
            for (int64_t k = 0; k < width; k++)
                sum += x[k] * dy[k];
            dz += (double)sum;
        }
        fw_gate_gradient(&s->gates, pass, (int64_t)i * s->blocks.from + unit, dz);
    }
}

static double penalty(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n)
{
    (void)n;
    return fw_gates_penalty(&((const struct gated_sum *)op)->gates, pass, first);
}

static const struct fw_op_vtable vtable = {
    .name = "gated_sum", .forward = forward, .backward = backward, .gradient = gradient, .penalty = penalty};

fw_node fw_op_gated_sum(struct fw_graph *graph, fw_node x, const struct fw_blocks *blocks,
                        const struct fw_gate_options *gates, const char *name)
{
    struct gated_sum *s = fw_graph_keep(graph, 1, sizeof *s);
    if (graph->failed)
        return 0;
    assert(blocks->in == blocks->out && blocks->from * blocks->in == fw_graph_width(graph, x));
    *s = (struct gated_sum){.op = {.vtable = &vtable, .n_inputs = 1, .inputs = {x}}, .blocks = *blocks};
    s->blocks.connected = NULL;
    fw_gates_add(&s->gates, graph, blocks->to, blocks->from, gates, name);
    s->op.n_units = blocks->from;
    s->op.unit_cost = (int64_t)blocks->to * blocks->in;
    s->op.scratch = (size_t)(blocks->to * blocks->from) * sizeof(fw_real);
    return fw_graph_add_op(graph, &s->op, blocks->to * blocks->out, true);
}
