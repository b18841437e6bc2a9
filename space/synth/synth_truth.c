/* The truth of a generated table as a JSON document. */
#include "core/json.h"
#include "space/synth/synth_model.h"
#include "space/synth/synth_sizes.h"

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

/* What one column's embedding needs: how many of the commonest values have a row of their own, how wide it is. */
static bool add_needed(cJSON *object, const struct fw_synth_column *column)
{
    cJSON *needed = cJSON_AddObjectToObject(object, "needed");
    return needed != NULL &&
           cJSON_AddNumberToObject(needed, "ids", column->rank > 0 ? (double)column->own_ids : 0) != NULL &&
           cJSON_AddNumberToObject(needed, "width", column->rank) != NULL;
}

static bool add_sizes(cJSON *root, const struct fw_synth_model *model)
{
    cJSON *columns = cJSON_AddArrayToObject(root, "columns");
    bool good = columns != NULL;
    for (int64_t c = 0; c < model->n_columns && good; c++) {
        const struct fw_synth_column *column = &model->columns[c];
        if (column->sort == FW_SYNTH_PLAIN)
            continue;
        cJSON *object = cJSON_CreateObject();
        good = cJSON_AddItemToArray(columns, object) && cJSON_AddStringToObject(object, "name", column->name) != NULL &&
               cJSON_AddStringToObject(object, "sort", fw_synth_sort_name(column->sort)) != NULL &&
               cJSON_AddNumberToObject(object, "n_ids", (double)column->cardinality) != NULL &&
               cJSON_AddNumberToObject(object, "rank", column->rank) != NULL;
        if (good && column->sort == FW_SYNTH_HEAD)
            good = cJSON_AddNumberToObject(object, "head_ids", (double)column->own_ids) != NULL;
        good = good && add_needed(object, column);
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
    enum { sized = 1, others = 2 };
    const struct {
        const char *name;
        double value;
        int kinds;
    } members[] = {
        {"rows", (double)o->rows, sized | others},
        {"tail", (double)o->tail, sized},
        {"head", (double)o->head, sized},
        {"useless", (double)o->useless, sized},
        {"categorical", (double)o->categorical, others},
        {"numeric", (double)o->numeric, sized | others},
        {"noise", (double)o->noise, others},
        {"cardinality", (double)o->cardinality, sized | others},
        {"power", o->power, sized | others},
        {"rank", o->rank, sized},
        {"planted", o->planted, others},
        {"min-order", o->min_order, others},
        {"max-order", o->max_order, others},
        {"strength", o->strength, sized | others},
        {"main-strength", o->main_strength, sized | others},
        {"positive-rate", o->positive_rate, sized | others},
        {"missing-rate", o->missing_rate, sized | others},
    };
    int kind = o->kind == FW_SYNTH_SIZES ? sized : others;
    cJSON *options = cJSON_AddObjectToObject(root, "options");
    bool good = options != NULL && cJSON_AddStringToObject(options, "kind", fw_synth_kind_name(o->kind)) != NULL;
    for (size_t i = 0; i < sizeof members / sizeof *members && good; i++) {
        if ((members[i].kinds & kind) != 0)
            good = cJSON_AddNumberToObject(options, members[i].name, members[i].value) != NULL;
    }
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
    if (good && model->options.kind == FW_SYNTH_SIZES)
        good = add_sizes(root, model);
    good = good && add_noise(root, model) && cJSON_AddNumberToObject(root, "bias", model->bias) != NULL &&
           add_best(root, model) && add_options(root, &model->options);
    enum fw_status status =
        good ? fw_json_print(out, root, true, model->mem, err) : fw_error_nomem(err, model->mem, "the truth", 1, 1);
    cJSON_Delete(root);
    return status;
}
