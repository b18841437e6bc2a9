#include "search/controller/controller_best.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A step up a hull: from the point before to this one. */
struct hull_step {
    double slope; /* worth a byte */
    int32_t decision, choice;
    int32_t place; /* on its hull, from 1 */
};

/* What the functions below work on. choices count from 0 within their decision. */
struct knapsack {
    const struct fw_choice_table *table;
    const double *worth;
    int64_t budget;
    int32_t *choices;
    int64_t cost; /* of choices */
};

static int64_t cost_of(const struct knapsack *sack, int32_t d, int32_t c)
{
    return sack->table->cost[sack->table->first[d] + c];
}

static double worth_of(const struct knapsack *sack, int32_t d, int32_t c)
{
    return sack->worth[sack->table->first[d] + c];
}

static int32_t choices_of(const struct knapsack *sack, int32_t d)
{
    return sack->table->first[d + 1] - sack->table->first[d];
}

static void change(struct knapsack *sack, int32_t d, int32_t c)
{
    sack->cost += cost_of(sack, d, c) - cost_of(sack, d, sack->choices[d]);
    sack->choices[d] = c;
}

/* Sums of worths are compared with a grain of doubt, so that rounding cannot swap two equals to and fro. */
static bool better(double gain, double size)
{
    return gain > 1e-12 * size;
}

double fw_controller_total(const struct fw_choice_table *table, const double *worth, const int32_t *choices)
{
    double sum = 0;
    for (int32_t d = 0; d < table->n_decisions; d++)
        sum += worth[table->first[d] + choices[d]];
    return sum;
}

static enum fw_status check(const struct fw_choice_table *table, const double *worth, int64_t budget,
                            struct fw_error *err)
{
    int64_t least = fw_choice_table_least(table);
    if (least > budget)
        return fw_error_set(err, FW_E_ARG,
                            "a budget of %" PRId64 " bytes, but the cheapest choices take %" PRId64
                            "; give at least that",
                            budget, least);
    for (int32_t c = 0; c < fw_choice_table_choices(table); c++) {
        if (!isfinite(worth[c]))
            return fw_error_set(err, FW_E_ARG, "choice %" PRId32 " is worth %g; give a finite number", c, worth[c]);
    }
    return FW_OK;
}

/* The cheapest choice of a decision; of equals the worthiest. */
static int32_t cheapest(const struct knapsack *sack, int32_t d)
{
    int32_t best = 0;
    for (int32_t c = 1; c < choices_of(sack, d); c++) {
        int64_t cost = cost_of(sack, d, c), least = cost_of(sack, d, best);
        if (cost < least || (cost == least && worth_of(sack, d, c) > worth_of(sack, d, best)))
            best = c;
    }
    return best;
}

/* Writes the steps of a decision's upper hull, from its cheapest choice: each time to the choice of steepest rise, of
 * equals the dearest. Slopes fall along the hull. Returns how many. */
static int32_t hull_steps(struct hull_step *steps, const struct knapsack *sack, int32_t d)
{
    int32_t at = cheapest(sack, d), n = 0;
    for (;;) {
        int32_t next = -1;
        double steepest = 0;
        for (int32_t c = 0; c < choices_of(sack, d); c++) {
            int64_t more = cost_of(sack, d, c) - cost_of(sack, d, at);
            double slope = more > 0 ? (worth_of(sack, d, c) - worth_of(sack, d, at)) / (double)more : 0;
            bool steeper = slope > steepest;
            if (steeper || (next >= 0 && slope == steepest && cost_of(sack, d, c) > cost_of(sack, d, next))) {
                next = c;
                steepest = slope;
            }
        }
        if (next < 0)
            return n;
        steps[n] = (struct hull_step){.slope = steepest, .decision = d, .choice = next, .place = n + 1};
        n++;
        at = next;
    }
}

static int compare_steps(const void *a, const void *b)
{
    const struct hull_step *x = a, *y = b;
    if (x->slope != y->slope)
        return x->slope > y->slope ? -1 : 1;
    if (x->decision != y->decision)
        return x->decision < y->decision ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

/* Takes steps by falling slope while they fit; a decision whose step does not fit stays where it is. With `overshoot`
 * the first step that does not fit is taken too, and that is the end: the caller repairs. */
static void climb(struct knapsack *sack, const struct hull_step *steps, int32_t n, int32_t *reached, bool overshoot)
{
    for (int32_t d = 0; d < sack->table->n_decisions; d++) {
        reached[d] = 0;
        sack->choices[d] = cheapest(sack, d);
    }
    sack->cost = fw_choice_table_cost(sack->table, sack->choices);
    for (int32_t i = 0; i < n; i++) {
        const struct hull_step *step = &steps[i];
        int64_t more =
            cost_of(sack, step->decision, step->choice) - cost_of(sack, step->decision, sack->choices[step->decision]);
        bool fits = sack->cost + more <= sack->budget;
        if (reached[step->decision] != step->place - 1 || (!fits && !overshoot))
            continue;
        reached[step->decision] = step->place;
        change(sack, step->decision, step->choice);
        if (!fits)
            return;
    }
}

/* The change of one decision to a cheaper choice that loses least for what it brings: worth lost over bytes saved, of
 * which no more than the excess count. False: there is none. */
static bool cheapest_loss(const struct knapsack *sack, int32_t *decision, int32_t *choice)
{
    double least = INFINITY;
    *decision = -1;
    for (int32_t d = 0; d < sack->table->n_decisions; d++) {
        int32_t now = sack->choices[d];
        for (int32_t c = 0; c < choices_of(sack, d); c++) {
            int64_t saved = cost_of(sack, d, now) - cost_of(sack, d, c), excess = sack->cost - sack->budget;
            if (saved <= 0)
                continue;
            double loss = worth_of(sack, d, now) - worth_of(sack, d, c);
            double rate = loss / (double)(saved < excess ? saved : excess);
            if (rate < least) {
                least = rate;
                *decision = d;
                *choice = c;
            }
        }
    }
    return *decision >= 0;
}

/* Brings what is over the budget under it; before: (n_decisions) scratch. */
static void shrink(struct knapsack *sack, int32_t *before)
{
    int32_t d, c, n_decisions = sack->table->n_decisions;
    memcpy(before, sack->choices, (size_t)n_decisions * sizeof *before);
    while (sack->cost > sack->budget && cheapest_loss(sack, &d, &c))
        change(sack, d, c);
    for (d = 0; d < n_decisions; d++) {
        int64_t back = cost_of(sack, d, before[d]) - cost_of(sack, d, sack->choices[d]);
        if (sack->cost + back <= sack->budget && worth_of(sack, d, before[d]) > worth_of(sack, d, sack->choices[d]))
            change(sack, d, before[d]);
    }
}

/* The best choice of decision d that costs at most `room` more than the present one (a room below 0: less); -1: none.
 */
static int32_t best_that_fits(const struct knapsack *sack, int32_t d, int64_t room)
{
    int32_t now = sack->choices[d], best = room >= 0 ? now : -1;
    for (int32_t c = 0; c < choices_of(sack, d); c++) {
        if (cost_of(sack, d, c) - cost_of(sack, d, now) <= room &&
            (best < 0 || worth_of(sack, d, c) > worth_of(sack, d, best)))
            best = c;
    }
    return best;
}

struct exchange {
    double gain;
    int32_t choice;              /* of the decision that moves first */
    int32_t other, other_choice; /* and of the one that follows; -1: none does */
};

/* Takes in what comes of moving decision d to choice c and, with the room that this leaves, at most one other decision
 * to its best. */
static void try_exchange(struct exchange *best, const struct knapsack *sack, int32_t d, int32_t c)
{
    int64_t room = sack->budget - sack->cost + cost_of(sack, d, sack->choices[d]) - cost_of(sack, d, c);
    double gain = worth_of(sack, d, c) - worth_of(sack, d, sack->choices[d]);
    if (room >= 0 && gain > best->gain)
        *best = (struct exchange){gain, c, -1, -1};
    for (int32_t e = 0; e < sack->table->n_decisions; e++) {
        int32_t to = e != d ? best_that_fits(sack, e, room) : -1;
        if (to < 0)
            continue;
        double both = gain + worth_of(sack, e, to) - worth_of(sack, e, sack->choices[e]);
        if (both > best->gain)
            *best = (struct exchange){both, c, e, to};
    }
}

/* The greatest gain of an exchange that starts with decision d, if there is one. */
static bool improve_decision(struct knapsack *sack, int32_t d, double size)
{
    struct exchange best = {0, -1, -1, -1};
    for (int32_t c = 0; c < choices_of(sack, d); c++) {
        if (c != sack->choices[d])
            try_exchange(&best, sack, d, c);
    }
    if (best.choice < 0 || !better(best.gain, size))
        return false;
    change(sack, d, best.choice);
    if (best.other >= 0)
        change(sack, best.other, best.other_choice);
    return true;
}

/* Sweeps until a whole one finds nothing. Worth rises each time by more than rounding, so that it ends. */
static void improve(struct knapsack *sack)
{
    double size = 0;
    for (int32_t c = 0; c < fw_choice_table_choices(sack->table); c++)
        size = fmax(size, fabs(sack->worth[c]));
    for (bool moved = true; moved;) {
        moved = false;
        for (int32_t d = 0; d < sack->table->n_decisions; d++)
            moved = improve_decision(sack, d, size) || moved;
    }
}

/* Equal worth for fewer bytes. */
static void save_bytes(struct knapsack *sack)
{
    for (int32_t d = 0; d < sack->table->n_decisions; d++) {
        for (int32_t c = 0; c < choices_of(sack, d); c++) {
            if (worth_of(sack, d, c) == worth_of(sack, d, sack->choices[d]) &&
                cost_of(sack, d, c) < cost_of(sack, d, sack->choices[d]))
                change(sack, d, c);
        }
    }
}

enum fw_status fw_controller_best(int32_t *choices, const struct fw_choice_table *table, const double *worth,
                                  int64_t budget, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct hull_step *steps = NULL;
    int32_t *scratch = NULL, n_steps = 0, n = table->n_decisions;
    FW_TRY(check(table, worth, budget, err));
    FW_ALLOC_GOTO(steps, mem, fw_choice_table_choices(table), "the steps of a knapsack", err, done);
    FW_ALLOC_GOTO(scratch, mem, 2 * (int64_t)n, "the choices of a knapsack", err, done);
    struct knapsack under = {table, worth, budget, choices, 0}, over = {table, worth, budget, scratch, 0};
    for (int32_t d = 0; d < n; d++)
        n_steps += hull_steps(steps + n_steps, &under, d);
    qsort(steps, (size_t)n_steps, sizeof *steps, compare_steps);
    climb(&under, steps, n_steps, scratch + n, false);
    improve(&under);
    climb(&over, steps, n_steps, scratch + n, true);
    shrink(&over, scratch + n);
    improve(&over);
    if (fw_controller_total(table, worth, scratch) > fw_controller_total(table, worth, choices)) {
        memcpy(choices, scratch, (size_t)n * sizeof *choices);
        under.cost = over.cost;
    }
    save_bytes(&under);
done:
    fw_free(mem, scratch);
    fw_free(mem, steps);
    return status;
}

enum fw_status fw_controller_repair(int32_t *choices, const struct fw_choice_table *table, const double *worth,
                                    int64_t budget, struct fw_allocator *mem, struct fw_error *err)
{
    int32_t *before;
    FW_TRY(check(table, worth, budget, err));
    FW_ALLOC(before, mem, table->n_decisions, "the choices of a knapsack", err);
    struct knapsack sack = {table, worth, budget, choices, fw_choice_table_cost(table, choices)};
    if (sack.cost > budget)
        shrink(&sack, before);
    fw_free(mem, before);
    return FW_OK;
}
