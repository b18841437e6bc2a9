#include "models/engine/group.h"

#include <assert.h>
#include <string.h>

int64_t fw_group_table_size(int64_t n)
{
    int64_t size = 64;
    while (size < 4 * n)
        size *= 2;
    return size;
}

/* map: (n_ids) slot + 1, 0: not seen. In a field of few ids an id is soon known, so that the branch is foreseen. */
static int64_t group_directly(uint32_t *restrict unique, uint32_t *restrict slot, uint32_t *restrict map,
                              const uint32_t *restrict ids, int64_t n, int64_t n_ids)
{
    uint32_t n_unique = 0;
    memset(map, 0, (size_t)n_ids * sizeof *map);
    for (int64_t i = 0; i < n; i++) {
        uint32_t seen = map[ids[i]];
        if (seen == 0) {
            unique[n_unique++] = ids[i];
            map[ids[i]] = n_unique;
            seen = n_unique;
        }
        slot[i] = seen - 1;
    }
    return n_unique;
}

static int64_t group_by_hash(uint32_t *restrict unique, uint32_t *restrict slot, uint32_t *restrict table,
                             int64_t table_size, const uint32_t *restrict ids, int64_t n)
{
    uint32_t mask = (uint32_t)(table_size - 1);
    int shift = 32 - __builtin_ctzll((unsigned long long)table_size);
    uint32_t n_unique = 0;
    memset(table, 0, (size_t)table_size * sizeof *table);
    for (int64_t i = 0; i < n; i++) {
        uint32_t id = ids[i];
        /* Fibonacci hashing: ids are dense numbers, the product spreads neighbours over the whole table */
        uint32_t at = (id * UINT32_C(0x9e3779b1)) >> shift;
        while (table[at] != 0 && unique[table[at] - 1] != id)
            at = (at + 1) & mask;
        uint32_t seen = table[at];
        if (seen == 0) {
            unique[n_unique++] = id;
            table[at] = n_unique;
            seen = n_unique;
        }
        slot[i] = seen - 1;
    }
    return n_unique;
}

int64_t fw_group_ids(uint32_t *restrict unique, uint32_t *restrict slot, uint32_t *restrict table, int64_t table_size,
                     const uint32_t *restrict ids, int64_t n, int64_t n_ids)
{
    assert(table_size > n && (table_size & (table_size - 1)) == 0);
    if (n_ids <= table_size)
        return group_directly(unique, slot, table, ids, n, n_ids);
    return group_by_hash(unique, slot, table, table_size, ids, n);
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
