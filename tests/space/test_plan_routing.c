/* The routing of a plan. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "space/plan.h"
#include "support/schemas.h"
#include "support/test_main.h"

static struct fw_plan *bare_plan(void)
{
    struct fw_plan *plan = NULL;
    struct fw_table *table = table_of("click,buy,spent,job\n1,0,3.5,cook\n1,1,4,smith\n0,,5,cook\n", NULL);
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.labels = NAMES("click", "spent", "buy");
    options.regression = NAMES("spent");
    options.task_weights = NAMES("buy=0.25");
    ck_ok(fw_plan_create(&plan, schema_of(table, &options), NULL, err));
    fw_table_destroy(table);
    return plan;
}

/* One third and the like have no short text of their own. */
static float sample_gates[] = {1.0F / 3,    0,      /**/ 0.1F, 1,          /**/ 1e-7F / 3,
                               0.99999996F,
                               /**/ 0,      1,      2.0F / 3,  /**/ 0.25F, 0,
                               0,           /**/ 1, 1,         0};

static struct fw_routing sample_routing(void)
{
    return (struct fw_routing){
        .topology = {.kind = FW_CONNECT_TRANS, .n_levels = 2, .levels = {{2, 16}, {3, 8}}, .n_tasks = 3, .tower = 4},
        .gates = sample_gates};
}

static struct fw_plan *routed_plan(void)
{
    struct fw_plan *plan = bare_plan();
    struct fw_routing routing = sample_routing();
    char metric[] = "mean auc";
    const struct fw_plan_route route = {
        .lambda = 1e-4, .memory = 123456, .metric = metric, .quality = 1.0 / 3, .study = 5, .trial = 101};
    ck_ok(fw_plan_set_routing(plan, &routing, &route, err));
    return plan;
}

static char *print(const struct fw_plan *plan)
{
    char *text = NULL;
    ck_ok(fw_plan_print(&text, plan, err));
    return text;
}

static struct fw_plan *parse(const char *text)
{
    struct fw_plan *plan = NULL;
    ck_ok(fw_plan_parse(&plan, text, strlen(text), "the plan", NULL, err));
    return plan;
}

/* Deletes the checksum line, as an editor would. */
static void delete_checksum(char *text)
{
    const char *found = strstr(text, "\t\"checksum\"");
    ck_assert_ptr_nonnull(found);
    size_t at = (size_t)(found - text);
    size_t end = at + strcspn(text + at, "\n") + 1;
    memmove(text + at, text + end, strlen(text + end) + 1);
}

START_TEST(test_plan_routing_is_parsed_as_printed)
{
    struct fw_plan *plan = routed_plan();
    char *text = print(plan);
    struct fw_plan *back = parse(text);
    char *again = print(back);
    ck_assert_str_eq(text, again);
    ck_assert_mem_eq(&back->routing->topology, &plan->routing->topology, sizeof(struct fw_topology));
    ck_assert_mem_eq(back->routing->gates, plan->routing->gates, sizeof sample_gates);
    ck_assert_double_eq(back->route.lambda, 1e-4);
    ck_assert_int_eq(back->route.memory, 123456);
    ck_assert_str_eq(back->route.metric, "mean auc");
    ck_assert_double_eq(back->route.quality, 1.0 / 3);
    ck_assert_int_eq(back->route.study, 5);
    ck_assert_int_eq(back->route.trial, 101);
    fw_free(NULL, again);
    fw_free(NULL, text);
    fw_plan_destroy(back);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_routing_shows_gates_in_few_digits)
{
    struct fw_plan *plan = routed_plan();
    char *text = print(plan);
    const char *gates = strstr(text, "\"gates\"");
    ck_assert_ptr_nonnull(gates);
    ck_holds(gates, "[0.333333, 0]");
    ck_holds(gates, "[0.1, 1]");
    ck_holds(gates, "[3.33333e-08, 1]");
    ck_holds(gates, "[0, 1, 0.666667]");
    for (size_t k = 0; k < sizeof sample_gates / sizeof sample_gates[0]; k++) {
        float kept = plan->routing->gates[k];
        ck_assert_float_eq_tol(kept, sample_gates[k], 1e-6F);
        ck_assert((kept > 0) == (sample_gates[k] > 0)); /* what is open stays open */
    }
    fw_free(NULL, text);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_routing_leaves_no_trace_in_a_plan_without_it)
{
    struct fw_plan *plan = bare_plan();
    struct fw_plan *routed = routed_plan();
    char *text = print(plan);
    ck_assert_ptr_null(strstr(text, "routing"));
    struct fw_plan *back = parse(text);
    ck_assert_ptr_null(back->routing);
    ck_ok(fw_plan_set_routing(routed, NULL, NULL, err));
    ck_assert_ptr_null(routed->routing);
    ck_assert_ptr_null(routed->route.metric);
    char *cleared = print(routed);
    ck_assert_str_eq(text, cleared);
    fw_free(NULL, cleared);
    fw_free(NULL, text);
    fw_plan_destroy(back);
    fw_plan_destroy(routed);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_routing_that_cannot_be_is_not_set)
{
    const struct fw_plan_route routes[] = {
        {.memory = -1}, {.study = INT64_MAX}, {.trial = -1}, {.lambda = -1}, {.quality = (double)NAN}};
    const char *const names[] = {"memory", "study", "trial", "lambda", "quality"};
    const float wrong[] = {-0.1F, 1.5F, NAN};
    struct fw_plan *plan = routed_plan();
    struct fw_routing routing = sample_routing();
    struct fw_error error;
    float gates[15];
    char *before = print(plan);
    for (size_t k = 0; k < sizeof routes / sizeof routes[0]; k++) {
        ck_assert_int_eq(fw_plan_set_routing(plan, &routing, &routes[k], &error), FW_E_ARG);
        ck_holds(error.message, names[k]);
    }
    memcpy(gates, sample_gates, sizeof gates);
    routing.gates = gates;
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        gates[4] = wrong[k];
        ck_assert_int_eq(fw_plan_set_routing(plan, &routing, &plan->route, &error), FW_E_ARG);
        ck_holds(error.message, "gates are 0 to 1");
    }
    memcpy(gates, sample_gates, sizeof gates);
    gates[7] = gates[8] = 0;
    ck_assert_int_eq(fw_plan_set_routing(plan, &routing, &plan->route, &error), FW_E_ARG);
    ck_holds(error.message, "no open path of the routing leads to the task 'click'");
    routing.topology.n_tasks = 2;
    ck_assert_int_eq(fw_plan_set_routing(plan, &routing, &plan->route, &error), FW_E_ARG);
    ck_holds(error.message, "of 2 tasks, and the plan has 3");
    routing.topology.tower = 0;
    ck_assert_int_eq(fw_plan_set_routing(plan, &routing, &plan->route, &error), FW_E_ARG);
    ck_holds(error.message, "tower");
    char *after = print(plan);
    ck_assert_str_eq(before, after);
    ck_ok(fw_plan_set_routing(plan, plan->routing, &plan->route, err)); /* a plan's own: copied before they go */
    fw_free(NULL, after);
    after = print(plan);
    ck_assert_str_eq(before, after);
    fw_free(NULL, after);
    fw_free(NULL, before);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_routing_refuses_edits_that_make_no_sense)
{
    const char *const edits[][3] = {
        {"\"routing\":\t{", "\"routing\":\t7,\"x\":{", "'routing'"},
        {"\"kind\":\t\"trans\"", "\"kind\":\t\"tranz\"", "kind 'tranz'"},
        {"\"kind\":\t\"trans\"", "\"kind\":\t\"aver\"", "level 2 has 8 units, level 1 has 16"},
        {"\"levels\":\t[", "\"levels\":\t7,\"x\":[", "'levels'"},
        {"\"levels\":\t[", "\"levels\":\t[],\"x\":[", "0 levels"},
        {"\"levels\":\t[", "\"levels\":\t[7,", "'subnetworks'"},
        {"\"levels\":\t[", "\"levels\":\t[{},{},{},{},{},", "7 levels"},
        {"\"subnetworks\":\t2", "\"subnetworks\":\t65", "'subnetworks'"},
        {"\"subnetworks\":\t2", "\"subnetworks\":\t4", "behind level 1 are not 3 lists of 4"},
        {"\"subnetworks\":\t3", "\"subnetworks\":\t2", "behind level 1 are not 2 lists of 2"},
        {"\"width\":\t16", "\"width\":\t0", "'width'"},
        {"\"width\":\t16", "\"width\":\t99999999", "have 99999999 units"},
        {"\"tower\":\t4", "\"tower\":\t4.5", "'tower'"},
        {"\"lambda\":\t", "\"lambda\":\t-", "lambda"},
        {"\"lambda\"", "\"lambada\"", "'lambda'"},
        {"\"memory\":\t", "\"memory\":\t-", "'memory'"},
        {"\"metric\":\t\"mean auc\"", "\"metric\":\t7", "'metric'"},
        {"\"quality\":\t", "\"quality\":\tnull,\"x\":", "'quality'"},
        {"\"study\":\t5", "\"study\":\t5.5", "'study'"},
        {"\"trial\":\t101", "\"trial\":\t-1", "'trial'"},
        {"\"gates\":\t[", "\"gates\":\t7,\"x\":[", "'gates'"},
        {"\"gates\":\t[", "\"gates\":\t[[],", "3 boundaries and 2 levels"},
        {"[0.333333, 0]", "[0.333333]", "behind level 1"},
        {"[0.333333, 0]", "[0.333333, 0, 1]", "behind level 1"},
        {"[0.333333, 0]", "7", "behind level 1"},
        {"[0.333333, 0]", "[\"0.3\", 0]", "behind level 1"},
        {"[0.333333, 0]", "[1.333333, 0]", "gates are 0 to 1"},
        {"[0.333333, 0]", "[-0.333333, 0]", "gates are 0 to 1"},
        {"[0, 1, 0.666667]", "[0, 0, 0]", "the task 'click'"},
    };
    struct fw_plan *plan = routed_plan();
    char *text = NULL;
    ck_ok(fw_plan_print(&text, plan, err));
    delete_checksum(text);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct fw_error error = {0};
        struct fw_plan *back = NULL;
        char edited[8192];
        const char *part = strstr(strstr(text, "\"routing\""), edits[i][0]);
        ck_assert_msg(part != NULL, "'%s' is not in the plan", edits[i][0]);
        snprintf(edited, sizeof edited, "%.*s%s%s", (int)(part - text), text, edits[i][1], part + strlen(edits[i][0]));
        if (fw_plan_parse(&back, edited, strlen(edited), "the plan", NULL, &error) != FW_E_CORRUPT)
            ck_abort_msg("'%s' is taken", edits[i][1]);
        ck_holds(error.message, "the plan: ");
        ck_holds(error.message, edits[i][2]);
        ck_assert_ptr_null(back);
    }
    fw_free(NULL, text);
    fw_plan_destroy(plan);
}
END_TEST

/* Every byte of the routing replaced by bytes that mean something to JSON: a message, or a plan that prints. */
START_TEST(test_plan_routing_survives_any_byte)
{
    struct fw_plan *plan = routed_plan();
    char *text = NULL;
    ck_ok(fw_plan_print(&text, plan, err));
    delete_checksum(text);
    size_t size = strlen(text);
    size_t from = (size_t)(strstr(text, "\"routing\"") - text);
    size_t to = (size_t)(strstr(text, "\"origin\"") - text);
    to = to > from ? to : size;
    for (size_t at = from; at < to; at++) {
        char kept = text[at];
        for (const char *byte = "-[]{},\"9e "; *byte != '\0'; byte++) {
            struct fw_error error = {0};
            struct fw_plan *back = NULL;
            text[at] = *byte;
            enum fw_status status = fw_plan_parse(&back, text, size, "the plan", NULL, &error);
            ck_assert(status == FW_OK || status == FW_E_CORRUPT);
            if (status == FW_OK)
                fw_free(NULL, print(back));
            fw_plan_destroy(back);
        }
        text[at] = kept;
    }
    fw_free(NULL, text);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_routing_refused_allocations_are_reported_and_leak_nothing)
{
    struct fw_plan *plan = routed_plan();
    char *text = print(plan);
    enum fw_status status = FW_E_NOMEM;
    int64_t n = 0;
    while (status == FW_E_NOMEM) {
        struct fw_allocator mem;
        struct fw_plan *back = NULL;
        struct fw_error err;
        fw_allocator_init(&mem, 0);
        mem.fail_at = ++n;
        status = fw_plan_parse(&back, text, strlen(text), "the plan", &mem, &err);
        if (status == FW_OK)
            status = fw_plan_set_routing(back, plan->routing, &plan->route, &err);
        fw_plan_destroy(back);
        ck_assert_uint_eq(mem.used, 0);
    }
    ck_assert_int_eq(status, FW_OK);
    ck_assert_int_gt(n, 20);
    fw_free(NULL, text);
    fw_plan_destroy(plan);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("plan_routing");
    TCase *cases = tcase_create("plan_routing");
    tcase_add_test(cases, test_plan_routing_is_parsed_as_printed);
    tcase_add_test(cases, test_plan_routing_shows_gates_in_few_digits);
    tcase_add_test(cases, test_plan_routing_leaves_no_trace_in_a_plan_without_it);
    tcase_add_test(cases, test_plan_routing_that_cannot_be_is_not_set);
    tcase_add_test(cases, test_plan_routing_refuses_edits_that_make_no_sense);
    tcase_add_test(cases, test_plan_routing_survives_any_byte);
    tcase_add_test(cases, test_plan_routing_refused_allocations_are_reported_and_leak_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}
