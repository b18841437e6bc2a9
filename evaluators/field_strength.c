#include "evaluators/field_strength.h"

#include "core/par.h"
#include "evaluators/evaluator.h"

/* Gradient and curvature of every row at the base rate of the training rows. */
static enum fw_status constant_model(float *gradient, float *curvature, const struct fw_dataset *d,
                                     struct fw_error *err)
{
    double positive = 0;
    double total = 0;
    for (int64_t i = fw_dataset_train_start(d); i < d->n_rows; i++) {
        double w = d->weights != NULL ? (double)d->weights[i] : 1;
        positive += w * (double)d->labels[i];
        total += w;
    }
    if (total <= 0)
        return fw_error_set(err, FW_E_INPUT, "all training rows have weight 0");
    float p = (float)(positive / total);
    for (int64_t i = 0; i < d->n_rows; i++) {
        float w = d->weights != NULL ? d->weights[i] : 1;
        gradient[i] = w * (d->labels[i] - p);
        curvature[i] = w * p * (1 - p);
    }
    return FW_OK;
}

enum fw_status fw_field_strengths(double *strengths, const struct fw_dataset *dataset, int32_t n_fields, int threads,
                                  struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_ground ground = {.dataset = dataset, .mem = mem};
    struct fw_par_failure failure = {0};
    FW_ALLOC_GOTO(ground.gradient, mem, dataset->n_rows, "the gradients of rows", err, done);
    FW_ALLOC_GOTO(ground.curvature, mem, dataset->n_rows, "the curvatures of rows", err, done);
    FW_TRY_GOTO(constant_model(ground.gradient, ground.curvature, dataset, err), done);
    threads = fw_par_threads(threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int32_t f = 0; f < n_fields; f++) {
        struct fw_error own = {0};
        struct fw_candidate candidate = {{1, {f}}, f, FW_CANDIDATE_ALONE};
        struct fw_rung all = {0, 0, 1, 1};
        struct fw_candidate_score score = {0};
        fw_par_failure_note(&failure, f, fw_evaluator_newton.evaluate(&score, &ground, &candidate, all, NULL, &own),
                            &own);
        strengths[f] = score.value;
    }
    status = fw_par_failure_status(&failure, err);
done:
    fw_free(mem, ground.gradient);
    fw_free(mem, ground.curvature);
    return status;
}
