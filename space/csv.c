/* CSV, TSV and their kin as a table: sniff, then batch by batch: take the text apart, note faults and lines, encode all
 * columns side by side while the next batch is read. Each column has one writer and sees its cells in the order of the
 * file, so codes do not depend on threads or batches. */
#include <string.h>

#include "core/par.h"
#include "space/column_builder.h"
#include "space/csv_batch.h"
#include "space/csv_faults.h"
#include "space/sniff.h"
#include "space/table_build.h"

/* Text and tokens of a batch stay in the second-level cache of one core while its columns are encoded one by one. Wide
 * tables need larger batches, so that a column gets some cells at a time. */
#define BATCH_SIZE       FW_MIB
#define BATCH_PER_COLUMN ((size_t)512)
#define BATCH_LIMIT      (32 * FW_MIB)

struct csv {
    const struct fw_reader_input *input;
    struct fw_table *table; /* the block being read */
    struct fw_csv_layout layout;
    struct fw_csv_syntax syntax;
    struct fw_csv_batch batch;
    struct fw_csv_faults faults;
    struct fw_column_builder *builder;
    const char **names;
    int64_t n_rows;   /* of the block, before the current batch */
    int64_t all_rows; /* of the blocks before */
    bool has_crlf;
    bool ended; /* no text is left */
};

/* Where encoding failed; the one that stands first in the file is reported, whoever met it. */
struct failure {
    enum fw_status status;
    int64_t line;
    int64_t column;
    struct fw_error error;
};

static enum fw_status name_columns(struct csv *csv, struct fw_error *err)
{
    const struct fw_csv_layout *layout = &csv->layout;
    const struct fw_log *log = csv->input->options->log;
    if (layout->preamble_lines > 0)
        fw_log_write(log, FW_LOG_WARNING, "%s: left out %lld leading line%s of one field; the table has %lld columns",
                     csv->input->name, (long long)layout->preamble_lines, layout->preamble_lines == 1 ? "" : "s",
                     (long long)layout->n_columns);
    fw_log_write(log, FW_LOG_DETAIL, "%s: %lld columns, delimiter '%c', %s", csv->input->name,
                 (long long)layout->n_columns, layout->delimiter,
                 layout->has_header ? "names in the first line" : "no header");
    FW_ALLOC(csv->names, csv->input->mem, layout->n_columns, "column names", err);
    const char *name = layout->names.data;
    for (int64_t c = 0; c < layout->n_columns; c++, name += strlen(name) + 1)
        csv->names[c] = name;
    return FW_OK;
}

/* Bytes a batch; no more than a small file needs. */
static size_t batch_size(const struct fw_stream *stream, int64_t n_columns)
{
    size_t size = (size_t)n_columns * BATCH_PER_COLUMN;
    size = size < BATCH_SIZE ? BATCH_SIZE : size > BATCH_LIMIT ? BATCH_LIMIT : size;
    size_t total = (size_t)fw_stream_bytes_total(stream) + 1;
    return strcmp(fw_stream_compression(stream), "none") == 0 && total > 1 && total < size ? total : size;
}

static enum fw_status start(struct csv *csv, struct fw_error *err)
{
    const struct fw_reader_input *input = csv->input;
    FW_TRY(fw_csv_sniff(&csv->layout, input->stream, input->options, input->mem, err));
    FW_TRY(name_columns(csv, err));
    csv->syntax = (struct fw_csv_syntax){
        .delimiter = csv->layout.delimiter,
        .quote = input->options->quote,
        .n_columns = csv->layout.n_columns,
        .max_field = input->options->max_field,
    };
    csv->faults = (struct fw_csv_faults){.file = input->name,
                                         .options = input->options,
                                         .syntax = &csv->syntax,
                                         .names = csv->names};
    fw_stream_skip(input->stream, csv->layout.body_start);
    size_t size = input->batch_size != 0 ? input->batch_size : batch_size(input->stream, csv->layout.n_columns);
    return fw_csv_batch_init(&csv->batch, input->stream, &csv->syntax, input->threads, size, csv->layout.body_line,
                             input->mem, err);
}

/* Columns without rows. */
static enum fw_status start_block(struct csv *csv, struct fw_error *err)
{
    const struct fw_reader_input *input = csv->input;
    csv->n_rows = 0;
    FW_TRY(fw_column_builder_create(&csv->builder, input->name, input->options, input->mem, err));
    for (int64_t c = 0; c < csv->layout.n_columns; c++) {
        int64_t index;
        FW_TRY(fw_column_builder_add_column(&index, csv->builder, csv->names[c], strlen(csv->names[c]), err));
    }
    return FW_OK;
}

static void describe_dialect(const struct csv *csv)
{
    const struct fw_csv_layout *layout = &csv->layout;
    struct fw_table_dialect *dialect = &csv->table->dialect;
    dialect->delimiter = layout->delimiter;
    dialect->quote = csv->input->options->quote;
    dialect->has_header = layout->has_header;
    dialect->has_bom = layout->has_bom;
    dialect->has_crlf = csv->has_crlf;
    dialect->preamble_lines = layout->preamble_lines;
}

/* Faults and lines of the batch, chunk by chunk in the order of the text. */
static enum fw_status note_rows(struct csv *csv, struct fw_error *err)
{
    struct fw_line_map *lines = &fw_table_internal(csv->table)->lines;
    int64_t row = csv->n_rows;
    for (int i = 0; i < csv->batch.threads; i++) {
        const struct fw_csv_chunk *chunk = &csv->batch.chunks[i];
        fw_csv_faults_note(&csv->faults, chunk, csv->batch.text.data);
        csv->has_crlf |= chunk->has_crlf;
        for (int64_t r = 0; r < chunk->n_rows; r++)
            FW_TRY(fw_line_map_add(lines, row++, chunk->first_line + chunk->row_lines[r], csv->input->mem, err));
    }
    return FW_OK;
}

/* All cells of one column in the batch. */
static enum fw_status encode_column(const struct csv *csv, int64_t column, int64_t *fault_line, struct fw_error *err)
{
    struct fw_text cells[FW_BUILDER_BLOCK];
    const int64_t stride = csv->syntax.n_columns + 1;
    char *text = csv->batch.text.data;
    int64_t row = csv->n_rows;
    for (int i = 0; i < csv->batch.threads; i++) {
        const struct fw_csv_chunk *chunk = &csv->batch.chunks[i];
        for (int64_t done = 0, n; done < chunk->n_rows; done += n, row += n) {
            int64_t room = FW_BUILDER_BLOCK - row % FW_BUILDER_BLOCK;
            n = chunk->n_rows - done < room ? chunk->n_rows - done : room;
            const uint32_t *token = chunk->tokens + done * stride + column;
            for (int64_t k = 0; k < n; k++, token += stride)
                cells[k] = fw_csv_field(text, token, csv->syntax.quote);
            FW_TRY(fw_column_builder_append(csv->builder, column, cells, n, chunk->row_lines + done, chunk->first_line,
                                            fault_line, err));
        }
    }
    return FW_OK;
}

static void keep_first(struct failure *first, enum fw_status status, int64_t line, int64_t column,
                       const struct fw_error *error)
{
    if (status == FW_OK)
        return;
#pragma omp critical(fw_csv)
    {
        bool earlier = line < first->line || (line == first->line && column < first->column);
        if (first->status == FW_OK || earlier)
            *first = (struct failure){status, line, column, *error};
    }
}

/* Encodes the batch and reads the next. After a bad row that is not skipped, the rest is only looked through. */
static enum fw_status encode_and_read(struct csv *csv, struct fw_error *err)
{
    struct failure first = {.status = FW_OK};
    bool wanted = csv->faults.n == 0 || csv->input->options->skip_bad_rows;
    int64_t n_columns = wanted && fw_csv_batch_rows(&csv->batch) > 0 ? csv->syntax.n_columns : 0;
    int64_t piece = n_columns / (16 * csv->batch.threads) + 1;
#pragma omp parallel num_threads(csv->batch.threads)
    {
#pragma omp single nowait
        {
            struct fw_error own = {.status = FW_OK};
            keep_first(&first, fw_csv_batch_read_ahead(&csv->batch, &own), INT64_MAX, 0, &own);
        }
#pragma omp for schedule(dynamic, piece)
        for (int64_t c = 0; c < n_columns; c++) {
            struct fw_error own = {.status = FW_OK};
            int64_t line = 0;
            keep_first(&first, encode_column(csv, c, &line, &own), line, c, &own);
        }
    }
    if (first.status != FW_OK && err != NULL)
        *err = first.error;
    return first.status;
}

static enum fw_status tell_progress(const struct csv *csv, struct fw_error *err)
{
    const struct fw_table_options *options = csv->input->options;
    const struct fw_stream *stream = csv->input->stream;
    if (options->progress != NULL &&
        options->progress(options->user, fw_stream_bytes_done(stream), fw_stream_bytes_total(stream)) != 0)
        return fw_error_set(err, FW_E_STOPPED, "reading '%s' was interrupted", csv->input->name);
    return FW_OK;
}

/* The outcome of a block: bad rows that are not to be skipped, or no row in the whole text. */
static enum fw_status judge_block(const struct csv *csv, struct fw_error *err)
{
    if (csv->ended || !csv->input->options->skip_bad_rows)
        FW_TRY(fw_csv_faults_report(&csv->faults, csv->ended, err));
    if (csv->n_rows > 0 || csv->all_rows > 0)
        return FW_OK;
    if (csv->faults.n > 0)
        return fw_error_set(err, FW_E_INPUT, "%s: no row is left, all are bad; the first: %s", csv->input->name,
                            csv->faults.first);
    return fw_error_set(err, FW_E_INPUT, "%s: %s; give a table with at least one row", csv->input->name,
                        csv->layout.has_header ? "a header (or one line of texts) without rows below it" : "no rows");
}

static enum fw_status read_rows(struct csv *csv, size_t block_size, struct fw_error *err)
{
    for (size_t taken = 0; taken < block_size && !csv->ended;) {
        FW_TRY(tell_progress(csv, err));
        FW_TRY(fw_csv_batch_tokenise(&csv->batch, err));
        FW_TRY(note_rows(csv, err));
        FW_TRY(encode_and_read(csv, err));
        csv->n_rows += fw_csv_batch_rows(&csv->batch);
        /* a block must bring rows; only at the end of the text may it have none */
        taken += csv->n_rows > 0 ? csv->batch.taken : 0;
        csv->ended = !fw_csv_batch_swap(&csv->batch);
    }
    FW_TRY(tell_progress(csv, err));
    return judge_block(csv, err);
}

static enum fw_status next_block(void *self, struct fw_table *table, size_t block_size, struct fw_error *err)
{
    struct csv *csv = self;
    enum fw_status status = FW_OK;
    int64_t n_bad = csv->faults.n;
    if (csv->ended)
        return FW_OK;
    csv->table = table;
    FW_TRY_GOTO(start_block(csv, err), done);
    FW_TRY_GOTO(read_rows(csv, block_size, err), done);
    FW_TRY_GOTO(fw_column_builder_finish(csv->builder, table, csv->n_rows, err), done);
    table->n_bad_rows = csv->faults.n - n_bad;
    describe_dialect(csv);
    csv->all_rows += csv->n_rows;
done:
    fw_column_builder_destroy(csv->builder);
    csv->builder = NULL;
    csv->table = NULL;
    return status;
}

static void close_csv(void *self)
{
    struct csv *csv = self;
    if (csv == NULL)
        return;
    fw_csv_batch_clear(&csv->batch);
    fw_free(csv->input->mem, csv->names);
    fw_csv_layout_clear(&csv->layout);
    fw_free(csv->input->mem, csv);
}

static enum fw_status open_csv(void **out, const struct fw_reader_input *input, struct fw_error *err)
{
    struct csv *csv;
    FW_ALLOC(csv, input->mem, 1, "a table reader", err);
    csv->input = input;
    enum fw_status status = start(csv, err);
    if (status != FW_OK) {
        close_csv(csv);
        return status;
    }
    *out = csv;
    return FW_OK;
}

const struct fw_table_reader fw_csv_reader = {
    .format = FW_TABLE_CSV,
    .name = "csv",
    .recognise = NULL,
    .open = open_csv,
    .next = next_block,
    .close = close_csv,
};
