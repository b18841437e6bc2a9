/* Embeddings of different sizes, in strips that can be switched (space/embedding_sizes.h; NIS, sections 1 and 2).
 *
 * A strip of an input is a table of the first ids. What is in force in a pass are depths, at most the strips' own: an
 * id below a strip's depth reads its row there; an id behind the deepest strip of its input is taken as id 0, that of
 * unknown values; an id behind one strip but within a deeper one gets nothing from it. A strip without projection fills
 * columns of its own in the input's block, one with a projection is multiplied by it and added.
 *
 * Each table says which of its rows a batch touched: blocks that are off get no gradient, and since the optimiser
 * visits touched rows alone, none of its momentum either. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/engine/op_sized.h"

int64_t fw_sized_depth(const uint32_t *depths, const struct fw_sized_strip *strip)
{
    int64_t own = strip->table->rows;
    if (depths == NULL)
        return own;
    int64_t wanted = depths[(int64_t)strip->input * FW_STRIPS_MOST + strip->number];
    return wanted < own ? wanted : own;
}

int64_t fw_sized_deepest(const struct fw_sized_op *e, const uint32_t *depths, int32_t input)
{
    int64_t deepest = 0;
    for (int32_t t = 0; t < e->inputs[input].n_strips; t++) {
        int64_t depth = fw_sized_depth(depths, &e->strips[e->inputs[input].first_strip + t]);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest;
}

/* out += row P */
static void project(fw_real *restrict out, const fw_real *restrict row, const fw_real *restrict projection,
                    int64_t width, int64_t dim)
{
    for (int64_t k = 0; k < width; k++) {
        for (int64_t d = 0; d < dim; d++)
            out[d] += row[k] * projection[k * dim + d];
    }
}

static void forward_strip(const struct fw_sized_op *e, const struct fw_sized_strip *strip, const uint32_t *restrict ids,
                          int64_t n, int64_t depth, fw_real *restrict out, int64_t stride)
{
    int64_t width = strip->table->width;
    const fw_real *table = strip->table->data;
    enum { ahead = 12 };
    for (int64_t i = 0; i < n; i++) {
        if (i + ahead < n && ids[i + ahead] < depth)
            __builtin_prefetch(table + (int64_t)ids[i + ahead] * width);
        fw_real *to = out + i * stride + strip->column;
        const fw_real *row = table + (int64_t)ids[i] * width;
        if (strip->projection != NULL) {
            if (ids[i] < depth)
                project(to, row, strip->projection->data, width, e->dim);
        } else if (ids[i] < depth) {
            for (int64_t k = 0; k < width; k++)
                to[k] = row[k];
        } else {
            for (int64_t k = 0; k < width; k++)
                to[k] = 0;
        }
    }
}

/* Ids of rows as the input's tables are read by: 0 for a value, and behind the deepest strip. */
static void read_ids(const struct fw_sized_op *e, const struct fw_pass *pass, const struct fw_sized_op_input *input,
                     int64_t first, int64_t n, int64_t deepest, uint32_t *restrict ids)
{
    if (input->field < 0) {
        memset(ids, 0, (size_t)n * sizeof *ids);
        return;
    }
    const uint32_t *read = fw_view_ids(pass->rows, e->op.graph->fields[input->field], first, n, ids);
    for (int64_t i = 0; i < n; i++)
        ids[i] = read[i] < deepest ? read[i] : 0;
}

static void multiply(const struct fw_sized_op *e, const struct fw_pass *pass, const struct fw_sized_op_input *input,
                     int64_t first, int64_t n, fw_real *restrict block, int64_t stride, void *scratch)
{
    const float *x = fw_view_values(pass->rows, input->value, first, n, scratch);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t d = 0; d < e->dim; d++)
            block[i * stride + d] *= (fw_real)x[i];
    }
}

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct fw_sized_op *e = (const struct fw_sized_op *)op;
    int64_t stride = (int64_t)e->n_inputs * e->dim;
    fw_real *out = fw_pass_value(pass, op->output, first);
    for (int32_t j = 0; j < e->n_inputs; j++) {
        const struct fw_sized_op_input *input = &e->inputs[j];
        fw_real *block = out + (int64_t)j * e->dim;
        int64_t deepest = fw_sized_deepest(e, pass->depths, j);
        for (int64_t i = 0; i < n && input->filled < e->dim; i++)
            memset(block + i * stride + input->filled, 0, (size_t)(e->dim - input->filled) * sizeof *block);
        if (deepest > 0)
            read_ids(e, pass, input, first, n, deepest, scratch);
        for (int32_t t = 0; t < input->n_strips; t++) {
            const struct fw_sized_strip *strip = &e->strips[input->first_strip + t];
            int64_t depth = fw_sized_depth(pass->depths, strip);
            if (depth > 0)
                forward_strip(e, strip, scratch, n, depth, block, stride);
            for (int64_t i = 0; i < n && depth == 0 && strip->projection == NULL; i++)
                memset(block + i * stride + strip->column, 0, (size_t)strip->table->width * sizeof *block);
        }
        if (input->field < 0 && deepest > 0)
            multiply(e, pass, input, first, n, block, stride, scratch);
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

/* Lists the rows of the strip's table that the batch touched and where each distinct id of the batch adds to. */
static void list_touched(const struct fw_sized_op *e, const struct fw_sized_strip *strip, int64_t depth,
                         int64_t deepest)
{
    struct fw_weights *w = strip->table;
    const struct fw_sized_op_input *input = &e->inputs[strip->input];
    int32_t zero = -1;
    w->n_touched = 0;
    if (input->field < 0) { /* the one vector of a value */
        w->n_touched = 1;
        return;
    }
    const struct fw_grouping *g = &e->op.graph->grouping[input->field];
    for (int64_t u = 0; u < g->n_unique; u++) {
        uint32_t id = g->unique[u] < deepest ? g->unique[u] : 0;
        strip->place[u] = -1;
        if (id >= depth)
            continue;
        if (id == 0 && zero >= 0) {
            strip->place[u] = zero;
            continue;
        }
        strip->place[u] = (int32_t)w->n_touched;
        zero = id == 0 ? strip->place[u] : zero;
        w->touched[w->n_touched++] = id;
    }
}

/* Sums `width` columns of the block's gradient by touched row into sums (n_touched, width). */
static void sum_rows(const struct fw_sized_op *e, const struct fw_pass *pass, const struct fw_sized_strip *strip,
                     int64_t width, fw_real *restrict sums, float *scratch)
{
    const struct fw_sized_op_input *input = &e->inputs[strip->input];
    int64_t stride = (int64_t)e->n_inputs * e->dim;
    const fw_real *grad = fw_pass_grad(pass, e->op.output, 0) + (int64_t)strip->input * e->dim + strip->column;
    memset(sums, 0, (size_t)(strip->table->n_touched * width) * sizeof *sums);
    if (input->field >= 0) {
        const struct fw_grouping *g = &e->op.graph->grouping[input->field];
        for (int64_t i = 0; i < pass->rows->n; i++) {
            int32_t place = strip->place[g->slot[i]];
            fw_real *to = sums + (int64_t)place * width;
            for (int64_t k = 0; k < width && place >= 0; k++)
                to[k] += grad[i * stride + k];
        }
        return;
    }
    for (int64_t first = 0; first < pass->rows->n; first += FW_GRAPH_CHUNK_MOST) {
        int64_t n = pass->rows->n - first < FW_GRAPH_CHUNK_MOST ? pass->rows->n - first : FW_GRAPH_CHUNK_MOST;
        const float *x = fw_view_values(pass->rows, input->value, first, n, scratch);
        for (int64_t i = 0; i < n; i++) {
            for (int64_t k = 0; k < width; k++)
                sums[k] += (fw_real)x[i] * grad[(first + i) * stride + k];
        }
    }
}

/* From the gradient of the block by row to those of the table and of the projection. */
static void spread_projected(const struct fw_sized_strip *strip, int64_t dim)
{
    struct fw_weights *table = strip->table;
    struct fw_weights *projection = strip->projection;
    int64_t width = table->width;
    memset(projection->grad, 0, (size_t)(width * dim) * sizeof *projection->grad);
    for (int64_t p = 0; p < table->n_touched; p++) {
        const fw_real *sum = strip->sums + p * dim;
        const fw_real *row = fw_sized_row(table, p);
        for (int64_t k = 0; k < width; k++) {
            fw_real dot = 0;
            for (int64_t d = 0; d < dim; d++) {
                dot += sum[d] * projection->data[k * dim + d];
                projection->grad[k * dim + d] += row[k] * sum[d];
            }
            table->grad[p * width + k] = dot;
        }
    }
    projection->n_touched = table->n_touched > 0 ? width : 0;
}

static void gradient(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch)
{
    const struct fw_sized_op *e = (const struct fw_sized_op *)op;
    const struct fw_sized_strip *strip = &e->strips[unit];
    int64_t depth = fw_sized_depth(pass->depths, strip);
    strip->table->n_touched = 0;
    if (strip->projection != NULL)
        strip->projection->n_touched = 0;
    if (depth == 0)
        return;
    list_touched(e, strip, depth, fw_sized_deepest(e, pass->depths, strip->input));
    if (strip->projection == NULL) {
        sum_rows(e, pass, strip, strip->table->width, strip->table->grad, scratch);
        return;
    }
    sum_rows(e, pass, strip, e->dim, strip->sums, scratch);
    spread_projected(strip, e->dim);
}

static void lay_out(struct fw_op *op, struct fw_arena *arena)
{
    struct fw_sized_op *e = (struct fw_sized_op *)op;
    for (int32_t s = 0; s < e->n_strips; s++) {
        struct fw_sized_strip *strip = &e->strips[s];
        int64_t most = strip->table->rows < op->graph->batch ? strip->table->rows : op->graph->batch;
        strip->place = fw_arena_take(arena, op->graph->batch, sizeof *strip->place);
        strip->sums = strip->projection != NULL ? fw_arena_take(arena, most * e->dim, sizeof *strip->sums) : NULL;
    }
}

const struct fw_op_vtable fw_op_sized_vtable = {
    .name = "sized embedding",
    .forward = forward,
    .backward = backward,
    .gradient = gradient,
    .lay_out = lay_out,
};

/* "embedding" for a first strip, "embedding.2" for a second one; "embedding.values3.2" for a value's. */
static const char *strip_name(struct fw_graph *graph, const char *name, int32_t value, int32_t number)
{
    char part[32];
    const char *stem = name;
    if (value >= 0) {
        snprintf(part, sizeof part, "values%d", value);
        stem = fw_graph_name(graph, name, part);
    }
    if (number == 0)
        return stem;
    snprintf(part, sizeof part, "%d", number + 1);
    return fw_graph_name(graph, stem, part);
}

/* The weights of one strip. */
static void add_strip(struct fw_sized_op *e, struct fw_graph *graph, int32_t input, int32_t number,
                      const struct fw_strip *as, bool projected, double scale, const char *name)
{
    const struct fw_sized_op_input *in = &e->inputs[input];
    struct fw_sized_strip *strip = &e->strips[e->n_strips++];
    int64_t n_ids = in->field >= 0 ? graph->grouping[in->field].n_ids : 1;
    struct fw_weights w = {.name = strip_name(graph, name, in->value, number),
                           .kind = in->field >= 0 ? FW_WEIGHTS_TABLE : FW_WEIGHTS_DENSE,
                           .field = in->field,
                           .rows = as->ids < n_ids ? as->ids : n_ids,
                           .width = as->width,
                           .init = FW_INIT_NORMAL,
                           .scale = scale,
                           .penalised = true,
                           .switched = true,
                           .sized = true};
    *strip = (struct fw_sized_strip){.input = input, .number = number};
    strip->table = fw_graph_add_weights(graph, &w);
    if (!projected)
        return;
    w.name = fw_graph_name(graph, w.name, "projection");
    w.kind = FW_WEIGHTS_DENSE;
    w.rows = as->width;
    w.width = e->dim;
    w.scale = 1 / sqrt((double)as->width); /* so that the product is as large as a row of the full width */
    strip->projection = fw_graph_add_weights(graph, &w);
}

fw_node fw_op_sized_embedding(struct fw_graph *graph, const struct fw_op_inputs *inputs,
                              const struct fw_embedding_size *const *sizes, int32_t dim, double scale, const char *name)
{
    int32_t n = inputs->n_fields + inputs->n_values;
    int32_t n_strips = 0;
    struct fw_sized_op *e = fw_graph_keep(graph, 1, sizeof *e);
    struct fw_sized_op_input *list = fw_graph_keep(graph, n, sizeof *list);
    for (int32_t j = 0; j < n; j++)
        n_strips += sizes[j]->n_strips;
    struct fw_sized_strip *strips = fw_graph_keep(graph, n_strips, sizeof *strips);
    if (graph->failed)
        return 0;
    *e = (struct fw_sized_op){.op = {.vtable = &fw_op_sized_vtable,
                                     .n_units = n_strips,
                                     .unit_cost = dim,
                                     .scratch = FW_GRAPH_CHUNK_MOST * sizeof(uint32_t)},
                              .n_inputs = n,
                              .dim = dim,
                              .inputs = list,
                              .strips = strips};
    for (int32_t j = 0; j < n; j++) {
        bool is_value = j >= inputs->n_fields;
        list[j] = (struct fw_sized_op_input){.field = is_value ? -1 : inputs->fields[j],
                                             .value = is_value ? inputs->values[j - inputs->n_fields] : -1,
                                             .n_strips = sizes[j]->n_strips,
                                             .first_strip = e->n_strips};
        for (int32_t t = 0; t < sizes[j]->n_strips && !graph->failed; t++) {
            add_strip(e, graph, j, t, &sizes[j]->strips[t], sizes[j]->projected, scale, name);
            if (!sizes[j]->projected) {
                e->strips[e->n_strips - 1].column = list[j].filled;
                list[j].filled += sizes[j]->strips[t].width;
            }
        }
    }
    return fw_graph_add_op(graph, &e->op, n * dim, true);
}
