/* An embedding cut into strips of columns, each a table of its own that may be cut short (space/embedding_sizes.h).
 *
 * Every call is given the depths in force: how many ids each strip has, at most as many as it holds, 0: none. An id
 * behind the deepest strip reads row 0; one behind a strip gets nothing from it. What is not in force contributes
 * nothing and gets no gradient.
 *
 * Rows are read by bags: weighted sums of rows, one row in the simplest case. The sums of the strips stand side by
 * side, `total` numbers: "raw". Without a projection these are the first columns of the common width. With one, the
 * common width is raw times the (total, dim) projection: the sum over strips of their rows times their (width, dim)
 * matrices.
 *
 * All functions are pure but for what they are given to write; the summed dimension is never split among threads. */
#ifndef FW_MODELS_RETRIEVAL_STRIPS_H
#define FW_MODELS_RETRIEVAL_STRIPS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/engine/real.h"
#include "space/embedding_sizes.h"

struct fw_strips {
    int64_t n_ids; /* ids that may be asked for */
    int32_t dim;   /* common width */
    int32_t n;     /* strips; 0: the input is dropped and adds nothing */
    bool projected;
    int64_t ids[FW_STRIPS_MOST];
    int32_t width[FW_STRIPS_MOST];
    int32_t first[FW_STRIPS_MOST]; /* column of raw where the strip begins */
    int32_t total;                 /* sum of the widths */
    /* Where the parameters are in an array that the owner holds: tables (ids, width), then the projection. */
    int64_t table[FW_STRIPS_MOST];
    int64_t projection; /* (total, dim) */
};

/* Lays out strips of these sizes; parameters begin at *at, which is moved behind them. */
void fw_strips_init(struct fw_strips *strips, const struct fw_embedding_size *size, int64_t n_ids, int32_t dim,
                    int64_t *at);

/* First weights: tables N(0, scale^2), projections N(0, 1 / dim) so that a row keeps its length. Named by the seed and
 * the input's number, strip by strip: a strip that is cut short begins as the head of the whole one. */
void fw_strips_start(const struct fw_strips *strips, fw_real *weights, double scale, uint64_t seed, int32_t input);

/* The deepest strip in force: ids from there on read row 0. 0: the input is off. */
uint32_t fw_strips_deepest(const struct fw_strips *strips, const uint32_t *depths);

/* Bag i is ids[start[i]] .. ids[start[i + 1] - 1], each times its weight. */
struct fw_bags {
    const uint32_t *ids;
    const int64_t *start;  /* (n + 1); NULL: one id a bag */
    const fw_real *weight; /* one each id; NULL: all 1 */
};

/* raw (n, total): bags [first, first + n). */
void fw_strips_read(fw_real *restrict raw, const struct fw_strips *strips, const fw_real *weights,
                    const uint32_t *depths, const struct fw_bags *bags, int64_t first, int64_t n);

/* out (n, dim) gets what raw stands for, or it is added. */
void fw_strips_map(fw_real *restrict out, const struct fw_strips *strips, const fw_real *weights,
                   const fw_real *restrict raw, int64_t n, bool add);

/* The reverse: raw_grad (n, total) from grad (n, dim). Also turns a vector that is multiplied with mapped rows into the
 * one that does the same with raw ones. */
void fw_strips_map_back(fw_real *restrict raw_grad, const struct fw_strips *strips, const fw_real *weights,
                        const fw_real *restrict grad, int64_t n);

/* The product of a raw vector with the row of an id. */
fw_real fw_strips_dot(const fw_real *raw, const struct fw_strips *strips, const fw_real *weights,
                      const uint32_t *depths, uint32_t deepest, uint32_t id);

/* Which rows a batch touches: its ids as they are read, grouped (engine/group.h). */
struct fw_touched {
    int64_t n_ids;    /* in all bags */
    int64_t n_unique; /* rows read */
    uint32_t *read;   /* (n_ids) the row that each id reads */
    uint32_t *unique; /* (n_ids) */
    uint32_t *slot;   /* (n_ids) */
    uint32_t *table;  /* (table_size) scratch */
    int64_t table_size;
};

/* Fills all but the scratch. n_ids: ids in all bags. */
void fw_strips_touch(struct fw_touched *touched, const struct fw_strips *strips, const uint32_t *depths,
                     const uint32_t *ids, int64_t n_ids);

/* Gradient of one strip's table: rows (n_unique) the touched ones that are in force, grad (their number, width) their
 * gradients. raw_grad: (n bags, total). Returns the number of rows. place: (n_unique) scratch. */
int64_t fw_strips_gradient(fw_real *restrict grad, uint32_t *restrict rows, uint32_t *restrict place,
                           const struct fw_strips *strips, const uint32_t *depths, int32_t strip,
                           const struct fw_touched *touched, const struct fw_bags *bags, int64_t n,
                           const fw_real *raw_grad);

/* Gradient (width, dim) of one strip's part of the projection. */
void fw_strips_projection_gradient(fw_real *restrict grad, const struct fw_strips *strips, int32_t strip,
                                   const fw_real *raw, const fw_real *out_grad, int64_t n);

#endif
