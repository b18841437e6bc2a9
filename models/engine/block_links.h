/* Which blocks of a wide node go into which of another, as lists to walk: for operations that sum blocks with factors
 * (y_i = sum over connected j of f_ij x_j, and backwards dx_j = sum over connected i of f_ij dy_i).
 *
 * Connections are numbered row by row of the matrix (to, from). Kept by the graph; read from many threads. */
#ifndef FW_MODELS_ENGINE_BLOCK_LINKS_H
#define FW_MODELS_ENGINE_BLOCK_LINKS_H

#include "models/engine/ops.h"

/* A block that is added, and the place of its factor. */
struct fw_block_term {
    int32_t factor, block;
};

/* Sums of terms, one a block: those of block i are [start[i], start[i + 1]). */
struct fw_block_sums {
    int32_t n;
    int32_t *start;
    struct fw_block_term *terms;
};

struct fw_block_links {
    int32_t width;                 /* of a block */
    int32_t n;                     /* connections */
    struct fw_block_sums forward;  /* by written block; terms are the blocks read */
    struct fw_block_sums backward; /* by block read */
};

/* The connections of blocks of equal width. dense: factors lie in a matrix (to, from); else one beside the other, of
 * connections alone. A refused allocation is the graph's to report. */
void fw_block_links_init(struct fw_block_links *out, struct fw_graph *graph, const struct fw_blocks *blocks,
                         bool dense);

/* One row: each block of y is the sum of its terms, factors times blocks of x; `add`: added to what is there. */
void fw_block_sums_row(fw_real *restrict y, const struct fw_block_sums *sums, int32_t width,
                       const fw_real *restrict factors, const fw_real *restrict x, bool add);

#endif
