/* Gradients of a graph against finite differences, in the build with double precision.
 *
 * Each weight array is checked in single numbers (all of a small array, some of a large one) and along random
 * directions over the whole array. Differences are of the fourth order, so that a step of 1e-4 leaves errors near
 * 1e-9. Where they disagree with the gradient, shorter steps are tried; what still disagrees, and has different slopes
 * to both sides, is a kink of a ReLU and counted. */
#ifndef FW_TESTS_SUPPORT_DOUBLE_GRADIENTS_H
#define FW_TESTS_SUPPORT_DOUBLE_GRADIENTS_H

#include "models/engine/graph.h"

#define GRADIENTS_TOLERANCE 1e-6

struct gradients_tally {
    int64_t checked; /* numbers and directions */
    int64_t kinks;   /* of them: left out */
};

/* Fails the test, saying `what`, at the first gradient that is wrong. Each array is checked in at most `most` single
 * numbers. The graph is allocated; its weights are as before afterwards. */
struct gradients_tally gradients_check(struct fw_graph *graph, const struct fw_dataset_view *rows, int64_t most,
                                       const char *what);

#endif
