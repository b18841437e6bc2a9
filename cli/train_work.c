#include "cli/train_work.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "core/clock.h"
#include "core/text.h"
#include "models/file/model_file.h"

/* Who looks at the progress. */
struct watcher {
    const struct cli_train_options *options;
    const char *model, *checkpoint;
    bool several;
};

void cli_train_outcome_clear(struct cli_train_outcome *outcome, struct fw_allocator *mem)
{
    fw_training_clear(&outcome->training, mem);
    cli_judgement_clear(&outcome->judgement, mem);
    cli_positions_clear(&outcome->positions, mem);
}

bool cli_train_better(const struct cli_train_outcome *a, const struct cli_train_outcome *b)
{
    if ((a->status == FW_OK) != (b->status == FW_OK))
        return a->status == FW_OK;
    if ((a->reason[0] == '\0') != (b->reason[0] == '\0'))
        return a->reason[0] == '\0';
    return a->status == FW_OK && a->training.best_score > b->training.best_score;
}

const char *cli_train_checkpoint(char out[FW_ERROR_MESSAGE_SIZE], const struct cli_train_options *options,
                                 const struct cli_train_choice *choice, bool several)
{
    if (options->checkpoint == NULL || !several)
        return options->checkpoint;
    snprintf(out, FW_ERROR_MESSAGE_SIZE, "%s.%s", options->checkpoint, choice->vtable->name);
    return out;
}

struct fw_model_config cli_train_config(const struct cli_train_options *options, const struct cli_train_choice *choice,
                                        const struct cli_training_setup *setup)
{
    return (struct fw_model_config){.dataset = setup->training.dataset,
                                    .params = &choice->params,
                                    .sizes = setup->plan->sizes,
                                    .tasks = setup->plan->schema->tasks,
                                    .n_tasks = setup->plan->schema->n_tasks,
                                    .routing = setup->plan->routing,
                                    .seed = options->split.split.seed,
                                    .threads = options->data.threads};
}

static void on_progress(void *user, const struct fw_trainer_event *event)
{
    const struct watcher *watcher = user;
    char rate[32];
    char left[32];
    if (event->resumed)
        cli_note(&watcher->options->data, "%s goes on from the checkpoint %s: %s, epoch %lld", watcher->model,
                 watcher->checkpoint, event->phase == FW_TRAINER_FIT ? "training" : "refit", (long long)event->epoch);
    if (event->resumed || watcher->options->data.quiet || !cli_wants_progress())
        return;
    fprintf(stderr, "\r\033[K%s%s%s: epoch %lld of at most %lld, %s rows/s, at most %s left",
            watcher->several ? watcher->model : "", watcher->several ? ", " : "",
            event->phase == FW_TRAINER_FIT ? "training" : "refit on all rows", (long long)event->epoch,
            (long long)event->epochs, fw_text_count(rate, (int64_t)event->rows_per_second),
            fw_text_duration(left, event->seconds_left > 0 ? event->seconds_left : 0));
}

static void tell_memory(struct cli_train_outcome *out, const struct cli_train_options *options,
                        const struct fw_model *model, size_t training, bool several)
{
    char text[5][32];
    const struct fw_model_footprint *f = &model->footprint;
    bool embeds = f->embeddings > 0;
    out->bytes = (int64_t)(f->total + training);
    cli_note(&options->data, "%s%smemory: %s parameters%s%s%s, %s optimiser state, %s activations, %s for training",
             several ? model->vtable->name : "", several ? ", " : "", fw_text_bytes(text[0], (double)f->parameters),
             embeds ? " (" : "", embeds ? fw_text_bytes(text[1], (double)f->embeddings) : "",
             embeds ? " embeddings)" : "", fw_text_bytes(text[2], (double)f->state),
             fw_text_bytes(text[3], (double)f->activations), fw_text_bytes(text[4], (double)training));
}

static void tell_unused_sizes(const struct cli_train_options *options, const struct fw_model *model,
                              const struct fw_plan *plan)
{
    if (plan->sizes != NULL && model->footprint.embeddings == 0)
        cli_note(&options->data, "%s has no embeddings: the plan's sizes are not used; they are for %s",
                 model->vtable->name, plan->sizing.model != NULL ? plan->sizing.model : "models such as deepfm");
}

static void tell_large_batch(const struct cli_train_options *options, const struct fw_model *model, int64_t batch,
                             int64_t n_rows)
{
    const struct fw_model_vtable *vtable = model->vtable;
    char count[32];
    bool whole = vtable->fit_epoch != NULL && (vtable->wants_epochs == NULL || vtable->wants_epochs(model->self));
    if (!whole && batch > n_rows)
        cli_note(&options->data, "batch=%lld is more than the %s training rows: an epoch is one step", (long long)batch,
                 fw_text_count(count, n_rows));
}

static enum fw_status check_calibration(const struct cli_train_options *options, const struct fw_model *model,
                                        struct fw_error *err)
{
    if (options->calibrate && model->n_outputs > 1)
        return fw_error_set(err, FW_E_ARG,
                            "--calibrate scales a single score; model '%s' gives %lld numbers a row; leave it out",
                            model->vtable->name, (long long)model->n_outputs);
    return FW_OK;
}

static enum fw_status train(struct cli_train_outcome *out, struct fw_model **model_out,
                            struct cli_train_options *options, const struct cli_training_setup *setup,
                            struct cli_judge *judge, const struct fw_budget *budget, bool several, struct fw_error *err)
{
    struct fw_trainer_options trainer;
    char checkpoint[FW_ERROR_MESSAGE_SIZE];
    struct fw_dataset *d = setup->training.dataset;
    struct fw_model_config config = cli_train_config(options, out->choice, setup);
    struct watcher watcher = {options, out->choice->vtable->name, NULL, several};
    struct fw_row_set rows = fw_row_set_but_fold(d, 0);
    struct fw_row_set valid = fw_row_set_fold(d, 0);
    FW_TRY(fw_model_create(model_out, out->choice->vtable, &config, &options->data.mem, err));
    FW_TRY(check_calibration(options, *model_out, err));
    out->parameters = fw_model_parameter_count(*model_out);
    fw_trainer_options_init(&trainer, &out->choice->params);
    trainer.refit = !options->no_refit;
    trainer.seed = options->split.split.seed;
    FW_TRY(cli_judge_begin(&trainer.metric, judge, *model_out, trainer.epochs, err));
    trainer.checkpoint = cli_train_checkpoint(checkpoint, options, out->choice, several);
    trainer.progress = on_progress;
    trainer.user = &watcher;
    watcher.checkpoint = trainer.checkpoint;
    tell_memory(out, options, *model_out, fw_trainer_bytes(*model_out, &rows, &valid, &trainer), several);
    tell_unused_sizes(options, *model_out, setup->plan);
    tell_large_batch(options, *model_out, trainer.batch, fw_row_set_rows(&rows));
    enum fw_status status =
        fw_trainer_run(&out->training, *model_out, &rows, &valid, &trainer, budget, &options->data.mem, err);
    if (!options->data.quiet && cli_wants_progress())
        fprintf(stderr, "\r\033[K");
    cli_judge_take(&out->judgement, judge);
    if (status != FW_OK)
        return status;
    return cli_positions_take(&out->positions, *model_out, setup->training.encoder, &options->data.mem, err);
}

void cli_train_one(struct cli_train_outcome *out, struct fw_model **model_out, struct cli_train_options *options,
                   const struct cli_train_choice *choice, const struct cli_training_setup *setup,
                   struct cli_judge *judge, const struct fw_budget *budget, bool several)
{
    struct fw_error err = {0};
    *out = (struct cli_train_outcome){.choice = choice};
    *model_out = NULL;
    out->status = train(out, model_out, options, setup, judge, budget, several, &err);
    if (out->status != FW_OK) {
        fw_model_destroy(*model_out);
        *model_out = NULL;
    }
    strcpy(out->reason, out->status != FW_OK ? err.message : out->training.reason);
    if (out->training.warning[0] != '\0')
        cli_note(&options->data, "warning: the checkpoint is not the latest: %s", out->training.warning);
}

/* Platt's two numbers from the rows that early stopping looked at; logistic regression by Newton sweeps hardly needs
 * them. */
static enum fw_status calibrate(struct fw_calibration *calibration, const struct cli_train_options *options,
                                const struct fw_model *model, const struct fw_dataset *d, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_dataset_view valid = {.dataset = d, .n = d->fold_start[1]};
    struct fw_allocator *mem = model->mem;
    int64_t bytes = (int64_t)fw_model_predict_bytes(model);
    float *logits = NULL;
    void *scratch = NULL;
    FW_ALLOC_GOTO(logits, mem, valid.n, "the scores", err, done);
    scratch = fw_alloc_array(mem, bytes, 1);
    if (scratch == NULL) {
        status = fw_error_nomem(err, mem, "scoring", bytes, 1);
        goto done;
    }
    fw_model_predict(model, logits, &valid, scratch);
    FW_TRY_GOTO(fw_calibration_fit(calibration, logits, d->labels, d->weights, valid.n, err), done);
    cli_note(&options->data, "calibration: logit x %.4f %+.4f, validation logloss %.5f -> %.5f", calibration->scale,
             calibration->shift, calibration->before, calibration->after);
done:
    fw_free(mem, scratch);
    fw_free(mem, logits);
    return status;
}

enum fw_status cli_train_save(int64_t *bytes_out, const struct cli_train_options *options, struct fw_model *model,
                              const struct cli_training_setup *setup, struct fw_error *err)
{
    struct fw_calibration calibration;
    fw_calibration_init(&calibration);
    if (options->calibrate)
        FW_TRY(calibrate(&calibration, options, model, setup->training.dataset, err));
    if (setup->plan->encoder.n_frozen == 0)
        FW_TRY(fw_plan_freeze_bins(setup->plan, setup->training.encoder, err));
    struct fw_bundle bundle = {setup->plan, setup->training.encoder, model, calibration.scale, calibration.shift};
    return fw_model_file_save(&bundle, options->out, bytes_out, NULL, model->mem, err);
}
