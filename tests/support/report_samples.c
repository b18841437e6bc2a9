#include "support/report_samples.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/json_text.h"
#include "results/care/store_notes.h"
#include "results/report/report.h"
#include "results/store/store_log.h"
#include "support/markup.h"
#include "support/test_main.h"

/* ---- texts ---- */

static const char *text_of(const struct report_texts *texts, const char *plain)
{
    return texts != NULL && texts->next != NULL ? texts->next(texts->self) : plain;
}

static void put(struct fw_buffer *out, const struct report_texts *texts, const char *plain)
{
    fw_json_put_text(out, fw_text_of(text_of(texts, plain)));
}

/* ---- writing ---- */

struct writer {
    struct fw_store *store;
    struct fw_trial_log log;
    const struct report_texts *texts;
    int64_t study;
    struct fw_buffer json; /* of the candidate or detail at hand */
};

static void begin(struct writer *w, struct fw_store *store, const struct report_texts *texts, const char *driver,
                  const char *objective, bool maximise)
{
    bool resumed;
    enum fw_study_status how;
    *w = (struct writer){.store = store, .log = fw_store_trial_log(store), .texts = texts};
    fw_buffer_init(&w->json, NULL);
    fw_buffer_add_text(&w->json, "{\"evaluator\":");
    put(&w->json, texts, "newton");
    fw_buffer_add_text(&w->json, ",\"settings\":{\"rate\":0.25,");
    put(&w->json, texts, "width");
    fw_buffer_add_text(&w->json, ":[1,2]}}");
    struct fw_study_info info = {.name = text_of(texts, NULL),
                                 .driver = driver,
                                 .objective = objective,
                                 .maximise = maximise,
                                 .data = text_of(texts, "train.csv"),
                                 .data_fingerprint = 77,
                                 .rows = 1000,
                                 .options = w->json.data,
                                 .seed = 7,
                                 .command = text_of(texts, "fieldwise cross train.csv")};
    ck_ok(w->log.vtable->open_study(w->log.self, &w->study, &resumed, &how, &info, err));
}

static int64_t add(struct writer *w, struct fw_trial_record record)
{
    record.candidate = w->json.data;
    record.hash = fw_hash_combine(fw_hash_text(w->json.data, 0), (uint64_t)record.number);
    ck_ok(w->log.vtable->add_trials(w->log.self, w->study, &record, 1, err));
    return record.number;
}

static void decide(struct writer *w, int32_t step, const char *kind, int64_t trial)
{
    struct fw_decision decision = {.step = step, .kind = kind, .trial = trial, .detail = w->json.data};
    ck_ok(w->log.vtable->add_decision(w->log.self, w->study, &decision, err));
}

static void restart(struct writer *w)
{
    fw_buffer_cut(&w->json, 0);
}

/* Tags and notes have rules of their own: what they do not take is left out. */
static void annotate(struct writer *w)
{
    const char *tag = text_of(w->texts, "first try");
    const char *note = text_of(w->texts, "looks good\nto be run again");
    if (fw_store_tag(w->store, w->study, &tag, 1, false, NULL) != FW_OK ||
        fw_store_annotate(w->store, w->study, note, NULL) != FW_OK)
        ck_assert_ptr_nonnull(w->texts);
}

static int64_t end(struct writer *w, enum fw_study_status status)
{
    annotate(w);
    ck_ok(w->log.vtable->close_study(w->log.self, w->study, status, text_of(w->texts, "nothing more to gain"), err));
    fw_buffer_clear(&w->json);
    return w->study;
}

/* ---- crosses ---- */

static void put_cross(struct writer *w, const char *a, const char *b, const char *with)
{
    restart(w);
    fw_buffer_add_text(&w->json, "{\"cross\":[");
    if (a != NULL) {
        put(&w->json, w->texts, a);
        fw_buffer_add_text(&w->json, ",");
        put(&w->json, w->texts, b);
    }
    fw_buffer_add_text(&w->json, "],\"with\":[");
    if (with != NULL)
        put(&w->json, w->texts, with);
    fw_buffer_add_text(&w->json, "]}");
}

static int64_t add_refit(struct writer *w, int64_t number, int64_t parent, int32_t step, double objective, double gain)
{
    struct fw_metric screen = {"screen", 1, gain * 2};
    return add(w, (struct fw_trial_record){.number = number,
                                           .parent = parent,
                                           .state = FW_TRIAL_COMPLETE,
                                           .step = step,
                                           .rung = 1,
                                           .rows = 800,
                                           .objective = objective,
                                           .gain = gain,
                                           .gain_low = gain - 0.001,
                                           .gain_high = gain + 0.001,
                                           .bytes = 4096,
                                           .seconds = 1.5,
                                           .metrics = &screen,
                                           .n_metrics = 1});
}

static void add_screened(struct writer *w, int64_t number, int64_t parent, int32_t step, double value)
{
    struct fw_metric screen = {"screen", 0, value};
    int64_t given = add(w, (struct fw_trial_record){.number = number,
                                                    .parent = parent,
                                                    .state = FW_TRIAL_PRUNED,
                                                    .reason = text_of(w->texts, "ranked lower in the screen"),
                                                    .step = step,
                                                    .rows = 400,
                                                    .objective = (double)NAN,
                                                    .gain = (double)NAN,
                                                    .gain_low = (double)NAN,
                                                    .gain_high = (double)NAN,
                                                    .metrics = &screen,
                                                    .n_metrics = 1});
    ck_assert_int_gt(given, 0);
}

static void accept(struct writer *w, int32_t step, int64_t trial, double gain)
{
    restart(w);
    fw_buffer_add_text(&w->json, "{\"why\":");
    put(&w->json, w->texts, "largest significant gain");
    fw_buffer_addf(&w->json, ",\"gain\":%g,\"gain_low\":%g,\"gain_high\":%g}", gain, gain - 0.001, gain + 0.001);
    decide(w, step, "accept", trial);
}

int64_t report_sample_crosses(struct fw_store *store, const struct report_texts *texts)
{
    struct writer w;
    begin(&w, store, texts, "autocross", "auc", true);
    put_cross(&w, NULL, NULL, NULL);
    int64_t base = add(&w, (struct fw_trial_record){.number = 1,
                                                    .state = FW_TRIAL_COMPLETE,
                                                    .rows = 800,
                                                    .objective = 0.81,
                                                    .gain = (double)NAN,
                                                    .gain_low = (double)NAN,
                                                    .gain_high = (double)NAN});
    for (int64_t i = 0; i < 6; i++) {
        put_cross(&w, "age", "pruned", NULL);
        add_screened(&w, 2 + i, base, 1, 0.0001 * (double)i);
    }
    put_cross(&w, "age", "job", NULL);
    int64_t first = add_refit(&w, 8, base, 1, 0.82, 0.01);
    put_cross(&w, "age", "sex", NULL);
    int64_t refused = add_refit(&w, 9, base, 1, 0.8105, 0.0005);
    accept(&w, 1, first, 0.01);
    put_cross(&w, "job", "sex", "age x job");
    int64_t second = add_refit(&w, 10, first, 2, 0.825, 0.005);
    accept(&w, 2, second, 0.005);
    restart(&w);
    fw_buffer_add_text(&w.json, "{\"why\":");
    put(&w.json, texts, "nothing significant");
    fw_buffer_add_text(&w.json, "}");
    decide(&w, 3, "stop", 0);
    ck_assert_int_ne(refused, second);
    return end(&w, FW_STUDY_COMPLETE);
}

/* ---- settings ---- */

static void put_settings(struct writer *w, int64_t i)
{
    static const char *const schedules[] = {"constant", "cosine", "linear"};
    restart(w);
    fw_buffer_addf(&w->json, "{\"rate\":%g,\"dim\":%d,\"schedule\":", 0.001 * pow(10, (double)(i * 7 % 30) / 10),
                   4 << (i % 4));
    put(&w->json, w->texts, schedules[i % 3]);
    fw_buffer_addf(&w->json, ",\"epochs\":%d}", i % 5 == 0 ? 9 : 3);
}

int64_t report_sample_settings(struct fw_store *store, const struct report_texts *texts, int64_t n_trials)
{
    struct writer w;
    begin(&w, store, texts, "tune", "auc", true);
    const char *curve = text_of(texts, "auc");
    for (int64_t i = 0; i < n_trials; i++) {
        struct fw_metric metrics[5];
        double objective = 0.7 + 0.1 * (double)(i * 37 % 101) / 101;
        bool failed = i % 11 == 10;
        for (int64_t e = 0; e < 3; e++)
            metrics[e] = (struct fw_metric){curve, e + 1, objective - 0.01 * (double)(2 - e)};
        metrics[3] = (struct fw_metric){"train_loss", 1, 0.5};
        metrics[4] = (struct fw_metric){"configuration", 0, (double)(i / 2)};
        put_settings(&w, i);
        int64_t number =
            add(&w, (struct fw_trial_record){.number = i + 1,
                                             .parent = i > 0,
                                             .state = failed ? FW_TRIAL_FAILED : FW_TRIAL_COMPLETE,
                                             .reason = failed ? text_of(texts, "the loss is not finite") : NULL,
                                             .step = i > 0,
                                             .rung = (int32_t)(i % 2),
                                             .rows = 800,
                                             .objective = failed ? (double)NAN : objective,
                                             .gain = i > 0 ? objective - 0.7 : (double)NAN,
                                             .gain_low = i > 0 ? objective - 0.71 : (double)NAN,
                                             .gain_high = i > 0 ? objective - 0.69 : (double)NAN,
                                             .bytes = 1000 * (4 << (i % 4)),
                                             .seconds = 2,
                                             .metrics = metrics,
                                             .n_metrics = failed ? 0 : 5});
        ck_assert_int_eq(number, i + 1);
    }
    return end(&w, FW_STUDY_COMPLETE);
}

/* ---- sizes ---- */

static void put_sizes(struct writer *w, const char *method, const int *ids, const int *widths)
{
    static const char *const inputs[] = {"user", "item", "hour"};
    restart(w);
    fw_buffer_add_text(&w->json, "{\"method\":");
    put(&w->json, w->texts, method);
    fw_buffer_add_text(&w->json, ",\"memory\":4096,\"answers\":1,\"dim\":16,\"inputs\":[");
    for (int i = 0; i < 3; i++) {
        fw_buffer_add_text(&w->json, i > 0 ? ",{\"input\":" : "{\"input\":");
        put(&w->json, w->texts, inputs[i]);
        fw_buffer_add_text(&w->json, ",\"strips\":[");
        if (ids[i] > 0)
            fw_buffer_addf(&w->json, "{\"ids\":%d,\"width\":%d}", ids[i], widths[i]);
        fw_buffer_add_text(&w->json, "],\"projected\":false}");
    }
    fw_buffer_add_text(&w->json, "]}");
}

int64_t report_sample_sizes(struct fw_store *store, const struct report_texts *texts)
{
    static const int ids[3][3] = {{1000, 500, 24}, {300, 100, 24}, {100, 20, 0}};
    static const int widths[3][3] = {{16, 16, 16}, {8, 4, 4}, {4, 4, 0}};
    static const double objectives[3] = {0.75, 0.748, 0.72};
    struct writer w;
    int64_t chosen = 0;
    begin(&w, store, texts, "embed", "auc", true);
    for (int32_t round = 1; round <= 4; round++) {
        restart(&w);
        fw_buffer_addf(&w.json, "{\"memory\":4096,\"round\":%d,\"expected_bytes\":%d,\"entropy\":%g}", round,
                       9000 - 1200 * round, 3.0 / round);
        decide(&w, round, "policy 4096", 0);
    }
    for (int i = 0; i < 3; i++) {
        int64_t bytes = 0;
        struct fw_metric test = {"test", 0, objectives[i] - 0.01};
        for (int k = 0; k < 3; k++)
            bytes += 4L * ids[i][k] * widths[i][k];
        put_sizes(&w, i == 0 ? "full" : "nis", ids[i], widths[i]);
        int64_t number = add(&w, (struct fw_trial_record){.number = i + 1,
                                                          .state = FW_TRIAL_COMPLETE,
                                                          .rung = 1,
                                                          .objective = objectives[i],
                                                          .gain = (double)NAN,
                                                          .gain_low = (double)NAN,
                                                          .gain_high = (double)NAN,
                                                          .bytes = bytes,
                                                          .seconds = 3,
                                                          .metrics = &test,
                                                          .n_metrics = 1});
        chosen = i == 1 ? number : chosen;
    }
    restart(&w);
    fw_buffer_add_text(&w.json, "{\"why\":");
    put(&w.json, texts, "all budgets were tried");
    fw_buffer_add_text(&w.json, "}");
    decide(&w, 0, "stop", chosen);
    return end(&w, FW_STUDY_COMPLETE);
}

/* ---- routing ---- */

int64_t report_sample_routing(struct fw_store *store, const struct report_texts *texts)
{
    static const char *const gates[] = {"gate level2.1<1", "gate level2.1<2", "gate level2.2<1", "gate level2.2<2",
                                        "gate tower1<1",   "gate tower1<2",   "gate tower2<1",   "gate tower2<2"};
    struct writer w;
    begin(&w, store, texts, "route", "auc", true);
    int64_t number = 0;
    for (int i = 0; i < 2; i++) {
        struct fw_metric metrics[3 * 9 + 2];
        int64_t n = 0;
        for (int e = 1; e <= 3; e++) {
            metrics[n++] = (struct fw_metric){"expected open", e, 8 - e - i};
            for (int g = 0; g < 8; g++)
                metrics[n++] = (struct fw_metric){gates[g], e, g % 3 == 1 ? 0 : 1 - 0.1 * e};
        }
        metrics[n++] = (struct fw_metric){"connections", 0, 5};
        metrics[n++] = (struct fw_metric){"sub-networks", 0, 4};
        restart(&w);
        fw_buffer_addf(&w.json, "{\"lambda\":%g,\"memory\":0,\"model\":", 0.01 * (i + 1));
        put(&w.json, texts, "snr_trans");
        fw_buffer_add_text(&w.json, ",\"settings\":{\"levels\":2,\"subnetworks\":2,\"units\":4,\"tower\":8}}");
        int64_t given = add(&w, (struct fw_trial_record){.number = i + 1,
                                                         .parent = i,
                                                         .state = FW_TRIAL_COMPLETE,
                                                         .step = i,
                                                         .objective = 0.76 - 0.01 * i,
                                                         .gain = (double)NAN,
                                                         .gain_low = (double)NAN,
                                                         .gain_high = (double)NAN,
                                                         .bytes = 7000 - 1000 * i,
                                                         .seconds = 4,
                                                         .metrics = metrics,
                                                         .n_metrics = n});
        number = i == 0 ? given : number;
    }
    restart(&w);
    fw_buffer_add_text(&w.json, "{\"why\":");
    put(&w.json, texts, "the best");
    fw_buffer_add_text(&w.json, "}");
    decide(&w, 2, "choose", number);
    return end(&w, FW_STUDY_COMPLETE);
}

/* ---- models ---- */

int64_t report_sample_models(struct fw_store *store, const struct report_texts *texts)
{
    static const char *const models[] = {"lr", "fm"};
    struct writer w;
    begin(&w, store, texts, "train", "logloss", false);
    for (int i = 0; i < 2; i++) {
        struct fw_metric metrics[4];
        for (int e = 0; e < 4; e++)
            metrics[e] = (struct fw_metric){"logloss", e, 0.6 - 0.05 * e - 0.01 * i};
        restart(&w);
        fw_buffer_add_text(&w.json, "{\"model\":");
        put(&w.json, texts, models[i]);
        fw_buffer_add_text(&w.json, ",\"rate\":0.1}");
        int64_t given = add(&w, (struct fw_trial_record){.number = i + 1,
                                                         .state = FW_TRIAL_COMPLETE,
                                                         .objective = 0.45 - 0.01 * i,
                                                         .gain = (double)NAN,
                                                         .gain_low = (double)NAN,
                                                         .gain_high = (double)NAN,
                                                         .bytes = 1000 + 5000 * i,
                                                         .seconds = 2,
                                                         .metrics = metrics,
                                                         .n_metrics = 4});
        ck_assert_int_gt(given, 0);
    }
    struct fw_artifact artifact = {"model", text_of(texts, "model.fw"), 4096, 99};
    ck_ok(w.log.vtable->add_artifact(w.log.self, w.study, &artifact, err));
    return end(&w, FW_STUDY_INTERRUPTED);
}

int64_t report_sample(struct fw_store *store, int kind, const struct report_texts *texts)
{
    switch (kind) {
    case 0:
        return report_sample_crosses(store, texts);
    case 1:
        return report_sample_settings(store, texts, 30);
    case 2:
        return report_sample_sizes(store, texts);
    case 3:
        return report_sample_routing(store, texts);
    default:
        return report_sample_models(store, texts);
    }
}

void report_sample_page(struct fw_buffer *out, struct fw_store *store, int64_t study)
{
    struct fw_report_options options;
    fw_report_options_init(&options);
    fw_buffer_init(out, NULL);
    ck_ok(fw_report_add(out, store, study, &options, err));
    markup_check(out->data);
}
