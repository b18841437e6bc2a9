/* Several labels, for tests of models of several tasks. */
#ifndef FW_TESTS_SUPPORT_SEVERAL_H
#define FW_TESTS_SUPPORT_SEVERAL_H

#include "models/model.h"

/* Two binary tasks, and three with a number and weights among them. */
extern const struct fw_task several_binary[2];
extern const struct fw_task several_mixed[3];

/* Gives a data set of one label those of these tasks. The first keeps it; other binary ones are 1 on some of the rows
 * where it is, as in a funnel; numbers go with it too. This share of the labels is unknown. */
void several_labels(struct fw_dataset *dataset, const struct fw_task *tasks, int32_t n_tasks, double unknown);

/* For tests over all models: several_binary when this model is for several labels, a field of positions when it reads
 * one, else nothing happens. Returns the data set. */
struct fw_dataset *several_dataset(struct fw_dataset *dataset, const struct fw_model_vtable *vtable);
void several_config(struct fw_model_config *config, const struct fw_model_vtable *vtable);

/* A routing of two levels for this many tasks (2 or 3), some connections of which are closed: for a model that follows
 * one. */
const struct fw_routing *several_routing(int32_t n_tasks);

#endif
