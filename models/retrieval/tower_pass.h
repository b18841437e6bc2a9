/* Inside of two_tower: the activations of a batch and how they are laid out. Not for others. */
#ifndef FW_MODELS_RETRIEVAL_TOWER_PASS_H
#define FW_MODELS_RETRIEVAL_TOWER_PASS_H

#include "models/retrieval/two_tower.h"

/* Rows of a batch, and candidates, that one thread takes at a time. */
enum { FW_TOWER_ROWS = 32, FW_TOWER_CANDIDATES = 64 };

struct fw_tower_pass {
    int64_t most[FW_TOWER_INPUTS];        /* bags of each input, at most */
    int64_t most_ids[FW_TOWER_INPUTS];    /* ids in them */
    struct fw_bags bags[FW_TOWER_INPUTS]; /* of the batch */
    struct fw_touched touched[FW_TOWER_INPUTS];
    uint32_t *place[FW_TOWER_INPUTS][FW_STRIPS_MOST]; /* scratch of fw_strips_gradient */
    fw_real *raw[FW_TOWER_INPUTS];                    /* (bags, total) */
    fw_real *raw_grad[FW_TOWER_INPUTS];
    fw_real *user, *user_grad; /* (B, dim) */
    fw_real *item, *item_grad; /* (B + K, dim): targets, then negatives */
    fw_real *target;           /* (B) scores, then their derivatives */
    fw_real *negative;         /* (B, K) */
    fw_real *share;            /* (B L) weight of each item of a history */
    fw_real *share_grad;       /* (B L) */
    fw_real *shares;           /* (L + 1, L) softmax of the first n of the b, for each n */
    uint32_t *candidates;      /* (B + K) */
    double *chunk_loss;        /* (chunks) */
    fw_real *chunk_base;       /* (chunks, dim) */
    fw_real *chunk_positions;  /* (chunks, L) */
};

/* Takes everything out of the model's arena; called twice, see core/arena.h. model->pass is set before. */
void fw_tower_pass_lay_out(struct fw_two_tower *model, struct fw_arena *arena);

/* shares (L): the softmax of the first n of the learned b. */
void fw_tower_shares(const struct fw_two_tower *model, fw_real *shares, int64_t n);

#endif
