/* Dropout (Srivastava et al. 2014), inverted: what is kept is scaled up, so that prediction changes nothing.
 *
 * Whether a number is dropped is named by (seed, operation, step, place), so that backward draws the same again and no
 * thread's order matters. One draw of 64 bits serves four numbers. */
#include "core/rng.h"
#include "models/engine/ops.h"

struct dropout {
    struct fw_op op;
    uint32_t below; /* a number whose 16 bits are below this is dropped */
    fw_real scale;
};

/* y = x or 0, or y += with `add`, for whole rows. */
static void mask(const struct dropout *d, const struct fw_pass *pass, const fw_real *x, fw_real *y, int64_t first,
                 int64_t n, bool add)
{
    int64_t width = fw_graph_width(d->op.graph, d->op.output);
    uint64_t stream = fw_stream((uint64_t)d->op.number, pass->step, FW_STREAM_DROPOUT);
    int64_t draws = (width + 3) / 4;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t q = 0; q < draws; q++) {
            uint64_t bits = fw_rng_at(pass->seed, stream, (uint64_t)((first + i) * draws + q));
            int64_t from = i * width + 4 * q;
            int64_t to = 4 * q + 4 < width ? from + 4 : (i + 1) * width;
            for (int64_t k = from; k < to; k++, bits >>= 16) {
                fw_real kept = (bits & 0xffff) < d->below ? 0 : d->scale * x[k];
                y[k] = add ? y[k] + kept : kept;
            }
        }
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
    *d = (struct dropout){.op = {.vtable = &vtable, .n_inputs = 1, .inputs = {x}},
                          .below = below,
                          .scale = (fw_real)(65536.0 / (65536.0 - (double)below))};
    return fw_graph_add_op(graph, &d->op, fw_graph_width(graph, x), true);
}
