/* Logistic regression over fields by block-coordinate Newton steps (backfitting), with shrinkage learned from the data.
 *
 * Each row has exactly one active id in a field, so with all other fields fixed the loss of a field splits by id: from
 * the sums G = sum w(y - p) and H = sum w p(1 - p) over the rows of an id, its weight is
 *
 *     v <- (H v + G) / (H + lambda_f)
 *
 * a Newton step on the penalised loss with no learning rate. A sweep visits every field once; each visit is one pass
 * over the rows. The penalty of a field is not a setting: weights of field f are taken as draws from N(0, 1/lambda_f)
 * and lambda_f follows MacKay's evidence update, lambda_f = (sum_id H/(H + lambda_f)) / sum_id v^2. A field of noise
 * thus shrinks to nothing by itself, a field of many rare ids shrinks each id by its evidence, and fine bins lean on
 * coarse ones. A fixed lambda (options.l2 > 0) turns this off.
 *
 * The state keeps the logit of every row, also of rows left out of the fit: those are out-of-fold scores for free.
 *
 * Results do not depend on the number of threads. One handle belongs to one thread at a time. */
#ifndef FW_MODELS_LINEAR_BACKFIT_H
#define FW_MODELS_LINEAR_BACKFIT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/budget.h"
#include "space/dataset.h"

struct fw_backfit_options {
    int32_t max_sweeps; /* default 40 */
    double tolerance;   /* stop when no field's visit moves the logits by more, root mean square; default 1e-3 */
    double l2;          /* fixed lambda for all fields; 0: learned */
    double min_lambda;  /* of the learned ones; default 0.05 */
    double max_lambda;  /* default 1e4 */
    int threads;
    const struct fw_budget *budget; /* looked at between fields; may be NULL */
};

struct fw_backfit {
    int64_t n_rows;
    int32_t n_fields;
    int32_t capacity;
    int64_t *n_ids;   /* (n_fields) */
    double **weights; /* (n_fields) of (n_ids) */
    double *lambda;   /* (n_fields) */
    double bias;
    float *logit;   /* (n_rows) of all rows of the data set */
    int32_t sweeps; /* of the last fit */
    struct fw_allocator *mem;
};

void fw_backfit_options_init(struct fw_backfit_options *options);

/* An empty model (bias only) for data sets of n_rows. */
FW_NODISCARD
enum fw_status fw_backfit_create(struct fw_backfit **out, int64_t n_rows, struct fw_allocator *mem,
                                 struct fw_error *err);
/* A copy that can go its own way: the warm start of a refit. */
FW_NODISCARD
enum fw_status fw_backfit_clone(struct fw_backfit **out, const struct fw_backfit *from, struct fw_error *err);
void fw_backfit_destroy(struct fw_backfit *model); /* NULL is a no-op */

/* Fits on all rows but those of fold `held_out` (-1: on all rows), from the state as it stands. fields: (n_fields), the
 * first model->n_fields of which the model has seen; new ones start at 0.
 * FW_E_NUMERIC when a weight is not finite; FW_E_STOPPED when the budget asks to stop (the state is then partly swept).
 */
FW_NODISCARD
enum fw_status fw_backfit_fit(struct fw_backfit *model, const struct fw_dataset *dataset,
                              const struct fw_field *const *fields, int32_t n_fields, int32_t held_out,
                              const struct fw_backfit_options *options, struct fw_error *err);

#endif
