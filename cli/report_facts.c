#include "cli/report_facts.h"

#include <stdio.h>

#include "core/file.h"
#include "results/drawing/html.h"

static void write_fact(struct fw_html_table *table, const char *name, const char *css, const char *text)
{
    fw_html_cell(table, name);
    fw_html_cell_begin(table);
    fw_buffer_addf(table->out, "<%s>", css);
    fw_html_text(table->out, text);
    fw_buffer_addf(table->out, "</%s>", css);
    fw_html_cell_end(table);
}

void cli_report_facts(struct fw_buffer *out, const struct cli_report_facts *facts)
{
    static const char *const headers[] = {"what", "how"};
    struct fw_html_table table;
    char text[FW_PATH_SIZE + 128];
    char rows[32];
    fw_html_heading(out, "To do it again");
    fw_html_table_begin(&table, out, headers, 2, NULL);
    write_fact(&table, "command", "code", facts->command_line);
    snprintf(text, sizeof text, "%s: %s rows, fingerprint %016llx", facts->path, fw_text_count(rows, facts->rows),
             (unsigned long long)facts->fingerprint);
    write_fact(&table, "data", "bdi", text);
    snprintf(text, sizeof text, "%llu", (unsigned long long)facts->seed);
    write_fact(&table, "seed", "bdi", text);
    if (facts->study > 0)
        snprintf(text, sizeof text, "%lld in %s", (long long)facts->study, facts->store);
    write_fact(&table, "study", "bdi", facts->study > 0 ? text : "not recorded");
    write_fact(&table, "plan", "bdi", facts->plan);
    if (facts->model != NULL)
        write_fact(&table, "model", "bdi", facts->model);
    write_fact(&table, "version", "bdi", "fieldwise " FIELDWISE_VERSION);
    write_fact(&table, "options", "code", facts->options != NULL ? facts->options : "");
    fw_html_table_end(&table);
}
