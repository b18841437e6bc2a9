/* The speed of questions to a large trial store: 100,000 trials with ten metrics each in one study, beside nine small
 * ones. Each command is run as a user runs it, as a process of its own; the rows go nowhere.
 *
 *     bench_history [--smoke] [trials]
 *
 * Prints CSV: name,size,threads,min_ns,median_ns,runs,commit; size is the number of trials. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/rng.h"
#include "results/store/store.h"
#include "results/store/store_log.h"

enum { RUNS = 7, METRICS = 10, BATCH = 1000, SMALL_STUDIES = 9, SMALL = 50 };

static const char *const metric_names[METRICS] = {"auc",    "logloss",   "rmse",   "accuracy", "f1",
                                                  "recall", "precision", "warmup", "valid_s",  "train_s"};

static const struct {
    const char *name, *arguments;
} commands[] = {
    {"history/list/studies", "list"},
    {"history/show/study", "show large"},
    {"history/best", "best large"},
    {"history/list/page", "list large --offset 50000"},
    {"history/list/by_objective", "list large --order-by 'objective desc'"},
    {"history/list/filtered", "list large --where \"state = 'pruned' and seconds > 2\" --order-by seconds"},
    {"history/list/by_member", "list large --where \"method = 'nis' and dim >= 32\""},
    {"history/list/by_metric", "list large --order-by 'auc desc'"},
    {"history/list/metric_above", "list large --where 'auc > 0.9999'"},
    {"history/sql/count", "sql 'SELECT count(*) FROM trials'"},
    {"history/export/csv", "export large --format csv"},
    {"history/export/jsonl", "export large --format jsonl"},
    {"history/export/metrics", "export large --format csv --metrics"},
};

static void check(enum fw_status status, const struct fw_error *err)
{
    if (status == FW_OK)
        return;
    fprintf(stderr, "bench_history: %s\n", err->message);
    exit(1);
}

/* Adds a study with n trials. */
static void add_study(const struct fw_trial_log *log, const char *name, uint64_t key, int64_t n)
{
    static struct fw_trial_record records[BATCH];
    static struct fw_metric metrics[BATCH][METRICS];
    static char candidates[BATCH][96];
    struct fw_study_info info = {.name = name,
                                 .driver = "random",
                                 .key = key,
                                 .objective = "auc",
                                 .maximise = true,
                                 .data = "train.csv",
                                 .rows = 1000000,
                                 .options = "{\"folds\":5}",
                                 .seed = 7};
    struct fw_rng rng;
    struct fw_error err = {0};
    int64_t study;
    bool resumed;
    enum fw_study_status how;
    fw_rng_seed(&rng, 1, fw_stream(key, 0, FW_STREAM_TEST));
    check(log->vtable->open_study(log->self, &study, &resumed, &how, &info, &err), &err);
    for (int64_t done = 0; done < n;) {
        int64_t batch = n - done < BATCH ? n - done : BATCH;
        for (int64_t i = 0; i < batch; i++) {
            snprintf(candidates[i], sizeof candidates[i], "{\"method\":\"%s\",\"dim\":%d,\"rate\":%.4g,\"n\":%lld}",
                     fw_rng_below(&rng, 3) == 0 ? "nis" : "plain", 1 << fw_rng_below(&rng, 8), fw_rng_uniform(&rng),
                     (long long)(done + i));
            for (int m = 0; m < METRICS; m++)
                metrics[i][m] = (struct fw_metric){metric_names[m], 0, fw_rng_uniform(&rng)};
            records[i] =
                (struct fw_trial_record){.candidate = candidates[i],
                                         .hash = (uint64_t)(done + i + 1),
                                         .state = fw_rng_below(&rng, 5) == 0 ? FW_TRIAL_PRUNED : FW_TRIAL_COMPLETE,
                                         .rung = (int32_t)fw_rng_below(&rng, 4),
                                         .rows = 1000000,
                                         .objective = fw_rng_uniform(&rng),
                                         .gain = fw_rng_uniform(&rng) - 0.5,
                                         .gain_low = NAN,
                                         .gain_high = NAN,
                                         .bytes = (int64_t)fw_rng_below(&rng, 1 << 20),
                                         .seconds = 5 * fw_rng_uniform(&rng),
                                         .metrics = metrics[i],
                                         .n_metrics = METRICS};
        }
        check(log->vtable->add_trials(log->self, study, records, batch, &err), &err);
        done += batch;
    }
    check(log->vtable->close_study(log->self, study, FW_STUDY_COMPLETE, NULL, &err), &err);
}

static void make_store(const char *path, int64_t n)
{
    struct fw_store *store;
    struct fw_store_options options;
    struct fw_error err = {0};
    fw_store_options_init(&options);
    check(fw_store_open(&store, path, &options, &err), &err);
    struct fw_trial_log log = fw_store_trial_log(store);
    add_study(&log, "large", 1, n);
    for (int i = 0; i < SMALL_STUDIES; i++) {
        char name[32];
        snprintf(name, sizeof name, "small-%d", i + 1);
        add_study(&log, name, (uint64_t)i + 2, SMALL);
    }
    fw_store_close(store);
}

static int by_value(const void *a, const void *b)
{
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static void time_command(const char *name, const char *arguments, const char *path, int64_t n, int runs)
{
    const char *commit = getenv("FIELDWISE_COMMIT");
    char command[1024];
    double seconds[RUNS];
    snprintf(command, sizeof command, "'%s' trials %s --store '%s' >/dev/null 2>&1", FIELDWISE_PROGRAM, arguments,
             path);
    for (int r = 0; r < runs; r++) {
        double before = fw_clock_seconds();
        if (system(command) != 0) {
            fprintf(stderr, "bench_history: %s failed\n", command);
            exit(1);
        }
        seconds[r] = fw_clock_seconds() - before;
    }
    qsort(seconds, (size_t)runs, sizeof seconds[0], by_value);
    printf("%s,%lld,1,%.0f,%.0f,%d,%s\n", name, (long long)n, 1e9 * seconds[0], 1e9 * seconds[runs / 2], runs,
           commit != NULL ? commit : "-");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    int64_t n = smoke ? 500 : argc > 1 ? atoll(argv[1]) : 100000;
    char folder[] = "/tmp/fieldwise-bench-XXXXXX";
    char path[64];
    if (mkdtemp(folder) == NULL || n < 1) {
        fprintf(stderr, "bench_history: no folder for the store, or no trials\n");
        return 1;
    }
    snprintf(path, sizeof path, "%s/fieldwise.db", folder);
    printf("name,size,threads,min_ns,median_ns,runs,commit\n");
    double before = fw_clock_seconds();
    make_store(path, n);
    printf("history/write,%lld,1,%.0f,%.0f,1,-\n", (long long)n, 1e9 * (fw_clock_seconds() - before),
           1e9 * (fw_clock_seconds() - before));
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        time_command(commands[i].name, commands[i].arguments, path, n, smoke ? 1 : RUNS);
    if (getenv("FIELDWISE_BENCH_KEEP") == NULL) {
        unlink(path);
        rmdir(folder);
    } else {
        fprintf(stderr, "%s\n", path);
    }
    return 0;
}
