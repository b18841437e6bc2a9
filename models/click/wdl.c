/* Wide & Deep (Cheng et al. 2016): a linear part, which holds the crosses of a plan, and a perceptron, trained jointly.
 * With linear=learned the linear part is trained by FTRL beside the perceptron's optimiser, as in the paper. */
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
    fw_node wide = fw_network_linear(b);
    if (wide == FW_NO_NODE)
        return fw_error_set(err, FW_E_ARG, "wdl has a wide part: linear is newton or learned; without one use dnn");
    fw_node parts[] = {wide, fw_network_output(b, h, "out")};
    return fw_network_finish(b, parts, 2, err);
}

const struct fw_model_vtable fw_model_wdl = {
    FW_NETWORK_SLOTS, .name = "wdl",  .summary = "wide linear part with the crosses, deep perceptron",
    .params = params, .build = build,
};
