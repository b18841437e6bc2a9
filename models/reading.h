/* How the numbers that a model gives for a row are read: the columns of a prediction, and what they are judged by.
 *
 * A model of one label has one reading, the probability of the positive class. A model of several tasks has one a task.
 * Models of a funnel or of positions give logits of which some matter only as a product: p(click) p(buy | click). */
#ifndef FW_MODELS_READING_H
#define FW_MODELS_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "space/task.h"

#define FW_READINGS_MOST FW_TASKS_MOST

enum fw_reading_kind {
    FW_READ_PROBABILITY, /* sigmoid(output) */
    FW_READ_NUMBER,      /* output */
    FW_READ_PRODUCT      /* sigmoid(output) sigmoid(other) */
};

struct fw_reading {
    char name[128]; /* "income", "buy_given_click" */
    enum fw_reading_kind kind;
    int32_t output, other; /* places in a row of outputs; other: of a product */
    int32_t task;          /* whose label judges it */
    int32_t given;         /* rows count only where this task's label is positive; of a product: the event is part of
                            * that one, so that its label is 0 where that is; -1: all rows */
    bool served;           /* a column of predictions */
    bool judged;           /* part of what epochs are chosen by, unless asked otherwise */
};

/* The reading of a task by the output of the same number. */
void fw_reading_of_task(struct fw_reading *out, int32_t number, const struct fw_task *task);

/* The value of a reading from a row of outputs: a probability, or a number. */
double fw_reading_value(const struct fw_reading *reading, const float *outputs);

/* The same as a logit, which metrics want (it does not saturate); of a number itself. */
float fw_reading_logit(const struct fw_reading *reading, const float *outputs);

/* The label of a row (n_tasks numbers) by which the reading is judged: NaN when the row does not count. */
float fw_reading_label(const struct fw_reading *reading, const float *labels);

#endif
