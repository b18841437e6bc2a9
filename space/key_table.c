#include "space/key_table.h"

void fw_key_table_init(struct fw_key_table *table, struct fw_allocator *mem)
{
    *table = (struct fw_key_table){.mem = mem};
}

void fw_key_table_clear(struct fw_key_table *table)
{
    fw_free(table->mem, table->slots);
    fw_key_table_init(table, table->mem);
}

/* The slot where a key is or belongs. */
static struct fw_key_slot *place(struct fw_key_slot *slots, int64_t n_slots, uint64_t key)
{
    uint64_t mask = (uint64_t)n_slots - 1;
    uint64_t s = fw_hash_u64(key) & mask;
    while (slots[s].key != key && slots[s].key != FW_KEY_NONE)
        s = (s + 1) & mask;
    return &slots[s];
}

enum fw_status fw_key_table_reserve(struct fw_key_table *table, int64_t n, struct fw_error *err)
{
    int64_t n_slots = table->n_slots > 0 ? table->n_slots : 64;
    while (n_slots / 2 < n) /* at most half full: probes stay short */
        n_slots *= 2;
    if (n_slots == table->n_slots)
        return FW_OK;
    struct fw_key_slot *slots = fw_alloc_array_raw(table->mem, n_slots, sizeof *slots);
    if (slots == NULL)
        return fw_error_nomem(err, table->mem, "a table of combinations", n_slots, sizeof *slots);
    for (int64_t s = 0; s < n_slots; s++)
        slots[s] = (struct fw_key_slot){FW_KEY_NONE, 0};
    for (int64_t s = 0; s < table->n_slots; s++) {
        if (table->slots[s].key != FW_KEY_NONE)
            *place(slots, n_slots, table->slots[s].key) = table->slots[s];
    }
    fw_free(table->mem, table->slots);
    table->slots = slots;
    table->n_slots = n_slots;
    return FW_OK;
}

struct fw_key_slot *fw_key_table_add(struct fw_key_table *table, uint64_t key)
{
    if (table->n_slots == 0)
        return NULL;
    struct fw_key_slot *slot = place(table->slots, table->n_slots, key);
    if (slot->key == FW_KEY_NONE) {
        if (table->n_keys >= table->n_slots / 2)
            return NULL;
        slot->key = key;
        table->n_keys++;
    }
    return slot;
}
