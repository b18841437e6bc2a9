#include "search/sizes/sizing_prune.h"

#include <math.h>
#include <string.h>

#include "search/sizes/sizing_budget.h"

/* The best step of an input, one block or strip of blocks less or more. */
struct step {
    bool possible;
    double rate;                     /* score a byte */
    int64_t bytes;                   /* above 0 */
    fw_level levels[FW_STRIPS_MOST]; /* of the input after it */
};

struct pruning {
    const struct fw_embedding_space *space;
    const double *scores;
    fw_level *levels;
    int64_t budget;
    int64_t bytes;
    int32_t change;     /* of a level by a step: -1 or 1 */
    struct step *steps; /* (n_inputs) */
};

static enum fw_status check_scores(const struct fw_embedding_space *space, const double *scores, struct fw_error *err)
{
    for (int32_t i = 0; i < space->n_inputs; i++) {
        for (int32_t s = 0; s < space->inputs[i].n_rows; s++) {
            for (int32_t t = 0; t < space->n_columns; t++) {
                double score = scores[fw_embedding_space_block(i, s, t)];
                if (!isfinite(score))
                    return fw_error_set(err, FW_E_NUMERIC,
                                        "the score of block (%d, %d) of the embedding of '%s' is %g; train with a "
                                        "smaller learning rate",
                                        s + 1, t + 1, space->inputs[i].name, score);
            }
        }
    }
    return FW_OK;
}

/* Makes the first `columns` columns of level `level`: the rectangle of SE. */
static void set_rectangle(fw_level *levels, int32_t level, int32_t columns)
{
    memset(levels, 0, FW_STRIPS_MOST * sizeof *levels);
    for (int32_t t = 0; t < columns && level > 0; t++)
        levels[t] = (fw_level)level;
}

/* Writes the levels of input i after its k-th step. ME: of column strip k; SE: of rows (0) or columns (1). False: the
 * step leads out of the grid. */
static bool take_step(fw_level *next, const struct pruning *pruning, int32_t i, int32_t k)
{
    const struct fw_embedding_space *space = pruning->space;
    const fw_level *own = pruning->levels + (int64_t)i * FW_STRIPS_MOST;
    int32_t n_rows = space->inputs[i].n_rows;
    if (space->multi) {
        int32_t level = own[k] + pruning->change;
        memcpy(next, own, FW_STRIPS_MOST * sizeof *next);
        next[k] = (fw_level)(level >= 0 ? level : 0);
        return level >= 0 && level <= n_rows;
    }
    int32_t level = own[0];
    int32_t columns = 0;
    while (columns < space->n_columns && own[columns] > 0)
        columns++;
    if (level == 0) { /* the one way back from nothing is the first block */
        set_rectangle(next, 1, 1);
        return pruning->change > 0 && k == 0;
    }
    level += k == 0 ? pruning->change : 0;
    columns += k == 1 ? pruning->change : 0;
    if (level > n_rows || columns > space->n_columns)
        return false;
    set_rectangle(next, level, columns);
    return true;
}

/* The score of the blocks in which two levels of an input differ. */
static double score_between(const struct pruning *pruning, int32_t i, const fw_level *a, const fw_level *b)
{
    double score = 0;
    for (int32_t t = 0; t < pruning->space->n_columns; t++) {
        fw_level low = a[t] < b[t] ? a[t] : b[t];
        fw_level high = a[t] < b[t] ? b[t] : a[t];
        for (int32_t s = low; s < high; s++)
            score += pruning->scores[fw_embedding_space_block(i, s, t)];
    }
    return score;
}

/* Bytes of input i, were its levels these. */
static int64_t bytes_with(struct pruning *pruning, int32_t i, const fw_level *levels)
{
    fw_level before[FW_STRIPS_MOST];
    fw_level *own = pruning->levels + (int64_t)i * FW_STRIPS_MOST;
    memcpy(before, own, sizeof before);
    memcpy(own, levels, sizeof before);
    int64_t bytes = fw_embedding_space_input_bytes(pruning->space, i, pruning->levels);
    memcpy(own, before, sizeof before);
    return bytes;
}

/* Finds the step of input i that loses least a byte, or of those that fit the one that wins most. Of equals the first
 * column is won first and lost last. */
static void find_step(struct pruning *pruning, int32_t i)
{
    const fw_level *own = pruning->levels + (int64_t)i * FW_STRIPS_MOST;
    int64_t before = fw_embedding_space_input_bytes(pruning->space, i, pruning->levels);
    int32_t n_steps = pruning->space->multi ? pruning->space->n_columns : 2;
    struct step *best = &pruning->steps[i];
    best->possible = false;
    for (int32_t k = 0; k < n_steps; k++) {
        struct step step = {.possible = true};
        if (!take_step(step.levels, pruning, i, k))
            continue;
        step.bytes = pruning->change * (bytes_with(pruning, i, step.levels) - before);
        if (pruning->change > 0 && step.bytes > pruning->budget - pruning->bytes)
            continue;
        step.rate = score_between(pruning, i, own, step.levels) / (double)step.bytes;
        if (!best->possible || (pruning->change > 0 ? step.rate > best->rate : step.rate <= best->rate))
            *best = step;
    }
}

/* The input whose step is best; -1: no step is left. */
static int32_t best_input(const struct pruning *pruning)
{
    int32_t best = -1;
    for (int32_t i = 0; i < pruning->space->n_inputs; i++) {
        const struct step *step = &pruning->steps[i];
        if (!step->possible)
            continue;
        if (best < 0 ||
            (pruning->change > 0 ? step->rate > pruning->steps[best].rate : step->rate <= pruning->steps[best].rate))
            best = i;
    }
    return best;
}

/* Takes the best steps in one direction: away from the full tables until the budget holds, or back while one fits. */
static void walk(struct pruning *pruning, int32_t change)
{
    pruning->change = change;
    for (int32_t i = 0; i < pruning->space->n_inputs; i++)
        find_step(pruning, i);
    while (change > 0 || pruning->bytes > pruning->budget) {
        int32_t i = best_input(pruning);
        if (i < 0)
            break;
        const struct step *step = &pruning->steps[i];
        /* the room shrinks while steps are taken back: one that no longer fits gives way to the input's next */
        if (change < 0 || step->bytes <= pruning->budget - pruning->bytes) {
            memcpy(pruning->levels + (int64_t)i * FW_STRIPS_MOST, step->levels, sizeof step->levels);
            pruning->bytes += change * step->bytes;
        }
        find_step(pruning, i);
    }
}

enum fw_status fw_sizing_prune(fw_level *levels, const struct fw_embedding_space *space, int64_t budget,
                               const double *scores, struct fw_allocator *mem, struct fw_error *err)
{
    struct pruning pruning = {.space = space, .scores = scores, .levels = levels, .budget = budget};
    FW_TRY(fw_sizing_check_budget(budget, fw_sizing_least_choice(space), err));
    FW_TRY(check_scores(space, scores, err));
    FW_ALLOC(pruning.steps, mem, space->n_inputs, "the steps of a pruning", err);
    fw_embedding_space_fill(space, levels);
    pruning.bytes = fw_embedding_space_bytes(space, levels);
    if (budget < fw_embedding_space_full_bytes(space)) {
        walk(&pruning, -1);
        walk(&pruning, 1);
    }
    fw_free(mem, pruning.steps);
    return FW_OK;
}
