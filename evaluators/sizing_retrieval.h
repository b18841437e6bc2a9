/* A search of embedding sizes over a model of next items: the table of functions of sizing_model.h for the two-tower
 * model. Its inputs are "user", "history" and "item"; quality is Recall@1 of the held-out validation item against
 * sampled competitors.
 *
 *     struct fw_sized_input inputs[FW_TOWER_INPUTS];
 *     fw_sizing_retrieval_inputs(inputs, interactions);
 *     FW_TRY(fw_embedding_space_create(&space, inputs, FW_TOWER_INPUTS, &space_options, mem, err));
 *     FW_TRY(fw_sizing_retrieval_create(&retrieval, interactions, space, &options, mem, err));
 *     struct fw_sizing_model model = fw_sizing_retrieval_model(retrieval);
 *     ... search ...
 *     FW_TRY(fw_retrieval_fit(&tower, &fit, interactions, sizes, &options, &budget, mem, err));
 *     FW_TRY(fw_recall_full(&test, tower, depths, &task, mem, err)); */
#ifndef FW_EVALUATORS_SIZING_RETRIEVAL_H
#define FW_EVALUATORS_SIZING_RETRIEVAL_H

#include "evaluators/retrieval_fit.h"

struct fw_sizing_retrieval;

/* What is to be sized, for the space: three inputs in the order of enum fw_tower_input. Counts are borrowed from the
 * interactions, names are static. */
void fw_sizing_retrieval_inputs(struct fw_sized_input *inputs, const struct fw_interactions *interactions);

/* Interactions and space are borrowed and outlive it. FW_E_ARG: an option out of range, or a space of other inputs;
 * FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_sizing_retrieval_create(struct fw_sizing_retrieval **out, const struct fw_interactions *interactions,
                                          const struct fw_embedding_space *space,
                                          const struct fw_retrieval_options *options, struct fw_allocator *mem,
                                          struct fw_error *err);
void fw_sizing_retrieval_destroy(struct fw_sizing_retrieval *retrieval); /* NULL is a no-op */

/* Itself as a main model of a search; borrowed. */
struct fw_sizing_model fw_sizing_retrieval_model(struct fw_sizing_retrieval *retrieval);

/* The model that holds all blocks; borrowed. */
const struct fw_two_tower *fw_sizing_retrieval_tower(const struct fw_sizing_retrieval *retrieval);

#endif
