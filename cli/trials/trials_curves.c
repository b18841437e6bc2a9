#include "cli/trials/trials_curves.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/terminal.h"

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

/* Length of "best_auc" in "best_auc_se income"; 0: it is no standard error. */
static size_t error_of(const char *name)
{
    size_t head = strcspn(name, " ");
    return head > 3 && strncmp(name + head - 3, "_se", 3) == 0 ? head - 3 : 0;
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
        if (metric->step != 0 || error_of(metric->name) > 0 || is_start(metrics, metric->name))
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
        cli_table_cell(table, isnan(metric->value) ? "-" : "%.7g", metric->value);
        cli_table_cell(table, "%s", error);
    }
    if (table != NULL)
        cli_table_print(table, stdout);
}

/* The names that have steps, in the order of the metrics, which is by name. */
struct curves {
    const char *names[most_curves];
    int n;
    int64_t n_gates, n_more; /* that are not shown */
    int64_t first, last;     /* step */
};

static struct curves find_curves(const struct fw_metric_list *metrics)
{
    struct curves curves = {.first = 1};
    for (int64_t i = 0; i < metrics->n; i++) {
        const struct fw_metric *metric = &metrics->rows[i];
        bool next = i + 1 == metrics->n || strcmp(metrics->rows[i + 1].name, metric->name) != 0;
        if (metric->step > curves.last)
            curves.last = metric->step;
        if (metric->step == 0 && is_start(metrics, metric->name))
            curves.first = 0;
        if (!next || metric->step == 0)
            continue;
        if (strncmp(metric->name, "gate ", 5) == 0)
            curves.n_gates++;
        else if (curves.n == most_curves)
            curves.n_more++;
        else
            curves.names[curves.n++] = metric->name;
    }
    return curves;
}

/* NaN: none at this step. */
static double value_at(const struct fw_metric_list *metrics, const char *name, int64_t step)
{
    for (int64_t i = 0; i < metrics->n; i++) {
        if (metrics->rows[i].step == step && strcmp(metrics->rows[i].name, name) == 0)
            return metrics->rows[i].value;
    }
    return (double)NAN;
}

/* The course of a curve from step 1 in blocks of eight heights, lowest to highest. */
static void course(char out[course_width * 4 + 1], const struct fw_metric_list *metrics, const char *name, int64_t last)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    double low = INFINITY;
    double high = -INFINITY;
    int64_t n = last < course_width ? last : course_width;
    out[0] = '\0';
    for (int64_t step = 1; step <= last; step++) {
        double value = value_at(metrics, name, step);
        if (isfinite(value)) {
            low = fmin(low, value);
            high = fmax(high, value);
        }
    }
    for (int64_t k = 0; k < n; k++) {
        double value = value_at(metrics, name, n == 1 ? 1 : 1 + k * (last - 1) / (n - 1));
        double height = high > low ? (value - low) / (high - low) : 0.5;
        strcat(out, isfinite(value) ? blocks[(int)fmin(7, floor(height * 8))] : " ");
    }
}

/* Whether this step has a row: all of a few, of many the first, the last and some evenly between. */
static bool is_shown(int64_t step, int64_t last)
{
    if (last <= most_rows || step == last || step == 0)
        return true;
    return (step - 1) * most_rows / last != (step - 2) * most_rows / last || step == 1;
}

void trials_print_curves(const struct fw_metric_list *metrics)
{
    struct curves curves = find_curves(metrics);
    const char *headers[most_curves + 1] = {">step"};
    char names[most_curves][128];
    if (curves.n_gates > 0)
        printf("\n%" PRId64 " gates by epoch: --format json shows them\n", curves.n_gates);
    if (curves.n == 0)
        return;
    putchar('\n');
    for (int c = 0; c < curves.n; c++) {
        snprintf(names[c], sizeof names[c], ">%.120s", curves.names[c]);
        headers[c + 1] = names[c];
    }
    struct cli_table *table = cli_table_create(headers, curves.n + 1);
    for (int64_t step = curves.first; step <= curves.last; step++) {
        if (!is_shown(step, curves.last))
            continue;
        cli_table_cell(table, "%" PRId64, step);
        for (int c = 0; c < curves.n; c++) {
            bool start = step > 0 || is_start(metrics, curves.names[c]);
            double value = start ? value_at(metrics, curves.names[c], step) : (double)NAN;
            cli_table_cell(table, isnan(value) ? "-" : "%.7g", value);
        }
    }
    cli_table_print(table, stdout);
    for (int c = 0; c < curves.n && curves.last > 2; c++) {
        char line[course_width * 4 + 1];
        course(line, metrics, curves.names[c], curves.last);
        printf("%s %s\n", line, curves.names[c]);
    }
    if (curves.n_more > 0)
        printf("%" PRId64 " further curves: --format json shows them\n", curves.n_more);
}
