/* The plan as JSON text, and back with every member checked. */
#include <math.h>
#include <string.h>

#include "core/hash.h"
#include "core/json.h"
#include "space/plan_parts.h"
#include "space/schema_json.h"

static const char *const format_names[] = {"auto", "csv", "libsvm", "libffm"};
static const char *const binning_names[] = {"frequency", "width"};

static cJSON *dialect_to_json(const struct fw_plan *plan)
{
    cJSON *json = cJSON_CreateObject();
    char delimiter[2] = {plan->dialect.delimiter, '\0'};
    char quote[2] = {plan->dialect.quote, '\0'};
    fw_json_add_text(json, "format", format_names[plan->dialect.format]);
    fw_json_add_text(json, "delimiter", delimiter);
    fw_json_add_text(json, "quote", quote);
    fw_json_add_bool(json, "header", plan->dialect.has_header);
    cJSON *missing = fw_json_add_array(json, "missing");
    for (int64_t i = 0; i < plan->n_missing; i++)
        fw_json_append(missing, cJSON_CreateString(plan->missing[i]));
    return json;
}

static cJSON *encoder_to_json(const struct fw_encoder_options *options)
{
    cJSON *json = cJSON_CreateObject();
    fw_json_add_text(json, "binning", binning_names[options->binning]);
    fw_json_add(json, "bins", cJSON_CreateIntArray(options->bins, options->n_granularities));
    fw_json_add_number(json, "min_count", (double)options->min_count);
    fw_json_add_number(json, "max_ids", (double)options->max_ids);
    fw_json_add_number(json, "sequence_items", options->sequence_items);
    cJSON *columns = fw_json_add_array(json, "cuts");
    for (int32_t i = 0; i < options->n_frozen; i++) {
        const struct fw_frozen_binning *frozen = &options->frozen[i];
        cJSON *column = cJSON_CreateObject();
        fw_json_add_text(column, "column", frozen->column);
        cJSON *granularities = fw_json_add_array(column, "granularities");
        for (int32_t g = 0; g < frozen->n_granularities; g++) {
            cJSON *granularity = cJSON_CreateObject();
            fw_json_add_number(granularity, "bins", frozen->bins[g]);
            fw_json_add(granularity, "cuts", cJSON_CreateDoubleArray(frozen->cuts[g], (int)frozen->n_cuts[g]));
            fw_json_append(granularities, granularity);
        }
        fw_json_append(columns, column);
    }
    return json;
}

static cJSON *crosses_to_json(const struct fw_plan *plan)
{
    cJSON *list = cJSON_CreateArray();
    for (int32_t x = 0; x < plan->n_crosses; x++) {
        const struct fw_plan_cross *cross = &plan->crosses[x];
        cJSON *json = cJSON_CreateObject();
        cJSON *fields = fw_json_add_array(json, "fields");
        for (int32_t m = 0; m < cross->order; m++)
            fw_json_append(fields, cJSON_CreateString(cross->fields[m]));
        fw_json_add_number(json, "gain", cross->gain);
        fw_json_add_number(json, "gain_low", cross->gain_low);
        fw_json_add_number(json, "gain_high", cross->gain_high);
        fw_json_add_number(json, "objective", cross->objective);
        fw_json_add_number(json, "trial", (double)cross->trial);
        fw_json_append(list, json);
    }
    return list;
}

void fw_plan_write_text(cJSON *json, const char *member, const char *text)
{
    if (text != NULL)
        fw_json_add_text(json, member, text);
}

static cJSON *origin_to_json(const struct fw_plan_origin *origin)
{
    cJSON *json = cJSON_CreateObject();
    fw_plan_write_text(json, "command", origin->command);
    fw_plan_write_text(json, "driver", origin->driver);
    fw_plan_write_text(json, "objective", origin->objective);
    fw_plan_write_text(json, "store", origin->store);
    fw_json_add_number(json, "study", (double)origin->study);
    fw_json_add_hex(json, "seed", origin->seed);
    fw_plan_write_text(json, "data", origin->data);
    fw_json_add_hex(json, "data_fingerprint", origin->data_fingerprint);
    fw_json_add_number(json, "rows", (double)origin->rows);
    fw_json_add_number(json, "base", origin->base);
    return json;
}

/* XXH3 of the compact text of the document without its checksum. */
static enum fw_status checksum_of(uint64_t *sum, const cJSON *json, struct fw_allocator *mem, struct fw_error *err)
{
    char *text = NULL;
    FW_TRY(fw_json_print(&text, json, false, mem, err));
    *sum = fw_hash_text(text, FW_PLAN_VERSION);
    fw_free(mem, text);
    return FW_OK;
}

/* The document; checksum NULL: without one. It stands behind the head and not at the end, where whoever deletes its
 * line would leave a comma behind that JSON does not allow. */
static enum fw_status plan_to_json(cJSON **out, const struct fw_plan *plan, const uint64_t *checksum,
                                   struct fw_error *err)
{
    cJSON *schema = NULL;
    FW_TRY(fw_schema_to_json(&schema, plan->schema, err));
    cJSON *json = cJSON_CreateObject();
    fw_json_add_text(json, "format", "fieldwise plan");
    fw_json_add_number(json, "version", FW_PLAN_VERSION);
    if (checksum != NULL && !fw_json_add_hex(json, "checksum", *checksum)) {
        cJSON_Delete(schema);
        cJSON_Delete(json);
        return fw_error_nomem(err, plan->mem, "a plan", 1, 1);
    }
    fw_json_add(json, "crosses", crosses_to_json(plan));
    if (plan->sizes != NULL)
        fw_json_add(json, "embeddings", fw_plan_sizes_to_json(plan));
    if (plan->routing != NULL)
        fw_json_add(json, "routing", fw_plan_routing_to_json(plan));
    fw_json_add(json, "origin", origin_to_json(&plan->origin));
    fw_json_add(json, "reading", dialect_to_json(plan));
    fw_json_add(json, "schema", schema);
    fw_json_add(json, "encoder", encoder_to_json(&plan->encoder));
    *out = json;
    return FW_OK;
}

enum fw_status fw_plan_print(char **out, const struct fw_plan *plan, struct fw_error *err)
{
    uint64_t sum = 0;
    cJSON *json = NULL;
    FW_TRY(plan_to_json(&json, plan, NULL, err));
    enum fw_status status = checksum_of(&sum, json, plan->mem, err);
    cJSON_Delete(json);
    FW_TRY(status);
    FW_TRY(plan_to_json(&json, plan, &sum, err));
    status = fw_json_print(out, json, true, plan->mem, err);
    cJSON_Delete(json);
    return status;
}

/* The index of a name in a list, or FW_E_CORRUPT. */
static enum fw_status name_to_index(int *out, const char *name, const char *const *names, int n, const char *member,
                                    const char *what, struct fw_error *err)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = i;
            return FW_OK;
        }
    }
    return fw_error_set(err, FW_E_CORRUPT, "%s: '%s' is '%s', which this version does not know", what, member, name);
}

static enum fw_status read_dialect(struct fw_plan *plan, const cJSON *json, const char *what, struct fw_error *err)
{
    const char *format = NULL;
    const char *delimiter = NULL;
    const char *quote = NULL;
    const cJSON *missing = NULL;
    int index = 0;
    FW_TRY(fw_json_text(&format, json, "format", what, err));
    FW_TRY(name_to_index(&index, format, format_names, 4, "format", what, err));
    FW_TRY(fw_json_text(&delimiter, json, "delimiter", what, err));
    FW_TRY(fw_json_text(&quote, json, "quote", what, err));
    FW_TRY(fw_json_bool(&plan->dialect.has_header, json, "header", what, err));
    FW_TRY(fw_json_array(&missing, json, "missing", what, err));
    plan->dialect.format = (enum fw_table_format)index;
    plan->dialect.delimiter = delimiter[0];
    plan->dialect.quote = quote[0];
    const cJSON *item;
    cJSON_ArrayForEach(item, missing)
    {
        if (!cJSON_IsString(item))
            return fw_error_set(err, FW_E_CORRUPT, "%s: 'missing' holds something that is no text", what);
        FW_TRY(fw_plan_add_missing(plan, item->valuestring, err));
    }
    return FW_OK;
}

static enum fw_status read_granularity(struct fw_frozen_binning *entry, const cJSON *json, struct fw_allocator *mem,
                                       const char *what, struct fw_error *err)
{
    int64_t bins = 0;
    const cJSON *cuts = NULL;
    int32_t g = entry->n_granularities;
    FW_TRY(fw_json_int(&bins, json, "bins", 1, INT32_MAX, what, err));
    FW_TRY(fw_json_array(&cuts, json, "cuts", what, err));
    entry->bins[g] = (int32_t)bins;
    FW_ALLOC(entry->cuts[g], mem, cJSON_GetArraySize(cuts), "the bins of a plan", err);
    const cJSON *item;
    cJSON_ArrayForEach(item, cuts)
    {
        int64_t n = entry->n_cuts[g];
        if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble) ||
            (n > 0 && item->valuedouble <= entry->cuts[g][n - 1]))
            return fw_error_set(err, FW_E_CORRUPT, "%s: the cut points of column '%s' are not rising numbers", what,
                                entry->column);
        entry->cuts[g][n] = item->valuedouble;
        entry->n_cuts[g]++;
    }
    entry->n_granularities++;
    return FW_OK;
}

static enum fw_status read_cuts(struct fw_plan *plan, const cJSON *columns, const char *what, struct fw_error *err)
{
    struct fw_frozen_binning *frozen;
    FW_ALLOC(frozen, plan->mem, cJSON_GetArraySize(columns), "the bins of a plan", err);
    plan->encoder.frozen = frozen;
    const cJSON *column;
    cJSON_ArrayForEach(column, columns)
    {
        const char *name = NULL;
        const cJSON *granularities = NULL;
        FW_TRY(fw_json_text(&name, column, "column", what, err));
        FW_TRY(fw_json_array(&granularities, column, "granularities", what, err));
        int n = cJSON_GetArraySize(granularities);
        if (n < 1 || n > FW_BINNING_MAX_GRANULARITIES)
            return fw_error_set(err, FW_E_CORRUPT, "%s: column '%s' has %d granularities; 1 to %d are possible", what,
                                name, n, FW_BINNING_MAX_GRANULARITIES);
        struct fw_frozen_binning *entry = &frozen[plan->encoder.n_frozen];
        char *copy = fw_strndup(plan->mem, name, strlen(name));
        if (copy == NULL)
            return fw_error_nomem(err, plan->mem, "a name in a plan", (int64_t)strlen(name), 1);
        entry->column = copy;
        plan->encoder.n_frozen++;
        const cJSON *granularity;
        cJSON_ArrayForEach(granularity, granularities)
            FW_TRY(read_granularity(entry, granularity, plan->mem, what, err));
    }
    return FW_OK;
}

static enum fw_status read_encoder(struct fw_plan *plan, const cJSON *json, const char *what, struct fw_error *err)
{
    struct fw_encoder_options *options = &plan->encoder;
    const char *binning = NULL;
    const cJSON *bins = NULL;
    const cJSON *cuts = NULL;
    int index = 0;
    int64_t items = 0;
    FW_TRY(fw_json_text(&binning, json, "binning", what, err));
    FW_TRY(name_to_index(&index, binning, binning_names, 2, "binning", what, err));
    options->binning = (enum fw_binning_kind)index;
    FW_TRY(fw_json_array(&bins, json, "bins", what, err));
    options->n_granularities = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, bins)
    {
        if (!cJSON_IsNumber(item) || item->valueint < 2 || options->n_granularities == FW_BINNING_MAX_GRANULARITIES)
            return fw_error_set(err, FW_E_CORRUPT, "%s: 'bins' is not a list of at most %d numbers from 2 on", what,
                                FW_BINNING_MAX_GRANULARITIES);
        options->bins[options->n_granularities++] = item->valueint;
    }
    if (options->n_granularities == 0)
        return fw_error_set(err, FW_E_CORRUPT, "%s: 'bins' is empty", what);
    FW_TRY(fw_json_int(&options->min_count, json, "min_count", 1, INT64_C(1) << 50, what, err));
    FW_TRY(fw_json_int(&options->max_ids, json, "max_ids", 0, UINT32_MAX - 16, what, err));
    FW_TRY(fw_json_int(&items, json, "sequence_items", 1, 1 << 20, what, err));
    options->sequence_items = (int32_t)items;
    FW_TRY(fw_json_array(&cuts, json, "cuts", what, err));
    return read_cuts(plan, cuts, what, err);
}

static enum fw_status read_cross(struct fw_plan *plan, const cJSON *json, const char *what, struct fw_error *err)
{
    struct fw_plan_cross cross = {0};
    const cJSON *fields = NULL;
    FW_TRY(fw_json_array(&fields, json, "fields", what, err));
    FW_TRY(fw_json_number(&cross.gain, json, "gain", what, err));
    FW_TRY(fw_json_number(&cross.gain_low, json, "gain_low", what, err));
    FW_TRY(fw_json_number(&cross.gain_high, json, "gain_high", what, err));
    FW_TRY(fw_json_number(&cross.objective, json, "objective", what, err));
    FW_TRY(fw_json_int(&cross.trial, json, "trial", 0, INT64_C(1) << 50, what, err));
    int order = cJSON_GetArraySize(fields);
    if (order < 2 || order > FW_CROSS_MAX_ORDER)
        return fw_error_set(err, FW_E_CORRUPT, "%s: a cross has %d fields; 2 to %d are possible", what, order,
                            FW_CROSS_MAX_ORDER);
    const cJSON *item;
    cJSON_ArrayForEach(item, fields)
    {
        if (!cJSON_IsString(item))
            return fw_error_set(err, FW_E_CORRUPT, "%s: a cross names a field that is no text", what);
        cross.fields[cross.order++] = item->valuestring;
    }
    return fw_plan_add_cross(plan, &cross, err);
}

enum fw_status fw_plan_read_text(struct fw_plan *plan, char **text, const cJSON *json, const char *member,
                                 const char *what, struct fw_error *err)
{
    const char *value = NULL;
    if (!cJSON_HasObjectItem(json, member))
        return FW_OK;
    FW_TRY(fw_json_text(&value, json, member, what, err));
    return fw_plan_set_text(plan, text, value, err);
}

static enum fw_status read_origin(struct fw_plan *plan, const cJSON *json, const char *what, struct fw_error *err)
{
    struct fw_plan_origin *origin = &plan->origin;
    FW_TRY(fw_plan_read_text(plan, &origin->command, json, "command", what, err));
    FW_TRY(fw_plan_read_text(plan, &origin->driver, json, "driver", what, err));
    FW_TRY(fw_plan_read_text(plan, &origin->objective, json, "objective", what, err));
    FW_TRY(fw_plan_read_text(plan, &origin->store, json, "store", what, err));
    FW_TRY(fw_plan_read_text(plan, &origin->data, json, "data", what, err));
    FW_TRY(fw_json_int(&origin->study, json, "study", 0, INT64_C(1) << 50, what, err));
    FW_TRY(fw_json_hex(&origin->seed, json, "seed", what, err));
    FW_TRY(fw_json_hex(&origin->data_fingerprint, json, "data_fingerprint", what, err));
    FW_TRY(fw_json_int(&origin->rows, json, "rows", 0, INT64_C(1) << 50, what, err));
    return fw_json_number(&origin->base, json, "base", what, err);
}

static enum fw_status check_head(cJSON *json, struct fw_allocator *mem, const char *what, struct fw_error *err)
{
    const char *format = NULL;
    int64_t version = 0;
    FW_TRY(fw_json_text(&format, json, "format", what, err));
    if (strcmp(format, "fieldwise plan") != 0)
        return fw_error_set(err, FW_E_CORRUPT, "%s is a '%s', not a fieldwise plan", what, format);
    FW_TRY(fw_json_int(&version, json, "version", 1, INT32_MAX, what, err));
    if (version != FW_PLAN_VERSION)
        return fw_error_set(err, FW_E_CORRUPT, "%s has version %lld; this program reads version %d", what,
                            (long long)version, FW_PLAN_VERSION);
    if (!cJSON_HasObjectItem(json, "checksum"))
        return FW_OK; /* edited on purpose */
    uint64_t written = 0;
    uint64_t sum = 0;
    FW_TRY(fw_json_hex(&written, json, "checksum", what, err));
    cJSON_DeleteItemFromObjectCaseSensitive(json, "checksum");
    FW_TRY(checksum_of(&sum, json, mem, err));
    if (sum != written)
        return fw_error_set(
            err, FW_E_CORRUPT,
            "%s was changed after it was written (its checksum differs); if the change is meant, delete "
            "the \"checksum\" line",
            what);
    return FW_OK;
}

enum fw_status fw_plan_parse(struct fw_plan **out, const char *text, size_t size, const char *what,
                             struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    cJSON *json = NULL;
    struct fw_plan *plan = NULL;
    struct fw_schema *schema = NULL;
    const cJSON *part = NULL;
    FW_TRY(fw_json_parse(&json, text, size, what, err));
    FW_TRY_GOTO(check_head(json, mem, what, err), done);
    FW_TRY_GOTO(fw_json_object(&part, json, "schema", what, err), done);
    FW_TRY_GOTO(fw_schema_from_json(&schema, part, what, mem, err), done);
    FW_TRY_GOTO(fw_plan_create(&plan, schema, mem, err), done);
    schema = NULL;
    FW_TRY_GOTO(fw_json_object(&part, json, "reading", what, err), done);
    FW_TRY_GOTO(read_dialect(plan, part, what, err), done);
    FW_TRY_GOTO(fw_json_object(&part, json, "encoder", what, err), done);
    FW_TRY_GOTO(read_encoder(plan, part, what, err), done);
    FW_TRY_GOTO(fw_json_object(&part, json, "origin", what, err), done);
    FW_TRY_GOTO(read_origin(plan, part, what, err), done);
    FW_TRY_GOTO(fw_json_array(&part, json, "crosses", what, err), done);
    const cJSON *cross;
    cJSON_ArrayForEach(cross, part) FW_TRY_GOTO(read_cross(plan, cross, what, err), done);
    FW_TRY_GOTO(fw_plan_read_sizes(plan, json, what, err), done);
    FW_TRY_GOTO(fw_plan_read_routing(plan, json, what, err), done);
    *out = plan;
    plan = NULL;
done:
    fw_plan_destroy(plan);
    fw_schema_destroy(schema);
    cJSON_Delete(json);
    return status;
}
