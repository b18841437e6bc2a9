/* Hashes: XXH3 for bytes, a mixer for integers. Values are part of file formats and results: never change them. */
#ifndef FW_CORE_HASH_H
#define FW_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* XXH3-64 of n bytes with a seed; `data` may be NULL when n is 0. */
uint64_t fw_hash_bytes(const void *data, size_t n, uint64_t seed);

/* XXH3-64 of a NUL-terminated text. */
uint64_t fw_hash_text(const char *text, uint64_t seed);

/* Mixes one 64-bit key: a bijection, good enough for table slots and hashed ids. */
static inline uint64_t fw_hash_u64(uint64_t key)
{
    key ^= key >> 32;
    key *= UINT64_C(0xd6e8feb86659fd93);
    key ^= key >> 32;
    key *= UINT64_C(0xd6e8feb86659fd93);
    return key ^ (key >> 32);
}

/* Folds `next` into a running hash; order matters. */
static inline uint64_t fw_hash_combine(uint64_t running, uint64_t next)
{
    return fw_hash_u64(running * UINT64_C(0x9e3779b97f4a7c15) + next + 1);
}

/* A running XXH3-64 over pieces, as of one long string. */
struct fw_hash_stream;

struct fw_hash_stream *fw_hash_stream_create(void); /* NULL: out of memory */
void fw_hash_stream_add(struct fw_hash_stream *stream, const void *data, size_t n);
uint64_t fw_hash_stream_value(const struct fw_hash_stream *stream);
void fw_hash_stream_destroy(struct fw_hash_stream *stream); /* NULL is fine */

#endif
