/* L2-Constrained (a baseline of Ma et al. 2018): a bottom for each task on one input; closeness times the sum over
 * pairs of tasks of the squared distance of their bottoms' weights is added to the loss. */
#include "models/multitask/multitask.h"
#include "models/registry.h"

static const struct fw_param_spec params[] = {
    {.name = "closeness",
     .min = 0,
     .max = 1e6,
     .fallback = 1e-3,
     .low = 1e-5,
     .high = 0.1,
     .log_scale = true,
     .doc = "strength of the squared distances between the tasks' bottoms"},
    FW_EMBEDDING_PARAMS(8, 0.1),
    FW_MULTITASK_LAYERS_PARAM(1),
    FW_MULTITASK_UNITS_PARAM(64),
    FW_MULTITASK_PARAMS,
    {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    int32_t n_tasks = b->config->n_tasks;
    struct fw_multitask_layer bottoms = {.from = 1,
                                         .n = n_tasks,
                                         .closeness = fw_network_get(b, "closeness"),
                                         .name = "bottom"};
    fw_node x = fw_network_input(b, "embedding");
    return fw_multitask_finish(b, fw_multitask_layers(b, x, &bottoms), n_tasks, err);
}

const struct fw_model_vtable fw_model_l2_constrained = {
    FW_NETWORK_TASK_SLOTS,       .name = "l2_constrained", .summary = "a network each task, held close to each other",
    .labels = FW_LABELS_SEVERAL, .params = params,         .build = build,
};
