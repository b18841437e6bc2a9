/* Which open connections the validation rows keep. */
#include <math.h>
#include <string.h>

#include "models/engine/graph.h"
#include "models/network.h"
#include "models/registry.h"
#include "search/routing/route_parts.h"
#include "support/inputs.h"
#include "support/several.h"
#include "support/test_main.h"

enum { N_ROWS = 2000, SUBNETWORKS = 3, UNITS = 4, TASKS = 3, CONNECTIONS = TASKS * SUBNETWORKS };

/* A searching model of a class, a number and a class, trained until its sub-networks say something. */
struct ground {
    struct fw_dataset *dataset;
    struct fw_row_set rows;
    struct fw_model *gated;
    struct fw_routing routing; /* all open */
    struct fw_route route;
    struct fw_route_data data;
    struct fw_route_options options;
    struct fw_budget time;
    struct fw_route_run run;
};

static void set_up(struct ground *g)
{
    struct planted_options planted = {
        .n_rows = N_ROWS, .n_fields = 3, .n_ids = {5, 40, 9}, .strength = 2, .power = 2, .seed = 3};
    struct fw_params params;
    *g = (struct ground){.dataset = inputs_create(&planted, 2)};
    several_labels(g->dataset, several_mixed, TASKS, 0.1);
    g->rows = fw_row_set_all(g->dataset);
    fw_params_init(&params, fw_model_snr_trans.params);
    ck_ok(fw_params_parse(&params, "levels=1,subnetworks=3,units=4,tower=4,batch=50,dim=3,rate=0.01,lambda=0", err));
    g->data = (struct fw_route_data){.dataset = g->dataset,
                                     .train = &g->rows,
                                     .valid = &g->rows,
                                     .tasks = several_mixed,
                                     .n_tasks = TASKS,
                                     .seed = 1,
                                     .threads = 1};
    struct fw_model_config config = fw_route_config(&g->data, &params, NULL);
    ck_ok(fw_model_create(&g->gated, &fw_model_snr_trans, &config, NULL, err));
    ck_ok(g->gated->vtable->start(g->gated->self, &g->rows, NULL, err));
    for (int s = 0; s < 400; s++) {
        struct fw_fit_stats stats;
        struct fw_dataset_view batch = {.dataset = g->dataset, .row = s % (N_ROWS / 50) * 50, .n = 50};
        ck_ok(g->gated->vtable->fit_batch(g->gated->self, &stats, &batch, err));
    }
    g->route.inputs = fw_snr_inputs(g->gated);
    g->run = (struct fw_route_run){.route = &g->route, .data = &g->data, .options = &g->options, .time = &g->time};
    ck_ok(fw_snr_routing(&g->routing, g->gated, NULL, err));
    for (int i = 0; i < CONNECTIONS; i++)
        g->routing.gates[i] = 1;
}

static void tear_down(struct ground *g)
{
    fw_routing_clear(&g->routing, NULL);
    fw_model_destroy(g->gated);
    fw_dataset_destroy(g->dataset);
}

/* What task t reads of sub-network j says nothing any more. */
static void silence(struct ground *g, int t, int j)
{
    const struct fw_graph *graph = fw_network_graph(g->gated->self);
    for (int32_t i = 0; i < graph->n_weights; i++) {
        struct fw_weights *w = graph->weights[i];
        for (int64_t r = 0; strcmp(w->name, "towers.kernel") == 0 && r < UNITS; r++)
            memset(w->data + (j * UNITS + r) * w->width + t * w->width / TASKS, 0,
                   (size_t)(w->width / TASKS) * sizeof *w->data);
    }
}

static int open_of(const struct ground *g, int task)
{
    int n = 0;
    for (int j = 0; j < SUBNETWORKS; j++)
        n += g->routing.gates[task * SUBNETWORKS + j] > 0;
    return n;
}

START_TEST(test_prune_closes_what_says_nothing)
{
    struct ground g;
    int64_t pruned;
    set_up(&g);
    silence(&g, 0, 2);
    silence(&g, 1, 0);
    silence(&g, 1, 1);
    ck_ok(fw_route_prune(&pruned, &g.routing, g.gated, 1e-9, &g.run, err));
    ck_assert_float_eq(g.routing.gates[0 * SUBNETWORKS + 2], 0);
    ck_assert_float_eq(g.routing.gates[1 * SUBNETWORKS + 0], 0);
    ck_assert_float_eq(g.routing.gates[1 * SUBNETWORKS + 1], 0);
    ck_assert_float_eq(g.routing.gates[1 * SUBNETWORKS + 2], 1); /* the last of task 1 */
    int open = open_of(&g, 0) + open_of(&g, 1) + open_of(&g, 2);
    ck_assert_int_eq(pruned, CONNECTIONS - open);
    ck_assert_int_ge(open, 4); /* not what they have learned to say */
    tear_down(&g);
}
END_TEST

START_TEST(test_prune_closes_more_at_a_higher_price_but_feeds_all)
{
    struct ground g;
    int64_t free_of_price;
    int64_t pruned;
    set_up(&g);
    ck_ok(fw_route_prune(&free_of_price, &g.routing, g.gated, 0, &g.run, err));
    for (int i = 0; i < CONNECTIONS; i++)
        g.routing.gates[i] = 1;
    ck_ok(fw_route_prune(&pruned, &g.routing, g.gated, 1000, &g.run, err));
    ck_assert_int_lt(free_of_price, pruned);
    ck_assert_int_eq(pruned, CONNECTIONS - TASKS);
    for (int t = 0; t < TASKS; t++)
        ck_assert_int_eq(open_of(&g, t), 1);
    tear_down(&g);
}
END_TEST

/* Of the last connection that a task keeps: the one it needs most. */
START_TEST(test_prune_keeps_what_matters_most)
{
    for (int kept = 0; kept < SUBNETWORKS; kept++) {
        struct ground g;
        int64_t pruned;
        set_up(&g);
        for (int j = 0; j < SUBNETWORKS; j++) {
            if (j != kept)
                silence(&g, 0, j);
        }
        ck_ok(fw_route_prune(&pruned, &g.routing, g.gated, 1000, &g.run, err));
        ck_assert_float_eq(g.routing.gates[kept], 1);
        tear_down(&g);
    }
}
END_TEST

START_TEST(test_prune_stops_with_the_budget)
{
    struct ground g;
    int64_t pruned;
    atomic_int stop = 1;
    set_up(&g);
    g.time.stop = &stop;
    ck_ok(fw_route_prune(&pruned, &g.routing, g.gated, 1000, &g.run, err));
    ck_assert_int_eq(pruned, 0);
    tear_down(&g);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("route_prune");
    TCase *tests = tcase_create("core");
    tcase_add_test(tests, test_prune_closes_what_says_nothing);
    tcase_add_test(tests, test_prune_closes_more_at_a_higher_price_but_feeds_all);
    tcase_add_test(tests, test_prune_keeps_what_matters_most);
    tcase_add_test(tests, test_prune_stops_with_the_budget);
    suite_add_tcase(suite, tests);
    return suite;
}
