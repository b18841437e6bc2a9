/* The linear part: a bias, a scalar weight for each field's id, a weight times each value. */
#include <string.h>

#include "models/engine/ops.h"

enum { AHEAD = 16 };

struct linear {
    struct fw_op op;
    int32_t n_fields, n_values;
    int32_t *fields;            /* (n_fields) */
    int32_t *values;            /* (n_values) */
    struct fw_weights **tables; /* (n_fields) */
    struct fw_weights *slopes;  /* (n_values, 1); NULL: none */
    struct fw_weights *bias;
};

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct linear *l = (const struct linear *)op;
    fw_real *out = fw_pass_value(pass, op->output, first);
    for (int64_t i = 0; i < n; i++)
        out[i] = l->bias->data[0];
    for (int32_t f = 0; f < l->n_fields; f++) {
        const uint32_t *ids = fw_view_ids(pass->rows, op->graph->fields[l->fields[f]], first, n, scratch);
        const fw_real *table = l->tables[f]->data;
        for (int64_t i = 0; i < n; i++) {
            if (i + AHEAD < n)
                __builtin_prefetch(table + ids[i + AHEAD]);
            out[i] += table[ids[i]];
        }
    }
    for (int32_t v = 0; v < l->n_values; v++) {
        const float *x = fw_view_values(pass->rows, l->values[v], first, n, scratch);
        fw_real slope = l->slopes->data[v];
        for (int64_t i = 0; i < n; i++)
            out[i] += slope * (fw_real)x[i];
    }
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)op; /* ids have no gradient */
    (void)pass;
    (void)first;
    (void)n;
    (void)scratch;
}

static void value_gradients(const struct linear *l, const struct fw_pass *pass, const fw_real *grad, void *scratch)
{
    for (int32_t v = 0; v < l->n_values; v++) {
        fw_real sum = 0;
        for (int64_t first = 0; first < pass->rows->n; first += FW_GRAPH_CHUNK_MOST) {
            int64_t m = pass->rows->n - first < FW_GRAPH_CHUNK_MOST ? pass->rows->n - first : FW_GRAPH_CHUNK_MOST;
            const float *x = fw_view_values(pass->rows, l->values[v], first, m, scratch);
            for (int64_t i = 0; i < m; i++)
                sum += (fw_real)x[i] * grad[first + i];
        }
        l->slopes->grad[v] = sum;
    }
}

static void gradient(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch)
{
    const struct linear *l = (const struct linear *)op;
    const fw_real *grad = fw_pass_grad(pass, op->output, 0);
    int64_t n = pass->rows->n;
    if (unit < l->n_fields) {
        const struct fw_grouping *g = &op->graph->grouping[l->fields[unit]];
        fw_real *sum = l->tables[unit]->grad;
        memset(sum, 0, (size_t)g->n_unique * sizeof *sum);
        for (int64_t i = 0; i < n; i++)
            sum[g->slot[i]] += grad[i];
        return;
    }
    fw_real sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += grad[i];
    l->bias->grad[0] = sum;
    value_gradients(l, pass, grad, scratch);
}

static const struct fw_op_vtable vtable = {
    .name = "linear",
    .forward = forward,
    .backward = backward,
    .gradient = gradient,
};

fw_node fw_op_linear(struct fw_graph *graph, const struct fw_op_inputs *inputs, bool fixed, const char *name)
{
    struct linear *l = fw_graph_keep(graph, 1, sizeof *l);
    int32_t *fields = fw_graph_keep(graph, inputs->n_fields, sizeof *fields);
    int32_t *values = fw_graph_keep(graph, inputs->n_values, sizeof *values);
    struct fw_weights **tables = fw_graph_keep(graph, inputs->n_fields, sizeof(void *));
    if (graph->failed)
        return 0;
    *l = (struct linear){.op = {.vtable = &vtable,
                                .n_units = fixed ? 0 : inputs->n_fields + 1,
                                .unit_cost = 1,
                                .scratch = FW_GRAPH_CHUNK_MOST * sizeof(uint32_t)},
                         .n_fields = inputs->n_fields,
                         .n_values = inputs->n_values,
                         .fields = fields,
                         .values = values,
                         .tables = tables};
    struct fw_weights w = {.name = fw_graph_name(graph, name, "bias"),
                           .field = -1,
                           .kind = fixed ? FW_WEIGHTS_FIXED : FW_WEIGHTS_DENSE,
                           .part = FW_PART_WIDE,
                           .rows = 1,
                           .width = 1};
    l->bias = fw_graph_add_weights(graph, &w);
    w.penalised = true;
    for (int32_t f = 0; f < inputs->n_fields; f++) {
        fields[f] = inputs->fields[f];
        w.name = name;
        w.kind = fixed ? FW_WEIGHTS_FIXED : FW_WEIGHTS_TABLE;
        w.field = fields[f];
        w.rows = graph->grouping[fields[f]].n_ids;
        tables[f] = fw_graph_add_weights(graph, &w);
    }
    if (inputs->n_values > 0) {
        memcpy(values, inputs->values, (size_t)inputs->n_values * sizeof *values);
        w.name = fw_graph_name(graph, name, "values");
        w.kind = fixed ? FW_WEIGHTS_FIXED : FW_WEIGHTS_DENSE;
        w.field = -1;
        w.rows = inputs->n_values;
        l->slopes = fw_graph_add_weights(graph, &w);
    }
    return fw_graph_add_op(graph, &l->op, 1, !fixed);
}
