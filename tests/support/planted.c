#include "support/planted.h"

#include <math.h>

#include "core/rng.h"
#include "support/test_main.h"

/* Streams of one seed: ids of field f are f, its weights 100 + f. */
enum { stream_weights = 100, stream_label = 200, stream_row_weight = 201 };

double planted_weight(const struct planted_options *options, int32_t field, uint32_t id)
{
    /* the sum of twelve uniforms is as normal as a test needs */
    double sum = -6;
    for (uint64_t i = 0; i < 12; i++)
        sum += fw_rng_uniform_at(options->seed, (uint64_t)(stream_weights + field), 12 * (uint64_t)id + i);
    return options->strength * sum;
}

double planted_logit(const struct planted_options *options, const struct fw_dataset *dataset, int64_t row)
{
    double logit = options->bias;
    for (int32_t f = 0; f < dataset->n_fields; f++)
        logit += planted_weight(options, f, fw_field_id(&dataset->fields[f], row));
    return logit;
}

static void add_field(struct fw_dataset *dataset, const struct planted_options *options, int32_t f, int64_t n_ids)
{
    struct fw_field field;
    char name[16] = {'f', (char)('a' + f), '\0'};
    ck_ok(fw_field_init(&field, name, n_ids, dataset->n_rows, dataset->mem, err));
    for (int64_t row = 0; row < dataset->n_rows; row++) {
        double u = fw_rng_uniform_at(options->seed, (uint64_t)f, (uint64_t)row);
        uint32_t id = (uint32_t)((double)n_ids * pow(u, options->power > 0 ? options->power : 1));
        fw_field_write(&field, row, 1, &id);
    }
    ck_ok(fw_dataset_append(dataset, &field, err));
}

static void draw_labels(struct fw_dataset *dataset, const struct planted_options *options)
{
    for (int64_t row = 0; row < dataset->n_rows; row++) {
        double logit = planted_logit(options, dataset, row);
        double u = fw_rng_uniform_at(options->seed, stream_label, (uint64_t)row);
        double threshold = options->separable ? 0.5 : u;
        dataset->labels[row] = 1 / (1 + exp(-logit)) > threshold ? 1.0f : 0.0f;
        if (options->weighted)
            dataset->weights[row] = (float)(0.5 + fw_rng_uniform_at(options->seed, stream_row_weight, (uint64_t)row));
    }
}

struct fw_dataset *planted_create(const struct planted_options *options, struct fw_allocator *mem)
{
    ck_assert_int_le(options->n_fields, PLANTED_MAX_FIELDS);
    struct fw_dataset *dataset = fw_alloc_array(mem, 1, sizeof *dataset);
    ck_assert_ptr_nonnull(dataset);
    dataset->mem = mem;
    dataset->n_rows = options->n_rows;
    int64_t n_ids = 2;
    for (int32_t f = 0; f < options->n_fields; f++) {
        n_ids = options->n_ids[f] > 0 ? options->n_ids[f] : n_ids;
        add_field(dataset, options, f, n_ids);
    }
    dataset->n_folds = options->n_folds > 0 ? options->n_folds : 1;
    dataset->n_judged = dataset->n_folds;
    dataset->labels = fw_alloc_array(mem, options->n_rows, sizeof *dataset->labels);
    dataset->source_row = fw_alloc_array(mem, options->n_rows, sizeof *dataset->source_row);
    dataset->fold_start = fw_alloc_array(mem, dataset->n_folds + 1, sizeof *dataset->fold_start);
    ck_assert(dataset->labels != NULL && dataset->source_row != NULL && dataset->fold_start != NULL);
    if (options->weighted) {
        dataset->weights = fw_alloc_array(mem, options->n_rows, sizeof *dataset->weights);
        ck_assert_ptr_nonnull(dataset->weights);
    }
    for (int32_t k = 0; k <= dataset->n_folds; k++)
        dataset->fold_start[k] = options->n_rows * k / dataset->n_folds;
    for (int64_t row = 0; row < options->n_rows; row++)
        dataset->source_row[row] = row;
    draw_labels(dataset, options);
    return dataset;
}
