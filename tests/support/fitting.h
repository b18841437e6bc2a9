/* Models for tests: made from a name and settings, fitted in plain loops. */
#ifndef FW_TESTS_SUPPORT_FITTING_H
#define FW_TESTS_SUPPORT_FITTING_H

#include "models/model.h"

/* A model for a data set; fails the test when it cannot be made. One for several labels gets those of
 * several_dataset. */
struct fw_model *fitting_create(const char *name, const char *settings, const struct fw_dataset *dataset, int threads,
                                struct fw_allocator *mem);

/* The same with sizes of embeddings (NULL: all of full size). */
struct fw_model *fitting_create_sized(const char *name, const char *settings, const struct fw_dataset *dataset,
                                      const struct fw_embedding_sizes *sizes, int threads, struct fw_allocator *mem);

/* One pass over a set: by batches in order, or whole, as the model wants. Returns the mean training loss. */
double fitting_epoch(struct fw_model *model, const struct fw_row_set *rows);

/* The model's parameters; the caller frees them with fw_free(NULL, ...). */
float *fitting_parameters(const struct fw_model *model);

/* Logits of all rows of a data set, (n_rows, model->n_outputs); freed likewise. */
float *fitting_logits(const struct fw_model *model, const struct fw_dataset *dataset);

/* Mean logloss of logits on a data set, in double; of several tasks that of the first. */
double fitting_logloss(const float *logits, const struct fw_dataset *dataset);

#endif
