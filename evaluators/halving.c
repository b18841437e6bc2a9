#include "evaluators/halving.h"

#include <stdlib.h>
#include <string.h>

#include "core/par.h"

void fw_halving_published(struct fw_halving_schedule *schedule, int64_t n)
{
    memset(schedule, 0, sizeof *schedule);
    while ((INT64_C(1) << schedule->n_rungs) < n) {
        int32_t k = schedule->n_rungs++;
        schedule->blocks[k] = INT64_C(1) << k;
        schedule->n_blocks += schedule->blocks[k];
        schedule->keep[k] = n >> (k + 1) > 0 ? n >> (k + 1) : 1;
    }
    if (schedule->n_rungs == 0) { /* a single candidate is still to be scored */
        schedule->n_rungs = 1;
        schedule->n_blocks = schedule->blocks[0] = schedule->keep[0] = 1;
    }
}

void fw_halving_doubling(struct fw_halving_schedule *schedule, int64_t n, int64_t n_rows, int64_t first_rows,
                         int64_t finalists)
{
    memset(schedule, 0, sizeof *schedule);
    int32_t doublings = 0;
    while (n_rows >> (doublings + 1) >= first_rows && n >> (doublings + 1) >= finalists)
        doublings++;
    schedule->n_rungs = doublings + 1;
    schedule->n_blocks = INT64_C(1) << doublings;
    for (int32_t k = 0; k <= doublings; k++) {
        schedule->blocks[k] = k == 0 ? 1 : INT64_C(1) << (k - 1);
        int64_t half = n >> (k + 1);
        schedule->keep[k] = k == doublings || half < finalists ? finalists : half;
    }
}

struct ranked {
    double rank;
    int64_t candidate;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    if (x->rank != y->rank)
        return x->rank > y->rank ? -1 : 1;
    return (x->candidate > y->candidate) - (x->candidate < y->candidate);
}

struct run {
    const struct fw_evaluator_vtable *evaluator;
    const struct fw_ground *ground;
    const struct fw_candidate *candidates;
    void **states;
    struct fw_halving_result *results;
    int threads;
    const struct fw_budget *budget;
};

static enum fw_status create_states(struct run *run, int64_t n, struct fw_error *err)
{
    if (run->evaluator->state_bytes == NULL)
        return FW_OK;
    for (int64_t i = 0; i < n; i++) {
        size_t bytes = run->evaluator->state_bytes(run->ground, &run->candidates[i]);
        run->states[i] = fw_alloc_array(run->ground->mem, (int64_t)bytes, 1);
        if (run->states[i] == NULL)
            return fw_error_nomem(err, run->ground->mem, "the state of a candidate", (int64_t)bytes, 1);
    }
    return FW_OK;
}

static enum fw_status score_rung(const struct run *run, const int64_t *alive, int64_t n_alive, struct fw_rung rung,
                                 struct fw_error *err)
{
    struct fw_par_failure failure = {0};
#pragma omp parallel for schedule(dynamic) num_threads(run->threads) if (run->threads > 1)
    for (int64_t i = 0; i < n_alive; i++) {
        struct fw_error own = {0};
        struct fw_halving_result *result = &run->results[alive[i]];
        enum fw_status status;
        if (fw_budget_stopped(run->budget))
            status = fw_error_set(&own, FW_E_STOPPED, "interrupted");
        else
            status = run->evaluator->evaluate(&result->score, run->ground, &run->candidates[alive[i]], rung,
                                              run->states[alive[i]], &own);
        result->rung = rung.number;
        result->rows += result->score.rows;
        fw_par_failure_note(&failure, i, status, &own);
    }
    return fw_par_failure_status(&failure, err);
}

enum fw_status fw_halving_run(struct fw_halving_result *results, int64_t *survivors, int64_t *n_survivors_out,
                              const struct fw_evaluator_vtable *evaluator, const struct fw_ground *ground,
                              const struct fw_candidate *candidates, int64_t n,
                              const struct fw_halving_schedule *schedule, int threads, const struct fw_budget *budget,
                              struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct run run = {evaluator, ground, candidates, NULL, results, fw_par_threads(threads), budget};
    struct ranked *ranking = NULL;
    int64_t *alive = NULL;
    int64_t n_alive = n;
    struct fw_rung rung = {.n_blocks = schedule->n_blocks};
    FW_ALLOC_GOTO(run.states, ground->mem, n, "the states of candidates", err, done);
    FW_ALLOC_GOTO(ranking, ground->mem, n, "the ranking of candidates", err, done);
    FW_ALLOC_GOTO(alive, ground->mem, n, "the ranking of candidates", err, done);
    FW_TRY_GOTO(create_states(&run, n, err), done);
    memset(results, 0, (size_t)n * sizeof *results);
    for (int64_t i = 0; i < n; i++)
        alive[i] = i;
    for (; rung.number < schedule->n_rungs && n_alive > 0; rung.number++) {
        rung.now = schedule->blocks[rung.number];
        FW_TRY_GOTO(score_rung(&run, alive, n_alive, rung, err), done);
        rung.before += rung.now;
        for (int64_t i = 0; i < n_alive; i++)
            ranking[i] = (struct ranked){results[alive[i]].score.rank, alive[i]};
        qsort(ranking, (size_t)n_alive, sizeof *ranking, compare_ranked);
        int64_t keep = schedule->keep[rung.number] < n_alive ? schedule->keep[rung.number] : n_alive;
        for (int64_t i = keep; i < n_alive; i++) {
            fw_free(ground->mem, run.states[ranking[i].candidate]);
            run.states[ranking[i].candidate] = NULL;
        }
        n_alive = keep;
        for (int64_t i = 0; i < n_alive; i++)
            alive[i] = ranking[i].candidate;
    }
    for (int64_t i = 0; i < n_alive; i++) {
        survivors[i] = alive[i];
        results[alive[i]].survived = true;
    }
    *n_survivors_out = n_alive;
done:
    for (int64_t i = 0; run.states != NULL && i < n; i++)
        fw_free(ground->mem, run.states[i]);
    fw_free(ground->mem, run.states);
    fw_free(ground->mem, ranking);
    fw_free(ground->mem, alive);
    return status;
}
