/* What came of trainings as JSON. */
#ifndef FW_CLI_TRAIN_JSON_H
#define FW_CLI_TRAIN_JSON_H

#include "cli/train_work.h"

/* Prints the outcomes on standard output, best first, each with a list of its tasks. Sorts them. bytes: of the model
 * file; 0: none was written. */
void cli_train_json(struct cli_train_outcome *outcomes, int64_t n, const struct cli_train_options *options,
                    const struct fw_schema *schema, int64_t bytes);

#endif
