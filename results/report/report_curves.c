/* Learning curves: each figure that trials have at several steps, a line a trial. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/drawing/html.h"
#include "results/drawing/svg.h"
#include "results/report/plot_fit.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"
#include "results/report/study_curves.h"
#include "results/report/study_settings.h"
#include "results/report/thinning.h"

/* Figures that have a plot, columns of its points, and trials that are told apart by their colour. */
#define PLOTS_MOST  6
#define COLUMNS     250
#define SERIES_MOST 6

/* One plot: the curves of a name that are drawn. */
struct plot {
    const struct fw_study_facts *facts;
    const struct fw_study_curve *curves; /* (n) of the name */
    int64_t n;
    int64_t *chosen; /* (n_chosen) places among the curves, the answer's last */
    int64_t n_chosen;
    int64_t *first; /* (n_chosen + 1) of the points of each */
    double *x, *y;  /* of all chosen curves, one after the other */
    int64_t capacity_x, capacity_y, n_points;
};

static bool has(const struct fw_study_facts *f)
{
    return f->n_complete > 0;
}

/* ---- which are drawn ---- */

static enum fw_status choose(struct plot *p, struct fw_error *err)
{
    const struct fw_study_facts *f = p->facts;
    int64_t most = f->options->curves_most;
    int64_t answer = -1;
    FW_ALLOC(p->chosen, f->mem, (p->n < most ? p->n : most) + 1, "the curves of a plot", err);
    for (int64_t i = 0; i < p->n; i++) {
        if (p->curves[i].place == f->taken)
            answer = i;
        else if (fw_thin_chosen(i, p->n, most) && p->n_chosen < most)
            p->chosen[p->n_chosen++] = i;
    }
    if (answer >= 0)
        p->chosen[p->n_chosen++] = answer;
    return FW_OK;
}

/* The points of a curve behind those that are there, thinned to the columns of the plot. */
static enum fw_status read_curve(struct plot *p, const struct fw_study_curve *curve, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    int64_t n = 0;
    int64_t *kept = NULL;
    struct fw_allocator *mem = p->facts->mem;
    FW_TRY(fw_reserve(mem, &p->x, &p->capacity_x, p->n_points + curve->n, sizeof *p->x, err));
    FW_TRY(fw_reserve(mem, &p->y, &p->capacity_y, p->n_points + curve->n, sizeof *p->y, err));
    double *x = p->x + p->n_points;
    double *y = p->y + p->n_points;
    FW_TRY(fw_study_curve_points(&n, x, y, curve, p->facts, err));
    FW_ALLOC_GOTO(kept, mem, n, "the points of a plot", err, done);
    if (n > COLUMNS) {
        n = fw_thin_columns(kept, x, y, n, x[0], x[n - 1], COLUMNS);
        for (int64_t i = 0; i < n; i++) {
            x[i] = x[kept[i]];
            y[i] = y[kept[i]];
        }
    }
    p->n_points += n;
done:
    fw_free(mem, kept);
    return status;
}

static enum fw_status read_chosen(struct plot *p, struct fw_error *err)
{
    FW_ALLOC(p->first, p->facts->mem, p->n_chosen + 1, "the curves of a plot", err);
    for (int64_t c = 0; c < p->n_chosen; c++) {
        p->first[c] = p->n_points;
        FW_TRY(read_curve(p, &p->curves[p->chosen[c]], err));
    }
    p->first[p->n_chosen] = p->n_points;
    return FW_OK;
}

/* ---- drawing ---- */

static bool is_lower_better(const struct plot *p)
{
    if (strcmp(p->curves->name, p->facts->study->objective) == 0)
        return !p->facts->study->maximise;
    return strstr(p->curves->name, "loss") != NULL;
}

static void draw_curves(const struct plot *p, struct fw_svg_plot *plot)
{
    for (int64_t c = 0; c < p->n_chosen; c++) {
        char line[24];
        char dots[24];
        const double *x = p->x + p->first[c];
        const double *y = p->y + p->first[c];
        int64_t n = p->first[c + 1] - p->first[c];
        bool answer = p->curves[p->chosen[c]].place == p->facts->taken;
        bool few = p->n_chosen <= SERIES_MOST;
        snprintf(line, sizeof line, few ? "curve s%d" : answer ? "curve strong" : "curve thin", (int)c);
        snprintf(dots, sizeof dots, few ? "dots s%d" : answer ? "dots s0" : "dots pale", (int)c);
        fw_svg_plot_line(plot, x, y, n, line);
        if (n == 1 || answer)
            fw_svg_plot_dots(plot, x, y, n, dots);
    }
}

/* "trial 2: model=fm, ...": what tells it from the others. */
static enum fw_status name_trial(struct fw_buffer *out, const struct plot *p, int64_t curve,
                                 const struct fw_study_settings *settings, struct fw_error *err)
{
    enum { most = 60 };
    int64_t place = p->curves[p->chosen[curve]].place;
    fw_buffer_addf(out, "trial %" PRId64 "%s: ", fw_study_facts_at(p->facts, place)->number,
                   place == p->facts->taken ? " (taken)" : "");
    int64_t start = out->length;
    fw_study_settings_say(out, settings, curve, true);
    if (out->length > start + most) {
        int64_t end = start + most;
        while (end > start && ((unsigned char)out->data[end] & 0xC0) == 0x80)
            end--;
        fw_buffer_cut(out, end);
        fw_buffer_add_text(out, "...");
    }
    return fw_buffer_check(out, err);
}

static enum fw_status add_names(struct fw_buffer *out, const struct plot *p, const struct fw_study_settings *settings,
                                struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_buffer texts[SERIES_MOST];
    const char *names[SERIES_MOST];
    int n = (int)p->n_chosen;
    for (int c = 0; c < n; c++)
        fw_buffer_init(&texts[c], out->mem);
    for (int c = 0; c < n; c++) {
        FW_TRY_GOTO(name_trial(&texts[c], p, c, settings, err), done);
        names[c] = texts[c].data;
    }
    fw_svg_legend(out, names, n, FW_SVG_LEGEND_CURVES);
done:
    for (int c = 0; c < n; c++)
        fw_buffer_clear(&texts[c]);
    return status;
}

static enum fw_status add_legend(struct fw_buffer *out, const struct plot *p, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    int64_t places[SERIES_MOST];
    struct fw_study_settings *settings;
    FW_ALLOC(settings, p->facts->mem, 1, "the settings of trials", err);
    for (int64_t c = 0; c < p->n_chosen; c++)
        places[c] = p->curves[p->chosen[c]].place;
    FW_TRY_GOTO(fw_study_settings_read(settings, p->facts, places, p->n_chosen, err), done);
    status = add_names(out, p, settings, err);
done:
    fw_study_settings_clear(settings);
    fw_free(p->facts->mem, settings);
    return status;
}

static void say_what(struct fw_buffer *out, const struct plot *p)
{
    char texts[2][32];
    bool answer = p->curves[p->chosen[p->n_chosen - 1]].place == p->facts->taken;
    fw_report_paragraph(out, "note", "A line a trial%s.", answer ? "; that of the answer stands out" : "");
    if (p->n_chosen < p->n)
        fw_report_paragraph(out, "note", "%s of %s curves are drawn, spread evenly over all.",
                            fw_text_count(texts[0], p->n_chosen), fw_text_count(texts[1], p->n));
}

static enum fw_status draw(struct fw_buffer *out, struct plot *p, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    enum fw_study_kind kind = p->facts->kind;
    double *scratch = NULL;
    char label[160];
    bool by_epoch = kind == FW_STUDY_TRAIN || kind == FW_STUDY_TUNE || kind == FW_STUDY_ROUTING;
    snprintf(label, sizeof label, "%.120s", p->curves->name);
    struct fw_svg_plot plot = {.out = out,
                               .width = 960,
                               .height = 260,
                               .x = {.label = by_epoch ? "epoch" : "step", .unit = FW_SVG_COUNT},
                               .y = {.label = label}};
    FW_ALLOC_GOTO(scratch, p->facts->mem, p->n_points, "the points of a plot", err, done);
    fw_svg_axis_fit(&plot.x, p->x, p->n_points);
    fw_plot_fit(&plot.y, p->y, p->n_points, !is_lower_better(p), scratch);
    fw_svg_plot_begin(&plot, "A figure by epoch, a line a trial");
    draw_curves(p, &plot);
    fw_svg_plot_end(&plot);
    if (p->n_chosen <= SERIES_MOST)
        status = add_legend(out, p, err);
    else
        say_what(out, p);
done:
    fw_free(p->facts->mem, scratch);
    return status;
}

static enum fw_status add_plot(struct fw_buffer *out, const struct fw_study_facts *f,
                               const struct fw_study_curve *curves, int64_t n, struct fw_error *err)
{
    struct plot p = {.facts = f, .curves = curves, .n = n};
    enum fw_status status = choose(&p, err);
    if (status == FW_OK)
        status = read_chosen(&p, err);
    if (status == FW_OK && p.n_points > 0)
        status = draw(out, &p, err);
    fw_free(f->mem, p.y);
    fw_free(f->mem, p.x);
    fw_free(f->mem, p.first);
    fw_free(f->mem, p.chosen);
    return status;
}

/* The curves of one name from a place on. */
static int64_t count_same(const struct fw_study_curves *curves, int64_t first)
{
    int64_t n = 1;
    while (first + n < curves->n && strcmp(curves->rows[first + n].name, curves->rows[first].name) == 0)
        n++;
    return n;
}

/* The objective first, then the others by name. */
static enum fw_status add_plots(struct fw_buffer *out, const struct fw_study_facts *f,
                                const struct fw_study_curves *curves, struct fw_error *err)
{
    int64_t plots = 0;
    int64_t names = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0, n; i < curves->n; i += n) {
            n = count_same(curves, i);
            if ((strcmp(curves->rows[i].name, f->study->objective) == 0) != (pass == 0))
                continue;
            names++;
            if (plots == PLOTS_MOST)
                continue;
            FW_TRY(add_plot(out, f, curves->rows + i, n, err));
            plots++;
        }
    }
    if (names > plots)
        fw_report_paragraph(out, "note", "%" PRId64 " of %" PRId64 " figures have a picture.", plots, names);
    return FW_OK;
}

static enum fw_status add(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    struct fw_study_curves curves;
    FW_TRY(fw_study_curves_list(&curves, f, "gate ", err));
    enum fw_status status = add_plots(out, f, &curves, err);
    fw_study_curves_clear(&curves);
    return status;
}

const struct fw_report_section fw_report_curves = {"curves", "Learning curves", has, add};
