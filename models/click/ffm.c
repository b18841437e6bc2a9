/* Field-aware factorisation machine (Juan et al. 2016): an id has a vector for each other field. Beside the paper's
 * pairs it has the linear part that later implementations add. */
#include "models/network.h"
#include "models/registry.h"

static const struct fw_param_spec params[] = {
    FW_EMBEDDING_PARAMS(4, 0.05),
    FW_NETWORK_PARAMS(0.001, 1e-5),
    FW_TRAINER_PARAMS(256, 30, 3),
    {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    FW_TRY(fw_network_check_pairs(b, "ffm", fw_network_int(b, "dim"), err));
    int32_t width = fw_network_int(b, "dim") * (b->n_inputs - 1);
    fw_node x = fw_op_embedding(b->graph, &b->inputs, width, fw_network_get(b, "init"), "embedding");
    fw_node parts[] = {fw_network_linear(b), fw_op_ffm(b->graph, x, b->n_inputs)};
    return fw_network_finish(b, parts, 2, err);
}

const struct fw_model_vtable fw_model_ffm = {
    FW_NETWORK_SLOTS, .name = "ffm",  .summary = "field-aware factorisation machine: a vector for each other field",
    .params = params, .build = build,
};
