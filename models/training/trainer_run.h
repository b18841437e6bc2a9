/* Private to the trainer's sources: a run from its options to the figures that go out. */
#ifndef FW_MODELS_TRAINER_RUN_H
#define FW_MODELS_TRAINER_RUN_H

#include "models/training/checkpoint.h"
#include "models/training/trainer.h"

/* Where an epoch of a phase stands: all that an interrupted one needs to go on, but for the model. */
struct fw_trainer_phase_run {
    struct fw_trainer_event event;
    const struct fw_row_set *rows;
    struct fw_row_set batched; /* what batches are cut from: the rows, or a list of their numbers */
    int64_t n_batches;         /* an epoch */
    int64_t next_batch;        /* of the epoch under way */
    struct fw_fit_stats total; /* of the epoch under way */
    struct fw_schedule schedule;
    double last_event;
    double step_seconds; /* of this phase, since this process has been at it */
    int64_t rows_seen;   /* likewise */
    bool interrupted;
};

struct fw_trainer_run {
    struct fw_model *model;
    const struct fw_trainer_options *options;
    const struct fw_budget *budget;
    struct fw_allocator *mem;
    struct fw_row_set train, valid, all; /* all: of the refit; else as train */
    bool judged;                         /* there are rows and a metric to choose an epoch by */
    bool whole_passes;                   /* the model wants epochs, not batches */
    bool shuffles_rows;
    bool refits;
    bool has_best;
    bool converged;                        /* of the fit */
    int64_t *order;                        /* (most batches of a phase) */
    int64_t *index;                        /* (most rows of a phase), or NULL: batches are shuffled */
    float *best;                           /* (parameters) of the best epoch */
    float *logits;                         /* (rows of valid, outputs) */
    float *labels;                         /* (rows of valid, labels) */
    float *weights;                        /* (rows of valid), or NULL: all 1 */
    void *scratch;                         /* of predicting */
    char *settings;                        /* canonical JSON, for the checkpoint */
    double started;                        /* earlier by what was spent before an interruption */
    double last_save;                      /* when the checkpoint was last written */
    double save_cost;                      /* seconds that it took */
    struct fw_checkpoint_file *checkpoint; /* NULL: none */
    struct fw_checkpoint_key key;
    char key_options[256];
    struct fw_trainer_phase_run phase;
    struct fw_training result;
};

/* trainer_setup.c: what a run needs, all of it before the first step. */
FW_NODISCARD
enum fw_status fw_trainer_run_set_up(struct fw_trainer_run *run, struct fw_error *err);
void fw_trainer_run_tear_down(struct fw_trainer_run *run);

/* trainer_epoch.c: makes ready for epoch 1 of a phase; runs the epoch under way, from where it stands, until its end or
 * an interruption; tells whoever watches. */
void fw_trainer_phase_begin(struct fw_trainer_run *run, enum fw_trainer_phase phase, int64_t epochs);
FW_NODISCARD
enum fw_status fw_trainer_epoch_run(struct fw_trainer_run *run, struct fw_error *err);
bool fw_trainer_must_end(struct fw_trainer_run *run); /* and remembers why */
void fw_trainer_report(struct fw_trainer_run *run);

/* trainer_judge.c: the score of the validation rows; keeping the model as the best so far. */
FW_NODISCARD
enum fw_status fw_trainer_judge(struct fw_trainer_run *run, double *score_out, struct fw_error *err);
FW_NODISCARD
enum fw_status fw_trainer_keep_best(struct fw_trainer_run *run, int64_t epoch, double score, struct fw_error *err);

/* trainer_save.c: the checkpoint. `done`: nothing is left to do. Failures to write end as result.warning. */
enum { fw_trainer_phase_done = 2 };
FW_NODISCARD
enum fw_status fw_trainer_resume(bool *done_out, struct fw_trainer_run *run, struct fw_error *err);
void fw_trainer_save(struct fw_trainer_run *run, bool done);
void fw_trainer_save_epoch(struct fw_trainer_run *run); /* unless epochs are too short to be worth it */

#endif
