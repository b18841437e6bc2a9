/* Pictures for pages (html.h): plots with axes, and small bars and blocks for cells of tables. They are drawn in the
 * classes of the page's style and are of use only within it. Series have a colour and a shape each, so that they are
 * told apart without colours too. A text at a mark is seen when the pointer rests on it.
 *
 *     struct fw_svg_plot plot = {.out = &out, .width = 760, .height = 380, .x = {...}, .y = {...}};
 *     fw_svg_axis_fit(&plot.x, bytes, n);
 *     fw_svg_axis_fit(&plot.y, quality, n);
 *     fw_svg_plot_begin(&plot, "Bytes against quality");
 *     for (int64_t i = 0; i < n; i++)
 *         fw_svg_plot_mark(&plot, bytes[i], quality[i], series[i], text[i]);
 *     fw_svg_plot_end(&plot);
 *     fw_svg_legend(&out, names, n_series, FW_SVG_LEGEND_MARKS);
 *
 * What is not finite, or outside its axes, is left out. All texts are escaped. */
#ifndef FW_RESULTS_SVG_H
#define FW_RESULTS_SVG_H

#include "core/text.h"
#include "results/drawing/svg_axis.h"

/* Colours and shapes; series beyond them get other pairs of the two, up to the square of it. */
#define FW_SVG_SERIES 8

struct fw_svg_plot {
    struct fw_buffer *out;
    double width, height;         /* of the picture, pixels; it shrinks with the page */
    struct fw_svg_axis x, y;      /* below and to the left */
    struct fw_svg_axis top;       /* a second scale of x, above; without a label there is none */
    double left, right, up, down; /* edges of the area of values, pixels; set by begin */
};

/* Draws the axes. title: what a reader who does not see it is told. */
void fw_svg_plot_begin(struct fw_svg_plot *plot, const char *title);
void fw_svg_plot_end(struct fw_svg_plot *plot);

/* Pixels of a value. */
double fw_svg_plot_x(const struct fw_svg_plot *plot, double x);
double fw_svg_plot_y(const struct fw_svg_plot *plot, double y);

/* A point, in the colour and shape of its series (from 0). text: NULL for none. */
void fw_svg_plot_mark(struct fw_svg_plot *plot, double x, double y, int series, const char *text);

/* A ring around a point with a word beside it. */
void fw_svg_plot_ring(struct fw_svg_plot *plot, double x, double y, const char *text);

/* The best so far, as a line of steps: from each of n points (x rising) level to the next; from the last to the right
 * edge. */
void fw_svg_plot_steps(struct fw_svg_plot *plot, const double *x, const double *y, int64_t n);

/* n points, joined, in the colour of a series. */
void fw_svg_plot_curve(struct fw_svg_plot *plot, const double *x, const double *y, int64_t n, int series);

/* n points as dots of one look, for pictures of thousands; css: classes of the page, "dots s0", "dots pale". */
void fw_svg_plot_dots(struct fw_svg_plot *plot, const double *x, const double *y, int64_t n, const char *css);

/* n points, joined, in a look of the page: "curve s0", "curve thin", "curve strong". A value that is not finite, or
 * outside its axis, breaks the line. */
void fw_svg_plot_line(struct fw_svg_plot *plot, const double *x, const double *y, int64_t n, const char *css);

/* A dashed line across the whole plot at one x or one y, with a word beside it. */
void fw_svg_plot_rule_x(struct fw_svg_plot *plot, double x, const char *text);
void fw_svg_plot_rule_y(struct fw_svg_plot *plot, double y, const char *text);

/* What the series are, below a plot (a list of HTML, not within it). */
enum fw_svg_legend { FW_SVG_LEGEND_MARKS, FW_SVG_LEGEND_CURVES };
void fw_svg_legend(struct fw_buffer *out, const char *const *names, int n, enum fw_svg_legend kind);

/* The same where looks are not those of series. */
struct fw_svg_key {
    const char *css; /* "dots pale" */
    bool line;       /* else a dot */
    const char *name;
};
void fw_svg_keys(struct fw_buffer *out, const struct fw_svg_key *keys, int n);

/* A horizontal bar: an outline of `whole` of the width and `part` of it filled, both from 0 to 1. */
void fw_svg_bar(struct fw_buffer *out, double width, double height, double whole, double part, const char *text);

/* A part of a rectangle, in shares of its sides from 0 to 1; y from the top. */
struct fw_svg_block {
    double x, y, width, height;
    bool filled; /* else in outline */
};

/* A rectangle of blocks. */
void fw_svg_blocks(struct fw_buffer *out, double width, double height, const struct fw_svg_block *blocks, int n,
                   const char *text);

/* For pictures of other kinds: the picture itself, as wide as the page lets it be (on narrow screens it scrolls by
 * itself, or nothing in it could be read); a text in classes of the page; what is seen when the pointer rests on the
 * element that is open (NULL for nothing). */
void fw_svg_begin(struct fw_buffer *out, double width, double height, const char *title);
void fw_svg_end(struct fw_buffer *out);
void fw_svg_text(struct fw_buffer *out, double x, double y, const char *css, const char *text);
void fw_svg_title(struct fw_buffer *out, const char *text);

#endif
