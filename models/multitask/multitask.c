#include "models/multitask/multitask.h"

#include <stdio.h>

const bool *fw_multitask_diagonal(struct fw_graph *graph, int32_t n)
{
    if (n == 1)
        return NULL;
    bool *connected = fw_graph_keep(graph, (int64_t)n * n, sizeof *connected);
    for (int32_t i = 0; connected != NULL && i < n; i++)
        connected[(int64_t)i * n + i] = true;
    return connected;
}

/* n blocks that read their own of `from`, or all the one that there is. */
static struct fw_blocks blocks_of(struct fw_graph *graph, fw_node x, int32_t from, int32_t n, int32_t units)
{
    return (struct fw_blocks){.from = from,
                              .in = fw_graph_width(graph, x) / from,
                              .to = n,
                              .out = units,
                              .connected = fw_multitask_diagonal(graph, from)};
}

fw_node fw_multitask_layer(struct fw_network_builder *b, fw_node x, const struct fw_multitask_layer *layer)
{
    struct fw_block_options options = {.blocks = blocks_of(b->graph, x, layer->from, layer->n, layer->units),
                                       .activation = FW_ACT_RELU,
                                       .closeness = layer->closeness};
    x = fw_op_blocks(b->graph, x, &options, layer->name);
    return fw_op_dropout(b->graph, x, fw_network_get(b, "dropout"));
}

fw_node fw_multitask_layers(struct fw_network_builder *b, fw_node x, const struct fw_multitask_layer *layer)
{
    struct fw_multitask_layer one = *layer;
    one.units = fw_network_int(b, "units");
    for (int32_t l = 1; l <= fw_network_int(b, "layers"); l++) {
        char number[16];
        snprintf(number, sizeof number, "%d", l);
        one.name = fw_graph_name(b->graph, layer->name, number);
        x = fw_multitask_layer(b, x, &one);
        one.from = one.n;
    }
    return x;
}

fw_node fw_multitask_gates(struct fw_network_builder *b, fw_node x, const int32_t *sizes, int32_t n, const char *name)
{
    struct fw_dense_options linear = {.activation = FW_ACT_NONE, .no_bias = true};
    int32_t width = 0;
    for (int32_t i = 0; i < n; i++)
        width += sizes[i];
    return fw_op_softmax_runs(b->graph, fw_op_dense(b->graph, x, width, &linear, name), sizes, n);
}

fw_node fw_multitask_equal_gates(struct fw_network_builder *b, fw_node x, int32_t size, int32_t n, const char *name)
{
    int32_t *sizes = fw_graph_keep(b->graph, n, sizeof *sizes);
    for (int32_t i = 0; sizes != NULL && i < n; i++)
        sizes[i] = size;
    return sizes != NULL ? fw_multitask_gates(b, x, sizes, n, name) : 0;
}

fw_node fw_multitask_join(struct fw_network_builder *b, const fw_node *nodes, int32_t n)
{
    fw_node parts[FW_OP_INPUTS];
    int32_t each = 1; /* nodes a part */
    while (each * FW_OP_INPUTS < n)
        each *= FW_OP_INPUTS;
    if (each == 1)
        return fw_op_concat(b->graph, nodes, n);
    int32_t n_parts = 0;
    for (int32_t at = 0; at < n; at += each)
        parts[n_parts++] = fw_multitask_join(b, nodes + at, n - at < each ? n - at : each);
    return fw_op_concat(b->graph, parts, n_parts);
}

enum fw_status fw_multitask_check(const struct fw_network_builder *b, int64_t n, struct fw_error *err)
{
    int64_t units = fw_network_int(b, "units");
    if (n * units <= FW_NETWORK_WIDTH_MOST)
        return FW_OK;
    return fw_error_set(err, FW_E_ARG,
                        "%lld sub-networks of %lld units are %lld numbers a row, at most %lld are possible; choose "
                        "smaller units",
                        (long long)n, (long long)units, (long long)(n * units), (long long)FW_NETWORK_WIDTH_MOST);
}

enum fw_status fw_multitask_finish(struct fw_network_builder *b, fw_node x, int32_t from, struct fw_error *err)
{
    int32_t n_tasks = b->config->n_tasks;
    int32_t tower = fw_network_int(b, "tower");
    if (tower > 0) {
        struct fw_multitask_layer layer = {.from = from, .n = n_tasks, .units = tower, .name = "tower"};
        x = fw_multitask_layer(b, x, &layer);
        from = n_tasks;
    }
    struct fw_block_options output = {.blocks = blocks_of(b->graph, x, from, n_tasks, 1)};
    return fw_network_finish_tasks(b, fw_op_blocks(b->graph, x, &output, "out"), err);
}
