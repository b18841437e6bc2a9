/* Groups the rows of a batch by id, so that each touched row of a parameter array has one gradient and one writer.
 *
 * Power laws make ids repeat: a batch touches far fewer rows of a table than it has rows of its own, and rows of a
 * table cost a cache miss each. The ids of a batch go through a small hash table that stays in the first-level cache;
 * each distinct id gets a slot in order of its first appearance, and gradients are summed slot by slot. */
#ifndef FW_MODELS_ENGINE_GROUP_H
#define FW_MODELS_ENGINE_GROUP_H

#include <stdint.h>

/* Entries of the hash table for batches of up to n rows: a power of two, at least 2 n. */
int64_t fw_group_table_size(int64_t n);

/* unique: (n) the distinct ids in order of first appearance; slot: (n) place of each row's id in `unique`; table:
 * (table_size) scratch, a power of two above n (asserted). Returns the number of distinct ids.
 *
 * One multiplication and about one probe a row. Against the dense map of fw_group_ids_ref it never leaves the cache:
 * bench_lr, case group. */
int64_t fw_group_ids(uint32_t *restrict unique, uint32_t *restrict slot, uint64_t *restrict table, int64_t table_size,
                     const uint32_t *restrict ids, int64_t n);

/* The plain twin: map (largest id + 1) holds zeros before and after the call. */
int64_t fw_group_ids_ref(uint32_t *restrict unique, uint32_t *restrict slot, uint32_t *restrict map,
                         const uint32_t *restrict ids, int64_t n);

#endif
