/* Groups the rows of a batch by id, so that each touched row of a parameter array has one gradient and one writer.
 *
 * Power laws make ids repeat: a batch touches far fewer rows of a table than it has rows of its own, and rows of a
 * table cost a cache miss each. The ids of a batch go through a small hash table that stays in the first-level cache;
 * each distinct id gets a slot in order of its first appearance, and gradients are summed slot by slot. */
#ifndef FW_MODELS_ENGINE_GROUP_H
#define FW_MODELS_ENGINE_GROUP_H

#include <stdint.h>

/* Entries of the hash table for batches of up to n rows: a power of two, at least 4 n. Emptier tables gain little: the
 * scratch of a batch of 1024 rows is 16 KiB, half a first-level cache. */
int64_t fw_group_table_size(int64_t n);

/* unique: (n) the distinct ids in order of first appearance, then anything; slot: (n) place of each row's id in
 * `unique`; table: (table_size) scratch, a power of two above n (asserted); ids are below n_ids. Returns the number of
 * distinct ids.
 *
 * Fields of at most table_size ids take a direct map in the same scratch. On Criteo's shape it is as fast as the map
 * over all ids of fw_group_ids_ref alone (2.7 ns a row and field, bench_lr, cases group and group_ref), and leaves the
 * cache to the weights. */
int64_t fw_group_ids(uint32_t *restrict unique, uint32_t *restrict slot, uint32_t *restrict table, int64_t table_size,
                     const uint32_t *restrict ids, int64_t n, int64_t n_ids);

/* The plain twin: map (largest id + 1) holds zeros before and after the call. */
int64_t fw_group_ids_ref(uint32_t *restrict unique, uint32_t *restrict slot, uint32_t *restrict map,
                         const uint32_t *restrict ids, int64_t n);

#endif
