/* fieldwise evaluate: how good a model is on labelled rows. */
#include <math.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/scoring.h"
#include "core/json.h"
#include "evaluators/metrics.h"

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
    cJSON_AddNumberToObject(json, "rows", (double)m->rows);
    cJSON_AddNumberToObject(json, "positives", (double)m->positives);
    cJSON_AddNumberToObject(json, "auc", m->auc);
    cJSON_AddNumberToObject(json, "auc_se", m->auc_se);
    cJSON_AddNumberToObject(json, "logloss", m->logloss);
    cJSON_AddNumberToObject(json, "logloss_se", m->logloss_se);
    cJSON_AddNumberToObject(json, "accuracy", m->accuracy);
    cJSON_AddNumberToObject(json, "accuracy_se", m->accuracy_se);
    cJSON_AddNumberToObject(json, "base_rate", m->base_rate);
    cJSON_AddNumberToObject(json, "mean_prediction", m->mean_prediction);
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

/* Rows without a usable label or weight (NaN, with --on-bad-row skip) take no part; returns how many are left. */
static int64_t drop_unusable(float *logits, float *labels, float *weights, int64_t n)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(labels[i]) || (weights != NULL && isnan(weights[i])))
            continue;
        logits[kept] = logits[i];
        labels[kept] = labels[i];
        if (weights != NULL)
            weights[kept] = weights[i];
        kept++;
    }
    return kept;
}

static enum fw_status run(struct cli_scoring *s, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_allocator *mem = &s->data.mem;
    struct fw_metrics_workspace *workspace = NULL;
    float *labels = NULL;
    float *weights = NULL;
    struct fw_metrics metrics;
    FW_TRY(cli_scoring_run(s, true, err));
    const struct fw_schema *schema = s->bundle.plan->schema;
    int64_t n = s->table->n_rows;
    FW_ALLOC_GOTO(labels, mem, n, "the labels", err, done);
    FW_TRY_GOTO(fw_schema_labels(schema, 0, s->table, s->columns[schema->tasks[0].column], labels, err), done);
    if (schema->weight >= 0) {
        FW_ALLOC_GOTO(weights, mem, n, "the weights", err, done);
        FW_TRY_GOTO(fw_schema_weights(schema, s->table, s->columns[schema->weight], weights, err), done);
    }
    int64_t usable = drop_unusable(s->logits, labels, weights, n);
    if (usable < n)
        cli_note(&s->data, "%lld row(s) without a usable label or weight left out", (long long)(n - usable));
    FW_TRY_GOTO(fw_metrics_workspace_create(&workspace, n, mem, err), done);
    struct fw_scored_view view = {.scores = s->logits, .labels = labels, .weights = weights, .n = usable};
    FW_TRY_GOTO(fw_metrics_compute(&metrics, view, workspace, err), done);
    if (s->json)
        FW_TRY_GOTO(print_json(&metrics, err), done);
    else
        print_text(&metrics);
done:
    fw_metrics_workspace_destroy(workspace);
    fw_free(mem, weights);
    fw_free(mem, labels);
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
