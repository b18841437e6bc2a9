/* The plots of the report of `fieldwise embed`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/embed.h"
#include "results/html.h"
#include "results/svg.h"

/* Budgets that the plots of learning show, spread over all of them. */
#define CURVES_MOST FW_SVG_SERIES

struct front {
    const struct embed_work *work;
    const char *methods[FW_SIZING_METHODS_MOST + 1]; /* in order of appearance, which is that of series */
    int n_methods;
    double *bytes, *quality; /* (n) trials that were trained, those on the front first, by bytes */
    int64_t n, n_front;
    bool is_loss; /* losses are kept negated, since the most is best */
};

static int series_of(struct front *f, const char *method)
{
    for (int i = 0; i < f->n_methods; i++) {
        if (strcmp(f->methods[i], method) == 0)
            return i;
    }
    f->methods[f->n_methods] = method;
    return f->n_methods++;
}

static void add_point(struct front *f, const struct fw_sizing_trial *trial, int64_t first)
{
    int64_t at = f->n++;
    for (; at > first && f->bytes[at - 1] > (double)trial->bytes; at--) {
        f->bytes[at] = f->bytes[at - 1];
        f->quality[at] = f->quality[at - 1];
    }
    f->bytes[at] = (double)trial->bytes;
    f->quality[at] = fabs(trial->quality);
}

static void gather(struct front *f)
{
    const struct fw_sizing_result *result = &f->work->result;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < result->n_trials; i++) {
            f->is_loss = f->is_loss || result->trials[i].quality < 0;
            if (result->trials[i].trained && fw_sizing_on_front(result, i) == (pass == 0))
                add_point(f, &result->trials[i], pass == 0 ? 0 : f->n_front);
        }
        f->n_front = pass == 0 ? f->n : f->n_front;
    }
}

static void draw_marks(struct front *f, struct fw_svg_plot *plot)
{
    const struct embed_work *w = f->work;
    for (int64_t i = 0; i < w->result.n_trials; i++) {
        const struct fw_sizing_trial *trial = &w->result.trials[i];
        char text[160];
        char bytes[32];
        if (!trial->trained)
            continue;
        snprintf(text, sizeof text, "%s: %s, %.1f %% of the full size, validation %s %.5f", trial->method,
                 fw_text_bytes(bytes, (double)trial->bytes), 100 * (double)trial->bytes / (double)w->full, w->metric,
                 fabs(trial->quality));
        fw_svg_plot_mark(plot, (double)trial->bytes, fabs(trial->quality), series_of(f, trial->method), text);
    }
}

static void draw_front(struct front *f, struct fw_buffer *out)
{
    const struct embed_work *w = f->work;
    const struct fw_sizing_trial *best = embed_answer(w);
    char label[80];
    char full[32];
    char text[64];
    snprintf(label, sizeof label, "validation %s (%s is better)", w->metric, f->is_loss ? "lower" : "higher");
    struct fw_svg_plot plot = {.out = out,
                               .width = 960,
                               .height = 420,
                               .x = {.label = "bytes of embeddings (log scale)", .log = true, .unit = FW_SVG_BYTES},
                               .y = {.label = label},
                               .top = {.label = "share of the full size", .log = true, .unit = FW_SVG_PERCENT}};
    f->bytes[f->n] = (double)w->full; /* one more than there are trials: the axis reaches the full size */
    fw_svg_axis_fit(&plot.x, f->bytes, f->n + 1);
    fw_svg_axis_fit(&plot.y, f->quality, f->n);
    plot.top.low = 100 * plot.x.low / (double)w->full;
    plot.top.high = 100 * plot.x.high / (double)w->full;
    fw_svg_plot_begin(&plot, "Bytes of embeddings against validation quality, a mark a trial");
    snprintf(text, sizeof text, "full size, %s", fw_text_bytes(full, (double)w->full));
    fw_svg_plot_rule_x(&plot, (double)w->full, text);
    fw_svg_plot_steps(&plot, f->bytes, f->quality, f->n_front);
    draw_marks(f, &plot);
    if (best->trained)
        fw_svg_plot_ring(&plot, (double)best->bytes, fabs(best->quality), "taken");
    fw_svg_plot_end(&plot);
    fw_svg_legend(out, f->methods, f->n_methods, FW_SVG_LEGEND_MARKS);
}

enum fw_status embed_chart_front(struct fw_buffer *out, const struct embed_work *w, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_allocator *mem = &w->command->data.mem;
    struct front f = {.work = w};
    FW_ALLOC_GOTO(f.bytes, mem, w->result.n_trials + 1, "the points of a plot", err, done);
    FW_ALLOC_GOTO(f.quality, mem, w->result.n_trials + 1, "the points of a plot", err, done);
    gather(&f);
    if (f.n > 0)
        draw_front(&f, out);
    fw_html_paragraph(out, "note",
                      f.n == 0 ? "Nothing was trained from scratch: the search ended before."
                               : "Each mark is a model trained from scratch with the sizes found. The line of steps is "
                                 "the best quality for so many bytes.");
done:
    fw_free(mem, f.quality);
    fw_free(mem, f.bytes);
    return status;
}

/* ---- the policy ---- */

/* Budgets that have rounds to show. */
static int pick(const struct embed_learning **curves, const struct embed_work *w)
{
    int n = 0;
    int shown = 0;
    for (int32_t i = 0; w->learning != NULL && i < w->command->options.n_budgets; i++)
        n += w->learning[i].n > 0;
    int every = (n + CURVES_MOST - 1) / CURVES_MOST;
    for (int32_t i = 0, k = 0; n > 0 && i < w->command->options.n_budgets; i++) {
        if (w->learning[i].n > 0 && k++ % every == 0)
            curves[shown++] = &w->learning[i];
    }
    return shown;
}

static void fit(struct fw_svg_axis *axis, const struct embed_learning *const *curves, int n, bool entropy)
{
    double ends[2] = {(double)INFINITY, -(double)INFINITY};
    for (int i = 0; i < n; i++) {
        for (int32_t r = 0; r < curves[i]->n; r++) {
            double value = entropy ? curves[i]->entropy[r] : curves[i]->percent[r];
            ends[0] = fmin(ends[0], value);
            ends[1] = fmax(ends[1], value);
        }
    }
    if (!entropy) { /* the budget itself is shown */
        ends[0] = fmin(ends[0], 100);
        ends[1] = fmax(ends[1], 100);
    }
    fw_svg_axis_fit(axis, ends, 2);
}

static void draw_learning(struct fw_buffer *out, const struct embed_learning *const *curves, int n, bool entropy)
{
    double rounds[2] = {1, 1};
    struct fw_svg_plot plot = {.out = out,
                               .width = 960,
                               .height = 220,
                               .x = {.label = "round", .unit = FW_SVG_COUNT},
                               .y = {.label = entropy ? "entropy (nats)" : "bytes, of the budget",
                                     .unit = entropy ? FW_SVG_NUMBER : FW_SVG_PERCENT}};
    for (int i = 0; i < n; i++)
        rounds[1] = fmax(rounds[1], curves[i]->round[curves[i]->n - 1]);
    fw_svg_axis_fit(&plot.x, rounds, 2);
    fit(&plot.y, curves, n, entropy);
    fw_svg_plot_begin(&plot, entropy ? "Entropy of the policy by round" : "Expected bytes of the policy by round");
    if (!entropy)
        fw_svg_plot_rule_y(&plot, 100, "budget");
    for (int i = 0; i < n; i++)
        fw_svg_plot_curve(&plot, curves[i]->round, entropy ? curves[i]->entropy : curves[i]->percent, curves[i]->n, i);
    fw_svg_plot_end(&plot);
}

void embed_chart_learning(struct fw_buffer *out, const struct embed_work *w)
{
    const struct embed_learning *curves[CURVES_MOST];
    char texts[CURVES_MOST][32];
    const char *names[CURVES_MOST];
    int n = pick(curves, w);
    if (n == 0)
        return;
    for (int i = 0; i < n; i++)
        names[i] = fw_text_bytes(texts[i], (double)curves[i]->budget);
    fw_html_heading(out, "How the policy learned");
    draw_learning(out, curves, n, false);
    draw_learning(out, curves, n, true);
    fw_svg_legend(out, names, n, FW_SVG_LEGEND_CURVES);
    fw_html_paragraph(out, "note",
                      "A curve a budget. Above: the bytes that a configuration drawn from the policy has on average. "
                      "Below: how undecided the policy is; 0 is one configuration for certain.");
}
