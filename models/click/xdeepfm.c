/* xDeepFM (Lian et al. 2018): linear part, compressed interaction network and perceptron over the same embeddings. Maps
 * of the interaction network are linear, as in the paper. */
#include <stdio.h>

#include "models/network.h"
#include "models/registry.h"

static const struct fw_param_spec params[] = {
    {.name = "cin_layers",
     .min = 1,
     .max = 8,
     .fallback = 2,
     .low = 1,
     .high = 3,
     .integer = true,
     .doc = "layers of the interaction network"},
    {.name = "maps",
     .min = 1,
     .max = 1024,
     .fallback = 16,
     .low = 8,
     .high = 128,
     .log_scale = true,
     .integer = true,
     .doc = "feature maps of each of them"},
    FW_EMBEDDING_PARAMS(8, 0.1),
    FW_HIDDEN_PARAMS(2, 128, 0.2),
    FW_NETWORK_PARAMS(0.001, 1e-5),
    FW_TRAINER_PARAMS(256, 30, 3),
    {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    int32_t dim = fw_network_int(b, "dim");
    int32_t layers = fw_network_int(b, "cin_layers");
    fw_node pooled[8];
    fw_node x0 = fw_network_embedding(b, "embedding");
    fw_node x = x0;
    for (int32_t l = 0; l < layers; l++) {
        char name[32];
        snprintf(name, sizeof name, "cin.%d", l + 1);
        x = fw_op_cin(b->graph, x, x0, dim, fw_network_int(b, "maps"), name);
        pooled[l] = fw_op_pool(b->graph, x, dim);
    }
    fw_node both[] = {fw_op_concat(b->graph, pooled, layers), fw_network_hidden(b, x0, "deep")};
    fw_node h = fw_op_concat(b->graph, both, fw_network_int(b, "layers") > 0 ? 2 : 1);
    fw_node parts[] = {fw_network_linear(b), fw_network_output(b, h, "out")};
    return fw_network_finish(b, parts, 2, err);
}

const struct fw_model_vtable fw_model_xdeepfm = {
    FW_NETWORK_SLOTS,
    .name = "xdeepfm",
    .summary = "compressed interaction network and perceptron over the same embeddings",
    .params = params,
    .build = build,
};
