#include "core/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum fw_status wrong(const char *member, const char *wanted, const char *what, struct fw_error *err)
{
    return fw_error_set(err, FW_E_CORRUPT, "%s: '%s' is missing or is not %s", what, member, wanted);
}

enum fw_status fw_json_text(const char **out, const cJSON *object, const char *member, const char *what,
                            struct fw_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, member);
    if (!cJSON_IsString(item) || item->valuestring == NULL)
        return wrong(member, "a text", what, err);
    *out = item->valuestring;
    return FW_OK;
}

enum fw_status fw_json_number(double *out, const cJSON *object, const char *member, const char *what,
                              struct fw_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, member);
    if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble))
        return wrong(member, "a number", what, err);
    *out = item->valuedouble;
    return FW_OK;
}

enum fw_status fw_json_int(int64_t *out, const cJSON *object, const char *member, int64_t low, int64_t high,
                           const char *what, struct fw_error *err)
{
    double value = 0;
    FW_TRY(fw_json_number(&value, object, member, what, err));
    if (value != floor(value) || value < (double)low || value > (double)high || fabs(value) > 0x1p53)
        return fw_error_set(err, FW_E_CORRUPT,
                            "%s: '%s' is %g, which is not a whole number from %" PRId64 " to %" PRId64, what, member,
                            value, low, high);
    *out = (int64_t)value;
    return FW_OK;
}

enum fw_status fw_json_bool(bool *out, const cJSON *object, const char *member, const char *what, struct fw_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, member);
    if (!cJSON_IsBool(item))
        return wrong(member, "true or false", what, err);
    *out = cJSON_IsTrue(item);
    return FW_OK;
}

enum fw_status fw_json_array(const cJSON **out, const cJSON *object, const char *member, const char *what,
                             struct fw_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, member);
    if (!cJSON_IsArray(item))
        return wrong(member, "a list", what, err);
    *out = item;
    return FW_OK;
}

enum fw_status fw_json_object(const cJSON **out, const cJSON *object, const char *member, const char *what,
                              struct fw_error *err)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, member);
    if (!cJSON_IsObject(item))
        return wrong(member, "an object", what, err);
    *out = item;
    return FW_OK;
}

enum fw_status fw_json_hex(uint64_t *out, const cJSON *object, const char *member, const char *what,
                           struct fw_error *err)
{
    const char *text = NULL;
    FW_TRY(fw_json_text(&text, object, member, what, err));
    if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
        return wrong(member, "a number of 16 hexadecimal digits", what, err);
    *out = strtoull(text, NULL, 16);
    return FW_OK;
}

/* In cJSON's types, a bit that it does not use: a member or an element is missing. */
#define INCOMPLETE (1 << 16)

static void mark(cJSON *parent)
{
    if (parent != NULL)
        parent->type |= INCOMPLETE;
}

void fw_json_add(cJSON *object, const char *member, cJSON *item)
{
    if (object != NULL && item != NULL && cJSON_AddItemToObject(object, member, item))
        return;
    cJSON_Delete(item);
    mark(object);
}

void fw_json_append(cJSON *list, cJSON *item)
{
    if (list != NULL && item != NULL && cJSON_AddItemToArray(list, item))
        return;
    cJSON_Delete(item);
    mark(list);
}

void fw_json_add_number(cJSON *object, const char *member, double value)
{
    fw_json_add(object, member, cJSON_CreateNumber(value));
}

void fw_json_add_text(cJSON *object, const char *member, const char *text)
{
    if (text != NULL)
        fw_json_add(object, member, cJSON_CreateString(text));
}

void fw_json_add_bool(cJSON *object, const char *member, bool value)
{
    fw_json_add(object, member, cJSON_CreateBool(value));
}

bool fw_json_add_hex(cJSON *object, const char *member, uint64_t value)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, value);
    cJSON *item = cJSON_CreateString(text);
    fw_json_add(object, member, item);
    return item != NULL && object != NULL && (object->type & INCOMPLETE) == 0;
}

cJSON *fw_json_add_array(cJSON *object, const char *member)
{
    cJSON *list = object != NULL ? cJSON_AddArrayToObject(object, member) : NULL;
    if (list == NULL)
        mark(object);
    return list;
}

cJSON *fw_json_add_object(cJSON *object, const char *member)
{
    cJSON *inner = object != NULL ? cJSON_AddObjectToObject(object, member) : NULL;
    if (inner == NULL)
        mark(object);
    return inner;
}

/* No deeper than cJSON itself goes when it prints or frees. */
bool fw_json_is_whole(const cJSON *tree)
{
    if (tree == NULL || (tree->type & INCOMPLETE) != 0)
        return false;
    for (const cJSON *child = tree->child; child != NULL; child = child->next) {
        if (!fw_json_is_whole(child))
            return false;
    }
    return true;
}

enum fw_status fw_json_print(char **out, const cJSON *tree, bool indented, struct fw_allocator *mem,
                             struct fw_error *err)
{
    char *text = NULL;
    if (fw_json_is_whole(tree))
        text = indented ? cJSON_Print(tree) : cJSON_PrintUnformatted(tree);
    char *copy = text != NULL ? fw_strndup(mem, text, strlen(text)) : NULL;
    cJSON_free(text);
    if (copy == NULL)
        return fw_error_nomem(err, mem, "a document", 1, 1);
    *out = copy;
    return FW_OK;
}

enum fw_status fw_json_parse(cJSON **out, const char *text, size_t size, const char *what, struct fw_error *err)
{
    const char *end = NULL;
    cJSON *tree = cJSON_ParseWithLengthOpts(text, size, &end, 0);
    if (tree == NULL) {
        size_t at = end != NULL && end >= text ? (size_t)(end - text) : 0;
        return fw_error_set(err, FW_E_CORRUPT, "%s is not a JSON document: it cannot be read from byte %zu of %zu on",
                            what, at, size);
    }
    while (end < text + size && (*end == ' ' || *end == '\n' || *end == '\r' || *end == '\t' || *end == '\0'))
        end++;
    if (end != text + size) {
        cJSON_Delete(tree);
        return fw_error_set(err, FW_E_CORRUPT, "%s has text behind its JSON document, from byte %zu on", what,
                            (size_t)(end - text));
    }
    *out = tree;
    return FW_OK;
}
