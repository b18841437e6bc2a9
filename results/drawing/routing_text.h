/* What the tasks share (space/topology.h) as text for a terminal: at most 80 columns, plain ASCII but for names.
 *
 *     5 of 7 sub-networks and 7 of 21 connections are left
 *     gates: . closed, 1 to 9 tenths open, # open
 *
 *     level 1 (across, 3 of 4 left) to level 2 (down, 2 of 3 left)
 *            1 2 4
 *        1   # . 5
 *        3   . 9 1
 *
 *     level 2 (across, 2 of 3 left) to the tasks
 *                 1 3
 *        1 click  # 3
 *        2 buy    . 8
 *        3 rate   no open path from the inputs
 *
 *     sub-networks that a task uses
 *        1 click  ##############......  71 %
 *        2 buy    #########...........  43 %
 *        3 rate   ....................   0 %
 *
 *     what two tasks share, in percent
 *                   1   2   3
 *        1 click    -  12   0
 *        2 buy     12   -   0
 *        3 rate     0   0   -
 *
 * Sub-networks that are not left have no row and no column. Of long lists the beginning is shown, and how many more
 * there are; with more than 16 tasks shares are in tenths, as gates are. */
#ifndef FW_RESULTS_ROUTING_TEXT_H
#define FW_RESULTS_ROUTING_TEXT_H

#include "core/text.h"
#include "space/topology.h"

/* Rows of a list that are shown; the least that a list is cut by is 2, so that "and 1 more" never stands for a row. */
#define FW_ROUTING_TEXT_ROWS 24

/* Appends the picture. names: (n_tasks) of any origin. A refused allocation of the buffer is noted there; FW_E_NOMEM
 * when working memory is refused, from the buffer's allocator. */
FW_NODISCARD
enum fw_status fw_routing_text_add(struct fw_buffer *out, const struct fw_routing *routing, const char *const *names,
                                   struct fw_error *err);

#endif
