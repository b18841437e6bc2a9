#include "cli/train_labels.h"

#include <math.h>
#include <string.h>

static enum fw_status check_single(const struct fw_dataset *dataset, const struct fw_score_spec *metric,
                                   struct fw_error *err)
{
    int64_t judged = dataset->fold_start[1];
    int train = cli_only_label(dataset, judged, dataset->n_rows);
    int valid = cli_only_label(dataset, 0, judged);
    if (train >= 0)
        return fw_error_set(err, FW_E_INPUT,
                            "all %lld training rows have the label %d: there is nothing to learn; check the label, "
                            "or split otherwise (--split, --seed, --valid-fraction)",
                            (long long)(dataset->n_rows - judged), train);
    if (valid >= 0 && metric->n_terms == 0 && metric->figure == FW_FIGURE_AUC)
        return fw_error_set(err, FW_E_INPUT,
                            "all %lld validation rows have the label %d, so that there is no %s; use --metric logloss, "
                            "or split otherwise (--split, --seed, --valid-fraction)",
                            (long long)judged, valid, fw_figure_name(metric->figure));
    return FW_OK;
}

/* One of several labels, over the training rows that have it. */
static enum fw_status check_task(const struct fw_dataset *dataset, const struct fw_task *task, int32_t number,
                                 struct fw_error *err)
{
    int64_t rows = 0;
    float least = 0;
    float most = 0;
    for (int64_t i = dataset->fold_start[1]; i < dataset->n_rows; i++) {
        float label = dataset->labels[i * dataset->n_tasks + number];
        if (isnan(label))
            continue;
        least = rows == 0 || label < least ? label : least;
        most = rows == 0 || label > most ? label : most;
        rows++;
    }
    if (rows == 0)
        return fw_error_set(err, FW_E_INPUT,
                            "none of the %lld training rows has a label '%s'; leave it out of --labels, or split "
                            "otherwise (--split, --seed, --valid-fraction)",
                            (long long)(dataset->n_rows - dataset->fold_start[1]), task->name);
    if (least == most)
        return fw_error_set(err, FW_E_INPUT,
                            "all %lld training rows with a label '%s' have the same one, %g: there is nothing to "
                            "learn; leave it out of --labels, or split otherwise (--split, --seed, --valid-fraction)",
                            (long long)rows, task->name, (double)least);
    return FW_OK;
}

enum fw_status cli_train_check_labels(const struct fw_dataset *dataset, const struct fw_schema *schema,
                                      const struct fw_score_spec *metric, struct fw_error *err)
{
    if (schema->n_tasks > 1) {
        for (int32_t t = 0; t < schema->n_tasks; t++)
            FW_TRY(check_task(dataset, &schema->tasks[t], t, err));
        return FW_OK;
    }
    if (schema->n_tasks == 1 && schema->tasks[0].kind == FW_TASK_NUMBER)
        return FW_OK; /* models will say that it is not for them */
    return check_single(dataset, metric, err);
}

/* With one label and a metric of its own there is nothing that could not be had. */
static bool metric_may_fail(const struct cli_train_choice *choice, const struct fw_score_spec *metric, int32_t n_tasks)
{
    return n_tasks > 1 || choice->vtable->reading != NULL || metric->n_terms > 0 ||
           fw_figure_of_numbers(metric->figure);
}

enum fw_status cli_train_check_model(const struct cli_train_choice *choice, const struct cli_train_options *options,
                                     const struct cli_training_setup *setup, struct cli_judge *judge,
                                     struct fw_error *err)
{
    struct fw_model *model;
    struct fw_model_footprint footprint;
    struct fw_allocator *mem = judge->mem;
    const struct fw_dataset *dataset = setup->training.dataset;
    const struct fw_schema *schema = setup->plan->schema;
    struct fw_model_config config = cli_train_config(options, choice, setup);
    if (choice->vtable->reads_position && schema->position < 0)
        return fw_error_set(err, FW_E_ARG,
                            "model '%s' learns from where rows were shown; name that column (--position COLUMN)",
                            choice->vtable->name);
    if (options->calibrate && schema->n_tasks > 1)
        return fw_error_set(err, FW_E_ARG, "--calibrate scales the score of a single label, there are %d; leave it out",
                            schema->n_tasks);
    FW_TRY(fw_model_measure(&footprint, choice->vtable, &config, mem, err));
    if (!metric_may_fail(choice, &options->metric, schema->n_tasks))
        return FW_OK;
    config.scoring_only = true;
    FW_TRY(fw_model_create(&model, choice->vtable, &config, mem, err));
    enum fw_status status = cli_judge_try(judge, model, dataset, dataset->fold_start[1], err);
    fw_model_destroy(model);
    return status;
}
