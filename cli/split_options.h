/* How rows are split and encoded: the options that commands which learn share, as an argp child. */
#ifndef FW_CLI_SPLIT_OPTIONS_H
#define FW_CLI_SPLIT_OPTIONS_H

#include <argp.h>

#include "cli/data_options.h"
#include "space/encoder.h"
#include "space/split.h"
#include "space/training_data.h"

struct cli_split_options {
    const char *valid; /* a file of its own; NULL: none */
    struct fw_split_options split;
    struct fw_encoder_options encoder;
    bool folds_given, fraction_given, kind_given, bins_given;
    bool want_funnel;    /* set by a command: the labels must be click and conversion (funnel.h) */
    int64_t n_unclicked; /* found by cli_training_data: rows with a conversion and no click */
};

void cli_split_init(struct cli_split_options *options);

extern const struct argp cli_split_argp;

/* Settles the split, reads the --valid table if there is one, and builds the training data from `table`, of
 * equal-width bins the better half. columns: where the schema's columns are in it; NULL: it is the schema's own.
 * want_values: numeric columns also as scaled numbers, which only some models read.
 * A conversion without a click is refused, or made unknown, where a funnel is wanted.
 * *valid_fingerprint_out (may be NULL) is the fingerprint of the --valid table. */
FW_NODISCARD
enum fw_status cli_training_data(struct fw_training_data *out, uint64_t *valid_fingerprint_out,
                                 struct cli_split_options *options, struct cli_data_options *data,
                                 const struct fw_table *table, const int64_t *columns, const struct fw_schema *schema,
                                 const struct fw_encoder_options *encoder, bool want_values, struct fw_error *err);

/* Says in one line how rows are split. */
void cli_split_tell(const struct cli_split_options *options, const struct cli_data_options *data,
                    const struct fw_dataset *dataset);

#endif
