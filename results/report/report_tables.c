/* The tables of a report: the best trials, the decisions with their whys, the files. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "results/drawing/html.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"
#include "results/report/study_settings.h"

/* Decisions that a table shows. */
#define DECISIONS_MOST 200

/* Bytes of what the trials shown have in common. */
#define COMMON_MOST 2000

static void number_cell(struct fw_html_table *table, int64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, number);
    fw_html_cell(table, number > 0 ? text : "-");
}

/* ---- trials ---- */

static bool has_trials(const struct fw_study_facts *f)
{
    return f->trials.n > 0;
}

static const char *verdict(const struct fw_study_facts *f, int64_t place)
{
    if (f->accepted[place])
        return "accepted";
    if (place == f->taken)
        return f->kind == FW_STUDY_CROSSES ? "base" : "taken";
    return "";
}

/* Candidates of many settings, of which most are the same: what tells them apart. */
static void candidate_cell(struct fw_html_table *table, const struct fw_study_settings *settings, int64_t row,
                           const char *candidate)
{
    struct fw_buffer said;
    if (settings == NULL) {
        fw_report_cell_candidate(table, candidate, false);
        return;
    }
    fw_buffer_init(&said, table->out->mem);
    fw_study_settings_say(&said, settings, row, true);
    table->out->failed = table->out->failed || said.failed;
    fw_report_cell(table, said.data != NULL ? said.data : "");
    fw_buffer_clear(&said);
}

static void trial_row(struct fw_html_table *table, const struct fw_study_facts *f, int64_t row,
                      const struct fw_study_settings *settings)
{
    char text[128];
    int64_t place = f->ranked[row];
    const struct fw_trial_record *trial = fw_study_facts_at(f, place);
    if (f->accepted[place] || place == f->taken)
        fw_html_table_mark(table);
    number_cell(table, trial->number);
    fw_html_cell(table, fw_report_figure(text, trial->objective));
    fw_html_cell(table, fw_report_gain(text, trial->gain, trial->gain_low, trial->gain_high));
    fw_html_cell(table, trial->bytes > 0 ? fw_text_bytes(text, (double)trial->bytes) : "-");
    fw_html_cell(table, fw_text_duration(text, trial->seconds));
    fw_html_cell(table, verdict(f, place));
    candidate_cell(table, settings, row, trial->candidate);
}

static void add_common(struct fw_buffer *out, const struct fw_study_settings *settings)
{
    struct fw_buffer said;
    fw_buffer_init(&said, out->mem);
    fw_study_settings_say(&said, settings, 0, false);
    if (said.length > 0) {
        fw_buffer_add_text(out, "<p class=\"note\">The same in all of them: <bdi>");
        fw_report_add_cut(out, said.data, COMMON_MOST);
        fw_buffer_add_text(out, "</bdi>.</p>\n");
    }
    out->failed = out->failed || said.failed;
    fw_buffer_clear(&said);
}

/* settings: of the trials that are shown; NULL: candidates are told as they are. */
static void add_best(struct fw_buffer *out, const struct fw_study_facts *f, int64_t n,
                     const struct fw_study_settings *settings)
{
    char objective[80];
    char texts[2][32];
    snprintf(objective, sizeof objective, ">%.70s", f->study->objective);
    const char *const headers[] = {">trial", objective, ">gain", ">memory", ">took", "", "<candidate"};
    struct fw_html_table table;
    fw_html_table_begin(&table, out, headers, 7, NULL);
    for (int64_t i = 0; i < n; i++)
        trial_row(&table, f, i, settings);
    fw_html_table_end(&table);
    if (settings != NULL)
        add_common(out, settings);
    if (f->n_ranked > n)
        fw_report_paragraph(out, "note", "The best %s of %s complete trials.", fw_text_count(texts[0], n),
                            fw_text_count(texts[1], f->n_ranked));
    if (f->kind == FW_STUDY_CROSSES)
        fw_html_paragraph(
            out, "note", "A figure here may be higher than the last accepted one and its gain still within the noise.");
}

/* Failures by their reason would be lost among the best: the first few are told. */
static void add_failures(struct fw_buffer *out, const struct fw_study_facts *f)
{
    enum { most = 10 };
    static const char *const headers[] = {">trial", "<why it failed", "<candidate"};
    struct fw_html_table table;
    int64_t n = 0;
    if (f->n_failed == 0)
        return;
    fw_html_table_begin(&table, out, headers, 3, "Failed trials");
    for (int64_t i = 0; i < f->trials.n && n < most; i++) {
        const struct fw_trial_record *trial = fw_study_facts_at(f, i);
        if (trial->state != FW_TRIAL_FAILED)
            continue;
        number_cell(&table, trial->number);
        fw_report_cell(&table, trial->reason != NULL ? trial->reason : "-");
        fw_report_cell_candidate(&table, trial->candidate, false);
        n++;
    }
    fw_html_table_end(&table);
    if (f->n_failed > n)
        fw_report_paragraph(out, "note", "The first %d of %" PRId64 " failed trials.", most, f->n_failed);
}

static enum fw_status add_trials(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    int64_t n = f->n_ranked < f->options->trials_most ? f->n_ranked : f->options->trials_most;
    bool apart = f->kind != FW_STUDY_CROSSES && f->kind != FW_STUDY_SIZES && n > 1;
    struct fw_study_settings *settings;
    FW_ALLOC(settings, f->mem, 1, "the settings of trials", err);
    if (apart)
        FW_TRY_GOTO(fw_study_settings_read(settings, f, f->ranked, n, err), done);
    if (n > 0)
        add_best(out, f, n, apart ? settings : NULL);
    add_failures(out, f);
done:
    if (apart)
        fw_study_settings_clear(settings);
    fw_free(f->mem, settings);
    return status;
}

const struct fw_report_section fw_report_trials = {"trials", "Trials", has_trials, add_trials};

/* ---- decisions ---- */

/* Policies are drawn and not listed: there is one a round. */
static bool is_listed(const struct fw_decision *decision)
{
    return strncmp(decision->kind, "policy ", 7) != 0;
}

static bool has_decisions(const struct fw_study_facts *f)
{
    for (int64_t i = 0; i < f->decisions.n; i++) {
        if (is_listed(&f->decisions.rows[i].decision))
            return true;
    }
    return false;
}

static double member(const cJSON *detail, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(detail, name);
    return cJSON_IsNumber(value) ? value->valuedouble : (double)NAN;
}

static void decision_row(struct fw_html_table *table, const struct fw_decision_row *row)
{
    char text[128];
    cJSON *detail = NULL;
    const struct fw_decision *decision = &row->decision;
    if (fw_json_parse(&detail, decision->detail, strlen(decision->detail), "a detail", NULL) != FW_OK)
        detail = NULL; /* shown as it is */
    snprintf(text, sizeof text, "%d", (int)decision->step);
    fw_html_cell(table, text);
    fw_report_cell(table, decision->kind);
    number_cell(table, decision->trial);
    fw_report_cell_candidate(table, row->candidate, false);
    fw_html_cell(table, fw_report_figure(text, row->objective));
    fw_html_cell(table,
                 fw_report_gain(text, member(detail, "gain"), member(detail, "gain_low"), member(detail, "gain_high")));
    fw_report_cell_detail(table, decision->detail, decision->clock ? " (hung on the clock)" : "");
    cJSON_Delete(detail);
}

static enum fw_status add_decisions(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    static const char *const headers[] = {">step", "decision", ">trial", "candidate", ">objective", ">gain", "<why"};
    struct fw_html_table table;
    int64_t n = 0;
    int64_t all = 0;
    (void)err;
    fw_html_table_begin(&table, out, headers, 7, NULL);
    for (int64_t i = 0; i < f->decisions.n; i++) {
        if (!is_listed(&f->decisions.rows[i].decision))
            continue;
        all++;
        if (n < DECISIONS_MOST) {
            decision_row(&table, &f->decisions.rows[i]);
            n++;
        }
    }
    fw_html_table_end(&table);
    if (all > n)
        fw_report_paragraph(out, "note", "The first %" PRId64 " of %" PRId64 " decisions.", n, all);
    return FW_OK;
}

const struct fw_report_section fw_report_decisions = {"decisions", "Decisions", has_decisions, add_decisions};

/* ---- files ---- */

static bool has_files(const struct fw_study_facts *f)
{
    return f->artifacts.n > 0;
}

static enum fw_status add_files(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    static const char *const headers[] = {"file", "path", ">size", "written", "checksum (XXH3)"};
    struct fw_html_table table;
    (void)err;
    fw_html_table_begin(&table, out, headers, 5, NULL);
    for (int64_t i = 0; i < f->artifacts.n && i < DECISIONS_MOST; i++) {
        const struct fw_artifact *artifact = &f->artifacts.rows[i].artifact;
        char text[40];
        fw_report_cell(&table, artifact->kind);
        fw_report_cell(&table, artifact->path);
        fw_html_cell(&table, fw_text_bytes(text, (double)artifact->bytes));
        fw_html_cell(&table, fw_report_time(text, f->artifacts.rows[i].written_us));
        snprintf(text, sizeof text, "%016" PRIx64, artifact->checksum);
        fw_html_cell(&table, text);
    }
    fw_html_table_end(&table);
    return FW_OK;
}

const struct fw_report_section fw_report_files = {"files", "Files", has_files, add_files};
