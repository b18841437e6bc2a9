/* What the tasks share (space/topology.h) as a picture for a page (html.h): from left to right the inputs, the levels
 * of sub-networks and the towers. A line is an open connection, the wider and the darker the more its gate is open; a
 * sub-network that is not left is small and pale. A pointer that rests on a line or a box is told what it is.
 *
 * Pictures stay small whatever the topology: where a boundary has too many connections, each reader keeps the lines of
 * its strongest, and a note below says so. See routing_cells.h for the gates and the shares one by one. */
#ifndef FW_RESULTS_ROUTING_CHART_H
#define FW_RESULTS_ROUTING_CHART_H

#include "core/text.h"
#include "space/topology.h"

/* Lines that are drawn of one boundary. */
#define FW_ROUTING_CHART_LINES 512

/* names: (n_tasks) of any origin; they are cut where they are long. */
void fw_routing_chart_add(struct fw_buffer *out, const struct fw_routing *routing, const char *const *names);

#endif
