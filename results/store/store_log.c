#include "results/store/store_log.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "results/store/digest.h"
#include "results/store/sql.h"
#include "results/store/store_study.h"

/* Copies a text of the present row behind those lent already; the offset is -1 for NULL. */
static int64_t keep_text(struct fw_store *store, const char *text)
{
    if (text == NULL)
        return -1;
    int64_t offset = store->found.length;
    fw_buffer_add(&store->found, text, strlen(text) + 1);
    return offset;
}

static enum fw_status find_trial(void *self, bool *found_out, struct fw_trial_record *record, int64_t study,
                                 uint64_t hash, struct fw_error *err)
{
    static const char sql[] =
        "SELECT number, parent, candidate, state, reason, step, rung, rows, objective, gain, "
        "gain_low, gain_high, bytes, "
        "seconds, digest = " FW_TRIAL_DIGEST " FROM trials WHERE study_id = ? AND hash = ? AND state <> 'running'";
    struct fw_store *store = self;
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    fw_sql_bind_hash(&q, hash);
    FW_TRY(fw_sql_next(&row, &q, err));
    if (!row) {
        *found_out = false;
        return FW_OK;
    }
    struct fw_trial_record found = {.number = fw_sql_int(&q, 0), .parent = fw_sql_int(&q, 1), .hash = hash};
    store->found.length = 0;
    store->found.failed = false;
    int64_t candidate = keep_text(store, fw_sql_text(&q, 2));
    bool known = fw_trial_state_from_name(&found.state, fw_sql_text(&q, 3));
    int64_t reason = keep_text(store, fw_sql_text(&q, 4));
    found.step = (int32_t)fw_sql_int(&q, 5);
    found.rung = (int32_t)fw_sql_int(&q, 6);
    found.rows = fw_sql_int(&q, 7);
    found.objective = fw_sql_real(&q, 8);
    found.gain = fw_sql_real(&q, 9);
    found.gain_low = fw_sql_real(&q, 10);
    found.gain_high = fw_sql_real(&q, 11);
    found.bytes = fw_sql_int(&q, 12);
    found.seconds = fw_sql_real(&q, 13);
    bool same = fw_sql_int(&q, 14) != 0; /* as it was stored: a search must not go on from a value that was changed */
    FW_TRY(fw_sql_finish(&q, err));
    FW_TRY(fw_buffer_check(&store->found, err));
    if (!known || candidate < 0)
        return fw_sql_corrupt(store, err, "trial %lld of study %lld has no candidate or no known state",
                              (long long)found.number, (long long)study);
    if (!same)
        return fw_sql_corrupt(store, err,
                              "trial %lld of study %lld is not as it was stored; 'fieldwise trials verify' tells more",
                              (long long)found.number, (long long)study);
    found.candidate = store->found.data + candidate;
    found.reason = reason >= 0 ? store->found.data + reason : NULL;
    *record = found;
    *found_out = true;
    return FW_OK;
}

/* Binds the columns that a new result sets, in the order of insert_trial and replace_trial. */
static void bind_result(struct fw_sql *q, const struct fw_trial_record *r)
{
    fw_sql_bind_int_or_null(q, r->parent);
    fw_sql_bind_text(q, r->candidate);
    fw_sql_bind_text(q, fw_trial_state_name(r->state));
    fw_sql_bind_text(q, r->reason);
    fw_sql_bind_int(q, r->step);
    fw_sql_bind_int(q, r->rung);
    fw_sql_bind_int(q, r->rows);
    fw_sql_bind_real(q, r->objective);
    fw_sql_bind_real(q, r->gain);
    fw_sql_bind_real(q, r->gain_low);
    fw_sql_bind_real(q, r->gain_high);
    fw_sql_bind_int_or_null(q, r->bytes);
    fw_sql_bind_real(q, isnan(r->seconds) ? 0 : r->seconds);
    fw_sql_bind_int(q, fw_clock_utc_us());
}

static enum fw_status insert_trial(int64_t *id, int64_t *number, struct fw_store *store, int64_t study,
                                   const struct fw_trial_record *record, struct fw_error *err)
{
    static const char sql[] =
        "INSERT INTO trials (parent, candidate, state, reason, step, rung, rows, objective, gain, gain_low, gain_high, "
        "bytes, seconds, finished_us, study_id, hash, number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?15, "
        "?, "
        "(SELECT coalesce(max(number), 0) + 1 FROM trials WHERE study_id = ?15)) RETURNING id, number";
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    bind_result(&q, record);
    fw_sql_bind_int(&q, study);
    fw_sql_bind_hash(&q, record->hash);
    FW_TRY(fw_sql_next(&row, &q, err));
    if (!row)
        return fw_sql_corrupt(store, err, "a trial could not be stored");
    *id = fw_sql_int(&q, 0);
    *number = fw_sql_int(&q, 1);
    return fw_sql_finish(&q, err);
}

static enum fw_status replace_trial(struct fw_store *store, int64_t id, const struct fw_trial_record *record,
                                    struct fw_error *err)
{
    static const char update[] =
        "UPDATE trials SET parent = ?, candidate = ?, state = ?, reason = ?, step = ?, rung = ?, rows = ?, "
        "objective = ?, gain = ?, gain_low = ?, gain_high = ?, bytes = ?, seconds = ?, finished_us = ? WHERE id = ?";
    static const char forget[] = "DELETE FROM metrics WHERE trial_id = ?";
    struct fw_sql q;
    FW_TRY(fw_sql_prepare(&q, store, update, err));
    bind_result(&q, record);
    fw_sql_bind_int(&q, id);
    FW_TRY(fw_sql_run(&q, err));
    FW_TRY(fw_sql_prepare(&q, store, forget, err));
    fw_sql_bind_int(&q, id);
    return fw_sql_run(&q, err);
}

static enum fw_status insert_metrics(struct fw_store *store, int64_t id, const struct fw_trial_record *record,
                                     struct fw_error *err)
{
    static const char sql[] = "INSERT INTO metrics (trial_id, name, step, value) VALUES (?, ?, ?, ?) "
                              "ON CONFLICT DO UPDATE SET value = excluded.value";
    for (int64_t i = 0; i < record->n_metrics; i++) {
        struct fw_sql q;
        FW_TRY(fw_sql_prepare(&q, store, sql, err));
        fw_sql_bind_int(&q, id);
        fw_sql_bind_text(&q, record->metrics[i].name);
        fw_sql_bind_int(&q, record->metrics[i].step);
        fw_sql_bind_real(&q, record->metrics[i].value);
        FW_TRY(fw_sql_run(&q, err));
    }
    return FW_OK;
}

/* Looks for a trial of this hash, running ones included; *id is 0 when there is none. *open: it has no result to keep.
 */
static enum fw_status find_slot(int64_t *id, int64_t *number, bool *open, struct fw_store *store, int64_t study,
                                uint64_t hash, struct fw_error *err)
{
    static const char sql[] =
        "SELECT id, number, state IN ('running', 'failed') FROM trials WHERE study_id = ? AND hash = ?";
    struct fw_sql q;
    bool row;
    *id = 0;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    fw_sql_bind_hash(&q, hash);
    FW_TRY(fw_sql_next(&row, &q, err));
    if (!row)
        return FW_OK;
    *id = fw_sql_int(&q, 0);
    *number = fw_sql_int(&q, 1);
    *open = fw_sql_int(&q, 2) != 0;
    return fw_sql_finish(&q, err);
}

static enum fw_status add_trial(int64_t *number, struct fw_digest_change *change, struct fw_store *store, int64_t study,
                                const struct fw_trial_record *record, struct fw_error *err)
{
    assert(record->candidate != NULL);
    int64_t id;
    bool open = true;
    FW_TRY(find_slot(&id, number, &open, store, study, record->hash, err));
    if (!open)
        return FW_OK;
    bool existed = id != 0;
    if (existed)
        FW_TRY(replace_trial(store, id, record, err));
    else
        FW_TRY(insert_trial(&id, number, store, study, record, err));
    FW_TRY(insert_metrics(store, id, record, err));
    return fw_digest_row(change, store, FW_DIGEST_TRIALS, id, existed, err);
}

static enum fw_status add_trials(void *self, int64_t study, struct fw_trial_record *records, int64_t n,
                                 struct fw_error *err)
{
    struct fw_store *store = self;
    int64_t *numbers; /* handed out only when the transaction has succeeded */
    FW_ALLOC(numbers, store->mem, n, "the numbers of trials", err);
    enum fw_status status;
    FW_TRY_GOTO(fw_sql_begin(store, err), done);
    struct fw_digest_change change = {0};
    for (int64_t i = 0; status == FW_OK && i < n; i++)
        status = add_trial(&numbers[i], &change, store, study, &records[i], err);
    if (status == FW_OK)
        status = fw_digest_settle(&change, store, FW_DIGEST_TRIALS, study, err);
    FW_TRY_GOTO(fw_sql_end(store, status, err), done);
    for (int64_t i = 0; i < n; i++)
        records[i].number = numbers[i];
done:
    fw_free(store->mem, numbers);
    return status;
}

/* Runs the statement that inserts or replaces a row and gives its id, then sees to its digest. A row that is new has
 * no digest yet. */
static enum fw_status put_row(struct fw_sql *q, enum fw_digest_table table, int64_t study, struct fw_error *err)
{
    bool row;
    FW_TRY(fw_sql_next(&row, q, err));
    if (!row)
        return fw_sql_corrupt(q->store, err, "a row could not be stored");
    int64_t id = fw_sql_int(q, 0);
    bool existed = fw_sql_int(q, 1) != 0;
    FW_TRY(fw_sql_finish(q, err));
    struct fw_digest_change change = {0};
    FW_TRY(fw_digest_row(&change, q->store, table, id, existed, err));
    return fw_digest_settle(&change, q->store, table, study, err);
}

static enum fw_status put_decision(struct fw_store *store, int64_t study, const struct fw_decision *decision,
                                   struct fw_error *err)
{
    static const char sql[] =
        "INSERT INTO decisions (study_id, step, kind, trial, detail, clock, made_us) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (study_id, step, kind) DO UPDATE SET trial = excluded.trial, detail = excluded.detail, "
        "clock = excluded.clock, made_us = excluded.made_us RETURNING id, digest <> ''";
    struct fw_sql q;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    fw_sql_bind_int(&q, decision->step);
    fw_sql_bind_text(&q, decision->kind);
    fw_sql_bind_int_or_null(&q, decision->trial);
    fw_sql_bind_text(&q, decision->detail != NULL ? decision->detail : "{}");
    fw_sql_bind_int(&q, decision->clock);
    fw_sql_bind_int(&q, fw_clock_utc_us());
    return put_row(&q, FW_DIGEST_DECISIONS, study, err);
}

static enum fw_status add_decision(void *self, int64_t study, const struct fw_decision *decision, struct fw_error *err)
{
    struct fw_store *store = self;
    FW_TRY(fw_sql_begin(store, err));
    return fw_sql_end(store, put_decision(store, study, decision, err), err);
}

static enum fw_status put_artifact(struct fw_store *store, int64_t study, const struct fw_artifact *artifact,
                                   struct fw_error *err)
{
    static const char sql[] =
        "INSERT INTO artifacts (study_id, kind, path, bytes, checksum, written_us) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (study_id, kind, path) DO UPDATE SET bytes = excluded.bytes, checksum = excluded.checksum, "
        "written_us = excluded.written_us RETURNING id, digest <> ''";
    struct fw_sql q;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    fw_sql_bind_text(&q, artifact->kind);
    fw_sql_bind_text(&q, artifact->path);
    fw_sql_bind_int(&q, artifact->bytes);
    fw_sql_bind_hash(&q, artifact->checksum);
    fw_sql_bind_int(&q, fw_clock_utc_us());
    return put_row(&q, FW_DIGEST_ARTIFACTS, study, err);
}

static enum fw_status add_artifact(void *self, int64_t study, const struct fw_artifact *artifact, struct fw_error *err)
{
    struct fw_store *store = self;
    FW_TRY(fw_sql_begin(store, err));
    return fw_sql_end(store, put_artifact(store, study, artifact, err), err);
}

static const struct fw_trial_log_vtable store_vtable = {
    .open_study = fw_store_study_open,
    .find_trial = find_trial,
    .add_trials = add_trials,
    .add_decision = add_decision,
    .add_artifact = add_artifact,
    .close_study = fw_store_study_close,
};

struct fw_trial_log fw_store_trial_log(struct fw_store *store)
{
    return (struct fw_trial_log){.vtable = &store_vtable, .self = store};
}
