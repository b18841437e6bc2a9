/* Trainings in the trial store: one study a command, one trial a model. */
#ifndef FW_CLI_TRAIN_RECORD_H
#define FW_CLI_TRAIN_RECORD_H

#include "cli/train_work.h"

struct cli_train_record {
    struct cli_store store;
    int64_t study;
    bool open; /* the study was begun and is to be closed */
};

/* Opens the store and begins the study. */
FW_NODISCARD
enum fw_status cli_train_record_open(struct cli_train_record *out, struct cli_train_options *options,
                                     const struct cli_train_choices *choices, const struct cli_training_setup *setup,
                                     struct fw_error *err);

/* Stores what came of a model: a complete trial with its learning curve, or a failed one with its reason. */
FW_NODISCARD
enum fw_status cli_train_record_add(struct cli_train_record *record, const struct cli_train_options *options,
                                    const struct cli_train_outcome *outcome, struct fw_error *err);

/* Ends the study. model: the file that came of it; NULL: none. */
FW_NODISCARD
enum fw_status cli_train_record_end(struct cli_train_record *record, enum fw_study_status status, const char *reason,
                                    const char *model, struct fw_error *err);

/* Closes the store; a study that has no end yet has failed. */
void cli_train_record_close(struct cli_train_record *record);

#endif
