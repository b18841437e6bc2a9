/* The leaderboard of several trainings. */
#ifndef FW_CLI_TRAIN_BOARD_H
#define FW_CLI_TRAIN_BOARD_H

#include "cli/train_work.h"

/* Best first, those without a model last. */
void cli_train_sort(struct cli_train_outcome *outcomes, int64_t n);

/* Prints the outcomes on standard output, best first, those without a model last with their reasons. Sorts them. The
 * logloss is a column of its own with one label, if models are not chosen by it. */
void cli_train_board(struct cli_train_outcome *outcomes, int64_t n, const struct fw_score_spec *metric,
                     const struct fw_schema *schema);

#endif
