/* Small helpers on cJSON for documents that people and programs hand us: members by name with their type checked, and
 * errors that say which member of which document is wrong. Trees are freed by the function that parsed them. */
#ifndef FW_CORE_JSON_H
#define FW_CORE_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"

/* Members of an object; `what` names the document in messages ("the plan 'adult.plan.json'"). Each fails with
 * FW_E_CORRUPT when the member is missing or of another type. Texts are borrowed from the tree. */
FW_NODISCARD
enum fw_status fw_json_text(const char **out, const cJSON *object, const char *member, const char *what,
                            struct fw_error *err);
FW_NODISCARD
enum fw_status fw_json_number(double *out, const cJSON *object, const char *member, const char *what,
                              struct fw_error *err);
/* A whole number in [low, high]. */
FW_NODISCARD
enum fw_status fw_json_int(int64_t *out, const cJSON *object, const char *member, int64_t low, int64_t high,
                           const char *what, struct fw_error *err);
FW_NODISCARD
enum fw_status fw_json_bool(bool *out, const cJSON *object, const char *member, const char *what, struct fw_error *err);
FW_NODISCARD
enum fw_status fw_json_array(const cJSON **out, const cJSON *object, const char *member, const char *what,
                             struct fw_error *err);
FW_NODISCARD
enum fw_status fw_json_object(const cJSON **out, const cJSON *object, const char *member, const char *what,
                              struct fw_error *err);
/* A 64-bit number written as 16 hexadecimal digits: JSON numbers hold 53 bits only. */
FW_NODISCARD
enum fw_status fw_json_hex(uint64_t *out, const cJSON *object, const char *member, const char *what,
                           struct fw_error *err);
bool fw_json_add_hex(cJSON *object, const char *member, uint64_t value);

/* The tree as text, owned by the caller (fw_free); compact, or indented for people. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_json_print(char **out, const cJSON *tree, bool indented, struct fw_allocator *mem,
                             struct fw_error *err);

/* Parses a whole document; deep nesting and trailing text are refused. FW_E_CORRUPT naming the byte. The caller frees
 * with cJSON_Delete. */
FW_NODISCARD
enum fw_status fw_json_parse(cJSON **out, const char *text, size_t size, const char *what, struct fw_error *err);

#endif
