/* The pages as JSON for programs; the members are those of `fieldwise trials ... --json`. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/json_text.h"
#include "core/utf8.h"
#include "results/query/study_now.h"
#include "results/serve/pace.h"
#include "results/serve/page.h"

void fw_page_json_text(struct fw_buffer *out, const char *text)
{
    struct fw_buffer valid;
    size_t left = strlen(text);
    fw_buffer_init(&valid, out->mem);
    while (left > 0) {
        uint32_t code = 0;
        int length = fw_utf8_next(&code, text, left);
        if (length > 0)
            fw_buffer_add(&valid, text, (size_t)length);
        else
            fw_buffer_add_text(&valid, "\xef\xbf\xbd");
        text += length > 0 ? length : 1;
        left -= length > 0 ? (size_t)length : 1;
    }
    fw_json_put_text(out, (struct fw_text){valid.data, (size_t)valid.length});
    out->failed = out->failed || valid.failed;
    fw_buffer_clear(&valid);
}

/* ---- members ---- */

static void member(struct fw_buffer *out, char *before, const char *name)
{
    fw_buffer_addf(out, "%c\"%s\":", *before, name);
    *before = ',';
}

static void add_text(struct fw_buffer *out, char *before, const char *name, const char *value)
{
    member(out, before, name);
    if (value != NULL)
        fw_page_json_text(out, value);
    else
        fw_buffer_add_text(out, "null");
}

static void add_int(struct fw_buffer *out, char *before, const char *name, int64_t value)
{
    member(out, before, name);
    fw_buffer_addf(out, "%" PRId64, value);
}

static void add_int_or_null(struct fw_buffer *out, char *before, const char *name, int64_t value)
{
    if (value != 0)
        add_int(out, before, name, value);
    else
        add_text(out, before, name, NULL);
}

/* NaN is null, infinities are texts. */
static void add_real(struct fw_buffer *out, char *before, const char *name, double value)
{
    if (!isfinite(value)) {
        add_text(out, before, name, isnan(value) ? NULL : value > 0 ? "inf" : "-inf");
        return;
    }
    member(out, before, name);
    fw_json_put_double(out, value);
}

static void add_time(struct fw_buffer *out, char *before, const char *name, int64_t utc_us)
{
    char text[64];
    char date[40];
    struct tm parts;
    time_t seconds = (time_t)(utc_us / 1000000);
    bool is_date = utc_us > 0 && gmtime_r(&seconds, &parts) != NULL && parts.tm_year <= 9999 - 1900 &&
                   strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts) > 0;
    if (is_date)
        snprintf(text, sizeof text, "%s.%06dZ", date, (int)(utc_us % 1000000));
    add_text(out, before, name, is_date ? text : NULL);
}

/* ---- studies ---- */

static void add_study(struct fw_buffer *out, const struct fw_study_row *study)
{
    char before = '{';
    add_int(out, &before, "id", study->id);
    add_text(out, &before, "name", study->name);
    add_text(out, &before, "driver", study->driver);
    add_text(out, &before, "objective", study->objective);
    member(out, &before, "maximise");
    fw_buffer_add_text(out, study->maximise ? "true" : "false");
    add_text(out, &before, "data", study->data);
    add_int(out, &before, "rows", study->rows);
    add_text(out, &before, "status", fw_study_now_status(study));
    add_text(out, &before, "reason", study->reason);
    add_time(out, &before, "started", study->started_us);
    add_time(out, &before, "ended", study->ended_us);
    add_real(out, &before, "seconds", fw_study_now_seconds(study));
    add_int(out, &before, "trials", study->n_trials);
    add_int(out, &before, "complete", study->n_complete);
    add_int(out, &before, "pruned", study->n_pruned);
    add_int(out, &before, "failed", study->n_failed);
    add_int_or_null(out, &before, "best_trial", study->best_trial);
    add_real(out, &before, "best_objective", study->best_objective);
    add_time(out, &before, "last_trial", study->last_trial_us);
}

enum fw_status fw_page_api_studies(const struct fw_page *page, struct fw_error *err)
{
    (void)err;
    char before = '{';
    struct fw_buffer *out = page->out;
    const struct fw_study_list *studies = page->copy->studies;
    add_text(out, &before, "store", fw_store_path(page->copy->store));
    add_time(out, &before, "as_of", page->copy->as_of_us);
    member(out, &before, "studies");
    fw_buffer_add_text(out, "[");
    for (int64_t i = 0; i < studies->n; i++) {
        fw_buffer_add_text(out, i > 0 ? "," : "");
        add_study(out, &studies->rows[i]);
        fw_buffer_add_text(out, "}");
    }
    fw_buffer_add_text(out, "]}\n");
    return FW_OK;
}

enum fw_status fw_page_api_study(const struct fw_page *page, struct fw_error *err)
{
    char before = ',';
    const struct fw_study_row *study;
    struct fw_pace pace;
    struct fw_buffer *out = page->out;
    FW_TRY(fw_page_find_study(&study, page, err));
    FW_TRY(fw_pace_query(&pace, page->copy->store, study->id, err));
    add_study(out, study);
    add_real(out, &before, "trials_a_second", pace.rate);
    add_real(out, &before, "last_trial_seconds", pace.last_seconds);
    add_time(out, &before, "as_of", page->copy->as_of_us);
    fw_buffer_add_text(out, "}\n");
    return FW_OK;
}

/* ---- one trial ---- */

static void add_metrics(struct fw_buffer *out, const struct fw_metric_list *metrics)
{
    fw_buffer_add_text(out, "[");
    for (int64_t i = 0; i < metrics->n; i++) {
        char before = '{';
        fw_buffer_add_text(out, i > 0 ? "," : "");
        add_text(out, &before, "name", metrics->rows[i].name);
        add_int(out, &before, "step", metrics->rows[i].step);
        add_real(out, &before, "value", metrics->rows[i].value);
        fw_buffer_add_text(out, "}");
    }
    fw_buffer_add_text(out, "]");
}

static void add_trial(struct fw_buffer *out, const struct fw_trial_row *row, const struct fw_study_row *study,
                      const struct fw_metric_list *metrics)
{
    char before = '{';
    const struct fw_trial_record *trial = &row->record;
    add_text(out, &before, "study", study->name);
    add_int(out, &before, "number", trial->number);
    add_int_or_null(out, &before, "parent", trial->parent);
    add_text(out, &before, "candidate", trial->candidate);
    add_text(out, &before, "state", fw_trial_state_name(trial->state));
    add_text(out, &before, "reason", trial->reason);
    add_int(out, &before, "step", trial->step);
    add_int(out, &before, "rung", trial->rung);
    add_int(out, &before, "rows", trial->rows);
    add_real(out, &before, "objective", trial->objective);
    add_real(out, &before, "gain", trial->gain);
    add_real(out, &before, "gain_low", trial->gain_low);
    add_real(out, &before, "gain_high", trial->gain_high);
    add_int_or_null(out, &before, "bytes", trial->bytes);
    add_real(out, &before, "seconds", trial->seconds);
    add_time(out, &before, "finished", row->finished_us);
    member(out, &before, "metrics");
    add_metrics(out, metrics);
    fw_buffer_add_text(out, "}\n");
}

enum fw_status fw_page_api_trial(const struct fw_page *page, struct fw_error *err)
{
    const struct fw_study_row *study;
    struct fw_trial_list trial = {0};
    struct fw_metric_list metrics = {0};
    struct fw_store *store = page->copy->store;
    FW_TRY(fw_page_find_study(&study, page, err));
    FW_TRY(fw_query_trial(&trial, store, study->id, page->request->trial, err));
    enum fw_status status = fw_query_metrics(&metrics, store, trial.rows[0].id, err);
    if (status == FW_OK) {
        add_trial(page->out, &trial.rows[0], study, &metrics);
        fw_metric_list_clear(&metrics);
    }
    fw_trial_list_clear(&trial);
    return status;
}
