#include "results/drawing/policy_chart.h"

#include <math.h>

#include "results/drawing/html.h"
#include "results/drawing/svg.h"

_Static_assert(FW_POLICY_CURVES <= FW_SVG_SERIES, "each curve has a colour of its own");

static void fit(struct fw_svg_axis *axis, const struct fw_policy_curve *const *curves, int n, bool entropy)
{
    double ends[2] = {(double)INFINITY, -(double)INFINITY};
    for (int i = 0; i < n; i++) {
        for (int64_t r = 0; r < curves[i]->n; r++) {
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

static void draw(struct fw_buffer *out, const struct fw_policy_curve *const *curves, int n, bool entropy)
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

void fw_policy_chart_add(struct fw_buffer *out, const struct fw_policy_curve *curves, int64_t n)
{
    const struct fw_policy_curve *shown[FW_POLICY_CURVES];
    char texts[FW_POLICY_CURVES][32];
    const char *names[FW_POLICY_CURVES];
    int n_shown = 0;
    int64_t every = (n + FW_POLICY_CURVES - 1) / FW_POLICY_CURVES;
    for (int64_t i = 0; i < n; i += every) {
        names[n_shown] = fw_text_bytes(texts[n_shown], (double)curves[i].budget);
        shown[n_shown++] = &curves[i];
    }
    if (n_shown == 0)
        return;
    draw(out, shown, n_shown, false);
    draw(out, shown, n_shown, true);
    fw_svg_legend(out, names, n_shown, FW_SVG_LEGEND_CURVES);
    fw_html_paragraph(out, "note",
                      "A curve a budget. Above: the bytes that a configuration drawn from the policy has on average. "
                      "Below: how undecided the policy is; 0 is one configuration for certain.");
}
