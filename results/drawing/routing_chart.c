#include "results/drawing/routing_chart.h"

#include <math.h>
#include <stdio.h>

#include "results/drawing/html.h"
#include "results/drawing/short_name.h"
#include "results/drawing/svg.h"

/* Pixels. */
#define WIDTH      960.0
#define UP         34.0 /* above the boxes: what the columns are */
#define DOWN       10.0
#define FIRST      40.0  /* middle of the first column */
#define LAST       740.0 /* middle of the last one; to its right stand names */
#define BOX_WIDTH  34.0
#define BOX_MOST   22.0 /* height */
#define GONE       6.0  /* sides of a box that is not left */
#define EACH_LEAST 15.0 /* from box to box: names are written below each other */
#define EACH_MOST  40.0
#define HEIGHT     420.0 /* of the boxes where that keeps them between the two */

#define NAME_MOST     26 /* columns of a name beside a tower */
#define NAME_MOST_OFF 14 /* of a task without a path, which is said behind it */

struct chart {
    struct fw_buffer *out;
    const struct fw_routing *routing;
    const struct fw_topology *topology;
    const char *const *names;
    double height; /* of all boxes of a column */
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    bool fed[FW_TASKS_MOST];
};

/* Level n_levels is the towers. */
static int32_t count_of(const struct chart *c, int32_t level)
{
    return level == c->topology->n_levels ? c->topology->n_tasks : c->topology->levels[level].n;
}

static bool is_left(const struct chart *c, int32_t level, int32_t i)
{
    return level == c->topology->n_levels || c->live[level * FW_SUBNETWORKS_MOST + i];
}

/* Middle of a level; -1 is the inputs. */
static double x_of(const struct chart *c, int32_t level)
{
    return FIRST + (LAST - FIRST) * (level + 1) / (c->topology->n_levels + 1);
}

static double y_of(const struct chart *c, int32_t level, int32_t i)
{
    return UP + c->height * (i + 0.5) / count_of(c, level);
}

/* 0 when the connection is closed or one of its ends is not left. */
static float gate_of(const struct chart *c, int32_t boundary, int32_t to, int32_t from)
{
    return fw_routing_live_gate(c->routing, c->live, boundary, to, from);
}

/* How many of a reader's connections are stronger, which decides whether there is room for a line; of equal ones the
 * first. */
static int32_t rank_of(const struct chart *c, int32_t boundary, int32_t to, int32_t from)
{
    int32_t rank = 0;
    float gate = gate_of(c, boundary, to, from);
    for (int32_t j = 0; j < c->topology->levels[boundary].n; j++) {
        float other = gate_of(c, boundary, to, j);
        rank += other > gate || (other == gate && j < from);
    }
    return rank;
}

/* "sub-network 3 of level 2", "task click" */
static void describe(char *text, size_t size, const struct chart *c, int32_t level, int32_t i)
{
    char name[FW_SHORT_NAME_SIZE];
    if (level < c->topology->n_levels) {
        snprintf(text, size, "sub-network %d of level %d", i + 1, level + 1);
        return;
    }
    fw_short_name(name, c->names[i], FW_SHORT_NAME_MOST);
    snprintf(text, size, "task %s", name);
}

static void draw_line(const struct chart *c, int32_t boundary, int32_t to, int32_t from)
{
    char ends[2][FW_SHORT_NAME_SIZE + 8];
    char text[2 * sizeof ends[0] + 32];
    double gate = fmin(1, (double)gate_of(c, boundary, to, from));
    describe(ends[0], sizeof ends[0], c, boundary, from);
    describe(ends[1], sizeof ends[1], c, boundary + 1, to);
    snprintf(text, sizeof text, "%s to %s, gate %.2g", ends[0], ends[1], gate);
    fw_buffer_addf(c->out,
                   "<line class=\"gate\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke-width=\"%.2f\" "
                   "stroke-opacity=\"%.2f\">",
                   x_of(c, boundary) + BOX_WIDTH / 2, y_of(c, boundary, from), x_of(c, boundary + 1) - BOX_WIDTH / 2,
                   y_of(c, boundary + 1, to), 0.8 + 2.6 * gate, 0.2 + 0.7 * gate);
    fw_svg_title(c->out, text);
    fw_buffer_add_text(c->out, "</line>\n");
}

/* Returns whether lines were left out. */
static bool draw_boundary(const struct chart *c, int32_t boundary)
{
    int32_t readers = 0;
    bool cut = false;
    for (int32_t i = 0; i < count_of(c, boundary + 1); i++)
        readers += is_left(c, boundary + 1, i);
    for (int32_t i = 0; i < count_of(c, boundary + 1); i++) {
        for (int32_t j = 0; j < count_of(c, boundary); j++) {
            if (!(gate_of(c, boundary, i, j) > 0))
                continue;
            bool room = rank_of(c, boundary, i, j) < FW_ROUTING_CHART_LINES / readers;
            if (room)
                draw_line(c, boundary, i, j);
            cut = cut || !room;
        }
    }
    return cut;
}

static void draw_box(const struct chart *c, double x, double y, double width, double height, const char *css,
                     const char *text)
{
    fw_buffer_addf(c->out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"3\">", css,
                   x - width / 2, y - height / 2, width, height);
    fw_svg_title(c->out, text);
    fw_buffer_add_text(c->out, "</rect>\n");
}

/* The inputs are one box beside the whole first level: each of its sub-networks reads all of them. */
static void draw_inputs(const struct chart *c)
{
    double x = x_of(c, -1);
    fw_svg_text(c->out, x, UP - 16, "tick mid", "inputs");
    for (int32_t j = 0; j < count_of(c, 0); j++) {
        double y = y_of(c, 0, j);
        if (is_left(c, 0, j))
            fw_buffer_addf(c->out, "<line class=\"frame\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                           x + BOX_WIDTH / 2, y, x_of(c, 0) - BOX_WIDTH / 2, y);
    }
    draw_box(c, x, UP + c->height / 2, BOX_WIDTH, c->height, "node", "all inputs");
}

static double box_height(const struct chart *c, int32_t level)
{
    return fmin(BOX_MOST, 0.8 * c->height / count_of(c, level));
}

static void draw_level(const struct chart *c, int32_t level)
{
    char text[64];
    double x = x_of(c, level);
    snprintf(text, sizeof text, "level %d", level + 1);
    fw_svg_text(c->out, x, UP - 16, "tick mid", text);
    for (int32_t i = 0; i < count_of(c, level); i++) {
        double y = y_of(c, level, i);
        bool left = is_left(c, level, i);
        snprintf(text, sizeof text, "sub-network %d of level %d, %d units%s", i + 1, level + 1,
                 c->topology->levels[level].width, left ? "" : ": not left");
        if (!left) {
            draw_box(c, x, y, GONE, GONE, "gone", text);
            continue;
        }
        draw_box(c, x, y, BOX_WIDTH, box_height(c, level), "node", text);
        snprintf(text, sizeof text, "%d", i + 1);
        fw_svg_text(c->out, x, y + 4, "tick mid", text);
    }
}

static void draw_towers(const struct chart *c)
{
    int32_t level = c->topology->n_levels;
    double x = x_of(c, level);
    fw_svg_text(c->out, x, UP - 16, "tick mid", c->topology->n_tasks == 1 ? "task" : "tasks");
    for (int32_t i = 0; i < c->topology->n_tasks; i++) {
        char name[FW_SHORT_NAME_SIZE];
        char text[FW_SHORT_NAME_SIZE + 64];
        double y = y_of(c, level, i);
        fw_short_name(name, c->names[i], FW_SHORT_NAME_MOST);
        snprintf(text, sizeof text, "tower of task %s%s", name, c->fed[i] ? "" : ": no open path from the inputs");
        draw_box(c, x, y, BOX_WIDTH, box_height(c, level), c->fed[i] ? "node" : "gone", text);
        fw_short_name(name, c->names[i], c->fed[i] ? NAME_MOST : NAME_MOST_OFF);
        snprintf(text, sizeof text, "%s%s", name, c->fed[i] ? "" : " (no open path)");
        fw_svg_text(c->out, x + BOX_WIDTH / 2 + 8, y + 4, c->fed[i] ? "halo" : "tick", text);
    }
}

void fw_routing_chart_add(struct fw_buffer *out, const struct fw_routing *routing, const char *const *names)
{
    const struct fw_topology *t = &routing->topology;
    struct chart c = {.out = out, .routing = routing, .topology = t, .names = names};
    int32_t most = 0;
    bool cut = false;
    fw_routing_live(c.live, c.fed, routing);
    for (int32_t l = 0; l <= t->n_levels; l++)
        most = count_of(&c, l) > most ? count_of(&c, l) : most;
    c.height = most * fmax(EACH_LEAST, fmin(EACH_MOST, HEIGHT / most));
    fw_svg_begin(out, WIDTH, UP + c.height + DOWN, "Connections from the inputs over sub-networks to the tasks");
    draw_inputs(&c);
    for (int32_t b = 0; b < t->n_levels; b++)
        cut = draw_boundary(&c, b) || cut;
    for (int32_t l = 0; l < t->n_levels; l++)
        draw_level(&c, l);
    draw_towers(&c);
    fw_svg_end(out);
    if (cut)
        fw_html_paragraph(out, "note",
                          "There are more open connections than lines: of what a sub-network or a task reads, the "
                          "strongest are drawn.");
}
