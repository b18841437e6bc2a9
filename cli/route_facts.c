/* What printing, the page and the plan of `fieldwise route` all want to know. */
#include <math.h>
#include <string.h>

#include "cli/json_out.h"
#include "cli/route.h"

const struct fw_route_step *route_chosen(const struct route_work *w)
{
    return &w->result.steps[w->result.best];
}

static bool counts(const struct route_work *w, const struct fw_route_step *step)
{
    int64_t memory = w->command->options.memory;
    return step->failure[0] == '\0' && isfinite(step->score) && (memory == 0 || step->bytes <= memory);
}

const struct fw_route_step *route_best_score(const struct route_work *w)
{
    const struct fw_route_step *best = NULL;
    for (int32_t i = 0; i < w->result.n_steps; i++) {
        const struct fw_route_step *step = &w->result.steps[i];
        if (counts(w, step) && (best == NULL || step->score > best->score))
            best = step;
    }
    return best;
}

double route_score(const struct route_work *w, double score)
{
    return isnan(score) ? score : fw_score_natural(w->command->metric.maximise, score);
}

const struct route_tested *route_find_tested(const struct route_work *w, const struct fw_route_step *step)
{
    for (int32_t i = w->n_tested - 1; i >= 0; i--) {
        const struct route_tested *t = &w->tested[i];
        if (t->lambda == step->lambda && t->bytes == step->bytes && t->connections == step->size.connections)
            return t;
    }
    return NULL;
}

int64_t route_full_bytes(const struct route_work *w)
{
    return w->result.full.parameters * (int64_t)sizeof(float);
}

int64_t route_all_connections(const struct route_work *w)
{
    return fw_topology_connections(&w->result.topology);
}

int64_t route_all_subnetworks(const struct route_work *w)
{
    int64_t n = 0;
    for (int32_t l = 0; l < w->result.topology.n_levels; l++)
        n += w->result.topology.levels[l].n;
    return n;
}

void route_task_names(const char **out, const struct route_work *w)
{
    const struct fw_schema *schema = w->setup.plan->schema;
    for (int32_t t = 0; t < schema->n_tasks; t++)
        out[t] = schema->tasks[t].name;
}

void route_say_searched(struct fw_buffer *out, const struct route_work *w)
{
    char bytes[32];
    const struct fw_topology *t = &w->result.topology;
    fw_buffer_addf(out, "%s: %d tasks, %d level%s of %d sub-networks of %d units, %lld connections, %s",
                   w->vtable->name, t->n_tasks, t->n_levels, t->n_levels == 1 ? "" : "s", t->levels[0].n,
                   t->levels[0].width, (long long)route_all_connections(w),
                   fw_text_bytes(bytes, (double)route_full_bytes(w)));
}

void route_say_chosen(struct fw_buffer *out, const struct route_work *w)
{
    char size[32];
    const struct route_command *c = w->command;
    const struct fw_route_step *chosen = route_chosen(w);
    const struct fw_route_step *best = route_best_score(w);
    int32_t usable = 0;
    for (int32_t i = 0; i < w->result.n_steps; i++)
        usable += counts(w, &w->result.steps[i]);
    fw_buffer_addf(out, "lambda %g", chosen->lambda);
    if (best == NULL || usable < 2)
        fw_buffer_addf(out, ", the only step%s", c->options.memory > 0 ? " within the limit" : "");
    else if (chosen == best)
        fw_buffer_addf(out, ", the best %s; no smaller network is within %g of it", w->score_name,
                       c->options.tolerance);
    else
        fw_buffer_addf(out, ", the smallest network within %g of the best %s, %.5f at lambda %g", c->options.tolerance,
                       w->score_name, route_score(w, best->score), best->lambda);
    if (c->options.memory > 0 && usable > 1)
        fw_buffer_addf(out, ", of those within %s", fw_text_bytes(size, (double)c->options.memory));
}

void route_say_notes(struct fw_buffer *out, const struct fw_route_step *step)
{
    if (step->rescued > 0)
        fw_buffer_addf(out, "%d task%s would have been cut off: the strongest path of each was kept open",
                       step->rescued, step->rescued == 1 ? "" : "s");
    if (step->pruned > 0)
        fw_buffer_addf(out, "%s%lld connection%s closed that the validation rows did not show to be worth their price",
                       step->rescued > 0 ? "; " : "", (long long)step->pruned, step->pruned == 1 ? " was" : "s were");
    if (step->closed > 0)
        fw_buffer_addf(out, "%sthe weakest %lld connection%s closed to meet the limit of bytes",
                       step->rescued > 0 || step->pruned > 0 ? "; " : "", (long long)step->closed,
                       step->closed == 1 ? " was" : "s were");
}

void route_add_options(struct fw_buffer *out, const struct route_work *w)
{
    const struct route_command *c = w->command;
    const struct fw_route_options *o = &c->options;
    struct fw_buffer settings;
    cJSON *json = cli_json_object();
    cJSON *lambdas = cli_json_array();
    fw_buffer_init(&settings, NULL);
    fw_params_json(&settings, &w->params);
    for (int32_t i = 0; i < o->n_lambdas; i++)
        cli_json_append(lambdas, cJSON_CreateNumber(o->lambdas[i]));
    cli_json_add_text(json, "model", w->vtable->name);
    cli_json_add_text(json, "objective", c->metric.text);
    cli_json_add_bool(json, "test", c->test);
    cli_json_add(json, "lambdas", lambdas);
    cli_json_add_int(json, "memory", o->memory);
    cli_json_add_real(json, "tolerance", o->tolerance);
    cli_json_add_int(json, "fine_tune", o->fine_tune);
    cli_json_add_real(json, "worth", o->worth);
    cli_json_add_int(json, "folded_only", o->folded_only);
    cli_json_add_document(json, "settings", settings.data != NULL ? settings.data : "{}");
    char *text = cJSON_PrintUnformatted(json);
    if (text == NULL || settings.failed)
        out->failed = true;
    else
        fw_buffer_add_text(out, text);
    cJSON_free(text);
    cJSON_Delete(json);
    fw_buffer_clear(&settings);
}
