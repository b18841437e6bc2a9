/* What the blocks of sized embeddings are worth: first-order worth and norms (ops.h). */
#include <assert.h>

#include "models/engine/op_sized.h"

static const struct fw_sized_op *op_of(const struct fw_graph *graph, fw_node output)
{
    const struct fw_op *op = graph->ops[output];
    assert(op->output == output && op->vtable == &fw_op_sized_vtable); /* an operation writes one node, in order */
    return (const struct fw_sized_op *)op;
}

/* The row strip that an id lies in. */
static int64_t row_strip(const int64_t *cuts, int32_t n_cuts, int64_t id)
{
    int64_t s = 0;
    while (s + 1 < n_cuts && id >= cuts[s])
        s++;
    return s;
}

static int64_t block_of(const struct fw_sized_strip *strip, const int64_t *cuts, int32_t n_cuts, int64_t id)
{
    int64_t row = row_strip(cuts + (int64_t)strip->input * n_cuts, n_cuts, id);
    return ((int64_t)strip->input * n_cuts + row) * FW_STRIPS_MOST + strip->number;
}

/* <g, row> of the columns or, with a projection, <g, row P>. */
static double product(const struct fw_sized_strip *strip, const fw_real *restrict g, int64_t id, int64_t dim)
{
    const fw_real *row = strip->table->data + id * strip->table->width;
    int64_t width = strip->table->width;
    double sum = 0;
    for (int64_t k = 0; k < width; k++) {
        double slope = strip->projection == NULL ? (double)g[k] : 0;
        for (int64_t d = 0; d < dim && strip->projection != NULL; d++)
            slope += (double)g[d] * (double)strip->projection->data[k * dim + d];
        sum += slope * (double)row[k];
    }
    return sum;
}

/* Whether an id whose block is off has row 0 in its place: ids behind the deepest strip do. */
static bool has_stand_in(const struct fw_sized_strip *strip, int64_t id, int64_t depth, int64_t deepest,
                         const int64_t *cuts)
{
    return id >= cuts[0] && depth > 0 && (id >= deepest || depth == deepest) && strip->table->rows > cuts[0];
}

static void add_worth(double *worth, const struct fw_sized_op *e, const struct fw_sized_strip *strip,
                      const int64_t *cuts, int32_t n_cuts, const struct fw_dataset_view *rows)
{
    const struct fw_graph *graph = e->op.graph;
    const struct fw_sized_op_input *input = &e->inputs[strip->input];
    const int64_t *own_cuts = cuts + (int64_t)strip->input * n_cuts;
    int64_t stride = (int64_t)e->n_inputs * e->dim;
    int64_t depth = fw_sized_depth(graph->depths, strip);
    int64_t deepest = fw_sized_deepest(e, graph->depths, strip->input);
    const fw_real *grad = fw_pass_grad(&graph->pass, e->op.output, 0) + (int64_t)strip->input * e->dim + strip->column;
    uint32_t ids[FW_GRAPH_CHUNK_MOST];
    float x[FW_GRAPH_CHUNK_MOST];
    for (int64_t first = 0; first < rows->n; first += FW_GRAPH_CHUNK_MOST) {
        int64_t n = rows->n - first < FW_GRAPH_CHUNK_MOST ? rows->n - first : FW_GRAPH_CHUNK_MOST;
        const uint32_t *read = input->field >= 0 ? fw_view_ids(rows, graph->fields[input->field], first, n, ids) : NULL;
        const float *values = input->field < 0 ? fw_view_values(rows, input->value, first, n, x) : NULL;
        for (int64_t i = 0; i < n; i++) {
            int64_t id = read != NULL ? read[i] : 0;
            const fw_real *g = grad + (first + i) * stride;
            if (id >= strip->table->rows)
                continue;
            double sum = product(strip, g, id, e->dim);
            if (has_stand_in(strip, id, depth, deepest, own_cuts))
                sum -= product(strip, g, 0, e->dim);
            worth[block_of(strip, cuts, n_cuts, id)] -= values != NULL ? sum * (double)values[i] : sum;
        }
    }
}

void fw_op_sized_worth(double *worth, const struct fw_graph *graph, fw_node output, const int64_t *cuts, int32_t n_cuts,
                       const struct fw_dataset_view *rows)
{
    const struct fw_sized_op *e = op_of(graph, output);
#pragma omp parallel for schedule(dynamic) num_threads(graph->threads) if (graph->threads > 1)
    for (int32_t t = 0; t < e->n_strips; t++)
        add_worth(worth, e, &e->strips[t], cuts, n_cuts, rows);
}

static double squares_of(const struct fw_sized_strip *strip, const fw_real *row, int64_t dim)
{
    const struct fw_weights *w = strip->table;
    double sum = 0;
    if (strip->projection == NULL) {
        for (int64_t k = 0; k < w->width; k++)
            sum += (double)row[k] * (double)row[k];
        return sum;
    }
    for (int64_t d = 0; d < dim; d++) {
        double value = 0;
        for (int64_t k = 0; k < w->width; k++)
            value += (double)row[k] * (double)strip->projection->data[k * dim + d];
        sum += value * value;
    }
    return sum;
}

void fw_op_sized_norms(double *squares, const struct fw_graph *graph, fw_node output, const int64_t *cuts,
                       int32_t n_cuts)
{
    const struct fw_sized_op *e = op_of(graph, output);
    for (int64_t i = 0; i < (int64_t)e->n_inputs * n_cuts * FW_STRIPS_MOST; i++)
        squares[i] = 0;
#pragma omp parallel for schedule(dynamic) num_threads(graph->threads) if (graph->threads > 1)
    for (int32_t t = 0; t < e->n_strips; t++) {
        const struct fw_sized_strip *strip = &e->strips[t];
        const struct fw_weights *w = strip->table;
        for (int64_t id = 0; id < w->rows; id++)
            squares[block_of(strip, cuts, n_cuts, id)] += squares_of(strip, w->data + id * w->width, e->dim);
    }
}
