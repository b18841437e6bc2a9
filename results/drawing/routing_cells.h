/* Gates and shares of tasks (space/topology.h) one by one, as shaded cells for a page (html.h): the fuller the colour,
 * the more. Where cells are large enough the numbers stand in them; a pointer that rests on a cell is told all of it.
 * Closed gates and tasks that share nothing leave their cell empty. routing_chart.h has the picture of the whole. */
#ifndef FW_RESULTS_ROUTING_CELLS_H
#define FW_RESULTS_ROUTING_CELLS_H

#include "core/text.h"
#include "space/topology.h"

/* A row a task, a cell a sub-network of the last level, shaded by the gate between them; to the right how much of all
 * sub-networks the task uses. names: (n_tasks) of any origin. */
void fw_routing_cells_gates(struct fw_buffer *out, const struct fw_routing *routing, const char *const *names);

/* A row and a column a task, shaded by how much the two share (fw_routing_sharing). FW_E_NOMEM when working memory is
 * refused, from the buffer's allocator. */
FW_NODISCARD
enum fw_status fw_routing_cells_sharing(struct fw_buffer *out, const struct fw_routing *routing,
                                        const char *const *names, struct fw_error *err);

#endif
