/* What each column of a table is for: inferred over all rows, overridable by name, printable, stored in plans.
 *
 * Types: numeric (a quantity: all values are numbers), categorical, sequence (several values in one cell, with a given
 * separator), constant (at most one value), id-like (a value of its own on nearly every row, or a row number). Roles:
 * label, feature, weight, group, time, position, ignored. Constant and id-like columns are ignored unless named.
 *
 *     struct fw_schema_options options;
 *     fw_schema_options_init(&options);
 *     const char *const labels[] = {"click"};
 *     options.labels = (struct fw_name_list){labels, 1};
 *     struct fw_schema *schema;
 *     FW_TRY(fw_schema_infer(&schema, table, &options, mem, err));
 *
 * How types are inferred, in this order:
 *   - numeric: every value is a number (fw_text_to_double), and none is padded with zeros ("007" is an identifier);
 *   - an error: more than two distinct values, numbers all but for at most 1 % of the rows or for a single row. Such a
 *     column is numeric with mistakes, or categorical; that is for the user to say;
 *   - sequence: a tenth of the rows or more hold the separator (any row, in a libffm file);
 *   - categorical: the rest.
 * Then: a column with one value on all rows, or with none, is constant; a categorical column of more than 100 rows of
 * which over 95 % differ, or one of whole numbers that run like row numbers, is id-like.
 *
 * Each label is a task (task.h): two classes, or a number. Which of two texts is the positive class is known for the
 * usual pairs and else for the user to say. Of several labels any may be missing on a row.
 *
 * Immutable once made, then safe to read from many threads. */
#ifndef FW_SPACE_SCHEMA_H
#define FW_SPACE_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "space/table.h"
#include "space/task.h"

enum fw_column_type { FW_TYPE_NUMERIC, FW_TYPE_CATEGORICAL, FW_TYPE_SEQUENCE, FW_TYPE_CONSTANT, FW_TYPE_ID };
enum fw_column_role {
    FW_ROLE_FEATURE,
    FW_ROLE_LABEL,
    FW_ROLE_WEIGHT,
    FW_ROLE_GROUP,
    FW_ROLE_TIME,
    FW_ROLE_POSITION, /* where a row was shown: no feature, for models of positions alone */
    FW_ROLE_IGNORED
};

struct fw_name_list {
    const char *const *names; /* borrowed; column names or 1-based positions */
    int64_t n;
};

struct fw_schema_options {
    struct fw_name_list labels;     /* at most FW_TASKS_MOST; n 0: none */
    struct fw_name_list positives;  /* "COLUMN=VALUE": a label's positive value; "VALUE" alone with one label. Without:
                                       the 1 of 0/1 and  -1/1, true of true/false, t of t/f, yes of yes/no, y of y/n.
                                       With  it a label may have more than  two values: one against the rest */
    struct fw_name_list regression; /* the labels that are numbers */
    struct fw_name_list task_weights; /* "COLUMN=W": what a label counts in the joint loss; 1 by default */
    const char *weight;               /* NULL: every row counts once */
    const char *group;                /* NULL: none */
    const char *time;                 /* NULL: none */
    const char *position;             /* NULL: none */
    struct fw_name_list ignore, categorical, numeric, sequence;
    const struct fw_schema *known; /* whose tasks stay what they are there, kind, texts and weight, unless positives,
                                      regression or task_weights say otherwise; NULL: none is known */
    char separator;                /* between the values of a sequence; '|' by default */
    bool skip_bad_rows; /* cells of numeric columns that are no numbers count as missing; rows without a usable label,
                           weight or position are left out (fw_schema_leave_out); false: all are errors */
    int threads;        /* 0: all */
};

struct fw_schema_column {
    char *name;
    enum fw_column_type type;
    enum fw_column_role role;
    char why[96];        /* why it is ignored, or how the type was decided, for people; may be empty */
    int64_t n_distinct;  /* not counting missing */
    bool distinct_exact; /* false: there are at least n_distinct */
    int64_t n_missing;
    int64_t n_bad;   /* cells of a numeric column that are no numbers and count as missing; not part of n_missing */
    double min, max; /* numeric columns only; NaN without any number */
    bool integral;   /* numeric: all values are whole numbers */
};

struct fw_schema {
    int64_t n_columns;
    struct fw_schema_column *columns;      /* in the order of the table */
    int32_t n_tasks;                       /* 0: no label */
    struct fw_task *tasks;                 /* in the order of the options' labels */
    int64_t weight, group, time, position; /* column indices; -1: none */
    char separator;
    bool skip_bad_rows; /* as in the options; not part of a plan: set it anew for other tables */
    struct fw_allocator *mem;
};

/* The negative text of a label with more than two values. */
#define FW_SCHEMA_OTHER "(other)"

void fw_schema_options_init(struct fw_schema_options *options);

/* Infers the schema. Fails with FW_E_INPUT: unknown column names (the nearest is suggested); a label that has one value
 * only, or more than two without being named in `positives` or `regression`; one of numbers that holds something else;
 * a single label that is missing somewhere; a column of numbers with a few values that are none (with line, column,
 * value, counts and remedy); weights that are negative, missing or not numbers. FW_E_ARG: a column named for two
 * purposes, a label named twice; a positive value, number or weight of no label. */
FW_NODISCARD
enum fw_status fw_schema_infer(struct fw_schema **out, const struct fw_table *table,
                               const struct fw_schema_options *options, struct fw_allocator *mem, struct fw_error *err);
void fw_schema_destroy(struct fw_schema *schema); /* NULL is a no-op */

/* Gives a schema that is kept (that of a plan) other labels, another position, or both: those that the options name, of
 * which the rest is not read. Labels that it has stay what they are unless positives, regression or task_weights say
 * otherwise, new ones are inferred from the table; without any labels in the options the schema's own are meant.
 * Columns that are no label or position any more are ignored, all else stays. what: where the schema is from, for
 * messages. FW_E_ARG: a column that is a feature there or has another purpose, so that what was found by it would not
 * hold; fails else as fw_schema_infer. The schema is as it was after a failure. */
FW_NODISCARD
enum fw_status fw_schema_relabel(struct fw_schema *schema, const struct fw_table *table,
                                 const struct fw_schema_options *options, const char *what, struct fw_error *err);

/* One task's label of every row into labels (n_rows): 0 or 1, or a number. A value that is neither of the task's texts,
 * or no finite number, is FW_E_INPUT with its line, or NaN with skip_bad_rows; so is a missing one when it is the only
 * task, among several it is NaN in any case. A single full stop after a value is not part of it (the test half of UCI
 * Adult), numbers are equal by value ("1.0" is "1"), case matters otherwise. `table` may be another table than the one
 * the schema came from; `column` is the label's index there. */
FW_NODISCARD
enum fw_status fw_schema_labels(const struct fw_schema *schema, int32_t task, const struct fw_table *table,
                                int64_t column, float *labels, struct fw_error *err);

/* The row weights into weights (n_rows): all 1 when column is -1. FW_E_INPUT on negative, missing or non-finite, or NaN
 * with skip_bad_rows. */
FW_NODISCARD
enum fw_status fw_schema_weights(const struct fw_schema *schema, const struct fw_table *table, int64_t column,
                                 float *weights, struct fw_error *err);

/* Gives fold -1 to every row that cannot be learned from and counts them into *n_out: rows without any known label;
 * rows without a usable weight or, if positions are wanted, without one. Without skip_bad_rows such rows are
 * FW_E_INPUT, but for those on which all of several labels are missing. column_of: (n_columns) the schema's columns in
 * `table`, -1: not there, then labels and weights are not looked at, while wanted positions are FW_E_INPUT; NULL: the
 * schema's own table. */
FW_NODISCARD
enum fw_status fw_schema_leave_out(int32_t *folds, int64_t *n_out, const struct fw_schema *schema,
                                   const struct fw_table *table, const int64_t *column_of, bool want_position,
                                   struct fw_error *err);

/* Whether a schema has one task of two classes, which is what searches that know no others need; else FW_E_ARG that
 * says what to do. command: who asks ("tune"). No task at all is fine. */
FW_NODISCARD
enum fw_status fw_schema_check_single(const struct fw_schema *schema, const char *command, struct fw_error *err);

/* Finds the schema's columns in another table: column_of (schema->n_columns) gets indices in the table, -1 for a column
 * that is not there. Columns are found by name; those of a schema from a headerless table ("1", "2", ...) by place,
 * where a table with exactly the labels less, the position, or both, is understood as lacking them.
 * Fails with FW_E_INPUT when a feature is missing (all are listed), when a label is and need_label is set, or when a
 * numeric feature holds texts that are no numbers and the schema does not skip them. */
FW_NODISCARD
enum fw_status fw_schema_match(const struct fw_schema *schema, const struct fw_table *table, int64_t *column_of,
                               bool need_label, struct fw_error *err);

/* Index of a column of the table; FW_E_INPUT suggesting the nearest name and listing the names if few. what: the option
 * that named it ("--label"). */
FW_NODISCARD
enum fw_status fw_schema_find_column(int64_t *column_out, const struct fw_table *table, const char *name,
                                     const char *what, struct fw_error *err);

const char *fw_column_type_name(enum fw_column_type type); /* "numeric", ... */
const char *fw_column_role_name(enum fw_column_role role); /* "feature", ... */

#endif
