#include "search/sizes/sizing_record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/json_text.h"
#include "space/embedding_sizes_json.h"

/* Identity of an answer: who gave it under which budget. The sizes are its outcome. */
static uint64_t answer_hash(const struct fw_sizing_trial *trial, int32_t draw)
{
    uint64_t hash = fw_hash_text(trial->method, 1);
    hash = fw_hash_combine(hash, (uint64_t)trial->budget);
    return fw_hash_combine(hash, (uint64_t)draw);
}

enum fw_status fw_sizing_recall(struct fw_sizing_trial *trial, int32_t draw, const struct fw_sizing_record *record,
                                struct fw_error *err)
{
    struct fw_trial_record found = {0};
    bool is_there = false;
    FW_TRY(record->log->vtable->find_trial(record->log->self, &is_there, &found, record->study,
                                           answer_hash(trial, draw), err));
    if (!is_there || (found.state != FW_TRIAL_COMPLETE && found.state != FW_TRIAL_FAILED))
        return FW_OK;
    cJSON *json = cJSON_Parse(found.candidate);
    if (json == NULL)
        return fw_error_set(err, FW_E_CORRUPT, "trial %lld of study %lld has no readable candidate",
                            (long long)found.number, (long long)record->study);
    int64_t answers = 1;
    enum fw_status status = fw_json_int(&answers, json, "answers", 1, FW_NIS_ANSWERS, "a stored trial", err);
    if (status == FW_OK)
        status = fw_embedding_sizes_parse(&trial->sizes, json, "a stored trial", record->mem, err);
    trial->answers = (int32_t)answers;
    cJSON_Delete(json);
    FW_TRY(status);
    trial->remembered = true;
    trial->trained = found.state == FW_TRIAL_COMPLETE;
    if (!trial->trained)
        snprintf(trial->failure, sizeof trial->failure, "%s", found.reason != NULL ? found.reason : "failed before");
    trial->number = found.number;
    trial->quality = found.objective;
    trial->loss = (double)NAN;
    trial->bytes = found.bytes;
    trial->fit_seconds = found.seconds;
    return FW_OK;
}

/* {"method":...,"memory":...,"dim":...,"inputs":[...]}, the caller's. */
static enum fw_status print_answer(char **out, const struct fw_sizing_trial *trial, struct fw_allocator *mem,
                                   struct fw_error *err)
{
    cJSON *json = cJSON_CreateObject();
    fw_json_add_text(json, "method", trial->method);
    fw_json_add_number(json, "memory", (double)trial->budget);
    fw_json_add_number(json, "answers", trial->answers);
    fw_json_add_number(json, "dim", trial->sizes->dim);
    fw_json_add(json, "inputs", fw_embedding_sizes_inputs(trial->sizes));
    enum fw_status status = fw_json_print(out, json, false, mem, err);
    cJSON_Delete(json);
    return status;
}

enum fw_status fw_sizing_write(struct fw_sizing_trial *trial, int32_t draw, const struct fw_sizing_fit *fit,
                               const struct fw_sizing_record *record, struct fw_error *err)
{
    char *candidate = NULL;
    struct fw_metric metrics[] = {{"loss", 0, fit->loss},
                                  {"test", 0, fit->test},
                                  {"epochs", 0, (double)fit->epochs},
                                  {"search_seconds", 0, trial->search_seconds}};
    bool failed = trial->failure[0] != '\0';
    FW_TRY(print_answer(&candidate, trial, record->mem, err));
    struct fw_trial_record row = {.candidate = candidate,
                                  .hash = answer_hash(trial, draw),
                                  .state = failed ? FW_TRIAL_FAILED : FW_TRIAL_COMPLETE,
                                  .reason = failed ? trial->failure : NULL,
                                  .rung = 1,
                                  .objective = fit->quality,
                                  .gain = (double)NAN,
                                  .gain_low = (double)NAN,
                                  .gain_high = (double)NAN,
                                  .bytes = trial->bytes,
                                  .seconds = fit->seconds,
                                  .metrics = metrics,
                                  .n_metrics = sizeof metrics / sizeof metrics[0]};
    enum fw_status status = record->log->vtable->add_trials(record->log->self, record->study, &row, 1, err);
    trial->number = row.number;
    fw_free(record->mem, candidate);
    return status;
}

/* "12x8", "120x8+30x8", "-": what each strip of an input has, equal depths together. */
static void add_levels(struct fw_buffer *out, const struct fw_embedding_space *space, int32_t input,
                       const fw_level *levels)
{
    bool any = false;
    const fw_level *own = levels + (int64_t)input * FW_STRIPS_MOST;
    for (int32_t t = 0; t < space->n_columns;) {
        int32_t width = 0;
        fw_level level = own[t];
        for (; t < space->n_columns && own[t] == level; t++)
            width += space->width[t];
        if (level == 0)
            continue;
        fw_buffer_addf(out, "%s%lldx%d", any ? "+" : "", (long long)space->inputs[input].depth[level - 1], width);
        any = true;
    }
    if (!any)
        fw_buffer_add_text(out, "-");
}

static void add_sample(struct fw_buffer *out, const struct fw_embedding_space *space, const struct fw_nis_sample *s)
{
    fw_buffer_addf(out, "{\"method\":\"nis\",\"memory\":%lld,\"round\":%d,\"sizing\":{", (long long)s->budget,
                   s->round);
    for (int32_t i = 0; i < space->n_inputs; i++) {
        if (i > 0)
            fw_buffer_add_text(out, ",");
        fw_json_put_text(out, fw_text_of(space->inputs[i].name));
        fw_buffer_add_text(out, ":\"");
        add_levels(out, space, i, s->levels);
        fw_buffer_add_text(out, "\"");
    }
    fw_buffer_add_text(out, "}}");
}

/* The samples of a round in one transaction. texts: (n_samples) their candidates. */
static enum fw_status write_samples(const struct fw_nis_round *round, struct fw_buffer *texts,
                                    struct fw_trial_record *rows, struct fw_metric *metrics,
                                    const struct fw_sizing_record *record, struct fw_error *err)
{
    for (int32_t k = 0; k < round->n_samples; k++) {
        const struct fw_nis_sample *s = &round->samples[k];
        add_sample(&texts[k], record->space, s);
        FW_TRY(fw_buffer_check(&texts[k], err));
        metrics[k] = (struct fw_metric){"reward", round->round, s->reward};
        uint64_t hash = fw_hash_combine(fw_hash_text(texts[k].data, 2), (uint64_t)s->number);
        rows[k] = (struct fw_trial_record){.candidate = texts[k].data,
                                           .hash = hash,
                                           .state = FW_TRIAL_PRUNED,
                                           .reason = "judged with shared weights",
                                           .step = round->round,
                                           .objective = s->quality,
                                           .gain = (double)NAN,
                                           .gain_low = (double)NAN,
                                           .gain_high = (double)NAN,
                                           .bytes = s->bytes,
                                           .metrics = &metrics[k],
                                           .n_metrics = 1};
    }
    return record->log->vtable->add_trials(record->log->self, record->study, rows, round->n_samples, err);
}

static void add_policy(struct fw_buffer *out, const struct fw_nis_round *round, const struct fw_embedding_space *space)
{
    const struct fw_choice_table *table = round->table;
    fw_buffer_addf(out, "{\"memory\":%lld,\"round\":%d,\"expected_bytes\":%.0f,\"entropy\":%.4f,\"loss\":%.6f,",
                   (long long)round->budget, round->round, round->expected_bytes, round->entropy, round->loss);
    fw_buffer_add_text(out, "\"policy\":{");
    for (int32_t d = 0; d < table->n_decisions; d++) {
        int32_t input = fw_embedding_space_input(space, d);
        bool first = d == 0 || fw_embedding_space_input(space, d - 1) != input;
        bool last = d + 1 == table->n_decisions || fw_embedding_space_input(space, d + 1) != input;
        if (first) {
            fw_buffer_add_text(out, d > 0 ? "," : "");
            fw_json_put_text(out, fw_text_of(space->inputs[input].name));
            fw_buffer_add_text(out, ":[");
        }
        fw_buffer_add_text(out, first ? "[" : ",[");
        for (int32_t c = table->first[d]; c < table->first[d + 1]; c++)
            fw_buffer_addf(out, "%s%.3g", c > table->first[d] ? "," : "", round->probabilities[c]);
        fw_buffer_add_text(out, last ? "]]" : "]");
    }
    fw_buffer_add_text(out, "}}");
}

static enum fw_status write_policy(const struct fw_nis_round *round, const struct fw_sizing_record *record,
                                   struct fw_error *err)
{
    struct fw_buffer detail;
    fw_buffer_init(&detail, record->mem);
    add_policy(&detail, round, record->space);
    enum fw_status status = fw_buffer_check(&detail, err);
    if (status == FW_OK) {
        char kind[48];
        snprintf(kind, sizeof kind, "policy %lld", (long long)round->budget);
        struct fw_decision decision = {.step = round->round, .kind = kind, .detail = detail.data};
        status = record->log->vtable->add_decision(record->log->self, record->study, &decision, err);
    }
    fw_buffer_clear(&detail);
    return status;
}

enum fw_status fw_sizing_write_round(const struct fw_nis_round *round, const struct fw_sizing_record *record,
                                     struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_trial_record *rows = NULL;
    struct fw_metric *metrics = NULL;
    struct fw_buffer *texts = NULL;
    FW_ALLOC_GOTO(rows, record->mem, round->n_samples, "the trials of a round", err, done);
    FW_ALLOC_GOTO(metrics, record->mem, round->n_samples, "the trials of a round", err, done);
    FW_ALLOC_GOTO(texts, record->mem, round->n_samples, "the trials of a round", err, done);
    for (int32_t k = 0; k < round->n_samples; k++)
        fw_buffer_init(&texts[k], record->mem);
    FW_TRY_GOTO(write_samples(round, texts, rows, metrics, record, err), done);
    status = write_policy(round, record, err);
done:
    for (int32_t k = 0; texts != NULL && k < round->n_samples; k++)
        fw_buffer_clear(&texts[k]);
    fw_free(record->mem, texts);
    fw_free(record->mem, metrics);
    fw_free(record->mem, rows);
    return status;
}

enum fw_status fw_sizing_write_end(const struct fw_sizing_result *result, int64_t best,
                                   const struct fw_sizing_record *record, struct fw_error *err)
{
    char detail[128];
    const struct fw_trial_log_vtable *v = record->log->vtable;
    const char *why = result->stopped ? "ended early" : "all budgets and methods were tried";
    int64_t number = best >= 0 ? result->trials[best].number : 0;
    snprintf(detail, sizeof detail, "{\"why\":\"%s\",\"best\":%lld}", why, (long long)number);
    struct fw_decision decision = {
        .step = 0, .kind = "stop", .trial = number, .detail = detail, .clock = result->stopped};
    FW_TRY(v->add_decision(record->log->self, record->study, &decision, err));
    enum fw_study_status how = result->stopped ? FW_STUDY_INTERRUPTED : FW_STUDY_COMPLETE;
    return v->close_study(record->log->self, record->study, how, why, err);
}
