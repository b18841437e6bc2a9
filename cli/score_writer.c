#include "cli/score_writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/par.h"

#define HEADING   "score\n"
#define LINE_SIZE 16 /* the longest line, "1.23457e-308" and its newline, and the NUL */

enum fw_status cli_score_writer_open(struct cli_score_writer *writer, const char *path, struct fw_allocator *mem,
                                     struct fw_error *err)
{
    *writer = (struct cli_score_writer){.mem = mem};
    if (path != NULL)
        return fw_outfile_open(&writer->out, path, err);
    fw_outfile_open_stdout(&writer->out);
    return FW_OK;
}

/* The lines of n scores; returns their length. */
static int64_t format_lines(char *text, const float *logits, int64_t n)
{
    char *end = text;
    for (int64_t i = 0; i < n; i++)
        end += snprintf(end, LINE_SIZE, "%.6g\n", 1 / (1 + exp(-(double)logits[i])));
    return end - text;
}

enum fw_status cli_score_writer_add(struct cli_score_writer *writer, const float *logits, int64_t n, int threads,
                                    struct fw_error *err)
{
    int64_t n_chunks = (n + FW_PAR_CHUNK - 1) / FW_PAR_CHUNK;
    int64_t *lengths;
    FW_TRY(fw_reserve(writer->mem, &writer->text, &writer->text_capacity, n * LINE_SIZE, 1, err));
    FW_ALLOC(lengths, writer->mem, n_chunks, "lines of scores", err);
    threads = fw_par_threads(threads);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (int64_t c = 0; c < n_chunks; c++) {
        int64_t first = c * FW_PAR_CHUNK;
        int64_t rows = n - first < FW_PAR_CHUNK ? n - first : FW_PAR_CHUNK;
        lengths[c] = format_lines(writer->text + first * LINE_SIZE, logits + first, rows);
    }
    enum fw_status status = FW_OK;
    if (writer->rows == 0)
        status = fw_outfile_write(&writer->out, HEADING, strlen(HEADING), err);
    int64_t length = 0;
    for (int64_t c = 0; c < n_chunks; c++) {
        memmove(writer->text + length, writer->text + c * FW_PAR_CHUNK * LINE_SIZE, (size_t)lengths[c]);
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
    return fw_outfile_close(&writer->out, status, err);
}
