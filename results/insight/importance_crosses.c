#include "results/insight/importance_crosses.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"

/* The fields of a cross; NULL: the candidate is no cross. The tree is the caller's. */
static const cJSON *cross_of(cJSON **tree_out, const char *candidate)
{
    *tree_out = NULL;
    if (fw_json_parse(tree_out, candidate, strlen(candidate), "a candidate", NULL) != FW_OK)
        return NULL;
    const cJSON *cross = cJSON_GetObjectItemCaseSensitive(*tree_out, "cross");
    if (!cJSON_IsArray(cross) || cross->child == NULL)
        return NULL;
    const cJSON *field;
    cJSON_ArrayForEach(field, cross)
    {
        if (!cJSON_IsString(field))
            return NULL;
    }
    return cross;
}

/* Length of the column's name in that of a field: "age" of "age@10". */
static size_t column_length(const char *field)
{
    const char *at = strrchr(field, '@');
    if (at == NULL || at == field || at[1] == '\0')
        return strlen(field);
    for (const char *digit = at + 1; *digit != '\0'; digit++) {
        if (!isdigit((unsigned char)*digit))
            return strlen(field);
    }
    return (size_t)(at - field);
}

static enum fw_status find_field(struct fw_field_effect **out, struct fw_cross_effects *effects, const char *field,
                                 struct fw_error *err)
{
    struct fw_allocator *mem = effects->texts.mem;
    size_t length = column_length(field);
    for (int64_t i = 0; i < effects->n_fields; i++) {
        const char *known = effects->fields[i].field;
        if (strncmp(known, field, length) == 0 && known[length] == '\0') {
            *out = &effects->fields[i];
            return FW_OK;
        }
    }
    FW_TRY(
        fw_reserve(mem, &effects->fields, &effects->capacity[1], effects->n_fields + 1, sizeof *effects->fields, err));
    char *name = fw_strndup(mem, field, length);
    bool refused = name == NULL;
    const char *own = name != NULL ? fw_text_pool_add(&effects->texts, name, &refused) : NULL;
    fw_free(mem, name);
    if (refused)
        return fw_error_nomem(err, mem, "the fields of crosses", 1, length);
    *out = &effects->fields[effects->n_fields++];
    **out = (struct fw_field_effect){
        .field = own, .gain = (double)NAN, .gain_low = (double)NAN, .gain_high = (double)NAN, .best = -INFINITY};
    return FW_OK;
}

static double plus(double sum, double value)
{
    return isnan(sum) ? value : sum + value;
}

/* The fields of one trial. A column that takes part twice, by two binnings, counts once. */
static enum fw_status add_fields(struct fw_cross_effects *effects, const cJSON *cross, const struct fw_cross_effect *e,
                                 struct fw_error *err)
{
    const cJSON *field;
    cJSON_ArrayForEach(field, cross)
    {
        struct fw_field_effect *own = NULL;
        bool again = false;
        FW_TRY(find_field(&own, effects, field->valuestring, err));
        for (const cJSON *before = cross->child; before != field; before = before->next) {
            size_t length = column_length(before->valuestring);
            again = again || (strncmp(own->field, before->valuestring, length) == 0 && own->field[length] == '\0');
        }
        if (again)
            continue;
        own->n_tried++;
        own->n_beyond += e->gain_low > 0;
        own->best = fmax(own->best, e->gain);
        if (!e->accepted)
            continue;
        own->n_accepted++;
        own->gain = plus(own->gain, e->gain);
        own->gain_low = plus(own->gain_low, e->gain_low);
        own->gain_high = plus(own->gain_high, e->gain_high);
    }
    return FW_OK;
}

static enum fw_status add_cross(struct fw_cross_effects *effects, const cJSON *cross,
                                const struct fw_trial_record *record, bool accepted, struct fw_error *err)
{
    struct fw_allocator *mem = effects->texts.mem;
    struct fw_buffer text;
    bool refused = false;
    fw_buffer_init(&text, mem);
    const cJSON *field;
    cJSON_ArrayForEach(field, cross)
        fw_buffer_addf(&text, "%s%s", field == cross->child ? "" : " x ", field->valuestring);
    enum fw_status status = fw_buffer_check(&text, err);
    const char *own = status == FW_OK ? fw_text_pool_add(&effects->texts, text.data, &refused) : NULL;
    fw_buffer_clear(&text);
    FW_TRY(status);
    if (refused)
        return fw_error_nomem(err, mem, "the crosses of a study", 1, 1);
    FW_TRY(fw_reserve(mem, &effects->crosses, &effects->capacity[0], effects->n_crosses + 1, sizeof *effects->crosses,
                      err));
    struct fw_cross_effect *e = &effects->crosses[effects->n_crosses++];
    *e = (struct fw_cross_effect){.trial = record->number,
                                  .step = record->step,
                                  .cross = own,
                                  .gain = record->gain,
                                  .gain_low = record->gain_low,
                                  .gain_high = record->gain_high,
                                  .accepted = accepted};
    return add_fields(effects, cross, e, err);
}

static bool is_accepted(const struct fw_decision_list *decisions, int64_t trial)
{
    for (int64_t d = 0; d < decisions->n; d++) {
        if (decisions->rows[d].decision.trial == trial && strcmp(decisions->rows[d].decision.kind, "accept") == 0)
            return true;
    }
    return false;
}

static int compare_crosses(const void *a, const void *b)
{
    const struct fw_cross_effect *x = a;
    const struct fw_cross_effect *y = b;
    if (x->accepted != y->accepted)
        return x->accepted ? -1 : 1;
    if (x->accepted && x->step != y->step)
        return x->step < y->step ? -1 : 1;
    if (x->gain != y->gain)
        return x->gain > y->gain ? -1 : 1;
    return x->trial < y->trial ? -1 : 1;
}

static int compare_fields(const void *a, const void *b)
{
    const struct fw_field_effect *x = a;
    const struct fw_field_effect *y = b;
    double gain_x = isnan(x->gain) ? -INFINITY : x->gain;
    double gain_y = isnan(y->gain) ? -INFINITY : y->gain;
    if (gain_x != gain_y)
        return gain_x > gain_y ? -1 : 1;
    if (x->best != y->best)
        return x->best > y->best ? -1 : 1;
    return strcmp(x->field, y->field);
}

enum fw_status fw_importance_of_crosses(struct fw_cross_effects *out, struct fw_store *store, int64_t study,
                                        struct fw_error *err)
{
    struct fw_trial_list trials = {0};
    struct fw_decision_list decisions = {0};
    struct fw_cross_effects effects = {0};
    enum fw_status status;
    FW_TRY_GOTO(fw_query_judged(&trials, store, study, err), done);
    FW_TRY_GOTO(fw_query_decisions(&decisions, store, study, err), done);
    fw_text_pool_init(&effects.texts, trials.texts.mem);
    for (int64_t i = 0; i < trials.n; i++) {
        const struct fw_trial_record *record = &trials.rows[i].record;
        cJSON *tree = NULL;
        const cJSON *cross = !isnan(record->gain) ? cross_of(&tree, record->candidate) : NULL;
        status = FW_OK;
        if (cross != NULL)
            status = add_cross(&effects, cross, record, is_accepted(&decisions, record->number), err);
        cJSON_Delete(tree);
        FW_TRY_GOTO(status, done);
    }
    if (effects.n_crosses > 0)
        qsort(effects.crosses, (size_t)effects.n_crosses, sizeof *effects.crosses, compare_crosses);
    if (effects.n_fields > 0)
        qsort(effects.fields, (size_t)effects.n_fields, sizeof *effects.fields, compare_fields);
    *out = effects;
    status = FW_OK;
done:
    if (status != FW_OK)
        fw_cross_effects_clear(&effects);
    fw_decision_list_clear(&decisions);
    fw_trial_list_clear(&trials);
    return status;
}

void fw_cross_effects_clear(struct fw_cross_effects *effects)
{
    fw_free(effects->texts.mem, effects->crosses);
    fw_free(effects->texts.mem, effects->fields);
    fw_text_pool_clear(&effects->texts);
    memset(effects, 0, sizeof *effects);
}
