/* Which settings go with which objective: parallel coordinates. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/drawing/html.h"
#include "results/drawing/svg.h"
#include "results/drawing/svg_parallel.h"
#include "results/report/plot_fit.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"
#include "results/report/study_settings.h"
#include "results/report/thinning.h"

/* Lines: this many of the best, and as many spread over the others. */
#define LINES_MOST  200
#define LINES_LEAST 5

/* A number whose largest is so many times its smallest has a log scale. */
#define LOG_FROM 30

struct parallel {
    const struct fw_study_facts *facts;
    int64_t *places; /* (n) of the trials that are drawn, worst first */
    int64_t n;
    struct fw_study_settings *settings;
    struct fw_svg_parallel_axis axes[FW_SVG_PARALLEL_AXES];
    int n_axes;
    int n_varying;
    double *values;  /* (n, n_axes) */
    double *scratch; /* (2 n) */
    int *shades;
};

static bool has(const struct fw_study_facts *f)
{
    return f->kind != FW_STUDY_CROSSES && f->n_ranked >= LINES_LEAST;
}

static enum fw_status choose(struct parallel *p, struct fw_error *err)
{
    const struct fw_study_facts *f = p->facts;
    FW_ALLOC(p->places, f->mem, f->n_ranked, "the lines of a plot", err);
    for (int64_t i = f->n_ranked - 1; i >= 0; i--) {
        bool is_best = i < LINES_MOST;
        if (isfinite(fw_study_facts_at(f, f->ranked[i])->objective) &&
            (is_best || fw_thin_chosen(i - LINES_MOST, f->n_ranked - LINES_MOST, LINES_MOST)))
            p->places[p->n++] = f->ranked[i];
    }
    return FW_OK;
}

static void add_axis(struct parallel *p, const struct fw_study_setting *setting)
{
    struct fw_svg_parallel_axis *axis = &p->axes[p->n_axes++];
    *axis = (struct fw_svg_parallel_axis){.label = setting->name};
    if (setting->is_name) {
        axis->names = setting->names;
        axis->n_names = setting->n_names;
        return;
    }
    double low = (double)INFINITY;
    double high = -(double)INFINITY;
    for (int64_t i = 0; i < p->n; i++) {
        low = fmin(low, setting->values[i]);
        high = fmax(high, setting->values[i]);
    }
    axis->scale.log = low > 0 && high > LOG_FROM * low;
    fw_svg_axis_fit(&axis->scale, setting->values, p->n);
}

/* Settings of one model in ten would leave most lines broken. */
static bool is_common(const struct parallel *p, const struct fw_study_setting *setting)
{
    int64_t n = 0;
    for (int64_t i = 0; i < p->n; i++)
        n += setting->texts[i] != NULL;
    return setting->varies && 2 * n > p->n;
}

/* The settings that vary, as far as there is room, and the objective last. */
static enum fw_status lay_out(struct parallel *p, struct fw_error *err)
{
    const struct fw_study_facts *f = p->facts;
    const struct fw_study_setting *shown[FW_SVG_PARALLEL_AXES];
    for (int i = 0; i < p->settings->n; i++) {
        const struct fw_study_setting *setting = &p->settings->rows[i];
        bool common = is_common(p, setting);
        p->n_varying += common;
        if (!common || p->n_axes + 1 == FW_SVG_PARALLEL_AXES)
            continue;
        shown[p->n_axes] = setting;
        add_axis(p, setting);
    }
    p->axes[p->n_axes].label = f->study->objective;
    FW_ALLOC(p->values, f->mem, p->n * (p->n_axes + 1), "the lines of a plot", err);
    FW_ALLOC(p->scratch, f->mem, 2 * p->n, "the lines of a plot", err);
    FW_ALLOC(p->shades, f->mem, p->n, "the lines of a plot", err);
    for (int64_t i = 0; i < p->n; i++) {
        double *line = p->values + i * (p->n_axes + 1);
        for (int a = 0; a < p->n_axes; a++)
            line[a] = shown[a]->values[i];
        line[p->n_axes] = p->scratch[i] = fw_study_facts_at(f, p->places[i])->objective;
        p->shades[i] = (int)(i * FW_SVG_SHADES / p->n);
    }
    fw_plot_fit(&p->axes[p->n_axes].scale, p->scratch, p->n, f->study->maximise, p->scratch + p->n);
    p->n_axes++;
    return FW_OK;
}

static void add_legend(struct fw_buffer *out, const struct parallel *p)
{
    struct fw_svg_key keys[FW_SVG_SHADES];
    char names[FW_SVG_SHADES][80];
    char css[FW_SVG_SHADES][32];
    int n = 0;
    for (int shade = FW_SVG_SHADES - 1; shade >= 0; shade--) {
        double ends[2] = {(double)NAN, (double)NAN};
        char figures[2][32];
        for (int64_t i = 0; i < p->n; i++) {
            if (p->shades[i] != shade)
                continue;
            ends[0] = isnan(ends[0]) ? p->scratch[i] : ends[0];
            ends[1] = p->scratch[i];
        }
        if (isnan(ends[0]))
            continue;
        snprintf(css[n], sizeof css[n], "thread key q%d", shade);
        snprintf(names[n], sizeof names[n], "%s to %s%s", fw_report_figure(figures[0], ends[1]),
                 fw_report_figure(figures[1], ends[0]), n == 0 ? " (best)" : "");
        keys[n] = (struct fw_svg_key){css[n], true, names[n]};
        n++;
    }
    fw_svg_keys(out, keys, n);
}

static void draw(struct fw_buffer *out, const struct parallel *p)
{
    char texts[2][32];
    const struct fw_study_facts *f = p->facts;
    int64_t strong = -1;
    for (int64_t i = 0; i < p->n; i++)
        strong = p->places[i] == f->taken ? i : strong;
    struct fw_svg_parallel chart = {
        .axes = p->axes, .n_axes = p->n_axes, .values = p->values, .shades = p->shades, .n = p->n, .strong = strong};
    fw_svg_parallel_add(out, &chart, "Settings of trials and their objective, a line a trial");
    add_legend(out, p);
    fw_report_paragraph(out, "note", "A line a trial, in the colour of its %.60s%s.", f->study->objective,
                        strong >= 0 ? "; the thick one was taken" : "");
    if (p->n < f->n_ranked)
        fw_report_paragraph(out, "note", "%s of %s trials are drawn: the best, and others spread evenly.",
                            fw_text_count(texts[0], p->n), fw_text_count(texts[1], f->n_ranked));
    if (p->n_varying > p->n_axes - 1)
        fw_report_paragraph(out, "note", "%d of %d settings that vary have an axis.", p->n_axes - 1, p->n_varying);
}

static enum fw_status add(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct parallel p = {.facts = f};
    FW_ALLOC_GOTO(p.settings, f->mem, 1, "the settings of trials", err, done);
    FW_TRY_GOTO(choose(&p, err), done);
    FW_TRY_GOTO(fw_study_settings_read(p.settings, f, p.places, p.n, err), done);
    FW_TRY_GOTO(lay_out(&p, err), done);
    if (p.n >= LINES_LEAST && p.n_axes >= 3)
        draw(out, &p);
done:
    if (p.settings != NULL)
        fw_study_settings_clear(p.settings);
    fw_free(f->mem, p.shades);
    fw_free(f->mem, p.scratch);
    fw_free(f->mem, p.values);
    fw_free(f->mem, p.places);
    fw_free(f->mem, p.settings);
    return status;
}

const struct fw_report_section fw_report_settings = {"settings", "Settings", has, add};
