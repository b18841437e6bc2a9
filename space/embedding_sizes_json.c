#include "space/embedding_sizes_json.h"

static cJSON *size_to_json(const struct fw_embedding_size *size)
{
    cJSON *json = cJSON_CreateObject();
    fw_json_add_text(json, "input", size->input);
    cJSON *strips = fw_json_add_array(json, "strips");
    for (int32_t k = 0; k < size->n_strips; k++) {
        cJSON *strip = cJSON_CreateObject();
        fw_json_add_number(strip, "ids", (double)size->strips[k].ids);
        fw_json_add_number(strip, "width", size->strips[k].width);
        fw_json_append(strips, strip);
    }
    fw_json_add_bool(json, "projected", size->projected);
    return json;
}

cJSON *fw_embedding_sizes_inputs(const struct fw_embedding_sizes *sizes)
{
    cJSON *inputs = cJSON_CreateArray();
    for (int32_t i = 0; i < sizes->n; i++)
        fw_json_append(inputs, size_to_json(&sizes->items[i]));
    return inputs;
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

enum fw_status fw_embedding_sizes_parse(struct fw_embedding_sizes **out, const cJSON *json, const char *what,
                                        struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_embedding_sizes *sizes = NULL;
    int64_t dim = 0;
    int32_t n = 0;
    const cJSON *inputs = NULL;
    const cJSON *input;
    FW_TRY(fw_json_int(&dim, json, "dim", 1, FW_EMBEDDING_DIM_MOST, what, err));
    FW_TRY(fw_json_array(&inputs, json, "inputs", what, err));
    FW_TRY(fw_embedding_sizes_create(&sizes, (int32_t)dim, cJSON_GetArraySize(inputs), mem, err));
    cJSON_ArrayForEach(input, inputs)
    {
        const char *name = NULL;
        FW_TRY_GOTO(fw_json_text(&name, input, "input", what, err), done);
        FW_TRY_GOTO(fw_embedding_sizes_name(sizes, n, name, err), done);
        FW_TRY_GOTO(read_size(&sizes->items[n], input, what, err), done);
        n++;
    }
    FW_TRY_GOTO(check_read(sizes, what, err), done);
    *out = sizes;
    sizes = NULL;
done:
    fw_embedding_sizes_destroy(sizes);
    return status;
}
