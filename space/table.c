#include "space/table.h"

#include <math.h>
#include <string.h>

#include "core/par.h"
#include "space/stream.h"
#include "space/table_build.h"

#define SAMPLE_SIZE (64 * FW_KIB)

/* Asked in this order; the last one takes everything. */
static const struct fw_table_reader *const readers[] = {&fw_libsvm_reader, &fw_libffm_reader, &fw_csv_reader};

void fw_table_options_init(struct fw_table_options *options)
{
    memset(options, 0, sizeof *options);
    options->format = FW_TABLE_AUTO;
    options->header = FW_HEADER_AUTO;
    options->quote = '"';
    options->max_columns = 100000;
    options->max_field = 16 * FW_MIB;
}

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

/* Takes the stream over. */
static enum fw_status read_stream(struct fw_table **out, struct fw_stream *stream, const char *path, size_t block_size,
                                  const struct fw_table_options *options, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_table *table = NULL;
    const struct fw_table_reader *reader = NULL;
    struct fw_reader_input input = {
        .stream = stream,
        .name = fw_stream_name(stream),
        .options = options,
        .threads = fw_par_threads(options->threads),
        .block_size = block_size,
        .mem = mem,
    };
    FW_TRY_GOTO(choose_reader(&reader, stream, options, err), done);
    FW_TRY_GOTO(fw_table_create(&table, path, mem, err), done);
    table->dialect.format = reader->format;
    table->dialect.compression = fw_stream_compression(stream);
    FW_TRY_GOTO(reader->read(table, &input, err), done);
    FW_TRY_GOTO(fw_table_index_names(table, err), done);
    table->text_bytes = fw_stream_text_bytes(stream);
    table->fingerprint = fw_stream_fingerprint(stream);
    *out = table;
    table = NULL;
done:
    fw_table_destroy(table);
    fw_stream_close(stream);
    return status;
}

enum fw_status fw_table_read(struct fw_table **out, const char *path, const struct fw_table_options *options,
                             struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_stream *stream;
    FW_TRY(fw_stream_open(&stream, path, mem, err));
    return read_stream(out, stream, path, 0, options, mem, err);
}

enum fw_status fw_table_parse_in_blocks(struct fw_table **out, const char *name, const char *data, size_t size,
                                        size_t block_size, const struct fw_table_options *options,
                                        struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_stream *stream;
    FW_TRY(fw_stream_open_memory(&stream, name, data, size, mem, err));
    return read_stream(out, stream, name, block_size, options, mem, err);
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
