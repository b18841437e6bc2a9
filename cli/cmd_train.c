/* fieldwise train: a full model from a plan. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/data_options.h"
#include "cli/split_options.h"
#include "cli/store_options.h"
#include "cli/terminal.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/json.h"
#include "evaluators/metrics.h"
#include "models/calibration.h"
#include "models/model_file.h"
#include "models/registry.h"
#include "models/trainer.h"
#include "space/schema_json.h"
#include "space/training_data.h"

struct train_command {
    struct cli_data_options data;
    struct cli_split_options split;
    struct cli_store_options store;
    struct cli_list settings;
    const char *path, *plan, *model, *out;
    bool no_refit, calibrate;
    double started;
    char command_line[2048];
};

enum { key_plan = 0x2100, key_model, key_set, key_out, key_no_refit, key_calibrate };

static const struct argp_option own_options[] = {
    {NULL, 0, NULL, 0, "Training:", 6},
    {"plan", key_plan, "FILE", 0, "columns, bins and crosses from a search", 6},
    {"model", key_model, "NAME", 0, "what to train (lr); see 'fieldwise models list'", 6},
    {"set", key_set, "KEY=VALUE", 0, "a setting of the model; see 'fieldwise models show NAME'", 6},
    {"out", key_out, "FILE", 0, "where the model goes (<data>.fw)", 6},
    {"no-refit", key_no_refit, NULL, 0, "keep the model of the training rows: no refit on all rows", 6},
    {"calibrate", key_calibrate, NULL, 0, "scale the scores to fit the validation rows (implies --no-refit)", 6},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp_child children[] = {{&cli_data_argp, 0, NULL, 0},
                                             {&cli_split_argp, 0, NULL, 0},
                                             {&cli_store_argp, 0, NULL, 0},
                                             {NULL, 0, NULL, 0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct train_command *c = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &c->data;
        state->child_inputs[1] = &c->split;
        state->child_inputs[2] = &c->store;
        return 0;
    case key_plan:
        c->plan = arg;
        return 0;
    case key_model:
        c->model = arg;
        return 0;
    case key_set:
        cli_list_add(&c->settings, arg);
        return 0;
    case key_out:
        c->out = arg;
        return 0;
    case key_no_refit:
        c->no_refit = true;
        return 0;
    case key_calibrate:
        c->calibrate = true;
        c->no_refit = true;
        return 0;
    case ARGP_KEY_ARG:
        cli_take_table(state, &c->path, arg);
        return 0;
    case ARGP_KEY_END:
        cli_require_table(state, c->path);
        if (c->plan == NULL && c->data.label == NULL)
            argp_error(state, "name a plan (--plan FILE) or the column to predict (--label COLUMN)");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {own_options,
                                   parse,
                                   "DATA --plan FILE",
                                   "Trains a full model and writes everything needed to score raw rows.\v"
                                   "  fieldwise train train.csv --plan plan.json --out model.fw\n"
                                   "  fieldwise train train.csv --label click --set optimiser=ftrl --set l1=0.5\n",
                                   children,
                                   NULL,
                                   NULL};

/* What is trained, and from what. */
struct train_work {
    const struct fw_model_vtable *vtable;
    struct fw_plan *plan;
    struct fw_training_data training;
    struct fw_model *model;
    struct fw_training result;
    struct fw_metrics_workspace *workspace;
    struct fw_calibration calibration;
    uint64_t fingerprint;
};

static enum fw_status make_plan(struct train_work *w, struct train_command *c, const struct fw_table *table,
                                struct fw_error *err)
{
    struct fw_schema_options options;
    struct fw_schema *schema = NULL;
    cli_schema_options(&options, &c->data);
    FW_TRY(fw_schema_infer(&schema, table, &options, &c->data.mem, err));
    return cli_plan_of_schema(&w->plan, schema, &table->dialect, &c->split.encoder, &c->data, err);
}

static enum fw_status add_crosses(struct train_work *w, struct train_command *c, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_cross *crosses = NULL;
    struct fw_cross_options options;
    fw_cross_options_init(&options);
    options.min_count = w->plan->encoder.min_count;
    FW_ALLOC_GOTO(crosses, &c->data.mem, w->plan->n_crosses, "the crosses", err, done);
    FW_TRY_GOTO(fw_plan_resolve_crosses(crosses, w->plan, w->training.encoder, err), done);
    for (int32_t x = 0; x < w->plan->n_crosses; x++)
        FW_TRY_GOTO(fw_encoder_add_cross(w->training.encoder, w->training.dataset, &crosses[x], &options, err), done);
done:
    fw_free(&c->data.mem, crosses);
    return status;
}

static enum fw_status prepare(struct train_work *w, struct train_command *c, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_table *table = NULL;
    int64_t *columns = NULL;
    FW_TRY(fw_model_find(&w->vtable, c->model, err));
    if (c->plan != NULL) {
        FW_TRY_GOTO(fw_plan_load(&w->plan, c->plan, &c->data.mem, err), done);
        cli_data_from_plan(&c->data, w->plan);
        w->plan->schema->skip_bad_rows = c->data.skip_bad_rows;
    }
    FW_TRY_GOTO(cli_read_table(&table, c->path, &c->data, err), done);
    if (w->plan == NULL)
        FW_TRY_GOTO(make_plan(w, c, table, err), done);
    FW_TRY_GOTO(cli_match_columns(&columns, w->plan->schema, table, true, &c->data, err), done);
    if (w->plan->schema->time >= 0)
        c->data.time = w->plan->schema->columns[w->plan->schema->time].name;
    if (w->plan->schema->group >= 0)
        c->data.group = w->plan->schema->columns[w->plan->schema->group].name;
    FW_TRY_GOTO(cli_training_data(&w->training, NULL, &c->split, &c->data, table, columns, w->plan->schema,
                                  c->plan != NULL ? &w->plan->encoder : &c->split.encoder, w->vtable->build != NULL,
                                  err),
                done);
    if (c->plan == NULL)
        w->plan->encoder = c->split.encoder; /* as it was settled for this many rows */
    w->fingerprint = table->fingerprint;
    FW_TRY_GOTO(add_crosses(w, c, err), done);
done:
    fw_free(&c->data.mem, columns);
    fw_table_destroy(table);
    return status;
}

static enum fw_status score_auc(void *self, double *score, const float *logits, const float *labels,
                                const float *weights, int64_t n, struct fw_error *err)
{
    struct fw_scored_view view = {.scores = logits, .labels = labels, .weights = weights, .n = n};
    return fw_metrics_auc(score, NULL, view, self, err);
}

static void on_progress(void *user, const struct fw_trainer_event *event)
{
    const struct train_command *c = user;
    if (c->data.quiet || !cli_wants_progress())
        return;
    char rate[32];
    char left[32];
    fprintf(stderr, "\r\033[K%s: epoch %lld of at most %lld, %s rows/s, at most %s left",
            event->phase == FW_TRAINER_FIT ? "training" : "refit on all rows", (long long)event->epoch,
            (long long)event->epochs, fw_text_count(rate, (int64_t)event->rows_per_second),
            fw_text_duration(left, event->seconds_left > 0 ? event->seconds_left : 0));
}

static enum fw_status train(struct train_work *w, struct train_command *c, struct fw_error *err)
{
    struct fw_params params;
    struct fw_trainer_options options;
    struct fw_dataset *d = w->training.dataset;
    struct fw_budget budget = {.started = c->started, .seconds = c->store.time_limit, .stop = &cli_stop};
    fw_params_init(&params, w->vtable->params);
    for (int64_t i = 0; i < c->settings.n; i++)
        FW_TRY(fw_params_parse(&params, c->settings.items[i], err));
    struct fw_model_config config = {.dataset = d,
                                     .params = &params,
                                     .seed = c->split.split.seed,
                                     .threads = c->data.threads};
    FW_TRY(fw_model_create(&w->model, w->vtable, &config, &c->data.mem, err));
    FW_TRY(fw_metrics_workspace_create(&w->workspace, d->n_rows, &c->data.mem, err));
    struct fw_row_set rows = fw_row_set_but_fold(d, 0);
    struct fw_row_set valid = fw_row_set_fold(d, 0);
    fw_trainer_options_init(&options, &w->model->params);
    options.refit = !c->no_refit;
    options.seed = c->split.split.seed;
    options.metric = (struct fw_trainer_metric){.name = "auc", .self = w->workspace, .score = score_auc};
    options.progress = on_progress;
    options.user = c;
    enum fw_status status = fw_trainer_run(&w->result, w->model, &rows, &valid, &options, &budget, &c->data.mem, err);
    if (!c->data.quiet && cli_wants_progress())
        fprintf(stderr, "\r\033[K");
    return status;
}

/* Platt's two numbers from the rows that early stopping looked at; logistic regression by Newton sweeps hardly needs
 * them. */
static enum fw_status calibrate(struct train_work *w, struct train_command *c, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_dataset *d = w->training.dataset;
    struct fw_dataset_view valid = {.dataset = d, .n = d->fold_start[1]};
    float *logits = NULL;
    void *scratch = NULL;
    fw_calibration_init(&w->calibration);
    if (!c->calibrate)
        return FW_OK;
    FW_ALLOC_GOTO(logits, &c->data.mem, valid.n, "the scores", err, done);
    scratch = fw_alloc_array(&c->data.mem, (int64_t)fw_model_predict_bytes(w->model), 1);
    if (scratch == NULL) {
        status = fw_error_nomem(err, &c->data.mem, "scoring", (int64_t)fw_model_predict_bytes(w->model), 1);
        goto done;
    }
    fw_model_predict(w->model, logits, &valid, scratch);
    FW_TRY_GOTO(fw_calibration_fit(&w->calibration, logits, d->labels, d->weights, valid.n, err), done);
    cli_note(&c->data, "calibration: logit x %.4f %+.4f, validation logloss %.5f -> %.5f", w->calibration.scale,
             w->calibration.shift, w->calibration.before, w->calibration.after);
done:
    fw_free(&c->data.mem, scratch);
    fw_free(&c->data.mem, logits);
    return status;
}

static enum fw_status save(struct train_work *w, struct train_command *c, int64_t *bytes, struct fw_error *err)
{
    if (w->plan->encoder.n_frozen == 0)
        FW_TRY(fw_plan_freeze_bins(w->plan, w->training.encoder, err));
    struct fw_bundle bundle = {w->plan, w->training.encoder, w->model, w->calibration.scale, w->calibration.shift};
    return fw_model_file_save(&bundle, c->out, bytes, NULL, &c->data.mem, err);
}

static enum fw_status record(struct train_work *w, struct train_command *c, int64_t *study_out, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct cli_store store = {0};
    struct fw_buffer settings;
    struct fw_metric *metrics = NULL;
    bool resumed = false;
    enum fw_study_status before = FW_STUDY_RUNNING;
    int64_t n_metrics = 0;
    fw_buffer_init(&settings, NULL);
    fw_params_json(&settings, &w->model->params);
    FW_TRY_GOTO(fw_buffer_check(&settings, err), done);
    FW_TRY_GOTO(cli_store_open(&store, &c->store, &c->data.mem, err), done);
    struct fw_study_info info = {.driver = "train",
                                 .objective = "auc",
                                 .maximise = true,
                                 .data = c->path,
                                 .data_fingerprint = w->fingerprint,
                                 .rows = w->training.dataset->n_rows,
                                 .options = settings.data,
                                 .seed = c->split.split.seed,
                                 .command = c->command_line};
    FW_TRY_GOTO(store.log.vtable->open_study(store.log.self, study_out, &resumed, &before, &info, err), done);
    FW_ALLOC_GOTO(metrics, NULL, 2 * w->result.n_epochs, "the learning curve", err, done);
    for (int64_t e = 0; e < w->result.n_epochs; e++) {
        metrics[n_metrics++] =
            (struct fw_metric){.name = "train_loss", .step = e + 1, .value = w->result.curve[e].train_loss};
        metrics[n_metrics++] = (struct fw_metric){.name = "auc", .step = e + 1, .value = w->result.curve[e].score};
    }
    struct fw_trial_record trial = {.candidate = settings.data,
                                    .hash = fw_hash_text(settings.data, 0),
                                    .state = FW_TRIAL_COMPLETE,
                                    .rows = w->result.rows,
                                    .objective = w->result.best_score,
                                    .gain = NAN,
                                    .gain_low = NAN,
                                    .gain_high = NAN,
                                    .seconds = w->result.seconds,
                                    .metrics = metrics,
                                    .n_metrics = n_metrics};
    FW_TRY_GOTO(store.log.vtable->add_trials(store.log.self, *study_out, &trial, 1, err), done);
    FW_TRY_GOTO(cli_store_artifact(&store, *study_out, "model", c->out, err), done);
    FW_TRY_GOTO(store.log.vtable->close_study(store.log.self, *study_out, FW_STUDY_COMPLETE,
                                              fw_training_end_name(w->result.end), err),
                done);
done:
    fw_free(NULL, metrics);
    fw_buffer_clear(&settings);
    cli_store_close(&store);
    return status;
}

static void print_result(const struct train_work *w, const struct train_command *c, int64_t bytes)
{
    char time[32];
    char size[32];
    char count[32];
    const struct fw_training *r = &w->result;
    printf("model %s: %d fields, %d crosses, %s parameters\n", w->model->vtable->name, w->training.encoder->n_fields,
           w->training.encoder->n_crosses, fw_text_count(count, fw_model_parameter_count(w->model)));
    printf("trained %lld epoch%s (%s), best %lld: validation auc %.5f%s\n", (long long)r->n_epochs,
           r->n_epochs == 1 ? "" : "s", fw_training_end_name(r->end), (long long)r->best_epoch, r->best_score,
           r->refitted ? "; refitted on all rows" : "");
    printf("wrote %s (%s) in %s\n", c->out, fw_text_bytes(size, (double)bytes),
           fw_text_duration(time, fw_clock_seconds() - c->started));
    printf("next: fieldwise evaluate %s TEST.csv; fieldwise predict %s NEW.csv > scores.csv\n", c->out, c->out);
}

static enum fw_status run(struct train_command *c, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct train_work w = {0};
    int64_t bytes = 0;
    int64_t study = 0;
    FW_TRY_GOTO(fw_file_check_writable(c->out, err), done);
    FW_TRY_GOTO(prepare(&w, c, err), done);
    FW_TRY_GOTO(train(&w, c, err), done);
    FW_TRY_GOTO(calibrate(&w, c, err), done);
    FW_TRY_GOTO(save(&w, c, &bytes, err), done);
    FW_TRY_GOTO(record(&w, c, &study, err), done);
    print_result(&w, c, bytes);
    if (w.result.end == FW_TRAINING_STOPPED)
        status = fw_error_set(err, FW_E_STOPPED, "interrupted; the best model so far is in %s", c->out);
done:
    fw_training_clear(&w.result, &c->data.mem);
    fw_metrics_workspace_destroy(w.workspace);
    fw_model_destroy(w.model);
    fw_training_data_clear(&w.training);
    fw_plan_destroy(w.plan);
    return status;
}

int cmd_train(int argc, char **argv)
{
    struct train_command c = {.started = fw_clock_seconds(), .model = "lr"};
    struct fw_error err = {0};
    char out[512];
    cli_data_init(&c.data);
    cli_split_init(&c.split);
    cli_store_init(&c.store);
    cli_join_arguments(c.command_line, sizeof c.command_line, argc, argv);
    CLI_PARSE(&parser, "train", argc, argv, &c);
    if (c.out == NULL)
        c.out = cli_name_after_data(out, c.path, ".fw");
    enum fw_status status = run(&c, &err);
    cli_list_clear(&c.settings);
    cli_data_clear(&c.data);
    return status != FW_OK ? cli_fail(&err) : 0;
}
