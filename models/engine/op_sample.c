/* Probabilistic embeddings (FPENN): v = mean + sigma e, sigma = softplus(rho), e ~ N(0, 1).
 *
 * Draws are named: while training by (seed, operation, step, row); under Thompson sampling by the number of the draw
 * and the ids of the row, so that a row gets the same score alone, in a table and from a model file. */
#include <string.h>

#include "core/numeric.h"
#include "core/rng.h"
#include "models/engine/draw.h"
#include "models/engine/ops.h"

/* A draw is one of so many equally likely numbers, the quantiles of the normal distribution: as good as any as noise,
 * and a table in the first-level cache is ten times faster than logarithms and sines. */
enum { LEVEL_BITS = 12, LEVELS = 1 << LEVEL_BITS };

struct sample {
    struct fw_op op;
    struct fw_sample_options options;
    int32_t n_fields, n_blocks;
    int32_t *values; /* (n_blocks - n_fields) value columns */
    fw_real *levels; /* (LEVELS) of mean 0 and variance 1 */
};

/* What names the draws of a row that is scored: its ids. */
static uint64_t name_of_row(const struct fw_graph *graph, const struct fw_dataset_view *rows, int64_t row)
{
    uint64_t name = 0;
    for (int32_t f = 0; f < graph->n_fields; f++) {
        uint32_t id;
        const uint32_t *read = fw_view_ids(rows, graph->fields[f], row, 1, &id);
        name = fw_rng_at(name, FW_STREAM_SAMPLE, *read);
    }
    return name;
}

/* The draws of one row into e (width): 64 bits give as many as there are whole levels in them. */
static void draw_row(const struct fw_op *op, const struct fw_pass *pass, int64_t row, fw_real *restrict e)
{
    const struct sample *s = (const struct sample *)op;
    int64_t width = fw_graph_width(op->graph, op->output);
    uint64_t state =
        pass->training
            ? fw_rng_at(pass->seed, fw_stream((uint64_t)op->number, pass->step, FW_STREAM_SAMPLE), (uint64_t)row)
            : fw_rng_at(s->options.draw, name_of_row(op->graph, pass->rows, row), 0);
    for (int64_t k = 0; k < width;) {
        uint64_t bits = fw_draw_bits(&state);
        for (int j = 0; j < 64 / LEVEL_BITS && k < width; j++, bits >>= LEVEL_BITS)
            e[k++] = s->levels[bits & (LEVELS - 1)];
    }
}

/* What the numbers of a block are multiplied by in one row: the value in blocks of values, else 1. */
static fw_real factor_of(const struct sample *s, const struct fw_pass *pass, int64_t row, int64_t block)
{
    float x;
    if (block < s->n_fields)
        return 1;
    return (fw_real)*fw_view_values(pass->rows, s->values[block - s->n_fields], row, 1, &x);
}

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct sample *s = (const struct sample *)op;
    int64_t all = fw_graph_width(op->graph, op->output);
    int64_t width = all / s->n_blocks;
    bool drawn = pass->training || s->options.sampling == FW_SAMPLE_TS;
    fw_real bound = s->options.sampling == FW_SAMPLE_UCB ? (fw_real)s->options.bound : 0;
    fw_real *restrict e = scratch;
    for (int64_t k = 0; k < all; k++)
        e[k] = bound;
    for (int64_t i = first; i < first + n; i++) {
        const fw_real *restrict mean = fw_pass_value(pass, op->inputs[0], i);
        const fw_real *restrict rho = fw_pass_value(pass, op->inputs[1], i);
        fw_real *restrict out = fw_pass_value(pass, op->output, i);
        if (drawn)
            draw_row(op, pass, i, e);
        if (drawn || bound > 0) {
            for (int64_t k = 0; k < all; k++)
                out[k] = mean[k] + fw_real_softplus(rho[k]) * e[k];
        } else {
            memcpy(out, mean, (size_t)all * sizeof *out);
        }
        for (int64_t block = s->n_fields; block < s->n_blocks; block++) {
            fw_real x = factor_of(s, pass, i, block);
            for (int64_t k = block * width; k < (block + 1) * width; k++)
                out[k] *= x;
        }
    }
}

/* Adds the gradient of the divergence from the prior to those of mean and sigma. */
static void prior_back(const struct fw_sample_options *options, const fw_real *mean, const fw_real *rho, fw_real *dmean,
                       fw_real *dsigma, int64_t n)
{
    fw_real prior = (fw_real)options->prior;
    fw_real inverse = (fw_real)(1 / (options->prior_sigma * options->prior_sigma));
    for (int64_t k = 0; k < n; k++) {
        fw_real sigma = fw_real_softplus(rho[k]);
        dmean[k] += prior * mean[k] * inverse;
        dsigma[k] += prior * (sigma * inverse - 1 / (sigma + (fw_real)1e-12)); /* sigma may vanish in float */
    }
}

static void give(fw_real *restrict to, const fw_real *restrict from, int64_t n, bool add)
{
    for (int64_t k = 0; add && k < n; k++)
        to[k] += from[k];
    if (!add)
        memcpy(to, from, (size_t)n * sizeof *to);
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct sample *s = (const struct sample *)op;
    int64_t all = fw_graph_width(op->graph, op->output);
    int64_t width = all / s->n_blocks;
    fw_real *restrict dsigma = scratch;
    fw_real *restrict dmean = dsigma + all;
    for (int64_t i = first; i < first + n; i++) {
        const fw_real *restrict rho = fw_pass_value(pass, op->inputs[1], i);
        memcpy(dmean, fw_pass_grad(pass, op->output, i), (size_t)all * sizeof *dmean);
        for (int64_t block = s->n_fields; block < s->n_blocks; block++) {
            fw_real x = factor_of(s, pass, i, block);
            for (int64_t k = block * width; k < (block + 1) * width; k++)
                dmean[k] *= x;
        }
        draw_row(op, pass, i, dsigma);
        for (int64_t k = 0; k < all; k++)
            dsigma[k] *= dmean[k];
        if (s->options.prior > 0)
            prior_back(&s->options, fw_pass_value(pass, op->inputs[0], i), rho, dmean, dsigma, all);
        for (int64_t k = 0; k < all; k++)
            dsigma[k] *= fw_real_sigmoid(rho[k]);
        give(fw_pass_grad(pass, op->inputs[0], i), dmean, all, op->adds[0]);
        give(fw_pass_grad(pass, op->inputs[1], i), dsigma, all, op->adds[1]);
    }
}

/* prior times the divergence of each number's distribution from N(0, prior_sigma^2). */
static double penalty(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n)
{
    const struct sample *s = (const struct sample *)op;
    int64_t all = n * fw_graph_width(op->graph, op->output);
    const fw_real *mean = fw_pass_value(pass, op->inputs[0], first);
    const fw_real *rho = fw_pass_value(pass, op->inputs[1], first);
    double s0 = s->options.prior_sigma;
    double sum = 0;
    if (s->options.prior <= 0)
        return 0;
    for (int64_t i = 0; i < all; i++) {
        double sigma = (double)fw_real_softplus(rho[i]);
        double m = (double)mean[i];
        sum += log(s0 / sigma) + (sigma * sigma + m * m) / (2 * s0 * s0) - 0.5;
    }
    return s->options.prior * sum;
}

static const struct fw_op_vtable vtable = {.name = "sample",
                                           .forward = forward,
                                           .backward = backward,
                                           .penalty = penalty};

static void fill_levels(fw_real *levels)
{
    double sum = 0;
    for (int64_t i = 0; i < LEVELS; i++) {
        double e = fw_normal_quantile(((double)i + 0.5) / LEVELS);
        levels[i] = (fw_real)e;
        sum += e * e;
    }
    for (int64_t i = 0; i < LEVELS; i++)
        levels[i] /= (fw_real)sqrt(sum / LEVELS);
}

fw_node fw_op_sample(struct fw_graph *graph, fw_node mean, fw_node rho, const struct fw_op_inputs *inputs,
                     const struct fw_sample_options *options)
{
    struct sample *s = fw_graph_keep(graph, 1, sizeof *s);
    fw_real *levels = fw_graph_keep(graph, LEVELS, sizeof *levels);
    int32_t *values = fw_graph_keep(graph, inputs->n_values, sizeof *values);
    if (graph->failed)
        return 0;
    fill_levels(levels);
    for (int32_t v = 0; v < inputs->n_values; v++)
        values[v] = inputs->values[v];
    *s = (struct sample){.op = {.vtable = &vtable, .n_inputs = 2, .inputs = {mean, rho}},
                         .options = *options,
                         .n_fields = inputs->n_fields,
                         .n_blocks = inputs->n_fields + inputs->n_values,
                         .values = values,
                         .levels = levels};
    s->op.scratch = 2 * (size_t)fw_graph_width(graph, mean) * sizeof(fw_real);
    return fw_graph_add_op(graph, &s->op, fw_graph_width(graph, mean), true);
}
