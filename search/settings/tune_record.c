#include "search/settings/tune_record.h"

#include <math.h>
#include <string.h>

#include "core/hash.h"

enum fw_status fw_tune_settings(uint64_t *hash_out, struct fw_buffer *text, const struct fw_params *params,
                                struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_buffer own;
    fw_buffer_init(&own, mem);
    fw_params_json(&own, params);
    enum fw_status status = fw_buffer_check(&own, err);
    if (status == FW_OK) {
        *hash_out = fw_hash_text(own.data, 0);
        if (text != NULL)
            fw_buffer_add_text(text, own.data);
    }
    fw_buffer_clear(&own);
    if (status == FW_OK && text != NULL)
        status = fw_buffer_check(text, err);
    return status;
}

enum fw_status fw_tune_recall(struct fw_tune_trial *trial, const struct fw_trial_log *log, int64_t study,
                              struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_trial_record record = {0};
    uint64_t hash;
    bool found = false;
    FW_TRY(fw_tune_settings(&hash, NULL, &trial->params, mem, err));
    FW_TRY(log->vtable->find_trial(log->self, &found, &record, study, hash, err));
    if (!found || record.state != FW_TRIAL_COMPLETE)
        return FW_OK;
    trial->remembered = true;
    trial->number = record.number;
    trial->objective = record.objective;
    trial->gain = record.gain;
    trial->gain_low = record.gain_low;
    trial->gain_high = record.gain_high;
    trial->seconds = record.seconds;
    return FW_OK;
}

enum fw_status fw_tune_write(struct fw_tune_trial *trial, const struct fw_tune_outcome *outcome, const char *reason,
                             int64_t baseline, const struct fw_trial_log *log, int64_t study, struct fw_allocator *mem,
                             struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_buffer candidate;
    struct fw_metric *metrics = NULL;
    int64_t n_metrics = outcome != NULL ? outcome->n_metrics : 0;
    struct fw_trial_record record = {.parent = baseline,
                                     .state = outcome != NULL ? FW_TRIAL_COMPLETE : FW_TRIAL_FAILED,
                                     .reason = reason,
                                     .step = trial->bracket,
                                     .rung = trial->rung,
                                     .objective = trial->objective,
                                     .gain = trial->gain,
                                     .gain_low = trial->gain_low,
                                     .gain_high = trial->gain_high,
                                     .seconds = trial->seconds};
    fw_buffer_init(&candidate, mem);
    FW_TRY_GOTO(fw_tune_settings(&record.hash, &candidate, &trial->params, mem, err), done);
    FW_ALLOC_GOTO(metrics, mem, n_metrics + 1, "the figures of a trial", err, done);
    if (n_metrics > 0)
        memcpy(metrics, outcome->metrics, (size_t)n_metrics * sizeof *metrics);
    metrics[n_metrics++] = (struct fw_metric){.name = "configuration", .value = (double)trial->configuration};
    if (outcome != NULL) {
        record.rows = outcome->rows;
        record.bytes = outcome->bytes;
    }
    record.candidate = candidate.data;
    record.metrics = metrics;
    record.n_metrics = n_metrics;
    FW_TRY_GOTO(log->vtable->add_trials(log->self, study, &record, 1, err), done);
    if (record.number > 0)
        trial->number = record.number;
done:
    fw_free(mem, metrics);
    fw_buffer_clear(&candidate);
    return status;
}

enum fw_status fw_tune_write_decision(const struct fw_trial_log *log, int64_t study, int32_t step, const char *kind,
                                      const char *why, int64_t best, const int64_t *promoted, int64_t n, bool clock,
                                      struct fw_error *err)
{
    struct fw_buffer detail;
    fw_buffer_init(&detail, NULL);
    fw_buffer_addf(&detail, "{\"why\":\"%s\"", why); /* our own words: nothing in them to escape */
    for (int64_t i = 0; i < n; i++)
        fw_buffer_addf(&detail, "%s%lld", i == 0 ? ",\"promoted\":[" : ",", (long long)promoted[i]);
    fw_buffer_add_text(&detail, n > 0 ? "]}" : "}");
    enum fw_status status = fw_buffer_check(&detail, err);
    if (status == FW_OK) {
        struct fw_decision decision = {
            .step = step, .kind = kind, .trial = best, .detail = detail.data, .clock = clock};
        status = log->vtable->add_decision(log->self, study, &decision, err);
    }
    fw_buffer_clear(&detail);
    return status;
}
