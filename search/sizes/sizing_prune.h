/* Pruning: takes from the full embeddings whole blocks of least worth until a budget holds.
 *
 * What a block is worth is the caller's: the sum of its squared weights makes this magnitude pruning by mean squares,
 * the rise of the loss without it a saliency as in SSEDS (Qu et al. 2022). */
#ifndef FW_SEARCH_SIZING_PRUNE_H
#define FW_SEARCH_SIZING_PRUNE_H

#include "space/embedding_space.h"

/* Writes levels (fw_embedding_space_levels).
 *
 * scores: (fw_embedding_space_blocks) what a block is worth; any finite numbers, those of missing blocks are not read.
 *
 * Of all steps that may be taken, the one that loses least score a byte is taken, until the budget holds. ME: a step is
 * the deepest block of a column strip. SE: it is the whole deepest row strip of an input or its whole last column
 * strip, so that a rectangle is left. Then steps are taken back as long as one fits, that of most score a byte first:
 * something is always kept. Ties keep the first input and the first column. Bytes are those of
 * fw_embedding_space_bytes; a budget for full tables, which need no projections, keeps everything.
 *
 * FW_E_ARG: the budget is below the cheapest choice of the space; FW_E_NUMERIC: a score is not finite; FW_E_NOMEM.
 * Pure; time is that of inputs x blocks. */
FW_NODISCARD
enum fw_status fw_sizing_prune(fw_level *levels, const struct fw_embedding_space *space, int64_t budget,
                               const double *scores, struct fw_allocator *mem, struct fw_error *err);

#endif
