/* Interactions of pairs of fields without weights of their own: FM's sum, all inner products, the outer product of the
 * sum, FFM's sum. Each row by itself; vectors of a field are neighbours, so that inner loops run along them. */
#include <string.h>

#include "models/engine/ops.h"
#include "models/engine/pairs.h"

struct pairs {
    struct fw_op op;
    int32_t n_fields;
    int32_t width; /* of a vector */
};

#define FORWARD(kernel)                                                                                                \
    static void kernel##_forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n,         \
                                 void *scratch)                                                                        \
    {                                                                                                                  \
        const struct pairs *p = (const struct pairs *)op;                                                              \
        fw_pairs_##kernel(fw_pass_value(pass, op->inputs[0], first), fw_pass_value(pass, op->output, first), n,        \
                          p->n_fields, p->width, scratch);                                                             \
    }                                                                                                                  \
    static void kernel##_backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n,        \
                                  void *scratch)                                                                       \
    {                                                                                                                  \
        const struct pairs *p = (const struct pairs *)op;                                                              \
        fw_pairs_##kernel##_back(fw_pass_value(pass, op->inputs[0], first), fw_pass_grad(pass, op->output, first),     \
                                 fw_pass_grad(pass, op->inputs[0], first), n, p->n_fields, p->width, op->adds[0],      \
                                 scratch);                                                                             \
    }                                                                                                                  \
    static const struct fw_op_vtable kernel##_vtable = {.name = #kernel,                                               \
                                                        .forward = kernel##_forward,                                   \
                                                        .backward = kernel##_backward}

FORWARD(fm);
FORWARD(inner);
FORWARD(outer);
FORWARD(ffm);

static fw_node make(struct fw_graph *graph, const struct fw_op_vtable *vtable, fw_node x, int32_t n_fields,
                    int32_t width, int32_t out)
{
    struct pairs *p = fw_graph_keep(graph, 1, sizeof *p);
    if (graph->failed)
        return 0;
    *p = (struct pairs){
        .op = {.vtable = vtable, .n_inputs = 1, .inputs = {x}, .scratch = 2 * (size_t)width * sizeof(fw_real)},
        .n_fields = n_fields,
        .width = width};
    return fw_graph_add_op(graph, &p->op, out, true);
}

fw_node fw_op_fm(struct fw_graph *graph, fw_node x, int32_t n_fields)
{
    return make(graph, &fm_vtable, x, n_fields, fw_graph_width(graph, x) / n_fields, 1);
}

fw_node fw_op_inner_products(struct fw_graph *graph, fw_node x, int32_t n_fields)
{
    return make(graph, &inner_vtable, x, n_fields, fw_graph_width(graph, x) / n_fields, n_fields * (n_fields - 1) / 2);
}

fw_node fw_op_outer_product(struct fw_graph *graph, fw_node x, int32_t n_fields)
{
    int32_t width = fw_graph_width(graph, x) / n_fields;
    return make(graph, &outer_vtable, x, n_fields, width, width * width);
}

fw_node fw_op_ffm(struct fw_graph *graph, fw_node x, int32_t n_fields)
{
    return make(graph, &ffm_vtable, x, n_fields, fw_graph_width(graph, x) / (n_fields * (n_fields - 1)), 1);
}
