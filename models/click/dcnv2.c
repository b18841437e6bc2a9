/* DCN-V2 (Wang et al. 2021): cross layers x0 * (W x + b) + x with W a full matrix, of low rank U V', or a mixture of
 * low-rank experts with a softmax gate, g = tanh; beside the perceptron (parallel), before it (stacked), or alone. */
#include <stdio.h>

#include "models/network.h"
#include "models/registry.h"

static const char *const forms[] = {"matrix", "low_rank", "mixture", NULL};
static const char *const structures[] = {"parallel", "stacked", "alone", NULL};
enum form { MATRIX, LOW_RANK, MIXTURE };
enum structure { PARALLEL, STACKED, ALONE };

/* U g(C g(V' x)) + b of one expert, without C and g in the plain low-rank form. */
static fw_node low_rank(struct fw_network_builder *b, fw_node x, bool expert, const char *name)
{
    struct fw_dense_options inner = {.activation = expert ? FW_ACT_TANH : FW_ACT_NONE, .no_bias = true};
    struct fw_dense_options outer = {.activation = FW_ACT_NONE};
    int32_t rank = fw_network_int(b, "rank");
    fw_node h = fw_op_dense(b->graph, x, rank, &inner, fw_graph_name(b->graph, name, "v"));
    if (expert)
        h = fw_op_dense(b->graph, h, rank, &inner, fw_graph_name(b->graph, name, "c"));
    return fw_op_dense(b->graph, h, fw_graph_width(b->graph, x), &outer, fw_graph_name(b->graph, name, "u"));
}

/* W x + b in the form that is set: (B, d) -> (B, d). */
static fw_node crossed(struct fw_network_builder *b, fw_node x, const char *name)
{
    struct fw_dense_options plain = {.activation = FW_ACT_NONE};
    int32_t experts = fw_network_int(b, "experts");
    fw_node opinions[FW_OP_INPUTS];
    switch ((enum form)fw_network_int(b, "form")) {
    case MATRIX:
        return fw_op_dense(b->graph, x, fw_graph_width(b->graph, x), &plain, name);
    case LOW_RANK:
        return low_rank(b, x, false, name);
    case MIXTURE:
        break;
    }
    for (int32_t e = 0; e < experts; e++) {
        char expert[64];
        snprintf(expert, sizeof expert, "%s.expert.%d", name, e + 1);
        opinions[e] = low_rank(b, x, true, expert);
    }
    fw_node gate = fw_op_dense(b->graph, x, experts, &plain, fw_graph_name(b->graph, name, "gate"));
    return fw_op_mix(b->graph, fw_op_softmax_runs(b->graph, gate, &experts, 1), opinions, experts);
}

static const struct fw_param_spec params[] = {
    {.name = "cross_layers",
     .min = 1,
     .max = 16,
     .fallback = 2,
     .low = 1,
     .high = 4,
     .integer = true,
     .doc = "cross layers"},
    {.name = "form", .choices = forms, .low = 0, .high = 2, .doc = "the matrix of a cross layer"},
    {.name = "rank",
     .when = "form!=matrix",
     .min = 1,
     .max = 4096,
     .fallback = 32,
     .low = 8,
     .high = 128,
     .log_scale = true,
     .integer = true,
     .doc = "of low rank and of each expert"},
    {.name = "experts",
     .when = "form=mixture",
     .min = 1,
     .max = 15,
     .fallback = 4,
     .integer = true,
     .doc = "of the mixture"},
    {.name = "structure",
     .choices = structures,
     .low = 0,
     .high = 1,
     .doc = "where the perceptron is; alone: there is none"},
    FW_EMBEDDING_PARAMS(8, 0.1),
    FW_HIDDEN_PARAMS(2, 128, 0.2),
    FW_NETWORK_PARAMS(0.001, 1e-5),
    FW_TRAINER_PARAMS(256, 30, 3),
    {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    enum structure structure = (enum structure)fw_network_int(b, "structure");
    fw_node x0 = fw_network_embedding(b, "embedding");
    fw_node x = x0;
    for (int32_t l = 1; l <= fw_network_int(b, "cross_layers"); l++) {
        char name[32];
        snprintf(name, sizeof name, "cross.%d", l);
        x = fw_op_multiply_add(b->graph, x0, crossed(b, x, name), x);
    }
    if (structure == STACKED) {
        x = fw_network_hidden(b, x, "deep");
    } else if (structure == PARALLEL && fw_network_int(b, "layers") > 0) {
        fw_node both[] = {x, fw_network_hidden(b, x0, "deep")};
        x = fw_op_concat(b->graph, both, 2);
    }
    fw_node parts[] = {fw_network_linear(b), fw_network_output(b, x, "out")};
    return fw_network_finish(b, parts, 2, err);
}

const struct fw_model_vtable fw_model_dcnv2 = {
    FW_NETWORK_SLOTS, .name = "dcnv2", .summary = "cross layers with a matrix, of low rank, or a mixture of experts",
    .params = params, .build = build,
};
