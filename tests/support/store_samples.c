#include "support/store_samples.h"

#include <check.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

enum fw_status sample_open(struct fw_store **out, const char *path, double wait_seconds, struct fw_error *err)
{
    struct fw_store_options options;
    fw_store_options_init(&options);
    options.wait_seconds = wait_seconds;
    return fw_store_open(out, path, &options, err);
}

struct fw_store *sample_store(const char *path)
{
    struct fw_store *store = NULL;
    struct fw_error err = {0};
    enum fw_status status = sample_open(&store, path, 60, &err);
    ck_assert_msg(status == FW_OK, "%s", err.message);
    return store;
}

struct fw_study_info sample_study(uint64_t key)
{
    return (struct fw_study_info){.driver = "random",
                                  .key = key,
                                  .objective = "auc",
                                  .maximise = true,
                                  .data = "train.csv",
                                  .data_fingerprint = UINT64_C(0xfedcba9876543210),
                                  .rows = 1000,
                                  .options = "{\"folds\":5}",
                                  .seed = 7,
                                  .command = "fieldwise cross train.csv"};
}

int64_t sample_open_study(struct fw_store *store, uint64_t key)
{
    struct fw_trial_log log = fw_store_trial_log(store);
    struct fw_study_info info = sample_study(key);
    struct fw_error err = {0};
    int64_t study = 0;
    bool resumed;
    enum fw_study_status how;
    enum fw_status status = log.vtable->open_study(log.self, &study, &resumed, &how, &info, &err);
    ck_assert_msg(status == FW_OK, "%s", err.message);
    return study;
}

struct fw_trial_record sample_trial(uint64_t hash, const char *candidate, double objective)
{
    return (struct fw_trial_record){.candidate = candidate,
                                    .hash = hash,
                                    .state = FW_TRIAL_COMPLETE,
                                    .step = 1,
                                    .rung = 2,
                                    .rows = 300,
                                    .objective = objective,
                                    .gain = 0.25,
                                    .gain_low = 0.125,
                                    .gain_high = 0.375,
                                    .bytes = 4096,
                                    .seconds = 1.5};
}

enum fw_status sample_add(struct fw_store *store, int64_t study, struct fw_trial_record *record, struct fw_error *err)
{
    struct fw_trial_log log = fw_store_trial_log(store);
    return log.vtable->add_trials(log.self, study, record, 1, err);
}

/* Keeps the first column of the last row. */
static int each_row(void *out, int n, char **values, char **names)
{
    (void)names;
    int64_t *value = out;
    if (n > 0 && values[0] != NULL)
        *value = strcmp(values[0], "ok") == 0 ? 1 : (int64_t)strtoll(values[0], NULL, 10);
    return 0;
}

int64_t sample_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    int64_t value = -1;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(db, 30000) != SQLITE_OK || sqlite3_exec(db, sql, each_row, &value, NULL) != SQLITE_OK)
        value = -1;
    sqlite3_close(db);
    return value;
}

static int each_text(void *out, int n, char **values, char **names)
{
    (void)names;
    fw_buffer_add_text(out, n > 0 && values[0] != NULL ? values[0] : "NULL");
    fw_buffer_add_text(out, "\n");
    return 0;
}

char *sample_text(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "");
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, sql, each_text, &text, NULL);
    if (code != SQLITE_OK)
        fw_buffer_addf(&text, "! %s\n", sqlite3_errmsg(db));
    sqlite3_close(db);
    ck_assert(!text.failed);
    return text.data;
}

int sample_is_sound(const char *path)
{
    return sample_sql(path, "PRAGMA integrity_check") == 1 &&
           sample_sql(path, "SELECT count(*) FROM pragma_foreign_key_check") == 0;
}
