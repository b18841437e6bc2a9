/* The embedding sizes of a plan, and as JSON. */
#include <math.h>
#include <string.h>

#include "space/plan_parts.h"

#define MOST_NUMBER (INT64_C(1) << 50)

void fw_plan_clear_sizes(struct fw_plan *plan)
{
    fw_embedding_sizes_destroy(plan->sizes);
    fw_free(plan->mem, plan->sizing.model);
    fw_free(plan->mem, plan->sizing.metric);
    plan->sizes = NULL;
    plan->sizing = (struct fw_plan_sizing){0};
}

/* What a document could not hold is refused when it is set, not when the document is read. */
static enum fw_status check_sizing(const struct fw_plan_sizing *sizing, struct fw_error *err)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"memory", sizing->memory}, {"study", sizing->study}, {"trial", sizing->trial}};
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
        if (numbers[k].value < 0 || numbers[k].value > MOST_NUMBER)
            return fw_error_set(err, FW_E_ARG, "the %s of a plan's embedding sizes is %lld; 0 to %lld are possible",
                                numbers[k].name, (long long)numbers[k].value, (long long)MOST_NUMBER);
    }
    if (!isfinite(sizing->quality))
        return fw_error_set(err, FW_E_ARG, "the quality of a plan's embedding sizes is %g; it must be finite",
                            sizing->quality);
    return FW_OK;
}

enum fw_status fw_plan_set_sizes(struct fw_plan *plan, const struct fw_embedding_sizes *sizes,
                                 const struct fw_plan_sizing *sizing, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_embedding_sizes *new_sizes = NULL;
    struct fw_plan_sizing new_sizing = {0};
    if (sizes != NULL) {
        FW_TRY(fw_embedding_sizes_check(sizes, err));
        FW_TRY(check_sizing(sizing, err));
        FW_TRY(fw_embedding_sizes_copy(&new_sizes, sizes, plan->mem, err));
        new_sizing = *sizing;
        new_sizing.model = NULL;
        new_sizing.metric = NULL;
        FW_TRY_GOTO(fw_plan_set_text(plan, &new_sizing.model, sizing->model, err), done);
        FW_TRY_GOTO(fw_plan_set_text(plan, &new_sizing.metric, sizing->metric, err), done);
    }
    fw_plan_clear_sizes(plan);
    plan->sizes = new_sizes;
    plan->sizing = new_sizing;
    new_sizes = NULL;
    new_sizing = (struct fw_plan_sizing){0};
done:
    fw_free(plan->mem, new_sizing.metric);
    fw_free(plan->mem, new_sizing.model);
    fw_embedding_sizes_destroy(new_sizes);
    return status;
}

static cJSON *size_to_json(const struct fw_embedding_size *size)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "input", size->input);
    cJSON *strips = cJSON_AddArrayToObject(json, "strips");
    for (int32_t k = 0; k < size->n_strips; k++) {
        cJSON *strip = cJSON_CreateObject();
        cJSON_AddNumberToObject(strip, "ids", (double)size->strips[k].ids);
        cJSON_AddNumberToObject(strip, "width", size->strips[k].width);
        cJSON_AddItemToArray(strips, strip);
    }
    cJSON_AddBoolToObject(json, "projected", size->projected);
    return json;
}

cJSON *fw_plan_sizes_to_json(const struct fw_plan *plan)
{
    const struct fw_plan_sizing *sizing = &plan->sizing;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "dim", plan->sizes->dim);
    cJSON_AddNumberToObject(json, "memory", (double)sizing->memory);
    fw_plan_write_text(json, "model", sizing->model);
    fw_plan_write_text(json, "metric", sizing->metric);
    cJSON_AddNumberToObject(json, "quality", sizing->quality);
    cJSON_AddNumberToObject(json, "study", (double)sizing->study);
    cJSON_AddNumberToObject(json, "trial", (double)sizing->trial);
    cJSON *inputs = cJSON_AddArrayToObject(json, "inputs");
    for (int32_t i = 0; i < plan->sizes->n; i++)
        cJSON_AddItemToArray(inputs, size_to_json(&plan->sizes->items[i]));
    return json;
}

/* Single members here; how strips belong together is for fw_embedding_sizes_check. */
static enum fw_status read_size(struct fw_embedding_size *size, const cJSON *json, const char *what,
                                struct fw_error *err)
{
    const cJSON *strips = NULL;
    const cJSON *strip;
    FW_TRY(fw_json_bool(&size->projected, json, "projected", what, err));
    FW_TRY(fw_json_array(&strips, json, "strips", what, err));
    if (cJSON_GetArraySize(strips) > FW_STRIPS_MOST)
        return fw_error_set(err, FW_E_CORRUPT, "%s: the embedding of '%s' has %d strips; 0 to %d are possible", what,
                            size->input, cJSON_GetArraySize(strips), FW_STRIPS_MOST);
    cJSON_ArrayForEach(strip, strips)
    {
        int64_t ids = 0;
        int64_t width = 0;
        FW_TRY(fw_json_int(&ids, strip, "ids", 1, FW_EMBEDDING_IDS_MOST, what, err));
        FW_TRY(fw_json_int(&width, strip, "width", 1, FW_EMBEDDING_DIM_MOST, what, err));
        size->strips[size->n_strips++] = (struct fw_strip){.ids = ids, .width = (int32_t)width};
    }
    return FW_OK;
}

/* The check speaks of sizes; here it is a document that is wrong. */
static enum fw_status check_read(const struct fw_embedding_sizes *sizes, const char *what, struct fw_error *err)
{
    struct fw_error detail = {0};
    enum fw_status status = fw_embedding_sizes_check(sizes, &detail);
    if (status == FW_E_ARG)
        return fw_error_set(err, FW_E_CORRUPT, "%s: %s", what, detail.message);
    if (status != FW_OK)
        return fw_error_set(err, status, "%s", detail.message);
    return FW_OK;
}

static enum fw_status read_inputs(struct fw_plan *plan, const cJSON *json, const char *what, struct fw_error *err)
{
    int64_t dim = 0;
    int32_t n = 0;
    const cJSON *inputs = NULL;
    const cJSON *input;
    FW_TRY(fw_json_int(&dim, json, "dim", 1, FW_EMBEDDING_DIM_MOST, what, err));
    FW_TRY(fw_json_array(&inputs, json, "inputs", what, err));
    FW_TRY(fw_embedding_sizes_create(&plan->sizes, (int32_t)dim, cJSON_GetArraySize(inputs), plan->mem, err));
    cJSON_ArrayForEach(input, inputs)
    {
        const char *name = NULL;
        FW_TRY(fw_json_text(&name, input, "input", what, err));
        FW_TRY(fw_embedding_sizes_name(plan->sizes, n, name, err));
        FW_TRY(read_size(&plan->sizes->items[n], input, what, err));
        n++;
    }
    return check_read(plan->sizes, what, err);
}

enum fw_status fw_plan_read_sizes(struct fw_plan *plan, const cJSON *document, const char *what, struct fw_error *err)
{
    struct fw_plan_sizing *sizing = &plan->sizing;
    const cJSON *json = NULL;
    if (cJSON_GetObjectItemCaseSensitive(document, "embeddings") == NULL)
        return FW_OK;
    FW_TRY(fw_json_object(&json, document, "embeddings", what, err));
    FW_TRY(read_inputs(plan, json, what, err));
    FW_TRY(fw_json_int(&sizing->memory, json, "memory", 0, MOST_NUMBER, what, err));
    FW_TRY(fw_plan_read_text(plan, &sizing->model, json, "model", what, err));
    FW_TRY(fw_plan_read_text(plan, &sizing->metric, json, "metric", what, err));
    FW_TRY(fw_json_number(&sizing->quality, json, "quality", what, err));
    FW_TRY(fw_json_int(&sizing->study, json, "study", 0, MOST_NUMBER, what, err));
    return fw_json_int(&sizing->trial, json, "trial", 0, MOST_NUMBER, what, err);
}
