#include "models/model.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/machine.h"
#include "core/par.h"

static enum fw_status check_config(const struct fw_model_config *config, struct fw_error *err)
{
    if (config->dataset->n_fields == 0 || (config->fields != NULL && config->n_fields == 0))
        return fw_error_set(err, FW_E_ARG, "a model needs at least one field, there is none");
    for (int32_t f = 0; config->fields != NULL && f < config->n_fields; f++) {
        if (config->fields[f] < 0 || config->fields[f] >= config->dataset->n_fields)
            return fw_error_set(err, FW_E_ARG, "there is no field number %d; the data set has fields 0 to %d",
                                config->fields[f], config->dataset->n_fields - 1);
    }
    return FW_OK;
}

static double mib(size_t bytes)
{
    return (double)bytes / (double)FW_MIB;
}

/* Whether the labels are such as the model is for. */
static enum fw_status check_labels(const struct fw_model_config *config, struct fw_error *err)
{
    const struct fw_model_vtable *vtable = config->vtable;
    bool numbers = false;
    for (int32_t t = 0; t < config->n_tasks; t++)
        numbers = numbers || config->tasks[t].kind == FW_TASK_NUMBER;
    switch (vtable->labels) {
    case FW_LABELS_ONE:
        if (config->n_tasks > 1 || numbers)
            return fw_error_set(err, FW_E_ARG,
                                "model '%s' is for one label with two classes, there %s; choose a model of several "
                                "tasks, such as mmoe",
                                vtable->name, config->n_tasks > 1 ? "are several" : "is a number");
        break;
    case FW_LABELS_SEVERAL:
        if (config->n_tasks < 2)
            return fw_error_set(err, FW_E_ARG,
                                "model '%s' is for several labels, there is one; name two or more (--labels A,B) or "
                                "choose a model of one label, such as deepfm",
                                vtable->name);
        break;
    case FW_LABELS_FUNNEL:
        if (config->n_tasks != 2 || numbers)
            return fw_error_set(err, FW_E_ARG,
                                "model '%s' is for two labels of two classes each, the click and then the conversion "
                                "(--labels click,buy), not for %d label%s%s",
                                vtable->name, config->n_tasks > 0 ? config->n_tasks : 1, config->n_tasks > 1 ? "s" : "",
                                numbers ? " with numbers among them" : "");
        break;
    }
    return FW_OK;
}

/* What the numbers of an output mean. */
static enum fw_status take_readings(struct fw_model *model, const struct fw_model_config *config, struct fw_error *err)
{
    static const struct fw_task one = {.name = (char *)"", .kind = FW_TASK_BINARY, .weight = 1};
    const struct fw_task *tasks = config->tasks != NULL ? config->tasks : &one;
    int32_t n_tasks = config->tasks != NULL ? config->n_tasks : 1;
    struct fw_reading reading;
    int32_t n = model->vtable->reading != NULL ? 0 : n_tasks;
    while (model->vtable->reading != NULL && n < FW_READINGS_MOST &&
           model->vtable->reading(model->self, n, tasks, n_tasks, &reading))
        n++;
    FW_ALLOC(model->readings, model->mem, n, "the readings of a model", err);
    for (; model->n_readings < n; model->n_readings++) {
        int32_t r = model->n_readings;
        if (model->vtable->reading == NULL)
            fw_reading_of_task(&model->readings[r], r, &tasks[r]);
        else
            model->vtable->reading(model->self, r, tasks, n_tasks, &model->readings[r]);
    }
    return FW_OK;
}

/* Which fields, and how many ids each has, for fw_model_check. A position is no feature. */
static enum fw_status remember_fields(struct fw_model *model, const struct fw_model_config *config,
                                      struct fw_error *err)
{
    int32_t n = config->fields != NULL ? config->n_fields : config->dataset->n_fields;
    model->n_values = model->vtable->build != NULL ? config->dataset->n_values : 0;
    FW_ALLOC(model->fields, model->mem, n, "the list of fields", err);
    FW_ALLOC(model->n_ids, model->mem, n, "the list of fields", err);
    for (int32_t f = 0; f < n; f++) {
        int32_t place = config->fields != NULL ? config->fields[f] : f;
        if (config->dataset->fields[place].kind == FW_FIELD_POSITION && !model->vtable->reads_position)
            continue;
        model->fields[model->n_fields] = place;
        model->n_ids[model->n_fields++] = config->dataset->fields[place].n_ids;
    }
    return FW_OK;
}

/* What takes most of the memory, and so what to ask for less of. */
static const char *memory_advice(const struct fw_model *model)
{
    const struct fw_model_footprint *f = &model->footprint;
    if (f->activations > f->parameters + f->state)
        return "a smaller batch";
    if (model->vtable->build == NULL)
        return "a higher --min-count";
    return f->embeddings > f->parameters / 2 ? "a smaller dim or a higher --min-count" : "fewer units or layers";
}

/* The system hands out more memory than there is and ends the process when it is used: hence the look ahead. */
static enum fw_status check_memory(const struct fw_model *model, struct fw_error *err)
{
    const struct fw_model_footprint *f = &model->footprint;
    size_t allowed = fw_allocator_left(model->mem);
    size_t available = fw_machine_memory_available();
    if (f->total <= allowed && f->total <= available)
        return FW_OK;
    bool limited = allowed < available;
    return fw_error_set(err, FW_E_NOMEM,
                        "out of memory: %s needs %.1f MiB (%.1f parameters, %.1f optimiser state, %.1f activations), "
                        "%s %.1f MiB; choose %s%s",
                        model->vtable->name, mib(f->total), mib(f->parameters), mib(f->state), mib(f->activations),
                        limited ? "the limit leaves" : "the machine has", mib(limited ? allowed : available),
                        memory_advice(model), limited ? ", or raise --memory-limit" : "");
}

/* The handle without the model itself: its fields and its footprint. */
static enum fw_status describe(struct fw_model **out, struct fw_model_config *resolved,
                               const struct fw_model_vtable *vtable, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_model *model;
    assert(resolved->params->table == vtable->params);
    resolved->vtable = vtable;
    FW_TRY(check_config(resolved, err));
    FW_TRY(check_labels(resolved, err));
    FW_ALLOC(model, mem, 1, "a model", err);
    *model = (struct fw_model){.vtable = vtable,
                               .params = *resolved->params,
                               .seed = resolved->seed,
                               .threads = fw_par_threads(resolved->threads),
                               .n_outputs = 1,
                               .n_labels = resolved->n_tasks > 1 ? resolved->n_tasks : 1,
                               .mem = mem};
    FW_TRY_GOTO(remember_fields(model, resolved, err), done);
    resolved->threads = model->threads;
    resolved->fields = model->fields;
    resolved->n_fields = model->n_fields;
    FW_TRY_GOTO(vtable->footprint(&model->footprint, resolved, err), done);
    *out = model;
    model = NULL;
done:
    fw_model_destroy(model);
    return status;
}

enum fw_status fw_model_measure(struct fw_model_footprint *out, const struct fw_model_vtable *vtable,
                                const struct fw_model_config *config, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_model *model;
    struct fw_model_config resolved = *config;
    FW_TRY(describe(&model, &resolved, vtable, mem, err));
    *out = model->footprint;
    fw_model_destroy(model);
    return FW_OK;
}

enum fw_status fw_model_create(struct fw_model **out, const struct fw_model_vtable *vtable,
                               const struct fw_model_config *config, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_model *model;
    struct fw_model_config resolved = *config;
    FW_TRY(describe(&model, &resolved, vtable, mem, err));
    FW_TRY_GOTO(check_memory(model, err), done);
    FW_TRY_GOTO(vtable->create(&model->self, &resolved, mem, err), done);
    if (vtable->outputs != NULL)
        model->n_outputs = vtable->outputs(model->self);
    FW_TRY_GOTO(take_readings(model, &resolved, err), done);
    *out = model;
    model = NULL;
done:
    fw_model_destroy(model);
    return status;
}

void fw_model_destroy(struct fw_model *model)
{
    if (model == NULL)
        return;
    model->vtable->destroy(model->self);
    fw_free(model->mem, model->fields);
    fw_free(model->mem, model->n_ids);
    fw_free(model->mem, model->readings);
    fw_free(model->mem, model);
}

enum fw_status fw_model_check(const struct fw_model *model, const struct fw_dataset *dataset, struct fw_error *err)
{
    for (int32_t f = 0; f < model->n_fields; f++) {
        int32_t place = model->fields[f];
        if (place >= dataset->n_fields)
            return fw_error_set(err, FW_E_ARG, "the data set has %d fields, the model reads number %d (from 0)",
                                dataset->n_fields, place);
        if (dataset->fields[place].n_ids > model->n_ids[f])
            return fw_error_set(err, FW_E_ARG, "field '%s' has %lld ids, the model was made for %lld",
                                dataset->fields[place].name, (long long)dataset->fields[place].n_ids,
                                (long long)model->n_ids[f]);
    }
    if (dataset->n_values < model->n_values)
        return fw_error_set(err, FW_E_ARG, "the data set has %d numeric columns as numbers, the model reads %d",
                            dataset->n_values, model->n_values);
    return FW_OK;
}

/* Scratch of one thread, so padded that each can start on its own cache line. */
static size_t scratch_stride(const struct fw_model *model)
{
    return (model->footprint.predict + 2 * FW_ARENA_ALIGNMENT - 1) & ~(FW_ARENA_ALIGNMENT - 1);
}

size_t fw_model_predict_bytes(const struct fw_model *model)
{
    return scratch_stride(model) * (size_t)model->threads + FW_ARENA_ALIGNMENT;
}

void fw_model_predict(const struct fw_model *model, fw_real *logits, const struct fw_dataset_view *view, void *scratch)
{
    size_t stride = scratch_stride(model);
    unsigned char *base = scratch;
    base += (FW_ARENA_ALIGNMENT - (uintptr_t)base % FW_ARENA_ALIGNMENT) % FW_ARENA_ALIGNMENT;
    int64_t n_outputs = model->n_outputs;
    int threads = fw_par_threads(model->threads);
#pragma omp parallel for schedule(static) num_threads(threads) if (threads > 1)
    for (int64_t first = 0; first < view->n; first += FW_DATASET_BLOCK) {
        int64_t n = view->n - first < FW_DATASET_BLOCK ? view->n - first : FW_DATASET_BLOCK;
        struct fw_dataset_view block = fw_view_slice(view, first, n);
        model->vtable->predict(model->self, logits + first * n_outputs, &block,
                               base + stride * (size_t)fw_par_thread_index());
    }
}

int64_t fw_model_parameter_count(const struct fw_model *model)
{
    struct fw_parameter parameter;
    int64_t count = 0;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &parameter); i++)
        count += parameter.rows * parameter.width;
    return count;
}

void fw_model_get_parameters(const struct fw_model *model, fw_real *values)
{
    struct fw_parameter parameter;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &parameter); i++) {
        int64_t n = parameter.rows * parameter.width;
        memcpy(values, parameter.data, (size_t)n * sizeof *values);
        values += n;
    }
}

void fw_model_set_parameters(struct fw_model *model, const fw_real *values)
{
    struct fw_parameter parameter;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &parameter); i++) {
        int64_t n = parameter.rows * parameter.width;
        memcpy(parameter.data, values, (size_t)n * sizeof *values);
        values += n;
    }
    model->vtable->adopt(model->self);
}
