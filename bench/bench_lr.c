/* Training speed of logistic regression by FTRL on rows shaped like Criteo's click log: 13 binned numbers and 26
 * categories of power-law ids, 4.27 million ids in all. Beside it a plain loop that does the same, and two bounds of
 * the memory: the bytes that a row needs, and the cache lines that these lie in, at the speed of a streaming read.
 *
 *     bench_lr [rows]                  default 1,000,000
 *
 * Prints CSV: name,size,threads,min_ns,median_ns,runs; lines that begin with # sum up. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/criteo_shape.h"
#include "core/clock.h"
#include "core/par.h"
#include "models/engine/group.h"
#include "models/engine/optimiser.h"
#include "models/registry.h"
#include "models/training/batches.h"

enum { RUNS = 5, N_FIELDS = FW_CRITEO_FIELDS, BATCH = 1024, LINE_BYTES = 64 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Runs a case, prints its line and returns its fastest time in seconds; below 0: it failed. */
static double measure(const char *name, int64_t size, int threads, int (*run)(void *), void *with)
{
    double seconds[RUNS];
    for (int r = 0; r < RUNS; r++) {
        double start = fw_clock_seconds();
        if (run(with) != 0)
            return -1;
        seconds[r] = fw_clock_seconds() - start;
    }
    qsort(seconds, RUNS, sizeof *seconds, by_value);
    printf("lr/%s/%lld,%lld,%d,%.0f,%.0f,%d\n", name, (long long)size, (long long)size, threads, 1e9 * seconds[0],
           1e9 * seconds[RUNS / 2], RUNS);
    fflush(stdout);
    return seconds[0];
}

/* A streaming read of a buffer larger than the caches of the cores. */
struct stream {
    const uint64_t *words;
    int64_t n;
    int threads;
    uint64_t sum; /* kept, so that the reads are */
};

static int run_stream(void *with)
{
    struct stream *s = with;
    uint64_t total = 0;
#pragma omp parallel for schedule(static) num_threads(s->threads) reduction(+ : total)
    for (int64_t i = 0; i < s->n; i++)
        total += s->words[i];
    s->sum += total;
    return 0;
}

struct fit {
    const struct fw_dataset *dataset;
    struct fw_model *model;
    float *logits;
    void *scratch;
};

static int run_fit(void *with)
{
    struct fit *fit = with;
    struct fw_row_set rows = fw_row_set_all(fit->dataset);
    struct fw_fit_stats stats;
    for (int64_t i = 0; i < fw_batches_count(&rows, BATCH); i++) {
        struct fw_dataset_view batch = fw_batches_find(&rows, BATCH, i);
        if (fit->model->vtable->fit_batch(fit->model->self, &stats, &batch, NULL) != FW_OK || !isfinite(stats.loss))
            return 1;
    }
    return 0;
}

static int run_predict(void *with)
{
    struct fit *fit = with;
    struct fw_dataset_view all = {.dataset = fit->dataset, .n = fit->dataset->n_rows};
    fw_model_predict(fit->model, fit->logits, &all, fit->scratch);
    return 0;
}

/* The plain way: row by row forward, gradients into an array as large as the weights. */
struct plain {
    const struct fw_dataset *dataset;
    struct fw_optimiser ftrl;
    int64_t start[N_FIELDS];
    int64_t n_weights;
    float *weight;
    float *state;
    float *gradient; /* (n_weights) zero between batches */
    uint8_t *touched;
    uint32_t rows[BATCH];
    float sums[BATCH];
    float residual[BATCH];
};

static void plain_field(struct plain *p, int32_t f, const struct fw_dataset_view *batch)
{
    const struct fw_field *field = &p->dataset->fields[f];
    float *gradient = p->gradient + p->start[f];
    uint8_t *touched = p->touched + p->start[f];
    int64_t n = 0;
    for (int64_t i = 0; i < batch->n; i++) {
        uint32_t id = fw_field_id(field, batch->row + i);
        gradient[id] += p->residual[i];
        if (touched[id] == 0)
            p->rows[n++] = id;
        touched[id] = 1;
    }
    for (int64_t u = 0; u < n; u++) {
        p->sums[u] = gradient[p->rows[u]];
        gradient[p->rows[u]] = 0;
        touched[p->rows[u]] = 0;
    }
    p->ftrl.vtable->step(&p->ftrl, p->weight + p->start[f], p->state + 2 * p->start[f], 1, p->rows, n, p->sums, 1);
}

static int run_plain(void *with)
{
    struct plain *p = with;
    struct fw_row_set rows = fw_row_set_all(p->dataset);
    for (int64_t b = 0; b < fw_batches_count(&rows, BATCH); b++) {
        struct fw_dataset_view batch = fw_batches_find(&rows, BATCH, b);
        float total = 0;
        for (int64_t i = 0; i < batch.n; i++) {
            float x = p->weight[0];
            for (int32_t f = 0; f < N_FIELDS; f++)
                x += p->weight[p->start[f] + fw_field_id(&p->dataset->fields[f], batch.row + i)];
            p->residual[i] = 1 / (1 + expf(-x)) - p->dataset->labels[batch.row + i];
            total += p->residual[i];
        }
        p->ftrl.vtable->step(&p->ftrl, p->weight, p->state, 1, NULL, 1, &total, 1);
        for (int32_t f = 0; f < N_FIELDS; f++)
            plain_field(p, f, &batch);
    }
    return isfinite(p->weight[0]) ? 0 : 1;
}

/* Distinct ids of a batch over all fields, summed over the batches: what grouping leaves to be moved. */
struct grouping {
    const struct fw_dataset *dataset;
    bool plain;
    uint32_t *map;
    int64_t distinct;
};

static int run_group(void *with)
{
    struct grouping *g = with;
    struct fw_row_set rows = fw_row_set_all(g->dataset);
    static uint32_t scratch[BATCH], unique[BATCH], slot[BATCH];
    static uint32_t table[4 * BATCH];
    g->distinct = 0;
    for (int64_t b = 0; b < fw_batches_count(&rows, BATCH); b++) {
        struct fw_dataset_view batch = fw_batches_find(&rows, BATCH, b);
        for (int32_t f = 0; f < N_FIELDS; f++) {
            const uint32_t *ids = fw_view_ids(&batch, f, 0, batch.n, scratch);
            g->distinct += g->plain ? fw_group_ids_ref(unique, slot, g->map, ids, batch.n)
                                    : fw_group_ids(unique, slot, table, fw_group_table_size(BATCH), ids, batch.n,
                                                   fw_criteo_ids[f]);
        }
    }
    return 0;
}

static struct fw_model *make_model(const struct fw_dataset *dataset, int threads)
{
    struct fw_params params;
    struct fw_model *model = NULL;
    struct fw_error err = {0};
    fw_params_init(&params, fw_model_lr.params);
    struct fw_model_config config = {.dataset = dataset, .params = &params, .threads = threads};
    if (fw_params_parse(&params, "optimiser=ftrl,batch=1024", &err) != FW_OK ||
        fw_model_create(&model, &fw_model_lr, &config, NULL, &err) != FW_OK)
        fprintf(stderr, "bench_lr: %s\n", err.message);
    return model;
}

/* What a row costs in bytes: ids read once, each distinct id's weight and state read and written once a batch. */
struct cost {
    double useful, lines;
    double distinct;
};

static struct cost cost_of_row(const struct fw_dataset *dataset, int64_t distinct)
{
    struct cost cost = {.distinct = (double)distinct / (double)dataset->n_rows};
    double read = sizeof(float); /* the label */
    for (int32_t f = 0; f < dataset->n_fields; f++)
        read += dataset->fields[f].width;
    cost.useful = read + cost.distinct * 2 * 3 * sizeof(float);
    cost.lines = read + cost.distinct * 2 * 2 * LINE_BYTES;
    return cost;
}

static void sum_up(const struct fw_dataset *dataset, int threads, struct cost cost, double bandwidth, double seconds,
                   double plain)
{
    double rows = (double)dataset->n_rows / seconds;
    printf("# %d thread%s: %.0f rows/s; streaming read %.1f GB/s; a row needs %.0f bytes in %.0f bytes of cache lines "
           "(%.1f distinct ids): %.2f and %.2f of these bounds; %.2f times the plain loop\n",
           threads, threads > 1 ? "s" : "", rows, bandwidth / 1e9, cost.useful, cost.lines, cost.distinct,
           rows * cost.useful / bandwidth, rows * cost.lines / bandwidth, plain / seconds);
}

static bool bench_plain(double *seconds, const struct fw_dataset *dataset)
{
    static struct plain plain;
    struct fw_params params;
    plain = (struct plain){.dataset = dataset, .n_weights = 1};
    for (int32_t f = 0; f < N_FIELDS; f++) {
        plain.start[f] = plain.n_weights;
        plain.n_weights += fw_criteo_ids[f];
    }
    fw_params_init(&params, fw_model_lr.params);
    plain.weight = fw_alloc_array(NULL, plain.n_weights, sizeof *plain.weight);
    plain.state = fw_alloc_array(NULL, plain.n_weights, 2 * sizeof *plain.state);
    plain.gradient = fw_alloc_array(NULL, plain.n_weights, sizeof *plain.gradient);
    plain.touched = fw_alloc_array(NULL, plain.n_weights, sizeof *plain.touched);
    bool made = plain.weight != NULL && plain.state != NULL && plain.gradient != NULL && plain.touched != NULL &&
                fw_optimiser_init(&plain.ftrl, "ftrl", &params, NULL) == FW_OK;
    if (made)
        *seconds = measure("fit_ref", dataset->n_rows, 1, run_plain, &plain);
    fw_free(NULL, plain.weight);
    fw_free(NULL, plain.state);
    fw_free(NULL, plain.gradient);
    fw_free(NULL, plain.touched);
    return made && *seconds > 0;
}

static bool bench_groups(int64_t *distinct, const struct fw_dataset *dataset)
{
    struct grouping grouping = {.dataset = dataset};
    int64_t most = 0;
    for (int32_t f = 0; f < N_FIELDS; f++)
        most = fw_criteo_ids[f] > most ? fw_criteo_ids[f] : most;
    grouping.map = fw_alloc_array(NULL, most, sizeof *grouping.map);
    if (grouping.map == NULL)
        return false;
    measure("group", dataset->n_rows, 1, run_group, &grouping);
    *distinct = grouping.distinct;
    grouping.plain = true;
    measure("group_ref", dataset->n_rows, 1, run_group, &grouping);
    fw_free(NULL, grouping.map);
    return *distinct == grouping.distinct;
}

static bool bench_model(const struct fw_dataset *dataset, int threads, const struct stream *words, struct cost cost,
                        double plain)
{
    struct stream stream = *words;
    struct fit fit = {.dataset = dataset, .model = make_model(dataset, threads)};
    stream.threads = threads;
    double read = measure("stream", stream.n * (int64_t)sizeof *stream.words, threads, run_stream, &stream);
    fit.logits = fw_alloc_array(NULL, dataset->n_rows, sizeof *fit.logits);
    if (fit.model != NULL)
        fit.scratch = fw_alloc_array(NULL, (int64_t)fw_model_predict_bytes(fit.model), 1);
    bool made = fit.model != NULL && fit.logits != NULL && fit.scratch != NULL;
    double seconds = made ? measure("fit", dataset->n_rows, threads, run_fit, &fit) : -1;
    if (seconds > 0) {
        measure("predict", dataset->n_rows, threads, run_predict, &fit);
        sum_up(dataset, threads, cost, (double)stream.n * sizeof *stream.words / read, seconds, plain);
    }
    fw_free(NULL, fit.scratch);
    fw_free(NULL, fit.logits);
    fw_model_destroy(fit.model);
    return seconds > 0;
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    int64_t n_rows = smoke ? 20000 : argc > 1 ? strtoll(argv[1], NULL, 10) : 1000000;
    struct stream stream = {.n = 256 * (int64_t)FW_MIB / 8};
    if (n_rows < 1) {
        fprintf(stderr, "bench_lr: rows are a number above 0\n");
        return EXIT_FAILURE;
    }
    struct fw_dataset *dataset = fw_criteo_rows(&(struct fw_criteo_options){.n_rows = n_rows});
    uint64_t *words = fw_alloc_array_raw(NULL, stream.n, sizeof *words);
    int64_t distinct = 0;
    double plain = 0;
    bool done = dataset != NULL && words != NULL;
    if (done) {
        memset(words, 1, (size_t)stream.n * sizeof *words);
        stream.words = words;
        printf("name,size,threads,min_ns,median_ns,runs\n");
        done = bench_groups(&distinct, dataset) && bench_plain(&plain, dataset);
    }
    for (int threads = 1; done && threads <= 2; threads++)
        done = bench_model(dataset, threads, &stream, cost_of_row(dataset, distinct), plain);
    fw_free(NULL, words);
    fw_dataset_destroy(dataset);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
