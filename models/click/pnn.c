/* Product-based network (Qu et al. 2016): a perceptron over the embeddings and their products: inner ones of all pairs,
 * the outer one of their sum (the paper's superposition), or both (PNN*). */
#include "models/network.h"
#include "models/registry.h"

static const char *const products[] = {"inner", "outer", "both", NULL};
enum product { INNER, OUTER, BOTH };

static const struct fw_param_spec params[] = {
    {.name = "product",
     .choices = products,
     .low = 0,
     .high = 2,
     .doc = "what the perceptron sees beside the embeddings"},
    FW_EMBEDDING_PARAMS(8, 0.1),
    FW_HIDDEN_PARAMS(2, 128, 0.2),
    FW_NETWORK_PARAMS(0.001, 1e-5),
    FW_TRAINER_PARAMS(256, 30, 3),
    {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    enum product product = (enum product)fw_network_int(b, "product");
    fw_node seen[3];
    int32_t n = 0;
    FW_TRY(fw_network_check_pairs(b, "pnn", 1, err));
    seen[n++] = fw_network_embedding(b, "embedding");
    if (product != OUTER)
        seen[n++] = fw_op_inner_products(b->graph, seen[0], b->n_inputs);
    if (product != INNER)
        seen[n++] = fw_op_outer_product(b->graph, seen[0], b->n_inputs);
    fw_node h = fw_network_hidden(b, fw_op_concat(b->graph, seen, n), "deep");
    fw_node parts[] = {fw_network_linear(b), fw_network_output(b, h, "out")};
    return fw_network_finish(b, parts, 2, err);
}

const struct fw_model_vtable fw_model_pnn = {
    FW_NETWORK_SLOTS, .name = "pnn",  .summary = "perceptron over embeddings and their inner or outer products",
    .params = params, .build = build,
};
