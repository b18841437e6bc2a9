#include "models/engine/graph.h"

#include <assert.h>
#include <string.h>

#include "core/rng.h"
#include "models/engine/gemm.h"
#include "models/engine/group.h"

/* A small block that lives as long as the graph. */
struct kept {
    struct kept *next;
    max_align_t data[];
};

/* Rows a chunk: small enough that a chunk of all activations stays in a second-level cache, large enough for the
 * matrix products, and several of them in a batch so that they can be shared out. */
static int64_t chunk_rows(int64_t batch)
{
    int64_t chunk = batch / 8;
    return chunk < 32 ? 32 : chunk > FW_GRAPH_CHUNK_MOST ? FW_GRAPH_CHUNK_MOST : chunk;
}

enum fw_status fw_graph_create(struct fw_graph **out, const struct fw_graph_shape *shape, struct fw_allocator *mem,
                               struct fw_error *err)
{
    struct fw_graph *graph;
    FW_ALLOC(graph, mem, 1, "a graph", err);
    graph->mem = mem;
    graph->batch = shape->batch;
    graph->chunk = chunk_rows(shape->batch);
    graph->threads = shape->threads;
    graph->seed = shape->seed;
    graph->scoring_only = shape->scoring_only;
    graph->n_fields = shape->n_fields;
    graph->fields = fw_graph_keep(graph, shape->n_fields, sizeof *graph->fields);
    graph->grouping = fw_graph_keep(graph, shape->n_fields, sizeof *graph->grouping);
    graph->grouped = fw_graph_keep(graph, shape->n_fields, sizeof *graph->grouped);
    for (int32_t f = 0; f < shape->n_fields && !graph->failed; f++) {
        graph->fields[f] = shape->fields[f];
        graph->grouping[f].n_ids = shape->dataset->fields[shape->fields[f]].n_ids;
        graph->grouping[f].most = graph->grouping[f].n_ids < graph->batch ? graph->grouping[f].n_ids : graph->batch;
    }
    if (graph->failed) {
        fw_graph_destroy(graph);
        return fw_error_nomem(err, mem, "a graph", shape->n_fields, sizeof *graph->grouping);
    }
    *out = graph;
    return FW_OK;
}

void fw_graph_destroy(struct fw_graph *graph)
{
    if (graph == NULL)
        return;
    struct fw_allocator *mem = graph->mem;
    struct kept *kept = graph->kept;
    fw_arena_close(&graph->arena);
    while (kept != NULL) {
        struct kept *next = kept->next;
        fw_free(mem, kept);
        kept = next;
    }
    fw_free(mem, graph->nodes);
    fw_free(mem, graph->ops);
    fw_free(mem, graph->weights);
    fw_free(mem, graph);
}

void *fw_graph_keep(struct fw_graph *graph, int64_t count, size_t size)
{
    struct kept *kept = NULL;
    if (!graph->failed && (size == 0 || count <= (int64_t)(FW_GIB / size)))
        kept = fw_alloc_array(graph->mem, (int64_t)(sizeof *kept + (size_t)count * size), 1);
    if (kept == NULL) {
        graph->failed = true;
        return NULL;
    }
    kept->next = graph->kept;
    graph->kept = kept;
    graph->kept_bytes += sizeof *kept + (size_t)count * size;
    return kept->data;
}

const char *fw_graph_name(struct fw_graph *graph, const char *stem, const char *part)
{
    size_t a = strlen(stem);
    size_t b = part != NULL ? strlen(part) : 0;
    char *name = fw_graph_keep(graph, (int64_t)(a + b + 2), 1);
    if (name == NULL)
        return stem;
    memcpy(name, stem, a);
    if (part != NULL) {
        name[a] = '.';
        memcpy(name + a + 1, part, b);
    }
    return name;
}

struct fw_weights *fw_graph_add_weights(struct fw_graph *graph, const struct fw_weights *description)
{
    struct fw_weights *weights = fw_graph_keep(graph, 1, sizeof *weights);
    if (weights == NULL || fw_reserve(graph->mem, &graph->weights, &graph->weights_capacity, graph->n_weights + 1,
                                      sizeof *graph->weights, NULL) != FW_OK) {
        graph->failed = true;
        return NULL;
    }
    *weights = *description;
    weights->name = fw_graph_name(graph, description->name, NULL);
    if (weights->kind == FW_WEIGHTS_TABLE)
        graph->grouped[weights->field] = true;
    graph->weights[graph->n_weights++] = weights;
    return weights;
}

fw_node fw_graph_add_op(struct fw_graph *graph, struct fw_op *op, int32_t width, bool wants_gradient)
{
    if (graph->failed ||
        fw_reserve(graph->mem, &graph->nodes, &graph->node_capacity, graph->n_nodes + 1, sizeof *graph->nodes, NULL) !=
            FW_OK ||
        fw_reserve(graph->mem, &graph->ops, &graph->op_capacity, graph->n_ops + 1, sizeof(void *), NULL) != FW_OK) {
        graph->failed = true;
        return 0;
    }
    assert(op->n_inputs <= FW_OP_INPUTS);
    op->graph = graph;
    op->number = graph->n_ops;
    op->output = graph->n_nodes;
    graph->nodes[graph->n_nodes++] = (struct fw_graph_node){.width = width, .wants_gradient = wants_gradient};
    graph->ops[graph->n_ops++] = op;
    if (op->scratch > graph->scratch)
        graph->scratch = op->scratch;
    return op->output;
}

/* Operations run backwards from the last: the first of them that writes a node's gradient begins it. */
static void settle_adds(struct fw_graph *graph, bool *begun)
{
    for (int32_t o = graph->n_ops - 1; o >= 0; o--) {
        struct fw_op *op = graph->ops[o];
        bool goes_back = graph->nodes[op->output].wants_gradient;
        for (int32_t i = 0; goes_back && i < op->n_inputs; i++) {
            op->adds[i] = begun[op->inputs[i]];
            begun[op->inputs[i]] = true;
        }
    }
}

static void place_nodes(struct fw_graph *graph)
{
    for (int32_t i = 0; i < graph->n_nodes; i++) {
        struct fw_graph_node *node = &graph->nodes[i];
        node->value_offset = graph->value_width;
        graph->value_width += node->width;
        node->grad_offset = graph->grad_width;
        if (node->wants_gradient)
            graph->grad_width += node->width;
    }
}

/* Bytes of a thread's scratch while learning: what an operation wants, or the grouping of a field. */
static size_t scratch_stride(const struct fw_graph *graph)
{
    size_t table = (size_t)fw_group_table_size(graph->batch) * sizeof(uint32_t);
    size_t most = graph->scratch > table ? graph->scratch : table;
    size_t ids = (size_t)graph->batch * sizeof(uint32_t);
    return (most + ids + 2 * FW_ARENA_ALIGNMENT - 1) & ~(FW_ARENA_ALIGNMENT - 1);
}

/* Lists the pieces of work on gradients, the largest first. */
static void list_units(struct fw_graph *graph)
{
    int32_t n = 0;
    for (int32_t o = 0; o < graph->n_ops; o++)
        n += graph->ops[o]->n_units;
    graph->units = fw_graph_keep(graph, n, sizeof *graph->units);
    if (graph->failed)
        return;
    for (int32_t o = 0; o < graph->n_ops; o++) {
        for (int32_t piece = 0; piece < graph->ops[o]->n_units; piece++) {
            int32_t at = graph->n_units++;
            for (; at > 0 && graph->ops[graph->units[at - 1].op]->unit_cost < graph->ops[o]->unit_cost; at--)
                graph->units[at] = graph->units[at - 1];
            graph->units[at] = (struct fw_graph_unit){o, piece};
        }
    }
}

static int64_t round_up(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

/* Bytes of weights and state without the gaps of the arena, which count as activations. */
static void lay_out_weights(struct fw_graph *graph, struct fw_arena *arena, struct fw_graph_bytes *bytes)
{
    size_t *weights = &bytes->weights;
    size_t *sized = &bytes->sized;
    size_t *state = &bytes->state;
    *weights = 0;
    *sized = 0;
    *state = 0;
    for (int32_t i = 0; i < graph->n_weights; i++) {
        struct fw_weights *w = graph->weights[i];
        w->data = fw_arena_take(arena, w->rows * w->width, sizeof *w->data);
        *weights += (size_t)(w->rows * w->width) * sizeof *w->data;
        *sized += w->sized ? (size_t)(w->rows * w->width) * sizeof *w->data : 0;
    }
    for (int32_t i = 0; i < graph->n_weights && !graph->scoring_only; i++) {
        struct fw_weights *w = graph->weights[i];
        size_t per = (size_t)graph->optimiser[w->part].vtable->state_per_weight;
        bool none = w->kind == FW_WEIGHTS_FIXED || per == 0;
        w->state = none ? NULL : fw_arena_take(arena, w->rows * w->width, per * sizeof *w->state);
        *state += none ? 0 : (size_t)(w->rows * w->width) * per * sizeof *w->state;
    }
}

/* What learning needs besides weights and state. */
static void lay_out_learning(struct fw_graph *graph, struct fw_arena *arena)
{
    int64_t capacity = round_up(graph->batch, 16); /* so that every node starts on a cache line */
    int64_t n_chunks = (graph->batch + graph->chunk - 1) / graph->chunk;
    for (int32_t i = 0; i < graph->n_weights; i++) {
        struct fw_weights *w = graph->weights[i];
        int64_t rows = w->kind == FW_WEIGHTS_TABLE ? graph->grouping[w->field].most : w->rows;
        rows = rows < w->rows ? rows : w->rows;
        w->touched = w->switched && w->kind == FW_WEIGHTS_TABLE ? fw_arena_take(arena, rows, sizeof *w->touched) : NULL;
        w->grad = w->kind == FW_WEIGHTS_FIXED ? NULL : fw_arena_take(arena, rows * w->width, sizeof *w->grad);
    }
    for (int32_t f = 0; f < graph->n_fields; f++) {
        struct fw_grouping *g = &graph->grouping[f];
        if (!graph->grouped[f])
            continue;
        g->unique = fw_arena_take(arena, graph->batch, sizeof *g->unique);
        g->slot = fw_arena_take(arena, graph->batch, sizeof *g->slot);
    }
    graph->pass.values = fw_arena_take(arena, graph->value_width * capacity, sizeof(fw_real));
    graph->pass.grads = fw_arena_take(arena, graph->grad_width * capacity, sizeof(fw_real));
    graph->pass.capacity = capacity;
    graph->chunk_loss = fw_arena_take(arena, n_chunks, sizeof *graph->chunk_loss);
    graph->chunk_weight = fw_arena_take(arena, n_chunks, sizeof *graph->chunk_weight);
    graph->chunk_penalty = fw_arena_take(arena, n_chunks, sizeof *graph->chunk_penalty);
    graph->weights_norm = fw_arena_take(arena, graph->n_weights, sizeof *graph->weights_norm);
    graph->thread_scratch = fw_arena_take(arena, graph->threads, graph->scratch_stride);
    for (int32_t o = 0; o < graph->n_ops; o++) {
        if (graph->ops[o]->vtable->lay_out != NULL)
            graph->ops[o]->vtable->lay_out(graph->ops[o], arena);
    }
}

/* Everything of an allocated graph, in both passes of the arena. */
static void lay_out(struct fw_graph *graph, struct fw_arena *arena, struct fw_graph_bytes *bytes)
{
    lay_out_weights(graph, arena, bytes);
    if (!graph->scoring_only)
        lay_out_learning(graph, arena);
}

/* Adds up what fw_graph_allocate will take. */
static void measure(struct fw_graph *graph)
{
    struct fw_graph_bytes *bytes = &graph->bytes;
    lay_out(graph, &graph->arena, bytes);
    bytes->total = graph->arena.used + FW_ARENA_ALIGNMENT + graph->kept_bytes + sizeof *graph +
                   (size_t)graph->node_capacity * sizeof *graph->nodes +
                   (size_t)(graph->op_capacity + graph->weights_capacity) * sizeof(void *);
    bytes->activations = graph->arena.used - bytes->weights - bytes->state;
    bytes->predict =
        (size_t)graph->value_width * FW_GRAPH_PREDICT_ROWS * sizeof(fw_real) + graph->scratch + 2 * FW_ARENA_ALIGNMENT;
}

enum fw_status fw_graph_finish(struct fw_graph *graph, fw_node judged, fw_node served, const struct fw_loss *loss,
                               struct fw_error *err)
{
    bool *begun = fw_graph_keep(graph, graph->n_nodes, sizeof *begun);
    if (!graph->failed) {
        assert(graph->nodes[judged].width == loss->n_outputs);
        graph->judged = judged;
        graph->served = served;
        graph->loss = loss;
        settle_adds(graph, begun);
        place_nodes(graph);
        if (!graph->scoring_only)
            list_units(graph);
        graph->scratch_stride = scratch_stride(graph);
    }
    if (graph->failed)
        return fw_error_nomem(err, graph->mem, "the operations of a model", graph->n_ops + 1, sizeof(struct fw_op));
    measure(graph);
    return FW_OK;
}

enum fw_status fw_graph_allocate(struct fw_graph *graph, struct fw_error *err)
{
    struct fw_graph_bytes bytes;
    FW_TRY(fw_arena_open(&graph->arena, graph->mem, "a model", err));
    lay_out(graph, &graph->arena, &bytes);
    graph->pass.graph = graph;
    graph->pass.seed = graph->seed;
    graph->pass.training = true;
    fw_gemm_prepare();
    return FW_OK;
}

static void initialise_weights(struct fw_weights *w, uint64_t seed, uint64_t number)
{
    int64_t n = w->rows * w->width;
    double scale = w->scale;
    if (w->init == FW_INIT_CONSTANT || (w->init == FW_INIT_NORMAL && scale == 0)) {
        for (int64_t i = 0; i < n; i++)
            w->data[i] = (fw_real)(w->init == FW_INIT_CONSTANT ? scale : w->mean);
        return;
    }
    if (w->init == FW_INIT_GIVEN) {
        for (int64_t i = 0; i < n; i++)
            w->data[i] = (fw_real)w->given[i];
        return;
    }
    if (w->init == FW_INIT_XAVIER)
        scale = sqrt(2 / (double)(w->rows + w->width));
    if (w->init == FW_INIT_HE)
        scale = sqrt(2 / (double)w->rows);
    struct fw_rng rng;
    fw_rng_seed(&rng, seed, fw_stream(number, 0, FW_STREAM_INIT));
    for (int64_t i = 0; i < n; i++)
        w->data[i] = (fw_real)(w->mean + scale * fw_rng_normal(&rng));
    int64_t run = w->width / (w->runs > 0 ? w->runs : 1);
    for (int64_t i = 0; i < n; i++) {
        int64_t column = i % w->width;
        w->data[i] = w->data[i - column + column % run];
    }
}

void fw_graph_initialise(struct fw_graph *graph)
{
    assert(!graph->scoring_only);
#pragma omp parallel for schedule(dynamic) num_threads(graph->threads) if (graph->threads > 1)
    for (int32_t i = 0; i < graph->n_weights; i++)
        initialise_weights(graph->weights[i], graph->seed,
                           (uint64_t)(graph->weights[i]->like > 0 ? graph->weights[i]->like - 1 : i));
    fw_graph_reset_state(graph);
}

void fw_graph_reset_state(struct fw_graph *graph)
{
    graph->step = 0;
    for (int p = 0; p < FW_PARTS; p++)
        graph->optimiser[p].steps = 0;
    for (int32_t i = 0; i < graph->n_weights && !graph->scoring_only; i++) {
        struct fw_weights *w = graph->weights[i];
        const struct fw_optimiser *optimiser = &graph->optimiser[w->part];
        if (w->kind != FW_WEIGHTS_FIXED)
            optimiser->vtable->reset(optimiser, w->data, w->state, w->rows * w->width);
    }
}
