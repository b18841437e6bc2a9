#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/rng.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

static char path[2048];

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s", scratch_path("s.db"));
}

/* Opens the study with this key and tells how it stood. */
static int64_t open_study(struct fw_store *store, uint64_t key, bool *resumed, enum fw_study_status *how)
{
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_study_info info = sample_study(key);
    int64_t study = 0;
    ck_ok(log.vtable->open_study(log.self, &study, resumed, how, &info, err));
    return study;
}

static void close_study(struct fw_store *store, int64_t study, enum fw_study_status status, const char *reason)
{
    struct fw_trial_log log = fw_store_trial_log(store);
    ck_ok(log.vtable->close_study(log.self, study, status, reason, err));
}

static bool find_trial(struct fw_store *store, int64_t study, uint64_t hash, struct fw_trial_record *record)
{
    struct fw_trial_log log = fw_store_trial_log(store);
    bool found = false;
    ck_ok(log.vtable->find_trial(log.self, &found, record, study, hash, err));
    return found;
}

START_TEST(test_store_study_is_found_by_its_key)
{
    struct fw_store *store = sample_store(path);
    bool resumed = true;
    enum fw_study_status how = FW_STUDY_FAILED;
    int64_t first = open_study(store, UINT64_C(0xffffffffffffffff), &resumed, &how);
    ck_assert(!resumed);
    ck_assert_int_eq(how, FW_STUDY_RUNNING);
    int64_t other = open_study(store, 2, &resumed, &how);
    ck_assert(!resumed);
    ck_assert_int_ne(first, other);
    fw_store_close(store);

    store = sample_store(path);
    ck_assert_int_eq(open_study(store, UINT64_C(0xffffffffffffffff), &resumed, &how), first);
    ck_assert(resumed);
    ck_assert_int_eq(how, FW_STUDY_RUNNING);
    close_study(store, first, FW_STUDY_INTERRUPTED, "Ctrl-C");
    ck_assert_int_eq(open_study(store, UINT64_C(0xffffffffffffffff), &resumed, &how), first);
    ck_assert_int_eq(how, FW_STUDY_INTERRUPTED);
    struct fw_study_list list;
    ck_ok(fw_query_study(&list, store, "random-1", err));
    ck_assert_int_eq(list.rows[0].status, FW_STUDY_RUNNING);
    ck_assert_ptr_null(list.rows[0].reason);
    ck_assert_int_eq(list.rows[0].ended_us, 0);
    fw_study_list_clear(&list);
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_study_without_key_is_always_new)
{
    struct fw_store *store = sample_store(path);
    ck_assert_int_ne(sample_open_study(store, 0), sample_open_study(store, 0));
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_complete_study_stays_complete_when_opened_again)
{
    struct fw_store *store = sample_store(path);
    bool resumed;
    enum fw_study_status how;
    int64_t study = open_study(store, 5, &resumed, &how);
    close_study(store, study, FW_STUDY_COMPLETE, NULL);
    open_study(store, 5, &resumed, &how);
    ck_assert_int_eq(how, FW_STUDY_COMPLETE);
    open_study(store, 5, &resumed, &how);
    ck_assert_int_eq(how, FW_STUDY_COMPLETE);
    close_study(store, study, FW_STUDY_RUNNING, NULL);
    open_study(store, 5, &resumed, &how);
    ck_assert_int_eq(how, FW_STUDY_RUNNING);
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_study_keeps_all_that_it_was_told)
{
    struct fw_store *store = sample_store(path);
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_study_info info = sample_study(UINT64_C(0x8000000000000001));
    info.name = "Größe '; DROP TABLE studies; --";
    info.seed = UINT64_MAX;
    info.data = "da\xfft\033a\n.csv"; /* neither UTF-8 nor printable */
    int64_t study;
    bool resumed;
    enum fw_study_status how;
    ck_ok(log.vtable->open_study(log.self, &study, &resumed, &how, &info, err));
    close_study(store, study, FW_STUDY_FAILED, "a loss is \"NaN\"");
    struct fw_study_list list;
    ck_ok(fw_query_studies(&list, store, err));
    ck_assert_int_eq(list.n, 1);
    const struct fw_study_row *row = &list.rows[0];
    ck_assert_str_eq(row->name, info.name);
    ck_assert_str_eq(row->driver, "random");
    ck_assert_uint_eq(row->key, info.key);
    ck_assert_str_eq(row->objective, "auc");
    ck_assert(row->maximise);
    ck_assert_str_eq(row->data, info.data);
    ck_assert_uint_eq(row->data_fingerprint, info.data_fingerprint);
    ck_assert_int_eq(row->rows, 1000);
    ck_assert_str_eq(row->options, info.options);
    ck_assert_uint_eq(row->seed, UINT64_MAX);
    ck_assert_str_eq(row->command, info.command);
    ck_assert_int_eq(row->status, FW_STUDY_FAILED);
    ck_assert_str_eq(row->reason, "a loss is \"NaN\"");
    ck_assert_str_eq(row->program_version, FIELDWISE_VERSION);
    ck_assert_int_eq(row->pid, getpid());
    ck_assert_int_ge(row->processors, 1);
    ck_assert_int_ge(row->ended_us, row->started_us);
    ck_assert_int_gt(row->started_us, INT64_C(1600000000000000));
    ck_assert(row->seconds >= 0 && row->seconds < 60);
    ck_assert_int_eq(row->n_trials, 0);
    ck_assert(isnan(row->best_objective));
    fw_study_list_clear(&list);
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_study_names_are_unique)
{
    struct fw_store *store = sample_store(path);
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_study_info info = sample_study(1);
    info.name = "random-2";
    int64_t study;
    bool resumed;
    enum fw_study_status how;
    ck_ok(log.vtable->open_study(log.self, &study, &resumed, &how, &info, err));
    sample_open_study(store, 2); /* would be random-2, which is taken */
    struct fw_study_list list;
    ck_ok(fw_query_study(&list, store, "random-2-2", err));
    ck_assert_int_eq(list.rows[0].id, 2);
    fw_study_list_clear(&list);

    struct fw_error fault = {0};
    info.key = 3;
    ck_assert_int_eq(log.vtable->open_study(log.self, &study, &resumed, &how, &info, &fault), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(fault.message, "random-2"));
    ck_assert_int_eq(fw_query_study(&list, store, "7", &fault), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(fault.message, "random-2-2, random-2"));
    ck_ok(fw_query_study(&list, store, "2", err)); /* by id */
    ck_assert_str_eq(list.rows[0].name, "random-2-2");
    fw_study_list_clear(&list);
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_trial_is_found_as_it_was_added)
{
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    struct fw_trial_record record =
        sample_trial(UINT64_C(0xfffffffffffffffe), "{\"cross\":[\"Größe\",\"日本\"]}", 0.75);
    struct fw_trial_record found;
    ck_assert(!find_trial(store, study, record.hash, &found));
    ck_ok(sample_add(store, study, &record, err));
    ck_assert_int_eq(record.number, 1);
    record.parent = 1;
    record.hash = 2;
    record.state = FW_TRIAL_PRUNED;
    record.reason = "gain\nbelow \x01\xfe noise";
    record.objective = 0.1 + 0.2;
    ck_ok(sample_add(store, study, &record, err));
    fw_store_close(store);

    store = sample_store(path);
    ck_assert(find_trial(store, study, UINT64_C(0xfffffffffffffffe), &found));
    ck_assert_int_eq(found.number, 1);
    ck_assert_int_eq(found.parent, 0);
    ck_assert_ptr_null(found.reason);
    ck_assert(find_trial(store, study, 2, &found));
    ck_assert_int_eq(found.number, 2);
    ck_assert_int_eq(found.parent, 1);
    ck_assert_str_eq(found.candidate, record.candidate);
    ck_assert_uint_eq(found.hash, 2);
    ck_assert_int_eq(found.state, FW_TRIAL_PRUNED);
    ck_assert_str_eq(found.reason, record.reason);
    ck_assert_int_eq(found.step, 1);
    ck_assert_int_eq(found.rung, 2);
    ck_assert_int_eq(found.rows, 300);
    ck_assert(found.objective == 0.1 + 0.2 && found.gain == 0.25 && found.gain_low == 0.125);
    ck_assert(found.gain_high == 0.375 && found.seconds == 1.5);
    ck_assert_int_eq(found.bytes, 4096);
    ck_assert(!find_trial(store, study + 1, 2, &found));
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_keeps_what_is_not_finite)
{
    static const double odd[] = {NAN, INFINITY, -INFINITY, 5e-324, -1.7976931348623157e308, 0, 1e15 + 0.5, -3};
    enum { n_odd = sizeof odd / sizeof odd[0] };
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    struct fw_metric metrics[n_odd];
    for (int i = 0; i < n_odd; i++) {
        metrics[i] = (struct fw_metric){"Verlust/损失", i - 2, odd[i]};
        struct fw_trial_record record = sample_trial((uint64_t)i, "{}", odd[i]);
        record.gain = record.gain_low = record.gain_high = odd[i];
        record.metrics = metrics;
        record.n_metrics = i + 1;
        ck_ok(sample_add(store, study, &record, err));
    }
    for (int i = 0; i < n_odd; i++) {
        struct fw_trial_record found;
        ck_assert(find_trial(store, study, (uint64_t)i, &found));
        ck_assert(isnan(odd[i]) ? isnan(found.objective) : found.objective == odd[i]);
        ck_assert(isnan(odd[i]) ? isnan(found.gain_low) : found.gain_low == odd[i]);
        struct fw_metric_list list;
        ck_ok(fw_query_metrics(&list, store, i + 1, err));
        ck_assert_int_eq(list.n, i + 1);
        for (int j = 0; j <= i; j++) {
            ck_assert_str_eq(list.rows[j].name, "Verlust/损失");
            ck_assert_int_eq(list.rows[j].step, j - 2);
            ck_assert(isnan(odd[j]) ? isnan(list.rows[j].value) : list.rows[j].value == odd[j]);
        }
        fw_metric_list_clear(&list);
    }
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_trial_keeps_its_first_result)
{
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    struct fw_trial_record batch[4] = {sample_trial(10, "{\"a\":1}", 0.5), sample_trial(11, "{\"a\":2}", 0.6),
                                       sample_trial(10, "{\"a\":3}", 0.7), sample_trial(12, "{\"a\":4}", 0.8)};
    struct fw_trial_log log = fw_store_trial_log(store);
    ck_ok(log.vtable->add_trials(log.self, study, batch, 4, err));
    ck_assert_int_eq(batch[0].number, 1);
    ck_assert_int_eq(batch[1].number, 2);
    ck_assert_int_eq(batch[2].number, 1);
    ck_assert_int_eq(batch[3].number, 3);
    struct fw_trial_record found;
    ck_assert(find_trial(store, study, 10, &found));
    ck_assert(found.objective == 0.5);
    ck_assert_str_eq(found.candidate, "{\"a\":1}");
    ck_ok(log.vtable->add_trials(log.self, study, NULL, 0, err));
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials"), 3);
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_failed_and_running_trials_are_replaced)
{
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    struct fw_metric old[2] = {{"auc", 0, 0.1}, {"loss", 0, 9}};
    struct fw_metric new[1] = {{"auc", 0, 0.9}};
    struct fw_trial_record record = sample_trial(1, "{}", NAN);
    struct fw_trial_record found;
    record.state = FW_TRIAL_RUNNING;
    ck_ok(sample_add(store, study, &record, err));
    ck_assert(!find_trial(store, study, 1, &found));
    record.state = FW_TRIAL_FAILED;
    record.reason = "overflow";
    record.metrics = old;
    record.n_metrics = 2;
    ck_ok(sample_add(store, study, &record, err));
    ck_assert_int_eq(record.number, 1);
    ck_assert(find_trial(store, study, 1, &found));
    ck_assert_int_eq(found.state, FW_TRIAL_FAILED);
    record = sample_trial(1, "{}", 0.9);
    record.metrics = new;
    record.n_metrics = 1;
    ck_ok(sample_add(store, study, &record, err));
    ck_assert_int_eq(record.number, 1);
    ck_assert(find_trial(store, study, 1, &found));
    ck_assert_int_eq(found.state, FW_TRIAL_COMPLETE);
    ck_assert_ptr_null(found.reason);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM metrics"), 1);
    ck_assert_int_eq(sample_sql(path, "SELECT value * 10 FROM metrics"), 9);
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_decisions_and_artifacts_replace)
{
    struct fw_store *store = sample_store(path);
    struct fw_trial_log log = fw_store_trial_log(store);
    int64_t study = sample_open_study(store, 1);
    struct fw_trial_record record = sample_trial(1, "{\"cross\":[\"a\",\"b\"]}", 0.5);
    ck_ok(sample_add(store, study, &record, err));
    struct fw_decision decisions[] = {{1, "accept", 1, "{\"z\":3.5}", false},
                                      {0, "start", 0, "{}", false},
                                      {1, "stop", 0, "{\"why\":\"time\"}", true},
                                      {1, "accept", 1, "{\"z\":4.5}", false}};
    for (int i = 0; i < 4; i++)
        ck_ok(log.vtable->add_decision(log.self, study, &decisions[i], err));
    struct fw_decision_list list;
    ck_ok(fw_query_decisions(&list, store, study, err));
    ck_assert_int_eq(list.n, 3);
    ck_assert_str_eq(list.rows[0].decision.kind, "start");
    ck_assert_ptr_null(list.rows[0].candidate);
    ck_assert_str_eq(list.rows[1].decision.detail, "{\"z\":4.5}");
    ck_assert_int_eq(list.rows[1].decision.trial, 1);
    ck_assert_str_eq(list.rows[1].candidate, "{\"cross\":[\"a\",\"b\"]}");
    ck_assert(list.rows[1].objective == 0.5);
    ck_assert_str_eq(list.rows[2].decision.kind, "stop");
    ck_assert(list.rows[2].decision.clock && !list.rows[1].decision.clock);
    fw_decision_list_clear(&list);

    struct fw_artifact plan = {"plan", "plan.json", 100, 1};
    ck_ok(log.vtable->add_artifact(log.self, study, &plan, err));
    struct fw_artifact model = {"model", "plan.json", 300, 3};
    ck_ok(log.vtable->add_artifact(log.self, study, &model, err));
    plan.bytes = 200;
    plan.checksum = UINT64_MAX;
    ck_ok(log.vtable->add_artifact(log.self, study, &plan, err));
    struct fw_artifact_list artifacts;
    ck_ok(fw_query_artifacts(&artifacts, store, study, err));
    ck_assert_int_eq(artifacts.n, 2);
    ck_assert_str_eq(artifacts.rows[0].artifact.kind, "plan");
    ck_assert_int_eq(artifacts.rows[0].artifact.bytes, 200);
    ck_assert_uint_eq(artifacts.rows[0].artifact.checksum, UINT64_MAX);
    fw_artifact_list_clear(&artifacts);
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_best_trials_come_in_order)
{
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    static const double values[] = {0.5, 0.9, NAN, 0.9, 0.1, 0.95};
    for (uint64_t i = 0; i < 6; i++) {
        struct fw_trial_record record = sample_trial(i, "{}", values[i]);
        record.state = i == 5 ? FW_TRIAL_PRUNED : FW_TRIAL_COMPLETE;
        ck_ok(sample_add(store, study, &record, err));
    }
    struct fw_trial_list list;
    static const int64_t highest[] = {2, 4, 1, 5}, lowest[] = {5, 1, 2, 4};
    for (int maximise = 0; maximise < 2; maximise++) {
        ck_ok(fw_query_best(&list, store, study, maximise, 0, err));
        ck_assert_int_eq(list.n, 4);
        for (int i = 0; i < 4; i++)
            ck_assert_int_eq(list.rows[i].record.number, maximise ? highest[i] : lowest[i]);
        fw_trial_list_clear(&list);
    }
    ck_ok(fw_query_best(&list, store, study, true, 2, err));
    ck_assert_int_eq(list.n, 2);
    fw_trial_list_clear(&list);
    ck_ok(fw_query_trials(&list, store, study, 0, err));
    ck_assert_int_eq(list.n, 6);
    ck_assert_int_eq(list.rows[5].record.number, 6);
    fw_trial_list_clear(&list);
    struct fw_study_list studies;
    ck_ok(fw_query_studies(&studies, store, err));
    ck_assert_int_eq(studies.rows[0].best_trial, 2);
    ck_assert_int_eq(studies.rows[0].n_trials, 6);
    ck_assert_int_eq(studies.rows[0].n_complete, 5);
    ck_assert_int_eq(studies.rows[0].n_pruned, 1);
    fw_study_list_clear(&studies);
    struct fw_error fault = {0};
    ck_assert_int_eq(fw_query_trial(&list, store, study, 7, &fault), FW_E_INPUT);
    ck_assert_int_eq(sample_sql(path, "SELECT number FROM v_best"), 2);
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_unknown_study_is_an_argument_error)
{
    struct fw_store *store = sample_store(path);
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_trial_record record = sample_trial(1, "{}", 0.5);
    struct fw_decision decision = {0, "start", 0, "{}", false};
    struct fw_artifact artifact = {"plan", "p", 1, 1};
    struct fw_error err = {0};
    record.number = 77;
    ck_assert_int_eq(sample_add(store, 99, &record, &err), FW_E_ARG);
    ck_assert_int_eq(record.number, 77); /* outputs change on success only */
    ck_assert_int_eq(log.vtable->add_decision(log.self, 99, &decision, &err), FW_E_ARG);
    ck_assert_int_eq(log.vtable->add_artifact(log.self, 99, &artifact, &err), FW_E_ARG);
    ck_assert_int_eq(log.vtable->close_study(log.self, 99, FW_STUDY_COMPLETE, NULL, &err), FW_E_ARG);
    ck_assert_int_gt(sample_open_study(store, 1), 0); /* the handle is as good as before */
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_locked_by_another_gives_up_at_the_deadline)
{
    struct fw_store *store = NULL;
    struct fw_error fault = {0};
    ck_ok(sample_open(&store, path, 0.2, err));
    int64_t study = sample_open_study(store, 1);
    sqlite3 *other = NULL;
    ck_assert_int_eq(sqlite3_open(path, &other), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    struct fw_trial_record record = sample_trial(1, "{}", 0.5);
    ck_assert_int_eq(sample_add(store, study, &record, &fault), FW_E_IO);
    ck_assert_ptr_nonnull(strstr(fault.message, path));
    ck_assert_ptr_nonnull(strstr(fault.message, "another process holds it"));
    struct fw_store *second = NULL;
    ck_assert_int_eq(sample_open(&second, path, 0.1, &fault), FW_E_IO);
    ck_assert_ptr_null(second);
    ck_assert_int_eq(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    ck_ok(sample_add(store, study, &record, err));
    ck_assert_int_eq(record.number, 1);
    sqlite3_close(other);
    fw_store_close(store);
}
END_TEST

/* Adds trials of 8 KiB until one fails; the exit code tells what happened. To be run in a child of its own. */
static int fill_until_it_fails(rlim_t limit)
{
    signal(SIGXFSZ, SIG_IGN);
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    struct rlimit size = {limit, limit};
    if (setrlimit(RLIMIT_FSIZE, &size) != 0)
        return 10;
    char candidate[8192];
    memset(candidate, 'x', sizeof candidate);
    candidate[sizeof candidate - 1] = '\0';
    enum fw_status status = FW_OK;
    struct fw_error fault = {0};
    int64_t stored = 0;
    for (uint64_t i = 1; status == FW_OK && i < 1000; i++) {
        struct fw_trial_record record = sample_trial(i, candidate, 0.5);
        status = sample_add(store, study, &record, &fault);
        stored += status == FW_OK;
    }
    if (status != FW_E_IO || strstr(fault.message, path) == NULL ||
        strstr(fault.message, "run the same command") == NULL) {
        fprintf(stderr, "status %d: %s\n", status, fault.message);
        return 11;
    }
    if (sample_sql(path, "SELECT count(*) FROM trials") != stored) /* reading goes on on a full disk */
        return 12;
    fw_store_close(store);
    return 0;
}

START_TEST(test_store_full_disk_keeps_what_was_there)
{
    struct fw_store *store = sample_store(path);
    fw_store_close(store);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(fill_until_it_fails((rlim_t)300 * 1024));
    int how = 0;
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert_msg(WIFEXITED(how) && WEXITSTATUS(how) == 0, "child ended with %d", how);
    ck_assert(sample_is_sound(path));
    int64_t kept = sample_sql(path, "SELECT count(*) FROM trials");
    ck_assert_int_gt(kept, 10);
    store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    for (int64_t i = 1; i <= kept; i++) {
        struct fw_trial_record found;
        ck_assert(find_trial(store, study, (uint64_t)i, &found));
    }
    struct fw_trial_record record = sample_trial(5000, "{}", 0.5);
    ck_ok(sample_add(store, study, &record, err));
    ck_assert_int_eq(record.number, kept + 1);
    fw_store_close(store);
}
END_TEST

/* Opens as a user without rights; the exit code is the status of opening and adding. */
static int use_without_rights(bool read_only)
{
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 100;
    struct fw_store_options options;
    fw_store_options_init(&options);
    options.read_only = read_only;
    struct fw_store *store = NULL;
    struct fw_error fault = {0};
    enum fw_status status = fw_store_open(&store, path, &options, &fault);
    struct fw_study_list list = {0};
    if (status == FW_OK && read_only)
        status = fw_query_studies(&list, store, &fault);
    int code = status == FW_OK && read_only && list.n != 1 ? 101 : (int)status;
    if (status != FW_OK && strstr(fault.message, path) == NULL)
        code = 102;
    if (status == FW_OK && !read_only) {
        struct fw_trial_record record = sample_trial(1, "{}", 0.5);
        code = (int)sample_add(store, 1, &record, &fault);
    }
    fw_study_list_clear(&list);
    fw_store_close(store);
    return code;
}

static int in_child(int (*run)(bool), bool argument)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(run(argument));
    int how = 0;
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert(WIFEXITED(how));
    return WEXITSTATUS(how);
}

START_TEST(test_store_read_only_folder)
{
    ck_assert_int_eq(chmod(scratch_path(NULL), 0555), 0);
    ck_assert_int_eq(in_child(use_without_rights, false), FW_E_IO);
    ck_assert_int_eq(in_child(use_without_rights, true), FW_E_INPUT);
    ck_assert_int_eq(chmod(scratch_path(NULL), 0755), 0);
    struct fw_store *store = sample_store(path);
    sample_open_study(store, 1);
    fw_store_close(store);
    ck_assert_int_eq(chmod(path, 0444), 0);
    ck_assert_int_eq(chmod(scratch_path(NULL), 0555), 0);
    ck_assert_int_eq(in_child(use_without_rights, true), FW_OK); /* reading works */
    ck_assert_int_eq(in_child(use_without_rights, false), FW_E_IO);
    ck_assert_int_eq(chmod(path, 0666), 0); /* the file may be written, but no journal can be made beside it */
    unlink(scratch_path("s.db-journal"));
    ck_assert_int_eq(in_child(use_without_rights, false), FW_E_IO);
    ck_assert_int_eq(chmod(scratch_path(NULL), 0755), 0);
}
END_TEST

static void write_file(const char *name, const void *data, size_t n)
{
    struct fw_outfile out;
    ck_ok(fw_outfile_open(&out, name, err));
    ck_ok(fw_outfile_write(&out, data, n, err));
    ck_ok(fw_outfile_close(&out, FW_OK, err));
}

static void check_refused(const char *name, bool read_only, enum fw_status expected, const char *words)
{
    struct fw_store_options options;
    fw_store_options_init(&options);
    options.read_only = read_only;
    struct fw_store *store = NULL;
    struct fw_error fault = {0};
    ck_assert_int_eq(fw_store_open(&store, name, &options, &fault), expected);
    ck_assert_ptr_null(store);
    ck_assert_msg(strstr(fault.message, words) != NULL, "'%s' lacks '%s'", fault.message, words);
}

START_TEST(test_store_what_is_no_store_is_refused)
{
    check_refused("", false, FW_E_ARG, "empty");
    check_refused(scratch_path(NULL), false, FW_E_IO, "is a directory");
    check_refused(scratch_path(NULL), true, FW_E_INPUT, "is a directory");
    check_refused(scratch_path("none/s.db"), false, FW_E_IO, "No such file");
    check_refused(scratch_path("none.db"), true, FW_E_INPUT, "there is no store");
    ck_assert_int_ne(access(scratch_path("none.db"), F_OK), 0);
    check_refused("/dev/null", false, FW_E_IO, "not a regular file");
    write_file(path, "a,b\n1,2\n", 8);
    check_refused(path, false, FW_E_CORRUPT, "no trial store");
    check_refused(path, true, FW_E_CORRUPT, "no trial store");
    write_file(path, "", 0);
    check_refused(path, true, FW_E_INPUT, "is empty");
    fw_store_close(sample_store(path)); /* an empty file may become a store */
    ck_assert(sample_is_sound(path));
}
END_TEST

START_TEST(test_store_names_are_plain_file_names)
{
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    static const char *const names[] = {":memory:", "file:x.db?mode=memory", "a b%20c#?.db", "-journal",
                                        "størrelse.db"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        fw_store_close(sample_store(names[i]));
        ck_assert_msg(access(names[i], F_OK) == 0, "%s", names[i]);
    }
}
END_TEST

START_TEST(test_store_runs_no_code_from_the_file)
{
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    fw_store_close(store);
    ck_assert_int_eq(
        sample_sql(path, "CREATE TRIGGER t AFTER INSERT ON trials BEGIN UPDATE studies SET name = 'changed'; END;"
                         "SELECT 5"),
        5);
    store = sample_store(path);
    struct fw_trial_record record = sample_trial(1, "{}", 0.5);
    ck_ok(sample_add(store, study, &record, err));
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM studies WHERE name = 'changed'"), 0);
    fw_store_close(store);
}
END_TEST

START_TEST(test_store_uses_a_rollback_journal_in_full)
{
    fw_store_close(sample_store(path));
    ck_assert_int_ge(sample_sql(path, "PRAGMA journal_mode = WAL; CREATE TABLE x (a); DROP TABLE x; SELECT 1"), 1);
    struct fw_store *store = sample_store(path);
    sample_open_study(store, 1);
    ck_assert_int_ne(access(scratch_path("s.db-wal"), F_OK), 0);
    struct stat journal; /* truncated, not deleted */
    ck_assert_int_eq(stat(scratch_path("s.db-journal"), &journal), 0);
    ck_assert_int_eq(journal.st_size, 0);
    fw_store_close(store);
}
END_TEST

/* Reads everything and writes a trial; any status will do, a crash or a hang will not. */
static void use_everything(const char *name)
{
    struct fw_store *store = NULL;
    struct fw_error err = {0};
    if (sample_open(&store, name, 0.1, &err) != FW_OK) {
        ck_assert(err.message[0] != '\0');
        return;
    }
    struct fw_study_list studies = {0};
    if (fw_query_studies(&studies, store, &err) != FW_OK)
        ck_assert(err.message[0] != '\0');
    for (int64_t i = 0; i < studies.n; i++) {
        struct fw_trial_list trials = {0};
        struct fw_decision_list decisions = {0};
        enum fw_status status = fw_query_trials(&trials, store, studies.rows[i].id, 0, &err);
        for (int64_t t = 0; status == FW_OK && t < trials.n; t++) {
            struct fw_metric_list metrics = {0};
            status = fw_query_metrics(&metrics, store, trials.rows[t].id, &err);
            fw_metric_list_clear(&metrics);
        }
        status = fw_query_decisions(&decisions, store, studies.rows[i].id, &err);
        ck_assert(status == FW_OK || err.message[0] != '\0');
        fw_trial_list_clear(&trials);
        fw_decision_list_clear(&decisions);
    }
    fw_study_list_clear(&studies);
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_trial_record record = sample_trial(4242, "{}", 0.5), found;
    bool there;
    enum fw_status status = log.vtable->find_trial(log.self, &there, &found, 1, 3, &err);
    if (status == FW_OK)
        status = sample_add(store, 1, &record, &err);
    ck_assert(status == FW_OK || err.message[0] != '\0');
    fw_store_close(store);
}

START_TEST(test_store_damaged_files_never_crash)
{
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    struct fw_metric metric = {"loss", 1, 0.5};
    for (uint64_t i = 1; i <= 40; i++) {
        struct fw_trial_record record = sample_trial(i, "{\"cross\":[\"a\",\"b\"]}", (double)i);
        record.metrics = &metric;
        record.n_metrics = 1;
        ck_ok(sample_add(store, study, &record, err));
    }
    fw_store_close(store);
    char *whole;
    size_t size;
    ck_ok(fw_file_read(&whole, &size, path, 1 << 24, NULL, err));
    const char *hurt = scratch_path("hurt.db");
    char name[2048];
    snprintf(name, sizeof name, "%s", hurt);
    struct fw_rng rng;
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    for (int i = 0; i < 300; i++) {
        size_t n = size;
        size_t at = (size_t)fw_rng_below(&rng, size);
        char mask = (char)(1 << fw_rng_below(&rng, 8));
        if (i % 3 == 0)
            n = at; /* cut */
        else if (i % 3 == 1)
            at %= 4096; /* the header and the schema matter most */
        whole[at] = (char)(whole[at] ^ mask);
        write_file(name, whole, n);
        whole[at] = (char)(whole[at] ^ mask);
        unlink(scratch_path("hurt.db-journal"));
        use_everything(name);
    }
    fw_free(NULL, whole);
}
END_TEST

START_TEST(test_store_refused_memory_is_reported)
{
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    struct fw_trial_record record = sample_trial(1, "{}", 0.5);
    ck_ok(sample_add(store, study, &record, err));
    fw_store_close(store);
    int64_t refused = 0;
    for (int64_t n = 1; n < 100; n++) {
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        atomic_store(&mem.fail_at, n);
        struct fw_store_options options;
        fw_store_options_init(&options);
        options.mem = &mem;
        struct fw_error fault = {0};
        struct fw_study_list studies = {0};
        struct fw_trial_list trials = {0};
        struct fw_trial_record found, next = sample_trial(2, "{}", 0.5);
        bool there;
        struct fw_store *opened = NULL;
        enum fw_status status = fw_store_open(&opened, path, &options, &fault);
        if (status == FW_OK)
            status = fw_query_studies(&studies, opened, &fault);
        if (status == FW_OK)
            status = fw_query_trials(&trials, opened, study, 0, &fault);
        if (status == FW_OK) {
            struct fw_trial_log log = fw_store_trial_log(opened);
            status = log.vtable->find_trial(log.self, &there, &found, study, 1, &fault);
        }
        if (status == FW_OK)
            status = sample_add(opened, study, &next, &fault);
        ck_assert_int_eq(status, atomic_load(&mem.count) >= n ? FW_E_NOMEM : FW_OK);
        refused += status == FW_E_NOMEM;
        fw_study_list_clear(&studies);
        fw_trial_list_clear(&trials);
        fw_store_close(opened);
        ck_assert_uint_eq(atomic_load(&mem.used), 0);
        if (status == FW_OK)
            break;
    }
    ck_assert_int_gt(refused, 5);
}
END_TEST

START_TEST(test_store_none_forgets)
{
    struct fw_trial_log log = fw_trial_log_none;
    struct fw_study_info info = sample_study(1);
    int64_t study = 5;
    bool flag = true;
    enum fw_study_status how = FW_STUDY_FAILED;
    struct fw_trial_record record = sample_trial(1, "{}", 0.5);
    record.number = 9;
    ck_ok(log.vtable->open_study(log.self, &study, &flag, &how, &info, err));
    ck_assert(study == 0 && !flag && how == FW_STUDY_RUNNING);
    ck_ok(log.vtable->add_trials(log.self, 0, &record, 1, err));
    ck_assert_int_eq(record.number, 0);
    flag = true;
    ck_ok(log.vtable->find_trial(log.self, &flag, &record, 0, 1, err));
    ck_assert(!flag);
    ck_ok(log.vtable->close_study(log.self, 0, FW_STUDY_COMPLETE, NULL, err));
}
END_TEST

START_TEST(test_store_names_of_states_are_reversible)
{
    for (int i = FW_TRIAL_RUNNING; i <= FW_TRIAL_FAILED; i++) {
        enum fw_trial_state state;
        ck_assert(fw_trial_state_from_name(&state, fw_trial_state_name((enum fw_trial_state)i)));
        ck_assert_int_eq(state, i);
    }
    for (int i = FW_STUDY_RUNNING; i <= FW_STUDY_FAILED; i++) {
        enum fw_study_status status;
        ck_assert(fw_study_status_from_name(&status, fw_study_status_name((enum fw_study_status)i)));
        ck_assert_int_eq(status, i);
    }
    enum fw_trial_state state;
    ck_assert(!fw_trial_state_from_name(&state, "done") && !fw_trial_state_from_name(&state, NULL));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *cases = tcase_create("store");
    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, set_up, scratch_remove);
    tcase_add_test(cases, test_store_study_is_found_by_its_key);
    tcase_add_test(cases, test_store_study_without_key_is_always_new);
    tcase_add_test(cases, test_store_complete_study_stays_complete_when_opened_again);
    tcase_add_test(cases, test_store_study_keeps_all_that_it_was_told);
    tcase_add_test(cases, test_store_study_names_are_unique);
    tcase_add_test(cases, test_store_trial_is_found_as_it_was_added);
    tcase_add_test(cases, test_store_keeps_what_is_not_finite);
    tcase_add_test(cases, test_store_trial_keeps_its_first_result);
    tcase_add_test(cases, test_store_failed_and_running_trials_are_replaced);
    tcase_add_test(cases, test_store_decisions_and_artifacts_replace);
    tcase_add_test(cases, test_store_best_trials_come_in_order);
    tcase_add_test(cases, test_store_unknown_study_is_an_argument_error);
    tcase_add_test(cases, test_store_locked_by_another_gives_up_at_the_deadline);
    tcase_add_test(cases, test_store_full_disk_keeps_what_was_there);
    tcase_add_test(cases, test_store_read_only_folder);
    tcase_add_test(cases, test_store_what_is_no_store_is_refused);
    tcase_add_test(cases, test_store_names_are_plain_file_names);
    tcase_add_test(cases, test_store_runs_no_code_from_the_file);
    tcase_add_test(cases, test_store_uses_a_rollback_journal_in_full);
    tcase_add_test(cases, test_store_damaged_files_never_crash);
    tcase_add_test(cases, test_store_refused_memory_is_reported);
    tcase_add_test(cases, test_store_none_forgets);
    tcase_add_test(cases, test_store_names_of_states_are_reversible);
    suite_add_tcase(suite, cases);
    return suite;
}
