/* What models of several tasks share: their settings, layers of sub-networks side by side, softmax gates, and the
 * towers that all end in.
 *
 * Sub-networks of a level are blocks of one wide node, so that all experts of a level, or all towers, are one matrix
 * product. There is no linear part.
 *
 *     static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
 *     {
 *         fw_node x = fw_network_input(b, "embedding");
 *         fw_node h = fw_multitask_layers(b, x, &(struct fw_multitask_layer){.from = 1, .n = 1, .name = "bottom"});
 *         return fw_multitask_finish(b, h, 1, err);
 *     } */
#ifndef FW_MODELS_MULTITASK_MULTITASK_H
#define FW_MODELS_MULTITASK_MULTITASK_H

#include "models/network.h"

/* Which blocks are connected when block i reads block i alone: (n, n), kept by the graph; NULL when n is 1 (all) or
 * after a refused allocation. */
const bool *fw_multitask_diagonal(struct fw_graph *graph, int32_t n);

/* A layer of n sub-networks with ReLU, and dropout as set: (B, n units). Of `from` blocks in x each reads its own
 * (from = n), or all of them read the whole x (from = 1). closeness: of fw_op_blocks. */
struct fw_multitask_layer {
    int32_t from, n, units;
    double closeness;
    const char *name;
};
fw_node fw_multitask_layer(struct fw_network_builder *b, fw_node x, const struct fw_multitask_layer *layer);

/* "layers" of them, "units" wide, named "<name>.1", ...; the first reads x as the description says. */
fw_node fw_multitask_layers(struct fw_network_builder *b, fw_node x, const struct fw_multitask_layer *layer);

/* Gates: runs of these sizes, softmax of numbers that are linear in x without bias (Ma et al. 2018): (B, their sum). */
fw_node fw_multitask_gates(struct fw_network_builder *b, fw_node x, const int32_t *sizes, int32_t n, const char *name);

/* The same for n gates of one size. */
fw_node fw_multitask_equal_gates(struct fw_network_builder *b, fw_node x, int32_t size, int32_t n, const char *name);

/* (B, sum of widths) of any number of nodes. */
fw_node fw_multitask_join(struct fw_network_builder *b, const fw_node *nodes, int32_t n);

/* FW_E_ARG when this many sub-networks of "units" are more numbers than a row of activations may have. */
FW_NODISCARD
enum fw_status fw_multitask_check(const struct fw_network_builder *b, int64_t n, struct fw_error *err);

/* Ends a build: a tower of "tower" units with ReLU and dropout for each task (0: none), then its output. x: a block a
 * task (from = tasks), or one that all read (from = 1). */
FW_NODISCARD
enum fw_status fw_multitask_finish(struct fw_network_builder *b, fw_node x, int32_t from, struct fw_error *err);

/* Rows of settings: of the sub-networks' layers, and those that all models have. */
#define FW_MULTITASK_UNITS_PARAM(units_value)                                                                          \
    {                                                                                                                  \
        .name = "units", .min = 1, .max = 8192, .fallback = (units_value), .low = 8, .high = 512, .log_scale = true,   \
        .integer = true, .doc = "units of a layer of a sub-network"                                                    \
    }

#define FW_MULTITASK_LAYERS_PARAM(layers_value)                                                                        \
    {                                                                                                                  \
        .name = "layers", .min = 1, .max = 16, .fallback = (layers_value), .low = 1, .high = 3, .integer = true,       \
        .doc = "layers of a sub-network"                                                                               \
    }

#define FW_MULTITASK_EXPERTS_PARAM(experts_value)                                                                      \
    {                                                                                                                  \
        .name = "experts", .min = 1, .max = 256, .fallback = (experts_value), .low = 2, .high = 16, .log_scale = true, \
        .integer = true, .doc = "sub-networks that are mixed"                                                          \
    }

#define FW_MULTITASK_LEVELS_PARAM(levels_value)                                                                        \
    {                                                                                                                  \
        .name = "levels", .min = 1, .max = 8, .fallback = (levels_value), .low = 1, .high = 3, .integer = true,        \
        .doc = "levels of sub-networks, one after the other"                                                           \
    }

#define FW_MULTITASK_TOWER_PARAM                                                                                       \
    {                                                                                                                  \
        .name = "tower", .min = 0, .max = 8192, .fallback = 16, .low = 8, .high = 128, .log_scale = true,              \
        .integer = true, .doc = "units of a task's own last hidden layer; 0: there is none"                            \
    }

#define FW_MULTITASK_PARAMS FW_MULTITASK_TOWER_PARAM, FW_MULTITASK_COMMON_PARAMS

/* Without the towers, for a network whose shape is given. */
#define FW_MULTITASK_COMMON_PARAMS                                                                                     \
    {.name = "dropout",                                                                                                \
     .min = 0,                                                                                                         \
     .max = 0.95,                                                                                                      \
     .fallback = 0,                                                                                                    \
     .low = 0,                                                                                                         \
     .high = 0.5,                                                                                                      \
     .doc = "share of a hidden layer's outputs that a step drops"},                                                    \
        {.name = "numeric",                                                                                            \
         .choices = fw_network_numeric_raw,                                                                            \
         .fallback = FW_NUMERIC_BOTH,                                                                                  \
         .low = FW_NUMERIC_BINS,                                                                                       \
         .high = FW_NUMERIC_RAW,                                                                                       \
         .doc = "numeric columns get an embedding by bin, as scaled number times a vector, both, or enter as they "    \
                "are"},                                                                                                \
        {.name = "crosses",                                                                                            \
         .choices = fw_network_crosses,                                                                                \
         .fallback = FW_CROSSES_DEEP,                                                                                  \
         .doc = "deep: a plan's crosses get embeddings; wide: they are left out, for there is no linear part"},        \
        FW_NETWORK_OPTIMISER_PARAMS(0.001, 1e-5), FW_TRAINER_PARAMS(256, 30, 3)

#endif
