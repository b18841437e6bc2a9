/* Numbers as they are: value columns of the data set, and what is served in the units of a label. */
#include "models/engine/ops.h"

struct values {
    struct fw_op op;
    int32_t n;
    const struct fw_weights *scaling; /* of rescale */
};

static void values_forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct values *v = (const struct values *)op;
    fw_real *y = fw_pass_value(pass, op->output, first);
    for (int32_t k = 0; k < v->n; k++) {
        const float *from = fw_view_values(pass->rows, k, first, n, scratch);
        for (int64_t i = 0; i < n; i++)
            y[i * v->n + k] = from[i];
    }
}

static void rescale_forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct values *v = (const struct values *)op;
    const fw_real *x = fw_pass_value(pass, op->inputs[0], first);
    fw_real *y = fw_pass_value(pass, op->output, first);
    for (int64_t i = 0; i < n; i++) {
        for (int32_t t = 0; t < v->n; t++)
            y[i * v->n + t] = x[i * v->n + t] * v->scaling->data[2 * t + 1] + v->scaling->data[2 * t];
    }
}

static const struct fw_op_vtable values_vtable = {.name = "values", .forward = values_forward};
static const struct fw_op_vtable rescale_vtable = {.name = "rescale", .forward = rescale_forward};

fw_node fw_op_values(struct fw_graph *graph, int32_t n)
{
    struct values *v = fw_graph_keep(graph, 1, sizeof *v);
    if (v == NULL)
        return 0;
    *v = (struct values){.op = {.vtable = &values_vtable, .scratch = FW_GRAPH_CHUNK_MOST * sizeof(float)}, .n = n};
    return fw_graph_add_op(graph, &v->op, n, false);
}

fw_node fw_op_rescale(struct fw_graph *graph, fw_node x, const struct fw_weights *scaling)
{
    struct values *v = fw_graph_keep(graph, 1, sizeof *v);
    if (v == NULL)
        return 0;
    *v = (struct values){.op = {.vtable = &rescale_vtable, .n_inputs = 1, .inputs = {x}}, .scaling = scaling};
    v->n = fw_graph_width(graph, x);
    return fw_graph_add_op(graph, &v->op, v->n, false);
}
