#include "results/insight/importance_members.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "results/insight/flat_json.h"

enum { most_codes = 64 }; /* further texts of a member share the last code */

/* A member under construction. */
struct member {
    const char *name;
    const char *codes[most_codes]; /* texts met so far */
    int n_codes;
    bool has_text;           /* at least one value is no number */
    double *numbers, *coded; /* (n_trials) NaN: none */
};

struct members {
    struct member *rows;
    int64_t n, capacity;
    int64_t n_trials;
    struct fw_text_pool *texts;
    struct fw_allocator *mem;
    bool refused;
};

static void clear_members(struct members *members)
{
    for (int64_t m = 0; m < members->n; m++) {
        fw_free(members->mem, members->rows[m].numbers);
        fw_free(members->mem, members->rows[m].coded);
    }
    fw_free(members->mem, members->rows);
}

static enum fw_status find_member(struct member **out, struct members *members, const char *name, struct fw_error *err)
{
    for (int64_t m = 0; m < members->n; m++) {
        if (strcmp(members->rows[m].name, name) == 0) {
            *out = &members->rows[m];
            return FW_OK;
        }
    }
    FW_TRY(fw_reserve(members->mem, &members->rows, &members->capacity, members->n + 1, sizeof *members->rows, err));
    struct member *row = &members->rows[members->n++];
    *row = (struct member){.name = fw_text_pool_add(members->texts, name, &members->refused)};
    FW_ALLOC(row->numbers, members->mem, members->n_trials, "the values of a member", err);
    FW_ALLOC(row->coded, members->mem, members->n_trials, "the values of a member", err);
    for (int64_t t = 0; t < members->n_trials; t++)
        row->numbers[t] = row->coded[t] = (double)NAN;
    *out = row;
    return FW_OK;
}

static int code_of(struct members *members, struct member *member, const char *value)
{
    int code = 0;
    while (code < member->n_codes && strcmp(member->codes[code], value) != 0)
        code++;
    if (code == member->n_codes && code < most_codes - 1)
        member->codes[member->n_codes++] = fw_text_pool_add(members->texts, value, &members->refused);
    return code;
}

static enum fw_status read_trial(struct members *members, int64_t trial, const char *candidate, struct fw_error *err)
{
    struct fw_flat flat;
    enum fw_status status = FW_OK;
    FW_TRY(fw_flat_read(&flat, candidate, members->mem, err));
    for (int64_t i = 0; i < flat.n; i++) {
        struct member *member = NULL;
        FW_TRY_GOTO(find_member(&member, members, flat.rows[i].name, err), done);
        member->numbers[trial] = flat.rows[i].number;
        member->coded[trial] = code_of(members, member, flat.rows[i].value);
        member->has_text = member->has_text || isnan(flat.rows[i].number);
    }
    if (members->refused)
        status = fw_error_nomem(err, members->mem, "the values of a member", 1, 1);
done:
    fw_flat_clear(&flat);
    return status;
}

/* The trials that were judged alike: complete ones, or pruned ones where those are more. */
static int64_t select_trials(int64_t *chosen, const struct fw_trial_list *trials)
{
    int64_t count[2] = {0};
    for (int64_t i = 0; i < trials->n; i++) {
        enum fw_trial_state state = trials->rows[i].record.state;
        count[0] += state == FW_TRIAL_COMPLETE;
        count[1] += state == FW_TRIAL_PRUNED;
    }
    enum fw_trial_state wanted = count[1] > count[0] ? FW_TRIAL_PRUNED : FW_TRIAL_COMPLETE;
    int64_t n = 0;
    for (int64_t i = 0; i < trials->n; i++) {
        if (trials->rows[i].record.state == wanted)
            chosen[n++] = i;
    }
    return n;
}

static int compare_int32(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a;
    int32_t y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

static enum fw_status count_blocks(int64_t *out, const int32_t *block, int64_t n, struct fw_allocator *mem,
                                   struct fw_error *err)
{
    int32_t *sorted;
    FW_ALLOC(sorted, mem, n, "the rungs of trials", err);
    if (n > 0) {
        memcpy(sorted, block, (size_t)n * sizeof *sorted);
        qsort(sorted, (size_t)n, sizeof *sorted, compare_int32);
    }
    *out = n > 0 ? 1 : 0;
    for (int64_t i = 1; i < n; i++)
        *out += sorted[i] != sorted[i - 1];
    fw_free(mem, sorted);
    return FW_OK;
}

/* Trials are compared within their rung and step (of `tune` the bracket, of `embed` the round), or within their rung
 * alone where steps have hardly a trial to compare with. */
static enum fw_status cut_blocks(int32_t *block, int64_t *n_out, const struct fw_trial_list *trials,
                                 const int64_t *chosen, int64_t n, struct fw_allocator *mem, struct fw_error *err)
{
    for (int steps = 1; steps >= 0; steps--) {
        for (int64_t t = 0; t < n; t++) {
            const struct fw_trial_record *record = &trials->rows[chosen[t]].record;
            block[t] = steps ? record->rung * 65536 + record->step % 65536 : record->rung;
        }
        FW_TRY(count_blocks(n_out, block, n, mem, err));
        if (*n_out <= n / 2)
            break;
    }
    return FW_OK;
}

/* The best level in words. */
static const char *best_text(struct members *members, const struct member *member, const struct fw_effect *effect,
                             bool has_missing)
{
    char low[32];
    char high[32];
    char text[96];
    if (isnan(effect->best_low))
        return fw_text_pool_add(members->texts, has_missing ? "(none)" : "(others)", &members->refused);
    if (member->has_text) {
        int code = (int)effect->best_low;
        return code < member->n_codes ? member->codes[code]
                                      : fw_text_pool_add(members->texts, "(others)", &members->refused);
    }
    snprintf(low, sizeof low, "%.4g", effect->best_low);
    snprintf(high, sizeof high, "%.4g", effect->best_high);
    if (strcmp(low, high) == 0)
        snprintf(text, sizeof text, "%s", low);
    else
        snprintf(text, sizeof text, "%s to %s", low, high);
    return fw_text_pool_add(members->texts, text, &members->refused);
}

static int compare_effects(const void *a, const void *b)
{
    const struct fw_member_effect *x = a;
    const struct fw_member_effect *y = b;
    if (x->effect.share != y->effect.share)
        return x->effect.share > y->effect.share ? -1 : 1;
    return strcmp(x->name, y->name);
}

static enum fw_status measure(struct fw_member_effects *out, struct members *members,
                              const struct fw_ranked_trials *trials, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_factor *factors = NULL;
    struct fw_effect *effects = NULL;
    FW_ALLOC_GOTO(factors, members->mem, members->n, "the effects of members", err, done);
    FW_ALLOC_GOTO(effects, members->mem, members->n, "the effects of members", err, done);
    FW_ALLOC_GOTO(out->rows, members->mem, members->n, "the effects of members", err, done);
    for (int64_t m = 0; m < members->n; m++) {
        const struct member *row = &members->rows[m];
        factors[m] = (struct fw_factor){row->has_text ? row->coded : row->numbers, row->has_text};
    }
    FW_TRY_GOTO(fw_importance_measure(effects, &out->chance, factors, (int)members->n, trials, members->mem, err),
                done);
    for (int64_t m = 0; m < members->n; m++) {
        bool has_missing = false;
        for (int64_t t = 0; t < trials->n; t++)
            has_missing = has_missing || isnan(factors[m].values[t]);
        if (effects[m].n_levels < 2)
            out->n_constant++;
        else
            out->rows[out->n++] =
                (struct fw_member_effect){.name = members->rows[m].name,
                                          .is_name = factors[m].is_name,
                                          .best = best_text(members, &members->rows[m], &effects[m], has_missing),
                                          .effect = effects[m]};
    }
    qsort(out->rows, (size_t)out->n, sizeof *out->rows, compare_effects);
    if (members->refused)
        status = fw_error_nomem(err, members->mem, "the effects of members", 1, 1);
done:
    fw_free(members->mem, effects);
    fw_free(members->mem, factors);
    return status;
}

static enum fw_status measure_trials(struct fw_member_effects *out, const struct fw_trial_list *trials,
                                     struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct members members = {.texts = &out->texts, .mem = mem};
    int64_t *chosen = NULL;
    int32_t *block = NULL;
    double *objective = NULL;
    FW_ALLOC_GOTO(chosen, mem, trials->n, "the trials of a study", err, done);
    FW_ALLOC_GOTO(block, mem, trials->n, "the trials of a study", err, done);
    FW_ALLOC_GOTO(objective, mem, trials->n, "the trials of a study", err, done);
    out->n_trials = members.n_trials = select_trials(chosen, trials);
    FW_TRY_GOTO(cut_blocks(block, &out->n_blocks, trials, chosen, out->n_trials, mem, err), done);
    for (int64_t t = 0; t < out->n_trials; t++) {
        const struct fw_trial_record *record = &trials->rows[chosen[t]].record;
        objective[t] = record->objective;
        FW_TRY_GOTO(read_trial(&members, t, record->candidate, err), done);
    }
    struct fw_ranked_trials ranked = {objective, block, out->n_trials, true};
    FW_TRY_GOTO(measure(out, &members, &ranked, err), done);
done:
    clear_members(&members);
    fw_free(mem, objective);
    fw_free(mem, block);
    fw_free(mem, chosen);
    return status;
}

enum fw_status fw_importance_of_members(struct fw_member_effects *out, struct fw_store *store, int64_t study,
                                        bool maximise, struct fw_error *err)
{
    struct fw_trial_list trials;
    struct fw_member_effects effects = {.chance = (double)NAN};
    FW_TRY(fw_query_judged(&trials, store, study, err));
    struct fw_allocator *mem = trials.texts.mem;
    fw_text_pool_init(&effects.texts, mem);
    for (int64_t t = 0; !maximise && t < trials.n; t++)
        trials.rows[t].record.objective = -trials.rows[t].record.objective;
    enum fw_status status = measure_trials(&effects, &trials, mem, err);
    fw_trial_list_clear(&trials);
    if (status == FW_OK)
        *out = effects;
    else
        fw_member_effects_clear(&effects);
    return status;
}

void fw_member_effects_clear(struct fw_member_effects *effects)
{
    fw_free(effects->texts.mem, effects->rows);
    fw_text_pool_clear(&effects->texts);
    memset(effects, 0, sizeof *effects);
}
