#include "models/file/export.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json_text.h"
#include "core/utf8.h"
#include "models/file/export_sizes.h"
#include "models/file/npz.h"
#include "space/dictionary.h"

/* Text is written out when it has grown to this size. */
#define FLUSH_BYTES ((int64_t)FW_MIB)

/* Numbers between two looks at the size of the text. */
#define NUMBERS_A_PIECE 4096

/* Bytes of an array's name before what makes it unique. */
#define NAME_BYTES 1000

struct export
{
    const struct fw_bundle *bundle;
    enum fw_export_format format;
    struct fw_outfile *out;
    struct fw_allocator *mem;
    struct fw_dataset *fields;   /* names and sizes of all fields, without rows */
    struct fw_dictionary *names; /* the text of code i + 1 is the name of parameter i, of code n_parameters + x + 1 that
                                    of the array of cross x */
    int64_t n_parameters;
    struct fw_buffer text;
};

/* JSON goes out as it grows; as the "meta" of an archive it is kept to its end. */
static enum fw_status flush(struct export *e, int64_t from, struct fw_error *err)
{
    FW_TRY(fw_buffer_check(&e->text, err));
    if (e->format != FW_EXPORT_JSON || e->text.length < from)
        return FW_OK;
    FW_TRY(fw_outfile_write(e->out, e->text.data, (size_t)e->text.length, err));
    e->text.length = 0;
    return FW_OK;
}

/* Adds a name of an array: "weight/job", cut and made valid UTF-8, with "#2" and so on behind it where it would be the
 * second of its kind. */
static enum fw_status add_name(struct export *e, const char *kind, const char *field, struct fw_error *err)
{
    char name[2 * NAME_BYTES] = "";
    int at = snprintf(name, NAME_BYTES, "%s%s", kind, field != NULL ? "/" : "");
    while (field != NULL && *field != '\0' && at < NAME_BYTES) {
        uint32_t code;
        int n = fw_utf8_next(&code, field, strlen(field));
        if (n == 0)
            at += sprintf(name + at, "\\x%02X", (unsigned char)*field);
        else
            memcpy(name + at, field, (size_t)n);
        at += n;
        field += n > 0 ? n : 1;
    }
    name[at] = '\0';
    for (int same = 2; fw_dictionary_find(e->names, fw_text_of(name)) != FW_DICTIONARY_NONE; same++)
        snprintf(name + at, sizeof name - (size_t)at, "#%d", same);
    uint32_t code;
    return fw_dictionary_add(&code, e->names, fw_text_of(name), 0, err);
}

static struct fw_text name_of(const struct export *e, int64_t array)
{
    return fw_dictionary_text(e->names, (uint32_t)array + 1);
}

static enum fw_status name_arrays(struct export *e, struct fw_error *err)
{
    const struct fw_model *model = e->bundle->model;
    struct fw_parameter p;
    FW_TRY(fw_dictionary_create(&e->names, e->mem, err));
    for (; model->vtable->parameter(model->self, e->n_parameters, &p); e->n_parameters++) {
        const char *field = p.field >= 0 ? e->fields->fields[model->fields[p.field]].name : NULL;
        FW_TRY(add_name(e, p.name, field, err));
        for (int64_t i = 0; i < p.rows * p.width; i++) {
            if (!isfinite(p.data[i]))
                return fw_error_set(err, FW_E_NUMERIC, "the model's %s holds %g; train it again", p.name,
                                    (double)p.data[i]);
        }
    }
    for (int32_t f = e->bundle->encoder->n_fields; f < e->fields->n_fields; f++)
        FW_TRY(add_name(e, "combinations", e->fields->fields[f].name, err));
    return FW_OK;
}

static void put_member(struct export *e, const char *name, const char *value)
{
    fw_buffer_addf(&e->text, ", \"%s\": ", name);
    fw_json_put_text(&e->text, fw_text_of(value));
}

/* How numbers become predictions: only where there is more to say than that a logit is a logit. */
static void put_readings(struct export *e)
{
    static const char *const kinds[] = {
        [FW_READ_PROBABILITY] = "probability", [FW_READ_NUMBER] = "number", [FW_READ_PRODUCT] = "product"};
    _Static_assert(sizeof kinds / sizeof kinds[0] == FW_READ_PRODUCT + 1, "a name for each kind");
    const struct fw_model *model = e->bundle->model;
    if (model->n_readings == 1 && model->n_outputs == 1)
        return;
    fw_buffer_addf(&e->text, ",\n\"outputs\": %lld, \"readings\": [", (long long)model->n_outputs);
    for (int32_t r = 0; r < model->n_readings; r++) {
        const struct fw_reading *reading = &model->readings[r];
        fw_buffer_addf(&e->text, "%s{\"output\": %d", r > 0 ? ", " : "", reading->output);
        if (reading->kind == FW_READ_PRODUCT)
            fw_buffer_addf(&e->text, ", \"other\": %d", reading->other);
        put_member(e, "kind", kinds[reading->kind]);
        put_member(e, "name", reading->name);
        put_member(e, "label", e->bundle->plan->schema->tasks[reading->task].name);
        fw_buffer_addf(&e->text, ", \"served\": %s}", reading->served ? "true" : "false");
    }
    fw_buffer_add_text(&e->text, "]");
}

static enum fw_status put_head(struct export *e, struct fw_error *err)
{
    const struct fw_bundle *b = e->bundle;
    char *plan = NULL;
    fw_buffer_addf(&e->text, "{\"format\": \"fieldwise export\", \"version\": %d,\n\"model\": \"%s\",\n\"settings\": ",
                   FW_EXPORT_VERSION, b->model->vtable->name);
    fw_params_json(&e->text, &b->model->params);
    fw_buffer_add_text(&e->text, ",\n\"calibration\": {\"scale\": ");
    fw_json_put_double(&e->text, b->scale);
    fw_buffer_add_text(&e->text, ", \"shift\": ");
    fw_json_put_double(&e->text, b->shift);
    fw_buffer_add_text(&e->text, "}");
    put_readings(e);
    fw_buffer_add_text(&e->text, ",\n\"plan\": ");
    FW_TRY(fw_plan_print(&plan, b->plan, err));
    fw_json_put_raw(&e->text, fw_text_of(plan));
    fw_free(b->plan->mem, plan);
    return flush(e, FLUSH_BYTES, err);
}

static enum fw_status put_vocabulary(struct export *e, const struct fw_vocabulary *vocabulary, struct fw_error *err)
{
    fw_buffer_add_text(&e->text, ", \"vocabulary\": [");
    for (int64_t id = FW_ID_FIRST; id < fw_vocabulary_size(vocabulary); id++) {
        fw_buffer_add_text(&e->text, id > FW_ID_FIRST ? ", " : "");
        fw_json_put_text(&e->text, fw_vocabulary_text(vocabulary, (uint32_t)id));
        FW_TRY(flush(e, FLUSH_BYTES, err));
    }
    fw_buffer_add_text(&e->text, "]");
    return FW_OK;
}

static enum fw_status put_cuts(struct export *e, const struct fw_binning *binning, int32_t granularity,
                               struct fw_error *err)
{
    double *cuts;
    FW_ALLOC(cuts, e->mem, binning->n_cuts, "the cut points of a field", err);
    int64_t n = fw_binning_cuts(binning, granularity, cuts);
    fw_buffer_add_text(&e->text, ", \"cuts\": [");
    for (int64_t i = 0; i < n; i++) {
        fw_buffer_add_text(&e->text, i > 0 ? ", " : "");
        fw_json_put_double(&e->text, cuts[i]);
    }
    fw_buffer_add_text(&e->text, "]");
    fw_free(e->mem, cuts);
    return FW_OK;
}

/* What leads from a cell of the column to the field's id. */
static enum fw_status put_base_field(struct export *e, const struct fw_column_encoder *column, int32_t field,
                                     struct fw_error *err)
{
    int32_t k = field - column->first_field;
    put_member(e, "column", e->bundle->plan->schema->columns[column->column].name);
    switch (column->encoding) {
    case FW_ENCODE_CATEGORY:
        put_member(e, "kind", "category");
        return put_vocabulary(e, column->vocabulary, err);
    case FW_ENCODE_POSITION:
        put_member(e, "kind", "position");
        return put_vocabulary(e, column->vocabulary, err);
    case FW_ENCODE_NUMBER:
        put_member(e, "kind", "bins");
        return put_cuts(e, &column->binning, k, err);
    case FW_ENCODE_SEQUENCE:
        put_member(e, "kind", k == 0 ? "length" : "item");
        if (k > 0) {
            fw_buffer_add_text(&e->text, ", \"item\": ");
            fw_json_put_text(&e->text, fw_vocabulary_text(column->vocabulary, (uint32_t)(FW_ID_FIRST + k - 1)));
        }
        return FW_OK;
    }
    return FW_OK;
}

/* The members' ids of each id from 1 on, (n_ids - 1, order). */
static void split_keys(uint32_t *ids, const uint64_t *keys, const struct export *e, const struct fw_cross_map *map)
{
    const struct fw_cross *cross = fw_cross_map_cross(map);
    for (int64_t i = 0; i < fw_cross_map_size(map) - 1; i++) {
        uint64_t key = keys[i];
        for (int32_t m = cross->order - 1; m >= 0; m--) {
            uint64_t radix = (uint64_t)e->fields->fields[cross->fields[m]].n_ids;
            ids[i * cross->order + m] = (uint32_t)(key % radix);
            key /= radix;
        }
    }
}

/* The ids' combinations of an exact cross (freed by the caller), or its keys when they are hashes. */
static enum fw_status combinations_of(uint32_t **ids_out, uint64_t **keys_out, const struct export *e,
                                      const struct fw_cross_map *map, struct fw_error *err)
{
    uint64_t *keys;
    int64_t n = fw_cross_map_size(map) - 1;
    FW_ALLOC(keys, e->mem, n, "the combinations of a cross", err);
    fw_cross_map_keys(map, keys);
    *ids_out = NULL;
    *keys_out = keys;
    if (!fw_cross_map_has_exact_keys(map))
        return FW_OK;
    int64_t order = fw_cross_map_cross(map)->order;
    *keys_out = NULL;
    *ids_out = fw_alloc_array(e->mem, n * order, sizeof **ids_out);
    if (*ids_out != NULL)
        split_keys(*ids_out, keys, e, map);
    fw_free(e->mem, keys);
    return *ids_out != NULL ? FW_OK : fw_error_nomem(err, e->mem, "the combinations of a cross", n * order, 4);
}

static enum fw_status put_combinations(struct export *e, const struct fw_cross_map *map, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    uint32_t *ids = NULL;
    uint64_t *keys = NULL;
    int32_t order = fw_cross_map_cross(map)->order;
    FW_TRY(combinations_of(&ids, &keys, e, map, err));
    fw_buffer_add_text(&e->text, ids != NULL ? ", \"combinations\": [" : ", \"keys\": [");
    for (int64_t i = 0; i < fw_cross_map_size(map) - 1; i++) {
        fw_buffer_add_text(&e->text, i > 0 ? ", " : "");
        if (keys != NULL)
            fw_buffer_addf(&e->text, "\"%016llx\"", (unsigned long long)keys[i]);
        for (int32_t m = 0; ids != NULL && m < order; m++)
            fw_buffer_addf(&e->text, "%s%u%s", m == 0 ? "[" : ", ", ids[i * order + m], m == order - 1 ? "]" : "");
        FW_TRY_GOTO(flush(e, FLUSH_BYTES, err), done);
    }
    fw_buffer_add_text(&e->text, "]");
done:
    fw_free(e->mem, keys);
    fw_free(e->mem, ids);
    return status;
}

static enum fw_status put_cross(struct export *e, int32_t x, struct fw_error *err)
{
    const struct fw_cross_map *map = e->bundle->encoder->crosses[x];
    const struct fw_cross *cross = fw_cross_map_cross(map);
    bool hashed = fw_cross_map_form(map) == FW_CROSS_HASHED;
    put_member(e, "kind", "cross");
    fw_buffer_add_text(&e->text, ", \"members\": [");
    for (int32_t m = 0; m < cross->order; m++)
        fw_buffer_addf(&e->text, "%s%d", m > 0 ? ", " : "", cross->fields[m]);
    fw_buffer_addf(&e->text, "], \"exact_keys\": %s", fw_cross_map_has_exact_keys(map) ? "true" : "false");
    if (hashed)
        fw_buffer_addf(&e->text, ", \"bits\": %d", fw_cross_map_bits(map));
    else if (e->format == FW_EXPORT_JSON)
        return put_combinations(e, map, err);
    else {
        fw_buffer_addf(&e->text, ", \"%s\": ", fw_cross_map_has_exact_keys(map) ? "combinations" : "keys");
        fw_json_put_text(&e->text, name_of(e, e->n_parameters + x));
    }
    return FW_OK;
}

static enum fw_status put_fields(struct export *e, struct fw_error *err)
{
    const struct fw_encoder *encoder = e->bundle->encoder;
    int32_t c = 0;
    fw_buffer_add_text(&e->text, ",\n\"fields\": [");
    for (int32_t f = 0; f < e->fields->n_fields; f++) {
        fw_buffer_addf(&e->text, "%s\n{\"name\": ", f > 0 ? "," : "");
        fw_json_put_text(&e->text, fw_text_of(e->fields->fields[f].name));
        fw_buffer_addf(&e->text, ", \"ids\": %lld", (long long)e->fields->fields[f].n_ids);
        while (c + 1 < encoder->n_encoders && f >= encoder->columns[c].first_field + encoder->columns[c].n_fields)
            c++;
        FW_TRY(f < encoder->n_fields ? put_base_field(e, &encoder->columns[c], f, err)
                                     : put_cross(e, f - encoder->n_fields, err));
        fw_buffer_add_text(&e->text, "}");
        FW_TRY(flush(e, FLUSH_BYTES, err));
    }
    fw_buffer_add_text(&e->text, "]");
    return FW_OK;
}

/* Scalings of numeric columns. */
static void put_numbers(struct export *e)
{
    const struct fw_encoder *encoder = e->bundle->encoder;
    bool first = true;
    fw_buffer_add_text(&e->text, ",\n\"numbers\": [");
    for (int32_t c = 0; c < encoder->n_encoders; c++) {
        const struct fw_column_encoder *column = &encoder->columns[c];
        if (column->value < 0)
            continue;
        fw_buffer_addf(&e->text, "%s\n{\"column\": ", first ? "" : ",");
        fw_json_put_text(&e->text, fw_text_of(e->bundle->plan->schema->columns[column->column].name));
        fw_buffer_addf(&e->text, ", \"logarithmic\": %s, \"mean\": ", column->scaling.logarithmic ? "true" : "false");
        fw_json_put_double(&e->text, column->scaling.mean);
        fw_buffer_add_text(&e->text, ", \"scale\": ");
        fw_json_put_double(&e->text, column->scaling.scale);
        fw_buffer_addf(&e->text, ", \"clip\": %g}", FW_SCALING_CLIP);
        first = false;
    }
    fw_buffer_add_text(&e->text, "]");
}

static enum fw_status put_data(struct export *e, const float *data, int64_t n, struct fw_error *err)
{
    fw_buffer_add_text(&e->text, ", \"data\": [");
    for (int64_t i = 0; i < n; i++) {
        fw_buffer_add(&e->text, ", ", i > 0 ? 2 : 0);
        fw_json_put_float(&e->text, data[i]);
        if (i % NUMBERS_A_PIECE == 0)
            FW_TRY(flush(e, FLUSH_BYTES, err));
    }
    fw_buffer_add_text(&e->text, "]");
    return FW_OK;
}

static enum fw_status put_parameters(struct export *e, struct fw_error *err)
{
    const struct fw_model *model = e->bundle->model;
    struct fw_parameter p;
    fw_buffer_add_text(&e->text, ",\n\"parameters\": [");
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++) {
        fw_buffer_addf(&e->text, "%s\n{\"name\": ", i > 0 ? "," : "");
        fw_json_put_text(&e->text, name_of(e, i));
        put_member(e, "kind", p.name);
        if (p.field >= 0)
            fw_buffer_addf(&e->text, ", \"field\": %d", model->fields[p.field]);
        fw_buffer_addf(&e->text, ", \"shape\": [%lld, %lld]", (long long)p.rows, (long long)p.width);
        if (e->format == FW_EXPORT_JSON)
            FW_TRY(put_data(e, p.data, p.rows * p.width, err));
        fw_buffer_add_text(&e->text, "}");
        FW_TRY(flush(e, FLUSH_BYTES, err));
    }
    fw_buffer_add_text(&e->text, "]}\n");
    return flush(e, 0, err);
}

static enum fw_status add_cross_array(struct fw_npz *npz, const struct export *e, int32_t x, struct fw_error *err)
{
    const struct fw_cross_map *map = e->bundle->encoder->crosses[x];
    uint32_t *ids = NULL;
    uint64_t *keys = NULL;
    if (fw_cross_map_form(map) == FW_CROSS_HASHED)
        return FW_OK;
    FW_TRY(combinations_of(&ids, &keys, e, map, err));
    int64_t shape[2] = {fw_cross_map_size(map) - 1, fw_cross_map_cross(map)->order};
    struct fw_text name = name_of(e, e->n_parameters + x);
    enum fw_status status = ids != NULL ? fw_npz_add(npz, name, FW_NPZ_U32, shape, 2, ids, err)
                                        : fw_npz_add(npz, name, FW_NPZ_U64, shape, 1, keys, err);
    fw_free(e->mem, keys);
    fw_free(e->mem, ids);
    return status;
}

static enum fw_status write_archive(const struct export *e, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_model *model = e->bundle->model;
    struct fw_parameter p;
    struct fw_npz npz;
    fw_npz_init(&npz, e->out, e->mem);
    FW_TRY_GOTO(fw_npz_add(&npz, fw_text_of("meta"), FW_NPZ_U8, &e->text.length, 1, e->text.data, err), done);
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++) {
        int64_t shape[2] = {p.rows, p.width};
        FW_TRY_GOTO(fw_npz_add(&npz, name_of(e, i), FW_NPZ_F32, shape, 2, p.data, err), done);
    }
    for (int32_t x = 0; x < e->bundle->encoder->n_crosses; x++)
        FW_TRY_GOTO(add_cross_array(&npz, e, x, err), done);
    FW_TRY_GOTO(fw_npz_finish(&npz, err), done);
done:
    fw_npz_clear(&npz);
    return status;
}

enum fw_status fw_export_write(struct fw_outfile *out, const struct fw_bundle *bundle, enum fw_export_format format,
                               struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct export e = {.bundle = bundle, .format = format, .out = out, .mem = mem};
    fw_buffer_init(&e.text, mem);
    FW_TRY_GOTO(fw_encoder_describe(&e.fields, bundle->encoder, 0, mem, err), done);
    FW_TRY_GOTO(name_arrays(&e, err), done);
    FW_TRY_GOTO(put_head(&e, err), done);
    FW_TRY_GOTO(put_fields(&e, err), done);
    put_numbers(&e);
    fw_export_put_sizes(&e.text, bundle, e.fields, e.names);
    FW_TRY_GOTO(put_parameters(&e, err), done);
    if (format == FW_EXPORT_NPZ)
        FW_TRY_GOTO(write_archive(&e, err), done);
done:
    fw_buffer_clear(&e.text);
    fw_dictionary_destroy(e.names);
    fw_dataset_destroy(e.fields);
    return status;
}
