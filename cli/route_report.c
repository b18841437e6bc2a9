/* The page of `fieldwise route --report`: what was found, the steps, the routing, how the gates closed. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/report_facts.h"
#include "cli/route.h"
#include "core/file.h"
#include "core/text.h"
#include "results/drawing/html.h"
#include "results/drawing/routing_cells.h"
#include "results/drawing/routing_chart.h"

/* ---- what was found ---- */

static void add_said(struct fw_buffer *out, void (*say)(struct fw_buffer *, const struct route_work *),
                     const struct route_work *w)
{
    struct fw_buffer text;
    fw_buffer_init(&text, out->mem);
    say(&text, w);
    out->failed = out->failed || text.failed;
    fw_html_text(out, text.data != NULL ? text.data : "");
    fw_buffer_clear(&text);
}

static void write_tasks(struct fw_buffer *out, const struct route_work *w)
{
    const struct fw_schema *schema = w->setup.plan->schema;
    for (int32_t t = 0; t < schema->n_tasks; t++) {
        fw_buffer_add_text(out, t == 0 ? "" : t + 1 == schema->n_tasks ? " and " : ", ");
        fw_html_name(out, schema->tasks[t].name);
    }
}

static void write_lead(struct fw_buffer *out, const struct route_work *w)
{
    char bytes[32];
    char full[32];
    const struct fw_route_step *chosen = route_chosen(w);
    const struct route_tested *tested = route_find_tested(w, chosen);
    fw_buffer_add_text(out, "<p class=\"lead\">For ");
    write_tasks(out, w);
    fw_buffer_addf(out,
                   " a network of <b>%s</b> without its embeddings, %.1f&#160;%% of the %s with all connections open, "
                   "reaches validation ",
                   fw_text_bytes(bytes, (double)chosen->bytes),
                   100 * (double)chosen->bytes / fmax(1, (double)route_full_bytes(w)),
                   fw_text_bytes(full, (double)route_full_bytes(w)));
    fw_html_text(out, w->score_name);
    fw_buffer_addf(out, " <b>%.5f</b>", route_score(w, chosen->score));
    if (tested != NULL)
        fw_buffer_addf(out, " and <b>%.5f</b> on rows that were kept out", route_score(w, tested->score));
    fw_buffer_addf(out, ". It keeps %lld of %lld connections and %lld of %lld sub-networks.</p>\n",
                   (long long)chosen->size.connections, (long long)route_all_connections(w),
                   (long long)chosen->size.subnetworks, (long long)route_all_subnetworks(w));
    fw_buffer_add_text(out, "<p>Searched: ");
    add_said(out, route_say_searched, w);
    fw_buffer_add_text(out, ". Chosen: ");
    add_said(out, route_say_chosen, w);
    fw_buffer_add_text(out, ".</p>\n");
    if (w->result.stopped)
        fw_html_paragraph(out, NULL, "The search was ended early; this is what it had found by then.");
}

/* ---- steps ---- */

static void write_number(struct fw_html_table *table, const char *format, double value)
{
    char text[64] = "-";
    if (!isnan(value))
        snprintf(text, sizeof text, format, value);
    fw_html_cell(table, text);
}

/* What befell a step, in words. */
static void write_notes(struct fw_html_table *table, const struct route_work *w, const struct fw_route_step *step)
{
    struct fw_buffer notes;
    fw_buffer_init(&notes, table->out->mem);
    if (step->failure[0] != '\0')
        fw_buffer_addf(&notes, "failed: %s", step->failure);
    else {
        bool chosen = step == route_chosen(w);
        struct fw_buffer more;
        fw_buffer_init(&more, table->out->mem);
        route_say_notes(&more, step);
        fw_buffer_addf(&notes, "%s%s%s", chosen ? "chosen" : "", chosen && more.data != NULL ? "; " : "",
                       more.data != NULL ? more.data : "");
        fw_buffer_clear(&more);
    }
    fw_html_cell(table, notes.data != NULL ? notes.data : "");
    fw_buffer_clear(&notes);
}

static void write_steps(struct fw_buffer *out, const struct route_work *w)
{
    char heading[80];
    char text[32];
    struct fw_html_table table;
    snprintf(heading, sizeof heading, ">validation %s", w->score_name);
    const char *const headers[] = {">lambda", ">connections", ">sub-networks", ">bytes", ">of full",
                                   heading,   ">test",        ">took",         ""};
    fw_html_heading(out, "All steps");
    fw_html_table_begin(&table, out, headers, 9, NULL);
    for (int32_t i = 0; i < w->result.n_steps; i++) {
        const struct fw_route_step *step = &w->result.steps[i];
        const struct route_tested *tested = route_find_tested(w, step);
        double none = step->failure[0] != '\0' ? (double)NAN : 0;
        if (i == w->result.best)
            fw_html_table_mark(&table);
        write_number(&table, "%g", step->lambda);
        write_number(&table, "%.0f", none + (double)step->size.connections);
        write_number(&table, "%.0f", none + (double)step->size.subnetworks);
        write_number(&table, "%.0f", none + (double)step->bytes);
        write_number(&table, "%.1f %%", none + 100 * (double)step->bytes / fmax(1, (double)route_full_bytes(w)));
        write_number(&table, "%.5f", none + route_score(w, step->score));
        write_number(&table, "%.5f", tested != NULL ? route_score(w, tested->score) : (double)NAN);
        fw_html_cell(&table, fw_text_duration(text, step->seconds));
        write_notes(&table, w, step);
    }
    fw_html_table_end(&table);
}

static void write_figures(struct fw_buffer *out, const struct route_work *w)
{
    static const char *const headers[] = {">lambda", "task", "figure", ">validation", ">test"};
    struct fw_html_table table;
    fw_html_table_begin(&table, out, headers, 5, "Each task by step");
    for (int32_t i = 0; i < w->result.n_steps; i++) {
        const struct fw_route_step *step = &w->result.steps[i];
        const struct route_tested *tested = route_find_tested(w, step);
        if (step->failure[0] != '\0' || step->figures == NULL)
            continue;
        for (int32_t r = 0; r < w->n_readings; r++) {
            if (i == w->result.best)
                fw_html_table_mark(&table);
            write_number(&table, "%g", step->lambda);
            fw_html_cell_begin(&table);
            fw_html_name(out, w->readings[r].name);
            fw_html_cell_end(&table);
            fw_html_cell(&table, fw_figure_name(w->shown[r]));
            write_number(&table, "%.5f", step->figures[r]);
            write_number(&table, "%.5f", tested != NULL ? tested->figures[r] : (double)NAN);
        }
    }
    fw_html_table_end(&table);
}

/* ---- what tasks share ---- */

static enum fw_status write_routing(struct fw_buffer *out, const struct route_work *w, struct fw_error *err)
{
    const char *names[FW_TASKS_MOST];
    const struct fw_routing *routing = &route_chosen(w)->routing;
    route_task_names(names, w);
    fw_html_heading(out, "The routing that was chosen");
    fw_routing_chart_add(out, routing, names);
    fw_html_heading(out, "What tasks share");
    fw_routing_cells_gates(out, routing, names);
    FW_TRY(fw_routing_cells_sharing(out, routing, names, err));
    fw_html_paragraph(out, "note",
                      "Above: the gates between the sub-networks of the last level and the tasks, and how much of all "
                      "sub-networks a task uses. Below: what two tasks share, in percent.");
    return FW_OK;
}

/* ---- how it was done ---- */

static enum fw_status write_facts(struct fw_buffer *out, const struct route_work *w, struct fw_error *err)
{
    const struct route_command *c = w->command;
    struct fw_buffer options;
    fw_buffer_init(&options, out->mem);
    route_add_options(&options, w);
    struct cli_report_facts facts = {.command_line = c->command_line,
                                     .path = c->path,
                                     .plan = c->plan,
                                     .model = c->out,
                                     .rows = w->setup.training.dataset->n_rows,
                                     .seed = c->split.split.seed,
                                     .fingerprint = w->setup.fingerprint,
                                     .study = w->result.study,
                                     .store = c->store.file,
                                     .options = options.data};
    cli_report_facts(out, &facts);
    enum fw_status status = fw_buffer_check(&options, err);
    fw_buffer_clear(&options);
    return status;
}

enum fw_status route_report(const struct route_work *w, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct route_command *c = w->command;
    struct fw_buffer out;
    char title[FW_PATH_SIZE + 128];
    const char *slash = strrchr(c->path, '/');
    fw_buffer_init(&out, &w->command->data.mem);
    snprintf(title, sizeof title, "Routing of %d tasks of %s", w->result.topology.n_tasks,
             slash != NULL ? slash + 1 : c->path);
    fw_html_begin(&out, title);
    write_lead(&out, w);
    fw_html_heading(&out, "Bytes and quality");
    FW_TRY_GOTO(route_chart_tradeoff(&out, w, err), done);
    write_steps(&out, w);
    write_figures(&out, w);
    FW_TRY_GOTO(write_routing(&out, w, err), done);
    fw_html_heading(&out, "How the gates closed");
    FW_TRY_GOTO(route_chart_epochs(&out, w, err), done);
    FW_TRY_GOTO(route_chart_gates(&out, w, err), done);
    FW_TRY_GOTO(write_facts(&out, w, err), done);
    fw_html_end(&out);
    status = fw_html_save(&out, c->report, err);
done:
    fw_buffer_clear(&out);
    return status;
}
