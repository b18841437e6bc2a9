/* What DCN and its second version do with the input: cross (Wang et al. 2017), multiply_add, mix.
 *
 *     cross         y = x0 (x' w) + b + x        the scalar x' w first, never the outer product
 *     multiply_add  y = x0 * u + x               DCN-V2 with u = W x + b
 *     mix           y = sum_i gate_i x_i         mixtures of experts */
#include <string.h>

#include "models/engine/ops.h"
#include "models/engine/vector.h"

/* Columns of a gradient that one piece sums over the batch. */
enum { COLUMNS = 128 };

struct cross {
    struct fw_op op;
    int64_t width;
    struct fw_weights *kernel, *bias; /* (1, width) */
    fw_real *slope;                   /* (batch) <dy, x0> of each row, left by backward */
};

static void cross_lay_out(struct fw_op *op, struct fw_arena *arena)
{
    struct cross *c = (struct cross *)op;
    c->slope = fw_arena_take(arena, op->graph->batch, sizeof *c->slope);
}

static void cross_forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct cross *c = (const struct cross *)op;
    const fw_real *w = c->kernel->data;
    const fw_real *b = c->bias->data;
    for (int64_t i = first; i < first + n; i++) {
        const fw_real *x0 = fw_pass_value(pass, op->inputs[0], i);
        const fw_real *x = fw_pass_value(pass, op->inputs[1], i);
        fw_real *y = fw_pass_value(pass, op->output, i);
        fw_real s = fw_dot(x, w, c->width);
        for (int64_t k = 0; k < c->width; k++)
            y[k] = x0[k] * s + b[k] + x[k];
    }
}

static void cross_backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct cross *c = (const struct cross *)op;
    const fw_real *w = c->kernel->data;
    for (int64_t i = first; i < first + n; i++) {
        const fw_real *x0 = fw_pass_value(pass, op->inputs[0], i);
        const fw_real *x = fw_pass_value(pass, op->inputs[1], i);
        const fw_real *dy = fw_pass_grad(pass, op->output, i);
        fw_real *dx0 = fw_pass_grad(pass, op->inputs[0], i);
        fw_real *dx = fw_pass_grad(pass, op->inputs[1], i);
        fw_real s = fw_dot(x, w, c->width);
        fw_real t = fw_dot(dy, x0, c->width);
        c->slope[i] = t;
        bool add = op->adds[0];
        for (int64_t k = 0; k < c->width; k++)
            dx0[k] = add ? dx0[k] + dy[k] * s : dy[k] * s;
        add = op->adds[1]; /* also where both inputs are one node */
        for (int64_t k = 0; k < c->width; k++)
            dx[k] = add ? dx[k] + dy[k] + t * w[k] : dy[k] + t * w[k];
    }
}

static void cross_gradient(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch)
{
    (void)scratch;
    const struct cross *c = (const struct cross *)op;
    int64_t from = (int64_t)unit * COLUMNS;
    int64_t width = c->width - from < COLUMNS ? c->width - from : COLUMNS;
    fw_real *restrict dw = c->kernel->grad + from;
    fw_real *restrict db = c->bias->grad + from;
    memset(dw, 0, (size_t)width * sizeof *dw);
    memset(db, 0, (size_t)width * sizeof *db);
    for (int64_t i = 0; i < pass->rows->n; i++) {
        const fw_real *restrict x = fw_pass_value(pass, op->inputs[1], i) + from;
        const fw_real *restrict dy = fw_pass_grad(pass, op->output, i) + from;
        fw_real t = c->slope[i];
        for (int64_t k = 0; k < width; k++) {
            dw[k] += t * x[k];
            db[k] += dy[k];
        }
    }
}

static const struct fw_op_vtable cross_vtable = {.name = "cross",
                                                 .forward = cross_forward,
                                                 .backward = cross_backward,
                                                 .gradient = cross_gradient,
                                                 .lay_out = cross_lay_out};

fw_node fw_op_cross(struct fw_graph *graph, fw_node x0, fw_node x, const char *name)
{
    struct cross *c = fw_graph_keep(graph, 1, sizeof *c);
    if (graph->failed)
        return 0;
    int32_t width = fw_graph_width(graph, x);
    *c = (struct cross){.op = {.vtable = &cross_vtable,
                               .n_inputs = 2,
                               .inputs = {x0, x},
                               .n_units = (width + COLUMNS - 1) / COLUMNS,
                               .unit_cost = 2 * COLUMNS},
                        .width = width};
    struct fw_weights w = {.name = fw_graph_name(graph, name, "kernel"),
                           .field = -1,
                           .kind = FW_WEIGHTS_DENSE,
                           .rows = 1,
                           .width = width,
                           .init = FW_INIT_XAVIER,
                           .penalised = true};
    c->kernel = fw_graph_add_weights(graph, &w);
    w.name = fw_graph_name(graph, name, "bias");
    w.init = FW_INIT_CONSTANT;
    w.penalised = false;
    c->bias = fw_graph_add_weights(graph, &w);
    return fw_graph_add_op(graph, &c->op, width, true);
}

static void put(fw_real *to, fw_real value, bool add)
{
    *to = add ? *to + value : value;
}

static void multiply_add_forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n,
                                 void *scratch)
{
    (void)scratch;
    int64_t all = n * fw_graph_width(op->graph, op->output);
    const fw_real *x0 = fw_pass_value(pass, op->inputs[0], first);
    const fw_real *u = fw_pass_value(pass, op->inputs[1], first);
    const fw_real *x = fw_pass_value(pass, op->inputs[2], first);
    fw_real *y = fw_pass_value(pass, op->output, first);
    for (int64_t i = 0; i < all; i++)
        y[i] = x0[i] * u[i] + x[i];
}

static void multiply_add_backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n,
                                  void *scratch)
{
    (void)scratch;
    int64_t all = n * fw_graph_width(op->graph, op->output);
    const fw_real *x0 = fw_pass_value(pass, op->inputs[0], first);
    const fw_real *u = fw_pass_value(pass, op->inputs[1], first);
    const fw_real *dy = fw_pass_grad(pass, op->output, first);
    fw_real *dx0 = fw_pass_grad(pass, op->inputs[0], first);
    fw_real *du = fw_pass_grad(pass, op->inputs[1], first);
    fw_real *dx = fw_pass_grad(pass, op->inputs[2], first);
    for (int64_t i = 0; i < all; i++) {
        put(dx0 + i, dy[i] * u[i], op->adds[0]);
        put(du + i, dy[i] * x0[i], op->adds[1]);
        put(dx + i, dy[i], op->adds[2]);
    }
}

static const struct fw_op_vtable multiply_add_vtable = {.name = "multiply_add",
                                                        .forward = multiply_add_forward,
                                                        .backward = multiply_add_backward};

fw_node fw_op_multiply_add(struct fw_graph *graph, fw_node x0, fw_node u, fw_node x)
{
    struct fw_op *op = fw_graph_keep(graph, 1, sizeof *op);
    if (graph->failed)
        return 0;
    *op = (struct fw_op){.vtable = &multiply_add_vtable, .n_inputs = 3, .inputs = {x0, u, x}};
    return fw_graph_add_op(graph, op, fw_graph_width(graph, x), true);
}

static void mix_forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    int64_t width = fw_graph_width(op->graph, op->output);
    for (int64_t i = first; i < first + n; i++) {
        const fw_real *gate = fw_pass_value(pass, op->inputs[0], i);
        fw_real *y = fw_pass_value(pass, op->output, i);
        memset(y, 0, (size_t)width * sizeof *y);
        for (int32_t j = 1; j < op->n_inputs; j++) {
            const fw_real *x = fw_pass_value(pass, op->inputs[j], i);
            for (int64_t k = 0; k < width; k++)
                y[k] += gate[j - 1] * x[k];
        }
    }
}

static void mix_backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    int64_t width = fw_graph_width(op->graph, op->output);
    for (int64_t i = first; i < first + n; i++) {
        const fw_real *gate = fw_pass_value(pass, op->inputs[0], i);
        const fw_real *dy = fw_pass_grad(pass, op->output, i);
        fw_real *dgate = fw_pass_grad(pass, op->inputs[0], i);
        for (int32_t j = 1; j < op->n_inputs; j++) {
            const fw_real *x = fw_pass_value(pass, op->inputs[j], i);
            fw_real *dx = fw_pass_grad(pass, op->inputs[j], i);
            put(dgate + j - 1, fw_dot(dy, x, width), op->adds[0]);
            for (int64_t k = 0; k < width; k++)
                put(dx + k, gate[j - 1] * dy[k], op->adds[j]);
        }
    }
}

static const struct fw_op_vtable mix_vtable = {.name = "mix", .forward = mix_forward, .backward = mix_backward};

fw_node fw_op_mix(struct fw_graph *graph, fw_node gate, const fw_node *inputs, int32_t n)
{
    struct fw_op *op = fw_graph_keep(graph, 1, sizeof *op);
    if (graph->failed)
        return 0;
    *op = (struct fw_op){.vtable = &mix_vtable, .n_inputs = n + 1, .inputs = {gate}};
    memcpy(op->inputs + 1, inputs, (size_t)n * sizeof *inputs);
    return fw_graph_add_op(graph, op, fw_graph_width(graph, inputs[0]), true);
}
