/* The compute graph: operations on batches of rows, built once, run many times.
 *
 * A node is a matrix of one row a row of the batch and a fixed width. An operation reads nodes, writes one, and may own
 * weights: dense arrays, or tables with a row an id, of which a batch touches few. A batch is cut into chunks of rows
 * by its size alone; a thread takes a chunk through all operations forwards, through the loss, and backwards while the
 * chunk is in its cache. Gradients of weights follow in pieces that each have one writer, then the optimiser moves what
 * was touched. Hence results do not depend on the number of threads. An operation that needs figures of the whole batch
 * (batch normalisation) is a barrier: all chunks reach it before any goes on.
 *
 *     struct fw_graph *graph;
 *     FW_TRY(fw_graph_create(&graph, &shape, mem, err));
 *     fw_node x = fw_op_embedding(graph, ...);                     // ops.h
 *     fw_node logit = fw_op_dense(graph, x, 1, FW_ACT_NONE, "out");
 *     FW_TRY(fw_optimiser_init(&graph->optimiser[FW_PART_DEEP], ...));
 *     FW_TRY(fw_graph_finish(graph, logit, logit, &fw_loss_one, err)); // no further operation
 *     FW_TRY(fw_graph_allocate(graph, err));                       // weights, state, activations: one block
 *     fw_graph_initialise(graph);
 *     fw_graph_learn(graph, &sums, &view);                         // forward, loss, backward: gradients
 *     fw_graph_step(graph, scale, rate);                                 // the optimisers move the weights
 *     fw_graph_predict(graph, logits, &rows, scratch);             // const, from many threads
 *
 * Building never fails on the spot: a refused allocation is remembered and reported by fw_graph_finish. Nothing is
 * allocated after fw_graph_allocate. */
#ifndef FW_MODELS_ENGINE_GRAPH_H
#define FW_MODELS_ENGINE_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/arena.h"
#include "models/dataset_view.h"
#include "models/engine/loss.h"
#include "models/engine/optimiser.h"
#include "models/engine/real.h"

typedef int32_t fw_node; /* index of a node in its graph */

#define FW_NO_NODE   (-1)
#define FW_OP_INPUTS 16

struct fw_graph;
struct fw_op;

enum fw_weights_kind {
    FW_WEIGHTS_DENSE, /* every batch gives all of them a gradient */
    FW_WEIGHTS_TABLE, /* a row an id of a field; a batch touches few */
    FW_WEIGHTS_FIXED  /* no gradient: set from outside, or running figures */
};

/* Which optimiser moves them. */
enum fw_weights_part { FW_PART_DEEP, FW_PART_WIDE, FW_PART_GATES, FW_PARTS };

enum fw_init {
    FW_INIT_CONSTANT, /* all `scale` */
    FW_INIT_NORMAL,   /* mean + N(0, scale^2) */
    FW_INIT_XAVIER,   /* N(0, 2 / (rows + width)): Glorot and Bengio 2010 */
    FW_INIT_HE,       /* N(0, 2 / rows): He et al. 2015 */
    FW_INIT_GIVEN     /* `given` */
};

struct fw_weights {
    const char *name; /* unique in the graph together with `field`; owned by the graph */
    int32_t field;    /* index in the graph's list of fields; -1: none */
    enum fw_weights_kind kind;
    enum fw_weights_part part;
    int64_t rows, width;
    enum fw_init init;
    double scale, mean;
    int32_t runs; /* the columns come in so many runs of equal width that all begin with the same values; 0: one */
    int32_t like; /* 1 + the place of other weights of this shape, of whose draws these are too; 0: their own */
    const float *given; /* (rows, width), lives as long as the graph */
    double low, high;   /* after a step values are brought back into this range; equal: no limits */
    bool penalised;     /* l2 and decay apply; biases are not penalised */
    bool switched;      /* parts may be off: the operation says which rows a batch touched, in `touched` */
    bool sized;         /* counts as embeddings: tables of ids and what maps them to the common width */
    fw_real *data;      /* (rows, width) */
    fw_real *grad;      /* dense: (rows, width); table: (touched rows, width) in the order of the field's grouping or of
                         * `touched` */
    fw_real *state;     /* (rows, width, state_per_weight) of the optimiser */
    uint32_t *touched;  /* switched tables: the rows of `grad`, distinct */
    int64_t n_touched;  /* switched: of `touched`; a dense array is moved whole when it is not 0 */
};

/* The distinct ids of a field in the batch, shared by all tables of the field. */
struct fw_grouping {
    int64_t n_ids;
    int64_t most;     /* distinct ids that a batch can have */
    uint32_t *unique; /* (most) */
    uint32_t *slot;   /* (batch) place of each row's id in `unique` */
    int64_t n_unique;
};

struct fw_graph_node {
    int32_t width;
    bool wants_gradient;
    int64_t value_offset; /* reals a row that lie before it in a pass */
    int64_t grad_offset;
};

/* One run over rows: where their activations are. */
struct fw_pass {
    const struct fw_graph *graph;
    const struct fw_dataset_view *rows;
    fw_real *values; /* node by node, each (capacity, width) */
    fw_real *grads;
    int64_t capacity;
    const uint32_t *depths; /* of switched embeddings: ids in force, input by input (ops.h); NULL: all there are */
    bool training;
    uint64_t seed; /* of dropout and sampling; with `step` it names all random numbers of the pass */
    uint64_t step;
};

/* What an operation does. Rows [first, first + n) of the pass; `scratch`: op->scratch bytes of the calling thread. */
struct fw_op_vtable {
    const char *name;
    /* REQUIRED. Writes the output rows. */
    void (*forward)(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch);
    /* REQUIRED where the output wants a gradient. Adds to, or begins (op->adds), the gradients of the inputs. It may
     * overwrite the gradient of its own output with what `gradient` needs. */
    void (*backward)(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch);
    /* OPTIONAL, all four or none; they make the operation a barrier while training. gather: the rows of its input as
     * they come; settle: once, when all of them were seen, before any `forward`. gather_back: the same with the
     * gradient of its output; settle_back: once, before any `backward`. */
    void (*gather)(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n);
    void (*settle)(const struct fw_op *op, const struct fw_pass *pass);
    void (*gather_back)(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n);
    void (*settle_back)(const struct fw_op *op, const struct fw_pass *pass);
    /* OPTIONAL. The gradient of the op's weights, piece `unit` of op->n_units, when all rows went backward. */
    void (*gradient)(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch);
    /* OPTIONAL. What the rows add to the loss; its gradient is part of `backward`. */
    double (*penalty)(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n);
    /* OPTIONAL. Running figures follow a batch that was learned from: called by fw_graph_step, so never after a loss
     * that is not finite. */
    void (*follow)(const struct fw_op *op);
    /* OPTIONAL. The op's own arrays for learning, in both passes of the arena; not called of a graph that only scores,
     * and `forward` outside of training does without them. */
    void (*lay_out)(struct fw_op *op, struct fw_arena *arena);
};

/* First member of every operation's own struct. */
struct fw_op {
    const struct fw_op_vtable *vtable;
    struct fw_graph *graph;
    int32_t number;
    int32_t n_inputs;
    fw_node inputs[FW_OP_INPUTS];
    bool adds[FW_OP_INPUTS]; /* a later operation has begun this input's gradient: add to it */
    fw_node output;
    int32_t n_units;   /* of `gradient` */
    int64_t unit_cost; /* multiplications a row and piece, to start with the largest */
    size_t scratch;    /* bytes a thread */
};

/* Bytes of a finished graph. */
struct fw_graph_bytes {
    size_t weights, state, activations, total;
    size_t sized;   /* of the weights: embeddings (fw_weights.sized) */
    size_t predict; /* scratch of a thread, at least 64-byte aligned */
};

/* A piece of work on gradients. */
struct fw_graph_unit {
    int32_t op;
    int32_t piece;
};

/* Rows that predicting takes through the graph together: enough for the matrix products, few enough for the cache. */
#define FW_GRAPH_PREDICT_ROWS 64

/* Rows that an operation sees at once, at most. */
#define FW_GRAPH_CHUNK_MOST 256

struct fw_graph_shape {
    const struct fw_dataset *dataset; /* names and sizes of fields; not kept */
    const int32_t *fields;            /* (n_fields) places in the data set; copied */
    int32_t n_fields;
    int64_t batch; /* rows, at most */
    int threads;   /* at least 1 */
    uint64_t seed;
    bool scoring_only; /* weights alone are laid out, all 0 until they are set; never learns */
};

struct fw_graph {
    int32_t n_fields;
    int32_t *fields;              /* (n_fields) places in the data set */
    struct fw_grouping *grouping; /* (n_fields) */
    bool *grouped;                /* (n_fields) some trained table reads it */
    int64_t batch, chunk;         /* rows */
    int threads;
    uint64_t seed;
    bool scoring_only;
    int32_t n_nodes, n_ops, n_weights;
    int64_t node_capacity, op_capacity, weights_capacity;
    struct fw_graph_node *nodes;
    struct fw_op **ops;
    struct fw_weights **weights;
    fw_node judged;                  /* goes into the loss */
    fw_node served;                  /* what predicting gives */
    const struct fw_loss *loss;      /* of `judged` */
    int64_t value_width, grad_width; /* reals a row */
    size_t scratch;                  /* bytes that operations want of a thread */
    size_t scratch_stride;           /* bytes of a thread while learning */
    int32_t n_units;
    struct fw_graph_unit *units; /* (n_units) the largest first */
    struct fw_optimiser optimiser[FW_PARTS];
    double clip;            /* largest norm of a batch's mean gradient; 0: no limit */
    uint64_t step;          /* batches learned from */
    const uint32_t *depths; /* of fw_pass while learning; borrowed, NULL: all */
    struct fw_pass pass;
    double *chunk_loss; /* (chunks of a batch) */
    double *chunk_weight;
    double *chunk_penalty;
    double *weights_norm; /* (n_weights) squared norms of gradients */
    unsigned char *thread_scratch;
    struct fw_arena arena;
    struct fw_allocator *mem;
    struct fw_graph_bytes bytes;
    void *kept; /* list of small blocks */
    size_t kept_bytes;
    bool failed;
};

/* What a batch showed. */
struct fw_graph_sums {
    double loss;    /* weighted sum of the rows' losses, penalties included; NaN: some logit was not finite */
    double weight;  /* sum of the row weights */
    double penalty; /* of `loss`: what operations added */
};

/* ---- building ---- */

/* An empty graph over some fields of a data set. */
FW_NODISCARD
enum fw_status fw_graph_create(struct fw_graph **out, const struct fw_graph_shape *shape, struct fw_allocator *mem,
                               struct fw_error *err);
void fw_graph_destroy(struct fw_graph *graph); /* NULL is a no-op */

/* For operations: zeroed memory that lives as long as the graph; NULL after a refused allocation. */
void *fw_graph_keep(struct fw_graph *graph, int64_t count, size_t size);

/* A name for weights, "stem" or "stem.part", that lives as long as the graph. */
const char *fw_graph_name(struct fw_graph *graph, const char *stem, const char *part);

/* Adds weights; the description is copied. NULL after a refused allocation. */
struct fw_weights *fw_graph_add_weights(struct fw_graph *graph, const struct fw_weights *description);

/* Adds an operation whose struct was made by fw_graph_keep with vtable, inputs and scratch filled in; returns its
 * output node of this width. */
fw_node fw_graph_add_op(struct fw_graph *graph, struct fw_op *op, int32_t width, bool wants_gradient);

static inline int32_t fw_graph_width(const struct fw_graph *graph, fw_node node)
{
    return graph->failed ? 1 : graph->nodes[node].width;
}

/* Ends the building: `judged` (as wide as the loss has outputs) goes into the loss, `served` is what predicting gives;
 * often both are one. loss: static or kept by the graph; fw_loss_one for a logit. The optimisers are set before.
 * FW_E_NOMEM when something was refused. */
FW_NODISCARD
enum fw_status fw_graph_finish(struct fw_graph *graph, fw_node judged, fw_node served, const struct fw_loss *loss,
                               struct fw_error *err);

/* ---- memory ---- */

/* Takes graph->bytes.total at once. */
FW_NODISCARD
enum fw_status fw_graph_allocate(struct fw_graph *graph, struct fw_error *err);

/* First values of all weights and of the optimisers' state; step 0. */
void fw_graph_initialise(struct fw_graph *graph);

/* The optimisers' state as if no gradient had been seen, for the weights as they are. */
void fw_graph_reset_state(struct fw_graph *graph);

/* ---- running ---- */

/* Forward, loss and backward over a batch of at most `batch` rows: gradients of the summed loss in all
 * weights. */
void fw_graph_learn(struct fw_graph *graph, struct fw_graph_sums *sums, const struct fw_dataset_view *rows);

/* The same without the gradients of weights: those of activations alone, for whoever looks at them. */
void fw_graph_look(struct fw_graph *graph, struct fw_graph_sums *sums, const struct fw_dataset_view *rows);

/* One step of the optimisers with these gradients times `scale` (one over the sum of the row weights). `rate`: factor
 * on the learning rate. */
void fw_graph_step(struct fw_graph *graph, double scale, double rate);

/* What is served of any number of rows, (n, width of the served node). scratch: graph->bytes.predict, of any alignment.
 * Safe from many threads. */
void fw_graph_predict(const struct fw_graph *graph, fw_real *logits, const struct fw_dataset_view *rows, void *scratch);

/* The same with these depths of switched embeddings in force (as in fw_pass), whatever learning uses. */
void fw_graph_predict_switched(const struct fw_graph *graph, fw_real *logits, const struct fw_dataset_view *rows,
                               const uint32_t *depths, void *scratch);

/* Rows of these weights that have a gradient after fw_graph_learn, and their numbers (NULL: 0, 1, ...). */
int64_t fw_graph_touched(const struct fw_graph *graph, const struct fw_weights *weights, const uint32_t **rows_out);

/* ---- for operations ---- */

/* The sum of the row weights of a batch that is learned from, in `gradient`: what a penalty against the mean loss is
 * multiplied with. In `penalty` that of a chunk is graph->chunk_weight[first / chunk]. */
double fw_pass_weight(const struct fw_pass *pass);

static inline fw_real *fw_pass_value(const struct fw_pass *pass, fw_node node, int64_t row)
{
    const struct fw_graph_node *n = &pass->graph->nodes[node];
    return pass->values + n->value_offset * pass->capacity + row * n->width;
}

/* NULL: the node wants no gradient. */
static inline fw_real *fw_pass_grad(const struct fw_pass *pass, fw_node node, int64_t row)
{
    const struct fw_graph_node *n = &pass->graph->nodes[node];
    return n->wants_gradient ? pass->grads + n->grad_offset * pass->capacity + row * n->width : NULL;
}

#endif
