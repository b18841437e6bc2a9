/* How good the readings of a model are (models/reading.h): probabilities by AUC, logloss and accuracy (metrics.h),
 * numbers by their errors and by how much of the label's spread they explain.
 *
 * A row counts for a reading where its label is known and, for a reading given another task, where that task's label is
 * positive. So readings of one model may count different rows.
 *
 *     struct fw_task_metrics_workspace *workspace;
 *     FW_TRY(fw_task_metrics_workspace_create(&workspace, n, mem, err));
 *     struct fw_task_rows rows = {.outputs = outputs, .labels = labels, .n = n, .n_outputs = 3, .n_labels = 2};
 *     struct fw_task_metrics metrics;
 *     status = fw_task_metrics_compute(&metrics, &model->readings[r], &rows, workspace, err);
 *     fw_task_metrics_workspace_destroy(workspace);
 *
 * Nothing but `create` allocates. A workspace serves one thread at a time. Sums run in the order of the rows, so
 * figures do not depend on the number of threads. */
#ifndef FW_EVALUATORS_TASK_METRICS_H
#define FW_EVALUATORS_TASK_METRICS_H

#include "evaluators/metrics.h"
#include "models/reading.h"

/* Rows with what a model gave for them. Borrowed for the call. */
struct fw_task_rows {
    const float *outputs; /* (n, n_outputs) finite */
    const float *labels;  /* (n, n_labels) 0 or 1, or numbers; NaN: unknown */
    const float *weights; /* (n) finite, not negative; NULL: all 1 */
    int64_t n;
    int64_t n_outputs;
    int32_t n_labels;
};

/* Of a number, in units of its label and of that squared, weighted. */
struct fw_number_metrics {
    double mse, rmse, mae;
    double relative_mse; /* mse over the variance of the label: 1 for the mean as the answer to all rows; NaN when the
                            label does not vary */
    double r2;           /* 1 - relative_mse */
    double baseline;     /* rmse of that mean */
    double mean_label, mean_prediction;
};

struct fw_task_metrics {
    int64_t rows;                    /* that count; without weight above 0 among them all figures are NaN */
    double weight;                   /* sum of their weights */
    struct fw_metrics classes;       /* of probabilities and products; of numbers all NaN */
    struct fw_number_metrics number; /* of numbers; else all NaN */
};

struct fw_task_metrics_workspace;

/* Scratch memory (28 bytes a row) for up to max_rows rows. FW_E_ARG above FW_METRICS_MAX_ROWS, FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_task_metrics_workspace_create(struct fw_task_metrics_workspace **out, int64_t max_rows,
                                                struct fw_allocator *mem, struct fw_error *err);
void fw_task_metrics_workspace_destroy(struct fw_task_metrics_workspace *workspace); /* NULL is a no-op */

/* All figures of a reading. FW_E_NUMERIC when an output of a row that counts is not finite; FW_E_ARG when its label is
 * neither 0 nor 1 though it is to be judged as a class, or a weight is negative or not finite. The message names the
 * reading, and the row (from 0) where it is about an output. */
FW_NODISCARD
enum fw_status fw_task_metrics_compute(struct fw_task_metrics *out, const struct fw_reading *reading,
                                       const struct fw_task_rows *rows, struct fw_task_metrics_workspace *workspace,
                                       struct fw_error *err);

#endif
