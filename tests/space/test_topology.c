/* Topologies and routings against cases worked by hand. */
#include <stdlib.h>
#include <string.h>

#include "space/topology.h"
#include "support/schemas.h"
#include "support/test_main.h"

/* Three sub-networks of 4 units, two of 3, two tasks with towers of 5. */
static const struct fw_topology small = {
    .kind = FW_CONNECT_TRANS, .n_levels = 2, .levels = {{3, 4}, {2, 3}}, .n_tasks = 2, .tower = 5};

/* Boundary 0: (2, 3), boundary 1: (2, 2). */
static float pruned_gates[] = {1, 0.5F, 0, /**/ 0, 0, 1, /**/ 0.5F, 0, /**/ 0.25F, 0};

static struct fw_routing pruned(void)
{
    return (struct fw_routing){.topology = small, .gates = pruned_gates};
}

static bool lives(const bool *live, int32_t level, int32_t subnetwork)
{
    return live[level * FW_SUBNETWORKS_MOST + subnetwork];
}

START_TEST(test_topology_counts_connections)
{
    ck_ok(fw_topology_check(&small, err));
    ck_assert_int_eq(fw_topology_readers(&small, 0), 2);
    ck_assert_int_eq(fw_topology_readers(&small, 1), 2);
    ck_assert_int_eq(fw_topology_first(&small, 0), 0);
    ck_assert_int_eq(fw_topology_first(&small, 1), 6);
    ck_assert_int_eq(fw_topology_connections(&small), 10);
    const struct fw_topology one = {.n_levels = 1, .levels = {{4, 8}}, .n_tasks = 3, .tower = 1};
    ck_assert_int_eq(fw_topology_readers(&one, 0), 3);
    ck_assert_int_eq(fw_topology_connections(&one), 12);
    ck_assert_str_eq(fw_connection_kind_name(FW_CONNECT_TRANS), "trans");
    ck_assert_str_eq(fw_connection_kind_name(FW_CONNECT_AVER), "aver");
}
END_TEST

START_TEST(test_topology_refuses_what_is_out_of_range)
{
    const struct {
        struct fw_topology topology;
        const char *part;
    } cases[] = {
        {{.n_levels = 0, .n_tasks = 2, .tower = 4}, "0 levels of sub-networks; 1 to 6"},
        {{.n_levels = 7, .n_tasks = 2, .tower = 4}, "7 levels"},
        {{.n_levels = 1, .levels = {{0, 8}}, .n_tasks = 2, .tower = 4}, "0 sub-networks"},
        {{.n_levels = 1, .levels = {{65, 8}}, .n_tasks = 2, .tower = 4}, "65 sub-networks"},
        {{.n_levels = 1, .levels = {{2, 0}}, .n_tasks = 2, .tower = 4}, "level 1 have 0 units"},
        {{.n_levels = 1, .levels = {{2, 8}}, .n_tasks = 0, .tower = 4}, "0 tasks"},
        {{.n_levels = 1, .levels = {{2, 8}}, .n_tasks = 65, .tower = 4}, "65 tasks"},
        {{.n_levels = 1, .levels = {{2, 8}}, .n_tasks = 2, .tower = 0}, "towers of 0 units"},
        {{.kind = FW_CONNECT_AVER, .n_levels = 2, .levels = {{2, 8}, {2, 4}}, .n_tasks = 2, .tower = 4},
         "level 2 has 4 units, level 1 has 8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fw_error error = {0};
        ck_assert_int_eq(fw_topology_check(&cases[i].topology, &error), FW_E_ARG);
        ck_holds(error.message, cases[i].part);
    }
}
END_TEST

/* (0, 2) feeds (1, 1) alone, which no tower reads: both go, and with them the connection between them. */
START_TEST(test_topology_prunes_what_leads_nowhere)
{
    struct fw_routing routing = pruned();
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    bool fed[2];
    fw_routing_live(live, fed, &routing);
    ck_assert(lives(live, 0, 0) && lives(live, 0, 1) && !lives(live, 0, 2));
    ck_assert(lives(live, 1, 0) && !lives(live, 1, 1));
    ck_assert(fed[0] && fed[1]);
}
END_TEST

/* A sub-network that reads nothing is dead though a tower reads it, and a tower that reads it alone is not fed. */
START_TEST(test_topology_prunes_what_nothing_feeds)
{
    float gates[] = {1, 1, 1, /**/ 0, 0, 0, /**/ 1, 1, /**/ 0, 1};
    struct fw_routing routing = {.topology = small, .gates = gates};
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    bool fed[2];
    fw_routing_live(live, fed, &routing);
    ck_assert(lives(live, 1, 0) && !lives(live, 1, 1));
    ck_assert(fed[0] && !fed[1]);
    double share[2];
    fw_routing_use(share, &routing);
    ck_assert_double_eq_tol(share[0], 4.0 / 5, 1e-12);
    ck_assert_double_eq(share[1], 0);
}
END_TEST

START_TEST(test_topology_measures_matrices)
{
    struct fw_routing routing = pruned();
    struct fw_routing_size size = fw_routing_measure(&routing, 10);
    ck_assert_int_eq(size.subnetworks, 3);
    ck_assert_int_eq(size.connections, 4);
    /* two of 10 x 4 + 4; two blocks of 4 x 3 and 3 biases; two towers of a 3 x 5 block, 5 biases, 5 + 1 */
    ck_assert_int_eq(size.parameters, 2 * 44 + 24 + 3 + 2 * (15 + 5 + 6));
    ck_assert_int_eq(size.multiplications, 2 * 40 + 24 + 2 * (15 + 5));
}
END_TEST

START_TEST(test_topology_measures_scalars)
{
    struct fw_routing routing = pruned();
    routing.topology.kind = FW_CONNECT_AVER;
    routing.topology.levels[1].width = 4;
    struct fw_routing_size size = fw_routing_measure(&routing, 10);
    ck_assert_int_eq(size.connections, 4);
    /* two of 10 x 4 + 4; one of 4 x 4 + 4 behind two scalars; two towers of 4 x 5 + 5 behind a scalar, 5 + 1 */
    ck_assert_int_eq(size.parameters, 2 * 44 + 20 + 2 + 2 * (25 + 1 + 6));
    ck_assert_int_eq(size.multiplications, 2 * 40 + 16 + 2 * 4 + 2 * (20 + 4 + 5));
}
END_TEST

START_TEST(test_topology_counts_a_network_with_all_gates_open)
{
    float gates[10];
    struct fw_routing routing = {.topology = small, .gates = gates};
    for (int i = 0; i < 10; i++)
        gates[i] = 1;
    struct fw_routing_size size = fw_routing_measure(&routing, 7);
    ck_assert_int_eq(size.subnetworks, 5);
    ck_assert_int_eq(size.connections, 10);
    ck_assert_int_eq(size.parameters, 3 * (28 + 4) + 2 * (3 * 12 + 3) + 2 * (2 * 15 + 5 + 6));
}
END_TEST

START_TEST(test_topology_least_network_is_one_file)
{
    /* 10 x 4 + 4, 4 x 3 + 3, two towers of 3 x 5 + 5 + 6 */
    ck_assert_int_eq(fw_topology_least_parameters(&small, 10), 44 + 15 + 2 * 26);
    struct fw_topology aver = small;
    aver.kind = FW_CONNECT_AVER;
    aver.levels[1].width = 4;
    ck_assert_int_eq(fw_topology_least_parameters(&aver, 10), 44 + 20 + 1 + 2 * (25 + 1 + 6));
    const struct fw_topology largest = {.n_levels = FW_LEVELS_MOST,
                                        .levels = {{64, 1}, {64, 1}, {64, 1}, {64, 1}, {64, 1}, {64, 1}},
                                        .n_tasks = FW_TASKS_MOST,
                                        .tower = 1};
    ck_assert_int_eq(fw_topology_least_parameters(&largest, 1), 6 * 2 + 64 * 4);
}
END_TEST

/* No routing that feeds all tasks is smaller than the least, whatever its gates. */
START_TEST(test_topology_least_is_a_lower_bound)
{
    for (int kind = 0; kind < 2; kind++) {
        struct fw_topology topology = {
            .kind = (enum fw_connection_kind)kind, .n_levels = 2, .levels = {{2, 3}, {2, 3}}, .n_tasks = 2, .tower = 2};
        int64_t least = fw_topology_least_parameters(&topology, 5);
        int64_t smallest = INT64_MAX;
        for (int bits = 0; bits < 256; bits++) {
            float gates[8];
            bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
            bool fed[2];
            struct fw_routing routing = {.topology = topology, .gates = gates};
            for (int k = 0; k < 8; k++)
                gates[k] = (float)(bits >> k & 1);
            fw_routing_live(live, fed, &routing);
            int64_t parameters = fw_routing_measure(&routing, 5).parameters;
            if (fed[0] && fed[1] && parameters < smallest)
                smallest = parameters;
        }
        ck_assert_int_eq(smallest, least);
    }
}
END_TEST

START_TEST(test_topology_says_what_tasks_use)
{
    struct fw_routing routing = pruned();
    double share[2];
    fw_routing_use(share, &routing);
    ck_assert_double_eq_tol(share[0], 3.0 / 5, 1e-12);
    ck_assert_double_eq_tol(share[1], 3.0 / 5, 1e-12);
}
END_TEST

START_TEST(test_topology_says_how_much_tasks_share)
{
    struct fw_routing routing = pruned();
    double share[4];
    ck_ok(fw_routing_sharing(share, &routing, NULL, err));
    /* paths to task 0: 0.5, 0.25 and 0.5; to task 1 half of each */
    ck_assert_double_eq(share[0], 1);
    ck_assert_double_eq(share[3], 1);
    ck_assert_double_eq_tol(share[1], 0.5, 1e-12);
    ck_assert_double_eq_tol(share[2], 0.5, 1e-12);
}
END_TEST

START_TEST(test_topology_single_tasks_share_nothing_and_a_shared_bottom_all)
{
    float diagonal[] = {1, 0, 0, /**/ 0, 1, 0, /**/ 1, 0, /**/ 0, 1};
    float shared[] = {1, 1, 1, /**/ 1, 1, 1, /**/ 1, 1, /**/ 1, 1};
    struct fw_routing routing = {.topology = small, .gates = diagonal};
    double share[4];
    ck_ok(fw_routing_sharing(share, &routing, NULL, err));
    ck_assert_double_eq(share[1], 0);
    routing.gates = shared;
    ck_ok(fw_routing_sharing(share, &routing, NULL, err));
    ck_assert_double_eq(share[1], 1);
}
END_TEST

START_TEST(test_topology_copies_routings)
{
    struct fw_routing routing = pruned();
    struct fw_routing copy = {0};
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    mem.fail_at = 1;
    ck_assert_int_eq(fw_routing_copy(&copy, &routing, &mem, NULL), FW_E_NOMEM);
    ck_assert_ptr_null(copy.gates);
    fw_routing_clear(&copy, &mem); /* a zeroed one is fine */
    mem.fail_at = 0;
    ck_ok(fw_routing_copy(&copy, &routing, &mem, err));
    ck_assert_mem_eq(copy.gates, pruned_gates, sizeof pruned_gates);
    ck_assert_int_eq(copy.topology.tower, 5);
    fw_routing_clear(&copy, &mem);
    ck_assert_ptr_null(copy.gates);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("topology");
    TCase *cases = tcase_create("topology");
    tcase_add_test(cases, test_topology_counts_connections);
    tcase_add_test(cases, test_topology_refuses_what_is_out_of_range);
    tcase_add_test(cases, test_topology_prunes_what_leads_nowhere);
    tcase_add_test(cases, test_topology_prunes_what_nothing_feeds);
    tcase_add_test(cases, test_topology_measures_matrices);
    tcase_add_test(cases, test_topology_measures_scalars);
    tcase_add_test(cases, test_topology_counts_a_network_with_all_gates_open);
    tcase_add_test(cases, test_topology_least_network_is_one_file);
    tcase_add_test(cases, test_topology_least_is_a_lower_bound);
    tcase_add_test(cases, test_topology_says_what_tasks_use);
    tcase_add_test(cases, test_topology_says_how_much_tasks_share);
    tcase_add_test(cases, test_topology_single_tasks_share_nothing_and_a_shared_bottom_all);
    tcase_add_test(cases, test_topology_copies_routings);
    suite_add_tcase(suite, cases);
    return suite;
}
