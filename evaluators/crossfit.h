/* Cross-fitted logistic regression: for each judged fold a model trained on all other folds, and from them the
 * out-of-fold logit of every judged row, which is what a feature set is honestly worth.
 *
 * Rows that are never judged (the training part of a hold-out split) carry the logit of the first model, in sample.
 * One handle belongs to one thread; its fits run side by side or inside, whichever the data's size calls for. */
#ifndef FW_EVALUATORS_CROSSFIT_H
#define FW_EVALUATORS_CROSSFIT_H

#include <stdint.h>

#include "core/alloc.h"
#include "models/linear/backfit.h"
#include "space/dataset.h"

struct fw_crossfit {
    const struct fw_dataset *dataset; /* borrowed */
    int32_t n_models;                 /* judged folds */
    struct fw_backfit **models;       /* (n_models); model k has not seen fold k */
    float *logit;                     /* (n_rows) out of fold */
    struct fw_allocator *mem;
};

/* Bias-only models. */
FW_NODISCARD
enum fw_status fw_crossfit_create(struct fw_crossfit **out, const struct fw_dataset *dataset, struct fw_allocator *mem,
                                  struct fw_error *err);
void fw_crossfit_destroy(struct fw_crossfit *fit); /* NULL is a no-op */

/* Fits all models on the fields and gathers the out-of-fold logits. fields: those seen before first, in their order. */
FW_NODISCARD
enum fw_status fw_crossfit_fit(struct fw_crossfit *fit, const struct fw_field *const *fields, int32_t n_fields,
                               const struct fw_backfit_options *options, struct fw_error *err);

/* n warm-started refits of `parent`, each with one more field, side by side: out[i] gets parent + extra[i]. fields: the
 * parent's own. On failure all outputs are NULL. */
FW_NODISCARD
enum fw_status fw_crossfit_extend(struct fw_crossfit **out, const struct fw_crossfit *parent,
                                  const struct fw_field *const *fields, int32_t n_fields,
                                  const struct fw_field *const *extra, int32_t n,
                                  const struct fw_backfit_options *options, struct fw_error *err);

#endif
