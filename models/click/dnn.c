/* Embeddings into a multi-layer perceptron. With linear=none it is the plain network of the papers. */
#include "models/network.h"
#include "models/registry.h"

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
    fw_node h = fw_network_hidden(b, x, "deep");
    fw_node parts[] = {fw_network_linear(b), fw_network_output(b, h, "out")};
    return fw_network_finish(b, parts, 2, err);
}

const struct fw_model_vtable fw_model_dnn = {
    FW_NETWORK_SLOTS, .name = "dnn",  .summary = "embeddings into a multi-layer perceptron",
    .params = params, .build = build,
};
