/* Texts that are given back together: what a query has read, in a few large blocks. Pointers stay valid until
 * fw_text_pool_clear. */
#ifndef FW_RESULTS_TEXT_POOL_H
#define FW_RESULTS_TEXT_POOL_H

#include <stdbool.h>

#include "core/alloc.h"

struct fw_text_pool_block;

struct fw_text_pool {
    struct fw_allocator *mem;
    struct fw_text_pool_block *blocks;
};

void fw_text_pool_init(struct fw_text_pool *pool, struct fw_allocator *mem);
void fw_text_pool_clear(struct fw_text_pool *pool);

/* A copy of the text; NULL for NULL, and NULL with *refused set when there is no memory. */
const char *fw_text_pool_add(struct fw_text_pool *pool, const char *text, bool *refused);

/* The same for `length` bytes, which may hold NULs; a NUL is put behind them. */
const char *fw_text_pool_add_bytes(struct fw_text_pool *pool, const char *bytes, size_t length, bool *refused);

#endif
