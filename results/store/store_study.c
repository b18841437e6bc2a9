#include "results/store/store_study.h"

#include <stdio.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/text.h"
#include "results/store/digest.h"
#include "results/store/sql.h"

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* Whether a study of this name is there. */
static enum fw_status name_is_taken(bool *taken, struct fw_store *store, const char *name, struct fw_error *err)
{
    static const char sql[] = "SELECT 1 FROM studies WHERE name = ?";
    struct fw_sql q;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_text(&q, name);
    FW_TRY(fw_sql_next(taken, &q, err));
    return fw_sql_finish(&q, err);
}

/* The name of a new study into `name`: the wish, or the first free one of driver-id, driver-id-2, ... */
static enum fw_status choose_name(struct fw_buffer *name, struct fw_store *store, const struct fw_study_info *info,
                                  int64_t id, struct fw_error *err)
{
    bool taken = true;
    for (int64_t attempt = 1; taken; attempt++) {
        name->length = 0;
        if (info->name != NULL)
            fw_buffer_add_text(name, info->name);
        else
            fw_buffer_addf(name, "%s-%lld", info->driver, (long long)id);
        if (attempt > 1)
            fw_buffer_addf(name, "-%lld", (long long)attempt);
        FW_TRY(fw_buffer_check(name, err));
        FW_TRY(name_is_taken(&taken, store, name->data, err));
        if (taken && info->name != NULL)
            return fw_error_set(err, FW_E_ARG,
                                "store '%s' has a study '%s' already, with other options, data or seed; give this one "
                                "another name",
                                store->path, info->name);
    }
    return FW_OK;
}

struct machine {
    char host[256];
};

/* Binds pid, processors and host; `machine` must live until the statement has run. */
static void bind_machine(struct fw_sql *q, struct machine *machine)
{
    *machine = (struct machine){{0}};
    if (gethostname(machine->host, sizeof machine->host - 1) != 0)
        machine->host[0] = '\0';
    fw_sql_bind_int(q, getpid());
    fw_sql_bind_int(q, sysconf(_SC_NPROCESSORS_ONLN));
    fw_sql_bind_text(q, machine->host);
}

static enum fw_status next_study_id(int64_t *id, struct fw_store *store, struct fw_error *err)
{
    static const char sql[] = "SELECT coalesce(max(id), 0) + 1 FROM studies";
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    FW_TRY(fw_sql_next(&row, &q, err));
    *id = fw_sql_int(&q, 0);
    return fw_sql_finish(&q, err);
}

static enum fw_status insert_contents(struct fw_store *store, int64_t id, struct fw_error *err)
{
    static const char sql[] = "INSERT INTO contents (study_id, trials, decisions, artifacts, lost, digests) VALUES "
                              "(?, 0, 0, 0, 0, '0000000000000000')";
    struct fw_sql q;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, id);
    return fw_sql_run(&q, err);
}

static enum fw_status insert_study(int64_t *id, struct fw_store *store, const struct fw_study_info *info,
                                   struct fw_error *err)
{
    static const char sql[] =
        "INSERT INTO studies (pid, processors, host, id, name, key, driver, objective, maximise, data, "
        "data_fingerprint, rows, options, seed, command, status, program_version, started_us, opened_us, seconds) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?17, ?17, 0)";
    struct fw_buffer name;
    fw_buffer_init(&name, store->mem);
    enum fw_status status;
    FW_TRY_GOTO(next_study_id(id, store, err), done);
    FW_TRY_GOTO(choose_name(&name, store, info, *id, err), done);
    struct fw_sql q;
    struct machine machine;
    FW_TRY_GOTO(fw_sql_prepare(&q, store, sql, err), done);
    bind_machine(&q, &machine);
    fw_sql_bind_int(&q, *id);
    fw_sql_bind_text(&q, name.data);
    if (info->key != 0)
        fw_sql_bind_hash(&q, info->key);
    else
        fw_sql_bind_text(&q, NULL);
    fw_sql_bind_text(&q, info->driver);
    fw_sql_bind_text(&q, text_or_empty(info->objective));
    fw_sql_bind_int(&q, info->maximise);
    fw_sql_bind_text(&q, text_or_empty(info->data));
    fw_sql_bind_hash(&q, info->data_fingerprint);
    fw_sql_bind_int(&q, info->rows);
    fw_sql_bind_text(&q, info->options != NULL ? info->options : "{}");
    fw_sql_bind_int(&q, (int64_t)info->seed);
    fw_sql_bind_text(&q, info->command);
    fw_sql_bind_text(&q, FIELDWISE_VERSION);
    fw_sql_bind_int(&q, fw_clock_utc_us());
    FW_TRY_GOTO(fw_sql_run(&q, err), done);
    FW_TRY_GOTO(insert_contents(store, *id, err), done);
    status = fw_digest_study(store, *id, err);
done:
    fw_buffer_clear(&name);
    return status;
}

/* The study of this key and how it stands; *id is 0 when there is none. */
static enum fw_status find_study(int64_t *id, enum fw_study_status *how, struct fw_store *store, uint64_t key,
                                 struct fw_error *err)
{
    static const char sql[] = "SELECT id, status FROM studies WHERE key = ?";
    *id = 0;
    if (key == 0)
        return FW_OK;
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_hash(&q, key);
    FW_TRY(fw_sql_next(&row, &q, err));
    if (!row)
        return FW_OK;
    int64_t found = fw_sql_int(&q, 0);
    bool known = fw_study_status_from_name(how, fw_sql_text(&q, 1));
    FW_TRY(fw_sql_finish(&q, err));
    if (!known)
        return fw_sql_corrupt(store, err, "study %lld has no known status", (long long)found);
    *id = found;
    return FW_OK;
}

/* A study left `running` was killed: its last run lasted, as far as anybody knows, until its last trial. */
static enum fw_status reopen_study(struct fw_store *store, int64_t id, struct fw_error *err)
{
    static const char sql[] =
        "UPDATE studies SET pid = ?, processors = ?, host = ?, opened_us = ?, "
        "seconds = seconds + CASE status WHEN 'running' THEN max(0, coalesce((SELECT max(finished_us) FROM trials "
        "WHERE study_id = studies.id), 0) - opened_us) / 1e6 ELSE 0 END, "
        "status = iif(status = 'complete', status, 'running'), reason = iif(status = 'complete', reason, NULL), "
        "ended_us = iif(status = 'complete', ended_us, NULL) WHERE id = ?";
    struct fw_sql q;
    struct machine machine;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    bind_machine(&q, &machine);
    fw_sql_bind_int(&q, fw_clock_utc_us());
    fw_sql_bind_int(&q, id);
    FW_TRY(fw_sql_run(&q, err));
    return fw_digest_study(store, id, err);
}

enum fw_status fw_store_study_open(void *self, int64_t *study_out, bool *resumed_out, enum fw_study_status *status_out,
                                   const struct fw_study_info *info, struct fw_error *err)
{
    struct fw_store *store = self;
    int64_t id = 0;
    enum fw_study_status how = FW_STUDY_RUNNING;
    FW_TRY(fw_sql_begin(store, err));
    enum fw_status status = find_study(&id, &how, store, info->key, err);
    bool resumed = id != 0;
    if (status == FW_OK)
        status = resumed ? reopen_study(store, id, err) : insert_study(&id, store, info, err);
    FW_TRY(fw_sql_end(store, status, err));
    *study_out = id;
    *resumed_out = resumed;
    *status_out = how;
    return FW_OK;
}

static enum fw_status update_status(struct fw_store *store, int64_t study, enum fw_study_status how, const char *reason,
                                    struct fw_error *err)
{
    /* the time since the latest run began, or since it ended when it is closed a second time */
    static const char sql[] =
        "UPDATE studies SET status = ?1, reason = ?2, ended_us = iif(?1 = 'running', NULL, ?3), seconds = seconds + "
        "iif(?1 = 'running', 0, max(0, ?3 - max(opened_us, coalesce(ended_us, 0))) / 1e6) WHERE id = ?4";
    struct fw_sql q;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_text(&q, fw_study_status_name(how));
    fw_sql_bind_text(&q, reason);
    fw_sql_bind_int(&q, fw_clock_utc_us());
    fw_sql_bind_int(&q, study);
    FW_TRY(fw_sql_run(&q, err));
    if (sqlite3_changes(store->db) == 0)
        return fw_error_set(err, FW_E_ARG, "store '%s' has no study %lld", store->path, (long long)study);
    return fw_digest_study(store, study, err);
}

enum fw_status fw_store_study_close(void *self, int64_t study, enum fw_study_status status, const char *reason,
                                    struct fw_error *err)
{
    struct fw_store *store = self;
    FW_TRY(fw_sql_begin(store, err));
    return fw_sql_end(store, update_status(store, study, status, reason, err), err);
}
