#include "results/store/text_pool.h"

#include <string.h>

struct fw_text_pool_block {
    struct fw_text_pool_block *next;
    size_t used, size; /* bytes of data */
    char data[];
};

void fw_text_pool_init(struct fw_text_pool *pool, struct fw_allocator *mem)
{
    *pool = (struct fw_text_pool){.mem = mem};
}

void fw_text_pool_clear(struct fw_text_pool *pool)
{
    while (pool->blocks != NULL) {
        struct fw_text_pool_block *next = pool->blocks->next;
        fw_free(pool->mem, pool->blocks);
        pool->blocks = next;
    }
}

const char *fw_text_pool_add(struct fw_text_pool *pool, const char *text, bool *refused)
{
    return text == NULL ? NULL : fw_text_pool_add_bytes(pool, text, strlen(text), refused);
}

const char *fw_text_pool_add_bytes(struct fw_text_pool *pool, const char *bytes, size_t length, bool *refused)
{
    static const size_t usual = 64 * 1024;
    size_t n = length + 1;
    struct fw_text_pool_block *block = pool->blocks;
    if (block == NULL || block->size - block->used < n) {
        size_t size = n < usual ? usual : n;
        block = fw_alloc_array_raw(pool->mem, (int64_t)(sizeof *block + size), 1);
        if (block == NULL) {
            *refused = true;
            return NULL;
        }
        *block = (struct fw_text_pool_block){.next = pool->blocks, .size = size};
        pool->blocks = block;
    }
    char *copy = memcpy(block->data + block->used, bytes, length);
    copy[length] = '\0';
    block->used += n;
    return copy;
}
