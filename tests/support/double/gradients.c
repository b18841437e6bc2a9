#include "support/double/gradients.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "support/test_main.h"

/* Random directions over each array. */
enum { DIRECTIONS = 2 };

/* All draws of the pass are those of this step. */
enum { STEP = 7 };

struct check {
    struct fw_graph *graph;
    const struct fw_dataset_view *rows;
    double *start;     /* the array under test as it was */
    double *direction; /* unit vector over it */
    struct fw_weights *weights;
};

static double loss_at(const struct check *c, double by)
{
    struct fw_graph_sums sums;
    int64_t n = c->weights->rows * c->weights->width;
    for (int64_t i = 0; i < n; i++)
        c->weights->data[i] = c->start[i] + by * c->direction[i];
    c->graph->step = STEP;
    fw_graph_learn(c->graph, &sums, c->rows);
    memcpy(c->weights->data, c->start, (size_t)n * sizeof *c->start);
    return sums.loss;
}

/* noise: what rounding does to a difference. */
static bool agree(double slope, double expected, double noise)
{
    return fabs(slope - expected) <= GRADIENTS_TOLERANCE * (fabs(expected) + 0.01) + noise;
}

static double slope_of(const struct check *c, double h)
{
    return (8 * (loss_at(c, h) - loss_at(c, -h)) - (loss_at(c, 2 * h) - loss_at(c, -2 * h))) / (12 * h);
}

/* off: by how much the differences are. A kink within their reach shows in the slopes to both sides. */
static bool is_kink(const struct check *c, double h, double off)
{
    double middle = loss_at(c, 0);
    double right = (loss_at(c, h) - middle) / h;
    double left = (middle - loss_at(c, -h)) / h;
    return fabs(right - left) > fmin(1e-4 * (fabs(right) + fabs(left)), 0.5 * off);
}

static void compare(const struct check *c, double expected, struct gradients_tally *tally, const char *what)
{
    static const double steps[] = {1e-4, 1e-5, 2e-6};
    tally->checked++;
    double slope = 0;
    double size = fabs(loss_at(c, 0));
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        slope = slope_of(c, steps[s]);
        if (agree(slope, expected, 8 * DBL_EPSILON * size / steps[s]))
            return;
    }
    if (is_kink(c, 2e-6, fabs(slope - expected)) || is_kink(c, 4e-6, fabs(slope - expected))) {
        tally->kinks++;
        return;
    }
    ck_abort_msg("%s, %s of field %d: gradient %.12g, differences %.12g", what, c->weights->name, c->weights->field,
                 expected, slope);
}

/* The gradient of an array with a number for each weight, also those that the batch does not touch. */
static double *full_gradient(const struct fw_graph *graph, const struct fw_weights *w)
{
    double *full = fw_alloc_array(NULL, w->rows * w->width, sizeof *full);
    ck_assert_ptr_nonnull(full);
    const uint32_t *rows;
    int64_t n = fw_graph_touched(graph, w, &rows);
    for (int64_t u = 0; u < n; u++)
        memcpy(full + (rows != NULL ? rows[u] : u) * w->width, w->grad + u * w->width, (size_t)w->width * sizeof *full);
    return full;
}

static void check_array(struct check *c, const double *gradient, int64_t most, struct gradients_tally *tally,
                        const char *what)
{
    struct fw_rng rng;
    int64_t n = c->weights->rows * c->weights->width;
    fw_rng_seed(&rng, 1, fw_stream((uint64_t)n, 0, FW_STREAM_TEST));
    for (int64_t i = 0; i < n && i < most; i++) {
        int64_t at = n <= most ? i : (int64_t)fw_rng_below(&rng, (uint32_t)n);
        memset(c->direction, 0, (size_t)n * sizeof *c->direction);
        c->direction[at] = 1;
        compare(c, gradient[at], tally, what);
    }
    for (int d = 0; d < DIRECTIONS && n > 1; d++) {
        double norm = 0;
        double expected = 0;
        for (int64_t i = 0; i < n; i++) {
            c->direction[i] = fw_rng_normal(&rng);
            norm += c->direction[i] * c->direction[i];
        }
        for (int64_t i = 0; i < n; i++) {
            c->direction[i] /= sqrt(norm);
            expected += gradient[i] * c->direction[i];
        }
        compare(c, expected, tally, what);
    }
}

static void fill(double *array, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        array[i] = (double)NAN;
}

/* What an operation is to begin, it must not add to. */
static void spoil(struct fw_graph *graph)
{
    fill(graph->pass.values, graph->value_width * graph->pass.capacity);
    fill(graph->pass.grads, graph->grad_width * graph->pass.capacity);
    for (int32_t i = 0; i < graph->n_weights; i++) {
        const struct fw_weights *w = graph->weights[i];
        if (w->kind != FW_WEIGHTS_FIXED) {
            int64_t most = w->kind == FW_WEIGHTS_TABLE ? graph->grouping[w->field].most : w->rows;
            fill(w->grad, (most < w->rows ? most : w->rows) * w->width);
        }
    }
}

struct gradients_tally gradients_check(struct fw_graph *graph, const struct fw_dataset_view *rows, int64_t most,
                                       const char *what)
{
    struct gradients_tally tally = {0};
    struct fw_graph_sums sums;
    double **gradients = fw_alloc_array(NULL, graph->n_weights, sizeof *gradients);
    ck_assert_ptr_nonnull(gradients);
    spoil(graph);
    graph->step = STEP;
    fw_graph_learn(graph, &sums, rows);
    ck_assert_msg(isfinite(sums.loss), "%s: the loss is %g", what, sums.loss);
    for (int32_t i = 0; i < graph->n_weights; i++) {
        if (graph->weights[i]->kind != FW_WEIGHTS_FIXED)
            gradients[i] = full_gradient(graph, graph->weights[i]);
    }
    for (int32_t i = 0; i < graph->n_weights; i++) {
        struct fw_weights *w = graph->weights[i];
        int64_t n = w->rows * w->width;
        ck_assert_int_eq(w->kind == FW_WEIGHTS_FIXED, w->grad == NULL);
        if (w->kind == FW_WEIGHTS_FIXED)
            continue;
        struct check c = {.graph = graph, .rows = rows, .weights = w};
        c.start = fw_alloc_array(NULL, n, sizeof *c.start);
        c.direction = fw_alloc_array(NULL, n, sizeof *c.direction);
        ck_assert(c.start != NULL && c.direction != NULL);
        memcpy(c.start, w->data, (size_t)n * sizeof *c.start);
        check_array(&c, gradients[i], most, &tally, what);
        fw_free(NULL, c.start);
        fw_free(NULL, c.direction);
        fw_free(NULL, gradients[i]);
    }
    fw_free(NULL, gradients);
    return tally;
}
