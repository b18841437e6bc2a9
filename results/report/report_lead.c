/* What was searched and what was found, in words: the first thing on the page. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "results/drawing/candidate_text.h"
#include "results/drawing/html.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"

/* Bytes of a name or candidate within a sentence. */
#define NAME_MOST 160

/* Tags that are told; lines of a note and their bytes. */
#define TAGS_MOST       40
#define NOTE_LINES_MOST 40
#define NOTE_LINE_MOST  2000

static void add_cut(struct fw_buffer *out, const char *text)
{
    fw_buffer_add_text(out, "<bdi>");
    fw_report_add_cut(out, text, NAME_MOST);
    fw_buffer_add_text(out, "</bdi>");
}

static void add_candidate(struct fw_buffer *out, const struct fw_trial_record *trial)
{
    struct fw_buffer said;
    cJSON *json = NULL;
    fw_buffer_init(&said, out->mem);
    if (fw_json_parse(&json, trial->candidate, strlen(trial->candidate), "a candidate", NULL) != FW_OK)
        json = NULL;
    const cJSON *model = cJSON_GetObjectItemCaseSensitive(json, "model");
    if (cJSON_IsString(model)) /* its settings stand in the table */
        fw_buffer_add_text(&said, model->valuestring);
    else
        fw_candidate_text(&said, trial->candidate, false);
    cJSON_Delete(json);
    out->failed = out->failed || said.failed;
    add_cut(out, said.data != NULL ? said.data : "");
    fw_buffer_clear(&said);
}

static void add_figure(struct fw_buffer *out, const struct fw_study_facts *f, double value)
{
    char text[32];
    add_cut(out, f->study->objective);
    fw_buffer_addf(out, " <b>%s</b>", fw_report_figure(text, value));
}

/* "3 trials", "1 trial" */
static const char *many(char out[48], int64_t n, const char *what)
{
    char count[32];
    snprintf(out, 48, "%s %s%s", fw_text_count(count, n), what,
             n == 1                          ? ""
             : what[strlen(what) - 1] == 's' ? "es"
                                             : "s");
    return out;
}

/* ---- by what was searched ---- */

/* The accepted cross with the largest gain; -1: none has a gain. */
static int64_t largest_gain(const struct fw_study_facts *f)
{
    int64_t largest = -1;
    for (int64_t i = 0; i < f->trials.n; i++) {
        double gain = fw_study_facts_at(f, i)->gain;
        if (f->accepted[i] && !isnan(gain) && (largest < 0 || gain > fw_study_facts_at(f, largest)->gain))
            largest = i;
    }
    return largest;
}

static void say_crosses(struct fw_buffer *out, const struct fw_study_facts *f)
{
    char text[128];
    int64_t largest = largest_gain(f);
    double before = fw_study_facts_at(f, 0)->objective;
    double after = fw_study_facts_at(f, f->taken)->objective;
    fw_buffer_addf(out, "%s of columns %s tried", many(text, f->trials.n - 1, "cross"),
                   f->trials.n == 2 ? "was" : "were");
    if (f->n_accepted == 0) {
        fw_buffer_add_text(out, "; none gained more than its noise, so the model without crosses stays: validation ");
        add_figure(out, f, before);
        fw_buffer_add_text(out, ".");
        return;
    }
    fw_buffer_addf(out, " and <b>%s accepted</b>. With %s the validation ", fw_text_count(text, f->n_accepted),
                   f->n_accepted == 1 ? "it" : "them");
    add_cut(out, f->study->objective);
    fw_buffer_addf(out, " goes from <b>%s</b>", fw_report_figure(text, before));
    fw_buffer_addf(out, " to <b>%s</b>.", fw_report_figure(text, after));
    if (largest < 0)
        return;
    const struct fw_trial_record *best = fw_study_facts_at(f, largest);
    fw_buffer_addf(out, " The %s gain is that of ", f->n_accepted == 1 ? "whole" : "largest single");
    add_candidate(out, best);
    fw_buffer_addf(out, ": %s.", fw_report_gain(text, best->gain, best->gain_low, best->gain_high));
}

/* The bytes of the largest answer, which is the full size when that was tried. */
static const struct fw_trial_record *largest_answer(const struct fw_study_facts *f)
{
    const struct fw_trial_record *largest = NULL;
    for (int64_t i = 0; i < f->n_ranked; i++) {
        const struct fw_trial_record *trial = fw_study_facts_at(f, f->ranked[i]);
        if (largest == NULL || trial->bytes > largest->bytes)
            largest = trial;
    }
    return largest;
}

static enum fw_status say_sizes(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    char text[32];
    double *test = NULL;
    const struct fw_trial_record *taken = fw_study_facts_at(f, f->taken);
    const struct fw_trial_record *largest = largest_answer(f);
    FW_ALLOC_GOTO(test, f->mem, f->trials.n, "the figures of a study", err, done);
    FW_TRY_GOTO(fw_study_facts_metric(test, f, "test", err), done);
    fw_buffer_addf(out, "With <b>%s</b> of embeddings", fw_text_bytes(text, (double)taken->bytes));
    if (largest != NULL && largest->bytes > taken->bytes)
        fw_buffer_addf(out, ", <b>%.1f&#160;%%</b> of the largest that was trained,",
                       100 * (double)taken->bytes / (double)largest->bytes);
    fw_buffer_add_text(out, " the model reaches validation ");
    add_figure(out, f, taken->objective);
    if (!isnan(test[f->taken]))
        fw_buffer_addf(out, " and <b>%s</b> on rows that were kept out", fw_report_figure(text, test[f->taken]));
    fw_buffer_add_text(out, ".");
    if (largest != NULL && largest->bytes > taken->bytes) {
        fw_buffer_addf(out, " The largest, %s, reaches ", fw_text_bytes(text, (double)largest->bytes));
        fw_buffer_addf(out, "%s.", fw_report_figure(text, largest->objective));
    }
done:
    fw_free(f->mem, test);
    return status;
}

static enum fw_status say_routing(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    char text[32];
    double *open = NULL;
    const struct fw_trial_record *taken = fw_study_facts_at(f, f->taken);
    FW_ALLOC_GOTO(open, f->mem, f->trials.n, "the figures of a study", err, done);
    FW_TRY_GOTO(fw_study_facts_metric(open, f, "connections", err), done);
    fw_buffer_addf(out, "A network of <b>%s</b>", fw_text_bytes(text, (double)taken->bytes));
    if (!isnan(open[f->taken]))
        fw_buffer_addf(out, " with %.0f connections between what the tasks share", open[f->taken]);
    fw_buffer_add_text(out, " reaches validation ");
    add_figure(out, f, taken->objective);
    fw_buffer_addf(out, ", mean of the tasks. It was chosen of %s.", many((char[48]){0}, f->n_complete, "network"));
done:
    fw_free(f->mem, open);
    return status;
}

static void say_settings(struct fw_buffer *out, const struct fw_study_facts *f)
{
    char text[128];
    const struct fw_trial_record *best = fw_study_facts_at(f, f->taken);
    fw_buffer_addf(out, "%s of other settings %s run; the best is trial %" PRId64 " with validation ",
                   many(text, f->trials.n, "training"), f->trials.n == 1 ? "was" : "were", best->number);
    add_figure(out, f, best->objective);
    if (!isnan(best->gain))
        fw_buffer_addf(out, ", against the defaults %s",
                       fw_report_gain(text, best->gain, best->gain_low, best->gain_high));
    fw_buffer_add_text(out, ".");
    if (best->gain_low <= 0 && best->gain_high >= 0)
        fw_buffer_add_text(out, " The interval reaches 0: these rows do not show that it is better than the defaults.");
}

static void say_others(struct fw_buffer *out, const struct fw_study_facts *f)
{
    char text[48];
    const struct fw_trial_record *best = fw_study_facts_at(f, f->taken);
    bool trains = f->kind == FW_STUDY_TRAIN;
    fw_buffer_addf(out, "%s %s; the best is ", many(text, f->trials.n, trains ? "model" : "trial"),
                   trains             ? (f->trials.n == 1 ? "was trained" : "were trained")
                   : f->trials.n == 1 ? "was made"
                                      : "were made");
    add_candidate(out, best);
    fw_buffer_add_text(out, " with validation ");
    add_figure(out, f, best->objective);
    fw_buffer_add_text(out, ".");
}

/* ---- the whole ---- */

static enum fw_status say_found(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    fw_buffer_add_text(out, "<p class=\"lead\">");
    if (f->trials.n == 0)
        fw_buffer_add_text(out, "Nothing was tried yet.");
    else if (f->taken < 0)
        fw_buffer_add_text(out, "No trial has come to a result.");
    else if (f->kind == FW_STUDY_CROSSES)
        say_crosses(out, f);
    else if (f->kind == FW_STUDY_SIZES)
        status = say_sizes(out, f, err);
    else if (f->kind == FW_STUDY_ROUTING)
        status = say_routing(out, f, err);
    else if (f->kind == FW_STUDY_TUNE)
        say_settings(out, f);
    else
        say_others(out, f);
    fw_buffer_add_text(out, "</p>\n");
    return status;
}

/* How far the figures can be believed. */
static void say_honestly(struct fw_buffer *out, const struct fw_study_facts *f)
{
    static const char judged[] = "The best of several is chosen by the rows that it is judged on, so its figure is a "
                                 "little better than what new rows will show; rows that the search never saw tell the "
                                 "truth.";
    if (f->kind == FW_STUDY_CROSSES)
        fw_html_paragraph(out, NULL,
                          "In brackets stands the interval of a gain; a cross is accepted when the whole of it lies "
                          "above 0. After many candidates even accepted gains are a little too high.");
    else if (f->n_ranked > 1)
        fw_html_paragraph(out, NULL, judged);
    if (f->n_ranked > 0 && f->study->maximise && fw_study_facts_at(f, f->ranked[0])->objective < 0)
        fw_html_paragraph(out, NULL, "Figures below 0 are losses with their sign turned: nearer to 0 is better.");
}

static void say_status(struct fw_buffer *out, const struct fw_study_facts *f)
{
    static const char *const words[] = {[FW_STUDY_RUNNING] =
                                            "The study has not ended, or was killed; this is what it had recorded by ",
                                        [FW_STUDY_COMPLETE] = "The study has ended",
                                        [FW_STUDY_INTERRUPTED] =
                                            "The study was ended early; this is what it had found by then",
                                        [FW_STUDY_FAILED] = "The study failed; this is what it had found by then"};
    char time[40];
    fw_buffer_addf(out, "<p>%s", words[f->study->status]);
    if (f->study->status == FW_STUDY_RUNNING)
        fw_buffer_add_text(out, fw_report_time(time, f->study->last_trial_us > 0 ? f->study->last_trial_us
                                                                                 : f->study->opened_us));
    if (f->study->reason != NULL) {
        fw_buffer_add_text(out, ": ");
        add_cut(out, f->study->reason);
    }
    fw_buffer_add_text(out, ".</p>\n");
}

/* What people said about the study, each line of a note as a paragraph of its own. */
static void say_notes(struct fw_buffer *out, const struct fw_study_notes *notes)
{
    char time[40];
    const char *line = notes->note;
    for (int64_t i = 0; i < notes->n_tags && i < TAGS_MOST; i++) {
        fw_buffer_add_text(out, i == 0 ? "<p class=\"note\">Tags: " : ", ");
        add_cut(out, notes->tags[i]);
    }
    if (notes->n_tags > 0)
        fw_buffer_add_text(out, notes->n_tags > TAGS_MOST ? ", ...</p>\n" : "</p>\n");
    for (int n = 0; line != NULL && n < NOTE_LINES_MOST; n++) {
        struct fw_buffer text;
        size_t length = strcspn(line, "\n");
        fw_buffer_init(&text, out->mem);
        fw_buffer_add(&text, line, length);
        out->failed = out->failed || text.failed;
        fw_buffer_add_text(out, "<p class=\"said\"><bdi>");
        fw_report_add_cut(out, text.data != NULL ? text.data : "", NOTE_LINE_MOST);
        fw_buffer_add_text(out, "</bdi></p>\n");
        fw_buffer_clear(&text);
        line = line[length] != '\0' && line[length + 1] != '\0' ? line + length + 1 : NULL;
    }
    if (line != NULL)
        fw_html_paragraph(out, "note", "The note is longer.");
    if (notes->archived_us != 0)
        fw_report_paragraph(out, "note", "Archived %s.", fw_report_time(time, notes->archived_us));
}

static void say_numbers(struct fw_buffer *out, const struct fw_study_facts *f)
{
    char texts[5][32];
    char time[40];
    fw_buffer_add_text(out, "<p class=\"note\">");
    add_cut(out, f->study->driver);
    fw_buffer_add_text(out, " on ");
    add_cut(out, f->study->data);
    fw_buffer_addf(out, ", %s rows; started %s, took %s. ", fw_text_count(texts[0], f->study->rows),
                   fw_report_time(time, f->study->started_us), fw_text_duration(texts[1], f->study->seconds));
    fw_buffer_addf(out, "%s: %s complete, %s pruned, %s failed.</p>\n", many((char[48]){0}, f->trials.n, "trial"),
                   fw_text_count(texts[2], f->n_complete), fw_text_count(texts[3], f->n_pruned),
                   fw_text_count(texts[4], f->n_failed));
}

static bool has(const struct fw_study_facts *f)
{
    (void)f;
    return true;
}

static enum fw_status add(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    FW_TRY(say_found(out, f, err));
    say_status(out, f);
    say_honestly(out, f);
    say_notes(out, &f->notes);
    say_numbers(out, f);
    return FW_OK;
}

const struct fw_report_section fw_report_lead = {.id = "found", .has = has, .add = add};
