#include "evaluators/task_metrics.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct fw_task_metrics_workspace {
    int64_t max_rows;
    float *scores, *labels, *weights; /* (max_rows) of the rows that count, one after another */
    struct fw_metrics_workspace *classes;
    struct fw_allocator *mem;
};

enum fw_status fw_task_metrics_workspace_create(struct fw_task_metrics_workspace **out, int64_t max_rows,
                                                struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_task_metrics_workspace *workspace;
    FW_ALLOC(workspace, mem, 1, "a metrics workspace", err);
    workspace->mem = mem;
    workspace->max_rows = max_rows;
    FW_TRY_GOTO(fw_metrics_workspace_create(&workspace->classes, max_rows, mem, err), done);
    FW_ALLOC_GOTO(workspace->scores, mem, max_rows, "rows that count", err, done);
    FW_ALLOC_GOTO(workspace->labels, mem, max_rows, "rows that count", err, done);
    FW_ALLOC_GOTO(workspace->weights, mem, max_rows, "rows that count", err, done);
    *out = workspace;
    workspace = NULL;
done:
    fw_task_metrics_workspace_destroy(workspace);
    return status;
}

void fw_task_metrics_workspace_destroy(struct fw_task_metrics_workspace *workspace)
{
    if (workspace == NULL)
        return;
    fw_free(workspace->mem, workspace->weights);
    fw_free(workspace->mem, workspace->labels);
    fw_free(workspace->mem, workspace->scores);
    fw_metrics_workspace_destroy(workspace->classes);
    fw_free(workspace->mem, workspace);
}

/* The rows that count, moved together. */
static enum fw_status gather(struct fw_scored_view *out, const struct fw_reading *reading,
                             const struct fw_task_rows *rows, struct fw_task_metrics_workspace *w, struct fw_error *err)
{
    int64_t n = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        float label = fw_reading_label(reading, rows->labels + i * rows->n_labels);
        if (isnan(label))
            continue;
        w->scores[n] = fw_reading_logit(reading, rows->outputs + i * rows->n_outputs);
        w->labels[n] = label;
        w->weights[n] = rows->weights != NULL ? rows->weights[i] : 1.0F;
        if (!isfinite(w->scores[n]))
            return fw_error_set(err, FW_E_NUMERIC, "the prediction of '%s' for row %lld is %g, not a finite number",
                                reading->name, (long long)i, (double)w->scores[n]);
        n++;
    }
    *out = (struct fw_scored_view){.scores = w->scores,
                                   .labels = w->labels,
                                   .weights = rows->weights != NULL ? w->weights : NULL,
                                   .n = n};
    return FW_OK;
}

static enum fw_status sum_weights(double *weight_out, const struct fw_reading *reading,
                                  const struct fw_scored_view *view, const float *weights, struct fw_error *err)
{
    double weight = 0;
    for (int64_t i = 0; i < view->n; i++) {
        if (!(weights[i] >= 0 && isfinite(weights[i])))
            return fw_error_set(err, FW_E_ARG,
                                "the weight of a row with the label '%s' is %g; weights are finite and not negative",
                                reading->name, (double)weights[i]);
        weight += (double)weights[i];
    }
    *weight_out = weight;
    return FW_OK;
}

/* Two passes, for a label far from 0 would lose its variance in a difference of squares. */
static void judge_number(struct fw_number_metrics *out, const struct fw_scored_view *view, const float *weights,
                         double weight)
{
    double label = 0;
    double prediction = 0;
    double squares = 0;
    double absolutes = 0;
    double spread = 0;
    for (int64_t i = 0; i < view->n; i++) {
        double w = (double)weights[i];
        double miss = (double)view->scores[i] - (double)view->labels[i];
        label += w * (double)view->labels[i];
        prediction += w * (double)view->scores[i];
        squares += w * miss * miss;
        absolutes += w * fabs(miss);
    }
    label /= weight;
    for (int64_t i = 0; i < view->n; i++) {
        double deviation = (double)view->labels[i] - label;
        spread += (double)weights[i] * deviation * deviation;
    }
    double relative = spread > 0 ? squares / spread : (double)NAN;
    *out = (struct fw_number_metrics){.mse = squares / weight,
                                      .rmse = sqrt(squares / weight),
                                      .mae = absolutes / weight,
                                      .relative_mse = relative,
                                      .r2 = 1 - relative,
                                      .baseline = sqrt(spread / weight),
                                      .mean_label = label,
                                      .mean_prediction = prediction / weight};
}

/* Every figure unknown. */
static struct fw_task_metrics nothing(void)
{
    const double none = (double)NAN;
    return (struct fw_task_metrics){
        .classes = {.base_rate = none,
                    .auc = none,
                    .auc_se = none,
                    .logloss = none,
                    .logloss_se = none,
                    .accuracy = none,
                    .accuracy_se = none,
                    .baseline = none,
                    .mean_prediction = none},
        .number = {.mse = none,
                   .rmse = none,
                   .mae = none,
                   .relative_mse = none,
                   .r2 = none,
                   .baseline = none,
                   .mean_label = none,
                   .mean_prediction = none},
    };
}

enum fw_status fw_task_metrics_compute(struct fw_task_metrics *out, const struct fw_reading *reading,
                                       const struct fw_task_rows *rows, struct fw_task_metrics_workspace *workspace,
                                       struct fw_error *err)
{
    struct fw_scored_view view;
    struct fw_task_metrics metrics = nothing();
    assert(rows->n <= workspace->max_rows);
    assert(reading->output < rows->n_outputs && reading->task < rows->n_labels);
    FW_TRY(gather(&view, reading, rows, workspace, err));
    FW_TRY(sum_weights(&metrics.weight, reading, &view, workspace->weights, err));
    metrics.rows = view.n;
    if (metrics.weight > 0 && reading->kind == FW_READ_NUMBER) {
        judge_number(&metrics.number, &view, workspace->weights, metrics.weight);
    } else if (metrics.weight > 0) {
        struct fw_error detail = {0};
        enum fw_status status = fw_metrics_compute(&metrics.classes, view, workspace->classes, &detail);
        if (status != FW_OK)
            return fw_error_set(err, status, "'%s': %s", reading->name, detail.message);
    }
    *out = metrics;
    return FW_OK;
}
