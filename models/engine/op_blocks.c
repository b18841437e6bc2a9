/* A dense layer cut in blocks, of which some are connected.
 *
 * Neighbouring written blocks that read the same ones are a group with one kernel: its rows are the blocks that it
 * reads, one below the other, its columns the blocks that it writes. Read blocks that lie side by side are a run: a
 * product each. All blocks connected is one product, as a dense layer is. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "models/engine/act.h"
#include "models/engine/gemm.h"
#include "models/engine/ops.h"

/* Rows of a kernel's gradient a piece, as in a dense layer. */
enum { KERNEL_ROWS = 160 };

/* Read blocks side by side. */
struct run {
    int32_t group;
    int64_t column; /* of the first in x */
    int64_t row;    /* of the first in the kernel */
    int64_t rows;
};

struct group {
    int32_t first, n; /* written blocks */
    int32_t n_read;   /* blocks */
    struct fw_weights *kernel;
};

struct blocks {
    struct fw_op op;
    struct fw_block_options options; /* `connected` is not kept */
    int64_t x_width, y_width;
    int32_t n_groups, n_runs, n_pieces;
    struct group *groups;
    struct run *runs;
    struct run *pieces; /* of gradients: runs cut to KERNEL_ROWS */
    struct fw_weights *bias;
};

static int64_t group_width(const struct blocks *b, const struct group *g)
{
    return (int64_t)g->n * b->options.blocks.out;
}

static int64_t group_column(const struct blocks *b, const struct group *g)
{
    return (int64_t)g->first * b->options.blocks.out;
}

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct blocks *b = (const struct blocks *)op;
    const fw_real *x = fw_pass_value(pass, op->inputs[0], first);
    fw_real *y = fw_pass_value(pass, op->output, first);
    bool whole = b->n_runs == 1 && b->n_groups == 1 && b->bias == NULL;
    for (int64_t i = 0; b->bias != NULL && i < n; i++)
        memcpy(y + i * b->y_width, b->bias->data, (size_t)b->y_width * sizeof *y);
    if (b->bias == NULL && !whole)
        memset(y, 0, (size_t)(n * b->y_width) * sizeof *y);
    for (int32_t r = 0; r < b->n_runs; r++) {
        const struct run *run = &b->runs[r];
        const struct group *g = &b->groups[run->group];
        int64_t width = group_width(b, g);
        fw_gemm(FW_GEMM_NN, n, width, run->rows, x + run->column, b->x_width, g->kernel->data + run->row * width, width,
                !whole, y + group_column(b, g), b->y_width);
    }
    fw_act_forward(b->options.activation, y, n * b->y_width);
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct blocks *b = (const struct blocks *)op;
    fw_real *dy = fw_pass_grad(pass, op->output, first);
    fw_real *dx = fw_pass_grad(pass, op->inputs[0], first);
    fw_act_backward(b->options.activation, fw_pass_value(pass, op->output, first), dy, n * b->y_width);
    if (dx == NULL)
        return;
    bool whole = b->n_runs == 1 && b->runs[0].rows == b->x_width && !op->adds[0];
    if (!op->adds[0] && !whole)
        memset(dx, 0, (size_t)(n * b->x_width) * sizeof *dx);
    for (int32_t r = 0; r < b->n_runs; r++) {
        const struct run *run = &b->runs[r];
        const struct group *g = &b->groups[run->group];
        int64_t width = group_width(b, g);
        fw_gemm(FW_GEMM_NT, n, run->rows, width, dy + group_column(b, g), b->y_width,
                g->kernel->data + run->row * width, width, !whole, dx + run->column, b->x_width);
    }
}

/* The sum over all written blocks of their weights at one place of their own: `row` of their kernels (-1: the bias),
 * column k. */
static double sum_at(const struct blocks *b, int64_t row, int64_t k)
{
    double sum = 0;
    int64_t out = b->options.blocks.out;
    for (int32_t g = 0; row >= 0 && g < b->n_groups; g++) {
        const struct group *group = &b->groups[g];
        for (int32_t o = 0; o < group->n; o++)
            sum += (double)group->kernel->data[row * group_width(b, group) + o * out + k];
    }
    for (int32_t o = 0; row < 0 && o < b->options.blocks.to; o++)
        sum += (double)b->bias->data[o * out + k];
    return sum;
}

/* Adds the derivative of the closeness to `n` written blocks' gradients in one row. */
static void close_row(const struct blocks *b, double factor, int64_t row, int32_t n, const fw_real *data, fw_real *grad)
{
    int64_t out = b->options.blocks.out;
    for (int64_t k = 0; k < out; k++) {
        double sum = sum_at(b, row, k);
        for (int32_t o = 0; o < n; o++)
            grad[o * out + k] += (fw_real)(2 * factor * (b->options.blocks.to * (double)data[o * out + k] - sum));
    }
}

static void kernel_gradient(const struct blocks *b, const struct fw_pass *pass, const struct run *piece)
{
    const struct group *g = &b->groups[piece->group];
    int64_t width = group_width(b, g);
    const fw_real *x = fw_pass_value(pass, b->op.inputs[0], 0) + piece->column;
    const fw_real *dy = fw_pass_grad(pass, b->op.output, 0) + group_column(b, g);
    fw_real *grad = g->kernel->grad + piece->row * width;
    fw_gemm(FW_GEMM_TN, piece->rows, width, pass->rows->n, x, b->x_width, dy, b->y_width, false, grad, width);
    if (b->options.closeness <= 0)
        return;
    double factor = b->options.closeness * fw_pass_weight(pass);
    for (int64_t r = 0; r < piece->rows; r++)
        close_row(b, factor, piece->row + r, g->n, g->kernel->data + (piece->row + r) * width, grad + r * width);
}

static void gradient(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch)
{
    (void)scratch;
    const struct blocks *b = (const struct blocks *)op;
    if (unit < b->n_pieces) {
        kernel_gradient(b, pass, &b->pieces[unit]);
        return;
    }
    const fw_real *dy = fw_pass_grad(pass, op->output, 0);
    fw_real *sum = b->bias->grad;
    memset(sum, 0, (size_t)b->y_width * sizeof *sum);
    for (int64_t i = 0; i < pass->rows->n; i++) {
        for (int64_t k = 0; k < b->y_width; k++)
            sum[k] += dy[i * b->y_width + k];
    }
    if (b->options.closeness > 0)
        close_row(b, b->options.closeness * fw_pass_weight(pass), -1, b->options.blocks.to, b->bias->data, sum);
}

/* sum over pairs of |W_a - W_b|^2 = T sum |W_o|^2 - |sum W_o|^2. */
static double penalty(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n)
{
    (void)n;
    const struct blocks *b = (const struct blocks *)op;
    double sum = 0;
    if (b->options.closeness <= 0)
        return 0;
    int64_t rows = (int64_t)b->groups[0].n_read * b->options.blocks.in;
    for (int64_t row = b->bias != NULL ? -1 : 0; row < rows; row++) {
        for (int64_t k = 0; k < b->options.blocks.out; k++) {
            double total = sum_at(b, row, k);
            sum -= total * total;
        }
    }
    for (int32_t g = 0; g < b->n_groups; g++) {
        const struct fw_weights *w = b->groups[g].kernel;
        for (int64_t i = 0; i < w->rows * w->width; i++)
            sum += b->options.blocks.to * (double)w->data[i] * (double)w->data[i];
    }
    for (int64_t i = 0; b->bias != NULL && i < b->y_width; i++)
        sum += b->options.blocks.to * (double)b->bias->data[i] * (double)b->bias->data[i];
    return b->options.closeness * sum * pass->graph->chunk_weight[first / pass->graph->chunk];
}

static const struct fw_op_vtable vtable = {
    .name = "blocks", .forward = forward, .backward = backward, .gradient = gradient, .penalty = penalty};

static bool reads_the_same(const struct fw_blocks *blocks, int32_t a, int32_t b)
{
    for (int32_t j = 0; j < blocks->from; j++) {
        if (fw_blocks_connected(blocks, a, j) != fw_blocks_connected(blocks, b, j))
            return false;
    }
    return true;
}

/* The runs of a group, from its first written block. */
static void list_runs(struct blocks *b, const struct fw_blocks *blocks, int32_t group)
{
    struct group *g = &b->groups[group];
    for (int32_t j = 0; j < blocks->from; j++) {
        if (!fw_blocks_connected(blocks, g->first, j))
            continue;
        bool goes_on = j > 0 && fw_blocks_connected(blocks, g->first, j - 1);
        if (goes_on)
            b->runs[b->n_runs - 1].rows += blocks->in;
        else
            b->runs[b->n_runs++] = (struct run){.group = group,
                                                .column = (int64_t)j * blocks->in,
                                                .row = (int64_t)g->n_read * blocks->in,
                                                .rows = blocks->in};
        g->n_read++;
    }
}

static void list_groups(struct blocks *b, const struct fw_blocks *blocks)
{
    for (int32_t i = 0; i < blocks->to;) {
        struct group *g = &b->groups[b->n_groups];
        *g = (struct group){.first = i, .n = 1};
        while (g->first + g->n < blocks->to && reads_the_same(blocks, i, g->first + g->n))
            g->n++;
        i += g->n;
        list_runs(b, blocks, b->n_groups++);
    }
}

static void list_pieces(struct blocks *b)
{
    for (int32_t r = 0; r < b->n_runs; r++) {
        for (int64_t at = 0; at < b->runs[r].rows; at += KERNEL_ROWS) {
            struct run piece = b->runs[r];
            piece.column += at;
            piece.row += at;
            piece.rows = piece.rows - at < KERNEL_ROWS ? piece.rows - at : KERNEL_ROWS;
            b->pieces[b->n_pieces++] = piece;
        }
    }
}

/* The name of a group's kernel, after the stem. */
static void kernel_part(char out[32], int32_t group)
{
    snprintf(out, 32, group == 0 ? "kernel" : "%d.kernel", group + 1);
}

bool fw_blocks_find(struct fw_block_place *out, const struct fw_graph *graph, const struct fw_blocks *blocks,
                    const char *name, int32_t to, int32_t from)
{
    char part[32];
    char whole[128];
    int32_t group = 0;
    int32_t first = 0; /* written block of the group */
    if (!fw_blocks_connected(blocks, to, from))
        return false;
    for (int32_t i = 1; i <= to; i++) {
        if (!reads_the_same(blocks, i - 1, i)) {
            group++;
            first = i;
        }
    }
    *out = (struct fw_block_place){.column = (int64_t)(to - first) * blocks->out};
    for (int32_t j = 0; j < from; j++)
        out->row += fw_blocks_connected(blocks, to, j) ? blocks->in : 0;
    kernel_part(part, group);
    snprintf(whole, sizeof whole, "%s.%s", name, part);
    for (int32_t w = 0; w < graph->n_weights; w++) {
        if (strcmp(graph->weights[w]->name, whole) == 0)
            out->kernel = graph->weights[w];
    }
    return out->kernel != NULL;
}

static void add_weights(struct blocks *b, const char *name)
{
    struct fw_graph *graph = b->op.graph;
    const struct fw_block_options *o = &b->options;
    int32_t first = graph->n_weights;
    struct fw_weights w = {.field = -1,
                           .kind = FW_WEIGHTS_DENSE,
                           .init = o->zero                        ? FW_INIT_CONSTANT
                                   : o->activation == FW_ACT_RELU ? FW_INIT_HE
                                                                  : FW_INIT_XAVIER,
                           .penalised = true};
    for (int32_t g = 0; g < b->n_groups; g++) {
        char part[32];
        kernel_part(part, g);
        w.name = fw_graph_name(graph, name, part);
        w.rows = (int64_t)b->groups[g].n_read * o->blocks.in;
        w.width = group_width(b, &b->groups[g]);
        w.like = o->alike && g > 0 ? first + 1 : 0;
        b->groups[g].kernel = fw_graph_add_weights(graph, &w);
    }
    if (o->no_bias)
        return;
    w.name = fw_graph_name(graph, name, "bias");
    w.rows = 1;
    w.width = b->y_width;
    w.init = FW_INIT_CONSTANT;
    w.penalised = false;
    b->bias = fw_graph_add_weights(graph, &w);
}

fw_node fw_op_blocks(struct fw_graph *graph, fw_node x, const struct fw_block_options *options, const char *name)
{
    const struct fw_blocks *blocks = &options->blocks;
    struct blocks *b = fw_graph_keep(graph, 1, sizeof *b);
    int64_t most = (int64_t)blocks->to * blocks->from;
    struct group *groups = fw_graph_keep(graph, blocks->to, sizeof *groups);
    struct run *runs = fw_graph_keep(graph, most, sizeof *runs);
    struct run *pieces =
        fw_graph_keep(graph, most + (int64_t)blocks->to * blocks->from * blocks->in / KERNEL_ROWS, sizeof *pieces);
    if (graph->failed)
        return 0;
    *b = (struct blocks){.op = {.vtable = &vtable, .graph = graph, .n_inputs = 1, .inputs = {x}},
                         .options = *options,
                         .x_width = (int64_t)blocks->from * blocks->in,
                         .y_width = (int64_t)blocks->to * blocks->out,
                         .groups = groups,
                         .runs = runs,
                         .pieces = pieces};
    b->options.blocks.connected = NULL;
    assert(b->x_width == fw_graph_width(graph, x));
    list_groups(b, blocks);
    list_pieces(b);
    add_weights(b, name);
    b->op.n_units = b->n_pieces + (options->no_bias ? 0 : 1);
    b->op.unit_cost = b->y_width * (b->x_width < KERNEL_ROWS ? b->x_width : KERNEL_ROWS);
    return fw_graph_add_op(graph, &b->op, (int32_t)b->y_width, true);
}
