/* Losses: what the outputs of a graph are held against, and their derivatives.
 *
 * A loss sees rows: outputs (n, n_outputs) and labels (n, n_labels), and writes into `residual` (n, n_outputs) the
 * derivative of the summed loss. A label that is not a number says nothing: no loss, no derivative. An output that is
 * not finite makes the loss NaN and its derivatives 0.
 *
 *     const struct fw_loss *loss = fw_loss_tasks(graph, tasks, n_tasks, scaling);
 *     FW_TRY(fw_graph_finish(graph, outputs, outputs, loss, err)); */
#ifndef FW_MODELS_ENGINE_LOSS_H
#define FW_MODELS_ENGINE_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#include "models/dataset_view.h"
#include "models/engine/real.h"
#include "space/task.h"

struct fw_graph;
struct fw_weights;

/* Rows that are judged together. */
#define FW_LOSS_ROWS 64

/* Sums over rows, in their order. */
struct fw_loss_figures {
    double loss;
    double weight;
};

/* At most FW_LOSS_ROWS rows. */
struct fw_loss_rows {
    const fw_real *outputs; /* (n, n_outputs) */
    const fw_real *labels;  /* (n, n_labels) */
    const fw_real *weights; /* (n), NULL: all 1 */
    fw_real *residual;      /* (n, n_outputs) */
    int64_t n;
    uint64_t seed, step, first; /* name a row's random numbers: of the pass, and the place of the first row in it */
};

/* First member of every loss. */
struct fw_loss {
    int32_t n_outputs, n_labels;
    /* Adds to the sums, overwrites the residual. */
    void (*judge)(const struct fw_loss *loss, struct fw_loss_figures *sums, const struct fw_loss_rows *rows);
};

/* Labels (n, labels of the data set) and weights of at most FW_LOSS_ROWS rows; false: all weights are 1 and none are
 * written. */
bool fw_loss_targets(const struct fw_dataset_view *rows, int64_t first, int64_t n, fw_real *labels, fw_real *weights);

/* Cross-entropy w log(1 + exp(-(2y - 1) x)), added to the sums; residual (n) gets w (p - y). weights: NULL: all 1. A
 * logit that is not finite makes the loss NaN and its residual 0. */
void fw_loss_logistic(struct fw_loss_figures *sums, const fw_real *restrict logit, const fw_real *restrict labels,
                      const fw_real *restrict weights, int64_t n, fw_real *restrict residual);

/* The cross-entropy of the product of two probabilities with logits a and b, times weight; its derivatives are added to
 * residual. */
fw_real fw_loss_of_product(fw_real a, fw_real b, fw_real y, fw_real weight, fw_real residual[2]);

/* fw_loss_logistic as the loss of a graph with one logit: what graphs have unless told otherwise. */
extern const struct fw_loss fw_loss_one;

/* The joint loss of several tasks, one output each: the sum over tasks of weight times cross-entropy of a logit, or
 * times the squared error (o - (y - shift) / scale)^2 of a number. scaling: (n_tasks, 2) shift and scale of each, read
 * while judging; 0 and 1 leave a label as it is. Kept by the graph; NULL after a refused allocation. */
const struct fw_loss *fw_loss_tasks(struct fw_graph *graph, const struct fw_task *tasks, int32_t n_tasks,
                                    const struct fw_weights *scaling);

/* The cross-entropy of a product of two probabilities, outputs 0 and 1 being their logits (PAL, section 3 of Guo et al.
 * 2019): l(y, s(a) s(b)). */
extern const struct fw_loss fw_loss_product;

/* A funnel of two labels, click y and conversion z (which is part of the click): outputs 0 and 1 (Ma et al. 2018). */
enum fw_funnel_method {
    FW_FUNNEL_ESMM,         /* l(y, s(a)) + l(y z, s(a) s(b)), over all rows */
    FW_FUNNEL_BASE,         /* l(y, s(a)) + l(z, s(b)) on clicked rows, as the next three with changes */
    FW_FUNNEL_AMAN,         /* a share of the unclicked rows are negatives of the second, drawn anew each step */
    FW_FUNNEL_OVERSAMPLING, /* a conversion counts several times */
    FW_FUNNEL_UNBIAS,       /* a clicked row counts 1 / s(a) times, s(a) taken as given and not below a floor */
    FW_FUNNEL_DIVISION      /* l(y, s(a)) + l(y z, s(b)): b is the logit of both */
};
struct fw_funnel_options {
    enum fw_funnel_method method;
    double share;      /* of AMAN */
    double factor;     /* of OVERSAMPLING */
    double floor;      /* of UNBIAS */
    double weights[2]; /* of the two parts of the loss */
};
const struct fw_loss *fw_loss_funnel(struct fw_graph *graph, const struct fw_funnel_options *options);

#endif
