/* What a trial costs that is stored by itself: one transaction with full syncs, on the disk of the present folder.
 *
 *     bench_store [--smoke] [FOLDER]
 *
 * Prints name,size,threads,min_ns,median_ns,runs of a transaction with one trial of four metrics, and of one with 100.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/hash.h"
#include "results/store/store.h"
#include "results/store/store_log.h"

enum { most_runs = 400, most_trials = 100, n_metrics = 4 };

static void must(enum fw_status status, const struct fw_error *err)
{
    if (status == FW_OK)
        return;
    fprintf(stderr, "bench_store: %s\n", err->message);
    exit(1);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const struct fw_trial_log *log, int64_t study, int trials, int runs, uint64_t *next)
{
    static double ns[most_runs];
    static char candidates[most_trials][96];
    struct fw_error err = {0};
    struct fw_trial_record records[most_trials];
    const struct fw_metric metrics[n_metrics] = {{"logloss", 0, 0.4},
                                                 {"logloss_gain", 0, 1e-3},
                                                 {"ids", 0, 100},
                                                 {"screen", 0, 2}};
    for (int r = 0; r < runs; r++) {
        for (int t = 0; t < trials; t++) {
            snprintf(candidates[t], sizeof candidates[t], "{\"cross\":[\"education\",\"age@%llu\"],\"with\":[]}",
                     (unsigned long long)*next);
            records[t] = (struct fw_trial_record){.candidate = candidates[t],
                                                  .hash = fw_hash_text(candidates[t], (*next)++),
                                                  .state = FW_TRIAL_COMPLETE,
                                                  .rows = 30000,
                                                  .objective = 0.9,
                                                  .gain = 1e-3,
                                                  .gain_low = 1e-4,
                                                  .gain_high = 2e-3,
                                                  .seconds = 0.1,
                                                  .metrics = metrics,
                                                  .n_metrics = n_metrics};
        }
        double started = fw_clock_seconds();
        must(log->vtable->add_trials(log->self, study, records, trials, &err), &err);
        ns[r] = (fw_clock_seconds() - started) * 1e9;
    }
    qsort(ns, (size_t)runs, sizeof *ns, by_size);
    printf("store/add_trials/%d,%d,1,%.0f,%.0f,%d\n", trials, trials, ns[0], ns[runs / 2], runs);
}

int main(int argc, char **argv)
{
    int smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    const char *folder = argc > 1 + smoke ? argv[1 + smoke] : ".";
    char path[4096];
    char journal[4200];
    struct fw_error err = {0};
    struct fw_store *store = NULL;
    struct fw_store_options options;
    struct fw_study_info info = {.driver = "bench", .objective = "auc", .maximise = true};
    int64_t study;
    bool resumed;
    enum fw_study_status status;
    uint64_t next = 1;
    snprintf(path, sizeof path, "%s/bench-store-%ld.db", folder, (long)getpid());
    snprintf(journal, sizeof journal, "%s-journal", path);
    fw_store_options_init(&options);
    must(fw_store_open(&store, path, &options, &err), &err);
    struct fw_trial_log log = fw_store_trial_log(store);
    must(log.vtable->open_study(log.self, &study, &resumed, &status, &info, &err), &err);
    printf("name,size,threads,min_ns,median_ns,runs\n");
    measure(&log, study, 1, smoke ? 20 : most_runs, &next);
    measure(&log, study, most_trials, smoke ? 5 : 100, &next);
    fw_store_close(store);
    unlink(path);
    unlink(journal);
    return 0;
}
