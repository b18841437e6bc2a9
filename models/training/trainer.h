/* The one trainer of all models: passes, shuffled batches, a schedule of the learning rate, early stopping, the best
 * parameters, progress, checkpoints.
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
#include "models/training/schedule.h"

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
        FW_TRAINER_STEP_PARAMS

/* Those of them that say in which order and how fast steps are taken. */
#define FW_TRAINER_STEP_PARAMS                                                                                         \
    {.name = "shuffle",                                                                                                \
     .choices = fw_trainer_shuffles,                                                                                   \
     .doc = "rows: drawn anew for each pass; batches: fixed ones in a new order; auto: rows if they are few"},         \
        {.name = "schedule",                                                                                           \
         .choices = fw_trainer_schedules,                                                                              \
         .doc = "learning rate over the passes: constant, or falling to 0 linearly or as a half cosine"},              \
    {                                                                                                                  \
        .name = "warmup", .min = 0, .max = 1e6, .fallback = 0, .integer = true,                                        \
        .doc = "steps over which the learning rate rises to its value"                                                 \
    }

/* Names of the kinds, in the order of their enums, NULL-ended. */
extern const char *const fw_trainer_shuffles[];  /* "auto", "rows", "batches" */
extern const char *const fw_trainer_schedules[]; /* "constant", "linear", "cosine": enum fw_schedule_kind */

enum fw_trainer_shuffle {
    FW_SHUFFLE_AUTO,   /* rows up to FW_SHUFFLE_ROWS_MOST training rows, else batches */
    FW_SHUFFLE_ROWS,   /* all rows in a new order each epoch: 8 bytes a row, and columns are read in leaps */
    FW_SHUFFLE_BATCHES /* batches of neighbouring rows (rows lie in random order already) in a new order each epoch */
};

/* Above, columns no longer lie in the caches and leaps cost more than the better shuffle is worth. */
#define FW_SHUFFLE_ROWS_MOST INT64_C(2000000)

/* What validation rows are scored by. Metrics live on a floor above, hence this small table. */
struct fw_trainer_metric {
    const char *name; /* "auc", for messages; static text */
    void *self;
    /* The score of n rows, higher is better. logits: (n, outputs), all finite; labels: (n, tasks of the data set), NaN:
     * unknown; weights: (n), NULL: all 1. A score that is not finite fails the training. NULL: no metric, every epoch
     * is run and the last one kept. */
    enum fw_status (*score)(void *self, double *score_out, const float *logits, const float *labels,
                            const float *weights, int64_t n, struct fw_error *err);
    /* What it remembers from one score to the next, saved and restored with checkpoints. */
    void *memory; /* NULL: nothing */
    size_t memory_bytes;
};

enum fw_trainer_phase { FW_TRAINER_FIT, FW_TRAINER_REFIT };

/* Where training stands. */
struct fw_trainer_event {
    enum fw_trainer_phase phase;
    bool epoch_done;        /* else somewhere within an epoch */
    bool resumed;           /* the first event of a training that goes on from a checkpoint, before any step */
    int64_t epoch, epochs;  /* the one under way or done, from 1 (0: `start` is done); the most there can be */
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
    uint64_t seed;    /* of the shuffling */
    enum fw_trainer_shuffle shuffle;
    enum fw_schedule_kind schedule; /* over epochs x batches; the refit falls as the fit would have, had it run all */
    int64_t warmup;                 /* steps, of each phase */
    const char *checkpoint;         /* file to go on from if it exists, and to write to; NULL: none. It stays when the
                                     * training is over: a further run gives its result at once */
    double checkpoint_seconds; /* between two writes; finished epochs are written too, where writing takes less than
                                * a twentieth of their time, and so is where a budget ends the training */
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
    FW_TRAINING_STOPPED,   /* somebody asked to stop; the best so far was kept */
    FW_TRAINING_FAILED     /* a figure was not finite, see `reason`; the best so far was kept */
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
    int64_t best_epoch;              /* the parameters that the model has, or the refit's length; 0: those of `start` */
    double best_score;               /* NaN without validation */
    double start_score;              /* after `start`, as epoch 0; NaN: the model has none, or nothing judges */
    bool refitted;                   /* the parameters are those of the refit */
    bool resumed;                    /* a checkpoint was continued from */
    enum fw_training_end end;
    char reason[FW_ERROR_MESSAGE_SIZE];  /* of FW_TRAINING_FAILED, else "" */
    char warning[FW_ERROR_MESSAGE_SIZE]; /* why the latest checkpoint could not be written, else "" */
    int64_t rows;                        /* seen in all, the refit's included, as are those before an interruption */
    double seconds;                      /* likewise */
    double step_seconds;                 /* of them in steps: without judging and checkpoints */
    double score_us; /* microseconds a row for scoring the validation rows, the fastest pass of this process, with its
                        threads; NaN: none was made */
};

/* Defaults; epochs, batch, patience, shuffle, schedule and warmup are taken from the settings where their table has
 * them (may be NULL). */
void fw_trainer_options_init(struct fw_trainer_options *options, const struct fw_params *params);

/* Trains a model from the state it is in. valid: NULL or without parts: none. *out is the caller's, to be cleared.
 *
 * When a loss, a logit, a parameter or a score is not finite the training ends with FW_TRAINING_FAILED and what it has,
 * or fails with FW_E_NUMERIC naming the epoch when no epoch was finished. Fails with FW_E_ARG (no training rows,
 * options out of range, a data set that the model was not made for, a checkpoint of another run), FW_E_CORRUPT (a
 * damaged checkpoint), FW_E_BUDGET or FW_E_STOPPED when the budget ended before the first epoch did, FW_E_IO,
 * FW_E_NOMEM, or as the model or the metric does. After a failure the model may only be reset or destroyed. */
FW_NODISCARD
enum fw_status fw_trainer_run(struct fw_training *out, struct fw_model *model, const struct fw_row_set *train,
                              const struct fw_row_set *valid, const struct fw_trainer_options *options,
                              const struct fw_budget *budget, struct fw_allocator *mem, struct fw_error *err);

/* Bytes that fw_trainer_run takes beside the model's. */
size_t fw_trainer_bytes(const struct fw_model *model, const struct fw_row_set *train, const struct fw_row_set *valid,
                        const struct fw_trainer_options *options);

/* Frees what a training holds; a zeroed one is fine. */
void fw_training_clear(struct fw_training *training, struct fw_allocator *mem);

/* "early stopping", ...: for people. */
const char *fw_training_end_name(enum fw_training_end end);

#endif
