#include "core/arena.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#    define FW_ARENA_POISONS 1
#elif defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define FW_ARENA_POISONS 1
#    endif
#endif

#ifdef FW_ARENA_POISONS
#    include <sanitizer/asan_interface.h>
#    define POISON(start, n)   ASAN_POISON_MEMORY_REGION((start), (n))
#    define UNPOISON(start, n) ASAN_UNPOISON_MEMORY_REGION((start), (n))
#else
#    define POISON(start, n)   ((void)(start), (void)(n))
#    define UNPOISON(start, n) ((void)(start), (void)(n))
#endif

/* The next multiple of the alignment that leaves a gap behind the piece, or 0 on overflow. A gap of at least 16 bytes
 * catches the usual step too far; it costs nothing where pieces are large. */
static size_t padded(size_t bytes)
{
    size_t gap = 16 + FW_ARENA_ALIGNMENT - 1;
    return bytes > SIZE_MAX - gap ? 0 : (bytes + gap) & ~(FW_ARENA_ALIGNMENT - 1);
}

void *fw_arena_take(struct fw_arena *arena, int64_t count, size_t size)
{
    size_t bytes;
    if (count < 0 || __builtin_mul_overflow((size_t)count, size, &bytes) || padded(bytes) == 0 ||
        arena->used > SIZE_MAX - padded(bytes)) {
        arena->overflow = true;
        return NULL;
    }
    size_t start = arena->used;
    arena->used += padded(bytes);
    if (arena->base == NULL)
        return NULL;
    assert(arena->used <= arena->size);
    UNPOISON(arena->base + start, bytes);
    return arena->base + start;
}

/* Asks for large pages where a table of embeddings may lie: its rows are read at random, and most of such a read is the
 * walk to a small page's address. The system may decline. */
static void ask_for_large_pages(unsigned char *block, size_t size)
{
    static const size_t large = 2 * FW_MIB;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t skip = (page - (uintptr_t)block % page) % page;
    if (size >= 8 * large)
        (void)madvise(block + skip, (size - skip) / page * page, MADV_HUGEPAGE);
}

enum fw_status fw_arena_open(struct fw_arena *arena, struct fw_allocator *mem, const char *what, struct fw_error *err)
{
    assert(arena->base == NULL);
    size_t size = arena->used;
    if (arena->overflow || size > PTRDIFF_MAX - FW_ARENA_ALIGNMENT)
        return fw_error_nomem(err, mem, what, INT64_MAX, 1);
    unsigned char *block = fw_alloc_array(mem, (int64_t)(size + FW_ARENA_ALIGNMENT), 1);
    if (block == NULL)
        return fw_error_nomem(err, mem, what, (int64_t)size, 1);
    ask_for_large_pages(block, size);
    size_t skip = (FW_ARENA_ALIGNMENT - (uintptr_t)block % FW_ARENA_ALIGNMENT) % FW_ARENA_ALIGNMENT;
    *arena = (struct fw_arena){.base = block + skip, .size = size, .block = block, .mem = mem};
    POISON(arena->base, size);
    return FW_OK;
}

void fw_arena_close(struct fw_arena *arena)
{
    if (arena->block != NULL)
        UNPOISON(arena->base, arena->size);
    fw_free(arena->mem, arena->block);
    *arena = (struct fw_arena){0};
}
