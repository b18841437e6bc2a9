/* Writes scores as text, block by block: a line "score", then a probability a row with six significant digits; of a
 * model that serves several readings a column each, under their names. To standard output, or to a file that appears
 * whole or not at all. As JSON each row is an object on a line of its own.
 *
 *     struct cli_score_writer writer;
 *     FW_TRY(cli_score_writer_open(&writer, model, json, path, mem, err));
 *     status = cli_score_writer_add(&writer, outputs, n, threads, err);     // as often as there are blocks
 *     status = cli_score_writer_close(&writer, status, err); */
#ifndef FW_CLI_SCORE_WRITER_H
#define FW_CLI_SCORE_WRITER_H

#include "core/alloc.h"
#include "core/file.h"
#include "models/model.h"

struct cli_score_writer {
    struct fw_outfile out;
    struct fw_allocator *mem;
    const struct fw_reading *served[FW_READINGS_MOST]; /* borrowed from the model */
    int32_t n_served;
    char *marks[FW_READINGS_MOST + 1]; /* (n_served + 1) what stands before each score of a row, and after the last;
                                          owned */
    int64_t line_size;                 /* bytes of a row at most */
    bool json;
    int64_t n_outputs; /* numbers a row */
    char *text;
    int64_t text_capacity;
    int64_t rows; /* written */
};

/* path NULL: standard output. The model is borrowed until the writer is closed. */
FW_NODISCARD
enum fw_status cli_score_writer_open(struct cli_score_writer *writer, const struct fw_model *model, bool json,
                                     const char *path, struct fw_allocator *mem, struct fw_error *err);

/* Appends n rows, outputs (n, outputs of the model); the heading comes before the first. FW_E_IO when they cannot be
 * written; writer->out.reader_gone tells that nobody wants more. */
FW_NODISCARD
enum fw_status cli_score_writer_add(struct cli_score_writer *writer, const float *outputs, int64_t n, int threads,
                                    struct fw_error *err);

/* With status FW_OK the file is there; otherwise it is as before. Returns the first failure, `status` included. */
FW_NODISCARD
enum fw_status cli_score_writer_close(struct cli_score_writer *writer, enum fw_status status, struct fw_error *err);

#endif
