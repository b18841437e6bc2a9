/* SNR-Aver: y_i = sum_j z_ij x_j, over blocks of equal width. */
#include <assert.h>

#include "models/engine/block_links.h"
#include "models/engine/gates.h"
#include "models/engine/vector.h"

struct gated_sum {
    struct fw_op op;
    struct fw_block_links links;
    struct fw_gates gates;
};

static const fw_real *draw_gates(const struct gated_sum *s, const struct fw_pass *pass, void *scratch)
{
    fw_real *z = scratch;
    for (int64_t i = 0; i < s->links.n; i++)
        z[i] = fw_gate_value(&s->gates, pass, i, NULL);
    return z;
}

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct gated_sum *s = (const struct gated_sum *)op;
    const fw_real *z = draw_gates(s, pass, scratch);
    for (int64_t i = first; i < first + n; i++)
        fw_block_sums_row(fw_pass_value(pass, op->output, i), &s->links.forward, s->links.width, z,
                          fw_pass_value(pass, op->inputs[0], i), false);
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct gated_sum *s = (const struct gated_sum *)op;
    if (fw_pass_grad(pass, op->inputs[0], first) == NULL)
        return;
    const fw_real *z = draw_gates(s, pass, scratch);
    for (int64_t i = first; i < first + n; i++)
        fw_block_sums_row(fw_pass_grad(pass, op->inputs[0], i), &s->links.backward, s->links.width, z,
                          fw_pass_grad(pass, op->output, i), op->adds[0]);
}

/* Piece j: the gates of all that read block j. */
static void gradient(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch)
{
    (void)scratch;
    const struct gated_sum *s = (const struct gated_sum *)op;
    int32_t width = s->links.width;
    for (int32_t i = 0; i < s->links.forward.n; i++) {
        double dz = 0;
        for (int64_t row = 0; row < pass->rows->n; row++)
            dz += (double)fw_dot(fw_pass_grad(pass, op->output, row) + (int64_t)i * width,
                                 fw_pass_value(pass, op->inputs[0], row) + (int64_t)unit * width, width);
        fw_gate_gradient(&s->gates, pass, (int64_t)i * s->links.backward.n + unit, dz);
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
    struct fw_blocks all = *blocks;
    assert(blocks->in == blocks->out && blocks->from * blocks->in == fw_graph_width(graph, x));
    *s = (struct gated_sum){.op = {.vtable = &vtable, .n_inputs = 1, .inputs = {x}}};
    all.connected = NULL;
    fw_block_links_init(&s->links, graph, &all, true);
    fw_gates_add(&s->gates, graph, blocks->to, blocks->from, gates, name);
    s->op.n_units = blocks->from;
    s->op.unit_cost = (int64_t)blocks->to * blocks->in;
    s->op.scratch = (size_t)(blocks->to * blocks->from) * sizeof(fw_real);
    return fw_graph_add_op(graph, &s->op, blocks->to * blocks->out, true);
}
