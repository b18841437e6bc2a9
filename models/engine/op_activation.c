/* An activation as an operation of its own, for where it does not follow a dense layer directly. */
#include <string.h>

#include "models/engine/act.h"
#include "models/engine/ops.h"

struct activation {
    struct fw_op op;
    enum fw_activation kind;
};

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct activation *a = (const struct activation *)op;
    int64_t all = n * fw_graph_width(op->graph, op->output);
    fw_real *y = fw_pass_value(pass, op->output, first);
    memcpy(y, fw_pass_value(pass, op->inputs[0], first), (size_t)all * sizeof *y);
    fw_act_forward(a->kind, y, all);
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct activation *a = (const struct activation *)op;
    int64_t all = n * fw_graph_width(op->graph, op->output);
    fw_real *restrict dy = fw_pass_grad(pass, op->output, first);
    fw_real *restrict dx = fw_pass_grad(pass, op->inputs[0], first);
    fw_act_backward(a->kind, fw_pass_value(pass, op->output, first), dy, all);
    if (!op->adds[0])
        memcpy(dx, dy, (size_t)all * sizeof *dx);
    for (int64_t i = 0; op->adds[0] && i < all; i++)
        dx[i] += dy[i];
}

static const struct fw_op_vtable vtable = {.name = "activation", .forward = forward, .backward = backward};

fw_node fw_op_activation(struct fw_graph *graph, fw_node x, enum fw_activation activation)
{
    struct activation *a = fw_graph_keep(graph, 1, sizeof *a);
    if (graph->failed)
        return 0;
    *a = (struct activation){.op = {.vtable = &vtable, .n_inputs = 1, .inputs = {x}}, .kind = activation};
    return fw_graph_add_op(graph, &a->op, fw_graph_width(graph, x), true);
}
