/* What each column of a table is for: inferred over all rows, overridable by name, printable, stored in plans.
 *
 * Types: numeric (a quantity: all values are numbers), categorical, sequence (several values in one cell, with a given
 * separator), constant (at most one value), id-like (a value of its own on nearly every row, or a row number). Roles:
 * label, feature, weight, group, time, ignored. Constant and id-like columns are ignored unless named.
 *
 *     struct fw_schema_options options;
 *     fw_schema_options_init(&options);
 *     options.label = "click";
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
 * Immutable once made, then safe to read from many threads. */
#ifndef FW_SPACE_SCHEMA_H
#define FW_SPACE_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "space/table.h"

enum fw_column_type { FW_TYPE_NUMERIC, FW_TYPE_CATEGORICAL, FW_TYPE_SEQUENCE, FW_TYPE_CONSTANT, FW_TYPE_ID };
enum fw_column_role { FW_ROLE_FEATURE, FW_ROLE_LABEL, FW_ROLE_WEIGHT, FW_ROLE_GROUP, FW_ROLE_TIME, FW_ROLE_IGNORED };

struct fw_name_list {
    const char *const *names; /* borrowed; column names or 1-based positions */
    int64_t n;
};

struct fw_schema_options {
    const char *label; /* NULL: none */
    const char
        *positive;      /* the label's positive value; NULL: the 1 of 0/1 and -1/1, true of true/false, t of t/f, yes
                           of yes/no, y of y/n. With it the label may have more than two values: one against the rest */
    const char *weight; /* NULL: every row counts once */
    const char *group;  /* NULL: none */
    const char *time;   /* NULL: none */
    struct fw_name_list ignore, categorical, numeric, sequence;
    char separator;     /* between the values of a sequence; '|' by default */
    bool skip_bad_rows; /* cells of numeric columns that are no numbers count as missing; rows without a usable label or
                           weight are left out (fw_schema_leave_out); false: both are errors */
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
    struct fw_schema_column *columns;   /* in the order of the table */
    int64_t label, weight, group, time; /* column indices; -1: none */
    char *positive, *negative;          /* the two label texts, without a closing full stop; NULL without a label;
                                           negative is FW_SCHEMA_OTHER when one value stands against the rest */
    int64_t n_positive, n_labelled;     /* rows; 0 in a schema read from a plan */
    char separator;
    bool skip_bad_rows; /* as in the options; not part of a plan: set it anew for other tables */
    struct fw_allocator *mem;
};

/* The negative text of a label with more than two values. */
#define FW_SCHEMA_OTHER "(other)"

void fw_schema_options_init(struct fw_schema_options *options);

/* Infers the schema. Fails with FW_E_INPUT: unknown column names (the nearest is suggested), a label that is missing
 * somewhere, has one class, or more than two without `positive`; a column of numbers with a few values that are none
 * (with line, column, value, counts and remedy); weights that are negative, missing or not numbers. FW_E_ARG: a column
 * named for two purposes. */
FW_NODISCARD
enum fw_status fw_schema_infer(struct fw_schema **out, const struct fw_table *table,
                               const struct fw_schema_options *options, struct fw_allocator *mem, struct fw_error *err);
void fw_schema_destroy(struct fw_schema *schema); /* NULL is a no-op */

/* The label of every row as 0 or 1 into labels (n_rows). A value that is neither text is FW_E_INPUT with its line, or
 * NaN with skip_bad_rows. A single full stop after a value is not part of it (the test half of UCI Adult), numbers are
 * equal by value ("1.0" is "1"), case matters otherwise. `table` may be another table than the one the schema came
 * from; `column` is the label's index there. */
FW_NODISCARD
enum fw_status fw_schema_labels(const struct fw_schema *schema, const struct fw_table *table, int64_t column,
                                float *labels, struct fw_error *err);

/* The row weights into weights (n_rows): all 1 when column is -1. FW_E_INPUT on negative, missing or non-finite, or NaN
 * with skip_bad_rows. */
FW_NODISCARD
enum fw_status fw_schema_weights(const struct fw_schema *schema, const struct fw_table *table, int64_t column,
                                 float *weights, struct fw_error *err);

/* Gives fold -1 to every row without a usable label or weight and counts them into *n_out; without skip_bad_rows such
 * rows are FW_E_INPUT. label and weight are column indices in `table`; -1: not looked at. */
FW_NODISCARD
enum fw_status fw_schema_leave_out(int32_t *folds, int64_t *n_out, const struct fw_schema *schema,
                                   const struct fw_table *table, int64_t label, int64_t weight, struct fw_error *err);

/* Finds the schema's columns in another table: column_of (schema->n_columns) gets indices in the table, -1 for a column
 * that is not there. Columns are found by name; those of a schema from a headerless table ("1", "2", ...) by position,
 * where a table with exactly the label less is understood as lacking it.
 * Fails with FW_E_INPUT when a feature is missing (all are listed), when the label is and need_label is set, or when a
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
