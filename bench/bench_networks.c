/* Training speed of networks on rows shaped like Criteo's click log: embeddings of 16 numbers for 4.27 million ids in
 * 39 fields, batches of 4096 rows, three hidden layers of 400 units. Beside a network with dense layers runs what it
 * cannot do without: its matrix products alone, whole batches in OpenBLAS on two threads. Runs are interleaved, short
 * and many, so that some find the processors free.
 *
 *     bench_networks [MODEL...]        default: all
 *     bench_networks --ids             the number of ids of each field, one a line
 *     bench_networks --kernels         what OPENBLAS_CORETYPE ought to be; nothing where OpenBLAS knows by itself
 *
 * Prints CSV: name,size,threads,min_ns,median_ns,runs; size: rows. Lines that begin with # sum up. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/criteo_shape.h"
#include "bench/products.h"
#include "bench/settle.h"
#include "core/clock.h"
#include "models/registry.h"
#include "models/training/batches.h"

enum { RUNS = 25, SMOKE_RUNS = 2, BATCH = 4096, DIM = 16, UNITS = 400, FULL_BATCHES = 64, SMOKE_BATCHES = 2 };

#define NETWORK "linear=learned,numeric=bins,batch=4096,dim=16"
#define TASKS   "numeric=bins,batch=4096,dim=16"
#define DEEP    NETWORK ",layers=3,units=400,dropout=0"

static const struct net {
    const char *name;
    const char *settings;
    int64_t batches; /* a run */
    int32_t out;     /* numbers that the last layer reads; 0: no dense layers */
    int32_t maps[3]; /* of the interaction layers, 0 ends */
} nets[] = {
    {"lr", "optimiser=ftrl,batch=4096", 16, 0, {0}},
    {"fm", NETWORK, 8, 0, {0}},
    {"deepfm", DEEP, 2, UNITS, {0}},
    {"dcn", DEEP ",cross_layers=2", 2, UNITS + FW_CRITEO_FIELDS *DIM, {0}},
    {"xdeepfm", DEEP ",cin_layers=2,maps=16", 1, UNITS + 32, {16, 16, 0}},
    {"shared_bottom", TASKS ",layers=1,units=113,tower=8", 4, 0, {0}},
    {"mmoe", TASKS ",experts=8,units=16,tower=8", 4, 0, {0}},
    {"ple", TASKS ",task_experts=2,shared_experts=4,units=16,tower=8", 4, 0, {0}},
};

/* Of models of several tasks. */
static const struct fw_task tasks[] = {{.name = (char *)"click", .kind = FW_TASK_BINARY, .weight = 1},
                                       {.name = (char *)"buy", .kind = FW_TASK_BINARY, .weight = 1}};
enum { N_TASKS = sizeof tasks / sizeof tasks[0] };

struct fit {
    struct fw_allocator mem;
    struct fw_model *model;
    int64_t next; /* batch */
};

static bool fit_run(struct fit *fit, const struct fw_dataset *dataset, int64_t batches, double *seconds)
{
    struct fw_row_set rows = fw_row_set_all(dataset);
    int64_t all = fw_batches_count(&rows, BATCH);
    struct fw_fit_stats stats;
    double start = fw_clock_seconds();
    for (int64_t i = 0; i < batches; i++) {
        struct fw_dataset_view batch = fw_batches_find(&rows, BATCH, fit->next++ % all);
        if (fit->model->vtable->fit_batch(fit->model->self, &stats, &batch, NULL) != FW_OK || !isfinite(stats.loss))
            return false;
    }
    *seconds = fw_clock_seconds() - start;
    return true;
}

static bool fit_begin(struct fit *fit, const struct net *net, const struct fw_dataset *dataset, int threads)
{
    struct fw_params params;
    struct fw_error err = {0};
    const struct fw_model_vtable *vtable;
    fw_allocator_init(&fit->mem, 0);
    if (fw_model_find(&vtable, net->name, &err) != FW_OK)
        goto failed;
    fw_params_init(&params, vtable->params);
    struct fw_model_config config = {.dataset = dataset, .params = &params, .seed = 1, .threads = threads};
    if (vtable->labels != FW_LABELS_ONE) {
        config.tasks = tasks;
        config.n_tasks = N_TASKS;
    }
    if (fw_params_parse(&params, net->settings, &err) != FW_OK ||
        fw_model_create(&fit->model, vtable, &config, &fit->mem, &err) != FW_OK)
        goto failed;
    return true;
failed:
    fprintf(stderr, "bench_networks: %s\n", err.message);
    return false;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Prints the line of a case and returns its fastest time in seconds. */
static double print_case(const struct net *net, const char *what, int64_t batches, int threads, double *seconds,
                         int runs)
{
    qsort(seconds, (size_t)runs, sizeof *seconds, by_value);
    printf("networks/%s/%s,%lld,%d,%.0f,%.0f,%d\n", net->name, what, (long long)(batches * BATCH), threads,
           1e9 * seconds[0], 1e9 * seconds[runs / 2], runs);
    fflush(stdout);
    return seconds[0];
}

/* The products of a step. */
static void list_products(struct fw_products *products, const struct net *net)
{
    fw_products_add_dense(products, BATCH, FW_CRITEO_FIELDS * DIM, UNITS);
    fw_products_add_dense(products, BATCH, UNITS, UNITS);
    fw_products_add_dense(products, BATCH, UNITS, UNITS);
    fw_products_add_dense(products, BATCH, net->out, 1);
    for (int32_t l = 0, h = FW_CRITEO_FIELDS; net->maps[l] > 0; h = net->maps[l++])
        fw_products_add_interaction(products, BATCH, h * FW_CRITEO_FIELDS, net->maps[l], DIM);
}

static void sum_up(const struct net *net, const struct fit *fit, int64_t batches, double two, double one, double floor)
{
    printf("# %s: %.0f rows/s on two threads, %.2f ms a step; %.2f times one thread", net->name,
           (double)(batches * BATCH) / two, 1e3 * two / (double)batches, one / two);
    if (floor > 0)
        printf("; %.2f times its matrix products alone (%.2f ms)", two / floor, 1e3 * floor / (double)batches);
    printf("; footprint %.1f MiB, %.1f MiB allocated\n", (double)fit->model->footprint.total / (double)FW_MIB,
           (double)fit->mem.peak / (double)FW_MIB);
    fflush(stdout);
}

static bool bench_net(const struct net *net, const struct fw_dataset *dataset, bool smoke)
{
    int64_t batches = smoke ? 1 : net->batches;
    int runs = smoke ? SMOKE_RUNS : RUNS;
    struct fit fits[2] = {{.model = NULL}}; /* on one and on two threads */
    struct fw_products products = {.n = 0};
    double seconds[3][RUNS];
    if (net->out > 0)
        list_products(&products, net);
    bool done =
        fw_products_init(&products) && fit_begin(&fits[0], net, dataset, 1) && fit_begin(&fits[1], net, dataset, 2);
    for (int warm = 0; warm < 2 && done; warm++)
        done = fit_run(&fits[warm], dataset, 1, seconds[warm]);
    for (int r = 0; r < runs && done; r++) {
        done =
            fit_run(&fits[1], dataset, batches, &seconds[1][r]) && fit_run(&fits[0], dataset, batches, &seconds[0][r]);
        seconds[2][r] = (double)batches * fw_products_run(&products, 2);
    }
    if (done) {
        double two = print_case(net, "fit", batches, 2, seconds[1], runs);
        double one = print_case(net, "fit", batches, 1, seconds[0], runs);
        double floor = products.n > 0 ? print_case(net, "products", batches, 2, seconds[2], runs) : 0;
        sum_up(net, &fits[1], batches, two, one, floor);
    }
    fw_products_clear(&products);
    fw_model_destroy(fits[0].model);
    fw_model_destroy(fits[1].model);
    return done;
}

static bool asked_for(const char *name, char *const *names, int n)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return n == 0;
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    fw_bench_settle(argv);
    if (argc > 1 && strcmp(argv[1], "--kernels") == 0) {
        const char *kernels = getenv("OPENBLAS_CORETYPE");
        printf("%s\n", kernels != NULL ? kernels : "");
        return EXIT_SUCCESS;
    }
    if (argc > 1 && strcmp(argv[1], "--ids") == 0) {
        for (int32_t f = 0; f < FW_CRITEO_FIELDS; f++)
            printf("%lld\n", (long long)fw_criteo_ids[f]);
        return EXIT_SUCCESS;
    }
    struct fw_criteo_options options = {.n_rows = (smoke ? SMOKE_BATCHES : FULL_BATCHES) * (int64_t)BATCH,
                                        .most_ids = smoke ? 2000 : 0};
    struct fw_dataset *dataset = fw_criteo_rows(&options);
    struct fw_dataset several = {.n_rows = 0};
    bool done = dataset != NULL && fw_criteo_tasks(&several, dataset, tasks, N_TASKS, 0);
    printf("name,size,threads,min_ns,median_ns,runs\n");
    for (size_t i = 0; i < sizeof nets / sizeof *nets && done; i++) {
        const struct fw_model_vtable *vtable;
        if (!asked_for(nets[i].name, argv + 1 + smoke, argc - 1 - smoke))
            continue;
        done = fw_model_find(&vtable, nets[i].name, NULL) == FW_OK &&
               bench_net(&nets[i], vtable->labels != FW_LABELS_ONE ? &several : dataset, smoke);
    }
    fw_free(NULL, several.labels);
    fw_dataset_destroy(dataset);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
