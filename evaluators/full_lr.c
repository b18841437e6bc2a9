/* The ground truth that the fast evaluators are held against: the cross is learned exactly and the whole cross-fitted
 * logistic regression is refitted with it. Always uses all rows. */
#include <math.h>

#include "core/clock.h"
#include "evaluators/evaluator.h"

static enum fw_status compare(struct fw_comparison *comparison, const struct fw_ground *ground,
                              const struct fw_crossfit *fit, struct fw_error *err)
{
    struct fw_metrics_workspace *workspace;
    int64_t n_judged = ground->dataset->fold_start[ground->dataset->n_judged];
    FW_TRY(fw_metrics_workspace_create(&workspace, n_judged, ground->mem, err));
    enum fw_status status = fw_baseline_compare(comparison, ground->baseline, fit->logit, workspace, err);
    fw_metrics_workspace_destroy(workspace);
    return status;
}

static enum fw_status evaluate(struct fw_candidate_score *score, const struct fw_ground *ground,
                               const struct fw_candidate *candidate, struct fw_rung rung, void *state,
                               struct fw_error *err)
{
    (void)rung;
    (void)state;
    double started = fw_clock_seconds();
    enum fw_status status = FW_OK;
    struct fw_cross_map *map = NULL;
    struct fw_field field = {0};
    struct fw_crossfit *fit = NULL;
    struct fw_comparison comparison;
    FW_TRY(fw_cross_map_learn(&map, ground->dataset, &candidate->cross, &ground->options.cross, ground->mem, err));
    FW_TRY_GOTO(fw_cross_map_apply(&field, map, ground->dataset, ground->mem, err), done);
    const struct fw_field *extra = &field;
    FW_TRY_GOTO(fw_crossfit_extend(&fit, ground->model, ground->fields, ground->n_fields, &extra, 1,
                                   &ground->options.refit, err),
                done);
    FW_TRY_GOTO(compare(&comparison, ground, fit, err), done);
    const struct fw_gain *gain = ground->objective == FW_OBJECTIVE_AUC ? &comparison.auc : &comparison.logloss;
    *score = (struct fw_candidate_score){.rank = gain->value,
                                         .value = gain->value,
                                         .z = gain->z,
                                         .rows = ground->dataset->n_rows,
                                         .buckets = field.n_ids,
                                         .seconds = fw_clock_seconds() - started};
done:
    fw_crossfit_destroy(fit);
    fw_field_clear(&field, ground->mem);
    fw_cross_map_destroy(map);
    return status;
}

const struct fw_evaluator_vtable fw_evaluator_lr = {
    .api = FW_EVALUATOR_API,
    .name = "lr",
    .summary = "refits the whole logistic regression: exact and slow",
    .evaluate = evaluate,
};
