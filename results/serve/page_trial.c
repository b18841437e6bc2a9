/* The page of one trial: what it was, its figures, its curves. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/drawing/svg.h"
#include "results/report/report_text.h"
#include "results/serve/page.h"

/* Curves that are drawn, and figures in the table; beyond, the JSON has them. */
#define CURVES_MOST  12
#define FIGURES_MOST 2000

struct trial {
    const struct fw_study_row *study;
    struct fw_trial_list list; /* one row */
    struct fw_metric_list metrics;
};

static enum fw_status load(struct trial *t, const struct fw_page *page, struct fw_error *err)
{
    struct fw_store *store = page->copy->store;
    FW_TRY(fw_page_find_study(&t->study, page, err));
    FW_TRY(fw_query_trial(&t->list, store, t->study->id, page->request->trial, err));
    enum fw_status status = fw_query_metrics(&t->metrics, store, t->list.rows[0].id, err);
    if (status != FW_OK)
        fw_trial_list_clear(&t->list);
    return status;
}

/* ---- what it was ---- */

static void fact(struct fw_buffer *out, const char *what, const char *text)
{
    fw_buffer_add_text(out, "<tr><th scope=\"row\">");
    fw_html_text(out, what);
    fw_buffer_add_text(out, "</th><td>");
    fw_report_add_cut(out, text, 20000);
    fw_buffer_add_text(out, "</td></tr>\n");
}

static void add_trial_link(struct fw_buffer *out, const struct fw_page *page, int64_t number, const char *text)
{
    fw_buffer_addf(out, "<a href=\"/study/%" PRId64 "/trial/%" PRId64 "\">%s", page->request->study, number, text);
    fw_buffer_addf(out, "%s%" PRId64 "</a>", text[0] != '\0' ? " " : "", number);
}

static void add_boxes(struct fw_buffer *out, const struct trial *t)
{
    char text[128];
    const struct fw_trial_record *r = &t->list.rows[0].record;
    fw_page_boxes_begin(out);
    const char *state = fw_trial_state_name(r->state);
    fw_buffer_addf(out, "<div><dt>State</dt><dd><span class=\"state %s\">%s</span></dd></div>\n", state, state);
    fw_page_box(out, t->study->objective, fw_report_figure(text, r->objective), NULL);
    fw_page_box(out, "Gain", fw_report_gain(text, r->gain, r->gain_low, r->gain_high), NULL);
    fw_page_box(out, "Took", fw_text_duration(text, r->seconds), NULL);
    if (r->bytes > 0)
        fw_page_box(out, "Memory", fw_text_bytes(text, (double)r->bytes), NULL);
    fw_page_boxes_end(out);
}

static void add_facts(struct fw_buffer *out, const struct fw_page *page, const struct trial *t)
{
    char text[64];
    const struct fw_trial_row *row = &t->list.rows[0];
    const struct fw_trial_record *r = &row->record;
    fw_buffer_add_text(out, "<table class=\"facts\"><tbody>\n");
    if (r->reason != NULL)
        fact(out, "Reason", r->reason);
    if (r->parent > 0) {
        fw_buffer_add_text(out, "<tr><th scope=\"row\">Grew from</th><td>");
        add_trial_link(out, page, r->parent, "trial");
        fw_buffer_add_text(out, "</td></tr>\n");
    }
    snprintf(text, sizeof text, "%d, %d", (int)r->step, (int)r->rung);
    fact(out, "Step, rung", text);
    fact(out, "Rows seen", fw_text_count(text, r->rows));
    fact(out, "Stored", fw_report_time(text, row->finished_us));
    fw_buffer_add_text(out, "<tr><th scope=\"row\">Candidate</th><td><code>");
    fw_report_add_cut(out, r->candidate, 20000);
    fw_buffer_add_text(out, "</code></td></tr>\n</tbody></table>\n");
}

/* ---- figures ---- */

/* Metrics are sorted by name and step: how many from i on have its name. */
static int64_t run_length(const struct fw_metric_list *metrics, int64_t i)
{
    int64_t n = 1;
    while (i + n < metrics->n && strcmp(metrics->rows[i + n].name, metrics->rows[i].name) == 0)
        n++;
    return n;
}

static enum fw_status draw_curve(struct fw_buffer *out, const struct fw_metric *metrics, int64_t n,
                                 struct fw_error *err)
{
    double *x;
    double *y;
    FW_ALLOC(x, out->mem, 2 * n, "the points of a plot", err);
    y = x + n;
    for (int64_t i = 0; i < n; i++) {
        x[i] = (double)metrics[i].step;
        y[i] = metrics[i].value;
    }
    struct fw_svg_plot plot = {.out = out,
                               .width = 480,
                               .height = 200,
                               .x = {.label = "step", .unit = FW_SVG_COUNT},
                               .y = {.label = metrics[0].name}};
    fw_svg_axis_fit(&plot.x, x, n);
    fw_svg_axis_fit(&plot.y, y, n);
    fw_svg_plot_begin(&plot, metrics[0].name);
    fw_svg_plot_line(&plot, x, y, n, "curve s0");
    fw_svg_plot_dots(&plot, x, y, n, "dots s0");
    fw_svg_plot_end(&plot);
    fw_free(out->mem, x);
    return FW_OK;
}

static enum fw_status add_curves(struct fw_buffer *out, const struct fw_metric_list *metrics, struct fw_error *err)
{
    int drawn = 0;
    for (int64_t i = 0; i < metrics->n && drawn < CURVES_MOST;) {
        int64_t n = run_length(metrics, i);
        if (n > 1) {
            fw_buffer_add_text(out, drawn == 0 ? "<h2>Curves</h2>\n<div class=\"curves\">\n" : "");
            FW_TRY(draw_curve(out, &metrics->rows[i], n, err));
            drawn++;
        }
        i += n;
    }
    fw_buffer_add_text(out, drawn > 0 ? "</div>\n" : "");
    return FW_OK;
}

static void add_figures(struct fw_buffer *out, const struct fw_page *page, const struct fw_metric_list *metrics)
{
    static const struct fw_page_column columns[] = {{"name", "figure", false, false},
                                                    {"step", "step", true, false},
                                                    {"value", "value", true, false}};
    char caption[64];
    if (metrics->n == 0)
        return;
    fw_html_heading(out, "Figures");
    fw_page_table_begin(out, columns, 3, page->request, fw_page_count(caption, metrics->n, "figure", "figures"));
    for (int64_t i = 0; i < metrics->n && i < FIGURES_MOST; i++) {
        const struct fw_metric *metric = &metrics->rows[i];
        fw_buffer_add_text(out, "<tr><td><bdi>");
        fw_report_add_cut(out, metric->name, 400);
        fw_buffer_addf(out, "</bdi></td><td class=\"n\">%" PRId64 "</td><td class=\"n\">%.10g</td></tr>\n",
                       metric->step, metric->value);
    }
    fw_page_table_end(out);
    if (metrics->n > FIGURES_MOST)
        fw_report_paragraph(out, "note", "The first %d are shown.", FIGURES_MOST);
}

static void add_neighbours(struct fw_buffer *out, const struct fw_page *page, const struct trial *t)
{
    int64_t number = page->request->trial;
    fw_buffer_add_text(out, "<nav class=\"pager\" aria-label=\"Trials\">");
    if (number > 1)
        add_trial_link(out, page, number - 1, "Trial");
    if (number < t->study->n_trials)
        add_trial_link(out, page, number + 1, "Trial");
    if (t->study->best_trial > 0 && t->study->best_trial != number)
        add_trial_link(out, page, t->study->best_trial, "Best: trial");
    fw_buffer_add_text(out, "</nav>\n");
}

enum fw_status fw_page_trial(const struct fw_page *page, struct fw_error *err)
{
    char title[64];
    struct trial t;
    struct fw_buffer *out = page->out;
    FW_TRY(load(&t, page, err));
    snprintf(title, sizeof title, "Trial %" PRId64 " of", page->request->trial);
    fw_page_begin(page, title, t.study->name, t.study, false);
    add_boxes(out, &t);
    add_facts(out, page, &t);
    enum fw_status status = add_curves(out, &t.metrics, err);
    add_figures(out, page, &t.metrics);
    add_neighbours(out, page, &t);
    fw_page_end(page);
    fw_metric_list_clear(&t.metrics);
    fw_trial_list_clear(&t.list);
    return status;
}
