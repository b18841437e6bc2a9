/* The plots of the report of `fieldwise route`. */
#include <math.h>
#include <stdio.h>

#include "cli/route.h"
#include "results/drawing/front_chart.h"
#include "results/drawing/html.h"
#include "results/drawing/svg.h"

/* Gates that are drawn as lines, spread over all of them. */
#define GATES_MOST 240

static bool is_shown(const struct fw_route_step *step)
{
    return step->failure[0] == '\0' && isfinite(step->score);
}

/* ---- bytes against score ---- */

enum { text_size = 200 };

static int64_t list_steps(struct fw_front_point *points, char (*texts)[text_size], int64_t *chosen_out,
                          const struct route_work *w)
{
    int64_t n = 0;
    *chosen_out = -1;
    for (int32_t i = 0; i < w->result.n_steps; i++) {
        const struct fw_route_step *step = &w->result.steps[i];
        char size[32];
        if (!is_shown(step))
            continue;
        snprintf(texts[n], text_size, "lambda %g: %s, %lld connections, validation %s %.5f", step->lambda,
                 fw_text_bytes(size, (double)step->bytes), (long long)step->size.connections, w->score_name,
                 route_score(w, step->score));
        *chosen_out = i == w->result.best ? n : *chosen_out;
        points[n] = (struct fw_front_point){(double)step->bytes, route_score(w, step->score), 0, texts[n]};
        n++;
    }
    return n;
}

static enum fw_status draw_tradeoff(struct fw_buffer *out, const struct route_work *w,
                                    const struct fw_front_point *points, int64_t n, int64_t chosen,
                                    struct fw_error *err)
{
    char label[160];
    char texts[2][64];
    char size[32];
    int64_t memory = w->command->options.memory;
    struct fw_front_rule rules[2] = {{(double)route_full_bytes(w), texts[0]}, {(double)memory, texts[1]}};
    snprintf(label, sizeof label, "validation %s (%s is better)", w->score_name,
             w->command->metric.maximise ? "higher" : "lower");
    snprintf(texts[0], sizeof texts[0], "all connections, %s", fw_text_bytes(size, (double)route_full_bytes(w)));
    snprintf(texts[1], sizeof texts[1], "limit, %s", fw_text_bytes(size, (double)memory));
    struct fw_front_chart chart = {.points = points,
                                   .n = n,
                                   .x_label = "bytes without embeddings (log scale)",
                                   .y_label = label,
                                   .title = "Bytes of the network against validation quality, a mark a step",
                                   .maximise = w->command->metric.maximise,
                                   .rules = rules,
                                   .n_rules = memory > 0 ? 2 : 1,
                                   .taken = chosen,
                                   .taken_as = "chosen"};
    return fw_front_chart_add(out, NULL, &chart, err);
}

enum fw_status route_chart_tradeoff(struct fw_buffer *out, const struct route_work *w, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_allocator *mem = &w->command->data.mem;
    struct fw_front_point *points = NULL;
    char(*texts)[text_size] = NULL;
    int64_t chosen;
    FW_ALLOC_GOTO(points, mem, w->result.n_steps, "the points of a plot", err, done);
    FW_ALLOC_GOTO(texts, mem, w->result.n_steps, "the points of a plot", err, done);
    int64_t n = list_steps(points, texts, &chosen, w);
    FW_TRY_GOTO(draw_tradeoff(out, w, points, n, chosen, err), done);
    fw_html_paragraph(out, "note",
                      "Each mark is the network of a step as it would serve: without closed connections and trained on "
                      "with those that are left. The line of steps is the best quality for so many bytes.");
done:
    fw_free(mem, texts);
    fw_free(mem, points);
    return status;
}

/* ---- by epoch ---- */

/* The epochs of all steps, one after the other, since each step goes on from the one before. */
struct epochs {
    double *at, *value; /* (n) */
    int64_t n;
};

static double value_of(const struct fw_route_epoch *epoch, bool bytes)
{
    return bytes ? (double)epoch->bytes : epoch->expected_open;
}

static void gather(struct epochs *e, const struct route_work *w, bool bytes)
{
    e->n = 0;
    for (int32_t i = 0; i < w->result.n_steps; i++) {
        const struct fw_route_step *step = &w->result.steps[i];
        for (int64_t k = 0; k < step->n_epochs; k++) {
            e->at[e->n] = (double)(e->n + 1);
            e->value[e->n] = value_of(&step->epochs[k], bytes);
            e->n++;
        }
    }
}

static void draw_epochs(struct fw_buffer *out, const struct route_work *w, struct epochs *e, bool bytes)
{
    struct fw_svg_plot plot = {.out = out,
                               .width = 960,
                               .height = 240,
                               .x = {.label = "epoch, over all steps", .unit = FW_SVG_COUNT},
                               .y = {.label = bytes ? "bytes" : "expected open connections",
                                     .unit = bytes ? FW_SVG_BYTES : FW_SVG_NUMBER}};
    int64_t first = 0;
    gather(e, w, bytes);
    fw_svg_axis_fit(&plot.x, e->at, e->n);
    fw_svg_axis_fit(&plot.y, e->value, e->n);
    fw_svg_plot_begin(&plot, bytes ? "Bytes by epoch" : "Expected open connections by epoch");
    for (int32_t i = 0; i < w->result.n_steps; i++) {
        int64_t n = w->result.steps[i].n_epochs;
        if (n > 0)
            fw_svg_plot_curve(&plot, e->at + first, e->value + first, n, i);
        first += n;
    }
    fw_svg_plot_end(&plot);
}

static void draw_legend(struct fw_buffer *out, const struct route_work *w)
{
    char texts[FW_ROUTE_STEPS_MOST][48];
    const char *names[FW_ROUTE_STEPS_MOST];
    for (int32_t i = 0; i < w->result.n_steps; i++) {
        snprintf(texts[i], sizeof texts[i], "lambda %g", w->result.steps[i].lambda);
        names[i] = texts[i];
    }
    fw_svg_legend(out, names, w->result.n_steps, FW_SVG_LEGEND_CURVES);
}

enum fw_status route_chart_epochs(struct fw_buffer *out, const struct route_work *w, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_allocator *mem = &w->command->data.mem;
    struct epochs e = {0};
    for (int32_t i = 0; i < w->result.n_steps; i++)
        e.n += w->result.steps[i].n_epochs;
    if (e.n == 0)
        return FW_OK;
    FW_ALLOC_GOTO(e.at, mem, e.n, "the points of a plot", err, done);
    FW_ALLOC_GOTO(e.value, mem, e.n, "the points of a plot", err, done);
    draw_epochs(out, w, &e, false);
    draw_epochs(out, w, &e, true);
    draw_legend(out, w);
    fw_html_paragraph(out, "note",
                      "Above: the connections that are open on average when gates are drawn, which is what lambda is "
                      "paid for. Below: the network that the gates would leave if they served as they are, without "
                      "embeddings. Each step begins where the one before ended.");
done:
    fw_free(mem, e.value);
    fw_free(mem, e.at);
    return status;
}

/* ---- gates ---- */

/* The boundary that a connection is of. */
static int32_t boundary_of(const struct fw_topology *t, int64_t connection)
{
    int32_t b = 0;
    while (b + 1 < t->n_levels && connection >= fw_topology_first(t, b + 1))
        b++;
    return b;
}

static void draw_gates(struct fw_buffer *out, const struct fw_topology *t, const struct fw_route_step *step, double *at,
                       double *value)
{
    const double ends[2] = {0, 1};
    int64_t n = fw_topology_connections(t);
    int64_t every = (n + GATES_MOST - 1) / GATES_MOST;
    struct fw_svg_plot plot = {.out = out,
                               .width = 960,
                               .height = 260,
                               .x = {.label = "epoch of the chosen step", .unit = FW_SVG_COUNT},
                               .y = {.label = "gate as it serves"}};
    for (int64_t e = 0; e <= step->n_epochs; e++)
        at[e] = (double)e;
    fw_svg_axis_fit(&plot.x, at, step->n_epochs + 1);
    fw_svg_axis_fit(&plot.y, ends, 2);
    fw_svg_plot_begin(&plot, "Gates of the chosen step by epoch");
    for (int64_t g = 0; g < n; g += every) {
        for (int64_t e = 0; e <= step->n_epochs; e++)
            value[e] = (double)step->gates[e * n + g];
        fw_svg_plot_curve(&plot, at, value, step->n_epochs + 1, boundary_of(t, g));
    }
    fw_svg_plot_end(&plot);
}

static void draw_boundaries(struct fw_buffer *out, const struct fw_topology *t)
{
    char texts[FW_LEVELS_MOST][48];
    const char *names[FW_LEVELS_MOST];
    for (int32_t b = 0; b < t->n_levels; b++) {
        if (b + 1 < t->n_levels)
            snprintf(texts[b], sizeof texts[b], "level %d to level %d", b + 1, b + 2);
        else
            snprintf(texts[b], sizeof texts[b], "level %d to the tasks", b + 1);
        names[b] = texts[b];
    }
    fw_svg_legend(out, names, t->n_levels, FW_SVG_LEGEND_CURVES);
}

enum fw_status route_chart_gates(struct fw_buffer *out, const struct route_work *w, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_allocator *mem = &w->command->data.mem;
    const struct fw_route_step *step = route_chosen(w);
    double *at = NULL;
    double *value = NULL;
    if (step->n_epochs == 0 || step->gates == NULL)
        return FW_OK;
    FW_ALLOC_GOTO(at, mem, step->n_epochs + 1, "the points of a plot", err, done);
    FW_ALLOC_GOTO(value, mem, step->n_epochs + 1, "the points of a plot", err, done);
    draw_gates(out, &w->result.topology, step, at, value);
    draw_boundaries(out, &w->result.topology);
    fw_html_paragraph(out, "note",
                      fw_topology_connections(&w->result.topology) > GATES_MOST
                          ? "A line a connection, of every few one, from before the first epoch on."
                          : "A line a connection, from before the first epoch on.");
done:
    fw_free(mem, value);
    fw_free(mem, at);
    return status;
}
