#include "models/engine/group.h"

#include <assert.h>
#include <string.h>

/* An entry is slot << 32 | id; no slot reaches 2^32 - 1, so all ones is free. */
#define FREE UINT64_MAX

int64_t fw_group_table_size(int64_t n)
{
    int64_t size = 64;
    while (size < 2 * n)
        size *= 2;
    return size;
}

int64_t fw_group_ids(uint32_t *restrict unique, uint32_t *restrict slot, uint64_t *restrict table, int64_t table_size,
                     const uint32_t *restrict ids, int64_t n)
{
    assert(table_size > n && (table_size & (table_size - 1)) == 0);
    uint32_t mask = (uint32_t)(table_size - 1);
    int shift = 32 - __builtin_ctzll((unsigned long long)table_size);
    uint32_t n_unique = 0;
    memset(table, 0xFF, (size_t)table_size * sizeof *table);
    for (int64_t i = 0; i < n; i++) {
        uint32_t id = ids[i];
        /* Fibonacci hashing: ids are dense numbers, the product spreads neighbours over the whole table */
        uint32_t at = (id * UINT32_C(0x9e3779b1)) >> shift;
        while (table[at] != FREE && (uint32_t)table[at] != id)
            at = (at + 1) & mask;
        if (table[at] == FREE) {
            table[at] = (uint64_t)n_unique << 32 | id;
            unique[n_unique++] = id;
        }
        slot[i] = (uint32_t)(table[at] >> 32);
    }
    return n_unique;
}

int64_t fw_group_ids_ref(uint32_t *restrict unique, uint32_t *restrict slot, uint32_t *restrict map,
                         const uint32_t *restrict ids, int64_t n)
{
    uint32_t n_unique = 0;
    for (int64_t i = 0; i < n; i++) {
        if (map[ids[i]] == 0) {
            unique[n_unique++] = ids[i];
            map[ids[i]] = n_unique;
        }
        slot[i] = map[ids[i]] - 1;
    }
    for (uint32_t u = 0; u < n_unique; u++)
        map[unique[u]] = 0;
    return n_unique;
}
