/* What the store promises when processes die: nothing acknowledged is lost, nothing is stored twice, and nobody has to
 * repair anything. Crowds of processes: torture/test_torture_crowd.c. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/rng.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

enum { n_writers = 3, n_kills = 60, least_acknowledged = 60, max_acknowledged = 200000 };

static char path[2048];

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s", scratch_path("s.db"));
}

/* One acknowledged trial, as a writer tells it after add_trials has returned; smaller than PIPE_BUF, so it is whole. */
struct acknowledged {
    uint64_t hash;
    int64_t number;
};

/* Writes trials until it is killed. Each has two metrics, so that a torn trial would show. */
static void write_until_killed(uint64_t generation, int ack)
{
    struct fw_store *store = NULL;
    struct fw_error err = {0};
    struct fw_study_info info = sample_study(1);
    int64_t study;
    bool resumed;
    enum fw_study_status how;
    enum fw_status status = sample_open(&store, path, 60, &err);
    if (status == FW_OK) {
        struct fw_trial_log log = fw_store_trial_log(store);
        status = log.vtable->open_study(log.self, &study, &resumed, &how, &info, &err);
    }
    for (uint64_t i = 0; status == FW_OK; i++) {
        struct fw_metric metrics[2] = {{"loss", 0, 0.5}, {"loss", 1, 0.25}};
        char candidate[64];
        snprintf(candidate, sizeof candidate, "{\"n\":[%llu,%llu]}", (unsigned long long)generation,
                 (unsigned long long)i);
        struct fw_trial_record record = sample_trial(fw_hash_text(candidate, 0), candidate, 0.5);
        record.metrics = metrics;
        record.n_metrics = 2;
        status = sample_add(store, study, &record, &err);
        struct acknowledged done = {record.hash, record.number};
        if (status == FW_OK && write(ack, &done, sizeof done) != sizeof done)
            _exit(3);
    }
    fprintf(stderr, "writer: %s\n", err.message);
    _exit(2);
}

static pid_t start_writer(uint64_t generation, const int ack[2])
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ack[0]);
        write_until_killed(generation, ack[1]);
    }
    ck_assert_int_gt(child, 0);
    return child;
}

/* Takes what the writers have told so far. */
static int64_t drain(int fd, struct acknowledged *list, int64_t n)
{
    ssize_t got;
    while (n < max_acknowledged && (got = read(fd, &list[n], sizeof *list)) > 0) {
        ck_assert_int_eq(got, sizeof *list);
        n++;
    }
    return n;
}

static void wait_ms(uint64_t ms)
{
    struct timespec time = {.tv_sec = 0, .tv_nsec = (long)ms * 1000000};
    nanosleep(&time, NULL);
}

/* Every acknowledged trial is there under its number. */
static void check_acknowledged(const struct acknowledged *list, int64_t n)
{
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    struct fw_trial_log log = fw_store_trial_log(store);
    for (int64_t i = 0; i < n; i++) {
        struct fw_trial_record found;
        bool there;
        ck_ok(log.vtable->find_trial(log.self, &there, &found, study, list[i].hash, err));
        ck_assert_msg(there, "trial %lld was acknowledged and is lost", (long long)list[i].number);
        ck_assert_int_eq(found.number, list[i].number);
    }
    fw_store_close(store);
}

static void check_sound(void)
{
    ck_assert(sample_is_sound(path));
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM studies"), 1);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) - count(DISTINCT number) FROM trials"), 0);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) - count(DISTINCT hash) FROM trials"), 0);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) - max(number) FROM trials"), 0);
    ck_assert_int_eq(sample_sql(path, "SELECT min(number) FROM trials"), 1);
}

START_TEST(test_store_kill_loses_nothing_acknowledged)
{
    int ack[2];
    ck_assert_int_eq(pipe2(ack, O_CLOEXEC), 0);
    ck_assert_int_eq(fcntl(ack[0], F_SETFL, O_NONBLOCK), 0);
    struct acknowledged *list = calloc(max_acknowledged, sizeof *list);
    ck_assert_ptr_nonnull(list);
    struct fw_rng rng;
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    uint64_t generation = 0;
    pid_t writers[n_writers];
    for (int w = 0; w < n_writers; w++)
        writers[w] = start_writer(generation++, ack);
    int64_t n = 0;
    int kills = 0;
    for (; kills < n_kills || (n <= least_acknowledged && kills < 50 * n_kills); kills++) {
        wait_ms(5 + fw_rng_below(&rng, 60));
        int w = (int)fw_rng_below(&rng, n_writers);
        kill(writers[w], SIGKILL);
        int how;
        ck_assert_int_eq(waitpid(writers[w], &how, 0), writers[w]);
        ck_assert_msg(WIFSIGNALED(how), "a writer gave up by itself");
        n = drain(ack[0], list, n);
        writers[w] = start_writer(generation++, ack);
    }
    for (int w = 0; w < n_writers; w++) {
        kill(writers[w], SIGKILL);
        waitpid(writers[w], NULL, 0);
    }
    n = drain(ack[0], list, n);
    ck_assert_int_gt(n, least_acknowledged);
    check_acknowledged(list, n);
    check_sound();
    /* a trial is whole: at most the trials of the dead writers were not acknowledged, none lacks its metrics */
    int64_t stored = sample_sql(path, "SELECT count(*) FROM trials");
    ck_assert_int_le(stored - n, kills + n_writers);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM metrics"), 2 * stored);
    free(list);
    close(ack[0]);
    close(ack[1]);
}
END_TEST

/* Makes stores until it is killed: opening a fresh file and nothing else. */
static void make_until_killed(void)
{
    for (;;) {
        struct fw_store *store = NULL;
        struct fw_error err = {0};
        if (sample_open(&store, path, 60, &err) != FW_OK) {
            fprintf(stderr, "maker: %s\n", err.message);
            _exit(2);
        }
        fw_store_close(store);
        unlink(path);
    }
}

START_TEST(test_store_kill_while_the_file_is_made)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 2, fw_stream(0, 0, FW_STREAM_TEST));
    for (int i = 0; i < 20; i++) {
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            make_until_killed();
        wait_ms(1 + fw_rng_below(&rng, 25));
        kill(child, SIGKILL);
        int how;
        ck_assert_int_eq(waitpid(child, &how, 0), child);
        ck_assert(WIFSIGNALED(how));
        struct fw_store *store = sample_store(path);
        sample_open_study(store, 1);
        fw_store_close(store);
        ck_assert(sample_is_sound(path));
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("store_kill");
    TCase *cases = tcase_create("store_kill");
    tcase_set_timeout(cases, 300);
    tcase_add_checked_fixture(cases, set_up, scratch_remove);
    tcase_add_test(cases, test_store_kill_loses_nothing_acknowledged);
    tcase_add_test(cases, test_store_kill_while_the_file_is_made);
    suite_add_tcase(suite, cases);
    return suite;
}
