/* A tree with a figure and its interval beside each node, as a picture for a page (html.h): what grew from what, and
 * what each step was worth. Nodes stand below each other, one a line, further right the deeper they are; to the right
 * the intervals share one scale with a line at 0. */
#ifndef FW_RESULTS_SVG_TREE_H
#define FW_RESULTS_SVG_TREE_H

#include "core/text.h"

enum fw_svg_tree_look { FW_SVG_TREE_PLAIN, FW_SVG_TREE_TAKEN, FW_SVG_TREE_QUIET };

struct fw_svg_tree_node {
    int64_t parent;          /* place of an earlier node; -1: a root */
    const char *label;       /* of any origin; cut where it is long */
    const char *note;        /* a few words behind the figure; "" for none */
    double value, low, high; /* NaN: none */
    enum fw_svg_tree_look look;
};

/* scale: what the figures are, with their unit. title: what a reader who does not see it is told. */
void fw_svg_tree_add(struct fw_buffer *out, const struct fw_svg_tree_node *nodes, int64_t n, const char *scale,
                     const char *title);

#endif
