#include "support/several.h"

#include <math.h>

#include "core/rng.h"
#include "support/test_main.h"

/* Streams of the labels, by task, and of which are unknown. */
enum { stream_labels = 500, stream_unknown = 600, stream_position = 700 };

enum { N_POSITIONS = 5 };

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

/* Positions 1 to 5 at random, as the last field. */
static void append_position(struct fw_dataset *dataset)
{
    struct fw_field field;
    ck_ok(fw_field_init(&field, "slot", FW_ID_FIRST + N_POSITIONS, dataset->n_rows, dataset->mem, err));
    field.kind = FW_FIELD_POSITION;
    field.positions = fw_alloc_array(dataset->mem, field.n_ids, sizeof *field.positions);
    ck_assert_ptr_nonnull(field.positions);
    for (int64_t id = 0; id < field.n_ids; id++)
        field.positions[id] = (double)(id - FW_ID_FIRST + 1);
    for (int64_t row = 0; row < dataset->n_rows; row++) {
        double u = fw_rng_uniform_at(1, stream_position, (uint64_t)row);
        uint32_t id = FW_ID_FIRST + (uint32_t)(N_POSITIONS * u);
        fw_field_write(&field, row, 1, &id);
    }
    ck_ok(fw_dataset_append(dataset, &field, err));
}

struct fw_dataset *several_dataset(struct fw_dataset *dataset, const struct fw_model_vtable *vtable)
{
    if (vtable->labels != FW_LABELS_ONE)
        several_labels(dataset, several_binary, 2, 0);
    if (vtable->reads_position)
        append_position(dataset);
    return dataset;
}

const struct fw_routing *several_routing(int32_t n_tasks)
{
    /* three sub-networks, then two, then the towers */
    static float gates[] = {1, 0.5f, 0, 0.25f, 0, 1, 1, 0, 0.75f, 1, 0.5f, 1};
    static const struct fw_topology shape = {.kind = FW_CONNECT_TRANS,
                                             .n_levels = 2,
                                             .levels = {{3, 4}, {2, 5}},
                                             .tower = 3};
    static struct fw_routing routings[2];
    struct fw_routing *routing = &routings[n_tasks - 2];
    ck_assert(n_tasks == 2 || n_tasks == 3);
    *routing = (struct fw_routing){.topology = shape, .gates = gates};
    routing->topology.n_tasks = n_tasks;
    return routing;
}

void several_config(struct fw_model_config *config, const struct fw_model_vtable *vtable)
{
    if (vtable->labels == FW_LABELS_ONE)
        return;
    config->tasks = several_binary;
    config->n_tasks = 2;
    config->routing = several_routing(2);
}
