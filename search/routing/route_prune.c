/* Which open connections are worth their price, told by the validation rows.
 *
 * Gates close by what the training rows say, one gradient at a time, and some stay open that nothing needs: all others
 * have learned to go without them, or they fit noise. So when training is over each open connection is closed once for
 * a trial. It goes for good when the joint loss of the validation rows, with a standard error on top (of the paired
 * differences row by row), rises by less than the price of each connection that goes: with lambda as the price the
 * objective of the search itself, at gates that are open or closed. Gates alone fall short of it, for near their ends
 * they hardly feel the penalty. The one that is missed least goes first, and what others are worth without it is
 * measured anew. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/routing/route_parts.h"

/* Rows beyond these would tell the worth of a connection no better, and a pass is made for each connection twice. */
#define ROWS_MOST INT64_C(65536)

struct pruning {
    const struct fw_route_run *run;
    struct fw_model *gated;
    struct fw_routing *routing;
    struct fw_row_set rows;
    int64_t n;
    float *outputs, *labels, *weights; /* (n, n_outputs), (n, n_labels), (n) */
    double *losses, *tried;            /* (n) joint loss of each row: as it stands, and with a connection closed */
    double spread[FW_TASKS_MOST];      /* variance of a number's label: its error is in units of that */
    double weight;                     /* of all rows */
    void *scratch;
};

/* A connection and what the loss gains by closing it, beyond its price. */
struct candidate {
    int64_t place;
    double excess;
};

static void limit_rows(struct fw_row_set *set)
{
    int64_t left = ROWS_MOST;
    for (int32_t p = 0; p < set->n_parts; p++) {
        set->parts[p].n = set->parts[p].n < left ? set->parts[p].n : left;
        left -= set->parts[p].n;
    }
}

static double variance(const struct pruning *p, int32_t task)
{
    double weight = 0;
    double mean = 0;
    double squares = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t i = 0; i < p->n; i++) {
            double y = (double)p->labels[i * p->gated->n_labels + task];
            if (isnan(y))
                continue;
            weight += pass == 0 ? (double)p->weights[i] : 0;
            if (pass == 0)
                mean += (double)p->weights[i] * y;
            else
                squares += (double)p->weights[i] * (y - mean) * (y - mean);
        }
        if (pass == 0)
            mean /= weight > 0 ? weight : 1;
    }
    return squares > 0 ? squares / weight : 1;
}

static enum fw_status prepare(struct pruning *p, struct fw_error *err)
{
    struct fw_allocator *mem = p->run->mem;
    int64_t scratch = (int64_t)fw_model_predict_bytes(p->gated);
    p->rows = *p->run->data->valid;
    limit_rows(&p->rows);
    p->n = fw_row_set_rows(&p->rows);
    FW_ALLOC(p->outputs, mem, p->n * p->gated->n_outputs, "the outputs of the validation rows", err);
    FW_ALLOC(p->labels, mem, p->n * p->gated->n_labels, "the labels of the validation rows", err);
    FW_ALLOC(p->weights, mem, p->n, "the weights of the validation rows", err);
    FW_ALLOC(p->losses, mem, p->n, "the losses of the validation rows", err);
    FW_ALLOC(p->tried, mem, p->n, "the losses of the validation rows", err);
    p->scratch = fw_alloc_array(mem, scratch, 1);
    if (p->scratch == NULL)
        return fw_error_nomem(err, mem, "scoring", scratch, 1);
    fw_row_set_gather(p->labels, p->weights, &p->rows);
    for (int64_t i = 0; i < p->n; i++)
        p->weight += (double)p->weights[i];
    for (int32_t t = 0; t < p->gated->n_labels; t++)
        p->spread[t] = variance(p, t);
    return FW_OK;
}

static void clear(struct pruning *p)
{
    struct fw_allocator *mem = p->run->mem;
    fw_free(mem, p->scratch);
    fw_free(mem, p->tried);
    fw_free(mem, p->losses);
    fw_free(mem, p->weights);
    fw_free(mem, p->labels);
    fw_free(mem, p->outputs);
}

/* The joint loss of a row. */
static double row_loss(const struct pruning *p, const float *outputs, const float *labels)
{
    double sum = 0;
    for (int32_t r = 0; r < p->gated->n_readings; r++) {
        const struct fw_reading *reading = &p->gated->readings[r];
        double y = (double)fw_reading_label(reading, labels);
        double x = (double)fw_reading_logit(reading, outputs);
        double factor = p->run->data->tasks[reading->task].weight;
        if (isnan(y))
            continue;
        if (reading->kind == FW_READ_NUMBER)
            sum += factor * (x - y) * (x - y) / p->spread[reading->task];
        else
            sum += factor * (fmax(x, 0) - x * y + log1p(exp(-fabs(x))));
    }
    return sum;
}

/* The loss of each row with the gates of the routing. */
static void measure(double *losses, struct pruning *p)
{
    int64_t at = 0;
    const struct fw_model *gated = p->gated;
    fw_snr_set_gates(p->gated, p->routing);
    for (int32_t i = 0; i < p->rows.n_parts; i++) {
        fw_model_predict(gated, p->outputs + at * gated->n_outputs, &p->rows.parts[i], p->scratch);
        at += p->rows.parts[i].n;
    }
    for (int64_t i = 0; i < p->n; i++)
        losses[i] = row_loss(p, p->outputs + i * gated->n_outputs, p->labels + i * gated->n_labels);
}

/* By how much the loss rises, and a standard error on top. */
static double rise(const struct pruning *p)
{
    double mean = 0;
    double squares = 0;
    for (int64_t i = 0; i < p->n; i++)
        mean += (double)p->weights[i] * (p->tried[i] - p->losses[i]);
    mean /= p->weight;
    for (int64_t i = 0; i < p->n; i++) {
        double off = (double)p->weights[i] * (p->tried[i] - p->losses[i] - mean);
        squares += off * off;
    }
    return mean + sqrt(squares) / p->weight;
}

/* What closing a connection costs beyond the price of what goes with it, with p->tried the losses without it; infinite
 * when it has gone already or a task would be left without any. The routing stays as it was. */
static double try_without(struct pruning *p, double price, int64_t place)
{
    float *gate = &p->routing->gates[place];
    float kept = *gate;
    int64_t before = fw_routing_measure(p->routing, p->run->route->inputs).connections;
    if (kept <= 0)
        return INFINITY;
    *gate = 0;
    int64_t gone = before - fw_routing_measure(p->routing, p->run->route->inputs).connections;
    double excess = INFINITY;
    if (fw_route_feeds_all(p->routing)) {
        measure(p->tried, p);
        excess = rise(p) - price * (double)gone;
    }
    *gate = kept;
    return excess;
}

static int by_excess(const void *a, const void *b)
{
    const struct candidate *x = a;
    const struct candidate *y = b;
    if (x->excess != y->excess)
        return x->excess < y->excess ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static enum fw_status prune(struct pruning *p, double price, struct fw_error *err)
{
    struct candidate *candidates;
    int64_t n = fw_topology_connections(&p->routing->topology);
    FW_TRY(prepare(p, err));
    if (p->weight <= 0)
        return FW_OK;
    FW_ALLOC(candidates, p->run->mem, n, "the connections of a routing", err);
    measure(p->losses, p);
    for (int64_t i = 0; i < n; i++)
        candidates[i] = (struct candidate){i, fw_budget_stopped(p->run->time) ? INFINITY : try_without(p, price, i)};
    qsort(candidates, (size_t)n, sizeof *candidates, by_excess);
    for (int64_t i = 0; i < n && isfinite(candidates[i].excess); i++) {
        if (fw_budget_stopped(p->run->time))
            break;
        if (try_without(p, price, candidates[i].place) > 0)
            continue;
        double *losses = p->losses;
        p->losses = p->tried;
        p->tried = losses;
        p->routing->gates[candidates[i].place] = 0;
    }
    fw_free(p->run->mem, candidates);
    return FW_OK;
}

enum fw_status fw_route_prune(int64_t *pruned_out, struct fw_routing *routing, struct fw_model *gated, double price,
                              const struct fw_route_run *run, struct fw_error *err)
{
    struct pruning p = {.run = run, .gated = gated, .routing = routing};
    int64_t before = fw_routing_measure(routing, run->route->inputs).connections;
    enum fw_status status = prune(&p, price, err);
    clear(&p);
    *pruned_out = before - fw_routing_measure(routing, run->route->inputs).connections;
    return status;
}
