#include "results/insight/flat_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"

/* The list under construction with the name of the place that is being read. */
struct reader {
    struct fw_flat *out;
    struct fw_buffer name;
    struct fw_allocator *mem;
    bool refused;
};

static enum fw_status add(struct reader *r, const char *value, double number, struct fw_error *err)
{
    struct fw_flat *out = r->out;
    FW_TRY(fw_buffer_check(&r->name, err));
    FW_TRY(fw_reserve(r->mem, &out->rows, &out->capacity, out->n + 1, sizeof *out->rows, err));
    const char *name = fw_text_pool_add(&out->texts, r->name.length > 0 ? r->name.data : "", &r->refused);
    const char *own = fw_text_pool_add(&out->texts, value, &r->refused);
    if (r->refused)
        return fw_error_nomem(err, r->mem, "the members of a document", 1, strlen(value));
    out->rows[out->n++] = (struct fw_flat_member){name, own, number};
    return FW_OK;
}

static enum fw_status add_strips(struct reader *r, const cJSON *strips, struct fw_error *err)
{
    struct fw_buffer text;
    fw_buffer_init(&text, r->mem);
    const cJSON *strip;
    cJSON_ArrayForEach(strip, strips)
    {
        const cJSON *ids = cJSON_GetObjectItemCaseSensitive(strip, "ids");
        const cJSON *width = cJSON_GetObjectItemCaseSensitive(strip, "width");
        fw_buffer_addf(&text, "%s%.0fx%.0f", strip == strips->child ? "" : "+", cJSON_GetNumberValue(ids),
                       cJSON_GetNumberValue(width));
    }
    enum fw_status status = fw_buffer_check(&text, err);
    if (status == FW_OK)
        status = add(r, text.length > 0 ? text.data : "none", (double)NAN, err);
    fw_buffer_clear(&text);
    return status;
}

static enum fw_status add_value(struct reader *r, const cJSON *value, struct fw_error *err)
{
    char *text = NULL;
    if (cJSON_IsString(value))
        return add(r, value->valuestring, (double)NAN, err);
    FW_TRY(fw_json_print(&text, value, false, r->mem, err));
    enum fw_status status = add(r, text, cJSON_IsNumber(value) ? value->valuedouble : (double)NAN, err);
    fw_free(r->mem, text);
    return status;
}

/* The name of an element of a list of objects, and which of its members has said it. */
static const cJSON *name_of(const cJSON *element)
{
    static const char *const names[] = {"model", "input", "name"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const cJSON *member = cJSON_GetObjectItemCaseSensitive(element, names[i]);
        if (cJSON_IsString(member))
            return member;
    }
    return NULL;
}

static bool is_list_of_objects(const cJSON *value)
{
    const cJSON *element;
    cJSON_ArrayForEach(element, value)
    {
        if (!cJSON_IsObject(element))
            return false;
    }
    return cJSON_IsArray(value) && value->child != NULL;
}

static void cut(struct fw_buffer *name, int64_t length)
{
    name->length = length;
    if (name->data != NULL)
        name->data[length] = '\0';
}

/* Reads what a place holds. Documents are parsed with a bounded depth, so the recursion ends. `said`: the member whose
 * text is in the name already. */
static enum fw_status read_members(struct reader *r, const cJSON *object, const cJSON *said, struct fw_error *err)
{
    const cJSON *member;
    int64_t length = r->name.length;
    int64_t place = 0;
    cJSON_ArrayForEach(member, object)
    {
        const cJSON *own = cJSON_IsArray(object) ? name_of(member) : NULL;
        place++;
        if (member == said)
            continue;
        if (member->string != NULL && strcmp(member->string, "strips") == 0 && cJSON_IsArray(member)) {
            FW_TRY(add_strips(r, member, err));
            continue;
        }
        fw_buffer_add_text(&r->name, length > 0 ? "." : "");
        if (own != NULL)
            fw_buffer_add_text(&r->name, own->valuestring);
        else if (member->string != NULL)
            fw_buffer_add_text(&r->name, member->string);
        else
            fw_buffer_addf(&r->name, "%lld", (long long)place);
        if ((cJSON_IsObject(member) && member->child != NULL) || is_list_of_objects(member))
            FW_TRY(read_members(r, member, own, err));
        else
            FW_TRY(add_value(r, member, err));
        cut(&r->name, length);
    }
    return FW_OK;
}

static int compare_members(const void *a, const void *b)
{
    const struct fw_flat_member *x = a;
    const struct fw_flat_member *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->value, y->value);
}

enum fw_status fw_flat_read(struct fw_flat *out, const char *json, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_flat flat = {0};
    struct reader r = {.out = &flat, .mem = mem};
    cJSON *tree = NULL;
    fw_text_pool_init(&flat.texts, mem);
    fw_buffer_init(&r.name, mem);
    if (json != NULL) {
        bool parsed = fw_json_parse(&tree, json, strlen(json), "a document", NULL) == FW_OK;
        if (parsed && cJSON_IsObject(tree))
            FW_TRY_GOTO(read_members(&r, tree, NULL, err), done);
        else
            FW_TRY_GOTO(add(&r, json, (double)NAN, err), done);
    }
    if (flat.n > 0)
        qsort(flat.rows, (size_t)flat.n, sizeof *flat.rows, compare_members);
    *out = flat;
    status = FW_OK;
done:
    cJSON_Delete(tree);
    fw_buffer_clear(&r.name);
    if (status != FW_OK)
        fw_flat_clear(&flat);
    return status;
}

void fw_flat_clear(struct fw_flat *flat)
{
    fw_free(flat->texts.mem, flat->rows);
    fw_text_pool_clear(&flat->texts);
    memset(flat, 0, sizeof *flat);
}

const struct fw_flat_member *fw_flat_find(const struct fw_flat *flat, const char *name)
{
    int64_t low = 0;
    int64_t high = flat->n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (strcmp(flat->rows[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < flat->n && strcmp(flat->rows[low].name, name) == 0 ? &flat->rows[low] : NULL;
}
