/* One trial for people: what it is, what it grew from, how it fared rung by rung, its figures and curves. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/trials/short_candidates.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_curves.h"
#include "core/text.h"
#include "results/drawing/candidate_text.h"
#include "results/insight/flat_json.h"

/* Crosses and sizes in words, settings one by one. */
static void add_candidate(struct fw_buffer *text, const char *candidate, struct fw_error *err)
{
    struct fw_flat flat;
    if (fw_flat_read(&flat, candidate, NULL, err) != FW_OK)
        return;
    if (fw_flat_find(&flat, "cross") != NULL || flat.n == 1)
        fw_candidate_text(text, candidate, true);
    bool spoken = text->length > 0;
    for (int64_t i = 0; !spoken && i < flat.n; i++)
        fw_buffer_addf(text, "%s%s=%s", i > 0 ? ", " : "", flat.rows[i].name, flat.rows[i].value);
    fw_flat_clear(&flat);
}

static void print_candidate(struct cli_table *table, const char *candidate)
{
    struct fw_buffer text;
    struct fw_error err = {0};
    fw_buffer_init(&text, NULL);
    add_candidate(&text, candidate, &err);
    if (err.status != FW_OK || fw_buffer_check(&text, &err) != FW_OK)
        exit(cli_fail(&err));
    trials_wrapped_cells(table, "candidate", text.data != NULL ? text.data : "");
    fw_buffer_clear(&text);
}

static void print_facts(const struct fw_study_row *study, const struct fw_trial_row *row)
{
    static const char *const headers[] = {"", ""};
    const struct fw_trial_record *trial = &row->record;
    char text[32];
    char gain[128];
    char time[CLI_TIME_SIZE];
    struct cli_table *table = cli_table_create(headers, 2);
    cli_table_cell(table, "trial");
    cli_table_cell(table, "%" PRId64 " of study %s (%s)", trial->number, study->name, study->driver);
    print_candidate(table, trial->candidate);
    cli_table_cell(table, "state");
    cli_table_cell(table, "%s%s%s", fw_trial_state_name(trial->state), trial->reason != NULL ? ": " : "",
                   trial->reason != NULL ? trial->reason : "");
    cli_table_cell(table, "%s", study->objective);
    cli_table_cell(table, "%s", trials_figure(text, trial->objective));
    cli_table_cell(table, "gain");
    cli_table_cell(table, "%s", trials_gain(gain, trial->gain, trial->gain_low, trial->gain_high));
    cli_table_cell(table, "step, rung");
    cli_table_cell(table, "%d, %d", (int)trial->step, (int)trial->rung);
    cli_table_cell(table, "rows seen");
    cli_table_cell(table, "%s", fw_text_count(text, trial->rows));
    cli_table_cell(table, "memory");
    cli_table_cell(table, "%s", trial->bytes > 0 ? fw_text_bytes(text, (double)trial->bytes) : "not measured");
    cli_table_cell(table, "took");
    cli_table_cell(table, "%s", fw_text_duration(text, trial->seconds));
    cli_table_cell(table, "stored");
    cli_table_cell(table, "%s UTC", cli_time_short(time, row->finished_us));
    cli_table_cell(table, "data");
    cli_table_cell(table, "%s, seed %" PRIu64, study->data, study->seed);
    cli_table_cell(table, "hash");
    cli_table_cell(table, "%016" PRIx64, trial->hash);
    cli_table_print(table, stdout);
    if (study->command == NULL)
        return;
    printf("\nCommand\n");
    table = cli_table_create((const char *const[]){""}, 1);
    cli_table_cell(table, "%s", study->command);
    cli_table_print(table, stdout);
}

/* Trials as a short list under a title. */
static enum fw_status print_relatives(const char *title, const struct fw_trial_list *list, const char *options,
                                      bool rungs, struct fw_error *err)
{
    static const char *const of_parents[] = {">trial", ">objective", "gain", "candidate"};
    static const char *const of_rungs[] = {">rung", ">trial", ">rows seen", ">objective", "gain", ">took"};
    char text[128];
    struct trials_short candidates;
    FW_TRY(trials_short_of_trials(&candidates, list, options, err));
    printf("\n%s\n", title);
    struct cli_table *table = rungs ? cli_table_create(of_rungs, 6) : cli_table_create(of_parents, 4);
    for (int64_t i = 0; i < list->n; i++) {
        const struct fw_trial_record *trial = &list->rows[i].record;
        if (rungs)
            cli_table_cell(table, "%d", (int)trial->rung);
        cli_table_cell(table, "%" PRId64, trial->number);
        if (rungs)
            cli_table_cell(table, "%s", fw_text_count(text, trial->rows));
        cli_table_cell(table, "%s", trials_figure(text, trial->objective));
        cli_table_cell(table, "%s", trials_gain(text, trial->gain, trial->gain_low, trial->gain_high));
        if (rungs)
            cli_table_cell(table, "%s", fw_text_duration(text, trial->seconds));
        else
            cli_table_cell(table, "%s", candidates.texts[i]);
    }
    cli_table_print(table, stdout);
    trials_short_clear(&candidates);
    return FW_OK;
}

enum fw_status trials_print_trial(const struct trials_trial *all, struct fw_error *err)
{
    const char *options = all->study.rows[0].options;
    print_facts(&all->study.rows[0], &all->trial.rows[0]);
    if (all->ancestors.n > 0)
        FW_TRY(print_relatives("Grew from, nearest first", &all->ancestors, options, false, err));
    if (all->rungs.n > 1)
        FW_TRY(print_relatives("Rungs of this configuration", &all->rungs, options, true, err));
    trials_print_figures(&all->metrics);
    FW_TRY(trials_print_curves(&all->metrics, err));
    trials_print_files(&all->files);
    return FW_OK;
}
