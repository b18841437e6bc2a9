#include "space/csv_batch.h"

#include <string.h>

#include "space/csv_marks.h"

#define MARKS_PIECE 1024 /* words of marks that a thread makes at a time */

static enum fw_status reserve_text(struct fw_csv_batch *batch, struct fw_csv_text *text, size_t size,
                                   struct fw_error *err)
{
    if (size <= text->capacity)
        return FW_OK;
    char *grown = fw_realloc_array(batch->mem, text->data, (int64_t)(size + FW_CSV_PADDING), 1);
    if (grown == NULL)
        return fw_error_nomem(err, batch->mem, "a block of text", (int64_t)size, 1);
    text->data = grown;
    text->capacity = size;
    return FW_OK;
}

/* Appends n bytes from the stream, fewer at its end. */
static enum fw_status read_more(struct fw_csv_batch *batch, struct fw_csv_text *text, size_t n, bool *whole,
                                struct fw_error *err)
{
    size_t got;
    FW_TRY(reserve_text(batch, text, text->size + n, err));
    FW_TRY(fw_stream_read(&got, batch->stream, text->data + text->size, n, err));
    text->size += got;
    memset(text->data + text->size, 0, FW_CSV_PADDING);
    *whole = got < n;
    return FW_OK;
}

enum fw_status fw_csv_batch_init(struct fw_csv_batch *batch, struct fw_stream *stream,
                                 const struct fw_csv_syntax *syntax, int threads, size_t block_size, int64_t line,
                                 struct fw_allocator *mem, struct fw_error *err)
{
    *batch = (struct fw_csv_batch){
        .mem = mem,
        .stream = stream,
        .syntax = *syntax,
        .threads = threads,
        .block_size = block_size,
        .line = line,
    };
    FW_ALLOC(batch->chunks, mem, threads, "a block of text", err);
    for (int i = 0; i < threads; i++)
        fw_csv_chunk_init(&batch->chunks[i], mem);
    return read_more(batch, &batch->text, block_size, &batch->text_whole, err);
}

void fw_csv_batch_clear(struct fw_csv_batch *batch)
{
    for (int i = 0; batch->chunks != NULL && i < batch->threads; i++)
        fw_csv_chunk_clear(&batch->chunks[i]);
    fw_free(batch->mem, batch->chunks);
    fw_free(batch->mem, batch->marks);
    fw_free(batch->mem, batch->ahead.data);
    fw_free(batch->mem, batch->text.data);
}

/* The first byte after a newline at or after `from`: where a chunk may begin. */
static size_t after_newline(const struct fw_csv_text *text, size_t from)
{
    const char *newline = memchr(text->data + from, '\n', text->size - from);
    return newline == NULL ? text->size : (size_t)(newline - text->data) + 1;
}

/* Marks, then all chunks, each as if it began at a row. */
static enum fw_status guess_chunks(struct fw_csv_batch *batch, size_t *limits, struct fw_error *err)
{
    const struct fw_csv_text *text = &batch->text;
    int64_t words = (int64_t)((text->size + 63) / 64);
    FW_TRY(fw_reserve(batch->mem, &batch->marks, &batch->marks_capacity, words + 1, sizeof *batch->marks, err));
    for (int i = 0; i < batch->threads; i++)
        limits[i] = i + 1 == batch->threads
                        ? text->size
                        : after_newline(text, text->size / (size_t)batch->threads * (size_t)(i + 1));
    enum fw_status status = FW_OK;
#pragma omp parallel num_threads(batch->threads)
    {
#pragma omp for schedule(static)
        for (int64_t w = 0; w < words; w += MARKS_PIECE)
            fw_csv_marks(batch->marks + w, text->data + 64 * w, words - w < MARKS_PIECE ? words - w : MARKS_PIECE,
                         batch->syntax.delimiter, batch->syntax.quote);
#pragma omp for schedule(dynamic, 1)
        for (int i = 0; i < batch->threads; i++) {
            struct fw_error own;
            enum fw_status result =
                fw_csv_tokenise(&batch->chunks[i], text->data, batch->marks, i == 0 ? 0 : limits[i - 1], limits[i],
                                text->size, batch->text_whole, &batch->syntax, &own);
            if (result != FW_OK) {
#pragma omp critical(fw_csv_batch)
                {
                    if (status == FW_OK && err != NULL)
                        *err = own;
                    status = result;
                }
            }
        }
    }
    return status;
}

/* Goes through the chunks in order; one that did not begin where the one before ended is taken again. */
static enum fw_status join_chunks(struct fw_csv_batch *batch, const size_t *limits, struct fw_error *err)
{
    size_t at = 0;
    int64_t line = batch->line;
    bool stopped = false;
    for (int i = 0; i < batch->threads; i++) {
        struct fw_csv_chunk *chunk = &batch->chunks[i];
        if (stopped || chunk->begin != at || at >= limits[i])
            FW_TRY(fw_csv_tokenise(chunk, batch->text.data, batch->marks, at, stopped ? at : limits[i],
                                   batch->text.size, batch->text_whole, &batch->syntax, err));
        chunk->first_line = line;
        line += chunk->n_lines;
        at = chunk->next;
        stopped = stopped || chunk->incomplete;
    }
    batch->taken = at;
    return FW_OK;
}

enum fw_status fw_csv_batch_tokenise(struct fw_csv_batch *batch, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    size_t *limits;
    FW_ALLOC(limits, batch->mem, batch->threads, "a block of text", err);
    for (;;) {
        FW_TRY_GOTO(guess_chunks(batch, limits, err), done);
        FW_TRY_GOTO(join_chunks(batch, limits, err), done);
        if (batch->taken > 0 || batch->text_whole)
            break;
        size_t more = batch->text.size < batch->block_size ? batch->block_size : batch->text.size;
        if (more > FW_CSV_MAX_TEXT - batch->text.size)
            more = FW_CSV_MAX_TEXT - batch->text.size;
        if (more == 0) {
            status =
                fw_error_set(err, FW_E_INPUT, "%s:%lld: a row of more than 1 GiB begins here; is this a table of text?",
                             fw_stream_name(batch->stream), (long long)batch->line);
            goto done;
        }
        FW_TRY_GOTO(read_more(batch, &batch->text, more, &batch->text_whole, err), done);
    }
    for (int i = 0; i < batch->threads; i++)
        batch->line += batch->chunks[i].n_lines;
done:
    fw_free(batch->mem, limits);
    return status;
}

enum fw_status fw_csv_batch_read_ahead(struct fw_csv_batch *batch, struct fw_error *err)
{
    size_t left = batch->text.size - batch->taken;
    size_t more = batch->block_size;
    batch->ahead.size = 0;
    batch->ahead_whole = batch->text_whole;
    if (batch->text_whole)
        return FW_OK;
    if (more > FW_CSV_MAX_TEXT - left)
        more = FW_CSV_MAX_TEXT - left;
    FW_TRY(reserve_text(batch, &batch->ahead, left + more, err));
    memcpy(batch->ahead.data, batch->text.data + batch->taken, left);
    batch->ahead.size = left;
    return read_more(batch, &batch->ahead, more, &batch->ahead_whole, err);
}

bool fw_csv_batch_swap(struct fw_csv_batch *batch)
{
    if (batch->text_whole)
        return false;
    struct fw_csv_text used = batch->text;
    batch->text = batch->ahead;
    batch->text_whole = batch->ahead_whole;
    batch->ahead = used;
    return true;
}

int64_t fw_csv_batch_rows(const struct fw_csv_batch *batch)
{
    int64_t n_rows = 0;
    for (int i = 0; i < batch->threads; i++)
        n_rows += batch->chunks[i].n_rows;
    return n_rows;
}
