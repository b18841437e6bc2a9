/* Random sizings of a space that use most of a budget: the rival that tells what a search is worth beyond trying. */
#ifndef FW_SEARCH_SIZING_DRAW_H
#define FW_SEARCH_SIZING_DRAW_H

#include "space/embedding_space.h"

/* Draw number `index` into choices (n_decisions): a pure function of the seed and the index.
 *
 * Every decision is drawn evenly from its choices. In a random order they are then drawn again, from the cheaper
 * choices, until the budget holds; and again, from the dearer ones that fit, until at least 70 % of it is used or
 * nothing dearer fits. Bytes are those of fw_embedding_space_choice_bytes. Something is always kept.
 *
 * FW_E_ARG: the budget is below the cheapest choice; FW_E_NOMEM. Safe from many threads. */
FW_NODISCARD
enum fw_status fw_sizing_draw(int32_t *choices, const struct fw_embedding_space *space, int64_t budget, uint64_t seed,
                              int64_t index, struct fw_allocator *mem, struct fw_error *err);

#endif
