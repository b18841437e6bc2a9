/* One block of memory, cut into aligned pieces: a handle's sizes are added up first, then allocated at once.
 *
 * The same function walks over the pieces twice. On an arena that measures, `fw_arena_take` only adds up and gives
 * NULL; on an open one it gives zeroed pieces that start at 64 bytes, so that a footprint can never differ from what is
 * taken. Under AddressSanitizer the gap behind each piece is poisoned.
 *
 *     struct fw_arena arena = {0};                       // measures
 *     lay_out(self, &arena);
 *     FW_TRY(fw_arena_open(&arena, mem, "a model", err));
 *     lay_out(self, &arena);                             // the same calls, now with memory
 *     ...
 *     fw_arena_close(&arena);
 *
 * An arena belongs to one thread while it is laid out. */
#ifndef FW_CORE_ARENA_H
#define FW_CORE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/alloc.h"

#define FW_ARENA_ALIGNMENT ((size_t)64)

struct fw_arena {
    unsigned char *base; /* aligned; NULL: measuring */
    size_t size;         /* bytes of an open arena */
    size_t used;         /* bytes taken so far, gaps included */
    bool overflow;       /* a size did not fit in size_t */
    void *block;         /* what the allocator gave */
    struct fw_allocator *mem;
};

/* count * size bytes. NULL when measuring. On an open arena the calls must be those of the measuring pass. */
void *fw_arena_take(struct fw_arena *arena, int64_t count, size_t size);

/* Turns an arena that has measured into an open one, empty and zeroed. Fails with FW_E_NOMEM; `what` names the thing.
 */
FW_NODISCARD
enum fw_status fw_arena_open(struct fw_arena *arena, struct fw_allocator *mem, const char *what, struct fw_error *err);

/* Gives the block back; an arena that was never opened is fine. */
void fw_arena_close(struct fw_arena *arena);

#endif
