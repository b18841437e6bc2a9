#include "support/care.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/care/verify.h"
#include "support/store_samples.h"
#include "support/test_main.h"

struct fw_store_options care_options(void)
{
    struct fw_store_options options;
    fw_store_options_init(&options);
    options.wait_seconds = 1;
    return options;
}

void care_fill(const char *path, int64_t n_trials)
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

int64_t care_damages(const char *name, struct fw_buffer *texts)
{
    struct fw_verify result;
    struct fw_store_options how = care_options();
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

const char care_trials[] =
    "SELECT 'trial' || quote(id) || quote(study_id) || quote(number) || quote(parent) || quote(candidate) || "
    "quote(hash) || quote(state) || quote(reason) || quote(step) || quote(rung) || quote(rows) || quote(objective) || "
    "quote(gain) || quote(gain_low) || quote(gain_high) || quote(bytes) || quote(seconds) || quote(finished_us) || "
    "quote(digest) || coalesce((SELECT group_concat(quote(name) || quote(step) || quote(value)) FROM metrics WHERE "
    "trial_id = trials.id), 'none') FROM trials NOT INDEXED";

void care_write(const char *name, const char *data, size_t n)
{
    FILE *file = fopen(name, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}
