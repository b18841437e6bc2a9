/* How the objective went, trial by trial. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/drawing/html.h"
#include "results/drawing/svg.h"
#include "results/report/plot_fit.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"
#include "results/report/thinning.h"

/* Columns of points, about one a pixel of a wide screen; marks that tell their figures when the pointer rests on them,
 * where there are few. */
#define COLUMNS    600
#define MARKS_MOST 300

/* Points of the picture, by number. */
struct points {
    double *x, *y;
    int64_t *place; /* of their trials */
    int64_t n;
};

struct history {
    const struct fw_study_facts *facts;
    struct points complete, pruned;
    double *fault; /* numbers of failed trials */
    int64_t n_faults;
    int64_t *kept;      /* working memory for thinning */
    double *at, *level; /* the same for what is drawn */
    int64_t n_drawn;
};

static bool has(const struct fw_study_facts *f)
{
    int64_t n = 0;
    for (int64_t i = 0; i < f->trials.n && n < 2; i++)
        n += isfinite(fw_study_facts_at(f, i)->objective);
    return n > 1;
}

static enum fw_status allocate_points(struct points *p, struct fw_allocator *mem, int64_t n, struct fw_error *err)
{
    FW_ALLOC(p->x, mem, n, "the points of a plot", err);
    FW_ALLOC(p->y, mem, n, "the points of a plot", err);
    FW_ALLOC(p->place, mem, n, "the points of a plot", err);
    return FW_OK;
}

static void free_points(struct points *p, struct fw_allocator *mem)
{
    fw_free(mem, p->place);
    fw_free(mem, p->y);
    fw_free(mem, p->x);
}

static enum fw_status allocate(struct history *h, struct fw_error *err)
{
    const struct fw_study_facts *f = h->facts;
    FW_TRY(allocate_points(&h->complete, f->mem, f->trials.n, err));
    FW_TRY(allocate_points(&h->pruned, f->mem, f->trials.n, err));
    FW_ALLOC(h->fault, f->mem, f->n_failed, "the points of a plot", err);
    FW_ALLOC(h->kept, f->mem, f->trials.n, "the points of a plot", err);
    FW_ALLOC(h->at, f->mem, f->trials.n, "the points of a plot", err);
    FW_ALLOC(h->level, f->mem, f->trials.n, "the points of a plot", err);
    return FW_OK;
}

static void release(struct history *h)
{
    struct fw_allocator *mem = h->facts->mem;
    fw_free(mem, h->level);
    fw_free(mem, h->at);
    fw_free(mem, h->kept);
    fw_free(mem, h->fault);
    free_points(&h->pruned, mem);
    free_points(&h->complete, mem);
}

static void gather(struct history *h)
{
    const struct fw_study_facts *f = h->facts;
    for (int64_t i = 0; i < f->trials.n; i++) {
        const struct fw_trial_record *trial = fw_study_facts_at(f, i);
        struct points *p = trial->state == FW_TRIAL_COMPLETE ? &h->complete : &h->pruned;
        if (trial->state == FW_TRIAL_FAILED && h->n_faults < f->n_failed)
            h->fault[h->n_faults++] = (double)trial->number;
        if (trial->state == FW_TRIAL_FAILED || !isfinite(trial->objective))
            continue;
        p->x[p->n] = (double)trial->number;
        p->y[p->n] = trial->objective;
        p->place[p->n++] = i;
    }
}

static void draw_marks(struct history *h, struct fw_svg_plot *plot)
{
    for (int64_t i = 0; i < h->complete.n; i++) {
        char text[120];
        char figure[32];
        snprintf(text, sizeof text, "trial %.0f: %s", h->complete.x[i], fw_report_figure(figure, h->complete.y[i]));
        fw_svg_plot_mark(plot, h->complete.x[i], h->complete.y[i], 0, text);
    }
    h->n_drawn += h->complete.n;
}

static void draw_dots(struct history *h, struct fw_svg_plot *plot, const struct points *p, const char *css)
{
    int64_t n = fw_thin_columns(h->kept, p->x, p->y, p->n, plot->x.low, plot->x.high, COLUMNS);
    for (int64_t i = 0; i < n; i++) {
        h->at[i] = p->x[h->kept[i]];
        h->level[i] = p->y[h->kept[i]];
    }
    if (n > 0)
        fw_svg_plot_dots(plot, h->at, h->level, n, css);
    h->n_drawn += n;
}

static void draw_best(struct history *h, struct fw_svg_plot *plot)
{
    const struct points *p = &h->complete;
    int64_t n = fw_thin_best(h->kept, p->y, p->n, h->facts->study->maximise);
    n = fw_thin_steps(h->kept, n, p->x, plot->x.low, plot->x.high, 4 * COLUMNS);
    for (int64_t i = 0; i < n; i++) {
        h->at[i] = p->x[h->kept[i]];
        h->level[i] = p->y[h->kept[i]];
    }
    fw_svg_plot_steps(plot, h->at, h->level, n);
}

/* Failed trials have no figure: they stand at the lower edge. */
static void draw_faults(struct history *h, struct fw_svg_plot *plot)
{
    double edge = plot->y.low + 0.015 * (plot->y.high - plot->y.low);
    for (int64_t i = 0; i < h->n_faults; i++)
        h->level[i] = edge;
    int64_t n = fw_thin_columns(h->kept, h->fault, h->level, h->n_faults, plot->x.low, plot->x.high, COLUMNS);
    for (int64_t i = 0; i < n; i++) {
        h->at[i] = h->fault[h->kept[i]];
        h->level[i] = edge;
    }
    if (n > 0)
        fw_svg_plot_dots(plot, h->at, h->level, n, "dots bad");
}

static void draw_taken(struct history *h, struct fw_svg_plot *plot)
{
    const struct fw_study_facts *f = h->facts;
    if (f->taken < 0)
        return;
    const struct fw_trial_record *taken = fw_study_facts_at(f, f->taken);
    fw_svg_plot_ring(plot, (double)taken->number, taken->objective,
                     f->n_accepted > 0             ? "last accepted"
                     : f->kind == FW_STUDY_CROSSES ? "base"
                                                   : "taken");
}

static void add_keys(struct fw_buffer *out, const struct history *h)
{
    struct fw_svg_key keys[4];
    int n = 0;
    keys[n++] = (struct fw_svg_key){"dots s0", false, "complete"};
    if (h->pruned.n > 0)
        keys[n++] = (struct fw_svg_key){"dots pale", false, "judged in passing"};
    if (h->n_faults > 0)
        keys[n++] = (struct fw_svg_key){"dots bad", false, "failed (at the lower edge)"};
    keys[n++] = (struct fw_svg_key){"steps", true, "best so far"};
    fw_svg_keys(out, keys, n);
}

static void draw(struct fw_buffer *out, struct history *h)
{
    char label[160];
    char texts[3][32];
    const struct fw_study_facts *f = h->facts;
    const double ends[2] = {1, (double)f->trials.n};
    snprintf(label, sizeof label, "%.100s (%s is better)", f->study->objective,
             f->study->maximise ? "higher" : "lower");
    struct fw_svg_plot plot = {.out = out,
                               .width = 960,
                               .height = 340,
                               .x = {.label = "trial, in the order of the search", .unit = FW_SVG_COUNT},
                               .y = {.label = label}};
    int64_t n_all = h->complete.n + h->pruned.n;
    memcpy(h->at, h->complete.y, (size_t)h->complete.n * sizeof *h->at);
    memcpy(h->at + h->complete.n, h->pruned.y, (size_t)h->pruned.n * sizeof *h->at);
    fw_svg_axis_fit(&plot.x, ends, 2);
    int64_t outside = fw_plot_fit(&plot.y, h->at, n_all, f->study->maximise, h->level);
    fw_svg_plot_begin(&plot, "Objective by trial with the best so far");
    draw_dots(h, &plot, &h->pruned, "dots pale");
    draw_best(h, &plot);
    if (h->complete.n <= MARKS_MOST)
        draw_marks(h, &plot);
    else
        draw_dots(h, &plot, &h->complete, "dots s0");
    draw_faults(h, &plot);
    draw_taken(h, &plot);
    fw_svg_plot_end(&plot);
    add_keys(out, h);
    if (h->n_drawn < n_all)
        fw_report_paragraph(out, "note",
                            "%s of %s points are drawn: of those that would lie over each other the first, the last, "
                            "the highest and the lowest. The line of the best so far is exact.",
                            fw_text_count(texts[0], h->n_drawn), fw_text_count(texts[1], n_all));
    if (outside > 0)
        fw_report_paragraph(out, "note", "%s %s so much worse that the picture does not reach them.",
                            fw_text_count(texts[2], outside), outside == 1 ? "trial is" : "trials are");
}

static enum fw_status add(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    struct history h = {.facts = f};
    enum fw_status status = allocate(&h, err);
    if (status == FW_OK) {
        gather(&h);
        draw(out, &h);
    }
    release(&h);
    return status;
}

const struct fw_report_section fw_report_history = {"history", "How the search went", has, add};
