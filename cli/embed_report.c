/* The page of `fieldwise embed --report`: what was found, the front, the sizes of inputs, all trials. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/embed.h"
#include "cli/report_facts.h"
#include "core/file.h"
#include "results/drawing/html.h"
#include "results/drawing/size_map.h"

/* ---- what was found ---- */

static void add_quality(struct fw_buffer *out, const struct embed_work *w, const struct fw_sizing_trial *trial)
{
    const char *metric = w->metric;
    fw_buffer_addf(out, "validation %s <b>%.5f</b>", metric, fabs(trial->quality));
    if (!isnan(trial->test))
        fw_buffer_addf(out, " and test %s <b>%.5f</b>", metric, fabs(trial->test));
}

static void write_lead(struct fw_buffer *out, const struct embed_work *w)
{
    char bytes[32];
    char full[32];
    char budget[32];
    const struct fw_sizing_trial *best = embed_answer(w);
    fw_buffer_addf(out, "<p class=\"lead\">With <b>%s</b> of embeddings", fw_text_bytes(bytes, (double)best->bytes));
    if (embed_budget(w) > 0)
        fw_buffer_addf(out, " (%s were allowed)", fw_text_bytes(budget, (double)embed_budget(w)));
    fw_buffer_addf(out, ", <b>%.1f&#160;%%</b> of the full %s, ", 100 * (double)best->bytes / (double)w->full,
                   fw_text_bytes(full, (double)w->full));
    fw_html_text(out, w->model_name);
    if (best->trained) {
        fw_buffer_add_text(out, " reaches ");
        add_quality(out, w, best);
        fw_buffer_add_text(out, ", trained from scratch with the sizes of ");
    } else
        fw_buffer_add_text(out, " was not trained any more: the search ended before. The sizes are those of ");
    fw_html_text(out, best->method);
    fw_buffer_add_text(out, ".</p>\n");
    for (int64_t i = 0; i < w->result.n_trials; i++) {
        const struct fw_sizing_trial *trial = &w->result.trials[i];
        if (i == w->best || !trial->trained || strcmp(trial->method, "full") != 0)
            continue;
        fw_buffer_add_text(out, "<p>The full size reaches ");
        add_quality(out, w, trial);
        fw_buffer_add_text(out, ".</p>\n");
    }
    if (w->result.stopped)
        fw_html_paragraph(out, NULL, "The search was ended early; this is what it had found by then.");
}

/* ---- sizes ---- */

static enum fw_status write_inputs(struct fw_buffer *out, const struct embed_work *w, struct fw_error *err)
{
    const struct fw_embedding_sizes *sizes = embed_answer(w)->sizes;
    struct fw_size_map_input *inputs;
    FW_ALLOC(inputs, out->mem, sizes->n, "the inputs of a report", err);
    for (int32_t i = 0; i < sizes->n; i++) {
        const struct fw_space_input *input = embed_space_input(w, sizes->items[i].input);
        inputs[i] =
            (struct fw_size_map_input){.size = &sizes->items[i],
                                       .n_ids = input->n_ids,
                                       .depths = input->depth,
                                       .n_depths = input->n_rows,
                                       .coverage = embed_coverage(input, fw_embedding_size_ids(&sizes->items[i]))};
    }
    fw_html_heading(out, "Sizes of inputs");
    enum fw_status status = fw_size_map_add(out, inputs, sizes->n, sizes->dim, err);
    fw_free(out->mem, inputs);
    return status;
}

/* ---- trials, and how to do it again ---- */

static void write_number(struct fw_html_table *table, const char *format, double value)
{
    char text[64] = "-";
    if (!isnan(value))
        snprintf(text, sizeof text, format, value);
    fw_html_cell(table, text);
}

static void write_trials(struct fw_buffer *out, const struct embed_work *w)
{
    char heading[40];
    char text[32];
    snprintf(heading, sizeof heading, ">validation %s", w->metric);
    const char *const headers[] = {"method", ">memory", ">bytes", ">of full", heading, ">test", ">took", ""};
    struct fw_html_table table;
    fw_html_heading(out, "Trials");
    fw_html_table_begin(&table, out, headers, 8, NULL);
    for (int64_t i = 0; i < w->result.n_trials; i++) {
        const struct fw_sizing_trial *trial = &w->result.trials[i];
        bool on_front = trial->trained && fw_sizing_on_front(&w->result, i);
        if (i == w->best)
            fw_html_table_mark(&table);
        fw_html_cell(&table, trial->method);
        fw_html_cell(&table, trial->budget > 0 ? fw_text_bytes(text, (double)trial->budget) : "-");
        fw_html_cell(&table, fw_text_count(text, trial->bytes));
        write_number(&table, "%.1f %%", 100 * (double)trial->bytes / (double)w->full);
        write_number(&table, "%.5f", trial->trained ? fabs(trial->quality) : (double)NAN);
        write_number(&table, "%.5f", fabs(trial->test));
        fw_html_cell(&table, fw_text_duration(text, trial->search_seconds + trial->fit_seconds));
        fw_html_cell(&table, i == w->best ? (on_front ? "taken, front" : "taken") : on_front ? "front" : "");
    }
    fw_html_table_end(&table);
}

static enum fw_status write_facts(struct fw_buffer *out, const struct embed_work *w, struct fw_error *err)
{
    const struct embed_command *c = w->command;
    struct fw_buffer options;
    fw_buffer_init(&options, out->mem);
    embed_add_options(&options, w);
    struct cli_report_facts facts = {.command_line = c->command_line,
                                     .path = c->path,
                                     .plan = c->plan,
                                     .rows = w->rows,
                                     .seed = c->options.nis.seed,
                                     .fingerprint = w->setup.fingerprint,
                                     .study = w->result.study,
                                     .store = c->store.file,
                                     .options = options.data};
    cli_report_facts(out, &facts);
    enum fw_status status = fw_buffer_check(&options, err);
    fw_buffer_clear(&options);
    return status;
}

enum fw_status embed_report(const struct embed_work *w, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct embed_command *c = w->command;
    struct fw_buffer out;
    char title[FW_PATH_SIZE + 128];
    const char *slash = strrchr(c->path, '/');
    fw_buffer_init(&out, &w->command->data.mem);
    snprintf(title, sizeof title, "Embedding sizes of %s for %s", w->model_name, slash != NULL ? slash + 1 : c->path);
    fw_html_begin(&out, title);
    write_lead(&out, w);
    fw_html_heading(&out, "Bytes and quality");
    FW_TRY_GOTO(embed_chart_front(&out, w, err), done);
    FW_TRY_GOTO(write_inputs(&out, w, err), done);
    write_trials(&out, w);
    embed_chart_learning(&out, w);
    FW_TRY_GOTO(write_facts(&out, w, err), done);
    fw_html_end(&out);
    status = fw_html_save(&out, c->report, err);
done:
    fw_buffer_clear(&out);
    return status;
}
