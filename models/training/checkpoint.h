/* A training on disk, so that it can go on where it was interrupted and end with the same bytes.
 *
 * The file holds what the run is (model, settings, options, metric, seed, a hash of its data), where it stands, the
 * learning curve, the parameters, those of the best epoch and the model's blocks of state, with a checksum over all of
 * it. It appears whole or not at all (core/file.h). A file that is of another run is refused with what differs.
 *
 *     struct fw_checkpoint_file *file;
 *     FW_TRY(fw_checkpoint_open(&file, path, mem, err));
 *     FW_TRY(fw_checkpoint_read(&found, &state, file, &key, model, err));
 *     ...
 *     FW_TRY(fw_checkpoint_write(file, &key, &state, model, err));     // as often as wanted; allocates nothing
 *     fw_checkpoint_close(file);
 *
 * The trainer does all this by itself when its options name a file. */
#ifndef FW_MODELS_CHECKPOINT_H
#define FW_MODELS_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "models/model.h"
#include "models/training/trainer.h"

#define FW_CHECKPOINT_VERSION 1

/* What a checkpoint belongs to. Borrowed texts, each shorter than FW_CHECKPOINT_TEXT. */
#define FW_CHECKPOINT_TEXT 8192

struct fw_checkpoint_key {
    const char *settings; /* canonical JSON of the model's */
    const char *options;  /* of the trainer, for people too */
    const char *metric;   /* "": none */
    uint64_t seed;        /* of the trainer */
    uint64_t model_seed;  /* of the model */
    uint64_t data;        /* fw_checkpoint_data */
    int64_t train_rows, valid_rows;
};

/* A hash of all that a model sees of its rows, their order included. */
uint64_t fw_checkpoint_data(const struct fw_model *model, const struct fw_row_set *train,
                            const struct fw_row_set *valid);

/* Where a training stands. Written as it lies in memory: members of eight bytes only. */
struct fw_checkpoint_place {
    int64_t phase; /* enum fw_trainer_phase; 2: all is done */
    int64_t epoch; /* under way, from 1 */
    int64_t batch; /* of this epoch, the next one, from 0 */
    int64_t rows_in_epoch;
    double loss, weight; /* sums of this epoch so far */
    int64_t converged;   /* the solver has nothing left to do */
    int64_t has_best;
    int64_t n_epochs, best_epoch; /* and the rest: as in struct fw_training */
    double best_score, start_score;
    int64_t end, refitted;
    int64_t rows;
    double seconds, step_seconds;
};

/* All that is not in the model. Pointers are the caller's. */
struct fw_checkpoint {
    struct fw_checkpoint_place place;
    struct fw_training_epoch *curve; /* (most_epochs), n_epochs of them written and read */
    int64_t most_epochs;
    float *best;  /* (parameters) written and read when has_best */
    void *memory; /* of the metric */
    size_t memory_bytes;
};

struct fw_checkpoint_file;

/* For a file that may exist or not. FW_E_IO when it could not be written; FW_E_NOMEM. path is borrowed. */
FW_NODISCARD
enum fw_status fw_checkpoint_open(struct fw_checkpoint_file **out, const char *path, struct fw_allocator *mem,
                                  struct fw_error *err);
void fw_checkpoint_close(struct fw_checkpoint_file *file); /* NULL is a no-op */

/* FW_E_IO; the former file then stays. */
FW_NODISCARD
enum fw_status fw_checkpoint_write(struct fw_checkpoint_file *file, const struct fw_checkpoint_key *key,
                                   const struct fw_checkpoint *checkpoint, const struct fw_model *model,
                                   struct fw_error *err);

/* *found_out: there was a file, and checkpoint and model stand as it says. FW_E_CORRUPT when it is damaged, no
 * checkpoint or of another version, FW_E_ARG naming what differs when it is of another run: neither has changed
 * anything. */
FW_NODISCARD
enum fw_status fw_checkpoint_read(bool *found_out, struct fw_checkpoint *checkpoint, struct fw_checkpoint_file *file,
                                  const struct fw_checkpoint_key *key, struct fw_model *model, struct fw_error *err);

#endif
