/* Interactions for tests: from text in one call, and walks of users over items in which the last item says the next. */
#ifndef FW_TESTS_SUPPORT_WALKS_H
#define FW_TESTS_SUPPORT_WALKS_H

#include "space/interactions.h"

/* From text with the header "user,item" or "user,item,time", which must be good. The caller destroys them. */
struct fw_interactions *interactions_of(const char *text, int64_t min_user, int64_t min_item);

struct walks {
    int64_t n_users, n_items, length;
    double follow; /* probability that the next item is the successor of the last one; else it is drawn by popularity */
    uint64_t seed;
};

/* A Markov chain: item i is followed by one successor, a random permutation; other items are drawn with falling
 * probability, so that some are popular. */
struct fw_interactions *walks_create(const struct walks *walks);

#endif
