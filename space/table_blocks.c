#include "space/table_blocks.h"

#include <string.h>

#include "core/par.h"
#include "space/stream.h"
#include "space/table_build.h"

#define SAMPLE_SIZE (64 * FW_KIB)

/* Large enough that what a block costs once is lost in it and that scoring shares out among many threads: 1.2 s for a
 * million rows of 40 columns, 1.5 s at 1 MiB, no less at 16 MiB; what is held for it is some 40 MiB. */
#define BLOCK_SIZE (8 * FW_MIB)

/* Asked in this order; the last one takes everything. */
static const struct fw_table_reader *const readers[] = {&fw_libsvm_reader, &fw_libffm_reader, &fw_csv_reader};

struct fw_table_blocks {
    struct fw_allocator *mem;
    struct fw_stream *stream;
    char *path;
    size_t block_size;
    struct fw_table_options options;
    struct fw_reader_input input;
    const struct fw_table_reader *reader;
    void *reading; /* the reader's own */
};

static enum fw_status choose_reader(const struct fw_table_reader **out, struct fw_stream *stream,
                                    const struct fw_table_options *options, struct fw_error *err)
{
    struct fw_text sample;
    bool whole;
    FW_TRY(fw_stream_peek(&sample, &whole, stream, SAMPLE_SIZE, err));
    if (sample.length == 0)
        return fw_error_set(err, FW_E_INPUT, "'%s' is empty; give a table with at least one row",
                            fw_stream_name(stream));
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        bool fits = options->format == FW_TABLE_AUTO
                        ? readers[i]->recognise == NULL || readers[i]->recognise(sample, whole)
                        : readers[i]->format == options->format;
        if (fits) {
            *out = readers[i];
            return FW_OK;
        }
    }
    return fw_error_set(err, FW_E_ARG, "the format asked for '%s' has no reader", fw_stream_name(stream));
}

enum fw_status fw_table_blocks_start(struct fw_table_blocks **out, struct fw_stream *stream, const char *path,
                                     size_t batch_size, size_t block_size, const struct fw_table_options *options,
                                     struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_table_blocks *blocks = fw_alloc_array(mem, 1, sizeof *blocks);
    if (blocks == NULL) {
        fw_stream_close(stream);
        return fw_error_nomem(err, mem, "a table reader", 1, sizeof *blocks);
    }
    blocks->mem = mem;
    blocks->stream = stream;
    blocks->block_size = block_size > 0 ? block_size : BLOCK_SIZE;
    blocks->options = *options;
    blocks->input = (struct fw_reader_input){
        .stream = stream,
        .name = fw_stream_name(stream),
        .options = &blocks->options,
        .threads = fw_par_threads(options->threads),
        .batch_size = batch_size,
        .mem = mem,
    };
    blocks->path = fw_strndup(mem, path, strlen(path));
    if (blocks->path == NULL) {
        status = fw_error_nomem(err, mem, "a path", (int64_t)strlen(path), 1);
        goto done;
    }
    FW_TRY_GOTO(choose_reader(&blocks->reader, stream, options, err), done);
    FW_TRY_GOTO(blocks->reader->open(&blocks->reading, &blocks->input, err), done);
    *out = blocks;
    blocks = NULL;
done:
    fw_table_blocks_close(blocks);
    return status;
}

enum fw_status fw_table_blocks_open(struct fw_table_blocks **out, const char *path,
                                    const struct fw_table_options *options, size_t block_size, struct fw_allocator *mem,
                                    struct fw_error *err)
{
    struct fw_stream *stream;
    struct fw_stream_watch watch = {options->progress, options->user};
    FW_TRY(fw_stream_open_watched(&stream, path, &watch, mem, err));
    return fw_table_blocks_start(out, stream, path, 0, block_size, options, mem, err);
}

enum fw_status fw_table_blocks_next(struct fw_table **out, struct fw_table_blocks *blocks, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_table *table = NULL;
    FW_TRY(fw_table_create(&table, blocks->path, blocks->mem, err));
    table->dialect.format = blocks->reader->format;
    table->dialect.compression = fw_stream_compression(blocks->stream);
    FW_TRY_GOTO(blocks->reader->next(blocks->reading, table, blocks->block_size, err), done);
    *out = NULL;
    if (table->n_rows == 0)
        goto done;
    FW_TRY_GOTO(fw_table_index_names(table, err), done);
    table->text_bytes = fw_stream_text_bytes(blocks->stream);
    table->fingerprint = fw_stream_fingerprint(blocks->stream);
    *out = table;
    table = NULL;
done:
    fw_table_destroy(table);
    return status;
}

void fw_table_blocks_close(struct fw_table_blocks *blocks)
{
    if (blocks == NULL)
        return;
    if (blocks->reader != NULL)
        blocks->reader->close(blocks->reading);
    fw_stream_close(blocks->stream);
    fw_free(blocks->mem, blocks->path);
    fw_free(blocks->mem, blocks);
}
