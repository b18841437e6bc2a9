#include "cli/trials/short_candidates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "results/candidate_text.h"
#include "results/flat_json.h"
#include "results/short_name.h"

/* What the settings are told against. */
struct background {
    struct fw_flat options;
    struct fw_flat *candidates; /* (n) */
    int64_t n;
};

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
        if (other != NULL && strcmp(other->value, member->value) != 0)
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

/* Crosses, and sizes by input, are words of their own. */
static bool is_spoken(const char *candidate)
{
    return strstr(candidate, "\"cross\":") != NULL || strstr(candidate, "\"inputs\":") != NULL;
}

static void add_text(struct fw_buffer *out, const char *candidate, const struct background *ground, int64_t i)
{
    const struct fw_flat *flat = &ground->candidates[i];
    if (is_spoken(candidate)) {
        fw_candidate_text(out, candidate, false);
        return;
    }
    for (int64_t m = 0; m < flat->n; m++) {
        if (tells(ground, i, &flat->rows[m]))
            add_member(out, &flat->rows[m], out->length == 0);
    }
    if (out->length == 0)
        fw_buffer_add_text(out, flat->n > 0 ? "(as the options of the study)" : candidate);
}

static enum fw_status add_texts(const char **texts_out, struct fw_text_pool *pool, const struct fw_trial_list *trials,
                                const struct background *ground, struct fw_error *err)
{
    for (int64_t i = 0; i < trials->n; i++) {
        struct fw_buffer text;
        char cut[FW_SHORT_NAME_SIZE];
        bool refused = false;
        fw_buffer_init(&text, NULL);
        add_text(&text, trials->rows[i].record.candidate, ground, i);
        enum fw_status status = fw_buffer_check(&text, err);
        if (status == FW_OK) {
            fw_short_name(cut, text.data != NULL ? text.data : "", FW_SHORT_NAME_MOST);
            texts_out[i] = fw_text_pool_add(pool, cut, &refused);
        }
        fw_buffer_clear(&text);
        FW_TRY(status);
        if (refused)
            return fw_error_nomem(err, NULL, "the texts of candidates", 1, sizeof cut);
    }
    return FW_OK;
}

enum fw_status trials_short_candidates(const char **texts_out, struct fw_text_pool *pool,
                                       const struct fw_trial_list *trials, const char *options, struct fw_error *err)
{
    struct background ground = {0};
    enum fw_status status;
    FW_TRY(fw_flat_read(&ground.options, options, NULL, err));
    FW_ALLOC_GOTO(ground.candidates, NULL, trials->n, "the members of candidates", err, done);
    for (; ground.n < trials->n; ground.n++)
        FW_TRY_GOTO(fw_flat_read(&ground.candidates[ground.n], trials->rows[ground.n].record.candidate, NULL, err),
                    done);
    status = add_texts(texts_out, pool, trials, &ground, err);
done:
    for (int64_t i = 0; i < ground.n; i++)
        fw_flat_clear(&ground.candidates[i]);
    fw_free(NULL, ground.candidates);
    fw_flat_clear(&ground.options);
    return status;
}
