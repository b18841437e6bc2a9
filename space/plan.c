#include "space/plan.h"

#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "space/plan_parts.h"

#define MAX_PLAN_BYTES (256 * FW_MIB)

enum fw_status fw_plan_create(struct fw_plan **out, struct fw_schema *schema, struct fw_allocator *mem,
                              struct fw_error *err)
{
    struct fw_plan *plan;
    FW_ALLOC(plan, mem, 1, "a plan", err);
    plan->mem = mem;
    plan->schema = schema;
    fw_encoder_options_init(&plan->encoder);
    *out = plan;
    return FW_OK;
}

static void clear_frozen(struct fw_plan *plan)
{
    struct fw_frozen_binning *frozen = (struct fw_frozen_binning *)(uintptr_t)plan->encoder.frozen; /* the plan's own */
    for (int32_t i = 0; i < plan->encoder.n_frozen; i++) {
        fw_free(plan->mem, (char *)(uintptr_t)frozen[i].column);
        for (int32_t g = 0; g < FW_BINNING_MAX_GRANULARITIES; g++)
            fw_free(plan->mem, frozen[i].cuts[g]);
    }
    fw_free(plan->mem, frozen);
    plan->encoder.frozen = NULL;
    plan->encoder.n_frozen = 0;
}

void fw_plan_destroy(struct fw_plan *plan)
{
    if (plan == NULL)
        return;
    clear_frozen(plan);
    for (int64_t i = 0; i < plan->n_missing; i++)
        fw_free(plan->mem, plan->missing[i]);
    fw_free(plan->mem, plan->missing);
    for (int32_t x = 0; x < plan->n_crosses; x++) {
        for (int32_t m = 0; m < plan->crosses[x].order; m++)
            fw_free(plan->mem, plan->crosses[x].fields[m]);
    }
    fw_free(plan->mem, plan->crosses);
    fw_plan_clear_sizes(plan);
    fw_plan_clear_routing(plan);
    fw_free(plan->mem, plan->origin.command);
    fw_free(plan->mem, plan->origin.driver);
    fw_free(plan->mem, plan->origin.objective);
    fw_free(plan->mem, plan->origin.store);
    fw_free(plan->mem, plan->origin.data);
    fw_schema_destroy(plan->schema);
    fw_free(plan->mem, plan);
}

static enum fw_status copy_text(char **out, const char *text, struct fw_allocator *mem, struct fw_error *err)
{
    *out = fw_strndup(mem, text, strlen(text));
    return *out != NULL ? FW_OK : fw_error_nomem(err, mem, "a name in a plan", (int64_t)strlen(text), 1);
}

enum fw_status fw_plan_set_text(struct fw_plan *plan, char **text, const char *value, struct fw_error *err)
{
    char *copy = NULL;
    if (value != NULL)
        FW_TRY(copy_text(&copy, value, plan->mem, err));
    fw_free(plan->mem, *text);
    *text = copy;
    return FW_OK;
}

enum fw_status fw_plan_add_missing(struct fw_plan *plan, const char *text, struct fw_error *err)
{
    char **grown = fw_realloc_array(plan->mem, plan->missing, plan->n_missing + 1, sizeof *grown);
    if (grown == NULL)
        return fw_error_nomem(err, plan->mem, "the missing markers of a plan", plan->n_missing + 1, sizeof *grown);
    plan->missing = grown;
    FW_TRY(copy_text(&grown[plan->n_missing], text, plan->mem, err));
    plan->n_missing++;
    return FW_OK;
}

/* Appends an empty entry for a column and returns it. */
static enum fw_status add_frozen(struct fw_frozen_binning **out, struct fw_plan *plan, const char *column,
                                 struct fw_error *err)
{
    struct fw_frozen_binning *grown =
        fw_realloc_array(plan->mem, (void *)(uintptr_t)plan->encoder.frozen, plan->encoder.n_frozen + 1, sizeof *grown);
    if (grown == NULL)
        return fw_error_nomem(err, plan->mem, "the bins of a plan", plan->encoder.n_frozen + 1, sizeof *grown);
    plan->encoder.frozen = grown;
    struct fw_frozen_binning *entry = &grown[plan->encoder.n_frozen];
    memset(entry, 0, sizeof *entry);
    char *name = NULL;
    FW_TRY(copy_text(&name, column, plan->mem, err));
    entry->column = name;
    plan->encoder.n_frozen++;
    *out = entry;
    return FW_OK;
}

enum fw_status fw_plan_freeze_bins(struct fw_plan *plan, const struct fw_encoder *encoder, struct fw_error *err)
{
    clear_frozen(plan);
    for (int32_t c = 0; c < encoder->n_encoders; c++) {
        const struct fw_column_encoder *column = &encoder->columns[c];
        if (column->encoding != FW_ENCODE_NUMBER)
            continue;
        struct fw_frozen_binning *entry = NULL;
        FW_TRY(add_frozen(&entry, plan, plan->schema->columns[column->column].name, err));
        for (int32_t g = 0; g < column->binning.n_granularities; g++) {
            FW_ALLOC(entry->cuts[g], plan->mem, column->binning.n_cuts, "the bins of a plan", err);
            entry->bins[g] = column->binning.bins[g];
            entry->n_cuts[g] = fw_binning_cuts(&column->binning, g, entry->cuts[g]);
            entry->n_granularities++;
        }
    }
    return FW_OK;
}

enum fw_status fw_plan_add_cross(struct fw_plan *plan, const struct fw_plan_cross *cross, struct fw_error *err)
{
    struct fw_plan_cross *grown = fw_realloc_array(plan->mem, plan->crosses, plan->n_crosses + 1, sizeof *grown);
    if (grown == NULL)
        return fw_error_nomem(err, plan->mem, "the crosses of a plan", plan->n_crosses + 1, sizeof *grown);
    plan->crosses = grown;
    struct fw_plan_cross *entry = &grown[plan->n_crosses];
    *entry = *cross;
    memset(entry->fields, 0, sizeof entry->fields);
    entry->order = 0;
    plan->n_crosses++;
    for (int32_t m = 0; m < cross->order; m++) {
        FW_TRY(copy_text(&entry->fields[m], cross->fields[m], plan->mem, err));
        entry->order++;
    }
    return FW_OK;
}

enum fw_status fw_plan_resolve_crosses(struct fw_cross *crosses, const struct fw_plan *plan,
                                       const struct fw_encoder *encoder, struct fw_error *err)
{
    for (int32_t x = 0; x < plan->n_crosses; x++) {
        struct fw_cross cross = {0};
        for (int32_t m = 0; m < plan->crosses[x].order; m++) {
            int32_t field = fw_encoder_find_field(encoder, plan->crosses[x].fields[m]);
            if (field < 0)
                return fw_error_set(
                    err, FW_E_CORRUPT,
                    "the plan crosses '%s', which is no field of this data with the plan's columns; was "
                    "the plan made for other data?",
                    plan->crosses[x].fields[m]);
            struct fw_cross single = {1, {field}};
            cross = fw_cross_union(&cross, &single);
        }
        crosses[x] = cross;
    }
    return FW_OK;
}

enum fw_status fw_plan_save(const struct fw_plan *plan, const char *path, struct fw_error *err)
{
    char *text = NULL;
    struct fw_outfile out;
    FW_TRY(fw_plan_print(&text, plan, err));
    enum fw_status status = fw_outfile_open(&out, path, err);
    if (status == FW_OK) {
        status = fw_outfile_write(&out, text, strlen(text), err);
        status = fw_outfile_close(&out, status, err);
    }
    fw_free(plan->mem, text);
    return status;
}

enum fw_status fw_plan_load(struct fw_plan **out, const char *path, struct fw_allocator *mem, struct fw_error *err)
{
    char *text = NULL;
    size_t size = 0;
    char what[4200];
    snprintf(what, sizeof what, "the plan '%s'", path);
    FW_TRY(fw_file_read(&text, &size, path, MAX_PLAN_BYTES, mem, err));
    enum fw_status status = fw_plan_parse(out, text, size, what, mem, err);
    fw_free(mem, text);
    return status;
}
