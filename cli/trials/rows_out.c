#include "cli/trials/rows_out.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/terminal.h"

static enum fw_status write_out(void *self, const char *bytes, int64_t n, struct fw_error *err)
{
    (void)self;
    if (fwrite(bytes, 1, (size_t)n, stdout) == (size_t)n)
        return FW_OK;
    return fw_error_set(err, FW_E_IO, "cannot write standard output: %s", strerror(errno));
}

enum fw_status trials_rows_open(struct fw_row_writer **out, const struct trials_options *options, struct fw_error *err)
{
    struct fw_row_writer_options writer = {.format = options->format, .width = cli_terminal_width(stdout)};
    return fw_row_writer_create(out, &writer, (struct fw_text_sink){.write = write_out}, NULL, err);
}
