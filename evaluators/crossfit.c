#include "evaluators/crossfit.h"

#include <string.h>

#include "core/par.h"

/* Fewer rows than this: one fit cannot keep several threads busy, so fits run side by side. */
#define ROWS_FOR_INNER_THREADS (INT64_C(1) << 20)

static enum fw_status create_empty(struct fw_crossfit **out, const struct fw_dataset *dataset, struct fw_allocator *mem,
                                   struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_crossfit *fit;
    FW_ALLOC(fit, mem, 1, "a cross-fitted model", err);
    fit->mem = mem;
    fit->dataset = dataset;
    FW_ALLOC_GOTO(fit->logit, mem, dataset->n_rows, "out-of-fold logits", err, done);
    FW_ALLOC_GOTO(fit->models, mem, dataset->n_judged, "a cross-fitted model", err, done);
    fit->n_models = dataset->n_judged;
    *out = fit;
    fit = NULL;
done:
    fw_crossfit_destroy(fit);
    return status;
}

enum fw_status fw_crossfit_create(struct fw_crossfit **out, const struct fw_dataset *dataset, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_crossfit *fit = NULL;
    FW_TRY(create_empty(&fit, dataset, mem, err));
    for (int32_t k = 0; k < fit->n_models; k++)
        FW_TRY_GOTO(fw_backfit_create(&fit->models[k], dataset->n_rows, mem, err), done);
    *out = fit;
    fit = NULL;
done:
    fw_crossfit_destroy(fit);
    return status;
}

void fw_crossfit_destroy(struct fw_crossfit *fit)
{
    if (fit == NULL)
        return;
    for (int32_t k = 0; k < fit->n_models; k++)
        fw_backfit_destroy(fit->models[k]);
    fw_free(fit->mem, fit->models);
    fw_free(fit->mem, fit->logit);
    fw_free(fit->mem, fit);
}

static void gather(struct fw_crossfit *fit)
{
    const struct fw_dataset *d = fit->dataset;
    for (int32_t k = 0; k < d->n_folds; k++) {
        const float *from = fit->models[k < fit->n_models ? k : 0]->logit;
        int64_t start = d->fold_start[k];
        memcpy(fit->logit + start, from + start, (size_t)(d->fold_start[k + 1] - start) * sizeof *from);
    }
}

/* One model of one of several fits. */
struct work {
    struct fw_backfit *model;
    const struct fw_field *const *fields;
    int32_t held_out;
};

static enum fw_status run(const struct work *works, int32_t n, const struct fw_dataset *dataset, int32_t n_fields,
                          const struct fw_backfit_options *options, struct fw_error *err)
{
    struct fw_backfit_options inner = *options;
    int outer = fw_par_threads(options->threads);
    if (dataset->n_rows >= ROWS_FOR_INNER_THREADS || n == 1)
        outer = 1;
    inner.threads = outer == 1 ? options->threads : 1;
    struct fw_par_failure failure = {0};
#pragma omp parallel for schedule(dynamic) num_threads(outer) if (outer > 1)
    for (int32_t i = 0; i < n; i++) {
        struct fw_error own = {0};
        enum fw_status status =
            fw_backfit_fit(works[i].model, dataset, works[i].fields, n_fields, works[i].held_out, &inner, &own);
        fw_par_failure_note(&failure, i, status, &own);
    }
    return fw_par_failure_status(&failure, err);
}

enum fw_status fw_crossfit_fit(struct fw_crossfit *fit, const struct fw_field *const *fields, int32_t n_fields,
                               const struct fw_backfit_options *options, struct fw_error *err)
{
    struct work *works;
    FW_ALLOC(works, fit->mem, fit->n_models, "the fits", err);
    for (int32_t k = 0; k < fit->n_models; k++)
        works[k] = (struct work){fit->models[k], fields, k};
    enum fw_status status = run(works, fit->n_models, fit->dataset, n_fields, options, err);
    fw_free(fit->mem, works);
    if (status == FW_OK)
        gather(fit);
    return status;
}

static enum fw_status clone(struct fw_crossfit **out, const struct fw_crossfit *from, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_crossfit *fit = NULL;
    FW_TRY(create_empty(&fit, from->dataset, from->mem, err));
    for (int32_t k = 0; k < fit->n_models; k++)
        FW_TRY_GOTO(fw_backfit_clone(&fit->models[k], from->models[k], err), done);
    *out = fit;
    fit = NULL;
done:
    fw_crossfit_destroy(fit);
    return status;
}

enum fw_status fw_crossfit_extend(struct fw_crossfit **out, const struct fw_crossfit *parent,
                                  const struct fw_field *const *fields, int32_t n_fields,
                                  const struct fw_field *const *extra, int32_t n,
                                  const struct fw_backfit_options *options, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct work *works = NULL;
    const struct fw_field **lists = NULL;
    int32_t n_models = parent->n_models;
    for (int32_t i = 0; i < n; i++)
        out[i] = NULL;
    FW_ALLOC_GOTO(works, parent->mem, (int64_t)n * n_models, "the fits", err, done);
    FW_ALLOC_GOTO(lists, parent->mem, (int64_t)n * (n_fields + 1), "the fits", err, done);
    for (int32_t i = 0; i < n; i++) {
        const struct fw_field **list = lists + (int64_t)i * (n_fields + 1);
        memcpy(list, fields, (size_t)n_fields * sizeof *list);
        list[n_fields] = extra[i];
        FW_TRY_GOTO(clone(&out[i], parent, err), done);
        for (int32_t k = 0; k < n_models; k++)
            works[i * n_models + k] = (struct work){out[i]->models[k], list, k};
    }
    FW_TRY_GOTO(run(works, n * n_models, parent->dataset, n_fields + 1, options, err), done);
    for (int32_t i = 0; i < n; i++)
        gather(out[i]);
done:
    for (int32_t i = 0; i < n && status != FW_OK; i++) {
        fw_crossfit_destroy(out[i]);
        out[i] = NULL;
    }
    fw_free(parent->mem, works);
    fw_free(parent->mem, lists);
    return status;
}
