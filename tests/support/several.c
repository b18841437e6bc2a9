#include "support/several.h"

#include <math.h>

#include "core/rng.h"
#include "support/test_main.h"

/* Streams of the labels, by task, and of which are unknown. */
enum { stream_labels = 500, stream_unknown = 600 };

const struct fw_task several_binary[2] = {
    {.name = (char *)"click", .kind = FW_TASK_BINARY, .weight = 1},
    {.name = (char *)"buy", .kind = FW_TASK_BINARY, .weight = 1},
};

const struct fw_task several_mixed[3] = {
    {.name = (char *)"click", .kind = FW_TASK_BINARY, .weight = 1},
    {.name = (char *)"seconds", .kind = FW_TASK_NUMBER, .weight = 0.5},
    {.name = (char *)"buy", .kind = FW_TASK_BINARY, .weight = 2},
};

void several_labels(struct fw_dataset *dataset, const struct fw_task *tasks, int32_t n_tasks, double unknown)
{
    float *labels = fw_alloc_array(dataset->mem, dataset->n_rows * n_tasks, sizeof *labels);
    ck_assert(labels != NULL && dataset->n_tasks <= 1);
    for (int64_t row = 0; row < dataset->n_rows; row++) {
        float first = dataset->labels[row];
        for (int32_t t = 0; t < n_tasks; t++) {
            double u = fw_rng_uniform_at(1, (uint64_t)(stream_labels + t), (uint64_t)row);
            double v = fw_rng_uniform_at(1, (uint64_t)(stream_unknown + t), (uint64_t)row);
            float y = tasks[t].kind == FW_TASK_NUMBER ? 20 + 3 * first + (float)u : u < 0.6 ? first : 0;
            labels[row * n_tasks + t] = v < unknown ? NAN : t == 0 ? first : y;
        }
    }
    fw_free(dataset->mem, dataset->labels);
    dataset->labels = labels;
    dataset->n_tasks = n_tasks;
}

struct fw_dataset *several_dataset(struct fw_dataset *dataset, const struct fw_model_vtable *vtable)
{
    if (vtable->labels != FW_LABELS_ONE)
        several_labels(dataset, several_binary, 2, 0);
    return dataset;
}

void several_config(struct fw_model_config *config, const struct fw_model_vtable *vtable)
{
    if (vtable->labels == FW_LABELS_ONE)
        return;
    config->tasks = several_binary;
    config->n_tasks = 2;
}
