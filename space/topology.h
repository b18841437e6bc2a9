/* What several tasks may share: levels of sub-networks between the inputs and the tasks' towers (SNR, Ma et al. 2019).
 *
 * Every sub-network of the first level reads all inputs. Each further level, and last the towers, may read any
 * sub-network of the level before: these are the connections, each with a gate in [0, 1]; 0 is closed. Boundary b lies
 * between level b and what reads it (level b + 1, or the towers after the last level), so that there are n_levels of
 * them. Gates of a boundary are (readers, read), row-major.
 *
 * All gates open is a shared bottom, a block-diagonal pattern single-task models. */
#ifndef FW_SPACE_TOPOLOGY_H
#define FW_SPACE_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"
#include "space/task.h"

#define FW_LEVELS_MOST      6
#define FW_SUBNETWORKS_MOST 64 /* of a level */

enum fw_connection_kind {
    FW_CONNECT_TRANS, /* v_i = sum_j z_ij W_ij u_j: a matrix of its own each */
    FW_CONNECT_AVER   /* v_i = sum_j z_ij u_j: all levels of equal width */
};

struct fw_level {
    int32_t n;     /* sub-networks */
    int32_t width; /* units of each */
};

struct fw_topology {
    enum fw_connection_kind kind;
    int32_t n_levels;
    struct fw_level levels[FW_LEVELS_MOST];
    int32_t n_tasks;
    int32_t tower; /* units of each tower's hidden layer */
};

/* A topology with the gates that a search chose. */
struct fw_routing {
    struct fw_topology topology;
    float *gates; /* (fw_topology_connections) boundary by boundary; owned */
};

/* FW_E_ARG naming what is out of range: levels, sub-networks, widths, tasks; unequal widths with FW_CONNECT_AVER. */
FW_NODISCARD
enum fw_status fw_topology_check(const struct fw_topology *topology, struct fw_error *err);

/* Readers of boundary b: sub-networks of level b + 1, or tasks. */
int32_t fw_topology_readers(const struct fw_topology *topology, int32_t boundary);

/* Units of the layer that a reader of boundary b feeds: of a sub-network, or a tower. */
int32_t fw_topology_reader_width(const struct fw_topology *topology, int32_t boundary);

/* All connections, and among them the place of the first one of a boundary, and of that from sub-network `from` of the
 * boundary's level to reader `to`. */
int64_t fw_topology_connections(const struct fw_topology *topology);
int64_t fw_topology_first(const struct fw_topology *topology, int32_t boundary);
int64_t fw_topology_place(const struct fw_topology *topology, int32_t boundary, int32_t to, int32_t from);

/* What is left when closed connections go: a sub-network lives when it has an open path from the inputs and one to a
 * task. live: (n_levels x FW_SUBNETWORKS_MOST). fed (may be NULL): (n_tasks) whether any path reaches the task. */
void fw_routing_live(bool *live, bool *fed, const struct fw_routing *routing);

/* The gate of a connection that is left; 0: it is closed, or one of its ends does not live. */
float fw_routing_live_gate(const struct fw_routing *routing, const bool *live, int32_t boundary, int32_t to,
                           int32_t from);

/* Numbers of the network behind `inputs` numbers a row, without the embeddings: weights and biases of live
 * sub-networks, open connections and towers; and the multiplications that a row takes. A scalar gate of FW_CONNECT_AVER
 * counts as a weight. */
struct fw_routing_size {
    int64_t subnetworks, connections; /* that are left */
    int64_t parameters;
    int64_t multiplications;
};
struct fw_routing_size fw_routing_measure(const struct fw_routing *routing, int64_t inputs);

/* The smallest network that still feeds every task, in parameters: no budget below can be met. */
int64_t fw_topology_least_parameters(const struct fw_topology *topology, int64_t inputs);

/* share[t]: of the sub-networks of all levels, those that have an open path to task t. */
void fw_routing_use(double *share, const struct fw_routing *routing);

/* How much two tasks share: the gates' weighted Jaccard similarity of the live sub-networks that feed them, 0 to 1:
 * sum over sub-networks of the last level of min(gate_a, gate_b) over that of max(gate_a, gate_b), over all levels by
 * the strongest path (the largest product of gates). share: (n_tasks, n_tasks). */
FW_NODISCARD
enum fw_status fw_routing_sharing(double *share, const struct fw_routing *routing, struct fw_allocator *mem,
                                  struct fw_error *err);

/* A copy with gates of its own; and freeing the gates. */
FW_NODISCARD
enum fw_status fw_routing_copy(struct fw_routing *out, const struct fw_routing *routing, struct fw_allocator *mem,
                               struct fw_error *err);
void fw_routing_clear(struct fw_routing *routing, struct fw_allocator *mem); /* a zeroed one is fine */

const char *fw_connection_kind_name(enum fw_connection_kind kind); /* "trans", "aver" */

#endif
