/* Bytes against quality, where trials cost memory that differs. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "results/drawing/front_chart.h"
#include "results/drawing/html.h"
#include "results/drawing/svg.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"

/* Trials that have a text of their own in the picture: no more marks are told apart by a pointer. */
#define TEXTS_MOST 500

enum { text_size = 160 };

struct front {
    const struct fw_study_facts *facts;
    struct fw_front_point *points;
    char (*texts)[text_size];
    int64_t n, taken;
    const char *names[FW_SVG_SERIES]; /* of series; the last holds all that come after */
    int n_names;
    struct fw_text_pool pool;
};

/* Bytes of crosses are those of a column and not of a whole model. */
static bool has(const struct fw_study_facts *f)
{
    int64_t bytes = 0;
    if (f->kind == FW_STUDY_CROSSES)
        return false;
    for (int64_t i = 0; i < f->n_ranked; i++) {
        const struct fw_trial_record *trial = fw_study_facts_at(f, f->ranked[i]);
        if (trial->bytes > 0 && bytes > 0 && trial->bytes != bytes)
            return true;
        bytes = trial->bytes > 0 ? trial->bytes : bytes;
    }
    return false;
}

static enum fw_status series_of(int *out, struct front *f, const char *name, struct fw_error *err)
{
    bool refused = false;
    for (*out = 0; *out < f->n_names; ++*out) {
        if (strcmp(f->names[*out], name) == 0)
            return FW_OK;
    }
    if (f->n_names == FW_SVG_SERIES) {
        *out = FW_SVG_SERIES - 1;
        f->names[*out] = "others";
        return FW_OK;
    }
    f->names[f->n_names++] = fw_text_pool_add(&f->pool, name, &refused);
    return refused ? fw_error_nomem(err, f->facts->mem, "the points of a plot", 1, strlen(name) + 1) : FW_OK;
}

/* Answers of different methods, and models, are series of their own. */
static enum fw_status find_series(int *out, struct front *f, const struct fw_trial_record *trial, struct fw_error *err)
{
    enum fw_study_kind kind = f->facts->kind;
    const char *member = kind == FW_STUDY_SIZES ? "method" : "model";
    enum fw_status status = FW_OK;
    cJSON *json = NULL;
    *out = 0;
    if (kind != FW_STUDY_SIZES && kind != FW_STUDY_TRAIN)
        return FW_OK;
    if (fw_json_parse(&json, trial->candidate, strlen(trial->candidate), "a candidate", NULL) != FW_OK)
        json = NULL;
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(json, member);
    status = series_of(out, f, cJSON_IsString(name) ? name->valuestring : "(none)", err);
    cJSON_Delete(json);
    return status;
}

static enum fw_status gather(struct front *f, struct fw_error *err)
{
    const struct fw_study_facts *facts = f->facts;
    f->taken = -1;
    for (int64_t i = 0; i < facts->n_ranked; i++) {
        const struct fw_trial_record *trial = fw_study_facts_at(facts, facts->ranked[i]);
        int series = 0;
        char figure[32];
        char bytes[32];
        if (trial->bytes <= 0 || !isfinite(trial->objective))
            continue;
        FW_TRY(find_series(&series, f, trial, err));
        f->taken = facts->ranked[i] == facts->taken ? f->n : f->taken;
        f->points[f->n] = (struct fw_front_point){(double)trial->bytes, trial->objective, series, NULL};
        if (f->n < TEXTS_MOST) {
            snprintf(f->texts[f->n], text_size, "trial %" PRId64 ": %s, %s", trial->number,
                     fw_text_bytes(bytes, (double)trial->bytes), fw_report_figure(figure, trial->objective));
            f->points[f->n].text = f->texts[f->n];
        }
        f->n++;
    }
    return FW_OK;
}

static enum fw_status draw(struct fw_buffer *out, const struct front *f, struct fw_error *err)
{
    char label[160];
    char texts[2][32];
    int64_t drawn = 0;
    const struct fw_study_row *study = f->facts->study;
    snprintf(label, sizeof label, "%.100s (%s is better)", study->objective, study->maximise ? "higher" : "lower");
    struct fw_front_chart chart = {.points = f->points,
                                   .n = f->n,
                                   .x_label = f->facts->kind == FW_STUDY_SIZES ? "bytes of embeddings (log scale)"
                                                                               : "bytes of the model (log scale)",
                                   .y_label = label,
                                   .title = "Bytes against the objective, a mark a trial",
                                   .maximise = study->maximise,
                                   .taken = f->taken,
                                   .taken_as = "taken"};
    FW_TRY(fw_front_chart_add(out, &drawn, &chart, err));
    if (f->n_names > 1)
        fw_svg_legend(out, f->names, f->n_names, FW_SVG_LEGEND_MARKS);
    fw_html_paragraph(out, "note",
                      "A mark a trial. The line of steps is the best figure for so many bytes: what lies on it is "
                      "beaten by nothing smaller.");
    if (drawn < f->n)
        fw_report_paragraph(out, "note",
                            "%s of %s marks are drawn: one of those that would lie over each other, and all on the "
                            "line.",
                            fw_text_count(texts[0], drawn), fw_text_count(texts[1], f->n));
    return FW_OK;
}

static enum fw_status add(struct fw_buffer *out, const struct fw_study_facts *facts, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct front f = {.facts = facts};
    int64_t told = facts->n_ranked < TEXTS_MOST ? facts->n_ranked : TEXTS_MOST;
    fw_text_pool_init(&f.pool, facts->mem);
    FW_ALLOC_GOTO(f.points, facts->mem, facts->n_ranked, "the points of a plot", err, done);
    FW_ALLOC_GOTO(f.texts, facts->mem, told, "the points of a plot", err, done);
    FW_TRY_GOTO(gather(&f, err), done);
    status = draw(out, &f, err);
done:
    fw_free(facts->mem, f.texts);
    fw_free(facts->mem, f.points);
    fw_text_pool_clear(&f.pool);
    return status;
}

const struct fw_report_section fw_report_front = {"front", "Bytes and quality", has, add};
