/* A schema as JSON, for plans: what a plan must know to read other tables as the first one was read. */
#ifndef FW_SPACE_SCHEMA_JSON_H
#define FW_SPACE_SCHEMA_JSON_H

#include "space/schema.h"

struct cJSON;

/* The schema as a JSON object, the caller's (cJSON_Delete). */
FW_NODISCARD
enum fw_status fw_schema_to_json(struct cJSON **out, const struct fw_schema *schema, struct fw_error *err);

/* The schema of a JSON object that fw_schema_to_json wrote, now or when there was one label only. Counts of the tasks
 * are 0, skip_bad_rows is false. Anything unknown, missing, of a wrong type or contradictory is FW_E_CORRUPT naming it;
 * `what` names the document. */
FW_NODISCARD
enum fw_status fw_schema_from_json(struct fw_schema **out, const struct cJSON *json, const char *what,
                                   struct fw_allocator *mem, struct fw_error *err);

#endif
