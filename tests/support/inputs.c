#include "support/inputs.h"

#include <string.h>

#include "core/rng.h"
#include "support/test_main.h"

/* Streams of the data set's seed beside those of planted.c. */
enum { stream_values = 300, stream_missing = 400 };

static const int32_t numbers[PLANTED_MAX_FIELDS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void fill_values(struct fw_value_column *column, const struct planted_options *options, int32_t v)
{
    char name[16] = {'v', (char)('a' + v), '\0'};
    column->name = fw_strndup(NULL, name, 2);
    column->column = -1;
    column->values = fw_alloc_array(NULL, options->n_rows, sizeof *column->values);
    ck_assert(column->name != NULL && column->values != NULL);
    for (int64_t row = 0; row < options->n_rows; row++) {
        bool missing = fw_rng_uniform_at(options->seed, (uint64_t)(stream_missing + v), (uint64_t)row) < 0.125;
        double u = fw_rng_uniform_at(options->seed, (uint64_t)(stream_values + v), (uint64_t)row);
        column->values[row] = missing ? 0.0f : (float)(2 * u - 1);
    }
}

struct fw_dataset *inputs_create(const struct planted_options *options, int32_t n_values)
{
    struct fw_dataset *dataset = planted_create(options, NULL);
    if (dataset->n_fields > 1)
        dataset->fields[1].kind = FW_FIELD_BINS;
    if (dataset->n_fields > 3)
        dataset->fields[dataset->n_fields - 1].kind = FW_FIELD_CROSS;
    ck_assert_int_le(n_values, INPUTS_MAX_VALUES);
    if (n_values > 0) {
        dataset->values = fw_alloc_array(NULL, n_values, sizeof *dataset->values);
        ck_assert_ptr_nonnull(dataset->values);
    }
    for (; dataset->n_values < n_values; dataset->n_values++)
        fill_values(&dataset->values[dataset->n_values], options, dataset->n_values);
    return dataset;
}

struct fw_op_inputs inputs_all(const struct fw_dataset *dataset)
{
    return (struct fw_op_inputs){.fields = numbers,
                                 .n_fields = dataset->n_fields,
                                 .values = numbers,
                                 .n_values = dataset->n_values};
}

struct fw_dataset_view inputs_rows(const struct fw_dataset *dataset, int64_t first, int64_t n)
{
    ck_assert_int_le(first + n, dataset->n_rows);
    return (struct fw_dataset_view){.dataset = dataset, .row = first, .n = n};
}

struct fw_graph *inputs_graph(const struct fw_dataset *dataset, int64_t batch, int threads, struct fw_allocator *mem)
{
    struct fw_graph *graph;
    struct fw_graph_shape shape = {.dataset = dataset,
                                   .fields = numbers,
                                   .n_fields = dataset->n_fields,
                                   .batch = batch,
                                   .threads = threads,
                                   .seed = 5};
    ck_ok(fw_graph_create(&graph, &shape, mem, err));
    for (int p = 0; p < FW_PARTS; p++)
        ck_ok(fw_optimiser_make(&graph->optimiser[p], "sgd", 0.1, 1, 0, 0, err));
    return graph;
}

void inputs_finish(struct fw_graph *graph, fw_node logit, double spread)
{
    ck_ok(fw_graph_finish(graph, logit, logit, &fw_loss_one, err));
    ck_ok(fw_graph_allocate(graph, err));
    fw_graph_initialise(graph);
    inputs_scatter(graph, spread, 3);
}

void inputs_scatter(struct fw_graph *graph, double spread, uint64_t seed)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, seed, fw_stream(0, 0, FW_STREAM_TEST));
    for (int32_t i = 0; i < graph->n_weights; i++) {
        struct fw_weights *w = graph->weights[i];
        if (strstr(w->name, ".variance") != NULL || strstr(w->name, ".scaling") != NULL) /* stay positive */
            continue;
        for (int64_t k = 0; k < w->rows * w->width; k++)
            w->data[k] += (fw_real)(spread * fw_rng_normal(&rng));
    }
}
