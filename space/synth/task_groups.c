/* Kind "tasks": binary tasks in groups. Each group has features of its own, alternately tanh(1.5 u) and u v, where u
 * and v are projections of all inputs: the second sort is invisible to a linear model. Directions are orthogonal as far
 * as there are inputs enough, so that features are uncorrelated, those of different groups too. A task's logit is a
 * linear combination of its group's features; the weights of two tasks of a group have exactly the cosine asked for.
 *
 * An input is a numeric column's value, or the effect of a categorical column's value, which each direction draws for
 * itself; both have mean 0 and variance 1. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "core/numeric.h"
#include "core/rng.h"
#include "space/synth/synth_draw.h"
#include "space/synth/synth_measure.h"
#include "space/synth/synth_model.h"
#include "space/synth/synth_write.h"
#include "space/synth/task_synth_vtable.h"

struct task {
    int32_t group;
    double share;           /* of rows with a label */
    uint64_t labels, shown; /* streams */
    double scale, shift;    /* logit = scale x combination + shift */
    struct fw_synth_best best;
    int64_t rows; /* with a label */
};

struct model {
    struct fw_tasks_synth options;
    int64_t rows;
    uint64_t seed;
    int32_t n_tasks, n_groups;
    struct task tasks[FW_TASK_SYNTH_MAX_TASKS];
    int64_t n_inputs, n_directions;  /* all inputs; of all groups */
    uint64_t *streams;               /* (numeric) */
    struct fw_synth_column *columns; /* (categorical) */
    double *directions;              /* (n_directions, n_inputs) */
    double *effects;                 /* (n_directions, categorical, cardinality) */
    double *weights;                 /* (n_tasks, features) */
    double *means, *deviations;      /* (n_groups x features) of the features */
    double *correlations;            /* (n_tasks, n_tasks) of the logits */
    struct fw_allocator *mem;
};

#define AT(member) offsetof(struct fw_task_synth_options, member)

static const struct fw_task_synth_setting settings[] = {
    {"rows", FW_TASK_SYNTH_WHOLE, AT(rows), 20000, 1, 0x1p48, NULL},
    {"groups", FW_TASK_SYNTH_LIST, AT(tasks.groups), 0, 1, FW_TASK_SYNTH_MAX_TASKS, "2,2,1"},
    {"labelled", FW_TASK_SYNTH_LIST, AT(tasks.labelled), 0, 1e-6, 1, NULL},
    {"numeric", FW_TASK_SYNTH_WHOLE, AT(tasks.numeric), 32, 0, 10000, NULL},
    {"categorical", FW_TASK_SYNTH_WHOLE, AT(tasks.categorical), 0, 0, 1000, NULL},
    {"cardinality", FW_TASK_SYNTH_WHOLE, AT(tasks.cardinality), 50, 2, 100000, NULL},
    {"power", FW_TASK_SYNTH_NUMBER, AT(tasks.power), 1.1, 0, 10, NULL},
    {"features", FW_TASK_SYNTH_WHOLE, AT(tasks.features), 4, 1, FW_TASK_SYNTH_MAX_TASKS, NULL},
    {"relatedness", FW_TASK_SYNTH_NUMBER, AT(tasks.relatedness), 0.9, 0, 1, NULL},
    {"strength", FW_TASK_SYNTH_NUMBER, AT(tasks.strength), 2, 0, 100, NULL},
    {"positive-rate", FW_TASK_SYNTH_NUMBER, AT(tasks.positive_rate), 0.3, 1e-6, 1 - 1e-6, NULL},
    {NULL, FW_TASK_SYNTH_WHOLE, 0, 0, 0, 0, NULL},
};

static enum fw_status check(const struct fw_task_synth_options *options, struct fw_error *err)
{
    const struct fw_tasks_synth *o = &options->tasks;
    double n_tasks = 0;
    for (int32_t g = 0; g < o->groups.n; g++) {
        double size = o->groups.values[g];
        n_tasks += size;
        if (size != floor(size))
            return fw_error_set(err, FW_E_ARG, "groups has %.15g; the tasks of a group are a whole number", size);
        if (size > (double)o->features)
            return fw_error_set(err, FW_E_ARG,
                                "groups has %.15g and features is %lld; a group takes at least as many features as it "
                                "has tasks",
                                size, (long long)o->features);
    }
    if (!(n_tasks >= 1 && n_tasks <= FW_TASK_SYNTH_MAX_TASKS))
        return fw_error_set(err, FW_E_ARG, "groups has %.15g tasks together; a table has 1 to %d", n_tasks,
                            FW_TASK_SYNTH_MAX_TASKS);
    if (o->labelled.n != 0 && o->labelled.n != (int32_t)n_tasks)
        return fw_error_set(err, FW_E_ARG, "labelled has %d values; give one for each of the %.15g tasks",
                            o->labelled.n, n_tasks);
    if (o->numeric + o->categorical == 0)
        return fw_error_set(err, FW_E_ARG, "numeric and categorical are 0; tasks take at least one input");
    return FW_OK;
}

/* Directions of one group: one for a tanh, two for a product. */
static int64_t directions_a_group(int64_t features)
{
    return (features + 1) / 2 + features / 2 * 2;
}

/* Takes out of a vector (n) what it has along each of the `count` unit vectors before it, and makes it a unit vector.
 */
static void orthonormalise(double *vector, int64_t count, int64_t n)
{
    for (int pass = 0; pass < 2; pass++) { /* twice is enough (Kahan) */
        for (int64_t k = 1; k <= count; k++) {
            const double *other = vector - k * n;
            double along = 0;
            for (int64_t i = 0; i < n; i++)
                along += vector[i] * other[i];
            for (int64_t i = 0; i < n; i++)
                vector[i] -= along * other[i];
        }
        double square = 0;
        for (int64_t i = 0; i < n; i++)
            square += vector[i] * vector[i];
        for (int64_t i = 0; i < n; i++)
            vector[i] /= sqrt(square);
    }
}

/* Unit vectors (count, n), orthogonal in runs of n. */
static void draw_vectors(double *vectors, int64_t count, int64_t n, uint64_t seed, uint64_t number)
{
    uint64_t stream = fw_stream(number, FW_SYNTH_FOR_WEIGHTS, FW_STREAM_SYNTH);
    for (int64_t k = 0; k < count; k++) {
        for (int64_t i = 0; i < n; i++)
            vectors[k * n + i] = fw_synth_normal_at(seed, stream, (uint64_t)(k * n + i));
        orthonormalise(vectors + k * n, k % n, n);
    }
}

static enum fw_status draw_effects(struct model *model, struct fw_error *err)
{
    int64_t values = model->options.cardinality;
    double *shares;
    FW_ALLOC(shares, model->mem, values, "the shares of a column's values", err);
    for (int64_t j = 0; j < model->n_directions * model->options.categorical; j++) {
        double *effects = model->effects + j * values;
        uint64_t stream = fw_stream((uint64_t)j, FW_SYNTH_FOR_EFFECT, FW_STREAM_SYNTH);
        fw_synth_value_shares(shares, &model->columns[j % model->options.categorical], values);
        for (int64_t v = 0; v < values; v++)
            effects[v] = fw_synth_normal_at(model->seed, stream, (uint64_t)v);
        fw_synth_standardise(effects, shares, values, 1);
    }
    fw_free(model->mem, shares);
    return FW_OK;
}

/* Weights of a group's tasks: the rows of a Cholesky factor of (1 - r) I + r J, in an orthonormal basis drawn at
 * random: unit vectors all of whose cosines are r. */
static enum fw_status draw_weights(struct model *model, int32_t group, int32_t first, int32_t n, struct fw_error *err)
{
    int64_t features = model->options.features;
    double r = model->options.relatedness;
    double *basis;
    FW_ALLOC(basis, model->mem, n * features, "the weights of tasks", err);
    draw_vectors(basis, n, features, model->seed, 1 + (uint64_t)group);
    double square = 0; /* of the factor's columns so far, the same in all rows below the diagonal */
    for (int32_t k = 0; k < n; k++) {
        double diagonal = sqrt(fmax(0, 1 - square));
        double below = diagonal > 1e-9 ? (r - square) / diagonal : 0;
        for (int32_t t = k; t < n; t++) {
            for (int64_t f = 0; f < features; f++)
                model->weights[(first + t) * features + f] += (t == k ? diagonal : below) * basis[k * features + f];
        }
        square += below * below;
    }
    fw_free(model->mem, basis);
    return FW_OK;
}

/* The inputs of a row: numbers (numeric) and values (categorical). */
struct row {
    double *numbers;
    int64_t *values;
};

static void draw_row(struct row *out, const struct model *model, int64_t row)
{
    for (int64_t i = 0; i < model->options.numeric; i++)
        out->numbers[i] = fw_synth_normal_at(model->seed, model->streams[i], (uint64_t)row);
    for (int64_t c = 0; c < model->options.categorical; c++) {
        const struct fw_synth_column *column = &model->columns[c];
        out->values[c] = fw_synth_draw_power_law(column, fw_rng_uniform_at(model->seed, column->stream, (uint64_t)row));
    }
}

static double project(const struct model *model, const struct row *row, int64_t direction)
{
    const double *weights = model->directions + direction * model->n_inputs;
    double sum = 0;
    for (int64_t i = 0; i < model->options.numeric; i++)
        sum += weights[i] * row->numbers[i];
    for (int64_t c = 0; c < model->options.categorical; c++) {
        int64_t effect = (direction * model->options.categorical + c) * model->options.cardinality + row->values[c];
        sum += weights[model->options.numeric + c] * model->effects[effect];
    }
    return sum;
}

/* Features (n_groups x features) of a row, not yet standardised. */
static void find_features(double *features, const struct model *model, const struct row *row)
{
    int64_t direction = 0;
    for (int64_t g = 0; g < model->n_groups; g++) {
        for (int64_t f = 0; f < model->options.features; f++) {
            double u = project(model, row, direction++);
            double value = f % 2 == 0 ? fw_exact_tanh(1.5 * u) : u * project(model, row, direction++);
            features[g * model->options.features + f] = value;
        }
    }
}

static double combine(const struct model *model, int32_t task, const double *features)
{
    int64_t n = model->options.features;
    int64_t first = model->tasks[task].group * n;
    double sum = 0;
    for (int64_t f = 0; f < n; f++) {
        double deviation = model->deviations[first + f];
        double value = features[first + f] - model->means[first + f];
        sum += deviation > 0 ? model->weights[task * n + f] * value / deviation : 0;
    }
    return model->tasks[task].scale * sum + model->tasks[task].shift;
}

static enum fw_status row_create(struct row *out, const struct model *model, struct fw_error *err)
{
    *out = (struct row){0};
    FW_ALLOC(out->numbers, model->mem, model->options.numeric, "a generated row", err);
    out->values = fw_alloc_array(model->mem, model->options.categorical, sizeof *out->values);
    if (out->values == NULL) {
        fw_free(model->mem, out->numbers);
        return fw_error_nomem(err, model->mem, "a generated row", model->options.categorical, sizeof *out->values);
    }
    return FW_OK;
}

static void row_clear(struct row *row, const struct model *model)
{
    fw_free(model->mem, row->numbers);
    fw_free(model->mem, row->values);
}

/* Features of the sample, (n, SAMPLE_ROWS): one after the other. */
static enum fw_status sample_features(double *sample, const struct model *model, struct fw_error *err)
{
    int64_t n = model->n_groups * model->options.features;
    double features[FW_TASK_SYNTH_MAX_TASKS * FW_TASK_SYNTH_MAX_TASKS];
    struct row row;
    FW_TRY(row_create(&row, model, err));
    for (int64_t i = 0; i < FW_SYNTH_SAMPLE_ROWS; i++) {
        draw_row(&row, model, FW_SYNTH_SAMPLE_FIRST + i);
        find_features(features, model, &row);
        for (int64_t f = 0; f < n; f++)
            sample[f * FW_SYNTH_SAMPLE_ROWS + i] = features[f];
    }
    row_clear(&row, model);
    return FW_OK;
}

/* Scale, bias and best scores of a task from its logits on the sample, which are made here from the features'. */
static void settle_task(struct model *model, int32_t task, double *logits, const double *sample,
                        struct fw_synth_case *cases)
{
    struct task *t = &model->tasks[task];
    int64_t first = t->group * model->options.features;
    double features[FW_TASK_SYNTH_MAX_TASKS * FW_TASK_SYNTH_MAX_TASKS];
    double mean;
    double deviation;
    t->scale = 1;
    for (int64_t i = 0; i < FW_SYNTH_SAMPLE_ROWS; i++) {
        for (int64_t f = first; f < first + model->options.features; f++)
            features[f] = sample[f * FW_SYNTH_SAMPLE_ROWS + i];
        logits[i] = combine(model, task, features);
    }
    fw_synth_moments(&mean, &deviation, logits, FW_SYNTH_SAMPLE_ROWS);
    t->scale = deviation > 0 ? model->options.strength / deviation : 0;
    for (int64_t i = 0; i < FW_SYNTH_SAMPLE_ROWS; i++)
        logits[i] *= t->scale;
    t->shift = fw_synth_find_bias(logits, NULL, FW_SYNTH_SAMPLE_ROWS, model->options.positive_rate);
    for (int64_t i = 0; i < FW_SYNTH_SAMPLE_ROWS; i++)
        cases[i] = (struct fw_synth_case){.score = logits[i], .p = fw_synth_sigmoid(logits[i] + t->shift), .weight = 1};
    t->best = fw_synth_measure_best(cases, FW_SYNTH_SAMPLE_ROWS);
    for (int64_t row = 0; row < model->rows; row++)
        t->rows += t->share == 1 || fw_rng_uniform_at(model->seed, t->shown, (uint64_t)row) < t->share;
}

static enum fw_status settle_tasks(struct model *model, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    int64_t n = model->n_groups * model->options.features;
    double *sample = NULL;
    double *logits = NULL;
    struct fw_synth_case *cases = NULL;
    FW_ALLOC_GOTO(sample, model->mem, n * FW_SYNTH_SAMPLE_ROWS, "a sample of features", err, done);
    FW_ALLOC_GOTO(logits, model->mem, model->n_tasks * (int64_t)FW_SYNTH_SAMPLE_ROWS, "a sample of logits", err, done);
    FW_ALLOC_GOTO(cases, model->mem, FW_SYNTH_SAMPLE_ROWS, "a sample of probabilities", err, done);
    FW_TRY_GOTO(sample_features(sample, model, err), done);
    for (int64_t f = 0; f < n; f++)
        fw_synth_moments(&model->means[f], &model->deviations[f], sample + f * FW_SYNTH_SAMPLE_ROWS,
                         FW_SYNTH_SAMPLE_ROWS);
    for (int32_t t = 0; t < model->n_tasks; t++)
        settle_task(model, t, logits + (int64_t)t * FW_SYNTH_SAMPLE_ROWS, sample, cases);
    for (int32_t i = 0; i < model->n_tasks * model->n_tasks; i++)
        model->correlations[i] =
            fw_synth_correlation(logits + (int64_t)(i / model->n_tasks) * FW_SYNTH_SAMPLE_ROWS,
                                 logits + (int64_t)(i % model->n_tasks) * FW_SYNTH_SAMPLE_ROWS, FW_SYNTH_SAMPLE_ROWS);
done:
    fw_free(model->mem, cases);
    fw_free(model->mem, logits);
    fw_free(model->mem, sample);
    return status;
}

static void destroy(void *self)
{
    struct model *model = self;
    if (model == NULL)
        return;
    fw_free(model->mem, model->streams);
    fw_free(model->mem, model->columns);
    fw_free(model->mem, model->directions);
    fw_free(model->mem, model->effects);
    fw_free(model->mem, model->weights);
    fw_free(model->mem, model->means);
    fw_free(model->mem, model->deviations);
    fw_free(model->mem, model->correlations);
    fw_free(model->mem, model);
}

static void number_tasks(struct model *model)
{
    const struct fw_tasks_synth *o = &model->options;
    model->n_groups = o->groups.n;
    for (int32_t g = 0; g < o->groups.n; g++) {
        for (int32_t k = 0; k < (int32_t)o->groups.values[g]; k++) {
            int32_t t = model->n_tasks++;
            model->tasks[t] = (struct task){.group = g,
                                            .share = o->labelled.n > 0 ? o->labelled.values[t] : 1,
                                            .labels = fw_stream((uint64_t)t, FW_SYNTH_FOR_LABEL, FW_STREAM_SYNTH),
                                            .shown = fw_stream((uint64_t)t, FW_SYNTH_FOR_SHOWN, FW_STREAM_SYNTH)};
        }
    }
    model->n_inputs = o->numeric + o->categorical;
    model->n_directions = model->n_groups * directions_a_group(o->features);
}

static enum fw_status allocate(struct model *model, struct fw_error *err)
{
    const struct fw_tasks_synth *o = &model->options;
    int64_t n = model->n_groups * o->features;
    FW_ALLOC(model->streams, model->mem, o->numeric, "generated columns", err);
    FW_ALLOC(model->columns, model->mem, o->categorical, "generated columns", err);
    FW_ALLOC(model->directions, model->mem, model->n_directions * model->n_inputs, "the features' directions", err);
    FW_ALLOC(model->effects, model->mem, model->n_directions * o->categorical * o->cardinality,
             "the effects of columns' values", err);
    FW_ALLOC(model->weights, model->mem, model->n_tasks * o->features, "the weights of tasks", err);
    FW_ALLOC(model->means, model->mem, n, "the features' means", err);
    FW_ALLOC(model->deviations, model->mem, n, "the features' deviations", err);
    FW_ALLOC(model->correlations, model->mem, model->n_tasks * model->n_tasks, "the tasks' correlations", err);
    return FW_OK;
}

static enum fw_status create(void **out, const struct fw_task_synth_options *options, struct fw_allocator *mem,
                             struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_tasks_synth *o = &options->tasks;
    struct model *model;
    FW_ALLOC(model, mem, 1, "a generated table's model", err);
    model->mem = mem;
    model->options = *o;
    model->rows = options->rows;
    model->seed = options->seed;
    number_tasks(model);
    FW_TRY_GOTO(allocate(model, err), done);
    for (int64_t i = 0; i < o->numeric; i++)
        model->streams[i] = fw_stream((uint64_t)i, FW_SYNTH_FOR_CELLS, FW_STREAM_SYNTH);
    for (int64_t c = 0; c < o->categorical; c++) {
        model->columns[c].cardinality = o->cardinality;
        model->columns[c].stream = fw_stream((uint64_t)(o->numeric + c), FW_SYNTH_FOR_CELLS, FW_STREAM_SYNTH);
        fw_synth_set_power_law(&model->columns[c], o->power);
    }
    draw_vectors(model->directions, model->n_directions, model->n_inputs, model->seed, 0);
    FW_TRY_GOTO(draw_effects(model, err), done);
    for (int32_t g = 0, first = 0; g < model->n_groups; first += (int32_t)o->groups.values[g++])
        FW_TRY_GOTO(draw_weights(model, g, first, (int32_t)o->groups.values[g], err), done);
    FW_TRY_GOTO(settle_tasks(model, err), done);
    *out = model;
    model = NULL;
done:
    destroy(model);
    return status;
}

static void put_header(struct fw_buffer *out, const void *self)
{
    const struct model *model = self;
    for (int32_t t = 0; t < model->n_tasks; t++)
        fw_buffer_addf(out, "%sy%d", t > 0 ? "," : "", t + 1);
    for (int64_t i = 0; i < model->options.numeric; i++)
        fw_buffer_addf(out, ",x%lld", (long long)i + 1);
    for (int64_t c = 0; c < model->options.categorical; c++)
        fw_buffer_addf(out, ",c%lld", (long long)c + 1);
}

static void put_label(struct fw_buffer *out, const struct model *model, int32_t task, const double *features,
                      int64_t row)
{
    const struct task *t = &model->tasks[task];
    if (t->share < 1 && !(fw_rng_uniform_at(model->seed, t->shown, (uint64_t)row) < t->share))
        return;
    double p = fw_synth_sigmoid(combine(model, task, features));
    fw_buffer_add(out, fw_rng_uniform_at(model->seed, t->labels, (uint64_t)row) < p ? "1" : "0", 1);
}

static enum fw_status put_rows(struct fw_buffer *out, const void *self, int64_t row, int64_t n, struct fw_error *err)
{
    const struct model *model = self;
    double features[FW_TASK_SYNTH_MAX_TASKS * FW_TASK_SYNTH_MAX_TASKS];
    struct row cells;
    FW_TRY(row_create(&cells, model, err));
    for (int64_t r = row; r < row + n; r++) {
        draw_row(&cells, model, r);
        find_features(features, model, &cells);
        for (int32_t t = 0; t < model->n_tasks; t++) {
            fw_buffer_add(out, ",", t > 0);
            put_label(out, model, t, features, r);
        }
        for (int64_t i = 0; i < model->options.numeric; i++) {
            fw_buffer_add(out, ",", 1);
            fw_synth_put_number(out, cells.numbers[i], 4);
        }
        for (int64_t c = 0; c < model->options.categorical; c++)
            fw_buffer_addf(out, ",c%lld_v%lld", (long long)c + 1, (long long)cells.values[c]);
        fw_buffer_add(out, "\n", 1);
    }
    row_clear(&cells, model);
    return FW_OK;
}

static bool add_task(cJSON *tasks, const struct model *model, int32_t task)
{
    const struct task *t = &model->tasks[task];
    int64_t features = model->options.features;
    char name[16];
    snprintf(name, sizeof name, "y%d", task + 1);
    cJSON *object = cJSON_CreateObject();
    return cJSON_AddItemToArray(tasks, object) && cJSON_AddStringToObject(object, "label", name) != NULL &&
           cJSON_AddNumberToObject(object, "group", t->group + 1) != NULL &&
           cJSON_AddNumberToObject(object, "labelled_rows", (double)t->rows) != NULL &&
           cJSON_AddNumberToObject(object, "best_auc", t->best.auc) != NULL &&
           cJSON_AddNumberToObject(object, "best_logloss", t->best.logloss) != NULL &&
           fw_task_synth_add_numbers(object, "weights", model->weights + task * features, features) &&
           fw_task_synth_add_numbers(object, "logit_correlations", model->correlations + task * model->n_tasks,
                                     model->n_tasks);
}

static bool add_truth(cJSON *root, const void *self)
{
    const struct model *model = self;
    cJSON *tasks = cJSON_AddArrayToObject(root, "tasks");
    bool good = tasks != NULL;
    for (int32_t t = 0; t < model->n_tasks && good; t++)
        good = add_task(tasks, model, t);
    return good;
}

const struct fw_task_synth_vtable fw_task_synth_tasks = {.name = "tasks",
                                                         .settings = settings,
                                                         .check = check,
                                                         .create = create,
                                                         .destroy = destroy,
                                                         .put_header = put_header,
                                                         .put_rows = put_rows,
                                                         .add_truth = add_truth};
