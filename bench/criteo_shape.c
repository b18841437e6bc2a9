#include "bench/criteo_shape.h"

#include <math.h>
#include <stdbool.h>

#include "core/rng.h"

/* Numbers of the random streams: one a field, then these. */
enum { SEED = 1, LABELS = 1000, VALUES = 2000, TASKS = 3000, UNKNOWN = 4000 };

/* Numbers in up to 200 bins, then Criteo's cardinalities scaled to 4.27 million in all. */
const int64_t fw_criteo_ids[FW_CRITEO_FIELDS] = {50,     200,    200, 150,   200,    200,  150,   100,
                                                 200,    20,     100, 60,    120,    1443, 556,   1130758,
                                                 360209, 304,    21,  11845, 631,    3,    49223, 5194,
                                                 985420, 3157,   26,  11588, 715441, 10,   4679,  2068,
                                                 4,      933151, 17,  15,    48937,  80,   2070};

static bool add_field(struct fw_dataset *dataset, int32_t f, int64_t n_ids)
{
    struct fw_field field;
    if (fw_field_init(&field, "field", n_ids, dataset->n_rows, NULL, NULL) != FW_OK)
        return false;
    field.kind = f < FW_CRITEO_NUMBERS ? FW_FIELD_BINS : FW_FIELD_CATEGORY;
    for (int64_t row = 0; row < dataset->n_rows; row++) {
        /* Zipf's law with exponent 1: the logarithm of the rank is uniform */
        double u = fw_rng_uniform_at(SEED, (uint64_t)f, (uint64_t)row);
        uint32_t id = (uint32_t)(exp(u * log((double)n_ids + 1)) - 1);
        fw_field_write(&field, row, 1, &id);
    }
    return fw_dataset_append(dataset, &field, NULL) == FW_OK;
}

static bool add_values(struct fw_dataset *dataset, int32_t n)
{
    dataset->values = fw_alloc_array(NULL, n, sizeof *dataset->values);
    if (dataset->values == NULL)
        return false;
    for (int32_t v = 0; v < n; v++) {
        struct fw_value_column *column = &dataset->values[dataset->n_values++];
        *column = (struct fw_value_column){.name = fw_strndup(NULL, "field", 5), .column = v};
        column->values = fw_alloc_array(NULL, dataset->n_rows, sizeof *column->values);
        if (column->name == NULL || column->values == NULL)
            return false;
        for (int64_t row = 0; row < dataset->n_rows; row++)
            column->values[row] = (float)(2 * fw_rng_uniform_at(SEED, VALUES + (uint64_t)v, (uint64_t)row) - 1);
    }
    return true;
}

static bool add_labels(struct fw_dataset *dataset)
{
    dataset->labels = fw_alloc_array(NULL, dataset->n_rows, sizeof *dataset->labels);
    if (dataset->labels == NULL)
        return false;
    for (int64_t row = 0; row < dataset->n_rows; row++)
        dataset->labels[row] = fw_rng_uniform_at(SEED, LABELS, (uint64_t)row) < 0.256 ? 1.0f : 0.0f;
    return true;
}

struct fw_dataset *fw_criteo_rows(const struct fw_criteo_options *options)
{
    struct fw_dataset *dataset = fw_alloc_array(NULL, 1, sizeof *dataset);
    if (dataset == NULL)
        return NULL;
    dataset->n_rows = options->n_rows;
    bool made = add_labels(dataset) && add_values(dataset, options->n_values);
    for (int32_t f = 0; f < FW_CRITEO_FIELDS && made; f++) {
        int64_t n_ids = fw_criteo_ids[f];
        bool cut = options->most_ids > 0 && n_ids > options->most_ids;
        made = add_field(dataset, f, cut ? options->most_ids : n_ids);
    }
    if (made)
        return dataset;
    fw_dataset_destroy(dataset);
    return NULL;
}

bool fw_criteo_tasks(struct fw_dataset *out, const struct fw_dataset *dataset, const struct fw_task *tasks,
                     int32_t n_tasks, double unknown)
{
    *out = *dataset;
    out->n_tasks = n_tasks;
    out->labels = fw_alloc_array(NULL, dataset->n_rows * n_tasks, sizeof *out->labels);
    for (int64_t row = 0; out->labels != NULL && row < dataset->n_rows; row++) {
        for (int32_t t = 0; t < n_tasks; t++) {
            double u = fw_rng_uniform_at(SEED, TASKS + (uint64_t)t, (uint64_t)row);
            float y = tasks[t].kind == FW_TASK_NUMBER ? (float)(10 * u) : u < 0.256 ? 1.0f : 0.0f;
            bool known = fw_rng_uniform_at(SEED, UNKNOWN + (uint64_t)t, (uint64_t)row) >= unknown;
            out->labels[row * n_tasks + t] = known ? y : NAN;
        }
    }
    return out->labels != NULL;
}
