/* What the sources of the plan share among themselves; not for others. */
#ifndef FW_SPACE_PLAN_PARTS_H
#define FW_SPACE_PLAN_PARTS_H

#include "core/json.h"
#include "space/plan.h"

/* A text member that is left out when the text is NULL, and back: *text stays as it is when the member is missing. */
void fw_plan_write_text(cJSON *json, const char *member, const char *text);
FW_NODISCARD
enum fw_status fw_plan_read_text(struct fw_plan *plan, char **text, const cJSON *json, const char *member,
                                 const char *what, struct fw_error *err);

/* The embedding sizes of a plan that has them as the value of "embeddings". */
cJSON *fw_plan_sizes_to_json(const struct fw_plan *plan);

/* Reads "embeddings" of a plan's document; without it the plan is not sized. FW_E_CORRUPT, FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_plan_read_sizes(struct fw_plan *plan, const cJSON *document, const char *what, struct fw_error *err);

/* Frees sizes and sizing. */
void fw_plan_clear_sizes(struct fw_plan *plan);

/* The routing of a plan that has one as the value of "routing". */
cJSON *fw_plan_routing_to_json(const struct fw_plan *plan);

/* Reads "routing" of a plan's document, whose schema is read already; without it the plan has none. FW_E_CORRUPT,
 * FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_plan_read_routing(struct fw_plan *plan, const cJSON *document, const char *what,
                                    struct fw_error *err);

/* Frees routing and route. */
void fw_plan_clear_routing(struct fw_plan *plan);

#endif
