/* A two-tower model of given sizes, trained from scratch with early stopping, and its figures.
 *
 * After each epoch the held-out validation items are ranked against sampled competitors. The loss of that ranking says
 * when to stop: it moves with every user, where recall counts few of them. Of the epochs the one with the lowest loss
 * is kept. Equal seeds give equal bits, for any number of threads. */
#ifndef FW_EVALUATORS_RETRIEVAL_FIT_H
#define FW_EVALUATORS_RETRIEVAL_FIT_H

#include "evaluators/recall.h"
#include "evaluators/sizing_model.h"

struct fw_retrieval_options {
    struct fw_tower_options tower; /* its seed and threads serve everything */
    int64_t competitors;           /* sampled for each user that is judged, 1 to 65536 */
    int64_t judge_users;           /* of a validation batch of the search, at least 1 */
    int32_t epochs;                /* at most, at least 1 */
    int32_t patience;              /* epochs without a lower validation loss before the end, at least 1 */
};

void fw_retrieval_options_init(struct fw_retrieval_options *options);

/* FW_E_ARG naming the option that is out of range. */
FW_NODISCARD
enum fw_status fw_retrieval_options_check(const struct fw_retrieval_options *options, struct fw_error *err);

/* Trains a model of these sizes (the caller's, may be NULL: it is not wanted) and says what it came to: quality is
 * Recall@1 against sampled competitors over all judging histories, test the same of the test items, which nothing else
 * looks at. budget may be NULL. FW_E_ARG, FW_E_NOMEM,
 * FW_E_NUMERIC; FW_E_STOPPED or FW_E_BUDGET when the budget ended first. */
FW_NODISCARD
enum fw_status fw_retrieval_fit(struct fw_two_tower **out, struct fw_sizing_fit *fit,
                                const struct fw_interactions *data, const struct fw_embedding_sizes *sizes,
                                const struct fw_retrieval_options *options, const struct fw_budget *budget,
                                struct fw_allocator *mem, struct fw_error *err);

/* What the options say of judging all histories that judge. */
struct fw_recall_task fw_retrieval_task(const struct fw_interactions *data, enum fw_held held,
                                        const struct fw_retrieval_options *options);

#endif
