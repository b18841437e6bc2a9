#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/rng.h"
#include "results/care/salvage.h"
#include "results/care/verify.h"
#include "results/digest.h"
#include "results/sql.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/store_v1.h"
#include "support/test_main.h"

static char path[2048], rescued[2048];

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s", scratch_path("s.db"));
    snprintf(rescued, sizeof rescued, "%s", scratch_path("rescued.db"));
}

static struct fw_store_options options(void)
{
    struct fw_store_options options;
    fw_store_options_init(&options);
    options.wait_seconds = 1;
    return options;
}

/* Three studies with all that a store can hold; the second has candidates that need overflow pages. */
static void fill(int64_t n_trials)
{
    static char candidate[12000];
    struct fw_store *store = sample_store(path);
    struct fw_trial_log log = fw_store_trial_log(store);
    for (uint64_t key = 1; key <= 3; key++) {
        int64_t study = sample_open_study(store, key);
        for (int64_t i = 0; i < n_trials; i++) {
            struct fw_metric metrics[] = {{"auc", 0, 0.5 + 0.001 * (double)i}, {"loss", i, NAN}, {"complete", 3, 7}};
            snprintf(candidate, sizeof candidate, "{\"cross\":[\"a\",\"b%d\"]}", (int)i);
            if (key == 2 && i % 4 == 0)
                memset(candidate + strlen(candidate), ' ', 3000 + 900 * (size_t)i % 8000);
            struct fw_trial_record record = sample_trial((uint64_t)i + 1, candidate, (double)i);
            record.metrics = metrics;
            record.n_metrics = i % 4;
            ck_ok(sample_add(store, study, &record, err));
            memset(candidate, 0, sizeof candidate);
        }
        for (int step = 0; step < 4; step++) {
            struct fw_decision decision = {step, "accept", step + 1, "{\"z\":4}", step == 3};
            ck_ok(log.vtable->add_decision(log.self, study, &decision, err));
        }
        struct fw_artifact plan = {"plan", "plan.json", 100, 1};
        ck_ok(log.vtable->add_artifact(log.self, study, &plan, err));
        ck_ok(log.vtable->close_study(log.self, study, FW_STUDY_COMPLETE, NULL, err));
    }
    fw_store_close(store);
}

/* How many damages verify finds; -1: it says that the file cannot be looked at. *texts, may be NULL: all lines. */
static int64_t damages(const char *name, struct fw_buffer *texts)
{
    struct fw_verify result;
    struct fw_store_options how = options();
    struct fw_error fault = {0};
    enum fw_status status = fw_verify_file(&result, name, &how, &fault);
    if (status != FW_OK) {
        ck_assert_msg(status == FW_E_CORRUPT || status == FW_E_INPUT || status == FW_E_IO, "%d: %s", (int)status,
                      fault.message);
        if (texts != NULL)
            fw_buffer_add_text(texts, fault.message);
        return -1;
    }
    int64_t n = result.n_damages;
    for (int64_t i = 0; texts != NULL && i < result.n; i++)
        fw_buffer_addf(texts, "%s%s\n", result.findings[i].remark ? "remark: " : "", result.findings[i].text);
    fw_verify_clear(&result);
    return n;
}

/* Checks that verify finds n damages and says `words`. */
static void check_finds(int64_t n, const char *words)
{
    struct fw_buffer texts;
    fw_buffer_init(&texts, NULL);
    fw_buffer_add_text(&texts, "");
    int64_t found = damages(path, &texts);
    ck_assert_msg(found == n, "%d damages instead of %d: %s", (int)found, (int)n, texts.data);
    ck_assert_msg(strstr(texts.data, words) != NULL, "no '%s' in: %s", words, texts.data);
    fw_buffer_clear(&texts);
}

static void change(const char *sql)
{
    char all[512];
    snprintf(all, sizeof all, "%s; SELECT 1", sql);
    ck_assert_int_eq(sample_sql(path, all), 1);
}

START_TEST(test_verify_finds_nothing_in_what_was_written)
{
    fill(5);
    check_finds(0, "");
    /* neither after everything that changes a study, nor after a trial was replaced */
    struct fw_store *store = sample_store(path);
    struct fw_trial_log log = fw_store_trial_log(store);
    int64_t study = sample_open_study(store, 2);
    struct fw_trial_record record = sample_trial(77, "{}", NAN);
    record.state = FW_TRIAL_FAILED;
    ck_ok(sample_add(store, study, &record, err));
    struct fw_metric metric = {"auc", 0, INFINITY};
    record = sample_trial(77, "{}", -0.0);
    record.metrics = &metric;
    record.n_metrics = 1;
    ck_ok(sample_add(store, study, &record, err));
    struct fw_decision decision = {3, "accept", 2, "{\"z\":5}", false};
    ck_ok(log.vtable->add_decision(log.self, study, &decision, err));
    ck_ok(log.vtable->close_study(log.self, study, FW_STUDY_FAILED, "why", err));
    fw_store_close(store);
    check_finds(0, "");
}
END_TEST

START_TEST(test_verify_finds_what_sql_changed)
{
    static const struct {
        const char *sql, *words;
        int64_t n;
    } cases[] = {
        {"UPDATE trials SET objective = objective + 1e-12 WHERE study_id = 1 AND number = 4",
         "study 'random-1': trial 4 or one of its metrics", 1},
        {"UPDATE metrics SET value = 1 WHERE trial_id = 2 AND name = 'auc'", "study 'random-1': trial 2", 1},
        {"DELETE FROM metrics WHERE trial_id = 3 AND name = 'loss'", "trial 3", 1},
        {"INSERT INTO metrics VALUES (3, 'x', 0, 1)", "trial 3", 1},
        {"UPDATE studies SET reason = 'x' WHERE id = 2", "study 'random-2' (number 2)", 1},
        {"INSERT INTO tags VALUES (2, 'x')", "study 'random-2' (number 2)", 1},
        {"UPDATE decisions SET clock = 1 - clock WHERE study_id = 3 AND step = 2", "decision 'accept' of step 2", 1},
        {"UPDATE artifacts SET bytes = 7 WHERE study_id = 1", "file 'plan.json'", 1},
        {"DELETE FROM trials WHERE study_id = 1 AND number = 5", "1 of its 5 trials is missing (5)", 1},
        {"DELETE FROM trials WHERE study_id = 1 AND number IN (2, 3)", "2 of its 5 trials are missing (2-3)", 1 + 3},
        {"DELETE FROM decisions WHERE study_id = 2 AND step = 3", "3 decisions are there, 4 should be", 1},
        {"UPDATE trials SET digest = '0123456789abcdef' WHERE id = 1", "trial 1", 1},
        {"UPDATE contents SET digests = '0123456789abcdef' WHERE study_id = 1", "their sum was changed", 1},
        {"UPDATE contents SET lost = 1 WHERE study_id = 1", "not numbered without gaps", 1},
        {"DELETE FROM contents WHERE study_id = 2", "no row in table 'contents'", 1},
        {"DROP INDEX trials_by_time", "index 'trials_by_time' is missing", 1},
        {"DROP VIEW v_best; CREATE VIEW v_best AS SELECT 1", "the definition of view 'v_best'", 1},
        {"CREATE TABLE mine (a)", "remark: table 'mine' is not part of a store", 0},
        {"DELETE FROM studies WHERE id = 3", "belongs to nothing in table 'studies'", 9 + 1 + 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unlink(path);
        fill(5);
        change(cases[i].sql);
        if (i == sizeof cases / sizeof cases[0] - 1)
            ck_assert_int_gt(damages(path, NULL), 5); /* SQL without foreign keys leaves all children behind */
        else
            check_finds(cases[i].n, cases[i].words);
    }
}
END_TEST

START_TEST(test_verify_of_the_first_version_looks_at_its_structure)
{
    store_v1_make(path);
    check_finds(0, "remark: the tables have version 1, which has no digests");
    fw_store_close(sample_store(path));
    check_finds(0, "");
}
END_TEST

START_TEST(test_verify_changed_trial_is_not_gone_on_from)
{
    fill(3);
    change("UPDATE trials SET objective = 9 WHERE study_id = 1 AND number = 2");
    struct fw_store *store = sample_store(path);
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_trial_record record;
    struct fw_error fault = {0};
    bool found;
    ck_ok(log.vtable->find_trial(log.self, &found, &record, 1, 1, err));
    ck_assert(found);
    ck_assert_int_eq(log.vtable->find_trial(log.self, &found, &record, 1, 2, &fault), FW_E_CORRUPT);
    ck_assert_ptr_nonnull(strstr(fault.message, "trial 2 of study 1 is not as it was stored"));
    fw_store_close(store);
}
END_TEST

/* All that a store holds, for whoever reads it with plain SQL. */
static const char everything[] =
    "SELECT * FROM (SELECT 'schema' || quote(type) || quote(name) || quote(tbl_name) || quote(sql) FROM sqlite_schema) "
    "UNION ALL SELECT 'mark' || application_id || '/' || user_version FROM pragma_application_id, pragma_user_version "
    "UNION ALL SELECT 'study' || quote(id) || quote(name) || quote(key) || quote(driver) || quote(objective) || "
    "quote(maximise) || quote(data) || quote(data_fingerprint) || quote(rows) || quote(options) || quote(seed) || "
    "quote(command) || quote(status) || quote(reason) || quote(program_version) || quote(host) || quote(pid) || "
    "quote(processors) || quote(started_us) || quote(opened_us) || quote(ended_us) || quote(seconds) || quote(note) || "
    "quote(archived_us) || quote(digest) FROM studies "
    "UNION ALL SELECT 'decision' || quote(id) || quote(study_id) || quote(step) || quote(kind) || quote(trial) || "
    "quote(detail) || quote(clock) || quote(made_us) || quote(digest) FROM decisions "
    "UNION ALL SELECT 'artifact' || quote(id) || quote(study_id) || quote(kind) || quote(path) || quote(bytes) || "
    "quote(checksum) || quote(written_us) || quote(digest) FROM artifacts "
    "UNION ALL SELECT 'tag' || quote(study_id) || quote(name) FROM tags "
    "UNION ALL SELECT 'contents' || quote(study_id) || quote(trials) || quote(decisions) || quote(artifacts) || "
    "quote(lost) || quote(digests) FROM contents "
    "UNION ALL SELECT 'metric' || quote(trial_id) || quote(name) || quote(step) || quote(value) FROM metrics "
    "UNION ALL SELECT 'trial' || quote(id) || quote(study_id) || quote(number) || quote(parent) || quote(candidate) || "
    "quote(hash) || quote(state) || quote(reason) || quote(step) || quote(rung) || quote(rows) || quote(objective) || "
    "quote(gain) || quote(gain_low) || quote(gain_high) || quote(bytes) || quote(seconds) || quote(finished_us) || "
    "quote(digest) FROM trials NOT INDEXED";

/* A trial a line, with its metrics: what salvage has to bring back when it reads the same as before. */
static const char trials[] =
    "SELECT 'trial' || quote(id) || quote(study_id) || quote(number) || quote(parent) || quote(candidate) || "
    "quote(hash) || quote(state) || quote(reason) || quote(step) || quote(rung) || quote(rows) || quote(objective) || "
    "quote(gain) || quote(gain_low) || quote(gain_high) || quote(bytes) || quote(seconds) || quote(finished_us) || "
    "quote(digest) || coalesce((SELECT group_concat(quote(name) || quote(step) || quote(value)) FROM metrics WHERE "
    "trial_id = trials.id), 'none') FROM trials NOT INDEXED";

static void write_bytes(const char *name, const char *data, size_t n)
{
    FILE *file = fopen(name, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

/* Readers of a damaged file say what they say; they do not crash. */
static void read_all(const char *name)
{
    struct fw_store_options how = options();
    how.read_only = true;
    struct fw_store *store = NULL;
    struct fw_error fault = {0};
    if (fw_store_open(&store, name, &how, &fault) != FW_OK)
        return;
    struct fw_study_list studies;
    struct fw_trial_list list;
    struct fw_decision_list decisions;
    if (fw_query_studies(&studies, store, &fault) == FW_OK) {
        for (int64_t i = 0; i < studies.n; i++) {
            if (fw_query_trials(&list, store, studies.rows[i].id, 0, &fault) == FW_OK)
                fw_trial_list_clear(&list);
            if (fw_query_decisions(&decisions, store, studies.rows[i].id, &fault) == FW_OK)
                fw_decision_list_clear(&decisions);
        }
        fw_study_list_clear(&studies);
    }
    fw_store_close(store);
}

/* Salvage of `name`: every trial that reads as it was is in the new store. `before`: the trials, a line each. */
static void check_salvage(const char *name, const char *before)
{
    struct fw_salvage saved;
    struct fw_store_options how = options();
    struct fw_error fault = {0};
    char *now = sample_text(name, trials);
    unlink(rescued);
    enum fw_status status = fw_salvage_file(&saved, name, rescued, &how, &fault);
    ck_assert_msg(status == FW_OK, "%s", fault.message);
    char *back = sample_text(rescued, trials);
    int64_t n = 0;
    for (char *line = strtok(now, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strncmp(line, "trial", 5) != 0 || strstr(before, line) == NULL)
            continue;
        ck_assert_msg(strstr(back, line) != NULL, "lost: %.200s\n%s", line, saved.losses.data);
        n++;
    }
    ck_assert_int_ge(saved.n_trials, n);
    ck_assert_int_eq(damages(rescued, NULL), 0);
    fw_salvage_clear(&saved);
    free(now);
    free(back);
}

START_TEST(test_verify_salvage_sends_strayed_metrics_away)
{
    fill(5);
    char *before = sample_text(path, trials);
    change("INSERT INTO metrics VALUES (3, 'auc', 9, 1), (4, 'stray', 0, NULL)");
    ck_assert_int_eq(damages(path, NULL), 2);
    struct fw_salvage saved;
    struct fw_store_options how = options();
    ck_ok(fw_salvage_file(&saved, path, rescued, &how, err));
    ck_assert_int_eq(saved.n_trials, 15);
    ck_assert_int_eq(saved.losses.length, 0);
    fw_salvage_clear(&saved);
    char *after = sample_text(rescued, trials);
    ck_assert_str_eq(before, after);
    free(before);
    free(after);
}
END_TEST

/* One bit is flipped in each of many copies: 300, or as many as FIELDWISE_TORTURE says. */
START_TEST(test_verify_finds_every_flipped_bit)
{
    const char *wish = getenv("FIELDWISE_TORTURE");
    int64_t n_flips = wish != NULL ? strtoll(wish, NULL, 10) : 300;
    fill(40);
    char *whole;
    size_t size;
    ck_ok(fw_file_read(&whole, &size, path, 1 << 26, NULL, err));
    char *before = sample_text(path, everything);
    char *rows = sample_text(path, trials);
    ck_assert_ptr_null(strchr(before, '!'));
    char hurt[2048];
    snprintf(hurt, sizeof hurt, "%s", scratch_path("hurt.db"));
    struct fw_rng rng;
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    int64_t changed = 0;
    for (int64_t i = 0; i < n_flips; i++) {
        size_t at = (size_t)fw_rng_below(&rng, i % 8 == 0 ? 4096 : size);
        char mask = (char)(1 << fw_rng_below(&rng, 8));
        whole[at] = (char)(whole[at] ^ mask);
        write_bytes(hurt, whole, size);
        char *after = sample_text(hurt, everything);
        bool differs = strcmp(before, after) != 0;
        int64_t found = damages(hurt, NULL);
        ck_assert_msg(!differs || found != 0, "bit %#x of byte %zu was not found", (unsigned)mask, at);
        changed += differs;
        read_all(hurt);
        if (i % 3 == 0)
            check_salvage(hurt, rows);
        whole[at] = (char)(whole[at] ^ mask);
        free(after);
    }
    if (wish != NULL)
        fprintf(stderr, "%lld flips, %lld changed what is read, all of them were found\n", (long long)n_flips,
                (long long)changed);
    ck_assert_int_gt(changed, n_flips / 4);
    free(before);
    free(rows);
    fw_free(NULL, whole);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("verify");
    TCase *cases = tcase_create("verify");
    tcase_set_timeout(cases, getenv("FIELDWISE_TORTURE") != NULL ? 7200 : 300);
    tcase_add_checked_fixture(cases, set_up, scratch_remove);
    tcase_add_test(cases, test_verify_finds_nothing_in_what_was_written);
    tcase_add_test(cases, test_verify_finds_what_sql_changed);
    tcase_add_test(cases, test_verify_of_the_first_version_looks_at_its_structure);
    tcase_add_test(cases, test_verify_changed_trial_is_not_gone_on_from);
    tcase_add_test(cases, test_verify_salvage_sends_strayed_metrics_away);
    tcase_add_test(cases, test_verify_finds_every_flipped_bit);
    suite_add_tcase(suite, cases);
    return suite;
}
