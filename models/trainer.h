/* The one trainer of all models: passes, shuffled batches, early stopping, the best parameters, progress.
 *
 *     struct fw_trainer_options options;
 *     fw_trainer_options_init(&options, &model->params);
 *     options.metric = auc;
 *     struct fw_row_set train = fw_row_set_but_fold(dataset, 0), valid = fw_row_set_fold(dataset, 0);
 *     struct fw_training training;
 *     FW_TRY(fw_trainer_run(&training, model, &train, &valid, &options, budget, mem, err));
 *     ...training.curve...
 *     fw_training_clear(&training, mem);
 *
 * With validation rows and a metric the model ends with the parameters of its best epoch, to the bit, and training ends
 * when `patience` epochs brought nothing better. Models that want whole passes (wants_epochs) get them; all others get
 * batches of neighbouring rows (rows lie in random order already) in an order drawn anew for each epoch from the seed.
 * The same seed, data and settings give the same bytes for any number of threads, as long as no clock ends the run. */
#ifndef FW_MODELS_TRAINER_H
#define FW_MODELS_TRAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/budget.h"
#include "models/model.h"

/* The rows of a model's table of settings that steer the trainer. */
#define FW_TRAINER_PARAMS(batch_rows, most_epochs, patient_epochs)                                                     \
    {.name = "batch",                                                                                                  \
     .min = 1,                                                                                                         \
     .max = 1 << 20,                                                                                                   \
     .fallback = (batch_rows),                                                                                         \
     .low = 256,                                                                                                       \
     .high = 8192,                                                                                                     \
     .log_scale = true,                                                                                                \
     .integer = true,                                                                                                  \
     .doc = "rows a step"},                                                                                            \
        {.name = "epochs",                                                                                             \
         .min = 1,                                                                                                     \
         .max = 10000,                                                                                                 \
         .fallback = (most_epochs),                                                                                    \
         .integer = true,                                                                                              \
         .doc = "passes over the rows, at most"},                                                                      \
        {.name = "patience",                                                                                           \
         .min = 0,                                                                                                     \
         .max = 10000,                                                                                                 \
         .fallback = (patient_epochs),                                                                                 \
         .integer = true,                                                                                              \
         .doc = "passes without a better validation score before training ends; 0: never"},                            \
        {.name = "shuffle",                                                                                            \
         .choices = fw_trainer_shuffles,                                                                               \
         .doc = "rows: drawn anew for each pass; batches: fixed ones in a new order; auto: rows if they are few"},     \
        {.name = "schedule",                                                                                           \
         .choices = fw_trainer_schedules,                                                                              \
         .doc = "learning rate over the passes: constant, or falling to 0 linearly or as a half cosine"},              \
    {                                                                                                                  \
        .name = "warmup", .min = 0, .max = 1e6, .fallback = 0, .integer = true,                                        \
        .doc = "steps over which the learning rate rises to its value"                                                 \
    }

extern const char *const fw_trainer_shuffles[];  /* "auto", "rows", "batches" */
extern const char *const fw_trainer_schedules[]; /* "constant", "linear", "cosine" */

/* What validation rows are scored by. Metrics live on a floor above, hence this small table. */
struct fw_trainer_metric {
    const char *name; /* "auc", for messages; static text */
    void *self;
    /* The score of n rows, higher is better. logits: (n, outputs), all finite; weights: (n), NULL: all 1. A score that
     * is not finite fails the training. NULL: no metric, every epoch is run and the last one kept. */
    enum fw_status (*score)(void *self, double *score_out, const float *logits, const float *labels,
                            const float *weights, int64_t n, struct fw_error *err);
};

enum fw_trainer_phase { FW_TRAINER_FIT, FW_TRAINER_REFIT };

/* Where training stands. */
struct fw_trainer_event {
    enum fw_trainer_phase phase;
    bool epoch_done;        /* else somewhere within an epoch */
    int64_t epoch, epochs;  /* the one under way or done, from 1; the most there can be */
    int64_t rows, all_rows; /* of this epoch: seen so far, all */
    double train_loss;      /* mean over the rows seen in this epoch */
    double score;           /* of this epoch; NaN: none */
    double best_score;      /* NaN: none yet */
    int64_t best_epoch;     /* 0: none yet */
    double rows_per_second; /* over this phase, validation not counted */
    double seconds_left;    /* an estimate of this phase if it runs all epochs */
};

struct fw_trainer_options {
    int64_t epochs;   /* at least 1 */
    int64_t batch;    /* rows, at least 1 */
    int64_t patience; /* epochs without a better score before the end; 0: all epochs are run */
    bool refit;       /* then start anew on train and valid together, for the epochs of the best score; needs both */
    uint64_t seed;    /* of the order of batches */
    struct fw_trainer_metric metric;
    /* Called after each epoch, and about four times a second within one, on the calling thread. NULL: nobody looks. */
    void (*progress)(void *user, const struct fw_trainer_event *event);
    void *user;
};

/* Why training ended. */
enum fw_training_end {
    FW_TRAINING_EPOCHS,    /* all epochs were run */
    FW_TRAINING_PATIENCE,  /* no better score for `patience` epochs */
    FW_TRAINING_CONVERGED, /* the solver has nothing left to do */
    FW_TRAINING_TIME,      /* the budget's seconds were over; the best so far was kept */
    FW_TRAINING_STOPPED    /* somebody asked to stop; the best so far was kept */
};

/* One epoch of the learning curve. */
struct fw_training_epoch {
    double train_loss; /* weighted mean over the training rows, each just before its batch's step */
    double score;      /* of the validation rows afterwards; NaN: none */
    double seconds;    /* since training began */
};

struct fw_training {
    struct fw_training_epoch *curve; /* (n_epochs), from epoch 1; owned */
    int64_t n_epochs;                /* finished ones of the fit; the refit's are not in the curve */
    int64_t best_epoch;              /* from 1: the parameters that the model has, or the refit's length */
    double best_score;               /* NaN without validation */
    bool refitted;                   /* the parameters are those of the refit */
    enum fw_training_end end;
    int64_t rows; /* seen in all, the refit's included */
    double seconds;
};

/* Defaults; epochs, batch and patience are taken from the settings where their table has them (may be NULL). */
void fw_trainer_options_init(struct fw_trainer_options *options, const struct fw_params *params);

/* Trains a model from the state it is in. valid: NULL or without parts: none. *out is the caller's, to be cleared.
 *
 * Fails with FW_E_ARG (no training rows, options out of range, a data set that the model was not made for),
 * FW_E_NUMERIC naming the epoch when a loss, a logit or a score is not finite, FW_E_BUDGET or FW_E_STOPPED when the
 * budget ended before the first epoch did, FW_E_NOMEM, or as the metric does. After a failure the model may only be
 * reset or destroyed. */
FW_NODISCARD
enum fw_status fw_trainer_run(struct fw_training *out, struct fw_model *model, const struct fw_row_set *train,
                              const struct fw_row_set *valid, const struct fw_trainer_options *options,
                              const struct fw_budget *budget, struct fw_allocator *mem, struct fw_error *err);

/* Frees what a training holds; a zeroed one is fine. */
void fw_training_clear(struct fw_training *training, struct fw_allocator *mem);

/* "early stopping", ...: for people. */
const char *fw_training_end_name(enum fw_training_end end);

#endif
