/* Shared-Bottom (Caruana 1997): one network for all tasks, y_t = h_t(f(x)). */
#include "models/multitask/multitask.h"
#include "models/registry.h"

static const struct fw_param_spec params[] = {
    FW_EMBEDDING_PARAMS(8, 0.1),
    FW_MULTITASK_LAYERS_PARAM(1),
    FW_MULTITASK_UNITS_PARAM(128),
    FW_MULTITASK_PARAMS,
    {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    struct fw_multitask_layer bottom = {.from = 1, .n = 1, .name = "bottom"};
    fw_node x = fw_network_input(b, "embedding");
    return fw_multitask_finish(b, fw_multitask_layers(b, x, &bottom), 1, err);
}

const struct fw_model_vtable fw_model_shared_bottom = {
    FW_NETWORK_TASK_SLOTS,       .name = "shared_bottom", .summary = "several tasks on one network, with a tower each",
    .labels = FW_LABELS_SEVERAL, .params = params,        .build = build,
};
