/* Sizes of embeddings of every kind, for tests of networks that are built with them. */
#ifndef FW_TESTS_SUPPORT_MIXED_SIZES_H
#define FW_TESTS_SUPPORT_MIXED_SIZES_H

#include "space/dataset.h"
#include "space/embedding_sizes.h"

/* Kinds that inputs take in turn, fields first and then values. */
enum mixed_size { MIXED_ONE_STRIP, MIXED_TWO_STRIPS, MIXED_PROJECTED, MIXED_DROPPED, MIXED_KINDS };

/* Sizes for all inputs of a data set: input i has kind (first + i) % MIXED_KINDS. Strips are shallower than the field
 * where it has more than one id. dim is at least 3. The caller destroys them. */
struct fw_embedding_sizes *mixed_sizes(const struct fw_dataset *dataset, int32_t dim, int32_t first);

#endif
