/* The plots of the report of `fieldwise embed`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/embed.h"
#include "results/drawing/front_chart.h"
#include "results/drawing/html.h"
#include "results/drawing/policy_chart.h"
#include "results/drawing/svg.h"

enum { text_size = 160 };

struct front {
    const struct embed_work *work;
    const char *methods[FW_SIZING_METHODS_MOST + 1]; /* in order of appearance, which is that of series */
    int n_methods;
    struct fw_front_point *points; /* (n) trials that were trained */
    char (*texts)[text_size];
    int64_t n;
    int64_t best; /* place of the answer; -1: it was not trained */
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

static void gather(struct front *f)
{
    const struct embed_work *w = f->work;
    f->best = -1;
    for (int64_t i = 0; i < w->result.n_trials; i++) {
        const struct fw_sizing_trial *trial = &w->result.trials[i];
        char bytes[32];
        f->is_loss = f->is_loss || trial->quality < 0;
        if (!trial->trained)
            continue;
        snprintf(f->texts[f->n], text_size, "%s: %s, %.1f %% of the full size, validation %s %.5f", trial->method,
                 fw_text_bytes(bytes, (double)trial->bytes), 100 * (double)trial->bytes / (double)w->full, w->metric,
                 fabs(trial->quality));
        f->best = i == w->best ? f->n : f->best;
        f->points[f->n] = (struct fw_front_point){.bytes = (double)trial->bytes,
                                                  .quality = fabs(trial->quality),
                                                  .series = series_of(f, trial->method),
                                                  .text = f->texts[f->n]};
        f->n++;
    }
}

static enum fw_status draw(struct fw_buffer *out, const struct front *f, struct fw_error *err)
{
    const struct embed_work *w = f->work;
    char label[80];
    char full[32];
    char text[64];
    struct fw_front_rule rule = {(double)w->full, text};
    snprintf(label, sizeof label, "validation %s (%s is better)", w->metric, f->is_loss ? "lower" : "higher");
    snprintf(text, sizeof text, "full size, %s", fw_text_bytes(full, (double)w->full));
    struct fw_front_chart chart = {.points = f->points,
                                   .n = f->n,
                                   .x_label = "bytes of embeddings (log scale)",
                                   .y_label = label,
                                   .title = "Bytes of embeddings against validation quality, a mark a trial",
                                   .maximise = !f->is_loss,
                                   .rules = &rule,
                                   .n_rules = 1,
                                   .whole = (double)w->full,
                                   .taken = f->best,
                                   .taken_as = "taken"};
    FW_TRY(fw_front_chart_add(out, NULL, &chart, err));
    fw_svg_legend(out, f->methods, f->n_methods, FW_SVG_LEGEND_MARKS);
    return FW_OK;
}

enum fw_status embed_chart_front(struct fw_buffer *out, const struct embed_work *w, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_allocator *mem = &w->command->data.mem;
    struct front f = {.work = w};
    FW_ALLOC_GOTO(f.points, mem, w->result.n_trials, "the points of a plot", err, done);
    FW_ALLOC_GOTO(f.texts, mem, w->result.n_trials, "the points of a plot", err, done);
    gather(&f);
    if (f.n > 0)
        FW_TRY_GOTO(draw(out, &f, err), done);
    fw_html_paragraph(out, "note",
                      f.n == 0 ? "Nothing was trained from scratch: the search ended before."
                               : "Each mark is a model trained from scratch with the sizes found. The line of steps is "
                                 "the best quality for so many bytes.");
done:
    fw_free(mem, f.texts);
    fw_free(mem, f.points);
    return status;
}

void embed_chart_learning(struct fw_buffer *out, const struct embed_work *w)
{
    struct fw_policy_curve curves[FW_SIZING_BUDGETS_MOST];
    int64_t n = 0;
    for (int32_t i = 0; w->learning != NULL && i < w->command->options.n_budgets; i++) {
        const struct embed_learning *l = &w->learning[i];
        if (l->n > 0)
            curves[n++] = (struct fw_policy_curve){l->budget, l->n, l->round, l->percent, l->entropy};
    }
    if (n == 0)
        return;
    fw_html_heading(out, "How the policy learned");
    fw_policy_chart_add(out, curves, n);
}
