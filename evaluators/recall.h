/* How well a model of next items finds the item that was held out (space/interactions.h).
 *
 * The rank of a held-out item is the number of competitors that score at least as high: all items with an id but those
 * of the user's known history, or some of them drawn at random. The item itself never is left out, though it may have
 * been taken before. Ties count against the model, so that items that share one vector win nothing. An item without an
 * id is not found. Recall@k is the share of users whose item has a rank below k.
 *
 * Figures over sampled competitors are cheap, and larger; they compare candidates of one kind, but need not order
 * different methods as the full ones do (Krichene and Rendle 2020). */
#ifndef FW_EVALUATORS_RECALL_H
#define FW_EVALUATORS_RECALL_H

#include "models/retrieval/two_tower.h"

#define FW_RECALL_CUTS 4

extern const int32_t fw_recall_cuts[FW_RECALL_CUTS]; /* 1, 5, 10, 20 */

struct fw_recall {
    int64_t n; /* users */
    double at[FW_RECALL_CUTS];
    double mrr;  /* mean of 1 / (rank + 1) */
    double loss; /* mean -log of the softmax over item and competitors; sampled only, else NaN. Users whose item has no
                    id are left out of it */
};

/* Who is judged, and on what. */
struct fw_recall_task {
    const struct fw_interactions *data;
    enum fw_held held;
    const int64_t *histories; /* (n) judging ones */
    int64_t n;
    int64_t negatives; /* sampled: drawn for each user with replacement, always the same ones; a catalogue of no more
                          items is taken whole */
    uint64_t seed;
    int threads; /* 0: all */
};

/* Against all items. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_recall_full(struct fw_recall *out, const struct fw_two_tower *model, const uint32_t *depths,
                              const struct fw_recall_task *task, struct fw_allocator *mem, struct fw_error *err);

/* Against drawn ones. scratch: fw_recall_scratch bytes, any alignment. Safe from many threads. */
void fw_recall_sampled(struct fw_recall *out, const struct fw_two_tower *model, const uint32_t *depths,
                       const struct fw_recall_task *task, void *scratch);
size_t fw_recall_scratch(const struct fw_two_tower *model, const struct fw_recall_task *task);

/* The plain rival: items ranked by training rows. Against all items, or against drawn ones. */
FW_NODISCARD
enum fw_status fw_recall_popularity(struct fw_recall *out, const struct fw_recall_task *task, bool sampled,
                                    struct fw_allocator *mem, struct fw_error *err);

#endif
