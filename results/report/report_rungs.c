/* Successive halving: how many candidates each rung had, how many it sent on, and the figures it did so by. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "results/drawing/html.h"
#include "results/drawing/svg.h"
#include "results/report/plot_fit.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"

/* Rows of the table; lines of the plots. */
#define GROUPS_MOST 100
#define LINES_MOST  200

/* A trial at its rung. */
struct seat {
    int32_t step, rung;
    double value;         /* that the rung went by; NaN: none */
    double configuration; /* of a search of settings, which is what its trials at several rungs have in common */
    int64_t rows, place;
    bool goes_on; /* past this rung */
};

struct group {
    int32_t step, rung;
    int64_t n, on, rows;
    double best, median;
};

struct rungs {
    const struct fw_study_facts *facts;
    struct seat *seats; /* (n) by step, rung, value */
    int64_t n;
    struct group groups[GROUPS_MOST];
    int n_groups;
    int64_t all_groups;
    bool screens; /* trials are recorded once, at the last rung that they saw */
};

static bool has(const struct fw_study_facts *f)
{
    if (f->kind != FW_STUDY_CROSSES && f->kind != FW_STUDY_TUNE && f->kind != FW_STUDY_OTHER)
        return false;
    for (int64_t i = 0; i < f->trials.n; i++) {
        const struct fw_trial_record *trial = fw_study_facts_at(f, i);
        if (trial->rung > 0 || (f->kind == FW_STUDY_CROSSES && trial->state == FW_TRIAL_PRUNED))
            return true;
    }
    return false;
}

static int compare(const void *a, const void *b)
{
    const struct seat *x = a;
    const struct seat *y = b;
    if (x->step != y->step)
        return x->step < y->step ? -1 : 1;
    if (x->rung != y->rung)
        return x->rung < y->rung ? -1 : 1;
    if (isnan(x->value) || isnan(y->value)) {
        if (isnan(x->value) != isnan(y->value))
            return isnan(x->value) ? 1 : -1;
    } else if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* The base of a search and the defaults are compared with and never ranked: step 0. */
static enum fw_status seat_all(struct rungs *r, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_study_facts *f = r->facts;
    double *values = NULL;
    double *configurations = NULL;
    FW_ALLOC_GOTO(values, f->mem, f->trials.n, "the rungs of a search", err, done);
    FW_ALLOC_GOTO(configurations, f->mem, f->trials.n, "the rungs of a search", err, done);
    FW_ALLOC_GOTO(r->seats, f->mem, f->trials.n, "the rungs of a search", err, done);
    FW_TRY_GOTO(fw_study_facts_metric(values, f, "screen", err), done);
    FW_TRY_GOTO(fw_study_facts_metric(configurations, f, "configuration", err), done);
    for (int64_t i = 0; i < f->trials.n; i++) {
        const struct fw_trial_record *trial = fw_study_facts_at(f, i);
        double objective = f->study->maximise ? trial->objective : -trial->objective;
        if (trial->step < 1 || trial->state == FW_TRIAL_RUNNING)
            continue;
        r->seats[r->n++] = (struct seat){.step = trial->step,
                                         .rung = trial->rung,
                                         .value = r->screens ? values[i] : objective,
                                         .configuration = configurations[i],
                                         .rows = trial->rows,
                                         .place = i,
                                         .goes_on = r->screens && trial->state == FW_TRIAL_COMPLETE};
    }
    if (r->n > 0)
        qsort(r->seats, (size_t)r->n, sizeof *r->seats, compare);
done:
    fw_free(f->mem, configurations);
    fw_free(f->mem, values);
    return status;
}

/* The rows that most have seen stand for the rung: the first in order, for refits have seen more. */
static void add_group(struct rungs *r, int64_t first, int64_t n)
{
    const struct seat *seats = &r->seats[first];
    struct group group = {.step = seats->step, .rung = seats->rung, .n = n, .best = (double)NAN, .median = (double)NAN};
    int64_t valued = 0;
    for (int64_t i = 0; i < n; i++) {
        valued += !isnan(seats[i].value);
        group.on += seats[i].goes_on;
        group.rows = i == 0 || seats[i].rows < group.rows ? seats[i].rows : group.rows;
    }
    if (valued > 0) {
        group.best = seats[0].value;
        group.median = seats[valued / 2].value;
    }
    r->all_groups++;
    if (r->n_groups < GROUPS_MOST)
        r->groups[r->n_groups++] = group;
}

static void group_all(struct rungs *r)
{
    for (int64_t i = 0, n; i < r->n; i += n) {
        for (n = 1;
             i + n < r->n && r->seats[i + n].step == r->seats[i].step && r->seats[i + n].rung == r->seats[i].rung;)
            n++;
        add_group(r, i, n);
    }
    for (int g = r->n_groups - 2; g >= 0; g--) { /* who is at a higher rung was at this one too, or is here again */
        struct group *group = &r->groups[g];
        if (group->step != group[1].step)
            continue;
        group->on += group[1].n;
        group->n += r->screens ? group[1].n : 0;
    }
}

/* Screens are differences near 0: all with the same digits. */
static char *figure(char text[32], double value)
{
    if (fabs(value) < 100)
        snprintf(text, 32, "%.5f", value);
    else
        fw_report_figure(text, value);
    return text;
}

static void add_table(struct fw_buffer *out, const struct rungs *r)
{
    const char *const headers[] = {r->screens ? ">step" : ">bracket",
                                   ">rung",
                                   ">candidates",
                                   ">went on",
                                   ">rows each",
                                   r->screens ? ">best in the screen" : ">best",
                                   ">median"};
    struct fw_html_table table;
    char text[32];
    double sign = !r->screens && !r->facts->study->maximise ? -1 : 1;
    fw_html_table_begin(&table, out, headers, 7, NULL);
    for (int g = 0; g < r->n_groups; g++) {
        const struct group *group = &r->groups[g];
        snprintf(text, sizeof text, "%d", (int)group->step);
        fw_html_cell(&table, text);
        snprintf(text, sizeof text, "%d", (int)group->rung);
        fw_html_cell(&table, text);
        fw_html_cell(&table, fw_text_count(text, group->n));
        fw_html_cell(&table, fw_text_count(text, group->on));
        fw_html_cell(&table, fw_text_count(text, group->rows));
        fw_html_cell(&table, figure(text, sign * group->best));
        fw_html_cell(&table, figure(text, sign * group->median));
    }
    fw_html_table_end(&table);
    if (r->all_groups > r->n_groups)
        fw_report_paragraph(out, "note", "The first %d of %" PRId64 " rungs.", r->n_groups, r->all_groups);
    fw_html_paragraph(out, "note",
                      r->screens ? "Candidates of a rung are scored on so many rows beside the columns that are there; "
                                   "the best go on to more rows, and from the last rung to a fit of their own, whose "
                                   "gain decides. Where that gain lies within its noise the screen alone would have "
                                   "been wrong."
                                 : "Each rung trains its candidates for longer; the best go on to the next one.");
}

/* ---- settings by rung ---- */

static int compare_configurations(const void *a, const void *b)
{
    const struct seat *x = a;
    const struct seat *y = b;
    if (x->step != y->step)
        return x->step < y->step ? -1 : 1;
    if (x->configuration != y->configuration)
        return x->configuration < y->configuration ? -1 : 1;
    return (x->rung > y->rung) - (x->rung < y->rung);
}

struct lines {
    struct fw_svg_plot plot;
    double *x, *y; /* (n) of the seats */
    int64_t n_lines, all;
};

static bool is_taken(const struct rungs *r, const struct seat *seats, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (seats[i].place == r->facts->taken)
            return true;
    }
    return false;
}

/* Candidates that saw one rung alone are dots; of the others those of the answer last, on top. */
static void draw_lines(struct lines *l, const struct rungs *r, bool taken)
{
    for (int64_t i = 0, n; i < r->n; i += n) {
        const struct seat *seats = &r->seats[i];
        for (n = 1; i + n < r->n && seats[n].step == seats->step && seats[n].configuration == seats->configuration;)
            n++;
        l->all += !taken;
        if (is_taken(r, seats, n) != taken || (!taken && l->n_lines == LINES_MOST))
            continue;
        l->n_lines++;
        if (n > 1)
            fw_svg_plot_line(&l->plot, l->x + i, l->y + i, n, taken ? "curve strong" : "curve thin");
        fw_svg_plot_dots(&l->plot, l->x + i, l->y + i, n, taken ? "dots s0" : "dots pale");
    }
}

static enum fw_status draw_settings(struct fw_buffer *out, struct rungs *r, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    char label[160];
    const struct fw_study_facts *f = r->facts;
    double *scratch = NULL;
    struct lines l = {.plot = {.out = out,
                               .width = 960,
                               .height = 300,
                               .x = {.label = "rung", .unit = FW_SVG_COUNT},
                               .y = {.label = label}}};
    FW_ALLOC_GOTO(l.x, f->mem, r->n, "the points of a plot", err, done);
    FW_ALLOC_GOTO(l.y, f->mem, r->n, "the points of a plot", err, done);
    FW_ALLOC_GOTO(scratch, f->mem, r->n, "the points of a plot", err, done);
    qsort(r->seats, (size_t)r->n, sizeof *r->seats, compare_configurations);
    for (int64_t i = 0; i < r->n; i++) {
        l.x[i] = r->seats[i].rung;
        l.y[i] = f->study->maximise ? r->seats[i].value : -r->seats[i].value;
    }
    snprintf(label, sizeof label, "%.100s (%s is better)", f->study->objective,
             f->study->maximise ? "higher" : "lower");
    fw_svg_axis_fit(&l.plot.x, l.x, r->n);
    fw_plot_fit(&l.plot.y, l.y, r->n, f->study->maximise, scratch);
    fw_svg_plot_begin(&l.plot, "Objective of each configuration by rung");
    draw_lines(&l, r, false);
    draw_lines(&l, r, true);
    fw_svg_plot_end(&l.plot);
    fw_report_paragraph(out, "note", "A line a configuration, from rung to rung; that of the answer stands out. %s",
                        l.all > l.n_lines ? "The first 200 are drawn." : "");
done:
    fw_free(f->mem, scratch);
    fw_free(f->mem, l.y);
    fw_free(f->mem, l.x);
    return status;
}

static bool has_configurations(const struct rungs *r)
{
    for (int64_t i = 0; i < r->n; i++) {
        if (isnan(r->seats[i].configuration))
            return false;
    }
    return r->n > 0;
}

static enum fw_status add(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    struct rungs r = {.facts = f, .screens = f->kind == FW_STUDY_CROSSES};
    enum fw_status status = seat_all(&r, err);
    if (status == FW_OK && r.n > 0) {
        group_all(&r);
        if (has_configurations(&r))
            status = draw_settings(out, &r, err);
        add_table(out, &r);
    }
    fw_free(f->mem, r.seats);
    return status;
}

const struct fw_report_section fw_report_rungs = {"rungs", "Rungs", has, add};
