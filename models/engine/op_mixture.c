/* Mixtures of experts: softmax within runs of columns, and sums of blocks with factors that are a row's own.
 *
 *     softmax_runs  y_k = exp(x_k) / sum of exp over the run of k
 *     mixture       y_i = sum over connected j of g_ij x_j */
#include <assert.h>
#include <string.h>

#include "models/engine/block_links.h"
#include "models/engine/ops.h"
#include "models/engine/vector.h"

struct softmax {
    struct fw_op op;
    int32_t n; /* runs */
    int32_t *sizes;
};

/* All exponentials of the chunk in one loop, for runs are shorter than a vector. */
static void softmax_forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct softmax *s = (const struct softmax *)op;
    int64_t all = n * fw_graph_width(op->graph, op->output);
    const fw_real *x = fw_pass_value(pass, op->inputs[0], first);
    fw_real *const begin = fw_pass_value(pass, op->output, first);
    fw_real *y = begin;
    for (int64_t i = 0; i < n; i++) {
        for (int32_t r = 0; r < s->n; x += s->sizes[r], y += s->sizes[r], r++) {
            fw_real most = x[0];
            for (int32_t k = 1; k < s->sizes[r]; k++)
                most = x[k] > most ? x[k] : most;
            for (int32_t k = 0; k < s->sizes[r]; k++)
                y[k] = x[k] - most;
        }
    }
    y = begin;
    for (int64_t k = 0; k < all; k++)
        y[k] = fw_real_exp(y[k]);
    for (int64_t i = 0; i < n; i++) {
        for (int32_t r = 0; r < s->n; y += s->sizes[r], r++) {
            fw_real sum = 0;
            for (int32_t k = 0; k < s->sizes[r]; k++)
                sum += y[k];
            for (int32_t k = 0; k < s->sizes[r]; k++)
                y[k] /= sum;
        }
    }
}

static void softmax_backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n,
                             void *scratch)
{
    (void)scratch;
    const struct softmax *s = (const struct softmax *)op;
    const fw_real *y = fw_pass_value(pass, op->output, first);
    const fw_real *dy = fw_pass_grad(pass, op->output, first);
    fw_real *dx = fw_pass_grad(pass, op->inputs[0], first);
    for (int64_t i = 0; dx != NULL && i < n; i++) {
        for (int32_t r = 0; r < s->n; r++) {
            int32_t size = s->sizes[r];
            fw_real mean = fw_dot(y, dy, size);
            for (int32_t k = 0; k < size; k++)
                dx[k] = (op->adds[0] ? dx[k] : 0) + y[k] * (dy[k] - mean);
            y += size;
            dy += size;
            dx += size;
        }
    }
}

static const struct fw_op_vtable softmax_vtable = {.name = "softmax_runs",
                                                   .forward = softmax_forward,
                                                   .backward = softmax_backward};

fw_node fw_op_softmax_runs(struct fw_graph *graph, fw_node x, const int32_t *sizes, int32_t n)
{
    struct softmax *s = fw_graph_keep(graph, 1, sizeof *s);
    int32_t *kept = fw_graph_keep(graph, n, sizeof *kept);
    if (graph->failed)
        return 0;
    memcpy(kept, sizes, (size_t)n * sizeof *kept);
    *s = (struct softmax){.op = {.vtable = &softmax_vtable, .n_inputs = 1, .inputs = {x}}, .n = n, .sizes = kept};
    return fw_graph_add_op(graph, &s->op, fw_graph_width(graph, x), true);
}

struct mixture {
    struct fw_op op; /* inputs: gate, x */
    struct fw_block_links links;
};

static void mixture_forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct mixture *m = (const struct mixture *)op;
    for (int64_t i = first; i < first + n; i++)
        fw_block_sums_row(fw_pass_value(pass, op->output, i), &m->links.forward, m->links.width,
                          fw_pass_value(pass, op->inputs[0], i), fw_pass_value(pass, op->inputs[1], i), false);
}

/* dg_ij = <dy_i, x_j> of one row. */
static void gate_row(fw_real *restrict dgate, const struct fw_block_links *links, const fw_real *restrict dy,
                     const fw_real *restrict x, bool add)
{
    for (int32_t i = 0; i < links->forward.n; i++) {
        for (int32_t t = links->forward.start[i]; t < links->forward.start[i + 1]; t++) {
            fw_real product = fw_dot(dy, x + (int64_t)links->forward.terms[t].block * links->width, links->width);
            dgate[t] = add ? dgate[t] + product : product;
        }
        dy += links->width;
    }
}

static void mixture_backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n,
                             void *scratch)
{
    (void)scratch;
    const struct mixture *m = (const struct mixture *)op;
    for (int64_t i = first; i < first + n; i++) {
        const fw_real *gate = fw_pass_value(pass, op->inputs[0], i);
        const fw_real *x = fw_pass_value(pass, op->inputs[1], i);
        const fw_real *dy = fw_pass_grad(pass, op->output, i);
        fw_real *dgate = fw_pass_grad(pass, op->inputs[0], i);
        fw_real *dx = fw_pass_grad(pass, op->inputs[1], i);
        if (dgate != NULL)
            gate_row(dgate, &m->links, dy, x, op->adds[0]);
        if (dx != NULL)
            fw_block_sums_row(dx, &m->links.backward, m->links.width, gate, dy, op->adds[1]);
    }
}

static const struct fw_op_vtable mixture_vtable = {.name = "mixture",
                                                   .forward = mixture_forward,
                                                   .backward = mixture_backward};

fw_node fw_op_mixture(struct fw_graph *graph, fw_node gate, fw_node x, const struct fw_blocks *blocks)
{
    struct mixture *m = fw_graph_keep(graph, 1, sizeof *m);
    if (graph->failed)
        return 0;
    *m = (struct mixture){.op = {.vtable = &mixture_vtable, .n_inputs = 2, .inputs = {gate, x}}};
    fw_block_links_init(&m->links, graph, blocks, false);
    assert(graph->failed || (fw_graph_width(graph, gate) == m->links.n && blocks->in == blocks->out &&
                             fw_graph_width(graph, x) == blocks->from * blocks->in));
    return fw_graph_add_op(graph, &m->op, blocks->to * blocks->in, true);
}
