#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/query/trial_export.h"
#include "results/query/trial_table.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

static struct fw_store *store;
static int64_t study;

static void add(int64_t to, uint64_t hash, const char *candidate, double objective, const struct fw_metric *metrics,
                int64_t n)
{
    struct fw_trial_record trial = sample_trial(hash, candidate, objective);
    trial.metrics = metrics;
    trial.n_metrics = n;
    ck_ok(sample_add(store, to, &trial, err));
}

/* Metrics and members that share names with columns and with each other. */
static void set_up(void)
{
    scratch_make();
    store = sample_store(scratch_path("x.db"));
    study = sample_open_study(store, 1);
    const struct fw_metric one[] = {{"auc", 0, 0.5}, {"auc", 3, 0.75}, {"rows", 0, 7}, {"it's", 0, -1}};
    const struct fw_metric two[] = {{"auc", 0, 0.625}, {"dim", 0, 2}};
    add(study, 1, "{\"method\":\"nis\",\"dim\":8,\"state\":\"odd\",\"a b\":[1,2]}", 0.5, one, 4);
    add(study, 2, "{\"method\":\"plain\",\"dim\":16}", 0.75, two, 2);
    add(study, 3, "[1,2]", NAN, NULL, 0);
    add(study, 4, "{\"method\":\"nis\",\"dim\":4,\"a\\\"b\":1}", 0.25, NULL, 0);
    add(sample_open_study(store, 2), 9, "{\"method\":\"other\"}", 1, NULL, 0);
}

static void tear_down(void)
{
    fw_store_close(store);
    scratch_remove();
}

/* The numbers of the trials that a table has, as text: "1 4". */
static void check(const char *expected, struct fw_trial_table table)
{
    static const char *const columns[] = {"number"};
    char text[256] = "";
    struct fw_rows rows;
    int64_t n;
    table.study = study;
    table.columns = columns;
    table.n_columns = 1;
    fw_rows_init(&rows, NULL);
    ck_ok(fw_trial_table_run(store, &table, fw_rows_sink(&rows), err));
    for (int64_t r = 0; r < rows.n; r++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%lld", r > 0 ? " " : "",
                 (long long)fw_rows_cell(&rows, r, 0)->integer);
    ck_assert_str_eq(text, expected);
    ck_ok(fw_trial_table_count(&n, store, &table, err));
    if (table.limit == 0 && table.offset == 0)
        ck_assert_int_eq(n, rows.n);
    fw_rows_clear(&rows);
}

#define CHECK(expected, ...) check(expected, (struct fw_trial_table){__VA_ARGS__})

START_TEST(test_trial_table_conditions)
{
    CHECK("1 2 3 4", .where = NULL);
    CHECK("1 2 3 4", .where = " ");
    CHECK("1", .where = "method = 'nis' AND auc > .7"); /* the last step's value */
    CHECK("1 4", .where = "METHOD = 'nis'");
    CHECK("2", .where = "metric_auc BETWEEN 0.6 AND 0.7");
    CHECK("1 2", .where = "auc IS NOT NULL -- the end");
    CHECK("1", .where = "metric_rows = 7 and rows = 300");
    CHECK("1", .where = "candidate_state = 'odd' and state = 'complete'");
    CHECK("1 4", .where = "candidate_dim < 10"); /* "dim" is the metric */
    CHECK("2", .where = "dim = 2");
    CHECK("1", .where = "\"it's\" = -1");
    CHECK("1", .where = "[a b] = '[1,2]'");
    CHECK("1 2", .where = "objective IN (0.5, 0.75)");
    CHECK("3", .where = "candidate LIKE '[%'");
    CHECK("2", .where = "objective = (SELECT max(objective) FROM trials WHERE study_id = 1)");
}
END_TEST

START_TEST(test_trial_table_order_and_pages)
{
    CHECK("2 1 4 3", .order = "objective DESC");
    CHECK("4 1 2 3", .order = "objective NULLS LAST, number");
    CHECK("2 1 4", .where = "candidate_dim > 0", .order = "candidate_dim desc, number");
    CHECK("1 2", .limit = 2);
    CHECK("3", .limit = 1, .offset = 2);
    CHECK("4", .offset = 3);
    CHECK("", .offset = 9);
}
END_TEST

static void refused(const char *where, const char *part)
{
    struct fw_rows rows;
    struct fw_error why = {0};
    fw_rows_init(&rows, NULL);
    struct fw_trial_table table = {.study = study, .where = where};
    ck_assert_msg(fw_trial_table_run(store, &table, fw_rows_sink(&rows), &why) == FW_E_INPUT, "'%s' gives '%s'", where,
                  why.message);
    ck_assert_msg(strstr(why.message, part) != NULL, "'%s' gives '%s'", where, why.message);
    fw_rows_clear(&rows);
}

START_TEST(test_trial_table_faults_are_told)
{
    refused("methd = 'nis'", "'methd' is no column of the study; did you mean 'method'?");
    refused("xyzzy = 1", "the columns are study, number");
    refused("auc >", "syntax error");
    refused("auc > 1)", "cannot be read from ')");
    refused("number = 1) OR (number = 1", "cannot be read from ')");
    refused("(auc > 1", "lacks 1 ')'");
    refused("1; DELETE FROM trials", "cannot be read from ';");
    refused("'auc", "cannot be read");
    refused("load_extension('x')", "load_extension() is not for questions");
    refused("number IN (SELECT number FROM nowhere)", "no such table");
}
END_TEST

START_TEST(test_trial_table_columns_of_a_study)
{
    static const struct fw_trial_column expected[] = {{FW_COLUMN_METRIC, "auc", "auc"},
                                                      {FW_COLUMN_METRIC, "dim", "dim"},
                                                      {FW_COLUMN_METRIC, "it's", "it's"},
                                                      {FW_COLUMN_METRIC, "metric_rows", "rows"},
                                                      {FW_COLUMN_MEMBER, "method", "method"},
                                                      {FW_COLUMN_MEMBER, "candidate_dim", "dim"},
                                                      {FW_COLUMN_MEMBER, "candidate_state", "state"},
                                                      {FW_COLUMN_MEMBER, "a b", "a b"}};
    for (int all = 0; all < 2; all++) {
        struct fw_trial_columns columns;
        ck_ok(fw_trial_columns_read(&columns, store, study, all == 1, err));
        ck_assert_int_eq(columns.n, 19 + 8);
        for (int i = 0; i < 8; i++) {
            ck_assert_int_eq(columns.rows[19 + i].kind, expected[i].kind);
            ck_assert_str_eq(columns.rows[19 + i].name, expected[i].name);
            ck_assert_str_eq(columns.rows[19 + i].source, expected[i].source);
        }
        ck_assert_ptr_eq(fw_trial_columns_find(&columns, "candidate_method"), &columns.rows[23]);
        ck_assert_ptr_null(fw_trial_columns_find(&columns, "nothing"));
        fw_trial_columns_clear(&columns);
    }
}
END_TEST

/* A metric that only a trial in the middle of a large study has is found too. */
START_TEST(test_trial_table_rare_metrics_are_found)
{
    const struct fw_metric rare = {"rare", 0, 1};
    int64_t large = sample_open_study(store, 3);
    for (int i = 0; i < 450; i++) {
        char candidate[32];
        snprintf(candidate, sizeof candidate, "{\"n\":%d}", i);
        add(large, (uint64_t)i + 1, candidate, i, &rare, i == 224 ? 1 : 0);
    }
    int64_t before = study;
    study = large;
    CHECK("225", .where = "rare = 1");
    study = before;
}
END_TEST

START_TEST(test_trial_table_exports)
{
    struct fw_rows rows;
    fw_rows_init(&rows, NULL);
    ck_ok(fw_trial_export_wide(store, study, fw_rows_sink(&rows), err));
    ck_assert_int_eq(rows.n, 4);
    ck_assert_int_eq(rows.n_columns, 19 + 8);
    ck_assert(fw_rows_cell(&rows, 0, fw_rows_column(&rows, "auc"))->real == 0.75);
    ck_assert_str_eq(fw_rows_cell(&rows, 3, fw_rows_column(&rows, "method"))->text, "nis");
    fw_rows_clear(&rows);
    ck_ok(fw_trial_export_wide(store, 0, fw_rows_sink(&rows), err));
    ck_assert_int_eq(rows.n, 5);
    ck_assert_str_eq(fw_rows_cell(&rows, 4, fw_rows_column(&rows, "method"))->text, "other");
    fw_rows_clear(&rows);
    ck_ok(fw_trial_export_long(store, study, fw_rows_sink(&rows), err));
    ck_assert_int_eq(rows.n, 6);
    ck_assert_str_eq(fw_rows_cell(&rows, 1, 2)->text, "auc");
    ck_assert_int_eq(fw_rows_cell(&rows, 1, 3)->integer, 3);
    fw_rows_clear(&rows);
    ck_ok(fw_trial_export_long(store, 0, fw_rows_sink(&rows), err));
    ck_assert_int_eq(rows.n, 6);
    fw_rows_clear(&rows);
}
END_TEST

START_TEST(test_trial_table_refused_memory_is_reported)
{
    bool passed = false;
    for (int64_t at = 1; !passed; at += 3) {
        struct fw_allocator mem;
        struct fw_store *counted;
        struct fw_store_options options;
        struct fw_rows rows;
        struct fw_error why;
        fw_allocator_init(&mem, 0);
        fw_store_options_init(&options);
        options.mem = &mem;
        ck_ok(fw_store_open(&counted, scratch_path("x.db"), &options, err));
        mem.fail_at = mem.count + at;
        fw_rows_init(&rows, &mem);
        struct fw_trial_table table = {.study = study, .where = "auc > 0 OR candidate_dim > 0"};
        enum fw_status status = fw_trial_table_run(counted, &table, fw_rows_sink(&rows), &why);
        passed = status == FW_OK;
        ck_assert_msg(passed || status == FW_E_NOMEM, "%s", why.message);
        fw_rows_clear(&rows);
        fw_store_close(counted);
        ck_assert_uint_eq(mem.used, 0);
        ck_assert_int_lt(at, 2000);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("trial_table");
    TCase *cases = tcase_create("trial_table");
    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_trial_table_conditions);
    tcase_add_test(cases, test_trial_table_order_and_pages);
    tcase_add_test(cases, test_trial_table_faults_are_told);
    tcase_add_test(cases, test_trial_table_columns_of_a_study);
    tcase_add_test(cases, test_trial_table_rare_metrics_are_found);
    tcase_add_test(cases, test_trial_table_exports);
    tcase_add_test(cases, test_trial_table_refused_memory_is_reported);
    suite_add_tcase(suite, cases);
    return suite;
}
