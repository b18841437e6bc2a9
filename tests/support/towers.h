/* Two-tower models for tests. */
#ifndef FW_TESTS_SUPPORT_TOWERS_H
#define FW_TESTS_SUPPORT_TOWERS_H

#include "models/retrieval/two_tower.h"

enum { TOWERS_DEPTHS = FW_TOWER_INPUTS * FW_STRIPS_MOST };

/* Options for data of tests: small batches, one thread. */
struct fw_tower_options towers_options(void);

/* Sizes in which each input has strips of these widths with all its ids, or with depths (FW_TOWER_INPUTS x
 * FW_STRIPS_MOST; NULL: all) of them; strips of depth 0 are left out. The caller destroys them. */
struct fw_embedding_sizes *towers_sizes(const struct fw_interactions *data, int32_t dim, const int32_t *widths,
                                        int32_t n_strips, bool projected, const uint32_t *depths);

/* A model of such sizes with its first weights. */
struct fw_two_tower *towers_create(const struct fw_interactions *data, int32_t dim, const int32_t *widths,
                                   int32_t n_strips, bool projected, const struct fw_tower_options *options);

/* Gives every weight a value of its own: N(0, spread^2). */
void towers_scatter(struct fw_two_tower *model, double spread, uint64_t seed);

/* Steps [first, first + n) of training on these depths. */
void towers_train(struct fw_two_tower *model, const struct fw_interactions *data, const uint32_t *depths, int64_t first,
                  int64_t n);

#endif
