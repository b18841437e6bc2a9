/* What `fieldwise tune` prints at its end, as text and as JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/json_out.h"
#include "cli/terminal.h"
#include "cli/tune.h"
#include "core/clock.h"

enum { leaders = 5 };

/* A value as a person would type it. */
static const char *value_text(char out[64], const struct fw_param_spec *spec, double value)
{
    char number[32];
    if (spec->choices == NULL)
        fw_text_from_double(number, value);
    snprintf(out, 64, "%s", spec->choices != NULL ? spec->choices[(int32_t)value] : number);
    return out;
}

void tune_add_settings(struct fw_buffer *out, const struct fw_params *params, const char *between, bool epochs)
{
    bool first = true;
    for (int32_t i = 0; params->table[i].name != NULL; i++) {
        const struct fw_param_spec *spec = &params->table[i];
        char text[64];
        if (params->value[i] == spec->fallback || (!epochs && strcmp(spec->name, "epochs") == 0))
            continue;
        fw_buffer_addf(out, "%s%s=%s", first ? "" : between, spec->name, value_text(text, spec, params->value[i]));
        first = false;
    }
}

static const char *text_of(const struct fw_buffer *buffer)
{
    struct fw_error err = {0};
    if (fw_buffer_check(buffer, &err) != FW_OK)
        exit(cli_fail(&err));
    return buffer->data != NULL ? buffer->data : "";
}

static const struct fw_tune_trial *best_of(const struct tune_report *r)
{
    return &r->result->trials[r->result->best];
}

/* Each searched setting: where it was looked for, its default and what was found. */
static void print_settings(const struct tune_report *r)
{
    static const char *const headers[] = {"setting", "searched", ">default", ">found"};
    struct cli_table *table = cli_table_create(headers, 4);
    const struct fw_params *base = &r->space->base;
    for (int32_t a = 0; a < r->space->n_axes; a++) {
        const struct fw_tune_axis *axis = &r->space->axes[a];
        const struct fw_param_spec *spec = &base->table[axis->row];
        char range[256];
        char text[64];
        if (!fw_tune_space_has_effect(r->space, axis))
            continue;
        cli_table_cell(table, "%s", spec->name);
        cli_table_cell(table, "%s", fw_tune_axis_text(range, r->space, axis));
        cli_table_cell(table, "%s", value_text(text, spec, base->value[axis->row]));
        bool active = fw_params_active(&best_of(r)->params, spec);
        cli_table_cell(table, "%s", active ? value_text(text, spec, best_of(r)->params.value[axis->row]) : "-");
    }
    const struct fw_param_spec *epochs = fw_params_find(base, fw_text_of("epochs"));
    if (epochs != NULL) {
        cli_table_cell(table, "epochs");
        cli_table_cell(table, "at most %lld", (long long)base->value[epochs - base->table]);
        cli_table_cell(table, "%lld", (long long)base->value[epochs - base->table]);
        cli_table_cell(table, "%lld", (long long)best_of(r)->epochs);
    }
    cli_table_print(table, stdout);
}

static void gain_cell(struct cli_table *table, const struct fw_tune_trial *trial)
{
    if (trial->configuration == 1)
        cli_table_cell(table, "(defaults)");
    else if (isnan(trial->gain))
        cli_table_cell(table, "-");
    else
        cli_table_cell(table, "%+.5f [%+.5f, %+.5f]", trial->gain, trial->gain_low, trial->gain_high);
}

static void print_leaders(const struct tune_report *r)
{
    const char *objective = fw_objective_name(r->command->options.objective);
    char heading[32];
    snprintf(heading, sizeof heading, ">%s", objective);
    const char *const headers[] = {">trial", heading, "gain over the defaults", ">epochs", ">took", "settings"};
    int64_t top[leaders];
    int64_t n = fw_tune_result_top(top, leaders, r->result, r->command->options.objective);
    struct cli_table *table = cli_table_create(headers, 6);
    for (int64_t i = 0; i < n; i++) {
        const struct fw_tune_trial *trial = &r->result->trials[top[i]];
        struct fw_buffer settings;
        char time[32];
        fw_buffer_init(&settings, NULL);
        tune_add_settings(&settings, &trial->params, ", ", false);
        cli_table_cell(table, "%lld", (long long)trial->number);
        cli_table_cell(table, "%.5f", trial->objective);
        gain_cell(table, trial);
        cli_table_cell(table, "%lld", (long long)trial->epochs);
        cli_table_cell(table, "%s", fw_text_duration(time, trial->seconds));
        cli_table_cell(table, "%s", text_of(&settings));
        fw_buffer_clear(&settings);
    }
    printf("\n");
    cli_table_print(table, stdout);
}

/* What the numbers allow to say. */
static const char *verdict(const struct tune_report *r)
{
    if (r->result->trials[0].failed)
        return "the defaults failed, so that there is nothing to compare with";
    if (best_of(r)->configuration == 1)
        return "no other settings were better than the defaults";
    if (fw_tune_gain_is_sure(r->result, best_of(r)))
        return "the gain exceeds its noise, the number of trials taken into account";
    return "the gain does not exceed its noise, the number of trials taken into account: the defaults may be as good";
}

static void print_verdict(const struct tune_report *r)
{
    const struct fw_tune_trial *best = best_of(r);
    const char *objective = fw_objective_name(r->command->options.objective);
    if (!r->result->trials[0].failed && best->configuration != 1)
        printf("\nvalidation %s: defaults %.5f, best %.5f, gain %+.5f [%+.5f, %+.5f]\n", objective,
               r->result->trials[0].objective, best->objective, best->gain, best->gain_low, best->gain_high);
    else
        printf("\nvalidation %s: best %.5f\n", objective, best->objective);
    printf("%s\n", verdict(r));
    int64_t judged = r->result->n_trials - r->result->failed;
    if (judged > 1)
        printf("the best of %lld trials is chosen by these rows, so its score is optimistic; measure it on others\n",
               (long long)judged);
}

static void print_next(const struct tune_report *r)
{
    const struct tune_command *c = r->command;
    struct fw_buffer settings;
    fw_buffer_init(&settings, NULL);
    tune_add_settings(&settings, &best_of(r)->params, " --set ", true);
    const char *text = text_of(&settings);
    if (r->bytes > 0) {
        char size[32];
        printf("wrote %s (%s), refitted on all rows\n", c->out, fw_text_bytes(size, (double)r->bytes));
        printf("next: fieldwise evaluate %s TEST.csv; fieldwise predict %s NEW.csv > scores.csv\n", c->out, c->out);
    } else {
        char seed[40] = "";
        const char *out = c->out != NULL ? c->out : ""; /* asked for and not written: interrupted, or out of time */
        char positive[128] = "";
        if (c->plan == NULL && c->data.positives.n > 0)
            snprintf(positive, sizeof positive, " --positive '%s'", c->data.positives.items[0]);
        if (c->options.seed != 1)
            snprintf(seed, sizeof seed, " --seed %llu", (unsigned long long)c->options.seed);
        printf("next: fieldwise train %s %s %s%s --model %s%s%s%s%s%s\n", c->path,
               c->plan != NULL ? "--plan" : "--label", c->plan != NULL ? c->plan : c->data.labels.items[0], positive,
               r->model->name, seed, text[0] != '\0' ? " --set " : "", text, out[0] != '\0' ? " --out " : "", out);
    }
    fw_buffer_clear(&settings);
}

void tune_print_text(const struct tune_report *r)
{
    char time[32];
    print_settings(r);
    print_leaders(r);
    print_verdict(r);
    printf("stopped: %s; %lld trials (%lld failed, %lld known already) in %s\n", r->result->reason_text,
           (long long)r->result->n_trials, (long long)r->result->failed, (long long)r->result->remembered,
           fw_text_duration(time, fw_clock_seconds() - r->command->started));
    print_next(r);
}

static cJSON *settings_json(const struct fw_params *params)
{
    cJSON *object = cli_json_object();
    for (int32_t i = 0; params->table[i].name != NULL; i++) {
        const struct fw_param_spec *spec = &params->table[i];
        if (spec->choices != NULL)
            cli_json_add_text(object, spec->name, spec->choices[(int32_t)params->value[i]]);
        else if (spec->integer)
            cli_json_add_int(object, spec->name, (int64_t)params->value[i]);
        else
            cli_json_add_real(object, spec->name, params->value[i]);
    }
    return object;
}

static cJSON *trial_json(const struct fw_tune_trial *trial)
{
    cJSON *object = cli_json_object();
    cli_json_add_int(object, "trial", trial->number);
    cli_json_add_int(object, "configuration", trial->configuration);
    cli_json_add_real(object, "objective", trial->objective);
    cli_json_add_real(object, "gain", trial->gain);
    cli_json_add_real(object, "gain_low", trial->gain_low);
    cli_json_add_real(object, "gain_high", trial->gain_high);
    cli_json_add_int(object, "epochs", trial->epochs);
    cli_json_add_real(object, "seconds", trial->seconds);
    cli_json_add(object, "settings", settings_json(&trial->params));
    return object;
}

void tune_print_json(const struct tune_report *r)
{
    const struct fw_tune_result *result = r->result;
    int64_t top[leaders];
    int64_t n = fw_tune_result_top(top, leaders, result, r->command->options.objective);
    cJSON *json = cli_json_object();
    cli_json_add_int_or_null(json, "study", result->study);
    cli_json_add_text(json, "model", r->model->name);
    cli_json_add_text(json, "method", r->command->options.method);
    cli_json_add_text(json, "objective", fw_objective_name(r->command->options.objective));
    cli_json_add(json, "defaults", trial_json(&result->trials[0]));
    cli_json_add(json, "best", trial_json(best_of(r)));
    cli_json_add_bool(json, "exceeds_noise", fw_tune_gain_is_sure(result, best_of(r)));
    cJSON *list = cli_json_array();
    for (int64_t i = 0; i < n; i++)
        cli_json_append(list, trial_json(&result->trials[top[i]]));
    cli_json_add(json, "leaders", list);
    cli_json_add_int(json, "configurations", result->configurations);
    cli_json_add_int(json, "trials", result->n_trials);
    cli_json_add_int(json, "failed", result->failed);
    cli_json_add_int(json, "known_already", result->remembered);
    cli_json_add_text(json, "stopped", result->reason_text);
    cli_json_add_text(json, "model_file", r->bytes > 0 ? r->command->out : NULL);
    cli_json_add_real(json, "seconds", fw_clock_seconds() - r->command->started);
    cli_json_print(json);
}
