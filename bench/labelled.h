/* Generated tables of several tasks as data sets, for benchmarks. */
#ifndef FW_BENCH_LABELLED_H
#define FW_BENCH_LABELLED_H

#include "models/training/trainer.h"
#include "space/synth/task_synth.h"
#include "space/training_data.h"

/* A table with its rows split: validation (fold 0), test (the first `n_test` of the training fold), training. */
struct labelled {
    struct fw_table *table;
    struct fw_schema *schema;
    struct fw_training_data data;
    struct fw_row_set train, valid, test;
};

/* Generates a table whose first columns y1 .. are labels, numbers when regression is set, and encodes it. valid_share:
 * of all rows. Ends the program with a message on failure. */
void labelled_make(struct labelled *out, const struct fw_task_synth_options *options, int32_t n_tasks, bool regression,
                   double valid_share, int64_t n_test);
void labelled_clear(struct labelled *l);

/* What a model gives for a set of rows: (rows, outputs), freed with fw_free(NULL, ...). */
float *labelled_outputs(const struct fw_model *model, const struct fw_row_set *rows);

/* Ends the program with the error's message when a call failed. */
void labelled_check(enum fw_status status, const struct fw_error *err);

#endif
