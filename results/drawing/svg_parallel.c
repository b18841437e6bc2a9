#include "results/drawing/svg_parallel.h"

#include <math.h>
#include <stdio.h>

#include "results/drawing/html.h"
#include "results/drawing/short_name.h"
#include "results/drawing/svg.h"

#define WIDTH  1000.0
#define LEFT   30.0
#define RIGHT  90.0
#define UP     52.0
#define HEIGHT 300.0
#define DOWN   16.0

/* Pixels of a character, and of a tick's own height. */
#define CHARACTER 7.0
#define TICK_Y    60.0

static double x_of(const struct fw_svg_parallel *c, int axis)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * axis / (c->n_axes - 1);
}

/* NaN where there is no value, or one that its axis does not reach. */
static double y_of(const struct fw_svg_parallel_axis *axis, double value)
{
    double share = fw_svg_axis_share(&axis->scale, value);
    if (axis->names != NULL)
        share = axis->n_names > 1 ? value / (axis->n_names - 1) : 0.5;
    return share >= 0 && share <= 1 ? UP + HEIGHT * (1 - share) : (double)NAN;
}

static void draw_line(struct fw_buffer *out, const struct fw_svg_parallel *c, int64_t i)
{
    bool begun = false;
    fw_buffer_addf(out, "<path class=\"thread q%d%s\" d=\"", c->shades[i], i == c->strong ? " strong" : "");
    for (int a = 0; a < c->n_axes; a++) {
        double y = y_of(&c->axes[a], c->values[i * c->n_axes + a]);
        if (!isnan(y))
            fw_buffer_addf(out, "%s%.1f,%.1f", begun ? "L" : "M", x_of(c, a), y);
        begun = !isnan(y);
    }
    fw_buffer_add_text(out, "\"/>\n");
}

/* Names of neighbours stand at two heights, so that each has the room of two. */
static void draw_label(struct fw_buffer *out, const struct fw_svg_parallel *c, int a)
{
    char name[FW_SHORT_NAME_SIZE];
    double room = 2 * (WIDTH - LEFT - RIGHT) / (c->n_axes - 1) / CHARACTER - 2;
    int most = (int)fmin(room, 24);
    bool last = a + 1 == c->n_axes;
    fw_short_name(name, c->axes[a].label, most > 4 ? most : 4);
    fw_svg_text(out, a == 0 ? 4 : x_of(c, a), a % 2 == 0 ? 16 : 34,
                a == 0 ? "halo"
                : last ? "halo mid on"
                       : "halo mid",
                name);
}

static void draw_ticks(struct fw_buffer *out, const struct fw_svg_parallel *c, int a)
{
    const struct fw_svg_parallel_axis *axis = &c->axes[a];
    struct fw_svg_ticks ticks = {.n = 0};
    double x = x_of(c, a);
    int room = (int)((WIDTH - LEFT - RIGHT) / (c->n_axes - 1) / CHARACTER) - 1;
    if (axis->names == NULL)
        fw_svg_axis_ticks(&ticks, &axis->scale, (int)(HEIGHT / TICK_Y));
    for (int i = 0; i < ticks.n; i++)
        fw_svg_text(out, x + 5, y_of(axis, ticks.at[i]) + 4, "tick halo", ticks.text[i]);
    for (int i = 0; axis->names != NULL && i < axis->n_names; i++) {
        char name[FW_SHORT_NAME_SIZE];
        fw_short_name(name, axis->names[i], room < 4 ? 4 : room > 14 ? 14 : room);
        fw_svg_text(out, x + 5, y_of(axis, i) + 4, "tick halo", name);
    }
}

void fw_svg_parallel_add(struct fw_buffer *out, const struct fw_svg_parallel *c, const char *title)
{
    fw_svg_begin(out, WIDTH, UP + HEIGHT + DOWN, title);
    for (int64_t i = 0; i < c->n; i++) {
        if (i != c->strong)
            draw_line(out, c, i);
    }
    if (c->strong >= 0)
        draw_line(out, c, c->strong);
    for (int a = 0; a < c->n_axes; a++) {
        fw_buffer_addf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"frame\"/>\n", x_of(c, a), UP,
                       x_of(c, a), UP + HEIGHT);
        draw_ticks(out, c, a);
        draw_label(out, c, a);
    }
    fw_svg_end(out);
}
