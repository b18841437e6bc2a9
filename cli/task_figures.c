#include "cli/task_figures.h"

#include <math.h>
#include <stdio.h>

#include "cli/json_out.h"
#include "cli/terminal.h"
#include "core/text.h"

const enum fw_figure *cli_figures_of(enum fw_reading_kind kind)
{
    static const enum fw_figure of_classes[CLI_FIGURES_SHOWN] = {FW_FIGURE_AUC, FW_FIGURE_LOGLOSS, FW_FIGURE_ACCURACY};
    static const enum fw_figure of_numbers[CLI_FIGURES_SHOWN] = {FW_FIGURE_R2, FW_FIGURE_RMSE, FW_FIGURE_MAE};
    return kind == FW_READ_NUMBER ? of_numbers : of_classes;
}

const char *cli_score_name(char out[64], const struct fw_score_spec *metric, const struct fw_schema *schema)
{
    if (metric->n_terms > 0)
        return "score";
    enum fw_reading_kind kind = FW_READ_NUMBER; /* when all are numbers, by their own figure */
    for (int32_t t = 0; t < schema->n_tasks; t++) {
        if (schema->tasks[t].kind != FW_TASK_NUMBER)
            kind = FW_READ_PROBABILITY;
    }
    snprintf(out, 64, "%s%s", schema->n_tasks > 1 ? "mean " : "", fw_figure_name(fw_figure_for(metric->figure, kind)));
    return out;
}

void cli_figures_print(const struct fw_reading *readings, const struct fw_task_metrics *metrics, int32_t n)
{
    char count[32];
    struct cli_table *table = cli_table_create((const char *const[]){"", "", "", "", ""}, 2 + CLI_FIGURES_SHOWN);
    for (int32_t r = 0; r < n; r++) {
        const enum fw_figure *figures = cli_figures_of(readings[r].kind);
        cli_table_cell(table, "  %s", readings[r].name);
        cli_table_cell(table, "%s row%s", fw_text_count(count, metrics[r].rows), metrics[r].rows == 1 ? "" : "s");
        for (int f = 0; f < CLI_FIGURES_SHOWN; f++) {
            double value = fw_figure_value(figures[f], &metrics[r]);
            if (isnan(value))
                cli_table_cell(table, "%s -", fw_figure_name(figures[f]));
            else
                cli_table_cell(table, "%s %.5f", fw_figure_name(figures[f]), value);
        }
    }
    cli_table_print(table, stdout);
}

static void add_classes(cJSON *object, const struct fw_metrics *m)
{
    cli_json_add_int(object, "positives", m->positives);
    cli_json_add_real(object, "auc", m->auc);
    cli_json_add_real(object, "auc_se", m->auc_se);
    cli_json_add_real(object, "logloss", m->logloss);
    cli_json_add_real(object, "logloss_se", m->logloss_se);
    cli_json_add_real(object, "accuracy", m->accuracy);
    cli_json_add_real(object, "accuracy_se", m->accuracy_se);
    cli_json_add_real(object, "base_rate", m->base_rate);
    cli_json_add_real(object, "mean_prediction", m->mean_prediction);
}

static void add_number(cJSON *object, const struct fw_number_metrics *m)
{
    cli_json_add_real(object, "r2", m->r2);
    cli_json_add_real(object, "rmse", m->rmse);
    cli_json_add_real(object, "mae", m->mae);
    cli_json_add_real(object, "mse", m->mse);
    cli_json_add_real(object, "relative_mse", m->relative_mse);
    cli_json_add_real(object, "baseline_rmse", m->baseline);
    cli_json_add_real(object, "mean_label", m->mean_label);
    cli_json_add_real(object, "mean_prediction", m->mean_prediction);
}

cJSON *cli_figures_json(const struct fw_reading *readings, const struct fw_task_metrics *metrics, int32_t n,
                        const struct fw_task *labels)
{
    cJSON *array = cli_json_array();
    for (int32_t r = 0; r < n; r++) {
        bool number = readings[r].kind == FW_READ_NUMBER;
        cJSON *object = cli_json_object();
        cli_json_add_text(object, "name", readings[r].name);
        cli_json_add_text(object, "label", labels[readings[r].task].name);
        cli_json_add_text(object, "kind", number ? "number" : "probability");
        cli_json_add_int(object, "rows", metrics[r].rows);
        if (number)
            add_number(object, &metrics[r].number);
        else
            add_classes(object, &metrics[r].classes);
        cli_json_append(array, object);
    }
    return array;
}
