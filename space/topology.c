#include "space/topology.h"

#include <math.h>
#include <string.h>

const char *fw_connection_kind_name(enum fw_connection_kind kind)
{
    return kind == FW_CONNECT_TRANS ? "trans" : "aver";
}

static enum fw_status check_level(const struct fw_topology *t, int32_t l, struct fw_error *err)
{
    const struct fw_level *level = &t->levels[l];
    if (level->n < 1 || level->n > FW_SUBNETWORKS_MOST)
        return fw_error_set(err, FW_E_ARG, "level %d has %d sub-networks; 1 to %d are possible", l + 1, level->n,
                            FW_SUBNETWORKS_MOST);
    if (level->width < 1 || level->width > 65536)
        return fw_error_set(err, FW_E_ARG, "the sub-networks of level %d have %d units; 1 to 65536 are possible", l + 1,
                            level->width);
    if (t->kind == FW_CONNECT_AVER && level->width != t->levels[0].width)
        return fw_error_set(err, FW_E_ARG,
                            "sub-networks that are summed have equal widths: level %d has %d units, level 1 has %d",
                            l + 1, level->width, t->levels[0].width);
    return FW_OK;
}

enum fw_status fw_topology_check(const struct fw_topology *topology, struct fw_error *err)
{
    const struct fw_topology *t = topology;
    if (t->n_levels < 1 || t->n_levels > FW_LEVELS_MOST)
        return fw_error_set(err, FW_E_ARG, "%d levels of sub-networks; 1 to %d are possible", t->n_levels,
                            FW_LEVELS_MOST);
    for (int32_t l = 0; l < t->n_levels; l++)
        FW_TRY(check_level(t, l, err));
    if (t->n_tasks < 1 || t->n_tasks > FW_TASKS_MOST)
        return fw_error_set(err, FW_E_ARG, "%d tasks; 1 to %d are possible", t->n_tasks, FW_TASKS_MOST);
    if (t->tower < 1 || t->tower > 65536)
        return fw_error_set(err, FW_E_ARG, "towers of %d units; 1 to 65536 are possible", t->tower);
    return FW_OK;
}

int32_t fw_topology_readers(const struct fw_topology *topology, int32_t boundary)
{
    return boundary + 1 < topology->n_levels ? topology->levels[boundary + 1].n : topology->n_tasks;
}

int32_t fw_topology_reader_width(const struct fw_topology *topology, int32_t boundary)
{
    return boundary + 1 < topology->n_levels ? topology->levels[boundary + 1].width : topology->tower;
}

int64_t fw_topology_first(const struct fw_topology *topology, int32_t boundary)
{
    int64_t n = 0;
    for (int32_t b = 0; b < boundary; b++)
        n += (int64_t)topology->levels[b].n * fw_topology_readers(topology, b);
    return n;
}

int64_t fw_topology_place(const struct fw_topology *topology, int32_t boundary, int32_t to, int32_t from)
{
    return fw_topology_first(topology, boundary) + (int64_t)to * topology->levels[boundary].n + from;
}

int64_t fw_topology_connections(const struct fw_topology *topology)
{
    return fw_topology_first(topology, topology->n_levels);
}

/* Gate of the connection from sub-network `from` of the boundary's level to `to`. */
static float gate_of(const struct fw_routing *routing, int32_t boundary, int32_t to, int32_t from)
{
    return routing->gates[fw_topology_place(&routing->topology, boundary, to, from)];
}

/* reach[l][i]: an open path from the inputs. */
static void reach_up(bool reach[FW_LEVELS_MOST + 1][FW_SUBNETWORKS_MOST], const struct fw_routing *routing)
{
    const struct fw_topology *t = &routing->topology;
    for (int32_t j = 0; j < t->levels[0].n; j++)
        reach[0][j] = true;
    for (int32_t b = 0; b < t->n_levels; b++) {
        for (int32_t i = 0; i < fw_topology_readers(t, b); i++) {
            reach[b + 1][i] = false;
            for (int32_t j = 0; j < t->levels[b].n; j++)
                reach[b + 1][i] = reach[b + 1][i] || (reach[b][j] && gate_of(routing, b, i, j) > 0);
        }
    }
}

void fw_routing_live(bool *live, bool *fed, const struct fw_routing *routing)
{
    const struct fw_topology *t = &routing->topology;
    bool up[FW_LEVELS_MOST + 1][FW_SUBNETWORKS_MOST];
    bool down[FW_LEVELS_MOST + 1][FW_SUBNETWORKS_MOST];
    reach_up(up, routing);
    for (int32_t i = 0; i < t->n_tasks; i++)
        down[t->n_levels][i] = true;
    for (int32_t b = t->n_levels - 1; b >= 0; b--) {
        for (int32_t j = 0; j < t->levels[b].n; j++) {
            down[b][j] = false;
            for (int32_t i = 0; i < fw_topology_readers(t, b); i++)
                down[b][j] = down[b][j] || (down[b + 1][i] && gate_of(routing, b, i, j) > 0);
        }
    }
    for (int32_t l = 0; l < t->n_levels; l++) {
        for (int32_t j = 0; j < t->levels[l].n; j++)
            live[l * FW_SUBNETWORKS_MOST + j] = up[l][j] && down[l][j];
    }
    for (int32_t i = 0; fed != NULL && i < t->n_tasks; i++)
        fed[i] = up[t->n_levels][i];
}

float fw_routing_live_gate(const struct fw_routing *routing, const bool *live, int32_t boundary, int32_t to,
                           int32_t from)
{
    bool both = live[boundary * FW_SUBNETWORKS_MOST + from] &&
                (boundary + 1 == routing->topology.n_levels || live[(boundary + 1) * FW_SUBNETWORKS_MOST + to]);
    return both ? gate_of(routing, boundary, to, from) : 0;
}

static int32_t count_live(const bool *live, const struct fw_topology *t, int32_t level)
{
    int32_t n = 0;
    for (int32_t j = 0; j < t->levels[level].n; j++)
        n += live[level * FW_SUBNETWORKS_MOST + j];
    return n;
}

/* Open connections of a boundary whose both ends are there. */
static int64_t count_open(const bool *live, const struct fw_routing *routing, int32_t boundary)
{
    const struct fw_topology *t = &routing->topology;
    int64_t n = 0;
    for (int32_t i = 0; i < fw_topology_readers(t, boundary); i++) {
        for (int32_t j = 0; j < t->levels[boundary].n; j++)
            n += fw_routing_live_gate(routing, live, boundary, i, j) > 0;
    }
    return n;
}

/* Adds `readers` layers of `out` units that read `n_read` sub-networks across a boundary over `open` connections. Sums
 * have a scalar for each pair, 0 where a connection is closed. */
static void add_boundary(struct fw_routing_size *size, const struct fw_topology *t, int32_t boundary, int64_t open,
                         int64_t readers, int64_t n_read)
{
    int64_t in = t->levels[boundary].width;
    int64_t out = fw_topology_reader_width(t, boundary);
    bool trans = t->kind == FW_CONNECT_TRANS;
    int64_t kernels = trans ? open * in * out : readers * in * out;
    size->connections += open;
    size->parameters += kernels + readers * out + (trans ? 0 : readers * n_read);
    size->multiplications += kernels + (trans ? 0 : open * in);
}

struct fw_routing_size fw_routing_measure(const struct fw_routing *routing, int64_t inputs)
{
    const struct fw_topology *t = &routing->topology;
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    struct fw_routing_size size = {0};
    fw_routing_live(live, NULL, routing);
    int64_t first = count_live(live, t, 0);
    size.parameters = first * (inputs + 1) * t->levels[0].width;
    size.multiplications = first * inputs * t->levels[0].width;
    for (int32_t b = 0; b < t->n_levels; b++) {
        int64_t readers = b + 1 == t->n_levels ? t->n_tasks : count_live(live, t, b + 1);
        size.subnetworks += count_live(live, t, b);
        add_boundary(&size, t, b, count_open(live, routing, b), readers, count_live(live, t, b));
    }
    size.parameters += (int64_t)t->n_tasks * (t->tower + 1);
    size.multiplications += (int64_t)t->n_tasks * t->tower;
    return size;
}

int64_t fw_topology_least_parameters(const struct fw_topology *topology, int64_t inputs)
{
    const struct fw_topology *t = topology;
    struct fw_routing_size size = {.parameters = (inputs + 1) * t->levels[0].width};
    for (int32_t b = 0; b < t->n_levels; b++) {
        int64_t readers = b + 1 == t->n_levels ? t->n_tasks : 1;
        add_boundary(&size, t, b, readers, readers, 1);
    }
    return size.parameters + (int64_t)t->n_tasks * (t->tower + 1);
}

/* best[l][j]: the strongest path from sub-network j of level l to a task, as a product of gates. */
static void strongest(double best[FW_LEVELS_MOST][FW_SUBNETWORKS_MOST], const struct fw_routing *routing, int32_t task)
{
    const struct fw_topology *t = &routing->topology;
    for (int32_t b = t->n_levels - 1; b >= 0; b--) {
        for (int32_t j = 0; j < t->levels[b].n; j++) {
            best[b][j] = b + 1 == t->n_levels ? (double)gate_of(routing, b, task, j) : 0;
            for (int32_t i = 0; b + 1 < t->n_levels && i < t->levels[b + 1].n; i++)
                best[b][j] = fmax(best[b][j], best[b + 1][i] * (double)gate_of(routing, b, i, j));
        }
    }
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    fw_routing_live(live, NULL, routing);
    for (int32_t l = 0; l < t->n_levels; l++) {
        for (int32_t j = 0; j < t->levels[l].n; j++)
            best[l][j] = live[l * FW_SUBNETWORKS_MOST + j] ? best[l][j] : 0;
    }
}

void fw_routing_use(double *share, const struct fw_routing *routing)
{
    const struct fw_topology *t = &routing->topology;
    double best[FW_LEVELS_MOST][FW_SUBNETWORKS_MOST];
    for (int32_t task = 0; task < t->n_tasks; task++) {
        int32_t used = 0;
        int32_t all = 0;
        strongest(best, routing, task);
        for (int32_t l = 0; l < t->n_levels; l++) {
            for (int32_t j = 0; j < t->levels[l].n; j++)
                used += best[l][j] > 0;
            all += t->levels[l].n;
        }
        share[task] = (double)used / all;
    }
}

enum fw_status fw_routing_sharing(double *share, const struct fw_routing *routing, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    const struct fw_topology *t = &routing->topology;
    double(*best)[FW_LEVELS_MOST][FW_SUBNETWORKS_MOST];
    FW_ALLOC(best, mem, t->n_tasks, "the paths of a routing", err);
    for (int32_t task = 0; task < t->n_tasks; task++)
        strongest(best[task], routing, task);
    for (int32_t a = 0; a < t->n_tasks; a++) {
        for (int32_t b = 0; b < t->n_tasks; b++) {
            double both = 0;
            double any = 0;
            for (int32_t l = 0; l < t->n_levels; l++) {
                for (int32_t j = 0; j < t->levels[l].n; j++) {
                    both += fmin(best[a][l][j], best[b][l][j]);
                    any += fmax(best[a][l][j], best[b][l][j]);
                }
            }
            share[a * t->n_tasks + b] = any > 0 ? both / any : 0;
        }
    }
    fw_free(mem, best);
    return FW_OK;
}

enum fw_status fw_routing_copy(struct fw_routing *out, const struct fw_routing *routing, struct fw_allocator *mem,
                               struct fw_error *err)
{
    int64_t n = fw_topology_connections(&routing->topology);
    *out = *routing;
    out->gates = NULL;
    FW_ALLOC(out->gates, mem, n, "the gates of a routing", err);
    memcpy(out->gates, routing->gates, (size_t)n * sizeof *out->gates);
    return FW_OK;
}

void fw_routing_clear(struct fw_routing *routing, struct fw_allocator *mem)
{
    fw_free(mem, routing->gates);
    routing->gates = NULL;
}
