/* A network of its own for each task, embeddings included: nothing is shared. What joint learning is measured against.
 */
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

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    int32_t n_tasks = b->config->n_tasks;
    fw_node bottoms[FW_TASKS_MOST];
    for (int32_t t = 0; t < n_tasks; t++) {
        char name[32];
        snprintf(name, sizeof name, "embedding.%d", t + 1);
        fw_node x = fw_network_input(b, name);
        snprintf(name, sizeof name, "bottom.%d", t + 1);
        struct fw_multitask_layer bottom = {.from = 1, .n = 1, .name = name};
        bottoms[t] = fw_multitask_layers(b, x, &bottom);
    }
    return fw_multitask_finish(b, fw_multitask_join(b, bottoms, n_tasks), n_tasks, err);
}

const struct fw_model_vtable fw_model_single_task = {
    FW_NETWORK_TASK_SLOTS,       .name = "single_task", .summary = "a network each task that shares nothing",
    .labels = FW_LABELS_SEVERAL, .params = params,      .build = build,
};
