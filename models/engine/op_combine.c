/* Sums of blocks with learned scalars: y_i = sum over connected j of a_ij x_j. */
#include <assert.h>

#include "models/engine/block_links.h"
#include "models/engine/ops.h"
#include "models/engine/vector.h"

struct combine {
    struct fw_op op;
    struct fw_block_links links;
    struct fw_weights *factors; /* (to, from); 0 where there is no connection */
};

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct combine *c = (const struct combine *)op;
    for (int64_t i = first; i < first + n; i++)
        fw_block_sums_row(fw_pass_value(pass, op->output, i), &c->links.forward, c->links.width, c->factors->data,
                          fw_pass_value(pass, op->inputs[0], i), false);
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct combine *c = (const struct combine *)op;
    for (int64_t i = first; fw_pass_grad(pass, op->inputs[0], 0) != NULL && i < first + n; i++)
        fw_block_sums_row(fw_pass_grad(pass, op->inputs[0], i), &c->links.backward, c->links.width, c->factors->data,
                          fw_pass_grad(pass, op->output, i), op->adds[0]);
}

/* The factors of one written block: sums over the batch in double precision, for a scalar sums up many products. */
static void gradient(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch)
{
    (void)scratch;
    const struct combine *c = (const struct combine *)op;
    int32_t width = c->links.width;
    int32_t n_from = c->links.backward.n;
    fw_real *grad = c->factors->grad + (int64_t)unit * n_from;
    for (int32_t j = 0; j < n_from; j++)
        grad[j] = 0;
    for (int32_t t = c->links.forward.start[unit]; t < c->links.forward.start[unit + 1]; t++) {
        int32_t j = c->links.forward.terms[t].block;
        double sum = 0;
        for (int64_t i = 0; i < pass->rows->n; i++)
            sum += (double)fw_dot(fw_pass_grad(pass, op->output, i) + (int64_t)unit * width,
                                  fw_pass_value(pass, op->inputs[0], i) + (int64_t)j * width, width);
        grad[j] = (fw_real)sum;
    }
}

static const struct fw_op_vtable vtable = {
    .name = "combine",
    .forward = forward,
    .backward = backward,
    .gradient = gradient,
};

fw_node fw_op_combine(struct fw_graph *graph, fw_node x, const struct fw_blocks *blocks, const float *first,
                      const char *name)
{
    struct combine *c = fw_graph_keep(graph, 1, sizeof *c);
    float *given = fw_graph_keep(graph, (int64_t)blocks->to * blocks->from, sizeof *given);
    if (graph->failed)
        return 0;
    *c = (struct combine){.op = {.vtable = &vtable,
                                 .n_inputs = 1,
                                 .inputs = {x},
                                 .n_units = blocks->to,
                                 .unit_cost = (int64_t)blocks->from * blocks->in}};
    fw_block_links_init(&c->links, graph, blocks, true);
    assert(graph->failed || (blocks->in == blocks->out && fw_graph_width(graph, x) == blocks->from * blocks->in));
    for (int32_t t = 0; !graph->failed && t < c->links.n; t++)
        given[c->links.forward.terms[t].factor] = first[c->links.forward.terms[t].factor];
    struct fw_weights w = {.name = name,
                           .field = -1,
                           .kind = FW_WEIGHTS_DENSE,
                           .rows = blocks->to,
                           .width = blocks->from,
                           .init = FW_INIT_GIVEN,
                           .given = given};
    c->factors = fw_graph_add_weights(graph, &w);
    return fw_graph_add_op(graph, &c->op, blocks->to * blocks->in, true);
}
