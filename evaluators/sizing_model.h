/* A main model whose embedding blocks can be switched: what a search of embedding sizes trains and asks (NIS, section
 * 3). One table of functions, so that the search does not know whether the model ranks clicks or retrieves items.
 *
 * The model holds all blocks of a space (space/embedding_space.h). Every call that runs it is given the depths in
 * force, (n_inputs x FW_STRIPS_MOST) ids a strip: other blocks contribute nothing and get no gradient; changing them
 * costs nothing. Quality: higher is better.
 *
 * `learn`, `worth`, `start`, `restore` and `fit` are for one thread at a time, and use several inside; `judge` is
 * safe from many threads while nobody learns, with scratch of its own. Results do not depend on the number of threads.
 */
#ifndef FW_EVALUATORS_SIZING_MODEL_H
#define FW_EVALUATORS_SIZING_MODEL_H

#include <stddef.h>

#include "core/budget.h"
#include "space/embedding_space.h"

/* What a training from scratch with given sizes came to. */
struct fw_sizing_fit {
    double quality; /* on all validation rows */
    double loss;    /* likewise; NaN: none */
    double test;    /* quality on rows that nothing in the search sees; NaN: none were kept */
    int64_t bytes;  /* of the embeddings in the model file */
    int64_t epochs; /* run */
    double seconds;
};

struct fw_sizing_vtable {
    const char *quality; /* "auc", "recall@1": static text */
    /* REQUIRED. First weights: equal seeds give equal bits. It may fit a linear part. */
    enum fw_status (*start)(void *self, const struct fw_budget *budget, struct fw_error *err);
    /* REQUIRED. Batches of a pass over the training rows, and of the validation rows: at least 1 each. */
    int64_t (*train_batches)(const void *self);
    int64_t (*judge_batches)(const void *self);
    /* REQUIRED. One step; `step` counts from 0 over all passes and names the batch. *loss: mean over the batch before
     * the step. FW_E_NUMERIC when it is not finite. */
    enum fw_status (*learn)(void *self, double *loss, const uint32_t *depths, int64_t step, struct fw_error *err);
    /* REQUIRED. Quality on validation batch `batch` (any number, taken modulo their count), or on all validation rows
     * at once: -1. NaN where it is not defined (one class). scratch: (*scratch)() bytes, any alignment. */
    enum fw_status (*judge)(const void *self, double *quality, const uint32_t *depths, int64_t batch, void *scratch,
                            struct fw_error *err);
    size_t (*scratch)(const void *self);
    /* REQUIRED. Adds to worth (fw_embedding_space_blocks) what some validation rows (those that `batch` names, any
     * number from 0; -1: all) say of each block, in force or
     * not, to first order: minus the derivative of the summed loss in the share of the block that is in force. The mean
     * over passes with the block on and passes with it off is what the whole block is worth, but for terms of the third
     * order. Nothing moves. *rows (may be NULL) rises by the number of rows. */
    enum fw_status (*worth)(void *self, double *worth, int64_t *rows, const uint32_t *depths, int64_t batch,
                            struct fw_error *err);
    /* REQUIRED. Sum of squared weights of each block into squares (fw_embedding_space_blocks); 0 for missing ones. */
    void (*norms)(const void *self, double *squares);
    /* REQUIRED. All weights and the optimiser's state as one array of `snapshot_bytes`, and back. */
    size_t (*snapshot_bytes)(const void *self);
    void (*snapshot)(const void *self, void *bytes);
    void (*restore)(void *self, const void *bytes);
    /* REQUIRED. Trains a model of these sizes from scratch on the training rows and judges it on the validation rows;
     * the shared weights are not touched. */
    enum fw_status (*fit)(void *self, struct fw_sizing_fit *out, const struct fw_embedding_sizes *sizes,
                          const struct fw_budget *budget, struct fw_error *err);
};

struct fw_sizing_model {
    const struct fw_sizing_vtable *vtable;
    void *self;
    const struct fw_embedding_space *space; /* borrowed */
};

#endif
