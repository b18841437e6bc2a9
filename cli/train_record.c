#include "cli/train_record.h"
#include "cli/task_figures.h"

#include <math.h>
#include <stdio.h>

#include "core/hash.h"
#include "core/json_text.h"
#include "core/text.h"

/* A model with its settings, as the candidate of a trial. */
static void print_candidate(struct fw_buffer *buffer, const struct cli_train_choice *choice)
{
    struct fw_buffer settings;
    fw_buffer_init(&settings, NULL);
    fw_params_json(&settings, &choice->params);
    if (settings.failed)
        buffer->failed = true;
    else
        fw_buffer_addf(buffer, "{\"model\":\"%s\",%s", choice->vtable->name, settings.data + 1);
    fw_buffer_clear(&settings);
}

static void add_text(struct fw_buffer *out, const char *name, const char *value)
{
    fw_buffer_addf(out, ",\"%s\":", name);
    if (value != NULL)
        fw_json_put_text(out, fw_text_of(value));
    else
        fw_buffer_add_text(out, "null");
}

/* What the models were trained and judged on, and from which plan: models with the same settings differ by it. */
static void add_data_options(struct fw_buffer *out, const struct cli_train_options *options)
{
    static const char *const kinds[] = {
        [FW_SPLIT_RANDOM] = "random", [FW_SPLIT_GROUP] = "group", [FW_SPLIT_TIME] = "time", [FW_SPLIT_FILE] = "file"};
    const struct fw_split_options *split = &options->split.split;
    add_text(out, "plan", options->plan);
    add_text(out, "valid", options->split.valid);
    add_text(out, "split", kinds[split->kind]);
    fw_buffer_add_text(out, ",\"valid_fraction\":");
    fw_json_put_double(out, split->valid_fraction);
    fw_buffer_addf(out, ",\"refit\":%s,\"calibrate\":%s", options->no_refit ? "false" : "true",
                   options->calibrate ? "true" : "false");
}

enum fw_status cli_train_record_open(struct cli_train_record *out, struct cli_train_options *options,
                                     const struct cli_train_choices *choices, const struct cli_training_setup *setup,
                                     struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_buffer text;
    enum fw_study_status before;
    bool resumed;
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "{\"models\":[");
    for (int64_t i = 0; i < choices->n; i++) {
        fw_buffer_add_text(&text, i > 0 ? "," : "");
        print_candidate(&text, &choices->items[i]);
    }
    fw_buffer_add_text(&text, "]");
    add_data_options(&text, options);
    fw_buffer_add_text(&text, "}");
    FW_TRY_GOTO(fw_buffer_check(&text, err), done);
    FW_TRY_GOTO(cli_store_open(&out->store, &options->store, &options->data.mem, err), done);
    struct fw_study_info info = {.driver = "train",
                                 .objective = options->metric.text,
                                 .maximise = options->metric.maximise,
                                 .data = options->path,
                                 .data_fingerprint = setup->fingerprint,
                                 .rows = setup->training.dataset->n_rows,
                                 .options = text.data,
                                 .seed = options->split.split.seed,
                                 .command = options->command_line};
    FW_TRY_GOTO(out->store.log.vtable->open_study(out->store.log.self, &out->study, &resumed, &before, &info, err),
                done);
    out->open = true;
done:
    fw_buffer_clear(&text);
    return status;
}

enum { figures_of_trial = 10, standard_errors = 2 }; /* of a trial beside its curves, of each of several readings */

/* Names of metrics that hold the name of a reading. */
struct names {
    char (*texts)[192];
    int64_t n;
};

static const char *name_of(struct names *names, const char *best, enum fw_figure figure, const char *what,
                           const struct fw_reading *reading)
{
    char *text = names->texts[names->n++];
    snprintf(text, sizeof *names->texts, "%s%s%s %s", best, fw_figure_name(figure), what, reading->name);
    return text;
}

/* Of each of several readings its figure by epoch, and all figures of the best one. */
static int64_t list_readings(struct fw_metric *metrics, struct names *names, int64_t n,
                             const struct cli_train_outcome *o)
{
    const struct cli_judgement *j = &o->judgement;
    int64_t first = isnan(o->training.start_score) ? 1 : 0; /* epoch of the first score */
    int64_t n_scores = o->training.n_epochs + 1 - first;
    for (int32_t r = 0; r < j->n_readings; r++) {
        const char *name = name_of(names, "", j->shown[r], "", &j->readings[r]);
        for (int64_t k = 0; k < n_scores; k++)
            metrics[n++] = (struct fw_metric){name, first + k, j->curve[k * j->n_readings + r]};
        const enum fw_figure *figures = cli_figures_of(j->readings[r].kind);
        for (int f = 0; f < CLI_FIGURES_SHOWN; f++)
            metrics[n++] = (struct fw_metric){name_of(names, "best_", figures[f], "", &j->readings[r]), 0,
                                              fw_figure_value(figures[f], &j->figures[r])};
        if (fw_figure_of_numbers(figures[0]))
            continue;
        const struct fw_metrics *classes = &j->figures[r].classes;
        metrics[n++] =
            (struct fw_metric){name_of(names, "best_", FW_FIGURE_AUC, "_se", &j->readings[r]), 0, classes->auc_se};
        metrics[n++] = (struct fw_metric){name_of(names, "best_", FW_FIGURE_LOGLOSS, "_se", &j->readings[r]), 0,
                                          classes->logloss_se};
    }
    return n;
}

static int64_t list_best(struct fw_metric *metrics, int64_t n, const struct cli_judgement *judgement)
{
    static const struct {
        const char *name;
        enum fw_figure figure;
    } best[] = {{"best_auc", FW_FIGURE_AUC},
                {"best_logloss", FW_FIGURE_LOGLOSS},
                {"best_accuracy", FW_FIGURE_ACCURACY}};
    const struct fw_metrics *classes = &judgement->figures->classes;
    for (size_t i = 0; i < sizeof best / sizeof best[0]; i++)
        metrics[n++] = (struct fw_metric){best[i].name, 0, fw_figure_value(best[i].figure, judgement->figures)};
    metrics[n++] = (struct fw_metric){"best_auc_se", 0, classes->auc_se};
    metrics[n++] = (struct fw_metric){"best_logloss_se", 0, classes->logloss_se};
    metrics[n++] = (struct fw_metric){"best_accuracy_se", 0, classes->accuracy_se};
    return n;
}

/* The learning curve by epoch, and the figures of the best one at step 0 under names that the curve does not have. */
static int64_t list_metrics(struct fw_metric *metrics, struct names *names, const struct cli_train_options *options,
                            const struct cli_train_outcome *o)
{
    const struct fw_training *t = &o->training;
    const struct fw_score_spec *metric = &options->metric;
    int64_t n = 0;
    if (!isnan(t->start_score))
        metrics[n++] = (struct fw_metric){metric->text, 0, fw_score_natural(metric->maximise, t->start_score)};
    for (int64_t e = 0; e < t->n_epochs; e++) {
        metrics[n++] = (struct fw_metric){"train_loss", e + 1, t->curve[e].train_loss};
        metrics[n++] = (struct fw_metric){metric->text, e + 1, fw_score_natural(metric->maximise, t->curve[e].score)};
    }
    if (o->judgement.n_readings > 1)
        n = list_readings(metrics, names, n, o);
    else
        n = list_best(metrics, n, &o->judgement);
    metrics[n++] = (struct fw_metric){"best_epoch", 0, (double)t->best_epoch};
    metrics[n++] = (struct fw_metric){"parameters", 0, (double)o->parameters};
    if (!isnan(t->score_us))
        metrics[n++] = (struct fw_metric){"score_us", 0, t->score_us};
    return n;
}

/* The most metrics that list_metrics lists. */
static int64_t count_metrics(const struct cli_train_outcome *o)
{
    int64_t epochs = o->training.n_epochs;
    return 2 * epochs + figures_of_trial + o->judgement.n_readings * (epochs + 1 + CLI_FIGURES_SHOWN + standard_errors);
}

enum fw_status cli_train_record_add(struct cli_train_record *record, const struct cli_train_options *options,
                                    const struct cli_train_outcome *o, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_training *t = &o->training;
    struct fw_buffer candidate;
    struct fw_metric *metrics = NULL;
    struct names names = {0};
    bool failed = o->reason[0] != '\0';
    fw_buffer_init(&candidate, NULL);
    print_candidate(&candidate, o->choice);
    FW_TRY_GOTO(fw_buffer_check(&candidate, err), done);
    FW_ALLOC_GOTO(metrics, NULL, count_metrics(o), "the learning curve", err, done);
    FW_ALLOC_GOTO(names.texts, NULL, o->judgement.n_readings * (1 + CLI_FIGURES_SHOWN + standard_errors),
                  "names of metrics", err, done);
    struct fw_trial_record trial = {
        .candidate = candidate.data,
        .hash = fw_hash_text(candidate.data, 0),
        .state = failed ? FW_TRIAL_FAILED : FW_TRIAL_COMPLETE,
        .reason = failed ? o->reason : NULL,
        .rows = t->rows,
        .objective = o->status == FW_OK ? fw_score_natural(options->metric.maximise, t->best_score) : (double)NAN,
        .gain = (double)NAN,
        .gain_low = (double)NAN,
        .gain_high = (double)NAN,
        .bytes = o->bytes,
        .seconds = t->seconds,
        .metrics = metrics,
        .n_metrics = o->status == FW_OK ? list_metrics(metrics, &names, options, o) : 0,
    };
    FW_TRY_GOTO(record->store.log.vtable->add_trials(record->store.log.self, record->study, &trial, 1, err), done);
done:
    fw_free(NULL, names.texts);
    fw_free(NULL, metrics);
    fw_buffer_clear(&candidate);
    return status;
}

enum fw_status cli_train_record_end(struct cli_train_record *record, enum fw_study_status status, const char *reason,
                                    const char *model, struct fw_error *err)
{
    if (model != NULL)
        FW_TRY(cli_store_artifact(&record->store, record->study, "model", model, err));
    record->open = false;
    return record->store.log.vtable->close_study(record->store.log.self, record->study, status, reason, err);
}

void cli_train_record_close(struct cli_train_record *record)
{
    if (record->open && cli_train_record_end(record, FW_STUDY_FAILED, NULL, NULL, NULL) != FW_OK)
        record->open = false; /* the error that led here is told already */
    cli_store_close(&record->store);
}
