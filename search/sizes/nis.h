/* Neural Input Search: sizes of embeddings under a budget, found by one training of a model that holds all blocks
 * (NIS, section 3).
 *
 * First the shared model warms up: passes over the training rows, every other step with all blocks, the steps between
 * with random ones, so that parts are used to serve without the rest, until a pass makes the whole no better on the
 * validation rows. Then rounds in which main model and controller take turns: the main model takes some steps, each
 * with a configuration that the policy draws (as in ENAS); the policy draws configurations that are judged side by
 * side on one validation batch; their rewards move critic and policy. Where we go past the paper: the critic knows
 * that choices share blocks, and begins from what first-order looks at the validation rows say of each block
 * (block_worth.h).
 *
 * What comes of it are candidates: the likeliest configuration, made to fit; the best one by the critic's worths,
 * which is a knapsack; the same by what the looks alone say; what pruning by the shared weights' magnitude leaves, and
 * by popularity. They are judged on all validation rows with shared weights, and the best two that differ are handed
 * over, for a training from scratch tells finer than shared weights can.
 *
 *     struct fw_nis *nis;
 *     FW_TRY(fw_nis_create(&nis, &model, &options, mem, err));
 *     FW_TRY(fw_nis_warm_up(nis, budget_of_time, err));
 *     for each budget in bytes:
 *         FW_TRY(fw_nis_search(nis, levels, answers, &n, bytes, budget_of_time, err));
 *
 * Results depend on seed, data and options alone, but in asynchronous mode. */
#ifndef FW_SEARCH_NIS_H
#define FW_SEARCH_NIS_H

#include "evaluators/sizing_model.h"
#include "search/controller/controller.h"

struct fw_nis_options {
    int32_t warm_passes; /* over the training rows before the search, at most; default 12 */
    double passes;   /* in which main model and controller take turns; 0: a third of those of the warm-up, 2 at least */
    int32_t samples; /* configurations judged a round; default 8 */
    int32_t steps;   /* of the main model a round; default 24 */
    double lambda;   /* reward lost when the size is twice the budget; default 0.1; it follows the budget */
    bool plain;      /* the paper's controller: sampled policy gradient, no critic of blocks */
    bool asynchronous; /* workers update the shared policy as they come; results then depend on timing */
    uint64_t seed;
    int threads; /* 0: all processors */
};

void fw_nis_options_init(struct fw_nis_options *options);

/* A configuration as it was judged. */
struct fw_nis_sample {
    int64_t budget;
    int32_t round, number;  /* from 1; from 0 */
    const fw_level *levels; /* borrowed for the call */
    int64_t bytes;
    double quality, reward; /* NaN: not defined on that batch */
};

/* How a round ended. */
struct fw_nis_round {
    int64_t budget;
    int32_t round, rounds;
    const double *probabilities; /* of all choices, numbered through (choice_table.h); borrowed */
    const struct fw_choice_table *table;
    const struct fw_nis_sample *samples; /* (n_samples) */
    int32_t n_samples;
    double expected_bytes, entropy, loss; /* of the policy; of the main model's steps */
};

struct fw_nis_events {
    /* After each round; a failure ends the search and is passed on. May be NULL. */
    enum fw_status (*round_done)(void *user, const struct fw_nis_round *round, struct fw_error *err);
    /* Now and then while warming up: steps done, steps in all. May be NULL. */
    void (*warming)(void *user, int64_t step, int64_t steps);
    void *user;
};

struct fw_nis;

/* model and its space are borrowed until destroy. FW_E_ARG: options out of range; FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_nis_create(struct fw_nis **out, const struct fw_sizing_model *model,
                             const struct fw_nis_options *options, const struct fw_nis_events *events,
                             struct fw_allocator *mem, struct fw_error *err);
void fw_nis_destroy(struct fw_nis *nis); /* NULL is a no-op */

/* Trains the shared model with all blocks; once, before the searches. FW_E_STOPPED or FW_E_BUDGET when time ends. */
FW_NODISCARD
enum fw_status fw_nis_warm_up(struct fw_nis *nis, const struct fw_budget *time, struct fw_error *err);

/* What a search under a budget came to. */
struct fw_nis_answer {
    double quality; /* of the shared model with the answer, on all validation rows */
    int32_t rounds; /* done */
    bool cut;       /* time or a wish to stop ended it early: the answer is that of the rounds done */
    const char *by; /* "policy", "critic", "looks", "magnitude", "popularity": static text */
};

/* Answers of a search, at most. */
#define FW_NIS_ANSWERS 2

/* Searches under a budget in bytes, from the warmed-up model on; levels: (FW_NIS_ANSWERS, fw_embedding_space_levels)
 * that keep to it and keep something, the best by shared weights first, and answers (FW_NIS_ANSWERS); *n_out: how many
 * differ. FW_E_ARG: the budget is below the cheapest choice that keeps anything, which is said before any round. */
FW_NODISCARD
enum fw_status fw_nis_search(struct fw_nis *nis, fw_level *levels, struct fw_nis_answer *answers, int32_t *n_out,
                             int64_t budget, const struct fw_budget *time, struct fw_error *err);

#endif
