/* What a smaller network serves: rows/s of routed networks against their multiplications, those of the whole network
 * taken as 1. One thread, numbers as inputs.
 *
 *     bench_serving
 *
 * A line a routing: the share of connections and sub-networks that are left, times fewer multiplications, times more
 * rows/s, the second over the first. Gates are drawn at random; fewer of them for each line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/settle.h"
#include "core/clock.h"
#include "core/rng.h"
#include "labelled.h"
#include "models/multitask/snr.h"
#include "models/registry.h"

enum { TASKS = 5, INPUTS = 128, RUNS = 9 };

static const double shares[] = {1, 0.7, 0.5, 0.3, 0.15};

static double rows_per_second(const struct labelled *l, const struct fw_routing *routing, int64_t *multiplications)
{
    struct fw_error err = {0};
    struct fw_model *model = NULL;
    struct fw_params params;
    double least = INFINITY;
    fw_params_init(&params, fw_model_snr.params);
    labelled_check(fw_params_parse(&params, "numeric=raw", &err), &err);
    struct fw_model_config config = {.dataset = l->data.dataset,
                                     .params = &params,
                                     .tasks = l->schema->tasks,
                                     .n_tasks = TASKS,
                                     .routing = routing,
                                     .seed = 1,
                                     .threads = 1};
    labelled_check(fw_model_create(&model, &fw_model_snr, &config, NULL, &err), &err);
    *multiplications = fw_routing_measure(routing, fw_snr_inputs(model)).multiplications;
    for (int run = 0; run < RUNS; run++) {
        double started = fw_clock_seconds();
        fw_free(NULL, labelled_outputs(model, &l->train));
        least = fmin(least, fw_clock_seconds() - started);
    }
    fw_model_destroy(model);
    return (double)fw_row_set_rows(&l->train) / least;
}

/* Opens this share of the connections, and of each task at least one. */
static void draw(struct fw_routing *routing, double share)
{
    const struct fw_topology *t = &routing->topology;
    int64_t n = fw_topology_connections(t);
    for (int64_t i = 0; i < n; i++)
        routing->gates[i] = fw_rng_uniform_at(7, fw_stream(0, 0, FW_STREAM_TEST), (uint64_t)i) < share ? 1 : 0;
    for (int32_t task = 0; task < t->n_tasks; task++)
        routing->gates[fw_topology_first(t, t->n_levels - 1) + (int64_t)task * t->levels[t->n_levels - 1].n] = 1;
    routing->gates[0] = 1;
}

int main(int argc, char **argv)
{
    struct labelled l;
    struct fw_task_synth_options options;
    struct fw_topology topology = {
        .kind = FW_CONNECT_TRANS, .n_levels = 3, .levels = {{8, 64}, {8, 64}, {8, 64}}, .n_tasks = TASKS, .tower = 64};
    float gates[2 * 64 + 8 * TASKS];
    struct fw_routing routing = {topology, gates};
    double whole_speed = 0;
    int64_t whole = 0;
    fw_bench_settle(argv);
    fw_task_synth_options_init(&options, FW_TASK_SYNTH_TASKS);
    options.rows = argc > 1 && strcmp(argv[1], "--smoke") == 0 ? 2000 : 60000;
    options.seed = 1;
    options.tasks.numeric = INPUTS;
    labelled_make(&l, &options, TASKS, false, 0.1, 0);
    printf("connections left, sub-networks left, times fewer multiplications, times more rows/s, ratio, rows/s\n");
    for (size_t s = 0; s < sizeof shares / sizeof shares[0]; s++) {
        int64_t multiplications;
        draw(&routing, shares[s]);
        double speed = rows_per_second(&l, &routing, &multiplications);
        struct fw_routing_size size = fw_routing_measure(&routing, INPUTS);
        if (s == 0) {
            whole = multiplications;
            whole_speed = speed;
        }
        double fewer = (double)whole / (double)multiplications;
        printf("%lld, %lld, %.2f, %.2f, %.2f, %.0f\n", (long long)size.connections, (long long)size.subnetworks, fewer,
               speed / whole_speed, speed / whole_speed / fewer, speed);
    }
    labelled_clear(&l);
    return 0;
}
