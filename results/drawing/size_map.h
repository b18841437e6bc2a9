/* Which ids of each input have an embedding and how wide: a table with a picture of blocks a line, for pages (html.h).
 * Across, the ids from the commonest to the rarest; down, the dimensions; what is kept is filled. */
#ifndef FW_RESULTS_SIZE_MAP_H
#define FW_RESULTS_SIZE_MAP_H

#include "core/text.h"
#include "space/embedding_sizes.h"

/* Cuts between rows that a search may choose depths from. */
#define FW_SIZE_MAP_CUTS 64

/* What is known about an input beside its size. */
struct fw_size_map_input {
    const struct fw_embedding_size *size; /* borrowed */
    int64_t n_ids;                        /* of the input; at least those that are kept */
    const int64_t *depths;                /* (n_depths) ids at the ends of its blocks, rising; may be NULL */
    int32_t n_depths;                     /* at most FW_SIZE_MAP_CUTS */
    double coverage;                      /* share of the training rows whose id is kept; NaN: not known */
    int64_t bytes;                        /* this and what follows is set by fw_size_map_add */
    int32_t place;
};

/* Appends the table, the largest inputs first, those without an embedding in a sentence below it. inputs: (n), is
 * reordered; dim: the common width of the sizes. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_size_map_add(struct fw_buffer *out, struct fw_size_map_input *inputs, int32_t n, int32_t dim,
                               struct fw_error *err);

/* "8", "16 to id 120, 8 beyond", "dropped": the widths of popular ids and of the rest. */
void fw_size_widths_add(struct fw_buffer *out, const struct fw_embedding_size *size);

#endif
