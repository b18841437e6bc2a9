/* Operations that bring nodes together: concat, add, weighted_sum, pool. */
#include <string.h>

#include "models/engine/ops.h"

struct join {
    struct fw_op op;
    struct fw_weights *factors; /* of weighted_sum: (1, inputs) */
    int32_t run;                /* of pool: neighbours that are summed */
};

static void concat_forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    int64_t stride = fw_graph_width(op->graph, op->output);
    fw_real *out = fw_pass_value(pass, op->output, first);
    for (int32_t j = 0; j < op->n_inputs; j++) {
        int64_t width = fw_graph_width(op->graph, op->inputs[j]);
        const fw_real *x = fw_pass_value(pass, op->inputs[j], first);
        for (int64_t i = 0; i < n; i++)
            memcpy(out + i * stride, x + i * width, (size_t)width * sizeof *out);
        out += width;
    }
}

static void concat_backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    int64_t stride = fw_graph_width(op->graph, op->output);
    const fw_real *dy = fw_pass_grad(pass, op->output, first);
    for (int32_t j = 0; j < op->n_inputs; j++) {
        int64_t width = fw_graph_width(op->graph, op->inputs[j]);
        fw_real *dx = fw_pass_grad(pass, op->inputs[j], first);
        for (int64_t i = 0; dx != NULL && i < n; i++) {
            for (int64_t k = 0; k < width; k++)
                dx[i * width + k] = op->adds[j] ? dx[i * width + k] + dy[i * stride + k] : dy[i * stride + k];
        }
        dy += width;
    }
}

static const struct fw_op_vtable concat = {.name = "concat", .forward = concat_forward, .backward = concat_backward};

static fw_real factor_of(const struct fw_op *op, int32_t input)
{
    const struct join *j = (const struct join *)op;
    return j->factors != NULL ? j->factors->data[input] : 1;
}

static void sum_forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    int64_t all = n * fw_graph_width(op->graph, op->output);
    fw_real *out = fw_pass_value(pass, op->output, first);
    for (int32_t j = 0; j < op->n_inputs; j++) {
        const fw_real *x = fw_pass_value(pass, op->inputs[j], first);
        fw_real factor = factor_of(op, j);
        for (int64_t i = 0; i < all; i++)
            out[i] = j == 0 ? factor * x[i] : out[i] + factor * x[i];
    }
}

static void sum_backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    int64_t all = n * fw_graph_width(op->graph, op->output);
    const fw_real *dy = fw_pass_grad(pass, op->output, first);
    for (int32_t j = 0; j < op->n_inputs; j++) {
        fw_real *dx = fw_pass_grad(pass, op->inputs[j], first);
        fw_real factor = factor_of(op, j);
        for (int64_t i = 0; dx != NULL && i < all; i++)
            dx[i] = op->adds[j] ? dx[i] + factor * dy[i] : factor * dy[i];
    }
}

/* All of the factors' gradients: few numbers. */
static void factors_gradient(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch)
{
    (void)scratch;
    const struct join *j = (const struct join *)op;
    int64_t all = pass->rows->n * fw_graph_width(op->graph, op->output);
    const fw_real *dy = fw_pass_grad(pass, op->output, 0);
    const fw_real *x = fw_pass_value(pass, op->inputs[unit], 0);
    double sum = 0;
    for (int64_t i = 0; i < all; i++)
        sum += (double)(dy[i] * x[i]);
    j->factors->grad[unit] = (fw_real)sum;
}

static const struct fw_op_vtable add = {.name = "add", .forward = sum_forward, .backward = sum_backward};
static const struct fw_op_vtable weighted_sum = {.name = "weighted_sum",
                                                 .forward = sum_forward,
                                                 .backward = sum_backward,
                                                 .gradient = factors_gradient};

static void pool_forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct join *p = (const struct join *)op;
    int64_t all = n * fw_graph_width(op->graph, op->output);
    const fw_real *x = fw_pass_value(pass, op->inputs[0], first);
    fw_real *out = fw_pass_value(pass, op->output, first);
    for (int64_t i = 0; i < all; i++) {
        fw_real sum = 0;
        for (int32_t k = 0; k < p->run; k++)
            sum += x[i * p->run + k];
        out[i] = sum;
    }
}

static void pool_backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct join *p = (const struct join *)op;
    int64_t all = n * fw_graph_width(op->graph, op->output);
    const fw_real *dy = fw_pass_grad(pass, op->output, first);
    fw_real *dx = fw_pass_grad(pass, op->inputs[0], first);
    for (int64_t i = 0; i < all; i++) {
        for (int32_t k = 0; k < p->run; k++)
            dx[i * p->run + k] = op->adds[0] ? dx[i * p->run + k] + dy[i] : dy[i];
    }
}

static const struct fw_op_vtable pool = {.name = "pool", .forward = pool_forward, .backward = pool_backward};

static struct join *make(struct fw_graph *graph, const struct fw_op_vtable *vtable, const fw_node *inputs, int32_t n)
{
    struct join *j = fw_graph_keep(graph, 1, sizeof *j);
    if (graph->failed)
        return NULL;
    j->op.vtable = vtable;
    j->op.n_inputs = n;
    memcpy(j->op.inputs, inputs, (size_t)n * sizeof *inputs);
    return j;
}

fw_node fw_op_concat(struct fw_graph *graph, const fw_node *inputs, int32_t n)
{
    if (n == 1)
        return inputs[0];
    struct join *j = make(graph, &concat, inputs, n);
    int32_t width = 0;
    for (int32_t i = 0; i < n; i++)
        width += fw_graph_width(graph, inputs[i]);
    return j != NULL ? fw_graph_add_op(graph, &j->op, width, true) : 0;
}

fw_node fw_op_add(struct fw_graph *graph, const fw_node *inputs, int32_t n)
{
    if (n == 1)
        return inputs[0];
    struct join *j = make(graph, &add, inputs, n);
    return j != NULL ? fw_graph_add_op(graph, &j->op, fw_graph_width(graph, inputs[0]), true) : 0;
}

fw_node fw_op_weighted_sum(struct fw_graph *graph, const fw_node *inputs, int32_t n, const char *name)
{
    struct join *j = make(graph, &weighted_sum, inputs, n);
    if (j == NULL)
        return 0;
    struct fw_weights w = {.name = name,
                           .field = -1,
                           .kind = FW_WEIGHTS_DENSE,
                           .rows = 1,
                           .width = n,
                           .init = FW_INIT_CONSTANT,
                           .scale = 1};
    j->factors = fw_graph_add_weights(graph, &w);
    j->op.n_units = n;
    j->op.unit_cost = 1;
    return fw_graph_add_op(graph, &j->op, fw_graph_width(graph, inputs[0]), true);
}

fw_node fw_op_pool(struct fw_graph *graph, fw_node x, int32_t width)
{
    struct join *j = make(graph, &pool, &x, 1);
    if (j == NULL)
        return 0;
    j->run = width;
    return fw_graph_add_op(graph, &j->op, fw_graph_width(graph, x) / width, true);
}
