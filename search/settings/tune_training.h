/* What settings are worth when a model is trained with them: the objective of a search of settings (tune.h).
 *
 * The model is trained on all folds but the first and judged on the first, as `fieldwise train` does, with early
 * stopping; the scores of the baseline are kept, so that each later training is compared with it row by row: DeLong's
 * interval for the AUC, the rows' own differences for the logloss.
 *
 *     struct fw_tune_training *training;
 *     FW_TRY(fw_tune_training_create(&training, &config, mem, err));
 *     struct fw_tune_objective objective = fw_tune_training_objective(training);
 *     ...
 *     fw_tune_training_destroy(training);
 *
 * Belongs to one thread at a time; trainings use the threads of the config. */
#ifndef FW_SEARCH_TUNE_TRAINING_H
#define FW_SEARCH_TUNE_TRAINING_H

#include "models/training/trainer.h"
#include "search/settings/tune.h"

/* Borrowed until destroy. */
struct fw_tune_training_config {
    const struct fw_model_vtable *model;
    const struct fw_dataset *dataset;
    const struct fw_embedding_sizes *sizes; /* NULL: full */
    enum fw_objective objective;            /* what validation rows are scored by, and epochs chosen by */
    uint64_t seed;                          /* of first values and of the order of rows: the same for all trainings */
    int threads;                            /* 0: all processors */
    /* As in fw_trainer_options; may be NULL. */
    void (*progress)(void *user, const struct fw_trainer_event *event);
    void *user;
};

struct fw_tune_training;

/* FW_E_ARG without validation rows, FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_tune_training_create(struct fw_tune_training **out, const struct fw_tune_training_config *config,
                                       struct fw_allocator *mem, struct fw_error *err);
void fw_tune_training_destroy(struct fw_tune_training *training); /* NULL is a no-op */

/* The objective; valid until destroy. */
struct fw_tune_objective fw_tune_training_objective(struct fw_tune_training *training);

/* Trains with the settings once more, then on all rows for the epochs that were best. *out is the caller's model;
 * *curve (may be NULL) is to be cleared by fw_training_clear. Fails as fw_trainer_run. */
FW_NODISCARD
enum fw_status fw_tune_training_refit(struct fw_model **out, struct fw_training *curve,
                                      struct fw_tune_training *training, const struct fw_params *params,
                                      const struct fw_budget *budget, struct fw_error *err);

#endif
