/* From a table and a plan (or a label) to what a model is trained on: the plan, the encoder, the data set with the
 * plan's crosses, and a number that stands for all of it. */
#ifndef FW_CLI_TRAINING_SETUP_H
#define FW_CLI_TRAINING_SETUP_H

#include "cli/data_options.h"
#include "cli/split_options.h"
#include "models/params.h"

struct cli_training_setup {
    struct fw_plan *plan; /* loaded, or made from the table */
    struct fw_training_data training;
    uint64_t fingerprint; /* of the table, and of that of --valid */
    uint64_t key;         /* hash of data, plan, encoding and split: equal when training would be */
};

/* Reads the table at `path`. plan: a file; NULL: columns are inferred with the label of `data`. want_values: numeric
 * columns also as scaled numbers, which only some models read. */
FW_NODISCARD
enum fw_status cli_training_setup_prepare(struct cli_training_setup *out, const char *path, const char *plan,
                                          bool want_values, struct cli_data_options *data,
                                          struct cli_split_options *split, struct fw_error *err);
/* The only label, 0 or 1, of rows [first, end) of a data set; -1 when there are both. */
int cli_only_label(const struct fw_dataset *dataset, int64_t first, int64_t end);

/* A model that has embeddings gets the common width of the plan's sizes, unless its `dim` was set to something else,
 * which it then refuses. */
void cli_training_setup_settle(struct fw_params *params, const struct cli_training_setup *setup);

void cli_training_setup_clear(struct cli_training_setup *setup); /* a zeroed one is fine */

#endif
