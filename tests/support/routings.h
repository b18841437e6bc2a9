/* Routings whose gates are known, and names that are not kind. */
#ifndef FW_TESTS_SUPPORT_ROUTINGS_H
#define FW_TESTS_SUPPORT_ROUTINGS_H

#include "space/topology.h"

#define ROUTINGS_HOSTILE "<script>alert(1)</script>\"'&\x1b\xff\xe2\x80\xae"

/* All gates at a value; fw_routing_clear frees. A level has n[l] sub-networks of 8 units. */
void routing_make(struct fw_routing *routing, const int32_t *n, int32_t n_levels, int32_t n_tasks, float gate);

/* The gate from sub-network `from` of the boundary's level to `to`, both from 0. */
float *routing_gate(struct fw_routing *routing, int32_t boundary, int32_t to, int32_t from);

/* Two levels of 4 and 3 sub-networks, three tasks. Left are 1, 2, 4 of level 1 and 1, 3 of level 2; task 1 reads both
 * of level 2 and task 2 only its third; nothing reaches task 3. */
void routing_make_small(struct fw_routing *routing);

#endif
