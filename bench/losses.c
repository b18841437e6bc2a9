/* Trains a network for some steps on small rows shaped like Criteo's and leaves everything that another implementation
 * needs to do the same in a folder; bench/compare_torch does.
 *
 *     losses MODEL SETTINGS FOLDER
 *
 *     ids.u32          (rows, fields)           values.f32      (rows, value columns)
 *     labels.f32       (rows, tasks)            losses.f64      (steps) mean loss of each batch, before its step
 *     parameters.f32   all first values         parameters.txt  a line an array, in order: name field rows width
 *     shape.txt        rows, fields, value columns, batch
 *
 * Models of several tasks get three: two classes, two classes with unknown labels and twice the weight, a number with
 * half of it. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/criteo_shape.h"
#include "bench/settle.h"
#include "core/rng.h"
#include "models/network.h"
#include "models/registry.h"
#include "models/training/batches.h"

enum { BATCH = 256, STEPS = 20, MOST_IDS = 300, N_VALUES = 3 };

static const struct fw_task tasks[] = {{.name = (char *)"click", .kind = FW_TASK_BINARY, .weight = 1},
                                       {.name = (char *)"buy", .kind = FW_TASK_BINARY, .weight = 2},
                                       {.name = (char *)"seconds", .kind = FW_TASK_NUMBER, .weight = 0.5}};
enum { N_TASKS = sizeof tasks / sizeof tasks[0] };

static bool write_file(const char *folder, const char *name, const void *data, size_t bytes)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return false;
    bool written = fwrite(data, 1, bytes, file) == bytes;
    return fclose(file) == 0 && written;
}

static bool write_rows(const char *folder, const struct fw_dataset *dataset)
{
    int64_t n = dataset->n_rows;
    uint32_t *ids = fw_alloc_array(NULL, n * dataset->n_fields, sizeof *ids);
    float *values = fw_alloc_array(NULL, n * dataset->n_values, sizeof *values);
    bool written = ids != NULL && values != NULL;
    for (int64_t row = 0; row < n && written; row++) {
        for (int32_t f = 0; f < dataset->n_fields; f++)
            ids[row * dataset->n_fields + f] = fw_field_id(&dataset->fields[f], row);
        for (int32_t v = 0; v < dataset->n_values; v++)
            values[row * dataset->n_values + v] = dataset->values[v].values[row];
    }
    written = written && write_file(folder, "ids.u32", ids, (size_t)(n * dataset->n_fields) * sizeof *ids) &&
              write_file(folder, "values.f32", values, (size_t)(n * dataset->n_values) * sizeof *values) &&
              write_file(folder, "labels.f32", dataset->labels,
                         (size_t)(n * fw_dataset_tasks(dataset)) * sizeof *dataset->labels);
    fw_free(NULL, ids);
    fw_free(NULL, values);
    return written;
}

static bool write_shapes(const char *folder, const struct fw_dataset *dataset, const struct fw_model *model)
{
    char text[32768];
    int used = 0;
    struct fw_parameter p;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p) && used < (int)sizeof text - 256; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s %d %lld %lld\n", p.name, p.field,
                         (long long)p.rows, (long long)p.width);
    if (!write_file(folder, "parameters.txt", text, (size_t)used))
        return false;
    used = snprintf(text, sizeof text, "%lld %d %d %d\n", (long long)dataset->n_rows, dataset->n_fields,
                    dataset->n_values, BATCH);
    return write_file(folder, "shape.txt", text, (size_t)used);
}

/* First values with nothing left at 0, so that no gradient is missed. */
static bool disturb(const char *folder, struct fw_model *model)
{
    int64_t n = fw_model_parameter_count(model);
    float *values = fw_alloc_array(NULL, n, sizeof *values);
    if (values == NULL)
        return false;
    fw_model_get_parameters(model, values);
    for (int64_t i = 0; i < n; i++)
        values[i] += (float)(0.1 * (fw_rng_uniform_at(2, 1, (uint64_t)i) - 0.5));
    fw_model_set_parameters(model, values);
    bool written = write_file(folder, "parameters.f32", values, (size_t)n * sizeof *values);
    fw_free(NULL, values);
    return written;
}

static bool train(const char *folder, struct fw_model *model, const struct fw_dataset *dataset)
{
    double losses[STEPS];
    struct fw_fit_stats stats;
    for (int64_t step = 0; step < STEPS; step++) {
        struct fw_dataset_view batch = {.dataset = dataset, .row = step * BATCH, .n = BATCH};
        if (model->vtable->fit_batch(model->self, &stats, &batch, NULL) != FW_OK)
            return false;
        losses[step] = stats.loss / stats.weight;
    }
    return write_file(folder, "losses.f64", losses, sizeof losses);
}

static enum fw_status create(struct fw_model **out, const char *name, const char *settings,
                             const struct fw_dataset *dataset, struct fw_error *err)
{
    struct fw_params params;
    const struct fw_model_vtable *vtable;
    char batch[32];
    snprintf(batch, sizeof batch, "batch=%d", BATCH);
    FW_TRY(fw_model_find(&vtable, name, err));
    fw_params_init(&params, vtable->params);
    FW_TRY(fw_params_parse(&params, batch, err));
    FW_TRY(fw_params_parse(&params, settings, err));
    struct fw_model_config config = {.dataset = dataset, .params = &params, .seed = 1, .threads = 1};
    if (dataset->n_tasks > 1) {
        config.tasks = tasks;
        config.n_tasks = N_TASKS;
    }
    FW_TRY(fw_model_create(out, vtable, &config, NULL, err));
    struct fw_row_set all = fw_row_set_all(dataset);
    return fw_network_start((*out)->self, &all, NULL, err); /* units of labels that are numbers */
}

int main(int argc, char **argv)
{
    struct fw_criteo_options options = {.n_rows = BATCH * STEPS, .most_ids = MOST_IDS, .n_values = N_VALUES};
    struct fw_error err = {.message = "cannot write the files"};
    struct fw_model *model = NULL;
    fw_bench_settle(argv);
    if (argc != 4) {
        fprintf(stderr, "losses: MODEL SETTINGS FOLDER are asked for\n");
        return 2;
    }
    struct fw_dataset *dataset = fw_criteo_rows(&options);
    struct fw_dataset several = {.n_rows = 0};
    const struct fw_model_vtable *vtable = NULL;
    bool done = dataset != NULL && fw_model_find(&vtable, argv[1], &err) == FW_OK &&
                fw_criteo_tasks(&several, dataset, tasks, N_TASKS, 0.2);
    const struct fw_dataset *rows = done && vtable->labels == FW_LABELS_SEVERAL ? &several : dataset;
    done = done && create(&model, argv[1], argv[2], rows, &err) == FW_OK && write_rows(argv[3], rows) &&
           write_shapes(argv[3], rows, model) && disturb(argv[3], model) && train(argv[3], model, rows);
    if (!done)
        fprintf(stderr, "losses: %s\n", err.message);
    fw_model_destroy(model);
    fw_free(NULL, several.labels);
    fw_dataset_destroy(dataset);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
