/* OMoE (Ma et al. 2018): experts mixed by one gate for all tasks, y_t = h_t(sum_i g(x)_i f_i(x)). */
#include "models/multitask/multitask.h"
#include "models/registry.h"

static const struct fw_param_spec params[] = {
    FW_EMBEDDING_PARAMS(8, 0.1),  FW_MULTITASK_EXPERTS_PARAM(8), FW_MULTITASK_LAYERS_PARAM(1),
    FW_MULTITASK_UNITS_PARAM(16), FW_MULTITASK_PARAMS,           {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    int32_t experts = fw_network_int(b, "experts");
    int32_t units = fw_network_int(b, "units");
    struct fw_multitask_layer layer = {.from = 1, .n = experts, .name = "experts"};
    struct fw_blocks blocks = {.from = experts, .in = units, .to = 1, .out = units};
    fw_node x = fw_network_input(b, "embedding");
    fw_node f = fw_multitask_layers(b, x, &layer);
    fw_node gate = fw_multitask_equal_gates(b, x, experts, 1, "gates");
    return fw_multitask_finish(b, fw_op_mixture(b->graph, gate, f, &blocks), 1, err);
}

const struct fw_model_vtable fw_model_omoe = {
    FW_NETWORK_TASK_SLOTS,       .name = "omoe",   .summary = "several tasks on experts that one gate mixes for all",
    .labels = FW_LABELS_SEVERAL, .params = params, .build = build,
};
