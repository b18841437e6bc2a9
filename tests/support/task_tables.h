/* Tables for models of several tasks, generated and read back in one call, and what their truth says. */
#ifndef FW_TESTS_SUPPORT_TASK_TABLES_H
#define FW_TESTS_SUPPORT_TASK_TABLES_H

#include <cjson/cJSON.h>

#include "space/synth/task_synth.h"
#include "support/grids.h"

struct task_table {
    struct grid grid;
    cJSON *truth;
};

struct task_table task_table_of(const struct fw_task_synth_options *options);
void task_table_clear(struct task_table *table);

/* A number of the truth by its path: "best.auc"; "tasks.1.rows" is of the second of an array. Fails the test when it is
 * not there. */
double task_truth(const struct task_table *table, const char *path);

/* Fails the test unless 1, 2, 3 and 8 threads give the same bytes, fewer rows give the beginning of them (`whole`: a
 * number of rows below options->rows after which that holds), and another seed gives others. */
void assert_same_for_any_threads(const struct fw_task_synth_options *options, int64_t whole);

/* Fails the test unless the option's text is refused with FW_E_ARG in words that hold `says`, by fw_task_synth_set or,
 * when that takes it, at the start of the work. */
void assert_task_option_refused(enum fw_task_synth_kind kind, const char *name, const char *text, const char *says);

#endif
