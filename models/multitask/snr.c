/* Sub-network routing: models snr_trans and snr_aver with gates that are learned, and snr that follows the routing of a
 * plan. Levels are wide nodes of sub-networks side by side (space/topology.h). */
#include "models/multitask/snr.h"

#include <stdio.h>
#include <string.h>

#include "models/engine/gates.h"
#include "models/multitask/multitask.h"
#include "models/multitask/snr_parts.h"
#include "models/registry.h"

static const char *const no_yes[] = {"no", "yes", NULL};

#define GATE_PARAMS                                                                                                    \
    {.name = "lambda",                                                                                                 \
     .min = 0,                                                                                                         \
     .max = 1e3,                                                                                                       \
     .fallback = 1e-4,                                                                                                 \
     .low = 1e-5,                                                                                                      \
     .high = 1e-2,                                                                                                     \
     .log_scale = true,                                                                                                \
     .doc = "what an open connection costs in the mean loss (L0)"},                                                    \
        {.name = "one_free",                                                                                           \
         .choices = no_yes,                                                                                            \
         .fallback = 1,                                                                                                \
         .doc = "a task's strongest connection costs nothing, for it needs one; no: as published"},                    \
        {.name = "lambda_rise",                                                                                        \
         .min = 0,                                                                                                     \
         .max = 1e9,                                                                                                   \
         .fallback = 200,                                                                                              \
         .doc = "steps over which the penalty rises from 0 to lambda; 0: as published"},                               \
        {.name = "alike",                                                                                              \
         .choices = no_yes,                                                                                            \
         .fallback = 1,                                                                                                \
         .doc = "tasks begin with the same weights, so that what sets them apart is their rows; no: as published"},    \
        {.name = "gate_rate",                                                                                          \
         .min = 1e-7,                                                                                                  \
         .max = 10,                                                                                                    \
         .fallback = 0.03,                                                                                             \
         .low = 1e-3,                                                                                                  \
         .high = 0.1,                                                                                                  \
         .log_scale = true,                                                                                            \
         .doc = "learning rate of the gates"},                                                                         \
        {.name = "gate_first",                                                                                         \
         .min = -4,                                                                                                    \
         .max = 4,                                                                                                     \
         .fallback = 2,                                                                                                \
         .doc = "log alpha of the gates at the beginning; 0: half open"},                                              \
        {.name = "temperature",                                                                                        \
         .min = 0.01,                                                                                                  \
         .max = 10,                                                                                                    \
         .fallback = 2.0 / 3,                                                                                          \
         .doc = "beta of the hard concrete gates"},                                                                    \
        {.name = "gamma", .min = -2, .max = -0.001, .fallback = -0.1, .doc = "their lower end, below 0"},              \
    {                                                                                                                  \
        .name = "zeta", .min = 1.001, .max = 3, .fallback = 1.1, .doc = "their upper end, above 1"                     \
    }

static const struct fw_param_spec gated_params[] = {
    FW_EMBEDDING_PARAMS(8, 0.05),
    FW_MULTITASK_LEVELS_PARAM(2),
    {.name = "subnetworks",
     .min = 1,
     .max = FW_SUBNETWORKS_MOST,
     .fallback = 8,
     .low = 2,
     .high = 16,
     .integer = true,
     .doc = "sub-networks of a level"},
    FW_MULTITASK_UNITS_PARAM(16),
    GATE_PARAMS,
    FW_MULTITASK_PARAMS,
    {.name = NULL},
};

/* Of a network whose routing is given: its shape is the plan's. */
static const struct fw_param_spec routed_params[] = {
    FW_EMBEDDING_PARAMS(8, 0.05),
    FW_MULTITASK_COMMON_PARAMS,
    {.name = NULL},
};

bool fw_snr_is_gated(const struct fw_model_vtable *vtable)
{
    return vtable == &fw_model_snr_trans || vtable == &fw_model_snr_aver;
}

struct fw_topology fw_snr_topology(const struct fw_model_vtable *vtable, const struct fw_params *params,
                                   int32_t n_tasks)
{
    struct fw_topology t = {.kind = vtable == &fw_model_snr_aver ? FW_CONNECT_AVER : FW_CONNECT_TRANS,
                            .n_levels = (int32_t)fw_params_get(params, "levels"),
                            .n_tasks = n_tasks,
                            .tower = (int32_t)fw_params_get(params, "tower")};
    for (int32_t l = 0; l < t.n_levels && l < FW_LEVELS_MOST; l++)
        t.levels[l] = (struct fw_level){.n = (int32_t)fw_params_get(params, "subnetworks"),
                                        .width = (int32_t)fw_params_get(params, "units")};
    return t;
}

const char *fw_snr_stem(char out[32], const struct fw_topology *topology, int32_t boundary)
{
    if (boundary + 1 == topology->n_levels)
        snprintf(out, 32, "towers");
    else
        snprintf(out, 32, "level%d", boundary + 2);
    return out;
}

/* A network under construction. Sub-networks that are left out have no place. */
struct wiring {
    struct fw_network_builder *b;
    const struct fw_topology *topology;
    const struct fw_routing *routing; /* NULL: gates are learned */
    struct fw_gate_options gates;
    bool alike; /* towers begin with the same weights, whatever the draw: tasks differ by what their rows say */
};

/* Layer of sub-networks that each read a block of their own, in what is summed for them (SNR-Aver). */
static fw_node own_layer(const struct wiring *w, fw_node x, const struct fw_block_options *layer, const char *name)
{
    int32_t n = layer->blocks.to;
    struct fw_block_options options = *layer;
    options.blocks.from = n;
    options.blocks.connected = fw_multitask_diagonal(w->b->graph, n);
    return fw_op_blocks(w->b->graph, x, &options, name);
}

/* What reads across a boundary: sub-networks of the next level or towers, with ReLU. */
static fw_node cross(const struct wiring *w, fw_node x, int32_t boundary)
{
    char stem[32];
    struct fw_snr_boundary s;
    struct fw_graph *graph = w->b->graph;
    const char *name = fw_graph_name(graph, fw_snr_stem(stem, w->topology, boundary), NULL);
    int64_t pairs = (int64_t)w->topology->levels[boundary].n * fw_topology_readers(w->topology, boundary);
    float *first = fw_graph_keep(graph, pairs, sizeof *first);
    bool *connected = fw_graph_keep(graph, pairs, sizeof *connected);
    if (graph->failed)
        return 0;
    fw_snr_boundary(&s, connected, first, w->topology, w->routing, boundary);
    struct fw_block_options options = {.blocks = s.blocks, .activation = FW_ACT_RELU};
    struct fw_gate_options gates = w->gates;
    if (boundary + 1 == w->topology->n_levels) { /* what reads are tasks */
        options.alike = w->alike;
        gates.spread = w->alike ? 0 : gates.spread;
    } else {
        gates.one_free = false; /* sub-networks may go */
    }
    if (w->topology->kind == FW_CONNECT_TRANS)
        return w->routing == NULL ? fw_op_gated_blocks(graph, x, &options, &gates, name)
                                  : fw_op_blocks(graph, x, &options, name);
    struct fw_blocks sum = {s.blocks.from, s.blocks.in, s.blocks.to, s.blocks.in, s.blocks.connected};
    fw_node summed = w->routing == NULL ? fw_op_gated_sum(graph, x, &sum, &gates, name)
                                        : fw_op_combine(graph, x, &sum, first, fw_graph_name(graph, name, "sum"));
    return own_layer(w, summed, &options, name);
}

static enum fw_status build_levels(const struct wiring *w, struct fw_error *err)
{
    struct fw_network_builder *b = w->b;
    struct fw_graph *graph = b->graph;
    const struct fw_topology *t = w->topology;
    fw_node x = fw_network_input(b, "embedding");
    struct fw_block_options options = {.blocks = {.from = 1, .in = fw_graph_width(graph, x), .out = t->levels[0].width},
                                       .activation = FW_ACT_RELU};
    options.blocks.to = fw_snr_level(t, w->routing, 0);
    fw_node h = fw_op_blocks(graph, x, &options, "level1");
    for (int32_t boundary = 0; boundary < t->n_levels; boundary++) {
        h = fw_op_dropout(graph, h, fw_network_get(b, "dropout"));
        h = cross(w, h, boundary);
    }
    h = fw_op_dropout(graph, h, fw_network_get(b, "dropout"));
    options = (struct fw_block_options){.blocks = {.from = t->n_tasks, .in = t->tower, .to = t->n_tasks, .out = 1}};
    options.blocks.connected = fw_multitask_diagonal(graph, t->n_tasks);
    options.alike = w->alike;
    return fw_network_finish_tasks(b, fw_op_blocks(graph, h, &options, "out"), err);
}

static enum fw_status build_gated(struct fw_network_builder *b, struct fw_error *err)
{
    struct fw_topology topology = fw_snr_topology(b->config->vtable, b->params, b->config->n_tasks);
    FW_TRY(fw_topology_check(&topology, err));
    struct wiring w = {.b = b,
                       .topology = &topology,
                       .alike = fw_network_get(b, "alike") != 0,
                       .gates = {.temperature = fw_network_get(b, "temperature"),
                                 .low = fw_network_get(b, "gamma"),
                                 .high = fw_network_get(b, "zeta"),
                                 .penalty = fw_network_get(b, "lambda"),
                                 .first = fw_network_get(b, "gate_first"),
                                 .spread = 0.01,
                                 .rise = fw_network_get(b, "lambda_rise"),
                                 .one_free = fw_network_get(b, "one_free") != 0}};
    return build_levels(&w, err);
}

static enum fw_status build_routed(struct fw_network_builder *b, struct fw_error *err)
{
    const struct fw_routing *routing = b->config->routing;
    if (routing == NULL)
        return fw_error_set(err, FW_E_ARG,
                            "model 'snr' follows the routing of a plan, and there is none; run 'fieldwise route' "
                            "first, or choose snr_trans");
    if (routing->topology.n_tasks != b->config->n_tasks)
        return fw_error_set(err, FW_E_ARG, "the plan's routing is for %d labels, there are %d",
                            routing->topology.n_tasks, b->config->n_tasks);
    struct wiring w = {.b = b, .topology = &routing->topology, .routing = routing};
    return build_levels(&w, err);
}

const struct fw_model_vtable fw_model_snr_trans = {
    FW_NETWORK_TASK_SLOTS,
    .name = "snr_trans",
    .labels = FW_LABELS_SEVERAL,
    .summary = "sub-networks whose connections have a matrix and a gate each; gates are learned and may close",
    .params = gated_params,
    .build = build_gated,
};

const struct fw_model_vtable fw_model_snr_aver = {
    FW_NETWORK_TASK_SLOTS,       .name = "snr_aver",
    .labels = FW_LABELS_SEVERAL, .summary = "the same with sums of gated sub-networks in place of matrices",
    .params = gated_params,      .build = build_gated,
};

const struct fw_model_vtable fw_model_snr = {
    FW_NETWORK_TASK_SLOTS,       .name = "snr",
    .labels = FW_LABELS_SEVERAL, .summary = "the smaller network that a plan's routing leaves ('fieldwise route')",
    .params = routed_params,     .build = build_routed,
};
