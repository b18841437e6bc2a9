/* Field-weighted factorisation machine (Pan et al. 2018): each pair of fields has a learned strength r. The linear part
 * is the paper's LW. */
#include "models/network.h"
#include "models/registry.h"

static const struct fw_param_spec params[] = {
    FW_EMBEDDING_PARAMS(8, 0.05),
    FW_NETWORK_PARAMS(0.001, 1e-5),
    FW_TRAINER_PARAMS(256, 30, 3),
    {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    struct fw_dense_options strength = {.no_bias = true};
    FW_TRY(fw_network_check_pairs(b, "fwfm", 1, err));
    fw_node x = fw_network_embedding(b, "embedding");
    fw_node pairs = fw_op_inner_products(b->graph, x, b->n_inputs);
    fw_node parts[] = {fw_network_linear(b), fw_op_dense(b->graph, pairs, 1, &strength, "strength")};
    return fw_network_finish(b, parts, 2, err);
}

const struct fw_model_vtable fw_model_fwfm = {
    FW_NETWORK_SLOTS,
    .name = "fwfm",
    .summary = "field-weighted factorisation machine: a learned strength for each pair of fields",
    .params = params,
    .build = build,
};
