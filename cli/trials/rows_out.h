/* Rows on standard output, in the format of --format.
 *
 *     struct fw_row_writer *out;
 *     FW_TRY(trials_rows_open(&out, &arguments->common, err));
 *     status = fw_ask_run(store, &ask, fw_row_writer_sink(out), err);
 *     fw_row_writer_destroy(out);
 *
 * A table is cut to the width of the terminal, and is as wide as its rows need when it goes elsewhere. */
#ifndef FW_CLI_TRIALS_ROWS_OUT_H
#define FW_CLI_TRIALS_ROWS_OUT_H

#include "cli/trials/trials_options.h"
#include "results/query/row_format.h"

/* Fails with FW_E_NOMEM. */
FW_NODISCARD
enum fw_status trials_rows_open(struct fw_row_writer **out, const struct trials_options *options, struct fw_error *err);

#endif
