/* How large each embedding is: what a search of sizes chooses, a plan holds and a model is built from.
 *
 * An input (a field, or a numeric column that is read as a number) has strips of columns. A strip has a table of its
 * own: a row for each of the first `ids` ids (ids are ordered by popularity) and `width` numbers a row. One strip is a
 * single-size embedding; several of falling depth are a multi-size embedding (NIS, section 1): popular ids are wide,
 * rare ones narrow. Ids behind the deepest strip share row 0, that of unknown values; ids behind a strip that are in a
 * deeper one get nothing from it.
 *
 * All inputs have the common width `dim`. Without projections the strips stand side by side in it, zeros behind; with
 * them each strip is mapped to it by a learned (width, dim) matrix and the results are added (NIS, section 2).
 *
 * Bytes are those of the numbers in a model file: tables and projections. */
#ifndef FW_SPACE_EMBEDDING_SIZES_H
#define FW_SPACE_EMBEDDING_SIZES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"

/* Strips that an input may have. */
#define FW_STRIPS_MOST 8

/* Widest common width. */
#define FW_EMBEDDING_DIM_MOST 1024

/* Most ids of an input: ids are 32 bits wide. */
#define FW_EMBEDDING_IDS_MOST ((int64_t)UINT32_MAX)

struct fw_strip {
    int64_t ids;   /* at least 1, at most FW_EMBEDDING_IDS_MOST */
    int32_t width; /* at least 1 */
};

struct fw_embedding_size {
    char *input;      /* "occupation", "age@20", "age" (as a number), "age@20 x job"; owned by the list */
    int32_t n_strips; /* 0: the input is dropped, it has no embedding */
    struct fw_strip
        strips[FW_STRIPS_MOST]; /* none deeper than the one before; widths sum to at most the common width */
    bool projected;
};

struct fw_embedding_sizes {
    int32_t dim; /* common width */
    int32_t n;
    struct fw_embedding_size *items; /* (n) inputs that are not named are dropped */
    struct fw_allocator *mem;
};

/* A list of n inputs without names or strips yet, the caller's. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_embedding_sizes_create(struct fw_embedding_sizes **out, int32_t dim, int32_t n,
                                         struct fw_allocator *mem, struct fw_error *err);
void fw_embedding_sizes_destroy(struct fw_embedding_sizes *sizes); /* NULL is a no-op */

/* Names input i (copied). */
FW_NODISCARD
enum fw_status fw_embedding_sizes_name(struct fw_embedding_sizes *sizes, int32_t i, const char *input,
                                       struct fw_error *err);

/* A deep copy. */
FW_NODISCARD
enum fw_status fw_embedding_sizes_copy(struct fw_embedding_sizes **out, const struct fw_embedding_sizes *from,
                                       struct fw_allocator *mem, struct fw_error *err);

/* The size of an input by name; NULL: not named. */
const struct fw_embedding_size *fw_embedding_sizes_find(const struct fw_embedding_sizes *sizes, const char *input);

/* Bytes in a model file: 4 (sum of ids x width, and with projections of width x dim). Sizes that pass
 * fw_embedding_sizes_check do not overflow. */
int64_t fw_embedding_size_bytes(const struct fw_embedding_size *size, int32_t dim);
int64_t fw_embedding_sizes_bytes(const struct fw_embedding_sizes *sizes);

/* Sum of the strips' widths, and the depth of the deepest: what a popular id gets, how many ids have a row. */
int32_t fw_embedding_size_width(const struct fw_embedding_size *size);
int64_t fw_embedding_size_ids(const struct fw_embedding_size *size);

/* FW_E_ARG naming the input whose strips are not as the struct says: too many, out of order, too wide, or the common
 * width out of range; an input without a name or two of the same; more bytes than int64 holds. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_embedding_sizes_check(const struct fw_embedding_sizes *sizes, struct fw_error *err);

#endif
