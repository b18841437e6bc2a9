#include "cli/train_choice.h"

#include <string.h>

#include "core/nearest.h"
#include "models/registry.h"

static enum fw_status add_model(struct cli_train_choices *out, const struct fw_model_vtable *vtable,
                                struct fw_error *err)
{
    for (int64_t i = 0; i < out->n; i++) {
        if (out->items[i].vtable == vtable)
            return fw_error_set(err, FW_E_ARG, "the model '%s' is named twice", vtable->name);
    }
    struct cli_train_choice *choice = &out->items[out->n++];
    choice->vtable = vtable;
    fw_params_init(&choice->params, vtable->params);
    return FW_OK;
}

static enum fw_status add_models(struct cli_train_choices *out, const char *models, struct fw_allocator *mem,
                                 struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct cli_list names = {0};
    int64_t n = 0;
    while (fw_model_list()[n] != NULL)
        n++;
    FW_ALLOC(out->items, mem, n, "the models to train", err);
    if (strcmp(models, "all") == 0) {
        for (int64_t i = 0; i < n; i++)
            FW_TRY(add_model(out, fw_model_list()[i], err));
        return FW_OK;
    }
    cli_list_add(&names, models);
    for (int64_t i = 0; i < names.n; i++) {
        const struct fw_model_vtable *vtable = NULL;
        FW_TRY_GOTO(fw_model_find(&vtable, names.items[i], err), done);
        FW_TRY_GOTO(add_model(out, vtable, err), done);
    }
done:
    cli_list_clear(&names);
    return status;
}

/* Of one model among several an error has to say which. */
static enum fw_status set_value(struct cli_train_choice *choice, const char *setting, bool several,
                                struct fw_error *err)
{
    struct fw_error detected = {0};
    enum fw_status status = fw_params_parse(&choice->params, setting, several ? &detected : err);
    if (status == FW_OK || !several)
        return status;
    return fw_error_set(err, status, "model %s: %s; MODEL.KEY=VALUE sets it for one model alone", choice->vtable->name,
                        detected.message);
}

static enum fw_status unknown_to_all(const struct cli_train_choices *choices, const char *key, struct fw_error *err)
{
    const char *near = NULL;
    int distance = strlen(key) <= 3 ? 2 : 3; /* further away is no typing error */
    for (int64_t i = 0; i < choices->n; i++) {
        const struct fw_param_spec *table = choices->items[i].vtable->params;
        for (int32_t k = 0; table[k].name != NULL; k++) {
            int d = fw_edit_distance(key, table[k].name);
            if (d < distance) {
                near = table[k].name;
                distance = d;
            }
        }
    }
    if (near != NULL)
        return fw_error_set(err, FW_E_ARG, "none of the models has a setting '%.64s'; did you mean '%s'?", key, near);
    return fw_error_set(err, FW_E_ARG,
                        "none of the models has a setting '%.64s'; 'fieldwise models show NAME' lists those of one",
                        key);
}

static enum fw_status set_for_all(struct cli_train_choices *choices, const char *setting, struct fw_error *err)
{
    char key[128];
    size_t length = strcspn(setting, "=");
    if (choices->n == 1 || setting[length] == '\0' || length >= sizeof key)
        return set_value(&choices->items[0], setting, false, err);
    memcpy(key, setting, length);
    key[length] = '\0';
    bool found = false;
    for (int64_t i = 0; i < choices->n; i++) {
        if (!fw_params_has(&choices->items[i].params, key))
            continue;
        found = true;
        FW_TRY(set_value(&choices->items[i], setting, true, err));
    }
    return found ? FW_OK : unknown_to_all(choices, key, err);
}

static enum fw_status set_for_one(struct cli_train_choices *choices, const char *setting, size_t dot,
                                  struct fw_error *err)
{
    const struct fw_model_vtable *vtable = NULL;
    char name[64] = "";
    memcpy(name, setting, dot < sizeof name ? dot : sizeof name - 1);
    for (int64_t i = 0; i < choices->n; i++) {
        if (strcmp(choices->items[i].vtable->name, name) == 0)
            return set_value(&choices->items[i], setting + dot + 1, choices->n > 1, err);
    }
    FW_TRY(fw_model_find(&vtable, name, err));
    return fw_error_set(err, FW_E_ARG, "'%.100s' is for the model %s, which is not to be trained; add it to --model",
                        setting, name);
}

enum fw_status cli_train_choose(struct cli_train_choices *out, const char *models, const struct cli_list *settings,
                                struct fw_allocator *mem, struct fw_error *err)
{
    FW_TRY(add_models(out, models, mem, err));
    for (int one = 0; one < 2; one++) {
        for (int64_t i = 0; i < settings->n; i++) {
            const char *setting = settings->items[i];
            size_t dot = strcspn(setting, ".=");
            bool of_one = setting[dot] == '.' && strchr(setting, '=') != NULL;
            if (of_one && one == 1)
                FW_TRY(set_for_one(out, setting, dot, err));
            if (!of_one && one == 0)
                FW_TRY(set_for_all(out, setting, err));
        }
    }
    return FW_OK;
}

/* Whether a model has the setting and reads it. */
static bool reads(const struct cli_train_choice *choice, const char *name)
{
    const struct fw_param_spec *spec = fw_params_find(&choice->params, fw_text_of(name));
    return spec != NULL && fw_params_active(&choice->params, spec);
}

/* Whether the setting was given for a model that does not read it. */
static bool leaves_unread(const struct cli_train_choice *choice, const struct fw_param_spec *spec)
{
    return spec != NULL && choice->params.value[spec - choice->params.table] != spec->fallback &&
           !fw_params_active(&choice->params, spec);
}

void cli_train_tell_unread(const struct cli_train_choices *choices, const struct cli_data_options *data)
{
    for (int64_t i = 0; i < choices->n; i++) {
        const struct cli_train_choice *choice = &choices->items[i];
        for (const struct fw_param_spec *spec = choice->params.table; spec->name != NULL; spec++) {
            bool tell = leaves_unread(choice, spec);
            for (int64_t k = 0; k < choices->n && tell; k++) {
                const struct cli_train_choice *other = &choices->items[k];
                bool told = k < i && leaves_unread(other, fw_params_find(&other->params, fw_text_of(spec->name)));
                tell = !told && !reads(other, spec->name);
            }
            if (tell)
                cli_note(data, "warning: '%s' is without effect: it is read with %s only", spec->name, spec->when);
        }
    }
}

static bool suits(const struct fw_model_vtable *vtable, const struct fw_schema *schema, bool funnel)
{
    if (vtable->reads_position && schema->position < 0)
        return false;
    switch (vtable->labels) {
    case FW_LABELS_ONE:
        return schema->n_tasks == 1 && schema->tasks[0].kind == FW_TASK_BINARY;
    case FW_LABELS_SEVERAL:
        return schema->n_tasks > 1;
    case FW_LABELS_FUNNEL:
        return funnel && schema->n_tasks == 2 && schema->tasks[0].kind == FW_TASK_BINARY &&
               schema->tasks[1].kind == FW_TASK_BINARY;
    }
    return false;
}

enum fw_status cli_train_keep_suited(struct cli_train_choices *choices, const struct fw_schema *schema, bool funnel,
                                     struct fw_error *err)
{
    int64_t n = 0;
    for (int64_t i = 0; i < choices->n; i++) {
        if (suits(choices->items[i].vtable, schema, funnel))
            choices->items[n++] = choices->items[i];
    }
    choices->n = n;
    if (n == 0)
        return fw_error_set(err, FW_E_ARG, "there is no model for %s",
                            schema->n_tasks == 1 ? "a single label that is a number; name others beside it (--labels)"
                                                 : "these labels");
    return FW_OK;
}

void cli_train_choices_clear(struct cli_train_choices *choices, struct fw_allocator *mem)
{
    fw_free(mem, choices->items);
    *choices = (struct cli_train_choices){0};
}
