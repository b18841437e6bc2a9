/* The routing of a study of routings: from the study's plan, or from the gates that were recorded of a trial. */
#ifndef FW_RESULTS_STUDY_GATES_H
#define FW_RESULTS_STUDY_GATES_H

#include "results/report/study_facts.h"
#include "space/topology.h"

/* The routing that the gates of a trial's last epoch make. *found_out: they were there and are a whole topology; then
 * *out is the caller's (fw_routing_clear). Widths are those of the candidate's settings, 1 where it has none. */
FW_NODISCARD
enum fw_status fw_study_gates(struct fw_routing *out, bool *found_out, const struct fw_study_facts *facts,
                              int64_t place, struct fw_error *err);

#endif
