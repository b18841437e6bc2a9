/* Zstandard for streams: any number of frames one after the other, skippable ones included. */
#include <stdint.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "space/stream_codec.h"

struct zstd_state {
    ZSTD_DStream *stream;
    struct fw_allocator *mem;
    bool between; /* frames: a new one may begin, or the input end */
};

static bool recognise(const unsigned char *head, size_t n)
{
    static const unsigned char frame[4] = {0x28, 0xb5, 0x2f, 0xfd};
    static const unsigned char skippable[3] = {0x2a, 0x4d, 0x18}; /* after a byte 0x50 .. 0x5f */
    if (n < 4)
        return false;
    return memcmp(head, frame, 4) == 0 || ((head[0] & 0xf0) == 0x50 && memcmp(head + 1, skippable, 3) == 0);
}

static void destroy(void *self)
{
    struct zstd_state *state = self;
    if (state == NULL)
        return;
    ZSTD_freeDStream(state->stream);
    fw_free(state->mem, state);
}

static enum fw_status create(void **out, struct fw_allocator *mem, struct fw_error *err)
{
    struct zstd_state *state;
    FW_ALLOC(state, mem, 1, "a zstd reader", err);
    state->mem = mem;
    state->between = true;
    state->stream = ZSTD_createDStream();
    if (state->stream == NULL) {
        destroy(state);
        return fw_error_nomem(err, mem, "a zstd reader", 1, 128 * FW_KIB);
    }
    *out = state;
    return FW_OK;
}

static enum fw_status decode(void *self, struct fw_codec_io *io, const char *name, struct fw_error *err)
{
    struct zstd_state *state = self;
    /* a frame may hold text back when the room is small: then it gives more without further input */
    while (io->out_size > 0) {
        ZSTD_inBuffer in = {io->in, io->in_size, 0};
        ZSTD_outBuffer out = {io->out, io->out_size, 0};
        size_t code = ZSTD_decompressStream(state->stream, &out, &in);
        io->in += in.pos;
        io->in_size -= in.pos;
        io->out += out.pos;
        io->out_size -= out.pos;
        if (ZSTD_isError(code)) {
            if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
                return fw_error_nomem(err, state->mem, "a zstd reader", 1, 8 * FW_MIB);
            return fw_error_set(err, FW_E_INPUT, "%s: the zstd data is damaged (%s); fetch or make the file again",
                                name, ZSTD_getErrorName(code));
        }
        if (in.pos > 0 || out.pos > 0)
            state->between = code == 0;
        if (out.pos == 0 && (io->in_size == 0 || in.pos == 0))
            break;
    }
    return FW_OK;
}

static bool may_end(const void *self)
{
    const struct zstd_state *state = self;
    return state->between;
}

const struct fw_stream_codec fw_stream_zstd = {
    .name = "zstd",
    .recognise = recognise,
    .create = create,
    .destroy = destroy,
    .decode = decode,
    .may_end = may_end,
};
