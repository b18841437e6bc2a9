#include "models/file/export_sizes.h"

#include <stdio.h>
#include <string.h>

#include "core/json_text.h"

/* What all networks with one embedding an input name it. */
#define STEM "embedding"

struct sizes_export {
    struct fw_buffer *out;
    const struct fw_model *model;
    const struct fw_dictionary *names;
};

/* The parameter with this name that belongs to the field; -1: there is none. */
static int64_t find_parameter(struct fw_parameter *p, const struct sizes_export *e, const char *name, int32_t field)
{
    for (int64_t i = 0; e->model->vtable->parameter(e->model->self, i, p); i++) {
        if (p->field == field && strcmp(p->name, name) == 0)
            return i;
    }
    return -1;
}

static void put_array(const struct sizes_export *e, const char *member, int64_t parameter)
{
    fw_buffer_addf(e->out, ", \"%s\": ", member);
    fw_json_put_text(e->out, fw_dictionary_text(e->names, (uint32_t)parameter + 1));
}

/* One entry a strip that the model has: as deep as its table, which is as deep as the data at most. */
static void put_strips(const struct sizes_export *e, const struct fw_embedding_size *size, const char *stem,
                       int32_t field)
{
    struct fw_parameter p;
    for (int32_t t = 0; t < size->n_strips; t++) {
        char name[64];
        snprintf(name, sizeof name, "%s", stem);
        if (t > 0)
            snprintf(name, sizeof name, "%s.%d", stem, t + 1);
        int64_t table = find_parameter(&p, e, name, field);
        if (table < 0)
            continue;
        fw_buffer_addf(e->out, "%s{\"ids\": %lld, \"width\": %lld", t > 0 ? ", " : "", (long long)p.rows,
                       (long long)p.width);
        put_array(e, "array", table);
        size_t at = strlen(name);
        snprintf(name + at, sizeof name - at, ".projection");
        int64_t projection = find_parameter(&p, e, name, field);
        if (projection >= 0)
            put_array(e, "projection", projection);
        fw_buffer_add_text(e->out, "}");
    }
}

/* What the input is: the place of a field or of a number in the document's lists. */
static void put_input(const struct sizes_export *e, const struct fw_embedding_size *size, bool first, bool is_field,
                      int32_t place, int32_t field)
{
    char stem[32] = STEM;
    if (!is_field)
        snprintf(stem, sizeof stem, STEM ".values%d", place);
    fw_buffer_addf(e->out, "%s\n{\"input\": ", first ? "" : ",");
    fw_json_put_text(e->out, fw_text_of(size->input));
    fw_buffer_addf(e->out, ", \"%s\": %d, \"projected\": %s, \"strips\": [", is_field ? "field" : "number", place,
                   size->projected ? "true" : "false");
    put_strips(e, size, stem, field);
    fw_buffer_add_text(e->out, "]}");
}

void fw_export_put_sizes(struct fw_buffer *out, const struct fw_bundle *bundle, const struct fw_dataset *fields,
                         const struct fw_dictionary *names)
{
    const struct fw_model *model = bundle->model;
    const struct fw_embedding_sizes *sizes = bundle->plan->sizes;
    struct sizes_export e = {out, model, names};
    bool first = true;
    if (sizes == NULL || model->vtable->build == NULL)
        return;
    fw_buffer_addf(out, ",\n\"embeddings\": {\"dim\": %d, \"behind\": 0, \"inputs\": [", sizes->dim);
    for (int32_t f = 0; f < model->n_fields; f++) {
        int32_t place = model->fields[f];
        const struct fw_embedding_size *size = fw_embedding_sizes_find(sizes, fields->fields[place].name);
        if (size == NULL || size->n_strips == 0)
            continue;
        put_input(&e, size, first, true, place, f);
        first = false;
    }
    for (int32_t v = 0; v < fields->n_values; v++) {
        const struct fw_embedding_size *size = fw_embedding_sizes_find(sizes, fields->values[v].name);
        if (size == NULL || size->n_strips == 0)
            continue;
        put_input(&e, size, first, false, v, -1);
        first = false;
    }
    fw_buffer_add_text(out, "]}");
}
