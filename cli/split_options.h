/* How rows are split and encoded: the options that commands which learn share, as an argp child. */
#ifndef FW_CLI_SPLIT_OPTIONS_H
#define FW_CLI_SPLIT_OPTIONS_H

#include <argp.h>

#include "cli/data_options.h"
#include "space/encoder.h"
#include "space/split.h"

struct cli_split_options {
    const char *valid; /* a file of its own; NULL: none */
    struct fw_split_options split;
    struct fw_encoder_options encoder;
    bool folds_given, fraction_given, kind_given, bins_given;
};

void cli_split_init(struct cli_split_options *options);

extern const struct argp cli_split_argp;

/* Settles what was left open: --group and --time imply their split, large tables a hold-out; FW_E_ARG when the options
 * contradict each other. */
FW_NODISCARD
enum fw_status cli_split_settle(struct cli_split_options *options, const struct cli_data_options *data, int64_t n_rows,
                                struct fw_error *err);

/* Says in one line how rows are split. */
void cli_split_tell(const struct cli_split_options *options, const struct cli_data_options *data,
                    const struct fw_dataset *dataset);

#endif
