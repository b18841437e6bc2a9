/* Probabilistic embeddings (FPENN): v = mean + sigma e, sigma = softplus(rho), e ~ N(0, 1).
 *
 * Draws are named: while training by (seed, operation, step, row); under Thompson sampling by the ids of the row, so
 * that a row gets the same score alone and in a table. */
#include "core/numeric.h"
#include "core/rng.h"
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

/* The draws of one row, from a name of the row: 64 bits give as many as there are whole levels in them. */
struct draws {
    uint64_t seed, stream, at;
    uint64_t bits;
    int left;
};

static fw_real draw(const struct sample *s, struct draws *d)
{
    if (d->left == 0) {
        d->bits = fw_rng_at(d->seed, d->stream, d->at++);
        d->left = 64 / LEVEL_BITS;
    }
    fw_real e = s->levels[d->bits & (LEVELS - 1)];
    d->bits >>= LEVEL_BITS;
    d->left--;
    return e;
}

static struct draws draws_of_row(const struct fw_op *op, const struct fw_pass *pass, int64_t row)
{
    if (!pass->training)
        return (struct draws){.seed = pass->seed, .stream = name_of_row(op->graph, pass->rows, row)};
    int64_t width = fw_graph_width(op->graph, op->output);
    return (struct draws){.seed = pass->seed,
                          .stream = fw_stream((uint64_t)op->number, pass->step, FW_STREAM_SAMPLE),
                          .at = (uint64_t)(row * width)};
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
    (void)scratch;
    const struct sample *s = (const struct sample *)op;
    int64_t width = fw_graph_width(op->graph, op->output) / s->n_blocks;
    bool drawn = pass->training || s->options.sampling == FW_SAMPLE_TS;
    fw_real bound = s->options.sampling == FW_SAMPLE_UCB ? (fw_real)s->options.bound : 0;
    for (int64_t i = first; i < first + n; i++) {
        const fw_real *mean = fw_pass_value(pass, op->inputs[0], i);
        const fw_real *rho = fw_pass_value(pass, op->inputs[1], i);
        fw_real *out = fw_pass_value(pass, op->output, i);
        struct draws d = draws_of_row(op, pass, i);
        for (int64_t block = 0; block < s->n_blocks; block++, mean += width, rho += width, out += width) {
            fw_real x = factor_of(s, pass, i, block);
            for (int64_t k = 0; k < width; k++) {
                fw_real e = drawn ? draw(s, &d) : bound;
                out[k] = x * (mean[k] + (e != 0 ? fw_real_softplus(rho[k]) * e : 0));
            }
        }
    }
}

/* Gradients of one number, the divergence from the prior included. */
static void back_one(const struct fw_sample_options *options, fw_real mean, fw_real rho, fw_real *dmean,
                     fw_real *dsigma)
{
    if (options->prior > 0) {
        fw_real prior = (fw_real)options->prior;
        fw_real inverse = (fw_real)(1 / (options->prior_sigma * options->prior_sigma));
        fw_real sigma = fw_real_softplus(rho);
        *dmean += prior * mean * inverse;
        *dsigma += prior * (sigma * inverse - 1 / sigma);
    }
    *dsigma *= fw_real_sigmoid(rho);
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const struct sample *s = (const struct sample *)op;
    int64_t width = fw_graph_width(op->graph, op->output) / s->n_blocks;
    for (int64_t i = first; i < first + n; i++) {
        const fw_real *mean = fw_pass_value(pass, op->inputs[0], i);
        const fw_real *rho = fw_pass_value(pass, op->inputs[1], i);
        const fw_real *dy = fw_pass_grad(pass, op->output, i);
        fw_real *dmean = fw_pass_grad(pass, op->inputs[0], i);
        fw_real *drho = fw_pass_grad(pass, op->inputs[1], i);
        struct draws d = draws_of_row(op, pass, i);
        fw_real x = 1;
        for (int64_t at = 0; at < s->n_blocks * width; at++) {
            if (at % width == 0)
                x = factor_of(s, pass, i, at / width);
            fw_real dm = x * dy[at];
            fw_real dsigma = x * dy[at] * draw(s, &d);
            back_one(&s->options, mean[at], rho[at], &dm, &dsigma);
            dmean[at] = op->adds[0] ? dmean[at] + dm : dm;
            drho[at] = op->adds[1] ? drho[at] + dsigma : dsigma;
        }
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
    return fw_graph_add_op(graph, &s->op, fw_graph_width(graph, mean), true);
}
