/* The space of a click model's embedding sizes; of sizing_ranking.c. */
#ifndef FW_EVALUATORS_SIZING_RANKING_SPACE_H
#define FW_EVALUATORS_SIZING_RANKING_SPACE_H

#include "evaluators/sizing_ranking.h"

/* The space of what gets an embedding with these settings, in the order of the model's inputs; *out is the caller's.
 * FW_E_ARG: nothing does; FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_sizing_ranking_space(struct fw_embedding_space **out, const struct fw_sizing_ranking_config *config,
                                       const struct fw_row_set *train, struct fw_allocator *mem, struct fw_error *err);

#endif
