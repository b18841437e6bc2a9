/* What of a routing goes and what stays, against cases worked by hand. */
#include <string.h>

#include "search/routing/route_parts.h"
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
    ck_assert_int_eq(fw_route_cut(&routing, 10, whole - 1), 1);
    ck_assert_float_eq(gates[3], 0);
    ck_assert_int_eq(fw_routing_measure(&routing, 10).parameters, whole - 9);
    ck_assert_int_eq(fw_route_cut(&routing, 10, whole - 9), 0); /* nothing has to go */
}
END_TEST

START_TEST(test_cut_meets_the_least_size_from_separate_paths)
{
    float gates[] = {1, 0, 0, 1, 1, 0, 0, 1}; /* each task has a path of its own: none may go alone */
    bool fed[2];
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    struct fw_routing routing = two_by_two(gates);
    int64_t least = fw_topology_least_parameters(&routing.topology, 10);
    fw_route_cut(&routing, 10, least);
    ck_assert_int_le(fw_routing_measure(&routing, 10).parameters, least);
    fw_routing_live(live, fed, &routing);
    ck_assert(fed[0] && fed[1]);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("route_cut");
    TCase *tests = tcase_create("core");
    tcase_add_test(tests, test_rescue_opens_the_strongest_path_of_a_task_without_one);
    tcase_add_test(tests, test_cut_takes_the_least_gates_for_a_number_and_feeds_all);
    tcase_add_test(tests, test_cut_meets_the_least_size_from_separate_paths);
    suite_add_tcase(suite, tests);
    return suite;
}
