#include "models/linear/backfit.h"

#include <math.h>
#include <string.h>

#include "core/par.h"
#include "models/linear/bucket_sums.h"
#include "models/linear/sigmoid.h"

/* A step longer than this in one logit weight is cut: far from the optimum the quadratic model promises too much. */
#define MAX_STEP 2.0

void fw_backfit_options_init(struct fw_backfit_options *options)
{
    *options = (struct fw_backfit_options){
        .max_sweeps = 40, .tolerance = 1e-3, .min_lambda = 0.05, .max_lambda = 1e4, .threads = 1};
}

enum fw_status fw_backfit_create(struct fw_backfit **out, int64_t n_rows, struct fw_allocator *mem,
                                 struct fw_error *err)
{
    struct fw_backfit *model;
    FW_ALLOC(model, mem, 1, "a linear model", err);
    model->mem = mem;
    model->n_rows = n_rows;
    model->logit = fw_alloc_array(mem, n_rows, sizeof *model->logit);
    if (model->logit == NULL) {
        fw_free(mem, model);
        return fw_error_nomem(err, mem, "the logits of a linear model", n_rows, sizeof(float));
    }
    *out = model;
    return FW_OK;
}

void fw_backfit_destroy(struct fw_backfit *model)
{
    if (model == NULL)
        return;
    for (int32_t f = 0; f < model->n_fields; f++)
        fw_free(model->mem, model->weights[f]);
    fw_free(model->mem, model->weights);
    fw_free(model->mem, model->n_ids);
    fw_free(model->mem, model->lambda);
    fw_free(model->mem, model->logit);
    fw_free(model->mem, model);
}

/* Room for n fields; new ones start at weight 0 and lambda 1. */
static enum fw_status add_fields(struct fw_backfit *model, const struct fw_field *const *fields, int32_t n_fields,
                                 struct fw_error *err)
{
    int64_t capacity = model->capacity;
    FW_TRY(fw_reserve(model->mem, &model->weights, &capacity, n_fields, sizeof *model->weights, err));
    capacity = model->capacity;
    FW_TRY(fw_reserve(model->mem, &model->n_ids, &capacity, n_fields, sizeof *model->n_ids, err));
    capacity = model->capacity;
    FW_TRY(fw_reserve(model->mem, &model->lambda, &capacity, n_fields, sizeof *model->lambda, err));
    model->capacity = (int32_t)capacity;
    while (model->n_fields < n_fields) {
        int32_t f = model->n_fields;
        FW_ALLOC(model->weights[f], model->mem, fields[f]->n_ids, "the weights of a field", err);
        model->n_ids[f] = fields[f]->n_ids;
        model->lambda[f] = 1;
        model->n_fields++;
    }
    return FW_OK;
}

enum fw_status fw_backfit_clone(struct fw_backfit **out, const struct fw_backfit *from, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_backfit *model = NULL;
    FW_TRY(fw_backfit_create(&model, from->n_rows, from->mem, err));
    memcpy(model->logit, from->logit, (size_t)from->n_rows * sizeof *model->logit);
    model->bias = from->bias;
    FW_ALLOC_GOTO(model->weights, model->mem, from->n_fields + 1, "the weights", err, done);
    FW_ALLOC_GOTO(model->n_ids, model->mem, from->n_fields + 1, "the weights", err, done);
    FW_ALLOC_GOTO(model->lambda, model->mem, from->n_fields + 1, "the weights", err, done);
    model->capacity = from->n_fields + 1;
    for (int32_t f = 0; f < from->n_fields; f++) {
        model->weights[f] = fw_alloc_array_raw(model->mem, from->n_ids[f], sizeof **model->weights);
        if (model->weights[f] == NULL) {
            status = fw_error_nomem(err, model->mem, "the weights of a field", from->n_ids[f], sizeof(double));
            goto done;
        }
        memcpy(model->weights[f], from->weights[f], (size_t)from->n_ids[f] * sizeof **model->weights);
        model->n_ids[f] = from->n_ids[f];
        model->lambda[f] = from->lambda[f];
        model->n_fields++;
    }
    *out = model;
    model = NULL;
done:
    fw_backfit_destroy(model);
    return status;
}

/* The rows of a fit in pieces: what lies before and behind the fold held out, cut into chunks by size alone. */
struct piece {
    int64_t start, end;
};

/* Below rows_for_threads a visit is over before a second thread has woken up. */
enum { max_chunks = 8, rows_a_chunk = 1 << 18, rows_for_threads = 1 << 17 };

struct fit {
    struct fw_backfit *model;
    const struct fw_dataset *dataset;
    struct piece chunks[2 * max_chunks + 2];
    int32_t n_chunks;
    fw_sums *sums; /* (n_chunks, most ids) */
    int64_t stride;
    float *delta;  /* (most ids) */
    double *moved; /* (n_fields) how far a field's last visit moved the logits, root mean square */
    int threads;
};

static void cut(struct fit *fit, int64_t start, int64_t end, int64_t chunk)
{
    for (int64_t at = start; at < end; at += chunk)
        fit->chunks[fit->n_chunks++] = (struct piece){at, at + chunk < end ? at + chunk : end};
}

static void cut_rows(struct fit *fit, int32_t held_out)
{
    int64_t n = fit->dataset->n_rows;
    int64_t chunk = n / max_chunks > rows_a_chunk ? (n + max_chunks - 1) / max_chunks : rows_a_chunk;
    int64_t hole_start = held_out >= 0 ? fit->dataset->fold_start[held_out] : n;
    int64_t hole_end = held_out >= 0 ? fit->dataset->fold_start[held_out + 1] : n;
    cut(fit, 0, hole_start, chunk);
    cut(fit, hole_end, n, chunk);
}

static void sum_chunk(const struct fit *fit, const struct fw_field *field, int32_t c)
{
    const struct fw_dataset *d = fit->dataset;
    fw_sums *sums = fit->sums + c * fit->stride;
    memset(sums, 0, (size_t)field->n_ids * sizeof *sums);
    uint32_t scratch[FW_DATASET_BLOCK];
    float g[FW_DATASET_BLOCK];
    float h[FW_DATASET_BLOCK];
    for (int64_t row = fit->chunks[c].start; row < fit->chunks[c].end; row += FW_DATASET_BLOCK) {
        int64_t n = fit->chunks[c].end - row < FW_DATASET_BLOCK ? fit->chunks[c].end - row : FW_DATASET_BLOCK;
        const uint32_t *ids = fw_field_read(field, row, n, scratch);
        fw_gradients(fit->model->logit + row, d->labels + row, d->weights != NULL ? d->weights + row : NULL, n, g, h);
        fw_bucket_sums_add(sums, ids, g, h, n);
    }
}

static void move_logits(const struct fit *fit, const struct fw_field *field)
{
    float *logit = fit->model->logit;
    const float *delta = fit->delta;
    int64_t n_rows = fit->dataset->n_rows;
#pragma omp parallel for schedule(static) num_threads(fit->threads) if (fit->threads > 1)
    for (int64_t row = 0; row < n_rows; row += FW_DATASET_BLOCK) {
        uint32_t scratch[FW_DATASET_BLOCK];
        int64_t n = n_rows - row < FW_DATASET_BLOCK ? n_rows - row : FW_DATASET_BLOCK;
        const uint32_t *ids = fw_field_read(field, row, n, scratch);
        for (int64_t i = 0; i < n; i++)
            logit[row + i] += delta[ids[i]];
    }
}

/* One Newton step for all ids of field f, and its new lambda. */
static void visit_field(struct fit *fit, const struct fw_field *field, int32_t f,
                        const struct fw_backfit_options *options, bool learn_lambda)
{
    struct fw_backfit *model = fit->model;
#pragma omp parallel for schedule(static) num_threads(fit->threads) if (fit->threads > 1)
    for (int32_t c = 0; c < fit->n_chunks; c++)
        sum_chunk(fit, field, c);
    double *weights = model->weights[f];
    double lambda = options->l2 > 0 ? options->l2 : model->lambda[f];
    double moved = 0;
    double mass = 1e-300;
    double effective = 0;
    double square = 0;
    for (int64_t id = 0; id < field->n_ids; id++) {
        fw_sums total = fit->sums[id];
        for (int32_t c = 1; c < fit->n_chunks; c++)
            total += fit->sums[c * fit->stride + id];
        double g = total[0];
        double h = total[1];
        double step = (h * weights[id] + g) / (h + lambda) - weights[id];
        step = step > MAX_STEP ? MAX_STEP : step < -MAX_STEP ? -MAX_STEP : step;
        weights[id] += step;
        fit->delta[id] = (float)step;
        moved += h * step * step;
        mass += h;
        effective += h / (h + lambda);
        square += weights[id] * weights[id];
    }
    move_logits(fit, field);
    if (learn_lambda) {
        lambda = effective / (square + 1e-300);
        lambda = lambda < options->min_lambda ? options->min_lambda : lambda;
        model->lambda[f] = lambda > options->max_lambda ? options->max_lambda : lambda;
    }
    fit->moved[f] = sqrt(moved / mass);
}

/* The bias as a field with one id and hardly any penalty. */
static void visit_bias(struct fit *fit)
{
    struct fw_backfit *model = fit->model;
    const struct fw_dataset *d = fit->dataset;
    double sums[2 * max_chunks + 2][2] = {{0}};
#pragma omp parallel for schedule(static) num_threads(fit->threads) if (fit->threads > 1)
    for (int32_t c = 0; c < fit->n_chunks; c++) {
        float g[FW_DATASET_BLOCK];
        float h[FW_DATASET_BLOCK];
        for (int64_t row = fit->chunks[c].start; row < fit->chunks[c].end; row += FW_DATASET_BLOCK) {
            int64_t n = fit->chunks[c].end - row < FW_DATASET_BLOCK ? fit->chunks[c].end - row : FW_DATASET_BLOCK;
            fw_gradients(model->logit + row, d->labels + row, d->weights != NULL ? d->weights + row : NULL, n, g, h);
            for (int64_t i = 0; i < n; i++) {
                sums[c][0] += (double)g[i];
                sums[c][1] += (double)h[i];
            }
        }
    }
    double g = 0;
    double h = 1e-3;
    for (int32_t c = 0; c < fit->n_chunks; c++) {
        g += sums[c][0];
        h += sums[c][1];
    }
    double step = g / h;
    step = step > MAX_STEP ? MAX_STEP : step < -MAX_STEP ? -MAX_STEP : step;
    model->bias += step;
    float s = (float)step;
    for (int64_t i = 0; i < d->n_rows; i++)
        model->logit[i] += s;
}

/* A field that hardly moved at its last visit is visited every fourth sweep only. */
static bool is_due(const struct fit *fit, int32_t f, const struct fw_backfit_options *options)
{
    return fit->moved[f] > 0.25 * options->tolerance || (fit->model->sweeps + f) % 4 == 0;
}

static enum fw_status sweep(struct fit *fit, const struct fw_field *const *fields, int32_t n_fields, int32_t first_new,
                            bool learn_lambda, const struct fw_backfit_options *options, struct fw_error *err)
{
    visit_bias(fit);
    for (int32_t i = 0; i < n_fields; i++) {
        if (fw_budget_stopped(options->budget))
            return fw_error_set(err, FW_E_STOPPED, "interrupted while fitting");
        /* what is new goes first: the old fields have nothing to gain before it has moved */
        int32_t f = (i + first_new) % n_fields;
        if (is_due(fit, f, options))
            visit_field(fit, fields[f], f, options, learn_lambda);
        if (!isfinite(fit->moved[f]) || !isfinite(fit->model->bias))
            return fw_error_set(err, FW_E_NUMERIC, "a weight of field '%s' is not finite after sweep %d",
                                fields[f]->name, fit->model->sweeps + 1);
    }
    return FW_OK;
}

static double largest_movement(const struct fit *fit, int32_t n_fields)
{
    double largest = 0;
    for (int32_t f = 0; f < n_fields; f++)
        largest = fit->moved[f] > largest ? fit->moved[f] : largest;
    return largest;
}

enum fw_status fw_backfit_fit(struct fw_backfit *model, const struct fw_dataset *dataset,
                              const struct fw_field *const *fields, int32_t n_fields, int32_t held_out,
                              const struct fw_backfit_options *options, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fit fit = {.model = model, .dataset = dataset, .threads = 1};
    if (dataset->n_rows >= rows_for_threads)
        fit.threads = fw_par_threads(options->threads);
    int32_t seen = model->n_fields;
    int32_t first_new = seen < n_fields ? seen : 0;
    FW_TRY(add_fields(model, fields, n_fields, err));
    cut_rows(&fit, held_out);
    for (int32_t f = 0; f < n_fields; f++)
        fit.stride = fields[f]->n_ids > fit.stride ? fields[f]->n_ids : fit.stride;
    FW_ALLOC_GOTO(fit.sums, model->mem, fit.n_chunks * fit.stride, "the sums of a field", err, done);
    FW_ALLOC_GOTO(fit.delta, model->mem, fit.stride, "the steps of a field", err, done);
    FW_ALLOC_GOTO(fit.moved, model->mem, n_fields, "the steps of a field", err, done);
    for (int32_t f = 0; f < n_fields; f++)
        fit.moved[f] = 1; /* all are due */
    model->sweeps = 0;
    while (model->sweeps < options->max_sweeps) {
        /* the first sweep of a fresh model finds the weights; there is no evidence about their spread before */
        bool learn_lambda = options->l2 <= 0 && (seen > 0 || model->sweeps > 0);
        FW_TRY_GOTO(sweep(&fit, fields, n_fields, first_new, learn_lambda, options, err), done);
        model->sweeps++;
        if (largest_movement(&fit, n_fields) < options->tolerance)
            break;
    }
done:
    fw_free(model->mem, fit.sums);
    fw_free(model->mem, fit.delta);
    fw_free(model->mem, fit.moved);
    return status;
}
