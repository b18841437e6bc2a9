/* Batches for models of next items: users, what they took before, what they took next, and negatives.
 *
 * Each training row is an example: its item is to be told from the user and the items before it, of which the latest
 * ones count. Negatives are the items of random training rows, which draws items by their frequency.
 *
 *     FW_TRY(fw_batcher_create(&batcher, interactions, &options, mem, err));
 *     fw_batcher_train(batcher, step);                      // fills batcher->batch
 *
 * A batcher belongs to one thread at a time. Batches hang on (seed, step) alone. */
#ifndef FW_MODELS_RETRIEVAL_BATCH_H
#define FW_MODELS_RETRIEVAL_BATCH_H

#include "models/retrieval/sampled_softmax.h"
#include "space/interactions.h"

struct fw_batch_options {
    int64_t batch;     /* B: examples a batch, at most */
    int64_t history;   /* L: latest items that are read */
    int64_t negatives; /* K: a batch */
    uint64_t seed;
};

struct fw_retrieval_batch {
    int64_t n;              /* examples, at most B */
    uint32_t *users;        /* (n) */
    int64_t *start;         /* (n + 1) history of example i is history[start[i]] .. history[start[i + 1] - 1] */
    uint32_t *history;      /* (start[n]) the latest item first */
    uint32_t *targets;      /* (n) */
    uint32_t *negatives;    /* (K) */
    fw_real *target_logq;   /* (n) log(K q), see sampled_softmax.h */
    fw_real *negative_logq; /* (K) */
};

struct fw_batcher {
    const struct fw_interactions *data; /* borrowed */
    struct fw_batch_options options;
    struct fw_retrieval_batch batch;
    int64_t n;       /* examples: training rows whose item has an id */
    int64_t *places; /* (n) where in data->taken each has its item */
    int64_t *owners; /* (n) its history */
    int64_t *order;  /* (n) of the epoch last asked for */
    int64_t epoch;   /* -1: none yet */
    fw_real *logq;   /* (n_items) */
    struct fw_allocator *mem;
};

/* The interactions stay the caller's and must outlive the batcher. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_batcher_create(struct fw_batcher **out, const struct fw_interactions *data,
                                 const struct fw_batch_options *options, struct fw_allocator *mem,
                                 struct fw_error *err);
void fw_batcher_destroy(struct fw_batcher *batcher); /* NULL is a no-op */

/* Batches of an epoch: all examples once, in an order of its own, in batches of nearly equal size. */
int64_t fw_batcher_batches(const struct fw_batcher *batcher);

/* Fills the batch with that of a step, counted from 0 over all epochs. */
void fw_batcher_train(struct fw_batcher *batcher, int64_t step);

/* Fills it with the held-out items of n <= B judging histories, those that have an id; draw names the negatives. */
void fw_batcher_held(struct fw_batcher *batcher, enum fw_held held, const int64_t *histories, int64_t n, int64_t draw);

/* The latest items, at most `most`, of a history before place `place`: into ids, the latest first. Their number. */
int64_t fw_history_latest(uint32_t *ids, const struct fw_interactions *data, int64_t history, int64_t place,
                          int64_t most);

#endif
