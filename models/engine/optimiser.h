/* Optimisers: how a gradient moves a parameter. One table of functions each, in a file of its own.
 *
 * An optimiser works on rows of a parameter array: (n, width) floats, with its state (n, width, state_per_weight)
 * beside it, so that a touched row brings its state in the same cache line or the next. A step is given the rows that a
 * batch touched, each once, with the gradient of the batch's summed loss in that row; untouched rows do not move.
 *
 *     struct fw_optimiser optimiser;
 *     FW_TRY(fw_optimiser_init(&optimiser, "ftrl", &params, err));
 *     optimiser.vtable->reset(&optimiser, weights, state, n * width);
 *     optimiser.vtable->step(&optimiser, weights, state, width, rows, n_rows, gradients, 1 / sum_of_weights);
 *
 * Steps on disjoint rows may run in parallel. */
#ifndef FW_MODELS_OPTIMISER_H
#define FW_MODELS_OPTIMISER_H

#include <stdint.h>

#include "core/status.h"
#include "models/engine/real.h"
#include "models/params.h"

#define FW_OPTIMISER_API 1

struct fw_optimiser {
    const struct fw_optimiser_vtable *vtable;
    fw_real rate;  /* alpha of FTRL and of AdaGrad, the learning rate of SGD and Adam */
    fw_real beta;  /* of FTRL and AdaGrad: rates are alpha / (beta + sqrt(sum of squared gradients)) */
    fw_real l1;    /* FTRL only */
    fw_real l2;    /* of the squared penalty, part of the gradient */
    fw_real decay; /* of weights, times the rate, apart from the gradient; not of FTRL */
    int64_t steps; /* taken so far, this one included; Adam only */
};

struct fw_optimiser_vtable {
    int api;                  /* FW_OPTIMISER_API */
    const char *name;         /* "ftrl": stored in results, never reused */
    const char *summary;      /* one line for --help */
    bool takes_l1;            /* else l1 must be 0 */
    bool fixed_rate;          /* the state hangs on the rate: no schedule, no decay */
    int32_t state_per_weight; /* floats; 0: none */
    /* REQUIRED. The state of n weights as if no gradient had been seen and the weights were where they are. */
    void (*reset)(const struct fw_optimiser *self, const fw_real *weight, fw_real *state, int64_t n);
    /* REQUIRED. Moves n_rows rows once. rows: their numbers, distinct; NULL: rows 0 .. n_rows - 1. gradient: (n_rows,
     * width) of the summed loss; `scale` times it is that of the mean loss. */
    void (*step)(const struct fw_optimiser *self, fw_real *restrict weight, fw_real *restrict state, int64_t width,
                 const uint32_t *restrict rows, int64_t n_rows, const fw_real *restrict gradient, fw_real scale);
};

extern const struct fw_optimiser_vtable fw_optimiser_ftrl;
extern const struct fw_optimiser_vtable fw_optimiser_adagrad;
extern const struct fw_optimiser_vtable fw_optimiser_adam;
extern const struct fw_optimiser_vtable fw_optimiser_sgd;

/* The rows that a model's table of settings has for its optimiser. */
#define FW_OPTIMISER_PARAMS                                                                                            \
    {.name = "rate",                                                                                                   \
     .min = 1e-6,                                                                                                      \
     .max = 100,                                                                                                       \
     .fallback = 0.1,                                                                                                  \
     .low = 0.01,                                                                                                      \
     .high = 2,                                                                                                        \
     .log_scale = true,                                                                                                \
     .doc = "learning rate; of ftrl and adagrad the alpha of alpha / (beta + sqrt(sum of squared gradients))",         \
     .when = "optimiser!=newton"},                                                                                     \
        {.name = "beta",                                                                                               \
         .min = 1e-6,                                                                                                  \
         .max = 1e6,                                                                                                   \
         .fallback = 1,                                                                                                \
         .low = 0.1,                                                                                                   \
         .high = 10,                                                                                                   \
         .log_scale = true,                                                                                            \
         .doc = "of ftrl and adagrad: how slowly the first gradients of an id move its weight",                        \
         .when = "optimiser=ftrl|adagrad"},                                                                            \
        {.name = "l1",                                                                                                 \
         .min = 0,                                                                                                     \
         .max = 1e6,                                                                                                   \
         .fallback = 0,                                                                                                \
         .low = 0.01,                                                                                                  \
         .high = 10,                                                                                                   \
         .log_scale = true,                                                                                            \
         .doc = "ftrl only: weights whose summed gradient stays below are exactly 0",                                  \
         .when = "optimiser=ftrl"},                                                                                    \
    {                                                                                                                  \
        .name = "l2", .min = 0, .max = 1e9, .fallback = 0, .low = 0.01, .high = 30, .log_scale = true,                 \
        .doc = "strength of the squared penalty on weights"                                                            \
    }

/* All optimisers, NULL-ended. */
const struct fw_optimiser_vtable *const *fw_optimiser_list(void);

/* An optimiser by name, with its figures taken from settings that have the rows above. FW_E_ARG: no such name (lists
 * the known ones), or an l1 that it does not take. */
FW_NODISCARD
enum fw_status fw_optimiser_init(struct fw_optimiser *optimiser, const char *name, const struct fw_params *params,
                                 struct fw_error *err);

/* The same from figures: rate, beta, l1 and l2 as in the struct. */
FW_NODISCARD
enum fw_status fw_optimiser_make(struct fw_optimiser *optimiser, const char *name, double rate, double beta, double l1,
                                 double l2, struct fw_error *err);

/* Number of the i-th row of a step, and a hint to fetch a row that comes soon: rows lie far apart. */
static inline int64_t fw_optimiser_row(const struct fw_optimiser *self, const fw_real *weight, const fw_real *state,
                                       int64_t width, const uint32_t *rows, int64_t n_rows, int64_t i)
{
    enum { ahead = 12 };
    if (rows == NULL)
        return i;
    if (i + ahead < n_rows) {
        int64_t next = (int64_t)rows[i + ahead] * width;
        __builtin_prefetch(weight + next, 1);
        for (int64_t k = 0; k < width * self->vtable->state_per_weight; k += 64 / (int64_t)sizeof *state)
            __builtin_prefetch(state + next * self->vtable->state_per_weight + k, 1);
    }
    return rows[i];
}

#endif
