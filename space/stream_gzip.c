/* gzip for streams: any number of members one after the other, as `cat a.gz b.gz` and bgzip make them; zeros after the
 * last one are padding of tapes and tar. */
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "space/stream_codec.h"

struct gzip_state {
    z_stream stream;
    struct fw_allocator *mem;
    bool between; /* members: a new one may begin, or the input end */
    bool padding; /* only zeros may follow */
};

static void *take(void *mem, unsigned count, unsigned size)
{
    return fw_alloc_array_raw(mem, count, size);
}

static void give(void *mem, void *block)
{
    fw_free(mem, block);
}

static bool recognise(const unsigned char *head, size_t n)
{
    return n >= 2 && head[0] == 0x1f && head[1] == 0x8b;
}

static void destroy(void *self)
{
    struct gzip_state *state = self;
    if (state == NULL)
        return;
    inflateEnd(&state->stream);
    fw_free(state->mem, state);
}

static enum fw_status create(void **out, struct fw_allocator *mem, struct fw_error *err)
{
    struct gzip_state *state;
    FW_ALLOC(state, mem, 1, "a gzip reader", err);
    state->mem = mem;
    state->stream.zalloc = take;
    state->stream.zfree = give;
    state->stream.opaque = mem;
    if (inflateInit2(&state->stream, 15 + 16) != Z_OK) { /* the largest window; + 16: a gzip header, not zlib's */
        destroy(state);
        return fw_error_nomem(err, mem, "a gzip reader", 1, 64 * FW_KIB);
    }
    *out = state;
    return FW_OK;
}

/* What may stand between members. */
static enum fw_status begin_member(struct gzip_state *state, struct fw_codec_io *io, const char *name,
                                   struct fw_error *err)
{
    if (io->in[0] == 0)
        state->padding = true;
    if (!state->padding) {
        inflateReset(&state->stream);
        state->between = false;
        return FW_OK;
    }
    while (io->in_size > 0 && io->in[0] == 0) {
        io->in++;
        io->in_size--;
    }
    if (io->in_size > 0)
        return fw_error_set(err, FW_E_INPUT, "%s: bytes that are not gzip follow the gzip data; the file is damaged",
                            name);
    return FW_OK;
}

static enum fw_status decode(void *self, struct fw_codec_io *io, const char *name, struct fw_error *err)
{
    struct gzip_state *state = self;
    z_stream *stream = &state->stream;
    while (io->in_size > 0 && io->out_size > 0) {
        if (state->between) {
            FW_TRY(begin_member(state, io, name, err));
            continue;
        }
        unsigned in = io->in_size > UINT_MAX ? UINT_MAX : (unsigned)io->in_size;
        unsigned room = io->out_size > UINT_MAX ? UINT_MAX : (unsigned)io->out_size;
        stream->next_in = (z_const Bytef *)(uintptr_t)io->in;
        stream->avail_in = in;
        stream->next_out = io->out;
        stream->avail_out = room;
        int code = inflate(stream, Z_NO_FLUSH);
        io->in += in - stream->avail_in;
        io->in_size -= in - stream->avail_in;
        io->out += room - stream->avail_out;
        io->out_size -= room - stream->avail_out;
        if (code == Z_STREAM_END)
            state->between = true;
        else if (code == Z_MEM_ERROR)
            return fw_error_nomem(err, state->mem, "a gzip reader", 1, 64 * FW_KIB);
        else if (code != Z_OK && code != Z_BUF_ERROR)
            return fw_error_set(err, FW_E_INPUT, "%s: the gzip data is damaged (%s); fetch or make the file again",
                                name, stream->msg != NULL ? stream->msg : "unknown reason");
    }
    return FW_OK;
}

static bool may_end(const void *self)
{
    const struct gzip_state *state = self;
    return state->between;
}

const struct fw_stream_codec fw_stream_gzip = {
    .name = "gzip",
    .recognise = recognise,
    .create = create,
    .destroy = destroy,
    .decode = decode,
    .may_end = may_end,
};
