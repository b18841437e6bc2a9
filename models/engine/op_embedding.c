/* Embedding lookup: a row of a table for each field, a vector times the number for each value column.
 *
 * Rows of a table lie far apart, so that forward the next ones are fetched ahead. Backward, the rows of a batch are
 * grouped by id (graph.h): each touched row gets one summed gradient from one writer. */
#include <assert.h>
#include <string.h>

#include "models/engine/ops.h"

/* Rows ahead that are fetched: a memory access takes about as long as this many copies. */
enum { AHEAD = 12 };

struct embedding {
    struct fw_op op;
    int32_t n_fields, n_values;
    int32_t width;
    bool plain;                 /* vectors of values are not multiplied by them */
    int64_t instead;            /* the id that all rows count as; -1: their own */
    int32_t *fields;            /* (n_fields) */
    int32_t *values;            /* (n_values) */
    struct fw_weights **tables; /* (n_fields) */
    struct fw_weights *vectors; /* (n_values, width); NULL: none */
};

static void copy_rows(fw_real *restrict out, int64_t stride, const fw_real *restrict table, int64_t width,
                      const uint32_t *restrict ids, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (i + AHEAD < n)
            __builtin_prefetch(table + (int64_t)ids[i + AHEAD] * width);
        const fw_real *from = table + (int64_t)ids[i] * width;
        fw_real *to = out + i * stride;
        for (int64_t k = 0; k < width; k++)
            to[k] = from[k];
    }
}

/* Ids of rows of the pass in field f. */
static const uint32_t *ids_of(const struct embedding *e, const struct fw_pass *pass, int32_t f, int64_t first,
                              int64_t n, uint32_t *scratch)
{
    if (e->instead < 0)
        return fw_view_ids(pass->rows, e->op.graph->fields[e->fields[f]], first, n, scratch);
    for (int64_t i = 0; i < n; i++)
        scratch[i] = (uint32_t)e->instead;
    return scratch;
}

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct embedding *e = (const struct embedding *)op;
    int64_t width = e->width;
    int64_t stride = (e->n_fields + e->n_values) * width;
    fw_real *out = fw_pass_value(pass, op->output, first);
    for (int32_t f = 0; f < e->n_fields; f++) {
        const uint32_t *ids = ids_of(e, pass, f, first, n, scratch);
        copy_rows(out + f * width, stride, e->tables[f]->data, width, ids, n);
    }
    for (int32_t v = 0; v < e->n_values; v++) {
        const float *x = fw_view_values(pass->rows, e->values[v], first, n, scratch);
        const fw_real *vector = e->vectors->data + v * width;
        for (int64_t i = 0; i < n; i++) {
            fw_real *to = out + i * stride + (e->n_fields + v) * width;
            fw_real factor = e->plain ? 1 : (fw_real)x[i];
            for (int64_t k = 0; k < width; k++)
                to[k] = factor * vector[k];
        }
    }
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)op; /* ids have no gradient; the tables get theirs in `gradient` */
    (void)pass;
    (void)first;
    (void)n;
    (void)scratch;
}

static void gradient(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch)
{
    const struct embedding *e = (const struct embedding *)op;
    int64_t width = e->width;
    int64_t n = pass->rows->n;
    int64_t stride = (e->n_fields + e->n_values) * width;
    const fw_real *grad = fw_pass_grad(pass, op->output, 0) + unit * width;
    if (unit < e->n_fields) {
        const struct fw_grouping *g = &op->graph->grouping[e->fields[unit]];
        fw_real *sum = e->tables[unit]->grad;
        memset(sum, 0, (size_t)(g->n_unique * width) * sizeof *sum);
        for (int64_t i = 0; i < n; i++) {
            fw_real *to = sum + (int64_t)g->slot[i] * width;
            const fw_real *from = grad + i * stride;
            __builtin_prefetch(from + AHEAD * stride);
            for (int64_t k = 0; k < width; k++)
                to[k] += from[k];
        }
        return;
    }
    int32_t v = unit - e->n_fields;
    fw_real *sum = e->vectors->grad + v * width;
    memset(sum, 0, (size_t)width * sizeof *sum);
    float *x = scratch;
    for (int64_t first = 0; first < n; first += FW_GRAPH_CHUNK_MOST) {
        int64_t m = n - first < FW_GRAPH_CHUNK_MOST ? n - first : FW_GRAPH_CHUNK_MOST;
        const float *values = fw_view_values(pass->rows, e->values[v], first, m, x);
        for (int64_t i = 0; i < m; i++) {
            fw_real factor = e->plain ? 1 : (fw_real)values[i];
            for (int64_t k = 0; k < width; k++)
                sum[k] += factor * grad[(first + i) * stride + k];
        }
    }
}

static const struct fw_op_vtable vtable = {
    .name = "embedding",
    .forward = forward,
    .backward = backward,
    .gradient = gradient,
};

static fw_node add(struct fw_graph *graph, const struct fw_op_inputs *inputs, int32_t width, double mean, double scale,
                   bool plain, int64_t instead, const char *name)
{
    struct embedding *e = fw_graph_keep(graph, 1, sizeof *e);
    int32_t *fields = fw_graph_keep(graph, inputs->n_fields, sizeof *fields);
    int32_t *values = fw_graph_keep(graph, inputs->n_values, sizeof *values);
    struct fw_weights **tables = fw_graph_keep(graph, inputs->n_fields, sizeof(void *));
    if (graph->failed)
        return 0;
    *e = (struct embedding){.op = {.vtable = &vtable,
                                   .n_units = inputs->n_fields + inputs->n_values,
                                   .unit_cost = width,
                                   .scratch = FW_GRAPH_CHUNK_MOST * sizeof(uint32_t)},
                            .n_fields = inputs->n_fields,
                            .n_values = inputs->n_values,
                            .width = width,
                            .plain = plain,
                            .instead = instead,
                            .fields = fields,
                            .values = values,
                            .tables = tables};
    struct fw_weights w = {.name = name,
                           .kind = FW_WEIGHTS_TABLE,
                           .width = width,
                           .init = FW_INIT_NORMAL,
                           .mean = mean,
                           .scale = scale,
                           .penalised = true,
                           .sized = true};
    for (int32_t f = 0; f < inputs->n_fields; f++) {
        fields[f] = inputs->fields[f];
        w.field = fields[f];
        w.rows = graph->grouping[fields[f]].n_ids;
        tables[f] = fw_graph_add_weights(graph, &w);
    }
    if (inputs->n_values > 0) {
        memcpy(values, inputs->values, (size_t)inputs->n_values * sizeof *values);
        w.name = fw_graph_name(graph, name, "values");
        w.kind = FW_WEIGHTS_DENSE;
        w.field = -1;
        w.rows = inputs->n_values;
        e->vectors = fw_graph_add_weights(graph, &w);
    }
    return fw_graph_add_op(graph, &e->op, (inputs->n_fields + inputs->n_values) * width, true);
}

fw_node fw_op_embedding(struct fw_graph *graph, const struct fw_op_inputs *inputs, int32_t width, double scale,
                        const char *name)
{
    return add(graph, inputs, width, 0, scale, false, -1, name);
}

fw_node fw_op_embedding_parameters(struct fw_graph *graph, const struct fw_op_inputs *inputs, int32_t width,
                                   double mean, double scale, const char *name)
{
    return add(graph, inputs, width, mean, scale, true, -1, name);
}

fw_node fw_op_embedding_of(struct fw_graph *graph, int32_t field, int32_t width, double mean, double scale,
                           int64_t instead, const char *name)
{
    struct fw_op_inputs one = {.fields = &field, .n_fields = 1};
    assert(instead < 0 || graph->scoring_only);
    return add(graph, &one, width, mean, scale, false, instead, name);
}
