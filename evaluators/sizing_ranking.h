/* A click model as the main model of a search of embedding sizes (sizing_model.h): any network with one embedding an
 * input, trained on all folds but the first and judged on the first.
 *
 *     struct fw_sizing_ranking *ranking;
 *     FW_TRY(fw_sizing_ranking_create(&ranking, &config, mem, err));
 *     struct fw_sizing_model model = fw_sizing_ranking_model(ranking);
 *     ...model.space, model.vtable->learn(model.self, ...)...
 *     fw_sizing_ranking_destroy(ranking); */
#ifndef FW_EVALUATORS_SIZING_RANKING_H
#define FW_EVALUATORS_SIZING_RANKING_H

#include "evaluators/evaluator.h"
#include "evaluators/sizing_model.h"
#include "models/training/trainer.h"

/* Borrowed until destroy. */
struct fw_sizing_ranking_config {
    const struct fw_model_vtable *model;
    const struct fw_dataset *dataset;
    const struct fw_params *params; /* of the model; "dim" is the common width */
    struct fw_embedding_grid grid;
    bool multi, projected; /* as in fw_embedding_space_options */
    enum fw_objective objective;
    int64_t judge_rows; /* of a validation batch, at most */
    int64_t look_rows;  /* of a validation batch that tells the worth of blocks, at most */
    bool test;          /* the second fold is neither trained on nor judged by: fits are tested on it */
    uint64_t seed;
    int threads; /* 0: all processors */
    /* Of trainings from scratch, as in fw_trainer_options; may be NULL. */
    void (*progress)(void *user, const struct fw_trainer_event *event);
    void *user;
};

struct fw_sizing_ranking;

/* FW_E_ARG: a model without one embedding an input, nothing that gets an embedding, no validation rows, fewer than
 * three folds with `test`; FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_sizing_ranking_create(struct fw_sizing_ranking **out, const struct fw_sizing_ranking_config *config,
                                        struct fw_allocator *mem, struct fw_error *err);
void fw_sizing_ranking_destroy(struct fw_sizing_ranking *ranking); /* NULL is a no-op */

/* The main model; valid until destroy. Its space belongs to it. */
struct fw_sizing_model fw_sizing_ranking_model(struct fw_sizing_ranking *ranking);

/* Steps that the shared model has taken, and trainings from scratch, in rows seen: what the search has cost. */
int64_t fw_sizing_ranking_rows(const struct fw_sizing_ranking *ranking);

#endif
