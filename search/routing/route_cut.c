/* What of a routing goes, and what must stay. */
#include <math.h>
#include <string.h>

#include "search/routing/route_parts.h"

/* best[l][i]: the largest sum of log alpha over a path from the inputs to reader i of boundary l - 1 (level 0: 0);
 * via[l][i]: the sub-network that the path comes through. */
static void strongest_paths(double best[FW_LEVELS_MOST + 1][FW_SUBNETWORKS_MOST],
                            int32_t via[FW_LEVELS_MOST + 1][FW_SUBNETWORKS_MOST], const struct fw_topology *t,
                            const float *log_alpha)
{
    for (int32_t j = 0; j < t->levels[0].n; j++)
        best[0][j] = 0;
    for (int32_t b = 0; b < t->n_levels; b++) {
        for (int32_t i = 0; i < fw_topology_readers(t, b); i++) {
            best[b + 1][i] = -INFINITY;
            via[b + 1][i] = 0;
            for (int32_t j = 0; j < t->levels[b].n; j++) {
                double sum = best[b][j] + (double)log_alpha[fw_topology_place(t, b, i, j)];
                if (sum > best[b + 1][i]) {
                    best[b + 1][i] = sum;
                    via[b + 1][i] = j;
                }
            }
        }
    }
}

int32_t fw_route_rescue(struct fw_routing *routing, const float *log_alpha)
{
    const float opened = 0.5f; /* as a gate at its start: what was closed has weights, but nothing told their size */
    const struct fw_topology *t = &routing->topology;
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    bool fed[FW_TASKS_MOST];
    double best[FW_LEVELS_MOST + 1][FW_SUBNETWORKS_MOST];
    int32_t via[FW_LEVELS_MOST + 1][FW_SUBNETWORKS_MOST];
    int32_t n = 0;
    fw_routing_live(live, fed, routing);
    strongest_paths(best, via, t, log_alpha);
    for (int32_t task = 0; task < t->n_tasks; task++) {
        int32_t reader = task;
        for (int32_t b = t->n_levels - 1; !fed[task] && b >= 0; b--) {
            float *gate = &routing->gates[fw_topology_place(t, b, reader, via[b + 1][reader])];
            *gate = *gate > 0 ? *gate : opened;
            reader = via[b + 1][reader];
        }
        n += !fed[task];
    }
    return n;
}

/* Closing what is open of a sub-network's readers, or one connection alone. */
struct cut {
    int32_t boundary, from;
    int32_t to; /* -1: all readers */
};

static void apply(struct fw_routing *routing, const struct cut *cut)
{
    const struct fw_topology *t = &routing->topology;
    for (int32_t i = 0; i < fw_topology_readers(t, cut->boundary); i++) {
        if (cut->to < 0 || i == cut->to)
            routing->gates[fw_topology_place(t, cut->boundary, i, cut->from)] = 0;
    }
}

bool fw_route_feeds_all(const struct fw_routing *routing)
{
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    bool fed[FW_TASKS_MOST];
    fw_routing_live(live, fed, routing);
    for (int32_t t = 0; t < routing->topology.n_tasks; t++) {
        if (!fed[t])
            return false;
    }
    return true;
}

/* What lives of a routing, and how many open connections lead to each end of those that live. */
struct links {
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    int32_t out[FW_LEVELS_MOST][FW_SUBNETWORKS_MOST];
    int32_t in[FW_LEVELS_MOST + 1][FW_SUBNETWORKS_MOST]; /* of sub-networks, and behind the last level of tasks */
};

static void count_links(struct links *links, const struct fw_routing *routing)
{
    const struct fw_topology *t = &routing->topology;
    memset(links, 0, sizeof *links);
    fw_routing_live(links->live, NULL, routing);
    for (int32_t b = 0; b < t->n_levels; b++) {
        for (int32_t i = 0; i < fw_topology_readers(t, b); i++) {
            for (int32_t j = 0; j < t->levels[b].n; j++) {
                bool open = fw_routing_live_gate(routing, links->live, b, i, j) > 0;
                links->out[b][j] += open;
                links->in[b + 1][i] += open;
            }
        }
    }
}

/* The numbers that closing one connection saves when both of its ends live on without it, and 0 when it goes nowhere
 * already; -1: that takes a measurement. */
static int64_t saved_alone(const struct fw_routing *routing, const struct cut *cut, const struct links *links)
{
    const struct fw_topology *t = &routing->topology;
    int32_t b = cut->boundary;
    if (fw_routing_live_gate(routing, links->live, b, cut->to, cut->from) <= 0)
        return 0;
    if (links->out[b][cut->from] < 2 || links->in[b + 1][cut->to] < 2)
        return -1;
    return t->kind == FW_CONNECT_TRANS ? (int64_t)t->levels[b].width * fw_topology_reader_width(t, b) : 0;
}

/* The gates that a cut takes, for each number that it saves; infinite when it may not be made. */
static double price(struct fw_routing *routing, const struct cut *cut, const struct links *links, int64_t inputs,
                    int64_t before)
{
    const struct fw_topology *t = &routing->topology;
    int64_t alone = cut->to < 0 ? -1 : saved_alone(routing, cut, links);
    if (alone == 0)
        return INFINITY;
    if (alone > 0)
        return (double)routing->gates[fw_topology_place(t, cut->boundary, cut->to, cut->from)] / (double)alone;
    float kept[FW_SUBNETWORKS_MOST];
    double taken = 0;
    int32_t readers = fw_topology_readers(t, cut->boundary);
    for (int32_t i = 0; i < readers; i++) {
        kept[i] = routing->gates[fw_topology_place(t, cut->boundary, i, cut->from)];
        taken += cut->to < 0 || i == cut->to ? (double)kept[i] : 0;
    }
    if (taken <= 0)
        return INFINITY;
    apply(routing, cut);
    int64_t saved = before - fw_routing_measure(routing, inputs).parameters;
    bool allowed = saved > 0 && fw_route_feeds_all(routing);
    for (int32_t i = 0; i < readers; i++)
        routing->gates[fw_topology_place(t, cut->boundary, i, cut->from)] = kept[i];
    return allowed ? taken / (double)saved : INFINITY;
}

/* The cheapest cut; its price. */
static double find_cut(struct cut *out, struct fw_routing *routing, int64_t inputs, int64_t before)
{
    const struct fw_topology *t = &routing->topology;
    struct links links;
    double least = INFINITY;
    count_links(&links, routing);
    for (int32_t b = 0; b < t->n_levels; b++) {
        for (int32_t j = 0; j < t->levels[b].n; j++) {
            for (int32_t i = -1; i < fw_topology_readers(t, b); i++) {
                struct cut cut = {.boundary = b, .from = j, .to = i};
                double cost = price(routing, &cut, &links, inputs, before);
                if (cost < least) {
                    least = cost;
                    *out = cut;
                }
            }
        }
    }
    return least;
}

/* The smallest network there can be: one sub-network a level, that with the largest sum of gates, read by all. */
static void keep_one_path(struct fw_routing *routing)
{
    const float opened = 0.5f;
    const struct fw_topology *t = &routing->topology;
    int32_t kept[FW_LEVELS_MOST + 1];
    float sums[FW_LEVELS_MOST][FW_SUBNETWORKS_MOST] = {{0}};
    for (int32_t b = 0; b < t->n_levels; b++) {
        kept[b] = 0;
        for (int32_t j = 0; j < t->levels[b].n; j++) {
            for (int32_t i = 0; i < fw_topology_readers(t, b); i++)
                sums[b][j] += routing->gates[fw_topology_place(t, b, i, j)];
            kept[b] = sums[b][j] > sums[b][kept[b]] ? j : kept[b];
        }
    }
    for (int32_t b = 0; b < t->n_levels; b++) {
        for (int32_t i = 0; i < fw_topology_readers(t, b); i++) {
            for (int32_t j = 0; j < t->levels[b].n; j++) {
                float *gate = &routing->gates[fw_topology_place(t, b, i, j)];
                bool open = j == kept[b] && (b + 1 == t->n_levels || i == kept[b + 1]);
                *gate = !open ? 0 : *gate > 0 ? *gate : opened;
            }
        }
    }
}

int64_t fw_route_cut(struct fw_routing *routing, int64_t inputs, int64_t parameters, const struct fw_budget *time)
{
    struct fw_routing_size first = fw_routing_measure(routing, inputs);
    struct fw_routing_size size = first;
    struct cut cut = {0};
    if (first.parameters <= parameters)
        return 0;
    while (size.parameters > parameters && !fw_budget_stopped(time) &&
           isfinite(find_cut(&cut, routing, inputs, size.parameters))) {
        apply(routing, &cut);
        size = fw_routing_measure(routing, inputs);
    }
    if (size.parameters > parameters) { /* no time, or paths apart from each other, none of which may go alone */
        keep_one_path(routing);
        size = fw_routing_measure(routing, inputs);
    }
    return first.connections > size.connections ? first.connections - size.connections : 1;
}
