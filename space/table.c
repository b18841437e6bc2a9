#include "space/table.h"

#include <math.h>
#include <string.h>

#include "space/stream.h"
#include "space/table_build.h"

void fw_table_options_init(struct fw_table_options *options)
{
    memset(options, 0, sizeof *options);
    options->format = FW_TABLE_AUTO;
    options->header = FW_HEADER_AUTO;
    options->quote = '"';
    options->max_columns = 100000;
    options->max_field = 16 * FW_MIB;
}

/* The whole of a stream, which is taken over. */
static enum fw_status read_stream(struct fw_table **out, struct fw_stream *stream, const char *path, size_t batch_size,
                                  const struct fw_table_options *options, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    struct fw_table_blocks *blocks;
    FW_TRY(fw_table_blocks_start(&blocks, stream, path, batch_size, SIZE_MAX, options, mem, err));
    enum fw_status status = fw_table_blocks_next(out, blocks, err);
    fw_table_blocks_close(blocks);
    return status;
}

enum fw_status fw_table_read(struct fw_table **out, const char *path, const struct fw_table_options *options,
                             struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_stream *stream;
    struct fw_stream_watch watch = {options->progress, options->user};
    FW_TRY(fw_stream_open_watched(&stream, path, &watch, mem, err));
    return read_stream(out, stream, path, 0, options, mem, err);
}

enum fw_status fw_table_parse_in_blocks(struct fw_table **out, const char *name, const char *data, size_t size,
                                        size_t batch_size, const struct fw_table_options *options,
                                        struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_stream *stream;
    FW_TRY(fw_stream_open_memory(&stream, name, data, size, mem, err));
    return read_stream(out, stream, name, batch_size, options, mem, err);
}

enum fw_status fw_table_parse(struct fw_table **out, const char *name, const char *data, size_t size,
                              const struct fw_table_options *options, struct fw_allocator *mem, struct fw_error *err)
{
    return fw_table_parse_in_blocks(out, name, data, size, 0, options, mem, err);
}

void fw_table_destroy(struct fw_table *table)
{
    if (table == NULL)
        return;
    struct fw_table_internal *internal = table->internal;
    for (int64_t c = 0; table->columns != NULL && c < table->n_columns; c++) {
        struct fw_table_column *column = &table->columns[c];
        fw_free(table->mem, column->numbers);
        fw_dictionary_destroy(column->dictionary);
        fw_free(table->mem, column->codes);
        fw_free(table->mem, column->name);
    }
    fw_free(table->mem, table->columns);
    if (internal != NULL) {
        fw_dictionary_destroy(internal->names);
        fw_free(table->mem, internal->lines.points);
    }
    fw_free(table->mem, internal);
    fw_free(table->mem, table->path);
    fw_free(table->mem, table);
}

int64_t fw_table_find_column(const struct fw_table *table, const char *name)
{
    uint32_t code = fw_dictionary_find(fw_table_internal(table)->names, fw_text_of(name));
    if (code != FW_DICTIONARY_NONE && code != 0)
        return (int64_t)code - 1;
    int64_t position;
    if (fw_text_to_int(fw_text_of(name), &position) && position >= 1 && position <= table->n_columns)
        return position - 1;
    return -1;
}

struct fw_text fw_table_text(const struct fw_table *table, int64_t column, int64_t row, char scratch[32])
{
    const struct fw_table_column *stored = &table->columns[column];
    if (stored->storage == FW_STORED_CODES)
        return fw_dictionary_text(stored->dictionary, stored->codes[row]);
    if (isnan(stored->numbers[row]))
        return (struct fw_text){"", 0};
    int length = fw_text_from_double(scratch, stored->numbers[row]);
    return (struct fw_text){scratch, (size_t)length};
}

int64_t fw_table_line(const struct fw_table *table, int64_t row)
{
    return fw_line_map_find(&fw_table_internal(table)->lines, row);
}
