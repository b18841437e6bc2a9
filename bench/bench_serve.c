/* What the dashboard takes: time of its pages over HTTP for a large study, and what a writer of the same store loses
 * while the dashboard is asked ten times a second.
 *
 *     bench_serve [--smoke]
 *
 * First table: a page, bytes, least and median milliseconds, and least milliseconds of a processor, which
 * other work on the machine does not lengthen. Second table: trials/s of a process that does nothing but
 * store trials one by one, alone and looked at in turns, and the loss in percent; of a new store and of the large one.
 * The writer keeps a core busy and syncs each trial to the disk: no search writes as much. */
#include <arpa/inet.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/rng.h"
#include "results/serve/serve.h"
#include "results/store/store_log.h"

enum { METRICS = 10, RUNS = 9, BATCH = 1000 };

static void check(enum fw_status status, const struct fw_error *err)
{
    if (status != FW_OK) {
        fprintf(stderr, "bench_serve: %s\n", err->message);
        exit(1);
    }
}

/* ---- a large store ---- */

static double uniform(int64_t i, uint64_t stream)
{
    return fw_rng_uniform_at(7, fw_stream(0, stream, FW_STREAM_TEST), (uint64_t)i);
}

static struct fw_trial_record trial_of(int64_t i, char candidate[200], struct fw_metric metrics[METRICS])
{
    static const char *const names[METRICS] = {"auc",     "logloss", "rmse",   "accuracy", "recall",
                                               "ndcg@10", "gauc",    "screen", "score_us", "epochs"};
    snprintf(candidate, 200, "{\"cross\":[\"column%d@%d\",\"occupation%d\"],\"with\":[[\"a\",\"b\"],[\"c\",\"d\"]]}",
             (int)(i % 97), (int)(i % 7), (int)(i / 97));
    for (int m = 0; m < METRICS; m++)
        metrics[m] = (struct fw_metric){names[m], 0, uniform(i, (uint64_t)m)};
    return (struct fw_trial_record){
        .candidate = candidate,
        .hash = (uint64_t)i + 1,
        .state = i % 10 == 9 ? FW_TRIAL_PRUNED : FW_TRIAL_COMPLETE,
        .step = (int32_t)(i / 1000),
        .rung = (int32_t)(i % 4),
        .rows = 20000,
        .objective = 0.7 + 0.2 * uniform(i, 20),
        .gain = 0.01 * uniform(i, 21),
        .gain_low = NAN,
        .gain_high = NAN,
        .bytes = 1000 + i,
        .seconds = 0.01 * uniform(i, 22),
        .metrics = metrics,
        .n_metrics = METRICS,
    };
}

static struct fw_trial_log open_log(struct fw_store **store, int64_t *study, const char *path)
{
    struct fw_error err = {0};
    struct fw_store_options options;
    fw_store_options_init(&options);
    check(fw_store_open(store, path, &options, &err), &err);
    struct fw_trial_log log = fw_store_trial_log(*store);
    struct fw_study_info info = {
        .driver = "random", .key = 1, .objective = "auc", .maximise = true, .data = "train.csv"};
    info.options = "{}";
    bool resumed;
    enum fw_study_status how;
    check(log.vtable->open_study(log.self, study, &resumed, &how, &info, &err), &err);
    return log;
}

static void fill(const char *path, int64_t n)
{
    struct fw_error err = {0};
    struct fw_store *store;
    int64_t study;
    struct fw_trial_log log = open_log(&store, &study, path);
    struct fw_trial_record *trials = calloc(BATCH, sizeof *trials);
    char(*candidates)[200] = calloc(BATCH, sizeof *candidates);
    struct fw_metric(*metrics)[METRICS] = calloc(BATCH, sizeof *metrics);
    if (trials == NULL || candidates == NULL || metrics == NULL)
        exit(6);
    for (int64_t from = 0; from < n; from += BATCH) {
        int64_t count = n - from < BATCH ? n - from : BATCH;
        for (int64_t i = 0; i < count; i++)
            trials[i] = trial_of(from + i, candidates[i], metrics[i]);
        check(log.vtable->add_trials(log.self, study, trials, count, &err), &err);
    }
    free(metrics);
    free(candidates);
    free(trials);
    fw_store_close(store);
}

/* ---- asking ---- */

/* Bytes of the answer, its head included; 0: none came or it was not 200. */
static int64_t ask(int port, const char *target)
{
    static char bytes[1 << 16];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int64_t total = 0;
    bool is_good = true;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
        int n = snprintf(bytes, sizeof bytes, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n",
                         target, port);
        ssize_t got = send(fd, bytes, (size_t)n, MSG_NOSIGNAL);
        while (got > 0 && (got = recv(fd, bytes, sizeof bytes, 0)) > 0) {
            is_good = total > 0 ? is_good : got > 12 && memcmp(bytes + 9, "200", 3) == 0;
            total += got;
        }
    }
    close(fd);
    return is_good ? total : 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void time_page(int port, const char *name, const char *target)
{
    double times[RUNS];
    double processor = INFINITY;
    int64_t bytes = 0;
    for (int run = 0; run < RUNS; run++) {
        double start = fw_clock_seconds();
        clock_t used = clock();
        bytes = ask(port, target);
        times[run] = fw_clock_seconds() - start;
        processor = fmin(processor, (double)(clock() - used) / CLOCKS_PER_SEC);
    }
    qsort(times, RUNS, sizeof *times, compare);
    printf("%s,%lld,%.1f,%.1f,%.1f\n", name, (long long)bytes, 1e3 * times[0], 1e3 * times[RUNS / 2], 1e3 * processor);
}

static void time_pages(const char *path)
{
    static const char *const pages[][2] = {
        {"studies", "/"},
        {"study", "/study/1"},
        {"study, last page", "/study/1?page=2000"},
        {"study by objective", "/study/1?sort=-objective"},
        {"study by a metric", "/study/1?sort=logloss"},
        {"study, filtered by a metric", "/study/1?where=logloss+%3C+0.01"},
        {"study, filtered, by a metric", "/study/1?where=bytes+%3E+50000+and+auc+%3E+0.5&sort=-ndcg%4010"},
        {"trial", "/study/1/trial/77"},
        {"trials as JSON", "/api/study/1/trials?limit=1000"},
        {"report", "/study/1/report"},
    };
    struct fw_error err = {0};
    struct fw_serve *serve;
    struct fw_serve_options options;
    fw_serve_options_init(&options);
    options.port = 0;
    check(fw_serve_start(&serve, path, &options, &err), &err);
    double seconds;
    int64_t n_copies;
    fw_serve_cost(serve, &seconds, &n_copies);
    fprintf(stderr, "copying held the lock for %.1f ms\n", 1e3 * seconds);
    printf("page,bytes,least ms,median ms,least ms of processor\n");
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        time_page(fw_serve_port(serve), pages[i][0], pages[i][1]);
    fw_serve_stop(serve);
}

/* ---- what a writer loses ---- */

/* What processes tell each other. */
struct board {
    volatile int stop;
    volatile int port;
    volatile int64_t written;
};

static pid_t start_writer(const char *path, struct board *board, int64_t first)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct fw_error err = {0};
    struct fw_store *store;
    int64_t study;
    struct fw_trial_log log = open_log(&store, &study, path);
    for (int64_t i = first; board->stop == 0; i++) {
        char candidate[200];
        struct fw_metric metrics[METRICS];
        struct fw_trial_record trial = trial_of(i, candidate, metrics);
        check(log.vtable->add_trials(log.self, study, &trial, 1, &err), &err);
        board->written++;
    }
    fw_store_close(store);
    _exit(0);
}

static pid_t start_server(const char *path, struct board *board)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    struct fw_error err = {0};
    struct fw_serve *serve;
    struct fw_serve_options options;
    fw_serve_options_init(&options);
    options.port = 0;
    check(fw_serve_start(&serve, path, &options, &err), &err);
    board->port = fw_serve_port(serve);
    while (board->stop == 0)
        fw_serve_wait(serve, 0.1);
    fw_serve_stop(serve);
    _exit(0);
}

static void rest(double seconds)
{
    struct timespec pause = {.tv_nsec = (long)(seconds * 1e9)};
    nanosleep(&pause, NULL);
}

/* Lets time pass, with a look ten times a second or without. */
static void pass(double seconds, const struct board *board, bool look)
{
    double end = fw_clock_seconds() + seconds;
    while (fw_clock_seconds() < end) {
        double start = fw_clock_seconds();
        if (look)
            ask(board->port, "/study/1");
        rest(fmax(0, 0.1 - (fw_clock_seconds() - start)));
    }
}

static void time_writer(const char *name, const char *path, int64_t first, int n_turns, double seconds)
{
    struct board *board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (board == MAP_FAILED)
        exit(6);
    *board = (struct board){0};
    pid_t writer = start_writer(path, board, first);
    while (board->written == 0)
        rest(0.01);
    pid_t server = start_server(path, board);
    while (board->port == 0)
        rest(0.01);
    double rates[2] = {0, 0};
    for (int turn = 0; turn < 2 * n_turns; turn++) {
        int64_t before = board->written;
        double start = fw_clock_seconds();
        pass(seconds, board, turn % 2 == 1);
        rates[turn % 2] += (double)(board->written - before) / (fw_clock_seconds() - start) / n_turns;
    }
    board->stop = 1;
    waitpid(writer, NULL, 0);
    waitpid(server, NULL, 0);
    printf("%s,%.0f,%.0f,%.1f\n", name, rates[0], rates[1], 100 * (1 - rates[1] / rates[0]));
    munmap(board, sizeof *board);
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    int64_t n = smoke ? 2000 : 100000;
    char folder[] = "/tmp/bench_serve-XXXXXX";
    char large[64];
    char small[64];
    struct stat info;
    if (mkdtemp(folder) == NULL)
        return 6;
    snprintf(large, sizeof large, "%s/large.db", folder);
    snprintf(small, sizeof small, "%s/small.db", folder);
    fill(large, n);
    stat(large, &info);
    fprintf(stderr, "%lld trials with %d metrics each: %.1f MB\n", (long long)n, METRICS, 1e-6 * (double)info.st_size);
    time_pages(large);
    printf("store,trials/s alone,looked at,loss %%\n");
    fflush(stdout);
    time_writer("new", small, 0, smoke ? 1 : 6, smoke ? 0.5 : 3);
    fflush(stdout);
    time_writer("large", large, n, smoke ? 1 : 6, smoke ? 0.5 : 10);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? 0 : 1;
}
