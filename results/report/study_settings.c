#include "results/report/study_settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"

/* Objects within objects that are looked into. */
#define DEPTH_MOST 4

/* Where a candidate is read into. */
struct reader {
    struct fw_study_settings *settings;
    int64_t trial;
    struct fw_buffer name; /* of the member at hand */
};

static struct fw_study_setting *find(struct fw_study_settings *s, const char *name)
{
    for (int i = 0; i < s->n; i++) {
        if (strcmp(s->rows[i].name, name) == 0)
            return &s->rows[i];
    }
    return NULL;
}

static enum fw_status find_or_add(struct fw_study_setting **out, struct fw_study_settings *s, const char *name,
                                  struct fw_error *err)
{
    bool refused = false;
    *out = find(s, name);
    if (*out != NULL || s->n == FW_STUDY_SETTINGS_MOST)
        return FW_OK;
    struct fw_study_setting *setting = &s->rows[s->n];
    *setting = (struct fw_study_setting){.name = fw_text_pool_add(&s->texts, name, &refused)};
    s->n++;
    FW_ALLOC(setting->values, s->mem, s->n_trials, "the settings of trials", err);
    FW_ALLOC(setting->texts, s->mem, s->n_trials, "the settings of trials", err);
    for (int64_t i = 0; i < s->n_trials; i++)
        setting->values[i] = (double)NAN;
    *out = setting;
    return refused ? fw_error_nomem(err, s->mem, "the settings of trials", 1, strlen(name) + 1) : FW_OK;
}

/* Whole numbers with all their digits, others with as many as a reader compares. */
static void write_number(char out[32], double value)
{
    if (value == floor(value) && fabs(value) < 1e15)
        snprintf(out, 32, "%.0f", value);
    else
        snprintf(out, 32, "%.6g", value);
}

static enum fw_status take(struct reader *r, const cJSON *value, struct fw_error *err)
{
    char number[32];
    bool refused = false;
    struct fw_study_setting *setting;
    FW_TRY(find_or_add(&setting, r->settings, r->name.data, err));
    if (setting == NULL)
        return FW_OK;
    const char *text = cJSON_IsString(value) ? value->valuestring : cJSON_IsTrue(value) ? "yes" : "no";
    if (cJSON_IsNumber(value)) {
        write_number(number, value->valuedouble);
        text = number;
        setting->values[r->trial] = value->valuedouble;
    } else
        setting->is_name = true;
    setting->texts[r->trial] = fw_text_pool_add(&r->settings->texts, text, &refused);
    return refused ? fw_error_nomem(err, r->settings->mem, "the settings of trials", 1, strlen(text) + 1) : FW_OK;
}

static enum fw_status walk(struct reader *r, const cJSON *object, int depth, struct fw_error *err)
{
    const cJSON *member;
    int64_t before = r->name.length;
    cJSON_ArrayForEach(member, object)
    {
        fw_buffer_add_text(&r->name, before > 0 ? "." : "");
        fw_buffer_add_text(&r->name, member->string);
        FW_TRY(fw_buffer_check(&r->name, err));
        if (cJSON_IsObject(member) && depth < DEPTH_MOST)
            FW_TRY(walk(r, member, depth + 1, err));
        else if (cJSON_IsNumber(member) || cJSON_IsString(member) || cJSON_IsBool(member))
            FW_TRY(take(r, member, err));
        fw_buffer_cut(&r->name, before);
    }
    return FW_OK;
}

/* The place of a text among the names; those that come after too many are others. */
static double code_of(struct fw_study_setting *setting, const char *text)
{
    for (int i = 0; i < setting->n_names; i++) {
        if (strcmp(setting->names[i], text) == 0)
            return i;
    }
    if (setting->n_names == FW_STUDY_NAMES_MOST + 1)
        return FW_STUDY_NAMES_MOST;
    setting->names[setting->n_names] = setting->n_names < FW_STUDY_NAMES_MOST ? text : "(others)";
    return setting->n_names++;
}

static void settle(struct fw_study_setting *setting, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const char *first = setting->texts[0];
        const char *text = setting->texts[i];
        bool same = first != NULL && text != NULL && strcmp(first, text) == 0 &&
                    (setting->is_name || setting->values[i] == setting->values[0]);
        setting->varies = setting->varies || !same;
        if (setting->is_name)
            setting->values[i] = text != NULL ? code_of(setting, text) : (double)NAN;
    }
}

enum fw_status fw_study_settings_read(struct fw_study_settings *out, const struct fw_study_facts *f,
                                      const int64_t *places, int64_t n, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct reader r = {.settings = out};
    memset(out, 0, sizeof *out);
    out->mem = f->mem;
    out->n_trials = n;
    fw_text_pool_init(&out->texts, f->mem);
    fw_buffer_init(&r.name, f->mem);
    for (r.trial = 0; status == FW_OK && r.trial < n; r.trial++) {
        const char *candidate = fw_study_facts_at(f, places[r.trial])->candidate;
        cJSON *json = NULL;
        if (fw_json_parse(&json, candidate, strlen(candidate), "a candidate", NULL) == FW_OK && cJSON_IsObject(json))
            status = walk(&r, json, 0, err);
        cJSON_Delete(json);
        fw_buffer_cut(&r.name, 0);
    }
    for (int i = 0; status == FW_OK && i < out->n; i++)
        settle(&out->rows[i], n);
    fw_buffer_clear(&r.name);
    return status;
}

void fw_study_settings_clear(struct fw_study_settings *s)
{
    for (int i = 0; i < s->n; i++) {
        fw_free(s->mem, s->rows[i].texts);
        fw_free(s->mem, s->rows[i].values);
    }
    fw_text_pool_clear(&s->texts);
    s->n = 0;
}

void fw_study_settings_say(struct fw_buffer *out, const struct fw_study_settings *s, int64_t trial, bool varying)
{
    bool any = false;
    for (int i = 0; i < s->n; i++) {
        const struct fw_study_setting *setting = &s->rows[i];
        if (setting->varies != varying || setting->texts[trial] == NULL)
            continue;
        fw_buffer_add_text(out, any ? ", " : "");
        fw_buffer_add_text(out, setting->name);
        fw_buffer_add_text(out, "=");
        fw_buffer_add_text(out, setting->texts[trial]);
        any = true;
    }
}
