/* What the two halves of graph.h share: graph.c builds and allocates, graph_run.c runs. */
#ifndef FW_MODELS_ENGINE_GRAPH_RUN_H
#define FW_MODELS_ENGINE_GRAPH_RUN_H

#include "models/engine/graph.h"

/* Lists the pieces of work on gradients, the largest first. */
void fw_graph_list_units(struct fw_graph *graph);

/* Bytes of a thread's scratch while learning, a multiple of a cache line. */
size_t fw_graph_scratch_stride(const struct fw_graph *graph);

#endif
