#include "models/engine/graph.h"

#include <assert.h>
#include <string.h>

#include "core/par.h"
#include "models/engine/group.h"
#include "models/engine/loss.h"

static bool is_barrier(const struct fw_graph *graph, int32_t op)
{
    return graph->ops[op]->vtable->gather != NULL;
}

/* Operations from `from` up to the next barrier. */
static int32_t segment_end(const struct fw_graph *graph, int32_t from)
{
    int32_t end = from + 1;
    while (end < graph->n_ops && !is_barrier(graph, end))
        end++;
    return end;
}

double fw_pass_weight(const struct fw_pass *pass)
{
    double sum = 0;
    for (int64_t c = 0; c * pass->graph->chunk < pass->rows->n; c++)
        sum += pass->graph->chunk_weight[c];
    return sum;
}

static bool goes_back(const struct fw_graph *graph, int32_t op)
{
    return graph->nodes[graph->ops[op]->output].wants_gradient;
}

/* Loss of a chunk, and its derivative as the gradient of what is judged. */
static void judge_chunk(const struct fw_graph *graph, const struct fw_pass *pass, int64_t first, int64_t n)
{
    double penalty = 0;
    int64_t chunk = first / graph->chunk;
    fw_real labels[FW_LOSS_ROWS * FW_TASKS_MOST];
    fw_real weights[FW_LOSS_ROWS];
    struct fw_loss_figures sums = {0};
    for (int64_t at = first; at < first + n; at += FW_LOSS_ROWS) {
        int64_t m = first + n - at < FW_LOSS_ROWS ? first + n - at : FW_LOSS_ROWS;
        bool weighted = fw_loss_targets(pass->rows, at, m, labels, weights);
        struct fw_loss_rows rows = {.outputs = fw_pass_value(pass, graph->judged, at),
                                    .labels = labels,
                                    .weights = weighted ? weights : NULL,
                                    .residual = fw_pass_grad(pass, graph->judged, at),
                                    .n = m,
                                    .seed = pass->seed,
                                    .step = pass->step,
                                    .first = (uint64_t)at};
        graph->loss->judge(graph->loss, &sums, &rows);
    }
    graph->chunk_weight[chunk] = sums.weight;
    for (int32_t o = 0; o < graph->n_ops; o++) {
        if (graph->ops[o]->vtable->penalty != NULL)
            penalty += graph->ops[o]->vtable->penalty(graph->ops[o], pass, first, n);
    }
    graph->chunk_loss[chunk] = sums.loss + penalty;
    graph->chunk_penalty[chunk] = penalty;
}

/* Takes a chunk through operations [from, to), and lets the barrier at `to` see its input. */
static void go_forward(const struct fw_graph *graph, const struct fw_pass *pass, int32_t from, int32_t to,
                       int64_t first, int64_t n, void *scratch)
{
    for (int32_t o = from; o < to; o++)
        graph->ops[o]->vtable->forward(graph->ops[o], pass, first, n, scratch);
    if (pass->training && to < graph->n_ops)
        graph->ops[to]->vtable->gather(graph->ops[to], pass, first, n);
}

/* The same backwards: operations `last` down to `to`, of which a barrier at `to` only sees the gradient of its output.
 */
static void go_backward(const struct fw_graph *graph, const struct fw_pass *pass, int32_t last, int32_t to,
                        int64_t first, int64_t n, void *scratch)
{
    for (int32_t o = last; o >= to; o--) {
        const struct fw_op *op = graph->ops[o];
        if (!goes_back(graph, o))
            continue;
        if (o == to && is_barrier(graph, o))
            op->vtable->gather_back(op, pass, first, n);
        else
            op->vtable->backward(op, pass, first, n, scratch);
    }
}

static void group_field(const struct fw_graph *graph, int32_t f, const struct fw_dataset_view *rows, void *scratch)
{
    struct fw_grouping *g = &graph->grouping[f];
    uint32_t *ids = scratch;
    uint32_t *table = ids + graph->batch;
    const uint32_t *read = fw_view_ids(rows, graph->fields[f], 0, rows->n, ids);
    g->n_unique = fw_group_ids(g->unique, g->slot, table, fw_group_table_size(graph->batch), read, rows->n, g->n_ids);
}

/* The body of fw_graph_learn for each thread of a team. */
static void learn_as_team(struct fw_graph *graph, int64_t n_rows, bool weights, void *scratch)
{
    const struct fw_pass *pass = &graph->pass;
    int64_t n_chunks = (n_rows + graph->chunk - 1) / graph->chunk;
    int32_t from = 0;
    int32_t to = segment_end(graph, 0);
#pragma omp for schedule(dynamic) nowait
    for (int32_t f = 0; f < graph->n_fields; f++) {
        if (weights && graph->grouped[f])
            group_field(graph, f, pass->rows, scratch);
    }
    while (true) {
#pragma omp for schedule(dynamic)
        for (int64_t c = 0; c < n_chunks; c++) {
            int64_t first = c * graph->chunk;
            int64_t n = n_rows - first < graph->chunk ? n_rows - first : graph->chunk;
            go_forward(graph, pass, from, to, first, n, scratch);
            if (to == graph->n_ops) {
                judge_chunk(graph, pass, first, n);
                go_backward(graph, pass, to - 1, from, first, n, scratch);
            }
        }
        if (to == graph->n_ops)
            break;
#pragma omp single
        graph->ops[to]->vtable->settle(graph->ops[to], pass);
        from = to;
        to = segment_end(graph, from);
    }
    while (from > 0) {
        int32_t barrier = from;
        for (from--; from > 0 && !is_barrier(graph, from);)
            from--;
#pragma omp single
        graph->ops[barrier]->vtable->settle_back(graph->ops[barrier], pass);
#pragma omp for schedule(dynamic)
        for (int64_t c = 0; c < n_chunks; c++) {
            int64_t first = c * graph->chunk;
            int64_t n = n_rows - first < graph->chunk ? n_rows - first : graph->chunk;
            const struct fw_op *op = graph->ops[barrier];
            if (goes_back(graph, barrier))
                op->vtable->backward(op, pass, first, n, scratch);
            go_backward(graph, pass, barrier - 1, from, first, n, scratch);
        }
    }
    if (!weights)
        return;
#pragma omp for schedule(dynamic)
    for (int32_t u = 0; u < graph->n_units; u++) {
        const struct fw_op *op = graph->ops[graph->units[u].op];
        op->vtable->gradient(op, pass, graph->units[u].piece, scratch);
    }
}

static void run_batch(struct fw_graph *graph, struct fw_graph_sums *sums, const struct fw_dataset_view *rows,
                      bool weights)
{
    int threads = fw_par_threads(graph->threads);
    assert(rows->n <= graph->batch && graph->arena.base != NULL && !graph->scoring_only);
    graph->pass.rows = rows;
    graph->pass.depths = graph->depths;
    graph->pass.step = graph->step++;
#pragma omp parallel num_threads(threads) if (threads > 1)
    learn_as_team(graph, rows->n, weights,
                  graph->thread_scratch + graph->scratch_stride * (size_t)fw_par_thread_index());
    *sums = (struct fw_graph_sums){0};
    for (int64_t c = 0; c * graph->chunk < rows->n; c++) {
        sums->loss += graph->chunk_loss[c];
        sums->penalty += graph->chunk_penalty[c];
        sums->weight += graph->chunk_weight[c];
    }
    graph->pass.rows = NULL;
}

void fw_graph_learn(struct fw_graph *graph, struct fw_graph_sums *sums, const struct fw_dataset_view *rows)
{
    run_batch(graph, sums, rows, true);
}

void fw_graph_look(struct fw_graph *graph, struct fw_graph_sums *sums, const struct fw_dataset_view *rows)
{
    run_batch(graph, sums, rows, false);
}

int64_t fw_graph_touched(const struct fw_graph *graph, const struct fw_weights *w, const uint32_t **rows_out)
{
    bool table = w->kind == FW_WEIGHTS_TABLE;
    if (w->switched) {
        *rows_out = table ? w->touched : NULL;
        return table || w->n_touched == 0 ? w->n_touched : w->rows;
    }
    *rows_out = table ? graph->grouping[w->field].unique : NULL;
    return table ? graph->grouping[w->field].n_unique : w->rows;
}

static int64_t touched_rows(const struct fw_graph *graph, const struct fw_weights *w)
{
    const uint32_t *rows;
    return fw_graph_touched(graph, w, &rows);
}

static double squared_norm(const struct fw_graph *graph, const struct fw_weights *w)
{
    double sum = 0;
    int64_t n = w->kind == FW_WEIGHTS_FIXED ? 0 : touched_rows(graph, w) * w->width;
    for (int64_t i = 0; i < n; i++)
        sum += (double)w->grad[i] * (double)w->grad[i];
    return sum;
}

/* The factor that brings the norm of all gradients down to the limit. */
static double clip_factor(struct fw_graph *graph, double scale, int threads)
{
    double sum = 0;
    if (graph->clip <= 0)
        return 1;
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1)
    for (int32_t i = 0; i < graph->n_weights; i++)
        graph->weights_norm[i] = squared_norm(graph, graph->weights[i]);
    for (int32_t i = 0; i < graph->n_weights; i++)
        sum += graph->weights_norm[i];
    double norm = scale * sqrt(sum);
    return norm > graph->clip ? graph->clip / norm : 1;
}

/* Gradients of the summed loss times the factor; scale alone is not told to optimisers that do not look at it. */
static void shrink(const struct fw_graph *graph, const struct fw_weights *w, fw_real factor)
{
    int64_t n = touched_rows(graph, w) * w->width;
    for (int64_t i = 0; i < n; i++)
        w->grad[i] *= factor;
}

static void step_weights(const struct fw_graph *graph, const struct fw_weights *w, double scale, double rate,
                         double factor)
{
    struct fw_optimiser optimiser = graph->optimiser[w->part];
    if (!optimiser.vtable->fixed_rate)
        optimiser.rate *= (fw_real)rate;
    if (!w->penalised) {
        optimiser.l1 = 0;
        optimiser.l2 = 0;
        optimiser.decay = 0;
    }
    if (factor < 1)
        shrink(graph, w, (fw_real)factor);
    const uint32_t *rows;
    int64_t n = fw_graph_touched(graph, w, &rows);
    optimiser.vtable->step(&optimiser, w->data, w->state, w->width, rows, n, w->grad, (fw_real)scale);
    for (int64_t i = 0; w->low < w->high && i < w->rows * w->width; i++) /* of few numbers alone */
        w->data[i] = (fw_real)fmin(fmax((double)w->data[i], w->low), w->high);
}

void fw_graph_step(struct fw_graph *graph, double scale, double rate)
{
    int threads = fw_par_threads(graph->threads);
    double factor = clip_factor(graph, scale, threads);
    for (int p = 0; p < FW_PARTS; p++)
        graph->optimiser[p].steps++;
    for (int32_t o = 0; o < graph->n_ops; o++) {
        if (graph->ops[o]->vtable->follow != NULL)
            graph->ops[o]->vtable->follow(graph->ops[o]);
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1)
    for (int32_t i = 0; i < graph->n_weights; i++) {
        if (graph->weights[i]->kind != FW_WEIGHTS_FIXED)
            step_weights(graph, graph->weights[i], scale, rate, factor);
    }
}

void fw_graph_predict_switched(const struct fw_graph *graph, fw_real *logits, const struct fw_dataset_view *rows,
                               const uint32_t *depths, void *scratch)
{
    uintptr_t start = ((uintptr_t)scratch + FW_ARENA_ALIGNMENT - 1) & ~(uintptr_t)(FW_ARENA_ALIGNMENT - 1);
    struct fw_pass pass = {.graph = graph,
                           .values = (fw_real *)start,
                           .capacity = FW_GRAPH_PREDICT_ROWS,
                           .depths = depths,
                           .seed = graph->seed};
    int64_t width = fw_graph_width(graph, graph->served);
    void *op_scratch = pass.values + graph->value_width * FW_GRAPH_PREDICT_ROWS;
    for (int64_t first = 0; first < rows->n; first += FW_GRAPH_PREDICT_ROWS) {
        int64_t n = rows->n - first < FW_GRAPH_PREDICT_ROWS ? rows->n - first : FW_GRAPH_PREDICT_ROWS;
        struct fw_dataset_view slice = fw_view_slice(rows, first, n);
        pass.rows = &slice;
        go_forward(graph, &pass, 0, graph->n_ops, 0, n, op_scratch);
        memcpy(logits + first * width, fw_pass_value(&pass, graph->served, 0), (size_t)(n * width) * sizeof *logits);
    }
}

void fw_graph_predict(const struct fw_graph *graph, fw_real *logits, const struct fw_dataset_view *rows, void *scratch)
{
    fw_graph_predict_switched(graph, logits, rows, NULL, scratch);
}
