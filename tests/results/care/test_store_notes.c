#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "core/file.h"
#include "core/hash.h"
#include "results/care/store_files.h"
#include "results/care/store_notes.h"
#include "results/care/verify.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

static char path[2048];

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s", scratch_path("s.db"));
}

/* A store whose digests must be right after every test. */
static void check_sound(void)
{
    struct fw_verify result;
    struct fw_store_options options;
    fw_store_options_init(&options);
    ck_ok(fw_verify_file(&result, path, &options, err));
    ck_assert_msg(result.n_damages == 0, "%s", result.n > 0 ? result.findings[0].text : "?");
    fw_verify_clear(&result);
}

/* Two studies with two trials each. */
static struct fw_store *two_studies(void)
{
    struct fw_store *store = sample_store(path);
    struct fw_trial_log log = fw_store_trial_log(store);
    for (uint64_t key = 1; key <= 2; key++) {
        int64_t study = sample_open_study(store, key);
        struct fw_metric metrics[] = {{"auc", 0, 0.5}, {"auc", 1, 0.6}};
        struct fw_trial_record records[] = {sample_trial(1, "{}", 0.5), sample_trial(2, "{}", 0.6)};
        records[1].metrics = metrics;
        records[1].n_metrics = 2;
        ck_ok(log.vtable->add_trials(log.self, study, records, 2, err));
        struct fw_decision decision = {0, "start", 0, "{}", false};
        ck_ok(log.vtable->add_decision(log.self, study, &decision, err));
        struct fw_artifact plan = {"plan", "plan.json", 5, 7};
        ck_ok(log.vtable->add_artifact(log.self, study, &plan, err));
        ck_ok(log.vtable->close_study(log.self, study, FW_STUDY_COMPLETE, NULL, err));
    }
    return store;
}

#define CHECK_REFUSED(call, words)                                                                                     \
    do {                                                                                                               \
        struct fw_error fault = {0};                                                                                   \
        ck_assert_int_eq((call), FW_E_INPUT);                                                                          \
        ck_assert_msg(strstr(fault.message, words) != NULL, "%s", fault.message);                                      \
    } while (0)

START_TEST(test_store_notes_tags_are_a_set_in_order)
{
    struct fw_store *store = two_studies();
    static const char *const tags[] = {"zeta", "äußerst gut", "alpha", "zeta"};
    ck_ok(fw_store_tag(store, 1, tags, 4, false, err));
    ck_ok(fw_store_tag(store, 1, tags + 1, 1, true, err));
    static const char *const other[] = {"never given"};
    ck_ok(fw_store_tag(store, 1, other, 1, true, err));
    struct fw_study_notes notes;
    ck_ok(fw_store_notes(&notes, store, 1, err));
    ck_assert_int_eq(notes.n_tags, 2);
    ck_assert_str_eq(notes.tags[0], "alpha");
    ck_assert_str_eq(notes.tags[1], "zeta");
    ck_assert_ptr_null(notes.note);
    fw_study_notes_clear(&notes);
    static const char *const bad[] = {"good", "two\nlines"};
    CHECK_REFUSED(fw_store_tag(store, 1, bad, 2, false, &fault), "control character at byte 4");
    CHECK_REFUSED(fw_store_tag(store, 7, tags, 1, false, &fault), "no study 7");
    static const char *const comma[] = {"a,b"};
    CHECK_REFUSED(fw_store_tag(store, 1, comma, 1, false, &fault), "comma");
    fw_store_close(store);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM tags"), 2); /* all or none */
    char *view = sample_text(path, "SELECT tags FROM v_studies WHERE id = 1");
    ck_assert_str_eq(view, "alpha, zeta\n");
    free(view);
    check_sound();
}
END_TEST

START_TEST(test_store_notes_names_are_checked)
{
    struct fw_store *store = two_studies();
    ck_ok(fw_store_rename(store, 1, "Größe 日本", err));
    ck_ok(fw_store_rename(store, 1, "Größe 日本", err)); /* its own name is free */
    CHECK_REFUSED(fw_store_rename(store, 1, "random-2", &fault), "has the name 'random-2' already");
    CHECK_REFUSED(fw_store_rename(store, 1, "", &fault), "empty");
    static const char *const numbers[] = {"2", "-7", "1e5", " 12 ", "0.5"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        CHECK_REFUSED(fw_store_rename(store, 1, numbers[i], &fault), "is a number");
    static const char *const broken[] = {"a\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "x\xe2\x82"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        CHECK_REFUSED(fw_store_rename(store, 1, broken[i], &fault), "not UTF-8");
    static const char *const control[] = {"a\033[2J", "tab\there", "\x7f", "c1\xc2\x9b"};
    for (size_t i = 0; i < sizeof control / sizeof control[0]; i++)
        CHECK_REFUSED(fw_store_rename(store, 1, control[i], &fault), "control character");
    char longer[FW_NAME_MAX + 2];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    CHECK_REFUSED(fw_store_rename(store, 1, longer, &fault), "201 bytes");
    ck_ok(fw_store_rename(store, 1, longer + 1, err));
    /* the same command finds its study under any name */
    ck_assert_int_eq(sample_open_study(store, 1), 1);
    fw_store_close(store);
    check_sound();
}
END_TEST

START_TEST(test_store_notes_note_and_archive_can_be_taken_back)
{
    struct fw_store *store = two_studies();
    struct fw_study_notes notes;
    ck_ok(fw_store_annotate(store, 2, "first line\nsecond\tline", err));
    ck_ok(fw_store_archive(store, 2, false, err));
    ck_ok(fw_store_notes(&notes, store, 2, err));
    ck_assert_str_eq(notes.note, "first line\nsecond\tline");
    int64_t when = notes.archived_us;
    ck_assert_int_gt(when, INT64_C(1600000000000000));
    fw_study_notes_clear(&notes);
    ck_ok(fw_store_archive(store, 2, false, err)); /* keeps its time */
    ck_ok(fw_store_notes(&notes, store, 2, err));
    ck_assert_int_eq(notes.archived_us, when);
    fw_study_notes_clear(&notes);
    check_sound();
    ck_ok(fw_store_archive(store, 2, true, err));
    ck_ok(fw_store_annotate(store, 2, "", err));
    ck_ok(fw_store_notes(&notes, store, 2, err));
    ck_assert_int_eq(notes.archived_us, 0);
    ck_assert_ptr_null(notes.note);
    fw_study_notes_clear(&notes);
    CHECK_REFUSED(fw_store_annotate(store, 2, "\033", &fault), "control");
    CHECK_REFUSED(fw_store_archive(store, 9, false, &fault), "no study 9");
    fw_store_close(store);
    check_sound();
}
END_TEST

static bool is_dead(const char *host, int64_t pid)
{
    (void)host;
    return pid == 1;
}

START_TEST(test_store_notes_delete_is_all_or_none)
{
    struct fw_store *store = two_studies();
    int64_t running = sample_open_study(store, 3);
    struct fw_study_size size;
    ck_ok(fw_store_study_size(&size, store, 1, err));
    ck_assert(size.n_trials == 2 && size.n_metrics == 2 && size.n_decisions == 1 && size.n_artifacts == 1);
    CHECK_REFUSED(fw_store_delete(store, (int64_t[]){1, running}, 2, is_dead, &fault), "is running");
    CHECK_REFUSED(fw_store_delete(store, (int64_t[]){1, 9}, 2, is_dead, &fault), "no study 9");
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials"), 4);
    ck_ok(fw_store_delete(store, (int64_t[]){1}, 1, is_dead, err));
    ck_assert_int_eq(sample_sql(path, "SELECT (SELECT count(*) FROM trials) || (SELECT count(*) FROM metrics) || "
                                      "(SELECT count(*) FROM decisions) || (SELECT count(*) FROM artifacts) || "
                                      "(SELECT count(*) FROM contents)"),
                     22112);
    check_sound();
    ck_assert_int_eq(sample_sql(path, "UPDATE studies SET pid = 1 WHERE id = 3; SELECT 1"), 1); /* as if killed */
    ck_ok(fw_store_delete(store, (int64_t[]){running}, 1, is_dead, err));
    fw_store_close(store);
    check_sound();
}
END_TEST

START_TEST(test_store_notes_record_of_a_file_is_forgotten)
{
    struct fw_store *store = two_studies();
    ck_ok(fw_store_forget_file(store, 1, "plan", "plan.json", err));
    CHECK_REFUSED(fw_store_forget_file(store, 1, "plan", "plan.json", &fault), "no record");
    fw_store_close(store);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM artifacts"), 1);
    check_sound();
}
END_TEST

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static enum fw_file_state state_of(const char *name, const char *store)
{
    struct fw_artifact artifact = {"plan", name, 5, fw_hash_text("hello", 0)};
    enum fw_file_state state;
    char found[FW_PATH_SIZE];
    ck_ok(fw_store_file_state(&state, found, &artifact, store, err));
    return state;
}

START_TEST(test_store_notes_files_are_compared_with_their_records)
{
    char name[2048];
    snprintf(name, sizeof name, "%s", scratch_path("plan.json"));
    ck_assert_int_eq(state_of(name, path), FW_FILE_MISSING);
    write_file(name, "hello");
    ck_assert_int_eq(state_of(name, path), FW_FILE_SAME);
    ck_assert_int_eq(state_of("plan.json", path), FW_FILE_SAME); /* beside the store */
    write_file(name, "hallo");
    ck_assert_int_eq(state_of(name, path), FW_FILE_CHANGED);
    write_file(name, "hello!");
    ck_assert_int_eq(state_of(name, path), FW_FILE_CHANGED);
    ck_assert_int_eq(unlink(name), 0);
    ck_assert_int_eq(mkdir(name, 0700), 0);
    ck_assert_int_eq(state_of(name, path), FW_FILE_UNREADABLE);
    ck_assert_int_eq(rmdir(name), 0);
    ck_assert_int_eq(mkfifo(name, 0600), 0); /* which is not waited for */
    ck_assert_int_eq(state_of(name, path), FW_FILE_UNREADABLE);
}
END_TEST

static enum fw_status count_one(void *n, const char *name, int64_t bytes, struct fw_error *err)
{
    (void)err;
    ck_assert_ptr_nonnull(strstr(name, ".tmp-"));
    *(int64_t *)n += bytes;
    return FW_OK;
}

START_TEST(test_store_notes_leftovers_are_old_temporary_files_only)
{
    static const char *const names[] = {"m.fw.tmp-Ab3dEf",     "s.db.tmp-Ab3dEf-journal", "m.fw.tmp-Ab3d",
                                        ".tmp-Ab3dEf",         "m.fw.tmp-Ab3d.f",         "plan.json",
                                        "m.fw.tmp-Ab3dEf.bak", "new.tmp-XyZ123"};
    struct utimbuf old = {time(NULL) - 7200, time(NULL) - 7200};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *name = scratch_path(names[i]);
        write_file(name, i < 2 ? "x" : "many bytes");
        if (i + 1 < sizeof names / sizeof names[0])
            ck_assert_int_eq(utime(name, &old), 0);
    }
    ck_assert_int_eq(mkdir(scratch_path("d.tmp-Ab3dEf"), 0700), 0);
    ck_assert_int_eq(utime(scratch_path("d.tmp-Ab3dEf"), &old), 0);
    ck_assert_int_eq(symlink("plan.json", scratch_path("l.tmp-Ab3dEf")), 0);
    int64_t n = 0;
    ck_ok(fw_store_leftovers(scratch_path(NULL), 3600, count_one, &n, err));
    ck_assert_int_eq(n, 2);
    ck_ok(fw_store_leftovers("/nowhere at all", 3600, count_one, &n, err));
    ck_assert_int_eq(n, 2);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("store_notes");
    TCase *cases = tcase_create("store_notes");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, set_up, scratch_remove);
    tcase_add_test(cases, test_store_notes_tags_are_a_set_in_order);
    tcase_add_test(cases, test_store_notes_names_are_checked);
    tcase_add_test(cases, test_store_notes_note_and_archive_can_be_taken_back);
    tcase_add_test(cases, test_store_notes_delete_is_all_or_none);
    tcase_add_test(cases, test_store_notes_record_of_a_file_is_forgotten);
    tcase_add_test(cases, test_store_notes_files_are_compared_with_their_records);
    tcase_add_test(cases, test_store_notes_leftovers_are_old_temporary_files_only);
    suite_add_tcase(suite, cases);
    return suite;
}
