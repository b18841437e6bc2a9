#include "search/crosses/trial_writer.h"

#include <math.h>
#include <string.h>

#include "core/hash.h"
#include "core/json.h"

static cJSON *names_of(const struct fw_cross *cross, const struct fw_dataset *dataset)
{
    cJSON *names = cJSON_CreateArray();
    for (int32_t m = 0; m < cross->order; m++)
        fw_json_append(names, cJSON_CreateString(dataset->fields[cross->fields[m]].name));
    return names;
}

enum fw_status fw_trial_candidate(char **out, const struct fw_cross *cross, const struct fw_feature_set *set,
                                  struct fw_allocator *mem, struct fw_error *err)
{
    cJSON *json = cJSON_CreateObject();
    fw_json_add(json, "cross", names_of(cross, set->dataset));
    cJSON *with = fw_json_add_array(json, "with");
    for (int32_t x = 0; x < set->n_crosses; x++)
        fw_json_append(with, cJSON_CreateString(set->dataset->fields[set->crosses[x].field].name));
    enum fw_status status = fw_json_print(out, json, false, mem, err);
    cJSON_Delete(json);
    return status;
}

static uint64_t hash_of(const char *candidate)
{
    return fw_hash_text(candidate, 0);
}

enum fw_status fw_trial_write_base(const struct fw_trial_log *log, int64_t study, struct fw_feature_set *base,
                                   double logloss, double seconds, struct fw_allocator *mem, struct fw_error *err)
{
    char *candidate = NULL;
    struct fw_cross none = {0};
    FW_TRY(fw_trial_candidate(&candidate, &none, base, mem, err));
    struct fw_metric metric = {.name = "logloss", .value = logloss};
    struct fw_trial_record record = {.candidate = candidate,
                                     .hash = hash_of(candidate),
                                     .state = FW_TRIAL_COMPLETE,
                                     .rows = base->dataset->n_rows,
                                     .objective = base->objective,
                                     .gain = NAN,
                                     .gain_low = NAN,
                                     .gain_high = NAN,
                                     .seconds = seconds,
                                     .metrics = &metric,
                                     .n_metrics = 1};
    enum fw_status status = log->vtable->add_trials(log->self, study, &record, 1, err);
    base->trial = record.number;
    fw_free(mem, candidate);
    return status;
}

static void free_candidates(struct fw_trial_record *records, int64_t n, struct fw_allocator *mem)
{
    for (int64_t i = 0; records != NULL && i < n; i++)
        fw_free(mem, (char *)(uintptr_t)records[i].candidate);
    fw_free(mem, records);
}

enum fw_status fw_trial_write_screened(const struct fw_trial_log *log, int64_t study, int32_t step,
                                       const struct fw_feature_set *set, const struct fw_candidate *candidates,
                                       const struct fw_halving_result *results, int64_t n, const bool *refitted,
                                       struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_trial_record *records = NULL;
    struct fw_metric *metrics = NULL;
    int64_t n_records = 0;
    FW_ALLOC_GOTO(records, mem, n, "the records of candidates", err, done);
    FW_ALLOC_GOTO(metrics, mem, n, "the records of candidates", err, done);
    for (int64_t i = 0; i < n; i++) {
        if (refitted[i])
            continue;
        char *candidate = NULL;
        FW_TRY_GOTO(fw_trial_candidate(&candidate, &candidates[i].cross, set, mem, err), done);
        metrics[n_records] =
            (struct fw_metric){.name = "screen", .step = results[i].rung, .value = results[i].score.value};
        records[n_records] = (struct fw_trial_record){.parent = set->trial,
                                                      .candidate = candidate,
                                                      .hash = hash_of(candidate),
                                                      .state = FW_TRIAL_PRUNED,
                                                      .reason = "ranked lower in the screen",
                                                      .step = step,
                                                      .rung = results[i].rung,
                                                      .rows = results[i].rows,
                                                      .objective = NAN,
                                                      .gain = NAN,
                                                      .gain_low = NAN,
                                                      .gain_high = NAN,
                                                      .seconds = results[i].score.seconds,
                                                      .metrics = &metrics[n_records],
                                                      .n_metrics = 1};
        n_records++;
    }
    if (n_records > 0)
        status = log->vtable->add_trials(log->self, study, records, n_records, err);
done:
    free_candidates(records, n_records, mem);
    fw_free(mem, metrics);
    return status;
}

enum fw_status fw_trial_recall(struct fw_refit *refit, const struct fw_trial_log *log, int64_t study,
                               const struct fw_feature_set *set, struct fw_allocator *mem, struct fw_error *err)
{
    char *candidate = NULL;
    struct fw_trial_record record = {0};
    bool found = false;
    FW_TRY(fw_trial_candidate(&candidate, &refit->candidate.cross, set, mem, err));
    enum fw_status status = log->vtable->find_trial(log->self, &found, &record, study, hash_of(candidate), err);
    if (status == FW_OK && found && record.state == FW_TRIAL_COMPLETE) {
        refit->remembered = true;
        refit->objective = record.objective;
        refit->gain = record.gain;
        refit->gain_low = record.gain_low;
        refit->gain_high = record.gain_high;
        refit->trial = record.number;
    }
    fw_free(mem, candidate);
    return status;
}

enum { metrics_a_refit = 4 };

static int64_t list_metrics(struct fw_metric *metrics, const struct fw_refit *refit)
{
    int64_t n = 0;
    metrics[n++] = (struct fw_metric){.name = "logloss", .value = refit->logloss};
    metrics[n++] = (struct fw_metric){.name = "logloss_gain", .value = refit->logloss_gain};
    metrics[n++] = (struct fw_metric){.name = "ids", .value = (double)refit->ids};
    if (!isnan(refit->screen_value))
        metrics[n++] = (struct fw_metric){.name = "screen", .step = refit->rung, .value = refit->screen_value};
    return n;
}

enum fw_status fw_trial_write_refits(const struct fw_trial_log *log, int64_t study, int32_t step,
                                     const struct fw_feature_set *set, struct fw_refit *refits, int64_t n,
                                     struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_trial_record *records = NULL;
    struct fw_metric *metrics = NULL;
    int64_t n_records = 0;
    FW_ALLOC_GOTO(records, mem, n, "the records of refits", err, done);
    FW_ALLOC_GOTO(metrics, mem, n * metrics_a_refit, "the records of refits", err, done);
    for (int64_t i = 0; i < n; i++) {
        if (refits[i].remembered)
            continue;
        char *candidate = NULL;
        FW_TRY_GOTO(fw_trial_candidate(&candidate, &refits[i].candidate.cross, set, mem, err), done);
        struct fw_metric *own = metrics + n_records * metrics_a_refit;
        records[n_records++] = (struct fw_trial_record){.parent = set->trial,
                                                        .candidate = candidate,
                                                        .hash = hash_of(candidate),
                                                        .state = FW_TRIAL_COMPLETE,
                                                        .step = step,
                                                        .rung = refits[i].rung,
                                                        .rows = refits[i].screen_rows + set->dataset->n_rows,
                                                        .objective = refits[i].objective,
                                                        .gain = refits[i].gain,
                                                        .gain_low = refits[i].gain_low,
                                                        .gain_high = refits[i].gain_high,
                                                        .bytes = refits[i].bytes,
                                                        .seconds = refits[i].seconds,
                                                        .metrics = own,
                                                        .n_metrics = list_metrics(own, &refits[i])};
    }
    if (n_records > 0)
        status = log->vtable->add_trials(log->self, study, records, n_records, err);
    for (int64_t i = 0, r = 0; status == FW_OK && i < n; i++) {
        if (!refits[i].remembered)
            refits[i].trial = records[r++].number;
    }
done:
    free_candidates(records, n_records, mem);
    fw_free(mem, metrics);
    return status;
}

enum fw_status fw_trial_write_decision(const struct fw_trial_log *log, int64_t study, int32_t step, const char *kind,
                                       const char *why, const struct fw_refit *refit, const struct fw_feature_set *set,
                                       bool clock, struct fw_allocator *mem, struct fw_error *err)
{
    char *detail = NULL;
    cJSON *json = cJSON_CreateObject();
    fw_json_add_text(json, "why", why);
    if (refit != NULL) {
        fw_json_add(json, "cross", names_of(&refit->candidate.cross, set->dataset));
        fw_json_add_number(json, "gain", refit->gain);
        fw_json_add_number(json, "gain_low", refit->gain_low);
        fw_json_add_number(json, "gain_high", refit->gain_high);
        fw_json_add_number(json, "objective", refit->objective);
    }
    enum fw_status status = fw_json_print(&detail, json, false, mem, err);
    cJSON_Delete(json);
    FW_TRY(status);
    struct fw_decision decision = {
        .step = step, .kind = kind, .trial = refit != NULL ? refit->trial : 0, .detail = detail, .clock = clock};
    status = log->vtable->add_decision(log->self, study, &decision, err);
    fw_free(mem, detail);
    return status;
}
