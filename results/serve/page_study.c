/* The page of one study: how it is getting on, what it is, its trials. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/query/study_now.h"
#include "results/report/report_text.h"
#include "results/serve/pace.h"
#include "results/serve/page.h"
#include "results/serve/page_trials.h"
#include "results/serve/progress_chart.h"

static void add_best(struct fw_buffer *out, const struct fw_study_row *study)
{
    char figure[32];
    fw_buffer_add_text(out, "<div><dt>Best ");
    fw_html_text(out, study->objective);
    fw_buffer_addf(out, "</dt><dd>%s</dd>", fw_report_figure(figure, study->best_objective));
    if (study->best_trial > 0)
        fw_buffer_addf(out,
                       "<dd class=\"note\"><a href=\"/study/%" PRId64 "/trial/%" PRId64 "\">trial %" PRId64 "</a></dd>",
                       study->id, study->best_trial, study->best_trial);
    fw_buffer_add_text(out, "</div>\n");
}

static void add_boxes(struct fw_buffer *out, const struct fw_study_row *study, const struct fw_pace *pace)
{
    char text[64];
    char note[160];
    char counts[2][32];
    fw_page_boxes_begin(out);
    fw_buffer_add_text(out, "<div><dt>Status</dt><dd>");
    fw_page_status(out, study);
    fw_buffer_add_text(out, "</dd></div>\n");
    snprintf(note, sizeof note, "%s judged in passing, %s failed", fw_text_count(counts[0], study->n_pruned),
             fw_text_count(counts[1], study->n_failed));
    fw_page_box(out, "Trials", fw_text_count(text, study->n_trials),
                study->n_pruned + study->n_failed > 0 ? note : NULL);
    add_best(out, study);
    if (fw_study_now_runs(study)) {
        snprintf(text, sizeof text,
                 isnan(pace->rate) ? "-"
                 : pace->rate < 10 ? "%.2g a second"
                                   : "%.0f a second",
                 pace->rate);
        fw_page_box(out, "Rate", text, "over the last 100");
    }
    if (!isnan(pace->last_seconds)) {
        snprintf(note, sizeof note, "took %s", fw_text_duration(counts[0], pace->last_seconds));
        fw_page_box(out, "Last trial", fw_page_ago(text, study->last_trial_us), note);
    }
    fw_page_box(out, fw_study_now_runs(study) ? "Has run" : "Took", fw_text_duration(text, fw_study_now_seconds(study)),
                NULL);
    fw_page_boxes_end(out);
}

static void fact(struct fw_buffer *out, const char *what, const char *text, bool code)
{
    if (text == NULL || text[0] == '\0')
        return;
    fw_buffer_addf(out, "<tr><th scope=\"row\">%s</th><td>%s", what, code ? "<code>" : "<bdi>");
    fw_report_add_cut(out, text, 20000);
    fw_buffer_addf(out, "%s</td></tr>\n", code ? "</code>" : "</bdi>");
}

static void add_facts(struct fw_buffer *out, const struct fw_study_row *study)
{
    char text[64];
    fw_buffer_add_text(out, "<details><summary>What it is</summary>\n<table class=\"facts\"><tbody>\n");
    fact(out, "Driver", study->driver, false);
    fact(out, "Data", study->data, false);
    fact(out, "Rows", fw_text_count(text, study->rows), false);
    fact(out, "Better is", study->maximise ? "higher" : "lower", false);
    snprintf(text, sizeof text, "%" PRIu64, study->seed);
    fact(out, "Seed", text, false);
    fact(out, "Started", fw_report_time(text, study->started_us), false);
    fact(out, "Ended", study->ended_us > 0 ? fw_report_time(text, study->ended_us) : NULL, false);
    fact(out, "Version", study->program_version, false);
    fact(out, "Machine", study->host, false);
    fact(out, "Command", study->command, true);
    fact(out, "Options", study->options, true);
    fw_buffer_add_text(out, "</tbody></table>\n</details>\n");
}

/* A note may have several lines. */
static void add_note(struct fw_buffer *out, const char *note)
{
    struct fw_buffer line;
    fw_buffer_init(&line, out->mem);
    fw_buffer_add_text(out, "<p>");
    for (const char *at = note; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        fw_buffer_cut(&line, 0);
        fw_buffer_add(&line, at, length);
        fw_html_text(out, line.data != NULL ? line.data : "");
        fw_buffer_add_text(out, at[length] != '\0' ? "<br/>\n" : "");
        at += length + (at[length] != '\0');
    }
    fw_buffer_add_text(out, "</p>\n");
    out->failed = out->failed || line.failed;
    fw_buffer_clear(&line);
}

/* What people have said of it. */
static void add_marks(struct fw_buffer *out, const struct fw_study_row *study)
{
    bool archived = study->archived_us != 0;
    if (study->tags != NULL || archived)
        fw_report_paragraph(out, "note", "%s%s%.900s", archived ? "Archived. " : "",
                            study->tags != NULL ? "Tags: " : "", study->tags != NULL ? study->tags : "");
    if (study->note != NULL)
        add_note(out, study->note);
}

static void add_links(struct fw_buffer *out, const struct fw_study_row *study)
{
    fw_buffer_addf(out,
                   "<p><a href=\"/study/%" PRId64 "/report\">Report</a> &#160; <a href=\"/api/study/%" PRId64
                   "\">JSON</a></p>\n",
                   study->id, study->id);
}

enum fw_status fw_page_study(const struct fw_page *page, struct fw_error *err)
{
    const struct fw_study_row *study;
    struct fw_pace pace;
    struct fw_buffer *out = page->out;
    FW_TRY(fw_page_find_study(&study, page, err));
    FW_TRY(fw_pace_query(&pace, page->copy->store, study->id, err));
    fw_page_begin(page, "Study", study->name, study, fw_study_now_runs(study));
    add_marks(out, study);
    fw_page_part_begin(out, "progress");
    add_boxes(out, study, &pace);
    if (study->reason != NULL)
        fw_html_paragraph(out, "note", study->reason);
    FW_TRY(fw_progress_chart_add(out, page->copy->store, study, err));
    fw_page_part_end(out);
    add_links(out, study);
    add_facts(out, study);
    FW_TRY(fw_page_trials_add(page, study, err));
    fw_page_end(page);
    return FW_OK;
}
