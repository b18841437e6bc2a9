#include "core/hash.h"

#include <string.h>
#include <xxhash.h>

uint64_t fw_hash_bytes(const void *data, size_t n, uint64_t seed)
{
    return n == 0 ? XXH3_64bits_withSeed("", 0, seed) : XXH3_64bits_withSeed(data, n, seed);
}

uint64_t fw_hash_text(const char *text, uint64_t seed)
{
    return fw_hash_bytes(text, strlen(text), seed);
}

struct fw_hash_stream *fw_hash_stream_create(void)
{
    XXH3_state_t *state = XXH3_createState();
    if (state != NULL)
        XXH3_64bits_reset(state);
    return (struct fw_hash_stream *)state;
}

void fw_hash_stream_add(struct fw_hash_stream *stream, const void *data, size_t n)
{
    if (n > 0)
        XXH3_64bits_update((XXH3_state_t *)stream, data, n);
}

uint64_t fw_hash_stream_value(const struct fw_hash_stream *stream)
{
    return XXH3_64bits_digest((const XXH3_state_t *)stream);
}

void fw_hash_stream_destroy(struct fw_hash_stream *stream)
{
    XXH3_freeState((XXH3_state_t *)stream);
}
