/* An open addressing table from 64-bit keys to 32-bit values: what cross maps count and look up combinations with.
 * Key UINT64_MAX marks a free slot and cannot be stored. Finding is safe from many threads; adding has one writer. */
#ifndef FW_SPACE_KEY_TABLE_H
#define FW_SPACE_KEY_TABLE_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/hash.h"

#define FW_KEY_NONE UINT64_MAX

struct fw_key_slot {
    uint64_t key; /* FW_KEY_NONE: free */
    uint64_t value;
};

struct fw_key_table {
    struct fw_key_slot *slots;
    int64_t n_slots; /* a power of two; 0 before the first add */
    int64_t n_keys;
    struct fw_allocator *mem;
};

void fw_key_table_init(struct fw_key_table *table, struct fw_allocator *mem);
void fw_key_table_clear(struct fw_key_table *table);

/* Room for n keys without growing. */
FW_NODISCARD
enum fw_status fw_key_table_reserve(struct fw_key_table *table, int64_t n, struct fw_error *err);

/* The slot of a key, added with value 0 when new; NULL when the table would have to grow (reserve first). */
struct fw_key_slot *fw_key_table_add(struct fw_key_table *table, uint64_t key);

/* The slot of a key, or NULL. */
static inline const struct fw_key_slot *fw_key_table_find(const struct fw_key_table *table, uint64_t key)
{
    if (table->n_slots == 0)
        return NULL;
    uint64_t mask = (uint64_t)table->n_slots - 1;
    for (uint64_t s = fw_hash_u64(key) & mask;; s = (s + 1) & mask) {
        if (table->slots[s].key == key)
            return &table->slots[s];
        if (table->slots[s].key == FW_KEY_NONE)
            return NULL;
    }
}

#endif
