/* Private to the sources of sub-network routing: what crosses a boundary, with and without closed connections. */
#ifndef FW_MODELS_MULTITASK_SNR_PARTS_H
#define FW_MODELS_MULTITASK_SNR_PARTS_H

#include "models/engine/ops.h"
#include "space/topology.h"

/* Across a boundary; sub-networks that are not live have no place among the blocks. */
struct fw_snr_boundary {
    struct fw_blocks blocks; /* in and out: units of what is read and of what reads; `connected` is the caller's */
    int32_t to[FW_SUBNETWORKS_MOST], from[FW_SUBNETWORKS_MOST]; /* of the topology: which each block is */
};

/* connected and gates: room for all pairs of the boundary; gates (may be NULL) of the connections, block by block.
 * routing NULL: everything is there. */
void fw_snr_boundary(struct fw_snr_boundary *out, bool *connected, float *gates, const struct fw_topology *topology,
                     const struct fw_routing *routing, int32_t boundary);

/* Sub-networks of a level that are there. */
int32_t fw_snr_level(const struct fw_topology *topology, const struct fw_routing *routing, int32_t level);

/* Stem of the names of weights: "level2", ..., "towers". */
const char *fw_snr_stem(char out[32], const struct fw_topology *topology, int32_t boundary);

#endif
