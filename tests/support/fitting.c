#include "support/fitting.h"

#include <math.h>

#include "models/registry.h"
#include "models/training/batches.h"
#include "support/several.h"
#include "support/test_main.h"

struct fw_model *fitting_create(const char *name, const char *settings, const struct fw_dataset *dataset, int threads,
                                struct fw_allocator *mem)
{
    return fitting_create_sized(name, settings, dataset, NULL, threads, mem);
}

struct fw_model *fitting_create_sized(const char *name, const char *settings, const struct fw_dataset *dataset,
                                      const struct fw_embedding_sizes *sizes, int threads, struct fw_allocator *mem)
{
    const struct fw_model_vtable *vtable;
    struct fw_model *model;
    struct fw_params params;
    ck_ok(fw_model_find(&vtable, name, err));
    fw_params_init(&params, vtable->params);
    ck_ok(fw_params_parse(&params, settings, err));
    struct fw_model_config config = {
        .dataset = dataset, .params = &params, .sizes = sizes, .seed = 1, .threads = threads};
    several_config(&config, vtable);
    ck_ok(fw_model_create(&model, vtable, &config, mem, err));
    return model;
}

double fitting_epoch(struct fw_model *model, const struct fw_row_set *rows)
{
    const struct fw_model_vtable *vtable = model->vtable;
    struct fw_fit_stats stats;
    if (vtable->fit_epoch != NULL && (vtable->wants_epochs == NULL || vtable->wants_epochs(model->self))) {
        ck_ok(vtable->fit_epoch(model->self, &stats, rows, NULL, err));
        return stats.loss / stats.weight;
    }
    if (vtable->start != NULL)
        ck_ok(vtable->start(model->self, rows, NULL, err));
    double loss = 0;
    double weight = 0;
    int64_t size = (int64_t)fw_params_get(&model->params, "batch");
    for (int64_t i = 0; i < fw_batches_count(rows, size); i++) {
        struct fw_dataset_view batch = fw_batches_find(rows, size, i);
        ck_ok(vtable->fit_batch(model->self, &stats, &batch, err));
        loss += stats.loss;
        weight += stats.weight;
    }
    return loss / weight;
}

float *fitting_parameters(const struct fw_model *model)
{
    float *values = fw_alloc_array(NULL, fw_model_parameter_count(model), sizeof *values);
    ck_assert_ptr_nonnull(values);
    fw_model_get_parameters(model, values);
    return values;
}

float *fitting_logits(const struct fw_model *model, const struct fw_dataset *dataset)
{
    struct fw_dataset_view all = {.dataset = dataset, .n = dataset->n_rows};
    float *logits = fw_alloc_array(NULL, dataset->n_rows * model->n_outputs, sizeof *logits);
    void *scratch = fw_alloc_array(NULL, (int64_t)fw_model_predict_bytes(model), 1);
    ck_assert(logits != NULL && scratch != NULL);
    fw_model_predict(model, logits, &all, scratch);
    fw_free(NULL, scratch);
    return logits;
}

double fitting_logloss(const float *logits, const struct fw_dataset *dataset)
{
    double loss = 0;
    double weight = 0;
    int32_t n_tasks = fw_dataset_tasks(dataset);
    for (int64_t i = 0; i < dataset->n_rows; i++) {
        double x = (double)logits[i * n_tasks];
        double w = dataset->weights != NULL ? (double)dataset->weights[i] : 1;
        loss += w * ((x > 0 ? x : 0) - x * (double)dataset->labels[i * n_tasks] + log1p(exp(-fabs(x))));
        weight += w;
    }
    return loss / weight;
}
