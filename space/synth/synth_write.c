#include "space/synth/synth_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/par.h"

/* Pieces made side by side: memory is bounded by their number times the rows of one. */
enum { block_rows = FW_SYNTH_BLOCK_ROWS, blocks_at_once = 16 };

void fw_synth_put_units(struct fw_buffer *out, int64_t units, int decimals)
{
    char text[48];
    uint64_t magnitude = units < 0 ? (uint64_t)0 - (uint64_t)units : (uint64_t)units;
    uint64_t one = 1;
    for (int d = 0; d < decimals; d++)
        one *= 10;
    int n = snprintf(text, sizeof text, "%s%" PRIu64 ".%0*" PRIu64, units < 0 ? "-" : "", magnitude / one, decimals,
                     magnitude % one);
    while (text[n - 1] == '0')
        n--;
    if (text[n - 1] == '.')
        n--;
    fw_buffer_add(out, text, (size_t)n);
}

void fw_synth_put_number(struct fw_buffer *out, double value, int decimals)
{
    for (int d = 0; d < decimals; d++)
        value *= 10;
    value = value < -0x1p62 ? -0x1p62 : value > 0x1p62 ? 0x1p62 : value;
    fw_synth_put_units(out, (int64_t)floor(value + 0.5), decimals);
}

static enum fw_status write_block(struct fw_buffer *out, const struct fw_synth_source *source, int64_t row, int64_t n,
                                  struct fw_error *err)
{
    FW_TRY(source->put_rows(out, source->model, row, n, err));
    return fw_buffer_check(out, err);
}

static enum fw_status write_header(fw_synth_sink *sink, void *sink_user, const struct fw_synth_source *source,
                                   struct fw_error *err)
{
    struct fw_buffer line;
    fw_buffer_init(&line, source->mem);
    source->put_header(&line, source->model);
    enum fw_status status = fw_buffer_check(&line, err);
    if (status == FW_OK)
        status = sink(sink_user, line.data, (size_t)line.length, err);
    fw_buffer_clear(&line);
    return status;
}

/* Makes up to blocks_at_once pieces side by side and hands them on in order. */
static enum fw_status write_rows(fw_synth_sink *sink, void *sink_user, const struct fw_synth_source *source,
                                 int threads, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_buffer pieces[blocks_at_once];
    struct fw_error errors[blocks_at_once];
    enum fw_status results[blocks_at_once];
    int64_t rows = source->rows;
    threads = fw_par_threads(threads);
    for (int b = 0; b < blocks_at_once; b++)
        fw_buffer_init(&pieces[b], source->mem);
    for (int64_t first = 0; first < rows; first += (int64_t)blocks_at_once * block_rows) {
        int64_t left = (rows - first + block_rows - 1) / block_rows;
        int blocks = left < blocks_at_once ? (int)left : blocks_at_once;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
        for (int b = 0; b < blocks; b++) {
            int64_t row = first + (int64_t)b * block_rows;
            pieces[b].length = 0;
            results[b] =
                write_block(&pieces[b], source, row, rows - row < block_rows ? rows - row : block_rows, &errors[b]);
        }
        for (int b = 0; b < blocks; b++) {
            if (results[b] != FW_OK) {
                status = fw_error_set(err, results[b], "%s", errors[b].message);
                goto done;
            }
            FW_TRY_GOTO(sink(sink_user, pieces[b].data, (size_t)pieces[b].length, err), done);
        }
        int64_t done_rows = first + (int64_t)blocks * block_rows;
        if (source->progress != NULL &&
            source->progress(source->user, done_rows < rows ? done_rows : rows, rows) != 0) {
            status = fw_error_set(err, FW_E_STOPPED, "interrupted; nothing was written");
            goto done;
        }
    }
done:
    for (int b = 0; b < blocks_at_once; b++)
        fw_buffer_clear(&pieces[b]);
    return status;
}

enum fw_status fw_synth_source_generate(fw_synth_sink *sink, void *sink_user, char **truth_out,
                                        const struct fw_synth_source *source, int threads, struct fw_error *err)
{
    if (source->put_header != NULL)
        FW_TRY(write_header(sink, sink_user, source, err));
    FW_TRY(write_rows(sink, sink_user, source, threads, err));
    return truth_out != NULL ? source->truth(truth_out, source->model, err) : FW_OK;
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

enum fw_status fw_synth_source_write(const char *path, const char *truth_path, const struct fw_synth_source *source,
                                     int threads, struct fw_error *err)
{
    struct fw_outfile out;
    char *truth = NULL;
    if (truth_path != NULL)
        FW_TRY(fw_file_check_writable(truth_path, err));
    FW_TRY(fw_outfile_open(&out, path, err));
    enum fw_status status =
        fw_synth_source_generate(to_file, &out, truth_path != NULL ? &truth : NULL, source, threads, err);
    status = fw_outfile_close(&out, status, err);
    if (status == FW_OK && truth_path != NULL)
        status = save_text(truth_path, truth, err);
    fw_free(source->mem, truth);
    return status;
}

static enum fw_status to_buffer(void *user, const char *data, size_t n, struct fw_error *err)
{
    fw_buffer_add(user, data, n);
    return fw_buffer_check(user, err);
}

enum fw_status fw_synth_source_text(char **data_out, size_t *size_out, char **truth_out,
                                    const struct fw_synth_source *source, int threads, struct fw_error *err)
{
    struct fw_buffer buffer;
    fw_buffer_init(&buffer, source->mem);
    enum fw_status status = fw_synth_source_generate(to_buffer, &buffer, truth_out, source, threads, err);
    if (status != FW_OK) {
        fw_buffer_clear(&buffer);
        return status;
    }
    *data_out = buffer.data;
    *size_out = (size_t)buffer.length;
    return FW_OK;
}
