/* ML-MMoE (the baseline of Ma et al. 2019): MMoE of several levels. Each sub-network of a higher level is a task of the
 * level below, with a gate of its own over it; every gate reads the model's input. */
#include <stdio.h>

#include "models/multitask/multitask.h"
#include "models/registry.h"

static const struct fw_param_spec params[] = {
    FW_EMBEDDING_PARAMS(8, 0.1),  FW_MULTITASK_LEVELS_PARAM(2), FW_MULTITASK_EXPERTS_PARAM(8),
    FW_MULTITASK_UNITS_PARAM(16), FW_MULTITASK_PARAMS,          {.name = NULL},
};

/* n mixtures of the sub-networks of f, by gates on x. */
static fw_node mix(struct fw_network_builder *b, fw_node x, fw_node f, int32_t n, const char *name)
{
    int32_t experts = fw_network_int(b, "experts");
    int32_t units = fw_network_int(b, "units");
    struct fw_blocks blocks = {.from = experts, .in = units, .to = n, .out = units};
    return fw_op_mixture(b->graph, fw_multitask_equal_gates(b, x, experts, n, name), f, &blocks);
}

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    int32_t n_tasks = b->config->n_tasks;
    int32_t experts = fw_network_int(b, "experts");
    struct fw_multitask_layer layer = {.from = 1, .n = experts, .units = fw_network_int(b, "units")};
    fw_node x = fw_network_input(b, "embedding");
    fw_node f = x;
    for (int32_t l = 1; l <= fw_network_int(b, "levels"); l++) {
        char name[32];
        if (l > 1) {
            snprintf(name, sizeof name, "gates.%d", l - 1);
            f = mix(b, x, f, experts, name);
            layer.from = experts;
        }
        snprintf(name, sizeof name, "experts.%d", l);
        layer.name = name;
        f = fw_multitask_layer(b, f, &layer);
    }
    return fw_multitask_finish(b, mix(b, x, f, n_tasks, "gates"), n_tasks, err);
}

const struct fw_model_vtable fw_model_ml_mmoe = {
    FW_NETWORK_TASK_SLOTS,       .name = "ml_mmoe", .summary = "several tasks on several levels of gated experts",
    .labels = FW_LABELS_SEVERAL, .params = params,  .build = build,
};
