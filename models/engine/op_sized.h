/* What the operation of sized embeddings is made of; for op_sized_embedding.c and op_sized_blocks.c alone. */
#ifndef FW_MODELS_ENGINE_OP_SIZED_H
#define FW_MODELS_ENGINE_OP_SIZED_H

#include "models/engine/ops.h"

struct fw_sized_strip {
    struct fw_weights *table;      /* (ids, width) */
    struct fw_weights *projection; /* (width, dim); NULL: none */
    int32_t input;                 /* place in `inputs` */
    int32_t number;                /* of the input's strips */
    int32_t column;                /* first in the input's block */
    int32_t *place;                /* (batch) row of the gradient by place in the grouping; -1: none */
    fw_real *sums;                 /* (touched rows, dim) gradient of the block by row; with a projection alone */
};

struct fw_sized_op_input {
    int32_t field; /* in the graph's list; -1: a value */
    int32_t value; /* in the data set's list */
    int32_t n_strips;
    int32_t first_strip;
    int32_t filled; /* columns that strips without projection fill; the rest is 0 */
};

struct fw_sized_op {
    struct fw_op op;
    int32_t n_inputs, dim, n_strips;
    struct fw_sized_op_input *inputs; /* (n_inputs) */
    struct fw_sized_strip *strips;    /* (n_strips) */
};

extern const struct fw_op_vtable fw_op_sized_vtable;

/* Depth of a strip when these depths are in force, and of the deepest strip of an input: ids from there on are taken
 * as 0. */
int64_t fw_sized_depth(const uint32_t *depths, const struct fw_sized_strip *strip);
int64_t fw_sized_deepest(const struct fw_sized_op *e, const uint32_t *depths, int32_t input);

/* The row of a switched table that the p-th of its touched rows is; a value has one. */
static inline const fw_real *fw_sized_row(const struct fw_weights *table, int64_t p)
{
    return table->data + (table->touched != NULL ? (int64_t)table->touched[p] * table->width : 0);
}

#endif
