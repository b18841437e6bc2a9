#include "core/alloc.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void fw_allocator_init(struct fw_allocator *mem, size_t limit)
{
    memset(mem, 0, sizeof *mem);
    mem->limit = limit;
}

size_t fw_allocator_left(const struct fw_allocator *mem)
{
    if (mem == NULL || mem->limit == 0)
        return SIZE_MAX;
    size_t used = atomic_load(&mem->used);
    return used >= mem->limit ? 0 : mem->limit - used;
}

static bool product(int64_t count, size_t size, size_t *bytes)
{
    if (count < 0 || __builtin_mul_overflow((size_t)count, size, bytes) || *bytes > PTRDIFF_MAX)
        return false;
    if (*bytes == 0)
        *bytes = 1;
    return true;
}

/* Counts the request and tells whether it may go on. */
static bool admit(struct fw_allocator *mem, size_t bytes)
{
    if (mem == NULL)
        return true;
    int64_t number = atomic_fetch_add(&mem->count, 1) + 1;
    int64_t fail_at = atomic_load(&mem->fail_at);
    if (fail_at > 0 && (number == fail_at || (number > fail_at && atomic_load(&mem->fail_for_ever))))
        return false;
    return bytes <= fw_allocator_left(mem);
}

/* malloc_usable_size is what the block truly holds, so that free can give the same amount back without a header. */
static void account(struct fw_allocator *mem, void *block)
{
    if (mem == NULL)
        return;
    size_t used = atomic_fetch_add(&mem->used, malloc_usable_size(block)) + malloc_usable_size(block);
    size_t peak = atomic_load(&mem->peak);
    while (used > peak && !atomic_compare_exchange_weak(&mem->peak, &peak, used)) {
    }
}

void *fw_alloc_array(struct fw_allocator *mem, int64_t count, size_t size)
{
    size_t bytes;
    if (!product(count, size, &bytes) || !admit(mem, bytes))
        return NULL;
    void *block = calloc(1, bytes);
    if (block != NULL)
        account(mem, block);
    return block;
}

void *fw_alloc_array_raw(struct fw_allocator *mem, int64_t count, size_t size)
{
    size_t bytes;
    if (!product(count, size, &bytes) || !admit(mem, bytes))
        return NULL;
    void *block = malloc(bytes);
    if (block != NULL)
        account(mem, block);
    return block;
}

void *fw_realloc_array(struct fw_allocator *mem, void *block, int64_t count, size_t size)
{
    size_t bytes;
    size_t before = block != NULL ? malloc_usable_size(block) : 0;
    if (!product(count, size, &bytes) || !admit(mem, bytes > before ? bytes - before : 0))
        return NULL;
    void *grown = realloc(block, bytes);
    if (grown == NULL)
        return NULL;
    if (mem != NULL)
        atomic_fetch_sub(&mem->used, before);
    account(mem, grown);
    return grown;
}

enum fw_status fw_reserve(struct fw_allocator *mem, void *block_address, int64_t *capacity, int64_t need, size_t size,
                          struct fw_error *err)
{
    if (need <= *capacity)
        return FW_OK;
    int64_t wanted = *capacity < 8 ? 8 : *capacity;
    while (wanted < need) {
        if (wanted > INT64_MAX / 2)
            return fw_error_nomem(err, mem, "a growing array", need, size);
        wanted *= 2;
    }
    void *block;
    memcpy(&block, block_address, sizeof block);
    void *grown = fw_realloc_array(mem, block, wanted, size);
    if (grown == NULL)
        return fw_error_nomem(err, mem, "a growing array", wanted, size);
    memcpy(block_address, &grown, sizeof grown);
    *capacity = wanted;
    return FW_OK;
}

char *fw_strndup(struct fw_allocator *mem, const char *text, size_t n)
{
    if (n >= PTRDIFF_MAX)
        return NULL;
    char *copy = fw_alloc_array_raw(mem, (int64_t)n + 1, 1);
    if (copy == NULL)
        return NULL;
    if (n > 0)
        memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

void fw_free(struct fw_allocator *mem, void *block)
{
    if (block == NULL)
        return;
    if (mem != NULL)
        atomic_fetch_sub(&mem->used, malloc_usable_size(block));
    free(block);
}

enum fw_status fw_error_nomem(struct fw_error *err, const struct fw_allocator *mem, const char *what, int64_t count,
                              size_t size)
{
    double mib = (double)count * (double)size / (double)FW_MIB;
    if (mem != NULL && mem->limit != 0)
        return fw_error_set(err, FW_E_NOMEM,
                            "out of memory: %s needs %.1f MiB more, %.1f MiB of the limit of %.1f MiB are taken; raise "
                            "--memory-limit or give fewer rows or columns",
                            what, mib, (double)atomic_load(&mem->used) / (double)FW_MIB,
                            (double)mem->limit / (double)FW_MIB);
    return fw_error_set(err, FW_E_NOMEM, "out of memory: %s needs %.1f MiB more than the machine gives", what, mib);
}
