#include "models/retrieval/retrieval_batch.h"

#include <math.h>

#include "core/rng.h"

/* Streams of negatives: those of training steps, and those of batches that judge. */
enum { DRAW_TRAIN, DRAW_HELD };

static enum fw_status list_examples(struct fw_batcher *b, struct fw_error *err)
{
    const struct fw_interactions *x = b->data;
    FW_ALLOC(b->places, b->mem, x->n_train, "training examples", err);
    FW_ALLOC(b->owners, b->mem, x->n_train, "training examples", err);
    FW_ALLOC(b->order, b->mem, x->n_train, "training examples", err);
    for (int64_t h = 0; h < x->n_histories; h++) {
        for (int64_t i = x->first[h]; i < x->first[h] + fw_history_train(x, h); i++) {
            if (x->taken[i] == 0)
                continue;
            b->places[b->n] = i;
            b->owners[b->n++] = h;
        }
    }
    FW_ALLOC(b->logq, b->mem, x->n_items, "frequencies of items", err);
    for (int64_t i = 1; i < x->n_items; i++)
        b->logq[i] = (fw_real)log((double)b->options.negatives * (double)x->item_counts[i] / (double)b->n);
    return FW_OK;
}

static enum fw_status make_room(struct fw_batcher *b, struct fw_error *err)
{
    struct fw_retrieval_batch *batch = &b->batch;
    int64_t n = b->options.batch;
    FW_ALLOC(batch->users, b->mem, n, "a batch", err);
    FW_ALLOC(batch->start, b->mem, n + 1, "a batch", err);
    FW_ALLOC(batch->history, b->mem, n * b->options.history, "a batch", err);
    FW_ALLOC(batch->targets, b->mem, n, "a batch", err);
    FW_ALLOC(batch->target_logq, b->mem, n, "a batch", err);
    FW_ALLOC(batch->negatives, b->mem, b->options.negatives, "a batch", err);
    FW_ALLOC(batch->negative_logq, b->mem, b->options.negatives, "a batch", err);
    return FW_OK;
}

enum fw_status fw_batcher_create(struct fw_batcher **out, const struct fw_interactions *data,
                                 const struct fw_batch_options *options, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_batcher *b;
    FW_ALLOC(b, mem, 1, "batches", err);
    *b = (struct fw_batcher){.data = data, .options = *options, .epoch = -1, .mem = mem};
    FW_TRY_GOTO(list_examples(b, err), done);
    FW_TRY_GOTO(make_room(b, err), done);
    *out = b;
    b = NULL;
done:
    fw_batcher_destroy(b);
    return status;
}

void fw_batcher_destroy(struct fw_batcher *b)
{
    if (b == NULL)
        return;
    fw_free(b->mem, b->batch.negative_logq);
    fw_free(b->mem, b->batch.negatives);
    fw_free(b->mem, b->batch.target_logq);
    fw_free(b->mem, b->batch.targets);
    fw_free(b->mem, b->batch.history);
    fw_free(b->mem, b->batch.start);
    fw_free(b->mem, b->batch.users);
    fw_free(b->mem, b->logq);
    fw_free(b->mem, b->order);
    fw_free(b->mem, b->owners);
    fw_free(b->mem, b->places);
    fw_free(b->mem, b);
}

int64_t fw_batcher_batches(const struct fw_batcher *b)
{
    return (b->n + b->options.batch - 1) / b->options.batch;
}

int64_t fw_history_latest(uint32_t *ids, const struct fw_interactions *data, int64_t history, int64_t place,
                          int64_t most)
{
    int64_t n = place - data->first[history];
    n = n < most ? n : most;
    for (int64_t i = 0; i < n; i++)
        ids[i] = data->taken[place - 1 - i];
    return n;
}

static void draw_negatives(struct fw_batcher *b, int64_t draw, uint64_t kind)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, b->options.seed, fw_stream((uint64_t)draw, kind, FW_STREAM_NEGATIVES));
    for (int64_t k = 0; k < b->options.negatives; k++) {
        uint32_t item = b->data->taken[b->places[fw_rng_below(&rng, (uint64_t)b->n)]];
        b->batch.negatives[k] = item;
        b->batch.negative_logq[k] = b->logq[item];
    }
}

static void add_example(struct fw_batcher *b, int64_t history, int64_t place)
{
    struct fw_retrieval_batch *batch = &b->batch;
    int64_t i = batch->n++;
    batch->users[i] = b->data->user[history];
    batch->targets[i] = b->data->taken[place];
    batch->target_logq[i] = b->logq[batch->targets[i]];
    batch->start[i + 1] = batch->start[i] + fw_history_latest(batch->history + batch->start[i], b->data, history, place,
                                                              b->options.history);
}

/* The order of batches.c over examples: Fisher and Yates, named by (seed, epoch). */
static void shuffle(struct fw_batcher *b, int64_t epoch)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, b->options.seed, fw_stream((uint64_t)epoch, 0, FW_STREAM_SHUFFLE));
    for (int64_t i = 0; i < b->n; i++)
        b->order[i] = i;
    for (int64_t i = b->n - 1; i > 0; i--) {
        int64_t j = (int64_t)fw_rng_below(&rng, (uint64_t)i + 1);
        int64_t other = b->order[j];
        b->order[j] = b->order[i];
        b->order[i] = other;
    }
    b->epoch = epoch;
}

void fw_batcher_train(struct fw_batcher *b, int64_t step)
{
    int64_t n_batches = fw_batcher_batches(b);
    int64_t number = step % n_batches;
    if (step / n_batches != b->epoch)
        shuffle(b, step / n_batches);
    b->batch.n = 0;
    b->batch.start[0] = 0;
    /* b->n is at most the rows of a table in memory: the product stays far from overflow */
    for (int64_t i = b->n * number / n_batches; i < b->n * (number + 1) / n_batches; i++)
        add_example(b, b->owners[b->order[i]], b->places[b->order[i]]);
    draw_negatives(b, step, DRAW_TRAIN);
}

void fw_batcher_held(struct fw_batcher *b, enum fw_held held, const int64_t *histories, int64_t n, int64_t draw)
{
    b->batch.n = 0;
    b->batch.start[0] = 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t place = fw_history_held(b->data, histories[i], held);
        if (b->data->taken[place] != 0)
            add_example(b, histories[i], place);
    }
    draw_negatives(b, draw, DRAW_HELD);
}
