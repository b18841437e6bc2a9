/* Deep Crossing (Shan et al. 2016): residual units of two dense layers, y = relu(x + W1 relu(W0 x + b0) + b1), over the
 * stacked embeddings. `layers` counts the units, `units` is their inner width. */
#include <stdio.h>

#include "models/network.h"
#include "models/registry.h"

static fw_node residual_unit(struct fw_network_builder *b, fw_node x, int32_t width, const char *name)
{
    struct fw_dense_options inner = {.activation = FW_ACT_RELU};
    struct fw_dense_options outer = {.activation = FW_ACT_NONE};
    fw_node h = fw_op_dense(b->graph, x, fw_network_int(b, "units"), &inner, fw_graph_name(b->graph, name, "inner"));
    h = fw_op_dense(b->graph, h, width, &outer, fw_graph_name(b->graph, name, "outer"));
    fw_node both[] = {x, h};
    h = fw_op_add(b->graph, both, 2);
    if (fw_network_int(b, "batch_norm") != 0)
        h = fw_op_batch_norm(b->graph, h, fw_graph_name(b->graph, name, "norm"));
    return fw_op_dropout(b->graph, fw_op_activation(b->graph, h, FW_ACT_RELU), fw_network_get(b, "dropout"));
}

static const struct fw_param_spec params[] = {
    FW_EMBEDDING_PARAMS(8, 0.1),
    FW_HIDDEN_PARAMS(2, 128, 0.2),
    FW_NETWORK_PARAMS(0.001, 1e-5),
    FW_TRAINER_PARAMS(256, 30, 3),
    {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    fw_node x = fw_network_embedding(b, "embedding");
    int32_t width = fw_graph_width(b->graph, x);
    for (int32_t l = 1; l <= fw_network_int(b, "layers"); l++) {
        char name[32];
        snprintf(name, sizeof name, "unit.%d", l);
        x = residual_unit(b, x, width, name);
    }
    fw_node parts[] = {fw_network_linear(b), fw_network_output(b, x, "out")};
    return fw_network_finish(b, parts, 2, err);
}

const struct fw_model_vtable fw_model_deepcrossing = {
    FW_NETWORK_SLOTS, .name = "deepcrossing", .summary = "residual units over the stacked embeddings",
    .params = params, .build = build,
};
