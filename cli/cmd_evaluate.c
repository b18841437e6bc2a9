/* fieldwise evaluate: how good a model is on labelled rows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/json_out.h"
#include "cli/scoring.h"
#include "cli/task_figures.h"
#include "core/json.h"
#include "core/text.h"
#include "evaluators/task_metrics.h"

enum { key_json = 0x2200 };

static const struct argp_option own_options[] = {
    {"json", key_json, NULL, 0, "the figures as JSON", 6},
    CLI_SCORING_OPTIONS,
    {NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    if (key == key_json) {
        ((struct cli_scoring *)state->input)->json = true;
        return 0;
    }
    return cli_scoring_parse(key, arg, state);
}

static const struct argp parser = {own_options,
                                   parse,
                                   "MODEL DATA",
                                   "Measures a model on rows with labels.\v  fieldwise evaluate model.fw test.csv\n",
                                   cli_scoring_children,
                                   NULL,
                                   NULL};

static enum fw_status print_json(const struct fw_metrics *m, struct fw_error *err)
{
    char *text = NULL;
    cJSON *json = cJSON_CreateObject();
    fw_json_add_number(json, "rows", (double)m->rows);
    fw_json_add_number(json, "positives", (double)m->positives);
    fw_json_add_number(json, "auc", m->auc);
    fw_json_add_number(json, "auc_se", m->auc_se);
    fw_json_add_number(json, "logloss", m->logloss);
    fw_json_add_number(json, "logloss_se", m->logloss_se);
    fw_json_add_number(json, "accuracy", m->accuracy);
    fw_json_add_number(json, "accuracy_se", m->accuracy_se);
    fw_json_add_number(json, "base_rate", m->base_rate);
    fw_json_add_number(json, "mean_prediction", m->mean_prediction);
    enum fw_status status = fw_json_print(&text, json, true, NULL, err);
    cJSON_Delete(json);
    FW_TRY(status);
    printf("%s\n", text);
    fw_free(NULL, text);
    return FW_OK;
}

static void print_text(const struct fw_metrics *m)
{
    char rows[32];
    printf("rows            %s (%.2f %% positive)\n", fw_text_count(rows, m->rows), 100 * m->base_rate);
    printf("auc             %.5f +- %.5f\n", m->auc, m->auc_se);
    printf("logloss         %.5f +- %.5f (base rate alone: %.5f)\n", m->logloss, m->logloss_se, m->baseline);
    printf("accuracy        %.5f +- %.5f\n", m->accuracy, m->accuracy_se);
    printf("mean prediction %.5f (base rate %.5f)\n", m->mean_prediction, m->base_rate);
}

/* What the rows are judged by. */
struct truth {
    float *labels;  /* (n, n_labels) */
    float *weights; /* (n), NULL: all 1 */
    int32_t n_labels;
};

static enum fw_status read_labels(struct truth *out, const struct cli_scoring *s, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_schema *schema = s->bundle.plan->schema;
    int64_t n = s->table->n_rows;
    float *one;
    FW_ALLOC(one, mem, n, "the labels", err);
    out->n_labels = schema->n_tasks;
    FW_ALLOC_GOTO(out->labels, mem, n * schema->n_tasks, "the labels", err, done);
    for (int32_t t = 0; t < schema->n_tasks; t++) {
        FW_TRY_GOTO(fw_schema_labels(schema, t, s->table, s->columns[schema->tasks[t].column], one, err), done);
        for (int64_t i = 0; i < n; i++)
            out->labels[i * schema->n_tasks + t] = one[i];
    }
    if (schema->weight >= 0) {
        FW_ALLOC_GOTO(out->weights, mem, n, "the weights", err, done);
        FW_TRY_GOTO(fw_schema_weights(schema, s->table, s->columns[schema->weight], out->weights, err), done);
    }
done:
    fw_free(mem, one);
    return status;
}

static bool is_usable(const struct truth *truth, int64_t row)
{
    if (truth->weights != NULL && isnan(truth->weights[row]))
        return false;
    for (int32_t t = 0; t < truth->n_labels; t++) {
        if (!isnan(truth->labels[row * truth->n_labels + t]))
            return true;
    }
    return false;
}

/* Rows without any known label or a usable weight take no part; returns how many are left. */
static int64_t drop_unusable(float *outputs, int64_t n_outputs, struct truth *truth, int64_t n)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        if (!is_usable(truth, i))
            continue;
        memmove(outputs + kept * n_outputs, outputs + i * n_outputs, (size_t)n_outputs * sizeof *outputs);
        memmove(truth->labels + kept * truth->n_labels, truth->labels + i * truth->n_labels,
                (size_t)truth->n_labels * sizeof *truth->labels);
        if (truth->weights != NULL)
            truth->weights[kept] = truth->weights[i];
        kept++;
    }
    return kept;
}

static enum fw_status judge_one(const struct cli_scoring *s, const struct truth *truth, int64_t n, struct fw_error *err)
{
    struct fw_metrics metrics;
    struct fw_metrics_workspace *workspace;
    struct fw_scored_view view = {.scores = s->outputs, .labels = truth->labels, .weights = truth->weights, .n = n};
    FW_TRY(fw_metrics_workspace_create(&workspace, n, s->bundle.model->mem, err));
    enum fw_status status = fw_metrics_compute(&metrics, view, workspace, err);
    fw_metrics_workspace_destroy(workspace);
    FW_TRY(status);
    if (s->json)
        return print_json(&metrics, err);
    print_text(&metrics);
    return FW_OK;
}

static void print_several(const struct cli_scoring *s, const struct fw_reading *readings,
                          const struct fw_task_metrics *metrics, int32_t n_readings, int64_t n)
{
    char rows[32];
    if (!s->json) {
        printf("%s row%s\n", fw_text_count(rows, n), n == 1 ? "" : "s");
        cli_figures_print(readings, metrics, n_readings);
        return;
    }
    cJSON *json = cli_json_object();
    cli_json_add_int(json, "rows", n);
    cli_json_add(json, "tasks", cli_figures_json(readings, metrics, n_readings, s->bundle.plan->schema->tasks));
    cli_json_print(json);
}

/* A line a reading; one that needs the position is left out where the table has none. */
static enum fw_status judge_several(const struct cli_scoring *s, const struct truth *truth, int64_t n,
                                    struct fw_error *err)
{
    const struct fw_model *model = s->bundle.model;
    const struct fw_schema *schema = s->bundle.plan->schema;
    bool placed = !model->vtable->reads_position || (schema->position >= 0 && s->columns[schema->position] >= 0);
    struct fw_reading readings[FW_READINGS_MOST];
    struct fw_task_metrics metrics[FW_READINGS_MOST];
    struct fw_task_rows rows = {s->outputs, truth->labels, truth->weights, n, model->n_outputs, truth->n_labels};
    struct fw_task_metrics_workspace *workspace;
    int32_t n_readings = 0;
    FW_TRY(fw_task_metrics_workspace_create(&workspace, n, model->mem, err));
    enum fw_status status = FW_OK;
    for (int32_t r = 0; r < model->n_readings && status == FW_OK; r++) {
        if (!model->readings[r].served && !placed)
            continue;
        readings[n_readings] = model->readings[r];
        status = fw_task_metrics_compute(&metrics[n_readings++], &model->readings[r], &rows, workspace, err);
    }
    fw_task_metrics_workspace_destroy(workspace);
    FW_TRY(status);
    print_several(s, readings, metrics, n_readings, n);
    return FW_OK;
}

static enum fw_status run(struct cli_scoring *s, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_allocator *mem = &s->data.mem;
    struct truth truth = {0};
    FW_TRY(cli_scoring_run(s, true, err));
    const struct fw_model *model = s->bundle.model;
    int64_t n = s->table->n_rows;
    FW_TRY_GOTO(read_labels(&truth, s, mem, err), done);
    int64_t usable = drop_unusable(s->outputs, model->n_outputs, &truth, n);
    if (usable < n)
        cli_note(&s->data, "%lld row(s) without a usable label or weight left out", (long long)(n - usable));
    if (usable == 0)
        FW_TRY_GOTO(fw_error_set(err, FW_E_INPUT,
                                 "%s: no row has a label to judge predictions by; give a table with labels", s->path),
                    done);
    if (model->n_readings == 1)
        FW_TRY_GOTO(judge_one(s, &truth, usable, err), done);
    else
        FW_TRY_GOTO(judge_several(s, &truth, usable, err), done);
done:
    fw_free(mem, truth.weights);
    fw_free(mem, truth.labels);
    return status;
}

int cmd_evaluate(int argc, char **argv)
{
    struct cli_scoring s = {0};
    struct fw_error err = {0};
    cli_data_init(&s.data);
    CLI_PARSE(&parser, "evaluate", argc, argv, &s);
    enum fw_status status = run(&s, &err);
    cli_scoring_clear(&s);
    return status != FW_OK ? cli_fail(&err) : 0;
}
