/* A model of next items with two towers. Users and items get vectors of a common width; the score of an item is the
 * inner product:
 *
 *     u = base + E_user[user] + sum_p a_p E_history[item_p],   a = softmax(b_1 .. b_n),   score_i = <u, E_item[i]>
 *
 * p runs over the latest n <= L items of the user, the latest first; b is learned, so that the model may look at the
 * last item alone or at all alike (it begins with the mean). The history has a table of its own. There is no bias an
 * item: the learned `base` times the item's vector is one, within the size that the item was given.
 *
 * The three tables are cut into strips (strips.h) and may be switched from step to step. Training is by sampled softmax
 * (sampled_softmax.h); an optimiser moves the rows that a batch touches and nothing that is switched off.
 *
 * `learn` and `gradient` use several threads inside and are for one at a time; `query` is safe from many threads while
 * nobody learns. Results do not depend on the number of threads. */
#ifndef FW_MODELS_RETRIEVAL_TWO_TOWER_H
#define FW_MODELS_RETRIEVAL_TWO_TOWER_H

#include "core/arena.h"
#include "models/engine/optimiser.h"
#include "models/retrieval/retrieval_batch.h"
#include "models/retrieval/strips.h"
#include "space/embedding_space.h"

enum fw_tower_input { FW_TOWER_USER, FW_TOWER_HISTORY, FW_TOWER_ITEM, FW_TOWER_INPUTS };

/* Their names in sizes: "user", "history", "item". */
extern const char *const fw_tower_input_names[FW_TOWER_INPUTS];

struct fw_tower_options {
    struct fw_batch_options batches;
    const char *optimiser; /* by name; static text */
    double rate;
    double beta;  /* of AdaGrad */
    double l2;    /* on touched rows */
    double scale; /* standard deviation of the tables' first weights */
    uint64_t seed;
    int threads; /* 0: all */
};

/* What worked best over MovieLens-100k and Amazon Beauty. */
void fw_tower_options_init(struct fw_tower_options *options);

/* Gradient of the summed loss in one strip's table, and in its part of the projection. */
struct fw_strip_gradient {
    int64_t n_rows;
    uint32_t *rows;      /* (n_rows) distinct rows that the batch touched */
    fw_real *table;      /* (n_rows, width) */
    fw_real *projection; /* (width, dim); NULL: none */
};

struct fw_tower_pass; /* activations of a batch */

struct fw_two_tower {
    struct fw_tower_options options;
    struct fw_optimiser optimiser;
    int32_t dim;
    struct fw_strips inputs[FW_TOWER_INPUTS];
    int64_t base;      /* where in the weights: (dim) */
    int64_t positions; /* (L) b */
    int64_t n_weights;
    int64_t n_state;
    fw_real *weights; /* (n_weights) all parameters; then, without a gap, the state (n_state) */
    fw_real *state;   /* that of weights [i, j) is [k i, k j), k numbers a weight */
    struct fw_strip_gradient gradients[FW_TOWER_INPUTS][FW_STRIPS_MOST]; /* of the last pass */
    fw_real *base_gradient;                                              /* (dim) */
    fw_real *position_gradient;                                          /* (L) */
    struct fw_tower_pass *pass;
    struct fw_arena arena;
    struct fw_allocator *mem;
};

/* A model of these sizes (inputs by name; one that is missing is dropped), weights not yet set. FW_E_ARG: an option out
 * of range, or sizes that fail fw_embedding_sizes_check; FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_two_tower_create(struct fw_two_tower **out, const struct fw_embedding_sizes *sizes, int64_t n_users,
                                   int64_t n_items, const struct fw_tower_options *options, struct fw_allocator *mem,
                                   struct fw_error *err);
void fw_two_tower_destroy(struct fw_two_tower *model); /* NULL is a no-op */

/* First weights and an empty optimiser, from the seed alone. */
void fw_two_tower_start(struct fw_two_tower *model);

/* Depths that put everything in force, (FW_TOWER_INPUTS x FW_STRIPS_MOST). */
void fw_two_tower_depths(const struct fw_two_tower *model, uint32_t *depths);

/* The summed loss of a batch and its gradients. *loss is not finite when a score is not. */
void fw_two_tower_gradient(struct fw_two_tower *model, double *loss, const struct fw_retrieval_batch *batch,
                           const uint32_t *depths);

/* After fw_two_tower_gradient with this batch and these depths: adds to worth (fw_embedding_space_blocks of the space
 * that the model's strips are cut by) what the batch says of each block, in force or not: minus the derivative of the
 * summed loss in the share of the block that is in force (evaluators/sizing_model.h). Where the id of an absent block
 * reads row 0 instead, the block is worth what it is more than that. */
void fw_two_tower_worth(double *worth, const struct fw_two_tower *model, const struct fw_retrieval_batch *batch,
                        const uint32_t *depths, const struct fw_embedding_space *space);

/* Sum of squares of each block into squares (fw_embedding_space_blocks; 0 for missing ones): of its rows as they enter
 * the common width, that is after a projection. */
void fw_two_tower_norms(double *squares, const struct fw_two_tower *model, const struct fw_embedding_space *space);

/* As fw_two_tower_gradient, and one step of the optimiser. *loss: the mean before the step. FW_E_NUMERIC, without a
 * step, when it is not finite. */
FW_NODISCARD
enum fw_status fw_two_tower_learn(struct fw_two_tower *model, double *loss, const struct fw_retrieval_batch *batch,
                                  const uint32_t *depths, struct fw_error *err);

/* The user's vector in terms of raw rows of items: raw (inputs[FW_TOWER_ITEM].total), so that an item's score is
 * fw_strips_dot(raw, &inputs[FW_TOWER_ITEM], ...). history: n <= L items, the latest first. scratch:
 * fw_two_tower_scratch numbers. */
void fw_two_tower_query(const struct fw_two_tower *model, fw_real *raw, const uint32_t *depths, uint32_t user,
                        const uint32_t *history, int64_t n, fw_real *scratch);
int64_t fw_two_tower_scratch(const struct fw_two_tower *model);

#endif
