/* Random spaces of embedding sizes, for tests of what chooses in them. */
#ifndef FW_TESTS_SUPPORT_SIZING_SPACES_H
#define FW_TESTS_SUPPORT_SIZING_SPACES_H

#include "core/rng.h"
#include "space/embedding_space.h"

enum { sizing_spaces_most_inputs = 6, sizing_spaces_most_ids = 60 };

/* A space of 1 to 6 inputs of 1 to 60 ids, ranked or not, with falling counts or none, in a random grid. The caller
 * destroys it. */
struct fw_embedding_space *sizing_spaces_random(struct fw_rng *rng, bool multi, bool projected);

/* A number of bytes from a little below nothing to a little above the full tables, small ones as likely as large. */
int64_t sizing_spaces_budget(struct fw_rng *rng, const struct fw_embedding_space *space);

#endif
