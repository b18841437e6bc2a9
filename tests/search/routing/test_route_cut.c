/* What of a routing goes and what stays, against cases worked by hand. */
#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "search/routing/route_parts.h"
#include "support/routings.h"
#include "support/test_main.h"

/* Two levels of two sub-networks, two tasks: boundary 0 (to, from), then boundary 1. */
static struct fw_routing two_by_two(float *gates)
{
    return (struct fw_routing){
        .topology = {.kind = FW_CONNECT_TRANS, .n_levels = 2, .levels = {{2, 3}, {2, 3}}, .n_tasks = 2, .tower = 3},
        .gates = gates};
}

START_TEST(test_rescue_opens_the_strongest_path_of_a_task_without_one)
{
    /* task 1 reads sub-network 1 of level 2, which reads nothing */
    float gates[] = {1, 0, 0, 0, 1, 0, 0, 1};
    const float log_alpha[] = {3, -1, -4, -4, 3, -4, -2, 3};
    struct fw_routing routing = two_by_two(gates);
    ck_assert_int_eq(fw_route_rescue(&routing, log_alpha), 1);
    /* 3 - 2 over sub-network 0 of both levels against 3 - 4 over sub-network 1 of the second */
    const float expected[] = {1, 0, 0, 0, 1, 0, 0.5f, 1};
    ck_assert_mem_eq(gates, expected, sizeof expected);
    ck_assert_int_eq(fw_route_rescue(&routing, log_alpha), 0);
}
END_TEST

START_TEST(test_cut_takes_the_least_gates_for_a_number_and_feeds_all)
{
    float gates[] = {1, 1, 1, 0.1f, 1, 1, 1, 1};
    struct fw_routing routing = two_by_two(gates);
    int64_t whole = fw_routing_measure(&routing, 10).parameters;
    /* a connection is 9 numbers; the one of .1 is the cheapest */
    ck_assert_int_eq(fw_route_cut(&routing, 10, whole - 1, NULL), 1);
    ck_assert_float_eq(gates[3], 0);
    ck_assert_int_eq(fw_routing_measure(&routing, 10).parameters, whole - 9);
    ck_assert_int_eq(fw_route_cut(&routing, 10, whole - 9, NULL), 0); /* nothing has to go */
}
END_TEST

START_TEST(test_cut_meets_the_least_size_from_separate_paths)
{
    float gates[] = {1, 0, 0, 1, 1, 0, 0, 1}; /* each task has a path of its own: none may go alone */
    bool fed[2];
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    struct fw_routing routing = two_by_two(gates);
    int64_t least = fw_topology_least_parameters(&routing.topology, 10);
    fw_route_cut(&routing, 10, least, NULL);
    ck_assert_int_le(fw_routing_measure(&routing, 10).parameters, least);
    fw_routing_live(live, fed, &routing);
    ck_assert(fed[0] && fed[1]);
}
END_TEST

/* Closes what a sub-network gives to all its readers, or to one, and returns the gates taken. */
static double close_some(struct fw_routing *routing, int32_t b, int32_t from, int32_t to)
{
    double taken = 0;
    for (int32_t i = 0; i < fw_topology_readers(&routing->topology, b); i++) {
        float *gate = routing_gate(routing, b, i, from);
        taken += to < 0 || i == to ? (double)*gate : 0;
        *gate = to < 0 || i == to ? 0 : *gate;
    }
    return taken;
}

enum { gates_most = 64 };

/* The cheapest cut of all, each measured in full. */
static double cut_by_hand(float *best, const struct fw_routing *routing)
{
    const struct fw_topology *t = &routing->topology;
    size_t bytes = (size_t)fw_topology_connections(t) * sizeof(float);
    int64_t whole = fw_routing_measure(routing, 10).parameters;
    double least = INFINITY;
    for (int32_t b = 0; b < t->n_levels; b++) {
        for (int32_t j = 0; j < t->levels[b].n; j++) {
            for (int32_t i = -1; i < fw_topology_readers(t, b); i++) {
                float gates[gates_most];
                struct fw_routing tried = {routing->topology, gates};
                memcpy(gates, routing->gates, bytes);
                double taken = close_some(&tried, b, j, i);
                int64_t saved = whole - fw_routing_measure(&tried, 10).parameters;
                if (taken > 0 && saved > 0 && fw_route_feeds_all(&tried) && taken / (double)saved < least) {
                    least = taken / (double)saved;
                    memcpy(best, gates, bytes);
                }
            }
        }
    }
    return least;
}

START_TEST(test_cut_is_the_cheapest_of_all)
{
    struct fw_rng rng;
    int cuts = 0;
    fw_rng_seed(&rng, 5, fw_stream((uint64_t)_i, 0, FW_STREAM_TEST));
    for (int r = 0; r < 200; r++) {
        float gates[gates_most];
        float expected[gates_most];
        struct fw_routing routing = {.topology = {.kind = _i == 0 ? FW_CONNECT_TRANS : FW_CONNECT_AVER,
                                                  .n_levels = 3,
                                                  .levels = {{4, 5}, {3, 5}, {4, 5}},
                                                  .n_tasks = 3,
                                                  .tower = 4},
                                     .gates = gates};
        int64_t n = fw_topology_connections(&routing.topology);
        for (int64_t i = 0; i < n; i++)
            gates[i] = fw_rng_uniform(&rng) < 0.5 ? 0 : (float)fw_rng_uniform(&rng);
        if (!fw_route_feeds_all(&routing) || !isfinite(cut_by_hand(expected, &routing)))
            continue;
        fw_route_cut(&routing, 10, fw_routing_measure(&routing, 10).parameters - 1, NULL);
        ck_assert_mem_eq(gates, expected, (size_t)n * sizeof *gates);
        cuts++;
    }
    ck_assert_int_gt(cuts, 100);
}
END_TEST

START_TEST(test_cut_that_is_stopped_keeps_to_the_size)
{
    float gates[] = {1, 1, 1, 1, 1, 1, 1, 1};
    struct fw_routing routing = two_by_two(gates);
    atomic_int stop = 1;
    struct fw_budget stopped = {.stop = &stop};
    int64_t asked = fw_routing_measure(&routing, 10).parameters - 1;
    ck_assert_int_gt(fw_route_cut(&routing, 10, asked, &stopped), 0);
    ck_assert_int_le(fw_routing_measure(&routing, 10).parameters, asked);
    ck_assert(fw_route_feeds_all(&routing));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("route_cut");
    TCase *tests = tcase_create("core");
    tcase_add_test(tests, test_rescue_opens_the_strongest_path_of_a_task_without_one);
    tcase_add_test(tests, test_cut_takes_the_least_gates_for_a_number_and_feeds_all);
    tcase_add_test(tests, test_cut_meets_the_least_size_from_separate_paths);
    tcase_add_loop_test(tests, test_cut_is_the_cheapest_of_all, 0, 2);
    tcase_add_test(tests, test_cut_that_is_stopped_keeps_to_the_size);
    suite_add_tcase(suite, tests);
    return suite;
}
