/* What it takes to do the same again: command, data, seed, program, machine, and all options. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "results/drawing/html.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"

/* Rows of the table of options, and how deep it looks. */
#define OPTIONS_MOST 300
#define DEPTH_MOST   8

static void fact(struct fw_html_table *table, const char *name, const char *text)
{
    fw_html_cell(table, name);
    fw_report_cell(table, text);
}

/* A command is copied to be run again: it is given whole, up to a length that none has. */
static void command(struct fw_html_table *table, const char *text)
{
    fw_html_cell(table, "command");
    fw_html_cell_begin(table);
    fw_buffer_add_text(table->out, "<code>");
    fw_report_add_cut(table->out, text, 8192);
    fw_buffer_add_text(table->out, "</code>");
    fw_html_cell_end(table);
}

/* A text of any origin and words of ours behind it. */
static void fact_with(struct fw_html_table *table, const char *name, const char *text, const char *more)
{
    fw_html_cell(table, name);
    fw_html_cell_begin(table);
    fw_buffer_add_text(table->out, "<bdi>");
    fw_report_add_cut(table->out, text, 1024);
    fw_buffer_add_text(table->out, "</bdi>");
    fw_html_text(table->out, more);
    fw_html_cell_end(table);
}

static void add_facts(struct fw_buffer *out, const struct fw_study_row *study)
{
    static const char *const headers[] = {"what", "<how"};
    struct fw_html_table table;
    char text[200];
    char time[2][40];
    char count[32];
    fw_html_table_begin(&table, out, headers, 2, NULL);
    if (study->command != NULL)
        command(&table, study->command);
    snprintf(text, sizeof text, ": %s rows, fingerprint %016" PRIx64, fw_text_count(count, study->rows),
             study->data_fingerprint);
    fact_with(&table, "data", study->data, text);
    snprintf(text, sizeof text, "%" PRIu64, study->seed);
    fact(&table, "seed", text);
    fact_with(&table, "objective", study->objective,
              study->maximise ? ", the higher the better" : ", the lower the better");
    snprintf(text, sizeof text, ", number %" PRId64 " of its store", study->id);
    fact_with(&table, "study", study->name, text);
    fact(&table, "driver", study->driver);
    fact_with(&table, "fieldwise", study->program_version, "");
    snprintf(text, sizeof text, ", %" PRId64 " processors", study->processors);
    fact_with(&table, "machine", study->host, text);
    snprintf(text, sizeof text, "started %s, ended %s", fw_report_time(time[0], study->started_us),
             fw_report_time(time[1], study->ended_us));
    fact(&table, "times", text);
    fw_html_table_end(&table);
}

/* ---- options ---- */

struct options {
    struct fw_html_table table;
    struct fw_buffer name; /* of the member at hand: "settings.rate" */
    int64_t n;             /* members met */
};

static void value_row(struct options *o, const cJSON *value)
{
    char *text = NULL;
    if (++o->n > OPTIONS_MOST)
        return;
    fw_report_cell(&o->table, o->name.data != NULL ? o->name.data : "");
    if (cJSON_IsString(value)) {
        fw_report_cell(&o->table, value->valuestring);
        return;
    }
    if (fw_json_print(&text, value, false, o->name.mem, NULL) != FW_OK)
        o->table.out->failed = true;
    fw_report_cell(&o->table, text != NULL ? text : "");
    fw_free(o->name.mem, text);
}

/* Members of objects by name, those of objects within them by both names; lists stay whole, but for lists of objects.
 */
static void walk(struct options *o, const cJSON *value, int depth)
{
    bool is_list = cJSON_IsArray(value) && cJSON_IsObject(value->child);
    if (depth >= DEPTH_MOST || (!is_list && (!cJSON_IsObject(value) || value->child == NULL))) {
        value_row(o, value);
        return;
    }
    int64_t before = o->name.length;
    int64_t number = 1;
    const cJSON *member;
    cJSON_ArrayForEach(member, value)
    {
        fw_buffer_add_text(&o->name, before > 0 ? "." : "");
        if (is_list)
            fw_buffer_addf(&o->name, "%" PRId64, number++);
        else
            fw_buffer_add_text(&o->name, member->string);
        walk(o, member, depth + 1);
        fw_buffer_cut(&o->name, before);
    }
}

static void add_options(struct fw_buffer *out, const char *json)
{
    static const char *const headers[] = {"option", "value"};
    struct options o = {.n = 0};
    cJSON *tree = NULL;
    if (fw_json_parse(&tree, json, strlen(json), "options", NULL) != FW_OK) {
        fw_buffer_add_text(out, "<p><code>");
        fw_report_add_cut(out, json, 4096);
        fw_buffer_add_text(out, "</code></p>\n");
        return;
    }
    fw_buffer_init(&o.name, out->mem);
    fw_html_table_begin(&o.table, out, headers, 2, "Options");
    walk(&o, tree, 0);
    fw_html_table_end(&o.table);
    if (o.n > OPTIONS_MOST)
        fw_report_paragraph(out, "note", "The first %d of %" PRId64 " options.", OPTIONS_MOST, o.n);
    out->failed = out->failed || o.name.failed;
    fw_buffer_clear(&o.name);
    cJSON_Delete(tree);
}

static bool has(const struct fw_study_facts *f)
{
    (void)f;
    return true;
}

static enum fw_status add(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    (void)err;
    add_facts(out, f->study);
    add_options(out, f->study->options);
    return FW_OK;
}

const struct fw_report_section fw_report_repeat = {"repeat", "To do it again", has, add};
