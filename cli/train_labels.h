/* Whether the labels of a training are such as can be learned from and judged by. */
#ifndef FW_CLI_TRAIN_LABELS_H
#define FW_CLI_TRAIN_LABELS_H

#include "cli/train_work.h"

/* FW_E_INPUT when a label is the same on all training rows that have it or none has it and, of a single label, when the
 * metric cannot be had on the validation rows. */
FW_NODISCARD
enum fw_status cli_train_check_labels(const struct fw_dataset *dataset, const struct fw_schema *schema,
                                      const struct fw_score_spec *metric, struct fw_error *err);

/* Whether a model goes with the data before any of its time is spent: its settings, the labels and the position column
 * that it is for (FW_E_ARG), and what of the metric can be had (as cli_judge_try). */
FW_NODISCARD
enum fw_status cli_train_check_model(const struct cli_train_choice *choice, const struct cli_train_options *options,
                                     const struct cli_training_setup *setup, struct cli_judge *judge,
                                     struct fw_error *err);

#endif
