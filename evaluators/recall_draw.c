#include "evaluators/recall_draw.h"

#include <math.h>
#include <stdlib.h>

#include "core/rng.h"

/* Draws for one competitor before a user is taken to have seen nearly everything. */
enum { TRIES = 64 };

const int32_t fw_recall_cuts[FW_RECALL_CUTS] = {1, 5, 10, 20};

bool fw_recall_seen(const struct fw_interactions *data, int64_t history, int64_t place, uint32_t item)
{
    for (int64_t i = data->first[history]; i < place; i++) {
        if (data->taken[i] == item)
            return true;
    }
    return false;
}

int64_t fw_recall_draw(uint32_t *ids, const struct fw_recall_task *task, int64_t history)
{
    const struct fw_interactions *data = task->data;
    int64_t place = fw_history_held(data, history, task->held);
    uint32_t target = data->taken[place];
    int64_t n = 0;
    if (data->n_items - 1 <= task->negatives) {
        for (uint32_t id = 1; id < data->n_items; id++) {
            if (id != target && !fw_recall_seen(data, history, place, id))
                ids[n++] = id;
        }
        return n;
    }
    struct fw_rng rng;
    fw_rng_seed(&rng, task->seed, fw_stream((uint64_t)history, 2 + (uint64_t)task->held, FW_STREAM_NEGATIVES));
    for (int64_t k = 0; k < task->negatives; k++) {
        for (int t = 0; t < TRIES; t++) {
            uint32_t id = 1 + (uint32_t)fw_rng_below(&rng, (uint64_t)data->n_items - 1);
            if (id == target || fw_recall_seen(data, history, place, id))
                continue;
            ids[n++] = id;
            break;
        }
    }
    return n;
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int64_t fw_recall_list_seen(uint32_t *ids, const struct fw_interactions *data, int64_t history, int64_t place)
{
    uint32_t target = data->taken[place];
    int64_t n = 0;
    int64_t distinct = 0;
    for (int64_t i = data->first[history]; i < place; i++) {
        if (data->taken[i] != target && data->taken[i] != 0)
            ids[n++] = data->taken[i];
    }
    if (n > 0)
        qsort(ids, (size_t)n, sizeof *ids, compare_ids);
    for (int64_t i = 0; i < n; i++) {
        if (distinct == 0 || ids[distinct - 1] != ids[i])
            ids[distinct++] = ids[i];
    }
    return distinct;
}

void fw_recall_sum(struct fw_recall *out, const uint32_t *ranks, const float *losses, int64_t n)
{
    int64_t hits[FW_RECALL_CUTS] = {0};
    double loss = 0;
    double mrr = 0;
    int64_t judged = 0;
    for (int64_t i = 0; i < n; i++) {
        if (ranks[i] == FW_RANK_NONE)
            continue;
        for (int c = 0; c < FW_RECALL_CUTS; c++)
            hits[c] += ranks[i] < (uint32_t)fw_recall_cuts[c];
        mrr += 1 / ((double)ranks[i] + 1);
        loss += losses != NULL ? (double)losses[i] : 0;
        judged++;
    }
    *out = (struct fw_recall){.n = n, .mrr = mrr / (double)n, .loss = (double)NAN};
    for (int c = 0; c < FW_RECALL_CUTS; c++)
        out->at[c] = (double)hits[c] / (double)n;
    if (losses != NULL && judged > 0)
        out->loss = loss / (double)judged;
}
