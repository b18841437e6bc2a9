/* Deep & Cross Network (Wang et al. 2017): cross layers and a perceptron side by side over the same input. */
#include <stdio.h>

#include "models/network.h"
#include "models/registry.h"

static const struct fw_param_spec params[] = {
    {.name = "cross_layers",
     .min = 1,
     .max = 16,
     .fallback = 2,
     .low = 1,
     .high = 4,
     .integer = true,
     .doc = "cross layers"},
    FW_EMBEDDING_PARAMS(8, 0.1),
    FW_HIDDEN_PARAMS(2, 128, 0.2),
    FW_NETWORK_PARAMS(0.001, 1e-5),
    FW_TRAINER_PARAMS(256, 30, 3),
    {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    fw_node x0 = fw_network_embedding(b, "embedding");
    fw_node x = x0;
    for (int32_t l = 1; l <= fw_network_int(b, "cross_layers"); l++) {
        char name[32];
        snprintf(name, sizeof name, "cross.%d", l);
        x = fw_op_cross(b->graph, x0, x, name);
    }
    fw_node both[] = {x, fw_network_hidden(b, x0, "deep")};
    fw_node h = fw_op_concat(b->graph, both, fw_network_int(b, "layers") > 0 ? 2 : 1);
    fw_node parts[] = {fw_network_linear(b), fw_network_output(b, h, "out")};
    return fw_network_finish(b, parts, 2, err);
}

const struct fw_model_vtable fw_model_dcn = {
    FW_NETWORK_SLOTS, .name = "dcn", .summary = "cross layers beside a perceptron", .params = params, .build = build,
};
