/* A batch: a block of text that begins at a row, taken apart by all threads at once. Two buffers take turns: while the
 * columns of one batch are encoded, the next is read and decompressed.
 *
 * fill, then until `finished`: tokenise; use the chunks; read_ahead (may run beside the use); swap. */
#ifndef FW_SPACE_CSV_BATCH_H
#define FW_SPACE_CSV_BATCH_H

#include "space/csv_tokens.h"
#include "space/stream.h"

/* A growing block of text with FW_CSV_PADDING zeros behind it. */
struct fw_csv_text {
    char *data;
    size_t size;
    size_t capacity;
};

struct fw_csv_batch {
    struct fw_allocator *mem;
    struct fw_stream *stream;
    struct fw_csv_syntax syntax;
    int threads;
    size_t block_size;            /* bytes that a batch has at least, but for the last */
    struct fw_csv_text text;      /* this batch */
    struct fw_csv_text ahead;     /* the next one */
    bool text_whole, ahead_whole; /* the file ends with it */
    uint64_t *marks;
    int64_t marks_capacity;
    struct fw_csv_chunk *chunks; /* (threads) in the order of the text; `first_line` set */
    size_t taken;                /* bytes of the text that the chunks hold */
    int64_t line;                /* of the first byte not yet taken apart */
};

/* `line` is that of the stream's next byte. Clear in any case. */
FW_NODISCARD
enum fw_status fw_csv_batch_init(struct fw_csv_batch *batch, struct fw_stream *stream,
                                 const struct fw_csv_syntax *syntax, int threads, size_t block_size, int64_t line,
                                 struct fw_allocator *mem, struct fw_error *err);
void fw_csv_batch_clear(struct fw_csv_batch *batch);

/* Finds the rows of the batch; reads more text when it holds none whole. FW_E_INPUT for a row beyond
 * FW_CSV_MAX_TEXT. */
FW_NODISCARD
enum fw_status fw_csv_batch_tokenise(struct fw_csv_batch *batch, struct fw_error *err);

/* Reads the next batch; leaves this one as it is. */
FW_NODISCARD
enum fw_status fw_csv_batch_read_ahead(struct fw_csv_batch *batch, struct fw_error *err);

/* Makes the batch read ahead the current one. False when the text has ended. */
bool fw_csv_batch_swap(struct fw_csv_batch *batch);

/* Rows of all chunks. */
int64_t fw_csv_batch_rows(const struct fw_csv_batch *batch);

#endif
