/* Kind "mmoe": the synthetic regression tasks of Ma et al. (KDD 2018), section 3.
 *
 * Two orthogonal unit vectors u1, u2; w1 = c u1, w2 = c (p u1 + sqrt(1 - p^2) u2), so that cos(w1, w2) = p;
 * y_t = w_t.x + sum over i of sin(alpha_i w_t.x + beta_i) + e_t. The paper does not give c, alpha, beta; those here
 * were fitted to its curve of the labels' correlation over p. What the truth says follows from sums of sines of normal
 * variables in closed form. */
#include <math.h>
#include <stddef.h>

#include "core/numeric.h"
#include "core/rng.h"
#include "space/synth/synth_draw.h"
#include "space/synth/synth_write.h"
#include "space/synth/task_synth_vtable.h"

enum { WAVES = 3, TASKS = 2 };
static const double alpha[WAVES] = {5.39, 10.28, 17.17};
static const double beta[WAVES] = {4.84, 6.22, 4.96};

struct model {
    struct fw_mmoe_synth options;
    uint64_t seed;
    uint64_t *streams;      /* (dimension) of x */
    double *weights[TASKS]; /* (dimension) each */
    struct fw_allocator *mem;
};

#define AT(member) offsetof(struct fw_task_synth_options, member)

static const struct fw_task_synth_setting settings[] = {
    {"rows", FW_TASK_SYNTH_WHOLE, AT(rows), 10000, 1, 0x1p48, NULL},
    {"dimension", FW_TASK_SYNTH_WHOLE, AT(mmoe.dimension), 100, 2, 100000, NULL},
    {"relatedness", FW_TASK_SYNTH_NUMBER, AT(mmoe.relatedness), 0.5, -1, 1, NULL},
    {"scale", FW_TASK_SYNTH_NUMBER, AT(mmoe.scale), 0.452, 0, 100, NULL},
    {"noise-variance", FW_TASK_SYNTH_NUMBER, AT(mmoe.noise_variance), 0.01, 0, 1e6, NULL},
    {NULL, FW_TASK_SYNTH_WHOLE, 0, 0, 0, 0, NULL},
};

/* Standard normal numbers of a task's direction, made a unit vector orthogonal to `other` (NULL: to none). */
static void draw_direction(double *direction, const double *other, int64_t n, uint64_t seed, uint64_t number)
{
    uint64_t stream = fw_stream(number, FW_SYNTH_FOR_WEIGHTS, FW_STREAM_SYNTH);
    double along = 0;
    for (int64_t i = 0; i < n; i++) {
        direction[i] = fw_synth_normal_at(seed, stream, (uint64_t)i);
        along += other != NULL ? direction[i] * other[i] : 0;
    }
    double square = 0;
    for (int64_t i = 0; i < n; i++) {
        direction[i] -= other != NULL ? along * other[i] : 0;
        square += direction[i] * direction[i];
    }
    for (int64_t i = 0; i < n; i++)
        direction[i] /= sqrt(square);
}

static void destroy(void *self)
{
    struct model *model = self;
    if (model == NULL)
        return;
    for (int t = 0; t < TASKS; t++)
        fw_free(model->mem, model->weights[t]);
    fw_free(model->mem, model->streams);
    fw_free(model->mem, model);
}

static enum fw_status create(void **out, const struct fw_task_synth_options *options, struct fw_allocator *mem,
                             struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct model *model;
    int64_t n = options->mmoe.dimension;
    FW_ALLOC(model, mem, 1, "a generated table's model", err);
    model->mem = mem;
    model->options = options->mmoe;
    model->seed = options->seed;
    FW_ALLOC_GOTO(model->streams, mem, n, "generated columns", err, done);
    for (int t = 0; t < TASKS; t++)
        FW_ALLOC_GOTO(model->weights[t], mem, n, "a task's weights", err, done);
    for (int64_t i = 0; i < n; i++)
        model->streams[i] = fw_stream((uint64_t)i, FW_SYNTH_FOR_CELLS, FW_STREAM_SYNTH);
    draw_direction(model->weights[0], NULL, n, model->seed, 0);
    draw_direction(model->weights[1], model->weights[0], n, model->seed, 1);
    double p = model->options.relatedness;
    double q = sqrt(1 - p * p);
    for (int64_t i = 0; i < n; i++) {
        double first = model->options.scale * model->weights[0][i];
        model->weights[1][i] = p * first + q * model->options.scale * model->weights[1][i];
        model->weights[0][i] = first;
    }
    *out = model;
    model = NULL;
done:
    destroy(model);
    return status;
}

static void put_header(struct fw_buffer *out, const void *self)
{
    const struct model *model = self;
    fw_buffer_add_text(out, "y1,y2");
    for (int64_t i = 0; i < model->options.dimension; i++)
        fw_buffer_addf(out, ",x%lld", (long long)i + 1);
}

static double label_of(const struct model *model, const double *x, int task, int64_t row)
{
    double z = 0;
    for (int64_t i = 0; i < model->options.dimension; i++)
        z += model->weights[task][i] * x[i];
    double y = z;
    for (int i = 0; i < WAVES; i++)
        y += fw_exact_sin(alpha[i] * z + beta[i]);
    uint64_t stream = fw_stream((uint64_t)task, FW_SYNTH_FOR_ERROR, FW_STREAM_SYNTH);
    return y + sqrt(model->options.noise_variance) * fw_synth_normal_at(model->seed, stream, (uint64_t)row);
}

static enum fw_status put_rows(struct fw_buffer *out, const void *self, int64_t row, int64_t n, struct fw_error *err)
{
    const struct model *model = self;
    double *x;
    FW_ALLOC(x, model->mem, model->options.dimension, "a generated row", err);
    for (int64_t r = row; r < row + n; r++) {
        for (int64_t i = 0; i < model->options.dimension; i++)
            x[i] = fw_synth_normal_at(model->seed, model->streams[i], (uint64_t)r);
        for (int t = 0; t < TASKS; t++) {
            fw_buffer_add(out, ",", t > 0);
            fw_synth_put_number(out, label_of(model, x, t, r), 6);
        }
        for (int64_t i = 0; i < model->options.dimension; i++) {
            fw_buffer_add(out, ",", 1);
            fw_synth_put_number(out, x[i], 6);
        }
        fw_buffer_add(out, "\n", 1);
    }
    fw_free(model->mem, x);
    return FW_OK;
}

/* Covariance of f(z1) with f(z2), f(z) = z + sum of sines, for normal z1, z2 of variance c^2 and correlation p. Of a
 * pair of sines it is E[cos(u - v) - cos(u + v)] / 2 without the product of means; E cos(u + b) = cos(b)
 * exp(-Var(u)/2); of a line and a sine it is p c^2 times the sine's mean slope (Stein's lemma). */
static double covariance(double c, double p)
{
    double sum = p * c * c;
    for (int i = 0; i < WAVES; i++) {
        double damped = fw_exact_exp(-0.5 * alpha[i] * alpha[i] * c * c);
        sum += 2 * p * c * c * alpha[i] * fw_exact_cos(beta[i]) * damped;
        for (int j = 0; j < WAVES; j++) {
            double squares = alpha[i] * alpha[i] + alpha[j] * alpha[j];
            double product = 2 * alpha[i] * alpha[j] * p;
            double means = fw_exact_sin(beta[i]) * fw_exact_sin(beta[j]) * fw_exact_exp(-0.5 * c * c * squares);
            sum += 0.5 * fw_exact_cos(beta[i] - beta[j]) * fw_exact_exp(-0.5 * c * c * (squares - product)) -
                   0.5 * fw_exact_cos(beta[i] + beta[j]) * fw_exact_exp(-0.5 * c * c * (squares + product)) - means;
        }
    }
    return sum;
}

static bool add_truth(cJSON *root, const void *self)
{
    const struct model *model = self;
    double product = 0;
    double squares[TASKS] = {0};
    for (int64_t i = 0; i < model->options.dimension; i++) {
        product += model->weights[0][i] * model->weights[1][i];
        for (int t = 0; t < TASKS; t++)
            squares[t] += model->weights[t][i] * model->weights[t][i];
    }
    double length = sqrt(squares[0] * squares[1]);
    double variance = covariance(model->options.scale, 1) + model->options.noise_variance;
    double shared = covariance(model->options.scale, model->options.relatedness);
    cJSON *labels = cJSON_AddArrayToObject(root, "labels");
    return labels != NULL && cJSON_AddItemToArray(labels, cJSON_CreateString("y1")) &&
           cJSON_AddItemToArray(labels, cJSON_CreateString("y2")) &&
           cJSON_AddNumberToObject(root, "weight_cosine", length > 0 ? product / length : 0) != NULL &&
           cJSON_AddNumberToObject(root, "label_correlation", variance > 0 ? shared / variance : 0) != NULL &&
           cJSON_AddNumberToObject(root, "label_variance", variance) != NULL &&
           cJSON_AddNumberToObject(root, "best_mse", model->options.noise_variance) != NULL &&
           fw_task_synth_add_numbers(root, "alpha", alpha, WAVES) &&
           fw_task_synth_add_numbers(root, "beta", beta, WAVES);
}

const struct fw_task_synth_vtable fw_task_synth_mmoe = {.name = "mmoe",
                                                        .settings = settings,
                                                        .create = create,
                                                        .destroy = destroy,
                                                        .put_header = put_header,
                                                        .put_rows = put_rows,
                                                        .add_truth = add_truth};
