#include "space/synth.h"

#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/par.h"
#include "core/text.h"
#include "space/synth_model.h"

/* A block is a number of rows that one thread generates at a time; rows and blocks are cut by data alone. */
enum { BLOCK_CELLS = 1 << 17, BLOCK_ROWS = 1 << 12, BLOCKS_A_THREAD = 4, MAX_NUMBER_TEXT = 26, MAX_INTEGER_TEXT = 20 };

static const char *const kind_names[] = {[FW_SYNTH_CROSSES] = "crosses", [FW_SYNTH_CRITEO] = "criteo"};
static const enum fw_synth_kind kinds[] = {FW_SYNTH_CROSSES, FW_SYNTH_CRITEO};

_Static_assert(sizeof kind_names / sizeof *kind_names == sizeof kinds / sizeof *kinds, "a name for each kind");

const char *fw_synth_kind_name(enum fw_synth_kind kind)
{
    return kind_names[kind];
}

bool fw_synth_kind_find(enum fw_synth_kind *out, const char *name)
{
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        if (strcmp(kind_names[kinds[k]], name) == 0) {
            *out = kinds[k];
            return true;
        }
    }
    return false;
}

void fw_synth_options_init(struct fw_synth_options *options, enum fw_synth_kind kind)
{
    bool criteo = kind == FW_SYNTH_CRITEO;
    *options = (struct fw_synth_options){
        .kind = kind,
        .rows = 20000,
        .categorical = criteo ? 26 : 8,
        .numeric = criteo ? 13 : 4,
        .noise = criteo ? 0 : 4,
        .cardinality = criteo ? 0 : 12,
        .power = 1.1,
        .planted = 3,
        .min_order = 2,
        .max_order = criteo ? 2 : 3,
        .strength = 1.0,
        .main_strength = criteo ? 0.15 : 0.5,
        .positive_rate = criteo ? 0.256 : 0.25,
        .missing_rate = criteo ? 1.0 : 0.01,
        .delimiter = criteo ? '\t' : ',',
        .header = !criteo,
    };
}

/* What one block needs; each is used by one thread at a time. */
struct block {
    double *cells;  /* (n_columns, block_rows) column by column */
    double *logits; /* (block_rows) */
    unsigned char *labels;
    char *text;
    size_t length;
};

struct generator {
    const struct fw_synth_model *model;
    int64_t block_rows;
    int64_t row_text; /* most bytes of a row */
    int32_t n_blocks;
    struct block *blocks;
};

static char *write_integer(char *to, int64_t value)
{
    char digits[MAX_INTEGER_TEXT];
    int n = 0;
    uint64_t rest = value < 0 ? (uint64_t)-value : (uint64_t)value;
    do {
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        *to++ = '-';
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

/* Units of 1/10,000 with four decimals. */
static char *write_decimal(char *to, int64_t value)
{
    const int64_t unit = 10000;
    if (value < 0)
        *to++ = '-';
    value = value < 0 ? -value : value;
    to = write_integer(to, value / unit);
    *to++ = '.';
    for (int64_t place = unit / 10; place > 0; place /= 10)
        *to++ = (char)('0' + value / place % 10);
    return to;
}

/* Eight digits that look like Criteo's hashes: a bijection of 32 bits, so that no two values of a column share one. */
static char *write_hex(char *to, const struct fw_synth_column *column, int64_t value)
{
    uint32_t x = (uint32_t)value ^ (uint32_t)column->stream;
    x = (x ^ (x >> 16)) * UINT32_C(0x85ebca6b);
    x = (x ^ (x >> 13)) * UINT32_C(0xc2b2ae35);
    x ^= x >> 16;
    for (int shift = 28; shift >= 0; shift -= 4)
        *to++ = "0123456789abcdef"[x >> shift & 15];
    return to;
}

static char *write_text(char *to, const char *text)
{
    size_t n = strlen(text);
    memcpy(to, text, n);
    return to + n;
}

static char *write_cell(char *to, const struct fw_synth_column *column, bool criteo, double cell)
{
    if (isnan(cell))
        return to;
    switch (column->form) {
    case FW_SYNTH_CATEGORY:
        if (criteo)
            return write_hex(to, column, (int64_t)cell);
        to = write_text(to, column->name);
        to = write_text(to, "_v");
        return write_integer(to, (int64_t)cell);
    case FW_SYNTH_COUNT:
    case FW_SYNTH_INTEGER:
        return write_integer(to, fw_synth_model_number(column, cell) / 10000);
    case FW_SYNTH_NORMAL:
    case FW_SYNTH_LOGNORMAL:
    case FW_SYNTH_UNIFORM:
        break;
    }
    return write_decimal(to, fw_synth_model_number(column, cell));
}

static void generate_block(struct block *block, const struct generator *generator, int64_t row)
{
    const struct fw_synth_model *model = generator->model;
    int64_t left = model->options.rows - row;
    int64_t n = left < generator->block_rows ? left : generator->block_rows;
    for (int64_t c = 0; c < model->n_columns; c++)
        fw_synth_model_cells(block->cells + c * n, model, c, row, n);
    fw_synth_model_logits(block->logits, model, block->cells, n);
    fw_synth_model_labels(block->labels, model, block->logits, row, n);
    bool criteo = model->options.kind == FW_SYNTH_CRITEO;
    char *to = block->text;
    for (int64_t i = 0; i < n; i++) {
        *to++ = (char)('0' + block->labels[i]);
        for (int64_t c = 0; c < model->n_columns; c++) {
            *to++ = model->options.delimiter;
            to = write_cell(to, &model->columns[c], criteo, block->cells[c * n + i]);
        }
        *to++ = '\n';
    }
    block->length = (size_t)(to - block->text);
}

static enum fw_status create_blocks(struct generator *generator, struct fw_allocator *mem, struct fw_error *err)
{
    const struct fw_synth_model *model = generator->model;
    int64_t rows = BLOCK_CELLS / model->n_columns;
    rows = rows < 16 ? 16 : rows > BLOCK_ROWS ? BLOCK_ROWS : rows;
    rows = rows < model->options.rows ? rows : model->options.rows;
    generator->block_rows = rows;
    generator->row_text = 2;
    for (int64_t c = 0; c < model->n_columns; c++) {
        bool text = model->columns[c].form == FW_SYNTH_CATEGORY;
        generator->row_text +=
            1 + (text ? (int64_t)strlen(model->columns[c].name) + 2 + MAX_INTEGER_TEXT : MAX_NUMBER_TEXT);
    }
    FW_ALLOC(generator->blocks, mem, generator->n_blocks, "blocks of generated rows", err);
    for (int32_t b = 0; b < generator->n_blocks; b++) {
        struct block *block = &generator->blocks[b];
        FW_ALLOC(block->cells, mem, model->n_columns * rows, "generated cells", err);
        FW_ALLOC(block->logits, mem, rows, "generated logits", err);
        FW_ALLOC(block->labels, mem, rows, "generated labels", err);
        FW_ALLOC(block->text, mem, generator->row_text * rows, "generated text", err);
    }
    return FW_OK;
}

static void free_blocks(struct generator *generator, struct fw_allocator *mem)
{
    for (int32_t b = 0; b < generator->n_blocks && generator->blocks != NULL; b++) {
        struct block *block = &generator->blocks[b];
        fw_free(mem, block->text);
        fw_free(mem, block->labels);
        fw_free(mem, block->logits);
        fw_free(mem, block->cells);
    }
    fw_free(mem, generator->blocks);
}

static enum fw_status write_header(fw_synth_sink *sink, void *user, const struct fw_synth_model *model,
                                   struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_buffer line;
    fw_buffer_init(&line, mem);
    fw_buffer_add_text(&line, model->options.kind == FW_SYNTH_CRITEO ? "label" : "y");
    for (int64_t c = 0; c < model->n_columns; c++)
        fw_buffer_addf(&line, "%c%s", model->options.delimiter, model->columns[c].name);
    fw_buffer_add_text(&line, "\n");
    enum fw_status status = fw_buffer_check(&line, err);
    if (status == FW_OK)
        status = sink(user, line.data, (size_t)line.length, err);
    fw_buffer_clear(&line);
    return status;
}

/* Rounds of blocks: generated side by side, then written in order. */
static enum fw_status write_rows(fw_synth_sink *sink, void *user, struct generator *generator, int threads,
                                 struct fw_error *err)
{
    const struct fw_synth_options *options = &generator->model->options;
    int64_t round_rows = generator->block_rows * generator->n_blocks;
    for (int64_t done = 0; done < options->rows; done += round_rows) {
        if (options->progress != NULL && options->progress(options->user, done, options->rows) != 0)
            return fw_error_set(err, FW_E_STOPPED, "stopped after %lld of %lld rows; nothing is kept", (long long)done,
                                (long long)options->rows);
        int64_t left = (options->rows - done + generator->block_rows - 1) / generator->block_rows;
        int32_t n = left < generator->n_blocks ? (int32_t)left : generator->n_blocks;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
        for (int32_t b = 0; b < n; b++)
            generate_block(&generator->blocks[b], generator, done + b * generator->block_rows);
        for (int32_t b = 0; b < n; b++)
            FW_TRY(sink(user, generator->blocks[b].text, generator->blocks[b].length, err));
    }
    return FW_OK;
}

enum fw_status fw_synth_generate(fw_synth_sink *sink, void *sink_user, char **truth_out,
                                 const struct fw_synth_options *options, int threads, struct fw_allocator *mem,
                                 struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_synth_model *model = NULL;
    char *truth = NULL;
    threads = fw_par_threads(threads);
    FW_TRY(fw_synth_model_create(&model, options, mem, err));
    struct generator generator = {.model = model, .n_blocks = BLOCKS_A_THREAD * threads};
    FW_TRY_GOTO(create_blocks(&generator, mem, err), done);
    if (truth_out != NULL)
        FW_TRY_GOTO(fw_synth_model_truth(&truth, model, err), done);
    if (options->header)
        FW_TRY_GOTO(write_header(sink, sink_user, model, mem, err), done);
    FW_TRY_GOTO(write_rows(sink, sink_user, &generator, threads, err), done);
    if (truth_out != NULL)
        *truth_out = truth;
    truth = NULL;
done:
    fw_free(mem, truth);
    free_blocks(&generator, mem);
    fw_synth_model_destroy(model);
    return status;
}

static enum fw_status write_to_file(void *user, const char *data, size_t n, struct fw_error *err)
{
    return fw_outfile_write(user, data, n, err);
}

enum fw_status fw_synth_write(const char *path, const char *truth_path, const struct fw_synth_options *options,
                              int threads, struct fw_allocator *mem, struct fw_error *err)
{
    if (truth_path != NULL && strcmp(path, truth_path) == 0)
        return fw_error_set(err, FW_E_ARG, "the table and its truth cannot both be '%s'", path);
    struct fw_outfile table;
    struct fw_outfile truth;
    char *text = NULL;
    FW_TRY(fw_outfile_open(&table, path, err));
    enum fw_status status = FW_OK;
    if (truth_path == NULL) {
        status = fw_synth_generate(write_to_file, &table, NULL, options, threads, mem, err);
        return fw_outfile_close(&table, status, err);
    }
    status = fw_outfile_open(&truth, truth_path, err);
    if (status != FW_OK)
        return fw_outfile_close(&table, status, err);
    status = fw_synth_generate(write_to_file, &table, &text, options, threads, mem, err);
    if (status == FW_OK)
        status = fw_outfile_write(&truth, text, strlen(text), err);
    fw_free(mem, text);
    /* the table last: where it stands, its truth stands too */
    status = fw_outfile_close(&truth, status, err);
    return fw_outfile_close(&table, status, err);
}

static enum fw_status write_to_buffer(void *user, const char *data, size_t n, struct fw_error *err)
{
    fw_buffer_add(user, data, n);
    return fw_buffer_check(user, err);
}

enum fw_status fw_synth_text(char **data_out, size_t *size_out, char **truth_out,
                             const struct fw_synth_options *options, int threads, struct fw_allocator *mem,
                             struct fw_error *err)
{
    struct fw_buffer text;
    fw_buffer_init(&text, mem);
    enum fw_status status = fw_synth_generate(write_to_buffer, &text, truth_out, options, threads, mem, err);
    if (status != FW_OK) {
        fw_buffer_clear(&text);
        return status;
    }
    *data_out = text.data;
    *size_out = (size_t)text.length;
    return FW_OK;
}
