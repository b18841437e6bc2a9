#include "models/params.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "core/nearest.h"

/* Our own mistakes in a table: a default outside the range or past the choices, and likewise what searches draw from.
 */
static bool is_sound(const struct fw_param_spec *spec)
{
    int32_t n = 0;
    bool searched = spec->low < spec->high;
    if (spec->choices == NULL)
        return spec->fallback >= spec->min && spec->fallback <= spec->max &&
               (!searched ||
                (spec->low >= spec->min && spec->high <= spec->max && (!spec->log_scale || spec->low > 0)));
    while (spec->choices[n] != NULL)
        n++;
    return spec->fallback >= 0 && spec->fallback < n && (!searched || (spec->low >= 0 && spec->high < n));
}

static int32_t find_row(const struct fw_param_spec *table, struct fw_text name)
{
    for (int32_t i = 0; table[i].name != NULL; i++) {
        if (fw_text_equal(fw_text_of(table[i].name), name))
            return i;
    }
    return -1;
}

void fw_params_init(struct fw_params *params, const struct fw_param_spec *table)
{
    memset(params, 0, sizeof *params);
    params->table = table;
    for (int32_t i = 0; table[i].name != NULL; i++) {
        bool sound = i < FW_PARAMS_MAX && is_sound(&table[i]);
        assert(sound);
        (void)sound;
        params->value[i] = table[i].fallback;
    }
}

/* Names with commas between, cut at the end of `out`. */
static void join(char *out, size_t size, const char *(*name_at)(const void *list, int32_t i), const void *list)
{
    size_t at = 0;
    out[0] = '\0';
    for (int32_t i = 0; name_at(list, i) != NULL && at < size; i++) {
        int n = snprintf(out + at, size - at, "%s%s", i > 0 ? ", " : "", name_at(list, i));
        at += n > 0 ? (size_t)n : 0;
    }
}

static const char *spec_name(const void *list, int32_t i)
{
    return ((const struct fw_param_spec *)list)[i].name;
}

static const char *choice_name(const void *list, int32_t i)
{
    return ((const char *const *)list)[i];
}

static enum fw_status unknown_key(const struct fw_param_spec *table, struct fw_text key, struct fw_error *err)
{
    char known[512];
    join(known, sizeof known, spec_name, table);
    int32_t nearest = -1;
    int32_t distance = key.length <= 3 ? 2 : 3; /* further away is no typing error */
    char typed[65];
    snprintf(typed, sizeof typed, "%.*s", (int)(key.length < 64 ? key.length : 64), key.data);
    for (int32_t i = 0; table[i].name != NULL; i++) {
        int32_t d = fw_edit_distance(table[i].name, typed);
        if (d < distance) {
            distance = d;
            nearest = i;
        }
    }
    int length = key.length < 64 ? (int)key.length : 64;
    if (nearest >= 0)
        return fw_error_set(err, FW_E_ARG, "there is no setting '%.*s'; did you mean '%s'? known: %s", length, key.data,
                            table[nearest].name, known);
    return fw_error_set(err, FW_E_ARG, "there is no setting '%.*s'; known: %s", length, key.data, known);
}

static enum fw_status set_number(double *slot, const struct fw_param_spec *spec, double value, struct fw_error *err)
{
    char min[32];
    char max[32];
    char given[32];
    fw_text_from_double(given, value);
    if (!(value >= spec->min && value <= spec->max)) {
        fw_text_from_double(min, spec->min);
        fw_text_from_double(max, spec->max);
        return fw_error_set(err, FW_E_ARG, "%s=%s is out of range; it goes from %s to %s", spec->name, given, min, max);
    }
    if (spec->integer && value != (double)(int64_t)value)
        return fw_error_set(err, FW_E_ARG, "%s=%s is not a whole number", spec->name, given);
    *slot = value;
    return FW_OK;
}

enum fw_status fw_params_set(struct fw_params *params, struct fw_text key, struct fw_text value, struct fw_error *err)
{
    int32_t i = find_row(params->table, key);
    if (i < 0)
        return unknown_key(params->table, key, err);
    const struct fw_param_spec *spec = &params->table[i];
    int length = value.length < 64 ? (int)value.length : 64;
    if (spec->choices == NULL) {
        double number;
        if (!fw_text_to_double(value, &number))
            return fw_error_set(err, FW_E_ARG, "%s=%.*s is not a number", spec->name, length, value.data);
        return set_number(&params->value[i], spec, number, err);
    }
    for (int32_t c = 0; spec->choices[c] != NULL; c++) {
        if (fw_text_equal(fw_text_of(spec->choices[c]), value)) {
            params->value[i] = c;
            return FW_OK;
        }
    }
    char known[512];
    join(known, sizeof known, choice_name, spec->choices);
    return fw_error_set(err, FW_E_ARG, "%s=%.*s is unknown; it is one of: %s", spec->name, length, value.data, known);
}

enum fw_status fw_params_parse(struct fw_params *params, const char *text, struct fw_error *err)
{
    while (true) {
        size_t length = strcspn(text, ",");
        const char *equals = memchr(text, '=', length);
        if (equals == NULL)
            return fw_error_set(err, FW_E_ARG, "'%.*s' is no setting; write key=value", length < 64 ? (int)length : 64,
                                text);
        struct fw_text key = {text, (size_t)(equals - text)};
        struct fw_text value = {equals + 1, length - key.length - 1};
        FW_TRY(fw_params_set(params, fw_text_trim(key), fw_text_trim(value), err));
        if (text[length] == '\0')
            return FW_OK;
        text += length + 1;
    }
}

static enum fw_status set_item(struct fw_params *params, const cJSON *item, struct fw_error *err)
{
    struct fw_text key = fw_text_of(item->string);
    if (cJSON_IsString(item))
        return fw_params_set(params, key, fw_text_of(item->valuestring), err);
    if (!cJSON_IsNumber(item))
        return fw_error_set(err, FW_E_CORRUPT, "the setting '%s' is neither a number nor a text", item->string);
    int32_t i = find_row(params->table, key);
    if (i < 0)
        return unknown_key(params->table, key, err);
    if (params->table[i].choices != NULL)
        return fw_error_set(err, FW_E_ARG, "the setting '%s' is a name, not a number", item->string);
    return set_number(&params->value[i], &params->table[i], item->valuedouble, err);
}

enum fw_status fw_params_from_json(struct fw_params *params, const char *json, struct fw_error *err)
{
    cJSON *tree = cJSON_Parse(json);
    if (!cJSON_IsObject(tree)) {
        cJSON_Delete(tree);
        return fw_error_set(err, FW_E_CORRUPT, "settings are not a JSON object");
    }
    enum fw_status status = FW_OK;
    const cJSON *item;
    cJSON_ArrayForEach(item, tree)
    {
        FW_TRY_GOTO(set_item(params, item, err), done);
    }
done:
    cJSON_Delete(tree);
    return status;
}

/* The row with the least name above `after` (NULL: the least of all); -1: none. Tables are short. */
static int32_t next_by_name(const struct fw_param_spec *table, const char *after)
{
    int32_t next = -1;
    for (int32_t i = 0; table[i].name != NULL; i++) {
        if ((after == NULL || strcmp(table[i].name, after) > 0) &&
            (next < 0 || strcmp(table[i].name, table[next].name) < 0))
            next = i;
    }
    return next;
}

void fw_params_json(struct fw_buffer *buffer, const struct fw_params *params)
{
    const char *name = NULL;
    fw_buffer_add_text(buffer, "{");
    for (int32_t i; (i = next_by_name(params->table, name)) >= 0; name = params->table[i].name) {
        const struct fw_param_spec *spec = &params->table[i];
        fw_buffer_addf(buffer, "%s\"%s\":", name != NULL ? "," : "", spec->name);
        if (spec->choices != NULL) {
            fw_buffer_addf(buffer, "\"%s\"", spec->choices[(int32_t)params->value[i]]);
        } else {
            char number[32];
            fw_text_from_double(number, params->value[i]);
            fw_buffer_add_text(buffer, number);
        }
    }
    fw_buffer_add_text(buffer, "}");
}

/* Whether the name of the chosen value is in a list with '|' between. */
static bool is_listed(const char *list, struct fw_text name)
{
    while (true) {
        size_t length = strcspn(list, "|");
        if (fw_text_equal((struct fw_text){list, length}, name))
            return true;
        if (list[length] == '\0')
            return false;
        list += length + 1;
    }
}

bool fw_params_active(const struct fw_params *params, const struct fw_param_spec *spec)
{
    if (spec->when == NULL)
        return true;
    size_t length = strcspn(spec->when, "!=");
    bool negated = spec->when[length] == '!';
    int32_t i = find_row(params->table, (struct fw_text){spec->when, length});
    if (i < 0 || params->table[i].choices == NULL)
        return true;
    const char *chosen = params->table[i].choices[(int32_t)params->value[i]];
    return is_listed(spec->when + length + (negated ? 2 : 1), fw_text_of(chosen)) != negated;
}

const struct fw_param_spec *fw_params_find(const struct fw_params *params, struct fw_text name)
{
    int32_t i = find_row(params->table, name);
    return i >= 0 ? &params->table[i] : NULL;
}

bool fw_params_has(const struct fw_params *params, const char *name)
{
    return find_row(params->table, fw_text_of(name)) >= 0;
}

double fw_params_get(const struct fw_params *params, const char *name)
{
    int32_t i = find_row(params->table, fw_text_of(name));
    assert(i >= 0);
    return params->value[i];
}

const char *fw_params_choice(const struct fw_params *params, const char *name)
{
    int32_t i = find_row(params->table, fw_text_of(name));
    assert(i >= 0 && params->table[i].choices != NULL);
    return params->table[i].choices[(int32_t)params->value[i]];
}
