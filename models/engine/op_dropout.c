/* Dropout (Srivastava et al. 2014), inverted: what is kept is scaled up, so that prediction changes nothing.
 *
 * Whether a number is dropped is named by (seed, operation, step, row), so that backward draws the same again and no
 * thread's order matters. 64 bits serve four numbers. */
#include "core/rng.h"
#include "models/engine/draw.h"
#include "models/engine/ops.h"

/* Numbers that one draw serves. */
enum { DRAWN = 4 };

struct dropout {
    struct fw_op op;
    uint32_t below; /* a number whose 16 bits are below this is dropped */
    fw_real scale;
};

/* y = x or 0, or y +=, for up to DRAWN numbers and their bits. */
static void mask_some(const struct dropout *d, uint64_t bits, const fw_real *restrict x, fw_real *restrict y, int64_t n,
                      bool add)
{
    fw_real factor[DRAWN];
    for (int64_t k = 0; k < DRAWN; k++)
        factor[k] = ((bits >> (16 * k)) & 0xffff) < d->below ? 0 : d->scale;
    for (int64_t k = 0; add && k < n; k++)
        y[k] += factor[k] * x[k];
    for (int64_t k = 0; !add && k < n; k++)
        y[k] = factor[k] * x[k];
}

static void mask(const struct dropout *d, const struct fw_pass *pass, const fw_real *x, fw_real *y, int64_t first,
                 int64_t n, bool add)
{
    int64_t width = fw_graph_width(d->op.graph, d->op.output);
    uint64_t stream = fw_stream((uint64_t)d->op.number, pass->step, FW_STREAM_DROPOUT);
    for (int64_t i = 0; i < n; i++) {
        uint64_t state = fw_rng_at(pass->seed, stream, (uint64_t)(first + i));
        int64_t at = i * width;
        for (int64_t k = 0; k < width; k += DRAWN)
            mask_some(d, fw_draw_bits(&state), x + at + k, y + at + k, width - k < DRAWN ? width - k : DRAWN, add);
    }
}

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct dropout *d = (const struct dropout *)op;
    const fw_real *x = fw_pass_value(pass, op->inputs[0], first);
    fw_real *y = fw_pass_value(pass, op->output, first);
    if (pass->training) {
        mask(d, pass, x, y, first, n, false);
        return;
    }
    int64_t all = n * fw_graph_width(op->graph, op->output);
    for (int64_t i = 0; i < all; i++)
        y[i] = x[i];
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    mask((const struct dropout *)op, pass, fw_pass_grad(pass, op->output, first),
         fw_pass_grad(pass, op->inputs[0], first), first, n, op->adds[0]);
}

static const struct fw_op_vtable vtable = {.name = "dropout", .forward = forward, .backward = backward};

fw_node fw_op_dropout(struct fw_graph *graph, fw_node x, double rate)
{
    if (rate <= 0)
        return x;
    struct dropout *d = fw_graph_keep(graph, 1, sizeof *d);
    if (graph->failed)
        return 0;
    uint32_t below = (uint32_t)(rate * 65536 + 0.5);
    below = below > 65535 ? 65535 : below;
    *d = (struct dropout){.op = {.vtable = &vtable, .n_inputs = 1, .inputs = {x}},
                          .below = below,
                          .scale = (fw_real)(65536.0 / (65536.0 - (double)below))};
    return fw_graph_add_op(graph, &d->op, fw_graph_width(graph, x), true);
}
