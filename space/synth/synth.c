#include "space/synth/synth.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/text.h"
#include "space/synth/synth_model.h"
#include "space/synth/synth_write.h"

static void put_cell(struct fw_buffer *out, const struct fw_synth_model *model, int64_t index, double cell)
{
    const struct fw_synth_column *column = &model->columns[index];
    char text[64];
    if (isnan(cell))
        return;
    if (column->form != FW_SYNTH_CATEGORY && column->form != FW_SYNTH_COUNT) {
        fw_synth_put_units(out, fw_synth_model_number(column, cell), 4);
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

/* The text of rows [row, row + n), n at most FW_SYNTH_BLOCK_ROWS. */
static enum fw_status put_rows(struct fw_buffer *out, const void *opaque, int64_t row, int64_t n, struct fw_error *err)
{
    const struct fw_synth_model *model = opaque;
    enum fw_status status = FW_OK;
    double *cells = NULL;
    double logits[FW_SYNTH_BLOCK_ROWS];
    unsigned char labels[FW_SYNTH_BLOCK_ROWS];
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
done:
    fw_free(model->mem, cells);
    return status;
}

static void put_header(struct fw_buffer *out, const void *opaque)
{
    const struct fw_synth_model *model = opaque;
    fw_buffer_add_text(out, model->options.kind == FW_SYNTH_CRITEO ? "label" : "y");
    for (int64_t c = 0; c < model->n_columns; c++) {
        fw_buffer_add(out, &model->options.delimiter, 1);
        fw_buffer_add_text(out, model->columns[c].name);
    }
    fw_buffer_add(out, "\n", 1);
}

static enum fw_status truth_of(char **out, const void *model, struct fw_error *err)
{
    return fw_synth_model_truth(out, model, err);
}

static struct fw_synth_source source_of(const struct fw_synth_model *model)
{
    return (struct fw_synth_source){.model = model,
                                    .rows = model->options.rows,
                                    .put_header = model->options.header ? put_header : NULL,
                                    .put_rows = put_rows,
                                    .truth = truth_of,
                                    .progress = model->options.progress,
                                    .user = model->options.user,
                                    .mem = model->mem};
}

enum fw_status fw_synth_generate(fw_synth_sink *sink, void *sink_user, char **truth_out,
                                 const struct fw_synth_options *options, int threads, struct fw_allocator *mem,
                                 struct fw_error *err)
{
    struct fw_synth_model *model = NULL;
    FW_TRY(fw_synth_model_create(&model, options, mem, err));
    struct fw_synth_source source = source_of(model);
    enum fw_status status = fw_synth_source_generate(sink, sink_user, truth_out, &source, threads, err);
    fw_synth_model_destroy(model);
    return status;
}

enum fw_status fw_synth_write(const char *path, const char *truth_path, const struct fw_synth_options *options,
                              int threads, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_synth_model *model = NULL;
    FW_TRY(fw_synth_model_create(&model, options, mem, err));
    struct fw_synth_source source = source_of(model);
    enum fw_status status = fw_synth_source_write(path, truth_path, &source, threads, err);
    fw_synth_model_destroy(model);
    return status;
}

enum fw_status fw_synth_text(char **data_out, size_t *size_out, char **truth_out,
                             const struct fw_synth_options *options, int threads, struct fw_allocator *mem,
                             struct fw_error *err)
{
    struct fw_synth_model *model = NULL;
    FW_TRY(fw_synth_model_create(&model, options, mem, err));
    struct fw_synth_source source = source_of(model);
    enum fw_status status = fw_synth_source_text(data_out, size_out, truth_out, &source, threads, err);
    fw_synth_model_destroy(model);
    return status;
}
