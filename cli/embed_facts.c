/* What printing, the page and the plan of `fieldwise embed` all want to know. */
#include <math.h>
#include <string.h>

#include "cli/embed.h"

const struct fw_sizing_trial *embed_answer(const struct embed_work *w)
{
    return &w->result.trials[w->best];
}

const struct fw_space_input *embed_space_input(const struct embed_work *w, const char *name)
{
    for (int32_t i = 0; i < w->model.space->n_inputs; i++) {
        if (strcmp(w->model.space->inputs[i].name, name) == 0)
            return &w->model.space->inputs[i];
    }
    return NULL;
}

double embed_coverage(const struct fw_space_input *input, int64_t ids)
{
    double kept = 0;
    double all = 0;
    for (int64_t id = 0; input->counts != NULL && id < input->n_ids; id++) {
        all += (double)input->counts[id];
        kept += id < ids ? (double)input->counts[id] : 0;
    }
    return all > 0 ? kept / all : (double)NAN;
}

int64_t embed_budget(const struct embed_work *w)
{
    const struct fw_sizing_options *o = &w->command->options;
    return o->unlimited || o->n_budgets == 0 ? 0 : o->budgets[o->n_budgets - 1];
}

void embed_add_options(struct fw_buffer *out, const struct embed_work *w)
{
    const struct embed_command *c = w->command;
    const struct fw_nis_options *n = &c->options.nis;
    fw_buffer_addf(out,
                   "{\"model\":\"%s\",\"objective\":\"%s\",\"test\":%s,\"space\":\"%s\",\"projected\":%s,\"rows\":[",
                   w->model_name, w->metric, c->test ? "true" : "false", c->multi ? "multi" : "single",
                   c->projected ? "true" : "false");
    for (int32_t i = 0; i < c->grid.n_rows; i++)
        fw_buffer_addf(out, "%s%.17g", i > 0 ? "," : "", c->grid.rows[i]);
    fw_buffer_add_text(out, "],\"columns\":[");
    for (int32_t i = 0; i < c->grid.n_columns; i++)
        fw_buffer_addf(out, "%s%.17g", i > 0 ? "," : "", c->grid.columns[i]);
    fw_buffer_addf(out,
                   "],\"controller\":\"%s\",\"asynchronous\":%s,\"warm_passes\":%d,\"passes\":%.17g,\"samples\":%d,"
                   "\"steps\":%d,\"lambda\":%.17g,\"alpha\":%.17g,\"settings\":",
                   n->plain ? "plain" : "factored", n->asynchronous ? "true" : "false", n->warm_passes, n->passes,
                   n->samples, n->steps, n->lambda, c->options.alpha);
    if (w->retrieval != NULL)
        embed_retrieval_settings(out, w->retrieval);
    else
        fw_params_json(out, &w->params);
    fw_buffer_add_text(out, "}");
}
