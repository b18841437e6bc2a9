/* What each column of a table is for: inferred over all rows, overridable by name, printable, stored in plans.
 *
 * Types: numeric (a quantity: all values are numbers), categorical, sequence (several values in one cell, with a given
 * separator), constant (one value), id-like (a category with a value of its own on nearly every row). Roles: label,
 * feature, weight, group, time, ignored. Constant and id-like columns are ignored unless named. */
#ifndef FW_SPACE_SCHEMA_H
#define FW_SPACE_SCHEMA_H

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
    const char *label;    /* NULL: none */
    const char *positive; /* the label's positive value; NULL: 1 of 0/1, true of true/false, yes of yes/no */
    const char *weight;   /* NULL: every row counts once */
    const char *group;    /* NULL: none */
    const char *time;     /* NULL: none */
    struct fw_name_list ignore, categorical, numeric, sequence;
    char separator; /* between the values of a sequence; '|' by default */
};

struct fw_schema_column {
    char *name;
    enum fw_column_type type;
    enum fw_column_role role;
    char why[96];       /* why it is ignored, or how the type was decided, for people */
    int64_t n_distinct; /* not counting missing; exact for columns stored as codes, a lower bound otherwise */
    int64_t n_missing;
    double min, max; /* numeric columns only */
    bool integral;   /* numeric: all values are whole numbers */
};

struct fw_schema {
    int64_t n_columns;
    struct fw_schema_column *columns;   /* in the order of the table */
    int64_t label, weight, group, time; /* column indices; -1: none */
    char *positive, *negative;          /* the two label texts; NULL without a label */
    char separator;
    struct fw_allocator *mem;
};

void fw_schema_options_init(struct fw_schema_options *options);

/* Infers the schema. Fails with FW_E_INPUT: unknown column names (the nearest is suggested), a label that is missing
 * somewhere, has one class or more than two; a column of numbers with a few values that are none (with line, column,
 * value and remedy); weights that are negative or not numbers. */
FW_NODISCARD
enum fw_status fw_schema_infer(struct fw_schema **out, const struct fw_table *table,
                               const struct fw_schema_options *options, struct fw_allocator *mem, struct fw_error *err);
void fw_schema_destroy(struct fw_schema *schema); /* NULL is a no-op */

/* The label of every row as 0 or 1 into labels (n_rows); a value that is neither text is FW_E_INPUT with its line. A
 * single full stop after a known value is not part of it (the test half of UCI Adult), case matters otherwise.
 * `table` may be another table than the one the schema came from; `column` is the label's index there. */
FW_NODISCARD
enum fw_status fw_schema_labels(const struct fw_schema *schema, const struct fw_table *table, int64_t column,
                                float *labels, struct fw_error *err);

/* The row weights into weights (n_rows): 1 without a weight column. FW_E_INPUT on negative, missing or non-finite. */
FW_NODISCARD
enum fw_status fw_schema_weights(const struct fw_schema *schema, const struct fw_table *table, int64_t column,
                                 float *weights, struct fw_error *err);

const char *fw_column_type_name(enum fw_column_type type); /* "numeric", ... */
const char *fw_column_role_name(enum fw_column_role role); /* "feature", ... */

#endif
