/* What the blocks of embeddings are worth, from first-order looks at many configurations (evaluators/sizing_model.h).
 *
 * A look at a configuration in which a block is off tells the slope of the loss at its beginning, one in which it is on
 * that at its end. The loss is close to a parabola in the share of a block that is in force, so that the mean of the
 * two slopes is what the block takes from the loss when it is switched on among blocks as they were switched in the
 * looks. The slope at the end alone, which pruning by saliency takes, is near 0 for every block of a trained model,
 * whatever it is worth.
 *
 *     FW_TRY(fw_block_worth_create(&worth, space, mem, err));
 *     fw_block_worth_add(worth, levels, slopes, rows, 0.98);
 *     fw_block_worth_get(worth, values, deviations);
 *
 * Belongs to one thread at a time. */
#ifndef FW_SEARCH_BLOCK_WORTH_H
#define FW_SEARCH_BLOCK_WORTH_H

#include "space/embedding_space.h"

struct fw_block_worth;

/* The space is borrowed until destroy. */
FW_NODISCARD
enum fw_status fw_block_worth_create(struct fw_block_worth **out, const struct fw_embedding_space *space,
                                     struct fw_allocator *mem, struct fw_error *err);
void fw_block_worth_destroy(struct fw_block_worth *worth); /* NULL is a no-op */

/* Takes in a look: slopes (fw_embedding_space_blocks) summed over `rows` rows, with these levels in force. What was
 * seen before counts `forget` (0 to 1) of what it did: weights move on. */
void fw_block_worth_add(struct fw_block_worth *worth, const fw_level *levels, const double *slopes, int64_t rows,
                        double forget);

/* values (fw_embedding_space_blocks): loss a row that each block takes away; deviations (the same, may be NULL): their
 * standard errors, from how far the looks differ. A side that was never seen counts as the other; a block that was
 * never seen is worth 0, with a deviation of 0. */
void fw_block_worth_get(const struct fw_block_worth *worth, double *values, double *deviations);

/* Bytes of its state, and the state itself, for checkpoints. */
size_t fw_block_worth_bytes(const struct fw_block_worth *worth);
void fw_block_worth_save(const struct fw_block_worth *worth, void *bytes);
void fw_block_worth_restore(struct fw_block_worth *worth, const void *bytes);

#endif
