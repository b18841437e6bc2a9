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

/* Building a tree, without a check of each step: what cannot be added for want of memory marks the object or list that
 * lacks it, and fw_json_print refuses a marked tree. A parent of NULL, which is one that could not be made, is passed
 * over: whoever should hold it is marked. fw_json_add and fw_json_append own the item from then on; an item of NULL is
 * one that could not be made. A text of NULL is left out and marks nothing. */
void fw_json_add(cJSON *object, const char *member, cJSON *item);
void fw_json_append(cJSON *list, cJSON *item);
void fw_json_add_number(cJSON *object, const char *member, double value);
void fw_json_add_text(cJSON *object, const char *member, const char *text);
void fw_json_add_bool(cJSON *object, const char *member, bool value);
bool fw_json_add_hex(cJSON *object, const char *member, uint64_t value); /* false: it could not be added */
cJSON *fw_json_add_array(cJSON *object, const char *member);             /* borrowed from the object; NULL: no memory */
cJSON *fw_json_add_object(cJSON *object, const char *member);            /* likewise */

/* False when a part of the tree could not be made; NULL is no tree. */
bool fw_json_is_whole(const cJSON *tree);

/* The tree as text, owned by the caller (fw_free); compact, or indented for people. FW_E_NOMEM, also for a tree that is
 * not whole. */
FW_NODISCARD
enum fw_status fw_json_print(char **out, const cJSON *tree, bool indented, struct fw_allocator *mem,
                             struct fw_error *err);

/* Parses a whole document; deep nesting and trailing text are refused. FW_E_CORRUPT naming the byte. The caller frees
 * with cJSON_Delete. */
FW_NODISCARD
enum fw_status fw_json_parse(cJSON **out, const char *text, size_t size, const char *what, struct fw_error *err);

#endif
