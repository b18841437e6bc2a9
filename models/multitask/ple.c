/* PLE (Tang et al. 2020): levels of experts, of which some are a task's own and some are shared. A task's gate mixes
 * its own and the shared ones, the shared gate mixes all. On higher levels a task's experts and gate read what its gate
 * gave below, the shared ones what the shared gate gave; the last level has no shared gate. One level is CGC. */
#include <stdio.h>

#include "models/multitask/multitask.h"
#include "models/registry.h"

static const struct fw_param_spec params[] = {
    FW_EMBEDDING_PARAMS(8, 0.1),
    FW_MULTITASK_LEVELS_PARAM(2),
    {.name = "task_experts",
     .min = 1,
     .max = 64,
     .fallback = 2,
     .low = 1,
     .high = 8,
     .log_scale = true,
     .integer = true,
     .doc = "experts of a task alone, each level"},
    {.name = "shared_experts",
     .min = 1,
     .max = 64,
     .fallback = 4,
     .low = 1,
     .high = 8,
     .log_scale = true,
     .integer = true,
     .doc = "experts of all tasks, each level"},
    FW_MULTITASK_UNITS_PARAM(16),
    FW_MULTITASK_PARAMS,
    {.name = NULL},
};

/* One level. Experts are in the order task by task, the shared ones last; so are what gates give. */
struct level {
    int32_t n_tasks, own, shared; /* experts */
    int32_t experts;              /* all of them */
    int32_t units;
    bool first, last;
    int32_t number;
};

/* All experts side by side: on the first level they read x as a whole. */
static fw_node add_experts(struct fw_network_builder *b, fw_node x, const struct level *l)
{
    char name[32];
    int32_t from = l->first ? 1 : l->n_tasks + 1;
    struct fw_block_options options = {
        .blocks = {.from = from, .in = fw_graph_width(b->graph, x) / from, .to = l->experts, .out = l->units},
        .activation = FW_ACT_RELU};
    if (!l->first) {
        bool *connected = fw_graph_keep(b->graph, (int64_t)l->experts * from, sizeof *connected);
        for (int32_t e = 0; connected != NULL && e < l->experts; e++)
            connected[e * from + (e < l->n_tasks * l->own ? e / l->own : l->n_tasks)] = true;
        options.blocks.connected = connected;
    }
    snprintf(name, sizeof name, "experts.%d", l->number);
    return fw_op_dropout(b->graph, fw_op_blocks(b->graph, x, &options, name), fw_network_get(b, "dropout"));
}

/* Logits of gates on blocks of x, each on its own: those [first, first + n) of the level. */
static fw_node gate_logits(struct fw_network_builder *b, fw_node x, const struct level *l, int32_t first, int32_t n,
                           int32_t size, const char *name)
{
    int32_t from = l->n_tasks + 1;
    bool *connected = fw_graph_keep(b->graph, (int64_t)n * from, sizeof *connected);
    for (int32_t i = 0; connected != NULL && i < n; i++)
        connected[i * from + first + i] = true;
    struct fw_block_options options = {
        .blocks = {.from = from, .in = l->units, .to = n, .out = size, .connected = connected}, .no_bias = true};
    return fw_op_blocks(b->graph, x, &options, name);
}

static fw_node add_gates(struct fw_network_builder *b, fw_node x, const struct level *l)
{
    char name[48];
    int32_t sizes[FW_TASKS_MOST + 1];
    int32_t n = l->n_tasks + (l->last ? 0 : 1);
    for (int32_t i = 0; i < n; i++)
        sizes[i] = i < l->n_tasks ? l->own + l->shared : l->experts;
    snprintf(name, sizeof name, "gates.%d", l->number);
    if (l->first)
        return fw_multitask_gates(b, x, sizes, n, name);
    fw_node logits[] = {gate_logits(b, x, l, 0, l->n_tasks, sizes[0], name), FW_NO_NODE};
    if (!l->last) {
        snprintf(name, sizeof name, "gates.%d.shared", l->number);
        logits[1] = gate_logits(b, x, l, l->n_tasks, 1, l->experts, name);
    }
    return fw_op_softmax_runs(b->graph, fw_op_concat(b->graph, logits, l->last ? 1 : 2), sizes, n);
}

/* What the gates give: a block each task, and one of the shared gate on all levels but the last. */
static fw_node add_level(struct fw_network_builder *b, fw_node x, const struct level *l)
{
    struct fw_blocks blocks = {.from = l->experts,
                               .in = l->units,
                               .to = l->n_tasks + (l->last ? 0 : 1),
                               .out = l->units};
    bool *connected = fw_graph_keep(b->graph, (int64_t)blocks.to * l->experts, sizeof *connected);
    for (int32_t i = 0; connected != NULL && i < blocks.to; i++) {
        for (int32_t e = 0; e < l->experts; e++)
            connected[i * l->experts + e] = i == l->n_tasks || e >= l->n_tasks * l->own || e / l->own == i;
    }
    blocks.connected = connected;
    fw_node experts = add_experts(b, x, l);
    return fw_op_mixture(b->graph, add_gates(b, x, l), experts, &blocks);
}

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    int32_t levels = fw_network_int(b, "levels");
    struct level l = {.n_tasks = b->config->n_tasks,
                      .own = fw_network_int(b, "task_experts"),
                      .shared = fw_network_int(b, "shared_experts"),
                      .units = fw_network_int(b, "units")};
    l.experts = l.n_tasks * l.own + l.shared;
    FW_TRY(fw_multitask_check(b, l.experts, err));
    fw_node x = fw_network_input(b, "embedding");
    for (l.number = 1; l.number <= levels; l.number++) {
        l.first = l.number == 1;
        l.last = l.number == levels;
        x = add_level(b, x, &l);
    }
    return fw_multitask_finish(b, x, l.n_tasks, err);
}

const struct fw_model_vtable fw_model_ple = {
    FW_NETWORK_TASK_SLOTS,
    .name = "ple",
    .summary = "several tasks on experts of their own and shared ones, in levels",
    .labels = FW_LABELS_SEVERAL,
    .params = params,
    .build = build,
};
