#include "results/drawing/front_chart.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/drawing/svg.h"

/* More marks than these lie on a grid of so many cells, one a cell and series. */
#define MARKS_MOST 500
#define CELLS_X    120
#define CELLS_Y    48

/* ---- the front ---- */

struct ordered {
    double bytes, quality; /* the most is best */
    int64_t place;
};

static int compare(const void *a, const void *b)
{
    const struct ordered *x = a;
    const struct ordered *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? -1 : 1;
    if (x->quality != y->quality)
        return x->quality > y->quality ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static int64_t find_front(int64_t *front, struct ordered *ordered, const struct fw_front_chart *c)
{
    int64_t n = 0;
    double best = -(double)INFINITY;
    for (int64_t i = 0; i < c->n; i++)
        ordered[i] =
            (struct ordered){c->points[i].bytes, c->maximise ? c->points[i].quality : -c->points[i].quality, i};
    if (c->n > 0)
        qsort(ordered, (size_t)c->n, sizeof *ordered, compare);
    for (int64_t i = 0; i < c->n; i++) {
        if (ordered[i].quality > best) {
            best = ordered[i].quality;
            front[n++] = ordered[i].place;
        }
    }
    return n;
}

/* ---- the picture ---- */

struct picture {
    const struct fw_front_chart *chart;
    struct fw_svg_plot plot;
    double *x, *y;
    int64_t *front;
    struct ordered *ordered;
    int64_t n_front, n_drawn;
};

static enum fw_status allocate(struct picture *p, struct fw_allocator *mem, struct fw_error *err)
{
    const struct fw_front_chart *c = p->chart;
    FW_ALLOC(p->x, mem, c->n + c->n_rules, "the points of a plot", err);
    FW_ALLOC(p->y, mem, c->n, "the points of a plot", err);
    FW_ALLOC(p->front, mem, c->n, "the points of a plot", err);
    FW_ALLOC(p->ordered, mem, c->n, "the points of a plot", err);
    return FW_OK;
}

static void fit(struct picture *p)
{
    const struct fw_front_chart *c = p->chart;
    for (int64_t i = 0; i < c->n; i++) {
        p->x[i] = c->points[i].bytes;
        p->y[i] = c->points[i].quality;
    }
    for (int i = 0; i < c->n_rules; i++)
        p->x[c->n + i] = c->rules[i].bytes;
    fw_svg_axis_fit(&p->plot.x, p->x, c->n + c->n_rules);
    fw_svg_axis_fit(&p->plot.y, p->y, c->n);
    if (c->whole > 0) {
        p->plot.top.label = "share of the full size";
        p->plot.top.low = 100 * p->plot.x.low / c->whole;
        p->plot.top.high = 100 * p->plot.x.high / c->whole;
    }
}

static void mark(struct picture *p, int64_t place)
{
    const struct fw_front_point *point = &p->chart->points[place];
    fw_svg_plot_mark(&p->plot, point->bytes, point->quality, point->series, point->text);
    p->n_drawn++;
}

/* One dot for all that fall into a cell with the same series, which are drawn one series after the other. */
static enum fw_status draw_thinned(struct picture *p, struct fw_allocator *mem, struct fw_error *err)
{
    bool *taken;
    FW_ALLOC(taken, mem, CELLS_X * CELLS_Y, "the points of a plot", err);
    for (int series = 0; series < FW_SVG_SERIES; series++) {
        char css[32];
        int64_t n = 0;
        memset(taken, 0, CELLS_X * CELLS_Y * sizeof *taken);
        for (int64_t i = 0; i < p->chart->n; i++) {
            const struct fw_front_point *point = &p->chart->points[i];
            int column = (int)(fw_svg_axis_share(&p->plot.x, point->bytes) * (CELLS_X - 1));
            int line = (int)(fw_svg_axis_share(&p->plot.y, point->quality) * (CELLS_Y - 1));
            if (point->series % FW_SVG_SERIES != series || taken[line * CELLS_X + column])
                continue;
            taken[line * CELLS_X + column] = true;
            p->x[n] = point->bytes;
            p->y[n++] = point->quality;
        }
        snprintf(css, sizeof css, "dots s%d", series);
        if (n > 0)
            fw_svg_plot_dots(&p->plot, p->x, p->y, n, css);
        p->n_drawn += n;
    }
    fw_free(mem, taken);
    return FW_OK;
}

static enum fw_status draw_marks(struct picture *p, struct fw_allocator *mem, struct fw_error *err)
{
    if (p->chart->n > MARKS_MOST) {
        FW_TRY(draw_thinned(p, mem, err));
        for (int64_t i = 0; i < p->n_front && p->n_front <= MARKS_MOST; i++)
            mark(p, p->front[i]);
        return FW_OK;
    }
    for (int64_t i = 0; i < p->chart->n; i++)
        mark(p, i);
    return FW_OK;
}

static enum fw_status draw(struct picture *p, struct fw_allocator *mem, struct fw_error *err)
{
    const struct fw_front_chart *c = p->chart;
    fw_svg_plot_begin(&p->plot, c->title);
    for (int i = 0; i < c->n_rules; i++)
        fw_svg_plot_rule_x(&p->plot, c->rules[i].bytes, c->rules[i].text);
    for (int64_t i = 0; i < p->n_front; i++) {
        p->x[i] = c->points[p->front[i]].bytes;
        p->y[i] = c->points[p->front[i]].quality;
    }
    fw_svg_plot_steps(&p->plot, p->x, p->y, p->n_front);
    FW_TRY(draw_marks(p, mem, err));
    if (c->taken >= 0)
        fw_svg_plot_ring(&p->plot, c->points[c->taken].bytes, c->points[c->taken].quality, c->taken_as);
    fw_svg_plot_end(&p->plot);
    return FW_OK;
}

enum fw_status fw_front_chart_add(struct fw_buffer *out, int64_t *drawn_out, const struct fw_front_chart *chart,
                                  struct fw_error *err)
{
    struct picture p = {.chart = chart,
                        .plot = {.out = out,
                                 .width = 960,
                                 .height = 400,
                                 .x = {.label = chart->x_label, .log = true, .unit = FW_SVG_BYTES},
                                 .y = {.label = chart->y_label},
                                 .top = {.log = true, .unit = FW_SVG_PERCENT}}};
    enum fw_status status = allocate(&p, out->mem, err);
    if (status == FW_OK) {
        fit(&p);
        p.n_front = find_front(p.front, p.ordered, chart);
        status = draw(&p, out->mem, err);
    }
    if (status == FW_OK && drawn_out != NULL)
        *drawn_out = p.n_drawn < chart->n ? p.n_drawn : chart->n;
    fw_free(out->mem, p.ordered);
    fw_free(out->mem, p.front);
    fw_free(out->mem, p.y);
    fw_free(out->mem, p.x);
    return status;
}
