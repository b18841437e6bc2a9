/* Memory: the only door to malloc, so that a limit can be kept and a test can refuse the n-th allocation.
 *
 * An allocator is a small accounting struct that the caller holds; every handle remembers the one it was made with.
 * NULL stands for "plain malloc, no accounting". Sizes are products checked for overflow. All functions are safe to
 * call from many threads on one allocator.
 *
 *     struct fw_allocator mem;
 *     fw_allocator_init(&mem, 12 * FW_GIB);
 *     float *weights = fw_alloc_array(&mem, n, sizeof *weights);   // zeroed; NULL: refused
 *     ...
 *     fw_free(&mem, weights); */
#ifndef FW_CORE_ALLOC_H
#define FW_CORE_ALLOC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

#define FW_KIB ((size_t)1024)
#define FW_MIB (1024 * FW_KIB)
#define FW_GIB (1024 * FW_MIB)

struct fw_allocator {
    size_t limit;               /* bytes; 0: no limit */
    _Atomic size_t used;        /* bytes now */
    _Atomic size_t peak;        /* highest `used` so far */
    _Atomic int64_t count;      /* allocations granted so far */
    _Atomic int64_t fail_at;    /* for tests: refuse the allocation with this number (counted from 1); 0: never */
    _Atomic bool fail_for_ever; /* with fail_at: refuse all later ones too */
};

/* Fills a caller-held allocator; limit in bytes, 0: none. */
void fw_allocator_init(struct fw_allocator *mem, size_t limit);

/* Bytes that may still be taken under the limit; SIZE_MAX without one. */
size_t fw_allocator_left(const struct fw_allocator *mem);

/* count * size zeroed bytes, or NULL when refused or too large. A zero product gives a valid pointer. */
void *fw_alloc_array(struct fw_allocator *mem, int64_t count, size_t size);

/* As fw_alloc_array, but the bytes are not set: for large arrays that are written whole. */
void *fw_alloc_array_raw(struct fw_allocator *mem, int64_t count, size_t size);

/* Resizes; the old block stays valid when NULL is returned. New bytes are not set. */
void *fw_realloc_array(struct fw_allocator *mem, void *block, int64_t count, size_t size);

/* Makes room for at least `need` elements, doubling, so that appends cost amortised constant time.
 * *block and *capacity change on success only. FW_E_NOMEM with a message otherwise. */
FW_NODISCARD
enum fw_status fw_reserve(struct fw_allocator *mem, void *block_address, int64_t *capacity, int64_t need, size_t size,
                          struct fw_error *err);

/* A copy of n bytes of text with a NUL after it; NULL when refused. */
char *fw_strndup(struct fw_allocator *mem, const char *text, size_t n);

/* Gives a block back; NULL is fine. */
void fw_free(struct fw_allocator *mem, void *block);

/* Writes the usual text for a refused allocation: what for, how much, what the limit is. Returns FW_E_NOMEM. */
enum fw_status fw_error_nomem(struct fw_error *err, const struct fw_allocator *mem, const char *what, int64_t count,
                              size_t size);

/* The idiom `p = array; if (!p) return error` in one line. `what` names the thing in the message. */
#define FW_ALLOC(pointer, mem, count, what, err)                                                                       \
    do {                                                                                                               \
        (pointer) = fw_alloc_array((mem), (count), sizeof *(pointer));                                                 \
        if ((pointer) == NULL)                                                                                         \
            return fw_error_nomem((err), (mem), (what), (count), sizeof *(pointer));                                   \
    } while (0)

#define FW_ALLOC_GOTO(pointer, mem, count, what, err, label)                                                           \
    do {                                                                                                               \
        (pointer) = fw_alloc_array((mem), (count), sizeof *(pointer));                                                 \
        if ((pointer) == NULL) {                                                                                       \
            status = fw_error_nomem((err), (mem), (what), (count), sizeof *(pointer));                                 \
            goto label;                                                                                                \
        }                                                                                                              \
    } while (0)

#endif
