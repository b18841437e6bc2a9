#include "results/drawing/svg_tree.h"

#include <math.h>
#include <stdio.h>

#include "results/drawing/html.h"
#include "results/drawing/short_name.h"
#include "results/drawing/svg.h"
#include "results/drawing/svg_axis.h"

#define WIDTH  1100.0
#define UP     44.0
#define DOWN   10.0
#define LINE   22.0
#define INDENT 16.0

/* Where columns begin: the tree, the scale from its left to its right edge, figures, notes. */
#define TREE   10.0
#define LEFT   420.0
#define RIGHT  640.0
#define FIGURE 656.0
#define NOTE   900.0

/* Deeper nodes stand no further right, or names would have no room left. */
#define DEPTH_MOST 12

/* Pixels of a character. */
#define CHARACTER 7.0

#define TICKS 4

struct tree {
    struct fw_buffer *out;
    const struct fw_svg_tree_node *nodes;
    int64_t n;
    struct fw_svg_axis axis;
};

static int depth_of(const struct tree *t, int64_t i)
{
    int depth = 0;
    for (; t->nodes[i].parent >= 0 && depth < DEPTH_MOST; i = t->nodes[i].parent)
        depth++;
    return depth;
}

static double x_of(const struct tree *t, int64_t i)
{
    return TREE + INDENT * depth_of(t, i);
}

static double y_of(int64_t i)
{
    return UP + LINE * ((double)i + 0.5);
}

static double place(const struct tree *t, double value)
{
    return LEFT + (RIGHT - LEFT) * fmax(0, fmin(1, fw_svg_axis_share(&t->axis, value)));
}

static void fit(struct tree *t)
{
    double ends[2] = {0, 0};
    for (int64_t i = 0; i < t->n; i++) {
        const double values[3] = {t->nodes[i].value, t->nodes[i].low, t->nodes[i].high};
        for (int k = 0; k < 3; k++) {
            if (isfinite(values[k])) {
                ends[0] = fmin(ends[0], values[k]);
                ends[1] = fmax(ends[1], values[k]);
            }
        }
    }
    fw_svg_axis_fit(&t->axis, ends, 2);
}

static void draw_scale(const struct tree *t)
{
    struct fw_svg_ticks ticks;
    double end = UP + LINE * (double)t->n;
    fw_svg_axis_ticks(&ticks, &t->axis, TICKS);
    fw_svg_text(t->out, (LEFT + RIGHT) / 2, 14, "mid", t->axis.label);
    for (int i = 0; i < ticks.n; i++) {
        double x = place(t, ticks.at[i]);
        fw_buffer_addf(t->out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"grid\"/>\n", x, UP, x,
                       end);
        fw_svg_text(t->out, x, UP - 8, "tick mid", ticks.text[i]);
    }
    fw_buffer_addf(t->out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"rule\"/>\n", place(t, 0), UP,
                   place(t, 0), end);
}

static void draw_branch(const struct tree *t, int64_t i)
{
    const struct fw_svg_tree_node *node = &t->nodes[i];
    if (node->parent < 0)
        return;
    fw_buffer_addf(t->out, "<path class=\"%s\" d=\"M%.1f,%.1fV%.1fH%.1f\"/>\n",
                   node->look == FW_SVG_TREE_TAKEN ? "branch on" : "branch", x_of(t, node->parent), y_of(node->parent),
                   y_of(i), x_of(t, i));
}

static void draw_interval(const struct tree *t, int64_t i)
{
    const struct fw_svg_tree_node *node = &t->nodes[i];
    bool taken = node->look == FW_SVG_TREE_TAKEN;
    char text[128];
    double y = y_of(i);
    if (isnan(node->value))
        return;
    if (!isnan(node->low) && !isnan(node->high)) {
        fw_buffer_addf(t->out, "<path class=\"%s\" d=\"M%.1f,%.1fH%.1f\"/>\n", taken ? "branch on" : "steps",
                       place(t, node->low), y, place(t, node->high));
        snprintf(text, sizeof text, "%+.5f [%+.5f, %+.5f]", node->value, node->low, node->high);
    } else
        snprintf(text, sizeof text, "%+.5f", node->value);
    fw_buffer_addf(t->out, "<path class=\"%s\" d=\"M%.1f,%.1fh0\"/>\n", taken ? "dots s0" : "dots quiet",
                   place(t, node->value), y);
    fw_svg_text(t->out, FIGURE, y + 4, taken ? "on" : "tick", text);
}

static void draw_node(const struct tree *t, int64_t i)
{
    char name[FW_SHORT_NAME_SIZE];
    const struct fw_svg_tree_node *node = &t->nodes[i];
    double x = x_of(t, i);
    int room = (int)((LEFT - 16 - x) / CHARACTER);
    fw_short_name(name, node->label, room < FW_SHORT_NAME_MOST ? room : FW_SHORT_NAME_MOST);
    if (node->look != FW_SVG_TREE_QUIET)
        fw_buffer_addf(t->out, "<path class=\"%s\" d=\"M%.1f,%.1fh0\"/>\n",
                       node->look == FW_SVG_TREE_TAKEN ? "dots s0" : "dots quiet", x, y_of(i));
    fw_svg_text(t->out, x + 8, y_of(i) + 4,
                node->look == FW_SVG_TREE_TAKEN   ? "halo on"
                : node->look == FW_SVG_TREE_QUIET ? "halo tick"
                                                  : "halo",
                name);
    if (node->note[0] != '\0')
        fw_svg_text(t->out, NOTE, y_of(i) + 4, node->look == FW_SVG_TREE_TAKEN ? "on" : "tick", node->note);
}

void fw_svg_tree_add(struct fw_buffer *out, const struct fw_svg_tree_node *nodes, int64_t n, const char *scale,
                     const char *title)
{
    struct tree t = {.out = out, .nodes = nodes, .n = n, .axis = {.label = scale}};
    fit(&t);
    fw_svg_begin(out, WIDTH, UP + LINE * (double)n + DOWN, title);
    draw_scale(&t);
    for (int64_t i = 0; i < n; i++)
        draw_branch(&t, i);
    for (int64_t i = 0; i < n; i++) {
        draw_interval(&t, i);
        draw_node(&t, i);
    }
    fw_svg_end(out);
}
