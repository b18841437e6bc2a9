/* Factorisation machine (Rendle 2010): linear part plus the inner products of all pairs of embeddings. */
#include "models/network.h"
#include "models/registry.h"

static const struct fw_param_spec params[] = {
    FW_EMBEDDING_PARAMS(8, 0.01),
    FW_NETWORK_PARAMS(0.001, 1e-5),
    FW_TRAINER_PARAMS(256, 30, 3),
    {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    fw_node x = fw_network_embedding(b, "embedding");
    fw_node parts[] = {fw_network_linear(b), fw_op_fm(b->graph, x, b->n_inputs)};
    return fw_network_finish(b, parts, 2, err);
}

const struct fw_model_vtable fw_model_fm = {
    FW_NETWORK_SLOTS,
    .name = "fm",
    .summary = "factorisation machine: linear part and the inner products of all pairs",
    .params = params,
    .build = build,
};
