#include "space/topology.h"

#include <string.h>

#define WIDTH_MOST 65536

const char *fw_connection_kind_name(enum fw_connection_kind kind)
{
    static const char *const names[] = {"trans", "aver"};
    _Static_assert(sizeof names / sizeof names[0] == FW_CONNECT_AVER + 1, "one name a kind");
    return names[kind];
}

static enum fw_status check_range(const char *what, int64_t value, int64_t most, struct fw_error *err)
{
    if (value >= 1 && value <= most)
        return FW_OK;
    return fw_error_set(err, FW_E_ARG, "the topology has %lld %s; 1 to %lld are possible", (long long)value, what,
                        (long long)most);
}

enum fw_status fw_topology_check(const struct fw_topology *topology, struct fw_error *err)
{
    FW_TRY(check_range("levels", topology->n_levels, FW_LEVELS_MOST, err));
    for (int32_t l = 0; l < topology->n_levels; l++) {
        FW_TRY(check_range("sub-networks on a level", topology->levels[l].n, FW_SUBNETWORKS_MOST, err));
        FW_TRY(check_range("units in a sub-network", topology->levels[l].width, WIDTH_MOST, err));
        if (topology->kind == FW_CONNECT_AVER && topology->levels[l].width != topology->levels[0].width)
            return fw_error_set(err, FW_E_ARG,
                                "connections of the kind aver add what sub-networks put out, so that all levels are of "
                                "one width; level 1 has %d units, level %d has %d",
                                topology->levels[0].width, l + 1, topology->levels[l].width);
    }
    FW_TRY(check_range("tasks", topology->n_tasks, FW_TASKS_MOST, err));
    return check_range("units in a tower", topology->tower, WIDTH_MOST, err);
}

int32_t fw_topology_readers(const struct fw_topology *topology, int32_t boundary)
{
    return boundary + 1 < topology->n_levels ? topology->levels[boundary + 1].n : topology->n_tasks;
}

int64_t fw_topology_first(const struct fw_topology *topology, int32_t boundary)
{
    int64_t first = 0;
    for (int32_t b = 0; b < boundary; b++)
        first += (int64_t)fw_topology_readers(topology, b) * topology->levels[b].n;
    return first;
}

int64_t fw_topology_connections(const struct fw_topology *topology)
{
    return fw_topology_first(topology, topology->n_levels);
}

/* The gates of one reader of a boundary, one for each sub-network that it may read. */
static const float *gates_of(const struct fw_routing *routing, int32_t boundary, int32_t reader)
{
    const struct fw_topology *t = &routing->topology;
    return routing->gates + fw_topology_first(t, boundary) + (int64_t)reader * t->levels[boundary].n;
}

/* Marks the sub-networks with an open path from the inputs, level by level; all of the first one have. */
static void mark_fed(bool *marked, bool *fed, const struct fw_routing *routing)
{
    const struct fw_topology *t = &routing->topology;
    for (int32_t i = 0; i < t->levels[0].n; i++)
        marked[i] = true;
    for (int32_t b = 0; b < t->n_levels; b++) {
        const bool *from = marked + b * FW_SUBNETWORKS_MOST;
        bool *to = b + 1 < t->n_levels ? marked + (b + 1) * FW_SUBNETWORKS_MOST : fed;
        for (int32_t i = 0; i < fw_topology_readers(t, b) && to != NULL; i++) {
            const float *gates = gates_of(routing, b, i);
            to[i] = false;
            for (int32_t j = 0; j < t->levels[b].n; j++)
                to[i] = to[i] || (gates[j] > 0 && from[j]);
        }
    }
}

/* Marks the sub-networks with an open path to a task; to one task alone when `task` is not negative. */
static void mark_used(bool *marked, const struct fw_routing *routing, int32_t task)
{
    const struct fw_topology *t = &routing->topology;
    for (int32_t b = t->n_levels - 1; b >= 0; b--) {
        bool last = b + 1 == t->n_levels;
        for (int32_t i = 0; i < fw_topology_readers(t, b); i++) {
            const float *gates = gates_of(routing, b, i);
            bool used = last ? task < 0 || task == i : marked[(b + 1) * FW_SUBNETWORKS_MOST + i];
            for (int32_t j = 0; j < t->levels[b].n && used; j++)
                marked[b * FW_SUBNETWORKS_MOST + j] = marked[b * FW_SUBNETWORKS_MOST + j] || gates[j] > 0;
        }
    }
}

void fw_routing_live(bool *live, bool *fed, const struct fw_routing *routing)
{
    bool used[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST] = {false};
    int32_t n = routing->topology.n_levels * FW_SUBNETWORKS_MOST;
    memset(live, 0, (size_t)n * sizeof *live);
    mark_fed(live, fed, routing);
    mark_used(used, routing, -1);
    for (int32_t i = 0; i < n; i++)
        live[i] = live[i] && used[i];
}

/* Adds the open connections of one reader from live sub-networks, and what they take. units: of the reader's matrix. */
static void add_connections(struct fw_routing_size *size, const struct fw_routing *routing, int32_t boundary,
                            int32_t reader, const bool *live, int64_t units)
{
    const struct fw_topology *t = &routing->topology;
    const float *gates = gates_of(routing, boundary, reader);
    int64_t width = t->levels[boundary].width;
    for (int32_t j = 0; j < t->levels[boundary].n; j++) {
        if (!live[boundary * FW_SUBNETWORKS_MOST + j] || gates[j] <= 0)
            continue;
        size->connections++;
        size->parameters += t->kind == FW_CONNECT_TRANS ? width * units : 1;
        size->multiplications += t->kind == FW_CONNECT_TRANS ? width * units : width;
    }
}

/* Adds a layer of `units` on `inputs` numbers: weights, unless the connections bring them, and biases. */
static void add_layer(struct fw_routing_size *size, int64_t inputs, int64_t units, bool has_weights)
{
    size->parameters += (has_weights ? inputs * units : 0) + units;
    size->multiplications += has_weights ? inputs * units : 0;
}

struct fw_routing_size fw_routing_measure(const struct fw_routing *routing, int64_t inputs)
{
    const struct fw_topology *t = &routing->topology;
    struct fw_routing_size size = {0};
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    bool own = t->kind == FW_CONNECT_AVER; /* a layer has weights of its own behind the sum that it reads */
    fw_routing_live(live, NULL, routing);
    for (int32_t l = 0; l < t->n_levels; l++) {
        int64_t width = t->levels[l].width;
        for (int32_t i = 0; i < t->levels[l].n; i++) {
            if (!live[l * FW_SUBNETWORKS_MOST + i])
                continue;
            size.subnetworks++;
            add_layer(&size, l == 0 ? inputs : width, width, l == 0 || own);
            if (l > 0)
                add_connections(&size, routing, l - 1, i, live, width);
        }
    }
    for (int32_t i = 0; i < t->n_tasks; i++) {
        add_layer(&size, t->levels[t->n_levels - 1].width, t->tower, own);
        add_connections(&size, routing, t->n_levels - 1, i, live, t->tower);
        add_layer(&size, t->tower, 1, true);
    }
    return size;
}

int64_t fw_topology_least_parameters(const struct fw_topology *topology, int64_t inputs)
{
    float gates[FW_SUBNETWORKS_MOST * (FW_LEVELS_MOST + 1)]; /* of single files: one sub-network a level */
    struct fw_routing routing = {.topology = *topology, .gates = gates};
    for (int32_t l = 0; l < topology->n_levels; l++)
        routing.topology.levels[l].n = 1;
    for (int64_t k = 0; k < fw_topology_connections(&routing.topology); k++)
        gates[k] = 1;
    return fw_routing_measure(&routing, inputs).parameters;
}

void fw_routing_use(double *share, const struct fw_routing *routing)
{
    const struct fw_topology *t = &routing->topology;
    int32_t n = 0;
    for (int32_t l = 0; l < t->n_levels; l++)
        n += t->levels[l].n;
    for (int32_t i = 0; i < t->n_tasks; i++) {
        bool used[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST] = {false};
        bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
        int32_t count = 0;
        fw_routing_live(live, NULL, routing);
        mark_used(used, routing, i);
        for (int32_t k = 0; k < t->n_levels * FW_SUBNETWORKS_MOST; k++)
            count += live[k] && used[k];
        share[i] = (double)count / n;
    }
}

/* strength: (n_levels x FW_SUBNETWORKS_MOST) the largest product of gates on a path from a sub-network to the task;
 * 0 for one that is not live. */
static void find_strengths(double *strength, const struct fw_routing *routing, const bool *live, int32_t task)
{
    const struct fw_topology *t = &routing->topology;
    memset(strength, 0, sizeof(double) * (size_t)t->n_levels * FW_SUBNETWORKS_MOST);
    for (int32_t b = t->n_levels - 1; b >= 0; b--) {
        bool last = b + 1 == t->n_levels;
        for (int32_t i = 0; i < fw_topology_readers(t, b); i++) {
            const float *gates = gates_of(routing, b, i);
            double onward = last ? (i == task ? 1 : 0) : strength[(b + 1) * FW_SUBNETWORKS_MOST + i];
            for (int32_t j = 0; j < t->levels[b].n; j++) {
                double *best = &strength[b * FW_SUBNETWORKS_MOST + j];
                double product = live[b * FW_SUBNETWORKS_MOST + j] ? (double)gates[j] * onward : 0;
                *best = product > *best ? product : *best;
            }
        }
    }
}

enum fw_status fw_routing_sharing(double *share, const struct fw_routing *routing, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    const struct fw_topology *t = &routing->topology;
    int32_t n = t->n_levels * FW_SUBNETWORKS_MOST;
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    double *strength;
    FW_ALLOC(strength, mem, (int64_t)t->n_tasks * n, "what tasks share", err);
    fw_routing_live(live, NULL, routing);
    for (int32_t i = 0; i < t->n_tasks; i++)
        find_strengths(strength + (int64_t)i * n, routing, live, i);
    for (int32_t i = 0; i < t->n_tasks; i++) {
        for (int32_t j = 0; j < t->n_tasks; j++) {
            const double *a = strength + (int64_t)i * n;
            const double *b = strength + (int64_t)j * n;
            double least = 0;
            double most = 0;
            for (int32_t k = 0; k < n; k++) {
                least += a[k] < b[k] ? a[k] : b[k];
                most += a[k] > b[k] ? a[k] : b[k];
            }
            share[(int64_t)i * t->n_tasks + j] = most > 0 ? least / most : i == j;
        }
    }
    fw_free(mem, strength);
    return FW_OK;
}

enum fw_status fw_routing_copy(struct fw_routing *out, const struct fw_routing *routing, struct fw_allocator *mem,
                               struct fw_error *err)
{
    int64_t n = fw_topology_connections(&routing->topology);
    float *gates;
    FW_ALLOC(gates, mem, n, "the gates of a routing", err);
    memcpy(gates, routing->gates, (size_t)n * sizeof *gates);
    *out = (struct fw_routing){.topology = routing->topology, .gates = gates};
    return FW_OK;
}

void fw_routing_clear(struct fw_routing *routing, struct fw_allocator *mem)
{
    fw_free(mem, routing->gates);
    *routing = (struct fw_routing){0};
}
