/* MMoE (Ma et al. 2018): experts that all tasks share, mixed for each task by a gate of its own,
 * y_t = h_t(sum_i g_t(x)_i f_i(x)), g_t(x) = softmax(W_t x). */
#include "models/multitask/multitask.h"
#include "models/registry.h"

static const struct fw_param_spec params[] = {
    FW_EMBEDDING_PARAMS(8, 0.1),  FW_MULTITASK_EXPERTS_PARAM(8), FW_MULTITASK_LAYERS_PARAM(1),
    FW_MULTITASK_UNITS_PARAM(16), FW_MULTITASK_PARAMS,           {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    int32_t n_tasks = b->config->n_tasks;
    int32_t experts = fw_network_int(b, "experts");
    int32_t units = fw_network_int(b, "units");
    struct fw_multitask_layer layer = {.from = 1, .n = experts, .name = "experts"};
    struct fw_blocks blocks = {.from = experts, .in = units, .to = n_tasks, .out = units};
    fw_node x = fw_network_input(b, "embedding");
    fw_node f = fw_multitask_layers(b, x, &layer);
    fw_node gates = fw_multitask_equal_gates(b, x, experts, n_tasks, "gates");
    return fw_multitask_finish(b, fw_op_mixture(b->graph, gates, f, &blocks), n_tasks, err);
}

const struct fw_model_vtable fw_model_mmoe = {
    FW_NETWORK_TASK_SLOTS,
    .name = "mmoe",
    .summary = "several tasks on shared experts, with a gate and a tower each",
    .labels = FW_LABELS_SEVERAL,
    .params = params,
    .build = build,
};
