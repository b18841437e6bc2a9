/* What the tasks share: the routing that a study of routings chose, as a picture and as cells. */
#include <stdio.h>

#include "results/drawing/html.h"
#include "results/drawing/routing_cells.h"
#include "results/drawing/routing_chart.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"
#include "results/report/study_gates.h"

static bool has(const struct fw_study_facts *f)
{
    return f->kind == FW_STUDY_ROUTING && f->taken >= 0;
}

static enum fw_status draw(struct fw_buffer *out, const struct fw_study_facts *f, const struct fw_routing *routing,
                           struct fw_error *err)
{
    char numbers[FW_TASKS_MOST][24];
    const char *names[FW_TASKS_MOST];
    const struct fw_schema *schema = f->plan != NULL ? f->plan->schema : NULL;
    for (int32_t t = 0; t < routing->topology.n_tasks; t++) {
        snprintf(numbers[t], sizeof numbers[t], "task %d", t + 1);
        names[t] = schema != NULL && schema->n_tasks == routing->topology.n_tasks ? schema->tasks[t].name : numbers[t];
    }
    fw_routing_chart_add(out, routing, names);
    fw_routing_cells_gates(out, routing, names);
    FW_TRY(fw_routing_cells_sharing(out, routing, names, err));
    fw_html_paragraph(out, "note",
                      "First the connections that are open, then the gates between the sub-networks of the last level "
                      "and the tasks with how much of all sub-networks a task uses, last what two tasks share, in "
                      "percent.");
    return FW_OK;
}

/* The plan has the routing as it serves; the gates of the last epoch are those before connections were closed for a
 * limit of bytes or opened for a task that would have been cut off. */
static enum fw_status add(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    struct fw_routing routing = {.gates = NULL};
    bool found = false;
    if (f->plan != NULL && f->plan->routing != NULL)
        return draw(out, f, f->plan->routing, err);
    FW_TRY(fw_study_gates(&routing, &found, f, f->taken, err));
    if (!found)
        return FW_OK;
    enum fw_status status = draw(out, f, &routing, err);
    if (status == FW_OK)
        fw_html_paragraph(out, "note",
                          "The study's plan is not where it was written, or has changed: these are the gates of the "
                          "last epoch, before connections were closed to meet a limit or kept open for a task that "
                          "would have been cut off.");
    fw_routing_clear(&routing, f->mem);
    return status;
}

const struct fw_report_section fw_report_routing = {"routing", "What the tasks share", has, add};
