/* Batch normalisation (Ioffe and Szegedy 2015), a barrier: moments need all rows of the batch.
 *
 *     y = scale h + shift,  h = (x - mean) / sqrt(var + eps)
 *     dx = scale / sqrt(var + eps) (dy - mean(dy) - h mean(dy h))
 *
 * Chunks leave partial sums of x and x^2, in double, which are added in the order of the chunks. Prediction uses
 * running figures, r <- 0.9 r + 0.1 of the batch. */
#include <string.h>

#include "models/engine/ops.h"

static const double epsilon = 1e-5;
static const double momentum = 0.1;

struct batch_norm {
    struct fw_op op;
    int64_t width;
    struct fw_weights *scale, *shift;
    struct fw_weights *mean, *variance; /* running */
    double *partial;                    /* (chunks, 2, width) */
    fw_real *centre;                    /* (width) of the batch: its mean */
    fw_real *inverse;                   /* (width) one over its standard deviation */
    fw_real *spread;                    /* (width) its variance, unbiased */
    fw_real *grad_mean, *grad_slope;    /* (width) mean of dy, mean of dy h */
};

static void lay_out(struct fw_op *op, struct fw_arena *arena)
{
    struct batch_norm *b = (struct batch_norm *)op;
    const struct fw_graph *graph = op->graph;
    int64_t n_chunks = (graph->batch + graph->chunk - 1) / graph->chunk;
    b->partial = fw_arena_take(arena, n_chunks * 2 * b->width, sizeof *b->partial);
    b->centre = fw_arena_take(arena, b->width, sizeof *b->centre);
    b->inverse = fw_arena_take(arena, b->width, sizeof *b->inverse);
    b->spread = fw_arena_take(arena, b->width, sizeof *b->spread);
    b->grad_mean = fw_arena_take(arena, b->width, sizeof *b->grad_mean);
    b->grad_slope = fw_arena_take(arena, b->width, sizeof *b->grad_slope);
}

static double *partial_of(const struct batch_norm *b, int64_t first)
{
    return b->partial + first / b->op.graph->chunk * 2 * b->width;
}

static void gather(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n)
{
    const struct batch_norm *b = (const struct batch_norm *)op;
    const fw_real *x = fw_pass_value(pass, op->inputs[0], first);
    double *sum = partial_of(b, first);
    memset(sum, 0, 2 * (size_t)b->width * sizeof *sum);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < b->width; k++) {
            double v = (double)x[i * b->width + k];
            sum[k] += v;
            sum[b->width + k] += v * v;
        }
    }
}

/* Sums of the chunks into the first chunk's place. */
static const double *total(const struct batch_norm *b, int64_t rows)
{
    int64_t chunk = b->op.graph->chunk;
    for (int64_t c = 1; c * chunk < rows; c++) {
        const double *part = b->partial + c * 2 * b->width;
        for (int64_t k = 0; k < 2 * b->width; k++)
            b->partial[k] += part[k];
    }
    return b->partial;
}

static void settle(const struct fw_op *op, const struct fw_pass *pass)
{
    const struct batch_norm *b = (const struct batch_norm *)op;
    double n = (double)pass->rows->n;
    const double *sum = total(b, pass->rows->n);
    for (int64_t k = 0; k < b->width; k++) {
        double mean = sum[k] / n;
        double variance = sum[b->width + k] / n - mean * mean;
        variance = variance > 0 ? variance : 0;
        b->centre[k] = (fw_real)mean;
        b->inverse[k] = (fw_real)(1 / sqrt(variance + epsilon));
        b->spread[k] = (fw_real)(n > 1 ? variance * n / (n - 1) : variance);
    }
}

static void follow(const struct fw_op *op)
{
    const struct batch_norm *b = (const struct batch_norm *)op;
    for (int64_t k = 0; k < b->width; k++) {
        b->mean->data[k] += (fw_real)momentum * (b->centre[k] - b->mean->data[k]);
        b->variance->data[k] += (fw_real)momentum * (b->spread[k] - b->variance->data[k]);
    }
}

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct batch_norm *b = (const struct batch_norm *)op;
    const fw_real *x = fw_pass_value(pass, op->inputs[0], first);
    fw_real *y = fw_pass_value(pass, op->output, first);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < b->width; k++) {
            fw_real mean = pass->training ? b->centre[k] : b->mean->data[k];
            fw_real inverse =
                pass->training ? b->inverse[k] : 1 / fw_real_sqrt(b->variance->data[k] + (fw_real)epsilon);
            y[i * b->width + k] = b->scale->data[k] * (x[i * b->width + k] - mean) * inverse + b->shift->data[k];
        }
    }
}

static void gather_back(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n)
{
    const struct batch_norm *b = (const struct batch_norm *)op;
    const fw_real *x = fw_pass_value(pass, op->inputs[0], first);
    const fw_real *dy = fw_pass_grad(pass, op->output, first);
    double *sum = partial_of(b, first);
    memset(sum, 0, 2 * (size_t)b->width * sizeof *sum);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < b->width; k++) {
            fw_real g = dy[i * b->width + k];
            sum[k] += (double)g;
            sum[b->width + k] += (double)(g * (x[i * b->width + k] - b->centre[k]) * b->inverse[k]);
        }
    }
}

static void settle_back(const struct fw_op *op, const struct fw_pass *pass)
{
    const struct batch_norm *b = (const struct batch_norm *)op;
    double n = (double)pass->rows->n;
    const double *sum = total(b, pass->rows->n);
    for (int64_t k = 0; k < b->width; k++) {
        b->shift->grad[k] = (fw_real)sum[k];
        b->scale->grad[k] = (fw_real)sum[b->width + k];
        b->grad_mean[k] = (fw_real)(sum[k] / n);
        b->grad_slope[k] = (fw_real)(sum[b->width + k] / n);
    }
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct batch_norm *b = (const struct batch_norm *)op;
    const fw_real *x = fw_pass_value(pass, op->inputs[0], first);
    const fw_real *dy = fw_pass_grad(pass, op->output, first);
    fw_real *dx = fw_pass_grad(pass, op->inputs[0], first);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < b->width; k++) {
            int64_t at = i * b->width + k;
            fw_real h = (x[at] - b->centre[k]) * b->inverse[k];
            fw_real g = b->scale->data[k] * b->inverse[k] * (dy[at] - b->grad_mean[k] - h * b->grad_slope[k]);
            dx[at] = op->adds[0] ? dx[at] + g : g;
        }
    }
}

static const struct fw_op_vtable vtable = {
    .name = "batch_norm",
    .forward = forward,
    .backward = backward,
    .gather = gather,
    .settle = settle,
    .gather_back = gather_back,
    .settle_back = settle_back,
    .follow = follow,
    .lay_out = lay_out,
};

fw_node fw_op_batch_norm(struct fw_graph *graph, fw_node x, const char *name)
{
    struct batch_norm *b = fw_graph_keep(graph, 1, sizeof *b);
    if (graph->failed)
        return 0;
    int32_t width = fw_graph_width(graph, x);
    *b = (struct batch_norm){.op = {.vtable = &vtable, .n_inputs = 1, .inputs = {x}}, .width = width};
    struct fw_weights w = {.name = fw_graph_name(graph, name, "scale"),
                           .field = -1,
                           .kind = FW_WEIGHTS_DENSE,
                           .rows = 1,
                           .width = width,
                           .scale = 1};
    b->scale = fw_graph_add_weights(graph, &w);
    w.name = fw_graph_name(graph, name, "variance");
    w.kind = FW_WEIGHTS_FIXED;
    b->variance = fw_graph_add_weights(graph, &w);
    w.name = fw_graph_name(graph, name, "mean");
    w.scale = 0;
    b->mean = fw_graph_add_weights(graph, &w);
    w.name = fw_graph_name(graph, name, "shift");
    w.kind = FW_WEIGHTS_DENSE;
    b->shift = fw_graph_add_weights(graph, &w);
    return fw_graph_add_op(graph, &b->op, width, true);
}
