/* The truth of a generated table as a JSON document. */
#include "core/json.h"
#include "space/synth_model.h"

/* Columns by name; false when out of memory. */
static bool add_columns(cJSON *object, const struct fw_synth_model *model, const struct fw_synth_cross *cross,
                        int32_t n)
{
    cJSON *names = cJSON_AddArrayToObject(object, "columns");
    bool good = names != NULL;
    for (int32_t m = 0; m < n && good; m++)
        good = cJSON_AddItemToArray(names, cJSON_CreateString(model->columns[cross->columns[m]].name));
    return good;
}

static bool add_part(cJSON *parts, const struct fw_synth_model *model, const struct fw_synth_cross *cross, int32_t last)
{
    cJSON *part = cJSON_CreateObject();
    bool good = cJSON_AddItemToArray(parts, part);
    return good && add_columns(part, model, cross, last + 1) &&
           cJSON_AddNumberToObject(part, "strength", cross->parts[last]) != NULL;
}

static bool add_cross(cJSON *crosses, const struct fw_synth_model *model, const struct fw_synth_cross *cross)
{
    cJSON *object = cJSON_CreateObject();
    bool good = cJSON_AddItemToArray(crosses, object) && add_columns(object, model, cross, cross->order) &&
                cJSON_AddNumberToObject(object, "order", cross->order) != NULL &&
                cJSON_AddNumberToObject(object, "strength", model->options.strength) != NULL &&
                cJSON_AddNumberToObject(object, "combinations", (double)cross->n_combinations) != NULL;
    cJSON *parts = good ? cJSON_AddArrayToObject(object, "parts") : NULL;
    good = parts != NULL;
    for (int32_t m = 1; m < cross->order && good; m++)
        good = add_part(parts, model, cross, m);
    return good;
}

static bool add_noise(cJSON *root, const struct fw_synth_model *model)
{
    cJSON *noise = cJSON_AddArrayToObject(root, "noise");
    bool good = noise != NULL;
    for (int64_t c = 0; c < model->n_columns && good; c++) {
        if (model->columns[c].noise)
            good = cJSON_AddItemToArray(noise, cJSON_CreateString(model->columns[c].name));
    }
    return good;
}

static bool add_best(cJSON *root, const struct fw_synth_model *model)
{
    cJSON *best = cJSON_AddObjectToObject(root, "best");
    return best != NULL && cJSON_AddNumberToObject(best, "auc", model->best_auc) != NULL &&
           cJSON_AddNumberToObject(best, "logloss", model->best_logloss) != NULL;
}

static bool add_options(cJSON *root, const struct fw_synth_options *o)
{
    const struct {
        const char *name;
        double value;
    } members[] = {
        {"rows", (double)o->rows},
        {"categorical", (double)o->categorical},
        {"numeric", (double)o->numeric},
        {"noise", (double)o->noise},
        {"cardinality", (double)o->cardinality},
        {"power", o->power},
        {"planted", o->planted},
        {"min-order", o->min_order},
        {"max-order", o->max_order},
        {"strength", o->strength},
        {"main-strength", o->main_strength},
        {"positive-rate", o->positive_rate},
        {"missing-rate", o->missing_rate},
    };
    cJSON *options = cJSON_AddObjectToObject(root, "options");
    bool good = options != NULL && cJSON_AddStringToObject(options, "kind", fw_synth_kind_name(o->kind)) != NULL;
    for (size_t i = 0; i < sizeof members / sizeof *members && good; i++)
        good = cJSON_AddNumberToObject(options, members[i].name, members[i].value) != NULL;
    return good && fw_json_add_hex(options, "seed", o->seed);
}

enum fw_status fw_synth_model_truth(char **out, const struct fw_synth_model *model, struct fw_error *err)
{
    cJSON *root = cJSON_CreateObject();
    bool criteo = model->options.kind == FW_SYNTH_CRITEO;
    cJSON *crosses = NULL;
    bool good = root != NULL && cJSON_AddStringToObject(root, "label", criteo ? "label" : "y") != NULL;
    if (good)
        crosses = cJSON_AddArrayToObject(root, "crosses");
    good = crosses != NULL;
    for (int64_t x = 0; x < model->n_crosses && good; x++)
        good = add_cross(crosses, model, &model->crosses[x]);
    good = good && add_noise(root, model) && cJSON_AddNumberToObject(root, "bias", model->bias) != NULL &&
           add_best(root, model) && add_options(root, &model->options);
    enum fw_status status =
        good ? fw_json_print(out, root, true, model->mem, err) : fw_error_nomem(err, model->mem, "the truth", 1, 1);
    cJSON_Delete(root);
    return status;
}
