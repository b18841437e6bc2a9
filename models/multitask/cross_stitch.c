/* Cross-Stitch (Misra et al. 2016): a bottom for each task on one input; after each layer the tasks' outputs are mixed
 * by a learned matrix (T, T) of scalars. It starts near the identity: a task takes 0.9 of its own and shares 0.1 evenly
 * among the others. */
#include <stdio.h>

#include "models/multitask/multitask.h"
#include "models/registry.h"

static const struct fw_param_spec params[] = {
    FW_EMBEDDING_PARAMS(8, 0.1),
    FW_MULTITASK_LAYERS_PARAM(1),
    FW_MULTITASK_UNITS_PARAM(64),
    FW_MULTITASK_PARAMS,
    {.name = NULL},
};

static const float own_share = 0.9f;

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    int32_t n_tasks = b->config->n_tasks;
    int32_t units = fw_network_int(b, "units");
    struct fw_multitask_layer bottoms = {.from = 1, .n = n_tasks, .units = units};
    struct fw_blocks blocks = {.from = n_tasks, .in = units, .to = n_tasks, .out = units};
    float first[FW_TASKS_MOST * FW_TASKS_MOST];
    for (int32_t i = 0; i < n_tasks * n_tasks; i++)
        first[i] = i % (n_tasks + 1) == 0 ? own_share : (1 - own_share) / (float)(n_tasks - 1);
    fw_node x = fw_network_input(b, "embedding");
    for (int32_t l = 1; l <= fw_network_int(b, "layers"); l++) {
        char name[32];
        snprintf(name, sizeof name, "bottom.%d", l);
        bottoms.name = name;
        x = fw_multitask_layer(b, x, &bottoms);
        snprintf(name, sizeof name, "stitch.%d", l);
        x = fw_op_combine(b->graph, x, &blocks, first, name);
        bottoms.from = n_tasks;
    }
    return fw_multitask_finish(b, x, n_tasks, err);
}

const struct fw_model_vtable fw_model_cross_stitch = {
    FW_NETWORK_TASK_SLOTS,
    .name = "cross_stitch",
    .summary = "a network each task, layers mixed by learned scalars",
    .labels = FW_LABELS_SEVERAL,
    .params = params,
    .build = build,
};
