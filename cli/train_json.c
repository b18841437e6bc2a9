#include "cli/train_json.h"

#include "cli/json_out.h"
#include "cli/task_figures.h"
#include "cli/train_board.h"

static cJSON *describe(const struct cli_train_outcome *o, const struct cli_train_options *options,
                       const struct fw_schema *schema)
{
    const struct fw_training *t = &o->training;
    const struct cli_judgement *j = &o->judgement;
    cJSON *json = cli_json_object();
    cli_json_add_text(json, "model", o->choice->vtable->name);
    cli_json_add_text(json, "reason", o->reason[0] != '\0' ? o->reason : NULL);
    if (o->status != FW_OK)
        return json;
    cli_json_add_real(json, "score", fw_score_natural(options->metric.maximise, t->best_score));
    cli_json_add_int(json, "parameters", o->parameters);
    cli_json_add_int(json, "epochs", t->n_epochs);
    cli_json_add_int(json, "best_epoch", t->best_epoch);
    cli_json_add_text(json, "end", fw_training_end_name(t->end));
    cli_json_add_bool(json, "refitted", t->refitted);
    cli_json_add_int(json, "rows", t->rows);
    cli_json_add_real(json, "seconds", t->seconds);
    cli_json_add(json, "tasks", cli_figures_json(j->readings, j->figures, j->n_readings, schema->tasks));
    if (o->positions.n > 0)
        cli_json_add(json, "positions", cli_positions_json(&o->positions));
    return json;
}

void cli_train_json(struct cli_train_outcome *outcomes, int64_t n, const struct cli_train_options *options,
                    const struct fw_schema *schema, int64_t bytes)
{
    cJSON *json = cli_json_object();
    cJSON *models = cli_json_array();
    cli_train_sort(outcomes, n);
    for (int64_t i = 0; i < n; i++)
        cli_json_append(models, describe(&outcomes[i], options, schema));
    cli_json_add_text(json, "metric", options->metric.text);
    cli_json_add_bool(json, "maximise", options->metric.maximise);
    cli_json_add_text(json, "out", bytes > 0 ? options->out : NULL);
    cli_json_add_int(json, "bytes", bytes);
    cli_json_add(json, "models", models);
    cli_json_print(json);
}
