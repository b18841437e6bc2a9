/* A kind of compression that streams can read: one table of functions a file, listed in stream.c. */
#ifndef FW_SPACE_STREAM_CODEC_H
#define FW_SPACE_STREAM_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#include "core/alloc.h"

/* Input still to be taken and room still to be filled; decode moves both along. */
struct fw_codec_io {
    const unsigned char *in;
    size_t in_size;
    unsigned char *out;
    size_t out_size;
};

struct fw_stream_codec {
    const char *name; /* "gzip" */
    /* REQUIRED. Whether the first bytes of a file (at most 8 here, fewer when it is shorter) are of this kind. */
    bool (*recognise)(const unsigned char *head, size_t n);
    /* REQUIRED. The state of one stream. */
    enum fw_status (*create)(void **out, struct fw_allocator *mem, struct fw_error *err);
    void (*destroy)(void *state);
    /* REQUIRED. Takes input and fills room until one of them is used up. FW_E_INPUT, naming the file, when damaged. */
    enum fw_status (*decode)(void *state, struct fw_codec_io *io, const char *name, struct fw_error *err);
    /* REQUIRED. Whether the input may end after what was taken so far. */
    bool (*may_end)(const void *state);
};

extern const struct fw_stream_codec fw_stream_gzip;
extern const struct fw_stream_codec fw_stream_zstd;

#endif
