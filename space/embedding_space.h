/* The space that a search of embedding sizes walks: for each input a grid of blocks (NIS, section 2).
 *
 * The largest embedding of an input, all its ids and the common width, is cut into S strips of rows and T strips of
 * columns: S x T blocks. A sizing says for each column strip how many of the row strips it has, its level: 0 is none,
 * s the first s of them. Single-size (SE): one decision an input, a pair (s, t) whose first t column strips have level
 * s, or dropping the input: S T + 1 choices. Multi-size (ME): a decision a column strip, S + 1 choices each.
 *
 * Ids are ordered by popularity in fields of categories and of crosses. Other inputs (bins, yes/no items, numbers) have
 * one row strip: their ids cannot be told apart by rank.
 *
 *     struct fw_embedding_space *space;
 *     FW_TRY(fw_embedding_space_create(&space, inputs, n, &options, mem, err));
 *     fw_embedding_space_apply(space, levels, choices);
 *     if (fw_embedding_space_bytes(space, levels) <= budget) ...
 *
 * Immutable once made, then safe to read from many threads. */
#ifndef FW_SPACE_EMBEDDING_SPACE_H
#define FW_SPACE_EMBEDDING_SPACE_H

#include "space/embedding_sizes.h"

/* Row strips that an input may have; column strips are at most FW_STRIPS_MOST. */
#define FW_ROW_STRIPS_MOST 8

/* Where the grid is cut: shares of the ids and of the common width, each above 0; they are scaled to sum to 1. */
struct fw_embedding_grid {
    int32_t n_rows, n_columns;
    double rows[FW_ROW_STRIPS_MOST];
    double columns[FW_STRIPS_MOST];
};

/* The published grid: rows .1 .2 .2 .2 .3, columns 4 x .25. */
void fw_embedding_grid_published(struct fw_embedding_grid *grid);

/* A finer one for small budgets: most of the mass of a power law is in its head, and the first columns are worth most.
 * Rows .01 .03 .06 .2 .3 .4; columns 1/16 1/16 1/8 1/4 1/2. */
void fw_embedding_grid_fine(struct fw_embedding_grid *grid);

struct fw_embedding_space_options {
    int32_t dim;
    struct fw_embedding_grid grid;
    bool multi;     /* ME; else SE */
    bool projected; /* strips are projected to the common width */
};

/* What is to be sized. */
struct fw_sized_input {
    const char *name;      /* copied */
    int64_t n_ids;         /* 1 for a number */
    bool ranked;           /* ids are ordered by popularity, so that the first ones may be kept */
    const int64_t *counts; /* (n_ids) training rows of each id; copied. NULL: unknown */
};

struct fw_space_input {
    char *name;
    int64_t n_ids;
    int32_t n_rows;                    /* S: row strips of this input; those without an id of their own are left out */
    int64_t depth[FW_ROW_STRIPS_MOST]; /* (n_rows) ids of the first s + 1 strips; the last is n_ids */
    double coverage[FW_ROW_STRIPS_MOST]; /* (n_rows) share of the training rows with such an id; NaN: unknown */
    int64_t *counts;                     /* (n_ids), or NULL */
    int32_t first_decision;
};

struct fw_embedding_space {
    int32_t dim;
    bool multi, projected;
    int32_t n_inputs;
    struct fw_space_input *inputs;
    int32_t n_columns;             /* T: the same for all inputs; strips without a column of their own are left out */
    int32_t width[FW_STRIPS_MOST]; /* (n_columns) their sum is dim */
    int32_t n_decisions;           /* SE: n_inputs; ME: n_inputs T */
    struct fw_allocator *mem;
};

/* FW_E_ARG: no inputs, a dim, a number of ids or of strips out of range, shares that are not above 0, a negative count,
 * more bytes than int64 holds; FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_embedding_space_create(struct fw_embedding_space **out, const struct fw_sized_input *inputs,
                                         int32_t n, const struct fw_embedding_space_options *options,
                                         struct fw_allocator *mem, struct fw_error *err);
void fw_embedding_space_destroy(struct fw_embedding_space *space); /* NULL is a no-op */

/* A sizing: (n_inputs x FW_STRIPS_MOST) levels, input by input; those of missing strips are 0. */
typedef uint8_t fw_level;
static inline int64_t fw_embedding_space_levels(const struct fw_embedding_space *space)
{
    return (int64_t)space->n_inputs * FW_STRIPS_MOST;
}

/* The input of a decision, and how many choices it has: S T + 1 or S + 1. Choice 0 is none; SE: choice
 * 1 + (s - 1) T + (t - 1) is the pair (s, t); ME: choice s is level s. */
int32_t fw_embedding_space_input(const struct fw_embedding_space *space, int32_t decision);
int32_t fw_embedding_space_choices(const struct fw_embedding_space *space, int32_t decision);

/* Writes what one choice says into the levels of its input (SE: of all its strips; ME: of one). */
void fw_embedding_space_choose(const struct fw_embedding_space *space, fw_level *levels, int32_t decision,
                               int32_t choice);

/* All decisions; choices: (n_decisions). */
void fw_embedding_space_apply(const struct fw_embedding_space *space, fw_level *levels, const int32_t *choices);

/* The reverse of fw_embedding_space_choose: the choice that leads to these levels; -1 when none does (SE: strips of
 * different levels). */
int32_t fw_embedding_space_choice(const struct fw_embedding_space *space, const fw_level *levels, int32_t decision);

/* Bytes that a choice of a decision costs; the bytes of a sizing are the sum over its decisions. With projections each
 * column strip in use costs width x dim numbers besides its rows. */
int64_t fw_embedding_space_choice_bytes(const struct fw_embedding_space *space, int32_t decision, int32_t choice);
int64_t fw_embedding_space_input_bytes(const struct fw_embedding_space *space, int32_t input, const fw_level *levels);
int64_t fw_embedding_space_bytes(const struct fw_embedding_space *space, const fw_level *levels);

/* All blocks of all inputs without projections (a full table needs none), and the cheapest sizing that keeps every
 * input: its first row strip of one column strip each, the first (SE) or the narrowest (ME), with its projection if the
 * space has them. */
int64_t fw_embedding_space_full_bytes(const struct fw_embedding_space *space);
int64_t fw_embedding_space_least_bytes(const struct fw_embedding_space *space);

/* Everything on. */
void fw_embedding_space_fill(const struct fw_embedding_space *space, fw_level *levels);

/* Depths in ids, (n_inputs x FW_STRIPS_MOST): what the engine wants. 0: none. */
void fw_embedding_space_depths(const struct fw_embedding_space *space, uint32_t *depths, const fw_level *levels);

/* The sizing as sizes for a plan (the caller's). Strips are sorted by depth; without projections neighbours of equal
 * depth become one strip; an input of full ids and width is one strip and has no projection. Inputs without a strip are
 * named all the same. The sizes never cost more bytes than the levels; less only where a full input loses its
 * projections. */
FW_NODISCARD
enum fw_status fw_embedding_space_sizes(struct fw_embedding_sizes **out, const struct fw_embedding_space *space,
                                        const fw_level *levels, struct fw_allocator *mem, struct fw_error *err);

/* Blocks are numbered input by input, row strip by row strip, column strip by column strip:
 * (input x FW_ROW_STRIPS_MOST + row strip) x FW_STRIPS_MOST + column strip. */
static inline int64_t fw_embedding_space_block(int32_t input, int32_t row_strip, int32_t column_strip)
{
    return ((int64_t)input * FW_ROW_STRIPS_MOST + row_strip) * FW_STRIPS_MOST + column_strip;
}
static inline int64_t fw_embedding_space_blocks(const struct fw_embedding_space *space)
{
    return fw_embedding_space_block(space->n_inputs, 0, 0);
}

#endif
