/* Writing a generated table, whatever its kind: pieces of text made side by side and handed on in order, into a sink, a
 * file or memory; the truth beside it.
 *
 * A source says how many rows there are and puts any run of them into a buffer; it is only read, from many threads. */
#ifndef FW_SPACE_SYNTH_WRITE_H
#define FW_SPACE_SYNTH_WRITE_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"
#include "core/text.h"
#include "space/synth/synth.h"

/* Rows of one piece of text, at most. */
enum { FW_SYNTH_BLOCK_ROWS = 4096 };

struct fw_synth_source {
    const void *model; /* borrowed: what the functions work on */
    int64_t rows;
    /* OPTIONAL: NULL: no first line. Adds the first line, its end included. */
    void (*put_header)(struct fw_buffer *out, const void *model);
    /* REQUIRED. Adds the lines of rows [row, row + n), n from 1 to FW_SYNTH_BLOCK_ROWS. */
    enum fw_status (*put_rows)(struct fw_buffer *out, const void *model, int64_t row, int64_t n, struct fw_error *err);
    /* REQUIRED. The truth as JSON text, the caller's. */
    enum fw_status (*truth)(char **out, const void *model, struct fw_error *err);
    int (*progress)(void *user, int64_t rows_done, int64_t rows_total); /* as in the options; NULL: none */
    void *user;
    struct fw_allocator *mem;
};

/* The three ways out: as fw_synth_generate, fw_synth_write and fw_synth_text. */
FW_NODISCARD
enum fw_status fw_synth_source_generate(fw_synth_sink *sink, void *sink_user, char **truth_out,
                                        const struct fw_synth_source *source, int threads, struct fw_error *err);
FW_NODISCARD
enum fw_status fw_synth_source_write(const char *path, const char *truth_path, const struct fw_synth_source *source,
                                     int threads, struct fw_error *err);
FW_NODISCARD
enum fw_status fw_synth_source_text(char **data_out, size_t *size_out, char **truth_out,
                                    const struct fw_synth_source *source, int threads, struct fw_error *err);

/* A number in units of 1/10^decimals without the zeros behind it; decimals from 1 to 9. */
void fw_synth_put_units(struct fw_buffer *out, int64_t units, int decimals);

/* A number rounded to so many decimals; what is too large for that is cut to the largest that fits. */
void fw_synth_put_number(struct fw_buffer *out, double value, int decimals);

#endif
