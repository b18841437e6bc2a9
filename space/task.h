/* Tasks: what a table's rows are to be told. One label is one task; several labels are learned together.
 *
 * A task's label is a column: two classes (0 or 1), or a number. A label may be missing on some rows (NaN in a data
 * set with several tasks): such rows say nothing about that task. */
#ifndef FW_SPACE_TASK_H
#define FW_SPACE_TASK_H

#include <stdint.h>

#define FW_TASKS_MOST 64

enum fw_task_kind {
    FW_TASK_BINARY, /* the probability of the positive class */
    FW_TASK_NUMBER  /* a quantity: squared error */
};

struct fw_task {
    char *name;     /* of the column */
    int64_t column; /* in the schema */
    enum fw_task_kind kind;
    char *positive, *negative; /* binary: the two texts, without a closing full stop; negative is FW_SCHEMA_OTHER when
                                  one value stands against the rest. NULL for numbers */
    double weight;             /* in the joint loss; above 0 */
    int64_t n_labelled;        /* rows with a label; this and the next are 0 in a schema read from a plan */
    int64_t n_positive;        /* of them; 0 for numbers */
};

const char *fw_task_kind_name(enum fw_task_kind kind); /* "binary", "number" */

#endif
