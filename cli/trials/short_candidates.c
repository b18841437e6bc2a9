#include "cli/trials/short_candidates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "results/drawing/candidate_text.h"
#include "results/drawing/short_name.h"
#include "results/insight/flat_json.h"

/* What the settings are told against. */
struct background {
    struct fw_flat options;
    struct fw_flat *candidates; /* (n) */
    int64_t n;
    bool whole; /* crosses with those that were there before */
};

/* Whether two candidates are of one model, as far as they say. */
static bool same_model(const struct fw_flat *a, const struct fw_flat *b)
{
    const struct fw_flat_member *x = fw_flat_find(a, "model");
    const struct fw_flat_member *y = fw_flat_find(b, "model");
    return x == NULL || y == NULL || strcmp(x->value, y->value) == 0;
}

/* Whether this member of candidate `i` says anything. */
static bool tells(const struct background *ground, int64_t i, const struct fw_flat_member *member)
{
    char name[256];
    if (strcmp(member->name, "model") == 0)
        return true;
    snprintf(name, sizeof name, "settings.%s", member->name);
    const struct fw_flat_member *usual = fw_flat_find(&ground->options, name);
    if (usual != NULL)
        return strcmp(usual->value, member->value) != 0;
    for (int64_t k = 0; k < ground->n; k++) {
        const struct fw_flat_member *other = k != i ? fw_flat_find(&ground->candidates[k], member->name) : NULL;
        if (other != NULL && strcmp(other->value, member->value) != 0 &&
            same_model(&ground->candidates[i], &ground->candidates[k]))
            return true;
    }
    return false;
}

/* A number with as many digits as a reader of a table wants. */
static void add_member(struct fw_buffer *out, const struct fw_flat_member *member, bool first)
{
    const char *dot = strrchr(member->name, '.');
    fw_buffer_addf(out, "%s%s=", first ? "" : ", ", dot != NULL ? dot + 1 : member->name);
    if (isnan(member->number))
        fw_buffer_add_text(out, member->value);
    else
        fw_buffer_addf(out, "%.4g", member->number);
}

/* Crosses are words of their own, and so are sizes: "nis: workclass 10x16, education 13x12 and 20 more inputs". */
static bool speaks(struct fw_buffer *out, const char *candidate, const struct background *ground,
                   const struct fw_flat *flat)
{
    const struct fw_flat_member *method = fw_flat_find(flat, "method");
    if (strstr(candidate, "\"cross\":") != NULL) {
        fw_candidate_text(out, candidate, ground->whole);
        return true;
    }
    if (method == NULL || strstr(candidate, "\"inputs\":") == NULL)
        return false;
    struct fw_buffer whole;
    fw_buffer_init(&whole, NULL);
    fw_candidate_text(&whole, candidate, false);
    const char *sizes = whole.data != NULL ? strstr(whole.data, "inputs=") : NULL;
    fw_buffer_addf(out, "%s: %s", method->value, sizes != NULL ? sizes + strlen("inputs=") : "");
    out->failed = out->failed || whole.failed;
    fw_buffer_clear(&whole);
    return true;
}

/* Whether the options of the study name settings. */
static bool has_usual(const struct background *ground)
{
    for (int64_t i = 0; i < ground->options.n; i++) {
        if (strncmp(ground->options.rows[i].name, "settings.", 9) == 0)
            return true;
    }
    return false;
}

static void add_text(struct fw_buffer *out, const char *candidate, const struct background *ground, int64_t i)
{
    const struct fw_flat *flat = &ground->candidates[i];
    const struct fw_flat_member *model = fw_flat_find(flat, "model");
    if (candidate == NULL || speaks(out, candidate, ground, flat))
        return;
    if (model != NULL)
        fw_buffer_add_text(out, model->value);
    for (int64_t m = 0; m < flat->n; m++) {
        if (&flat->rows[m] != model && tells(ground, i, &flat->rows[m]))
            add_member(out, &flat->rows[m], out->length == 0);
    }
    if (out->length > 0)
        return;
    if (has_usual(ground))
        fw_buffer_add_text(out, "as the study's options");
    else
        fw_candidate_text(out, candidate, false);
}

static enum fw_status add_texts(struct trials_short *out, const char *const *candidates, int64_t n,
                                const struct background *ground, struct fw_error *err)
{
    for (int64_t i = 0; i < n; i++) {
        struct fw_buffer text;
        char cut[FW_SHORT_NAME_SIZE];
        bool refused = false;
        fw_buffer_init(&text, NULL);
        add_text(&text, candidates[i], ground, i);
        enum fw_status status = fw_buffer_check(&text, err);
        if (status == FW_OK) {
            fw_short_name(cut, text.data != NULL ? text.data : "", FW_SHORT_NAME_MOST);
            out->texts[i] = fw_text_pool_add(&out->pool, cut, &refused);
        }
        fw_buffer_clear(&text);
        FW_TRY(status);
        if (refused)
            return fw_error_nomem(err, NULL, "the texts of candidates", 1, sizeof cut);
    }
    return FW_OK;
}

enum fw_status trials_short_init(struct trials_short *out, const char *const *candidates, int64_t n, bool whole,
                                 const char *options, struct fw_error *err)
{
    struct background ground = {.whole = whole};
    enum fw_status status;
    *out = (struct trials_short){0};
    fw_text_pool_init(&out->pool, NULL);
    FW_TRY(fw_flat_read(&ground.options, options, NULL, err));
    FW_ALLOC_GOTO(out->texts, NULL, n, "the texts of candidates", err, done);
    FW_ALLOC_GOTO(ground.candidates, NULL, n, "the members of candidates", err, done);
    for (; ground.n < n; ground.n++)
        FW_TRY_GOTO(fw_flat_read(&ground.candidates[ground.n], candidates[ground.n], NULL, err), done);
    status = add_texts(out, candidates, n, &ground, err);
done:
    for (int64_t i = 0; i < ground.n; i++)
        fw_flat_clear(&ground.candidates[i]);
    fw_free(NULL, ground.candidates);
    fw_flat_clear(&ground.options);
    if (status != FW_OK)
        trials_short_clear(out);
    return status;
}

enum fw_status trials_short_of_trials(struct trials_short *out, const struct fw_trial_list *trials, const char *options,
                                      struct fw_error *err)
{
    const char **candidates;
    FW_ALLOC(candidates, NULL, trials->n, "the texts of candidates", err);
    for (int64_t i = 0; i < trials->n; i++)
        candidates[i] = trials->rows[i].record.candidate;
    enum fw_status status = trials_short_init(out, candidates, trials->n, true, options, err);
    fw_free(NULL, candidates);
    return status;
}

void trials_short_clear(struct trials_short *list)
{
    fw_free(NULL, list->texts);
    fw_text_pool_clear(&list->pool);
    *list = (struct trials_short){0};
}
