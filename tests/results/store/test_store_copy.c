#include "results/store/store_copy.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

static char path[2048];
static struct fw_store_copier *copier;

static void add_trials(int64_t from, int64_t n)
{
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    for (int64_t i = from; i < from + n; i++) {
        struct fw_trial_record trial = sample_trial((uint64_t)i, "{\"cross\":[\"a\",\"b\"]}", 0.5 + 0.001 * (double)i);
        ck_ok(sample_add(store, study, &trial, err));
    }
    fw_store_close(store);
}

static void start(double wait_seconds)
{
    struct fw_store_copier_options options;
    fw_store_copier_options_init(&options);
    options.pause_least = 0;
    options.wait_seconds = wait_seconds;
    ck_ok(fw_store_copier_create(&copier, path, &options, err));
}

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s", scratch_path("s.db"));
    add_trials(1, 3);
}

static void tear_down(void)
{
    fw_store_copier_destroy(copier);
    copier = NULL;
    scratch_remove();
}

/* Trials of the first study as the copy has them; -1: there is no copy. */
static int64_t count(void)
{
    struct fw_store_copy copy;
    if (fw_store_copy_take(&copy, copier, NULL) != FW_OK)
        return -1;
    int64_t n = copy.studies->rows[0].n_trials;
    struct fw_trial_list trials;
    ck_ok(fw_query_trials(&trials, copy.store, copy.studies->rows[0].id, 0, err));
    ck_assert_int_eq(trials.n, n);
    fw_trial_list_clear(&trials);
    fw_store_copy_give(&copy);
    return n;
}

/* Looks until there are n trials, which may be held back for a moment; false: there are not. */
static bool comes_to(int64_t n)
{
    double end = fw_clock_seconds() + 10;
    while (count() != n && fw_clock_seconds() < end)
        usleep(1000);
    return count() == n;
}

START_TEST(test_store_copy_follows_the_file)
{
    start(2);
    ck_assert_int_eq(count(), 3);
    add_trials(4, 5);
    ck_assert(comes_to(8));
    double seconds;
    int64_t n_copies;
    fw_store_copier_cost(copier, &seconds, &n_copies);
    count();
    int64_t again;
    fw_store_copier_cost(copier, &seconds, &again);
    ck_assert_int_eq(again, n_copies); /* nothing has changed */
}
END_TEST

START_TEST(test_store_copy_stays_as_it_is_while_it_is_used)
{
    start(2);
    struct fw_store_copy copy;
    ck_ok(fw_store_copy_take(&copy, copier, err));
    for (int i = 0; i < 5; i++) {
        add_trials(4 + i, 1);
        ck_assert(i > 0 || comes_to(4));
        count();
    }
    struct fw_trial_list trials;
    ck_ok(fw_query_trials(&trials, copy.store, copy.studies->rows[0].id, 0, err));
    ck_assert_int_eq(trials.n, 3);
    fw_trial_list_clear(&trials);
    fw_store_copy_give(&copy);
    ck_assert(comes_to(8));
}
END_TEST

/* Nobody who writes waits for a copy that somebody reads. */
START_TEST(test_store_copy_leaves_the_file_unlocked)
{
    start(2);
    struct fw_store_copy copy;
    struct fw_store *store = NULL;
    ck_ok(fw_store_copy_take(&copy, copier, err));
    ck_ok(sample_open(&store, path, 0, err)); /* no patience at all */
    int64_t study = sample_open_study(store, 1);
    struct fw_trial_record trial = sample_trial(77, "{}", 0.5);
    ck_ok(sample_add(store, study, &trial, err));
    fw_store_close(store);
    fw_store_copy_give(&copy);
}
END_TEST

START_TEST(test_store_copy_is_the_last_one_while_the_file_is_locked)
{
    start(0.01);
    ck_assert_int_eq(count(), 3);
    sqlite3 *other = NULL;
    ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    struct fw_store_copy copy;
    ck_ok(fw_store_copy_take(&copy, copier, err));
    ck_assert(copy.locked);
    ck_assert_int_eq(copy.studies->rows[0].n_trials, 3);
    fw_store_copy_give(&copy);
    ck_assert_int_eq(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    ck_ok(fw_store_copy_take(&copy, copier, err));
    ck_assert(!copy.locked);
    fw_store_copy_give(&copy);
}
END_TEST

START_TEST(test_store_copy_tells_what_became_of_the_file_and_recovers)
{
    start(2);
    struct fw_store_copy copy;
    struct fw_error err = {0};
    const char *aside = scratch_path("aside.db");
    ck_assert_int_eq(rename(path, aside), 0);
    ck_assert_int_eq(fw_store_copy_take(&copy, copier, &err), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, path));
    add_trials(1, 1); /* another store in its place */
    ck_assert(comes_to(1));
    ck_assert_int_eq(rename(aside, path), 0);
    ck_assert(comes_to(3));
    FILE *file = fopen(path, "w"); /* no store any more, in the same place */
    fputs("This is a text and no store, and it is longer than the header of one: ..................................\n",
          file);
    fclose(file);
    ck_assert_int_eq(fw_store_copy_take(&copy, copier, &err), FW_E_CORRUPT);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(fw_store_copy_take(&copy, copier, &err), FW_E_INPUT);
    ck_assert_int_eq(rmdir(path), 0);
    add_trials(1, 2);
    ck_assert(comes_to(2));
}
END_TEST

START_TEST(test_store_copy_takes_no_more_memory_than_allowed)
{
    struct fw_store_copier_options options;
    struct fw_error err = {0};
    fw_store_copier_options_init(&options);
    options.bytes_most = 4096;
    ck_assert_int_eq(fw_store_copier_create(&copier, path, &options, &err), FW_E_NOMEM);
    ck_assert_ptr_nonnull(strstr(err.message, "--memory-limit"));
    ck_assert_ptr_null(copier);
}
END_TEST

START_TEST(test_store_copy_refused_memory_leaks_nothing)
{
    for (int64_t k = 1; k < 60; k++) {
        struct fw_allocator mem;
        struct fw_store_copier_options options;
        fw_allocator_init(&mem, 0);
        atomic_store(&mem.fail_at, k);
        atomic_store(&mem.fail_for_ever, true);
        fw_store_copier_options_init(&options);
        options.mem = &mem;
        enum fw_status status = fw_store_copier_create(&copier, path, &options, NULL);
        ck_assert(status == FW_OK || status == FW_E_NOMEM);
        fw_store_copier_destroy(copier);
        copier = NULL;
        ck_assert_uint_eq(atomic_load(&mem.used), 0);
    }
}
END_TEST

static void *read_often(void *wrong)
{
    int64_t last = 0;
    for (int i = 0; i < 60; i++) {
        int64_t n = count();
        if (n < last)
            *(int *)wrong = 1;
        last = n;
    }
    return NULL;
}

/* Several threads while somebody writes: each sees whole states, one after the other. */
START_TEST(test_store_copy_serves_several_threads)
{
    pthread_t threads[4];
    int wrong[4] = {0};
    start(10);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_often, &wrong[i]), 0);
    for (int i = 0; i < 15; i++)
        add_trials(4 + 3 * i, 3);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(wrong[i], 0);
    }
    ck_assert(comes_to(48));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("store_copy");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_store_copy_follows_the_file);
    tcase_add_test(tcase, test_store_copy_stays_as_it_is_while_it_is_used);
    tcase_add_test(tcase, test_store_copy_leaves_the_file_unlocked);
    tcase_add_test(tcase, test_store_copy_is_the_last_one_while_the_file_is_locked);
    tcase_add_test(tcase, test_store_copy_tells_what_became_of_the_file_and_recovers);
    tcase_add_test(tcase, test_store_copy_takes_no_more_memory_than_allowed);
    tcase_add_test(tcase, test_store_copy_refused_memory_leaks_nothing);
    tcase_add_test(tcase, test_store_copy_serves_several_threads);
    suite_add_tcase(suite, tcase);
    return suite;
}
