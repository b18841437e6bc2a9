#include "space/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "space/stream_codec.h"

#define RAW_SIZE  (256 * FW_KIB)
#define HEAD_SIZE 8
#define WAIT_MS   100 /* between two questions to the watch */

static const struct fw_stream_codec *const codecs[] = {&fw_stream_gzip, &fw_stream_zstd};

struct fw_stream {
    struct fw_allocator *mem;
    char *name;
    int fd;        /* -1: memory */
    bool owns_fd;  /* standard input stays open */
    bool may_wait; /* a pipe or a terminal: reading may take for ever */
    struct fw_stream_watch watch;
    struct fw_text rest; /* memory: what was not taken yet */
    unsigned char *raw;  /* stored bytes read ahead: [raw_begin, raw_end) */
    size_t raw_begin, raw_end;
    bool raw_ended; /* the source has no more */
    struct fw_hash_stream *hash;
    int64_t bytes_done, bytes_total, text_bytes;
    const struct fw_stream_codec *codec; /* NULL: plain */
    void *codec_state;
    char *peeked; /* text shown but not taken: [peek_begin, peek_end) */
    int64_t peek_capacity;
    size_t peek_begin, peek_end;
    bool text_ended;
};

/* Returns when a read would not block, or as the watch says. Polling with a short pause sees a stop also where the
 * signal met another thread, or came just before the wait. */
static enum fw_status wait_for_data(struct fw_stream *stream, struct fw_error *err)
{
    struct pollfd source = {.fd = stream->fd, .events = POLLIN};
    int ready;
    while ((ready = poll(&source, 1, WAIT_MS)) <= 0) {
        if (ready < 0 && errno != EINTR)
            return FW_OK; /* reading will tell what is wrong */
        if (stream->watch.ask(stream->watch.user, stream->bytes_done, stream->bytes_total) != 0)
            return fw_error_set(err, FW_E_STOPPED, "reading '%s' was interrupted", stream->name);
    }
    return FW_OK;
}

/* Up to n stored bytes from the source, hashed on the way; 0 at its end. */
static enum fw_status read_source(size_t *n_out, struct fw_stream *stream, void *to, size_t n, struct fw_error *err)
{
    ssize_t got;
    if (stream->fd < 0) {
        got = (ssize_t)(n < stream->rest.length ? n : stream->rest.length);
        if (got > 0)
            memcpy(to, stream->rest.data, (size_t)got);
        stream->rest.data += got;
        stream->rest.length -= (size_t)got;
    } else {
        if (stream->may_wait && stream->watch.ask != NULL)
            FW_TRY(wait_for_data(stream, err));
        do {
            got = read(stream->fd, to, n);
        } while (got < 0 && errno == EINTR);
    }
    if (got < 0)
        return fw_error_set(err, FW_E_INPUT, "cannot read '%s': %s", stream->name, strerror(errno));
    fw_hash_stream_add(stream->hash, to, (size_t)got);
    stream->bytes_done += got;
    stream->raw_ended = got == 0;
    *n_out = (size_t)got;
    return FW_OK;
}

/* Reads ahead until at least `want` stored bytes are there or the source ends. */
static enum fw_status fill_raw(struct fw_stream *stream, size_t want, struct fw_error *err)
{
    if (stream->raw_begin == stream->raw_end)
        stream->raw_begin = stream->raw_end = 0;
    while (stream->raw_end - stream->raw_begin < want && !stream->raw_ended) {
        size_t n;
        FW_TRY(read_source(&n, stream, stream->raw + stream->raw_end, RAW_SIZE - stream->raw_end, err));
        stream->raw_end += n;
    }
    return FW_OK;
}

struct foreign {
    const char *magic;
    const char *what;
    const char *remedy;
};

/* What people pass by mistake; better named here than by line 1 of a thousand bad rows. */
static enum fw_status refuse_foreign(const struct fw_stream *stream, struct fw_error *err)
{
    static const struct foreign kinds[] = {
        {"PK\3\4", "a zip archive", "unpack it first"},
        {"BZh91AY", "bzip2 data", "unpack it first, or use gzip or zstd"},
        {"\xfd\x37zXZ", "xz data", "unpack it first, or use gzip or zstd"},
        {"PAR1\x15", "a Parquet file", "export it as CSV"},
        {"\xff\xfe", "UTF-16 text", "convert it with iconv -f UTF-16 -t UTF-8"},
        {"\xfe\xff", "UTF-16 text", "convert it with iconv -f UTF-16 -t UTF-8"},
    };
    const unsigned char *head = stream->raw + stream->raw_begin;
    size_t n = stream->raw_end - stream->raw_begin;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i].magic);
        if (n >= length && memcmp(head, kinds[i].magic, length) == 0)
            return fw_error_set(err, FW_E_INPUT, "'%s' is %s, which is not read; %s", stream->name, kinds[i].what,
                                kinds[i].remedy);
    }
    return FW_OK;
}

static enum fw_status detect_codec(struct fw_stream *stream, struct fw_error *err)
{
    FW_TRY(fill_raw(stream, HEAD_SIZE, err));
    FW_TRY(refuse_foreign(stream, err));
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        if (codecs[i]->recognise(stream->raw + stream->raw_begin, stream->raw_end - stream->raw_begin)) {
            FW_TRY(codecs[i]->create(&stream->codec_state, stream->mem, err));
            stream->codec = codecs[i];
            return FW_OK;
        }
    }
    return FW_OK;
}

static enum fw_status open_path(struct fw_stream *stream, const char *path, struct fw_error *err)
{
    stream->owns_fd = strcmp(path, "-") != 0;
    stream->fd = stream->owns_fd ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (stream->fd < 0)
        return fw_error_set(err, FW_E_INPUT, "cannot open '%s': %s", path, strerror(errno));
    struct stat info;
    if (fstat(stream->fd, &info) != 0)
        return fw_error_set(err, FW_E_INPUT, "cannot read '%s': %s", stream->name, strerror(errno));
    if (S_ISDIR(info.st_mode))
        return fw_error_set(err, FW_E_INPUT, "cannot read '%s': it is a directory; name a file", path);
    if (S_ISREG(info.st_mode)) {
        stream->bytes_total = info.st_size;
        posix_fadvise(stream->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    } else {
        stream->may_wait = true;
    }
    return FW_OK;
}

/* path or, when that is NULL, memory. */
static enum fw_status open_stream(struct fw_stream **out, const char *path, const char *name, struct fw_text memory,
                                  const struct fw_stream_watch *watch, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_stream *stream;
    FW_ALLOC(stream, mem, 1, "a file reader", err);
    stream->mem = mem;
    stream->fd = -1;
    stream->rest = memory;
    if (watch != NULL)
        stream->watch = *watch;
    stream->bytes_total = (int64_t)memory.length;
    stream->name = fw_strndup(mem, name, strlen(name));
    stream->raw = fw_alloc_array_raw(mem, RAW_SIZE, 1);
    stream->hash = fw_hash_stream_create();
    if (stream->name == NULL || stream->raw == NULL || stream->hash == NULL) {
        status = fw_error_nomem(err, mem, "a file reader", RAW_SIZE, 1);
        goto done;
    }
    if (path != NULL)
        FW_TRY_GOTO(open_path(stream, path, err), done);
    FW_TRY_GOTO(detect_codec(stream, err), done);
    *out = stream;
    stream = NULL;
done:
    fw_stream_close(stream);
    return status;
}

enum fw_status fw_stream_open_watched(struct fw_stream **out, const char *path, const struct fw_stream_watch *watch,
                                      struct fw_allocator *mem, struct fw_error *err)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    return open_stream(out, path, name, (struct fw_text){NULL, 0}, watch, mem, err);
}

enum fw_status fw_stream_open(struct fw_stream **out, const char *path, struct fw_allocator *mem, struct fw_error *err)
{
    return fw_stream_open_watched(out, path, NULL, mem, err);
}

enum fw_status fw_stream_open_memory(struct fw_stream **out, const char *name, const char *data, size_t size,
                                     struct fw_allocator *mem, struct fw_error *err)
{
    return open_stream(out, NULL, name, (struct fw_text){size > 0 ? data : "", size}, NULL, mem, err);
}

void fw_stream_close(struct fw_stream *stream)
{
    if (stream == NULL)
        return;
    fw_free(stream->mem, stream->peeked);
    if (stream->codec != NULL)
        stream->codec->destroy(stream->codec_state);
    if (stream->fd >= 0 && stream->owns_fd)
        close(stream->fd);
    fw_hash_stream_destroy(stream->hash);
    fw_free(stream->mem, stream->raw);
    fw_free(stream->mem, stream->name);
    fw_free(stream->mem, stream);
}

/* Some plain bytes: what was read ahead first, then straight from the source. */
static enum fw_status read_plain(size_t *n_out, struct fw_stream *stream, char *buffer, size_t capacity,
                                 struct fw_error *err)
{
    size_t ahead = stream->raw_end - stream->raw_begin;
    if (ahead == 0) {
        FW_TRY(read_source(n_out, stream, buffer, capacity, err));
        stream->text_ended = *n_out == 0;
        return FW_OK;
    }
    *n_out = ahead < capacity ? ahead : capacity;
    memcpy(buffer, stream->raw + stream->raw_begin, *n_out);
    stream->raw_begin += *n_out;
    return FW_OK;
}

/* Some bytes out of the codec; none only at the end. */
static enum fw_status read_coded(size_t *n_out, struct fw_stream *stream, char *buffer, size_t capacity,
                                 struct fw_error *err)
{
    struct fw_codec_io io = {.out = (unsigned char *)buffer, .out_size = capacity};
    while (io.out_size == capacity) {
        FW_TRY(fill_raw(stream, 1, err));
        io.in = stream->raw + stream->raw_begin;
        io.in_size = stream->raw_end - stream->raw_begin;
        bool starved = io.in_size == 0;
        FW_TRY(stream->codec->decode(stream->codec_state, &io, stream->name, err));
        stream->raw_begin = stream->raw_end - io.in_size;
        if (!starved || io.out_size < capacity)
            continue;
        if (!stream->codec->may_end(stream->codec_state))
            return fw_error_set(err, FW_E_INPUT,
                                "%s: the %s data ends too early; the file was cut short, fetch it again", stream->name,
                                stream->codec->name);
        stream->text_ended = true;
        break;
    }
    *n_out = capacity - io.out_size;
    return FW_OK;
}

static enum fw_status read_text(size_t *n_out, struct fw_stream *stream, char *buffer, size_t capacity,
                                struct fw_error *err)
{
    size_t filled = 0;
    while (filled < capacity && !stream->text_ended) {
        size_t n = 0;
        FW_TRY(stream->codec == NULL ? read_plain(&n, stream, buffer + filled, capacity - filled, err)
                                     : read_coded(&n, stream, buffer + filled, capacity - filled, err));
        filled += n;
    }
    stream->text_bytes += (int64_t)filled;
    *n_out = filled;
    return FW_OK;
}

enum fw_status fw_stream_read(size_t *n_out, struct fw_stream *stream, char *buffer, size_t capacity,
                              struct fw_error *err)
{
    size_t shown = stream->peek_end - stream->peek_begin;
    if (shown > capacity)
        shown = capacity;
    if (shown > 0)
        memcpy(buffer, stream->peeked + stream->peek_begin, shown);
    fw_stream_skip(stream, shown);
    size_t n;
    FW_TRY(read_text(&n, stream, buffer + shown, capacity - shown, err));
    *n_out = shown + n;
    return FW_OK;
}

enum fw_status fw_stream_peek(struct fw_text *text_out, bool *whole_out, struct fw_stream *stream, size_t want,
                              struct fw_error *err)
{
    size_t shown = stream->peek_end - stream->peek_begin;
    if (shown < want) {
        FW_TRY(fw_reserve(stream->mem, &stream->peeked, &stream->peek_capacity, (int64_t)(stream->peek_begin + want), 1,
                          err));
        size_t n;
        FW_TRY(read_text(&n, stream, stream->peeked + stream->peek_end, want - shown, err));
        stream->peek_end += n;
    }
    *text_out = (struct fw_text){stream->peeked + stream->peek_begin, stream->peek_end - stream->peek_begin};
    *whole_out = stream->text_ended;
    return FW_OK;
}

void fw_stream_skip(struct fw_stream *stream, size_t n)
{
    stream->peek_begin += n;
    if (stream->peek_begin < stream->peek_end || stream->peeked == NULL)
        return;
    fw_free(stream->mem, stream->peeked);
    stream->peeked = NULL;
    stream->peek_capacity = 0;
    stream->peek_begin = stream->peek_end = 0;
}

const char *fw_stream_name(const struct fw_stream *stream)
{
    return stream->name;
}

const char *fw_stream_compression(const struct fw_stream *stream)
{
    return stream->codec == NULL ? "none" : stream->codec->name;
}

int64_t fw_stream_text_bytes(const struct fw_stream *stream)
{
    return stream->text_bytes;
}

int64_t fw_stream_bytes_done(const struct fw_stream *stream)
{
    return stream->bytes_done;
}

int64_t fw_stream_bytes_total(const struct fw_stream *stream)
{
    return stream->bytes_total;
}

uint64_t fw_stream_fingerprint(const struct fw_stream *stream)
{
    return fw_hash_stream_value(stream->hash);
}
