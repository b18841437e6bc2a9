#include "results/drawing/svg.h"

#include <math.h>
#include <string.h>

#include "results/drawing/html.h"

/* Room for what is written around the area of values, pixels. */
#define LEFT          82.0
#define RIGHT         30.0
#define DOWN          46.0
#define UP            14.0
#define UP_WITH_SCALE 46.0

/* Pixels that a tick and its text want along an axis. */
#define TICK_X 85.0
#define TICK_Y 45.0

/* Half the size of a mark. */
#define MARK 5.5

/* Outlines around 0, of about the same area; drawn at a place by a translation. */
static const char *const shapes[FW_SVG_SERIES] = {
    "M-5,0a5,5 0 1 0 10,0a5,5 0 1 0 -10,0z",                                               /* circle */
    "M-4.5,-4.5h9v9h-9z",                                                                  /* square */
    "M0,-6L5.8,4.6H-5.8z",                                                                 /* triangle */
    "M0,-6.4L6.4,0L0,6.4L-6.4,0z",                                                         /* diamond */
    "M0,6L5.8,-4.6H-5.8z",                                                                 /* triangle that hangs */
    "M-2,-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z",                                                  /* plus */
    "M-5.5,-3L-3,-5.5L0,-2.5L3,-5.5L5.5,-3L2.5,0L5.5,3L3,5.5L0,2.5L-3,5.5L-5.5,3L-2.5,0z", /* cross */
    "M-6.5,-2.5h13v5h-13z",                                                                /* bar */
};

static const char *shape_of(int series)
{
    return shapes[(series + series / FW_SVG_SERIES) % FW_SVG_SERIES];
}

double fw_svg_plot_x(const struct fw_svg_plot *plot, double x)
{
    return plot->left + (plot->right - plot->left) * fw_svg_axis_share(&plot->x, x);
}

double fw_svg_plot_y(const struct fw_svg_plot *plot, double y)
{
    return plot->down - (plot->down - plot->up) * fw_svg_axis_share(&plot->y, y);
}

static bool is_within(const struct fw_svg_axis *axis, double value)
{
    return value >= axis->low && value <= axis->high; /* false for NaN */
}

void fw_svg_text(struct fw_buffer *out, double x, double y, const char *css, const char *text)
{
    fw_buffer_addf(out, "<text x=\"%.2f\" y=\"%.2f\" class=\"%s\">", x, y, css);
    fw_html_text(out, text);
    fw_buffer_add_text(out, "</text>\n");
}

static void add_line(struct fw_buffer *out, double x1, double y1, double x2, double y2, const char *css)
{
    fw_buffer_addf(out, "<line x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\" class=\"%s\"/>\n", x1, y1, x2, y2, css);
}

void fw_svg_title(struct fw_buffer *out, const char *text)
{
    if (text == NULL)
        return;
    fw_buffer_add_text(out, "<title>");
    fw_html_text(out, text);
    fw_buffer_add_text(out, "</title>");
}

void fw_svg_begin(struct fw_buffer *out, double width, double height, const char *title)
{
    fw_buffer_addf(out,
                   "<div class=\"scroll\"><svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 %g "
                   "%g\" role=\"img\" "
                   "aria-label=\"",
                   width, height);
    fw_html_text(out, title);
    fw_buffer_add_text(out, "\">\n");
}

void fw_svg_end(struct fw_buffer *out)
{
    fw_buffer_add_text(out, "</svg></div>\n");
}

static int wanted(double pixels, double each)
{
    return (int)fmax(2, fmin(FW_SVG_TICKS_MOST, pixels / each));
}

static void draw_x(const struct fw_svg_plot *p)
{
    struct fw_svg_ticks ticks;
    fw_svg_axis_ticks(&ticks, &p->x, wanted(p->right - p->left, TICK_X));
    for (int i = 0; i < ticks.n; i++) {
        double x = fw_svg_plot_x(p, ticks.at[i]);
        add_line(p->out, x, p->up, x, p->down, "grid");
        fw_svg_text(p->out, x, p->down + 17, "tick mid", ticks.text[i]);
    }
    fw_svg_text(p->out, (p->left + p->right) / 2, p->down + 37, "mid", p->x.label);
}

static void draw_y(const struct fw_svg_plot *p)
{
    struct fw_svg_ticks ticks;
    double middle = (p->up + p->down) / 2;
    fw_svg_axis_ticks(&ticks, &p->y, wanted(p->down - p->up, TICK_Y));
    for (int i = 0; i < ticks.n; i++) {
        double y = fw_svg_plot_y(p, ticks.at[i]);
        add_line(p->out, p->left, y, p->right, y, "grid");
        fw_svg_text(p->out, p->left - 7, y + 4, "tick end", ticks.text[i]);
    }
    fw_buffer_addf(p->out, "<text transform=\"translate(14 %.2f) rotate(-90)\" class=\"mid\">", middle);
    fw_html_text(p->out, p->y.label);
    fw_buffer_add_text(p->out, "</text>\n");
}

static void draw_top(const struct fw_svg_plot *p)
{
    struct fw_svg_ticks ticks;
    fw_svg_axis_ticks(&ticks, &p->top, wanted(p->right - p->left, TICK_X));
    for (int i = 0; i < ticks.n; i++) {
        double x = p->left + (p->right - p->left) * fw_svg_axis_share(&p->top, ticks.at[i]);
        add_line(p->out, x, p->up - 5, x, p->up, "frame");
        fw_svg_text(p->out, x, p->up - 9, "tick mid", ticks.text[i]);
    }
    fw_svg_text(p->out, (p->left + p->right) / 2, p->up - 30, "mid", p->top.label);
}

void fw_svg_plot_begin(struct fw_svg_plot *p, const char *title)
{
    p->left = LEFT;
    p->right = p->width - RIGHT;
    p->up = p->top.label != NULL ? UP_WITH_SCALE : UP;
    p->down = p->height - DOWN;
    fw_svg_begin(p->out, p->width, p->height, title);
    if (p->x.label != NULL)
        draw_x(p);
    if (p->y.label != NULL)
        draw_y(p);
    if (p->top.label != NULL)
        draw_top(p);
    fw_buffer_addf(p->out, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" class=\"frame\"/>\n", p->left,
                   p->up, p->right - p->left, p->down - p->up);
}

void fw_svg_plot_end(struct fw_svg_plot *plot)
{
    fw_svg_end(plot->out);
}

void fw_svg_plot_mark(struct fw_svg_plot *p, double x, double y, int series, const char *text)
{
    if (!is_within(&p->x, x) || !is_within(&p->y, y))
        return;
    fw_buffer_addf(p->out, "<path class=\"mark s%d\" transform=\"translate(%.2f %.2f)\" d=\"%s\">",
                   series % FW_SVG_SERIES, fw_svg_plot_x(p, x), fw_svg_plot_y(p, y), shape_of(series));
    fw_svg_title(p->out, text);
    fw_buffer_add_text(p->out, "</path>\n");
}

void fw_svg_plot_ring(struct fw_svg_plot *p, double x, double y, const char *text)
{
    if (!is_within(&p->x, x) || !is_within(&p->y, y))
        return;
    double at = fw_svg_plot_x(p, x);
    double level = fw_svg_plot_y(p, y);
    bool is_right = at > (p->left + p->right) / 2;
    fw_buffer_addf(p->out, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"%g\" class=\"ring\"/>\n", at, level, 2 * MARK);
    fw_svg_text(p->out, at + (is_right ? -2.6 : 2.6) * MARK, fmax(level - 1.6 * MARK, p->up + 14),
                is_right ? "halo end" : "halo", text);
}

void fw_svg_plot_steps(struct fw_svg_plot *p, const double *x, const double *y, int64_t n)
{
    bool begun = false;
    fw_buffer_add_text(p->out, "<path class=\"steps\" d=\"");
    for (int64_t i = 0; i < n; i++) {
        if (!is_within(&p->x, x[i]) || !is_within(&p->y, y[i]))
            continue;
        fw_buffer_addf(p->out, begun ? "H%.2fV%.2f" : "M%.2f,%.2f", fw_svg_plot_x(p, x[i]), fw_svg_plot_y(p, y[i]));
        begun = true;
    }
    if (begun)
        fw_buffer_addf(p->out, "H%.2f", p->right);
    fw_buffer_add_text(p->out, "\"/>\n");
}

void fw_svg_plot_curve(struct fw_svg_plot *p, const double *x, const double *y, int64_t n, int series)
{
    bool begun = false;
    fw_buffer_addf(p->out, "<path class=\"curve s%d\" d=\"", series % FW_SVG_SERIES);
    for (int64_t i = 0; i < n; i++) {
        if (!is_within(&p->x, x[i]) || !is_within(&p->y, y[i]))
            continue;
        fw_buffer_addf(p->out, "%s%.2f,%.2f", begun ? "L" : "M", fw_svg_plot_x(p, x[i]), fw_svg_plot_y(p, y[i]));
        begun = true;
    }
    fw_buffer_add_text(p->out, "\"/>\n");
}

void fw_svg_plot_dots(struct fw_svg_plot *p, const double *x, const double *y, int64_t n, const char *css)
{
    fw_buffer_addf(p->out, "<path class=\"%s\" d=\"", css);
    for (int64_t i = 0; i < n; i++) {
        if (is_within(&p->x, x[i]) && is_within(&p->y, y[i]))
            fw_buffer_addf(p->out, "M%.1f,%.1fh0", fw_svg_plot_x(p, x[i]), fw_svg_plot_y(p, y[i]));
    }
    fw_buffer_add_text(p->out, "\"/>\n");
}

void fw_svg_plot_line(struct fw_svg_plot *p, const double *x, const double *y, int64_t n, const char *css)
{
    bool begun = false;
    fw_buffer_addf(p->out, "<path class=\"%s\" d=\"", css);
    for (int64_t i = 0; i < n; i++) {
        bool drawn = is_within(&p->x, x[i]) && is_within(&p->y, y[i]);
        if (drawn)
            fw_buffer_addf(p->out, "%s%.1f,%.1f", begun ? "L" : "M", fw_svg_plot_x(p, x[i]), fw_svg_plot_y(p, y[i]));
        begun = drawn;
    }
    fw_buffer_add_text(p->out, "\"/>\n");
}

void fw_svg_plot_rule_x(struct fw_svg_plot *p, double x, const char *text)
{
    if (!is_within(&p->x, x))
        return;
    double at = fw_svg_plot_x(p, x);
    bool is_right = at > (p->left + p->right) / 2;
    add_line(p->out, at, p->up, at, p->down, "rule");
    fw_svg_text(p->out, at + (is_right ? -6 : 6), (p->up + p->down) / 2, is_right ? "halo end" : "halo", text);
}

void fw_svg_plot_rule_y(struct fw_svg_plot *p, double y, const char *text)
{
    if (!is_within(&p->y, y))
        return;
    double level = fw_svg_plot_y(p, y);
    add_line(p->out, p->left, level, p->right, level, "rule");
    fw_svg_text(p->out, p->left + 6, level < p->up + 20 ? level + 15 : level - 6, "halo", text);
}

void fw_svg_legend(struct fw_buffer *out, const char *const *names, int n, enum fw_svg_legend kind)
{
    fw_buffer_add_text(out, "<ul class=\"legend\">");
    for (int i = 0; i < n; i++) {
        fw_buffer_add_text(out, "<li><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"16\" height=\"16\" "
                                "viewBox=\"-8 -8 16 16\" aria-hidden=\"true\">");
        if (kind == FW_SVG_LEGEND_MARKS)
            fw_buffer_addf(out, "<path class=\"mark s%d\" d=\"%s\"/>", i % FW_SVG_SERIES, shape_of(i));
        else
            fw_buffer_addf(out, "<path class=\"curve s%d\" d=\"M-8,0H8\"/>", i % FW_SVG_SERIES);
        fw_buffer_add_text(out, "</svg>");
        fw_html_name(out, names[i]);
        fw_buffer_add_text(out, "</li>");
    }
    fw_buffer_add_text(out, "</ul>\n");
}

void fw_svg_keys(struct fw_buffer *out, const struct fw_svg_key *keys, int n)
{
    fw_buffer_add_text(out, "<ul class=\"legend\">");
    for (int i = 0; i < n; i++) {
        fw_buffer_addf(out,
                       "<li><svg xmlns=\"http://www.w3.org/2000/svg\" width=\"16\" height=\"16\" "
                       "viewBox=\"-8 -8 16 16\" aria-hidden=\"true\"><path class=\"%s\" d=\"%s\"/></svg>",
                       keys[i].css, keys[i].line ? "M-8,0H8" : "M0,0h0");
        fw_html_name(out, keys[i].name);
        fw_buffer_add_text(out, "</li>");
    }
    fw_buffer_add_text(out, "</ul>\n");
}

/* ---- within cells ---- */

static double share(double value)
{
    return value >= 0 ? fmin(value, 1) : 0; /* 0 for NaN */
}

/* Outlines are a pixel wide around the middle of their edge: half a pixel is left for it at each side. */
static void begin_small(struct fw_buffer *out, double width, double height, const char *text)
{
    fw_buffer_addf(out,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"small\" width=\"%g\" height=\"%g\" "
                   "viewBox=\"-0.5 -0.5 %g %g\" role=\"img\" aria-label=\"",
                   width + 1, height + 1, width + 1, height + 1);
    fw_html_text(out, text);
    fw_buffer_add_text(out, "\">");
    fw_svg_title(out, text);
}

static void add_rect(struct fw_buffer *out, const char *css, double x, double y, double width, double height)
{
    fw_buffer_addf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>", css, x, y, width,
                   height);
}

void fw_svg_bar(struct fw_buffer *out, double width, double height, double whole, double part, const char *text)
{
    begin_small(out, width, height, text);
    add_rect(out, "kept", 0, 0, width * share(part), height);
    add_rect(out, "frame", 0, 0, width * share(whole), height);
    fw_buffer_add_text(out, "</svg>");
}

/* All blocks of a kind are one path: a page may have ten thousand of them. */
static void add_blocks(struct fw_buffer *out, double width, double height, const struct fw_svg_block *blocks, int n,
                       bool filled)
{
    fw_buffer_add_text(out, filled ? "<path class=\"kept\" d=\"" : "<path class=\"gone\" d=\"");
    for (int i = 0; i < n; i++) {
        if (blocks[i].filled != filled)
            continue;
        double w = width * share(blocks[i].width);
        fw_buffer_addf(out, "M%.2f,%.2fh%.2fv%.2fh%.2fz", width * share(blocks[i].x), height * share(blocks[i].y), w,
                       height * share(blocks[i].height), -w);
    }
    fw_buffer_add_text(out, "\"/>");
}

void fw_svg_blocks(struct fw_buffer *out, double width, double height, const struct fw_svg_block *blocks, int n,
                   const char *text)
{
    begin_small(out, width, height, text);
    add_blocks(out, width, height, blocks, n, false);
    add_blocks(out, width, height, blocks, n, true);
    fw_buffer_add_text(out, "</svg>");
}
