#include "results/drawing/candidate_text.h"

#include <string.h>

#include "core/json.h"

/* The object in a text; NULL when it holds anything else. */
static cJSON *parse_object(const char *json)
{
    cJSON *tree = NULL;
    if (json == NULL || fw_json_parse(&tree, json, strlen(json), "a candidate", NULL) != FW_OK)
        return NULL;
    if (!cJSON_IsObject(tree)) {
        cJSON_Delete(tree);
        return NULL;
    }
    return tree;
}

/* True for a list whose elements are all texts. */
static bool is_list_of_texts(const cJSON *value)
{
    if (!cJSON_IsArray(value))
        return false;
    const cJSON *element;
    cJSON_ArrayForEach(element, value)
    {
        if (!cJSON_IsString(element))
            return false;
    }
    return true;
}

static void add_joined(struct fw_buffer *out, const cJSON *list, const char *between)
{
    const cJSON *element;
    cJSON_ArrayForEach(element, list)
    {
        fw_buffer_add_text(out, element == list->child ? "" : between);
        fw_buffer_add_text(out, element->valuestring);
    }
}

/* Embedding sizes as "user 662x12, item 1543x8 and 7 more inputs": of a long list the first few that are not dropped.
 */
static void add_sizes(struct fw_buffer *out, const cJSON *inputs)
{
    enum { most = 4 };
    int shown = 0;
    int left = 0;
    const cJSON *input;
    cJSON_ArrayForEach(input, inputs)
    {
        const cJSON *strips = cJSON_GetObjectItemCaseSensitive(input, "strips");
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(input, "input");
        if (cJSON_GetArraySize(strips) == 0 || !cJSON_IsString(name) || shown == most) {
            left++;
            continue;
        }
        fw_buffer_addf(out, "%s%s ", shown++ > 0 ? ", " : "", name->valuestring);
        const cJSON *strip;
        cJSON_ArrayForEach(strip, strips)
        {
            const cJSON *ids = cJSON_GetObjectItemCaseSensitive(strip, "ids");
            const cJSON *width = cJSON_GetObjectItemCaseSensitive(strip, "width");
            fw_buffer_addf(out, "%s%.0fx%.0f", strip == strips->child ? "" : "+", cJSON_GetNumberValue(ids),
                           cJSON_GetNumberValue(width));
        }
    }
    if (left > 0)
        fw_buffer_addf(out, "%s%d more inputs", shown > 0 ? " and " : "", left);
}

static void add_value(struct fw_buffer *out, const cJSON *value)
{
    char *text = NULL;
    if (cJSON_IsArray(value) && value->string != NULL && strcmp(value->string, "inputs") == 0) {
        add_sizes(out, value);
    } else if (cJSON_IsString(value)) {
        fw_buffer_add_text(out, value->valuestring);
    } else if (fw_json_print(&text, value, false, NULL, NULL) == FW_OK) {
        fw_buffer_add_text(out, text);
        fw_free(NULL, text);
    } else {
        out->failed = true;
    }
}

/* Appends the members that are not in `known`, which ends at NULL, as name=value. */
static void add_others(struct fw_buffer *out, const cJSON *object, const char *const *known, int64_t start)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        const char *const *name = known;
        while (*name != NULL && strcmp(*name, member->string) != 0)
            name++;
        if (*name != NULL)
            continue;
        fw_buffer_addf(out, "%s%s=", out->length > start ? ", " : "", member->string);
        add_value(out, member);
    }
}

void fw_candidate_text(struct fw_buffer *out, const char *json, bool whole)
{
    cJSON *object = parse_object(json);
    if (object == NULL) {
        fw_buffer_add_text(out, json != NULL ? json : "");
        return;
    }
    int64_t start = out->length;
    const cJSON *cross = cJSON_GetObjectItemCaseSensitive(object, "cross");
    const cJSON *with = cJSON_GetObjectItemCaseSensitive(object, "with");
    bool is_cross = is_list_of_texts(cross);
    bool is_with = is_list_of_texts(with);
    if (is_cross && cross->child != NULL)
        add_joined(out, cross, " x ");
    else if (is_cross)
        fw_buffer_add_text(out, "(no cross)");
    const char *known[3] = {NULL};
    int n_known = 0;
    if (is_cross)
        known[n_known++] = "cross";
    if (is_with)
        known[n_known++] = "with";
    add_others(out, object, known, start);
    if (whole && is_with && with->child != NULL) {
        fw_buffer_add_text(out, out->length > start ? ", with " : "with ");
        add_joined(out, with, ", ");
    }
    cJSON_Delete(object);
}

void fw_detail_text(struct fw_buffer *out, const char *json)
{
    /* a policy has a number for each of its choices: for programs (--json, sql) */
    static const char *const shown_elsewhere[] = {"why",      "cross",     "objective", "gain",
                                                  "gain_low", "gain_high", "policy",    NULL};
    cJSON *object = parse_object(json);
    if (object == NULL) {
        fw_buffer_add_text(out, json != NULL ? json : "");
        return;
    }
    int64_t start = out->length;
    const cJSON *why = cJSON_GetObjectItemCaseSensitive(object, "why");
    if (cJSON_IsString(why))
        fw_buffer_add_text(out, why->valuestring);
    add_others(out, object, shown_elsewhere + !cJSON_IsString(why), start);
    cJSON_Delete(object);
}
