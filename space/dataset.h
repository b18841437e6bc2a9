/* The encoded data set: one column of ids a field, labels, weights, and the folds.
 *
 * A field is what a model gives a weight or an embedding to. Its ids are in [0, n_ids): 0 unknown, 1 missing, 2..
 * values (a categorical column: by falling frequency; a binned numeric column: by rising value; a cross: by falling
 * frequency, and no id is reserved for missing there: its parts have theirs).
 *
 * Rows are in a random but reproducible order, grouped by fold, so that any prefix of a fold is a random sample of it
 * (successive halving reads prefixes), and `source_row` leads back to the table. Folds 0 .. n_judged-1 are judged: a
 * model trained on all other folds is measured on them. Cross-fitting judges all folds; a hold-out split has two folds,
 * validation (0, judged) and training (1).
 *
 * Ids take 1, 2 or 4 bytes, whatever n_ids needs; kernels read blocks of rows through fw_field_read.
 * Immutable once built (but for fields appended by the search), then safe to read from many threads. */
#ifndef FW_SPACE_DATASET_H
#define FW_SPACE_DATASET_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"

#define FW_ID_UNKNOWN 0
#define FW_ID_MISSING 1
#define FW_ID_FIRST   2

/* Rows that kernels widen at a time: a block of 4-byte ids and of two floats a row stay in the first-level cache. */
#define FW_DATASET_BLOCK 2048

enum fw_field_kind {
    FW_FIELD_CATEGORY, /* a categorical column */
    FW_FIELD_BINS,     /* a numeric column at one granularity */
    FW_FIELD_ITEM,     /* of a sequence column: whether it holds an item, or its length */
    FW_FIELD_CROSS,    /* of other fields */
    FW_FIELD_POSITION  /* where a row was shown: no feature, for models of positions alone */
};

struct fw_field {
    char *name; /* "age@10", "occupation", "age@10 x occupation"; owned */
    enum fw_field_kind kind;
    int64_t column; /* in the schema; -1: of none, or of several (a cross) */
    int64_t n_ids;
    int32_t width; /* bytes an id: 1, 2 or 4 */
    void *ids;     /* (n_rows) of that width; owned */
    /* (n_ids) of a position: the number that an id stands for, NaN where it stands for none; owned. NULL: not known */
    double *positions;
};

/* A numeric column as numbers: scaled (scaling.h), 0 where missing. */
struct fw_value_column {
    char *name;     /* of the column; owned */
    int64_t column; /* in the schema */
    float *values;  /* (n_rows); owned */
};

struct fw_dataset {
    int64_t n_rows;
    int32_t n_fields;
    int32_t field_capacity;
    struct fw_field *fields;
    int32_t n_values; /* 0: none were asked for, or there are no numeric columns */
    struct fw_value_column *values;
    int32_t n_tasks;     /* 0 and 1: one label (fw_dataset_tasks) */
    float *labels;       /* (n_rows, n_tasks) 0 or 1, or a number; with several tasks NaN: unknown */
    float *weights;      /* (n_rows), or NULL: all 1 */
    int64_t *source_row; /* (n_rows) row of the table */
    int32_t n_folds;
    int32_t n_judged;
    int64_t *fold_start; /* (n_folds + 1) */
    struct fw_allocator *mem;
};

/* Labels a row. */
static inline int32_t fw_dataset_tasks(const struct fw_dataset *dataset)
{
    return dataset->n_tasks > 1 ? dataset->n_tasks : 1;
}

/* The width that n_ids needs. */
int32_t fw_field_width(int64_t n_ids);

/* Ids of rows [row, row + n) as 32-bit numbers: a pointer into the field when it is 4 bytes wide, else `scratch`
 * (n values), filled. */
const uint32_t *fw_field_read(const struct fw_field *field, int64_t row, int64_t n, uint32_t *scratch);

/* One id. */
uint32_t fw_field_id(const struct fw_field *field, int64_t row);

/* An empty field of n_rows ids of the width that n_ids needs; name is copied. It is a category of no column (-1) until
 * the caller says otherwise. */
FW_NODISCARD
enum fw_status fw_field_init(struct fw_field *field, const char *name, int64_t n_ids, int64_t n_rows,
                             struct fw_allocator *mem, struct fw_error *err);
void fw_field_clear(struct fw_field *field, struct fw_allocator *mem);

/* Writes ids of rows [row, row + n). */
void fw_field_write(struct fw_field *field, int64_t row, int64_t n, const uint32_t *ids);

/* Appends a field to the data set; takes ownership of its arrays and clears *field. */
FW_NODISCARD
enum fw_status fw_dataset_append(struct fw_dataset *dataset, struct fw_field *field, struct fw_error *err);

/* The first row that trains every model: rows from here on are never judged; 0 when cross-fitting, where each row
 * trains the models of the other folds. What is learned about fields (combinations, say) is learned from these rows
 * alone. */
int64_t fw_dataset_train_start(const struct fw_dataset *dataset);

void fw_dataset_destroy(struct fw_dataset *dataset); /* NULL is a no-op */

#endif
