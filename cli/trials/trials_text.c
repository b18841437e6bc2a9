/* Studies and trials as tables for people. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/trials/trials.h"
#include "core/json.h"
#include "core/text.h"
#include "results/candidate_text.h"

#define COLUMNS(headers) ((int)(sizeof(headers) / sizeof(headers)[0]))

/* A table of names and values, without a header row. */
static const char *const two_columns[] = {"", ""};

/* The text of a figure of merit: "0.92541", "-" for none. */
static const char *figure(char out[32], double value)
{
    if (isnan(value))
        return "-";
    snprintf(out, 32, fabs(value) < 1000 && (fabs(value) >= 1e-4 || value == 0) ? "%.5f" : "%.6g", value);
    return out;
}

/* "+0.00210 [+0.00105, +0.00315]"; the interval only when there is one. */
static const char *gain_text(char out[128], double gain, double low, double high)
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

static void candidate_cell(struct cli_table *table, const char *json, bool whole)
{
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    fw_candidate_text(&text, json, whole);
    check_memory(&text);
    cli_table_cell(table, "%s", text.data != NULL ? text.data : "");
    fw_buffer_clear(&text);
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
        cli_table_cell(table, "%s", trials_status(study));
        cli_table_cell(table, "%s", fw_text_count(text, study->n_trials));
        cli_table_cell(table, "%s", study->objective);
        cli_table_cell(table, "%s", figure(text, study->best_objective));
        cli_table_cell(table, "%s", cli_time_short(time, study->started_us));
        cli_table_cell(table, "%s", fw_text_duration(text, trials_seconds(study)));
    }
    cli_table_print(table, stdout);
}

static void print_study_facts(const struct fw_study_row *study)
{
    char text[32];
    char more[3][32];
    char time[CLI_TIME_SIZE];
    struct cli_table *table = cli_table_create(two_columns, COLUMNS(two_columns));
    cli_table_cell(table, "study");
    cli_table_cell(table, "%s (number %" PRId64 ")", study->name, study->id);
    cli_table_cell(table, "driver");
    cli_table_cell(table, "%s, %s %s", study->driver, study->maximise ? "maximises" : "minimises", study->objective);
    cli_table_cell(table, "data");
    cli_table_cell(table, "%s, %s rows", study->data, fw_text_count(text, study->rows));
    cli_table_cell(table, "status");
    cli_table_cell(table, "%s%s%s", trials_status(study), study->reason != NULL ? ": " : "",
                   study->reason != NULL ? study->reason : "");
    cli_table_cell(table, "trials");
    cli_table_cell(table, "%s: %s complete, %s pruned, %s failed", fw_text_count(text, study->n_trials),
                   fw_text_count(more[0], study->n_complete), fw_text_count(more[1], study->n_pruned),
                   fw_text_count(more[2], study->n_failed));
    cli_table_cell(table, "started");
    cli_table_cell(table, "%s UTC, took %s", cli_time_short(time, study->started_us),
                   fw_text_duration(text, trials_seconds(study)));
    cli_table_cell(table, "by");
    cli_table_cell(table, "fieldwise %s on %s, %" PRId64 " processors", study->program_version, study->host,
                   study->processors);
    if (study->command != NULL) {
        cli_table_cell(table, "command");
        cli_table_cell(table, "%s", study->command);
    }
    cli_table_cell(table, "seed");
    cli_table_cell(table, "%" PRIu64, study->seed);
    cli_table_cell(table, "options");
    cli_table_cell(table, "%s", study->options);
    cli_table_print(table, stdout);
}

/* A number in the detail of a decision; NaN when it has none. */
static double detail_number(const cJSON *detail, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(detail, name);
    return cJSON_IsNumber(member) ? member->valuedouble : NAN;
}

static void print_decisions(const struct fw_decision_list *decisions)
{
    static const char *const headers[] = {">step", "decision", ">trial", "candidate", ">objective", "gain", "why"};
    if (decisions->n == 0)
        return;
    printf("\nDecisions\n");
    struct cli_table *table = cli_table_create(headers, COLUMNS(headers));
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
        candidate_cell(table, row->candidate, false);
        cli_table_cell(table, "%s", figure(text, row->objective));
        cli_table_cell(table, "%s",
                       gain_text(gain, detail_number(detail, "gain"), detail_number(detail, "gain_low"),
                                 detail_number(detail, "gain_high")));
        detail_cell(table, decision->detail, decision->clock);
        cJSON_Delete(detail);
    }
    cli_table_print(table, stdout);
}

/* The cells of a trial in a list of the best. */
static void best_cells(struct cli_table *table, const struct fw_trial_record *trial)
{
    char text[32];
    char gain[128];
    cli_table_cell(table, "%" PRId64, trial->number);
    cli_table_cell(table, "%s", figure(text, trial->objective));
    cli_table_cell(table, "%s", gain_text(gain, trial->gain, trial->gain_low, trial->gain_high));
    cli_table_cell(table, "%s", fw_text_duration(text, trial->seconds));
    candidate_cell(table, trial->candidate, true);
}

static void print_best_of_study(const struct fw_trial_list *best)
{
    static const char *const headers[] = {">trial", ">objective", "gain", ">took", "candidate"};
    if (best->n == 0)
        return;
    printf("\nBest trials\n");
    struct cli_table *table = cli_table_create(headers, COLUMNS(headers));
    for (int64_t i = 0; i < best->n; i++)
        best_cells(table, &best->rows[i].record);
    cli_table_print(table, stdout);
}

static void print_artifacts(const struct fw_artifact_list *artifacts)
{
    static const char *const headers[] = {"file", "path", ">size", "written (UTC)", "checksum"};
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
        cli_table_cell(table, "%016" PRIx64, row->artifact.checksum);
    }
    cli_table_print(table, stdout);
}

void trials_print_study(const struct trials_study *all)
{
    print_study_facts(&all->study.rows[0]);
    print_decisions(&all->decisions);
    print_best_of_study(&all->best);
    print_artifacts(&all->artifacts);
}

void trials_print_trial(const struct trials_trial *all)
{
    static const char *const headers[] = {"metric", ">step", ">value"};
    const struct fw_study_row *study = &all->study.rows[0];
    const struct fw_trial_record *trial = &all->trial.rows[0].record;
    char text[32];
    char gain[128];
    char time[CLI_TIME_SIZE];
    struct cli_table *table = cli_table_create(two_columns, COLUMNS(two_columns));
    cli_table_cell(table, "trial");
    cli_table_cell(table, "%" PRId64 " of study %s", trial->number, study->name);
    cli_table_cell(table, "candidate");
    candidate_cell(table, trial->candidate, true);
    cli_table_cell(table, "grew from");
    number_cell(table, trial->parent);
    cli_table_cell(table, "state");
    cli_table_cell(table, "%s%s%s", fw_trial_state_name(trial->state), trial->reason != NULL ? ": " : "",
                   trial->reason != NULL ? trial->reason : "");
    cli_table_cell(table, "%s", study->objective);
    cli_table_cell(table, "%s", figure(text, trial->objective));
    cli_table_cell(table, "gain");
    cli_table_cell(table, "%s", gain_text(gain, trial->gain, trial->gain_low, trial->gain_high));
    cli_table_cell(table, "step, rung");
    cli_table_cell(table, "%d, %d", (int)trial->step, (int)trial->rung);
    cli_table_cell(table, "rows seen");
    cli_table_cell(table, "%s", fw_text_count(text, trial->rows));
    cli_table_cell(table, "memory");
    cli_table_cell(table, "%s", trial->bytes > 0 ? fw_text_bytes(text, (double)trial->bytes) : "not measured");
    cli_table_cell(table, "took");
    cli_table_cell(table, "%s", fw_text_duration(text, trial->seconds));
    cli_table_cell(table, "stored");
    cli_table_cell(table, "%s UTC", cli_time_short(time, all->trial.rows[0].finished_us));
    cli_table_cell(table, "hash");
    cli_table_cell(table, "%016" PRIx64, trial->hash);
    cli_table_print(table, stdout);
    if (all->metrics.n == 0)
        return;
    putchar('\n');
    table = cli_table_create(headers, COLUMNS(headers));
    for (int64_t i = 0; i < all->metrics.n; i++) {
        const struct fw_metric *metric = &all->metrics.rows[i];
        cli_table_cell(table, "%s", metric->name);
        cli_table_cell(table, "%" PRId64, metric->step);
        cli_table_cell(table, "%.10g", metric->value);
    }
    cli_table_print(table, stdout);
}

void trials_print_best(const struct trials_best *all)
{
    static const char *const headers[] = {"study", "metric", ">trial", ">objective", "gain", ">took", "candidate"};
    struct cli_table *table = cli_table_create(headers, COLUMNS(headers));
    int64_t n = 0;
    for (int64_t i = 0; i < all->studies.n; i++) {
        for (int64_t t = 0; t < all->lists[i].n; t++, n++) {
            cli_table_cell(table, "%s", all->studies.rows[i].name);
            cli_table_cell(table, "%s", all->studies.rows[i].objective);
            best_cells(table, &all->lists[i].rows[t].record);
        }
    }
    if (n == 0)
        fprintf(stderr, "fieldwise: no trial is complete yet\n");
    cli_table_print(table, stdout);
}
