#include "cli/trials/trials_curves.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/terminal.h"
#include "core/alloc.h"

enum { most_curves = 6, most_rows = 24, course_width = 24 };

/* A figure of the whole trial; NaN: there is none of that name. */
static double figure_of(const struct fw_metric_list *metrics, const char *name)
{
    for (int64_t i = 0; i < metrics->n; i++) {
        if (metrics->rows[i].step == 0 && strcmp(metrics->rows[i].name, name) == 0)
            return metrics->rows[i].value;
    }
    return (double)NAN;
}

/* Whether a metric is the standard error of one that is listed: "best_auc_se income" of "best_auc income". */
static bool is_told_beside(const struct fw_metric_list *metrics, const char *name)
{
    char of[256];
    size_t head = strcspn(name, " ");
    if (head < 4 || head > 100 || strncmp(name + head - 3, "_se", 3) != 0)
        return false;
    snprintf(of, sizeof of, "%.*s%.100s", (int)head - 3, name, name + head);
    return !isnan(figure_of(metrics, of));
}

/* Whether step 0 of this name is the start of a curve and no figure of the whole trial: that is under best_NAME. */
static bool is_start(const struct fw_metric_list *metrics, const char *name)
{
    char best[256];
    snprintf(best, sizeof best, "best_%.200s", name);
    return !isnan(figure_of(metrics, best));
}

void trials_print_figures(const struct fw_metric_list *metrics)
{
    static const char *const headers[] = {"figure", ">value", "standard error"};
    struct cli_table *table = NULL;
    for (int64_t i = 0; i < metrics->n; i++) {
        const struct fw_metric *metric = &metrics->rows[i];
        char name[256];
        char error[32] = "";
        size_t head = strcspn(metric->name, " ");
        if (metric->step != 0 || is_told_beside(metrics, metric->name) || is_start(metrics, metric->name))
            continue;
        snprintf(name, sizeof name, "%.*s_se%s", (int)(head < 100 ? head : 100), metric->name, metric->name + head);
        double se = figure_of(metrics, name);
        if (!isnan(se))
            snprintf(error, sizeof error, "%.2g", se);
        if (table == NULL) {
            putchar('\n');
            table = cli_table_create(headers, 3);
        }
        cli_table_cell(table, "%s", metric->name);
        cli_table_cell(table, "%.7g", metric->value);
        cli_table_cell(table, "%s", error);
    }
    if (table != NULL)
        cli_table_print(table, stdout);
}

/* The names that have steps, in the order of the metrics, which is by name and step, and the steps that they have. */
struct curves {
    const struct fw_metric *rows[most_curves]; /* the first row of each */
    int64_t lengths[most_curves];              /* rows of each */
    int n;
    int64_t n_gates, n_more; /* that are not shown */
    int64_t *steps;          /* (n_steps) of those shown, ascending; owned */
    int64_t n_steps;
};

static int compare_steps(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* One name with its rows; a start that is a figure of the whole trial is no part of it. */
static void add_curve(struct curves *curves, const struct fw_metric_list *metrics, int64_t first, int64_t end)
{
    const struct fw_metric *rows = &metrics->rows[first];
    bool start = rows->step != 0 || is_start(metrics, rows->name);
    if (rows[end - first - 1].step == 0)
        return;
    if (strncmp(rows->name, "gate ", 5) == 0) {
        curves->n_gates++;
    } else if (curves->n == most_curves) {
        curves->n_more++;
    } else {
        curves->rows[curves->n] = rows + !start;
        curves->lengths[curves->n] = end - first - !start;
        for (int64_t i = 0; i < curves->lengths[curves->n]; i++)
            curves->steps[curves->n_steps++] = curves->rows[curves->n][i].step;
        curves->n++;
    }
}

static void find_curves(struct curves *curves, const struct fw_metric_list *metrics)
{
    int64_t end = 0;
    for (int64_t first = 0; first < metrics->n; first = end) {
        while (end < metrics->n && strcmp(metrics->rows[end].name, metrics->rows[first].name) == 0)
            end++;
        add_curve(curves, metrics, first, end);
    }
    int64_t n = 0;
    if (curves->n_steps > 0)
        qsort(curves->steps, (size_t)curves->n_steps, sizeof *curves->steps, compare_steps);
    for (int64_t i = 0; i < curves->n_steps; i++) {
        if (i == 0 || curves->steps[i] != curves->steps[i - 1])
            curves->steps[n++] = curves->steps[i];
    }
    curves->n_steps = n;
}

static void curve_cell(struct cli_table *table, const struct curves *curves, int curve, int64_t step)
{
    for (int64_t i = 0; i < curves->lengths[curve]; i++) {
        if (curves->rows[curve][i].step == step) {
            cli_table_cell(table, "%.7g", curves->rows[curve][i].value);
            return;
        }
    }
    cli_table_cell(table, "-");
}

/* The course of a curve in blocks of eight heights, lowest to highest. */
static void course(char out[course_width * 4 + 1], const struct fw_metric *rows, int64_t length)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double low = INFINITY;
    double high = -INFINITY;
    int64_t n = length < course_width ? length : course_width;
    out[0] = '\0';
    for (int64_t i = 0; i < length; i++) {
        if (isfinite(rows[i].value)) {
            low = fmin(low, rows[i].value);
            high = fmax(high, rows[i].value);
        }
    }
    for (int64_t k = 0; k < n; k++) {
        double value = rows[n == 1 ? 0 : k * (length - 1) / (n - 1)].value;
        double height = high > low ? (value - low) / (high - low) : 0.5;
        strcat(out, isfinite(value) ? blocks[(int)fmin(7, floor(height * 8))] : " ");
    }
}

/* Whether step number i of n has a row: all of a few, of many the first, the last and some evenly between. */
static bool is_shown(int64_t i, int64_t n)
{
    return n <= most_rows || i == 0 || i + 1 == n || i * most_rows / n != (i - 1) * most_rows / n;
}

static void print_table(const struct curves *curves)
{
    const char *headers[most_curves + 1] = {">step"};
    char names[most_curves][128];
    for (int c = 0; c < curves->n; c++) {
        snprintf(names[c], sizeof names[c], ">%.120s", curves->rows[c]->name);
        headers[c + 1] = names[c];
    }
    putchar('\n');
    struct cli_table *table = cli_table_create(headers, curves->n + 1);
    for (int64_t i = 0; i < curves->n_steps; i++) {
        if (!is_shown(i, curves->n_steps))
            continue;
        cli_table_cell(table, "%" PRId64, curves->steps[i]);
        for (int c = 0; c < curves->n; c++)
            curve_cell(table, curves, c, curves->steps[i]);
    }
    cli_table_print(table, stdout);
}

static void print_courses(const struct curves *curves)
{
    static const char *const headers[] = {"", ""};
    struct cli_table *table = cli_table_create(headers, 2);
    for (int c = 0; c < curves->n; c++) {
        char line[course_width * 4 + 1];
        if (curves->lengths[c] < 3)
            continue;
        course(line, curves->rows[c], curves->lengths[c]);
        cli_table_cell(table, "%s", curves->rows[c]->name);
        cli_table_cell(table, "%s", line);
    }
    cli_table_print(table, stdout);
}

enum fw_status trials_print_curves(const struct fw_metric_list *metrics, struct fw_error *err)
{
    struct curves curves = {0};
    FW_ALLOC(curves.steps, NULL, metrics->n, "the steps of curves", err);
    find_curves(&curves, metrics);
    if (curves.n > 0) {
        print_table(&curves);
        print_courses(&curves);
    }
    if (curves.n_gates > 0)
        printf("and %" PRId64 " gates (--format json)\n", curves.n_gates);
    if (curves.n_more > 0)
        printf("and %" PRId64 " further curves (--format json)\n", curves.n_more);
    fw_free(NULL, curves.steps);
    return FW_OK;
}
