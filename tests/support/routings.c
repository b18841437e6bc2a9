#include "support/routings.h"

#include "support/test_main.h"

void routing_make(struct fw_routing *routing, const int32_t *n, int32_t n_levels, int32_t n_tasks, float gate)
{
    *routing = (struct fw_routing){.topology = {.n_levels = n_levels, .n_tasks = n_tasks, .tower = 4}};
    for (int32_t l = 0; l < n_levels; l++)
        routing->topology.levels[l] = (struct fw_level){n[l], 8};
    ck_ok(fw_topology_check(&routing->topology, err));
    int64_t connections = fw_topology_connections(&routing->topology);
    routing->gates = fw_alloc_array(NULL, connections, sizeof *routing->gates);
    ck_assert_ptr_nonnull(routing->gates);
    for (int64_t i = 0; i < connections; i++)
        routing->gates[i] = gate;
}

float *routing_gate(struct fw_routing *routing, int32_t boundary, int32_t to, int32_t from)
{
    return &routing->gates[fw_topology_place(&routing->topology, boundary, to, from)];
}

void routing_make_small(struct fw_routing *routing)
{
    routing_make(routing, (const int32_t[]){4, 3}, 2, 3, 0);
    *routing_gate(routing, 0, 0, 0) = 1.0F;
    *routing_gate(routing, 0, 0, 3) = 0.5F;
    *routing_gate(routing, 0, 1, 2) = 0.7F; /* to a sub-network that no task reads */
    *routing_gate(routing, 0, 2, 1) = 0.99F;
    *routing_gate(routing, 0, 2, 3) = 0.01F;
    *routing_gate(routing, 1, 0, 0) = 1.0F;
    *routing_gate(routing, 1, 0, 2) = 0.25F;
    *routing_gate(routing, 1, 1, 2) = 0.83F;
}
