/* What `fieldwise embed` prints at its end, as text and as JSON, and how sizes are put in words. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/embed.h"
#include "cli/json_out.h"
#include "cli/terminal.h"
#include "core/clock.h"
#include "results/drawing/size_map.h"

static void print_inputs(const struct embed_work *w)
{
    static const char *const headers[] = {"input", ">ids kept", ">of", ">rows", "width", ">bytes"};
    struct cli_table *table = cli_table_create(headers, 6);
    const struct fw_embedding_sizes *sizes = embed_answer(w)->sizes;
    for (int32_t i = 0; i < sizes->n; i++) {
        const struct fw_embedding_size *size = &sizes->items[i];
        const struct fw_space_input *input = embed_space_input(w, size->input);
        int64_t ids = fw_embedding_size_ids(size);
        struct fw_buffer widths;
        fw_buffer_init(&widths, NULL);
        fw_size_widths_add(&widths, size);
        cli_table_cell(table, "%s", size->input);
        cli_table_cell(table, "%lld", (long long)ids);
        cli_table_cell(table, "%lld", (long long)input->n_ids);
        cli_table_cell(table, "%.1f %%", 100 * embed_coverage(input, ids));
        cli_table_cell(table, "%s", widths.data != NULL ? widths.data : "");
        cli_table_cell(table, "%lld", (long long)fw_embedding_size_bytes(size, sizes->dim));
        fw_buffer_clear(&widths);
    }
    cli_table_print(table, stdout);
}

static bool has_test(const struct embed_work *w)
{
    for (int64_t i = 0; i < w->result.n_trials; i++) {
        if (!isnan(w->result.trials[i].test))
            return true;
    }
    return w->command->test;
}

static void print_trials(const struct embed_work *w)
{
    char heading[32];
    snprintf(heading, sizeof heading, ">%s", w->metric);
    bool test = has_test(w);
    const char *const plain[] = {"method", ">memory", ">bytes", ">of full", heading, ">took", ""};
    const char *const tested[] = {"method", ">memory", ">bytes", ">of full", heading, ">test", ">took", ""};
    struct cli_table *table = test ? cli_table_create(tested, 8) : cli_table_create(plain, 7);
    for (int64_t i = 0; i < w->result.n_trials; i++) {
        const struct fw_sizing_trial *trial = &w->result.trials[i];
        char budget[32] = "-";
        char time[32];
        if (trial->budget > 0)
            fw_text_bytes(budget, (double)trial->budget);
        cli_table_cell(table, "%s", trial->method);
        cli_table_cell(table, "%s", budget);
        cli_table_cell(table, "%lld", (long long)trial->bytes);
        cli_table_cell(table, "%.1f %%", 100 * (double)trial->bytes / (double)w->full);
        if (trial->trained)
            cli_table_cell(table, "%.5f", fabs(trial->quality));
        else
            cli_table_cell(table, "-");
        if (test && isnan(trial->test))
            cli_table_cell(table, "-");
        else if (test)
            cli_table_cell(table, "%.5f", fabs(trial->test));
        cli_table_cell(table, "%s", fw_text_duration(time, trial->search_seconds + trial->fit_seconds));
        if (trial->failure[0] != '\0')
            cli_table_cell(table, "failed");
        else
            cli_table_cell(table, "%s%s", i == w->best ? "taken" : "",
                           fw_sizing_on_front(&w->result, i) ? (i == w->best ? ", front" : "front") : "");
    }
    cli_table_print(table, stdout);
    printf("\n");
}

/* With what the sizes were judged with, so that the model that is trained next is the one that was judged. */
static void print_next(const struct embed_work *w)
{
    const struct embed_command *c = w->command;
    printf("next: fieldwise train %s --plan %s --model %s", c->path, c->plan, w->model_name);
    for (int64_t i = 0; i < c->settings.n; i++)
        printf("%s%s", i == 0 ? " --set " : ",", c->settings.items[i]);
    if (c->split.split.seed != 1)
        printf(" --seed %llu", (unsigned long long)c->split.split.seed);
    printf("\n");
}

void embed_print_text(const struct embed_work *w)
{
    char bytes[32];
    char full[32];
    char budget[32];
    char time[32];
    const struct embed_command *c = w->command;
    const struct fw_sizing_trial *best = embed_answer(w);
    if (w->result.n_trials > 1)
        print_trials(w);
    print_inputs(w);
    fw_text_bytes(budget, (double)embed_budget(w));
    printf("\nembeddings of %s: %s%s%s, %.1f %% of the full %s\n", w->model_name,
           fw_text_bytes(bytes, (double)best->bytes), embed_budget(w) > 0 ? " of " : "",
           embed_budget(w) > 0 ? budget : "", 100 * (double)best->bytes / (double)w->full,
           fw_text_bytes(full, (double)w->full));
    if (best->trained)
        printf("validation %s %.5f, by %s, trained from scratch\n", w->metric, fabs(best->quality), best->method);
    else
        printf("not trained: the search ended before\n");
    printf("wrote %s in %s\n", c->plan, fw_text_duration(time, fw_clock_seconds() - c->started));
    if (c->report != NULL)
        printf("report: %s\n", c->report);
    if (w->retrieval == NULL)
        print_next(w);
}

/* ---- JSON ---- */

static cJSON *inputs_json(const struct embed_work *w, const struct fw_embedding_sizes *sizes)
{
    cJSON *list = cli_json_array();
    for (int32_t i = 0; i < sizes->n; i++) {
        const struct fw_embedding_size *size = &sizes->items[i];
        const struct fw_space_input *input = embed_space_input(w, size->input);
        cJSON *json = cli_json_object();
        cJSON *strips = cli_json_array();
        for (int32_t t = 0; t < size->n_strips; t++) {
            cJSON *strip = cli_json_object();
            cli_json_add_int(strip, "ids", size->strips[t].ids);
            cli_json_add_int(strip, "width", size->strips[t].width);
            cli_json_append(strips, strip);
        }
        cli_json_add_text(json, "input", size->input);
        cli_json_add_int(json, "ids", fw_embedding_size_ids(size));
        cli_json_add_int(json, "of", input->n_ids);
        cli_json_add_real(json, "coverage", embed_coverage(input, fw_embedding_size_ids(size)));
        cli_json_add(json, "strips", strips);
        cli_json_add_bool(json, "projected", size->projected);
        cli_json_add_int(json, "bytes", fw_embedding_size_bytes(size, sizes->dim));
        cli_json_append(list, json);
    }
    return list;
}

static cJSON *trial_json(const struct embed_work *w, int64_t place)
{
    const struct fw_sizing_trial *trial = &w->result.trials[place];
    cJSON *json = cli_json_object();
    cli_json_add_text(json, "method", trial->method);
    cli_json_add_int_or_null(json, "memory", trial->budget);
    cli_json_add_int(json, "bytes", trial->bytes);
    cli_json_add_real(json, "quality", fabs(trial->quality));
    cli_json_add_real(json, "test", fabs(trial->test));
    cli_json_add_real(json, "search_seconds", trial->search_seconds);
    cli_json_add_real(json, "fit_seconds", trial->fit_seconds);
    cli_json_add_text(json, "failure", trial->failure[0] != '\0' ? trial->failure : NULL);
    cli_json_add_bool(json, "front", fw_sizing_on_front(&w->result, place));
    cli_json_add_int_or_null(json, "trial", trial->number);
    cli_json_add(json, "inputs", inputs_json(w, trial->sizes));
    return json;
}

void embed_print_json(const struct embed_work *w)
{
    cJSON *json = cli_json_object();
    cJSON *trials = cli_json_array();
    for (int64_t i = 0; i < w->result.n_trials; i++)
        cli_json_append(trials, trial_json(w, i));
    cli_json_add_int_or_null(json, "study", w->result.study);
    cli_json_add_text(json, "model", w->model_name);
    cli_json_add_text(json, "metric", w->metric);
    cli_json_add_int(json, "full_bytes", w->full);
    cli_json_add_int(json, "samples", w->result.samples);
    cli_json_add_int(json, "taken", w->best);
    cli_json_add_text(json, "plan", w->command->plan);
    cli_json_add_text(json, "report", w->command->report);
    cli_json_add_bool(json, "stopped", w->result.stopped);
    cli_json_add_real(json, "seconds", fw_clock_seconds() - w->command->started);
    cli_json_add(json, "trials", trials);
    cli_json_print(json);
}
