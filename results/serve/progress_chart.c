#include "results/serve/progress_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/drawing/svg.h"
#include "results/report/plot_fit.h"
#include "results/report/thinning.h"
#include "results/store/sql.h"

/* Columns of points: about one for two pixels. */
#define COLUMNS 300

struct points {
    double *x, *y;
    int64_t n;
};

struct chart {
    struct fw_buffer *out;
    struct fw_allocator *mem;
    const struct fw_study_row *study;
    struct points complete, others;
    int64_t room; /* of each */
    double *at, *level;
    int64_t *kept;
};

static enum fw_status allocate(struct chart *c, struct fw_error *err)
{
    static const char what[] = "the points of a plot";
    FW_ALLOC(c->complete.x, c->mem, c->room, what, err);
    FW_ALLOC(c->complete.y, c->mem, c->room, what, err);
    FW_ALLOC(c->others.x, c->mem, c->room, what, err);
    FW_ALLOC(c->others.y, c->mem, c->room, what, err);
    FW_ALLOC(c->at, c->mem, c->room, what, err);
    FW_ALLOC(c->level, c->mem, c->room, what, err);
    FW_ALLOC(c->kept, c->mem, c->room, what, err);
    return FW_OK;
}

static void release(struct chart *c)
{
    fw_free(c->mem, c->kept);
    fw_free(c->mem, c->level);
    fw_free(c->mem, c->at);
    fw_free(c->mem, c->others.y);
    fw_free(c->mem, c->others.x);
    fw_free(c->mem, c->complete.y);
    fw_free(c->mem, c->complete.x);
}

static enum fw_status gather(struct chart *c, struct fw_store *store, struct fw_error *err)
{
    static const char sql[] = "SELECT number, objective, state = 'complete' FROM trials WHERE study_id = ? AND "
                              "state IN ('complete', 'pruned') AND objective IS NOT NULL ORDER BY number";
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, c->study->id);
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        struct points *p = fw_sql_int(&q, 2) != 0 ? &c->complete : &c->others;
        double y = fw_sql_real(&q, 1);
        if (c->complete.n + c->others.n < c->room && isfinite(y)) {
            p->x[p->n] = (double)fw_sql_int(&q, 0);
            p->y[p->n++] = y;
        }
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    return FW_OK;
}

static void take(struct chart *c, const struct points *p, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        c->at[i] = p->x[c->kept[i]];
        c->level[i] = p->y[c->kept[i]];
    }
}

static void draw_dots(struct chart *c, struct fw_svg_plot *plot, const struct points *p, const char *css)
{
    int64_t n = fw_thin_columns(c->kept, p->x, p->y, p->n, plot->x.low, plot->x.high, COLUMNS);
    take(c, p, n);
    if (n > 0)
        fw_svg_plot_dots(plot, c->at, c->level, n, css);
}

static void draw_best(struct chart *c, struct fw_svg_plot *plot)
{
    const struct points *p = &c->complete;
    int64_t n = fw_thin_best(c->kept, p->y, p->n, c->study->maximise);
    n = fw_thin_steps(c->kept, n, p->x, plot->x.low, plot->x.high, COLUMNS);
    take(c, p, n);
    fw_svg_plot_steps(plot, c->at, c->level, n);
}

static void draw(struct chart *c)
{
    char label[160];
    int64_t n = c->complete.n + c->others.n;
    const double ends[2] = {1, (double)c->study->n_trials};
    snprintf(label, sizeof label, "%.100s (%s is better)", c->study->objective,
             c->study->maximise ? "higher" : "lower");
    struct fw_svg_plot plot = {.out = c->out,
                               .width = 960,
                               .height = 260,
                               .x = {.label = "trial", .unit = FW_SVG_COUNT},
                               .y = {.label = label}};
    memcpy(c->at, c->complete.y, (size_t)c->complete.n * sizeof *c->at);
    memcpy(c->at + c->complete.n, c->others.y, (size_t)c->others.n * sizeof *c->at);
    fw_svg_axis_fit(&plot.x, ends, 2);
    (void)fw_plot_fit(&plot.y, c->at, n, c->study->maximise, c->level);
    fw_svg_plot_begin(&plot, "Objective by trial with the best so far");
    draw_dots(c, &plot, &c->others, "dots pale");
    draw_best(c, &plot);
    draw_dots(c, &plot, &c->complete, "dots s0");
    fw_svg_plot_end(&plot);
    const struct fw_svg_key keys[3] = {{"dots s0", false, "complete"},
                                       {"steps", true, "best so far"},
                                       {"dots pale", false, "judged in passing"}};
    fw_svg_keys(c->out, keys, c->others.n > 0 ? 3 : 2);
}

enum fw_status fw_progress_chart_add(struct fw_buffer *out, struct fw_store *store, const struct fw_study_row *study,
                                     struct fw_error *err)
{
    struct chart c = {.out = out, .mem = out->mem, .study = study, .room = study->n_trials};
    enum fw_status status = allocate(&c, err);
    if (status == FW_OK)
        status = gather(&c, store, err);
    if (status == FW_OK && c.complete.n + c.others.n > 1)
        draw(&c);
    release(&c);
    return status;
}
