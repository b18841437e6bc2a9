#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text.h"
#include "results/query/ask.h"
#include "support/hostile_sql.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/store_v1.h"
#include "support/test_main.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

static const char *path;

/* A store of one study with eight trials of three metrics. */
static void set_up(void)
{
    scratch_make();
    path = scratch_path("x.db");
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    for (int i = 0; i < 8; i++) {
        char candidate[64];
        struct fw_metric metrics[] = {{"logloss", 0, 0.5 + i}, {"far", 0, INFINITY}, {"odd", 1, NAN}};
        snprintf(candidate, sizeof candidate, "{\"dim\":%d}", i);
        struct fw_trial_record trial = sample_trial((uint64_t)i + 1, candidate, 0.5 + 0.01 * i);
        trial.metrics = metrics;
        trial.n_metrics = 3;
        ck_ok(sample_add(store, study, &trial, err));
    }
    fw_store_close(store);
}

static uint64_t hash_of_file(void)
{
    char *data;
    size_t size;
    ck_ok(fw_file_read(&data, &size, path, 64 * FW_MIB, NULL, err));
    uint64_t hash = fw_hash_bytes(data, size, 0);
    fw_free(NULL, data);
    return hash;
}

static enum fw_status ask_with(struct fw_rows *rows, struct fw_store *store, const struct fw_ask *ask,
                               struct fw_error *err)
{
    fw_rows_init(rows, NULL);
    enum fw_status status = fw_ask_run(store, ask, fw_rows_sink(rows), err);
    if (status != FW_OK)
        fw_rows_clear(rows);
    return status;
}

static enum fw_status ask(struct fw_rows *rows, struct fw_store *store, const char *sql, struct fw_error *err)
{
    return ask_with(rows, store, &(struct fw_ask){.sql = sql, .seconds = 30, .max_rows = 1000}, err);
}

/* The single number that a question gives. */
static double number(struct fw_store *store, const char *sql)
{
    struct fw_rows rows;
    struct fw_error why = {0};
    ck_assert_msg(ask(&rows, store, sql, &why) == FW_OK, "%s: %s", sql, why.message);
    ck_assert_int_eq(rows.n, 1);
    double value = fw_value_number(fw_rows_cell(&rows, 0, 0));
    fw_rows_clear(&rows);
    return value;
}

static void refused(struct fw_store *store, const char *sql, enum fw_status status, const char *part)
{
    struct fw_rows rows;
    struct fw_error err = {0};
    ck_assert_msg(ask(&rows, store, sql, &err) == status, "'%s' gives '%s'", sql, err.message);
    ck_assert_msg(strstr(err.message, part) != NULL, "'%s' gives '%s' without '%s'", sql, err.message, part);
}

START_TEST(test_ask_answers_have_types)
{
    struct fw_store *store = sample_store(path);
    struct fw_rows rows;
    struct fw_value values[] = {fw_value_int(2), fw_value_text("auc"), fw_value_real(0.5), fw_value_null()};
    struct fw_ask question = {.sql = "SELECT ?1 + 1 AS three, ?2, ?3, ?4, x'00ff', 9e999, 'a' || char(0) || 'b', ''",
                              .values = values,
                              .n_values = 4};
    ck_ok(ask_with(&rows, store, &question, err));
    ck_assert_int_eq(rows.n, 1);
    ck_assert_str_eq(rows.names[0], "three");
    ck_assert_int_eq(fw_rows_cell(&rows, 0, 0)->integer, 3);
    ck_assert_str_eq(fw_rows_cell(&rows, 0, 1)->text, "auc");
    ck_assert(fw_rows_cell(&rows, 0, 2)->real == 0.5);
    ck_assert_int_eq(fw_rows_cell(&rows, 0, 3)->type, FW_VALUE_NULL);
    ck_assert_str_eq(fw_rows_cell(&rows, 0, 4)->text, "00ff");
    ck_assert(isinf(fw_rows_cell(&rows, 0, 5)->real));
    ck_assert_int_eq(fw_rows_cell(&rows, 0, 6)->length, 3);
    ck_assert(fw_rows_cell(&rows, 0, 7)->type == FW_VALUE_TEXT && fw_rows_cell(&rows, 0, 7)->length == 0);
    fw_rows_clear(&rows);
    fw_store_close(store);
}
END_TEST

START_TEST(test_ask_reads_tables_views_and_json)
{
    struct fw_store *store = sample_store(path);
    ck_assert(number(store, "SELECT count(*) FROM trials") == 8);
    ck_assert(number(store, "SELECT best FROM v_studies") == 0.5 + 0.01 * 7);
    ck_assert(number(store, "SELECT objective FROM v_best") == 0.5 + 0.01 * 7);
    ck_assert(number(store, "SELECT count(*) FROM v_curves WHERE metric = 'logloss'") == 8);
    ck_assert(number(store, "SELECT max(candidate ->> 'dim') FROM v_trials;") == 7);
    ck_assert(number(store, "WITH a AS (SELECT number FROM trials) SELECT count(*) FROM a -- all\n;") == 8);
    ck_assert(number(store, "SELECT count(*) FROM trials t, json_each(t.candidate) j WHERE j.key = 'dim'") == 8);
    ck_assert(number(store, "WITH RECURSIVE c (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c LIMIT 9) SELECT sum(n) "
                            "FROM c") == 45);
    ck_assert(number(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'trials'") == 1);
    struct fw_rows rows;
    ck_ok(ask(&rows, store, "EXPLAIN QUERY PLAN SELECT * FROM trials WHERE id = 1", err));
    ck_assert_int_eq(rows.n, 1);
    fw_rows_clear(&rows);
    fw_store_close(store);
}
END_TEST

/* The stand-ins of our own for functions of SQLite. */
START_TEST(test_ask_functions_give_what_those_of_sqlite_give)
{
    static const char *const questions[] = {"instr('abcabc', 'ca')",
                                            "instr('日本語', '語')",
                                            "instr('abc', '')",
                                            "instr('', 'a')",
                                            "instr('', '')",
                                            "instr(NULL, 'a')",
                                            "instr('a', NULL)",
                                            "instr(x'0102', x'02')",
                                            "instr('abc', 'x')",
                                            "instr(12345, 34)",
                                            "replace('aXbXc', 'X', '--')",
                                            "replace('aaa', 'a', '')",
                                            "replace('abc', '', 'x')",
                                            "replace(NULL, 'a', 'b')",
                                            "replace('a', NULL, 'b')",
                                            "replace('a', 'a', NULL)",
                                            "replace('', 'a', 'b')",
                                            "replace(12321, 2, 'x')",
                                            "trim('  a  ')",
                                            "ltrim('  a  ')",
                                            "rtrim('  a  ')",
                                            "trim('xyaxy', 'yx')",
                                            "ltrim('xyaxy', 'yx')",
                                            "rtrim('xyaxy', 'yx')",
                                            "trim('語a語', '日語')",
                                            "trim('aaa', 'a')",
                                            "trim('a', '')",
                                            "trim(NULL)",
                                            "trim('a', NULL)",
                                            "trim('')"};
    struct fw_store *store = sample_store(path);
    sqlite3 *plain;
    ck_assert_int_eq(sqlite3_open(":memory:", &plain), SQLITE_OK);
    for (int i = 0; i < COUNT(questions); i++) {
        char sql[256];
        sqlite3_stmt *statement;
        struct fw_rows rows;
        snprintf(sql, sizeof sql, "SELECT typeof(%s) || ':' || coalesce(%s, 'NULL')", questions[i], questions[i]);
        ck_assert_int_eq(sqlite3_prepare_v2(plain, sql, -1, &statement, NULL), SQLITE_OK);
        ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
        ck_ok(ask(&rows, store, sql, err));
        ck_assert_msg(strcmp(fw_rows_cell(&rows, 0, 0)->text, (const char *)sqlite3_column_text(statement, 0)) == 0,
                      "%s is %s", questions[i], fw_rows_cell(&rows, 0, 0)->text);
        fw_rows_clear(&rows);
        sqlite3_finalize(statement);
    }
    sqlite3_close(plain);
    fw_store_close(store);
}
END_TEST

START_TEST(test_ask_faults_name_the_place_and_the_nearest)
{
    struct fw_store *store = sample_store(path);
    refused(store, "SELECT objectiv FROM trials", FW_E_INPUT, "no such column: objectiv, at character 8");
    refused(store, "SELECT objectiv FROM trials", FW_E_INPUT, "did you mean 'objective'?");
    refused(store, "SELECT t.metrik FROM v_trials t", FW_E_INPUT, "did you mean 'metric'?");
    refused(store, "SELECT * FROM trails", FW_E_INPUT, "did you mean 'trials'?");
    refused(store, "SELECT * FROM xyzzy", FW_E_INPUT, "the tables are studies, trials");
    refused(store, "SELECT 1 FRUM trials t", FW_E_INPUT, "syntax error");
    refused(store, "DELETE FROM trials", FW_E_INPUT, "begins with SELECT");
    refused(store, "WITH x AS (SELECT 1) DELETE FROM trials", FW_E_INPUT, "may only read");
    refused(store, "SELECT 1; SELECT 2", FW_E_INPUT, "a second one begins at character 11");
    refused(store, "SELECT load_extension('x')", FW_E_INPUT, "load_extension() is not for questions");
    refused(store, "SELECT zeroblob(99999999)", FW_E_INPUT, "longer than 512 KiB");
    fw_store_close(store);
}
END_TEST

START_TEST(test_ask_limits_of_rows_and_time)
{
    static const char endless[] =
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c";
    struct fw_store *store = sample_store(path);
    struct fw_rows rows;
    struct fw_error why = {0};
    struct fw_ask question = {.sql = "SELECT * FROM trials", .max_rows = 8};
    ck_ok(ask_with(&rows, store, &question, err));
    fw_rows_clear(&rows);
    question.max_rows = 7;
    ck_assert_int_eq(ask_with(&rows, store, &question, &why), FW_E_BUDGET);
    ck_assert_ptr_nonnull(strstr(why.message, "more than 7 rows"));
    for (int i = 0; i < 2; i++) { /* ends with the file, and with the copy */
        question = (struct fw_ask){.sql = endless, .seconds = i == 0 ? 0.05 : 0.4};
        ck_assert_int_eq(ask_with(&rows, store, &question, &why), FW_E_BUDGET);
        ck_assert_ptr_nonnull(strstr(why.message, "did not end in time"));
    }
    fw_store_close(store);
}
END_TEST

/* A long answer and a slow one come from a copy, whole and in order. */
START_TEST(test_ask_long_answers_come_from_a_copy)
{
    static const char many[] = "WITH RECURSIVE c (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c LIMIT 60000) SELECT n, "
                               "count(*) OVER () + (SELECT count(*) FROM trials) AS all_of_them FROM c ORDER BY n";
    struct fw_store *store = sample_store(path);
    for (int large = 0; large < 2; large++) {
        struct fw_rows rows;
        ck_ok(ask_with(&rows, store, &(struct fw_ask){.sql = many, .large = large == 1}, err));
        ck_assert_int_eq(rows.n, 60000);
        ck_assert_int_eq(rows.n_columns, 2);
        for (int64_t r = 0; r < rows.n; r++) {
            ck_assert_int_eq(fw_rows_cell(&rows, r, 0)->integer, r);
            ck_assert_int_eq(fw_rows_cell(&rows, r, 1)->integer, 60008);
        }
        fw_rows_clear(&rows);
    }
    fw_store_close(store);
}
END_TEST

static enum fw_status writing_begin(void *self, const char *const *names, int n_columns, struct fw_error *err)
{
    (void)self;
    (void)names;
    (void)n_columns;
    (void)err;
    return FW_OK;
}

/* A reader so slow that another process writes between two rows. */
static enum fw_status writing_row(void *self, const struct fw_value *cells, struct fw_error *err)
{
    int64_t *n = self;
    (void)cells;
    (void)err;
    if ((*n)++ > 0)
        return FW_OK;
    pid_t child = fork();
    if (child == 0) {
        struct fw_store *store;
        struct fw_error why;
        bool ok = sample_open(&store, path, 0, &why) == FW_OK; /* waits for no lock */
        struct fw_trial_record trial = sample_trial(99, "{}", 0.1);
        ok = ok && sample_add(store, 1, &trial, &why) == FW_OK;
        _exit(ok ? 0 : 1);
    }
    int how;
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert_msg(how == 0, "a slow reader kept another process from writing");
    return FW_OK;
}

static enum fw_status writing_end(void *self, struct fw_error *err)
{
    (void)self;
    (void)err;
    return FW_OK;
}

START_TEST(test_ask_slow_readers_lock_nobody_out)
{
    for (int large = 0; large < 2; large++) {
        struct fw_store *store = sample_store(path);
        int64_t n = 0;
        struct fw_ask question = {.sql = "SELECT * FROM metrics", .large = large == 1};
        struct fw_row_sink sink = {&n, writing_begin, writing_row, writing_end};
        ck_ok(fw_ask_run(store, &question, sink, err));
        ck_assert_int_eq(n, 24);
        fw_store_close(store);
    }
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials"), 9);
}
END_TEST

/* One hostile statement: whatever it does, the file is as it was, and it ends. */
static void face(struct fw_store *store, const char *sql, bool must_fail, uint64_t hash)
{
    struct fw_rows rows;
    struct fw_error err = {0};
    struct fw_ask question = {.sql = sql, .seconds = 0.3, .max_rows = 1000};
    double before = fw_clock_seconds();
    enum fw_status status = ask_with(&rows, store, &question, &err);
    double took = fw_clock_seconds() - before;
    ck_assert_msg(took < 10, "'%.200s' took %.1f s", sql, took); /* a wide margin: the machine may be busy */
    ck_assert_msg(!must_fail || status != FW_OK, "'%.200s' got an answer", sql);
    ck_assert_msg(status == FW_OK || status == FW_E_INPUT || status == FW_E_BUDGET || status == FW_E_NOMEM,
                  "'%.200s' gives %d: %s", sql, (int)status, err.message);
    ck_assert_msg(status == FW_OK || err.message[0] != '\0', "'%.200s' gives no message", sql);
    ck_assert_msg(hash_of_file() == hash, "'%.200s' changed the file", sql);
    if (getenv("FIELDWISE_TEST_VERBOSE") != NULL)
        printf("%6.3f s  %.100s  ->  %s\n", took, sql, err.message);
    if (status == FW_OK)
        fw_rows_clear(&rows);
}

START_TEST(test_ask_hostile_statements_do_no_harm)
{
    struct fw_store *store = sample_store(path);
    uint64_t hash = hash_of_file();
    ck_assert_int_eq(chdir(scratch_path(NULL)), 0);
    for (int i = 0; i < COUNT(hostile_refused); i++)
        face(store, hostile_refused[i], true, hash);
    for (int i = 0; i < COUNT(hostile_bombs); i++)
        face(store, hostile_bombs[i], false, hash);
    fw_store_close(store);
    ck_assert_int_ne(access("copy.db", F_OK), 0);
    ck_assert_int_ne(access("other.db", F_OK), 0);
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_int_eq(sample_is_sound(path), 1);
}
END_TEST

/* `n` times a piece of text between a head and a tail. */
static char *repeated(const char *head, const char *piece, int n, const char *tail)
{
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, head);
    for (int i = 0; i < n; i++)
        fw_buffer_add_text(&text, piece);
    fw_buffer_add_text(&text, tail);
    ck_assert(!text.failed);
    return text.data;
}

/* Common table expressions that each name the one before `times` times. */
static char *chain(int n, int times)
{
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "WITH a0 AS (SELECT 1)");
    for (int i = 1; i < n; i++) {
        fw_buffer_addf(&text, ", a%d AS (SELECT 1 FROM a%d x0", i, i - 1);
        for (int t = 1; t < times; t++)
            fw_buffer_addf(&text, i % 2 == 0 ? ", \"A%d\" x%d" : ", [a%d] x%d", i - 1, t);
        fw_buffer_add_text(&text, ")");
    }
    fw_buffer_addf(&text, " SELECT 1 FROM a%d LIMIT 1", n - 1);
    ck_assert(!text.failed);
    return text.data;
}

START_TEST(test_ask_statements_too_large_do_no_harm)
{
    char *made[] = {repeated("SELECT ", "(", 100000, "1"),
                    repeated("SELECT ", "-", 1000, "1"),
                    repeated("SELECT 1", " + 1", 50000, ""),
                    repeated("SELECT 1", " UNION SELECT 1", 5000, ""),
                    repeated("SELECT 1", ", 1", 80000, ""),
                    repeated("SELECT hex(zeroblob(500000))", ", hex(randomblob(500000))", 1999, ""),
                    repeated("SELECT * FROM trials WHERE id IN (1", ", 1", 60000, ")"),
                    repeated("SELECT ", "NOT ", 50000, "1"),
                    repeated("SELECT 1 FROM trials", ", trials", 300, ""),
                    repeated("SELECT count(*) FROM trials", " JOIN trials", 60, ""),
                    repeated("SELECT count(*) FROM metrics", " NATURAL JOIN metrics", 60, ""),
                    repeated("SELECT * FROM trials WHERE 0", " OR id = 1 AND rung = 2", 3000, ""),
                    repeated("SELECT ", "coalesce(1, ", 300, "1"),
                    repeated("SELECT ", "(SELECT ", 300, "1"),
                    repeated("SELECT * FROM ", "(SELECT * FROM ", 300, "trials"),
                    repeated("SELECT max(1", ", 1", 200, ")"),
                    repeated("SELECT CASE 1", " WHEN 2 THEN 3", 20000, " END"),
                    repeated("SELECT '", "x", 2000000, "'"),
                    repeated("SELECT 1 AS \"", "x", 100000, "\""),
                    repeated("", "/* */", 40000, "SELECT 1; DROP TABLE trials"),
                    repeated("WITH a AS (SELECT 1)", ", a AS (SELECT 1 FROM a)", 500, " SELECT 1 FROM a"),
                    chain(25, 2),
                    chain(4, 50),
                    chain(150, 2)};
    struct fw_store *store = sample_store(path);
    uint64_t hash = hash_of_file();
    for (int i = 0; i < COUNT(made); i++) {
        face(store, made[i], false, hash);
        fw_free(NULL, made[i]);
    }
    refused(store,
            "WITH a AS (SELECT 1), b AS (SELECT 1 FROM a, a, a, a, a, a, a, a, a, a), c AS (SELECT 1 FROM b, b, "
            "b, b, b, b, b, b, b, b), d AS (SELECT 1 FROM c, c, c, c, c, c, c, c, c, c), e AS (SELECT 1 FROM d, "
            "d, d, d, d, d, d, d, d, d) SELECT 1 FROM e",
            FW_E_INPUT, "stand for 10000 subqueries");
    fw_store_close(store);
}
END_TEST

/* A file whose views are hostile: they are readable, and can do no more than a question can. */
START_TEST(test_ask_views_of_the_file_can_do_no_harm)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    static const char views[] =
        "CREATE VIEW evil_1 AS SELECT load_extension('x');"
        "CREATE VIEW evil_2 AS SELECT * FROM pragma_database_list;"
        "CREATE VIEW evil_3 AS WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c;"
        "CREATE VIEW evil_4 AS SELECT randomblob(2000000000) AS x;"
        "CREATE VIEW evil_5 AS SELECT fts3_tokenizer('simple') AS x;"
        "CREATE VIEW evil_6 AS SELECT * FROM evil_6;"
        "CREATE VIEW fine AS SELECT count(*) AS n FROM trials;"
        "CREATE VIEW w0 AS SELECT 1 AS x;"
        "CREATE TABLE extra (x); INSERT INTO extra VALUES (x'41');";
    ck_assert_int_eq(sqlite3_exec(db, views, NULL, NULL, NULL), SQLITE_OK);
    for (int i = 1; i < 30; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "CREATE VIEW IF NOT EXISTS \"W%d\" AS SELECT 1 AS x FROM w%d a, [w%d] b", i, i - 1,
                 i - 1);
        ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    }
    ck_assert_int_eq(sqlite3_exec(db, "CREATE VIRTUAL TABLE words USING fts5(x)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    struct fw_store *store = sample_store(path);
    uint64_t hash = hash_of_file();
    char sql[64];
    for (int i = 1; i <= 6; i++) {
        snprintf(sql, sizeof sql, "SELECT * FROM evil_%d", i);
        face(store, sql, true, hash);
    }
    face(store, "SELECT * FROM w29", true, hash);
    face(store, "SELECT nothing FROM trials", true, hash);
    face(store, "SELECT * FROM words", true, hash);
    ck_assert(number(store, "SELECT n FROM fine") == 8);
    ck_assert(number(store, "SELECT count(*) FROM extra") == 1);
    fw_store_close(store);
}
END_TEST

/* What a killed process left half-done is taken back before a question is answered. */
START_TEST(test_ask_takes_back_what_was_cut_off)
{
    struct fw_store *store = sample_store(path);
    pid_t child = fork();
    if (child == 0) {
        sqlite3 *db;
        int code = sqlite3_open(path, &db);
        /* a cache of few pages: the change reaches the file before it is committed */
        code |= sqlite3_exec(db, "PRAGMA journal_mode = TRUNCATE; PRAGMA cache_size = 1; BEGIN IMMEDIATE", NULL, NULL,
                             NULL);
        code |= sqlite3_exec(db,
                             "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 5000) INSERT INTO "
                             "metrics SELECT 1, 'm' || n, 0, n FROM c",
                             NULL, NULL, NULL);
        _exit(code == SQLITE_OK ? 0 : 1);
    }
    int how;
    ck_assert_int_eq(waitpid(child, &how, 0), child);
    ck_assert_int_eq(how, 0);
    ck_assert(number(store, "SELECT count(*) FROM metrics") == 24);
    fw_store_close(store);
}
END_TEST

/* A file of an older version stays as it is, and is asked as if it were of this one. */
START_TEST(test_ask_older_files_are_asked_as_they_would_be)
{
    struct fw_store_options options;
    struct fw_store *store;
    fw_store_options_init(&options);
    options.read_only = true;
    path = scratch_path("old.db");
    store_v1_make(path);
    uint64_t hash = hash_of_file();
    ck_ok(fw_store_open(&store, path, &options, err));
    ck_assert(number(store, "SELECT count(*) FROM v_studies WHERE tags IS NULL") == 2);
    fw_store_close(store);
    ck_assert_uint_eq(hash_of_file(), hash);
}
END_TEST

START_TEST(test_ask_refused_memory_is_reported)
{
    bool passed = false;
    for (int64_t at = 1; !passed; at++) {
        struct fw_allocator mem;
        struct fw_store *store;
        struct fw_store_options options;
        struct fw_error why;
        fw_allocator_init(&mem, 0);
        fw_store_options_init(&options);
        options.mem = &mem;
        ck_ok(fw_store_open(&store, path, &options, err));
        mem.fail_at = mem.count + at;
        struct fw_rows rows;
        enum fw_status status = ask(&rows, store, "SELECT *, x'00' FROM trials", &why);
        passed = status == FW_OK;
        ck_assert(passed || status == FW_E_NOMEM);
        if (passed)
            fw_rows_clear(&rows);
        fw_store_close(store);
        ck_assert_uint_eq(mem.used, 0);
        ck_assert_int_lt(at, 300);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("ask");
    TCase *cases = tcase_create("ask");
    tcase_set_timeout(cases, 400);
    tcase_add_checked_fixture(cases, set_up, scratch_remove);
    tcase_add_test(cases, test_ask_answers_have_types);
    tcase_add_test(cases, test_ask_reads_tables_views_and_json);
    tcase_add_test(cases, test_ask_functions_give_what_those_of_sqlite_give);
    tcase_add_test(cases, test_ask_faults_name_the_place_and_the_nearest);
    tcase_add_test(cases, test_ask_limits_of_rows_and_time);
    tcase_add_test(cases, test_ask_long_answers_come_from_a_copy);
    tcase_add_test(cases, test_ask_slow_readers_lock_nobody_out);
    tcase_add_test(cases, test_ask_hostile_statements_do_no_harm);
    tcase_add_test(cases, test_ask_statements_too_large_do_no_harm);
    tcase_add_test(cases, test_ask_views_of_the_file_can_do_no_harm);
    tcase_add_test(cases, test_ask_takes_back_what_was_cut_off);
    tcase_add_test(cases, test_ask_older_files_are_asked_as_they_would_be);
    tcase_add_test(cases, test_ask_refused_memory_is_reported);
    suite_add_tcase(suite, cases);
    return suite;
}
