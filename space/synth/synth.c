#include "space/synth/synth.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/par.h"
#include "core/text.h"
#include "space/synth/synth_model.h"

/* Rows of one piece of text, and pieces made side by side: memory is bounded by their product. */
enum { block_rows = 4096, blocks_at_once = 16 };

/* A number in units of 1/10,000 without the zeros behind it. */
static void put_number(struct fw_buffer *out, int64_t units)
{
    char text[40];
    uint64_t magnitude = units < 0 ? (uint64_t)0 - (uint64_t)units : (uint64_t)units;
    int n = snprintf(text, sizeof text, "%s%" PRIu64 ".%04" PRIu64, units < 0 ? "-" : "", magnitude / 10000,
                     magnitude % 10000);
    while (text[n - 1] == '0')
        n--;
    if (text[n - 1] == '.')
        n--;
    fw_buffer_add(out, text, (size_t)n);
}

static void put_cell(struct fw_buffer *out, const struct fw_synth_model *model, int64_t index, double cell)
{
    const struct fw_synth_column *column = &model->columns[index];
    char text[64];
    if (isnan(cell))
        return;
    if (column->form != FW_SYNTH_CATEGORY && column->form != FW_SYNTH_COUNT) {
        put_number(out, fw_synth_model_number(column, cell));
        return;
    }
    int n;
    if (column->form == FW_SYNTH_COUNT)
        n = snprintf(text, sizeof text, "%.0f", cell);
    else if (model->options.kind == FW_SYNTH_CRITEO) /* a bijection on 32 bits: distinct values have distinct texts */
        n = snprintf(text, sizeof text, "%08" PRIx32,
                     ((uint32_t)cell + (uint32_t)index * 40503u) * UINT32_C(2654435761));
    else
        n = snprintf(text, sizeof text, "%s_v%.0f", column->name, cell);
    fw_buffer_add(out, text, (size_t)n);
}

/* The text of rows [row, row + n), n at most block_rows. */
static enum fw_status write_block(struct fw_buffer *out, const struct fw_synth_model *model, int64_t row, int64_t n,
                                  struct fw_error *err)
{
    enum fw_status status = FW_OK;
    double *cells = NULL;
    double logits[block_rows];
    unsigned char labels[block_rows];
    FW_ALLOC_GOTO(cells, model->mem, model->n_columns * n, "the cells of generated rows", err, done);
    for (int64_t c = 0; c < model->n_columns; c++)
        fw_synth_model_cells(cells + c * n, model, c, row, n);
    fw_synth_model_logits(logits, model, cells, n);
    fw_synth_model_labels(labels, model, logits, row, n);
    for (int64_t i = 0; i < n; i++) {
        fw_buffer_add(out, labels[i] ? "1" : "0", 1);
        for (int64_t c = 0; c < model->n_columns; c++) {
            fw_buffer_add(out, &model->options.delimiter, 1);
            put_cell(out, model, c, cells[c * n + i]);
        }
        fw_buffer_add(out, "\n", 1);
    }
    status = fw_buffer_check(out, err);
done:
    fw_free(model->mem, cells);
    return status;
}

static enum fw_status write_header(fw_synth_sink *sink, void *sink_user, const struct fw_synth_model *model,
                                   struct fw_error *err)
{
    struct fw_buffer line;
    fw_buffer_init(&line, model->mem);
    fw_buffer_add_text(&line, model->options.kind == FW_SYNTH_CRITEO ? "label" : "y");
    for (int64_t c = 0; c < model->n_columns; c++) {
        fw_buffer_add(&line, &model->options.delimiter, 1);
        fw_buffer_add_text(&line, model->columns[c].name);
    }
    fw_buffer_add(&line, "\n", 1);
    enum fw_status status = fw_buffer_check(&line, err);
    if (status == FW_OK)
        status = sink(sink_user, line.data, (size_t)line.length, err);
    fw_buffer_clear(&line);
    return status;
}

/* Makes up to blocks_at_once pieces side by side and hands them on in order. */
static enum fw_status write_rows(fw_synth_sink *sink, void *sink_user, const struct fw_synth_model *model, int threads,
                                 struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_buffer pieces[blocks_at_once];
    struct fw_error errors[blocks_at_once];
    enum fw_status results[blocks_at_once];
    int64_t rows = model->options.rows;
    threads = fw_par_threads(threads);
    for (int b = 0; b < blocks_at_once; b++)
        fw_buffer_init(&pieces[b], model->mem);
    for (int64_t first = 0; first < rows; first += (int64_t)blocks_at_once * block_rows) {
        int64_t left = (rows - first + block_rows - 1) / block_rows;
        int blocks = left < blocks_at_once ? (int)left : blocks_at_once;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
        for (int b = 0; b < blocks; b++) {
            int64_t row = first + (int64_t)b * block_rows;
            pieces[b].length = 0;
            results[b] =
                write_block(&pieces[b], model, row, rows - row < block_rows ? rows - row : block_rows, &errors[b]);
        }
        for (int b = 0; b < blocks; b++) {
            if (results[b] != FW_OK) {
                status = fw_error_set(err, results[b], "%s", errors[b].message);
                goto done;
            }
            FW_TRY_GOTO(sink(sink_user, pieces[b].data, (size_t)pieces[b].length, err), done);
        }
        int64_t done_rows = first + (int64_t)blocks * block_rows;
        if (model->options.progress != NULL &&
            model->options.progress(model->options.user, done_rows < rows ? done_rows : rows, rows) != 0) {
            status = fw_error_set(err, FW_E_STOPPED, "interrupted; nothing was written");
            goto done;
        }
    }
done:
    for (int b = 0; b < blocks_at_once; b++)
        fw_buffer_clear(&pieces[b]);
    return status;
}

enum fw_status fw_synth_generate(fw_synth_sink *sink, void *sink_user, char **truth_out,
                                 const struct fw_synth_options *options, int threads, struct fw_allocator *mem,
                                 struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_synth_model *model = NULL;
    FW_TRY(fw_synth_model_create(&model, options, mem, err));
    if (options->header)
        FW_TRY_GOTO(write_header(sink, sink_user, model, err), done);
    FW_TRY_GOTO(write_rows(sink, sink_user, model, threads, err), done);
    if (truth_out != NULL)
        status = fw_synth_model_truth(truth_out, model, err);
done:
    fw_synth_model_destroy(model);
    return status;
}

static enum fw_status to_file(void *user, const char *data, size_t n, struct fw_error *err)
{
    return fw_outfile_write(user, data, n, err);
}

static enum fw_status save_text(const char *path, const char *text, struct fw_error *err)
{
    struct fw_outfile out;
    FW_TRY(fw_outfile_open(&out, path, err));
    return fw_outfile_close(&out, fw_outfile_write(&out, text, strlen(text), err), err);
}

enum fw_status fw_synth_write(const char *path, const char *truth_path, const struct fw_synth_options *options,
                              int threads, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_outfile out;
    char *truth = NULL;
    if (truth_path != NULL)
        FW_TRY(fw_file_check_writable(truth_path, err));
    FW_TRY(fw_outfile_open(&out, path, err));
    enum fw_status status =
        fw_synth_generate(to_file, &out, truth_path != NULL ? &truth : NULL, options, threads, mem, err);
    status = fw_outfile_close(&out, status, err);
    if (status == FW_OK && truth_path != NULL)
        status = save_text(truth_path, truth, err);
    fw_free(mem, truth);
    return status;
}

static enum fw_status to_buffer(void *user, const char *data, size_t n, struct fw_error *err)
{
    fw_buffer_add(user, data, n);
    return fw_buffer_check(user, err);
}

enum fw_status fw_synth_text(char **data_out, size_t *size_out, char **truth_out,
                             const struct fw_synth_options *options, int threads, struct fw_allocator *mem,
                             struct fw_error *err)
{
    struct fw_buffer buffer;
    fw_buffer_init(&buffer, mem);
    enum fw_status status = fw_synth_generate(to_buffer, &buffer, truth_out, options, threads, mem, err);
    if (status != FW_OK) {
        fw_buffer_clear(&buffer);
        return status;
    }
    *data_out = buffer.data;
    *size_out = (size_t)buffer.length;
    return FW_OK;
}
