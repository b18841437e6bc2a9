/* Which member of the candidates mattered: how much of the ranking of trials each one explains alone.
 *
 * Trials are ranked by their objective within their block (the rung of successive halving: trials of different rungs
 * have seen different numbers of rows). A member's values are put into levels, numbers with many values into groups of
 * about equal size, and the share of the variance of the ranks that lies between the levels is its effect, less what
 * so many levels explain by luck alone: (eta^2 - e) / (1 - e) with e the mean of eta^2 over all ways to shuffle the
 * trials. Ranks, because a few trials that diverged would otherwise be all the variance there is.
 *
 * How large an effect luck gives is measured: objectives are shuffled within their blocks many times, and of each
 * shuffle the largest effect of all members is kept. An effect above the 95 % quantile of those is beyond chance,
 * though many members were looked at. Effects are those of a member alone: two that act only together show none, and
 * two that a search changed together show the same.
 *
 *     struct fw_factor factors[] = {{rates, false}, {optimisers, true}};
 *     FW_TRY(fw_importance_measure(effects, &chance, factors, 2, &trials, mem, err)); */
#ifndef FW_RESULTS_IMPORTANCE_H
#define FW_RESULTS_IMPORTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"

#define FW_IMPORTANCE_LEVELS 8 /* groups of a number; of names the most frequent, the others are one level */

/* A member of the candidates. */
struct fw_factor {
    const double *values; /* (n) the number, or with is_name a code from 0 up; NaN: the trial has no such member */
    bool is_name;
};

struct fw_ranked_trials {
    const double *objective; /* (n) finite or infinite */
    const int32_t *block;    /* (n) any numbers; NULL: all in one */
    int64_t n;
    bool maximise;
};

struct fw_effect {
    double share; /* of the variance of ranks, 0 to 1, less what luck explains; may be a little below 0 */
    bool beyond;  /* it is above `chance` */
    int n_levels; /* 1: the member does not vary */
    int64_t n_best;
    double best_low, best_high; /* values of the level whose trials rank best: the smallest and the largest; NaN: it is
                                   the level of trials without this member, or of rare names */
    double best_rank;           /* mean place of that level's trials among all, 0 best, 1 worst */
};

/* effects_out: (n_factors). *chance_out: the share that 95 % of shuffles stay below in all members; NaN with fewer than
 * four trials or nothing that varies. Deterministic. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_importance_measure(struct fw_effect *effects_out, double *chance_out, const struct fw_factor *factors,
                                     int n_factors, const struct fw_ranked_trials *trials, struct fw_allocator *mem,
                                     struct fw_error *err);

#endif
