/* Bytes against quality, a mark a trial, with the best quality for so many bytes as a line of steps: the picture that
 * every search under a budget of bytes ends in (for pages, html.h).
 *
 * Where there are many marks, those that would lie over each other are drawn once; the ones on the front always are. */
#ifndef FW_RESULTS_FRONT_CHART_H
#define FW_RESULTS_FRONT_CHART_H

#include "core/text.h"

struct fw_front_point {
    double bytes, quality; /* finite, bytes above 0 */
    int series;            /* from 0: colour and shape */
    const char *text;      /* seen when the pointer rests on it; NULL: none */
};

/* A dashed line at so many bytes. */
struct fw_front_rule {
    double bytes;
    const char *text;
};

struct fw_front_chart {
    const struct fw_front_point *points; /* (n) */
    int64_t n;
    const char *x_label, *y_label, *title;
    bool maximise;
    const struct fw_front_rule *rules; /* (n_rules); the axis reaches them */
    int n_rules;
    double whole;         /* bytes of the full size: a second scale above tells the share of it; 0: none */
    int64_t taken;        /* the point with a ring; -1: none */
    const char *taken_as; /* "taken": the word beside it */
};

/* Appends the picture. *drawn_out (may be NULL): how many marks it has. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_front_chart_add(struct fw_buffer *out, int64_t *drawn_out, const struct fw_front_chart *chart,
                                  struct fw_error *err);

#endif
