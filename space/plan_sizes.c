/* The embedding sizes of a plan, and as JSON. */
#include <math.h>
#include <string.h>

#include "space/embedding_sizes_json.h"
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

cJSON *fw_plan_sizes_to_json(const struct fw_plan *plan)
{
    const struct fw_plan_sizing *sizing = &plan->sizing;
    cJSON *json = cJSON_CreateObject();
    fw_json_add_number(json, "dim", plan->sizes->dim);
    fw_json_add_number(json, "memory", (double)sizing->memory);
    fw_plan_write_text(json, "model", sizing->model);
    fw_plan_write_text(json, "metric", sizing->metric);
    fw_json_add_number(json, "quality", sizing->quality);
    fw_json_add_number(json, "study", (double)sizing->study);
    fw_json_add_number(json, "trial", (double)sizing->trial);
    fw_json_add(json, "inputs", fw_embedding_sizes_inputs(plan->sizes));
    return json;
}

enum fw_status fw_plan_read_sizes(struct fw_plan *plan, const cJSON *document, const char *what, struct fw_error *err)
{
    struct fw_plan_sizing *sizing = &plan->sizing;
    const cJSON *json = NULL;
    if (cJSON_GetObjectItemCaseSensitive(document, "embeddings") == NULL)
        return FW_OK;
    FW_TRY(fw_json_object(&json, document, "embeddings", what, err));
    FW_TRY(fw_embedding_sizes_parse(&plan->sizes, json, what, plan->mem, err));
    FW_TRY(fw_json_int(&sizing->memory, json, "memory", 0, MOST_NUMBER, what, err));
    FW_TRY(fw_plan_read_text(plan, &sizing->model, json, "model", what, err));
    FW_TRY(fw_plan_read_text(plan, &sizing->metric, json, "metric", what, err));
    FW_TRY(fw_json_number(&sizing->quality, json, "quality", what, err));
    FW_TRY(fw_json_int(&sizing->study, json, "study", 0, MOST_NUMBER, what, err));
    return fw_json_int(&sizing->trial, json, "trial", 0, MOST_NUMBER, what, err);
}
