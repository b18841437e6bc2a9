#include "results/insight/lineage.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "results/insight/flat_json.h"
#include "results/store/sql.h"

struct tracer {
    struct fw_lineage *out;
    struct fw_store *store;
    const struct fw_lineage_file *file;
    struct fw_study_list known; /* all studies */
};

static const struct fw_study_row *find_study(const struct tracer *t, int64_t id)
{
    for (int64_t i = 0; i < t->known.n; i++) {
        if (t->known.rows[i].id == id)
            return &t->known.rows[i];
    }
    return NULL;
}

static enum fw_status add_part(struct tracer *t, const char *part, const char *what, int64_t study, int64_t trial,
                               const char *state, struct fw_error *err)
{
    struct fw_lineage *out = t->out;
    struct fw_allocator *mem = t->store->mem;
    bool refused = false;
    FW_TRY(fw_reserve(mem, &out->parts, &out->capacity, out->n_parts + 1, sizeof *out->parts, err));
    out->parts[out->n_parts++] = (struct fw_lineage_part){.part = part,
                                                          .what = fw_text_pool_add(&out->texts, what, &refused),
                                                          .study = study,
                                                          .trial = trial,
                                                          .state = fw_text_pool_add(&out->texts, state, &refused)};
    return refused ? fw_error_nomem(err, mem, "the parts of a plan", 1, 1) : FW_OK;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The study that wrote the file; 0 when the store does not know. */
static enum fw_status trace_file(int64_t *study_out, struct tracer *t, struct fw_error *err)
{
    static const char sql[] = "SELECT study_id, path, bytes, checksum FROM artifacts ORDER BY id DESC";
    const struct fw_lineage_file *file = t->file;
    struct fw_sql q;
    bool row;
    int64_t same = 0;  /* study with a file of this content */
    int64_t named = 0; /* study with another file of this name */
    char text[FW_ERROR_MESSAGE_SIZE];
    FW_TRY(fw_sql_prepare(&q, t->store, sql, err));
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        const char *path = fw_sql_text(&q, 1);
        if (same == 0 && fw_sql_hash(&q, 3) == file->checksum && fw_sql_int(&q, 2) == file->bytes)
            same = fw_sql_int(&q, 0);
        if (named == 0 && path != NULL && strcmp(base_name(path), base_name(file->path)) == 0)
            named = fw_sql_int(&q, 0);
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    const struct fw_study_row *study = find_study(t, same != 0 ? same : named);
    *study_out = same;
    if (same != 0)
        snprintf(text, sizeof text, "as written");
    else if (study != NULL)
        snprintf(text, sizeof text, "not as study '%s' wrote it: changed since, or another file of that name",
                 study->name);
    else
        snprintf(text, sizeof text, "unknown to this store; name the store that it was made with: --store FILE");
    return add_part(t, "file", file->path, same, 0, text, err);
}

/* Whether two figures are the same but for the digits that a document keeps. */
static bool agree(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fmax(1, fabs(a)) || (isnan(a) && isnan(b));
}

/* A part that the plan says was chosen by a trial: is it that trial, in this store? driver NULL: any. */
static enum fw_status trace_part(struct tracer *t, const char *part, const char *what, const char *driver,
                                 int64_t study, int64_t trial, double figure, struct fw_error *err)
{
    const struct fw_plan_origin *origin = &t->file->plan->origin;
    const struct fw_study_row *row = find_study(t, study);
    struct fw_trial_list found = {0};
    char text[FW_ERROR_MESSAGE_SIZE];
    bool same = row != NULL && (driver == NULL || strcmp(row->driver, driver) == 0) &&
                (driver != NULL || row->data_fingerprint == origin->data_fingerprint);
    if (same && trial > 0) {
        FW_TRY(fw_query_trials_numbered(&found, t->store, study, &trial, 1, err));
        same = found.n == 1 && (isnan(figure) || agree(found.rows[0].record.objective, figure));
        fw_trial_list_clear(&found);
    }
    if (same)
        return add_part(t, part, what, study, trial, "in this store", err);
    if (study == 0)
        snprintf(text, sizeof text, "no study is named by the plan: it was searched with --no-store");
    else
        snprintf(text, sizeof text, "chosen by study %" PRId64 " of another store%s%s; name it with --store FILE",
                 study, origin->store != NULL ? ": " : "", origin->store != NULL ? origin->store : "");
    return add_part(t, part, what, 0, 0, text, err);
}

static enum fw_status trace_crosses(struct tracer *t, struct fw_error *err)
{
    const struct fw_plan *plan = t->file->plan;
    enum fw_status status = FW_OK;
    for (int32_t c = 0; c < plan->n_crosses && status == FW_OK; c++) {
        const struct fw_plan_cross *cross = &plan->crosses[c];
        struct fw_buffer text;
        fw_buffer_init(&text, t->store->mem);
        for (int32_t f = 0; f < cross->order; f++)
            fw_buffer_addf(&text, "%s%s", f > 0 ? " x " : "", cross->fields[f]);
        status = fw_buffer_check(&text, err);
        if (status == FW_OK)
            status = trace_part(t, "cross", text.data, NULL, plan->origin.study, cross->trial, cross->objective, err);
        fw_buffer_clear(&text);
    }
    return status;
}

static enum fw_status trace_sizes(struct tracer *t, struct fw_error *err)
{
    const struct fw_plan *plan = t->file->plan;
    char text[128];
    char bytes[32];
    if (plan->sizes == NULL)
        return FW_OK;
    snprintf(text, sizeof text, "of %d inputs%s%s", (int)plan->sizes->n, plan->sizing.memory > 0 ? " within " : "",
             plan->sizing.memory > 0 ? fw_text_bytes(bytes, (double)plan->sizing.memory) : "");
    return trace_part(t, "embedding sizes", text, "embed", plan->sizing.study, plan->sizing.trial,
                      plan->sizing.metric != NULL ? plan->sizing.quality : (double)NAN, err);
}

static enum fw_status trace_routing(struct tracer *t, struct fw_error *err)
{
    const struct fw_plan *plan = t->file->plan;
    char text[64];
    if (plan->routing == NULL)
        return FW_OK;
    snprintf(text, sizeof text, "lambda %g", plan->route.lambda);
    return trace_part(t, "routing", text, "route", plan->route.study, plan->route.trial,
                      plan->route.metric != NULL ? plan->route.quality : (double)NAN, err);
}

/* Whether a candidate is this model with these settings; a member that only one of them has does not tell. */
static bool is_candidate(const struct fw_flat *candidate, const struct fw_flat *settings, const char *model)
{
    int64_t same = 0;
    for (int64_t i = 0; i < candidate->n; i++) {
        const struct fw_flat_member *member = &candidate->rows[i];
        const struct fw_flat_member *own = fw_flat_find(settings, member->name);
        if (strcmp(member->name, "model") == 0 && strcmp(member->value, model) != 0)
            return false;
        if (own != NULL && strcmp(own->value, member->value) != 0)
            return false;
        same += own != NULL;
    }
    return same > 0;
}

/* The trial of the study that wrote the model which has the model's settings. */
static enum fw_status trace_settings(struct tracer *t, int64_t study, struct fw_error *err)
{
    const struct fw_study_row *row = find_study(t, study);
    struct fw_trial_list trials;
    struct fw_flat settings;
    enum fw_status status = FW_OK;
    int64_t trial = 0;
    if (t->file->model == NULL || row == NULL)
        return FW_OK;
    FW_TRY(fw_flat_read(&settings, t->file->settings, t->store->mem, err));
    status = fw_query_best(&trials, t->store, study, row->maximise, 0, err);
    if (status != FW_OK) {
        fw_flat_clear(&settings);
        return status;
    }
    for (int64_t i = 0; i < trials.n && trial == 0; i++) {
        struct fw_flat candidate;
        FW_TRY_GOTO(fw_flat_read(&candidate, trials.rows[i].record.candidate, t->store->mem, err), done);
        if (is_candidate(&candidate, &settings, t->file->model))
            trial = trials.rows[i].record.number;
        fw_flat_clear(&candidate);
    }
    status = add_part(t, "settings", t->file->model, study, trial,
                      trial > 0 ? "in this store" : "the study has no trial with these settings", err);
done:
    fw_trial_list_clear(&trials);
    fw_flat_clear(&settings);
    return status;
}

/* The studies of the parts, by the time of their start. */
static void list_studies(struct tracer *t)
{
    struct fw_study_list *list = &t->known;
    int64_t n = 0;
    for (int64_t i = 0; i < list->n; i++) {
        bool part = false;
        for (int64_t p = 0; p < t->out->n_parts; p++)
            part = part || t->out->parts[p].study == list->rows[i].id;
        if (part)
            list->rows[n++] = list->rows[i];
    }
    list->n = n;
    for (int64_t i = 1; i < n; i++) { /* few, and nearly in order: ids grow with time */
        struct fw_study_row row = list->rows[i];
        int64_t k = i;
        for (; k > 0 && list->rows[k - 1].started_us > row.started_us; k--)
            list->rows[k] = list->rows[k - 1];
        list->rows[k] = row;
    }
    t->out->studies = *list;
    memset(list, 0, sizeof *list);
}

enum fw_status fw_lineage_trace(struct fw_lineage *out, struct fw_store *store, const struct fw_lineage_file *file,
                                struct fw_error *err)
{
    struct fw_lineage lineage = {0};
    struct tracer t = {.out = &lineage, .store = store, .file = file};
    int64_t study = 0;
    enum fw_status status;
    fw_text_pool_init(&lineage.texts, store->mem);
    FW_TRY_GOTO(fw_query_study_facts(&t.known, store, NULL, err), done);
    FW_TRY_GOTO(trace_file(&study, &t, err), done);
    FW_TRY_GOTO(trace_crosses(&t, err), done);
    FW_TRY_GOTO(trace_sizes(&t, err), done);
    FW_TRY_GOTO(trace_routing(&t, err), done);
    FW_TRY_GOTO(trace_settings(&t, study, err), done);
    list_studies(&t);
    *out = lineage;
done:
    fw_study_list_clear(&t.known);
    if (status != FW_OK)
        fw_lineage_clear(&lineage);
    return status;
}

void fw_lineage_clear(struct fw_lineage *lineage)
{
    fw_free(lineage->texts.mem, lineage->parts);
    fw_study_list_clear(&lineage->studies);
    fw_text_pool_clear(&lineage->texts);
    memset(lineage, 0, sizeof *lineage);
}
