/* What `fieldwise route` found as JSON. */
#include <math.h>

#include "cli/json_out.h"
#include "cli/route.h"
#include "core/clock.h"

static cJSON *numbers_json(const double *values, int64_t n)
{
    cJSON *list = cli_json_array();
    for (int64_t i = 0; i < n; i++)
        cli_json_append(list, isfinite(values[i]) ? cJSON_CreateNumber(values[i]) : cJSON_CreateNull());
    return list;
}

static cJSON *topology_json(const struct route_work *w)
{
    const struct fw_topology *t = &w->result.topology;
    cJSON *json = cli_json_object();
    cJSON *levels = cli_json_array();
    for (int32_t l = 0; l < t->n_levels; l++) {
        cJSON *level = cli_json_object();
        cli_json_add_int(level, "subnetworks", t->levels[l].n);
        cli_json_add_int(level, "units", t->levels[l].width);
        cli_json_append(levels, level);
    }
    cli_json_add_text(json, "kind", fw_connection_kind_name(t->kind));
    cli_json_add(json, "levels", levels);
    cli_json_add_int(json, "tower", t->tower);
    cli_json_add_int(json, "inputs", w->result.inputs);
    cli_json_add_int(json, "connections", route_all_connections(w));
    cli_json_add_int(json, "subnetworks", route_all_subnetworks(w));
    cli_json_add_int(json, "bytes", route_full_bytes(w));
    return json;
}

static cJSON *figures_json(const struct route_work *w, const struct fw_route_step *step)
{
    cJSON *list = cli_json_array();
    const struct route_tested *tested = route_find_tested(w, step);
    for (int32_t r = 0; step->figures != NULL && r < w->n_readings; r++) {
        cJSON *json = cli_json_object();
        cli_json_add_text(json, "name", w->readings[r].name);
        cli_json_add_text(json, "figure", fw_figure_name(w->shown[r]));
        cli_json_add_real(json, "validation", step->figures[r]);
        cli_json_add_real(json, "test", tested != NULL ? tested->figures[r] : (double)NAN);
        cli_json_append(list, json);
    }
    return list;
}

static cJSON *tasks_json(const struct route_work *w, const struct fw_route_step *step)
{
    const struct fw_schema *schema = w->setup.plan->schema;
    cJSON *list = cli_json_array();
    for (int32_t t = 0; step->use != NULL && step->sharing != NULL && t < schema->n_tasks; t++) {
        cJSON *json = cli_json_object();
        cli_json_add_text(json, "label", schema->tasks[t].name);
        cli_json_add_real(json, "use", step->use[t]);
        cli_json_add(json, "sharing", numbers_json(step->sharing + (int64_t)t * schema->n_tasks, schema->n_tasks));
        cli_json_append(list, json);
    }
    return list;
}

static cJSON *gates_json(const struct fw_routing *routing)
{
    cJSON *list = cli_json_array();
    for (int64_t i = 0; routing->gates != NULL && i < fw_topology_connections(&routing->topology); i++)
        cli_json_append(list, cJSON_CreateNumber((double)routing->gates[i]));
    return list;
}

static cJSON *epochs_json(const struct fw_route_step *step)
{
    cJSON *list = cli_json_array();
    for (int64_t e = 0; e < step->n_epochs; e++) {
        const struct fw_route_epoch *epoch = &step->epochs[e];
        cJSON *json = cli_json_object();
        cli_json_add_real(json, "expected_open", epoch->expected_open);
        cli_json_add_int(json, "open", epoch->open);
        cli_json_add_int(json, "bytes", epoch->bytes);
        cli_json_add_real(json, "train_loss", epoch->train_loss);
        cli_json_add_real(json, "score", epoch->score);
        cli_json_append(list, json);
    }
    return list;
}

static cJSON *step_json(const struct route_work *w, const struct fw_route_step *step)
{
    cJSON *json = cli_json_object();
    const struct route_tested *tested = route_find_tested(w, step);
    cli_json_add_real(json, "lambda", step->lambda);
    cli_json_add_int(json, "connections", step->size.connections);
    cli_json_add_int(json, "subnetworks", step->size.subnetworks);
    cli_json_add_int(json, "parameters", step->size.parameters);
    cli_json_add_int(json, "multiplications", step->size.multiplications);
    cli_json_add_int(json, "bytes", step->bytes);
    cli_json_add_int(json, "all_bytes", step->all_bytes);
    cli_json_add_real(json, "searched_score", route_score(w, step->searched_score));
    cli_json_add_real(json, "score", route_score(w, step->score));
    cli_json_add_real(json, "test", tested != NULL ? route_score(w, tested->score) : (double)NAN);
    cli_json_add(json, "figures", figures_json(w, step));
    cli_json_add(json, "tasks", tasks_json(w, step));
    cli_json_add_int(json, "rescued", step->rescued);
    cli_json_add_int(json, "pruned", step->pruned);
    cli_json_add_int(json, "closed", step->closed);
    cli_json_add(json, "gates", gates_json(&step->routing));
    cli_json_add_int(json, "best_epoch", step->best_epoch);
    cli_json_add_int(json, "tuned_epochs", step->tuned_epochs);
    cli_json_add(json, "epochs", epochs_json(step));
    cli_json_add_real(json, "seconds", step->seconds);
    cli_json_add_int_or_null(json, "trial", step->trial);
    cli_json_add_text(json, "failure", step->failure[0] != '\0' ? step->failure : NULL);
    return json;
}

void route_print_json(const struct route_work *w)
{
    const struct route_command *c = w->command;
    cJSON *json = cli_json_object();
    cJSON *steps = cli_json_array();
    for (int32_t i = 0; i < w->result.n_steps; i++)
        cli_json_append(steps, step_json(w, &w->result.steps[i]));
    cli_json_add_int_or_null(json, "study", w->result.study);
    cli_json_add_text(json, "model", w->vtable->name);
    cli_json_add_text(json, "metric", c->metric.text);
    cli_json_add_int_or_null(json, "memory", c->options.memory);
    cli_json_add_real(json, "tolerance", c->options.tolerance);
    cli_json_add(json, "searched", topology_json(w));
    cli_json_add_int(json, "chosen", w->result.best);
    cli_json_add_text(json, "plan", c->plan);
    cli_json_add_text(json, "out", c->out);
    cli_json_add_text(json, "report", c->report);
    cli_json_add_bool(json, "stopped", w->result.stopped);
    cli_json_add_real(json, "seconds", fw_clock_seconds() - c->started);
    cli_json_add(json, "steps", steps);
    cli_json_print(json);
}
