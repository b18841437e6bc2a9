/* The bytes of a file, uncompressed: plain, gzip (also several members) or zstd (also several frames), told apart by
 * their first bytes; from a path, standard input or memory. While reading, the bytes as stored are hashed.
 *
 *     struct fw_stream *stream;
 *     FW_TRY(fw_stream_open(&stream, path, mem, err));
 *     do { FW_TRY_GOTO(fw_stream_read(&n, stream, buffer, size, err), done); ... } while (n == size);
 *
 * One thread at a time. */
#ifndef FW_SPACE_STREAM_H
#define FW_SPACE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/text.h"

struct fw_stream;

/* Asked several times a second while a pipe or a terminal keeps a reader waiting; non-zero ends the wait with
 * FW_E_STOPPED. The arguments are those of fw_table_options.progress. */
struct fw_stream_watch {
    int (*ask)(void *user, int64_t bytes_done, int64_t bytes_total); /* NULL: waits for ever */
    void *user;
};

/* Opens a path; "-" is standard input. FW_E_INPUT: no such file, a directory, no permission, an archive that is not
 * read here (zip, bzip2, xz, Parquet). */
FW_NODISCARD
enum fw_status fw_stream_open(struct fw_stream **out, const char *path, struct fw_allocator *mem, struct fw_error *err);

/* The same, with somebody to ask while waiting for data, the first bytes included. */
FW_NODISCARD
enum fw_status fw_stream_open_watched(struct fw_stream **out, const char *path, const struct fw_stream_watch *watch,
                                      struct fw_allocator *mem, struct fw_error *err);

/* The same over bytes in memory, borrowed until close; `name` (copied) stands for the path in messages. */
FW_NODISCARD
enum fw_status fw_stream_open_memory(struct fw_stream **out, const char *name, const char *data, size_t size,
                                     struct fw_allocator *mem, struct fw_error *err);

void fw_stream_close(struct fw_stream *stream); /* NULL is a no-op */

/* Fills buffer with the next `capacity` bytes of text; fewer only at the end. FW_E_INPUT for data that is damaged or
 * ends too early, naming the file. */
FW_NODISCARD
enum fw_status fw_stream_read(size_t *n_out, struct fw_stream *stream, char *buffer, size_t capacity,
                              struct fw_error *err);

/* The next bytes without taking them: at least `want`, fewer only at the end. The view is borrowed until the next call
 * on the stream. *whole_out tells that the text ends with it. */
FW_NODISCARD
enum fw_status fw_stream_peek(struct fw_text *text_out, bool *whole_out, struct fw_stream *stream, size_t want,
                              struct fw_error *err);

/* Takes n bytes that a peek has shown. */
void fw_stream_skip(struct fw_stream *stream, size_t n);

const char *fw_stream_name(const struct fw_stream *stream);        /* for messages; borrowed */
const char *fw_stream_compression(const struct fw_stream *stream); /* "none", "gzip", "zstd" */
int64_t fw_stream_text_bytes(const struct fw_stream *stream);      /* uncompressed, so far */
int64_t fw_stream_bytes_done(const struct fw_stream *stream);      /* as stored, so far */
int64_t fw_stream_bytes_total(const struct fw_stream *stream);     /* as stored; 0: unknown */

/* XXH3 of the stored bytes read so far; of the whole file once a read has met the end. */
uint64_t fw_stream_fingerprint(const struct fw_stream *stream);

#endif
