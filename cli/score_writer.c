#include "cli/score_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json_text.h"
#include "core/par.h"
#include "core/text.h"
#include "models/file/scorer.h"

#define SCORE_SIZE 15 /* the longest score, "-1.23457e-308", and the NUL */

/* A name as a field of CSV. */
static void add_name(struct fw_buffer *line, const char *name)
{
    if (strpbrk(name, ",\"\r\n") == NULL) {
        fw_buffer_add_text(line, name);
        return;
    }
    fw_buffer_add_text(line, "\"");
    for (; *name != '\0'; name++) {
        if (*name == '"')
            fw_buffer_add_text(line, "\"");
        fw_buffer_add(line, name, 1);
    }
    fw_buffer_add_text(line, "\"");
}

/* One served reading goes by the name that it has always had. */
static const char *name_of(const struct cli_score_writer *writer, int32_t reading)
{
    return writer->n_served == 1 ? "score" : writer->served[reading]->name;
}

/* What stands around the scores of a row: commas, or the keys of an object. */
static enum fw_status make_marks(struct cli_score_writer *writer, struct fw_error *err)
{
    writer->line_size = (int64_t)writer->n_served * SCORE_SIZE + 1;
    for (int32_t r = 0; r <= writer->n_served; r++) {
        struct fw_buffer mark;
        bool last = r == writer->n_served;
        fw_buffer_init(&mark, writer->mem);
        if (writer->json && !last) {
            fw_buffer_add_text(&mark, r == 0 ? "{" : ",");
            fw_json_put_text(&mark, fw_text_of(name_of(writer, r)));
            fw_buffer_add_text(&mark, ":");
        } else {
            fw_buffer_add_text(&mark, last ? (writer->json ? "}\n" : "\n") : r > 0 ? "," : "");
        }
        writer->marks[r] = mark.data;
        writer->line_size += mark.length;
        FW_TRY(fw_buffer_check(&mark, err));
    }
    return FW_OK;
}

static void free_marks(struct cli_score_writer *writer)
{
    for (int32_t r = 0; r <= writer->n_served; r++) {
        fw_free(writer->mem, writer->marks[r]);
        writer->marks[r] = NULL;
    }
}

enum fw_status cli_score_writer_open(struct cli_score_writer *writer, const struct fw_model *model, bool json,
                                     const char *path, struct fw_allocator *mem, struct fw_error *err)
{
    *writer = (struct cli_score_writer){.mem = mem, .n_outputs = model->n_outputs, .json = json};
    writer->n_served = fw_served_readings(writer->served, model);
    enum fw_status status = make_marks(writer, err);
    if (status == FW_OK && path != NULL)
        status = fw_outfile_open(&writer->out, path, err);
    else if (status == FW_OK)
        fw_outfile_open_stdout(&writer->out);
    if (status != FW_OK)
        free_marks(writer);
    return status;
}

/* The lines of n rows; returns their length. */
static int64_t format_lines(char *text, const struct cli_score_writer *writer, const float *outputs, int64_t n)
{
    char *end = text;
    for (int64_t i = 0; i < n; i++) {
        for (int32_t r = 0; r < writer->n_served; r++) {
            double value = fw_reading_value(writer->served[r], outputs + i * writer->n_outputs);
            end = stpcpy(end, writer->marks[r]);
            if (writer->json && !isfinite(value))
                end = stpcpy(end, "null");
            else
                end += snprintf(end, SCORE_SIZE, "%.6g", value);
        }
        end = stpcpy(end, writer->marks[writer->n_served]);
    }
    return end - text;
}

static enum fw_status write_heading(struct cli_score_writer *writer, struct fw_error *err)
{
    struct fw_buffer line;
    if (writer->json)
        return FW_OK;
    fw_buffer_init(&line, writer->mem);
    for (int32_t r = 0; r < writer->n_served; r++) {
        fw_buffer_add_text(&line, r > 0 ? "," : "");
        add_name(&line, name_of(writer, r));
    }
    fw_buffer_add_text(&line, "\n");
    enum fw_status status = fw_buffer_check(&line, err);
    if (status == FW_OK)
        status = fw_outfile_write(&writer->out, line.data, (size_t)line.length, err);
    fw_buffer_clear(&line);
    return status;
}

enum fw_status cli_score_writer_add(struct cli_score_writer *writer, const float *outputs, int64_t n, int threads,
                                    struct fw_error *err)
{
    int64_t n_chunks = (n + FW_PAR_CHUNK - 1) / FW_PAR_CHUNK;
    int64_t *lengths;
    int64_t line_size = writer->line_size;
    FW_TRY(fw_reserve(writer->mem, &writer->text, &writer->text_capacity, n * line_size, 1, err));
    FW_ALLOC(lengths, writer->mem, n_chunks, "lines of scores", err);
    threads = fw_par_threads(threads);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t c = 0; c < n_chunks; c++) {
        int64_t first = c * FW_PAR_CHUNK;
        int64_t rows = n - first < FW_PAR_CHUNK ? n - first : FW_PAR_CHUNK;
        lengths[c] = format_lines(writer->text + first * line_size, writer, outputs + first * writer->n_outputs, rows);
    }
    enum fw_status status = FW_OK;
    if (writer->rows == 0)
        status = write_heading(writer, err);
    int64_t length = 0;
    for (int64_t c = 0; c < n_chunks; c++) {
        memmove(writer->text + length, writer->text + c * FW_PAR_CHUNK * line_size, (size_t)lengths[c]);
        length += lengths[c];
    }
    fw_free(writer->mem, lengths);
    if (status == FW_OK)
        status = fw_outfile_write(&writer->out, writer->text, (size_t)length, err);
    writer->rows += status == FW_OK ? n : 0;
    return status;
}

enum fw_status cli_score_writer_close(struct cli_score_writer *writer, enum fw_status status, struct fw_error *err)
{
    fw_free(writer->mem, writer->text);
    writer->text = NULL;
    free_marks(writer);
    return fw_outfile_close(&writer->out, status, err);
}
