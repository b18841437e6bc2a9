/* The truth about a generated table, as JSON. */
#include "core/json.h"
#include "space/synth_model.h"

static cJSON *cross_to_json(const struct fw_synth_model *model, const struct fw_synth_cross *cross)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *columns = cJSON_AddArrayToObject(json, "columns");
    for (int32_t m = 0; m < cross->order; m++)
        cJSON_AddItemToArray(columns, cJSON_CreateString(model->columns[cross->columns[m]].name));
    cJSON_AddNumberToObject(json, "order", cross->order);
    cJSON_AddNumberToObject(json, "strength", model->options.strength);
    /* standard deviations of the nested parts: over the first two columns, the first three, ... */
    cJSON_AddItemToObject(json, "parts", cJSON_CreateDoubleArray(cross->parts, cross->order));
    return json;
}

static cJSON *options_to_json(const struct fw_synth_options *o)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "kind", fw_synth_kind_name(o->kind));
    cJSON_AddNumberToObject(json, "rows", (double)o->rows);
    fw_json_add_hex(json, "seed", o->seed);
    cJSON_AddNumberToObject(json, "categorical", (double)o->categorical);
    cJSON_AddNumberToObject(json, "numeric", (double)o->numeric);
    cJSON_AddNumberToObject(json, "noise", (double)o->noise);
    cJSON_AddNumberToObject(json, "cardinality", (double)o->cardinality);
    cJSON_AddNumberToObject(json, "power", o->power);
    cJSON_AddNumberToObject(json, "planted", o->planted);
    cJSON_AddNumberToObject(json, "min_order", o->min_order);
    cJSON_AddNumberToObject(json, "max_order", o->max_order);
    cJSON_AddNumberToObject(json, "strength", o->strength);
    cJSON_AddNumberToObject(json, "main_strength", o->main_strength);
    cJSON_AddNumberToObject(json, "positive_rate", o->positive_rate);
    cJSON_AddNumberToObject(json, "missing_rate", o->missing_rate);
    return json;
}

enum fw_status fw_synth_model_truth(char **out, const struct fw_synth_model *model, struct fw_error *err)
{
    cJSON *json = cJSON_CreateObject();
    cJSON *crosses = cJSON_AddArrayToObject(json, "crosses");
    cJSON *noise = NULL;
    for (int64_t x = 0; x < model->n_crosses; x++)
        cJSON_AddItemToArray(crosses, cross_to_json(model, &model->crosses[x]));
    noise = cJSON_AddArrayToObject(json, "noise");
    for (int64_t c = 0; c < model->n_columns; c++) {
        if (model->columns[c].noise)
            cJSON_AddItemToArray(noise, cJSON_CreateString(model->columns[c].name));
    }
    cJSON_AddNumberToObject(json, "best_auc", model->best_auc);
    cJSON_AddNumberToObject(json, "best_logloss", model->best_logloss);
    cJSON_AddItemToObject(json, "options", options_to_json(&model->options));
    enum fw_status status = fw_json_print(out, json, true, model->mem, err);
    cJSON_Delete(json);
    return status;
}
