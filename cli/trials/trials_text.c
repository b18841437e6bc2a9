/* Studies and trials as tables for people. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/trials/short_candidates.h"
#include "cli/trials/trials.h"
#include "core/json.h"
#include "core/text.h"
#include "results/drawing/candidate_text.h"
#include "results/insight/flat_json.h"
#include "results/query/study_now.h"

#define COLUMNS(headers) ((int)(sizeof(headers) / sizeof(headers)[0]))

/* A table of names and values, without a header row. */
static const char *const two_columns[] = {"", ""};

/* The text of a figure of merit: "0.92541", "-" for none. */
const char *trials_figure(char out[32], double value)
{
    if (isnan(value))
        return "-";
    snprintf(out, 32, fabs(value) < 1000 && (fabs(value) >= 1e-4 || value == 0) ? "%.5f" : "%.6g", value);
    return out;
}

/* "+0.00210 [+0.00105, +0.00315]"; the interval only when there is one. */
const char *trials_gain(char out[128], double gain, double low, double high)
{
    if (isnan(gain))
        return "-";
    if (isnan(low) || isnan(high))
        snprintf(out, 128, "%+.5f", gain);
    else
        snprintf(out, 128, "%+.5f [%+.5f, %+.5f]", gain, low, high);
    return out;
}

static void check_memory(const struct fw_buffer *buffer)
{
    struct fw_error err = {0};
    if (fw_buffer_check(buffer, &err) != FW_OK)
        exit(cli_fail(&err));
}

static void detail_cell(struct cli_table *table, const char *json, bool clock)
{
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    fw_detail_text(&text, json);
    check_memory(&text);
    cli_table_cell(table, "%s%s", text.data != NULL ? text.data : "", clock ? " (hung on the clock)" : "");
    fw_buffer_clear(&text);
}

void trials_wrapped_cells(struct cli_table *table, const char *name, const char *text)
{
    enum { width = 66 };
    do {
        size_t length = strlen(text);
        size_t taken = 0;
        for (const char *comma = strstr(text, ", "); comma != NULL; comma = strstr(comma + 1, ", ")) {
            size_t upto = (size_t)(comma + 1 - text);
            if (upto <= width || taken == 0)
                taken = upto;
        }
        if (length <= width || taken == 0)
            taken = length;
        cli_table_cell(table, "%s", name);
        cli_table_cell(table, "%.*s", (int)taken, text);
        name = "";
        text += taken + (text[taken] == ' ');
    } while (*text != '\0');
}

/* The options of a study as name=value. */
static void options_cells(struct cli_table *table, const char *json)
{
    struct fw_flat flat;
    struct fw_buffer text;
    struct fw_error err = {0};
    if (fw_flat_read(&flat, json, NULL, &err) != FW_OK)
        exit(cli_fail(&err));
    fw_buffer_init(&text, NULL);
    for (int64_t i = 0; i < flat.n; i++)
        fw_buffer_addf(&text, "%s%s%s%s", i > 0 ? ", " : "", flat.rows[i].name, flat.rows[i].name[0] != '\0' ? "=" : "",
                       flat.rows[i].value);
    check_memory(&text);
    trials_wrapped_cells(table, "options", text.data != NULL ? text.data : "");
    fw_buffer_clear(&text);
    fw_flat_clear(&flat);
}

/* A number of trial or step that may be none. */
static void number_cell(struct cli_table *table, int64_t number)
{
    if (number > 0)
        cli_table_cell(table, "%" PRId64, number);
    else
        cli_table_cell(table, "-");
}

void trials_print_list(const struct fw_study_list *studies)
{
    static const char *const headers[] = {">id",     "name",   "driver", "data",          "status",
                                          ">trials", "metric", ">best",  "started (UTC)", ">took"};
    if (studies->n == 0)
        fprintf(stderr, "fieldwise: the store holds no studies yet\n");
    struct cli_table *table = cli_table_create(headers, COLUMNS(headers));
    for (int64_t i = 0; i < studies->n; i++) {
        const struct fw_study_row *study = &studies->rows[i];
        char text[32];
        char time[CLI_TIME_SIZE];
        cli_table_cell(table, "%" PRId64, study->id);
        cli_table_cell(table, "%s", study->name);
        cli_table_cell(table, "%s", study->driver);
        cli_table_cell(table, "%s", study->data);
        cli_table_cell(table, "%s", fw_study_now_status(study));
        cli_table_cell(table, "%s", fw_text_count(text, study->n_trials));
        cli_table_cell(table, "%s", study->objective);
        cli_table_cell(table, "%s", trials_figure(text, study->best_objective));
        cli_table_cell(table, "%s", cli_time_short(time, study->started_us));
        cli_table_cell(table, "%s", fw_text_duration(text, fw_study_now_seconds(study)));
    }
    cli_table_print(table, stdout);
}

/* What people have said of a study. */
static void note_cells(struct cli_table *table, const struct fw_study_notes *notes)
{
    char time[CLI_TIME_SIZE];
    for (int64_t i = 0; i < notes->n_tags; i++) {
        cli_table_cell(table, i == 0 ? "tags" : "");
        cli_table_cell(table, "%s", notes->tags[i]);
    }
    for (const char *line = notes->note; line != NULL;) {
        size_t length = strcspn(line, "\n");
        cli_table_cell(table, line == notes->note ? "note" : "");
        cli_table_cell(table, "%.*s", (int)length, line);
        line = line[length] != '\0' && line[length + 1] != '\0' ? line + length + 1 : NULL;
    }
    if (notes->archived_us > 0) {
        cli_table_cell(table, "archived");
        cli_table_cell(table, "%s UTC", cli_time_short(time, notes->archived_us));
    }
}

static void print_study_facts(const struct fw_study_row *study, const struct fw_study_notes *notes)
{
    char text[32];
    char more[3][32];
    char time[CLI_TIME_SIZE];
    struct cli_table *table = cli_table_create(two_columns, COLUMNS(two_columns));
    cli_table_cell(table, "study");
    cli_table_cell(table, "%s (number %" PRId64 ")", study->name, study->id);
    note_cells(table, notes);
    cli_table_cell(table, "driver");
    cli_table_cell(table, "%s, %s %s", study->driver, study->maximise ? "maximises" : "minimises", study->objective);
    cli_table_cell(table, "data");
    cli_table_cell(table, "%s, %s rows", study->data, fw_text_count(text, study->rows));
    cli_table_cell(table, "status");
    cli_table_cell(table, "%s%s%s", fw_study_now_status(study), study->reason != NULL ? ": " : "",
                   study->reason != NULL ? study->reason : "");
    cli_table_cell(table, "trials");
    cli_table_cell(table, "%s: %s complete, %s pruned, %s failed", fw_text_count(text, study->n_trials),
                   fw_text_count(more[0], study->n_complete), fw_text_count(more[1], study->n_pruned),
                   fw_text_count(more[2], study->n_failed));
    cli_table_cell(table, "started");
    cli_table_cell(table, "%s UTC, took %s", cli_time_short(time, study->started_us),
                   fw_text_duration(text, fw_study_now_seconds(study)));
    cli_table_cell(table, "by");
    cli_table_cell(table, "fieldwise %s on %s, %" PRId64 " processors", study->program_version, study->host,
                   study->processors);
    if (study->command != NULL) {
        cli_table_cell(table, "command");
        cli_table_cell(table, "%s", study->command);
    }
    cli_table_cell(table, "seed");
    cli_table_cell(table, "%" PRIu64, study->seed);
    options_cells(table, study->options);
    cli_table_print(table, stdout);
}

/* A number in the detail of a decision; NaN when it has none. */
static double detail_number(const cJSON *detail, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(detail, name);
    return cJSON_IsNumber(member) ? member->valuedouble : NAN;
}

static enum fw_status print_decisions(const struct fw_decision_list *decisions, const char *options,
                                      struct fw_error *err)
{
    static const char *const headers[] = {">step", "decision", ">trial", "candidate", ">objective", "gain", "why"};
    struct trials_short candidates;
    const char **full;
    if (decisions->n == 0)
        return FW_OK;
    FW_ALLOC(full, NULL, decisions->n, "the texts of candidates", err);
    for (int64_t i = 0; i < decisions->n; i++)
        full[i] = decisions->rows[i].candidate;
    enum fw_status status = trials_short_init(&candidates, full, decisions->n, false, options, err);
    fw_free(NULL, full);
    FW_TRY(status);
    printf("\nDecisions\n");
    struct cli_table *table = cli_table_create(headers, COLUMNS(headers));
    cli_table_fit(table);
    for (int64_t i = 0; i < decisions->n; i++) {
        const struct fw_decision_row *row = &decisions->rows[i];
        const struct fw_decision *decision = &row->decision;
        char text[32];
        char gain[128];
        cJSON *detail = NULL;
        if (fw_json_parse(&detail, decision->detail, strlen(decision->detail), "a detail", NULL) != FW_OK)
            detail = NULL; /* shown as it is */
        cli_table_cell(table, "%d", (int)decision->step);
        cli_table_cell(table, "%s", decision->kind);
        number_cell(table, decision->trial);
        cli_table_cell(table, "%s", candidates.texts[i] != NULL ? candidates.texts[i] : "");
        cli_table_cell(table, "%s", trials_figure(text, row->objective));
        cli_table_cell(table, "%s",
                       trials_gain(gain, detail_number(detail, "gain"), detail_number(detail, "gain_low"),
                                   detail_number(detail, "gain_high")));
        detail_cell(table, decision->detail, decision->clock);
        cJSON_Delete(detail);
    }
    cli_table_print(table, stdout);
    trials_short_clear(&candidates);
    return FW_OK;
}

/* The cells of a trial in a list of the best. */
static void best_cells(struct cli_table *table, const struct fw_trial_record *trial, const char *candidate)
{
    char text[32];
    char gain[128];
    cli_table_cell(table, "%" PRId64, trial->number);
    cli_table_cell(table, "%s", trials_figure(text, trial->objective));
    cli_table_cell(table, "%s", trials_gain(gain, trial->gain, trial->gain_low, trial->gain_high));
    cli_table_cell(table, "%s", fw_text_duration(text, trial->seconds));
    cli_table_cell(table, "%s", candidate);
}

static enum fw_status print_best_of_study(const struct fw_trial_list *best, const char *options, struct fw_error *err)
{
    static const char *const headers[] = {">trial", ">objective", "gain", ">took", "candidate"};
    struct trials_short candidates;
    if (best->n == 0)
        return FW_OK;
    FW_TRY(trials_short_of_trials(&candidates, best, options, err));
    printf("\nBest trials\n");
    struct cli_table *table = cli_table_create(headers, COLUMNS(headers));
    cli_table_fit(table);
    for (int64_t i = 0; i < best->n; i++)
        best_cells(table, &best->rows[i].record, candidates.texts[i]);
    cli_table_print(table, stdout);
    trials_short_clear(&candidates);
    return FW_OK;
}

void trials_print_files(const struct trials_files *files)
{
    static const char *const headers[] = {"file", "path", ">size", "written (UTC)", "now", "checksum"};
    const struct fw_artifact_list *artifacts = &files->list;
    if (artifacts->n == 0)
        return;
    printf("\nFiles\n");
    struct cli_table *table = cli_table_create(headers, COLUMNS(headers));
    for (int64_t i = 0; i < artifacts->n; i++) {
        const struct fw_artifact_row *row = &artifacts->rows[i];
        char text[32];
        char time[CLI_TIME_SIZE];
        cli_table_cell(table, "%s", row->artifact.kind);
        cli_table_cell(table, "%s", row->artifact.path);
        cli_table_cell(table, "%s", fw_text_bytes(text, (double)row->artifact.bytes));
        cli_table_cell(table, "%s", cli_time_short(time, row->written_us));
        cli_table_cell(table, "%s", fw_file_state_name(files->states[i]));
        cli_table_cell(table, "%016" PRIx64, row->artifact.checksum);
    }
    cli_table_print(table, stdout);
}

enum fw_status trials_print_study(const struct trials_study *all, struct fw_error *err)
{
    const char *options = all->study.rows[0].options;
    print_study_facts(&all->study.rows[0], &all->notes);
    FW_TRY(print_decisions(&all->decisions, options, err));
    FW_TRY(print_best_of_study(&all->best, options, err));
    trials_print_files(&all->files);
    return FW_OK;
}
