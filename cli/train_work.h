/* The work of fieldwise train: one model at a time, from its settings to its file. */
#ifndef FW_CLI_TRAIN_WORK_H
#define FW_CLI_TRAIN_WORK_H

#include "cli/data_options.h"
#include "cli/split_options.h"
#include "cli/store_options.h"
#include "cli/train_choice.h"
#include "cli/train_metric.h"
#include "cli/train_positions.h"
#include "cli/training_setup.h"
#include "models/training/calibration.h"

/* What was asked for. Texts are those of the command line. */
struct cli_train_options {
    struct cli_data_options data;
    struct cli_split_options split;
    struct cli_store_options store;
    struct cli_list settings;
    const char *path, *plan, *models, *out;
    const char *checkpoint; /* NULL: none */
    struct fw_score_spec metric;
    bool no_refit, calibrate, json;
    double started;
    char command_line[2048];
};

/* What came of one model. */
struct cli_train_outcome {
    const struct cli_train_choice *choice;
    enum fw_status status;              /* FW_OK: there is a model, though `training` may have ended early */
    char reason[FW_ERROR_MESSAGE_SIZE]; /* why there is none or only that of an earlier epoch; "": all is well */
    struct fw_training training;        /* owned */
    struct cli_judgement judgement;     /* owned; on the validation rows */
    struct cli_positions positions;     /* owned; of a model that learns them */
    int64_t parameters;
    int64_t bytes; /* of the model and its training */
};

void cli_train_outcome_clear(struct cli_train_outcome *outcome, struct fw_allocator *mem); /* a zeroed one is fine */

/* Whether this outcome's model is to be preferred: it was trained to its end, or has the better score. */
bool cli_train_better(const struct cli_train_outcome *a, const struct cli_train_outcome *b);

/* The text of a checkpoint's path for this model: FILE, or FILE.<model> where several are trained. Returns `out`, or
 * NULL when there is none. */
const char *cli_train_checkpoint(char out[FW_ERROR_MESSAGE_SIZE], const struct cli_train_options *options,
                                 const struct cli_train_choice *choice, bool several);

/* The model's own settings on these data, for fw_model_measure and fw_model_create. */
struct fw_model_config cli_train_config(const struct cli_train_options *options, const struct cli_train_choice *choice,
                                        const struct cli_training_setup *setup);

/* Trains one. *model_out is the caller's, NULL when there is none; failures are in the outcome, with memory, progress
 * and other notes on standard error. several: it is one of several, so that notes name it. */
void cli_train_one(struct cli_train_outcome *out, struct fw_model **model_out, struct cli_train_options *options,
                   const struct cli_train_choice *choice, const struct cli_training_setup *setup,
                   struct cli_judge *judge, const struct fw_budget *budget, bool several);

/* Calibrates if asked to, and writes the model file with all that scoring needs. */
FW_NODISCARD
enum fw_status cli_train_save(int64_t *bytes_out, const struct cli_train_options *options, struct fw_model *model,
                              const struct cli_training_setup *setup, struct fw_error *err);

#endif
