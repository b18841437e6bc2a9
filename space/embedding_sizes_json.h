/* Embedding sizes as JSON: the members "dim" and "inputs" of an object, in plans and in candidates of trials. */
#ifndef FW_SPACE_EMBEDDING_SIZES_JSON_H
#define FW_SPACE_EMBEDDING_SIZES_JSON_H

#include "core/json.h"
#include "space/embedding_sizes.h"

/* The value of "inputs": [{"input":"job","strips":[{"ids":12,"width":8}],"projected":false}, ...]. */
cJSON *fw_embedding_sizes_inputs(const struct fw_embedding_sizes *sizes);

/* Sizes from the members "dim" and "inputs" of an object; *out is the caller's. `what` names the document in messages.
 * FW_E_CORRUPT: a member is missing or not as it should be; FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_embedding_sizes_parse(struct fw_embedding_sizes **out, const cJSON *json, const char *what,
                                        struct fw_allocator *mem, struct fw_error *err);

#endif
