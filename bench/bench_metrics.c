/* The cost of metrics and of a comparison, by rows. Prints CSV: name,size,threads,min_ns,median_ns,runs. */
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/rng.h"
#include "evaluators/metrics.h"
#include "evaluators/significance.h"

enum { RUNS = 15 };

struct bench {
    float *scores, *rival, *labels;
    double *losses;
    int64_t n;
    struct fw_metrics_workspace *workspace;
    struct fw_baseline *baseline;
};

static struct fw_scored_view view_of(const struct bench *b)
{
    return (struct fw_scored_view){.scores = b->scores, .labels = b->labels, .weights = NULL, .n = b->n};
}

static enum fw_status run_auc(struct bench *b)
{
    double auc;
    return fw_metrics_auc(&auc, NULL, view_of(b), b->workspace, NULL);
}

static enum fw_status run_compute(struct bench *b)
{
    struct fw_metrics metrics;
    return fw_metrics_compute(&metrics, view_of(b), b->workspace, NULL);
}

static enum fw_status run_compare(struct bench *b)
{
    struct fw_comparison comparison;
    return fw_baseline_compare(&comparison, b->baseline, b->rival, b->workspace, NULL);
}

static enum fw_status run_losses(struct bench *b)
{
    fw_metrics_losses(b->losses, b->scores, b->labels, b->n);
    return FW_OK;
}

static enum fw_status run_losses_ref(struct bench *b)
{
    fw_metrics_losses_ref(b->losses, b->scores, b->labels, b->n);
    return FW_OK;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static int measure(const char *name, enum fw_status (*run)(struct bench *), struct bench *b)
{
    double seconds[RUNS];
    for (int r = 0; r < RUNS; r++) {
        double start = fw_clock_seconds();
        if (run(b) != FW_OK)
            return 1;
        seconds[r] = fw_clock_seconds() - start;
    }
    qsort(seconds, RUNS, sizeof *seconds, by_value);
    printf("metrics/%s/%lld,%lld,1,%.0f,%.0f,%d\n", name, (long long)b->n, (long long)b->n, 1e9 * seconds[0],
           1e9 * seconds[RUNS / 2], RUNS);
    return 0;
}

static int bench_rows(int64_t n)
{
    int failed = 1;
    struct bench b = {.n = n};
    b.scores = fw_alloc_array(NULL, n, sizeof *b.scores);
    b.rival = fw_alloc_array(NULL, n, sizeof *b.rival);
    b.labels = fw_alloc_array(NULL, n, sizeof *b.labels);
    b.losses = fw_alloc_array(NULL, n, sizeof *b.losses);
    if (b.scores == NULL || b.rival == NULL || b.labels == NULL || b.losses == NULL ||
        fw_metrics_workspace_create(&b.workspace, n, NULL, NULL) != FW_OK ||
        fw_baseline_create(&b.baseline, n, NULL, NULL) != FW_OK)
        goto done;
    struct fw_rng rng;
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    for (int64_t i = 0; i < n; i++) {
        b.labels[i] = fw_rng_uniform(&rng) < 0.25 ? 1 : 0;
        b.scores[i] = (float)(fw_rng_normal(&rng) + (double)b.labels[i]);
        b.rival[i] = (float)((double)b.scores[i] + 0.3 * fw_rng_normal(&rng));
    }
    if (fw_baseline_set(b.baseline, view_of(&b), b.workspace, NULL) != FW_OK)
        goto done;
    failed = measure("auc", run_auc, &b) || measure("compute", run_compute, &b) ||
             measure("compare", run_compare, &b) || measure("losses", run_losses, &b) ||
             measure("losses_ref", run_losses_ref, &b);
done:
    fw_baseline_destroy(b.baseline);
    fw_metrics_workspace_destroy(b.workspace);
    fw_free(NULL, b.losses);
    fw_free(NULL, b.labels);
    fw_free(NULL, b.rival);
    fw_free(NULL, b.scores);
    return failed;
}

int main(void)
{
    printf("name,size,threads,min_ns,median_ns,runs\n");
    return bench_rows(10000) || bench_rows(1000000) ? EXIT_FAILURE : EXIT_SUCCESS;
}
