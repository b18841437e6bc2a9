/* Successive halving over mini-batches (AutoCross, Algorithm 2): all candidates see a few blocks of rows, the worse
 * half is dropped, the rest see twice as many more, and so on.
 *
 * A schedule says how many blocks each rung adds and how many candidates it keeps. The published one starts with one
 * block of N = 2^ceil(log2 n) - 1 and ends with one survivor. Ours starts with enough rows for a candidate of many ids
 * to show, doubles, and ends with a few finalists that are then refitted. */
#ifndef FW_EVALUATORS_HALVING_H
#define FW_EVALUATORS_HALVING_H

#include <stdint.h>

#include "core/budget.h"
#include "evaluators/evaluator.h"

#define FW_HALVING_MAX_RUNGS 64

struct fw_halving_schedule {
    int32_t n_rungs;
    int64_t n_blocks;                     /* that the rows of each fold are cut into */
    int64_t blocks[FW_HALVING_MAX_RUNGS]; /* added by each rung */
    int64_t keep[FW_HALVING_MAX_RUNGS];   /* candidates left after each rung */
};

/* Algorithm 2 for n candidates: rung k adds 2^k blocks and keeps floor(n / 2^(k+1)), at least one. */
void fw_halving_published(struct fw_halving_schedule *schedule, int64_t n);

/* Rungs that double from about first_rows rows to all n_rows, halving down to `finalists` but not below. */
void fw_halving_doubling(struct fw_halving_schedule *schedule, int64_t n, int64_t n_rows, int64_t first_rows,
                         int64_t finalists);

/* What became of a candidate. */
struct fw_halving_result {
    struct fw_candidate_score score; /* of its last rung */
    int32_t rung;                    /* the last one it saw */
    bool survived;                   /* all rungs */
    int64_t rows;                    /* looked at over all rungs */
};

/* Runs the schedule with `evaluator`; candidates of a rung are scored side by side. results: (n), in candidate order.
 * survivors: (keep of the last rung) indices of candidates, best first; ties go to the lower index. *n_survivors_out.
 * FW_E_STOPPED when the budget asks to stop, FW_E_NUMERIC and others as the evaluator says. */
FW_NODISCARD
enum fw_status fw_halving_run(struct fw_halving_result *results, int64_t *survivors, int64_t *n_survivors_out,
                              const struct fw_evaluator_vtable *evaluator, const struct fw_ground *ground,
                              const struct fw_candidate *candidates, int64_t n,
                              const struct fw_halving_schedule *schedule, int threads, const struct fw_budget *budget,
                              struct fw_error *err);

#endif
