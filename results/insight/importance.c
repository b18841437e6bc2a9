#include "results/insight/importance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"

enum { n_shuffles = 400, most_levels = FW_IMPORTANCE_LEVELS + 1 }; /* one for trials without the member */

/* What is shuffled and summed. Trials are in the order of their blocks. */
struct work {
    double *ranks;      /* (n) within the block, from -1/2 to 1/2, high is good */
    int64_t *order;     /* (n) trial at this place */
    uint8_t *levels;    /* (n_factors, n) in the order of places */
    int64_t *block_end; /* (n) place behind the last of the block that this place is in */
    double total;       /* sum of squared ranks, whose mean is 0 in each block */
    int64_t n;
};

/* A value with where it came from, for sorting. */
struct entry {
    double value;
    int64_t index;
    int32_t block;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    if (x->block != y->block)
        return x->block < y->block ? -1 : 1;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Ranks of one sorted block; ties share theirs. */
static void rank_block(struct work *w, const struct entry *entries, int64_t start, int64_t end)
{
    double m = (double)(end - start);
    for (int64_t i = start; i < end;) {
        int64_t j = i;
        while (j < end && entries[j].value == entries[i].value)
            j++;
        double rank = (double)(i + j - 2 * start) / 2; /* places i .. j - 1 */
        for (; i < j; i++) {
            w->order[i] = entries[i].index;
            w->ranks[i] = rank / m - 0.5;
            w->block_end[i] = end;
        }
    }
}

static void rank_trials(struct work *w, struct entry *entries, const struct fw_ranked_trials *trials)
{
    for (int64_t i = 0; i < w->n; i++) {
        double value = trials->maximise ? trials->objective[i] : -trials->objective[i];
        entries[i] = (struct entry){value, i, trials->block != NULL ? trials->block[i] : 0};
    }
    qsort(entries, (size_t)w->n, sizeof *entries, compare_entries);
    for (int64_t start = 0; start < w->n;) {
        int64_t end = start;
        while (end < w->n && entries[end].block == entries[start].block)
            end++;
        rank_block(w, entries, start, end);
        start = end;
    }
    for (int64_t i = 0; i < w->n; i++)
        w->total += w->ranks[i] * w->ranks[i];
}

/* The level of each place for numbers: each value its own level when there are few, else groups of about equal size,
 * never parting equal values. Returns the number of levels. */
static int cut_numbers(uint8_t *level_of, const struct entry *sorted, int64_t n, int most)
{
    int64_t distinct = n > 0 ? 1 : 0;
    for (int64_t i = 1; i < n; i++)
        distinct += sorted[i].value != sorted[i - 1].value;
    int level = -1;
    int64_t start = 0; /* of the present level */
    for (int64_t i = 0; i < n; i++) {
        bool fresh = i > 0 && sorted[i].value != sorted[i - 1].value;
        bool full = distinct <= most || (i - start) * most >= n;
        if (level < 0 || (fresh && full && level + 1 < most)) {
            level++;
            start = i;
        }
        level_of[sorted[i].index] = (uint8_t)level;
    }
    return level + 1;
}

/* How many names there are that are at least this frequent; `sorted` is by code, so equals are together. */
static int64_t count_names(const struct entry *sorted, int64_t n, int64_t least)
{
    int64_t names = 0;
    for (int64_t i = 0, j = 0; i < n; i = j) {
        while (j < n && sorted[j].value == sorted[i].value)
            j++;
        names += j - i >= least;
    }
    return names;
}

/* Names: the most frequent ones, the first of equals, are levels; the others share the last. */
static int cut_names(uint8_t *level_of, const struct entry *sorted, int64_t n, int most)
{
    int64_t least = 1; /* a name as frequent as this is a level of its own */
    int64_t spare = 0; /* as are so many of those that are one less frequent */
    if (count_names(sorted, n, 1) > most) {
        while (count_names(sorted, n, least) > most - 1)
            least++;
        spare = most - 1 - count_names(sorted, n, least);
    }
    int level = 0;
    for (int64_t i = 0, j = 0; i < n; i = j) {
        while (j < n && sorted[j].value == sorted[i].value)
            j++;
        bool own = j - i >= least || (j - i == least - 1 && spare-- > 0);
        for (int64_t k = i; k < j; k++)
            level_of[sorted[k].index] = own ? (uint8_t)level : UINT8_MAX;
        level += own;
    }
    bool rare = false;
    for (int64_t i = 0; i < n; i++) {
        if (level_of[sorted[i].index] == UINT8_MAX) {
            level_of[sorted[i].index] = (uint8_t)level;
            rare = true;
        }
    }
    return level + rare;
}

/* Levels of all trials, by trial; those without the member are one more. */
static int cut_levels(uint8_t *level_of, struct entry *entries, const struct fw_factor *factor, int64_t n)
{
    int64_t known = 0;
    int most = FW_IMPORTANCE_LEVELS;
    while (most > 2 && n < 5 * most)
        most--; /* five trials a group, or the groups are luck */
    for (int64_t i = 0; i < n; i++) {
        if (!isnan(factor->values[i]))
            entries[known++] = (struct entry){factor->values[i], i, 0};
    }
    qsort(entries, (size_t)known, sizeof *entries, compare_entries);
    int n_levels = factor->is_name ? cut_names(level_of, entries, known, FW_IMPORTANCE_LEVELS)
                                   : cut_numbers(level_of, entries, known, most);
    if (known == n)
        return n_levels;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(factor->values[i]))
            level_of[i] = (uint8_t)n_levels;
    }
    return n_levels + 1;
}

/* Share of the variance of the ranks between the levels, less the mean of luck. */
static double effect(const struct work *w, const uint8_t *levels, const double *ranks, int n_levels)
{
    double sums[most_levels] = {0};
    int64_t counts[most_levels] = {0};
    for (int64_t i = 0; i < w->n; i++) {
        sums[levels[i]] += ranks[i];
        counts[levels[i]]++;
    }
    double between = 0;
    for (int l = 0; l < n_levels; l++)
        between += counts[l] > 0 ? sums[l] * sums[l] / (double)counts[l] : 0;
    double luck = (double)(n_levels - 1) / (double)(w->n - 1);
    return luck < 1 && w->total > 0 ? (between / w->total - luck) / (1 - luck) : 0;
}

static void shuffle(double *ranks, const struct work *w, struct fw_rng *rng)
{
    for (int64_t start = 0; start < w->n; start = w->block_end[start]) {
        for (int64_t left = w->block_end[start] - start; left > 1; left--) {
            int64_t pick = start + (int64_t)fw_rng_below(rng, (uint64_t)left);
            double last = ranks[start + left - 1];
            ranks[start + left - 1] = ranks[pick];
            ranks[pick] = last;
        }
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The 95 % quantile of the largest effect in shuffled trials. */
static double chance_level(double *shuffled, const struct work *w, const struct fw_effect *effects, int n_factors)
{
    double largest[n_shuffles];
    struct fw_rng rng;
    fw_rng_seed(&rng, 0, fw_stream(0, 0, FW_STREAM_SEARCH));
    memcpy(shuffled, w->ranks, (size_t)w->n * sizeof *shuffled);
    for (int s = 0; s < n_shuffles; s++) {
        shuffle(shuffled, w, &rng);
        largest[s] = -INFINITY;
        for (int f = 0; f < n_factors; f++) {
            if (effects[f].n_levels > 1)
                largest[s] = fmax(largest[s], effect(w, w->levels + f * w->n, shuffled, effects[f].n_levels));
        }
    }
    qsort(largest, n_shuffles, sizeof *largest, compare_doubles);
    double level = largest[n_shuffles * 95 / 100];
    return isfinite(level) ? level : (double)NAN;
}

/* The level whose trials rank best. */
static void find_best(struct fw_effect *out, const struct work *w, const uint8_t *levels,
                      const struct fw_factor *factor)
{
    double sums[most_levels] = {0};
    int64_t counts[most_levels] = {0};
    int best = 0;
    for (int64_t i = 0; i < w->n; i++) {
        sums[levels[i]] += w->ranks[i];
        counts[levels[i]]++;
    }
    for (int l = 1; l < out->n_levels; l++) {
        if (counts[l] > 0 && (counts[best] == 0 || sums[l] / (double)counts[l] > sums[best] / (double)counts[best]))
            best = l;
    }
    out->n_best = counts[best];
    out->best_rank = 0.5 - sums[best] / (double)counts[best];
    out->best_low = out->best_high = (double)NAN;
    for (int64_t i = 0; i < w->n; i++) {
        double value = factor->values[w->order[i]];
        if (levels[i] != best || isnan(value))
            continue;
        out->best_low = fmin(value, out->best_low);
        out->best_high = fmax(value, out->best_high);
    }
    if (factor->is_name && out->best_low != out->best_high)
        out->best_low = out->best_high = (double)NAN;
}

static void measure(struct fw_effect *out, const struct work *w, uint8_t *levels, uint8_t *level_of,
                    struct entry *entries, const struct fw_factor *factor)
{
    *out = (struct fw_effect){.n_levels = cut_levels(level_of, entries, factor, w->n)};
    for (int64_t i = 0; i < w->n; i++)
        levels[i] = level_of[w->order[i]];
    out->share = out->n_levels > 1 ? effect(w, levels, w->ranks, out->n_levels) : 0;
    find_best(out, w, levels, factor);
}

enum fw_status fw_importance_measure(struct fw_effect *effects_out, double *chance_out, const struct fw_factor *factors,
                                     int n_factors, const struct fw_ranked_trials *trials, struct fw_allocator *mem,
                                     struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct work w = {.n = trials->n};
    struct entry *entries = NULL;
    uint8_t *level_of = NULL;
    double *shuffled = NULL;
    static const char what[] = "the ranks of trials";
    FW_ALLOC_GOTO(w.ranks, mem, w.n, what, err, done);
    FW_ALLOC_GOTO(w.order, mem, w.n, what, err, done);
    FW_ALLOC_GOTO(w.block_end, mem, w.n, what, err, done);
    FW_ALLOC_GOTO(w.levels, mem, w.n * (n_factors + 1), what, err, done);
    FW_ALLOC_GOTO(entries, mem, w.n, what, err, done);
    FW_ALLOC_GOTO(level_of, mem, w.n, what, err, done);
    FW_ALLOC_GOTO(shuffled, mem, w.n, what, err, done);
    rank_trials(&w, entries, trials);
    for (int f = 0; f < n_factors; f++)
        measure(&effects_out[f], &w, w.levels + f * w.n, level_of, entries, &factors[f]);
    *chance_out = w.n >= 4 ? chance_level(shuffled, &w, effects_out, n_factors) : (double)NAN;
    for (int f = 0; f < n_factors; f++)
        effects_out[f].beyond = effects_out[f].n_levels > 1 && effects_out[f].share > *chance_out;
done:
    fw_free(mem, shuffled);
    fw_free(mem, level_of);
    fw_free(mem, entries);
    fw_free(mem, w.levels);
    fw_free(mem, w.block_end);
    fw_free(mem, w.order);
    fw_free(mem, w.ranks);
    return status;
}
