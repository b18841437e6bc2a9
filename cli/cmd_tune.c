/* fieldwise tune: finds settings of a model. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/outputs.h"
#include "cli/study_options.h"
#include "cli/terminal.h"
#include "cli/training_setup.h"
#include "cli/tune.h"
#include "core/clock.h"
#include "core/hash.h"
#include "models/file/model_file.h"
#include "models/registry.h"
#include "search/settings/tune_training.h"

/* Of a training's time that the final one, with its refit on all rows, takes: both are given up in time. */
#define FINAL_TRAININGS 2.6

enum { key_plan = 0x2200, key_model, key_set, key_search, key_trials, key_method, key_metric, key_out, key_json };

static const struct argp_option own_options[] = {
    {NULL, 0, NULL, 0, "Settings:", 6},
    {"plan", key_plan, "FILE", 0, "columns, bins and crosses from a search", 6},
    {"model", key_model, "NAME", 0, "whose settings (lr); see 'fieldwise models list'", 6},
    {"set", key_set, "KEY=VALUE", 0, "a setting that is fixed; epochs: the most a trial may have", 6},
    {"search", key_search, "KEY=RANGE", 0,
     "a setting that is searched: low..high or a|b|c (those that 'fieldwise models show NAME' gives a range)", 6},
    {"trials", key_trials, "N", 0, "configurations (hyperband: one round of all brackets; random: 30)", 6},
    {"method", key_method, "NAME", 0, "hyperband or random (hyperband)", 6},
    {"metric", key_metric, "NAME", 0, "what is to be best: auc or logloss (auc)", 6},
    {"out", key_out, "FILE", 0, "train the best on all rows and write the model here", 6},
    {"json", key_json, NULL, 0, "the result as JSON on standard output", 6},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp_child children[] = {{&cli_data_argp, 0, NULL, 0},
                                             {&cli_split_argp, 0, NULL, 0},
                                             {&cli_store_argp, 0, NULL, 0},
                                             {NULL, 0, NULL, 0}};

static void parse_method(struct argp_state *state, struct tune_command *c, const char *arg)
{
    const struct fw_tune_method *method;
    struct fw_error err = {0};
    if (fw_tune_method_find(&method, arg, &err) != FW_OK)
        argp_error(state, "--method: %s", err.message);
    c->options.method = arg;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct tune_command *c = state->input;
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
        cli_list_add(&c->fixed, arg);
        return 0;
    case key_search:
        cli_list_add(&c->searched, arg);
        return 0;
    case key_trials:
        c->options.trials = cli_parse_int(state, "--trials", arg, 1, 100000);
        return 0;
    case key_method:
        parse_method(state, c, arg);
        return 0;
    case key_metric:
        c->options.objective = cli_parse_objective(state, "--metric", arg);
        return 0;
    case key_out:
        c->out = arg;
        return 0;
    case key_json:
        c->json = true;
        return 0;
    case ARGP_KEY_ARG:
        cli_take_table(state, &c->path, arg);
        return 0;
    case ARGP_KEY_END:
        cli_require_table(state, c->path);
        cli_check_labels(state, &c->data);
        if (c->plan == NULL && c->data.labels.n == 0)
            argp_error(state, "name a plan (--plan FILE) or the column to predict (--label COLUMN)");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {own_options,
                                   parse,
                                   "DATA --plan FILE",
                                   "Finds settings of a model: draws them, trains, keeps what is best on validation "
                                   "rows.\v"
                                   "  fieldwise tune train.csv --plan plan.json --model lr --set optimiser=ftrl\n"
                                   "  fieldwise tune train.csv --label click --set optimiser=ftrl --search "
                                   "rate=0.01..0.3\n\n"
                                   "The same command again continues where an interrupted one stopped.",
                                   children,
                                   NULL,
                                   NULL};

/* What is searched, on what, and what came of it. */
struct tune_work {
    struct tune_command *command;
    const struct fw_model_vtable *model;
    struct fw_tune_space space;
    struct cli_training_setup setup;
    struct fw_tune_training *training;
    struct fw_tune_result result;
    struct cli_store store;
    bool live; /* progress that overwrites its own line is wanted */
};

static void clear_live(const struct tune_work *w)
{
    if (w->live)
        fprintf(stderr, "\r\033[K");
}

static void on_started(void *user, const struct fw_tune_result *result, bool resumed)
{
    const struct tune_work *w = user;
    if (result->study > 0)
        cli_note(&w->command->data, "study %lld %s in %s", (long long)result->study, resumed ? "continued" : "begun",
                 w->command->store.file);
    cli_note(&w->command->data, "%s: up to %lld trials", w->command->options.method, (long long)result->planned);
}

/* A line for each new best and each failure; all else moves in the live line. */
static void on_finished(void *user, const struct fw_tune_result *result, const struct fw_tune_trial *trial,
                        const char *reason)
{
    const struct tune_work *w = user;
    struct fw_buffer settings;
    bool is_best = result->best >= 0 && &result->trials[result->best] == trial;
    if (!is_best && reason == NULL)
        return;
    clear_live(w);
    fw_buffer_init(&settings, NULL);
    tune_add_settings(&settings, &trial->params, ", ", true);
    const char *text = settings.data != NULL && !settings.failed && settings.length > 0 ? settings.data : "defaults";
    if (reason != NULL)
        cli_note(&w->command->data, "trial %lld of %lld failed: %s (%s)", (long long)result->n_trials,
                 (long long)result->planned, reason, text);
    else
        cli_note(&w->command->data, "trial %lld of %lld: %s %.5f, best so far (%s)", (long long)result->n_trials,
                 (long long)result->planned, fw_objective_name(w->command->options.objective), trial->objective, text);
    fw_buffer_clear(&settings);
}

static void on_progress(void *user, const struct fw_trainer_event *event)
{
    const struct tune_work *w = user;
    const struct fw_tune_result *result = &w->result;
    char time[32];
    char best[64] = "";
    if (!w->live)
        return;
    if (result->best >= 0)
        snprintf(best, sizeof best, ", best %s %.5f", fw_objective_name(w->command->options.objective),
                 result->trials[result->best].objective);
    fprintf(stderr, "\r\033[Ktrial %lld of %lld: epoch %lld of at most %lld%s (%s so far)",
            (long long)result->n_trials + 1, (long long)result->planned, (long long)event->epoch,
            (long long)event->epochs, best, fw_text_duration(time, fw_clock_seconds() - w->command->started));
}

static enum fw_status settle_space(struct tune_work *w, struct fw_error *err)
{
    struct tune_command *c = w->command;
    FW_TRY(fw_model_find(&w->model, c->model, err));
    fw_tune_space_init(&w->space, w->model->params);
    for (int64_t i = 0; i < c->fixed.n; i++)
        FW_TRY(fw_tune_space_fix(&w->space, c->fixed.items[i], err));
    for (int64_t i = 0; i < c->searched.n; i++)
        FW_TRY(fw_tune_space_search(&w->space, c->searched.items[i], err));
    return fw_tune_space_check(&w->space, err);
}

/* The search as canonical JSON. The number of trials is no part of it: a longer search goes on from a shorter one. */
static enum fw_status print_options(struct fw_buffer *out, const struct tune_work *w, struct fw_error *err)
{
    const struct fw_tune_options *o = &w->command->options;
    fw_buffer_addf(out, "{\"method\":\"%s\",\"model\":\"%s\",\"objective\":\"%s\",\"search\":", o->method,
                   w->model->name, fw_objective_name(o->objective));
    fw_tune_space_json(out, &w->space);
    fw_buffer_add_text(out, ",\"settings\":");
    fw_params_json(out, &w->space.base);
    fw_buffer_add_text(out, "}");
    return fw_buffer_check(out, err);
}

static enum fw_status search(struct tune_work *w, const struct fw_budget *budget, struct fw_error *err)
{
    struct tune_command *c = w->command;
    struct fw_buffer options;
    struct fw_tune_events events = {on_started, on_finished, w};
    struct fw_tune_objective objective = fw_tune_training_objective(w->training);
    fw_buffer_init(&options, NULL);
    enum fw_status status = print_options(&options, w, err);
    if (status == FW_OK) {
        struct fw_study_info info = {.driver = "tune",
                                     .key = fw_hash_combine(w->setup.key, fw_hash_text(options.data, 0)),
                                     .objective = fw_objective_name(c->options.objective),
                                     .maximise = c->options.objective == FW_OBJECTIVE_AUC,
                                     .data = c->path,
                                     .data_fingerprint = w->setup.fingerprint,
                                     .rows = w->setup.training.dataset->n_rows,
                                     .options = options.data,
                                     .seed = c->options.seed,
                                     .command = c->command_line};
        status = fw_tune_run(&w->result, &w->space, &objective, &c->options, &info, &w->store.log, &events, budget,
                             &c->data.mem, err);
    }
    clear_live(w);
    fw_buffer_clear(&options);
    return status;
}

/* Trains the best on all rows and writes the model. */
static enum fw_status save_best(int64_t *bytes, struct tune_work *w, const struct fw_budget *budget,
                                struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct tune_command *c = w->command;
    struct fw_model *model = NULL;
    const struct fw_tune_trial *best = &w->result.trials[w->result.best];
    FW_TRY_GOTO(fw_tune_training_refit(&model, NULL, w->training, &best->params, budget, err), done);
    if (w->setup.plan->encoder.n_frozen == 0)
        FW_TRY_GOTO(fw_plan_freeze_bins(w->setup.plan, w->setup.training.encoder, err), done);
    struct fw_bundle bundle = {w->setup.plan, w->setup.training.encoder, model, 1, 0};
    FW_TRY_GOTO(fw_model_file_save(&bundle, c->out, bytes, NULL, &c->data.mem, err), done);
    status = cli_store_artifact(&w->store, w->result.study, "model", c->out, err);
done:
    clear_live(w);
    fw_model_destroy(model);
    return status;
}

static enum fw_status prepare(struct tune_work *w, struct fw_error *err)
{
    struct tune_command *c = w->command;
    FW_TRY(settle_space(w, err));
    const char *const inputs[] = {c->path, c->plan, c->split.valid};
    FW_TRY(cli_check_output("--out", c->out, inputs, 3, err));
    FW_TRY(cli_training_setup_prepare(&w->setup, c->path, c->plan, w->model->build != NULL, &c->data, &c->split, err));
    cli_training_setup_settle(&w->space.base, &w->setup);
    struct fw_tune_training_config config = {.model = w->model,
                                             .dataset = w->setup.training.dataset,
                                             .sizes = w->setup.plan->sizes,
                                             .objective = c->options.objective,
                                             .seed = c->split.split.seed,
                                             .threads = c->data.threads,
                                             .progress = on_progress,
                                             .user = w};
    c->options.seed = c->split.split.seed;
    c->options.reserve = c->out != NULL ? FINAL_TRAININGS : 0;
    w->live = !c->data.quiet && cli_wants_progress();
    return fw_tune_training_create(&w->training, &config, &c->data.mem, err);
}

static enum fw_status run(struct tune_command *c, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct tune_work w = {.command = c, .result = {.best = -1}};
    struct fw_budget budget = {.started = c->started, .seconds = c->store.time_limit, .stop = &cli_stop};
    struct tune_report report = {c, NULL, &w.space, &w.result, 0};
    FW_TRY_GOTO(prepare(&w, err), done);
    FW_TRY_GOTO(cli_store_open(&w.store, &c->store, &c->data.mem, err), done);
    FW_TRY_GOTO(search(&w, &budget, err), done);
    report.model = w.model;
    /* what was found is printed even when it cannot be trained and written any more */
    if (c->out != NULL && w.result.end != FW_TUNE_INTERRUPTED)
        status = save_best(&report.bytes, &w, &budget, err);
    if (c->json)
        tune_print_json(&report);
    else
        tune_print_text(&report);
    if (w.result.end == FW_TUNE_INTERRUPTED)
        status = fw_error_set(err, FW_E_STOPPED,
                              c->store.none
                                  ? "interrupted; nothing is recorded (--no-store), the same command begins anew"
                                  : "interrupted; what was found so far is recorded, and the same command continues");
done:
    fw_tune_result_clear(&w.result, &c->data.mem);
    fw_tune_training_destroy(w.training);
    cli_training_setup_clear(&w.setup);
    cli_store_close(&w.store);
    return status;
}

int cmd_tune(int argc, char **argv)
{
    struct tune_command c = {.started = fw_clock_seconds(), .model = "lr"};
    struct fw_error err = {0};
    cli_data_init(&c.data);
    c.data.single = "tune";
    cli_split_init(&c.split);
    cli_store_init(&c.store);
    fw_tune_options_init(&c.options);
    cli_join_arguments(c.command_line, sizeof c.command_line, argc, argv);
    CLI_PARSE(&parser, "tune", argc, argv, &c);
    enum fw_status status = run(&c, &err);
    cli_list_clear(&c.searched);
    cli_list_clear(&c.fixed);
    cli_data_clear(&c.data);
    return status != FW_OK ? cli_fail(&err) : 0;
}
