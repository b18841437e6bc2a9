/* fieldwise train: full models from a plan, one or several. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/outputs.h"
#include "cli/task_figures.h"
#include "cli/train_board.h"
#include "cli/train_json.h"
#include "cli/train_labels.h"
#include "cli/train_record.h"
#include "cli/train_work.h"
#include "core/clock.h"
#include "core/text.h"

enum {
    key_plan = 0x2100,
    key_model,
    key_set,
    key_out,
    key_no_refit,
    key_calibrate,
    key_metric,
    key_checkpoint,
    key_json
};

static const struct argp_option own_options[] = {
    {NULL, 0, NULL, 0, "Training:", 6},
    {"plan", key_plan, "FILE", 0, "columns, bins and crosses from a search", 6},
    {"model", key_model, "NAMES", 0,
     "what to train (lr): a name, several with commas, or all; see 'fieldwise models list'", 6},
    {"set", key_set, "KEY=VALUE", 0,
     "a setting of the models that have it, MODEL.KEY=VALUE: of one; see 'fieldwise models show NAME'", 6},
    {"metric", key_metric, "NAME", 0,
     "what epochs and models are chosen by: auc, logloss or accuracy (auc), of several labels the mean; or a list such "
     "as income:auc,age:r2*0.5",
     6},
    {"out", key_out, "FILE", 0, "where the model goes, of several the best (<data>.fw)", 6},
    {"checkpoint", key_checkpoint, "FILE", 0, "go on from it if it exists; written every minute, removed at the end",
     6},
    {"no-refit", key_no_refit, NULL, 0, "keep the model of the training rows: no refit on all rows", 6},
    {"json", key_json, NULL, 0, "what came of it as JSON", 6},
    {"calibrate", key_calibrate, NULL, 0, "scale the scores to fit the validation rows (implies --no-refit)", 6},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp_child children[] = {{&cli_data_argp, 0, NULL, 0},
                                             {&cli_split_argp, 0, NULL, 0},
                                             {&cli_store_argp, 0, NULL, 0},
                                             {NULL, 0, NULL, 0}};

static void take_metric(struct cli_train_options *o, const char *arg, struct argp_state *state)
{
    struct fw_error err = {0};
    if (fw_score_spec_parse(&o->metric, arg, &err) != FW_OK)
        argp_error(state, "%s", err.message);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct cli_train_options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->data;
        state->child_inputs[1] = &o->split;
        state->child_inputs[2] = &o->store;
        return 0;
    case key_plan:
        o->plan = arg;
        return 0;
    case key_model:
        o->models = arg;
        return 0;
    case key_set:
        cli_list_add(&o->settings, arg);
        return 0;
    case key_metric:
        take_metric(o, arg, state);
        return 0;
    case key_out:
        o->out = arg;
        return 0;
    case key_checkpoint:
        o->checkpoint = arg;
        return 0;
    case key_calibrate:
        o->calibrate = true;
        o->no_refit = true;
        return 0;
    case key_json:
        o->json = true;
        return 0;
    case key_no_refit:
        o->no_refit = true;
        return 0;
    case ARGP_KEY_ARG:
        cli_take_table(state, &o->path, arg);
        return 0;
    case ARGP_KEY_END:
        cli_require_table(state, o->path);
        if (o->plan == NULL && o->data.labels.n == 0)
            argp_error(state, "name a plan (--plan FILE) or the column to predict (--label COLUMN)");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {own_options,
                                   parse,
                                   "DATA --plan FILE",
                                   "Trains full models and writes everything needed to score raw rows.\v"
                                   "  fieldwise train train.csv --plan plan.json --out model.fw\n"
                                   "  fieldwise train train.csv --label click --set optimiser=ftrl --set l1=0.5\n"
                                   "  fieldwise train train.csv --plan plan.json --model all --metric logloss\n",
                                   children,
                                   NULL,
                                   NULL};

/* A command under way. */
struct work {
    struct cli_train_options *options;
    struct cli_train_choices choices;
    struct cli_training_setup setup;
    struct cli_judge judge;
    struct cli_train_record record;
    struct cli_train_outcome *outcomes; /* (choices) the first `n_begun` of them filled */
    int64_t n_begun;
    int64_t best;  /* the outcome whose model is in --out; -1: none yet */
    int64_t bytes; /* of that file */
};

static bool is_interrupted(void)
{
    return atomic_load(&cli_stop) != 0;
}

/* Whether settings and data go together. Of several models one that does not suit the data fails alone, in its turn. */
static enum fw_status check_models(struct work *w, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    for (int64_t i = 0; i < w->choices.n; i++) { /* until one suits */
        status = cli_train_check_model(&w->choices.items[i], w->options, &w->setup, &w->judge, err);
        if (status == FW_OK)
            return FW_OK;
    }
    return status;
}

/* What the models to be trained want of the data. `all` means those that suit: they want what there is. */
static bool ask_for(struct cli_train_options *o, const struct cli_train_choices *choices)
{
    bool want_values = false;
    bool all = strcmp(o->models, "all") == 0;
    for (int64_t i = 0; i < choices->n; i++) {
        const struct fw_model_vtable *vtable = choices->items[i].vtable;
        want_values = want_values || vtable->build != NULL;
        o->split.encoder.position = o->split.encoder.position || vtable->reads_position;
        o->split.want_funnel = o->split.want_funnel || (!all && vtable->labels == FW_LABELS_FUNNEL);
    }
    return want_values;
}

/* Everything that can be wrong before the first model costs time. */
static enum fw_status prepare(struct work *w, struct fw_error *err)
{
    struct cli_train_options *o = w->options;
    FW_TRY(cli_train_choose(&w->choices, o->models, &o->settings, &o->data.mem, err));
    cli_train_tell_unread(&w->choices, &o->data);
    const char *const inputs[] = {o->path, o->plan, o->split.valid};
    FW_TRY(cli_check_output("--out", o->out, inputs, 3, err));
    bool want_values = ask_for(o, &w->choices);
    FW_TRY(cli_training_setup_prepare(&w->setup, o->path, o->plan, want_values, &o->data, &o->split, err));
    const struct fw_dataset *dataset = w->setup.training.dataset;
    if (strcmp(o->models, "all") == 0)
        FW_TRY(cli_train_keep_suited(&w->choices, w->setup.plan->schema, o->split.n_unclicked == 0, err));
    for (int64_t i = 0; i < w->choices.n; i++)
        cli_training_setup_settle(&w->choices.items[i].params, &w->setup);
    FW_TRY(cli_train_check_labels(dataset, w->setup.plan->schema, &o->metric, err));
    FW_TRY(cli_judge_init(&w->judge, &o->metric, dataset->fold_start[1], &o->data.mem, err));
    FW_TRY(check_models(w, err));
    FW_ALLOC(w->outcomes, &o->data.mem, w->choices.n, "the outcomes of the models", err);
    return cli_train_record_open(&w->record, o, &w->choices, &w->setup, err);
}

/* Whether a model that ended so was tried: interruptions and wrong command lines say nothing about it. */
static bool was_tried(enum fw_status status)
{
    return status == FW_OK || status == FW_E_NUMERIC || status == FW_E_NOMEM || status == FW_E_FAILED;
}

/* For the next model: what is left is shared evenly among those to come. */
static struct fw_budget next_budget(const struct work *w)
{
    struct fw_budget budget = {.started = w->options->started,
                               .seconds = w->options->store.time_limit,
                               .stop = &cli_stop};
    int64_t to_come = w->choices.n - w->n_begun;
    if (budget.seconds > 0 && to_come > 1 && !fw_budget_out_of_time(&budget)) {
        budget.seconds = fw_budget_seconds_left(&budget) / (double)to_come;
        budget.started = fw_clock_seconds();
    }
    return budget;
}

/* Trains the next model, records it, and keeps its file when it is the best so far. */
static enum fw_status train_next(struct work *w, struct fw_error *err)
{
    struct fw_model *model = NULL;
    int64_t i = w->n_begun;
    struct cli_train_outcome *outcome = &w->outcomes[i];
    struct fw_budget budget = next_budget(w);
    w->n_begun++;
    cli_train_one(outcome, &model, w->options, &w->choices.items[i], &w->setup, &w->judge, &budget, w->choices.n > 1);
    enum fw_status status = FW_OK;
    if (model != NULL && (w->best < 0 || cli_train_better(outcome, &w->outcomes[w->best]))) {
        status = cli_train_save(&w->bytes, w->options, model, &w->setup, err);
        w->best = i;
    }
    fw_model_destroy(model);
    if (status != FW_OK || !was_tried(outcome->status))
        return status;
    return cli_train_record_add(&w->record, w->options, outcome, err);
}

/* Those that were not reached, for the leaderboard. */
static void note_not_begun(struct work *w)
{
    for (; w->n_begun < w->choices.n; w->n_begun++) {
        struct cli_train_outcome *o = &w->outcomes[w->n_begun];
        *o = (struct cli_train_outcome){.choice = &w->choices.items[w->n_begun], .status = FW_E_STOPPED};
        strcpy(o->reason, is_interrupted() ? "not begun: interrupted" : "not begun: time limit");
    }
}

/* What has come to its end, good or bad, needs no checkpoint any more. */
static void remove_checkpoints(const struct work *w)
{
    char path[FW_ERROR_MESSAGE_SIZE];
    for (int64_t i = 0; i < w->choices.n; i++) {
        const char *file = cli_train_checkpoint(path, w->options, &w->choices.items[i], w->choices.n > 1);
        if (file != NULL && remove(file) != 0 && errno != ENOENT)
            cli_note(&w->options->data, "warning: cannot remove '%s': %s", file, strerror(errno));
    }
}

/* True when another run of the same command has something to go on with. */
static bool is_unfinished(const struct work *w)
{
    for (int64_t i = 0; i < w->choices.n; i++) {
        const struct cli_train_outcome *o = &w->outcomes[i];
        bool early = o->training.end == FW_TRAINING_TIME || o->training.end == FW_TRAINING_STOPPED;
        bool unsuited = o->status == FW_E_ARG && o->parameters == 0; /* no model was made, hence no checkpoint */
        if (o->status == FW_OK ? early : o->status != FW_E_NUMERIC && !unsuited)
            return true;
    }
    return false;
}

static const char *score_name(const struct work *w, char out[64])
{
    return cli_score_name(out, &w->options->metric, w->setup.plan->schema);
}

static void print_one(const struct work *w)
{
    char name[64];
    char count[32];
    const struct cli_train_outcome *o = &w->outcomes[w->best];
    const struct fw_training *t = &o->training;
    const struct fw_encoder *encoder = w->setup.training.encoder;
    printf("model %s: %d fields, %d crosses, %s parameters\n", o->choice->vtable->name, encoder->n_fields,
           encoder->n_crosses, fw_text_count(count, o->parameters));
    printf("trained %lld epoch%s (%s), best %lld: validation %s %.5f%s\n", (long long)t->n_epochs,
           t->n_epochs == 1 ? "" : "s", fw_training_end_name(t->end), (long long)t->best_epoch, score_name(w, name),
           fw_score_natural(w->options->metric.maximise, t->best_score), t->refitted ? "; refitted on all rows" : "");
}

static void print_result(const struct work *w, const struct cli_train_outcome *best)
{
    char time[32];
    char size[32];
    const char *out = w->options->out;
    if (w->choices.n > 1)
        printf("best: %s\n", best->choice->vtable->name);
    if (best->judgement.n_readings > 1)
        cli_figures_print(best->judgement.readings, best->judgement.figures, best->judgement.n_readings);
    cli_positions_print(&best->positions);
    printf("wrote %s (%s) in %s\n", out, fw_text_bytes(size, (double)w->bytes),
           fw_text_duration(time, fw_clock_seconds() - w->options->started));
    printf("next: fieldwise evaluate %s TEST.csv; fieldwise predict %s NEW.csv > scores.csv\n", out, out);
}

static void print_text(const struct work *w, const struct cli_train_outcome *best)
{
    if (w->choices.n > 1)
        cli_train_board(w->outcomes, w->choices.n, &w->options->metric, w->setup.plan->schema);
    else if (w->best >= 0)
        print_one(w);
    if (w->best >= 0)
        print_result(w, best);
}

/* How the command ends: failures of a single model are its own, of several only when there is nothing else. */
static enum fw_status verdict(const struct work *w, const struct cli_train_outcome *decisive, struct fw_error *err)
{
    char name[64];
    const char *out = w->options->out;
    if (w->best < 0)
        return fw_error_set(err, decisive->status, "%s", decisive->reason);
    if (is_interrupted())
        return fw_error_set(err, FW_E_STOPPED, "interrupted; the best model so far is in %s%s%s", out,
                            w->options->checkpoint != NULL ? "; the same command goes on from " : "",
                            w->options->checkpoint != NULL ? w->options->checkpoint : "");
    if (decisive->reason[0] != '\0')
        return fw_error_set(err, FW_E_FAILED,
                            "training failed: %s; the model of epoch %lld (validation %s %.5f) is in %s",
                            decisive->reason, (long long)decisive->training.best_epoch, score_name(w, name),
                            fw_score_natural(w->options->metric.maximise, decisive->training.best_score), out);
    return FW_OK;
}

/* Records the end, prints what came of it. */
static enum fw_status finish(struct work *w, struct fw_error *err)
{
    struct cli_train_outcome decisive = w->outcomes[w->best >= 0 ? w->best : 0];
    bool unfinished = is_unfinished(w);
    enum fw_study_status end = is_interrupted()             ? FW_STUDY_INTERRUPTED
                               : w->best < 0                ? FW_STUDY_FAILED
                               : decisive.reason[0] != '\0' ? FW_STUDY_FAILED
                                                            : FW_STUDY_COMPLETE;
    const char *reason = decisive.reason[0] != '\0' ? decisive.reason : fw_training_end_name(decisive.training.end);
    FW_TRY(cli_train_record_end(&w->record, end, reason, w->best >= 0 ? w->options->out : NULL, err));
    if (w->options->json)
        cli_train_json(w->outcomes, w->choices.n, w->options, w->setup.plan->schema, w->bytes);
    else
        print_text(w, &decisive);
    if (!unfinished)
        remove_checkpoints(w);
    return verdict(w, &decisive, err);
}

static enum fw_status run(struct cli_train_options *options, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct work w = {.options = options, .best = -1};
    struct fw_budget budget = {.started = options->started, .seconds = options->store.time_limit, .stop = &cli_stop};
    FW_TRY_GOTO(prepare(&w, err), done);
    while (w.n_begun < w.choices.n && (w.n_begun == 0 || !fw_budget_stopped(&budget)))
        FW_TRY_GOTO(train_next(&w, err), done);
    note_not_begun(&w);
    FW_TRY_GOTO(finish(&w, err), done);
done:
    cli_train_record_close(&w.record);
    for (int64_t i = 0; w.outcomes != NULL && i < w.choices.n; i++)
        cli_train_outcome_clear(&w.outcomes[i], &options->data.mem);
    fw_free(&options->data.mem, w.outcomes);
    cli_judge_clear(&w.judge);
    cli_training_setup_clear(&w.setup);
    cli_train_choices_clear(&w.choices, &options->data.mem);
    return status;
}

int cmd_train(int argc, char **argv)
{
    struct cli_train_options options = {.started = fw_clock_seconds(), .models = "lr"};
    struct fw_error err = {0};
    char out[512];
    cli_data_init(&options.data);
    cli_split_init(&options.split);
    cli_store_init(&options.store);
    cli_join_arguments(options.command_line, sizeof options.command_line, argc, argv);
    enum fw_status status = fw_score_spec_parse(&options.metric, "auc", &err);
    CLI_PARSE(&parser, "train", argc, argv, &options);
    if (options.out == NULL)
        options.out = cli_name_after_data(out, options.path, ".fw");
    if (status == FW_OK)
        status = run(&options, &err);
    cli_list_clear(&options.settings);
    cli_data_clear(&options.data);
    return status != FW_OK ? cli_fail(&err) : 0;
}
