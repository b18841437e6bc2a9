/* The options of tables for several tasks: defaults, texts, ranges, record. */
#include <string.h>

#include "core/json.h"
#include "space/synth/task_synth_vtable.h"

static void *place_of(struct fw_task_synth_options *options, const struct fw_task_synth_setting *s)
{
    return (char *)options + s->offset;
}

static const void *look_at(const struct fw_task_synth_options *options, const struct fw_task_synth_setting *s)
{
    return (const char *)options + s->offset;
}

/* Reads "2,2,1"; false when it is no such list. */
static bool read_list(struct fw_task_synth_list *out, const char *text)
{
    struct fw_task_synth_list list = {0};
    for (const char *from = text;; from++) {
        size_t length = strcspn(from, ",");
        if (list.n == FW_TASK_SYNTH_MAX_LIST ||
            !fw_text_to_double((struct fw_text){.data = from, .length = length}, &list.values[list.n]))
            return false;
        list.n++;
        from += length;
        if (*from == '\0')
            break;
    }
    *out = list;
    return true;
}

void fw_task_synth_settings_init(struct fw_task_synth_options *options)
{
    const struct fw_task_synth_vtable *kind = fw_task_synth_vtable_of(options->kind);
    for (const struct fw_task_synth_setting *s = kind->settings; s->name != NULL; s++) {
        void *place = place_of(options, s);
        switch (s->form) {
        case FW_TASK_SYNTH_WHOLE:
            *(int64_t *)place = (int64_t)s->fallback;
            break;
        case FW_TASK_SYNTH_NUMBER:
            *(double *)place = s->fallback;
            break;
        case FW_TASK_SYNTH_LIST:
            if (s->list != NULL)
                read_list(place, s->list);
            break;
        case FW_TASK_SYNTH_FLAG:
            *(bool *)place = false;
            break;
        }
    }
}

static enum fw_status check_range(const char *kind, const struct fw_task_synth_setting *s, double value,
                                  struct fw_error *err)
{
    if (value >= s->low && value <= s->high)
        return FW_OK;
    return fw_error_set(err, FW_E_ARG, "%s is %.15g; a table of kind '%s' takes %.15g to %.15g", s->name, value, kind,
                        s->low, s->high);
}

static enum fw_status check_setting(const struct fw_task_synth_options *options, const struct fw_task_synth_setting *s,
                                    struct fw_error *err)
{
    const char *kind = fw_task_synth_kind_name(options->kind);
    const void *place = look_at(options, s);
    if (s->form == FW_TASK_SYNTH_WHOLE)
        return check_range(kind, s, (double)*(const int64_t *)place, err);
    if (s->form == FW_TASK_SYNTH_NUMBER)
        return check_range(kind, s, *(const double *)place, err);
    const struct fw_task_synth_list *list = place;
    for (int32_t i = 0; s->form == FW_TASK_SYNTH_LIST && i < list->n; i++)
        FW_TRY(check_range(kind, s, list->values[i], err));
    return FW_OK;
}

enum fw_status fw_task_synth_settings_check(const struct fw_task_synth_options *options, struct fw_error *err)
{
    const struct fw_task_synth_vtable *kind = fw_task_synth_vtable_of(options->kind);
    for (const struct fw_task_synth_setting *s = kind->settings; s->name != NULL; s++)
        FW_TRY(check_setting(options, s, err));
    return kind->check != NULL ? kind->check(options, err) : FW_OK;
}

static enum fw_status refuse_name(const struct fw_task_synth_vtable *kind, const char *name, struct fw_error *err)
{
    char known[400] = "seed";
    for (const struct fw_task_synth_setting *s = kind->settings; s->name != NULL; s++) {
        size_t length = strlen(known);
        if (length + strlen(s->name) + 3 < sizeof known) {
            memcpy(known + length, ", ", 2);
            memcpy(known + length + 2, s->name, strlen(s->name) + 1);
        }
    }
    return fw_error_set(err, FW_E_ARG, "a table of kind '%s' has no option '%s'; it has %s", kind->name, name, known);
}

static bool read_whole(int64_t *out, const char *text)
{
    return fw_text_to_int(fw_text_of(text), out);
}

static bool read_setting(void *place, enum fw_task_synth_form form, const char *text)
{
    switch (form) {
    case FW_TASK_SYNTH_WHOLE:
        return text != NULL && read_whole(place, text);
    case FW_TASK_SYNTH_NUMBER:
        return text != NULL && fw_text_to_double(fw_text_of(text), place);
    case FW_TASK_SYNTH_LIST:
        return text != NULL && read_list(place, text);
    case FW_TASK_SYNTH_FLAG:
        *(bool *)place = true;
        return text == NULL;
    }
    return false;
}

enum fw_status fw_task_synth_set(struct fw_task_synth_options *options, const char *name, const char *text,
                                 struct fw_error *err)
{
    static const char *const wants[] = {[FW_TASK_SYNTH_WHOLE] = "a whole number",
                                        [FW_TASK_SYNTH_NUMBER] = "a number",
                                        [FW_TASK_SYNTH_LIST] = "numbers with commas between them, 100 at most",
                                        [FW_TASK_SYNTH_FLAG] = "no value"};
    const struct fw_task_synth_vtable *kind = fw_task_synth_vtable_of(options->kind);
    if (strcmp(name, "seed") == 0) {
        int64_t seed;
        if (text == NULL || !read_whole(&seed, text) || seed < 0)
            return fw_error_set(err, FW_E_ARG, "seed is '%s'; it takes a whole number from 0 up", text ? text : "");
        options->seed = (uint64_t)seed;
        return FW_OK;
    }
    const struct fw_task_synth_setting *s = kind->settings;
    while (s->name != NULL && strcmp(s->name, name) != 0)
        s++;
    if (s->name == NULL)
        return refuse_name(kind, name, err);
    struct fw_task_synth_options changed = *options;
    if (!read_setting(place_of(&changed, s), s->form, text))
        return fw_error_set(err, FW_E_ARG, "%s is '%s'; it takes %s", name, text != NULL ? text : "", wants[s->form]);
    FW_TRY(check_setting(&changed, s, err));
    *options = changed;
    return FW_OK;
}

bool fw_task_synth_add_numbers(cJSON *object, const char *name, const double *values, int64_t n)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    bool good = array != NULL;
    for (int64_t i = 0; i < n && good; i++)
        good = cJSON_AddItemToArray(array, cJSON_CreateNumber(values[i]));
    return good;
}

bool fw_task_synth_add_best(cJSON *object, const char *name, const struct fw_synth_best *best)
{
    cJSON *member = cJSON_AddObjectToObject(object, name);
    return member != NULL && cJSON_AddNumberToObject(member, "auc", best->auc) != NULL &&
           cJSON_AddNumberToObject(member, "logloss", best->logloss) != NULL;
}

static bool add_setting(cJSON *object, const struct fw_task_synth_options *options,
                        const struct fw_task_synth_setting *s)
{
    const void *place = look_at(options, s);
    const struct fw_task_synth_list *list = place;
    switch (s->form) {
    case FW_TASK_SYNTH_WHOLE:
        return cJSON_AddNumberToObject(object, s->name, (double)*(const int64_t *)place) != NULL;
    case FW_TASK_SYNTH_NUMBER:
        return cJSON_AddNumberToObject(object, s->name, *(const double *)place) != NULL;
    case FW_TASK_SYNTH_LIST:
        return list->n == 0 || fw_task_synth_add_numbers(object, s->name, list->values, list->n);
    case FW_TASK_SYNTH_FLAG:
        return cJSON_AddBoolToObject(object, s->name, *(const bool *)place) != NULL;
    }
    return false;
}

bool fw_task_synth_settings_add(cJSON *root, const struct fw_task_synth_options *options)
{
    const struct fw_task_synth_vtable *kind = fw_task_synth_vtable_of(options->kind);
    cJSON *object = cJSON_AddObjectToObject(root, "options");
    bool good = object != NULL && cJSON_AddStringToObject(object, "kind", kind->name) != NULL;
    for (const struct fw_task_synth_setting *s = kind->settings; s->name != NULL && good; s++)
        good = add_setting(object, options, s);
    return good && fw_json_add_hex(object, "seed", options->seed);
}
